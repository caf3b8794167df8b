//! State that outlives its host: backup, restore, drill, drift and rotation on real hosts.

use std::fs;

use crate::cluster::{Cluster, HOSTS, Play, Tools, build};
use crate::{AT_ONCE, height, step, wait};

/// What the network has beyond the one of `network.yaml`: backups, keys that sign, two secrets.
const MORE: [(&str, &str); 3] = [
    (
        "  node-key: { env: PROVING_NODE_KEY }",
        "  node-key: { file: node.key }\n  restic: { file: restic.key }\nbackup: { schedule: hourly, to: /mnt/backup, password: { secret: restic }, rto: 2m }",
    ),
    (
        "path: /run/secrets/key }",
        "path: /run/secrets/key }\n      token:\n        type: secret\n        doc: A password that the program keeps itself\n        \
         path: /run/secrets/token\n        generate: { form: password, scope: network }\n        \
         rotate: { command: [/usr/bin/tee, /run/told], input: \"now '{{ value }}'\\n\" }",
    ),
    (
        "data: { path: /data, size: 10MiB }",
        "data: { path: /data, size: 10MiB, backup: true, keys: { files: \"*.json\", field: pubkey } }",
    ),
];

const DATA: &str = "/var/lib/netgen/proving/n1-chain/data";
const RESTORE: [&str; 6] =
    ["-e", "netgen_host=h1", "-e", "netgen_confirm=proving", "-e", "netgen_service=n1-chain"];

/// One life of state; each step stands on the one before it.
pub fn state_is_kept(tools: &Tools) {
    let cluster = Cluster::boot(tools);
    fs::write(cluster.path().join("node.key"), "ab".repeat(32)).unwrap();
    fs::write(cluster.path().join("restic.key"), "a password of the repository").unwrap();
    build(&cluster, &MORE);
    step("deployed", || {
        cluster.play("site.yml", &AT_ONCE).well();
    });
    step("a backup is made, and can be read", || {
        cluster.on(1, &format!("echo '{{\"pubkey\": \"0xABCD\"}}' >{DATA}/validator.json && chown 10077:10077 {DATA}/validator.json && chmod 600 {DATA}/validator.json"));
        wait(|| height(&cluster, 1, "10.231.0.11:8080") > 3);
        let play = cluster.play("backup.yml", &[]).well();
        for service in ["n1-chain", "n2-chain", "n3-chain"] {
            assert!(play.output.contains(&format!("{service}: snapshot")), "{}", play.output);
        }
        assert!(
            cluster.holds_on(1, "! test -e /var/lib/netgen/proving/.backup/n1-chain"),
            "a copy of keys is left"
        );
        // Encrypted: nothing of it can be read in the repository.
        assert!(cluster.holds_on(1, "test -d /mnt/backup/snapshots && ! grep -rqi abcd /mnt/backup/data"));
    });
    step("a drill proves it and says how old and how fast", || {
        let play = cluster.play("restore_drill.yml", &["-e", "netgen_host=h1"]);
        assert!(play.good && play.output.contains("RPO 0h0"), "{}", play.output);
        assert!(play.output.contains("RTO") && play.output.contains("target 120 s: met"), "{}", play.output);
        assert!(cluster.holds_on(1, "! test -e /var/lib/netgen/proving/.restore/n1-chain"));
        let missed = cluster.play(
            "restore_drill.yml",
            &["-e", "netgen_host=h1", "-e", "{netgen_backup_policy: {local: true, rpo: 1, rto: 120}}"],
        );
        assert!(!missed.good && missed.output.contains("MISSED"), "{}", missed.output);
    });
    let saved = step_value("what is wiped comes back", || {
        let before = cluster.on(1, &format!("systemctl stop netgen-proving-n1-chain && cat {DATA}/height"));
        cluster.on(1, &format!("rm -rf {DATA}"));
        let play = restored(cluster.play("restore.yml", &RESTORE));
        assert!(play.output.contains("n1-chain: as of"), "{}", play.output);
        assert_eq!(
            cluster.on(1, &format!("stat --format='%u %g %a' {DATA} {DATA}/validator.json")),
            "10077 10077 700\n10077 10077 600"
        );
        assert_eq!(cluster.on(1, &format!("cat {DATA}/validator.json")), "{\"pubkey\": \"0xABCD\"}");
        let now = cluster.on(1, &format!("cat {DATA}/height")).parse::<u64>().unwrap();
        assert!(now > 3 && now <= before.parse::<u64>().unwrap() + 120, "{now} after {before}");
        wait(|| height(&cluster, 1, "127.0.0.1:8545") > now);
        cluster.on(1, "cat /var/log/netgen/proving.log")
    });
    assert!(saved.contains("restored n1-chain from the backup of"), "{saved}");
    step("a live copy forbids it", || refused(&cluster));
    step("what was changed by hand is found and put right", || drift(&cluster));
    step("a secret is changed, host by host", || rotate(&cluster));
}

