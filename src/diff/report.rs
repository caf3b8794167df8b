//! What a diff says, as one document.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::analyze::reachability::From;
use crate::catalog::interface::Transport;
use crate::manifest::{DomainKind, Severity};
use crate::model::Survives;

/// The version of [`Diff`].
pub const VERSION: u32 = 1;

/// The output of `netgen diff --as json`. The order of all lists follows from the two sides alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "netgen diff")]
pub struct Diff {
    /// The version of this document.
    pub version: u32,
    /// The network.
    pub network: String,
    /// What was.
    pub old: SideName,
    /// What will be.
    pub new: SideName,
    /// The worst that a change does.
    pub effect: Effect,
    /// How many changes there are of each origin.
    pub origins: BTreeMap<Origin, usize>,
    /// What changes, by origin, then effect, the worst first. Files name their causes by the numbers of
    /// this list, from 1.
    pub changes: Vec<Change>,
    /// How far it reaches.
    pub blast: Blast,
    /// In which order it reaches the hosts.
    pub rollout: Rollout,
    /// Every file of the bundle that differs, with the changes that it comes from.
    pub files: Vec<FileChange>,
}

impl Diff {
    /// Whether both sides are the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.files.is_empty()
    }
}

/// A side of a diff.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SideName {
    /// As it was named.
    pub name: String,
    /// What it is.
    pub kind: SideKind,
    /// The netgen that made it.
    pub netgen: String,
    /// The SHA-256 of `SHA256SUMS`, by which a bundle is known.
    pub bundle: String,
}

/// A kind of side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SideKind {
    /// A manifest, compiled.
    Manifest,
    /// A manifest with another lock.
    Lock,
    /// The folder of a bundle.
    Bundle,
    /// The archive of a bundle.
    Archive,
}

impl SideKind {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Lock => "lock",
            Self::Bundle => "bundle",
            Self::Archive => "archive",
        }
    }
}

/// What a change does to what runs; the later the worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing that runs is touched.
    #[default]
    None,
    /// Something is read anew, and nothing stops.
    Reload,
    /// A program stops and starts again, with its state.
    Restart,
    /// A program goes and is made anew, with state that it can get again by itself.
    Recreate,
    /// State that must be kept is not there any more.
    DataLoss,
}

impl Effect {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Recreate => "recreate",
            Self::DataLoss => "data-loss",
        }
    }
}

/// Whose doing a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The manifest, or data of its own, says something else.
    Author,
    /// The lock says something else.
    Lock,
    /// A default moved: another netgen, or other data in its catalog.
    Moved,
    /// It follows from other changes.
    Follows,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its name.
    pub name: String,
}

/// A kind of subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// The network as a whole, or a part of its manifest that is about all of it.
    Network,
    /// A region.
    Region,
    /// A host.
    Host,
    /// A node.
    Node,
    /// A cluster.
    Cluster,
    /// A service.
    Service,
    /// A network between containers.
    ContainerNetwork,
    /// A secret, by reference.
    Secret,
    /// A public key.
    Key,
    /// An alert.
    Alert,
    /// A file that no other change explains.
    File,
    /// What the bundle is made from.
    Input,
}

impl SubjectKind {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Region => "region",
            Self::Host => "host",
            Self::Node => "node",
            Self::Cluster => "cluster",
            Self::Service => "service",
            Self::ContainerNetwork => "container network",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Alert => "alert",
            Self::File => "file",
            Self::Input => "input",
        }
    }
}

/// Whether it came, went or is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// One change of the network.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// What is changed.
    pub subject: Subject,
    /// Which value of it, with dots; empty for the subject itself.
    pub value: String,
    /// Whether it came, went or is another.
    pub action: Action,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// Whose doing it is.
    pub origin: Origin,
    /// What it does.
    pub effect: Effect,
    /// Why it does that.
    pub reason: String,
    /// The services that it touches.
    pub services: BTreeSet<String>,
    /// The hosts that it touches.
    pub hosts: BTreeSet<String>,
}

