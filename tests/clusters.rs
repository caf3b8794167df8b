//! Validators whose key is split among several nodes, on whole manifests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use netgen::analyze::clients::{ClientShare, Share};
use netgen::analyze::spof::SinglePoint;
use netgen::analyze::survive::Survivability;
use netgen::analyze::{Analysis, Topic, analyze, markdown, text};
use netgen::diag::Diagnostic;
use netgen::manifest::DomainKind;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile, compile_to_plan};

/// Two implementations of a chain node, which may sign at a vault.
const CATALOG: &str = "
components:
  red:
    component: red
    summary: A node of the chain
    kind: chain-node
    version: { tested: '1.0' }
    image: registry.example.net/red
    provides: { p2p: { port: 26656, exposure: public } }
    peering: { protocol: chain, interface: p2p, closes: true }
    needs: { vault-api: { optional: true } }
    sources: [ invented ]
  blue:
    component: blue
    summary: Another node of the chain
    kind: chain-node
    version: { tested: '1.0' }
    image: registry.example.net/blue
    provides: { p2p: { port: 26656, exposure: public } }
    peering: { protocol: chain, interface: p2p, closes: true }
    needs: { vault-api: { optional: true } }
    sources: [ invented ]
  vault:
    component: vault
    summary: Signs for nodes
    kind: signer
    version: { tested: '1.0' }
    image: registry.example.net/vault
    provides: { vault-api: { port: 9000, protocol: http } }
    volumes: { history: { path: /var/lib/vault, backup: true } }
    sources: [ invented ]
chains:
  lone: { chain: lone, name: A BFT network, family: bft, block-time: 1, consensus: bft, test: true, sources: [ invented ] }
stacks:
  red: { chain: { component: red } }
  blue: { chain: { component: blue } }
";

/// Nodes `n1`, `n2`, ... of one stack on hosts `h<number>`, and a rest.
fn manifest(chain: &str, on: &[usize], rest: &str) -> String {
    let used: BTreeSet<usize> = on.iter().copied().collect();
    let hosts: String = used
        .iter()
        .map(|at| format!("  h{at}: {{ address: 203.0.113.{at}, private-address: 10.0.0.{at} }}\n"))
        .collect();
    let nodes: String = on
        .iter()
        .enumerate()
        .map(|(at, host)| {
            // Two nodes of one host cannot listen on one port.
            let port = 26_656 + 10 * at;
            format!(
                "  n{}: {{ host: h{host}, role: validator, stack: red, services: {{ chain: {{ ports: {{ p2p: {port} }} }} }} }}\n",
                at + 1
            )
        })
        .collect();
    format!(
        "netgen: 1\nnetwork: {{ name: demo, chain: {chain}, environment: testnet }}\nhosts:\n{hosts}nodes:\n{nodes}{rest}{CATALOG}"
    )
}

/// `n1` to `n<count>` as a list.
fn names(count: usize) -> String {
    let names: Vec<String> = (1..=count).map(|at| format!("n{at}")).collect();
    format!("[{}]", names.join(", "))
}

fn compiled(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    compile(&world, &Input::new("network.yaml"), Options { allow_unlocked: true, ..Options::default() })
}

fn found(manifest: &str, code: &str) -> Vec<Diagnostic> {
    compiled(manifest).diagnostics.into_iter().filter(|d| d.rule.code == code).collect()
}

fn analysis(manifest: &str) -> Analysis {
    let compilation = compiled(manifest);
    let errors: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{manifest}");
    analyze(&compilation.plan.unwrap().topology, &[], Topic::All)
}

fn survivability(manifest: &str) -> Survivability {
    analysis(manifest).survivability.unwrap()
}

fn points(manifest: &str) -> Vec<SinglePoint> {
    analysis(manifest).single_points.unwrap().services
}

fn lost(found: &Survivability, kind: DomainKind, name: &str) -> u128 {
    found.domains.iter().find(|d| d.kind == kind && d.name == name).map_or(0, |d| d.power.lost)
}

