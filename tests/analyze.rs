//! `netgen analyze` and the rule that stands on it, on whole manifests.
//!
//! `NETGEN_UPDATE=1 cargo test --test analyze` writes the pages under `tests/analyze/` anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use netgen::analyze::reachability::From;
use netgen::analyze::spof::SinglePoint;
use netgen::analyze::survive::Survivability;
use netgen::analyze::{Analysis, Topic, analyze};
use netgen::diag::Diagnostic;
use netgen::manifest::DomainKind;
use netgen::topology::Obstacle;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};

/// A BFT chain, with a node that may have a remote signer and a builder, and a gateway in front of nodes.
const CATALOG: &str = "
components:
  chain:
    component: chain
    summary: A node of the chain
    kind: chain-node
    version: { tested: '1.0' }
    image: registry.example.net/chain
    provides: { p2p: { port: 26656, exposure: public }, rpc: { port: 26657, protocol: http } }
    peering: { protocol: chain, interface: p2p, closes: true }
    needs:
      vault-api: { optional: true }
      genesis: { optional: true }
      builder: { optional: true, soft: true, wait: false }
    volumes: { data: { path: /data, size: 100GiB, growth: 7GiB/week } }
    sources: [ invented ]
  vault:
    component: vault
    summary: Signs for nodes
    kind: signer
    version: { tested: '1.0' }
    image: registry.example.net/vault
    provides: { vault-api: { port: 9000, protocol: http } }
    volumes: { history: { path: /var/lib/vault, backup: true } }
    needs: { sql: { optional: true } }
    sources: [ invented ]
  store:
    component: store
    summary: Remembers what was signed
    kind: database
    version: { tested: '1.0' }
    image: registry.example.net/store
    provides: { sql: { port: 5432 } }
    sources: [ invented ]
  maker:
    component: maker
    summary: Makes the first block
    kind: job
    run: job
    version: { tested: '1.0' }
    image: registry.example.net/maker
    provides: { genesis: {} }
    sources: [ invented ]
  builder:
    component: builder
    summary: Builds blocks
    kind: block-builder
    version: { tested: '1.0' }
    image: registry.example.net/builder
    provides: { builder: { port: 7000, protocol: http } }
    sources: [ invented ]
  gateway:
    component: gateway
    summary: Passes requests on
    kind: proxy
    version: { tested: '1.0' }
    image: registry.example.net/gateway
    provides: { web: { port: 443, protocol: https, exposure: public } }
    needs: { rpc: { many: true, wait: false } }
    sources: [ invented ]
";

const CHAIN: &str = "chain: bftnet
name: A BFT network
family: bft
block-time: 1
consensus: bft
sources: [ invented ]
";

/// A manifest of that chain; `hosts` hosts `h1`, `h2`, ... with more keys each, and a rest.
fn manifest(hosts: usize, keys: impl Fn(usize) -> String, rest: &str) -> String {
    let hosts: String =
        (1..=hosts).map(|at| format!("  h{at}: {{ address: 203.0.113.{at}{} }}\n", keys(at))).collect();
    format!("netgen: 1\nnetwork: {{ name: demo, chain: bftnet }}\nhosts:\n{hosts}{rest}{CATALOG}")
}

/// Nodes `n1`, `n2`, ... of power 1 on these hosts.
fn nodes(on: &[usize]) -> String {
    let lines: String = on
        .iter()
        .enumerate()
        .map(|(at, host)| {
            // Two nodes of one host cannot listen on one port.
            let (p2p, rpc) = (26_656 + 10 * at, 26_657 + 10 * at);
            format!(
                "  n{}: {{ host: h{host}, role: validator, stack: node, voting-power: 1, \
                 services: {{ chain: {{ ports: {{ p2p: {p2p}, rpc: {rpc} }} }} }} }}\n",
                at + 1
            )
        })
        .collect();
    format!("stacks: {{ node: {{ chain: {{ component: chain }} }} }}\nnodes:\n{lines}")
}

fn run(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest), ("chains/bftnet.yaml", CHAIN)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
    let other: Vec<&Diagnostic> =
        compilation.diagnostics.iter().filter(|d| d.is_error() && !PROOFS.contains(&d.rule.code)).collect();
    assert!(other.is_empty(), "{other:?}\n{manifest}");
    compilation
}

/// The rules that prove what is survived: of the voters alone, and of all that they need.
const PROOFS: [&str; 2] = ["NG0601", "NG0609"];

/// What they say.
fn quorum(manifest: &str) -> Vec<Diagnostic> {
    run(manifest).diagnostics.into_iter().filter(|d| PROOFS.contains(&d.rule.code)).collect()
}