/// The same, if it ended well; it speaks of the hosts that it touched.
fn restored(play: Play) -> Play {
    assert!(play.good, "{}", play.output);
    play
}

fn refused(cluster: &Cluster) {
    let before = cluster.on(1, "systemctl show --value -p MainPID netgen-proving-n1-chain");
    let refuse = |more: &[&str], why: &str| {
        let play = cluster.play("restore.yml", &[RESTORE.as_slice(), more].concat());
        assert!(!play.good && play.output.contains(why), "{why}\n{}", play.output);
        assert_eq!(
            cluster.on(1, "systemctl show --value -p MainPID netgen-proving-n1-chain"),
            before,
            "{why}: it was touched"
        );
        assert!(
            cluster.holds_on(1, "! test -e /var/lib/netgen/proving/.restore/n1-chain"),
            "{why}: a copy is left"
        );
    };
    refuse(&["-e", "netgen_confirm=prooving"], "This replaces state of proving on h1");
    refuse(&["-e", "netgen_snapshot=abcdef01"], "has no complete backup `abcdef01`");
    // The same key under another name.
    let twin = "/var/lib/netgen/proving/n2-chain/data/other.json";
    cluster.on(2, &format!("echo '{{ \"version\": 4,\n \"pubkey\" : \"abcd\" }}' >{twin}"));
    refuse(&[], "n2-chain on h2 signs with a key of this backup");
    cluster.on(2, &format!("rm {twin}"));
    // A unit that an earlier bundle left.
    cluster.on(3, "systemd-run --quiet --unit=netgen-proving-n1-chain sleep 600");
    refuse(&[], "n1-chain is alive on h3");
    refuse(&["--check"], "n1-chain is alive on h3");
    cluster.on(3, "systemctl stop netgen-proving-n1-chain");
    // A host that cannot be asked.
    assert!(cluster.holds_outside("ip -n netgen-host-3 link set eth0 down"));
    // A connection that is kept open would hang.
    let _ = fs::remove_dir_all(cluster.path().join("ssh"));
    refuse(&["-T", "5"], "h3 cannot be asked whether n1-chain still signs there");
    assert!(cluster.holds_outside(
        "ip -n netgen-host-3 link set eth0 up && ip -n netgen-host-3 route add default via 10.231.0.1"
    ));
    // A machine that the manifest no longer has.
    assert!(cluster.holds_outside(
        "(python3 -m http.server 8545 --bind 10.231.0.1 >/dev/null 2>&1 & echo $! >/tmp/netgen-old.pid)"
    ));
    wait(|| cluster.holds_outside("exec 3<>/dev/tcp/10.231.0.1/8545"));
    refuse(&["-e", "netgen_old_address=10.231.0.1"], "10.231.0.1 answers at port 8545");
    assert!(cluster.holds_outside("kill $(cat /tmp/netgen-old.pid); rm /tmp/netgen-old.pid"));
    restored(
        cluster
            .play("restore.yml", &[RESTORE.as_slice(), &["-e", "netgen_old_address=10.231.0.99"]].concat()),
    );
}

