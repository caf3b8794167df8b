//! Real packets through the firewalls, nftables and ufw: every host of the bundle in a network namespace of its own,
//! everybody knocks at every published port. It finds what `nft -c` cannot: rules that are right
//! nftables and let the wrong people in. With ufw it also holds the rules that the real program shows
//! against the plan.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use netgen::manifest::{Firewall, Runtime};
use netgen::topology::{Access, Host, HostId, Mesh, Topology};
use netgen::{Input as Manifest, Options, compile_to_plan};
use serde_json::{Value, json};

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::find;
use crate::samples::{examples, here};

pub const NFTABLES: Reader = Reader {
    name: "packets",
    root: Root::Source,
    files: |root| find(root, &["netgen.lock", "packets.yaml"]),
    read: |bench, input| input.each(|file| knock(bench, input.root, file, Firewall::Nftables)),
};

/// ufw takes a start of Python for each rule. These have every kind of opening: ports of containers by Docker and by
/// podman, programs of the host, a mesh, everybody, the network, single hosts.
const BY_UFW: &[&str] =
    &["ethereum-solana-mev", "ethereum-validator", "load-network", "public-rpc", "runtimes"];

pub const UFW: Reader = Reader {
    name: "ufw",
    root: Root::Source,
    files: |root| {
        let mut files = find(root, &["netgen.lock", "packets.yaml"]);
        files.retain(|file| !file.ends_with("netgen.lock") || BY_UFW.iter().any(|name| root.ends_with(name)));
        files
    },
    read: |bench, input| input.each(|file| knock(bench, input.root, file, Firewall::Ufw)),
};

/// A sample is a manifest; one that is broken brings a ruleset that is wrong.
fn knock(bench: &Bench, root: &Path, file: &Path, firewall: Firewall) -> Verdict {
    let manifest = if file.ends_with("netgen.lock") { Path::new("network.yaml") } else { file };
    let world = examples::world(root);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let mut input = Manifest::new(manifest.to_string_lossy());
    input.sets.push(format!("security.firewall={}", firewall.word()));
    let done = netgen::compile(&world, &input, options.clone());
    let bundle = done.bundle.ok_or_else(|| Fault::Trouble(format!("{:?}", done.diagnostics)))?;
    let folder = scratch()?;
    for (path, file) in bundle.files().filter(|(path, _)| path.as_str().starts_with("firewall/")) {
        let own = root.join(path.as_str());
        let path = folder.path().join(path.as_str());
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            file.bytes().map_err(|error| error.source).and_then(|bytes| fs::write(&path, bytes))
        });
        made.map_err(Fault::io("cannot write a ruleset"))?;
        if own.is_file() {
            fs::copy(own, &path).map_err(Fault::io("cannot copy a ruleset"))?;
        }
        if firewall == Firewall::Ufw {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&path, mode).map_err(Fault::io("cannot make a script executable"))?;
            bench.tool("shellcheck")?.args(["-o", "all", "-S", "style"]).args([&path]).run()?.accepted()?;
        }
    }
    let topology = compile_to_plan(&world, &input, options)
        .plan
        .ok_or_else(|| Fault::Trouble("no plan".to_owned()))?
        .topology;
    let plan = folder.path().join("plan.json");
    fs::write(&plan, expectation(&topology).to_string()).map_err(Fault::io("cannot write the plan"))?;
    let ufw: &[&str] = if firewall == Firewall::Ufw { &["ufw", "iptables"] } else { &[] };
    for program in ["ip", "nft", "sysctl"].iter().chain(ufw) {
        bench.find(program)?;
    }
    let unshare = ["--map-root-user", "--net", "--mount", "python3"];
    if bench.tool("unshare")?.args(unshare).args(["-c", ""]).run()?.accepted().is_err() {
        return Err(Fault::Missing("needs network namespaces, and this machine gives none".to_owned()));
    }
    let script = here().join("packets.py");
    bench.tool("unshare")?.args(unshare).args([&script, &plan]).args([folder.path()]).run()?.accepted()
}

