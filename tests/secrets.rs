//! A secret reaches a program by the own means of what runs it, and its value is nowhere in the bundle.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile, compile_to_plan};

/// The bundle of a manifest, file by file.
fn built(manifest: String) -> impl Fn(&str) -> String {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let told: Vec<String> = compilation.diagnostics.iter().map(|d| d.message.clone()).collect();
    let bundle = compilation.bundle.unwrap_or_else(|| panic!("{told:?}"));
    move |path| {
        let found = bundle.get(path);
        let paths: Vec<String> = bundle.files().map(|(path, _)| path.to_string()).collect();
        String::from_utf8(
            found.unwrap_or_else(|| panic!("no {path} in {paths:?}")).bytes().unwrap().into_owned(),
        )
        .unwrap()
    }
}

/// The bundle of a node on a host of a runtime.
fn bundle(runtime: &str, rest: &str) -> impl Fn(&str) -> String {
    built(format!(
        "netgen: 1
network: {{ name: demo, chain: hoodi, environment: testnet }}
hosts: {{ a: {{ address: 203.0.113.10, runtime: {runtime} }} }}
secrets: {{ podman-jwt: {{ docker: ethereum-jwt }} }}
services:
  el: {{ host: a, component: geth{rest} }}
  bn: {{ host: a, component: lighthouse-beacon, settings: {{ checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc }} }}
"
    ))
}

#[test]
fn compose_has_its_own_secrets() {
    let file = bundle("compose", "");
    let compose = file("compose/a/compose.yaml");
    assert!(compose.contains("--authrpc.jwtsecret=/run/secrets/jwt"), "{compose}");
    assert!(compose.contains("file: /etc/netgen/demo/secrets/"), "{compose}");
}

#[test]
fn podman_keeps_what_it_was_told_to() {
    let file = bundle("quadlet", ", settings: { jwt: { secret: podman-jwt } }");
    let unit = file("systemd/a/quadlet/netgen-demo-el.container");
    assert!(unit.contains("Secret=ethereum-jwt,type=mount"), "{unit}");
}

#[test]
fn systemd_gives_credentials() {
    let file = bundle("native", "");
    for (service, flag) in [("el", "--authrpc.jwtsecret="), ("bn", "--execution-jwt=")] {
        let unit = file(&format!("systemd/a/netgen-demo-{service}.service"));
        assert!(unit.contains("\nLoadCredential=jwt:/etc/netgen/demo/secrets/"), "{unit}");
        let path = format!("{flag}/run/credentials/netgen-demo-{service}.service/jwt");
        assert!(unit.contains(&path), "{path}: {unit}");
        // Nobody but root reads the file, so no group is needed.
        assert!(!unit.contains("SupplementaryGroups="), "{unit}");
    }
}

/// Every Alertmanager reads one configuration: a secret has one path for those in containers and those
/// that systemd runs.
#[test]
fn senders_of_alerts_read_one_path() {
    let path = |host: &str, more: &str| {
        let manifest = format!(
            "netgen: 1
network: {{ name: demo, chain: hoodi, environment: testnet }}
hosts: {{ a: {{ address: 203.0.113.10, runtime: native }}, b: {{ address: 203.0.113.11 }} }}
secrets: {{ pager: {{ env: PAGER_KEY }} }}
services: {{ {more} }}
monitoring:
  host: {host}
  receivers: {{ oncall: {{ pagerduty: {{ secret: pager }} }} }}
  routes: [{{ severity: [P1, P2, P3, P4], to: oncall }}]
"
        );
        let world = MemoryWorld::new([("network.yaml", manifest)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        // Not every program of the monitoring runs without a container; where its secrets lie is known.
        let plan = compile_to_plan(&world, &Input::new("network.yaml"), options).plan.unwrap();
        plan.topology.monitoring.unwrap().receiver_secrets["pager"].path.clone()
    };
    let native = "am: { host: a, component: alertmanager }";
    assert_eq!(path("b", ""), "/run/secrets/pager");
    assert_eq!(path("a", ""), "/run/credentials/netgen-demo-alertmanager.service/pager");
    assert_eq!(path("b", native), "/etc/netgen/demo/secrets/network/pager");
}
