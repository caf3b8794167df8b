//! Dashboards as Grafana reads them: nothing that a name or a title says is taken for something else.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::catalog::bound::Side;
use crate::catalog::dashboard::Healthy;
use crate::emit::format::hostile::{CORPUS, strings};
use crate::manifest::Severity;
use crate::plan::Limit;

fn limit(side: Side, value: f64, severity: Severity) -> Limit {
    Limit { alert: "A".to_owned(), severity, side, value }
}

fn steps(limits: &[Limit], healthy: Option<Healthy>) -> Vec<(Option<f64>, String)> {
    let thresholds = field::thresholds(limits, healthy, "green");
    let steps = thresholds["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["value"].as_f64(), step["color"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn thresholds_go_up_from_what_is_worst_below_to_what_is_worst_above() {
    let step = |value: Option<f64>, colour: &str| (value, colour.to_owned());
    let peers = [limit(Side::Below, 15.0, Severity::P3), limit(Side::Below, 1.0, Severity::P1)];
    assert_eq!(
        steps(&peers, None),
        [step(None, "red"), step(Some(1.0), "yellow"), step(Some(15.0), "green")]
    );
    let full = [limit(Side::Above, 0.95, Severity::P2), limit(Side::Above, 0.8, Severity::P3)];
    assert_eq!(
        steps(&full, Some(Healthy::None)),
        [step(None, "green"), step(Some(0.8), "yellow"), step(Some(0.95), "orange")]
    );
    // Of two alerts at one number the more urgent one gives the colour.
    let both = [limit(Side::Above, 5.0, Severity::P3), limit(Side::Above, 5.0, Severity::P1)];
    assert_eq!(steps(&both, None), [step(None, "green"), step(Some(5.0), "red")]);
    // What is judged by nobody has one colour, and not those that Grafana would choose.
    assert_eq!(steps(&[], None), [step(None, "text")]);
    assert_eq!(steps(&[limit(Side::At, 0.0, Severity::P1)], None), [step(None, "text")]);
}

#[test]
fn words_stand_for_zero_and_one() {
    let words = ["down".to_owned(), "up".to_owned()];
    let mappings = field::mappings(&[], Some(Healthy::All), Some(&words));
    assert_eq!(
        mappings,
        [json!({ "type": "value", "options": {
            "0": { "text": "down", "index": 0, "color": "red" },
            "1": { "text": "up", "index": 1, "color": "green" },
        } })]
    );
    let at = field::mappings(&[limit(Side::At, 0.0, Severity::P2)], None, None);
    assert_eq!(at[0]["options"]["0"]["color"], "orange");
}

#[test]
fn a_uid_fits_and_is_its_own() {
    assert_eq!(links::uid("fleet"), "netgen-fleet");
    let long = "component-".to_owned() + &"x".repeat(60);
    let other = format!("{long}y");
    for id in [&long, &other] {
        assert_eq!(links::uid(id).len(), 40);
        assert_eq!(links::uid(id), links::uid(id));
    }
    assert_ne!(links::uid(&long), links::uid(&other));
}

/// What Grafana would put a value in for: `$name`, `${name}` and `[[name]]`.
fn has_variable(text: &str) -> bool {
    let dollar = text.match_indices('$').any(|(at, _)| {
        text[at + 1..].chars().next().is_some_and(|c| c == '{' || c == '_' || c.is_ascii_alphanumeric())
    });
    dollar || text.contains("[[")
}

fn check(text: &str) {
    let shown = panel::literal(text);
    assert!(!has_variable(&shown), "{shown:?}");
    assert_eq!(shown.replace('\u{200b}', ""), text.replace('\u{200b}', ""));
    let board = json!({ "title": shown });
    assert_eq!(serde_json::from_str::<Value>(&json::pretty(&board).unwrap()).unwrap(), board);
}

#[test]
fn no_title_of_the_corpus_is_a_variable() {
    CORPUS.iter().for_each(|text| check(text));
    for text in ["$host", "${host}", "[[host]]", "[[[host]]]", "$$host", "a $", "$_x[[", "[[[["] {
        assert!(has_variable(text) || text == "a $", "{text}");
        check(text);
    }
}

proptest! {
    #[test]
    fn no_title_is_a_variable(text in strings()) {
        check(&text);
    }
}
