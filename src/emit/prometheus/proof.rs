//! The proof that every alert fires, for `promtool test rules`.

mod timeline;

use std::collections::BTreeMap;

use serde::Serialize;

use self::timeline::{Timeline, Turn};
use crate::catalog::alerts::{Absent, Series};
use crate::emit::EmitError;
use crate::emit::format::promql;
use crate::plan::{Alert, Proof, Silenced};

#[derive(Serialize)]
pub(super) struct TestFile {
    rule_files: [String; 1],
    evaluation_interval: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    interval: &'static str,
    input_series: Vec<Input>,
    promql_expr_test: Vec<Expect>,
}

#[derive(Serialize)]
struct Input {
    series: String,
    values: String,
}

#[derive(Serialize)]
struct Expect {
    expr: String,
    eval_time: String,
    exp_samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Sample {
    labels: &'static str,
    value: u32,
}

/// After a time at which something must hold, it is looked at once more so many minutes later.
const MARGIN: u64 = 10;

/// Each alert fires exactly when it should, resolves, and is silent on a healthy system, on the good
/// side of each threshold, without series, and where it is switched off.
pub(super) fn tests(group: &str, alerts: &[&Alert], silenced: &[&Silenced]) -> Result<TestFile, EmitError> {
    let mut tests = Vec::new();
    for alert in alerts.iter().flat_map(|alert| alert.variants()) {
        if alert.proofs.is_empty() {
            written_out(alert, &mut tests)?;
        } else {
            on_a_timeline(alert, &mut tests)?;
        }
    }
    for quiet in silenced {
        for proof in &quiet.proofs {
            let minutes = proof.warm + proof.delay + 2 * MARGIN;
            let name = format!("{} is switched off: {}", quiet.alert, quiet.reason);
            let mut test = Test::new(name, Timeline::new(proof)?.inputs(|_| Turn::Bad, minutes, 0));
            // The rules for others must not speak of these services either.
            let own = proof.series.first().and_then(|one| one.labels.get("service"));
            let labels = own.map(|service| ("service".to_owned(), service.clone())).into_iter().collect();
            test.expect(&firing(&quiet.alert, &labels), proof.warm + proof.delay + MARGIN, 0);
            tests.push(test);
        }
    }
    Ok(TestFile { rule_files: [format!("../rules/{group}.yml")], evaluation_interval: "1m", tests })
}

impl Test {
    fn new(name: String, input_series: Vec<Input>) -> Self {
        Self { name, interval: "1m", input_series, promql_expr_test: Vec::new() }
    }

