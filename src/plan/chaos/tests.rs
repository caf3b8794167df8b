//! Cases against brute force: what goes on is worked out anew from the description of a network, with
//! fractions and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::topology::Id;
use crate::world::MemoryWorld;
use crate::{Input, Options, compile_to_plan};

/// Hosts by region, nodes that vote, and signers that they fall back to.
#[derive(Clone, Debug)]
struct Network {
    /// The region of each host.
    hosts: Vec<usize>,
    /// The host of each signer.
    signers: Vec<usize>,
    /// Of each node: its host, its voting power, and the signers of which one must be up.
    nodes: Vec<(usize, u64, BTreeSet<usize>)>,
    /// Whether others run validators of the chain, too.
    shared: bool,
}

fn network() -> impl Strategy<Value = Network> {
    (2..5_usize, 1..4_usize, any::<bool>()).prop_flat_map(|(hosts, signers, shared)| {
        let node =
            (0..hosts, 1..6_u64, prop::collection::btree_set(0..signers, 1..=signers)).prop_map(|node| node);
        (
            prop::collection::vec(0..3_usize, hosts),
            prop::collection::vec(0..hosts, signers),
            prop::collection::vec(node, 1..6),
        )
            .prop_map(move |(hosts, signers, nodes)| Network { hosts, signers, nodes, shared })
    })
}

const COMPONENTS: &str = "
components:
  own:
    component: own
    summary: A node
    kind: chain-node
    version: { tested: '1' }
    native: { program: /usr/bin/own }
    provides: { rpc: { port: 8545, protocol: http, exposure: peers } }
    needs: { signing: { many: true, wait: false } }
    sync: { interface: rpc, answers: ethereum }
    sources: [ none ]
  signer:
    component: signer
    summary: A signer
    kind: other
    version: { tested: '1' }
    native: { program: /usr/bin/signer }
    provides: { signing: { port: 9000, protocol: http, exposure: peers } }
    sources: [ none ]
  door:
    component: door
    summary: A balancer
    kind: proxy
    version: { tested: '1' }
    native: { program: /usr/bin/door }
    provides: { front: { port: 8080, protocol: http, exposure: peers } }
    needs: { rpc: { many: true, wait: false, forwards: front } }
    sources: [ none ]
";

impl Network {
    fn manifest(&self) -> String {
        let mut text = "netgen: 1\nnetwork: { name: net, chain: own, environment: development }\n\
                        defaults: { runtime: native }\n\
                        require: { survives: { host: 0 } }\nregions: { r0: {}, r1: {}, r2: {} }\nhosts:\n"
            .to_owned();
        for (index, region) in self.hosts.iter().enumerate() {
            let _ = writeln!(text, "  h{index}: {{ address: 10.0.0.{}, region: r{region} }}", index + 1);
        }
        text.push_str("stacks: { node: { chain: { component: own } } }\nnodes:\n");
        for (index, (host, power, signers)) in self.nodes.iter().enumerate() {
            let signers: Vec<String> = signers.iter().map(|signer| format!("s{signer}")).collect();
            let _ = writeln!(
                text,
                "  n{index}: {{ host: h{host}, role: validator, stack: node, voting-power: {power}, \
                 services: {{ chain: {{ needs: {{ signing: [{}] }} }} }} }}",
                signers.join(", ")
            );
        }
        text.push_str("services:\n");
        for (index, host) in self.signers.iter().enumerate() {
            let _ = writeln!(text, "  s{index}: {{ component: signer, host: h{host} }}");
        }
        let nodes: Vec<String> = (0..self.nodes.len()).map(|index| format!("n{index}/chain")).collect();
        let _ = writeln!(
            text,
            "  front: {{ component: door, host: h0, needs: {{ rpc: [{}] }} }}",
            nodes.join(", ")
        );
        text.push_str(COMPONENTS);
        text
    }

