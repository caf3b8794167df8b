//! Proofs that a network survives a number of failures, for `require:` and the rules.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::cascade::Cascade;
use super::domain::{Domain, DomainKind, of_kind};
use super::parts::{NeedId, PartId, Parts};
use super::quorum::Quorum;
use super::smallest::{Question, Smallest};
use crate::text::Span;
use crate::topology::{ServiceId, Topology};

/// Proves or refutes what is asked of one network.
pub struct Prover<'a> {
    topology: &'a Topology,
    parts: Parts,
    strict: Parts,
    quorum: Quorum,
}

/// Whether a number of failures is survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Any so many are.
    Holds,
    /// These are not.
    Fails(Refuted),
    /// The search ended at its limit without an answer.
    Unknown,
}

/// A set of failures that is too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refuted {
    /// The voting power that stops.
    pub lost: u128,
    /// What fails.
    pub domains: Vec<FailedDomain>,
    /// Needs by which the failure leaves the domains, the one that costs most voting power first:
    /// (a service that cannot go on, what it needs, the provider that failed).
    pub through: Vec<(ServiceId, String, ServiceId)>,
}

/// A domain and what it stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDomain {
    /// Its name.
    pub name: String,
    /// The voting power that it stops alone.
    pub lost: u128,
    /// Where the first of the validators that it stops alone is defined.
    pub stops: Span,
}

impl<'a> Prover<'a> {
    /// For a network, where everything stops that cannot do without what failed.
    pub fn new(topology: &'a Topology) -> Self {
        Self::over(topology, Parts::of(topology))
    }

    /// For the voting power alone, wherever it stands: nothing that the voters need counts.
    pub fn of_voters(topology: &'a Topology) -> Self {
        Self::over(topology, Parts::of_voters(topology))
    }

    fn over(topology: &'a Topology, parts: Parts) -> Self {
        let strict = parts.without_fallbacks();
        let quorum = Quorum::new(topology.chain.consensus, parts.total());
        Self { topology, parts, strict, quorum }
    }

    /// The arithmetic of the chain over all voting power.
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// Whether the network goes on when any `count` domains of a kind fail at once.
    pub fn survives(&self, kind: DomainKind, count: usize) -> Proof {
        if count == 0 || self.quorum.total == 0 {
            return Proof::Holds;
        }
        let domains = of_kind(self.topology, &self.parts, kind);
        let target = self.quorum.tolerates + 1;
        let question =
            Question { parts: &self.parts, strict: &self.strict, domains: &domains, target, most: count };
        let refuted = |set: Vec<usize>| {
            let failed: Vec<&Domain> = set.iter().filter_map(|index| domains.get(*index)).collect();
            Proof::Fails(self.refuted(&failed))
        };
        match question.answer() {
            Smallest::Exact(set) if set.len() <= count => refuted(set),
            Smallest::Bound { found: Some(set), .. } if set.len() <= count => refuted(set),
            Smallest::Bound { at_least, .. } if at_least <= count => Proof::Unknown,
            Smallest::Never | Smallest::Exact(_) | Smallest::Bound { .. } => Proof::Holds,
        }
    }

    /// What each domain of a kind stops when it fails alone, by name.
    pub fn alone(&self, kind: DomainKind) -> Vec<FailedDomain> {
        let mut cascade = Cascade::new(&self.parts);
        let domains = of_kind(self.topology, &self.parts, kind);
        domains.iter().map(|domain| self.loss(&mut cascade, domain)).collect()
    }

    fn loss(&self, cascade: &mut Cascade<'_>, domain: &Domain) -> FailedDomain {
        let up = cascade.now();
        cascade.fail(&domain.members);
        let first = self.stopped(cascade).into_iter().min();
        let stops = first.map_or(Span::nowhere(), |part| self.parts.origin(self.topology, part));
        let found = FailedDomain { name: domain.name.clone(), lost: cascade.power(), stops };
        cascade.back_to(up);
        found
    }

    fn refuted(&self, failed: &[&Domain]) -> Refuted {
        let mut cascade = Cascade::new(&self.parts);
        let domains = failed.iter().map(|domain| self.loss(&mut cascade, domain)).collect();
        for domain in failed {
            cascade.fail(&domain.members);
        }
        let mut ways: BTreeMap<(PartId, &str), (u128, NeedId)> = BTreeMap::new();
        for voter in self.stopped(&cascade) {
            let Some((provider, id)) = cascade.why(voter).pop() else { continue };
            if let Some(interface) = &self.parts.needs[id].interface {
                ways.entry((provider, interface)).or_insert((0, id)).0 += u128::from(self.parts.power[voter]);
            }
        }
        let mut ways: Vec<_> = ways.into_iter().collect();
        ways.sort_by_key(|(_, (power, _))| Reverse(*power));
        let through = ways
            .into_iter()
            .filter_map(|((provider, interface), (_, id))| {
                let consumer = self.parts.as_service(self.parts.needs[id].consumer)?;
                Some((consumer, interface.to_owned(), self.parts.as_service(provider)?))
            })
            .collect();
        Refuted { lost: cascade.power(), domains, through }
    }

    /// The nodes and clusters with voting power that are down.
    fn stopped(&self, cascade: &Cascade<'_>) -> Vec<PartId> {
        cascade.down().iter().copied().filter(|part| self.parts.power[*part] > 0).collect()
    }
}