    /// At that minute so many alerts fire.
    fn expect(&mut self, firing: &str, minute: u64, alerts: u32) {
        let sample = (alerts > 0).then_some(Sample { labels: "{}", value: alerts });
        self.promql_expr_test.push(Expect {
            expr: firing.to_owned(),
            eval_time: format!("{minute}m"),
            exp_samples: sample.into_iter().collect(),
        });
    }
}

/// The firing alerts with these labels; the series `ALERTS` has them as Alertmanager gets them.
fn firing(name: &str, labels: &BTreeMap<String, String>) -> String {
    let own: String =
        labels.iter().map(|(name, value)| format!(", {name}={}", promql::string(value))).collect();
    format!("count(ALERTS{{alertname={}, alertstate=\"firing\"{own}}})", promql::string(name))
}

fn on_a_timeline(alert: &Alert, tests: &mut Vec<Test>) -> Result<(), EmitError> {
    let name = &alert.name;
    let whom = whom(alert);
    let any = firing(name, &BTreeMap::new());
    let hold = alert.hold.0.div_ceil(60);
    // With a range an evaluation counts from its first sample or from the one after, by version.
    let blur = 1 + u64::from(alert.expr.contains('['));
    let mut longest = 0;
    for (at, proof) in alert.proofs.iter().enumerate() {
        let case = if at == 0 { String::new() } else { format!(", case {}", at + 1) };
        let exact = firing(name, &routed(alert, proof));
        let starts = proof.warm + proof.delay + hold;
        let recovers = starts + MARGIN;
        let ends = recovers + proof.clears + MARGIN;
        longest = longest.max(ends);
        let timeline = Timeline::new(proof)?;
        let mut fires = Test::new(
            format!("{name} fires and resolves{whom}{case}"),
            timeline.inputs(|_| Turn::Bad, recovers, ends),
        );
        fires.expect(&any, proof.warm.saturating_sub(1), 0);
        if starts > proof.warm {
            fires.expect(&any, starts - blur, 0);
        }
        fires.expect(&exact, starts, proof.alerts);
        fires.expect(&exact, recovers + proof.clears - blur, proof.alerts);
        fires.expect(&any, recovers + proof.clears, 0);
        tests.push(fires);
        if at == 0 {
            let mut good = Test::new(
                format!("{name} is silent while all is good{whom}"),
                timeline.inputs(|_| Turn::Good, recovers, ends),
            );
            good.expect(&any, starts, 0);
            good.expect(&any, ends, 0);
            tests.push(good);
        }
        for (at, one) in proof.series.iter().enumerate().filter(|_| !proof.together) {
            let turn = |turn| move |other: usize| if other == at { turn } else { Turn::Bad };
            let shown = timeline::shown(one);
            if one.edge.is_some() {
                let mut edge = Test::new(
                    format!("{name} is silent at the threshold of {shown}{whom}{case}"),
                    timeline.inputs(turn(Turn::Edge), recovers, 0),
                );
                edge.expect(&any, starts, 0);
                edge.expect(&any, recovers - 1, 0);
                tests.push(edge);
            }
            if proof.series.len() > 1 {
                let does = if one.absent == Absent::Fires { "fires" } else { "is silent" };
                let mut missing = Test::new(
                    format!("{name} {does} without {shown}{whom}{case}"),
                    timeline.inputs(turn(Turn::Missing), recovers, 0),
                );
                let alerts = if one.absent == Absent::Fires { proof.alerts } else { 0 };
                missing.expect(&any, recovers - 1, alerts);
                tests.push(missing);
            }
        }
    }
    let does = if alert.absent == Absent::Fires { "fires" } else { "is silent" };
    let mut absent = Test::new(format!("{name} {does} without any series{whom}"), Vec::new());
    if alert.absent == Absent::Fires {
        if hold > 0 {
            absent.expect(&any, hold - 1, 0);
        }
        absent.expect(&any, hold, 1);
    } else {
        absent.expect(&any, longest, 0);
    }
    tests.push(absent);
    Ok(())
}

/// The labels by which routes choose, and those that show where it is.
fn routed(alert: &Alert, proof: &Proof) -> BTreeMap<String, String> {
    let mut labels = proof.labels.clone();
    labels.insert("severity".to_owned(), alert.severity.word().to_owned());
    labels.extend(alert.component.iter().map(|component| ("component".to_owned(), component.clone())));
    labels.extend(proof.series.iter().find_map(|one| one.labels.get_key_value("network")).map(own));
    labels
}

fn own((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

/// For whom a rule is that differs from its pack.
fn whom(alert: &Alert) -> String {
    let reasons: Vec<String> = alert.decisions.iter().map(crate::plan::Decision::text).collect();
    if reasons.is_empty() { String::new() } else { format!(" (tuned: {})", reasons.join("; ")) }
}

/// The proof of an alert whose series are written out.
fn written_out(alert: &Alert, tests: &mut Vec<Test>) -> Result<(), EmitError> {
    let name = &alert.name;
    let firing = format!("{} > bool 0", firing(name, &BTreeMap::new()));
    let hold = alert.hold.0.div_ceil(60);
    let late = hold + alert.lead.0.div_ceil(60);
    let mut fires = Test::new(format!("{name} fires"), series(&alert.fires)?);
    // Even a series that is bad from the start must not fire before `for` has passed.
    if hold >= 2 {
        fires.expect(&firing, hold - 1, 0);
    }
    if alert.heartbeat {
        fires.expect(&firing, hold, 1);
    }
    fires.expect(&firing, late, 1);
    tests.push(fires);
    if !alert.silent.is_empty() {
        let mut silent = Test::new(format!("{name} stays silent"), series(&alert.silent)?);
        silent.expect(&firing, late / 2, 0);
        silent.expect(&firing, late, 0);
        tests.push(silent);
    }
    Ok(())
}

fn series(series: &[Series]) -> Result<Vec<Input>, EmitError> {
    let labels = |one: &Series| -> BTreeMap<String, String> {
        one.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let input = |one: &Series| {
        Ok(Input { series: timeline::id(&one.metric, &labels(one))?, values: one.values.clone() })
    };
    series.iter().map(input).collect()
}
