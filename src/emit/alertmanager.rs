//! Alertmanager: who is called for what, and which alerts speak for others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::format::yaml;
use super::{Artifacts, EmitError, Emitter, header};
use crate::manifest::{Email, Receiver, Severity};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Monitoring, Route};

const TREE: &str = "alertmanager";

/// The receiver that calls nobody.
const NOBODY: &str = "nobody";

pub(super) struct Alertmanager;

impl Emitter for Alertmanager {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Alertmanager: routes, receivers, inhibition"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(monitoring) = &plan.topology.monitoring else { return Ok(()) };
        let config = Config {
            route: route_tree(plan, monitoring),
            receivers: receivers(monitoring)?,
            inhibit_rules: inhibitions(plan),
        };
        out.text(format!("{TREE}/alertmanager.yml"), yaml::to_yaml_with_header(&header(plan), &config)?);
        Ok(())
    }
}

#[derive(Serialize)]
struct Config {
    route: RouteFile,
    receivers: Vec<ReceiverFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inhibit_rules: Vec<Inhibition>,
}

#[derive(Serialize)]
struct RouteFile {
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

#[derive(Serialize)]
struct ReceiverFile {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pagerduty_configs: Vec<Pagerduty>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opsgenie_configs: Vec<Opsgenie>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slack_configs: Vec<SlackFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    email_configs: Vec<EmailFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    webhook_configs: Vec<WebhookFile>,
}

#[derive(Serialize)]
struct Pagerduty {
    routing_key_file: String,
    send_resolved: bool,
    severity: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct Opsgenie {
    api_key_file: String,
    send_resolved: bool,
    message: &'static str,
    priority: &'static str,
}

#[derive(Serialize)]
struct SlackFile {
    api_url_file: String,
    channel: String,
    send_resolved: bool,
    title: &'static str,
    text: &'static str,
}

#[derive(Serialize)]
struct EmailFile {
    to: String,
    from: String,
    smarthost: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_password_file: Option<String>,
    send_resolved: bool,
}

#[derive(Serialize)]
struct WebhookFile {
    url: String,
    send_resolved: bool,
}

#[derive(Serialize)]
struct Inhibition {
    source_matchers: [String; 1],
    target_matchers: [String; 1],
    equal: Vec<String>,
}

/// The title of a notification: what, where.
const TITLE: &str =
    "{{ .CommonLabels.severity }} {{ .CommonLabels.alertname }} ({{ .CommonLabels.network }})";

/// One line an alert, with the link to its runbook.
const LINES: &str =
    "{{ range .Alerts }}{{ .Annotations.summary }} — {{ .Annotations.runbook_url }}\n{{ end }}";

/// Alertmanager's words for the urgency of PagerDuty.
const PAGERDUTY_SEVERITY: &str = "{{ if eq .CommonLabels.severity \"P1\" }}critical{{ else if eq .CommonLabels.severity \"P2\" }}error{{ else }}warning{{ end }}";

fn route_tree(plan: &Plan, monitoring: &Monitoring) -> RouteFile {
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

/// A matcher `label="value"`; values are names of ours.
fn equals(label: &str, value: &str) -> String {
    format!("{label}=\"{value}\"")
}

fn receivers(monitoring: &Monitoring) -> Result<Vec<ReceiverFile>, EmitError> {
    let mut files = vec![receiver(NOBODY, &Receiver::default(), monitoring)?];
    for (name, written) in &monitoring.receivers {
        files.push(receiver(name, written, monitoring)?);
    }
    Ok(files)
}

fn receiver(name: &str, receiver: &Receiver, monitoring: &Monitoring) -> Result<ReceiverFile, EmitError> {
    let Receiver { pagerduty, opsgenie, slack, email, webhook } = receiver;
    // Each secret was resolved with the receivers; none missing is a defect.
    let file = |secret: &str| {
        monitoring.receiver_secrets.get(secret).map(|used| used.path.clone()).ok_or_else(|| {
            EmitError::internal(format!("secret `{secret}` of receiver `{name}` is not resolved"))
        })
    };
    let email_file = |email: &Email| -> Result<EmailFile, EmitError> {
        Ok(EmailFile {
            to: email.to.value.clone(),
            from: email.from.value.clone(),
            smarthost: email.smarthost.clone(),
            auth_username: email.username.clone(),
            auth_password_file: email.secret.as_ref().map(|secret| file(secret)).transpose()?,
            send_resolved: true,
        })
    };
    Ok(ReceiverFile {
        name: name.to_owned(),
        pagerduty_configs: pagerduty
            .iter()
            .map(|p| {
                let routing_key_file = file(&p.secret)?;
                Ok(Pagerduty {
                    routing_key_file,
                    send_resolved: true,
                    severity: PAGERDUTY_SEVERITY,
                    description: TITLE,
                })
            })
            .collect::<Result<_, EmitError>>()?,
        opsgenie_configs: opsgenie
            .iter()
            .map(|o| {
                let api_key_file = file(&o.secret)?;
                Ok(Opsgenie {
                    api_key_file,
                    send_resolved: true,
                    message: TITLE,
                    priority: "{{ .CommonLabels.severity }}",
                })
            })
            .collect::<Result<_, EmitError>>()?,
        slack_configs: slack
            .iter()
            .map(|s| {
                let api_url_file = file(&s.secret)?;
                Ok(SlackFile {
                    api_url_file,
                    channel: s.channel.clone(),
                    send_resolved: true,
                    title: TITLE,
                    text: LINES,
                })
            })
            .collect::<Result<_, EmitError>>()?,
        email_configs: email.iter().map(email_file).collect::<Result<_, EmitError>>()?,
        webhook_configs: webhook
            .iter()
            .map(|w| WebhookFile { url: w.url.value.clone(), send_resolved: true })
            .collect(),
    })
}

/// An alert that speaks for others silences them where these labels are equal.
fn inhibitions(plan: &Plan) -> Vec<Inhibition> {
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
