//! The bundle on real hosts: three of them boot systemd with sshd on this machine, and the generated
//! playbooks deploy to them by ssh. Their services are real programs: HAProxy, and a stand-in for the
//! node of a chain that makes blocks.
//!
//! It takes minutes and root, so it is asked for: `NETGEN_TEST_HOSTS=1`, for `.ci/install-readers`, which
//! installs what it needs, and for the test. Otherwise it is left out and says so.

// It waits for real programs, and says how long each step took: the whole takes minutes.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod cluster;
mod data;
mod ops;
mod trials;
mod waves;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Trial};

use cluster::{Cluster, Counts, HOSTS, Tools, build};

fn main() -> ExitCode {
    let asked = std::env::var_os("NETGEN_TEST_HOSTS").is_some_and(|value| value == "1");
    let trial = |name: &str, run: fn(&Tools)| {
        Trial::ignorable_test(name, move || match Tools::find() {
            _ if !asked => Ok(Completion::ignored_with("left out: needs NETGEN_TEST_HOSTS=1")),
            Ok(tools) => {
                run(&tools);
                Ok(Completion::Completed)
            }
            Err(missing) => Err(missing.into()),
        })
    };
    let trials = vec![
        trial("deployed_to_real_hosts", deployed_to_real_hosts),
        trial("looked_after_on_real_hosts", ops::looked_after_on_real_hosts),
        trial("rolled_through_real_hosts", waves::rolled_through_real_hosts),
        trial("state_is_kept", data::state_is_kept),
        trial("broken_and_loaded_on_purpose", trials::broken_and_loaded_on_purpose),
    ];
    // They share the addresses of the hosts.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// All hosts at a time: the order of a roll-out is not what most steps are about.
const AT_ONCE: [&str; 2] = ["-e", "netgen_serial=3"];

/// One life of a network; each step stands on the one before it.
fn deployed_to_real_hosts(tools: &Tools) {
    let cluster = Cluster::boot(tools);
    step("a look before the first deploy predicts it", || {
        build(&cluster, &[]);
        let predicted =
            cluster.play("site.yml", &[AT_ONCE.as_slice(), &["--check", "--diff"]].concat()).well();
        assert!(cluster.holds_on(1, "! test -e /opt/netgen"), "a look changed something");
        let done = cluster.play("site.yml", &[AT_ONCE.as_slice(), &["--diff"]].concat()).well();
        // Which files, the differences tell.
        assert!(
            predicted.differences.iter().any(|path| path.ends_with("haproxy.cfg")),
            "{}",
            predicted.output
        );
        assert_eq!(predicted.differences, done.differences);
        for task in ["common : Make folders", "common : Make accounts", "deploy : Copy files"] {
            assert_eq!(predicted.changed_by(task), done.changed_by(task), "{task}");
            assert!(!done.changed_by(task).is_empty(), "{task}");
        }
    });
    step("the service answers, on every host", || {
        for host in 1..=HOSTS {
            wait(|| height(&cluster, host, "10.231.0.11:8080") > 0);
        }
        let before = height(&cluster, 2, "10.231.0.11:8080");
        wait(|| height(&cluster, 2, "10.231.0.11:8080") > before + 1);
    });
    step("the firewall lets in what the manifest says, and nothing else", || {
        assert!(cluster.holds_on(1, &connect("10.231.0.12", 8545)), "the balancer reaches its backends");
        assert!(cluster.holds_outside(&connect("10.231.0.11", 22)), "who deploys gets in");
        assert!(!cluster.holds_outside(&connect("10.231.0.12", 8545)), "a stranger gets at a backend");
        assert!(!cluster.holds_on(3, &connect("10.231.0.11", 6060)), "metrics are asked for by nobody");
    });
    step("the second deploy changes nothing", || {
        let again = cluster.play("site.yml", &AT_ONCE).well();
        assert!(again.changed.is_empty(), "{:#?}", again.changed);
        assert!(again.counts.values().all(|counts| counts.changed == 0 && counts.failed == 0));
    });
    let started = |host: usize, unit: &str| {
        cluster.on(host, &format!("systemctl show --value -p MainPID netgen-proving-{unit}"))
    };
    step("a change restarts what reads it and nothing else", || {
        let before =
            [started(1, "n1-chain"), started(2, "n2-chain"), started(3, "n3-chain"), started(1, "rpc")];
        let old = height(&cluster, 2, "127.0.0.1:8545");
        build(&cluster, &[("n2: { host: h2, role: validator, stack: node,", MORE_MEMORY)]);
        cluster.play("site.yml", &[]).well();
        let after =
            [started(1, "n1-chain"), started(2, "n2-chain"), started(3, "n3-chain"), started(1, "rpc")];
        let same: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before == after).collect();
        assert_eq!(same, [true, false, true, true]);
        assert!(height(&cluster, 2, "127.0.0.1:8545") >= old, "it went on where it was");
    });
    step("a bad release ends at the first host", || {
        build(&cluster, &[("grace: 2m }", "grace: 2m }\n    environment: { BROKEN: \"1\" }")]);
        let before = [started(2, "n2-chain"), started(3, "n3-chain")];
        // A program that never comes up is not waited for as long as one that starts slowly.
        let broken = cluster.play("site.yml", &["-e", "health_patience=20"]);
        assert!(!broken.good && broken.counts["h1"].failed == 1, "{}", broken.output);
        assert!(broken.output.contains("netgen-proving-n1-chain.service"), "{}", broken.output);
        for host in ["h2", "h3"] {
            assert_eq!(Counts { ok: 0, ..broken.counts[host] }, Counts::default(), "{host} was touched");
        }
        assert_eq!(before, [started(2, "n2-chain"), started(3, "n3-chain")]);
        build(&cluster, &[]);
        cluster.play("site.yml", &AT_ONCE).well();
    });
    step("what the manifest no longer has is stopped, and its data stay", || {
        build(
            &cluster,
            &[
                ("  n3: { host: h3, role: validator, stack: node, voting-power: 1 }\n", ""),
                (", n3/chain]", "]"),
            ],
        );
        cluster.play("site.yml", &AT_ONCE).well();
        assert!(cluster.holds_on(3, "! test -e /etc/systemd/system/netgen-proving-n3-chain.service"));
        assert!(cluster.holds_on(3, "! systemctl is-active netgen-proving-n3-chain.service"));
        assert!(cluster.holds_on(3, "test -s /var/lib/netgen/proving/n3-chain/data/height"));
    });
    step("the state of every unit is told", || {
        let status = cluster.play("status.yml", &[]).well();
        for unit in
            ["netgen-proving-n1-chain.service active running", "netgen-proving-rpc.service active running"]
        {
            assert!(status.output.contains(unit), "{}", status.output);
        }
    });
}

