//! Real packets through the rulesets: every host of the bundle in a network namespace of its own,
//! everybody knocks at every published port. It finds what `nft -c` cannot: rules that are right
//! nftables and let the wrong people in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use netgen::topology::{Access, Topology};
use netgen::world::MemoryWorld;
use netgen::{Input as Manifest, Options, compile_to_plan};
use serde_json::{Value, json};

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "packets",
    root: Root::Source,
    files: |root| find(root, &["netgen.lock", "packets.yaml"]),
    read: |bench, input| {
        input.each(|file| {
            let manifest = if file.ends_with("netgen.lock") { Path::new("network.yaml") } else { file };
            knock(bench, input.root, manifest)
        })
    },
};

/// A sample is a manifest; one that is broken brings a ruleset that is wrong.
fn knock(bench: &Bench, root: &Path, manifest: &Path) -> Verdict {
    let text = crate::files::read(&root.join(manifest))?;
    let world = MemoryWorld::new([("network.yaml", text.as_str())]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let done = netgen::compile(&world, &Manifest::new("network.yaml"), options.clone());
    let bundle = done.bundle.ok_or_else(|| Fault::Trouble(format!("{:?}", done.diagnostics)))?;
    let folder = scratch()?;
    for (path, file) in bundle.files().filter(|(path, _)| path.as_str().starts_with("firewall/")) {
        let own = root.join(path.as_str());
        let path = folder.path().join(path.as_str());
        let made =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &file.bytes));
        made.map_err(Fault::io("cannot write a ruleset"))?;
        if own.is_file() {
            fs::copy(own, path).map_err(Fault::io("cannot copy a ruleset"))?;
        }
    }
    let topology = compile_to_plan(&world, &Manifest::new("network.yaml"), options)
        .plan
        .ok_or_else(|| Fault::Trouble("no plan".to_owned()))?
        .topology;
    let plan = folder.path().join("plan.json");
    fs::write(&plan, expectation(&topology).to_string()).map_err(Fault::io("cannot write the plan"))?;
    for program in ["ip", "nft", "sysctl"] {
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
    let hosts: Vec<Value> = topology
        .hosts
        .iter()
        .map(|host| {
            let addresses: BTreeSet<&str> = [Some(host.address.as_str()), host.private_address.as_deref()]
                .into_iter()
                .flatten()
                .collect();
            let own: Vec<Value> = doors
                .iter()
                .filter(|door| door.host == host.id)
                .map(|door| {
                    let from: Vec<String> = match &door.open_to {
                        Access::Anyone | Access::Nobody => Vec::new(),
                        Access::Network => {
                            topology.hosts.ids().filter(|id| *id != host.id).map(name).collect()
                        }
                        Access::Hosts(hosts) => hosts.iter().map(|id| name(*id)).collect(),
                    };
                    json!({
                        "service": topology.services[door.service].name, "interface": door.interface,
                        "port": door.port, "transport": door.transport.word(),
                        "address": door.publish.address(), "forwarded": door.forwarded,
                        "anyone": door.open_to == Access::Anyone, "from": from,
                    })
                })
                .collect();
            json!({ "name": host.name, "addresses": addresses, "doors": own })
        })
        .collect();
    json!({ "hosts": hosts })
}
