//! What stands for the values of an alert in its expression, its texts and its proof.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::Value;
use crate::catalog::alerts::{Formula, Threshold};
use crate::template::{Context, Templates};

/// Computes a number from its template.
pub(super) fn number(templates: &Templates, formula: &Formula, scope: &Context) -> Result<f64, String> {
    let text = match formula {
        Formula::Number(number) => return Ok(*number),
        Formula::Text(text) => text,
    };
    let rendered = templates.render_str(text, scope).map_err(|error| error.message)?;
    let number = rendered.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("`{text}` gives `{}`, which is no number", rendered.trim()))
}

/// The values of an alert: what the manifest sets, and the defaults.
pub(super) fn values(
    templates: &Templates,
    thresholds: &crate::hashed::IndexMap<String, Threshold>,
    set: &BTreeMap<&str, f64>,
    scope: &Context,
) -> Result<BTreeMap<String, Value>, String> {
    let mut values = BTreeMap::new();
    for (name, threshold) in thresholds {
        let number = match set.get(name.as_str()) {
            Some(number) => *number,
            None => threshold.within(number(templates, &threshold.default, scope)?),
        };
        values.insert(name.clone(), Value { number, unit: threshold.unit, doc: threshold.doc.clone() });
    }
    Ok(values)
}

/// `scope` with the values as numbers, whole ones without a fraction.
pub(super) fn with_numbers(scope: &Context, values: &BTreeMap<String, Value>) -> Context {
    with(scope, values.iter().map(|(name, value)| (name.clone(), json_number(value.number))).collect())
}

/// `scope` with the values as a person reads them.
fn with_words(scope: &Context, values: &BTreeMap<String, Value>) -> Context {
    let word = |value: &Value| Json::from(value.unit.written(value.number));
    with(scope, values.iter().map(|(name, value)| (name.clone(), word(value))).collect())
}

fn with(scope: &Context, values: Map<String, Json>) -> Context {
    scope.with("value", &Json::Object(values))
}

fn json_number(number: f64) -> Json {
    // 2^53: beyond it the fraction says nothing.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within bounds")]
        let whole = number as i64;
        json!(whole)
    } else {
        json!(number)
    }
}

/// A text with the values in words. All other templates in it are those of Prometheus, and stay.
pub(super) fn words(
    templates: &Templates,
    text: &str,
    scope: &Context,
    values: &BTreeMap<String, Value>,
) -> Result<String, String> {
    if values.is_empty() || !text.contains("value.") {
        return Ok(text.to_owned());
    }
    let scope = with_words(scope, values);
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            break;
        };
        let whole = format!("{{{{{inside}}}}}");
        if inside.trim_start().starts_with("value.") {
            out.push_str(&templates.render_str(&whole, &scope).map_err(|error| error.message)?);
        } else {
            out.push_str(&whole);
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::alerts::Unit;

    #[test]
    fn words_of_ours_and_of_prometheus() {
        let templates = Templates::embedded();
        let none = Context::new(&json!({}));
        let value = |number, unit| Value { number, unit, doc: String::new() };
        let values = BTreeMap::from([
            ("window".to_owned(), value(300.0, Unit::Seconds)),
            ("share".to_owned(), value(0.05, Unit::Ratio)),
        ]);
        let text =
            "{{ $labels.host }}: {{ $value | humanize }}, over {{ value.share }} for {{value.window}} {{";
        assert_eq!(
            words(&templates, text, &none, &values).unwrap(),
            "{{ $labels.host }}: {{ $value | humanize }}, over 5% for 5m {{"
        );
        assert!(words(&templates, "{{ value.none }}", &none, &values).is_err());
        assert_eq!(
            templates.render_str("[{{ value.window * 2 }}s]", with_numbers(&none, &values)).unwrap(),
            "[600s]"
        );
    }
}
