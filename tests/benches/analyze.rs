//! How long the analysis of a large network takes, and that it does not grow with its square.
//!
//! `cargo bench --bench analyze` makes networks of 2,500, 5,000 and 10,000 nodes: five nodes a host,
//! each with an execution client, a beacon node and a validator client that falls back to the beacon
//! node of a node on the next host; racks, regions, providers, operators; signers with databases that
//! a thousand validators share; public proxies over execution clients.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use std::fmt::Write as _;
use std::time::Instant;

use netgen::analyze::{Topic, analyze, text};
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile_to_plan};

const NODES_PER_HOST: usize = 5;

fn main() {
    println!("nodes  hosts  services  resolve  survivability  spof  reachability  capacity  text");
    let mut before: Option<(usize, f64)> = None;
    for nodes in [2_500, 5_000, 10_000] {
        let manifest = network(nodes);
        let world = MemoryWorld::new([("network.yaml", manifest)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let (compilation, resolve) = timed(|| compile_to_plan(&world, &Input::new("network.yaml"), options));
        let topology = &compilation.plan.as_ref().unwrap().topology;
        assert_eq!(topology.nodes.len(), nodes);
        let mut spent = 0.0;
        let mut cells = Vec::new();
        for topic in [Topic::Survivability, Topic::SinglePoints, Topic::Reachability, Topic::Capacity] {
            let (analysis, seconds) = timed(|| analyze(topology, &[], topic));
            if let Some(found) = &analysis.survivability {
                assert!(found.pairs_exact, "the list of pairs is a bound");
                let open =
                    found.kinds.iter().filter(|kind| kind.halts.as_ref().is_some_and(|set| !set.exact));
                let open: Vec<&str> = open.map(|kind| kind.kind.word()).collect();
                assert!(open.is_empty(), "the smallest set is a bound for {open:?}");
            }
            spent += seconds;
            cells.push(seconds);
        }
        let (_, shown) = timed(|| text(&analyze(topology, &[], Topic::Capacity)));
        let (hosts, services) = (topology.hosts.len(), topology.services.len());
        println!(
            "{nodes}  {hosts}  {services}  {resolve:.2}s  {:.2}s  {:.2}s  {:.2}s  {:.2}s  {shown:.2}s",
            cells[0], cells[1], cells[2], cells[3]
        );
        if let Some((fewer, least)) = before {
            let (size, time) = (nodes as f64 / fewer as f64, spent / least);
            assert!(time < 1.7 * size, "{size} times the nodes take {time:.1} times as long");
        }
        before = Some((nodes, spent));
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed().as_secs_f64())
}

/// The manifest of a network of so many nodes.
fn network(nodes: usize) -> String {
    let hosts = nodes / NODES_PER_HOST;
    let signers = nodes / 1_000 + 1;
    let mut out =
        String::from("netgen: 1\nnetwork: { name: large, chain: hoodi, environment: testnet }\nregions:\n");
    for region in 0..8 {
        writeln!(out, "  region-{region}: {{ provider: provider-{} }}", region / 2).unwrap();
    }
    out.push_str("hosts:\n");
    let host = |out: &mut String, name: &str, at: usize| {
        writeln!(
            out,
            "  {name}: {{ address: 10.{}.{}.{}, region: region-{}, rack: rack-{}, operator: operator-{}, \
             resources: {{ cpus: 64, memory: 512GiB, disk: 30TiB }} }}",
            at / 62_500,
            at / 250 % 250,
            at % 250 + 1,
            at % 8,
            at / 8 % 25,
            at % 12
        )
        .unwrap();
    };
    for at in 0..hosts {
        host(&mut out, &format!("host-{at}"), at);
    }
    for at in 0..signers {
        host(&mut out, &format!("signer-{at}"), hosts + at);
    }
    out.push_str(
        "stacks:\n  validator:\n    execution: { component: geth }\n    beacon: { component: lighthouse-beacon, \
         settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } }\n    validator: { component: \
         lighthouse-validator, settings: { fee-recipient: \"0x000000000000000000000000000000000000dEaD\" } }\n\
         nodes:\n",
    );
    for at in 0..nodes {
        let next = (at + NODES_PER_HOST) % nodes;
        writeln!(
            out,
            "  node-{at}: {{ host: host-{}, role: validator, stack: validator, voting-power: {}, services: {{ \
             validator: {{ needs: {{ beacon-api: [beacon, node-{next}/beacon], remote-signer: signer-{} }} }} }} }}",
            at / NODES_PER_HOST,
            30 + at % 5,
            at % signers
        )
        .unwrap();
    }
    out.push_str("services:\n");
    for at in 0..signers {
        writeln!(
            out,
            "  signer-{at}: {{ component: web3signer, host: signer-{at}, needs: {{ sql: signer-db-{at} }} }}\n  \
             signer-db-{at}: {{ component: postgres, host: signer-{at} }}\n  \
             rpc-{at}: {{ component: haproxy, host: signer-{at}, expose: {{ rpc: public }}, \
             needs: {{ eth-rpc: [node-{at}/execution, node-{}/execution] }} }}",
            (at + nodes / 2) % nodes
        )
        .unwrap();
    }
    out
}
