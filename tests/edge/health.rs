//! The paths of `haproxy-health`, asked of a running one.

use crate::standin::{Client, GONE, IDLE, SYNCED, SYNCING};
use crate::{Proxy, built, http, ports, until};

fn manifest([gate, metrics, el, beacon, keys, comet]: [u16; 6]) -> String {
    format!(
        r#"netgen: 1
network: {{ name: edge, chain: hoodi, environment: development }}
defaults: {{ runtime: native }}
hosts: {{ here: {{ address: 203.0.113.10 }} }}
stacks:
  ethereum:
    execution: {{ component: geth, ports: {{ eth-rpc: {el} }} }}
    beacon:
      component: lighthouse-beacon
      ports: {{ beacon-api: {beacon} }}
      settings: {{ checkpoint-sync: "https://hoodi.beaconstate.ethstaker.cc" }}
    validator:
      component: standin-validator
      ports: {{ metrics: {keys} }}
  bft: {{ node: {{ component: bft-standin, ports: {{ rpc: {comet} }} }} }}
nodes:
  one: {{ host: here, role: validator, stack: ethereum, voting-power: 1 }}
  two: {{ host: here, role: rpc, stack: bft }}
services:
  gate:
    component: haproxy-health
    host: here
    ports: {{ health: {gate}, metrics: {metrics} }}
    settings: {{ check-interval: 1s, check-timeout: 1s, failures: 1 }}
components:
  # Lighthouse's needs a shell in its container; its metrics are these.
  standin-validator:
    component: standin-validator
    summary: The metrics of a validator client
    kind: other
    version: {{ tested: 1.0.0 }}
    user: "10076:10076"
    native: {{ program: /usr/bin/true }}
    provides:
      metrics:
        port: 5064
        protocol: http
        path: /metrics
        health:
          consensus:
            finds:
              - '(^|[[:space:]])vc_validators_enabled_count [1-9]'
              - '(^|[[:space:]])vc_beacon_nodes_synced_count [1-9]'
    sources: [this test]
  bft-standin:
    component: bft-standin
    summary: A node that tells its state as CometBFT does
    kind: chain-node
    version: {{ tested: 1.0.0 }}
    user: "10075:10075"
    native: {{ program: /usr/bin/true }}
    provides:
      rpc:
        port: 26657
        protocol: http
    sync: {{ interface: rpc, answers: cometbft }}
    sources: [this test]
"#
    )
}

#[test]
fn paths_follow_the_state_of_the_clients() {
    let all = ports();
    let [gate, _, el, beacon, keys, comet] = all;
    let config = built(&manifest(all), "config/here/gate/haproxy.cfg");
    let [el, beacon, keys, comet] = [el, beacon, keys, comet].map(Client::start);
    let Some(_proxy) = Proxy::start(&config, gate) else { return };
    let status = |path: &str| http::get(gate, path).0;
    let becomes = |path: &str, code: u16| until(&format!("{path} is {code}"), || status(path) == code);

    for path in [
        "/health/live",
        "/health/live/one",
        "/health/live/two/node",
        "/health/ready",
        "/health/ready/one",
        "/health/ready/one/execution",
        "/health/ready/two",
        "/health/consensus",
        "/health/consensus/one",
        "/health/consensus/one/validator",
        "/hosts/here/health/ready",
    ] {
        becomes(path, 200);
    }
    // Nobody of that name; one that does not vote; one that cannot tell.
    for path in ["/", "/health/ready/three", "/health/consensus/two", "/health/ready/one/validator"] {
        assert_eq!(status(path), 404, "{path}");
    }

    // What syncs lives, and is not ready: itself, its node, its host, the network.
    el.set(SYNCING);
    for path in
        ["/health/ready/one/execution", "/health/ready/one", "/hosts/here/health/ready", "/health/ready"]
    {
        becomes(path, 503);
    }
    for path in ["/health/live/one", "/health/ready/one/beacon", "/health/ready/two", "/health/consensus/one"]
    {
        assert_eq!(status(path), 200, "{path}");
    }
    el.set(SYNCED);
    becomes("/health/ready", 200);

    // The beacon node is in sync, and its execution client has not checked the head.
    beacon.set(IDLE);
    becomes("/health/consensus/one", 503);
    assert_eq!((status("/health/ready/one"), status("/health/consensus/one/validator")), (200, 200));
    beacon.set(SYNCED);
    keys.set(IDLE);
    becomes("/health/consensus/one/validator", 503);
    becomes("/health/consensus/one/beacon", 200);
    assert_eq!(status("/health/live/one/validator"), 200);

    comet.set(SYNCING);
    becomes("/health/ready/two", 503);
    assert_eq!(status("/health/live/two"), 200);
    comet.set(GONE);
    becomes("/health/live/two/node", 503);
    becomes("/health/live", 503);
    assert_eq!(status("/health/live/one"), 200);
}
