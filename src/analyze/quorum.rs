//! How much voting power a network can lose, in whole numbers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::chain::Consensus;

/// The arithmetic of one consensus family over the voting power of one network.
///
/// | family | goes on while | can fork with |
/// |---|---|---|
/// | BFT | more than 2/3 is left | 1/3 faulty |
/// | Nakamoto | no more than 1/2 is lost | more than 1/2 faulty |
/// | majority (Raft) | more than 1/2 is left | never: members crash, they do not lie |
/// | Ethereum | the stake of one operator is not the chain's; as for BFT, a third counts as too much | - |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Quorum {
    /// How the chain decides.
    pub consensus: Consensus,
    /// All voting power of the network.
    pub total: u128,
    /// The largest loss after which it goes on.
    pub tolerates: u128,
    /// The smallest faulty power that can fork the chain; absent where faults cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forks_from: Option<u128>,
}

impl Quorum {
    /// The arithmetic of `total` voting power.
    pub fn new(consensus: Consensus, total: u128) -> Self {
        let below = |part: u128| total.saturating_sub(1) / part;
        let (tolerates, forks_from) = match consensus {
            Consensus::Bft => (below(3), Some(below(3) + 1)),
            Consensus::EthereumPos => (below(3), None),
            Consensus::Majority => (below(2), None),
            Consensus::Nakamoto => (total / 2, Some(total / 2 + 1)),
        };
        Self { consensus, total, tolerates, forks_from: forks_from.filter(|_| total > 0) }
    }

    /// Whether the network goes on after a loss.
    pub fn holds(&self, lost: u128) -> bool {
        lost <= self.tolerates
    }

    /// How much more may be lost; below zero, how much too much is.
    pub fn margin(&self, lost: u128) -> i128 {
        // Sums of 64-bit numbers are far below the limits of both types.
        i128::try_from(self.tolerates).unwrap_or(i128::MAX) - i128::try_from(lost).unwrap_or(i128::MAX)
    }

    /// What a loss that is too large does, after "a larger loss".
    pub fn harm(&self) -> &'static str {
        match self.consensus {
            Consensus::Bft => "halts the chain, which needs more than two thirds of all voting power",
            Consensus::Majority => "halts the chain, which needs more than half of all voting power",
            Consensus::Nakamoto => "leaves less than half of the hash power",
            Consensus::EthereumPos => "stops a third or more of the duties of this network",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definitions of the table, said with fractions and nothing rounded.
    fn goes_on(consensus: Consensus, lost: u128, total: u128) -> bool {
        let left = total - lost;
        match consensus {
            Consensus::Bft | Consensus::EthereumPos => 3 * left > 2 * total,
            Consensus::Majority => 2 * left > total,
            Consensus::Nakamoto => 2 * lost <= total,
        }
    }

    #[test]
    fn whole_numbers_say_what_fractions_say() {
        for consensus in [Consensus::Bft, Consensus::EthereumPos, Consensus::Majority, Consensus::Nakamoto] {
            for total in 1..=60 {
                let quorum = Quorum::new(consensus, total);
                for lost in 0..=total {
                    assert_eq!(
                        quorum.holds(lost),
                        goes_on(consensus, lost, total),
                        "{consensus:?} {lost} of {total}"
                    );
                    assert_eq!(quorum.margin(lost) >= 0, quorum.holds(lost));
                    let forks = match consensus {
                        Consensus::Bft => 3 * lost >= total,
                        Consensus::Nakamoto => 2 * lost > total,
                        Consensus::EthereumPos | Consensus::Majority => false,
                    };
                    assert_eq!(quorum.forks_from.is_some_and(|from| lost >= from), forks);
                }
            }
        }
    }

    /// The rule that every operator of BFT validators knows.
    #[test]
    fn equal_validators_tolerate_a_third_less_one() {
        for (n, faults) in [(1, 0), (3, 0), (4, 1), (6, 1), (7, 2), (10, 3), (100, 33)] {
            assert_eq!(Quorum::new(Consensus::Bft, n).tolerates, faults);
        }
    }
}
