//! The proof that every alert fires, for `promtool test rules`.

use serde::Serialize;

use crate::catalog::alerts::Series;
use crate::emit::EmitError;
use crate::emit::format::promql;
use crate::plan::Alert;

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

/// Each alert fires in time, not before `for` has passed, and never on a healthy system.
///
/// The proof asks for the series `ALERTS` and not for exact labels: which labels survive an
/// aggregation is the rule's own business, whether it fires is not.
pub(super) fn tests(group: &str, alerts: &[&Alert]) -> Result<TestFile, EmitError> {
    let mut tests = Vec::new();
    for alert in alerts {
        let name = &alert.name;
        let firing =
            format!("count(ALERTS{{alertname={}, alertstate=\"firing\"}}) > bool 0", promql::string(name));
        let expect = |minutes: u64, fires: bool| Expect {
            expr: firing.clone(),
            eval_time: format!("{minutes}m"),
            exp_samples: if fires { vec![Sample { labels: "{}", value: 1 }] } else { Vec::new() },
        };
        let hold = alert.hold.0.div_ceil(60);
        let late = hold + alert.lead.0.div_ceil(60);
        let mut expectations = Vec::new();
        // Even a series that is bad from the start must not fire before `for` has passed.
        if hold >= 2 {
            expectations.push(expect(hold - 1, false));
        }
        expectations.push(expect(late, true));
        tests.push(Test {
            name: format!("{name} fires"),
            interval: "1m",
            input_series: inputs(&alert.fires)?,
            promql_expr_test: expectations,
        });
        if !alert.silent.is_empty() {
            let times = [late / 2, late];
            tests.push(Test {
                name: format!("{name} stays silent"),
                interval: "1m",
                input_series: inputs(&alert.silent)?,
                promql_expr_test: times.iter().map(|minutes| expect(*minutes, false)).collect(),
            });
        }
    }
    Ok(TestFile { rule_files: [format!("../rules/{group}.yml")], evaluation_interval: "1m", tests })
}

fn inputs(series: &[Series]) -> Result<Vec<Input>, EmitError> {
    series
        .iter()
        .map(|one| {
            promql::check_metric(&one.metric)?;
            let mut labels = Vec::new();
            for (name, value) in &one.labels {
                promql::check_label(name)?;
                labels.push(format!("{name}={}", promql::string(value)));
            }
            Ok(Input {
                series: format!("{}{{{}}}", one.metric, labels.join(", ")),
                values: one.values.clone(),
            })
        })
        .collect()
}