    fn topology(&self) -> Topology {
        let chain = format!(
            "chain: own\nname: Own\nfamily: own\nconsensus: bft\nblock-time: 2\nshared: {}\nsources: [ none ]\n",
            self.shared
        );
        let manifest = self.manifest();
        let world =
            MemoryWorld::new([("network.yaml", manifest.as_str()), ("chains/own.yaml", chain.as_str())]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let done = compile_to_plan(&world, &Input::new("network.yaml"), options);
        assert!(!done.failed(), "{manifest}\n{:?}", done.diagnostics);
        done.plan.unwrap().topology
    }

    fn total(&self) -> u64 {
        self.nodes.iter().map(|(_, power, _)| power).sum()
    }

    /// The voting power that is up where these programs (`n0`, `s1`) are, and nobody else.
    fn left(&self, up: &BTreeSet<String>) -> u64 {
        let votes = |index: usize, signers: &BTreeSet<usize>| {
            up.contains(&format!("n{index}"))
                && signers.iter().any(|signer| up.contains(&format!("s{signer}")))
        };
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(|(index, (.., signers))| votes(*index, signers)).map(|(_, (_, power, _))| power).sum()
    }

    fn goes_on(&self, up: &BTreeSet<String>) -> bool {
        3 * self.left(up) > 2 * self.total()
    }

    /// The programs on hosts that are chosen.
    fn on(&self, chosen: impl Fn(usize) -> bool) -> BTreeSet<String> {
        let nodes = self.nodes.iter().enumerate().filter(|(_, (host, ..))| chosen(*host));
        let signers = self.signers.iter().enumerate().filter(|(_, host)| chosen(**host));
        nodes
            .map(|(index, _)| format!("n{index}"))
            .chain(signers.map(|(index, _)| format!("s{index}")))
            .collect()
    }

    /// Whether the network goes on under a case while these are down besides.
    fn survives(&self, case: &Case, down: &BTreeSet<String>) -> bool {
        let number = |name: &str| name.get(1..).unwrap_or_default().parse::<usize>().unwrap();
        let up = |chosen: &dyn Fn(usize) -> bool| &self.on(chosen) - down;
        match case.fault {
            Fault::StopNode => {
                let mut left = up(&|_| true);
                left.remove(&case.target);
                self.goes_on(&left)
            }
            Fault::StopHost | Fault::Cpu | Fault::Memory | Fault::Disk => {
                self.goes_on(&up(&|host| host != number(&case.target)))
            }
            Fault::StopRegion => self.goes_on(&up(&|host| self.hosts[host] != number(&case.target))),
            Fault::Latency => self.goes_on(&up(&|_| true)),
            Fault::Partition => {
                let inside = up(&|host| self.hosts[host] == number(&case.target));
                let outside = up(&|host| self.hosts[host] != number(&case.target));
                if self.shared {
                    let left = self.left(&inside) + self.left(&outside);
                    3 * left > 2 * self.total()
                } else {
                    self.goes_on(&inside) || self.goes_on(&outside)
                }
            }
        }
    }
}

/// `n0` for `n0-chain`.
fn short(topology: &Topology, id: ServiceId) -> String {
    topology.services[id].name.trim_end_matches("-chain").to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_case_is_survived_where_more_than_two_thirds_are_left(network in network(), lots in any::<u64>()) {
        let topology = network.topology();
        let all = cases(&topology);
        prop_assert!(all.iter().any(|case| case.fault == Fault::StopNode));
        let costs = costs(&topology);
        let tolerated = (network.total() - 1) / 3;
        for (at, case) in all.iter().enumerate() {
            let nothing = BTreeSet::new();
            prop_assert_eq!(case.verdict.survives, network.survives(case, &nothing), "{}: {}", case.id(), case.verdict.why);
            if let Some(delay) = &case.delay {
                let partition = all.iter().find(|c| c.fault == Fault::Partition && c.target == case.target);
                prop_assert_eq!(Some(delay.beyond.survives), partition.map(|c| c.verdict.survives));
            }
            if !case.verdict.survives {
                continue;
            }
            // Something is down before: what the playbook adds up must be on the safe side.
            let bit = |id: ServiceId| lots.rotate_left(u32::try_from(at * 7).unwrap()) >> (id.index() % 64) & 1 == 1;
            let down: Vec<ServiceId> = topology.services.ids().filter(|id| bit(*id)).collect();
            let mut voters = case.verdict.voters.clone();
            voters.extend(down.iter().flat_map(|id| costs[*id].iter().cloned()));
            let lost: u64 = voters.iter().map(|name| network.nodes[name.trim_start_matches(char::is_alphabetic).parse::<usize>().unwrap()].1).sum();
            if lost <= tolerated {
                let names = down.iter().map(|id| short(&topology, *id)).collect();
                prop_assert!(network.survives(case, &names), "{} with {names:?} down", case.id());
            }
        }
    }

    #[test]
    fn who_watches_is_not_hit_and_goes_on(network in network()) {
        let topology = network.topology();
        for case in cases(&topology) {
            let watching: Vec<ServiceId> = case.heights.iter().chain(&case.doors).copied().collect();
            prop_assert!(case.heights.len() <= MOST_WATCHED);
            if network.shared || case.fault == Fault::Partition || case.fault == Fault::Latency {
                continue;
            }
            for id in &watching {
                prop_assert!(!case.services.contains(id), "{}", case.id());
            }
            let hit: BTreeSet<String> = case.services.iter().map(|id| short(&topology, *id)).collect();
            let up = &network.on(|_| true) - &hit;
            for id in &case.heights {
                let index: usize = short(&topology, *id).trim_start_matches(char::is_alphabetic).parse().unwrap();
                let signers = &network.nodes[index].2;
                prop_assert!(signers.iter().any(|signer| up.contains(&format!("s{signer}"))), "{}", case.id());
            }
        }
    }
}

fn found<'a>(cases: &'a [Case], id: &str) -> &'a Case {
    cases.iter().find(|case| case.id() == id).unwrap()
}

