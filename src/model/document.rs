//! `network.json`: the resolved network as data, so that a bundle alone can be one side of a diff.
//!
//! It has every value with where it comes from, and what the values alone do not say: what stops with
//! what, who reaches which port, who hears of what, and how long a restart may take.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sorted::Sorted;
use super::values::values;
use crate::analyze::alerts::{Heard, coverage};
use crate::analyze::parts::{PartId, Parts};
use crate::analyze::reachability::{OpenPort, reachability};
use crate::analyze::survive::survivability;
use crate::catalog::Catalog;
use crate::catalog::chain::Consensus;
use crate::catalog::component::Run;
use crate::catalog::sync::SyncAnswers;
use crate::diag::Sink;
use crate::lock::{Lock, LockedIdentity};
use crate::manifest::{DomainKind, Severity};
use crate::plan::waves::{Order, places};
use crate::plan::{Alert, Plan};
use crate::text::{SourceMap, mask_secrets};
use crate::topology::{Host, Service, Topology};
use crate::value::Node as Tree;

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
    /// The document of a network. `tree` is its merged manifest.
    pub fn of(plan: &Plan, tree: &Tree, lock: &Lock) -> Self {
        let topology = &plan.topology;
        let (values, origins) = values(plan, tree);
        let parts = Parts::of(topology);
        let host = |host: &Host| {
            let facts = HostFacts { places: places(topology, host), patience: plan.patience(host.id) };
            (host.name.clone(), facts)
        };
        let names = |ids: &[PartId]| ids.iter().map(|id| part_name(topology, &parts, *id)).collect();
        Self {
            version: VERSION,
            origins,
            values,
            consensus: topology.chain.consensus,
            hosts: topology.hosts.iter().map(host).collect(),
            services: topology.services.iter().map(|s| (s.name.clone(), service(plan, s))).collect(),
            watch: topology.rollout.canary.map(|_| topology.rollout.wait.0),
            keys: keys(lock),
            needs: parts
                .needs
                .iter()
                .map(|need| NeedFacts {
                    consumer: part_name(topology, &parts, need.consumer),
                    providers: names(&need.providers),
                    spare: need.spare,
                })
                .collect(),
            alike: Order::of(topology, &parts).alike().iter().map(|group| names(group)).collect(),
            alerts: alerts(plan),
            ports: reachability(topology).ports,
            survives: survives(topology, &parts),
        }
    }

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
        let head: Head = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if head.version != VERSION {
            return Err(format!("it has version {}; known is {VERSION}", head.version));
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// The bytes of `network.json`.
    pub fn to_json(&self) -> String {
        // What says where values come from is more than a fourth of it. What grows as it is written is copied
        // again and again.
        let pointers = self.origins.values().flatten().map(String::len).sum::<usize>();
        let mut text = Vec::with_capacity(pointers.saturating_mul(4));
        // Strings, numbers and lists: the serializer has nothing to refuse.
        let _ = serde_json::to_writer_pretty(&mut text, &Sorted(self));
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }
}

/// The name of a part, with what it is: a service and a node may have the same.
fn part_name(topology: &Topology, parts: &Parts, id: PartId) -> String {
    let kind = match (parts.as_service(id), parts.as_node(id)) {
        (Some(_), _) => "service",
        (_, Some(_)) => "node",
        (None, None) => "cluster",
    };
    format!("{kind}/{}", parts.name(topology, id))
}

fn keys(lock: &Lock) -> BTreeMap<String, String> {
    let of_service = |(service, keys): (&String, &BTreeMap<String, LockedIdentity>)| {
        let named = |(name, key): (&String, &LockedIdentity)| {
            (format!("{service}/{name}"), key.public_key.value.clone())
        };
        keys.iter().map(named).collect::<Vec<_>>()
    };
    lock.identity.iter().flat_map(of_service).collect()
}

fn service(plan: &Plan, service: &Service) -> ServiceFacts {
    let component = &service.component;
    let votes = component.identities.values().any(|identity| identity.votes);
    let own = service.volumes.iter().filter(|volume| !volume.lent);
    let secrets = plan.topology.secrets_of(service).map(|used| &plan.topology.secrets[used.secret]);
    ServiceFacts {
        version: component.version.tested.clone(),
        job: component.run == Run::Job,
        signs: votes || service.volumes.iter().any(|volume| volume.keys.is_some()),
        grace: component.stop.grace.0,
        checked: plan.runs[service.id].healthcheck.is_some(),
        asked: component.sync.as_ref().map(|sync| match &sync.answers {
            SyncAnswers::Protocol(protocol) => super::build::json(protocol).as_str().unwrap_or("").to_owned(),
            SyncAnswers::Metrics(_) => "metrics".to_owned(),
        }),
        reads: component.artifacts.keys().cloned().collect(),
        secrets: secrets.map(super::build::secret_name).collect(),
        state: own.map(|volume| (volume.name.clone(), volume.backup)).collect(),
    }
}

fn alerts(plan: &Plan) -> Vec<AlertFacts> {
    let required = Catalog::required_failures(&mut SourceMap::default(), &mut Sink::new());
    let heard = coverage(&plan.topology, &plan.placed(), &required).alerts;
    let mut receivers: BTreeMap<(&str, Severity), BTreeSet<String>> = BTreeMap::new();
    for Heard { alert, severity, receivers: called } in &heard {
        receivers.entry((alert, *severity)).or_default().extend(called.iter().cloned());
    }
    let facts = |alert: &Alert| AlertFacts {
        name: alert.name.clone(),
        component: alert.component.clone(),
        severity: alert.severity,
        expr: mask_secrets(&alert.expr).to_string(),
        hold: alert.hold.0,
        receivers: receivers.get(&(alert.name.as_str(), alert.severity)).cloned().unwrap_or_default(),
    };
    let mut all: Vec<AlertFacts> = plan.every_alert().flat_map(Alert::variants).map(facts).collect();
    all.sort_by(|a, b| (&a.name, a.severity, &a.expr).cmp(&(&b.name, b.severity, &b.expr)));
    all
}

fn survives(topology: &Topology, parts: &Parts) -> Vec<Survives> {
    let found = survivability(topology, parts);
    let kinds = found.kinds.into_iter().map(|kind| Survives {
        kind: kind.kind,
        domains: kind.domains,
        lost: kind.worst.as_ref().map_or(0, |worst| worst.power.lost),
        margin: kind.worst.as_ref().map_or(found.quorum.margin(0), |worst| worst.power.margin),
        worst: kind.worst.map(|worst| worst.name),
        halts: kind.halts.map(|halts| halts.at_least),
    });
    kinds.collect()
}