/// Who must get through to what, from the topology and not from the rulesets.
fn expectation(topology: &Topology) -> Value {
    let doors = topology.doors();
    let name = |id| topology.hosts[id].name.clone();
    let addresses = |host: &Host| -> BTreeSet<String> {
        [Some(&host.address), host.private_address.as_ref()].into_iter().flatten().cloned().collect()
    };
    let hosts: Vec<Value> = topology
        .machines()
        .map(|host| {
            let mut own: Vec<Value> = doors
                .iter()
                .filter(|door| door.host == host.id)
                .map(|door| {
                    let from: Vec<_> = match &door.open_to {
                        Access::Anyone | Access::Nobody => Vec::new(),
                        Access::Network => topology.hosts.ids().filter(|id| *id != host.id).collect(),
                        Access::Hosts(hosts) => hosts.iter().copied().collect(),
                    };
                    let known: BTreeSet<String> =
                        from.iter().flat_map(|id| addresses(&topology.hosts[*id])).collect();
                    let ours = |id: &HostId| topology.hosts[*id].runtime.is_logged_in_to();
                    let from: Vec<String> = from.into_iter().filter(ours).map(name).collect();
                    let listener = topology.services[door.service].listener(&door.interface);
                    json!({
                        "service": topology.services[door.service].name, "interface": door.interface,
                        "port": door.port, "transport": door.transport.word(),
                        "address": door.publish.address(), "forwarded": door.forwarded,
                        "anyone": door.open_to == Access::Anyone, "from": from, "addresses": known,
                        "inside": listener.and_then(|l| l.container_port),
                    })
                })
                .collect();
            own.push(ssh(topology, host));
            own.extend(topology.mesh.as_ref().map(|mesh| mesh_door(topology, mesh, host)));
            let (bridge, pattern, bridges): (_, _, &[&str]) = match host.runtime {
                Runtime::Compose | Runtime::SystemdDocker => ("br-c", "br-+", &["docker0", "br-+"]),
                Runtime::Quadlet => ("podman1", "podman+", &["podman+"]),
                Runtime::Native | Runtime::Kubernetes => ("br-c", "", &[]),
            };
            let mut plan = json!({
                "name": host.name, "addresses": addresses(host), "doors": own,
                "bridge": bridge, "bridge_pattern": pattern, "engine_bridges": bridges,
            });
            let member = topology.mesh.as_ref().and_then(|mesh| Some((mesh, mesh.members.get(&host.id)?)));
            if let (Some((mesh, member)), Some(plan)) = (member, plan.as_object_mut()) {
                let mesh = json!({
                    "interface": mesh.interface, "subnet": mesh.subnet.to_string(), "address": member.address.to_string(),
                });
                plan.insert("mesh".to_owned(), mesh);
            }
            plan
        })
        .collect();
    json!({ "hosts": hosts, "firewall": topology.firewall.word() })
}

/// The door by which the others of the mesh come, from where they are outside of it.
fn mesh_door(topology: &Topology, mesh: &Mesh, host: &Host) -> Value {
    let (mut from, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for (id, peer) in mesh.peers_of(host.id) {
        from.insert(&topology.hosts[id].name);
        addresses.insert(&peer.outside);
    }
    let own = mesh.members.get(&host.id).map(|member| &member.outside);
    json!({
        "service": "mesh", "interface": "wireguard", "port": mesh.port, "inside": mesh.port, "transport": "udp",
        "address": own, "forwarded": false, "anyone": false, "from": from, "addresses": addresses,
    })
}

/// The door of those who administer the host: nobody may be locked out.
fn ssh(topology: &Topology, host: &Host) -> Value {
    let admin = &topology.admin_networks;
    let inside = |text: &String| {
        let ip = text.parse::<IpAddr>();
        ip.is_ok_and(|ip| admin.iter().any(|net| net.contains(&ip)))
    };
    let from: Vec<&str> = topology
        .machines()
        .filter(|other| std::iter::once(&other.address).chain(&other.private_address).any(inside))
        .map(|other| other.name.as_str())
        .collect();
    let networks: Vec<String> = admin.iter().map(ToString::to_string).collect();
    json!({
        "service": "sshd", "interface": "ssh", "port": host.ssh_port, "inside": host.ssh_port,
        "transport": "tcp", "address": "0.0.0.0", "forwarded": false,
        "anyone": admin.is_empty(), "from": from, "addresses": networks,
    })
}