fn analysis(manifest: &str) -> Analysis {
    let plan = run(manifest).plan.unwrap();
    analyze(&plan.topology, &plan.placed(), Topic::All)
}

fn survivability(manifest: &str) -> Survivability {
    analysis(manifest).survivability.unwrap()
}

fn lost(found: &Survivability, kind: DomainKind, name: &str) -> u128 {
    found.domains.iter().find(|d| d.kind == kind && d.name == name).map_or(0, |d| d.power.lost)
}

fn points(manifest: &str) -> Vec<SinglePoint> {
    analysis(manifest).single_points.unwrap().services
}

/// A live test network: six validators, two a host on three hosts, and a full node that does not vote. With
/// n validators no host may hold more than (n-1)/3: one of six.
#[test]
fn two_validators_a_host_are_too_many_for_six() {
    let fibernet = manifest(4, |_| String::new(), &nodes(&[1, 1, 2, 2, 3, 3]))
        .replace("  n6:", "  rpc: { host: h4, role: rpc, stack: node }\n  n6:");
    let found = quorum(&fibernet);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "the loss of host `h1` leaves 4 of 6 voting power");
    assert_eq!(found[0].labels[0].text, "at least 5 must be left");
    let found = survivability(&fibernet);
    assert_eq!((found.quorum.total, found.quorum.tolerates, found.quorum.forks_from), (6, 1, Some(2)));
    let host = found.kinds.iter().find(|kind| kind.kind == DomainKind::Host).unwrap();
    assert_eq!((host.domains, host.worst.as_ref().unwrap().power.lost), (4, 2));
    assert_eq!(host.halts.as_ref().unwrap().domains, ["h1"]);
    assert_eq!(host.halts.as_ref().unwrap().domains, host.forks.as_ref().unwrap().domains);
    // Each on a host of its own, any one may fail, and no two.
    let spread = manifest(6, |_| String::new(), &nodes(&[1, 2, 3, 4, 5, 6]));
    assert!(quorum(&spread).is_empty());
    let one = format!("{spread}require: {{ survives: {{ host: 1 }} }}\n");
    assert!(quorum(&one).is_empty());
    let two = format!("{spread}require: {{ survives: {{ host: 2 }} }}\n");
    assert_eq!(quorum(&two)[0].message, "the loss of host `h1`, `h2` leaves 4 of 6 voting power");
}

/// The rule for equal validators, on the border: (n-1)/3 a host are let through, one more is not.
#[test]
fn the_rule_of_a_third_less_one() {
    for n in [1, 3, 4, 6, 7, 10] {
        for on_first in 1..=n {
            let on: Vec<usize> = (0..n).map(|at| if at < on_first { 1 } else { 2 + at - on_first }).collect();
            let found = quorum(&manifest(1 + n - on_first, |_| String::new(), &nodes(&on)));
            let expected = n >= 4 && on_first > (n - 1) / 3;
            assert_eq!(!found.is_empty(), expected, "{on_first} of {n} on one host: {found:?}");
        }
    }
}

/// Four validators on four hosts do not survive the host of the signer that they share.
#[test]
fn a_shared_signer_counts() {
    let alone = manifest(5, |_| String::new(), &nodes(&[1, 2, 3, 4]));
    assert!(quorum(&alone).is_empty());
    let shared = format!(
        "{alone}services:\n  vault: {{ component: vault, host: h5 }}\n  store: {{ component: store, host: h5 }}\n"
    );
    let found = quorum(&shared);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "the loss of host `h5` leaves 0 of 4 voting power");
    assert!(found[0].labels.iter().any(|l| l.text == "`n1-chain` stops without `vault-api` of this"));
    let found = survivability(&shared);
    assert_eq!(lost(&found, DomainKind::Signer, "vault"), 4);
    assert_eq!(lost(&found, DomainKind::Database, "store"), 4);
    assert_eq!(lost(&found, DomainKind::Service, "store"), 4);
    let stopped = &found.domains.iter().find(|d| d.name == "store").unwrap().nodes;
    let through = stopped[0].through.as_ref().unwrap();
    assert_eq!((through.service.as_str(), through.interface.as_str()), ("vault", "sql"));
    let points = points(&shared);
    assert_eq!(points.iter().map(|p| p.service.as_str()).collect::<Vec<_>>(), ["store", "vault"]);
    assert!(points.iter().all(|point| point.power == 4 && !point.holds));
}