/// Three hosts in two regions, the weights of the test on real hosts.
fn three(shared: bool) -> Network {
    let only = BTreeSet::from([0]);
    Network {
        hosts: vec![0, 1, 1],
        signers: vec![2],
        nodes: vec![(0, 2, only.clone()), (1, 2, only.clone()), (2, 5, only)],
        shared,
    }
}

#[test]
fn every_case_says_why() {
    let topology = three(false).topology();
    let all = cases(&topology);
    let ids: Vec<String> = all.iter().map(Case::id).collect();
    assert_eq!(
        ids,
        [
            "stop-node/n0",
            "stop-node/n1",
            "stop-node/n2",
            "stop-host/h0",
            "stop-host/h1",
            "stop-host/h2",
            "stop-region/r0",
            "stop-region/r1",
            "partition/r0",
            "partition/r1",
            "latency/r0",
            "latency/r1",
            "cpu/h0",
            "cpu/h1",
            "cpu/h2",
            "memory/h0",
            "memory/h1",
            "memory/h2",
            "disk/h0",
            "disk/h1",
            "disk/h2",
        ]
    );
    let why = |id: &str| found(&all, id).verdict.why.clone();
    assert_eq!(why("stop-node/n0"), "2 of 9 voting power stops (`n0`), and up to 2 may");
    // The signer of all of them is on it.
    assert_eq!(
        why("stop-host/h2"),
        "9 of 9 voting power stops (`n0`, `n1`, `n2`), and a loss of more than 2 halts the chain, which needs \
         more than two thirds of all voting power"
    );
    assert_eq!(why("partition/r0"), "2 of 9 voting power stops (`n0`), and up to 2 may");
    assert!(found(&all, "partition/r1").verdict.survives, "the region itself goes on");
    assert_eq!(found(&all, "partition/r0").fault.recovery(), 120);
    let late = found(&all, "latency/r1").delay.clone().unwrap();
    assert_eq!((late.default, late.most, late.beyond.survives), (100, 250, true));
}

#[test]
fn what_answers_is_watched_from_several_regions() {
    let topology = three(false).topology();
    let all = cases(&topology);
    let names = |ids: &[ServiceId]| -> Vec<String> {
        ids.iter().map(|id| topology.services[*id].name.clone()).collect()
    };
    assert_eq!(names(&found(&all, "stop-node/n1").heights), ["n0-chain", "n2-chain"]);
    assert_eq!(names(&found(&all, "stop-node/n1").doors), ["front"]);
    assert!(found(&all, "stop-host/h0").doors.is_empty(), "the balancer is on it");
    // On the side that goes on, and not where the region is alone.
    assert_eq!(names(&found(&all, "partition/r0").heights), ["n1-chain", "n2-chain"]);
    assert_eq!(names(&found(&all, "partition/r1").heights), ["n1-chain", "n2-chain"]);
}

/// No side has more than two thirds.
#[test]
fn a_partition_that_leaves_no_side_is_not_survived() {
    let network = Network { nodes: three(false).nodes, hosts: vec![0, 0, 1], ..three(false) };
    let all = cases(&network.topology());
    let verdict = &found(&all, "partition/r0").verdict;
    assert!(!verdict.survives);
    assert!(
        verdict
            .why
            .starts_with("no side goes on: 0 of 9 voting power is left to the region, 5 to the others"),
        "{}",
        verdict.why
    );
    let beyond = &found(&all, "latency/r0").delay.clone().unwrap().beyond;
    assert!(!beyond.survives && found(&all, "latency/r0").verdict.survives);
}
