//! Series that go from good to bad and back.

use std::collections::BTreeMap;

use super::Input;
use crate::catalog::alerts::Writer;
use crate::emit::EmitError;
use crate::emit::format::promql;
use crate::plan::{Course, Proof};

/// How a series goes on after the good time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Good,
    Bad,
    Edge,
    Missing,
}

/// A proof and what promtool calls its series, which go through it many times.
pub(super) struct Timeline<'p> {
    proof: &'p Proof,
    names: Vec<String>,
}

impl<'p> Timeline<'p> {
    pub(super) fn new(proof: &'p Proof) -> Result<Self, EmitError> {
        let names =
            proof.series.iter().map(|course| id(&course.metric, &course.labels)).collect::<Result<_, _>>()?;
        Ok(Self { proof, names })
    }

    /// The series, each with its own turn: good until the proof is warm, then its turn up to minute `until`, then
    /// the recovery up to minute `end`.
    pub(super) fn inputs(&self, turn: impl Fn(usize) -> Turn, until: u64, end: u64) -> Vec<Input> {
        let warm = self.proof.warm;
        let mut inputs = Vec::new();
        for (at, (course, name)) in self.proof.series.iter().zip(&self.names).enumerate() {
            let turn = turn(at);
            if turn == Turn::Missing {
                continue;
            }
            let mut writer = Writer::new(course.start);
            let middle = match turn {
                Turn::Good => course.good,
                Turn::Edge => course.edge.unwrap_or(course.good),
                Turn::Bad | Turn::Missing => course.bad,
            };
            if middle == course.good {
                writer.go(course.good, until);
            } else {
                writer.go(course.good, warm);
                writer.go(middle, until.saturating_sub(warm));
            }
            // The minute after the last one that is looked at has a sample as well.
            let rest = (end + 1).saturating_sub(until);
            writer.go(if turn == Turn::Good { course.good } else { course.after }, rest);
            inputs.push(Input { series: name.clone(), values: writer.finish() });
        }
        inputs
    }
}

/// A series as promtool writes it.
pub(super) fn id(metric: &str, labels: &BTreeMap<String, String>) -> Result<String, EmitError> {
    promql::check_metric(metric)?;
    let mut out = format!("{metric}{{");
    for (at, (name, value)) in labels.iter().enumerate() {
        promql::check_label(name)?;
        out.extend([if at == 0 { "" } else { ", " }, name, "=", &promql::string(value)]);
    }
    out.push('}');
    Ok(out)
}

/// A series for people: its metric, and the labels that do not say where it is.
pub(super) fn shown(course: &Course) -> String {
    const PLACE: [&str; 8] = ["job", "instance", "network", "region", "host", "node", "role", "service"];
    let own = course.labels.iter().filter(|(name, _)| !PLACE.contains(&name.as_str()));
    let own: Vec<String> = own.map(|(name, value)| format!("{name}={value}")).collect();
    if own.is_empty() { course.metric.clone() } else { format!("{}{{{}}}", course.metric, own.join(", ")) }
}