/// What a need without which the duty goes on, and a job that has ended, take along: nothing.
#[test]
fn soft_needs_and_jobs_stop_nobody() {
    let manifest = format!(
        "{}services:\n  builder: {{ component: builder, host: h5 }}\n  maker: {{ component: maker, host: h5 }}\n",
        manifest(5, |_| String::new(), &nodes(&[1, 2, 3, 4]))
    );
    let compilation = run(&manifest);
    let bound: Vec<String> =
        compilation.plan.unwrap().topology.bindings.iter().map(|b| b.interface.clone()).collect();
    assert!(bound.contains(&"builder".to_owned()) && bound.contains(&"genesis".to_owned()));
    assert!(quorum(&manifest).is_empty());
    assert_eq!(lost(&survivability(&manifest), DomainKind::Host, "h5"), 0);
    assert!(points(&manifest).is_empty());
}

/// Each kind of failure domain can be asked for, and is refuted where it must be.
#[test]
fn every_kind_of_domain_can_be_required() {
    let keys = |at: usize| {
        let half = if at <= 2 { "a" } else { "b" };
        format!(", region: r{half}, rack: k{half}, operator: o{half}")
    };
    let regions = "regions: { ra: { provider: pa }, rb: { provider: pb } }\n";
    let shared = format!(
        "{}services:\n  vault: {{ component: vault, host: h5 }}\n  store: {{ component: store, host: h5 }}\n",
        manifest(5, keys, &format!("{}{regions}", nodes(&[1, 2, 3, 4])))
    );
    for (kind, message) in [
        ("region", "the loss of region `ra` leaves 2 of 4 voting power"),
        ("provider", "the loss of provider `pa` leaves 2 of 4 voting power"),
        ("operator", "the loss of operator `oa` leaves 2 of 4 voting power"),
        ("rack", "the loss of rack `ra/ka` leaves 2 of 4 voting power"),
        ("host", "the loss of host `h5` leaves 0 of 4 voting power"),
        ("client", "the loss of client `chain` leaves 0 of 4 voting power"),
        ("image", "the loss of image `registry.example.net/chain:1.0` leaves 0 of 4 voting power"),
        ("signer", "the loss of signer `vault` leaves 0 of 4 voting power"),
        ("database", "the loss of database `store` leaves 0 of 4 voting power"),
        ("service", "the loss of service `store` leaves 0 of 4 voting power"),
    ] {
        let asked = format!("{shared}require: {{ survives: {{ host: 0, {kind}: 1 }} }}\n");
        let asked = asked.replace("host: 0, host", "host");
        let found = quorum(&asked);
        assert_eq!(found.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), [message], "{kind}");
    }
    // One node is a quarter.
    let asked = format!("{shared}require: {{ survives: {{ host: 0, node: 1 }} }}\n");
    assert!(quorum(&asked).is_empty());
}

/// The cure that a single point names is one: with it the point is gone.
#[test]
fn a_cure_cures() {
    let gateway = |backends: &str| {
        format!(
            "{}services:\n  web: {{ component: gateway, host: h5, needs: {{ rpc: [{backends}] }} }}\n  \
             web-2: {{ component: gateway, host: h4, needs: {{ rpc: [n1/chain, n3/chain] }} }}\n",
            manifest(5, |_| String::new(), &nodes(&[1, 2, 3, 4]))
        )
    };
    let found = points(&gateway("n2/chain"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].service.as_str(), found[0].power), ("n2-chain", 0));
    assert_eq!(found[0].entries, ["web"]);
    assert_eq!(found[0].cure, "name a second provider in `web`: `needs: { rpc: [n2/chain, n1/chain] }`");
    assert!(points(&gateway("n2/chain, n1/chain")).is_empty());
    // The only entry of all is a single point, too.
    let only = gateway("n2/chain, n1/chain").replace("  web-2:", "  web-3:").replace(
        "host: h4, needs: { rpc: [n1/chain, n3/chain] }",
        "host: h4, expose: { web: private }, needs: { rpc: [n1/chain, n3/chain] }",
    );
    let found = points(&only);
    assert_eq!(found.iter().map(|p| p.service.as_str()).collect::<Vec<_>>(), ["web"]);
    assert_eq!(found[0].cure, "offer the public interfaces of `web` on a second host");
}

/// Four validators behind sentries of their own; the sentries stand on the hosts from `h5` on.
fn behind_sentries(of: &[&str], sentries: usize) -> String {
    let validators: String =
        of.iter().enumerate().map(|(at, of)| format!("n{}: [{of}]", at + 1)).collect::<Vec<_>>().join(", ");
    let guards: String = (1..=sentries)
        .map(|at| format!("  s{at}: {{ host: h{}, role: sentry, stack: node }}\n", at + 4))
        .collect();
    let rest = format!("{}{guards}peering: {{ sentries: {{ {validators} }} }}\n", nodes(&[1, 2, 3, 4]));
    manifest(4 + sentries, |_| String::new(), &rest)
}

