//! What stops when something fails.
//!
//! A part is down when it failed, or when more providers of one of its needs are down than the need
//! can spare. Parts that only hold up each other stay up as long as none of them falls: of the states
//! that the needs allow, the one in which most parts are up. Each need and each part is touched once.

use super::parts::{NeedId, PartId, Parts};
use crate::topology::Table;

/// Why a part is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It failed itself.
    Failed,
    /// This provider was the last that the need could do with.
    Lost(NeedId, PartId),
}

/// A network in which parts fail one after the other; failures can be taken back.
#[derive(Clone, Debug)]
pub struct Cascade<'p> {
    parts: &'p Parts,
    cause: Table<PartId, Option<Cause>>,
    lost: Table<NeedId, usize>,
    down: Vec<PartId>,
    power: u128,
}

/// A moment to which [`Cascade::back_to`] returns.
#[derive(Clone, Copy, Debug)]
pub struct Moment(usize);

impl<'p> Cascade<'p> {
    /// Everything is up.
    pub fn new(parts: &'p Parts) -> Self {
        Self {
            parts,
            cause: parts.power.iter().map(|_| None).collect(),
            lost: parts.needs.iter().map(|_| 0).collect(),
            down: Vec::new(),
            power: 0,
        }
    }

    /// Lets parts fail, and stops what stops with them.
    pub fn fail(&mut self, failed: &[PartId]) {
        let mut next = self.down.len();
        for part in failed {
            self.stop(*part, Cause::Failed);
        }
        while let Some(part) = self.down.get(next).copied() {
            next += 1;
            let parts = self.parts;
            for id in &parts.users[part] {
                let lost = &mut self.lost[*id];
                *lost += 1;
                let need = &parts.needs[*id];
                if *lost > need.spare {
                    self.stop(need.consumer, Cause::Lost(*id, part));
                }
            }
        }
    }

    fn stop(&mut self, part: PartId, cause: Cause) {
        if self.cause[part].is_none() {
            self.cause[part] = Some(cause);
            self.down.push(part);
            self.power += u128::from(self.parts.power[part]);
        }
    }

    /// This moment.
    pub fn now(&self) -> Moment {
        Moment(self.down.len())
    }

    /// Takes back every failure since a moment.
    pub fn back_to(&mut self, moment: Moment) {
        let parts = self.parts;
        for part in self.down.drain(moment.0.min(self.down.len())..) {
            self.cause[part] = None;
            self.power -= u128::from(parts.power[part]);
            for id in &parts.users[part] {
                self.lost[*id] -= 1;
            }
        }
    }

    /// The parts that are down, in the order in which they fell.
    pub fn down(&self) -> &[PartId] {
        &self.down
    }

    /// The voting power that is down.
    pub fn power(&self) -> u128 {
        self.power
    }

    /// Whether a part is down.
    pub fn is_down(&self, part: PartId) -> bool {
        self.cause[part].is_some()
    }

    /// The way from a part that is down to the part whose failure brought it down, as (part, the need
    /// that it lost); empty for a part that failed itself.
    pub fn why(&self, part: PartId) -> Vec<(PartId, NeedId)> {
        let mut way = Vec::new();
        let mut at = part;
        // A cause is always a part that fell before, so this ends.
        while let Some(Cause::Lost(need, provider)) = self.cause[at] {
            way.push((provider, need));
            at = provider;
        }
        way
    }
}
