//! Receivers: how people are called, with secrets by file.

use serde::Serialize;

use super::NOBODY;
use crate::emit::EmitError;
use crate::emit::format::promql::template_text;
use crate::manifest::{Email, Receiver};
use crate::topology::Monitoring;

#[derive(Serialize)]
pub(super) struct ReceiverFile {
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

/// The title of a notification: what, where.
const TITLE: &str =
    "{{ .CommonLabels.severity }} {{ .CommonLabels.alertname }} ({{ .CommonLabels.network }})";

/// One line an alert, with the link to its runbook.
const LINES: &str =
    "{{ range .Alerts }}{{ .Annotations.summary }} — {{ .Annotations.runbook_url }}\n{{ end }}";

/// Alertmanager's words for the urgency of PagerDuty.
const PAGERDUTY_SEVERITY: &str = "{{ if eq .CommonLabels.severity \"P1\" }}critical{{ else if eq .CommonLabels.severity \"P2\" }}error{{ else }}warning{{ end }}";

pub(super) fn receivers(monitoring: &Monitoring) -> Result<Vec<ReceiverFile>, EmitError> {
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
            to: template_text(&email.to.value),
            from: template_text(&email.from.value),
            smarthost: email.smarthost.value.clone(),
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
                    channel: template_text(&s.channel),
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
