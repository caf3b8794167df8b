//! Regions, hosts and nodes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::ids::Id;
use super::ir::{Host, Node, Region};
use super::resolve::{Context, Tables};
use super::{HostId, NodeId, RegionId, Service, Topology};
use crate::diag::{Diagnostic, codes};
use crate::manifest::{NamePattern, Named};
use crate::text::Spanned;

const DEFAULT_DATA_DIR: &str = "/var/lib/netgen";

impl Topology {
    /// The machines that the deploy logs in to.
    pub fn machines(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter().filter(|host| host.runtime.is_logged_in_to())
    }
}

/// The entries of a map by name, so that their order in the file never shows.
pub(super) fn sorted<T>(map: &Named<T>) -> Vec<(&Spanned<String>, &T)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.value.cmp(&b.0.value));
    entries
}

pub(super) fn regions(cx: &mut Context<'_>, tables: &mut Tables) {
    for (name, region) in sorted(&cx.manifest.regions) {
        tables.regions.push(Region {
            id: tables.regions.next_id(),
            name: name.value.clone(),
            provider: region.provider.as_ref().map(|p| p.value.clone()),
            provider_region: region.provider_region.as_ref().map(|r| r.value.clone()),
            project: region.project.as_ref().map(|p| p.value.clone()),
            origin: name.span,
        });
    }
}

pub(super) fn hosts(cx: &mut Context<'_>, tables: &mut Tables) {
    let manifest = cx.manifest;
    let defaults = &manifest.defaults;
    for (name, host) in sorted(&manifest.hosts) {
        check_address(cx, &host.address);
        if let Some(address) = &host.private_address {
            check_address(cx, address);
        }
        let region = host.region.as_ref().and_then(|wanted| {
            let found = tables.region(wanted).map(|region| region.id);
            if found.is_none() {
                cx.unknown("region", wanted, manifest.regions.keys().map(|k| k.value.as_str()));
            }
            found
        });
        let of_region = region.and_then(|id: RegionId| tables.regions[id].provider.clone());
        let ssh = (host.ssh.as_ref(), defaults.ssh.as_ref());
        let user = ssh.0.and_then(|s| s.user.as_ref()).or_else(|| ssh.1.and_then(|s| s.user.as_ref()));
        let port = ssh.0.and_then(|s| s.port.as_ref()).or_else(|| ssh.1.and_then(|s| s.port.as_ref()));
        let keys = ssh.0.filter(|s| !s.import_keys.is_empty()).or(ssh.1);
        let data_dir = host.data_dir.as_ref().or(defaults.data_dir.as_ref());
        tables.hosts.push(Host {
            id: tables.hosts.next_id(),
            name: name.value.clone(),
            address: host.address.value.clone(),
            private_address: host.private_address.as_ref().map(|a| a.value.clone()),
            region,
            provider: host.provider.as_ref().map(|p| p.value.clone()).or(of_region),
            operator: host.operator.as_ref().map(|o| o.value.clone()),
            rack: host.rack.as_ref().map(|r| r.value.clone()),
            ssh_user: user.map_or_else(|| "root".to_owned(), |u| u.value.clone()),
            ssh_port: port.map_or(22, |p| p.value),
            ssh_keys: keys.map(|s| s.import_keys.clone()).unwrap_or_default(),
            data_disk: host.data_disk.as_ref().map(|d| d.value.clone()),
            runtime: host.runtime.or(defaults.runtime).unwrap_or_default(),
            resources: host.resources.map(|r| (r.cpus.value, r.memory.value, r.disk.value)),
            architecture: host.architecture.unwrap_or_default(),
            data_dir: data_dir.map_or_else(|| DEFAULT_DATA_DIR.to_owned(), |d| tidy(&d.value)),
            labels: host.labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            services: Vec::new(),
            origin: name.span,
            address_origin: host.address.span,
        });
    }
}

pub(super) fn nodes(cx: &mut Context<'_>, tables: &mut Tables) {
    let manifest = cx.manifest;
    for (name, node) in sorted(&manifest.nodes) {
        let Some(host) = host_id(cx, tables, &node.host) else { continue };
        if !manifest.stacks.contains_key(node.stack.value.as_str()) {
            cx.unknown("stack", &node.stack, manifest.stacks.keys().map(|k| k.value.as_str()));
            continue;
        }
        tables.nodes.push(Node {
            id: NodeId::from_index(tables.nodes.len()),
            name: name.value.clone(),
            host,
            role: node.role.value.clone(),
            stack: node.stack.value.clone(),
            voting_power: node.voting_power.as_ref().map_or(0, |p| p.value),
            services: Vec::new(),
            origin: name.span,
        });
    }
}

/// The id of a host by name; reported where there is none.
pub(super) fn host_id(cx: &mut Context<'_>, tables: &Tables, name: &Spanned<String>) -> Option<HostId> {
    let found = tables.host(name).map(|host| host.id);
    if found.is_none() {
        cx.unknown("host", name, cx.manifest.hosts.keys().map(|k| k.value.as_str()));
    }
    found
}

/// The name of a service of a stack. All other names are checked by the schema.
pub(super) fn check_name(cx: &mut Context<'_>, name: &Spanned<String>) {
    if !NamePattern::matches(name) {
        cx.sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, name.span, format!("`{name}` is no valid name"))
                .here(NamePattern::wanted(name))
                .help(NamePattern::help(name)),
        );
    }
}

fn check_address(cx: &mut Context<'_>, address: &Spanned<String>) {
    let text = address.value.as_str();
    if is_address(text) {
        return;
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (host, port) =
        rest.split_once('/').map_or(rest, |(host, _)| host).rsplit_once(':').unwrap_or((rest, ""));
    let host = host.split('/').next().unwrap_or(host).trim_matches(['[', ']']);
    let mut diagnostic = Diagnostic::new(
        &codes::INVALID_VALUE,
        address.span,
        format!("`{address}` is neither an IP address nor a DNS name"),
    )
    .here("not an address");
    let octets = text.split('.').count() == 4 && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    diagnostic = if octets {
        diagnostic.help("each of the four numbers of an IPv4 address is from 0 to 255, without leading zeros")
    } else if is_address(host) {
        diagnostic.help(format!("did you mean `{host}`?"))
    } else {
        diagnostic.help("write an IPv4 address, an IPv6 address, or a DNS name without port and scheme")
    };
    if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) {
        diagnostic = diagnostic.help(format!("the port of ssh stands under `ssh: {{ port: {port} }}`"));
    }
    cx.sink.push(diagnostic);
}

/// Whether a text is an IP address or a DNS name.
fn is_address(text: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let numeric = text.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(label) && !numeric)
}

fn tidy(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

impl Topology {
    /// The components of which there are services, by name.
    pub fn components_in_use(&self) -> BTreeSet<&str> {
        self.services.iter().map(|service| service.component.component.value.as_str()).collect()
    }

    /// The services of a component, by name.
    pub fn services_of(&self, component: &str) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(move |service| service.component.component.value == component)
    }
}
