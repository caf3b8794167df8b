//! `monitoring:` with all that netgen decided about it.

use serde_json::Value;

use super::build::{Source, said};
use super::item::{Fields, Item, Otherwise};
use crate::manifest::Severity;
use crate::topology::{Logs, Measure, Monitoring, Objective, Slo};
use crate::value::pointer;

/// The part `monitoring`.
pub(super) fn monitoring(source: &Source<'_>, m: &Monitoring) -> Item {
    let own = |value: Value, key: &str| said(value, &["monitoring", key]);
    let mut fields = Fields::default();
    fields.put("host", own(source.topology().hosts[m.host].name.as_str().into(), "host"));
    fields.put("scrape-interval", own(m.scrape_interval.to_string().into(), "scrape-interval"));
    fields.put("retention", own(m.retention.to_string().into(), "retention"));
    if let Some(slo) = &m.slo {
        fields.put("slo", objectives(slo));
    }
    if let Some(kept) = &m.logs {
        fields.map("logs", logs(source, kept));
    }
    fields.maybe("runbook-url", m.runbook_url.as_deref().map(|url| own(url.into(), "runbook-url")));
    fields.maybe("heartbeat", m.heartbeat.as_deref().map(|name| own(name.into(), "heartbeat")));
    let mut respond = Fields::default();
    for severity in Severity::ALL {
        let time = m.response(severity).to_string();
        respond.put(severity.word(), said(time, &["monitoring", "respond", severity.word()]));
    }
    fields.map("respond", respond);
    // These have no defaults: they are shown as they are written.
    for key in ["shards", "remote-write", "teams", "times", "receivers", "routes", "tuning"] {
        if let Some(written) = source.tree.get("monitoring").and_then(|m| m.get(key)) {
            fields.put(key, own(written.to_json(), key));
        }
    }
    fields.into_item()
}

/// Where logs are kept.
fn logs(source: &Source<'_>, kept: &Logs) -> Fields {
    let own = |value: Value, key: &str| said(value, &["monitoring", "logs", key]);
    let mut fields = Fields::default();
    fields.put("host", own(source.topology().hosts[kept.host].name.as_str().into(), "host"));
    fields.put("retention", own(kept.retention.to_string().into(), "retention"));
    fields.maybe("daily", kept.daily.map(|size| own(size.to_string().into(), "daily")));
    if let Some(store) = &kept.store {
        let own = |value: Value, key: &str| said(value, &["monitoring", "logs", "store", key]);
        let mut place = Fields::default();
        place.put("s3", own(store.s3.as_str().into(), "s3"));
        place.maybe("region", store.region.as_deref().map(|region| own(region.into(), "region")));
        let path = ["monitoring", "logs", "store", "credentials"];
        let written = path.iter().try_fold(source.tree, |tree, key| tree.get(key));
        place.maybe("credentials", written.map(|keys| own(keys.to_json(), "credentials")));
        fields.map("store", place);
    }
    fields
}

/// The objectives by role, with their error budgets.
fn objectives(slo: &Slo) -> Item {
    let mut fields = Fields::default();
    fields.put("window", said(slo.window.to_string(), &["monitoring", "slo", "window"]));
    for (key, time) in [("repair", slo.repair), ("between-failures", slo.between_failures)] {
        fields.maybe(key, time.map(|time| said(time.to_string(), &["monitoring", "slo", key])));
    }
    let mut roles = Fields::default();
    for of_role in slo.objectives.chunk_by(|a, b| a.role == b.role) {
        let mut role = Fields::default();
        let mut latency = Fields::default();
        for objective in of_role {
            match &objective.measure {
                Measure::Availability => {
                    role.put("availability", own(objective, "availability", objective.target.to_string()));
                    let budget = format!("{} of {} may fail", objective.budget(slo.window), slo.window);
                    role.put("error-budget", Item::rule(budget, "the window times one minus the objective"));
                }
                Measure::Latency { component, within } => {
                    let mut one = Fields::default();
                    one.put("within", own(objective, "latency/within", within.to_string()));
                    one.put("of", own(objective, "latency/of", objective.target.to_string()));
                    let budget = format!("{} of the requests may be slower", objective.target.rest());
                    one.put("error-budget", Item::rule(budget, "one minus the objective"));
                    latency.put(component, one.into_item());
                }
            }
        }
        role.map("latency", latency);
        roles.map(of_role.first().map_or("", |objective| objective.role.as_str()), role);
    }
    fields.map("roles", roles);
    fields.into_item()
}

/// A value that the manifest says for the role, or for all.
fn own(objective: &Objective, key: &str, value: String) -> Item {
    let keys: Vec<&str> = key.split('/').collect();
    let slo = ["monitoring", "slo"];
    let of_role = slo.into_iter().chain(["roles", &objective.role]).chain(keys.iter().copied());
    let of_all = slo.into_iter().chain(keys.iter().copied());
    Item::leaf(value, [pointer(of_role), pointer(of_all)], Otherwise::Language)
}
