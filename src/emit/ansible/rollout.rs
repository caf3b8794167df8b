//! When a host follows in a roll-out.

use serde::Serialize;

use crate::plan::Plan;
use crate::topology::Host;

/// What the roll-out knows of a host.
#[derive(Serialize)]
pub(super) struct RolloutFacts {
    /// 0 for the canary; hosts of one wave may be down at the same time.
    wave: usize,
    /// What is said before it is restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    wave_note: Option<String>,
}

pub(super) fn facts(plan: &Plan, host: &Host) -> RolloutFacts {
    let waves = &plan.waves;
    let note = waves.beyond.get(&host.id).map(|lost| {
        let total = plan.topology.voting_power();
        format!(
            "the restart of {} stops {lost} of {total} of the voting power; the chain goes on without {} at most",
            host.name, waves.tolerates
        )
    });
    RolloutFacts { wave: waves.wave(host.id), wave_note: note }
}
