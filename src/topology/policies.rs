//! Monitoring, logs, backups, roll-out, access: resolved last, since they look at all the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::graph::ServiceGraph;
use super::ir::{Backup, ContainerNetwork, Logging, Monitoring, Require, Rollout, Route, Topology};
use super::paths::credential;
use super::resolve::{Context, Tables};
use super::secrets::{is_native, policy_secret};
use super::{HostId, ServiceId};
use crate::catalog::chain::Chain;
use crate::diag::{Diagnostic, codes};
use crate::manifest::quantity::{ByteSize, Duration};
use crate::manifest::{self, Receiver};
use crate::text::Spanned;

const DEFAULT_SCRAPE_INTERVAL: Duration = Duration(15);
const DEFAULT_RETENTION: Duration = Duration(30 * 86_400);
const DEFAULT_KEEP: Duration = Duration(30 * 86_400);
const DEFAULT_WAIT: Duration = Duration(600);
const DEFAULT_LOG_SIZE: ByteSize = ByteSize(100 << 20);
const DEFAULT_LOG_FILES: u32 = 5;

pub(super) fn finish(
    cx: &mut Context<'_>,
    mut tables: Tables,
    graph: ServiceGraph,
    chain: Arc<Chain>,
) -> Topology {
    let manifest = cx.manifest;
    let monitoring = monitoring(cx, &mut tables);
    let backup = backup(cx, &mut tables);
    let rollout = rollout(cx, &tables);
    let networks = manifest
        .networks
        .iter()
        .map(|(name, network)| {
            let subnet = network.subnet.as_ref().map(|s| s.value.0);
            (name.value.clone(), ContainerNetwork { subnet, internal: network.internal, origin: name.span })
        })
        .collect();
    let logging = manifest.logging.clone().unwrap_or_default();
    let security = manifest.security.clone().unwrap_or_default();
    let require = manifest.require.clone().unwrap_or_default();
    Topology {
        name: manifest.network.name.value.clone(),
        chain,
        environment: manifest.network.environment.unwrap_or_default(),
        regions: tables.regions,
        hosts: tables.hosts,
        nodes: tables.nodes,
        clusters: tables.clusters,
        services: tables.services,
        secrets: tables.secrets,
        bindings: tables.bindings,
        graph,
        networks,
        monitoring,
        logging: Logging {
            driver: logging.driver.unwrap_or_default(),
            max_size: logging.max_size.map_or(DEFAULT_LOG_SIZE, |s| s.value),
            max_files: logging.max_files.map_or(DEFAULT_LOG_FILES, |n| n.value),
        },
        backup,
        rollout,
        ports: manifest.ports.as_ref().map(|ports| ports.value).unwrap_or_default(),
        firewall: security.firewall.unwrap_or_default(),
        admin_networks: security.admin_networks.iter().map(|n| n.value.0).collect(),
        require: Require {
            survives: require.survives.asked().map(|(kind, n)| (kind, n.value, n.span)).collect(),
            max_client_share: require.max_client_share.as_ref().map(|p| (p.value, p.span)),
        },
        genesis: None,
        peering: None,
    }
}

fn monitoring(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Monitoring> {
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

fn backup(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Backup> {
    let written: &manifest::Backup = cx.manifest.backup.as_ref()?;
    let hosts: BTreeSet<HostId> =
        tables.services.iter().filter(|s| s.component.backup.is_some()).map(|s| s.host).collect();
    let to = &written.to.value;
    let scheme = to.split(':').next().unwrap_or("");
    let remote = ["s3", "sftp", "rest", "b2", "azure", "gs", "swift", "rclone"].contains(&scheme);
    if !(to.starts_with('/') || (remote && to.contains(':')))
        || to.chars().any(|c| c.is_control() || c == '"')
    {
        cx.sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, written.to.span, "this is no restic repository")
                .here("neither an absolute path nor `<backend>:<place>`")
                .help("for example `/mnt/backup`, `s3:https://<host>/<bucket>` or `sftp:user@host:/path`"),
        );
    }
    let password = policy_secret(cx, tables, &written.password.secret, &hosts)?;
    let credentials = written.credentials.as_ref().and_then(|c| policy_secret(cx, tables, &c.secret, &hosts));
    Some(Backup {
        schedule: written.schedule.as_ref().map(|s| s.value).unwrap_or_default(),
        keep: written.keep.as_ref().map_or(DEFAULT_KEEP, |k| k.value),
        to: to.clone(),
        password,
        credentials,
        origin: written.to.span,
    })
}

fn rollout(cx: &mut Context<'_>, tables: &Tables) -> Rollout {
    let written = cx.manifest.rollout.clone().unwrap_or_default();
    let canary = written.canary.as_ref().and_then(|name| {
        let host = tables.host(name).map(|h| h.id).or_else(|| tables.node(name).map(|n| n.host));
        if host.is_none() && !cx.is_written("host", name) && !cx.is_written("node", name) {
            let manifest = cx.manifest;
            let known = manifest.hosts.keys().chain(manifest.nodes.keys()).map(|k| k.value.as_str());
            cx.unknown("host or node", name, known);
        }
        host
    });
    Rollout { canary, wait: written.wait.map_or(DEFAULT_WAIT, |w| w.value) }
}
