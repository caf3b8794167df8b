//! A network of any size, such as an operator of many validators has: every node on a host of its own,
//! a signer with its database, proxies, monitoring.

use std::fmt::Write as _;

/// The manifest of a sound network with that many nodes.
pub fn manifest(nodes: usize) -> String {
    let mut text = String::from(
        "netgen: 1
network: { name: large, chain: hoodi, environment: testnet }
regions:
  eu: { provider: hetzner }
  us: { provider: aws }
  ap: { provider: ovh }
defaults: { ssh: { user: ubuntu }, runtime: compose }
secrets:
  pagerduty: { env: PAGERDUTY_ROUTING_KEY }
  restic: { env: RESTIC_PASSWORD }
stacks:
  geth:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: \"https://hoodi.beaconstate.ethstaker.cc\" } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: \"0x8943545177806ed17b9f23f0a21ee5948ecaa776\" } }
  reth:
    execution: { component: reth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: \"https://hoodi.beaconstate.ethstaker.cc\" }, ports: { quic-p2p: 9002 } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: \"0x8943545177806ed17b9f23f0a21ee5948ecaa776\" } }
hosts:
  ops: { address: 192.0.2.1, private-address: 10.255.0.1, region: eu }
",
    );
    let regions = ["eu", "us", "ap"];
    for n in 0..nodes {
        let (a, b, c) = (n / 65536, n / 256 % 256, n % 256);
        let region = regions.get(n % 3).unwrap();
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "  h{n}: {{ address: 100.{a}.{b}.{c}, private-address: 10.{a}.{b}.{c}, region: {region} }}"
        );
    }
    text.push_str("nodes:\n");
    for n in 0..nodes {
        let stack = if n % 2 == 0 { "geth" } else { "reth" };
        let fallback = (n + 1) % nodes;
        let _ = writeln!(
            text,
            "  n{n}: {{ host: h{n}, role: validator, stack: {stack}, voting-power: 1, services: {{ validator: {{ needs: {{ beacon-api: [beacon, n{fallback}/beacon] }} }} }} }}"
        );
    }
    let backends: Vec<String> = (0..nodes.min(50)).map(|n| format!("n{n}/execution")).collect();
    let _ = write!(
        text,
        "services:
  signer: {{ component: web3signer, host: ops, needs: {{ sql: signer-db }} }}
  signer-db: {{ component: postgres, host: ops }}
  rpc: {{ component: haproxy, host: ops, needs: {{ eth-rpc: [{}] }} }}
monitoring:
  host: ops
  receivers: {{ oncall: {{ pagerduty: {{ secret: pagerduty }} }} }}
  routes: [ {{ to: oncall }} ]
backup: {{ to: /mnt/backup, password: {{ secret: restic }} }}
rollout: {{ canary: n0 }}
",
        backends.join(", ")
    );
    text
}
