//! What is watched, what the network promises, and who hears of an alert.

use std::collections::{BTreeMap, BTreeSet};

use super::ir::SecretUse;
use super::logs::Logs;
use super::paths::credential;
use super::resolve::{Context, Tables};
use super::secrets::{is_native, policy_secret};
use super::{HostId, ServiceId};
use crate::manifest::quantity::{Duration, Percent};
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
    /// The objective: (availability, window).
    pub slo: Option<(Percent, Duration)>,
    /// The logs of every service.
    pub logs: Option<Logs>,
    /// Where runbooks are published.
    pub runbook_url: Option<String>,
    /// Who can be called, by name.
    pub receivers: BTreeMap<String, Receiver>,
    /// Secrets of the receivers: secret name -> (secret, file inside the container that sends).
    pub receiver_secrets: BTreeMap<String, SecretUse>,
    /// The receiver of the alert that always fires.
    pub heartbeat: Option<String>,
    /// Which alerts go to whom, in order.
    pub routes: Vec<Route>,
    /// Where it is defined.
    pub origin: Span,
}

/// One line of routing.
#[derive(Clone, Debug)]
pub struct Route {
    /// Only these severities; empty: all.
    pub severities: Vec<Severity>,
    /// Only these regions; empty: all.
    pub regions: Vec<String>,
    /// The receiver.
    pub to: String,
    /// How often it is sent again.
    pub repeat: Option<Duration>,
    /// Where it is defined.
    pub origin: Span,
}

impl Monitoring {
    /// The routes that are tried first, in order.
    pub fn narrow_routes(&self) -> &[Route] {
        self.routes.split_last().map_or(&[], |(_, narrow)| narrow)
    }

    /// The route of every alert that no other takes, whatever its own conditions are.
    pub fn last_route(&self) -> Option<&Route> {
        self.routes.last()
    }

    /// The receiver of an alert of that severity and region; `None` where nobody is called. An alert
    /// without a region matches no route that asks for one.
    pub fn receiver_of(&self, severity: Severity, region: Option<&str>) -> Option<&str> {
        let narrow = self.narrow_routes().iter().find(|route| route.takes(severity, region));
        narrow.or(self.last_route()).map(|route| route.to.as_str())
    }
}

impl Route {
    /// Whether it is for alerts of that severity and region.
    pub fn takes(&self, severity: Severity, region: Option<&str>) -> bool {
        let severe = self.severities.is_empty() || self.severities.contains(&severity);
        let near =
            self.regions.is_empty() || region.is_some_and(|name| self.regions.iter().any(|r| r == name));
        severe && near
    }
}

pub(super) fn resolve(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Monitoring> {
    let written = cx.manifest.monitoring.as_ref()?;
    let host = tables.host(&written.host)?.id;
    let senders: Vec<ServiceId> =
        tables.services.iter().filter(|s| s.component.receiver_secrets).map(|s| s.id).collect();
    let hosts: BTreeSet<HostId> = senders.iter().map(|id| tables.services[*id].host).collect();
    let mut receiver_secrets = BTreeMap::new();
    for receiver in written.receivers.values() {
        for name in secrets_of(receiver) {
            if let Some(mut used) = policy_secret(cx, tables, name, &hosts) {
                // All senders read one configuration, so a secret must have one path for all of them.
                let native = senders.iter().any(|id| is_native(tables, *id));
                match senders.as_slice() {
                    [one] if native => {
                        let sender = &tables.services[*one].name;
                        used.path = credential(&cx.manifest.network.name, sender, &used.setting);
                    }
                    _ if native => used.path.clone_from(&used.host_path),
                    _ => {}
                }
                receiver_secrets.insert(name.value.clone(), used);
            }
        }
    }
    let mut routes = Vec::new();
    for route in &written.routes {
        if !written.receivers.contains_key(route.to.value.as_str()) {
            cx.unknown("receiver", &route.to, written.receivers.keys().map(|k| k.value.as_str()));
        }
        for region in &route.region {
            if tables.region(region).is_none() {
                cx.unknown("region", region, cx.manifest.regions.keys().map(|k| k.value.as_str()));
            }
        }
        routes.push(Route {
            severities: route.severity.iter().map(|s| s.value).collect(),
            regions: route.region.iter().map(|r| r.value.clone()).collect(),
            to: route.to.value.clone(),
            repeat: route.repeat.as_ref().map(|r| r.value),
            origin: route.to.span,
        });
    }
    let known_receiver = |name: &str| written.receivers.contains_key(name);
    if let Some(heartbeat) = written.heartbeat.as_ref().filter(|name| !known_receiver(name)) {
        cx.unknown("receiver", heartbeat, written.receivers.keys().map(|k| k.value.as_str()));
    }
    Some(Monitoring {
        host,
        scrape_interval: written.scrape_interval.as_ref().map_or(DEFAULT_SCRAPE_INTERVAL, |d| d.value),
        retention: written.retention.as_ref().map_or(DEFAULT_RETENTION, |d| d.value),
        slo: written.slo.as_ref().map(|slo| (slo.availability.value, slo.window.value)),
        logs: super::logs::resolve(cx, tables, host),
        runbook_url: written.runbook_url.as_ref().map(|u| u.value.trim_end_matches('/').to_owned()),
        receivers: written.receivers.iter().map(|(k, v)| (k.value.clone(), v.clone())).collect(),
        receiver_secrets,
        heartbeat: written.heartbeat.as_ref().map(|name| name.value.clone()),
        routes,
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
