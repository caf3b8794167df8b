//! How a change and a restart go through the hosts: wave by wave, a canary first, and back again.

use crate::cluster::{Cluster, Counts, HOSTS, Tools, build};
use crate::{AT_ONCE, height, step, wait};

const BROKEN: (&str, &str) = ("grace: 2m }", "grace: 2m }\n    environment: { BROKEN: \"1\" }");
const CHANGED: (&str, &str) = ("grace: 2m }", "grace: 2m }\n    environment: { NOTE: changed }");
const OPENED: (&str, &str) = (
    "metrics: { port: 6060, protocol: http, path: /metrics }",
    "metrics: { port: 6060, protocol: http, path: /metrics }\n      gossip: { port: 7777, exposure: public }",
);
const IDLE: (&str, &str) = ("grace: 2m }", "grace: 2m }\n    environment: { IDLE: \"1\" }");
/// The stand-in is the proposer while this file is there.
const PROPOSING: &str = "/var/lib/netgen/proving/n2-chain/data/proposing";
/// A program that never comes up is not waited for as long as one that starts slowly.
const SHORT: [&str; 2] = ["-e", "health_patience=20"];

pub fn rolled_through_real_hosts(tools: &Tools) {
    let cluster = Cluster::boot(tools);
    let pid = |host: usize| {
        cluster.on(host, &format!("systemctl show --value -p MainPID netgen-proving-n{host}-chain"))
    };
    let pids = || (1..=HOSTS).map(pid).collect::<Vec<_>>();
    step("a deploy", || {
        build(&cluster, &[]);
        cluster.play("site.yml", &AT_ONCE).well();
        wait(|| (1..=HOSTS).all(|host| height(&cluster, host, "127.0.0.1:8545") > 0));
    });
    step("a configuration that its program does not accept is found before anything stops", || {
        let before = pids();
        cluster.on(1, "printf 'nonsense\\n' >> /opt/netgen/proving/config/rpc/haproxy.cfg");
        let roll = cluster.play("roll.yml", &["--limit", "h1"]);
        assert!(!roll.good, "{}", roll.output);
        assert!(roll.output.contains("rpc does not accept its configuration"), "{}", roll.output);
        assert_eq!(before, pids(), "something was restarted");
        cluster.play("site.yml", &AT_ONCE).well();
    });
    step("a validator that is about to propose is not restarted", || {
        let before = pid(2);
        cluster.on(2, &format!("touch {PROPOSING}"));
        let impatient = ["--limit", "h2", "-e", "netgen_moment_patience=0"];
        let roll = cluster.play("roll.yml", &impatient);
        assert!(!roll.good && roll.output.contains("n2 would propose a block"), "{}", roll.output);
        assert_eq!(before, pid(2));
        cluster.on(2, &format!("rm {PROPOSING}"));
    });
    step("a roll restarts every host, and the chain goes on", || {
        let (before, old) = (pids(), height(&cluster, 2, "127.0.0.1:8545"));
        cluster.play("roll.yml", &[]).well();
        assert!(before.iter().zip(pids()).all(|(before, after)| *before != after));
        assert!(height(&cluster, 2, "127.0.0.1:8545") > old);
    });
    step("a canary that fails gets its bundle back, and nobody else is touched", || {
        build(&cluster, &[BROKEN]);
        let before = [pid(2), pid(3)];
        let canary = cluster.play(
            "canary.yml",
            &[["-e", "netgen_host=h1"].as_slice(), &["-e", "netgen_wait=0.2"], &SHORT].concat(),
        );
        assert!(!canary.good, "{}", canary.output);
        assert!(canary.output.contains("h1 has its previous bundle back"), "{}", canary.output);
        assert!(cluster.holds_on(1, "systemctl is-active netgen-proving-n1-chain"));
        assert!(!cluster.holds_on(1, "grep BROKEN /etc/systemd/system/netgen-proving-n1-chain.service"));
        assert_eq!(before, [pid(2), pid(3)]);
        for host in ["h2", "h3"] {
            assert_eq!(Counts { ok: 0, ..canary.counts[host] }, Counts::default(), "{host} was touched");
        }
    });
    step("a canary that takes no part in consensus any more gets its bundle back", || {
        build(&cluster, &[IDLE]);
        let before = [pid(2), pid(3)];
        let canary = cluster.play("canary.yml", &["-e", "netgen_host=h1", "-e", "netgen_duty_timeout=12"]);
        assert!(!canary.good, "{}", canary.output);
        assert!(
            canary.output.contains("Validators without a duty since the restart: n1"),
            "{}",
            canary.output
        );
        assert!(!cluster.holds_on(1, "grep IDLE /etc/systemd/system/netgen-proving-n1-chain.service"));
        assert_eq!(before, [pid(2), pid(3)]);
    });
    let open = "nft list table inet netgen | grep -q 7777";
    step("a canary that stays well is followed by all", || {
        build(&cluster, &[CHANGED, OPENED]);
        let canary = ["-e", "netgen_host=h2", "-e", "netgen_wait=0.2"];
        cluster.play("canary.yml", &[canary.as_slice(), &AT_ONCE].concat()).well();
        for host in 1..=HOSTS {
            let note = format!("grep NOTE /etc/systemd/system/netgen-proving-n{host}-chain.service");
            assert!(cluster.holds_on(host, &note));
        }
        assert!(cluster.holds_on(2, open));
    });
    step("a rollback brings the bundle before back, everywhere", || {
        cluster.play("rollback.yml", &AT_ONCE).well();
        for host in 1..=HOSTS {
            let note = format!("grep NOTE /etc/systemd/system/netgen-proving-n{host}-chain.service");
            assert!(!cluster.holds_on(host, &note));
            wait(|| height(&cluster, host, "127.0.0.1:8545") > 0);
        }
        assert!(cluster.holds_on(2, &format!("! {open}")), "the firewall is that of the bundle before");
        let again = cluster.play("rollback.yml", &AT_ONCE).well();
        assert!(again.changed.is_empty(), "{:#?}", again.changed);
    });
}
