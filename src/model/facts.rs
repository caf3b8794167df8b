//! What the values of a network do not say, from its plan.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{json, secret_name};
use super::document::{AlertFacts, HostFacts, NeedFacts, ServiceFacts, Survives};
use crate::analyze::alerts::{Heard, heard};
use crate::analyze::parts::{PartId, Parts};
use crate::analyze::survive::kind_losses;
use crate::catalog::component::Run;
use crate::catalog::sync::SyncAnswers;
use crate::lock::{Lock, LockedIdentity};
use crate::manifest::Severity;
use crate::plan::waves::{Order, places};
use crate::plan::{Alert, Plan};
use crate::text::mask_secrets;
use crate::topology::{Host, Service, Topology};

/// The public keys of a lock: `<service>/<name>`.
pub(super) fn keys(lock: &Lock) -> BTreeMap<String, String> {
    let of_service = |(service, keys): (&String, &BTreeMap<String, LockedIdentity>)| {
        let named = |(name, key): (&String, &LockedIdentity)| {
            (format!("{service}/{name}"), key.public_key.value.clone())
        };
        keys.iter().map(named).collect::<Vec<_>>()
    };
    lock.identity.iter().flat_map(of_service).collect()
}

pub(super) fn host(plan: &Plan, host: &Host) -> HostFacts {
    HostFacts { places: places(&plan.topology, host), patience: plan.patience(host.id) }
}

pub(super) fn service(plan: &Plan, service: &Service) -> ServiceFacts {
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
            SyncAnswers::Protocol(protocol) => json(protocol).as_str().unwrap_or("").to_owned(),
            SyncAnswers::Metrics(_) => "metrics".to_owned(),
        }),
        reads: component.artifacts.keys().cloned().collect(),
        secrets: secrets.map(secret_name).collect(),
        state: own.map(|volume| (volume.name.clone(), volume.backup)).collect(),
    }
}

pub(super) fn needs(topology: &Topology, parts: &Parts) -> Vec<NeedFacts> {
    let needs = parts.needs.iter().map(|need| NeedFacts {
        consumer: name(topology, parts, need.consumer),
        providers: names(topology, parts, &need.providers),
        spare: need.spare,
    });
    needs.collect()
}

/// Groups of parts that do the same.
pub(super) fn alike(topology: &Topology, parts: &Parts) -> Vec<Vec<String>> {
    Order::of(topology, parts).alike().iter().map(|group| names(topology, parts, group)).collect()
}

fn names(topology: &Topology, parts: &Parts, ids: &[PartId]) -> Vec<String> {
    ids.iter().map(|id| name(topology, parts, *id)).collect()
}

/// The name of a part, with what it is: a service and a node may have the same.
fn name(topology: &Topology, parts: &Parts, id: PartId) -> String {
    let kind = match (parts.as_service(id), parts.as_node(id)) {
        (Some(_), _) => "service",
        (_, Some(_)) => "node",
        (None, None) => "cluster",
    };
    format!("{kind}/{}", parts.name(topology, id))
}

/// Every alert, by name.
pub(super) fn alerts(plan: &Plan) -> Vec<AlertFacts> {
    let heard = heard(&plan.topology, &plan.placed());
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

/// What the voting power survives.
pub(super) fn survives(topology: &Topology, parts: &Parts) -> Vec<Survives> {
    let (quorum, kinds) = kind_losses(topology, parts);
    let kinds = kinds.into_iter().map(|kind| Survives {
        kind: kind.kind,
        domains: kind.domains,
        lost: kind.worst.as_ref().map_or(0, |worst| worst.power.lost),
        margin: kind.worst.as_ref().map_or(quorum.margin(0), |worst| worst.power.margin),
        worst: kind.worst.map(|worst| worst.name),
        halts: kind.halts.map(|halts| halts.at_least),
    });
    kinds.collect()
}
