//! `trials.json`: what the playbooks that break or load the network on purpose know of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::PROJECT;
use crate::analyze::parts::Parts;
use crate::analyze::quorum::Quorum;
use crate::catalog::component::Run;
use crate::catalog::sync::SyncAnswers;
use crate::emit::format::json;
use crate::emit::{Artifacts, EmitError};
use crate::manifest::{Environment, Runtime};
use crate::plan::Plan;
use crate::plan::chaos::{Case, costs, voter};
use crate::plan::doors::{Door, far_url, forwarding_door, height_door, own_url};
use crate::topology::{Access, HostId, Id, Service, ServiceId, Topology};

/// The version of the document.
const VERSION: u32 = 1;

pub(super) fn emit(plan: &Plan, out: &mut Artifacts) -> Result<(), EmitError> {
    let text = json::pretty(&trials(plan)).map_err(|e| EmitError::internal(e.to_string()))?;
    out.text(format!("{PROJECT}trials.json"), text);
    Ok(())
}

#[derive(Serialize)]
pub(super) struct Trials<'a> {
    version: u32,
    network: &'a str,
    environment: Environment,
    /// Seconds between two blocks.
    block_time: u64,
    /// The most voting power that may stop.
    tolerates: u64,
    /// Everything that votes, with its power; clusters as `cluster/<name>`.
    voters: BTreeMap<String, u64>,
    hosts: BTreeMap<&'a str, HostFacts<'a>>,
    services: BTreeMap<&'a str, ServiceFacts<'a>>,
    cases: Vec<CaseFacts<'a>>,
    /// What can be asked from other hosts: first those that pass requests on.
    targets: Vec<TargetFacts<'a>>,
}

#[derive(Serialize)]
struct HostFacts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    /// Every address; the first is that by which other hosts reach it.
    addresses: Vec<&'a str>,
    ssh_port: u16,
    data_dir: &'a str,
}

/// A service that stays: what runs it, and where it is asked on its own host.
#[derive(Serialize)]
struct ServiceFacts<'a> {
    host: &'a str,
    #[serde(flatten)]
    runs: Runs<'a>,
    /// The voters that stop with it at most.
    voters: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<Ask<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    door: Option<Ask<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Runs<'a> {
    Unit(String),
    Container(&'a str),
}

#[derive(Serialize)]
struct Ask<'a> {
    url: String,
    answers: &'a SyncAnswers,
}

#[derive(Serialize)]
struct CaseFacts<'a> {
    id: String,
    fault: &'static str,
    target: &'a str,
    what: String,
    survives: bool,
    why: &'a str,
    voters: &'a BTreeSet<String>,
    hosts: Vec<&'a str>,
    services: Vec<&'a str>,
    /// Whose height must grow meanwhile.
    heights: Vec<&'a str>,
    /// Who must answer meanwhile.
    doors: Vec<&'a str>,
    /// Seconds until all must be well again.
    recovery: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<DelayFacts<'a>>,
}

/// In milliseconds.
#[derive(Serialize)]
struct DelayFacts<'a> {
    default: u64,
    most: u64,
    /// Whether the network goes on where packets come too late.
    beyond_survives: bool,
    beyond_why: &'a str,
    beyond_voters: &'a BTreeSet<String>,
}

#[derive(Serialize)]
struct TargetFacts<'a> {
    service: &'a str,
    host: &'a str,
    #[serde(flatten)]
    ask: Ask<'a>,
    /// The hosts that are let in; null: all of them.
    from: Option<Vec<&'a str>>,
}

