//! Logs, backups, roll-out, access: resolved last, since they look at all the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::HostId;
use super::graph::ServiceGraph;
use super::ir::{Backup, Clusters, ContainerNetwork, Logging, Topology};
use super::resolve::{Context, Tables};
use super::secrets::policy_secret;
use crate::catalog::chain::Chain;
use crate::diag::{Diagnostic, codes};
use crate::manifest::quantity::{ByteSize, Duration, Percent};
use crate::manifest::{self, DomainKind};
use crate::text::Span;

/// How a change reaches the hosts.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// The host that gets a change first.
    pub canary: Option<HostId>,
    /// How long it must stay healthy before the others follow.
    pub wait: Duration,
}

/// What must be survived.
#[derive(Clone, Debug, Default)]
pub struct Require {
    /// How many failure domains of a kind may be lost at once, and where it is asked for.
    pub survives: Vec<(DomainKind, u32, Span)>,
    /// The largest share of one client.
    pub max_client_share: Option<(Percent, Span)>,
}

impl Require {
    /// How many domains of a kind must be survived, and where that is asked for.
    pub fn asks(&self, kind: DomainKind) -> Option<(u32, Span)> {
        self.survives.iter().find(|(asked, ..)| *asked == kind).map(|(_, count, span)| (*count, *span))
    }
}

const DEFAULT_KEEP: Duration = Duration(30 * 86_400);
const DEFAULT_RTO: Duration = Duration(3600);
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
    let monitoring = super::monitoring::resolve(cx, &mut tables);
    let backup = backup(cx, &mut tables);
    let rollout = rollout(cx, &tables);
    let prices = super::prices::resolve(cx, &tables);
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
    let kubernetes = manifest.kubernetes.clone().unwrap_or_default();
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
        kubernetes: Clusters {
            storage_class: kubernetes.storage_class.map(|class| class.value),
            secret_store: kubernetes.secret_store.map(|store| store.value),
        },
        require: Require {
            survives: require.survives.asked().map(|(kind, n)| (kind, n.value, n.span)).collect(),
            max_client_share: require.max_client_share.as_ref().map(|p| (p.value, p.span)),
        },
        genesis: None,
        peering: None,
        mesh: None,
        prices,
    }
}

fn backup(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Backup> {
    let written: &manifest::Backup = cx.manifest.backup.as_ref()?;
    let hosts: BTreeSet<HostId> =
        tables.services.iter().filter(|s| s.keeps_state()).map(|s| s.host).collect();
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
        rpo: written.rpo.as_ref().map(|rpo| rpo.value),
        rto: written.rto.as_ref().map_or(DEFAULT_RTO, |rto| rto.value),
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
