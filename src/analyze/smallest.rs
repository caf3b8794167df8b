//! The smallest set of failure domains that stops so much voting power.
//!
//! In general this is a covering problem, which no known method answers fast. For real networks two
//! bounds meet: from below, that a node is stopped by one domain alone or by at least two that each
//! touch what it leans on; from above, the set that takes the heaviest domain again and again. Where
//! they do not meet, sets between them are searched, up to a stated amount of work.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::cascade::Cascade;
use super::domain::Domain;
use super::parts::{PartId, Parts};
use crate::topology::Table;

/// How many parts may be stopped in the search between the bounds.
const MOST_WORK: usize = 4_000_000;

/// How many times the choice of the heaviest may be made anew.
const MOST_CHOICES: usize = 1_000_000;

/// Larger sets are not searched for one by one.
const MOST_SEARCHED: usize = 256;

/// Up to this size every member of a set is tried for being needless.
const MOST_TRIMMED: usize = 64;

/// The smallest set, or what is known of it. Domains are positions in the list that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Smallest {
    /// All of them together do not stop so much.
    Never,
    /// This is one, and none is smaller.
    Exact(Vec<usize>),
    /// The search ended early.
    Bound {
        /// No smaller set does it.
        at_least: usize,
        /// A set that does it; absent where none was asked for that is so large.
        found: Option<Vec<usize>>,
    },
}

/// A question and what its answer is computed with.
pub struct Question<'a> {
    /// The network.
    pub parts: &'a Parts,
    /// The same without fallbacks.
    pub strict: &'a Parts,
    /// What can fail.
    pub domains: &'a [Domain],
    /// The voting power that must stop, at least 1.
    pub target: u128,
    /// Larger sets are of no interest.
    pub most: usize,
}

