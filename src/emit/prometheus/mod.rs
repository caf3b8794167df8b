//! Prometheus: its configuration, scrape targets, alert rules, and the proof that every alert fires.

mod config;
mod objectives;
mod proof;
mod rules;

use std::collections::BTreeMap;

use super::format::{json, yaml};
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::{Alert, Plan, RecordingGroup};
use crate::template::Templates;
use crate::topology::Service;

/// The tree that a metrics store mounts.
const TREE: &str = "prometheus";

/// The group of alerts that belong to no component.
const NETWORK: &str = "network";

/// The file of what is recorded.
const RECORDED: &str = "slo";

pub(super) struct Prometheus;

impl Emitter for Prometheus {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Prometheus: configuration, scrape targets, alert rules and their tests"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(store) = store(plan)? else { return Ok(()) };
        let text = yaml::to_yaml_with_header(&header(plan), &config::config(plan, store))?;
        out.text(format!("{TREE}/prometheus.yml"), text);
        for job in plan.jobs.values() {
            out.text(
                format!("{TREE}/targets/{}.json", job.name),
                json::pretty(&config::targets(job, store.id))?,
            );
        }
        for (group, alerts) in groups(plan) {
            let rules = rules::RuleFile { groups: vec![rules::group_of(plan, &group, &alerts)] };
            let text = yaml::to_yaml_with_header(&header(plan), &rules)?;
            out.text(format!("{TREE}/rules/{group}.yml"), text);
            let text = yaml::to_yaml_with_header(&header(plan), &proof::tests(&group, &alerts)?)?;
            out.text(format!("{TREE}/tests/{group}_test.yml"), text);
        }
        recordings(plan, out)
    }
}

/// What is recorded, with the alerts that read it, in one file.
fn recordings(plan: &Plan, out: &mut Artifacts) -> Result<(), EmitError> {
    if plan.recordings.is_empty() {
        return Ok(());
    }
    let readers: Vec<&Alert> = plan.alerts.values().filter(|alert| reads(plan, alert).is_some()).collect();
    let groups = plan.recordings.iter().map(|group| {
        let of_group: Vec<&Alert> =
            readers.iter().copied().filter(|alert| reads(plan, alert) == Some(&group.name)).collect();
        rules::recording_group(plan, group, &of_group)
    });
    let text = yaml::to_yaml_with_header(&header(plan), &rules::RuleFile { groups: groups.collect() })?;
    out.text(format!("{TREE}/rules/{RECORDED}.yml"), text);
    let text = yaml::to_yaml_with_header(&header(plan), &proof::tests(RECORDED, &readers)?)?;
    out.text(format!("{TREE}/tests/{RECORDED}_test.yml"), text);
    let text = yaml::to_yaml_with_header(&header(plan), &objectives::tests(plan, RECORDED)?)?;
    out.text(format!("{TREE}/tests/{RECORDED}_values_test.yml"), text);
    Ok(())
}

/// The last group that records what an alert reads; `None` for one that reads nothing recorded.
fn reads<'p>(plan: &'p Plan, alert: &Alert) -> Option<&'p String> {
    let recorded = |group: &&RecordingGroup| group.rules.iter().any(|r| mentions(&alert.expr, &r.name));
    plan.recordings.iter().rev().find(recorded).map(|group| &group.name)
}

/// Whether an expression names a series.
fn mentions(expr: &str, series: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    expr.match_indices(series).any(|(at, found)| {
        let before = expr.get(..at).and_then(|text| text.chars().next_back());
        let after = expr.get(at + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The service that mounts the tree.
fn store(plan: &Plan) -> Result<Option<&Service>, EmitError> {
    let mut stores = plan.topology.services.iter().filter(|s| s.component.artifacts.contains_key(TREE));
    match (stores.next(), stores.next()) {
        (Some(_), Some(second)) => Err(EmitError::unsupported(
            second.origin,
            format!("`{}` is a second service that scrapes", second.name),
            "keep one; targets are written for one service that scrapes",
        )),
        (first, _) => Ok(first),
    }
}

/// The alerts by file: one a component, and one for the network.
fn groups(plan: &Plan) -> BTreeMap<String, Vec<&Alert>> {
    let mut groups: BTreeMap<String, Vec<&Alert>> = BTreeMap::new();
    for alert in plan.alerts.values().filter(|alert| reads(plan, alert).is_none()) {
        let group = alert.component.clone().unwrap_or_else(|| NETWORK.to_owned());
        groups.entry(group).or_default().push(alert);
    }
    groups
}
