//! What hosts tell of themselves: the scripts of the bundle are run, with stand-ins for what they call.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use tempfile::TempDir;

const MANIFEST: &str = "netgen: 1
network: { name: own, chain: foonet, environment: testnet }
hosts:
  boxes: { address: 203.0.113.11 }
  bare: { address: 203.0.113.12, runtime: native }
chains:
  foonet: { chain: foonet, name: The Foo network, family: foo, block-time: 2, consensus: bft, sources: [ invented ] }
components:
  foochain:
    component: foochain
    summary: A node of the Foo network
    kind: chain-node
    version: { tested: 1.4.2 }
    image: registry.example.net/foochain
    provides: { metrics: { port: 26660, protocol: http, path: /metrics } }
    volumes: { data: { path: /data, backup: true } }
    native: { program: /usr/local/bin/foo }
    backup: { command: [foo, dump], name: foo.dump }
    sources: [ invented ]
stacks: { foo: { node: { component: foochain } } }
nodes:
  n1: { host: boxes, role: rpc, stack: foo }
  n2: { host: bare, role: rpc, stack: foo }
secrets: { restic: { env: RESTIC } }
backup: { schedule: daily, to: /mnt/backup, password: { secret: restic } }
";

const MONITORING: &str = "monitoring: { host: boxes, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }\n";

fn built(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    compilation
}

fn text(compilation: &Compilation, path: &str) -> String {
    let file = compilation.bundle.as_ref().unwrap().get(path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(file.bytes().unwrap().into_owned()).unwrap()
}

/// A host: its install folder, and programs that stand in for those of a real one.
struct Host {
    root: TempDir,
}

impl Host {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("own/metrics")).unwrap();
        fs::create_dir_all(root.path().join("bin")).unwrap();
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("own").join(name)
    }

    fn program(&self, name: &str, body: &str) {
        program::write(&self.root.path().join("bin").join(name), format!("#!/bin/bash\n{body}\n"));
    }

    /// A script of the bundle, with the folders of this host.
    fn moved(&self, script: &str) -> String {
        let own = self.path("");
        let state = self.path("state");
        let script = script.replace("/opt/netgen/own", own.to_str().unwrap().trim_end_matches('/'));
        script.replace("/var/lib/netgen/own", state.to_str().unwrap())
    }

    /// Installs the script that the state of a host is told by.
    fn install_drift(&self, network: &Compilation, host: &str) {
        fs::create_dir_all(self.path("bin")).unwrap();
        program::write(
            &self.path("bin/drift"),
            self.moved(&text(network, &format!("systemd/{host}/bin/drift"))),
        );
    }

    fn run(&self, script: &str) -> Output {
        let script = self.moved(script);
        let place = self.root.path().join("script");
        program::write(&place, &script);
        let path = format!("{}:/usr/bin:/bin", self.root.path().join("bin").display());
        Command::new("bash").arg(place).env("PATH", path).output().unwrap()
    }

    /// The samples of a file of metrics. Whoever reads it may be another user, and no other file is left.
    fn told(&self, file: &str) -> Vec<String> {
        let place = self.path("metrics").join(file);
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o644);
        for entry in fs::read_dir(self.path("metrics")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name.ends_with(".prom") || name.starts_with(".awaited-"), "{name}");
        }
        let text = fs::read_to_string(place).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }
}

fn value<'a>(told: &'a [String], name: &str) -> &'a str {
    let line = told.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {told:?}"));
    line.rsplit(' ').next().unwrap()
}

