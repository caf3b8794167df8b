//! Defects that real networks shipped, each by its number: netgen finds it in the manifest, or its
//! design has no place for it. Ports, addresses, names, references.
//!
//! L: a generator for a BFT network; B: a load-balanced network in Compose and Kubernetes; E: a stack
//! for Ethereum validators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/findings.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{checked, errors, file, help, manifest, topology, warnings};
use netgen::topology::{Publish, Topology};

#[test]
fn l1_seventh_node_takes_the_port_of_the_first() {
    // The seventh RPC port of a block, 8545 + 6, is the Engine API of the first node.
    let text = manifest(
        "ports: fixed
hosts: { a: { address: 203.0.113.10, runtime: native } }
stacks: { el: { execution: { component: geth } } }
nodes:
  node-0: { host: a, role: rpc, stack: el }
  node-6:
    host: a
    role: rpc
    stack: el
    services: { execution: { ports: { p2p: 30309, eth-rpc: 8551, engine-api: 8557, metrics: 6066 } } }
",
    );
    let found = errors(&text, &[("NG0210", "8551")]);
    assert_eq!(found.diagnostics[0].message, "port 8551/tcp of host `a` is taken twice");
    // With ports that netgen gives, what is written is left alone and the other one moves.
    let found = topology(&text.replace("ports: fixed\n", ""));
    let first = found.services.iter().find(|s| s.name == "node-0-execution").unwrap();
    assert_eq!(first.listener("engine-api").unwrap().port, Some(8552));
}

#[test]
fn l1_a_node_takes_a_port_of_the_infrastructure() {
    let text = manifest(
        "ports: fixed
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, ports: { p2p: 9090 } } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
",
    );
    // Prometheus comes with `monitoring:`; the port that the manifest wrote is the one to change.
    let found = checked(&text);
    let error = found.diagnostics.iter().find(|d| d.rule.code == "NG0210").unwrap();
    let under: Vec<&str> =
        error.labels.iter().map(|l| found.sources.get(l.span.source).unwrap().slice(l.span)).collect();
    assert!(under.contains(&"9090"), "{under:?}");
}

#[test]
fn l2_two_hosts_with_one_address() {
    errors(
        &manifest(
            "hosts:
  host-0: { address: 198.51.100.7 }
  host-1: { address: 198.51.100.7 }
services: { el: { hosts: [host-0, host-1], component: geth } }
",
        ),
        &[("NG0211", "198.51.100.7")],
    );
}

/// Every port of every service.
fn ports(topology: &Topology) -> BTreeMap<(String, String), u16> {
    let of_service = |service: &netgen::topology::Service| {
        let ports = service.listeners.iter().filter_map(|l| Some((l.interface.clone(), l.port?)));
        ports.map(|(interface, port)| ((service.name.clone(), interface), port)).collect::<Vec<_>>()
    };
    topology.services.iter().flat_map(of_service).collect()
}

#[test]
fn l3_ports_do_not_move_when_a_node_is_added_or_hosts_change_places() {
    const STACK: &str = "stacks: { el: { execution: { component: geth } } }\n";
    let one = topology(&manifest(&format!(
        "hosts: {{ a: {{ address: 203.0.113.10 }}, b: {{ address: 203.0.113.11 }} }}\n{STACK}nodes:
  node-1: {{ host: a, role: rpc, stack: el }}
  node-2: {{ host: b, role: rpc, stack: el }}
"
    )));
    let two = topology(&manifest(&format!(
        "hosts: {{ b: {{ address: 203.0.113.11 }}, a: {{ address: 203.0.113.10 }} }}\n{STACK}nodes:
  node-10: {{ host: a, role: rpc, stack: el, services: {{ execution: {{ ports: {{ p2p: 30304 }} }} }} }}
  node-2: {{ host: b, role: rpc, stack: el }}
  node-1: {{ host: a, role: rpc, stack: el }}
"
    )));
    let (before, after) = (ports(&one), ports(&two));
    assert!(before.len() >= 8);
    for (place, port) in before {
        assert_eq!(after.get(&place), Some(&port), "{place:?}");
    }
}

#[test]
fn l4_unknown_keys_are_not_dropped() {
    let found = errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { max-paers: 5 } } }
",
        ),
        &[("NG0204", "max-paers")],
    );
    assert!(help(&found).contains("did you mean `max-peers`?"), "{}", help(&found));
    let found = errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10, adress: 203.0.113.11 } }
services: { el: { host: a, component: geth } }
",
        ),
        &[("NG0103", "adress")],
    );
    assert!(help(&found).contains("did you mean `address`?"), "{}", help(&found));
}

#[test]
fn l5_a_value_without_a_unit_is_no_default() {
    errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { cache: 50 MiBs } } }
rollout: { wait: \"60\" }
",
        ),
        &[("NG0204", "50 MiBs"), ("NG0104", "\"60\"")],
    );
}

#[test]
fn l6_a_placeholder_of_the_example_goes_live() {
    errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: https://archiver.example.com } }
",
        ),
        &[("NG0403", "https://archiver.example.com")],
    );
}

