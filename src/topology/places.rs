//! Regions, hosts and nodes.

use std::net::IpAddr;

use super::ids::Id;
use super::ir::{Host, Node, Region};
use super::resolve::{Context, Tables};
use super::{HostId, NodeId, RegionId};
use crate::diag::{Diagnostic, codes};
use crate::manifest::{NamePattern, Named};
use crate::text::Spanned;

const DEFAULT_DATA_DIR: &str = "/var/lib/netgen";

/// The entries of a map by name, so that their order in the file never shows.
pub(super) fn sorted<T>(map: &Named<T>) -> Vec<(&Spanned<String>, &T)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.value.cmp(&b.0.value));
    entries
}

pub(super) fn regions(cx: &mut Context<'_>, tables: &mut Tables) {
    for (name, region) in sorted(&cx.manifest.regions) {
        check_name(cx, name);
        tables.regions.push(Region {
            id: tables.regions.next_id(),
            name: name.value.clone(),
            provider: region.provider.as_ref().map(|p| p.value.clone()),
            origin: name.span,
        });
    }
}

pub(super) fn hosts(cx: &mut Context<'_>, tables: &mut Tables) {
    let manifest = cx.manifest;
    let defaults = &manifest.defaults;
    for (name, host) in sorted(&manifest.hosts) {
        check_name(cx, name);
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
        check_name(cx, name);
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

/// Names become paths, units and containers: none may leave a folder or need quoting.
///
/// The words are those of the schema, so that a name which both refuse is told once.
pub(super) fn check_name(cx: &mut Context<'_>, name: &Spanned<String>) {
    if !NamePattern::matches(name) {
        cx.sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, name.span, format!("`{name}` is no valid name"))
                .here("lower-case letters, digits and `-`, at most 63")
                .help("names become paths, unit names and container names"),
        );
    }
}

fn check_address(cx: &mut Context<'_>, address: &Spanned<String>) {
    let text = address.value.as_str();
    if text.parse::<IpAddr>().is_ok() {
        return;
    }
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let numeric = text.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    if text.len() > 253 || !text.split('.').all(label) || numeric {
        cx.sink.push(
            Diagnostic::new(
                &codes::INVALID_VALUE,
                address.span,
                format!("`{address}` is neither an IP address nor a DNS name"),
            )
            .here("not an address")
            .help("write an IPv4 address, an IPv6 address, or a DNS name without port and scheme"),
        );
    }
}

fn tidy(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}