const MORE_MEMORY: &str =
    "n2: { host: h2, role: validator, stack: node, services: { chain: { resources: { memory: 200MiB } } },";

/// Says what is done and how long it took: the whole takes minutes.
fn step(name: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    eprintln!("{name}: {:.0} s", start.elapsed().as_secs_f32());
}

/// Waits until something holds, for a minute at most.
fn wait(holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "it does not come about");
        thread::sleep(Duration::from_millis(500));
    }
}

/// The height that JSON-RPC at an address tells a host; 0 where nothing answers.
fn height(cluster: &Cluster, host: usize, at: &str) -> u64 {
    let ask = format!(
        "python3 -c 'import json, urllib.request as u; \
         r = u.Request(\"http://{at}\", data=b\"{{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":1,\\\"method\\\":\\\"eth_blockNumber\\\",\\\"params\\\":[]}}\", \
         headers={{\"Content-Type\": \"application/json\"}}); \
         print(int(json.load(u.urlopen(r, timeout=5))[\"result\"], 16))' || echo 0"
    );
    cluster.on(host, &ask).parse().unwrap()
}

/// A command that ends well where it gets a TCP connection.
fn connect(to: &str, port: u16) -> String {
    format!("python3 -c 'import socket; socket.create_connection((\"{to}\", {port}), 3)' 2>/dev/null")
}