/// How far a change reaches.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Blast {
    /// Hosts of which a file or a service changes, by name.
    pub hosts: Vec<HostTouch>,
    /// Services that come, go, restart or read something anew, by name.
    pub services: Vec<ServiceTouch>,
    /// Who uses whom, where one of both is touched.
    pub bindings: Vec<BindingTouch>,
    /// The voting power; absent where nobody votes before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<PowerTouch>,
    /// Ports that somebody reaches now who did not before.
    pub opened: Vec<PortTouch>,
    /// Ports that somebody reached before who does not now.
    pub closed: Vec<PortTouch>,
    /// Alerts that are new.
    pub alerts_gained: Vec<AlertTouch>,
    /// Alerts that are gone.
    pub alerts_lost: Vec<AlertTouch>,
    /// What is survived otherwise than before, by kind.
    pub survivability: Vec<SurvivesTouch>,
}

/// A host.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct HostTouch {
    /// Its name.
    pub host: String,
    /// Whether it came, went or is there before and after.
    pub action: Action,
    /// The worst that happens on it.
    pub effect: Effect,
    /// How many files of it differ.
    pub files: usize,
}

/// A service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceTouch {
    /// Its name.
    pub service: String,
    /// Where it runs; where it ran, if it is gone.
    pub host: String,
    /// Whether it came, went or is there before and after.
    pub action: Action,
    /// What happens to it.
    pub effect: Effect,
    /// What of it differs: keys of its definition, or files that it reads.
    pub why: Vec<String>,
}

/// One service uses another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct BindingTouch {
    /// Who uses.
    pub from: String,
    /// What.
    pub interface: String,
    /// Who provides.
    pub to: String,
    /// Whether it is new or gone; absent where only its ends are touched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
}

/// The voting power during the change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PowerTouch {
    /// All of it before.
    pub before: u128,
    /// All of it after.
    pub after: u128,
    /// What stops at some time while the change is rolled out.
    pub restarted: u128,
    /// The most that is down at the same time.
    pub down: u128,
    /// How much may be lost before it.
    pub margin_before: i128,
    /// How much more may be lost in its worst moment; below zero, how much too much is down.
    pub margin_during: i128,
    /// How much may be lost after it.
    pub margin_after: i128,
}

/// A port that is open to others than before.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PortTouch {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Its transports.
    pub transports: Vec<Transport>,
    /// Who listens.
    pub service: String,
    /// The interface.
    pub interface: String,
    /// Who was let in; absent where nobody listened there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<From>,
    /// Who is let in; absent where nobody listens there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<From>,
}

/// An alert.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AlertTouch {
    /// Its name.
    pub alert: String,
    /// How soon a person must act.
    pub severity: Severity,
    /// Who is called.
    pub receivers: BTreeSet<String>,
}

/// What is survived of one kind of failure domain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SurvivesTouch {
    /// The kind.
    pub kind: DomainKind,
    /// Before; absent where there was none of that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Survives>,
    /// After.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Survives>,
}

/// In which order a change reaches the hosts.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Rollout {
    /// Services that end on their hosts before anything else happens.
    pub retired: Vec<String>,
    /// Sets of hosts that change one after the other.
    pub waves: Vec<Wave>,
    /// Those of the hosts that are workers of a cluster: the cluster changes them, and no playbook.
    pub workers: Vec<String>,
    /// The longest time that it may take, in seconds.
    pub at_most: u64,
    /// The bundle to go back to: the SHA-256 of its `SHA256SUMS`.
    pub rollback: String,
    /// What going back does not bring back.
    pub beyond_rollback: Vec<String>,
}

/// Hosts that change at the same time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Wave {
    /// The hosts, by name.
    pub hosts: Vec<String>,
    /// The services that stop and start again.
    pub services: Vec<String>,
    /// The voting power that is down meanwhile.
    pub lost: u128,
    /// How much more may be lost meanwhile; absent where nobody votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<i128>,
    /// What must hold before the next wave begins.
    pub gates: Vec<String>,
    /// The longest time that it may take, in seconds.
    pub at_most: u64,
}

/// A file of the bundle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FileChange {
    /// Its path in the bundle.
    pub path: String,
    /// Whether it came, went or is another.
    pub action: Action,
    /// The changes that it comes from, by their numbers.
    pub causes: Vec<usize>,
}