/// The sizes that Charon and SSV speak of: threshold and nodes that can be spared.
#[test]
fn the_threshold_is_two_thirds_rounded_up() {
    for (nodes, threshold, spare) in
        [(1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 3, 1), (5, 4, 1), (6, 4, 2), (7, 5, 2), (10, 7, 3), (13, 9, 4)]
    {
        let on: Vec<usize> = (1..=nodes).collect();
        let clusters = format!("clusters: {{ c: {{ nodes: {}, voting-power: 7 }} }}\n", names(nodes));
        let found = survivability(&manifest("hoodi", &on, &clusters));
        let cluster = &found.clusters[0];
        assert_eq!((cluster.nodes, cluster.threshold, cluster.spare), (nodes, threshold, spare), "{nodes}");
        assert_eq!((found.quorum.total, found.voters), (7, 0));
        // As many hosts as can be spared, and one more.
        let host = found.kinds.iter().find(|kind| kind.kind == DomainKind::Host).unwrap();
        assert_eq!(host.halts.as_ref().unwrap().domains.len(), spare + 1);
        assert!(host.halts.as_ref().unwrap().exact);
    }
}

/// Seven nodes on a few hosts, in one cluster of all and one of the first four, and one with power of its
/// own: what every host and every pair of hosts stops is what counting says.
#[test]
fn every_pair_of_hosts_loses_what_counting_says() {
    for on in [[1, 2, 3, 4, 5, 6, 7], [1, 1, 2, 2, 3, 3, 4], [1, 2, 3, 4, 1, 2, 3], [5, 4, 4, 3, 3, 3, 1]] {
        let clusters = "clusters:
  all: { nodes: [n1, n2, n3, n4, n5, n6, n7], voting-power: 100 }
  four: { nodes: [n4, n2, n3, n1], threshold: 4, voting-power: 10 }
";
        let text = manifest("hoodi", &on, clusters).replace("n7: { host", "n7: { voting-power: 1, host");
        let found = survivability(&text);
        assert_eq!((found.quorum.total, found.voters), (111, 1));
        let expected = |down: &[usize]| {
            let stops = |range: std::ops::Range<usize>| on[range].iter().filter(|h| down.contains(h)).count();
            let all = if stops(0..7) > 2 { 100 } else { 0 };
            let four = if stops(0..4) > 0 { 10 } else { 0 };
            all + four + stops(6..7) as u128
        };
        let hosts: BTreeSet<usize> = on.into_iter().collect();
        for a in &hosts {
            assert_eq!(lost(&found, DomainKind::Host, &format!("h{a}")), expected(&[*a]), "{on:?} {a}");
        }
        let worst = hosts
            .iter()
            .flat_map(|a| hosts.iter().filter(move |b| a < b).map(|b| expected(&[*a, *b])))
            .max()
            .unwrap();
        let host = found.kinds.iter().find(|kind| kind.kind == DomainKind::Host).unwrap();
        let pair = host.worst_pair.as_ref().unwrap();
        assert_eq!((pair.power.lost, pair.exact), (worst, true), "{on:?}");
        let down: Vec<usize> = pair.names.iter().map(|name| name[1..].parse().unwrap()).collect();
        assert_eq!(expected(&down), worst, "{on:?}");
    }
}