#[test]
fn l15_a_unit_may_start_for_as_long_as_its_health_check_waits() {
    // The default of systemd is 90 seconds; the check of a beacon node alone may take longer.
    let unit = file(
        &manifest(
            "hosts: { a: { address: 203.0.113.10, runtime: systemd-docker } }
stacks:
  full:
    el: { component: geth }
    bn: { component: lighthouse-beacon, settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } }
nodes: { one: { host: a, role: rpc, stack: full } }
",
        ),
        "systemd/a/netgen-seed-one-el.service",
    );
    let start = unit.lines().find_map(|line| line.strip_prefix("TimeoutStartSec=")).unwrap();
    assert_eq!(start, "1h", "{unit}");
    let waits = unit.lines().find(|line| line.starts_with("ExecStartPost=")).unwrap();
    let budget: u64 = waits.rsplit(' ').next().unwrap().parse().unwrap();
    assert!((120..3600).contains(&budget), "{waits}");
}

#[test]
fn l17_a_name_that_leaves_its_folder() {
    errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
stacks: { el: { execution: { component: geth } } }
nodes: { ../../etc/x: { host: a, role: rpc, stack: el } }
",
        ),
        &[("NG0104", "../../etc/x")],
    );
    errors("netgen: 1\nnetwork: { name: a/../../b, chain: hoodi }\n", &[("NG0104", "a/../../b")]);
}

#[test]
fn l21_a_lone_node_is_not_its_own_bootnode() {
    let text = manifest(
        "hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
",
    );
    let plan = errors(&text, &[]).plan.unwrap();
    let command = &plan.runs.as_slice()[0].command;
    assert!(command.iter().any(|word| word == "--nat=extip:203.0.113.10"), "{command:?}");
    assert!(!command.iter().any(|word| word.starts_with("--bootnodes")), "{command:?}");
}

#[test]
fn l22_a_setting_that_nothing_reads() {
    let found = errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, settings: { archiver-upload-api: https://a.demo-chain.org } } }
",
        ),
        &[("NG0204", "archiver-upload-api")],
    );
    assert!(help(&found).contains("netgen components"), "{}", help(&found));
}

#[test]
fn b1_a_node_takes_the_port_of_the_alertmanager() {
    let text = manifest(
        "ports: fixed
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, ports: { p2p: 9093 } } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
",
    );
    let found = checked(&text);
    let error = found.diagnostics.iter().find(|d| d.rule.code == "NG0210").unwrap();
    assert_eq!(error.message, "port 9093/tcp of host `a` is taken twice");
}

#[test]
fn b2_a_reference_cannot_name_a_wrong_port() {
    // A reference names a service; the port follows from the one that listens.
    let text = manifest(
        "hosts:
  us-1: { address: 203.0.113.10, private-address: 10.0.0.10 }
  eu-1: { address: 203.0.113.11, private-address: 10.0.0.11 }
services:
  el: { host: us-1, component: geth, ports: { engine-api: 9552 } }
  bn:
    host: eu-1
    component: lighthouse-beacon
    needs: { engine-api: el }
    settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc }
",
    );
    let plan = errors(&text, &[]).plan.unwrap();
    let beacon = plan.topology.services.iter().find(|s| s.name == "bn").unwrap();
    let command = &plan.runs[beacon.id].command;
    assert!(command.contains(&"--execution-endpoint=http://10.0.0.10:9552".to_owned()), "{command:?}");
    errors(&text.replace("engine-api: el }", "engine-api: \"el:9000\" }"), &[("NG0201", "\"el:9000\"")]);
}

#[test]
fn b15_nothing_is_published_that_nothing_listens_on() {
    let text = manifest(
        "hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.10 }
  b: { address: 203.0.113.11, private-address: 10.0.0.11 }
services:
  el: { host: a, component: geth }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: el } }
",
    );
    let topology = topology(&text);
    for host in &topology.hosts {
        let mut listening = BTreeSet::new();
        for service in topology.services_on(host.id) {
            listening.extend(service.listeners.iter().filter_map(|l| l.port));
        }
        for opening in topology.openings(host.id) {
            assert!(listening.contains(&opening.port), "{opening:?}");
        }
    }
    // A backend that is not up yet does not keep the load balancer from starting.
    let config = file(&text, "config/b/rpc/haproxy.cfg");
    assert!(config.contains("init-addr last,libc,none") && config.contains("10.0.0.10:8545"), "{config}");
    // A backend that does not exist is told.
    errors(&text.replace("eth-rpc: el }", "eth-rpc: [el, el-eu] }"), &[("NG0201", "el-eu")]);
}

