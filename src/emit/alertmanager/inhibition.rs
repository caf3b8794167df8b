//! Which alerts speak for others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::equals;
use crate::plan::Plan;

#[derive(Serialize)]
pub(super) struct Inhibition {
    source_matchers: [String; 1],
    target_matchers: [String; 1],
    equal: Vec<String>,
}

/// An alert that speaks for others silences them where these labels are equal.
pub(super) fn rules(plan: &Plan) -> Vec<Inhibition> {
    let speaking: BTreeMap<&String, &Vec<String>> = plan
        .alerts
        .values()
        .filter(|alert| !alert.silences.is_empty())
        .map(|alert| (&alert.name, &alert.silences))
        .collect();
    speaking
        .into_iter()
        .map(|(name, equal)| Inhibition {
            source_matchers: [equals("alertname", name)],
            target_matchers: [format!("alertname!=\"{name}\"")],
            equal: equal.clone(),
        })
        .collect()
}