/// Where no host stops anything alone, and no two do, every pair is known to be harmless.
#[test]
fn a_thousand_nodes_that_can_be_spared_are_no_search() {
    let on: Vec<usize> = (1..=1100).collect();
    let clusters: String = (0..150)
        .map(|at| {
            let nodes: Vec<String> = (1..=7).map(|n| format!("n{}", 7 * at + n)).collect();
            format!("  c{at}: {{ nodes: [{}], voting-power: 1 }}\n", nodes.join(", "))
        })
        .collect();
    // An address has one byte at the end.
    let text = manifest("hoodi", &on, &format!("clusters:\n{clusters}"));
    let text: String = text
        .lines()
        .map(|line| match line.strip_prefix("  h").and_then(|rest| rest.split_once(':')) {
            Some((host, _)) if line.contains("address") => {
                format!("  h{host}: {{ address: h{host}.example.net }}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let world = MemoryWorld::new([("network.yaml", text.as_str())]);
    let topology =
        compile_to_plan(&world, &Input::new("network.yaml"), Options::default()).plan.unwrap().topology;
    let found = analyze(&topology, &[], Topic::Survivability).survivability.unwrap();
    assert_eq!((found.clusters.len(), found.quorum.total), (150, 150));
    assert!(found.pairs.is_empty() && found.pairs_exact);
    let host = found.kinds.iter().find(|kind| kind.kind == DomainKind::Host).unwrap();
    assert!(host.worst.is_none() && host.worst_pair.is_none());
}

/// A cluster is stopped by what its nodes have in common, and every page says so.
#[test]
fn what_the_nodes_share_stops_the_cluster() {
    let rest = "  n5: { host: h1, role: rpc, stack: red, services: { chain: { ports: { p2p: 40000 } } } }
clusters: { c: { nodes: [n1, n2, n3, n4], voting-power: 100 } }
services: { safe: { component: vault, host: h1 } }
";
    let text_of = manifest("hoodi", &[1, 2, 3, 4], rest);
    let all = analysis(&text_of);
    let found = all.survivability.as_ref().unwrap();
    let host = found.domains.iter().find(|d| d.kind == DomainKind::Host && d.name == "h1").unwrap();
    assert_eq!(host.power.lost, 100);
    assert!(host.nodes.is_empty());
    assert_eq!(host.clusters[0].nodes, ["n1", "n2", "n3", "n4"]);
    let through = host.clusters[0].through.as_ref().unwrap();
    assert_eq!((through.interface.as_str(), through.provider.as_str()), ("vault-api", "safe"));
    let by: Vec<&str> = found.clusters[0].stopped_by.iter().map(|by| by.name.as_str()).collect();
    assert!(by.contains(&"h1") && by.contains(&"safe") && !by.contains(&"h2"), "{by:?}");
    // The signer is a single point of failure, which belongs to no node.
    let point = all.single_points.as_ref().unwrap().services.iter().find(|p| p.service == "safe").unwrap();
    assert_eq!((point.power, point.nodes, point.clusters.as_slice()), (100, 0, &["c".to_owned()][..]));
    for page in [text(&all), markdown(&all)] {
        assert!(page.contains("1 cluster of nodes holds 100 voting power"), "{page}");
        assert!(page.contains("3 of 4"), "{page}");
        assert!(page.contains("1 without vault-api of safe"), "{page}");
        assert!(page.contains("100 voting power (cluster c)"), "{page}");
    }
    // Without it nothing is one.
    assert!(points(&text_of.replace("services: { safe: { component: vault, host: h1 } }\n", "")).is_empty());
}

/// Nodes that cannot be spared are single points for what they hold in common, and it is said what helps.
#[test]
fn a_cluster_with_nothing_to_spare_hangs_on_each_of_its_nodes() {
    let cluster = "clusters: { c: { nodes: [n1, n2, n3, n4], threshold: 4, voting-power: 100 } }\n";
    let found = points(&manifest("hoodi", &[1, 2, 3, 4], cluster));
    let names: Vec<&str> = found.iter().map(|point| point.service.as_str()).collect();
    assert_eq!(names, ["n1-chain", "n2-chain", "n3-chain", "n4-chain"]);
    assert!(found[0].cure.contains("give cluster `c` nodes to spare"), "{}", found[0].cure);
}

/// Nodes that only one sentry connects are cut off with it, and with them the cluster.
#[test]
fn a_sentry_before_two_nodes_cuts_the_cluster_off() {
    let of = |sentries: &str| {
        let rest = format!(
            "clusters: {{ c: {{ nodes: [n1, n2, n3, n4], voting-power: 4 }} }}\npeering: {{ sentries: {sentries} }}\n"
        );
        let text = manifest("lone", &[1, 2, 3, 4, 5, 6, 7, 8], &rest);
        let text = text.replace("n8: { host", "n8: { voting-power: 1, host");
        ["n5", "n6", "n7"].iter().fold(text, |text, node| {
            let line = text.lines().find(|line| line.contains(&format!("  {node}: "))).unwrap().to_owned();
            text.replace(&line, &line.replace("role: validator", "role: sentry"))
        })
    };
    let two = "{ n1: n5, n2: n5, n3: [n6, n7], n4: [n6, n7], n8: [n6, n7] }";
    let cut = points(&of(two));
    let found: Vec<(&str, u128)> = cut.iter().map(|p| (p.service.as_str(), p.power)).collect();
    assert_eq!(found, [("n5-chain", 4)]);
    assert_eq!(cut[0].clusters, ["c"]);
    // With one node behind it the cluster goes on.
    let one = two.replace("n2: n5", "n2: [n5, n6]");
    assert!(points(&of(&one)).is_empty());
}

fn share<'s>(found: &'s Survivability, client: &str) -> &'s ClientShare {
    found.clients.iter().find(|share| share.client == client).unwrap()
}

/// A client with more nodes than can be spared stops the cluster; only one with enough of them signs.
#[test]
fn half_the_nodes_stop_a_cluster_and_cannot_sign() {
    let cluster = "clusters: { c: { nodes: [n1, n2, n3, n4], voting-power: 100 } }\n";
    let with_blue = |blue: &[&str]| {
        blue.iter().fold(manifest("hoodi", &[1, 2, 3, 4], cluster), |text, node| {
            let line = text.lines().find(|line| line.contains(&format!("  {node}: "))).unwrap().to_owned();
            text.replace(&line, &line.replace("stack: red", "stack: blue"))
        })
    };
    let half = survivability(&with_blue(&["n3", "n4"]));
    for client in ["red", "blue"] {
        let share = share(&half, client);
        assert_eq!((share.power, share.signs, share.share), (100, 0, Share::MoreThanAThird));
    }
    let three = survivability(&with_blue(&["n4"]));
    let red = share(&three, "red");
    assert_eq!((red.power, red.signs, red.share), (100, 100, Share::MoreThanTwoThirds));
    let blue = share(&three, "blue");
    assert_eq!((blue.power, blue.signs, blue.share), (0, 0, Share::AThirdOrLess));
    // The limit is on what stops, and says why that is so much.
    let limited = with_blue(&["n3", "n4"]) + "require: { max-client-share: 66% }\n";
    let told = found(&limited, "NG0601");
    assert_eq!(told.len(), 2);
    let text = "stops with it: 2 of 4 nodes run it, 1 can be spared";
    assert!(told[0].labels.iter().any(|label| label.text == text), "{told:?}");
}

/// A cluster counts as one validator of a BFT chain, wherever its nodes stand.
#[test]
fn a_cluster_is_one_validator() {
    let voters = |on: &[usize], clusters: &str| {
        ["n5", "n6", "n7"].iter().fold(manifest("lone", on, clusters), |text, node| {
            text.replace(&format!("{node}: {{ host"), &format!("{node}: {{ voting-power: 1, host"))
        })
    };
    let three = "clusters: { c: { nodes: [n1, n2, n3], voting-power: 1 } }\n";
    let spread = voters(&[1, 2, 3, 4, 5, 6, 7], three);
    for code in ["NG0601", "NG0602", "NG0603", "NG0606", "NG0609"] {
        // `n4` is a validator without any power.
        let expected = usize::from(code == "NG0603");
        assert_eq!(found(&spread, code).len(), expected, "{code}");
    }
    // Two of its nodes beside another validator: that host is too much.
    let crowded = voters(&[5, 5, 3, 4, 5, 6, 7], three);
    let told = found(&crowded, "NG0601");
    assert_eq!(told[0].message, "the loss of host `h5` leaves 2 of 4 voting power");
    // Two validators are too few, and three nodes with a share of one key are no three.
    let few = manifest("lone", &[1, 2, 3], three);
    assert_eq!(found(&few, "NG0602")[0].message, "the loss of the only validator halts `A BFT network`");
}

/// Threshold signers that elect a leader need a majority; those that agree like Ethereum's two thirds.
#[test]
fn what_is_safe_follows_from_the_chain() {
    let cluster = |threshold| {
        format!("clusters: {{ c: {{ nodes: {}, threshold: {threshold}, voting-power: 1 }} }}\n", names(5))
    };
    let on = [1, 2, 3, 4, 5];
    for (chain, threshold, safe) in
        [("hoodi", 4, true), ("hoodi", 3, false), ("lone", 3, true), ("lone", 2, false), ("lone", 6, false)]
    {
        let found = found(&manifest(chain, &on, &cluster(threshold)), "NG0640");
        assert_eq!(found.is_empty(), safe, "{chain} {threshold}: {found:?}");
    }
    // A threshold below the quorum buys no spare nodes: the others must still agree.
    let world = manifest("hoodi", &on, &cluster(2));
    let topology = compiled(&world).plan.unwrap().topology;
    assert_eq!(topology.clusters.iter().map(|c| (c.threshold, c.spare())).collect::<Vec<_>>(), [(2, 1)]);
}

/// A canary that the cluster can spare is the lightest there is.
#[test]
fn a_node_that_can_be_spared_makes_a_light_canary() {
    let clusters = "clusters: { c: { nodes: [n1, n2, n3, n4], voting-power: 100 } }\n";
    let text = |on: &[usize], canary: usize| {
        manifest("hoodi", on, &format!("{clusters}rollout: {{ canary: h{canary} }}\n"))
            .replace("n5: { host", "n5: { voting-power: 10, host")
    };
    assert!(found(&text(&[1, 2, 3, 4, 5], 1), "NG0503").is_empty());
    let heavy = found(&text(&[1, 2, 3, 4, 5], 5), "NG0503");
    assert_eq!(heavy[0].message, "a change stops 10 of the voting power first");
    let two = found(&text(&[1, 1, 3, 4, 5], 1), "NG0503");
    assert_eq!(two[0].message, "a change stops 100 of the voting power first");
}

/// Two clusters of the same nodes are told of both.
#[test]
fn one_host_for_two_clusters_is_told_twice() {
    let clusters = "clusters:
  a: { nodes: [n1, n2, n3, n4], voting-power: 1 }
  b: { nodes: [n1, n2, n3, n4], voting-power: 1 }
";
    let text = manifest("hoodi", &[1, 1, 3, 4], clusters).replace("testnet", "production");
    let told = found(&text, "NG0643");
    let messages: Vec<&str> = told.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        messages,
        ["the loss of host `h1` stops cluster `a`", "the loss of host `h1` stops cluster `b`"]
    );
    assert!(found(&text, "NG0644").is_empty());
    // Less at stake: the same, as a warning.
    let tested = text.replace("production", "testnet");
    assert_eq!((found(&tested, "NG0643").len(), found(&tested, "NG0644").len()), (0, 2));
    // A waiver lets through the one that it is for.
    let waived = format!(
        "{text}waivers:\n  - {{ rule: cluster-on-one-host, at: clusters.a, reason: a host is on order, until: 2999-01-01 }}\n"
    );
    let open: Vec<String> =
        found(&waived, "NG0643").into_iter().filter(Diagnostic::is_error).map(|d| d.message).collect();
    assert_eq!(open, ["the loss of host `h1` stops cluster `b`"]);
}

/// The dashboard counts a cluster when enough of its nodes answer, and runbooks and diagrams name it.
#[test]
fn what_is_built_knows_the_cluster() {
    let rest = "clusters: { c: { nodes: [n1, n2, n3, n4], voting-power: 100 } }\nmonitoring: { host: h1, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }\n";
    let text =
        manifest("hoodi", &[1, 2, 3, 4, 5], rest).replace("n5: { host", "n5: { voting-power: 10, host");
    let compilation = compiled(&text);
    let errors: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    let bundle = compilation.bundle.unwrap_or_else(|| panic!("{errors:?}"));
    let all: Vec<(String, String)> = bundle
        .files()
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect();
    let has = |wanted: &str, folder: &str| {
        all.iter().any(|(path, text)| path.contains(folder) && text.contains(wanted))
    };
    // The node alone by itself, the cluster while three of its four nodes are up; without any series no value.
    let alone = "min by (network, region, host, node) (up{network=\"demo\", node=~\"n5\"}) * 10";
    let members = "sum by (network) (min by (network, node) (up{network=\"demo\", node=~\"n1|n2|n3|n4\"}))";
    let cluster = format!("label_replace({members} >= bool 3, \"cluster\", \"c\", \"\", \"\") * 100");
    let expr = format!("sum({alone} or {cluster}) / 110");
    let escaped = serde_json::to_string(&expr).unwrap();
    assert!(has(&escaped, "grafana"), "{expr}");
    assert!(has("n1 · validator · cluster c", ""));
}

/// Every field is shown resolved, and where it was written, whatever the order there.
#[test]
fn the_resolved_cluster_is_shown() {
    let clusters = "clusters: { c: { nodes: [n3, n1, n4, n2], voting-power: 100 } }\n";
    let folder = tempfile::tempdir().unwrap();
    let text = manifest("hoodi", &[1, 2, 3, 4], clusters);
    fs::write(folder.path().join("network.yaml"), &text).unwrap();
    let show = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_netgen"))
            .current_dir(folder.path())
            .env_clear()
            .arg("show")
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let why = show(&["--why", "clusters.c"]);
    assert!(why.contains("clusters.c.threshold = 3\n  by rule: two thirds"), "{why}");
    let line = text.lines().position(|line| line.starts_with("clusters:")).unwrap() + 1;
    let column = clusters.find("n1").unwrap() + 1;
    let first = format!("clusters.c.nodes.0 = n1\n  network.yaml:{line}:{column}: written here");
    assert!(why.contains(&first), "{why}");
    assert!(show(&["--resolved"]).contains("threshold: 3"));
}
