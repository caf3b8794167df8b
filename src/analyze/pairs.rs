//! What two failure domains take along when they fail together, for every pair and without trying every pair.
//!
//! Two domains that fail together stop what each stops alone, and nothing more, unless a need has
//! fallbacks and the two cover its providers only together. Those pairs are found through the needs
//! with fallbacks and are computed one by one; of all others the loss is the sum of the parts, less the
//! voters that both stop.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::cascade::Cascade;
use super::domain::{Domain, DomainId};
use super::loss::Losses;
use super::parts::{PartId, Parts};
use crate::topology::Table;

/// How many pairs the search for the worst ones looks at before it gives up.
const MOST_LOOKED_AT: usize = 500_000;

/// How many pairs that interact are computed.
const MOST_INTERACTING: usize = 20_000_000;

/// The losses of all pairs of domains.
#[derive(Debug)]
pub struct Pairs<'a> {
    parts: &'a Parts,
    losses: &'a Losses,
    /// The first domain with the same members: one service may be a domain of three kinds.
    first: Table<DomainId, DomainId>,
    /// What a pair stops beyond what its parts stop: (pair of first domains, power), sorted.
    extra: Vec<((DomainId, DomainId), u128)>,
    complete: bool,
}

/// The worst pairs of some domains.
#[derive(Clone, Debug, Default)]
pub struct Worst {
    /// (loss, the two domains), the largest loss first.
    pub pairs: Vec<(u128, DomainId, DomainId)>,
    /// Whether no other pair can be worse than the last of them.
    pub exact: bool,
}

impl<'a> Pairs<'a> {
    /// Finds the pairs that interact.
    pub fn new(parts: &'a Parts, domains: &Table<DomainId, Domain>, losses: &'a Losses) -> Self {
        let first = first_of_same(domains);
        let found = if losses.complete { interacting(parts, domains, losses, &first) } else { None };
        let complete = found.is_some();
        let extra = extras(parts, domains, losses, &found.unwrap_or_default());
        Self { parts, losses, first, extra, complete }
    }

    /// The voting power that two domains stop together.
    pub fn loss(&self, a: DomainId, b: DomainId) -> u128 {
        let (x, y) = (&self.losses.of[a], &self.losses.of[b]);
        let (small, large) = if x.voters.len() <= y.voters.len() { (x, y) } else { (y, x) };
        let both: u128 = small
            .voters
            .iter()
            .filter(|(node, _)| large.voters.binary_search_by_key(node, |(other, _)| *other).is_ok())
            .map(|(node, _)| u128::from(self.parts.power[*node]))
            .sum();
        x.power + y.power - both + self.extra(a, b)
    }

    fn extra(&self, a: DomainId, b: DomainId) -> u128 {
        let pair = ordered(self.first[a], self.first[b]);
        let at = self.extra.binary_search_by_key(&pair, |(pair, _)| *pair).ok();
        at.and_then(|at| self.extra.get(at)).map_or(0, |(_, extra)| *extra)
    }

    /// The worst pairs of two different domains of a list, at most `most` of them. Of domains with the
    /// same members the first of the list stands for all.
    pub fn worst(&self, among: &[DomainId], most: usize) -> Worst {
        let mut best = Best { most, kept: BTreeSet::new() };
        // Those that interact, by the domains of the list that stand for them.
        let mut named: BTreeMap<DomainId, DomainId> = BTreeMap::new();
        for id in among {
            named.entry(self.first[*id]).or_insert(*id);
        }
        for ((a, b), _) in &self.extra {
            if let (Some(a), Some(b)) = (named.get(a), named.get(b)) {
                best.offer(self.loss(*a, *b), *a, *b);
            }
        }
        // The others, best sum first: a pair without extra loss never loses more than its sum.
        let mut by_power: Vec<DomainId> = named.values().copied().collect();
        let power = |id: DomainId| self.losses.of[id].power;
        by_power.sort_by_key(|id| (Reverse(power(*id)), *id));
        let total = self.parts.total();
        let bound = |i: usize, j: usize| {
            let pair = (by_power.get(i)?, by_power.get(j)?);
            Some(((power(*pair.0) + power(*pair.1)).min(total), Reverse((i, j))))
        };
        let mut heap: BinaryHeap<(u128, Reverse<(usize, usize)>)> = bound(0, 1).into_iter().collect();
        let mut looked_at = 0;
        while let Some((sum, Reverse((i, j)))) = heap.pop() {
            // What stops nothing alone stops something with another only by interaction, which was offered.
            if sum == 0 || best.is_full_above(sum) {
                break;
            }
            looked_at += 1;
            if looked_at > MOST_LOOKED_AT {
                return Worst { pairs: best.into_vec(), exact: false };
            }
            if let (Some(a), Some(b)) = (by_power.get(i), by_power.get(j)) {
                best.offer(self.loss(*a, *b), *a, *b);
            }
            heap.extend(bound(i, j + 1));
            if j == i + 1 {
                heap.extend(bound(i + 1, i + 2));
            }
        }
        Worst { pairs: best.into_vec(), exact: self.complete }
    }
}

/// The largest losses that were offered.
struct Best {
    most: usize,
    kept: BTreeSet<(Reverse<u128>, DomainId, DomainId)>,
}

