//! Several services that collect metrics: which of them scrapes what, and what they write elsewhere.

use std::collections::BTreeSet;

use super::ir::SecretUse;
use super::places::host_id;
use super::resolve::{Context, Tables};
use super::secrets::{policy_secret, shared_path};
use super::{HostId, RegionId, Service, ServiceId, Topology};
use crate::catalog::component::Component;
use crate::diag::{Diagnostic, codes};
use crate::manifest::{Queue, RemoteWrite};
use crate::text::Span;

/// The interface that is scraped.
pub const METRICS: &str = "metrics";

/// A share of the targets.
#[derive(Clone, Debug)]
pub struct Shard {
    /// Its name: that of its region, or of its host.
    pub name: String,
    /// Where it is collected.
    pub host: HostId,
    /// The region whose targets it has; `None`: those whose host has its hash.
    pub region: Option<RegionId>,
    /// Where it is defined.
    pub origin: Span,
}

/// A store elsewhere.
#[derive(Clone, Debug)]
pub struct RemoteStore {
    /// Where it takes samples.
    pub url: String,
    /// Its name.
    pub name: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The user of the password.
    pub user: Option<String>,
    /// The password, or the token where there is no user.
    pub secret: Option<SecretUse>,
    /// Only these metrics; empty: all.
    pub only: Vec<String>,
    /// How samples wait.
    pub queue: Queue,
    /// Where it is defined.
    pub origin: Span,
}

/// Whether a component collects the metrics of everything there is.
pub(super) fn collects(component: &Component) -> bool {
    component.needs.get(METRICS).is_some_and(|need| need.every)
}

impl Service {
    /// Whether it collects the metrics of everything there is, or of a share.
    pub fn collects(&self) -> bool {
        collects(&self.component)
    }
}

impl Topology {
    /// The shards, in order; empty where nothing is shared out.
    pub fn shards(&self) -> &[Shard] {
        self.monitoring.as_ref().map_or(&[], |monitoring| &monitoring.shards)
    }

    /// The services that collect metrics, by name.
    pub fn collectors(&self) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(|service| service.collects())
    }

    /// The one that knows the whole network: that of the monitoring host, else the first without a shard.
    pub fn main_collector(&self) -> Option<&Service> {
        let whole = || self.collectors().filter(|service| service.shard.is_none());
        let home = self.monitoring.as_ref().map(|monitoring| monitoring.host);
        whole().find(|service| Some(service.host) == home).or_else(|| whole().next())
    }

    /// The folder of a service below the trees that it mounts, with a slash at its end: collectors besides
    /// the main one have files of their own.
    pub fn own_folder(&self, service: &Service) -> String {
        // Asked for every service, so what takes a look at all of them comes last.
        let apart = service.collects() && self.main_collector().is_some_and(|main| main.id != service.id);
        if apart { format!("stores/{}/", service.name) } else { String::new() }
    }
}

/// Reads the shards into the tables.
pub(super) fn read(cx: &mut Context<'_>, tables: &mut Tables) {
    let manifest = cx.manifest;
    let Some(written) = manifest.monitoring.as_ref().and_then(|m| m.shards.as_ref()) else { return };
    if let (Some((region, _)), Some(host)) = (written.regions.first(), written.hosts.first()) {
        cx.sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, host.span, "targets are shared out in two ways")
                .here("by a hash of their host")
                .label(region.span, "and by region")
                .help("keep one of `regions` and `hosts`"),
        );
        return;
    }
    let mut found = Vec::new();
    for (region, host) in &written.regions {
        let Some(id) = tables.region(region).map(|region| region.id) else {
            cx.unknown("region", region, manifest.regions.keys().map(|k| k.value.as_str()));
            continue;
        };
        if let Some(host) = host_id(cx, tables, host) {
            let name = region.value.clone();
            found.push(Shard { name, host, region: Some(id), origin: region.span });
        }
    }
    let mut taken = BTreeSet::new();
    for name in &written.hosts {
        let Some(host) = host_id(cx, tables, name) else { continue };
        if taken.insert(host) {
            found.push(Shard { name: name.value.clone(), host, region: None, origin: name.span });
            continue;
        }
        cx.sink.push(
            Diagnostic::new(&codes::DUPLICATE_NAME, name.span, format!("`{name}` has a shard already"))
                .here("named twice")
                .help("name each host once"),
        );
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    tables.shards = found;
}

/// Whether a collector scrapes a service: a shard those of its region, or all with one hash or another,
/// but no collector; the main one only collectors.
pub(super) fn scrapes(tables: &Tables, collector: &Service, target: &Service) -> bool {
    if tables.shards.is_empty() {
        return true;
    }
    let Some(name) = &collector.shard else { return target.collects() };
    let shard = tables.shards.iter().find(|shard| shard.name == *name);
    let region = shard.and_then(|shard| shard.region);
    !target.collects() && (region.is_none() || region == tables.hosts[target.host].region)
}

/// The stores elsewhere, with their secrets on the hosts of all collectors.
pub(super) fn remote(cx: &mut Context<'_>, tables: &mut Tables, written: &[RemoteWrite]) -> Vec<RemoteStore> {
    let readers: Vec<ServiceId> =
        tables.services.iter().filter(|service| service.collects()).map(|service| service.id).collect();
    let hosts: BTreeSet<HostId> = readers.iter().map(|id| tables.services[*id].host).collect();
    let mut stores = Vec::new();
    for store in written {
        let RemoteWrite { url, name, tenant, user, secret, only, queue } = store;
        if let (Some(user), None) = (user, secret) {
            cx.sink.push(
                Diagnostic::new(&codes::MISSING_KEY, user.span, format!("the user `{user}` has no password"))
                    .here("without a `secret`")
                    .help("add `secret: <name>`, a secret with the password"),
            );
        }
        let secret = secret.as_ref().and_then(|name| {
            let mut used = policy_secret(cx, tables, name, &hosts)?;
            shared_path(cx, tables, &readers, &mut used);
            Some(used)
        });
        let text = |text: &Option<crate::text::Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        stores.push(RemoteStore {
            url: url.value.clone(),
            name: text(name),
            tenant: text(tenant),
            user: text(user),
            secret,
            only: only.iter().map(|metric| metric.value.clone()).collect(),
            queue: queue.unwrap_or_default(),
            origin: url.span,
        });
    }
    stores
}
