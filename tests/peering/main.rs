//! Who peers with whom: the strings that clients get are read back by readers of our own, and the
//! doors that are open are exactly those that peers come through.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

mod components;
mod genesis;
mod readers;

use std::collections::{BTreeMap, BTreeSet};

use netgen::identity::{Identity, KeyPlace, KeyType, SecretKey};
use netgen::lock::{Lock, LockedIdentity, wanted_identities};
use netgen::topology::Topology;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile, compile_to_plan};
use proptest::prelude::*;

use components::{COMETBFT, MALACHITE, SOLANA};
use readers::{Enode, Multiaddr, enode, multiaddr};

fn options() -> Options {
    Options { allow_unlocked: true, ..Options::default() }
}

fn world(files: &[(&str, &str)]) -> MemoryWorld {
    MemoryWorld::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
}

fn messages(compilation: &Compilation) -> Vec<String> {
    compilation.diagnostics.iter().map(|d| format!("{} {}", d.rule.code, d.message)).collect()
}

fn codes(manifest: &str) -> Vec<String> {
    let compilation =
        compile_to_plan(&world(&[("network.yaml", manifest)]), &Input::new("network.yaml"), options());
    compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.rule.code.to_owned()).collect()
}

/// A key that only depends on its name, so that a test can tell whose it is.
fn key(kind: KeyType, service: &str, name: &str) -> SecretKey {
    let mut seed = [1_u8; 32];
    for (at, byte) in service.bytes().chain(name.bytes()).enumerate() {
        seed[at % 31] = seed[at % 31].wrapping_mul(31).wrapping_add(byte);
    }
    SecretKey::from_bytes(kind, &seed).unwrap()
}

fn topology(files: &[(&str, &str)]) -> Topology {
    let compilation = compile_to_plan(&world(files), &Input::new("network.yaml"), options());
    assert!(!compilation.failed(), "{:?}", messages(&compilation));
    compilation.plan.unwrap().topology
}

/// The lock of a network in which every service has an identity.
fn lock_of(topology: &Topology) -> Lock {
    let mut lock = Lock::empty();
    for wanted in wanted_identities(topology) {
        let public = key(wanted.key, &wanted.service, &wanted.name).public();
        let place = KeyPlace::File(format!("secrets/{}.{}", wanted.service, wanted.name));
        let entry = LockedIdentity::new(&Identity { public, place });
        lock.identity.entry(wanted.service).or_default().insert(wanted.name, entry);
    }
    lock
}

/// Compiled with a lock that has every identity.
fn built(files: &[(&str, &str)]) -> (Topology, BTreeMap<String, String>) {
    let lock = lock_of(&topology(files)).to_toml();
    let mut files = files.to_vec();
    files.push(("netgen.lock", &lock));
    let compilation = compile(&world(&files), &Input::new("network.yaml"), options());
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{:?}", messages(&compilation)));
    let texts = bundle
        .files()
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect();
    (compilation.plan.unwrap().topology, texts)
}

fn network(peering: &str, nodes: &[(&str, &str, &str)]) -> String {
    let mut hosts = String::new();
    let mut list = String::new();
    for (at, (name, role, stack)) in nodes.iter().enumerate() {
        hosts += &format!("  h-{name}: {{ address: 203.0.113.{} }}\n", at + 10);
        list += &format!("  {name}: {{ host: h-{name}, role: {role}, stack: {stack} }}\n");
    }
    format!(
        "netgen: 1\nnetwork: {{ name: demo, chain: hoodi, environment: testnet }}\nhosts:\n{hosts}\
         stacks: {{ el: {{ execution: {{ component: geth }} }}, rl: {{ execution: {{ component: reth }} }} }}\n\
         nodes:\n{list}peering: {peering}\n"
    )
}

