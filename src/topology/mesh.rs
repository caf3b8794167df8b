//! The encrypted network of the hosts: who has which address, and by which key it is known.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::ids::HostId;
use super::ir::{Host, Secret, SecretSource, Topology};
use super::paths::secrets_dir;
use super::resolve::{Context, Tables};
use super::secrets::SOPS_DATA;
use crate::diag::{Diagnostic, codes};
use crate::identity::{KEY_FOLDER, KeyFormat, KeyPlace, KeyType};
use crate::manifest::Scope;
use crate::text::{Span, Spanned};

/// The port of WireGuard's own documentation.
const DEFAULT_PORT: u16 = 51_820;

/// The longest name of a network interface in Linux.
const INTERFACE_NAME: usize = 15;

/// The mesh.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// Its addresses.
    pub subnet: IpNet,
    /// The UDP port on every host.
    pub port: u16,
    /// Seconds between two signs of life, where they are asked for.
    pub keepalive: Option<u64>,
    /// The network interface on every host.
    pub interface: String,
    /// Who is in it: every host.
    pub members: BTreeMap<HostId, Member>,
    /// Where it is asked for.
    pub origin: Span,
}

/// A host in the mesh.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its address in the mesh.
    pub address: IpAddr,
    /// Where the others find it outside of the mesh: an IP address or DNS name.
    pub outside: String,
}

impl Mesh {
    /// The name of the identity by which a host is known.
    pub const IDENTITY: &'static str = "mesh";
    /// Its curve.
    pub const KEY: KeyType = KeyType::X25519;
    /// The form of its file.
    pub const FORMAT: KeyFormat = KeyFormat::Wireguard;

    /// The others, as a host sees them.
    pub fn peers_of(&self, host: HostId) -> impl Iterator<Item = (HostId, &Member)> {
        self.members.iter().filter(move |(id, _)| **id != host).map(|(id, member)| (*id, member))
    }
}

impl Topology {
    /// Where the secret key of a host in the mesh lies on it.
    pub fn mesh_key(&self) -> String {
        format!("{}/host/mesh-key", self.secrets_dir())
    }

    /// The systemd unit that brings the mesh up, without its suffix.
    pub fn mesh_unit_name(&self) -> String {
        format!("{}-mesh", self.stack_unit_name())
    }
}

/// Gives every host its address in the mesh, which is its private one from here on.
pub(super) fn join(cx: &mut Context<'_>, tables: &mut Tables) -> Option<Mesh> {
    let written = cx.manifest.security.as_ref()?.mesh.clone()?;
    let subnet = written.subnet.value.0.trunc();
    let pinned = pinned(cx, &subnet);
    let taken: BTreeSet<IpAddr> = pinned.values().copied().collect();
    let mut mesh = Mesh {
        subnet,
        port: written.port.map_or(DEFAULT_PORT, |port| port.value),
        keepalive: written.keepalive.map(|keepalive| keepalive.value.0),
        interface: format!("wg-{}", cx.manifest.network.name).chars().take(INTERFACE_NAME).collect(),
        members: BTreeMap::new(),
        origin: written.subnet.span,
    };
    // The place in the manifest counts, not the name: a host that is added at the end moves nobody.
    for (place, name) in cx.manifest.hosts.keys().enumerate() {
        let Some(host) = tables.host(name).map(|host| host.id) else { continue };
        let by_place = address_at(&subnet, place).filter(|address| !taken.contains(address));
        let Some(address) = pinned.get(name.value.as_str()).copied().or(by_place) else {
            no_address(cx, &subnet, written.subnet.span, name, place);
            continue;
        };
        let Some(host) = tables.hosts.get_mut(host) else { continue };
        let outside = outside(host, &subnet);
        host.private_address = Some(address.to_string());
        mesh.members.insert(host.id, Member { address, outside });
    }
    Some(mesh)
}

/// How the others find a host outside of the mesh: by its private address, unless that is of the mesh.
fn outside(host: &Host, subnet: &IpNet) -> String {
    let private = host.private_address.as_ref();
    let of_mesh = |text: &&String| text.parse::<IpAddr>().is_ok_and(|ip| subnet.contains(&ip));
    private.filter(|text| !of_mesh(text)).unwrap_or(&host.address).clone()
}

/// The hosts that the manifest gives an address of the mesh.
fn pinned(cx: &Context<'_>, subnet: &IpNet) -> BTreeMap<String, IpAddr> {
    let hosts = cx.manifest.hosts.iter();
    let address = hosts.filter_map(|(name, host)| {
        let ip = host.private_address.as_ref()?.value.parse::<IpAddr>().ok()?;
        subnet.contains(&ip).then(|| (name.value.clone(), ip))
    });
    address.collect()
}

/// The address of a place in a subnet; `None` where it has no more.
fn address_at(subnet: &IpNet, place: usize) -> Option<IpAddr> {
    // The first of IPv6 belongs to all routers of the subnet (RFC 4291, 2.6.1).
    let reserved = usize::from(matches!(subnet, IpNet::V6(_)));
    subnet.hosts().nth(place + reserved)
}

fn no_address(cx: &mut Context<'_>, subnet: &IpNet, span: Span, host: &Spanned<String>, place: usize) {
    let full = address_at(subnet, place).is_none();
    let (message, help) = if full {
        (format!("the mesh has no address left for host `{host}`"), "give the mesh a wider subnet")
    } else {
        (
            format!("the address of host `{host}` in the mesh is taken"),
            "give it another one of the subnet: `private-address: <address>`",
        )
    };
    cx.sink.push(
        Diagnostic::new(&codes::INVALID_VALUE, host.span, message)
            .here(format!("host {} of the manifest", place + 1))
            .label(span, format!("the addresses of {subnet}"))
            .help(help),
    );
}

/// The secret keys of the hosts, where the lock or the folder of keys has them.
pub(super) fn keys(cx: &mut Context<'_>, tables: &mut Tables, mesh: &Mesh) {
    let root = secrets_dir(&cx.manifest.network.name);
    for host in mesh.members.keys() {
        let name = tables.hosts[*host].name.clone();
        let known = cx.identities.get(&name, Mesh::IDENTITY).map(|known| known.place.clone());
        let file = || KeyPlace::File(Mesh::FORMAT.file(KEY_FOLDER, &name, Mesh::IDENTITY));
        let source = match known.unwrap_or_else(file) {
            KeyPlace::File(file) => SecretSource::File(file),
            KeyPlace::Sops(file) => SecretSource::Sops { file, key: vec![SOPS_DATA.to_owned()] },
            KeyPlace::Age(file) => SecretSource::Age(file),
            KeyPlace::Manifest => continue,
        };
        let secret = Secret {
            id: tables.secrets.next_id(),
            name: "mesh-key".to_owned(),
            scope_key: name,
            scope: Scope::Host,
            source,
            host_path: format!("{root}/host/mesh-key"),
            hosts: BTreeSet::from([*host]),
            origin: mesh.origin,
        };
        tables.secrets.push(secret);
    }
}