#[test]
fn a_host_tells_its_bundle_its_drift_and_its_services() {
    let network = built(&format!("{MANIFEST}{MONITORING}"));
    let host = Host::new();
    host.install_drift(&network, "bare");
    host.program(
        "systemctl",
        "case \"${*: -1}\" in\n*n2-node*) printf 'ActiveState=active\\nNRestarts=4\\n' ;;\n\
         *) printf 'NRestarts=0\\nActiveState=failed\\n' ;;\nesac",
    );
    let script = text(&network, "systemd/bare/bin/state");
    // Before a deploy has said what is there, nothing is said of the bundle.
    assert!(host.run(&script).status.success());
    let told = host.told("state.prom");
    assert!(!told.iter().any(|line| line.starts_with("netgen_bundle")), "{told:?}");
    assert_eq!(value(&told, "netgen_resident_running{resident=\"n2-node\"}"), "1");
    assert_eq!(value(&told, "netgen_resident_restarts_total{resident=\"n2-node\"}"), "4");
    assert!(told.iter().any(|l| l.starts_with("netgen_resident_running") && l.ends_with(" 0")), "{told:?}");
    let since = value(&told, "netgen_backup_awaited_since_timestamp_seconds{backup=\"n2-node\"}").to_owned();

    let config = host.path("config.yml");
    fs::write(&config, "a: 1\n").unwrap();
    let sums = Command::new("sha256sum").arg(&config).output().unwrap();
    fs::write(host.path("installed.sha256"), sums.stdout).unwrap();
    fs::write(host.path("bundle.sha256"), format!("{}\n", "ab".repeat(32))).unwrap();
    assert!(host.run(&script).status.success());
    let told = host.told("state.prom");
    assert_eq!(value(&told, &format!("netgen_bundle_info{{digest=\"{}\"}}", "ab".repeat(32))), "1");
    assert_eq!(
        (value(&told, "netgen_bundle_files "), value(&told, "netgen_bundle_files_changed ")),
        ("1", "0")
    );
    assert!(value(&told, "netgen_bundle_since_timestamp_seconds ").parse::<u64>().unwrap() > 1_600_000_000);
    // It is waited for since the first time, not since the last.
    assert_eq!(value(&told, "netgen_backup_awaited_since_timestamp_seconds{"), since);

    for change in [Some("a: 2\n"), None] {
        match change {
            Some(text) => fs::write(&config, text).unwrap(),
            None => fs::remove_file(&config).unwrap(),
        }
        let output = host.run(&script);
        assert!(output.status.success());
        let told = host.told("state.prom");
        assert_eq!(value(&told, "netgen_bundle_files_changed "), "1");
        // No rules were ever loaded here, and systemctl says of nothing that it starts at boot.
        assert_eq!(value(&told, "netgen_drift{kind=\"firewall\"}"), "1");
        assert_ne!(value(&told, "netgen_drift{kind=\"enabled\"}"), "0");
        // The journal says which.
        assert!(String::from_utf8_lossy(&output.stderr).contains("<4>"), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("config.yml"), "{output:?}");
    }
}

#[test]
fn containers_are_asked_of_their_engine() {
    let network = built(&format!("{MANIFEST}{MONITORING}"));
    let host = Host::new();
    host.install_drift(&network, "boxes");
    host.program(
        "docker",
        "case \"${*: -1}\" in\nn1-node) echo 'running 7' ;;\ngrafana) echo 'exited 0' ;;\n*) exit 1 ;;\nesac",
    );
    assert!(host.run(&text(&network, "systemd/boxes/bin/state")).status.success());
    let told = host.told("state.prom");
    assert_eq!(value(&told, "netgen_resident_running{resident=\"n1-node\"}"), "1");
    assert_eq!(value(&told, "netgen_resident_restarts_total{resident=\"n1-node\"}"), "7");
    assert_eq!(value(&told, "netgen_resident_running{resident=\"grafana\"}"), "0");
    // One that is not there at all does not run.
    assert_eq!(value(&told, "netgen_resident_running{resident=\"prometheus\"}"), "0");
}