/// A validator that speaks with its sentries alone is lost with the last of them.
#[test]
fn the_only_sentry_is_a_single_point() {
    let found = points(&behind_sentries(&["s1", "s1", "s1", "s2"], 2));
    let found: Vec<(&str, u128)> = found.iter().map(|p| (p.service.as_str(), p.power)).collect();
    assert_eq!(found, [("s1-chain", 3), ("s2-chain", 1)]);
    let links =
        analysis(&behind_sentries(&["s1", "s1, s2", "s1, s2", "s1, s2"], 2)).single_points.unwrap().links;
    assert_eq!(links.len(), 1, "{links:?}");
    assert_eq!((links[0].from.as_deref(), links[0].service.as_str()), (Some("n1-chain"), "s1-chain"));
    assert_eq!(links[0].cure, "give `n1-chain` or what is behind it a peer besides `s1-chain`");
    let both = ["s1, s2"; 4];
    let cured = analysis(&behind_sentries(&both, 2)).single_points.unwrap();
    assert!(cured.services.is_empty() && cured.links.is_empty(), "{cured:?}");
}

#[test]
fn who_reaches_what() {
    let text = behind_sentries(&["s1", "s1", "s2", "s2"], 2);
    let found = analysis(&text).reachability.unwrap();
    let from = |host: &str| {
        let port = found.ports.iter().find(|port| port.host == host && port.interface == "p2p").unwrap();
        port.from.clone()
    };
    assert_eq!(from("h1"), From::Hosts(vec!["h5".to_owned()]));
    assert_eq!(from("h4"), From::Hosts(vec!["h6".to_owned()]));
    assert_eq!(from("h5"), From::Anyone);
    // Four validators and their sentries, both ways, and the sentries with each other.
    assert_eq!((found.connections.peers, found.connections.blocked.len()), (10, 0));
    assert!(found.private.exposed.is_empty() && found.private.on_trust.is_empty());
    // A sentry that listens on its own host alone has no peers.
    let shut = text.replace(
        "s2: { host: h6, role: sentry, stack: node }",
        "s2: { host: h6, role: sentry, stack: node, services: { chain: { expose: { p2p: loopback } } } }",
    );
    let world = MemoryWorld::new([("network.yaml", shut.as_str()), ("chains/bftnet.yaml", CHAIN)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
    let told: Vec<&Diagnostic> =
        compilation.diagnostics.iter().filter(|found| found.rule.code == "NG0251").collect();
    // One finding for the port, however many want it.
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].message.contains("cannot reach `p2p` of `s2-chain` on `h6`"), "{}", told[0].message);
    let found = analyze(&compilation.plan.unwrap().topology, &[], Topic::Reachability).reachability.unwrap();
    assert_eq!(found.connections.blocked.len(), 3);
    assert!(found.connections.blocked.iter().all(|blocked| blocked.obstacle == Obstacle::NotPublished));
}

