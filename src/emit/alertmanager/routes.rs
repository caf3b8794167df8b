//! The tree of routes.

use serde::Serialize;

use super::{NOBODY, equals};
use crate::manifest::Severity;
use crate::plan::Plan;
use crate::topology::{Monitoring, Route};

#[derive(Serialize)]
pub(super) struct RouteFile {
    receiver: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    matchers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_by: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_wait: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat_interval: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<RouteFile>,
}

pub(super) fn tree(plan: &Plan, monitoring: &Monitoring) -> RouteFile {
    let mut routes: Vec<RouteFile> = Vec::new();
    for alert in plan.alerts.values().filter(|alert| alert.heartbeat) {
        routes.push(RouteFile {
            receiver: monitoring.heartbeat.clone().unwrap_or_else(|| NOBODY.to_owned()),
            matchers: vec![equals("alertname", &alert.name)],
            group_by: Vec::new(),
            group_wait: Some("0s".to_owned()),
            group_interval: Some("1m".to_owned()),
            repeat_interval: Some("5m".to_owned()),
            routes: Vec::new(),
        });
    }
    routes.extend(monitoring.narrow_routes().iter().map(branch));
    // The last route takes what no other does; with conditions of its own they stand before it.
    let last = monitoring.last_route();
    routes.extend(last.filter(|route| route.repeat.is_some()).map(branch));
    RouteFile {
        receiver: last.map_or(NOBODY, |route| &route.to).to_owned(),
        matchers: Vec::new(),
        group_by: vec!["alertname", "network", "region"],
        group_wait: Some("30s".to_owned()),
        group_interval: Some("5m".to_owned()),
        repeat_interval: Some("4h".to_owned()),
        routes,
    }
}

fn branch(route: &Route) -> RouteFile {
    let mut matchers = Vec::new();
    let any = |words: Vec<&str>| words.join("|");
    if !route.severities.is_empty() {
        let words = any(route.severities.iter().map(|s| s.word()).collect());
        matchers.push(format!("severity=~\"{words}\""));
    }
    if !route.regions.is_empty() {
        // Names are letters, digits and `-`: none needs escaping in a regular expression.
        let words = any(route.regions.iter().map(String::as_str).collect());
        matchers.push(format!("region=~\"{words}\""));
    }
    let urgent = route.severities.contains(&Severity::P1);
    RouteFile {
        receiver: route.to.clone(),
        matchers,
        group_by: Vec::new(),
        group_wait: urgent.then(|| "10s".to_owned()),
        group_interval: None,
        repeat_interval: route
            .repeat
            .map(|repeat| repeat.to_string())
            .or_else(|| urgent.then(|| "1h".to_owned())),
        routes: Vec::new(),
    }
}
