//! What each failure domain takes along when it fails alone.

use super::cascade::Cascade;
use super::domain::{Domain, DomainId};
use super::parts::{NeedId, PartId, Parts};
use crate::topology::Table;

/// How many stopped parts are remembered over all domains together. A network in which everything
/// needs everything has a number of them that grows with its square; past the limit only sums are kept.
const MOST_REMEMBERED: usize = 20_000_000;

/// What stops when one domain fails.
#[derive(Clone, Debug, Default)]
pub struct Loss {
    /// Voting power.
    pub power: u128,
    /// Every part that is down, sorted.
    pub down: Vec<PartId>,
    /// The nodes and clusters with voting power among them, sorted by id, each with the need outside the
    /// domain by which the failure reached it, and the provider that failed; without one, it or the
    /// service that it votes with was in the domain. A cluster has that of its last node.
    pub voters: Vec<(PartId, Option<(NeedId, PartId)>)>,
}

/// The losses of all domains.
#[derive(Clone, Debug)]
pub struct Losses {
    /// By domain.
    pub of: Table<DomainId, Loss>,
    /// Whether every loss has its list of parts; else the later ones have only their sum.
    pub complete: bool,
}

impl Losses {
    /// Fails each domain alone. Costs as much time as parts stop, all domains together.
    pub fn new(parts: &Parts, domains: &Table<DomainId, Domain>) -> Self {
        let mut cascade = Cascade::new(parts);
        let up = cascade.now();
        let mut remembered = 0;
        let mut of = Table::default();
        for domain in domains {
            cascade.fail(&domain.members);
            let mut loss = Loss { power: cascade.power(), ..Loss::default() };
            remembered += cascade.down().len();
            if remembered <= MOST_REMEMBERED {
                loss.down = cascade.down().to_vec();
                loss.down.sort_unstable();
                let voters = loss.down.iter().filter(|part| parts.power[**part] > 0);
                loss.voters = voters.map(|part| (*part, through(&cascade, parts, *part))).collect();
            }
            of.push(loss);
            cascade.back_to(up);
        }
        Self { of, complete: remembered <= MOST_REMEMBERED }
    }
}

/// The last need on the way from a voter to what failed: where the failure left its domain.
fn through(cascade: &Cascade<'_>, parts: &Parts, voter: PartId) -> Option<(NeedId, PartId)> {
    let (provider, need) = cascade.why(voter).pop()?;
    // A node whose own voting service failed needs no other reason.
    parts.needs[need].interface.is_some().then_some((need, provider))
}
