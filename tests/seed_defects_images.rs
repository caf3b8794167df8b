//! Defects that real networks shipped, each by its number: netgen finds it in the manifest, or its
//! design has no place for it. Images and locks.
//!
//! L: a generator for a BFT network; B: a load-balanced network in Compose and Kubernetes; E: a stack
//! for Ethereum validators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/findings.rs"]
mod common;

use common::{errors, file, findings, help, manifest, pairs, warnings};
use netgen::diag::Severity;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};

const LOCKED: &str = "netgen: 1
network: { name: seed, chain: hoodi, environment: testnet }
images: { geth: ethereum/client-go:v1.17.5 }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
";

fn with_lock(lock: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", LOCKED), ("netgen.lock", lock)]);
    compile_to_plan(&world, &Input::new("network.yaml"), Options::default())
}

#[test]
fn l7_a_lock_that_belongs_to_another_manifest() {
    let digest = "ab".repeat(32);
    let lock = format!(
        "version = 1\n\n[image.\"ethereum/client-go:v1.16.0\"]\ndigest = \"sha256:{digest}\"\n\n[port.a.el]\np2p = 30303\n"
    );
    let found = with_lock(&lock);
    assert_eq!(findings(&found, Severity::Error), pairs(&[("NG0301", "ethereum/client-go:v1.17.5")]));
    assert!(help(&found).contains("ethereum/client-go:v1.16.0"), "{}", help(&found));
}

#[test]
fn l9_a_lock_of_another_version_is_not_read_as_this_one() {
    let first = |lock: &str| findings(&with_lock(lock), Severity::Error)[0].clone();
    assert_eq!(pairs(&[("NG0302", "2")])[0], first("version = 2\n"));
    // A field of some other version: refused, although the number is the same.
    assert_eq!(first("version = 1\nports = { el = 8545 }\n").0, "NG0302");
    // What the lock was made for is named in the bundle.
    let bundle: serde_json::Value = serde_json::from_str(&file(LOCKED, "bundle.json")).unwrap();
    assert_eq!(bundle["schema_version"].as_u64(), Some(1), "{bundle}");
    assert!(bundle["generator"]["version"].is_string(), "{bundle}");
}

#[test]
fn l12_local_images_and_tags_of_branches() {
    errors(
        &manifest(
            "images: { geth: loadnetwork/ultramarine:local }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
",
        ),
        &[("NG0306", "loadnetwork/ultramarine:local")],
    );
    warnings(
        &manifest(
            "images: { geth: docker.io/loadnetwork/load-reth:fibernet }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
",
        ),
        &[("NG0305", "docker.io/loadnetwork/load-reth:fibernet")],
    );
}

#[test]
fn l18_images_without_a_tag() {
    errors(
        &manifest(
            "images: { prometheus: prom/prometheus, grafana: grafana/grafana }
hosts: { a: { address: 203.0.113.10 } }
services:
  metrics: { host: a, component: prometheus }
  boards: { host: a, component: grafana }
",
        ),
        &[("NG0304", "prom/prometheus"), ("NG0304", "grafana/grafana")],
    );
}

#[test]
fn l19_latest_and_a_tag_of_the_base_image_alone() {
    errors(
        &manifest(
            "images: { geth: ethereum/client-go:latest }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
",
        ),
        &[("NG0304", "ethereum/client-go:latest")],
    );
    warnings(
        &manifest(
            "images: { postgres: postgres:alpine }
hosts: { a: { address: 203.0.113.10 } }
services: { db: { host: a, component: postgres } }
",
        ),
        &[("NG0305", "postgres:alpine")],
    );
}

#[test]
fn b16_every_image_that_floats_is_told() {
    errors(
        &manifest(
            "images:
  geth: ethereum/client-go:latest
  prometheus: prom/prometheus:latest
  haproxy: haproxy:latest
hosts: { a: { address: 203.0.113.10 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, needs: { eth-rpc: el } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
",
        ),
        &[
            ("NG0304", "ethereum/client-go:latest"),
            ("NG0304", "prom/prometheus:latest"),
            ("NG0304", "haproxy:latest"),
        ],
    );
}

#[test]
fn e1_latest_in_a_service_of_its_own() {
    errors(
        &manifest(
            "hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, image: \"ethereum/client-go:latest\" } }
",
        ),
        &[("NG0304", "\"ethereum/client-go:latest\"")],
    );
}
