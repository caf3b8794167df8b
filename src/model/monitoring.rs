//! `monitoring:` with all that netgen decided about it.

use serde_json::Value;

use super::build::{Source, said};
use super::item::{Fields, Item};
use crate::topology::{Logs, Monitoring};

/// The part `monitoring`.
pub(super) fn monitoring(source: &Source<'_>, m: &Monitoring) -> Item {
    let own = |value: Value, key: &str| said(value, &["monitoring", key]);
    let mut fields = Fields::default();
    fields.put("host", own(source.topology().hosts[m.host].name.as_str().into(), "host"));
    fields.put("scrape-interval", own(m.scrape_interval.to_string().into(), "scrape-interval"));
    fields.put("retention", own(m.retention.to_string().into(), "retention"));
    if let Some((availability, window)) = m.slo {
        let mut slo = Fields::default();
        slo.put("availability", said(availability.to_string(), &["monitoring", "slo", "availability"]));
        slo.put("window", said(window.to_string(), &["monitoring", "slo", "window"]));
        fields.map("slo", slo);
    }
    if let Some(kept) = &m.logs {
        fields.map("logs", logs(source, kept));
    }
    fields.maybe("runbook-url", m.runbook_url.as_deref().map(|url| own(url.into(), "runbook-url")));
    fields.maybe("heartbeat", m.heartbeat.as_deref().map(|name| own(name.into(), "heartbeat")));
    // Both have no defaults: they are shown as they are written.
    for key in ["receivers", "routes"] {
        if let Some(written) = source.tree.get("monitoring").and_then(|m| m.get(key)) {
            fields.put(key, own(written.to_json(), key));
        }
    }
    fields.into_item()
}

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
