//! Colours: thresholds and words for values.

use serde_json::{Map, Value, json};

use crate::catalog::bound::Side;
use crate::catalog::dashboard::Healthy;
use crate::manifest::Severity;
use crate::plan::Limit;

/// The least number above zero that matters anywhere.
const ABOVE_ZERO: f64 = 0.000_001;
const BAD: &str = "red";
const GOOD: &str = "green";

/// The colour of a severity, in thresholds and in tables of alerts.
pub(super) fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "red",
        Severity::P2 => "orange",
        Severity::P3 => "yellow",
        Severity::P4 => "blue",
    }
}

/// The thresholds. Where nothing judges, there is one colour: without any, Grafana paints its own.
///
/// `fine` is the colour of what is well: green for a number, none behind a line.
pub(super) fn thresholds(limits: &[Limit], healthy: Option<Healthy>, fine: &str) -> Value {
    let mut steps: Vec<(Option<f64>, &str)> = Vec::new();
    let side = |side: Side| {
        let mut of: Vec<&Limit> = limits.iter().filter(|limit| limit.side == side).collect();
        of.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.severity.cmp(&b.severity)));
        of.dedup_by(|later, first| later.value.total_cmp(&first.value).is_eq());
        of
    };
    let (below, above) = (side(Side::Below), side(Side::Above));
    if below.is_empty() && above.is_empty() {
        steps = match healthy {
            Some(Healthy::All) => vec![(None, BAD), (Some(1.0), fine)],
            Some(Healthy::None) => vec![(None, fine), (Some(ABOVE_ZERO), BAD)],
            Some(Healthy::Some) => vec![(None, BAD), (Some(ABOVE_ZERO), fine)],
            None => vec![(None, "text")],
        };
    } else {
        let mut from = None;
        for limit in below {
            steps.push((from, colour(limit.severity)));
            from = Some(limit.value);
        }
        steps.push((from, fine));
        steps.extend(above.into_iter().map(|limit| (Some(limit.value), colour(limit.severity))));
    }
    let steps: Vec<Value> = steps
        .into_iter()
        .map(|(value, colour)| json!({ "color": colour, "value": value.map(number) }))
        .collect();
    json!({ "mode": "absolute", "steps": steps })
}

/// Words for zero and one, and the colour of a number at which an alert fires.
pub(super) fn mappings(
    limits: &[Limit],
    healthy: Option<Healthy>,
    words: Option<&[String; 2]>,
) -> Vec<Value> {
    let mut options: Map<String, Value> = Map::new();
    if let Some([no, yes]) = words {
        let colours = match healthy {
            Some(Healthy::None) => [Some(GOOD), Some(BAD)],
            Some(Healthy::All | Healthy::Some) => [Some(BAD), Some(GOOD)],
            None => [None, None],
        };
        for (index, (text, colour)) in [no, yes].into_iter().zip(colours).enumerate() {
            let mut result =
                Map::from_iter([("text".to_owned(), json!(text)), ("index".to_owned(), json!(index))]);
            result.extend(colour.map(|colour| ("color".to_owned(), json!(colour))));
            options.insert(index.to_string(), Value::Object(result));
        }
    }
    for limit in limits.iter().filter(|limit| limit.side == Side::At) {
        let index = options.len();
        let result =
            options.entry(number(limit.value).to_string()).or_insert_with(|| json!({ "index": index }));
        result["color"] = json!(colour(limit.severity));
    }
    mapping(&options)
}

/// The severities of alerts in their colours.
pub(super) fn severities() -> Vec<Value> {
    let all = [Severity::P1, Severity::P2, Severity::P3, Severity::P4].into_iter().enumerate();
    let result = |(index, one): (usize, Severity)| {
        (one.word().to_owned(), json!({ "color": colour(one), "index": index }))
    };
    mapping(&all.map(result).collect())
}

fn mapping(options: &Map<String, Value>) -> Vec<Value> {
    if options.is_empty() { Vec::new() } else { vec![json!({ "type": "value", "options": options })] }
}

/// A whole number without a point.
fn number(value: f64) -> Value {
    // Beyond this a float holds no fractions, and its text is long enough.
    #[expect(clippy::cast_possible_truncation, reason = "whole and within the limits")]
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// One line about each alert that judges a panel.
pub(super) fn told(limits: &[Limit]) -> Vec<String> {
    let told = |limit: &Limit| {
        let side = match limit.side {
            Side::Above => "above",
            Side::Below => "below",
            Side::At => "at",
        };
        format!("{} ({}) fires {side} {}.", limit.alert, limit.severity.word(), number(limit.value))
    };
    limits.iter().map(told).collect()
}
