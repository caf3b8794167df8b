//! Links: from a dashboard to the others, from a label to the dashboard of its value, from an alert to its runbook.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::catalog::dashboard::Choice;
use crate::plan::{Dashboard, Plan};

/// The most letters of a uid in Grafana.
const LONGEST_UID: usize = 40;

/// The labels whose values have a dashboard: (label, dashboard).
const BOARDS: &[(&str, &str)] =
    &[("network", "network"), ("region", "region"), ("host", "host"), ("node", "node")];

/// The label whose values each have a dashboard of their own.
const JOB: &str = "job";

/// The uid of a dashboard: the same in every network and every build.
pub(super) fn uid(id: &str) -> String {
    let whole = format!("netgen-{id}");
    if whole.len() <= LONGEST_UID {
        return whole;
    }
    // A name that is too long is told from others by its digest.
    let digest: String = Sha256::digest(id).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = whole.chars().take(LONGEST_UID - digest.len() - 1).collect();
    format!("{kept}-{digest}")
}

/// From each dashboard to the first one, and to all of netgen.
pub(super) fn of_board(plan: &Plan, board: &Dashboard) -> Value {
    let first = plan.dashboards.values().min_by_key(|one| (one.order, &one.id));
    let first = first.filter(|first| first.id != board.id).map(|first| {
        json!({
            "type": "link", "title": first.title, "url": format!("/d/{}", uid(&first.id)), "tags": [],
            "icon": "dashboard", "tooltip": first.doc, "asDropdown": false, "includeVars": false,
            "keepTime": true, "targetBlank": false,
        })
    });
    let others = json!({
        "type": "dashboards", "title": "Dashboards", "tags": ["netgen"], "url": "", "icon": "external link",
        "tooltip": "", "asDropdown": true, "includeVars": true, "keepTime": true, "targetBlank": false,
    });
    Value::Array(first.into_iter().chain([others]).collect())
}

/// Where a value of a label leads: the dashboard of that network, region, host, node or component.
///
/// `value` is Grafana's name of the value, `network` that of the network that it belongs to.
pub(super) fn of_label(plan: &Plan, label: &str, value: &str, network: &str) -> Option<Value> {
    let (title, url) = if label == JOB {
        let plain = |board: &Dashboard| uid(&board.id) == format!("netgen-{}", board.id);
        let all = plan.dashboards.values().filter(|board| board.component.is_some()).all(plain);
        all.then(|| ("component", format!("/d/netgen-component-{value}?{network}")))?
    } else {
        let (_, id) =
            BOARDS.iter().find(|(known, id)| *known == label && plan.dashboards.contains_key(*id))?;
        let own = format!("var-{label}={value}");
        let query = if label == Choice::Network.label() { own } else { format!("{own}&{network}") };
        (label, format!("/d/{}?{query}", uid(id)))
    };
    let url = format!("{url}&${{__url_time_range}}");
    Some(json!({ "title": format!("To this {title}"), "url": url, "targetBlank": false }))
}

/// The network that a dashboard shows, as a part of a link.
pub(super) fn network_of(plan: &Plan, board: &Dashboard) -> String {
    let chosen = board.variables.iter().any(|choice| choice.label() == Choice::Network.label());
    if chosen { "${network:queryparam}".to_owned() } else { format!("var-network={}", plan.topology.name) }
}

/// The runbook of an alert, where runbooks are published; `name` may be Grafana's name of a value.
pub(super) fn runbook(plan: &Plan, name: &str) -> Option<String> {
    let base = plan.topology.monitoring.as_ref()?.runbook_url.as_deref()?;
    Some(format!("{base}/{name}.md"))
}

/// The links in the corner of a panel: the runbooks of the alerts that judge it.
pub(super) fn of_panel(plan: &Plan, alerts: &[&str]) -> Vec<Value> {
    let link = |name: &&str| {
        runbook(plan, name).map(|url| {
            json!({
                "type": "link", "title": format!("Runbook of {name}"), "url": url, "tags": [], "icon": "doc",
                "tooltip": "", "asDropdown": false, "includeVars": false, "keepTime": false, "targetBlank": true,
            })
        })
    };
    alerts.iter().filter_map(link).collect()
}
