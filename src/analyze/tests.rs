//! The methods against brute force, on random small networks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::cascade::Cascade;
use super::domain::{Domain, DomainId, DomainKind};
use super::loss::Losses;
use super::pairs::Pairs;
use super::parts::{Need, PartId, Parts};
use super::smallest::{Question, Smallest};
use crate::topology::{Id, Table};

fn part(index: usize) -> PartId {
    PartId::from_index(index)
}

/// What stops, by the definition and nothing else: look at every need again until nothing changes.
fn oracle(parts: &Parts, failed: &BTreeSet<PartId>) -> BTreeSet<PartId> {
    let mut down = failed.clone();
    loop {
        let fell: Vec<PartId> = parts
            .needs
            .iter()
            .filter(|need| need.providers.iter().filter(|p| down.contains(p)).count() > need.spare)
            .map(|need| need.consumer)
            .filter(|consumer| !down.contains(consumer))
            .collect();
        if fell.is_empty() {
            return down;
        }
        down.extend(fell);
    }
}

fn power(parts: &Parts, down: &BTreeSet<PartId>) -> u128 {
    down.iter().map(|part| u128::from(parts.power[*part])).sum()
}

fn loss(parts: &Parts, domains: &[&Domain]) -> u128 {
    let failed = domains.iter().flat_map(|domain| domain.members.iter().copied()).collect();
    power(parts, &oracle(parts, &failed))
}

