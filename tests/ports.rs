//! Ports: who gets which, and that none of them ever moves.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use netgen::check::registry::all_rules;
use netgen::lock::{Lock, given_ports};
use netgen::topology::Topology;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};
use proptest::prelude::*;

fn compiled(manifest: &str, lock: &str) -> Compilation {
    let lock = if lock.is_empty() { "version = 1\n" } else { lock };
    let world = MemoryWorld::new([("network.yaml", manifest), ("netgen.lock", lock)]);
    compile_to_plan(
        &world,
        &Input::new("network.yaml"),
        Options { allow_unlocked: true, ..Options::default() },
    )
}

fn topology(manifest: &str, lock: &str) -> Topology {
    let done = compiled(manifest, lock);
    let errors: Vec<&str> =
        done.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{manifest}");
    done.plan.unwrap().topology
}

fn locked(topology: &Topology) -> String {
    let empty = Lock::empty();
    Lock { port: given_ports(topology), ..empty }.to_toml()
}

/// (service, interface) -> (host, port), of published ports.
fn published(topology: &Topology) -> BTreeMap<(String, String), (String, u16)> {
    let mut all = BTreeMap::new();
    for service in &topology.services {
        let host = &topology.hosts[service.host].name;
        for listener in service.listeners.iter().filter(|l| l.publish.is_some()) {
            let Some(port) = listener.port else { continue };
            all.insert((service.name.clone(), listener.interface.clone()), (host.clone(), port));
        }
    }
    all
}

/// A network of nodes on hosts: (host, node) in the order of the manifest.
fn network(places: &[(u8, u8)], extra: &str) -> String {
    let hosts: Vec<u8> = places.iter().fold(Vec::new(), |mut seen, (host, _)| {
        if !seen.contains(host) {
            seen.push(*host);
        }
        seen
    });
    let mut text = format!("netgen: 1\nnetwork: {{ name: demo, chain: hoodi }}\n{extra}hosts:\n");
    for host in hosts {
        writeln!(text, "  h{host}: {{ address: 203.0.113.{host} }}").unwrap();
    }
    text.push_str("stacks: { full: { el: { component: geth }, cl: { component: reth } } }\nnodes:\n");
    for (host, node) in places {
        writeln!(text, "  n{node}: {{ host: h{host}, role: rpc, stack: full }}").unwrap();
    }
    text
}

fn places() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::collection::btree_map(0_u8..12, 1_u8..4, 1..8)
        .prop_map(|nodes| nodes.into_iter().map(|(node, host)| (host, node)).collect::<Vec<_>>())
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_port_moves_when_nodes_come_and_go(first in places(), second in places()) {
        let before = topology(&network(&first, ""), "version = 1\n");
        let lock = locked(&before);
        // Reading the lock back changes nothing, in whatever order the manifest stands.
        let turned: Vec<_> = first.iter().rev().copied().collect();
        let again = topology(&network(&turned, ""), &lock);
        prop_assert_eq!(published(&before), published(&again));
        prop_assert_eq!(&lock, &locked(&again));
        // Whatever is added and removed: what stays on its host keeps its ports, and all are apart.
        let after = topology(&network(&second, ""), &lock);
        let (old, new) = (published(&before), published(&after));
        for (who, (host, port)) in &old {
            if let Some((now_on, now)) = new.get(who) {
                prop_assert!(now_on != host || port == now, "{:?} moved", who);
            }
        }
        let mut seen = BTreeSet::new();
        for ((service, interface), place) in &new {
            if interface == "p2p" {
                prop_assert!(seen.insert(place.clone()), "{} shares {:?}", service, place);
            }
        }
    }
}

#[test]
fn a_port_that_the_manifest_gives_is_never_given_to_another() {
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.1 } }
services:
  first: { host: a, component: geth }
  second: { host: a, component: geth, ports: { p2p: 30303 } }
  third: { host: a, component: geth, ports: { p2p: 30304 } }
";
    let ports = published(&topology(manifest, "version = 1\n"));
    let port = |service: &str| ports[&(service.to_owned(), "p2p".to_owned())].1;
    assert_eq!((port("first"), port("second"), port("third")), (30305, 30303, 30304));
}

#[test]
fn the_port_of_sshd_is_taken() {
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.1, ssh: { port: 30303 } } }
services: { el: { host: a, component: geth } }
";
    assert_eq!(published(&topology(manifest, ""))[&("el".to_owned(), "p2p".to_owned())].1, 30304);
}

#[test]
fn a_lock_that_contradicts_the_manifest_is_shown() {
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.1 } }
services:
  first: { host: a, component: geth }
  second: { host: a, component: geth, ports: { p2p: 30303 } }
";
    let done = compiled(manifest, "version = 1\n[port.a.first]\np2p = 30303\n");
    let found = done.diagnostics.iter().find(|d| d.rule.code == "NG0210").unwrap();
    let files: Vec<&str> =
        found.labels.iter().map(|label| done.sources.get(label.span.source).unwrap().name()).collect();
    assert!(files.contains(&"netgen.lock") && files.contains(&"network.yaml"), "{files:?}");
}

