//! Which alerts speak for others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::equals;
use crate::manifest::Severity;
use crate::plan::Plan;

#[derive(Serialize)]
pub(super) struct Inhibition {
    source_matchers: Vec<String>,
    target_matchers: Vec<String>,
    equal: Vec<String>,
}

/// An alert that speaks for others silences them where these labels are equal.
///
/// Two alerts that both lack a label are equal in it, so both must have it: a rule whose label an
/// aggregation has dropped silences nothing at all. What is more urgent than the alert that speaks is
/// never silenced, and neither is the heartbeat, nor the alert itself on another host.
pub(super) fn rules(plan: &Plan) -> Vec<Inhibition> {
    let mut spoken: Vec<&str> =
        plan.alerts.values().filter(|alert| alert.heartbeat).map(|alert| alert.name.as_str()).collect();
    spoken.sort_unstable();
    let speaking: BTreeMap<(&String, Severity), &Vec<String>> = plan
        .alerts
        .values()
        // Without a label in common it would silence everything.
        .filter(|alert| !alert.silences.is_empty() && !alert.heartbeat)
        .map(|alert| ((&alert.name, alert.severity), &alert.silences))
        .collect();
    let rule = |((name, severity), equal): ((&String, Severity), &Vec<String>)| {
        let there = equal.iter().map(|label| format!("{label}!=\"\""));
        let mut source = vec![equals("alertname", name), equals("severity", severity.word())];
        source.extend(there.clone());
        // Names of alerts are letters and digits.
        let spared: Vec<&str> = spoken.iter().copied().chain([name.as_str()]).collect();
        let milder: Vec<&str> =
            Severity::ALL.into_iter().filter(|other| *other >= severity).map(Severity::word).collect();
        let mut target = vec![
            format!("alertname!~\"{}\"", spared.join("|")),
            format!("severity=~\"{}\"", milder.join("|")),
        ];
        target.extend(there);
        Inhibition { source_matchers: source, target_matchers: target, equal: equal.clone() }
    };
    speaking.into_iter().map(rule).collect()
}