#[test]
fn b21_labels_of_a_place_are_those_of_the_host() {
    let text = manifest(
        "regions: { us-east: {}, eu-central: {} }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.10, region: us-east, rack: us-east-1c }
  b: { address: 203.0.113.11, private-address: 10.0.1.10, region: eu-central, rack: eu-central-1a }
services: { el: { hosts: [a, b], component: geth } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
",
    );
    let plan = errors(&text, &[]).plan.unwrap();
    let job = &plan.jobs["geth"];
    let regions: Vec<&str> = job.targets.iter().map(|target| target.labels["region"].as_str()).collect();
    assert_eq!(regions, ["us-east", "eu-central"]);
    let racks: Vec<Option<&str>> = plan.topology.hosts.iter().map(|host| host.rack.as_deref()).collect();
    assert_eq!(racks, [Some("us-east-1c"), Some("eu-central-1a")]);
}

#[test]
fn b22_a_subnet_that_somebody_else_has() {
    const HOST: &str = "hosts: { a: { address: 203.0.113.10 } }\n";
    errors(
        &manifest(&format!(
            "networks: {{ nodes: {{ subnet: 172.20.0.0/16 }}, watch: {{ subnet: 172.20.0.0/24 }} }}
{HOST}services: {{ el: {{ host: a, component: geth, networks: [nodes, watch] }} }}
"
        )),
        &[("NG0212", "172.20.0.0/24")],
    );
    errors(
        &manifest(&format!(
            "networks: {{ nodes: {{ subnet: 172.20.0.0/16 }} }}
{HOST}services: {{ el: {{ host: a, component: geth, networks: [nodes] }} }}
security: {{ admin-networks: [172.20.7.0/24] }}
"
        )),
        &[("NG0226", "172.20.0.0/16")],
    );
    warnings(
        &manifest(&format!(
            "networks: {{ nodes: {{ subnet: 172.17.20.0/24 }} }}
{HOST}services: {{ el: {{ host: a, component: geth, networks: [nodes] }} }}
"
        )),
        &[("NG0227", "172.17.20.0/24")],
    );
}

#[test]
fn e2_a_prefix_that_stands_twice() {
    let address = format!("0x0x{}", "ab".repeat(20));
    errors(
        &manifest(&format!(
            "hosts: {{ a: {{ address: 203.0.113.10 }} }}
stacks:
  full:
    el: {{ component: geth }}
    bn: {{ component: lighthouse-beacon, settings: {{ checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc }} }}
    vc: {{ component: lighthouse-validator, settings: {{ fee-recipient: \"{address}\" }} }}
nodes: {{ one: {{ host: a, role: rpc, stack: full }} }}
"
        )),
        &[("NG0204", &format!("\"{address}\""))],
    );
}

#[test]
fn e5_the_p2p_port_is_published_and_a_signer_may_have_the_same_inside() {
    let topology = topology(&manifest(
        "hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } }
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer }
",
    ));
    let listener = |service: &str, interface: &str| {
        let service = topology.services.iter().find(|s| s.name == service).unwrap();
        service.listener(interface).unwrap().clone()
    };
    let (p2p, signer) = (listener("bn", "p2p"), listener("signer", "remote-signer"));
    assert_eq!((p2p.port, signer.port), (Some(9000), Some(9000)));
    assert_eq!(p2p.publish, Some(Publish::Any));
    assert_eq!(p2p.transports.len(), 2);
    assert_eq!(signer.publish, None);
}

#[test]
fn e6_e9_containers_have_time_to_stop_a_restart_policy_and_a_health_check() {
    let text = manifest(
        "hosts: { a: { address: 203.0.113.10 } }
stacks:
  full:
    el: { component: geth }
    bn: { component: lighthouse-beacon, settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } }
nodes: { one: { host: a, role: rpc, stack: full } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
",
    );
    let compose: serde_yaml::Value = serde_yaml::from_str(&file(&text, "compose/a/compose.yaml")).unwrap();
    for name in ["one-el", "one-bn", "prometheus", "grafana"] {
        let service = &compose["services"][name];
        let grace = service["stop_grace_period"].as_str().unwrap();
        let seconds: u64 = grace.trim_end_matches('s').parse().unwrap();
        assert!(seconds >= 30, "{name}: {grace}");
        assert_eq!(service["restart"].as_str(), Some("unless-stopped"), "{name}");
        assert!(service["healthcheck"]["test"].is_sequence(), "{name}");
    }
    assert_eq!(compose["services"]["one-el"]["stop_grace_period"].as_str(), Some("300s"));
    let waits = &compose["services"]["one-bn"]["depends_on"]["one-el"]["condition"];
    assert_eq!(waits.as_str(), Some("service_healthy"));
}

#[test]
fn e13_an_empty_url_is_no_url() {
    errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: \"\" } }
",
        ),
        &[("NG0204", "\"\"")],
    );
}

#[test]
fn a_region_local_address_is_used_across_regions() {
    errors(
        &manifest(
            "regions: { eu: { provider: hetzner }, us: { provider: aws } }
hosts:
  el-eu: { address: 10.0.1.10, region: eu }
  bn-us: { address: 10.9.1.10, region: us }
services:
  el: { host: el-eu, component: geth }
  bn: { host: bn-us, component: lighthouse-beacon, settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } }
",
        ),
        &[("NG0219", "10.0.1.10")],
    );
}