#[test]
fn fixed_ports_collide_and_the_lock_keeps_none() {
    let manifest = network(&[(1, 1), (1, 2)], "ports: fixed\n");
    let done = compiled(&manifest, "");
    assert!(done.diagnostics.iter().any(|d| d.rule.code == "NG0210"));
    assert!(given_ports(&done.plan.unwrap().topology).is_empty());
}

/// The live network of one of the projects that netgen grew from: seven nodes on four hosts. Its own
/// generator wrote these numbers.
#[test]
fn host_blocks_have_the_numbers_of_fibernet() {
    let component = "
components:
  load-el:
    component: load-el
    summary: Execution client
    kind: execution-client
    version: { tested: 1.0.0 }
    image: example.org/el
    provides:
      http: { port: 8545, exposure: public }
      authrpc: { port: 8551 }
      p2p: { port: 30303, transport: [tcp, udp], exposure: public }
      metrics: { port: 9001 }
    sources: [here]
  load-cl:
    component: load-cl
    summary: Consensus engine
    kind: consensus-client
    version: { tested: 1.0.0 }
    image: example.org/cl
    provides:
      p2p: { port: 27000, exposure: peers }
      mempool: { port: 28000, exposure: peers }
      metrics: { port: 29000 }
    sources: [here]
";
    let mut manifest = String::from(
        "netgen: 1\nnetwork: { name: fibernet, chain: hoodi, environment: development }\n\
         ports: { policy: host-block, stride: 1000 }\nhosts:\n",
    );
    for (at, host) in ["host-0", "host-1", "host-2", "blockscout-fibernet"].iter().enumerate() {
        writeln!(manifest, "  {host}: {{ address: 203.0.113.{} }}", at + 10).unwrap();
    }
    manifest
        .push_str("stacks: { full: { el: { component: load-el }, cl: { component: load-cl } } }\nnodes:\n");
    for (node, host) in [
        ("node-rpc", "blockscout-fibernet"),
        ("node-5", "host-2"),
        ("node-4", "host-2"),
        ("node-3", "host-1"),
        ("node-2", "host-1"),
        ("node-1", "host-0"),
        ("node-0", "host-0"),
    ] {
        writeln!(manifest, "  {node}: {{ host: {host}, role: rpc, stack: full }}").unwrap();
    }
    manifest.push_str(component);
    let done = compiled(&manifest, "");
    let topology = done.plan.unwrap().topology;
    let of = |node: &str| -> Vec<u16> {
        let port = |service: &str, interface: &str| {
            let name = format!("{node}-{service}");
            let service = topology.services.iter().find(|s| s.name == name).unwrap();
            service.listener(interface).unwrap().port.unwrap()
        };
        [("el", "http"), ("el", "authrpc"), ("el", "p2p"), ("el", "metrics")]
            .into_iter()
            .chain([("cl", "p2p"), ("cl", "mempool"), ("cl", "metrics")])
            .map(|(service, interface)| port(service, interface))
            .collect()
    };
    assert_eq!(of("node-0"), [8545, 8551, 30303, 9001, 27000, 28000, 29000]);
    assert_eq!(of("node-1"), [8546, 8552, 30304, 9002, 27001, 28001, 29001]);
    assert_eq!(of("node-2"), [9545, 9551, 31303, 10001, 28000, 29000, 30000]);
    assert_eq!(of("node-rpc"), [11545, 11551, 33303, 12001, 30000, 31000, 32000]);
}

#[test]
fn blocks_end_where_ports_end() {
    let places: Vec<(u8, u8)> = (1..=37).map(|n| (n, n)).collect();
    let fits = compiled(&network(&places[..36], "ports: host-block\n"), "");
    assert!(fits.diagnostics.iter().all(|d| d.rule.code != "NG0209"));
    let over = compiled(&network(&places, "ports: host-block\n"), "");
    let found: Vec<_> = over.diagnostics.iter().filter(|d| d.rule.code == "NG0209").collect();
    assert!(!found.is_empty() && found.iter().all(|d| d.message.contains("n37-")), "{found:?}");
    let narrow =
        compiled(&network(&[(1, 1), (1, 2), (1, 3)], "ports: { policy: host-block, stride: 2 }\n"), "");
    assert!(narrow.diagnostics.iter().any(|d| d.rule.code == "NG0209" && d.message.contains("`h1`")));
}

#[test]
fn policies_are_read_as_a_word_or_a_map() {
    for (text, good) in [
        ("ports: stable", true),
        ("ports: { policy: fixed }", true),
        ("ports: { policy: host-block, stride: 50 }", true),
        ("ports: { policy: stable, stride: 50 }", false),
        ("ports: stabel", false),
        ("ports: { policy: host-block, stride: 0 }", false),
    ] {
        let done = compiled(&network(&[(1, 1)], &format!("{text}\n")), "");
        let read = done.diagnostics.iter().all(|d| !d.is_error() || d.rule.code == "NG0210");
        assert_eq!(read, good, "{text}: {:?}", done.diagnostics);
    }
    assert!(all_rules().iter().any(|rule| rule.code == "NG0320"));
}