impl Best {
    fn offer(&mut self, loss: u128, a: DomainId, b: DomainId) {
        let (a, b) = ordered(a, b);
        if a != b && loss > 0 {
            self.kept.insert((Reverse(loss), a, b));
        }
        if self.kept.len() > self.most {
            self.kept.pop_last();
        }
    }

    /// Whether nothing with a loss of at most `bound` could enter, but as an equal of the last.
    fn is_full_above(&self, bound: u128) -> bool {
        self.kept.len() >= self.most && self.kept.last().is_none_or(|(loss, ..)| loss.0 >= bound)
    }

    fn into_vec(self) -> Vec<(u128, DomainId, DomainId)> {
        self.kept.into_iter().map(|(loss, a, b)| (loss.0, a, b)).collect()
    }
}

fn ordered(a: DomainId, b: DomainId) -> (DomainId, DomainId) {
    if a <= b { (a, b) } else { (b, a) }
}

fn first_of_same(domains: &Table<DomainId, Domain>) -> Table<DomainId, DomainId> {
    let mut seen: BTreeMap<&[PartId], DomainId> = BTreeMap::new();
    domains.ids().map(|id| *seen.entry(domains[id].members.as_slice()).or_insert(id)).collect()
}

/// The pairs that together take more providers of a need than it can spare, though neither does alone,
/// the one that stops more first; `None` where they are too many.
fn interacting(
    parts: &Parts,
    domains: &Table<DomainId, Domain>,
    losses: &Losses,
    first: &Table<DomainId, DomainId>,
) -> Option<Vec<(DomainId, DomainId)>> {
    // Needs with the same providers ask the same question.
    let questions: BTreeSet<(&[PartId], usize)> = parts
        .needs
        .iter()
        .filter(|need| need.spare > 0)
        .map(|need| (need.providers.as_slice(), need.spare))
        .collect();
    let asked: BTreeSet<PartId> =
        questions.iter().flat_map(|(providers, _)| providers.iter().copied()).collect();
    if asked.is_empty() {
        return Some(Vec::new());
    }
    let mut stopped_by: BTreeMap<PartId, Vec<DomainId>> = BTreeMap::new();
    for id in domains.ids().filter(|id| first[*id] == *id) {
        for part in losses.of[id].down.iter().filter(|part| asked.contains(part)) {
            stopped_by.entry(*part).or_default().push(id);
        }
    }
    let mut found = Vec::new();
    for (providers, spare) in questions {
        let mut covers: BTreeMap<DomainId, Vec<usize>> = BTreeMap::new();
        for (index, provider) in providers.iter().enumerate() {
            for id in stopped_by.get(provider).into_iter().flatten() {
                covers.entry(*id).or_default().push(index);
            }
        }
        let wanted = spare + 1;
        let mut covers: Vec<(DomainId, Vec<usize>)> =
            covers.into_iter().filter(|(_, covered)| covered.len() < wanted).collect();
        covers.sort_by_key(|(id, covered)| (Reverse(covered.len()), *id));
        for (at, (a, left)) in covers.iter().enumerate() {
            let others =
                covers.iter().skip(at + 1).take_while(|(_, right)| left.len() + right.len() >= wanted);
            for (b, right) in others {
                if union_size(left, right) >= wanted {
                    let size = |id: DomainId| losses.of[id].down.len();
                    found.push(if size(*a) >= size(*b) { (*a, *b) } else { (*b, *a) });
                }
            }
        }
        if found.len() > MOST_INTERACTING {
            return None;
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// The size of the union of two sorted lists.
fn union_size(left: &[usize], right: &[usize]) -> usize {
    let both = left.iter().filter(|item| right.binary_search(item).is_ok()).count();
    left.len() + right.len() - both
}

/// What each pair stops beyond its parts. The larger domain of a pair fails once for all its partners.
fn extras(
    parts: &Parts,
    domains: &Table<DomainId, Domain>,
    losses: &Losses,
    pairs: &[(DomainId, DomainId)],
) -> Vec<((DomainId, DomainId), u128)> {
    let mut extra = Vec::new();
    let mut cascade = Cascade::new(parts);
    let up = cascade.now();
    for same in pairs.chunk_by(|a, b| a.0 == b.0) {
        let Some((large, _)) = same.first() else { continue };
        cascade.back_to(up);
        cascade.fail(&domains[*large].members);
        let alone = cascade.now();
        for (_, small) in same {
            let loss = &losses.of[*small];
            let added: u128 = loss
                .voters
                .iter()
                .filter(|(node, _)| !cascade.is_down(*node))
                .map(|(node, _)| u128::from(parts.power[*node]))
                .sum();
            let sum = cascade.power() + added;
            cascade.fail(&domains[*small].members);
            if cascade.power() > sum {
                extra.push((ordered(*large, *small), cascade.power() - sum));
            }
            cascade.back_to(alone);
        }
    }
    extra.sort_unstable();
    extra
}

#[cfg(test)]
impl Pairs<'_> {
    /// How many pairs lose more than their parts.
    pub(crate) fn interactions(&self) -> usize {
        self.extra.len()
    }
}