/// A private port that the manifest opens, or that only somebody else guards, is named.
#[test]
fn strangers_at_private_doors() {
    let one = |rest: &str, expose: &str| {
        let text = manifest(2, |_| String::new(), &nodes(&[1]))
            .replace("rpc: 26657 }", &format!("rpc: 26657 }}{expose}"));
        let text = format!(
            "{text}services: {{ web: {{ component: gateway, host: h2, needs: {{ rpc: [n1/chain] }} }} }}\n{rest}"
        );
        let world = MemoryWorld::new([("network.yaml", text.as_str()), ("chains/bftnet.yaml", CHAIN)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
        analyze(&compilation.plan.unwrap().topology, &[], Topic::Reachability).reachability.unwrap().private
    };
    let sound = one("", "");
    assert_eq!((sound.exposed.len(), sound.on_trust.len()), (0, 0));
    let exposed = one("", ", expose: { rpc: public }");
    assert_eq!(exposed.exposed, ["rpc of n1-chain on h1:26657"]);
    // The host has one address, so the port stands on all.
    let trusted = one("security: { firewall: external }\n", "");
    assert_eq!(trusted.on_trust, ["rpc of n1-chain on h1:26657"]);
}

#[test]
fn the_day_on_which_a_disk_is_full() {
    let keys = |_| ", resources: { cpus: 8, memory: 16GiB, disk: 110GiB }".to_owned();
    let rest = format!("{}logging: {{ driver: journald }}\n", nodes(&[1]));
    let capacity = analysis(&manifest(1, keys, &rest)).capacity.unwrap();
    // 100 GiB and one more each day: on day 11 the 110 GiB do not suffice.
    assert_eq!(capacity.hosts[0].disk.full_on_day, Some(11));
    assert_eq!(capacity.hosts[0].disk.volumes, 100 << 30);
    assert_eq!(capacity.hosts[0].memory.without_limit, 1);
    // What was measured wins over the catalog, for the node that says so.
    let measured = rest.replace(
        "voting-power: 1, services: { chain: {",
        "voting-power: 1, services: { chain: { disk: { data: { size: 80GiB, growth: 3GiB/day } },",
    );
    let capacity = analysis(&manifest(1, keys, &measured)).capacity.unwrap();
    assert_eq!((capacity.hosts[0].disk.volumes, capacity.hosts[0].disk.full_on_day), (80 << 30, Some(11)));
    let growth = capacity.hosts[0].disk.largest[0].growth.as_deref();
    assert_eq!(growth, Some("3GiB/day"));
}

fn command(arguments: &[&str]) -> (i32, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_netgen"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .args(arguments)
        .output()
        .unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
}

#[test]
fn pages_of_the_examples_are_as_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os("NETGEN_UPDATE").is_some_and(|value| value == "1");
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root.join("schema/analysis.schema.json")).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for entry in fs::read_dir(root.join("examples")).unwrap() {
        let entry = entry.unwrap();
        if !entry.path().join("network.yaml").is_file() {
            continue;
        }
        let name = entry.file_name().into_string().unwrap();
        for (form, ending) in [("human", "txt"), ("markdown", "md"), ("json", "json")] {
            let manifest = format!("examples/{name}/network.yaml");
            let (exit, page) = command(&["analyze", "--quiet", "--as", form, &manifest]);
            assert_eq!(exit, 0, "{manifest}");
            if form == "json" {
                let page = serde_json::from_str(&page).unwrap();
                let wrong: Vec<String> = schema.iter_errors(&page).map(|error| error.to_string()).collect();
                assert!(wrong.is_empty(), "{name}: {wrong:?}");
            }
            let golden = root.join("tests/analyze").join(format!("{name}.{ending}"));
            if update {
                fs::create_dir_all(golden.parent().unwrap()).unwrap();
                fs::write(&golden, page).unwrap();
            } else {
                let old = fs::read_to_string(&golden).unwrap_or_default();
                let diff = similar::TextDiff::from_lines(&old, &page).unified_diff().to_string();
                assert!(old == page, "{} is another now:\n{diff}", golden.display());
            }
        }
    }
}

#[test]
fn topics_come_alone_or_all() {
    let keys = |topic: &[&str]| -> Vec<String> {
        let mut arguments = vec!["analyze"];
        arguments.extend(topic);
        arguments.extend(["--quiet", "--as", "json", "examples/ethereum-validator/network.yaml"]);
        let page: serde_json::Value = serde_json::from_str(&command(&arguments).1).unwrap();
        let topics = ["survivability", "single-points", "reachability", "alerts", "capacity"];
        topics.into_iter().filter(|topic| page.get(topic).is_some()).map(str::to_owned).collect()
    };
    assert_eq!(keys(&[]), ["survivability", "single-points", "reachability", "alerts", "capacity"]);
    assert_eq!(keys(&["all"]), keys(&[]));
    assert_eq!(keys(&["survivability"]), ["survivability"]);
    assert_eq!(keys(&["spof"]), ["single-points"]);
    assert_eq!(keys(&["reachability"]), ["reachability"]);
    assert_eq!(keys(&["alerts"]), ["alerts"]);
    assert_eq!(keys(&["capacity"]), ["capacity"]);
}

/// A network that a rule finds fault with is analyzed all the same: the analysis says why.
#[test]
fn a_refuted_network_is_analyzed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.yaml");
    fs::create_dir_all(folder.path().join("chains")).unwrap();
    fs::write(folder.path().join("chains/bftnet.yaml"), CHAIN).unwrap();
    fs::write(&path, manifest(2, |_| String::new(), &nodes(&[1, 1, 2, 2]))).unwrap();
    let (exit, page) = command(&["analyze", path.to_str().unwrap()]);
    assert_eq!(exit, 1);
    assert!(page.contains("Too much alone"), "{page}");
    // One that cannot be resolved is not.
    fs::write(&path, manifest(1, |_| String::new(), &nodes(&[9]))).unwrap();
    assert_eq!(command(&["analyze", path.to_str().unwrap()]), (1, String::new()));
}
