//! A network that is broken and loaded on purpose: what is refused, what holds meanwhile, how soon all is
//! well again, and that every trace goes.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::cluster::{Cluster, HOSTS, Tools, build};
use crate::{AT_ONCE, connect, height, step, wait};

/// Nine votes, of which two may stop: those of `n1` or of `n2`, not of both, nor those of `n3`.
const POWERS: &[(&str, &str)] = &[
    (
        "n1: { host: h1, role: validator, stack: node, voting-power: 1",
        "n1: { host: h1, role: validator, stack: node, voting-power: 2",
    ),
    (
        "n2: { host: h2, role: validator, stack: node, voting-power: 1",
        "n2: { host: h2, role: validator, stack: node, voting-power: 2",
    ),
    (
        "n3: { host: h3, role: validator, stack: node, voting-power: 1",
        "n3: { host: h3, role: validator, stack: node, voting-power: 5",
    ),
];

const SHORT: [&str; 4] = ["-e", "netgen_hold=15", "-e", "netgen_confirm=proving"];

const CUT: &str = "nft list table inet netgen_chaos";

pub fn broken_and_loaded_on_purpose(tools: &Tools) {
    let cluster = Cluster::boot(tools);
    build(&cluster, POWERS);
    cluster.play("site.yml", &AT_ONCE).well();
    wait(|| (1..=HOSTS).all(|host| height(&cluster, host, "127.0.0.1:8545") > 0));
    let chaos = |case: &str, more: &[&str]| {
        let case = format!("netgen_case={case}");
        cluster.play("chaos.yml", &[&["-e", case.as_str()], more].concat())
    };
    let process = || cluster.on(2, "systemctl show --value -p MainPID netgen-proving-n2-chain");

    step("the cases are listed, each with the reason", || {
        let list = cluster.play("chaos.yml", &[]);
        assert!(list.good && list.changed.is_empty(), "{}", list.output);
        assert!(list.output.contains("stop-node/n2: survived: 2 of 9 voting power stops"), "{}", list.output);
        assert!(
            list.output.contains("stop-node/n3: NOT survived: 5 of 9 voting power stops"),
            "{}",
            list.output
        );
    });
    step("nothing is broken by a look, without the name of the network, or against the analysis", || {
        let before = process();
        let look = chaos("stop-node/n2", &["--check"]);
        assert!(look.good && look.changed.is_empty(), "{}", look.output);
        let nameless = chaos("stop-node/n2", &[]);
        assert!(!nameless.good && nameless.output.contains("netgen_confirm=proving"), "{}", nameless.output);
        let deadly = chaos("stop-node/n3", &SHORT);
        assert!(
            !deadly.good && deadly.output.contains("a loss of more than 2 halts the chain"),
            "{}",
            deadly.output
        );
        assert_eq!(before, process());
    });
    step("a node stops, the others go on, and it is back in time", || {
        let before = process();
        let played = chaos("stop-node/n2", &SHORT);
        assert!(played.good, "{}", played.output);
        assert_ne!(before, process());
        let report = report(&cluster, "chaos-stop-node-n2");
        assert_eq!((&report["passed"], &report["recovery"]["limit"]), (&true.into(), &60.into()));
        let seconds = report["recovery"]["seconds"].as_f64().unwrap();
        assert!(seconds > 0.0 && seconds <= 60.0, "{seconds}");
        let hosts = &report["meanwhile"]["hosts"];
        assert_eq!(hosts["h2"]["evidence"]["started"], serde_json::json!(["n2-chain"]));
        assert_eq!(hosts["h2"]["running"]["n2-chain"], 0, "it was down all the while");
        let grown = &hosts["h3"]["heights"]["n3-chain"];
        assert!(grown["last"].as_u64() > grown["first"].as_u64(), "{grown}");
        assert!(hosts["h1"]["doors"]["rpc"]["answered"].as_u64() > Some(5), "{hosts}");
        nothing_left(&cluster);
    });
    step("a second stop that would break the quorum is refused, and done only by force", || {
        cluster.on(1, "systemctl stop netgen-proving-n1-chain");
        let before = process();
        let second = chaos("stop-node/n2", &SHORT);
        let words =
            "together with what is not well now (n1-chain) stops 4 voting power (n2, n1), and up to 2 may";
        assert!(!second.good && second.output.contains(words), "{}", second.output);
        assert_eq!(before, process());
        let forced = chaos("stop-node/n2", &[&SHORT[..], &["-e", "netgen_force=yes"]].concat());
        assert!(forced.good, "{}", forced.output);
        assert_ne!(before, process());
        assert!(!cluster.holds_on(1, "systemctl is-active netgen-proving-n1-chain"), "it was down before");
        cluster.on(1, "systemctl start netgen-proving-n1-chain");
        wait(|| height(&cluster, 1, "127.0.0.1:8545") > 0);
    });
    step("a region is cut off and joined again", || {
        let played = chaos("partition/here", &SHORT);
        assert!(played.good, "{}", played.output);
        let report = report(&cluster, "chaos-partition-here");
        let host = &report["meanwhile"]["hosts"]["h1"];
        // The checks of the balancer, which is in the region, do not get through.
        assert!(host["evidence"]["dropped_packets"].as_u64() > Some(0), "{host}");
        assert!(host["doors"]["rpc"]["asked"].as_u64() > Some(2), "logins go on: {host}");
        assert_eq!(report["recovery"]["limit"], 120);
        assert!(cluster.holds_on(1, &connect("10.231.0.12", 8545)), "they are joined");
        nothing_left(&cluster);
    });
    step("a host heals itself where nobody else does", || {
        let more = ["-e", "netgen_case=partition/here", "-e", "chaos_longest=40"];
        let mut lost =
            cluster.playing("chaos.yml", &[&SHORT[..], &more, &["-e", "netgen_hold=300"]].concat());
        let mut lost = lost.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait(|| cluster.holds_on(1, CUT));
        lost.kill().unwrap();
        lost.wait().unwrap();
        assert!(!cluster.holds_on(1, &connect("10.231.0.12", 8545)), "it is cut off");
        wait(|| !cluster.holds_on(1, CUT));
        assert!(cluster.holds_on(1, &connect("10.231.0.12", 8545)), "it is joined");
        wait(|| (1..=HOSTS).all(|host| units(&cluster, host).is_empty()));
    });
    step("a host has little memory, and has it back", || {
        let played = chaos("memory/h2", &[&SHORT[..], &["-e", "netgen_squeeze_most=64"]].concat());
        assert!(played.good, "{}", played.output);
        assert_eq!(report(&cluster, "chaos-memory-h2")["passed"], true);
        nothing_left(&cluster);
    });
    step("packets are late, or the host says that it cannot do that", || {
        let able = cluster.holds_on(1, "unshare --net tc qdisc add dev lo root netem delay 1ms");
        let played = chaos("latency/here", &SHORT);
        assert_eq!(played.good, able, "{}", played.output);
        if able {
            let report = report(&cluster, "chaos-latency-here");
            let evidence = &report["meanwhile"]["hosts"]["h1"]["evidence"];
            assert!(evidence["late_packets"].as_u64() > Some(0), "{evidence}");
        } else {
            assert!(played.output.contains("the kernel has no queue of the kind netem"), "{}", played.output);
        }
        assert!(!cluster.on(1, "tc qdisc show dev eth0").contains("netem"));
        nothing_left(&cluster);
    });
    step("a load is borne and measured", || {
        let wanted = ["-e", "netgen_duration=10", "-e", "netgen_rate=40", "-e", "netgen_connections=8"];
        let look = cluster.play("benchmark.yml", &[&wanted[..], &["--check"]].concat());
        assert!(look.good && look.changed.is_empty(), "{}", look.output);
        let played = cluster.play("benchmark.yml", &wanted);
        assert!(played.good, "{}", played.output);
        let report = report(&cluster, "benchmark");
        assert_eq!(
            (&report["passed"], &report["target"], &report["from"]),
            (&true.into(), &"rpc".into(), &"h2".into())
        );
        assert!(
            report["answered"].as_u64() > Some(100) && report["answered"] == report["requests"],
            "{report}"
        );
        assert!(report["rate"].as_f64() < Some(50.0), "the rate is kept: {report}");
        assert!(report["parts"]["eth_blockNumber"]["seconds"]["p99"].as_f64() > Some(0.0), "{report}");
        for node in ["n1-chain", "n2-chain", "n3-chain"] {
            assert!(report["heights"][node]["blocks_per_second"].as_f64() > Some(0.0), "{report}");
        }
        // The stand-in has three transactions in every block.
        let blocks = report["heights"]["n1-chain"]["blocks_per_second"].as_f64().unwrap();
        let transactions = report["transactions_per_second"].as_f64().unwrap();
        assert!((transactions - 3.0 * blocks).abs() < 0.1, "{report}");
        assert!(report["hosts"]["h1"]["received_bytes_per_second"].as_u64() > Some(1000), "{report}");
    });
}

/// The newest report whose name begins so.
fn report(cluster: &Cluster, name: &str) -> Value {
    let start = format!("proving-{name}-");
    let files = fs::read_dir(cluster.path().join("reports")).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &std::path::PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        file.starts_with(&start) && file.ends_with(".json")
    };
    let newest = files.filter(named).max().unwrap();
    assert!(newest.with_extension("md").is_file());
    serde_json::from_str(&fs::read_to_string(newest).unwrap()).unwrap()
}

/// Nothing of a trial is left on a host.
fn nothing_left(cluster: &Cluster) {
    for host in 1..=HOSTS {
        assert!(!cluster.holds_on(host, CUT), "h{host}");
        assert_eq!(units(cluster, host), "", "h{host}");
    }
}

/// The units of a trial that run on a host.
fn units(cluster: &Cluster, host: usize) -> String {
    cluster.on(host, "systemctl list-units --plain --no-legend 'netgen-chaos-*'")
}