/// The nodes that each node was given as peers, by name.
fn links(topology: &Topology) -> BTreeMap<String, BTreeSet<String>> {
    let peering = topology.peering.as_ref().unwrap();
    let node = |id| topology.nodes[topology.services[id].node.unwrap()].name.clone();
    let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (service, peers) in &peering.peers {
        links.entry(node(*service)).or_default().extend(peers.iter().map(|peer| node(peer.service)));
    }
    links
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_form_gives_the_links_that_it_says() {
    let nodes =
        [("a", "rpc", "el"), ("b", "rpc", "rl"), ("c", "rpc", "el"), ("d", "rpc", "rl"), ("e", "rpc", "el")];
    let of = |peering: &str| links(&topology(&[("network.yaml", &network(peering, &nodes))]));
    let mesh = of("full-mesh");
    assert!(mesh.values().all(|peers| peers.len() == 4) && mesh.len() == 5);
    let ring = of("ring");
    assert_eq!((&ring["a"], &ring["c"]), (&set(&["b", "e"]), &set(&["b", "d"])));
    let star = of("{ star: [a, b] }");
    assert_eq!((&star["a"], &star["d"]), (&set(&["b", "c", "d", "e"]), &set(&["a", "b"])));
    let groups = of("{ groups: { x: [a, b, c], y: [c, d, e] } }");
    assert_eq!((&groups["a"], &groups["c"]), (&set(&["b", "c"]), &set(&["a", "b", "d", "e"])));
    let explicit = of("{ links: { a: [b, c], d: e, c: d } }");
    assert_eq!((&explicit["a"], &explicit["d"]), (&set(&["b", "c"]), &set(&["c", "e"])));
}

const SENTRIES: [(&str, &str, &str); 5] = [
    ("val-1", "validator", "el"),
    ("val-2", "validator", "rl"),
    ("sentry-1", "sentry", "el"),
    ("sentry-2", "sentry", "rl"),
    ("rpc", "rpc", "el"),
];

#[test]
fn validators_reach_only_their_sentries_and_only_those_reach_them() {
    let manifest = network("{ sentries: { val-1: sentry-1, val-2: [sentry-1, sentry-2] } }", &SENTRIES);
    let (topology, bundle) = built(&[("network.yaml", &manifest)]);
    let links = links(&topology);
    assert_eq!((&links["val-1"], &links["val-2"]), (&set(&["sentry-1"]), &set(&["sentry-1", "sentry-2"])));
    assert_eq!(links["rpc"], set(&["sentry-1", "sentry-2"]));
    // Hidden are the validators, for those that know them.
    let peering = topology.peering.as_ref().unwrap();
    for (service, peers) in &peering.peers {
        for peer in peers {
            let role = &topology.nodes[topology.services[peer.service].node.unwrap()].role;
            assert_eq!(peer.hidden, role == "validator", "{service:?}");
        }
    }
    let firewall = &bundle["firewall/h-val-1/nftables.conf"];
    let p2p: Vec<&str> = firewall.lines().filter(|line| line.contains(" 30303 ")).collect();
    assert!(!p2p.is_empty());
    // sentry-1 is the third host.
    assert!(p2p.iter().all(|line| line.contains("ip saddr { 203.0.113.12 }")), "{p2p:?}");
    assert!(bundle["firewall/h-rpc/nftables.conf"].contains("tcp ct original proto-dst 30303"));
    let compose = &bundle["compose/h-val-1/compose.yaml"];
    assert!(compose.contains("--nodiscover") && compose.contains("--discovery.dns="));
    let compose = &bundle["compose/h-val-2/compose.yaml"];
    assert!(compose.contains("--trusted-only") && compose.contains("--disable-discovery"));
    assert!(!bundle["compose/h-sentry-1/compose.yaml"].contains("--nodiscover"));
}

#[test]
fn sentry_as_a_word_means_every_sentry() {
    let links = links(&topology(&[("network.yaml", &network("sentry", &SENTRIES))]));
    assert_eq!(links["val-1"], set(&["sentry-1", "sentry-2"]));
    assert_eq!(links["sentry-1"], set(&["val-1", "val-2", "sentry-2", "rpc"]));
}

#[test]
fn what_cannot_be_linked_is_told() {
    let nodes = [("a", "rpc", "el"), ("b", "rpc", "el")];
    assert_eq!(codes(&network("{ links: { a: c } }", &nodes)), ["NG0201"]);
    // No sentry at all: the validators reach nobody.
    let alone = [("v", "validator", "el"), ("r", "rpc", "el")];
    assert_eq!(codes(&network("sentry", &alone)), ["NG0620"]);
    assert_eq!(codes(&network("{ sentries: { v: r } }", &alone)), ["NG0621"]);
    let manifest = network("{ links: { a: db } }", &nodes)
        .replace("stacks: {", "stacks: { data: { db: { component: postgres } },")
        .replace("nodes:\n", "nodes:\n  db: { host: h-a, role: db, stack: data }\n");
    assert_eq!(codes(&manifest), ["NG0626"]);
    // On a public chain strangers join open parts: no finding.
    assert_eq!(codes(&network("{ groups: { x: a, y: b } }", &nodes)), Vec::<String>::new());
}

#[test]
fn a_mesh_that_nobody_could_hold_is_refused_at_once() {
    let names: Vec<String> = (0..400).map(|at| format!("n{at:04}")).collect();
    let nodes: String =
        names.iter().map(|n| format!("  {n}: {{ host: {n}, role: rpc, stack: el }}\n")).collect();
    let hosts: String = names
        .iter()
        .enumerate()
        .map(|(at, n)| format!("  {n}: {{ address: 10.{}.{}.1 }}\n", at / 250, at % 250))
        .collect();
    let manifest = |peering: &str| {
        format!(
            "netgen: 1\nnetwork: {{ name: big, chain: hoodi }}\nhosts:\n{hosts}stacks: {{ el: {{ execution: \
             {{ component: geth }} }} }}\nnodes:\n{nodes}peering: {peering}\n"
        )
    };
    assert_eq!(codes(&manifest("full-mesh")), ["NG0106"]);
    assert_eq!(codes(&manifest("ring")), Vec::<String>::new());
    assert_eq!(codes(&manifest("{ star: [n0000, n0001] }")), Vec::<String>::new());
}

/// The enode URLs in a bundle, by host.
fn enodes(bundle: &BTreeMap<String, String>, host: &str) -> Vec<Enode> {
    bundle
        .iter()
        .filter(|(path, _)| {
            path.starts_with(&format!("config/{host}/")) || *path == &format!("compose/{host}/compose.yaml")
        })
        .flat_map(|(_, text)| text.split("enode://").skip(1))
        .map(|rest| enode(&format!("enode://{}", rest.split(['"', ',', '\n', ' ']).next().unwrap())).unwrap())
        .collect()
}

#[test]
fn peer_lists_are_read_back_as_the_peers_that_were_meant() {
    let nodes = [("a", "rpc", "el"), ("b", "rpc", "rl"), ("c", "rpc", "el")];
    let manifest = network("full-mesh", &nodes).replace("203.0.113.12", "\"2001:db8::c\"");
    let (_, bundle) = built(&[("network.yaml", &manifest)]);
    let of = |node: &str| key(KeyType::Secp256k1, &format!("{node}-execution"), "node").public();
    let expected: BTreeMap<&str, Enode> =
        [("a", "203.0.113.10"), ("b", "203.0.113.11"), ("c", "2001:db8::c")]
            .into_iter()
            .map(|(node, address)| {
                let point = readers::point(of(node).bytes());
                (node, Enode { point, address: address.parse().unwrap(), port: 30303 })
            })
            .collect();
    for node in ["a", "b", "c"] {
        let found: BTreeSet<Enode> = enodes(&bundle, &format!("h-{node}")).into_iter().collect();
        let others: BTreeSet<Enode> =
            expected.iter().filter(|(other, _)| **other != node).map(|(_, e)| e.clone()).collect();
        assert_eq!(found, others, "{node}");
    }
    let toml: toml::Table = toml::from_str(&bundle["config/h-a/a-execution/peers.toml"]).unwrap();
    assert_eq!(toml["Node"]["P2P"]["StaticNodes"].as_array().unwrap().len(), 2);
}

/// Three BFT nodes of a component that stands beside the manifest.
fn bft(component: &str, peering: &str) -> String {
    format!(
        "netgen: 1\nnetwork: {{ name: bft, chain: own, environment: testnet }}\n\
         hosts:\n  a: {{ address: 203.0.113.10, private-address: 10.0.0.10 }}\n  b: {{ address: 203.0.113.11 }}\n\
         \x20 c: {{ address: c.internal, private-address: 10.0.0.12 }}\n\
         stacks: {{ node: {{ node: {{ component: {component} }} }} }}\n\
         nodes:\n  val: {{ host: a, role: validator, stack: node, voting-power: 10 }}\n\
         \x20 sen: {{ host: b, role: sentry, stack: node }}\n  rpc: {{ host: c, role: rpc, stack: node }}\n\
         peering: {peering}\n"
    )
}

const CHAIN: &str = "chain: own
name: A chain of our own
family: own
block-time: 2
consensus: bft
sources: [ its own documentation ]
";

#[test]
fn cometbft_gets_persistent_private_and_unconditional_peers() {
    let manifest = bft("cometbft", "sentry");
    let files = [
        ("network.yaml", manifest.as_str()),
        ("chains/own.yaml", CHAIN),
        ("components/cometbft/component.yaml", COMETBFT),
    ];
    let (_, bundle) = built(&files);
    let id = |node: &str| {
        let public = key(KeyType::Ed25519, &format!("{node}-node"), "node").public();
        // CometBFT: hexadecimal of the first 20 bytes of SHA-256 of the key.
        netgen::bundle::sha256(public.bytes())[..40].to_owned()
    };
    let config = |host: &str, node: &str| -> toml::Table {
        toml::from_str(&bundle[&format!("config/{host}/{node}-node/config.toml")]).unwrap()
    };
    let sentry = config("b", "sen");
    let p2p = &sentry["p2p"];
    let mut peers: Vec<&str> = p2p["persistent_peers"].as_str().unwrap().split(',').collect();
    peers.sort_unstable();
    let mut expected = [format!("{}@10.0.0.10:26656", id("val")), format!("{}@10.0.0.12:26656", id("rpc"))];
    expected.sort();
    assert_eq!(peers, expected);
    assert_eq!(p2p["private_peer_ids"].as_str().unwrap(), id("val"));
    assert_eq!(p2p["unconditional_peer_ids"].as_str().unwrap(), id("val"));
    assert_eq!(p2p["pex"].as_bool(), Some(true));
    let validator = config("a", "val");
    assert_eq!(
        validator["p2p"]["persistent_peers"].as_str().unwrap(),
        format!("{}@203.0.113.11:26656", id("sen"))
    );
    assert_eq!(validator["p2p"]["pex"].as_bool(), Some(false));
    assert_eq!(validator["p2p"]["private_peer_ids"].as_str().unwrap(), "");
    // Both keys lie where the program reads them.
    let compose = &bundle["compose/a/compose.yaml"];
    assert!(compose.contains("/cometbft/config/node_key.json"));
    assert!(compose.contains("/cometbft/config/priv_validator_key.json"));
}

#[test]
fn malachite_gets_multiaddresses_with_peer_ids() {
    let manifest = bft("malachite-app", "full-mesh");
    let files = [
        ("network.yaml", manifest.as_str()),
        ("chains/own.yaml", CHAIN),
        ("components/malachite-app/component.yaml", MALACHITE),
    ];
    let (_, bundle) = built(&files);
    let config: toml::Table = toml::from_str(&bundle["config/b/sen-node/config.toml"]).unwrap();
    let read = |section: &str| -> BTreeSet<Multiaddr> {
        config[section]["p2p"]["persistent_peers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| multiaddr(text.as_str().unwrap()).unwrap())
            .collect()
    };
    let expected = |port: u16| -> BTreeSet<Multiaddr> {
        [("val", "10.0.0.10"), ("rpc", "10.0.0.12")]
            .into_iter()
            .map(|(node, address)| Multiaddr {
                address: address.parse().unwrap(),
                port,
                key: Some((
                    1,
                    key(KeyType::Ed25519, &format!("{node}-node"), "validator").public().bytes().to_vec(),
                )),
            })
            .collect()
    };
    assert_eq!(read("consensus"), expected(27000));
    assert_eq!(read("mempool"), expected(28000));
}

#[test]
fn solana_gets_entrypoints() {
    let manifest =
        bft("agave", "{ star: sen }").replace("c.internal, private-address: 10.0.0.12", "c.internal");
    let files = [
        ("network.yaml", manifest.as_str()),
        ("chains/own.yaml", CHAIN),
        ("components/agave/component.yaml", SOLANA),
    ];
    let (_, bundle) = built(&files);
    assert!(bundle["compose/a/compose.yaml"].contains("--entrypoint=203.0.113.11:8001"));
    assert!(bundle["compose/b/compose.yaml"].contains("--entrypoint=c.internal:8001"));
    let known = key(KeyType::Ed25519, "sen-node", "node").public().base58();
    assert!(bundle["compose/a/compose.yaml"].contains(&format!("--known-validator={known}")));
}

#[test]
fn component_data_that_contradicts_itself_is_told() {
    for (from, to) in [
        ("setting: node-key", "setting: nothing"),
        ("identity: node", "identity: nobody"),
        ("interface: p2p", "interface: nothing"),
        ("key: ed25519, format: cometbft-node", "key: secp256k1, format: cometbft-node"),
    ] {
        let broken = COMETBFT.replacen(from, to, 1);
        assert_ne!(broken, COMETBFT);
        let manifest = bft("cometbft", "full-mesh");
        let compilation = compile_to_plan(
            &world(&[
                ("network.yaml", manifest.as_str()),
                ("chains/own.yaml", CHAIN),
                ("components/cometbft/component.yaml", &broken),
            ]),
            &Input::new("network.yaml"),
            options(),
        );
        assert!(
            messages(&compilation).iter().any(|m| m.starts_with("NG0208")),
            "{to}: {:?}",
            messages(&compilation)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the nodes: the lists agree with each other, and no order of writing changes them.
    #[test]
    fn links_go_both_ways_and_never_to_oneself(
        roles in prop::collection::vec(0_usize..3, 2..9),
        form in 0_usize..4,
        rotate in 0_usize..8,
    ) {
        let names: Vec<String> = (0..roles.len()).map(|at| format!("n{at}")).collect();
        let words = ["validator", "sentry", "rpc"];
        let nodes: Vec<(&str, &str, &str)> = names
            .iter()
            .zip(&roles)
            .map(|(name, role)| (name.as_str(), words[*role], if role % 2 == 0 { "el" } else { "rl" }))
            .collect();
        let peering = ["full-mesh", "ring", "sentry", "{ star: n0 }"][form];
        let manifest = network(peering, &nodes);
        let compilation = compile_to_plan(&world(&[("network.yaml", &manifest)]), &Input::new("network.yaml"), options());
        let found = links(&compilation.plan.unwrap().topology);
        for (node, peers) in &found {
            prop_assert!(!peers.contains(node));
            for peer in peers {
                prop_assert!(found[peer].contains(node));
            }
        }
        // The same nodes, written in another order on the same hosts.
        let lines: Vec<&str> = manifest.lines().collect();
        let from = lines.iter().position(|line| *line == "nodes:").unwrap() + 1;
        let mut turned = lines.clone();
        turned[from..from + nodes.len()].rotate_left(rotate % nodes.len());
        let turned = turned.join("\n");
        let again = compile_to_plan(&world(&[("network.yaml", &turned)]), &Input::new("network.yaml"), options());
        prop_assert_eq!(links(&again.plan.unwrap().topology), found);
    }
}
