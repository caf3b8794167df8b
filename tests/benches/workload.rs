//! The network that benchmarks are made with: 16 regions, four nodes a host, and in each node an execution
//! client, a beacon node, a validator client and an exporter of its own, which the manifest defines.
//!
//! Every fifth node falls back to the beacon node of another host, signers with databases serve a thousand
//! nodes each, and one proxy a signer fronts execution clients: what crosses hosts grows with the network.

#![allow(dead_code, reason = "each user takes one form")]

use serde_json::{Map, Value, json};

/// Nodes on each host.
pub const NODES_PER_HOST: usize = 4;
/// Regions, whatever the size.
pub const REGIONS: usize = 16;

/// The manifest as JSON on lines of their own. The same size gives the same bytes.
pub fn json(nodes: usize) -> String {
    // A tree of strings and numbers: nothing in it can be refused.
    serde_json::to_string_pretty(&manifest(nodes)).unwrap_or_default()
}

/// The same manifest as YAML.
pub fn yaml(nodes: usize) -> String {
    serde_yaml::to_string(&manifest(nodes)).unwrap_or_default()
}

fn manifest(nodes: usize) -> Value {
    let hosts = nodes.div_ceil(NODES_PER_HOST);
    let signers = nodes / 1_000 + 1;
    json!({
        "netgen": 1,
        "network": { "name": "large", "chain": "hoodi", "environment": "testnet" },
        "ports": "stable",
        "regions": named(REGIONS, |at| (format!("region-{at}"), json!({ "provider": format!("provider-{}", at / 4) }))),
        "defaults": { "ssh": { "user": "ubuntu" }, "runtime": "compose" },
        "secrets": { "pagerduty": { "env": "PAGERDUTY_ROUTING_KEY" }, "restic": { "env": "RESTIC_PASSWORD" } },
        "components": { "duty-exporter": exporter() },
        "stacks": { "geth": stack("geth"), "reth": stack("reth") },
        "hosts": machines(hosts, signers),
        "nodes": named(nodes, |at| (format!("node-{at}"), node(at, nodes, signers))),
        "services": services(nodes, signers),
        "monitoring": {
            "host": "ops",
            "receivers": { "oncall": { "pagerduty": { "secret": "pagerduty" } } },
            "routes": [{ "to": "oncall" }],
        },
        "backup": { "to": "/mnt/backup", "password": { "secret": "restic" } },
        "rollout": { "canary": "ops" },
    })
}

fn named(count: usize, entry: impl Fn(usize) -> (String, Value)) -> Value {
    Value::Object((0..count).map(entry).collect())
}

/// A component of the user's own, as an operator writes one.
fn exporter() -> Value {
    json!({
        "component": "duty-exporter",
        "sources": ["the source of the exporter, v1.4.0"],
        "summary": "Tells when the duties of a validator are due",
        "kind": "exporter",
        "version": { "tested": "v1.4.0" },
        "image": "registry.example.net/duty-exporter",
        "user": "65534:65534",
        "provides": { "metrics": { "port": 9600, "protocol": "http", "path": "/metrics" } },
        "needs": { "beacon-api": { "doc": "The beacon node that is asked" } },
        "settings": { "poll": { "type": "integer", "default": 12, "doc": "Seconds between two questions" } },
        "command": [
            "--beacon={{ needs.beacon_api.url }}",
            "--listen={{ provides.metrics.bind }}:{{ provides.metrics.port }}",
            "--poll={{ settings.poll }}s",
        ],
        "stop": { "signal": "SIGTERM", "grace": "5s" },
        "resources": { "memory": "64MiB", "cpus": 0.1 },
        "metrics": { "duty_next_seconds": { "type": "gauge", "help": "Until the next duty", "unit": "seconds" } },
    })
}

fn stack(execution: &str) -> Value {
    json!({
        "execution": { "component": execution },
        "beacon": {
            "component": "lighthouse-beacon",
            "settings": { "checkpoint-sync": "https://hoodi.beaconstate.ethstaker.cc" },
        },
        "validator": {
            "component": "lighthouse-validator",
            "settings": { "fee-recipient": "0x8943545177806ed17b9f23f0a21ee5948ecaa776" },
        },
        "duties": { "component": "duty-exporter" },
    })
}

fn machines(hosts: usize, signers: usize) -> Value {
    let machine = |at: usize| {
        json!({
            "address": format!("100.{}.{}.{}", 64 + at / 62_500, at / 250 % 250, at % 250 + 1),
            "private-address": format!("10.{}.{}.{}", at / 62_500, at / 250 % 250, at % 250 + 1),
            "region": format!("region-{}", at % REGIONS),
            "resources": { "cpus": 128, "memory": "1TiB", "disk": "60TiB" },
        })
    };
    let mut all: Map<String, Value> = (0..hosts).map(|at| (format!("host-{at}"), machine(at))).collect();
    all.extend((0..signers).map(|at| (format!("signer-{at}"), machine(hosts + at))));
    all.insert("ops".to_owned(), machine(hosts + signers));
    Value::Object(all)
}

fn node(at: usize, nodes: usize, signers: usize) -> Value {
    let mut needs = Map::new();
    needs.insert("remote-signer".to_owned(), json!(format!("signer-{}", at % signers)));
    if at.is_multiple_of(5) && nodes > NODES_PER_HOST {
        let other = (at + NODES_PER_HOST) % nodes;
        needs.insert("beacon-api".to_owned(), json!(["beacon", format!("node-{other}/beacon")]));
    }
    json!({
        "host": format!("host-{}", at / NODES_PER_HOST),
        "role": "validator",
        "stack": if at.is_multiple_of(2) { "geth" } else { "reth" },
        "voting-power": 1,
        "services": { "validator": { "needs": needs } },
    })
}

fn services(nodes: usize, signers: usize) -> Value {
    let mut all = Map::new();
    for at in 0..signers {
        let host = format!("signer-{at}");
        let far = format!("node-{}/execution", (at + nodes / 2) % nodes);
        all.insert(
            format!("signer-{at}"),
            json!({ "component": "web3signer", "host": host, "needs": { "sql": format!("signer-db-{at}") } }),
        );
        all.insert(format!("signer-db-{at}"), json!({ "component": "postgres", "host": host }));
        let backends = [format!("node-{at}/execution"), far];
        all.insert(
            format!("rpc-{at}"),
            json!({ "component": "haproxy", "host": host, "needs": { "eth-rpc": backends } }),
        );
    }
    Value::Object(all)
}