pub(super) fn trials(plan: &Plan) -> Trials<'_> {
    let topology = &plan.topology;
    let parts = Parts::of(topology);
    let quorum = Quorum::new(topology.chain.consensus, parts.total());
    let all = (0..parts.power.len()).map(Id::from_index);
    let voters = all.filter_map(|part| Some((voter(topology, &parts, part)?, parts.power[part]))).collect();
    let costs = costs(topology);
    let mut services = BTreeMap::new();
    for service in &topology.services {
        if service.component.run == Run::Service {
            services.insert(service.name.as_str(), service_facts(topology, service, &costs[service.id]));
        }
    }
    Trials {
        version: VERSION,
        network: &topology.name,
        environment: topology.environment,
        block_time: topology.chain.block_time,
        // Less than it is, where it is beyond what the numbers of JSON hold.
        tolerates: u64::try_from(quorum.tolerates).unwrap_or(u64::MAX),
        voters,
        hosts: topology
            .hosts
            .iter()
            .map(|host| (host.name.as_str(), host_facts(topology, host.id)))
            .collect(),
        services,
        cases: plan.cases().iter().map(|case| case_facts(topology, case)).collect(),
        targets: targets(topology),
    }
}

fn host_facts(topology: &Topology, id: HostId) -> HostFacts<'_> {
    let host = &topology.hosts[id];
    let mut addresses = vec![host.peer_address()];
    if host.peer_address() != host.address {
        addresses.push(&host.address);
    }
    HostFacts {
        region: host.region.map(|region| topology.regions[region].name.as_str()),
        addresses,
        ssh_port: host.ssh_port,
        data_dir: &host.data_dir,
    }
}

fn service_facts<'a>(
    topology: &'a Topology,
    service: &'a Service,
    voters: &BTreeSet<String>,
) -> ServiceFacts<'a> {
    let host = &topology.hosts[service.host];
    let own = |door: Option<Door>| {
        let door = door?;
        ask(topology, &door, own_url(topology, service, &door.interface)?)
    };
    ServiceFacts {
        host: &host.name,
        runs: match host.runtime {
            Runtime::Compose => Runs::Container(&service.name),
            Runtime::SystemdDocker | Runtime::Quadlet | Runtime::Native | Runtime::Kubernetes => {
                Runs::Unit(format!("{}.service", topology.unit_name(service)))
            }
        },
        voters: voters.clone(),
        height: own(height_door(service)),
        door: own(forwarding_door(topology, service)),
    }
}

fn ask<'a>(topology: &'a Topology, door: &Door, url: String) -> Option<Ask<'a>> {
    let answers = &topology.services[door.speaks].component.sync.as_ref()?.answers;
    Some(Ask { url, answers })
}

fn case_facts<'a>(topology: &'a Topology, case: &'a Case) -> CaseFacts<'a> {
    let names = |ids: &[ServiceId]| ids.iter().map(|id| topology.services[*id].name.as_str()).collect();
    CaseFacts {
        id: case.id(),
        fault: case.fault.word(),
        what: case.sentence(),
        hosts: case.hosts.iter().map(|id| topology.hosts[*id].name.as_str()).collect(),
        services: names(&case.services),
        heights: names(&case.heights),
        doors: names(&case.doors),
        recovery: case.fault.recovery(),
        target: &case.target,
        survives: case.verdict.survives,
        why: &case.verdict.why,
        voters: &case.verdict.voters,
        delay: case.delay.as_ref().map(|delay| DelayFacts {
            default: delay.default,
            most: delay.most,
            beyond_survives: delay.beyond.survives,
            beyond_why: &delay.beyond.why,
            beyond_voters: &delay.beyond.voters,
        }),
    }
}

fn targets(topology: &Topology) -> Vec<TargetFacts<'_>> {
    let of = |service: &'_ Service, door: Option<Door>| -> Option<TargetFacts<'_>> {
        let door = door?;
        let service = &topology.services[service.id];
        let listener = service.listener(&door.interface)?;
        let ask = ask(topology, &door, far_url(topology, service, &door.interface)?)?;
        let from = match topology.access(service.id, listener) {
            Access::Hosts(hosts) => Some(hosts.iter().map(|id| topology.hosts[*id].name.as_str()).collect()),
            Access::Nobody | Access::Anyone | Access::Network => None,
        };
        Some(TargetFacts { service: &service.name, host: &topology.hosts[service.host].name, ask, from })
    };
    let forwarding = topology.services.iter().filter_map(|s| of(s, forwarding_door(topology, s)));
    forwarding.chain(topology.services.iter().filter_map(|s| of(s, height_door(s)))).collect()
}
