//! The alert packs: each number that decides has a name, its default makes sense, and each alert has a
//! proof with a threshold.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use netgen::catalog::Catalog;
use netgen::catalog::alerts::{Alert, Formula, Pack};
use netgen::diag::Sink;
use netgen::text::SourceMap;
use netgen::world::MemoryWorld;

fn alerts() -> Vec<(String, Alert)> {
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let world = MemoryWorld::default();
    let mut catalog = Catalog::built_in();
    let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
    let mut all: Vec<(String, Alert)> =
        catalog.network_alerts(Pack::ALL, &mut sources, &mut sink).into_iter().collect();
    for id in ids {
        let entry = catalog.entry(&id, &world, &mut sources, &mut sink).unwrap();
        all.extend(entry.alerts.alerts.iter().map(|(name, alert)| (name.clone(), alert.clone())));
    }
    assert!(sink.is_empty(), "{:?}", sink.into_sorted());
    // Others are proved by series that are written out.
    all.retain(|(_, alert)| !alert.test.series.is_empty());
    all
}

/// The numbers of an expression, without those of templates, texts and names.
fn numbers(expr: &str) -> Vec<String> {
    let mut rest = String::new();
    let mut inside = expr;
    while let Some((before, after)) = inside.split_once("{{") {
        rest.push_str(before);
        rest.push('x');
        inside = after.split_once("}}").unwrap().1;
    }
    rest.push_str(inside);
    let plain: String = rest.split('"').step_by(2).collect::<Vec<_>>().join("x");
    let words = plain.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == ':'));
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect()
}

#[test]
fn every_number_has_a_name() {
    assert_eq!(numbers("rate(a{b=\"5..\"}[{{ value.x }}s]) > 0.05 and c2 offset 1h"), ["0.05", "1h"]);
    let all = alerts();
    assert!(all.len() >= 80, "{}", all.len());
    let bare: Vec<String> = all
        .iter()
        .flat_map(|(name, alert)| {
            numbers(&alert.expr).into_iter().map(move |number| format!("{name}: {number}"))
        })
        .filter(|found| !found.ends_with(": 0") && !found.ends_with(": 1"))
        .collect();
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn values_are_used_and_make_sense() {
    for (name, alert) in alerts() {
        for (value, threshold) in &alert.values {
            assert!(alert.expr.contains(&format!("value.{value}")), "{name}: {value} decides nothing");
            assert!(!threshold.doc.is_empty() && threshold.min.is_some(), "{name}: {value}");
            if let Formula::Number(number) = threshold.default {
                assert_eq!(threshold.takes(number), Ok(()), "{name}: {value}");
            }
        }
    }
}

#[test]
fn thresholds_are_proved_from_both_sides() {
    for (name, alert) in alerts() {
        let all: Vec<_> = alert.test.cases().collect();
        // Where nothing lies between good and bad, the good side is the edge.
        let sharp = alert.values.keys().all(|value| ["window", "compactions"].contains(&value.as_str()));
        let edged = all.iter().flat_map(|case| &case.series).any(|series| series.edge.is_some());
        assert!(edged || sharp, "{name}");
        assert!(all.iter().any(|case| !case.together), "{name}");
    }
}