impl Question<'_> {
    /// Answers it.
    pub fn answer(&self) -> Smallest {
        let mut all = Cascade::new(self.parts);
        for domain in self.domains {
            all.fail(&domain.members);
        }
        if self.target == 0 || all.power() < self.target {
            return Smallest::Never;
        }
        let weights = self.weights();
        let at_least = self.at_least(&weights);
        if at_least > self.most {
            return Smallest::Bound { at_least, found: None };
        }
        let found = self.greedy(&weights);
        if found.len() == at_least {
            return Smallest::Exact(found);
        }
        self.between(&weights, at_least, found)
    }

    /// Twice the most that each domain can add to any set. A node that it stops alone counts twice. One
    /// that it only touches, because it stops some of what the node leans on, counts once: it takes
    /// another such domain to stop the node, for which it counts, too. Where there is no other, no set
    /// stops the node that way, and it does not count.
    fn weights(&self) -> Vec<u128> {
        let mut weights: Vec<u128> = self.losses(self.parts).into_iter().map(|power| 2 * power).collect();
        if !self.parts.has_fallbacks() {
            return weights;
        }
        let mut touching: Table<PartId, u32> = self.parts.power.iter().map(|_| 0).collect();
        self.touched(|_, part| touching[part] += 1);
        self.touched(|domain, part| {
            if let (Some(weight), 2..) = (weights.get_mut(domain), touching[part]) {
                *weight += u128::from(self.parts.power[part]);
            }
        });
        weights
    }

    /// Every voting node that a domain touches but does not stop alone.
    fn touched(&self, mut tell: impl FnMut(usize, PartId)) {
        let (mut alone, mut strict) = (Cascade::new(self.parts), Cascade::new(self.strict));
        let (up, whole) = (alone.now(), strict.now());
        for (index, domain) in self.domains.iter().enumerate() {
            alone.fail(&domain.members);
            strict.fail(&domain.members);
            let touched = strict.down().iter().copied();
            for part in touched.filter(|part| self.parts.power[*part] > 0 && !alone.is_down(*part)) {
                tell(index, part);
            }
            alone.back_to(up);
            strict.back_to(whole);
        }
    }

    fn losses(&self, parts: &Parts) -> Vec<u128> {
        let mut cascade = Cascade::new(parts);
        let up = cascade.now();
        let mut losses = Vec::with_capacity(self.domains.len());
        for domain in self.domains {
            cascade.fail(&domain.members);
            losses.push(cascade.power());
            cascade.back_to(up);
        }
        losses
    }

    /// A size below which no set can reach the target.
    fn at_least(&self, weights: &[u128]) -> usize {
        let mut sorted = weights.to_vec();
        sorted.sort_unstable_by_key(|weight| Reverse(*weight));
        let mut sum = 0;
        let enough = sorted.iter().position(|weight| {
            sum += weight;
            sum >= 2 * self.target
        });
        enough.map_or(self.domains.len(), |last| last + 1)
    }

    /// A set that reaches the target: the domain that adds most, again and again, less those that later
    /// ones made needless.
    fn greedy(&self, weights: &[u128]) -> Vec<usize> {
        let mut cascade = Cascade::new(self.parts);
        let alone = self.losses(self.parts);
        let mut heap: BinaryHeap<(u128, u128, Reverse<usize>)> = alone
            .iter()
            .zip(weights)
            .enumerate()
            .map(|(index, (gain, weight))| (*gain, *weight, Reverse(index)))
            .collect();
        let mut set = Vec::new();
        let mut choices = 0;
        while let Some((_, weight, Reverse(index))) = heap.pop() {
            let (before, moment) = (cascade.power(), cascade.now());
            cascade.fail(self.members(index));
            let gain = cascade.power() - before;
            choices += 1;
            // What a domain adds changes with the set; it is chosen when it still is the best.
            let best = heap.peek().is_none_or(|next| (gain, weight) >= (next.0, next.1));
            if best || choices > MOST_CHOICES {
                set.push(index);
            } else {
                cascade.back_to(moment);
                heap.push((gain, weight, Reverse(index)));
            }
            if cascade.power() >= self.target {
                break;
            }
        }
        self.trim(set)
    }

    fn trim(&self, mut set: Vec<usize>) -> Vec<usize> {
        if set.len() <= MOST_TRIMMED {
            let mut at = 0;
            while at < set.len() {
                let mut without = set.clone();
                without.remove(at);
                if self.power(&without) >= self.target { set = without } else { at += 1 }
            }
        }
        set.sort_unstable();
        set
    }

    fn power(&self, set: &[usize]) -> u128 {
        let mut cascade = Cascade::new(self.parts);
        for index in set {
            cascade.fail(self.members(*index));
        }
        cascade.power()
    }

    fn members(&self, index: usize) -> &[PartId] {
        self.domains.get(index).map_or(&[], |domain| &domain.members)
    }

    /// Searches the sets that are smaller than the one that was found.
    fn between(&self, weights: &[u128], mut at_least: usize, found: Vec<usize>) -> Smallest {
        let mut order: Vec<usize> = (0..self.domains.len()).collect();
        order.sort_by_key(|index| (Reverse(weights.get(*index).copied()), *index));
        let mut search = Search { question: self, weights, order, work: 0, chosen: Vec::new() };
        while at_least < found.len() {
            if at_least > MOST_SEARCHED || at_least > self.most {
                return Smallest::Bound { at_least, found: Some(found) };
            }
            let mut cascade = Cascade::new(self.parts);
            match search.any(&mut cascade, 0, at_least, 0) {
                Some(true) => {
                    search.chosen.sort_unstable();
                    return Smallest::Exact(search.chosen);
                }
                Some(false) => at_least += 1,
                None => return Smallest::Bound { at_least, found: Some(found) },
            }
        }
        Smallest::Exact(found)
    }
}

struct Search<'a> {
    question: &'a Question<'a>,
    weights: &'a [u128],
    /// The domains, heaviest first.
    order: Vec<usize>,
    work: usize,
    chosen: Vec<usize>,
}

impl Search<'_> {
    /// Whether some `more` domains from a position on reach the target with what was chosen before, whose
    /// weights sum up to `sum`. `None`: too much work.
    fn any(&mut self, cascade: &mut Cascade<'_>, from: usize, more: usize, sum: u128) -> Option<bool> {
        if cascade.power() >= self.question.target {
            return Some(true);
        }
        if more == 0 {
            return Some(false);
        }
        for at in from..self.order.len() {
            let weight = |at: usize| self.order.get(at).and_then(|index| self.weights.get(*index)).copied();
            let best: u128 = (at..at + more).filter_map(weight).sum();
            if sum + best < 2 * self.question.target {
                return Some(false);
            }
            let (Some(index), Some(added)) = (self.order.get(at).copied(), weight(at)) else { break };
            let moment = cascade.now();
            let before = cascade.down().len();
            cascade.fail(self.question.members(index));
            self.work += 1 + more + cascade.down().len() - before;
            if self.work > MOST_WORK {
                return None;
            }
            self.chosen.push(index);
            if self.any(cascade, at + 1, more - 1, sum + added)? {
                return Some(true);
            }
            self.chosen.pop();
            cascade.back_to(moment);
        }
        Some(false)
    }
}