fn drift(cluster: &Cluster) {
    let play = cluster.play("drift_check.yml", &[]).well();
    assert!(play.changed.is_empty(), "{:#?}", play.changed);
    cluster.on(2, "echo '# mine' >>/etc/systemd/system/netgen-proving-n2-chain.service");
    cluster
        .on(2, "systemctl disable --quiet netgen-proving-n2-chain && systemctl stop netgen-proving-n2-chain");
    cluster.on(1, "nft insert rule inet netgen input tcp dport 4444 accept");
    cluster.on(1, "sed -i '1a # mine' /opt/netgen/proving/config/rpc/*.cfg");
    let play = cluster.play("drift_check.yml", &[]);
    assert!(!play.good && play.counts["h3"].failed == 0, "{}", play.output);
    for line in [
        "files: /etc/systemd/system/netgen-proving-n2-chain.service",
        "enabled: netgen-proving-n2-chain.service does not start at boot (disabled)",
        "running: netgen-proving-n2-chain.service does not run (inactive)",
        "firewall: is not of the bundle: tcp dport 4444 accept",
        "files: /opt/netgen/proving/config/rpc/haproxy.cfg",
    ] {
        assert!(play.output.contains(line), "{line}\n{}", play.output);
    }
    assert!(
        cluster.holds_on(2, "! systemctl is-active netgen-proving-n2-chain"),
        "a look repaired something"
    );
    let play = cluster.play("drift_check.yml", &["-e", "netgen_repair=1"]).well();
    assert!(play.output.contains("h2 is as in the bundle"), "{}", play.output);
    assert!(cluster.holds_on(
        2,
        "systemctl is-active netgen-proving-n2-chain && systemctl is-enabled netgen-proving-n2-chain"
    ));
    assert!(cluster.holds_on(1, "! nft list table inet netgen | grep -q 4444"));
    cluster.play("drift_check.yml", &[]).well();
}

fn rotate(cluster: &Cluster) {
    let value = |host: usize, name: &str| {
        cluster.on(host, &format!("cat /etc/netgen/proving/secrets/network/{name}"))
    };
    let start = |host: usize| {
        cluster.on(host, &format!("systemctl show --value -p MainPID netgen-proving-n{host}-chain"))
    };
    // One that is made, and that a program keeps itself.
    let (old, started) = (value(1, "token"), start(2));
    let play = cluster.play("rotate_secrets.yml", &["-e", "netgen_secret=token"]);
    assert!(play.good, "{}", play.output);
    let new = value(1, "token");
    assert!(new != old && new.len() == 32);
    for host in 1..=HOSTS {
        assert_eq!(value(host, "token"), new);
        assert_eq!(cluster.on(host, "cat /run/told"), format!("now '{new}'"));
        let log = cluster.on(host, "cat /var/log/netgen/proving.log");
        assert!(log.contains("secret token (/etc/netgen/proving/secrets/network/token): sha256 "), "{log}");
        assert!(!log.contains(&new) && !log.contains(&old), "a secret is in the log");
    }
    assert_ne!(start(2), started, "what reads it was restarted");
    assert!(!play.output.contains(&new) && !play.output.contains(&old), "a secret was said");
    let log = fs::read_to_string(cluster.path().join(".netgen/proving.log")).unwrap();
    assert_eq!(log.matches("secret token").count(), HOSTS, "{log}");
    let again = cluster.play("site.yml", &AT_ONCE).well();
    assert!(again.changed.is_empty(), "{:#?}", again.changed);
    // One that comes from elsewhere is changed there first.
    let play = cluster.play("rotate_secrets.yml", &["-e", "netgen_secret=node-key"]);
    assert!(!play.good && play.output.contains("change it there first"), "{}", play.output);
    // A value that its reader does not take ends at the first host, which gets the old one back.
    let good = value(1, "node-key");
    fs::write(cluster.path().join("node.key"), "short").unwrap();
    let play =
        cluster.play("rotate_secrets.yml", &["-e", "netgen_secret=node-key", "-e", "health_patience=10"]);
    assert!(!play.good && play.output.contains("has the old one again"), "{}", play.output);
    for host in 1..=HOSTS {
        assert_eq!(value(host, "node-key"), good);
        wait(|| height(cluster, host, "127.0.0.1:8545") > 0);
    }
    fs::write(cluster.path().join("node.key"), "cd".repeat(32)).unwrap();
    let play = cluster.play("rotate_secrets.yml", &["-e", "netgen_secret=node-key"]);
    assert!(play.good, "{}", play.output);
    assert_eq!(value(3, "node-key"), "cd".repeat(32));
    let play = cluster.play("rotate_secrets.yml", &["-e", "netgen_secret=restic"]);
    assert!(!play.good && play.output.contains("The backups are encrypted with restic"), "{}", play.output);
}

fn step_value<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let mut value = None;
    step(name, || value = Some(work()));
    value.unwrap()
}
