//! What is broken in the live test, and what must be told of it.
//!
//! The table names failures, not alerts: which alerts tell a failure stands in their data (`covers:`),
//! and when they fire is their own business. Failures of one round happen at the same time.

use netgen::catalog::failure::Failure as Kind;
use netgen::manifest::Severity;

/// A failure of the network.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// What a person would say.
    pub name: &'static str,
    /// When it happens.
    pub round: u32,
    /// What fails, and how: the alerts that say so in their data must be told.
    pub told: Told,
    /// The alert must be at least as urgent.
    pub least: Severity,
    /// What is done.
    pub done: Deed,
    /// Further services that suffer, and may be told of.
    pub also: &'static [&'static str],
}

/// Whose failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Of a service.
    Service(&'static str, Kind),
    /// Of what a service needs, by interface.
    Needs(&'static str, &'static str, Kind),
    /// Of a host.
    Host(&'static str, Kind),
    /// Of a region.
    Region(&'static str, Kind),
    /// Of the network.
    Network(Kind),
    /// Nobody is left to tell: the heartbeat stops.
    Heartbeat,
}

/// What is done to make it happen, and undone later.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Breaks the exporter of a service.
    Service(&'static str, &'static [Break]),
    /// Nothing on a host answers.
    Host(&'static str),
    /// Nothing in a region answers.
    Region(&'static str),
    /// Execution clients say that they still sync.
    Syncing(&'static [&'static str]),
    /// Nothing of its own: it follows from another failure of the round.
    FollowsFrom(&'static str),
    /// Prometheus is told to load a configuration that is none.
    BadConfiguration,
    /// The list of targets of a job is empty.
    NoTargets(&'static str),
    /// A receiver refuses everything.
    Refused(&'static str),
    /// Prometheus is killed.
    Killed,
}

/// How the exporter of a service is broken. Series are written as they are exported.
#[derive(Clone, Copy, Debug)]
pub enum Break {
    /// It does not answer.
    Down,
    /// Its JSON-RPC says that it still syncs.
    Syncing,
    /// A series keeps its value.
    Freeze(&'static str),
    /// A series has another value.
    Set(&'static str, f64),
    /// A share of what one counter would count is counted by another one.
    Divert(&'static str, &'static str, f64),
    /// A counter counts once, and stays there after the recovery.
    Count(&'static str),
}

const DISK: &str = r#"node_filesystem_avail_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"}"#;
const HIT: &str = r#"validator_monitor_prev_epoch_on_chain_attester_hit{validator="11"}"#;
const MISS: &str = r#"validator_monitor_prev_epoch_on_chain_attester_miss{validator="11"}"#;
const SLASHABLE: &str = r#"vc_signed_attestations_total{status="slashable"}"#;

use Break::{Count, Divert, Down, Freeze, Set};
use Severity::{P1, P2, P3};

#[rustfmt::skip]
pub const ALL: &[Failure] = &[
    Failure {
        name: "an execution client stalls", round: 1, least: P2, also: &[],
        told: Told::Service("eu-1-execution", Kind::Stalled),
        done: Deed::Service("eu-1-execution", &[Freeze("chain_head_block")]),
    },
    Failure {
        name: "an execution client has no peers", round: 1, least: P2, also: &[],
        told: Told::Service("us-1-execution", Kind::NoPeers),
        done: Deed::Service("us-1-execution", &[Set("p2p_peers", 0.0)]),
    },
    Failure {
        name: "a beacon node falls behind", round: 1, least: P2, also: &[],
        told: Told::Service("us-2-beacon", Kind::SyncLag),
        done: Deed::Service("us-2-beacon", &[Freeze("beacon_head_slot")]),
    },
    Failure {
        name: "attestations are missed", round: 1, least: P2, also: &[],
        told: Told::Service("eu-2-beacon", Kind::MissedDuties),
        done: Deed::Service("eu-2-beacon", &[Divert(HIT, MISS, 0.25)]),
    },
    Failure {
        name: "a validator client refuses a slashable vote", round: 1, least: P1, also: &[],
        told: Told::Service("us-1-validator", Kind::SlashingProtection),
        done: Deed::Service("us-1-validator", &[Count(SLASHABLE)]),
    },
    Failure {
        name: "a signer refuses a slashable signature", round: 1, least: P1, also: &[],
        told: Told::Service("signer", Kind::SlashingProtection),
        done: Deed::Service("signer", &[Count("eth2_slashingprotection_prevented_signings_total")]),
    },
    Failure {
        name: "the database of the signer is down", round: 1, least: P2, also: &[],
        told: Told::Needs("signer-db-exporter", "sql", Kind::Down),
        done: Deed::Service("signer-db-exporter", &[Set("pg_up", 0.0)]),
    },
    Failure {
        name: "a proxy loses one of two backends", round: 1, least: P3, also: &[],
        told: Told::Service("rpc", Kind::NoUpstream),
        done: Deed::Syncing(&["eu-2-execution"]),
    },
    Failure {
        name: "a disk is nearly full", round: 1, least: P2, also: &[],
        told: Told::Host("us-2", Kind::DiskFull),
        done: Deed::Service("node-exporter-us-2", &[Set(DISK, 2e9)]),
    },
    Failure {
        name: "a clock is wrong", round: 1, least: P2, also: &[],
        told: Told::Host("eu-1", Kind::Clock),
        done: Deed::Service("node-exporter-eu-1", &[Set("node_timex_offset_seconds", -0.6)]),
    },
    Failure {
        name: "a service is down", round: 1, least: P2, also: &[],
        told: Told::Service("eu-2-boost", Kind::Down),
        done: Deed::Service("eu-2-boost", &[Down]),
    },
    Failure {
        name: "a host is down", round: 2, least: P2, also: &[],
        told: Told::Host("eu-1", Kind::Down),
        done: Deed::Host("eu-1"),
    },
    Failure {
        name: "a region is down", round: 2, least: P1, also: &["rpc"],
        told: Told::Region("us", Kind::Down),
        done: Deed::Region("us"),
    },
    Failure {
        name: "the error budget burns", round: 2, least: P1, also: &[],
        told: Told::Network(Kind::ErrorBudget),
        done: Deed::FollowsFrom("a region is down"),
    },
    Failure {
        name: "a proxy has no backend left", round: 2, least: P2, also: &[],
        told: Told::Service("rpc", Kind::NoUpstream),
        done: Deed::Syncing(&["eu-2-execution", "us-1-execution"]),
    },
    Failure {
        name: "a job has no targets any more", round: 2, least: P3, also: &[],
        told: Told::Network(Kind::Blind),
        done: Deed::NoTargets("web3signer"),
    },
    Failure {
        name: "Prometheus cannot load its configuration", round: 2, least: P3, also: &[],
        told: Told::Service("prometheus", Kind::Configuration),
        done: Deed::BadConfiguration,
    },
    Failure {
        name: "a receiver takes no notifications", round: 2, least: P2, also: &["alertmanager"],
        told: Told::Network(Kind::Undelivered),
        done: Deed::Refused("dead-mans-switch"),
    },
    Failure {
        name: "Prometheus dies", round: 3, least: P1, also: &[],
        told: Told::Heartbeat,
        done: Deed::Killed,
    },
];

/// The failure of that name.
pub fn named(name: &str) -> &'static Failure {
    ALL.iter().find(|failure| failure.name == name).unwrap_or_else(|| panic!("no failure `{name}`"))
}
