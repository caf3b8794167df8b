//! `network.json`: the resolved network as data, so that a bundle alone can be one side of a diff.
//!
//! It has every value with where it comes from, and what the values alone do not say: what stops with
//! what, who reaches which port, who hears of what, and how long a restart may take.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analyze::reachability::OpenPort;
use crate::catalog::chain::Consensus;
use crate::manifest::{DomainKind, Severity};

/// The version of the format; it changes only when an older netgen could misread it.
pub const VERSION: u32 = 1;

/// The content of `network.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "netgen network")]
pub struct Document {
    /// The version of this format: 1.
    pub version: u32,
    /// Every value, with all defaults, as `netgen show --resolved --json` prints it.
    pub values: Value,
    /// Where values come from, as JSON pointers into `values`. What is in no list follows from others.
    pub origins: BTreeMap<Origin, BTreeSet<String>>,
    /// How the chain decides.
    pub consensus: Consensus,
    /// How long the canary is watched before other hosts follow, in seconds; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch: Option<u64>,
    /// What the values do not say of a host, by name.
    pub hosts: BTreeMap<String, HostFacts>,
    /// What the values do not say of a service, by name.
    pub services: BTreeMap<String, ServiceFacts>,
    /// The public keys by which services and hosts are known: `<service>/<name>`.
    pub keys: BTreeMap<String, String>,
    /// What cannot go on without what.
    pub needs: Vec<NeedFacts>,
    /// Groups of parts that do the same: of several that stop, one should stay up.
    pub alike: Vec<Vec<String>>,
    /// Every alert, by name.
    pub alerts: Vec<AlertFacts>,
    /// Every published port with those who are let in.
    pub ports: Vec<OpenPort>,
    /// What the voting power survives; empty where nobody votes.
    pub survives: Vec<Survives>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The manifest says it.
    Manifest,
    /// The lock says it.
    Lock,
    /// The data of a component.
    Component,
    /// The data of the chain.
    Chain,
    /// A default of the manifest language.
    Language,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct HostFacts {
    /// The failure domains that it stands in: no two hosts of one restart at the same time.
    pub places: BTreeSet<String>,
    /// The longest time until all of its health checks must pass, in seconds.
    pub patience: u64,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceFacts {
    /// The version that the data of its component was made from.
    pub version: String,
    /// Whether it does its work once, before others start.
    pub job: bool,
    /// Whether it signs for validators.
    pub signs: bool,
    /// How long its orderly end may take, in seconds.
    pub grace: u64,
    /// Whether something says that it is healthy.
    pub checked: bool,
    /// In which language it is asked how far it is; absent where nobody asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The folders of the bundle that it reads, and reads anew without a restart.
    pub reads: BTreeSet<String>,
    /// The secrets that it reads, those of the receivers of its alerts among them, by name.
    pub secrets: BTreeSet<String>,
    /// The folders of its own that hold state, with whether the state must be saved.
    pub state: BTreeMap<String, bool>,
}

/// A need: the consumer stops when more providers are down than can be spared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NeedFacts {
    /// `service/<name>`, `node/<name>` or `cluster/<name>`.
    pub consumer: String,
    /// Who provides.
    pub providers: Vec<String>,
    /// How many of them may be down.
    pub spare: usize,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AlertFacts {
    /// Its name.
    pub name: String,
    /// The component that it is about; absent for the network as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// How soon a person must act.
    pub severity: Severity,
    /// When it fires.
    pub expr: String,
    /// For how long that must hold, in seconds.
    pub hold: u64,
    /// Who is called.
    pub receivers: BTreeSet<String>,
}

/// What the voting power survives of one kind of failure domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Survives {
    /// The kind.
    pub kind: DomainKind,
    /// How many domains of it there are.
    pub domains: usize,
    /// The one whose failure stops most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<String>,
    /// The voting power that stops with it.
    pub lost: u128,
    /// How much more may be lost then; below zero, how much too much is.
    pub margin: i128,
    /// How many of them must fail at least before too much is lost; absent where all of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halts: Option<usize>,
}

impl Document {
    /// The name of the network.
    pub fn network_name(&self) -> &str {
        self.values.pointer("/network/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Reads `network.json`.
    ///
    /// # Errors
    /// A reason in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let whole: Result<Self, _> = serde_json::from_slice(bytes);
        // One of another version may be of another form, and is read again for its version alone.
        let head = match &whole {
            Ok(document) => Head { version: document.version },
            Err(_) => serde_json::from_slice(bytes).map_err(|error| error.to_string())?,
        };
        if head.version != VERSION {
            return Err(format!("it has version {}; known is {VERSION}", head.version));
        }
        whole.map_err(|error| error.to_string())
    }
}