#[test]
fn a_backup_tells_how_it_ended() {
    let network = built(&format!("{MANIFEST}{MONITORING}"));
    let host = Host::new();
    let script = text(&network, "systemd/bare/bin/backup-n2-node");
    host.program("foo", "echo state");
    let restic = |body: &str| host.program("restic", body);
    let summary = "cat >/dev/null\necho '{\"message_type\":\"summary\",\"files_new\":1,\"total_bytes_processed\":4711,\"snapshot_id\":\"ab\"}'";

    restic(&format!("[[ $1 != backup ]] || {{ {summary}; }}"));
    let output = host.run(&script);
    assert!(output.status.success(), "{output:?}");
    let told = host.told("backup-n2-node.prom");
    assert_eq!(value(&told, "netgen_backup_last_exit_code{backup=\"n2-node\"}"), "0");
    // A dump, and files.
    assert_eq!(value(&told, "netgen_backup_last_size_bytes"), "9422");
    assert!(!host.path("state/.backup/n2-node").exists(), "a copy is left");
    assert!(value(&told, "netgen_backup_last_duration_seconds").parse::<u64>().unwrap() < 60);
    let success = value(&told, "netgen_backup_last_success_timestamp_seconds").to_owned();
    assert_eq!(value(&told, "netgen_backup_last_run_timestamp_seconds"), success);

    // Whatever fails (the dump, the store, the check), the last good one stays known.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    restic("[[ $1 != backup ]] || exit 3");
    assert_eq!(host.run(&script).status.code(), Some(3));
    let told = host.told("backup-n2-node.prom");
    assert_eq!(value(&told, "netgen_backup_last_exit_code"), "3");
    assert_eq!(value(&told, "netgen_backup_last_success_timestamp_seconds"), success);
    assert_ne!(value(&told, "netgen_backup_last_run_timestamp_seconds"), success);
    restic(&format!("[[ $1 != backup ]] || {{ {summary}; }}"));
    host.program("foo", "exit 5");
    assert_eq!(host.run(&script).status.code(), Some(5));
    assert_eq!(value(&host.told("backup-n2-node.prom"), "netgen_backup_last_exit_code"), "5");
    host.program("foo", "echo state");
    restic(&format!("case $1 in backup) {summary} ;; check) exit 1 ;; esac"));
    assert_eq!(host.run(&script).status.code(), Some(1));
    assert_eq!(
        value(&host.told("backup-n2-node.prom"), "netgen_backup_last_success_timestamp_seconds"),
        success
    );
}

#[test]
fn a_first_backup_that_fails_has_no_success() {
    let network = built(&format!("{MANIFEST}{MONITORING}"));
    let host = Host::new();
    host.program("restic", "exit 1");
    host.program("foo", "echo state");
    assert_eq!(host.run(&text(&network, "systemd/bare/bin/backup-n2-node")).status.code(), Some(1));
    let told = host.told("backup-n2-node.prom");
    assert!(!told.iter().any(|line| line.contains("success")), "{told:?}");
    assert_eq!(value(&told, "netgen_backup_last_exit_code"), "1");
}

/// Where nobody reads metrics of the host, nothing is written, and no alert speaks of them.
#[test]
fn without_monitoring_nothing_is_told() {
    let network = built(MANIFEST);
    let bundle = network.bundle.as_ref().unwrap();
    assert!(bundle.get("systemd/bare/bin/state").is_none());
    assert!(bundle.get("systemd/bare/netgen-own-state.timer").is_none());
    let script = text(&network, "systemd/bare/bin/backup-n2-node");
    assert!(!script.contains("metrics"), "{script}");
    assert!(!text(&network, "ansible/inventory/host_vars/bare.yml").contains("state_unit"));
}

