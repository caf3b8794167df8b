//! No wave of a change stops too much, on random networks.

use netgen::analyze::outage::Outages;
use netgen::analyze::parts::Parts;
use netgen::check::registry::all_rules;
use netgen::diag::Level;
use netgen::diff::{Effect, Side, SideKind, diff};
use netgen::topology::ServiceId;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use proptest::prelude::*;

const CATALOG: &str = "
components:
  chain:
    component: chain
    summary: A node of the chain
    kind: chain-node
    version: { tested: '1.0' }
    image: registry.example.net/chain
    provides: { p2p: { port: 26656, exposure: public }, rpc: { port: 26657, protocol: http } }
    settings: { cache: { type: integer, default: 1, doc: Room } }
    needs: { vault-api: { optional: true } }
    command: [ '--cache={{ settings.cache }}' ]
    volumes: { data: { path: /data } }
    sources: [ invented ]
  vault:
    component: vault
    summary: Signs for nodes
    kind: signer
    version: { tested: '1.0' }
    image: registry.example.net/vault
    settings: { cache: { type: integer, default: 1, doc: Room } }
    command: [ '--cache={{ settings.cache }}' ]
    provides: { vault-api: { port: 9000, protocol: http } }
    volumes: { history: { path: /var/lib/vault, backup: true } }
    sources: [ invented ]
";

const CHAIN: &str = "chain: bftnet
name: A BFT network
family: bft
block-time: 1
consensus: bft
sources: [ invented ]
";

/// A network: hosts in regions, a node with some power on each, a signer for some of them.
#[derive(Clone, Debug)]
struct Network {
    /// Of each host: its region (0 is none), the power of its node, whether its node uses the signer.
    hosts: Vec<(usize, u64, bool)>,
    /// Whose program changes: nodes, the signer.
    changed: [bool; 2],
}

fn networks() -> impl Strategy<Value = Network> {
    let host = (0..4_usize, 0..6_u64, prop::bool::weighted(0.3));
    let changed = prop_oneof![Just([true, false]), Just([false, true]), Just([true, true])];
    (prop::collection::vec(host, 1..9), changed).prop_map(|(hosts, changed)| Network { hosts, changed })
}

impl Network {
    fn manifest(&self, changed: bool) -> String {
        let mut text = "netgen: 1\nnetwork: { name: demo, chain: bftnet }\n".to_owned();
        text.push_str("regions: { r1: {}, r2: {}, r3: {} }\nhosts:\n  ops: { address: 203.0.113.200 }\n");
        for (at, (region, ..)) in self.hosts.iter().enumerate() {
            let region = if *region > 0 { format!(", region: r{region}") } else { String::new() };
            text.push_str(&format!("  h{at}: {{ address: 203.0.113.{}{region} }}\n", at + 1));
        }
        let cache = |at: usize| u32::from(changed && self.changed[at]) + 1;
        text.push_str(&format!(
            "stacks: {{ node: {{ chain: {{ component: chain, settings: {{ cache: {} }} }} }} }}\nnodes:\n",
            cache(0)
        ));
        for (at, (_, power, signer)) in self.hosts.iter().enumerate() {
            let signer = if *signer { ", services: { chain: { needs: { vault-api: vault } } }" } else { "" };
            text.push_str(&format!(
                "  n{at}: {{ host: h{at}, role: validator, stack: node, voting-power: {power}{signer} }}\n"
            ));
        }
        text.push_str(&format!(
            "services: {{ vault: {{ component: vault, host: ops, settings: {{ cache: {} }} }} }}\n",
            cache(1)
        ));
        text + "waivers: []\n" + CATALOG
    }

    fn compiled(&self, changed: bool) -> Compilation {
        let manifest = self.manifest(changed);
        let world = MemoryWorld::new([("network.yaml", manifest.as_str()), ("chains/bftnet.yaml", CHAIN)]);
        let mut options = Options { allow_unlocked: true, ..Options::default() };
        // What is not survived is what this test is about.
        for rule in ["NG0601", "NG0609"] {
            let rule = all_rules().into_iter().find(|known| known.code == rule).unwrap();
            options.levels.set(rule, Level::Allow);
        }
        compile(&world, &Input::new("network.yaml"), options)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_wave_keeps_the_quorum(network in networks()) {
        let sides = [false, true].map(|changed| network.compiled(changed));
        // Some random network breaks a rule of its own; it is none of this test's.
        let bundles: Vec<_> = sides.iter().filter_map(|side| side.bundle.as_ref()).collect();
        prop_assume!(bundles.len() == 2);
        let [old, new] = [0, 1].map(|at| Side::of_bundle("x", SideKind::Manifest, bundles[at]).unwrap());
        let found = diff(&old, &new);
        super::check(&found, &old, &new, "random");
        prop_assert_eq!(found.effect, Effect::Restart);

        let topology = &sides[1].plan.as_ref().unwrap().topology;
        let parts = Parts::of(topology);
        let mut outages = Outages::new(topology, &parts);
        let total = parts.total();
        let id = |name: &String| -> ServiceId {
            topology.services.iter().find(|service| service.name == *name).unwrap().id
        };
        for wave in &found.rollout.waves {
            let down = outages.of(wave.services.iter().map(id));
            prop_assert_eq!(wave.lost, down.power, "what the document says is what the topology says");
            let left = total - down.power;
            let holds = total == 0 || 3 * left > 2 * total;
            prop_assert!(holds || wave.hosts.len() == 1, "{:?} leaves {} of {}", wave, left, total);
            // Whoever restarts the whole hosts of a wave keeps the quorum as well.
            let here = |host| wave.hosts.contains(&topology.hosts[host].name);
            let all = topology.services.iter().filter(|service| here(service.host)).map(|s| s.id);
            let left = total - outages.of(all.collect::<Vec<_>>()).power;
            prop_assert!(wave.hosts.len() == 1 || total == 0 || 3 * left > 2 * total, "{:?}", wave);
            prop_assert_eq!(wave.margin.is_some_and(|margin| margin < 0), total > 0 && !holds);
        }
        let changed: usize = network.changed.iter().zip([network.hosts.len(), 1]).filter(|(c, _)| **c).map(|(_, n)| n).sum();
        prop_assert_eq!(found.rollout.waves.iter().map(|wave| wave.services.len()).sum::<usize>(), changed);
    }
}
