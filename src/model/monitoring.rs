//! `monitoring:` with all that netgen decided about it.

use serde_json::Value;

use super::build::{Source, said};
use super::item::{Fields, Item};
use crate::manifest::Severity;
use crate::topology::Monitoring;

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
    fields.maybe("runbook-url", m.runbook_url.as_deref().map(|url| own(url.into(), "runbook-url")));
    fields.maybe("heartbeat", m.heartbeat.as_deref().map(|name| own(name.into(), "heartbeat")));
    let mut respond = Fields::default();
    for severity in Severity::ALL {
        let time = m.response(severity).to_string();
        respond.put(severity.word(), said(time, &["monitoring", "respond", severity.word()]));
    }
    fields.map("respond", respond);
    // These have no defaults: they are shown as they are written.
    for key in ["teams", "times", "receivers", "routes", "tuning"] {
        if let Some(written) = source.tree.get("monitoring").and_then(|m| m.get(key)) {
            fields.put(key, own(written.to_json(), key));
        }
    }
    fields.into_item()
}
