//! Looking after a network that runs: what its playbooks find, show, stop, start and delete.

use std::fs::File;
use std::process::Command;

use crate::cluster::{Cluster, HOSTS, Play, Tools, build};
use crate::{AT_ONCE, connect, height, step, wait};

const CONFIRMED: [&str; 2] = ["-e", "netgen_confirm=proving"];
const CHAIN: &str = "netgen-proving-n2-chain.service";

pub fn looked_after_on_real_hosts(tools: &Tools) {
    let cluster = Cluster::boot(tools);
    build(&cluster, &[]);
    step("the doctor finds who has a port before a deploy, and changes nothing", || {
        cluster.on(2, "systemd-run --unit stranger python3 -m http.server 8545");
        wait(|| cluster.holds_on(2, &connect("127.0.0.1", 8545)));
        let look = cluster.play("doctor.yml", &[]);
        let found = "8545/tcp of n2-chain is in use by python3 (process ";
        assert!(!look.good && look.output.contains(found), "{}", look.output);
        assert!(look.output.contains("stranger.service)"), "{}", look.output);
        assert_eq!(
            [failed(&look, "h1"), failed(&look, "h2"), failed(&look, "h3")],
            [0, 1, 0],
            "{}",
            look.output
        );
        assert!(look.changed.is_empty() && cluster.holds_on(1, "! test -e /opt/netgen"));
        cluster.on(2, "systemctl stop stranger");
        let late = cluster.play("doctor.yml", &["-e", "netgen_stage=post"]);
        assert!(!late.good && late.output.contains("nothing was deployed yet"), "{}", late.output);
        let up = cluster.play("up.yml", &[]);
        assert!(!up.good && up.output.contains("run `make deploy`"), "{}", up.output);
    });
    step("a secret that is missing is one line with its cure", || {
        let play = cluster.play_with(
            "site.yml",
            &["--limit", "h1"],
            &[("PROVING_NODE_KEY", ""), ("ANSIBLE_STDOUT_CALLBACK", "netgen")],
        );
        let line =
            "node-key is missing (read by n1-chain): PROVING_NODE_KEY is not set on this machine -- export";
        assert!(!play.good && play.output.contains(line), "{}", play.output);
    });
    step("a deploy", || {
        cluster.play("site.yml", &AT_ONCE).well();
        wait(|| (1..=HOSTS).all(|host| height(&cluster, host, "127.0.0.1:8545") > 0));
    });
    step("the doctor finds nothing after a deploy", || {
        let look = cluster.play("doctor.yml", &[]).well();
        for host in ["h1", "h2", "h3"] {
            let well = format!("{host}        ok  all is well: ");
            assert!(words(&look.output).contains(&words(&well)), "{}", look.output);
        }
        assert!(look.changed.is_empty() && look.output.contains("3 hosts, 0 findings"), "{}", look.output);
    });
    step("every node says how far it is", || {
        let told = cluster.play("sync_status.yml", &[]).well();
        for (host, node) in [("h1", "n1"), ("h2", "n2"), ("h3", "n3")] {
            let begin = format!("{host} ({node}): SYNCED height=");
            let (_, rest) = told.output.split_once(&begin).unwrap_or_else(|| panic!("{}", told.output));
            let height = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
            assert!(height.starts_with(" peers=2"), "{rest}");
        }
    });
    step("what stands is found", || {
        cluster.on(2, &format!("systemctl stop {CHAIN}"));
        let told = cluster.play("sync_status.yml", &[]);
        assert!(!told.good && told.output.contains("h2 (n2): DOWN Connection refused"), "{}", told.output);
        assert_eq!([failed(&told, "h1"), failed(&told, "h2")], [0, 1]);
        let look = cluster.play("doctor.yml", &["--limit", "h2"]);
        assert!(!look.good && look.output.contains(&format!("{CHAIN} is inactive")), "{}", look.output);
        let health = cluster.play("health.yml", &["--limit", "h2"]);
        assert!(!health.good && health.output.contains(&format!("do not run: {CHAIN}")), "{}", health.output);
        cluster.on(2, "nft delete table inet netgen");
        let look = cluster.play("doctor.yml", &["--limit", "h2"]);
        assert!(look.output.contains("the ruleset is not loaded: every port is open"), "{}", look.output);
        assert!(cluster.play("firewall.yml", &["--limit", "h2"]).good);
        assert!(cluster.holds_on(2, "nft list table inet netgen"));
        assert!(cluster.play("up.yml", &["--limit", "h2"]).good);
        assert!(cluster.holds_on(2, &format!("systemctl is-active {CHAIN}")));
    });
    step("the lines of a service are shown", || {
        let told = cluster.play("logs.yml", &["-e", "netgen_service=n2", "-e", "netgen_lines=20"]).well();
        assert!(told.output.contains("h2 n2-chain:") && told.output.contains("Started "), "{}", told.output);
        assert!(!told.output.contains("n1-chain:"), "{}", told.output);
        let unknown = cluster.play("logs.yml", &["-e", "netgen_service=n9"]);
        assert!(!unknown.good && unknown.output.contains("component `n9`; there are"), "{}", unknown.output);
    });
    step("the network stops when it is named, and starts again where it was", || {
        let refused = cluster.play("down.yml", &[]);
        assert!(!refused.good && refused.output.contains("CONFIRM=proving"), "{}", refused.output);
        assert!(cluster.holds_on(1, "systemctl is-active netgen-proving-n1-chain.service"));
        let before = height(&cluster, 3, "127.0.0.1:8545");
        cluster.play("down.yml", &CONFIRMED).well();
        for host in 1..=HOSTS {
            assert!(
                cluster
                    .holds_on(host, &format!("! systemctl is-active netgen-proving-n{host}-chain.service"))
            );
        }
        cluster.play("up.yml", &[]).well();
        let again = cluster.play("up.yml", &[]).well();
        assert!(again.changed.is_empty(), "{:?}", again.changed);
        wait(|| height(&cluster, 3, "127.0.0.1:8545") >= before);
    });
    step("a wipe wants a name and hosts, and then deletes the state of those", || {
        let state = "/var/lib/netgen/proving/n3-chain/data/height";
        for refused in [["--limit", "h3"], CONFIRMED] {
            assert!(!cluster.play("wipe.yml", &refused).good, "{refused:?}");
            assert!(cluster.holds_on(3, &format!("test -s {state}")));
        }
        let chosen = [["--limit", "h3"].as_slice(), &CONFIRMED].concat();
        let look = cluster.play("wipe.yml", &[chosen.as_slice(), &["--check"]].concat());
        assert!(look.good && cluster.holds_on(3, &format!("test -s {state}")), "{}", look.output);
        let before = height(&cluster, 3, "127.0.0.1:8545");
        let wiped = cluster.play("wipe.yml", &chosen);
        assert!(wiped.good && cluster.holds_on(3, &format!("! test -e {state}")), "{}", wiped.output);
        assert!(cluster.holds_on(3, "test -s /etc/netgen/proving/secrets/network/node-key"));
        assert!(cluster.holds_on(2, "test -s /var/lib/netgen/proving/n2-chain/data/height"));
        assert!(cluster.play("up.yml", &["--limit", "h3"]).good);
        assert!(height(&cluster, 3, "127.0.0.1:8545") < before, "it began anew");
    });
    step("one host is deployed to", || {
        let many = cluster.play("apply.yml", &[]);
        assert!(!many.good && many.output.contains("make apply LIMIT=<host>"), "{}", many.output);
        let one = cluster.play("apply.yml", &["--limit", "h2"]);
        assert!(one.good && one.changed.is_empty(), "{}", one.output);
        let n3 = "  n3: { host: h3, role: validator, stack: node, voting-power: 1 }\n";
        build(&cluster, &[(n3, &n3.replace("h3", "h2"))]);
        let twice = cluster.play("apply.yml", &["--limit", "h2"]);
        let found = "netgen-proving-n3-chain.service is still on h3, and would run twice";
        assert!(!twice.good && twice.output.contains(found), "{}", twice.output);
        assert!(cluster.holds_on(2, "! test -e /etc/systemd/system/netgen-proving-n3-chain.service"));
    });
    step("a device is mounted, and formatted only where it is empty", || {
        let disk = Disk::new(&cluster);
        cluster.on(3, &format!("mknod /dev/disk7 b 7 {}", disk.number));
        let storage =
            |more: &[&str]| cluster.play("storage.yml", &[["--limit", "h3"].as_slice(), more].concat());
        let refused = |more: &[&str], why: &str| {
            let play = storage(more);
            assert!(
                !play.good && play.changed.is_empty() && play.output.contains(why),
                "{why}: {}",
                play.output
            );
        };
        let (device, format) = (["-e", "netgen_device=/dev/disk7"], ["-e", "netgen_format=yes"]);
        let both = [device, format].concat();
        refused(&[], "name both with");
        refused(&["-e", "netgen_device=/dev/null"], "is no block device");
        refused(&device, "is empty: say FORMAT=yes");
        refused(&both, "which the device would hide");
        cluster.on(3, "systemctl stop 'netgen-proving-*' && rm -r /var/lib/netgen/*");
        assert!(storage(&[both.as_slice(), &["--check"]].concat()).good);
        assert!(cluster.holds_on(3, "! blkid -p /dev/disk7"), "a look formats nothing");
        // A host without udev has no names of devices by their ids: the first mount fails for that.
        storage(&both);
        cluster.on(3, "mkdir -p /dev/disk/by-uuid && ln -s /dev/disk7 /dev/disk/by-uuid/$(blkid -p -o value -s UUID /dev/disk7)");
        refused(&both, "has ext4 on it and is not formatted");
        assert!(storage(&device).good && cluster.holds_on(3, "mountpoint /var/lib/netgen"));
        let again = storage(&both);
        assert!(again.good && again.changed.is_empty(), "{}", again.output);
        let needs = "systemctl show --value -p RequiresMountsFor netgen-proving-n3-chain";
        assert!(cluster.on(3, needs).contains("/var/lib/netgen"));
        cluster.on(3, "umount /var/lib/netgen");
    });
}

fn failed(play: &Play, host: &str) -> usize {
    play.counts[host].failed
}

/// A text with one space between its words.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A disk of this machine that is a file, for a host to be given.
struct Disk {
    device: String,
    /// Its number among the devices of its kind.
    number: String,
}

impl Disk {
    fn new(cluster: &Cluster) -> Self {
        let file = cluster.path().join("disk");
        File::create(&file).unwrap().set_len(64 << 20).unwrap();
        let made = Command::new("losetup").args(["--find", "--show"]).arg(file).output().unwrap();
        let device = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let number = device.strip_prefix("/dev/loop").unwrap().to_owned();
        Self { device, number }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("losetup").arg("--detach").arg(&self.device).output();
    }
}
