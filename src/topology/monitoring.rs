//! What is watched, what the network promises, and who hears of an alert.

use std::collections::{BTreeMap, BTreeSet};

use super::ir::SecretUse;
use super::logs::Logs;
use super::objective::{self, Slo};
use super::resolve::{Context, Tables};
use super::routing::{self, Route, WeekTime};
use super::secrets::{policy_secret, shared_path};
use super::shards::{self, RemoteStore, Shard};
use super::teams::{self, Teams};
use super::{HostId, ServiceId, Tuning, outside, tuning};
use crate::manifest::quantity::Duration;
use crate::manifest::{Receiver, Severity};
use crate::text::{Span, Spanned};

const DEFAULT_SCRAPE_INTERVAL: Duration = Duration(15);
const DEFAULT_RETENTION: Duration = Duration(30 * 86_400);

/// Metrics and alerts.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// Where its services run.
    pub host: HostId,
    /// How often targets are scraped.
    pub scrape_interval: Duration,
    /// How long metrics are kept.
    pub retention: Duration,
    /// What the network promises.
    pub slo: Option<Slo>,
    /// The logs of every service.
    pub logs: Option<Logs>,
    /// Who shares out the targets; empty where one service scrapes them all.
    pub shards: Vec<Shard>,
    /// Stores elsewhere that get a copy.
    pub remote_write: Vec<RemoteStore>,
    /// Where runbooks are published.
    pub runbook_url: Option<String>,
    /// Who can be called, by name.
    pub receivers: BTreeMap<String, Receiver>,
    /// Secrets of the receivers: secret name -> (secret, file inside the container that sends).
    pub receiver_secrets: BTreeMap<String, SecretUse>,
    /// The receiver of the alert that always fires.
    pub heartbeat: Option<String>,
    /// The time in which a person acts, by severity.
    pub respond: BTreeMap<Severity, Duration>,
    /// Who owns what.
    pub teams: Teams,
    /// Hours of the week, by name.
    pub times: BTreeMap<String, WeekTime>,
    /// Which alerts go to whom, in order.
    pub routes: Vec<Route>,
    /// What is decided otherwise about alerts.
    pub tuning: Vec<Tuning>,
    /// Where it is defined.
    pub origin: Span,
}

pub(super) fn resolve(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Monitoring> {
    let written = cx.manifest.monitoring.as_ref()?;
    outside::check(cx, written);
    let host = tables.host(&written.host)?.id;
    let senders: Vec<ServiceId> =
        tables.services.iter().filter(|s| s.component.receiver_secrets).map(|s| s.id).collect();
    let hosts: BTreeSet<HostId> = senders.iter().map(|id| tables.services[*id].host).collect();
    let mut receiver_secrets = BTreeMap::new();
    for receiver in written.receivers.values() {
        for name in secrets_of(receiver) {
            if let Some(mut used) = policy_secret(cx, tables, name, &hosts) {
                // All senders read one configuration, so a secret must have one path for all of them.
                shared_path(cx, tables, &senders, &mut used);
                receiver_secrets.insert(name.value.clone(), used);
            }
        }
    }
    let routes = routing::routes(cx, tables);
    let times = routing::times(cx);
    let teams = teams::resolve(cx, tables);
    let responses = Severity::ALL.into_iter().map(|severity| {
        let written = written.respond.of(severity).map(|time| time.value);
        (severity, written.unwrap_or_else(|| severity.response()))
    });
    let known_receiver = |name: &str| written.receivers.contains_key(name);
    if let Some(heartbeat) = written.heartbeat.as_ref().filter(|name| !known_receiver(name)) {
        cx.unknown("receiver", heartbeat, written.receivers.keys().map(|k| k.value.as_str()));
    }
    let remote_write = shards::remote(cx, tables, &written.remote_write);
    Some(Monitoring {
        host,
        shards: tables.shards.clone(),
        remote_write,
        scrape_interval: written.scrape_interval.as_ref().map_or(DEFAULT_SCRAPE_INTERVAL, |d| d.value),
        retention: written.retention.as_ref().map_or(DEFAULT_RETENTION, |d| d.value),
        slo: written.slo.as_ref().map(|slo| objective::resolve(cx, tables, slo)),
        logs: super::logs::resolve(cx, tables, host),
        runbook_url: written.runbook_url.as_ref().map(|u| u.value.trim_end_matches('/').to_owned()),
        receivers: written.receivers.iter().map(|(k, v)| (k.value.clone(), v.clone())).collect(),
        receiver_secrets,
        heartbeat: written.heartbeat.as_ref().map(|name| name.value.clone()),
        respond: responses.collect(),
        teams,
        times,
        routes,
        tuning: tuning::resolve(cx, tables),
        origin: written.host.span,
    })
}

fn secrets_of(receiver: &Receiver) -> Vec<&Spanned<String>> {
    let Receiver { pagerduty, opsgenie, slack, email, webhook: _ } = receiver;
    let mut names = Vec::new();
    names.extend(pagerduty.as_ref().map(|p| &p.secret));
    names.extend(opsgenie.as_ref().map(|o| &o.secret));
    names.extend(slack.as_ref().map(|s| &s.secret));
    names.extend(email.as_ref().and_then(|e| e.secret.as_ref()));
    names
}