/// The exporter sees the host as it is: what would hide it is left out of its unit, and of no other.
#[test]
fn a_native_exporter_sees_the_host() {
    let network = built(&format!("{MANIFEST}{MONITORING}"));
    let exporter = text(&network, "systemd/bare/netgen-own-node-exporter-bare.service");
    let node = text(&network, "systemd/bare/netgen-own-n2-node.service");
    for directive in ["ProtectSystem=", "ProtectHome=", "PrivateTmp=", "ProtectProc=", "ProtectClock="] {
        assert!(!exporter.contains(directive) && node.contains(directive), "{directive}\n{exporter}");
    }
    for directive in
        ["NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "User=65534", "ProtectKernelTunables=yes"]
    {
        assert!(exporter.contains(directive), "{directive}\n{exporter}");
    }
    assert!(exporter.contains("SystemCallFilter=adjtimex clock_adjtime\n"), "{exporter}");
    assert!(!node.contains("adjtimex"), "{node}");
    assert!(exporter.contains("--path.rootfs=/\"") || exporter.contains("--path.rootfs=/ "), "{exporter}");
    assert!(exporter.contains("--collector.textfile.directory=/opt/netgen/own/metrics"), "{exporter}");
    let compose = text(&network, "compose/boxes/compose.yaml");
    assert!(compose.contains("--collector.textfile.directory=/textfiles"), "{compose}");
    assert!(compose.contains("/opt/netgen/own/metrics"), "{compose}");
    let facts = text(&network, "ansible/inventory/host_vars/bare.yml");
    assert!(
        facts.contains("netgen-own-state.service") && facts.contains("/opt/netgen/own/metrics"),
        "{facts}"
    );
}

/// What is saved of a service: files that nobody wrote to meanwhile, with what they were read with.
#[test]
fn files_are_saved_as_they_are_and_no_copy_is_left() {
    let own_files = MANIFEST
        .replace("volumes: { data: { path: /data, backup: true } }", "volumes: { data: { path: /data, backup: true, keys: { files: \"*.json\", field: pubkey } }, blocks: { path: /blocks, saves: [node/key] } }")
        .replace("    backup: { command: [foo, dump], name: foo.dump }\n", "");
    let network = built(&own_files);
    let host = Host::new();
    let state = host.path("state/n2-node");
    fs::create_dir_all(state.join("data")).unwrap();
    fs::create_dir_all(state.join("blocks/node")).unwrap();
    for (file, content) in [("data/key.json", "{}"), ("blocks/node/key", "k"), ("blocks/huge", "b")] {
        fs::write(state.join(file), content).unwrap();
    }
    let seen = host.path("seen");
    host.program("restic", &format!("[[ $1 != backup ]] || find . -type f | sort >{}", seen.display()));
    let output = host.run(&text(&network, "systemd/bare/bin/backup-n2-node"));
    assert!(output.status.success(), "{output:?}");
    let seen = fs::read_to_string(seen).unwrap();
    assert_eq!(seen, "./about.json\n./volumes/blocks/node/key\n./volumes/data/key.json\n");
    assert!(!host.path("state/.backup/n2-node").exists(), "a copy is left");
    let facts = text(&network, "ansible/inventory/host_vars/bare.yml");
    assert!(facts.contains("signs: true") && facts.contains("field: pubkey"), "{facts}");
}

/// An image whose digest is not the one of the bundle is told, whatever it is called.
#[test]
fn another_image_is_told() {
    let image = format!("registry.example.net/foochain:1.4.2@sha256:{}", "ab".repeat(32));
    let pinned = MANIFEST
        .replace("{ component: foochain }", &format!("{{ component: foochain, image: \"{image}\" }}"));
    let network = built(&pinned);
    let host = Host::new();
    let script = text(&network, "systemd/boxes/bin/drift")
        .replace("set -- files enabled running programs firewall", "set -- programs");
    let digest = script.lines().find_map(|line| line.strip_prefix("n1-node ")).unwrap_or_default().to_owned();
    assert!(digest.starts_with("sha256:"), "{script}");
    let engine = |digests: &str| {
        host.program(
            "docker",
            &format!("case $1 in container) echo sha256:11 ;; image) echo '{digests}' ;; esac"),
        );
    };
    engine(&format!("registry.example.net/foochain@{digest}"));
    let same = host.run(&script);
    assert!(same.status.success() && same.stdout.is_empty(), "{same:?}");
    engine("registry.example.net/foochain@sha256:00");
    let other = String::from_utf8(host.run(&script).stdout).unwrap();
    assert!(other.contains("programs: n1-node runs image sha256:11, which is not"), "{other}");
}
