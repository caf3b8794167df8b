//! What systemd is told of services: what they may do, when they are started again, who reads their
//! secrets, and how much of the disk the journal may take.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use netgen::catalog::Catalog;
use netgen::diag::Sink;
use netgen::text::SourceMap;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};

/// A host a runtime, with a service that says everything of itself, and one that says nothing.
const MANIFEST: &str = "netgen: 1
network: { name: own, chain: foonet, environment: development }
hosts:
  boxes: { address: 203.0.113.11 }
  docker: { address: 203.0.113.12, runtime: systemd-docker }
  pods: { address: 203.0.113.13, runtime: quadlet }
  bare: { address: 203.0.113.14, runtime: native, resources: { cpus: 2, memory: 4GiB, disk: DISK } }
chains:
  foonet: { chain: foonet, name: The Foo network, family: foo, block-time: 2, consensus: bft, sources: [ invented ] }
secrets: { key: { env: KEY } }
components:
  plain:
    component: plain
    summary: A program that needs nothing
    kind: other
    version: { tested: 1.4.2 }
    image: registry.example.net/plain
    user: \"10050:10050\"
    settings: { key: { type: secret, doc: A key } }
    command: [\"{{ settings.key }}\"]
    validate: [check, \"{{ settings.key }}\"]
    native: { program: /usr/local/bin/plain }
    sources: [ invented ]
  rich:
    component: rich
    summary: A program that needs much
    kind: other
    version: { tested: 1.4.2 }
    image: registry.example.net/rich
    user: \"10051:10051\"
    capabilities: [NET_BIND_SERVICE]
    native:
      program: /usr/local/bin/rich
      arguments: [--in-front]
      notifies: true
      watchdog: 30s
      without: [{ name: MemoryDenyWriteExecute, why: it compiles while it runs }]
      system-calls: [{ name: \"@clock\", why: it sets the clock }]
      address-families: [{ name: AF_PACKET, why: it reads frames }]
    command: [--now]
    sources: [ invented ]
services:
  plain-boxes: { host: boxes, component: plain, settings: { key: { secret: key } } }
  plain-docker: { host: docker, component: plain, settings: { key: { secret: key } } }
  plain-pods: { host: pods, component: plain, settings: { key: { secret: key } } }
  plain-bare: { host: bare, component: plain, settings: { key: { secret: key } } }
  rich: { host: bare, component: rich }
";

fn built(disk: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", MANIFEST.replace("DISK", disk))]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    compilation
}

fn files(compilation: &Compilation) -> Vec<(String, String)> {
    let files = compilation.bundle.as_ref().unwrap().files();
    files
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect()
}

fn text(compilation: &Compilation, path: &str) -> String {
    let file = compilation.bundle.as_ref().unwrap().get(path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(file.bytes().unwrap().into_owned()).unwrap()
}

fn lines<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn nothing_that_is_started_again_is_given_up() {
    let compilation = built("100GiB");
    let mut found = 0;
    for (path, unit) in files(&compilation).iter().filter(|(path, _)| path.starts_with("systemd/")) {
        if lines(unit, "Restart").is_empty() {
            continue;
        }
        found += 1;
        assert_eq!(lines(unit, "StartLimitIntervalSec"), ["0"], "{path}");
        assert!(lines(unit, "StartLimitBurst").is_empty(), "{path}");
        assert_eq!(lines(unit, "RestartSec"), ["10s"], "{path}");
        // A systemd without these keys would complain of each.
        assert!(lines(unit, "RestartSteps").is_empty(), "{path}");
        assert!(lines(unit, "Requires").iter().all(|unit| !unit.contains("docker")), "{path}");
    }
    assert_eq!(found, 6, "a stack, a network and four services");
}

/// systemd looks for `a-b-.service.d` beside `a-b-c.service`, for every dash in the name.
#[test]
fn the_drop_in_of_newer_systems_reaches_every_service() {
    let compilation = built("100GiB");
    let files = files(&compilation);
    for (host, services) in [
        ("boxes", vec!["netgen-own.service"]),
        ("docker", vec!["netgen-own-plain-docker.service", "netgen-own-network.service"]),
        ("pods", vec!["netgen-own-plain-pods.service"]),
        ("bare", vec!["netgen-own-plain-bare.service", "netgen-own-rich.service"]),
    ] {
        let folder = format!("systemd/{host}/since-254/");
        let drop_ins: Vec<&str> = files.iter().filter_map(|(path, _)| path.strip_prefix(&folder)).collect();
        let [drop_in] = drop_ins.as_slice() else { panic!("{drop_ins:?}") };
        let stem = drop_in.strip_suffix(".service.d/backoff.conf").unwrap();
        for service in services {
            let name = service.strip_suffix(".service").unwrap();
            assert!(name == stem || (stem.ends_with('-') && name.starts_with(stem)), "{service}: {drop_in}");
        }
        let facts = text(&compilation, &format!("ansible/inventory/host_vars/{host}.yml"));
        let facts: serde_yaml::Value = serde_yaml::from_str(&facts).unwrap();
        let trees = facts["netgen_trees"].as_sequence().unwrap();
        let tree = trees.iter().find(|tree| tree["from"].as_str().unwrap().ends_with("since-254")).unwrap();
        assert_eq!((tree["to"].as_str(), tree["systemd"].as_u64()), (Some("/etc/systemd/system"), Some(254)));
    }
}

#[test]
fn a_program_is_given_what_its_data_say_and_nothing_else() {
    let compilation = built("100GiB");
    let plain = text(&compilation, "systemd/bare/netgen-own-plain-bare.service");
    let rich = text(&compilation, "systemd/bare/netgen-own-rich.service");
    for (key, of_plain, of_rich) in [
        ("Type", vec!["exec"], vec!["notify"]),
        ("WatchdogSec", vec![], vec!["30s"]),
        ("MemoryDenyWriteExecute", vec!["yes"], vec![]),
        ("ProtectSystem", vec!["strict"], vec!["strict"]),
        // In a namespace of users of its own the capability would count for nothing.
        ("PrivateUsers", vec!["yes"], vec![]),
        ("CapabilityBoundingSet", vec![""], vec!["CAP_NET_BIND_SERVICE"]),
        (
            "RestrictAddressFamilies",
            vec!["AF_UNIX AF_INET AF_INET6"],
            vec!["AF_UNIX AF_INET AF_INET6 AF_PACKET"],
        ),
        (
            "SystemCallFilter",
            vec!["@system-service", "~@privileged @resources"],
            vec!["@system-service", "~@privileged @resources", "@clock"],
        ),
        // What does not begin with a program are arguments of the program.
        ("ExecStart", vec!["/usr/local/bin/plain \\"], vec!["/usr/local/bin/rich --in-front --now"]),
    ] {
        let first = |unit| lines(unit, key).into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(first(&rich), of_rich, "{key}");
        if key != "ExecStart" {
            assert_eq!(first(&plain), of_plain, "{key}");
        }
    }
    assert!(plain.replace("\\\n", " ").contains("ExecStartPre=/usr/local/bin/plain check "), "{plain}");
}

#[test]
fn whatever_a_program_of_the_catalog_is_given_has_a_reason() {
    let mut catalog = Catalog::built_in();
    let (mut sources, mut sink) = (SourceMap::default(), Sink::default());
    let world = MemoryWorld::new([("network.yaml", "")]);
    let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
    let mut given = 0;
    for id in ids {
        let entry = catalog.entry(&id, &world, &mut sources, &mut sink).unwrap();
        let Some(native) = &entry.component.native else { continue };
        let reasons = native.without.iter().map(|given| &given.why);
        let reasons = reasons.chain(native.system_calls.iter().map(|given| &given.why));
        for why in reasons.chain(native.address_families.iter().map(|given| &given.why)) {
            assert!(why.split_whitespace().count() > 3, "{id}: {why}");
            given += 1;
        }
    }
    assert!(given > 10, "{given}");
}

#[test]
fn only_root_reads_secrets_where_systemd_shows_them() {
    let compilation = built("100GiB");
    let unit = text(&compilation, "systemd/bare/netgen-own-plain-bare.service");
    assert_eq!(lines(&unit, "LoadCredential"), ["key:/etc/netgen/own/secrets/network/key"]);
    assert!(lines(&unit, "SupplementaryGroups").is_empty());
    assert!(unit.contains("/run/credentials/netgen-own-plain-bare.service/key"), "{unit}");
    let group = |host: &str| {
        let facts = text(&compilation, &format!("ansible/inventory/host_vars/{host}.yml"));
        let facts: serde_yaml::Value = serde_yaml::from_str(&facts).unwrap();
        facts["netgen_secrets_group"]["name"].as_str().map(str::to_owned)
    };
    assert_eq!(group("bare").as_deref(), Some("root"));
    // A container has its own users: the group of the network lets it in.
    for host in ["boxes", "docker", "pods"] {
        assert_eq!(group(host), None, "{host}");
    }
}

#[test]
fn the_journal_has_a_share_of_the_disk() {
    let cap = |compilation: &Compilation, host: &str| {
        lines(&text(compilation, &format!("systemd/{host}/journald/netgen-own.conf")), "SystemMaxUse")[0]
            .to_owned()
    };
    let roomy = built("1TiB");
    // 512 MiB for the host itself, and what the manifest lets each service log there.
    assert_eq!(cap(&roomy, "boxes"), "512M");
    let each: u64 = (cap(&roomy, "pods").trim_end_matches('M').parse::<u64>().unwrap()) - 512;
    assert_eq!(cap(&roomy, "bare"), format!("{}M", 512 + 2 * each));
    assert_eq!(cap(&built("8GiB"), "bare"), "819M");
    assert_eq!(cap(&built("512MiB"), "bare"), "128M");
}