/// Services with needs of any shape (cycles, needs of oneself, k of n), nodes that need services, clusters
/// that need k of n nodes, and domains that overlap in every way.
fn network() -> impl Strategy<Value = (Parts, Table<DomainId, Domain>)> {
    (2..9_usize, 1..6_usize, 0..4_usize).prop_flat_map(|(services, nodes, clusters)| {
        let total = services + nodes;
        let need = (0..total, prop::collection::btree_set(0..services, 1..4), any::<prop::sample::Index>());
        let needs = prop::collection::vec(need, 0..14);
        let powers = prop::collection::vec(0..6_u64, nodes + clusters);
        let members = (prop::collection::btree_set(services..total, 1..=nodes), any::<prop::sample::Index>());
        let members = prop::collection::vec(members, clusters);
        let sets = prop::collection::vec(prop::collection::btree_set(0..total, 1..4), 1..8);
        (needs, members, powers, sets).prop_map(move |(needs, members, powers, sets)| {
            let clusters = members.into_iter().enumerate().map(|(index, (nodes, spare))| Need {
                consumer: part(total + index),
                interface: None,
                spare: spare.index(nodes.len()),
                providers: nodes.into_iter().map(part).collect(),
            });
            let needs = needs
                .into_iter()
                .map(|(consumer, providers, spare)| Need {
                    consumer: part(consumer),
                    interface: Some("x".to_owned()),
                    spare: spare.index(providers.len()),
                    providers: providers.into_iter().map(part).collect(),
                })
                .chain(clusters)
                .collect();
            let power = std::iter::repeat_n(0, services).chain(powers).collect();
            let domains = sets
                .into_iter()
                .enumerate()
                .map(|(index, set)| Domain {
                    kind: DomainKind::Host,
                    name: format!("d{index}"),
                    members: set.into_iter().map(part).collect(),
                })
                .collect();
            (Parts::new(power, [services, nodes], needs), domains)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_stops_is_what_the_definition_says((parts, domains) in network()) {
        let mut cascade = Cascade::new(&parts);
        let up = cascade.now();
        for domain in &domains {
            cascade.fail(&domain.members);
            let down: BTreeSet<PartId> = cascade.down().iter().copied().collect();
            let expected = oracle(&parts, &domain.members.iter().copied().collect());
            prop_assert_eq!(&down, &expected);
            prop_assert_eq!(cascade.power(), power(&parts, &expected));
            for part in &down {
                // The way back ends at something that failed itself, through parts that are down.
                let way = cascade.why(*part);
                let origin = way.last().map_or(*part, |(provider, _)| *provider);
                prop_assert!(domain.members.contains(&origin));
                prop_assert!(way.iter().all(|(provider, _)| down.contains(provider)));
            }
            cascade.back_to(up);
            prop_assert!(cascade.down().is_empty() && cascade.power() == 0);
        }
        // Failures one after the other stop what they stop at once.
        for domain in &domains {
            cascade.fail(&domain.members);
        }
        let every: Vec<&Domain> = domains.iter().collect();
        prop_assert_eq!(cascade.power(), loss(&parts, &every));
    }

    #[test]
    fn every_domain_and_every_pair_loses_what_brute_force_says((parts, domains) in network()) {
        let losses = Losses::new(&parts, &domains);
        let pairs = Pairs::new(&parts, &domains, &losses);
        for a in domains.ids() {
            prop_assert_eq!(losses.of[a].power, loss(&parts, &[&domains[a]]));
            for b in domains.ids().filter(|b| *b != a) {
                let expected = loss(&parts, &[&domains[a], &domains[b]]);
                prop_assert_eq!(pairs.loss(a, b), expected, "{:?} {:?}", &domains[a], &domains[b]);
            }
        }
        let ids: Vec<DomainId> = domains.ids().collect();
        let found = pairs.worst(&ids, 3);
        prop_assert!(found.exact);
        // Two domains with the same members are one.
        let mut members = BTreeSet::new();
        let ids: Vec<DomainId> = ids.into_iter().filter(|id| members.insert(&domains[*id].members)).collect();
        let mut all: Vec<u128> = ids
            .iter()
            .flat_map(|a| ids.iter().filter(move |b| a < b).map(|b| pairs.loss(*a, *b)))
            .filter(|loss| *loss > 0)
            .collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.truncate(3);
        prop_assert_eq!(found.pairs.iter().map(|(loss, ..)| *loss).collect::<Vec<_>>(), all);
    }

    #[test]
    fn the_smallest_set_is_the_smallest((parts, domains) in network(), share in 1..=4_u128) {
        let target = (parts.total() * share / 4).max(1);
        let domains = domains.as_slice();
        let strict = parts.without_fallbacks();
        let question = Question { parts: &parts, strict: &strict, domains, target, most: domains.len() };
        let answer = question.answer();
        let smallest = (0..1_usize << domains.len())
            .filter(|set| {
                let chosen: Vec<&Domain> =
                    domains.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, d)| d).collect();
                loss(&parts, &chosen) >= target
            })
            .map(usize::count_ones)
            .min();
        match (&answer, smallest) {
            (Smallest::Never, None) => {}
            (Smallest::Exact(set), Some(size)) => {
                prop_assert_eq!(set.len(), size as usize);
                let chosen: Vec<&Domain> = set.iter().map(|index| &domains[*index]).collect();
                prop_assert!(loss(&parts, &chosen) >= target);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

/// The generator makes what the pair test is about: pairs that lose more than their parts.
#[test]
fn fallbacks_interact() {
    // Two providers, one consumer that needs either, one node behind it.
    let need = |consumer: usize, providers: &[usize]| Need {
        consumer: part(consumer),
        interface: Some("x".to_owned()),
        spare: providers.len() - 1,
        providers: providers.iter().copied().map(part).collect(),
    };
    let parts = Parts::new(vec![0, 0, 0, 7], [3, 1], vec![need(2, &[0, 1]), need(3, &[2])]);
    let single = |index: usize| Domain {
        kind: DomainKind::Service,
        name: index.to_string(),
        members: vec![part(index)],
    };
    let domains: Table<DomainId, Domain> = (0..3).map(single).collect();
    let losses = Losses::new(&parts, &domains);
    let pairs = Pairs::new(&parts, &domains, &losses);
    assert_eq!(losses.of.iter().map(|loss| loss.power).collect::<Vec<_>>(), [0, 0, 7]);
    assert_eq!(pairs.interactions(), 1);
    assert_eq!(pairs.loss(DomainId::from_index(0), DomainId::from_index(1)), 7);
    assert_eq!(pairs.loss(DomainId::from_index(0), DomainId::from_index(2)), 7);
}

/// A cluster of four nodes that can spare one: its power stops with the second, whoever it is.
#[test]
fn a_cluster_stops_with_one_node_more_than_it_can_spare() {
    let nodes: Vec<PartId> = (0..4).map(part).collect();
    let need = Need { consumer: part(4), interface: None, providers: nodes.clone(), spare: 1 };
    let parts = Parts::new(vec![1, 0, 0, 0, 400], [0, 4], vec![need]);
    assert_eq!(parts.total(), 401);
    let mut cascade = Cascade::new(&parts);
    let up = cascade.now();
    for (first, second) in [(0, 1), (1, 3), (3, 2)] {
        cascade.fail(&[nodes[first]]);
        assert_eq!(cascade.power(), u128::from(first == 0));
        cascade.fail(&[nodes[second]]);
        assert!(cascade.power() >= 400 && cascade.is_down(part(4)));
        assert_eq!(parts.as_cluster(part(4)).map(|id| id.index()), Some(0));
        assert_eq!((parts.as_node(part(4)), parts.as_service(part(4))), (None, None));
        cascade.back_to(up);
    }
    let single =
        |index: usize| Domain { kind: DomainKind::Host, name: index.to_string(), members: vec![part(index)] };
    let domains: Vec<Domain> = (0..4).map(single).collect();
    let strict = parts.without_fallbacks();
    let smallest =
        |target| Question { parts: &parts, strict: &strict, domains: &domains, target, most: 4 }.answer();
    assert_eq!(smallest(1), Smallest::Exact(vec![0]));
    assert!(matches!(smallest(400), Smallest::Exact(set) if set.len() == 2));
    assert!(matches!(smallest(401), Smallest::Exact(set) if set.len() == 2 && set[0] == 0));
}

/// Parts that only hold each other up stay up until one of them falls.
#[test]
fn a_circle_of_needs_stands_until_it_falls() {
    let need = |consumer: usize, provider: usize| Need {
        consumer: part(consumer),
        interface: Some("x".to_owned()),
        spare: 0,
        providers: vec![part(provider)],
    };
    let parts = Parts::new(vec![0, 0, 0, 1], [3, 1], vec![need(0, 1), need(1, 0), need(3, 0)]);
    let mut cascade = Cascade::new(&parts);
    cascade.fail(&[part(2)]);
    assert_eq!(cascade.power(), 0);
    cascade.fail(&[part(1)]);
    assert_eq!(cascade.power(), 1);
    assert_eq!(cascade.down().len(), 4);
}
