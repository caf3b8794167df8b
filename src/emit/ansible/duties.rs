//! What the roll-out asks the validators of a host: when they propose, and whether they take part.

use serde::Serialize;
use serde_json::Value;

use super::data::{Keys, keys};
use super::operations::{Way, label, reach};
use crate::catalog::duties::{Done, ProposalProtocol, Proposals};
use crate::catalog::setting::Purpose;
use crate::hashed::IndexMap;
use crate::plan::{Plan, doors};
use crate::topology::{Host, Service};

/// What is done in this many seconds after a program was told to stop may still be late.
const SPARE_TIME: u64 = 30;

/// No protocol tells proposals further ahead, in seconds.
const LOOK_AHEAD: u64 = 300;

#[derive(Serialize)]
pub(super) struct DutyFacts {
    /// The validators of the host, in the form of a question of `ask.py`.
    duties: Vec<Duties>,
    /// Seconds without a proposal that a restart of the host needs.
    moment: u64,
    /// Seconds until a validator that was restarted has done its first duty.
    duty_timeout: u64,
}

#[derive(Serialize)]
struct Duties {
    label: String,
    answers: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<DoneFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposals: Option<ProposalFacts>,
}

#[derive(Serialize)]
struct DoneFacts {
    #[serde(flatten)]
    at: Place,
    metric: String,
    labels: IndexMap<String, String>,
}

#[derive(Serialize)]
struct ProposalFacts {
    answers: ProposalProtocol,
    /// The first of them that answers is believed.
    at: Vec<Place>,
    /// Public keys that the manifest has.
    keys: Vec<String>,
    /// Where files with others lie.
    folders: Vec<Keys>,
}

#[derive(Serialize)]
struct Place {
    service: String,
    #[serde(flatten)]
    way: Way,
}

pub(super) fn facts(plan: &Plan, host: &Host, services: &[&Service]) -> DutyFacts {
    let asked: Vec<(&Service, Duties)> =
        services.iter().filter_map(|service| Some((*service, duties(plan, host, service)?))).collect();
    let slowest = services.iter().map(|service| service.stop_timeout.0).max().unwrap_or_default();
    let within = |(service, _): &(&Service, Duties)| {
        let done = service.component.duties.as_ref()?.done.as_ref()?;
        Some(done.within.0)
    };
    DutyFacts {
        moment: (slowest + SPARE_TIME).min(LOOK_AHEAD),
        duty_timeout: asked.iter().filter_map(within).max().unwrap_or_default(),
        duties: asked.into_iter().map(|(_, duties)| duties).collect(),
    }
}

fn duties(plan: &Plan, host: &Host, service: &Service) -> Option<Duties> {
    let duties = service.component.duties.as_ref()?;
    let done = duties.done.as_ref().and_then(|done| done_facts(host, service, done));
    let proposals = duties.proposals.as_ref().and_then(|asked| proposals(plan, host, service, asked));
    (done.is_some() || proposals.is_some()).then(|| Duties {
        label: label(&plan.topology, service),
        answers: "duties",
        done,
        proposals,
    })
}

fn done_facts(host: &Host, service: &Service, done: &Done) -> Option<DoneFacts> {
    let path = service.listener(&done.interface)?.path.clone();
    let way = reach(host, service, &done.interface, path)?;
    Some(DoneFacts {
        at: Place { service: service.name.clone(), way },
        metric: done.metric.clone(),
        labels: done.labels.clone(),
    })
}

fn proposals(plan: &Plan, host: &Host, service: &Service, asked: &Proposals) -> Option<ProposalFacts> {
    let topology = &plan.topology;
    let interface = asked.interface.as_str();
    let who: Vec<&Service> = if service.component.needs.contains_key(interface) {
        topology.providers(service.id, interface).map(|id| &topology.services[id]).collect()
    } else {
        vec![service]
    };
    let place = |asked: &&Service| {
        let path = asked.listener(interface)?.path.trim_end_matches('/').to_owned();
        let way = if asked.host == host.id {
            reach(host, asked, interface, path)?
        } else {
            Way::Url(doors::far_url(topology, asked, interface)?)
        };
        Some(Place { service: asked.name.clone(), way })
    };
    let at: Vec<Place> = who.iter().filter_map(place).collect();
    (!at.is_empty()).then(|| ProposalFacts {
        answers: asked.answers,
        at,
        keys: public_keys(service),
        folders: service.key_volumes().filter_map(keys).collect(),
    })
}

/// The public keys in settings that are for them.
fn public_keys(service: &Service) -> Vec<String> {
    let settings = service.component.settings.iter();
    let values = settings
        .filter(|(_, setting)| setting.purpose == Some(Purpose::ValidatorKeys))
        .filter_map(|(name, _)| service.settings.get(name)?.as_array())
        .flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}
