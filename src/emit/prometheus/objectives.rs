//! The proof of what is recorded about objectives, for `promtool test rules`.
//!
//! Four situations in which every window must have the same value, whatever its length and whichever
//! edge of it a version of Prometheus leaves out. The values follow from the situation, not from the
//! rules: a role of which nothing answers fails wholly, one of which a quarter of the requests is slow
//! has a share of 0.25 of errors.

use serde::Serialize;

use crate::emit::EmitError;
use crate::emit::format::promql::{self, Match};
use crate::plan::objectives::{BUDGET_LEFT, errors_over};
use crate::plan::{Job, Plan};
use crate::topology::{Measure, Objective, Slo, WINDOWS};

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
    eval_time: &'static str,
    exp_samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Sample {
    labels: &'static str,
    value: f64,
}

/// When the values are looked at: when rates have their samples, with a scrape a minute; errors began before.
const LATE: &str = "20m";
const STEPS: u32 = 30;

/// A situation of an availability: its name, the values of `up` (`None`: no series at all), the share of errors.
const ANSWERING: [(&str, Option<&str>, f64); 3] = [
    ("all answer", Some("1"), 0.0),
    ("nothing answers", Some("0"), 1.0),
    ("the targets vanished", None, 1.0),
];

/// A situation of a latency: its name, how many of 120 requests a minute are in time, the share of errors.
const IN_TIME: [(&str, u32, f64); 3] =
    [("all requests are fast", 120, 0.0), ("a quarter is slow", 90, 0.25), ("all are slow", 0, 1.0)];

/// The values of every objective in each of its situations.
pub(super) fn tests(plan: &Plan, file: &str) -> Result<TestFile, EmitError> {
    let mut tests = Vec::new();
    if let Some(slo) = plan.topology.monitoring.as_ref().and_then(|m| m.slo.as_ref()) {
        for objective in &slo.objectives {
            match &objective.measure {
                Measure::Availability => availability(plan, slo, objective, &mut tests)?,
                Measure::Latency { component, .. } => {
                    latency(plan, slo, objective, component, &mut tests)?;
                }
            }
        }
    }
    Ok(TestFile { rule_files: [format!("../rules/{file}.yml")], evaluation_interval: "1m", tests })
}

/// The targets of a role.
fn targets<'p>(plan: &'p Plan, role: &'p str) -> impl Iterator<Item = (&'p Job, Vec<(&'p str, Match)>)> + 'p {
    plan.jobs.values().flat_map(move |job| {
        let of_role = job.targets.iter().filter(move |t| t.labels.get("role").is_some_and(|r| r == role));
        of_role.map(move |target| {
            let own = target.labels.iter().map(|(name, value)| (name.as_str(), Match::Is(value.clone())));
            (job, std::iter::once(("job", Match::Is(job.name.clone()))).chain(own).collect())
        })
    })
}

fn availability(
    plan: &Plan,
    slo: &Slo,
    objective: &Objective,
    tests: &mut Vec<Test>,
) -> Result<(), EmitError> {
    let ups: Vec<String> = targets(plan, &objective.role)
        .map(|(_, labels)| promql::selector("up", &labels))
        .collect::<Result<_, _>>()?;
    if ups.is_empty() {
        return Ok(());
    }
    for (name, up, errors) in ANSWERING {
        let series = |up: &str| {
            ups.iter()
                .map(|series| Input { series: series.clone(), values: format!("{up}x{STEPS}") })
                .collect()
        };
        tests.push(Test {
            name: format!("{}: {name}", objective.role),
            interval: "1m",
            input_series: up.map(series).unwrap_or_default(),
            promql_expr_test: expect(plan, slo, objective, errors)?,
        });
    }
    Ok(())
}

fn latency(
    plan: &Plan,
    slo: &Slo,
    objective: &Objective,
    component: &str,
    tests: &mut Vec<Test>,
) -> Result<(), EmitError> {
    let found = targets(plan, &objective.role).find(|(job, _)| job.name == component);
    let (Some((_, labels)), Measure::Latency { within, .. }) = (found, &objective.measure) else {
        return Ok(());
    };
    let indicator = plan.topology.services.iter().find(|s| s.component.component.value == component);
    let Some(indicator) = indicator.and_then(|service| service.component.sli.latency.as_ref()) else {
        return Ok(());
    };
    let series = |suffix: &str, le: Option<&str>, a_minute: u32| -> Result<Input, EmitError> {
        let matchers = indicator.matchers.iter().map(|(l, v)| (l.as_str(), Match::Is(v.clone())));
        let le = le.map(|le| ("le", Match::Is(le.to_owned())));
        let all: Vec<_> = labels.iter().cloned().chain(matchers).chain(le).collect();
        let series = promql::selector(&format!("{}{suffix}", indicator.histogram), &all)?;
        Ok(Input { series, values: format!("0+{a_minute}x{STEPS}") })
    };
    // A whole bound as an older Prometheus stores it and as Prometheus 3 does.
    let bound = within.seconds();
    let mut bounds = vec![bound.clone()];
    bounds.extend((!bound.contains('.')).then(|| format!("{bound}.0")));
    for bound in bounds {
        for (name, in_time, errors) in IN_TIME {
            tests.push(Test {
                name: format!("{}, {component}, le {bound}: {name}", objective.role),
                interval: "1m",
                input_series: vec![
                    series("_count", None, 120)?,
                    series("_bucket", Some("+Inf"), 120)?,
                    series("_bucket", Some(&bound), in_time)?,
                ],
                promql_expr_test: expect(plan, slo, objective, errors)?,
            });
        }
    }
    Ok(())
}

/// The share of errors in every window, and whether there is any budget left.
fn expect(plan: &Plan, slo: &Slo, objective: &Objective, errors: f64) -> Result<Vec<Expect>, EmitError> {
    let mut labels = vec![
        ("network", Match::Is(plan.topology.name.clone())),
        ("role", Match::Is(objective.role.clone())),
        ("slo", Match::Is(objective.measure.word().to_owned())),
    ];
    if let Measure::Latency { component, .. } = &objective.measure {
        labels.push(("component", Match::Is(component.clone())));
    }
    let value = |expr: String, value: f64| Expect {
        expr,
        eval_time: LATE,
        exp_samples: vec![Sample { labels: "{}", value }],
    };
    let mut expected = Vec::new();
    let windows = WINDOWS.iter().map(|(_, seconds)| slo.scaled(*seconds)).chain([slo.window]);
    for window in windows {
        let recorded = promql::selector(&errors_over(window), &labels)?;
        expected.push(value(format!("round(sum({recorded}), 0.0001)"), errors));
    }
    let left = promql::selector(BUDGET_LEFT, &labels)?;
    if errors == 0.0 {
        expected.push(value(format!("round(sum({left}), 0.0001)"), 1.0));
    } else {
        let spent = errors * 10_000.0 > f64::from(objective.target.rest().0);
        expected.push(value(format!("sum({left}) < bool 0"), f64::from(u8::from(spent))));
    }
    Ok(expected)
}
