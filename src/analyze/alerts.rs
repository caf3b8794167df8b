//! Who hears of what: failure by component -> alert -> receiver.
//!
//! An alert says in its data which failures it tells and whose they are; the catalog says which
//! failures must be told for each kind of component. What is left over is uncovered.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::voters::Watched;
use crate::catalog::component::{Component, Kind, Run};
use crate::catalog::failure::{Covers, Failure, Required};
use crate::manifest::Severity;
use crate::topology::{AlertLabels, HostId, Id as _, Monitoring, RegionId, Service, ServiceId, Topology};

/// Protocols of which one end shows a certificate.
const CERTIFIED: &[&str] = &["https", "wss", "grpcs"];

/// The interface that is scraped.
const METRICS: &str = "metrics";

/// An alert that this network has.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// Its name.
    pub name: &'a str,
    /// The component that it came from; `None` for those of the network as a whole.
    pub component: Option<&'a str>,
    /// How soon a person must act.
    pub severity: Severity,
    /// It always fires.
    pub heartbeat: bool,
    /// It is about lines of logs, which every service has; any other is about a scraped service.
    pub lines: bool,
    /// The failures that it tells.
    pub covers: &'a Covers,
    /// The services that it watches, where not all of its component.
    pub services: Option<&'a BTreeSet<ServiceId>>,
    /// Why it is switched off for them.
    pub silenced: Option<&'a str>,
}

/// Who hears of what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Whether the network has monitoring at all.
    pub monitored: bool,
    /// The network, its regions, its hosts, then its services by component and role.
    pub rows: Vec<Row>,
    /// Every alert of the network with all who hear of it.
    pub alerts: Vec<Heard>,
}

/// What can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The network as a whole.
    Network,
    /// Regions.
    Region,
    /// Hosts.
    Host,
    /// Services of one component in one role.
    Service,
}

/// Everything of one sort.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// What it is.
    pub subject: Subject,
    /// The component, of services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// What the component does, of services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The role of their nodes; absent for services of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How many there are.
    pub count: usize,
    /// Whether anything that is scraped speaks for each of them.
    pub watched: bool,
    /// Its failures.
    pub cells: Vec<Cell>,
}

/// One failure of a row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    /// The failure.
    pub failure: Failure,
    /// Whether it must be covered, for some of the row at least.
    pub required: bool,
    /// The alerts that tell it, most urgent first.
    pub alerts: Vec<Heard>,
    /// The alerts that would tell it and are switched off, for some of the row at least.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub silenced: Vec<Quiet>,
    /// Those of the row for which it must be covered and is not, nor silenced by somebody's decision.
    pub uncovered: Vec<String>,
}

/// An alert that somebody switched off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Quiet {
    /// The alert.
    pub alert: String,
    /// Why.
    pub reason: String,
}

/// An alert and who hears of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Heard {
    /// The alert.
    pub alert: String,
    /// How soon a person must act.
    pub severity: Severity,
    /// Who is called; empty where nobody is.
    pub receivers: BTreeSet<String>,
}

/// Something that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Network,
    Region(RegionId),
    Host(HostId),
    Service(ServiceId),
}

/// A failure and the number of an alert that tells it.
type Tells = (Failure, usize);

/// What alerts tell.
#[derive(Default)]
struct Told {
    /// By service, the failures and the numbers of the alerts that tell them; sorted, each once.
    services: Vec<Vec<Tells>>,
    /// The same of everything else.
    others: BTreeMap<Thing, Vec<Tells>>,
    /// The services of which metrics speak: their own, or those of what uses them.
    watched: BTreeSet<ServiceId>,
}

impl Told {
    /// What is told of a thing; `None` where nothing is.
    fn of(&self, thing: Thing) -> Option<&[Tells]> {
        let told = match thing {
            Thing::Service(id) => self.services.get(id.index()).filter(|told| !told.is_empty()),
            Thing::Network | Thing::Region(_) | Thing::Host(_) => self.others.get(&thing),
        };
        told.map(Vec::as_slice)
    }

    /// Everything of which something is told.
    fn all(&self) -> impl Iterator<Item = (Thing, &[Tells])> {
        let services = self.services.iter().enumerate();
        let services =
            services.map(|(at, told)| (Thing::Service(ServiceId::from_index(at)), told.as_slice()));
        self.others.iter().map(|(thing, told)| (*thing, told.as_slice())).chain(services)
    }
}

/// Finds who hears of what; linear in the number of services and what alerts say of each.
pub fn coverage(topology: &Topology, alerts: &[Placed<'_>], required: &Required) -> Coverage {
    let Some(finder) = Finder::new(topology, alerts, required, true) else {
        return Coverage { monitored: false, rows: Vec::new(), alerts: Vec::new() };
    };
    Coverage { monitored: true, rows: finder.rows(), alerts: finder.all() }
}

/// Finds who hears of every alert, as [`coverage`] does. What must be told has no say in it.
pub fn heard(topology: &Topology, alerts: &[Placed<'_>]) -> Vec<Heard> {
    let required = Required::default();
    Finder::new(topology, alerts, &required, true).map(|finder| finder.all()).unwrap_or_default()
}

/// Finds what must be told and is not, as the rows of [`coverage`] without who hears of what.
pub fn untold(topology: &Topology, alerts: &[Placed<'_>], required: &Required) -> Vec<Row> {
    Finder::new(topology, alerts, required, false).map(|finder| finder.rows()).unwrap_or_default()
}

/// What must be told of this network as a whole.
fn of_network(topology: &Topology, required: &Required) -> Vec<Failure> {
    let voters = Watched::new(topology);
    let decides = topology.decides_chain().then_some(&required.deciding);
    let spared = voters.filter(Watched::spares_a_host).map(|_| &required.spared);
    required.network.iter().chain(decides.into_iter().chain(spared).flatten()).copied().collect()
}

/// Whether somebody reads the metrics of a service.
pub(super) fn is_scraped(topology: &Topology, service: &Service) -> bool {
    service.listener(METRICS).is_some()
        && topology.consumers(service.id).any(|(interface, _)| interface == METRICS)
}

/// What the alerts about the services of one component say, where they are about all of them.
#[derive(Default)]
struct Saying {
    network: Vec<Tells>,
    region: Vec<Tells>,
    host: Vec<Tells>,
    service: Vec<Tells>,
    /// The numbers of the alerts that speak of other services besides.
    around: Vec<usize>,
    /// The numbers of the alerts that are about some of the services.
    restricted: Vec<usize>,
    regions: BTreeSet<RegionId>,
    said: bool,
}

impl Saying {
    fn new(alerts: &[Placed<'_>], speaking: impl Iterator<Item = usize>) -> Self {
        let mut saying = Self::default();
        for at in speaking {
            let Some(alert) = alerts.get(at) else { continue };
            if alert.services.is_some() {
                saying.restricted.push(at);
                continue;
            }
            let tells = |failures: &[Failure]| failures.iter().map(|f| (*f, at)).collect::<Vec<_>>();
            saying.network.extend(tells(&alert.covers.network));
            saying.region.extend(tells(&alert.covers.region));
            saying.host.extend(tells(&alert.covers.host));
            saying.service.extend(tells(&alert.covers.service));
            if alert.covers.speaks_around() {
                saying.around.push(at);
            }
        }
        saying
    }
}

fn told(topology: &Topology, alerts: &[Placed<'_>]) -> Told {
    let mut by_component: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut of_all: Vec<usize> = Vec::new();
    for (at, alert) in alerts.iter().enumerate() {
        match alert.component {
            Some(component) => by_component.entry(component).or_default().push(at),
            None => of_all.push(at),
        }
    }
    let mut telling = Telling {
        topology,
        services: vec![Vec::new(); topology.services.len()],
        others: BTreeMap::new(),
        watched: BTreeSet::new(),
    };
    let mut sayings: BTreeMap<(&str, bool), Saying> = BTreeMap::new();
    for service in &topology.services {
        let component = service.component.component.value.as_str();
        let scraped = is_scraped(topology, service);
        if scraped {
            telling.watched.insert(service.id);
        }
        let saying = sayings.entry((component, scraped)).or_insert_with(|| {
            let about = by_component.get(component).into_iter().flatten().chain(&of_all).copied();
            let speaks = |at: &usize| {
                let alert = alerts.get(*at);
                alert.is_some_and(|a| (a.lines || scraped) && a.covers.speaks_of(component))
            };
            Saying::new(alerts, about.filter(speaks))
        });
        telling.tell(Thing::Service(service.id), &saying.service);
        telling.tell(Thing::Host(service.host), &saying.host);
        if let Some(region) = topology.hosts[service.host].region.filter(|r| saying.regions.insert(*r)) {
            telling.tell(Thing::Region(region), &saying.region);
        }
        if !std::mem::replace(&mut saying.said, true) {
            telling.tell(Thing::Network, &saying.network);
        }
        for at in &saying.around {
            alerts.get(*at).iter().for_each(|alert| telling.around(service, alert.covers, *at));
        }
        for at in &saying.restricted {
            let alert = alerts.get(*at);
            let watches = |alert: &&Placed<'_>| alert.services.is_none_or(|all| all.contains(&service.id));
            if let Some(alert) = alert.filter(watches) {
                telling.about(service, alert.covers, *at);
                telling.around(service, alert.covers, *at);
            }
        }
    }
    let Telling { mut services, others, watched, .. } = telling;
    for pairs in &mut services {
        pairs.sort_unstable();
        pairs.dedup();
    }
    let others = others.into_iter().map(|(thing, pairs)| (thing, pairs.into_iter().collect())).collect();
    Told { services, others, watched }
}

/// What is told so far.
struct Telling<'a> {
    topology: &'a Topology,
    services: Vec<Vec<Tells>>,
    others: BTreeMap<Thing, BTreeSet<Tells>>,
    watched: BTreeSet<ServiceId>,
}

impl Telling<'_> {
    fn tell(&mut self, thing: Thing, tells: &[Tells]) {
        if tells.is_empty() {
            return;
        }
        match thing {
            Thing::Service(id) => {
                if let Some(told) = self.services.get_mut(id.index()) {
                    told.extend(tells);
                }
            }
            Thing::Network | Thing::Region(_) | Thing::Host(_) => {
                self.others.entry(thing).or_default().extend(tells);
            }
        }
    }

    fn failures(&mut self, thing: Thing, failures: &[Failure], at: usize) {
        failures.iter().for_each(|failure| self.tell(thing, &[(*failure, at)]));
    }

    /// What an alert about a service says of it, and of where it stands.
    fn about(&mut self, service: &Service, covers: &Covers, at: usize) {
        self.failures(Thing::Network, &covers.network, at);
        self.failures(Thing::Host(service.host), &covers.host, at);
        self.failures(Thing::Service(service.id), &covers.service, at);
        if let Some(region) = self.topology.hosts[service.host].region {
            self.failures(Thing::Region(region), &covers.region, at);
        }
    }

    /// What it says of the services on its host, and of those that it uses.
    fn around(&mut self, service: &Service, covers: &Covers, at: usize) {
        let topology = self.topology;
        if !covers.residents.is_empty() || !covers.saved.is_empty() {
            let residents = topology
                .services_on(service.host)
                .filter(|r| !covers.except_residents.contains(&r.component.component));
            for resident in residents {
                self.failures(Thing::Service(resident.id), &covers.residents, at);
                if topology.is_saved(resident) {
                    self.failures(Thing::Service(resident.id), &covers.saved, at);
                }
            }
        }
        for binding in topology.bindings_of(service.id) {
            if let Some(failures) = covers.needs.get(binding.interface.as_str()) {
                self.failures(Thing::Service(binding.provider), failures, at);
                self.watched.insert(binding.provider);
            }
        }
    }
}

/// The rules of one alert for different services stand side by side; those of one severity are one.
fn merged(heard: impl IntoIterator<Item = Heard>) -> Vec<Heard> {
    let mut all: Vec<Heard> = Vec::new();
    for one in heard {
        match all.last_mut().filter(|last| last.alert == one.alert && last.severity == one.severity) {
            Some(last) => last.receivers.extend(one.receivers),
            None => all.push(one),
        }
    }
    all
}

struct Finder<'a> {
    topology: &'a Topology,
    monitoring: &'a Monitoring,
    alerts: &'a [Placed<'a>],
    told: Told,
    required: &'a Required,
    /// Whether it is asked for who hears of what, too.
    hearing: bool,
}

/// A cell while its row is looked at.
#[derive(Default)]
struct Found<'a> {
    required: bool,
    /// By what the alerts are routed.
    alerts: BTreeMap<usize, BTreeSet<AlertLabels<'a>>>,
    silenced: BTreeSet<Quiet>,
    uncovered: Vec<String>,
}

impl<'a> Finder<'a> {
    /// `None` without monitoring.
    fn new(
        topology: &'a Topology,
        alerts: &'a [Placed<'a>],
        required: &'a Required,
        hearing: bool,
    ) -> Option<Self> {
        let monitoring = topology.monitoring.as_ref()?;
        Some(Self { topology, monitoring, alerts, told: told(topology, alerts), required, hearing })
    }

    /// The rows of all sorts of things.
    fn rows(&self) -> Vec<Row> {
        let (topology, required) = (self.topology, self.required);
        let mut rows = vec![self.row(Subject::Network, &of_network(topology, required), &[Thing::Network])];
        let regions: Vec<Thing> = topology.regions.ids().map(Thing::Region).collect();
        let hosts: Vec<Thing> = topology.hosts.ids().map(Thing::Host).collect();
        rows.push(self.row(Subject::Region, &required.region, &regions));
        rows.push(self.row(Subject::Host, &required.host, &hosts));
        let mut groups: BTreeMap<(Kind, &str, Option<&str>), Vec<Thing>> = BTreeMap::new();
        for service in topology.services.iter().filter(|service| service.component.run != Run::Job) {
            let role = service.node.map(|node| topology.nodes[node].role.as_str());
            let component = &service.component;
            let key = (component.kind, component.component.value.as_str(), role);
            groups.entry(key).or_default().push(Thing::Service(service.id));
        }
        for ((kind, component, role), things) in groups {
            let needed = required.services.get(&kind).map_or(&[][..], Vec::as_slice);
            let cannot = things.first().and_then(|thing| self.component(*thing)).map(|c| &c.impossible);
            let can = |failure: &Failure| !cannot.is_some_and(|cannot| cannot.contains(failure));
            let needed: Vec<Failure> = needed.iter().copied().filter(can).collect();
            let mut row = self.row(Subject::Service, &needed, &things);
            (row.kind, row.component, row.role) =
                (Some(kind), Some(component.to_owned()), role.map(str::to_owned));
            rows.push(row);
        }
        rows.retain(|row| row.count > 0);
        rows
    }

    fn component(&self, thing: Thing) -> Option<&Component> {
        let Thing::Service(id) = thing else { return None };
        Some(&self.topology.services[id].component)
    }

    fn row(&self, subject: Subject, required: &[Failure], things: &[Thing]) -> Row {
        let mut cells: BTreeMap<Failure, Found<'_>> = BTreeMap::new();
        for thing in things {
            let told = self.told.of(*thing).unwrap_or_default();
            for (failure, at) in told {
                let cell = cells.entry(*failure).or_default();
                if let Some(quiet) = self.quiet(*at) {
                    cell.silenced.insert(quiet);
                } else if self.hearing {
                    cell.alerts.entry(*at).or_default().extend(self.labels(*at, *thing));
                }
            }
            let needed = required.iter().copied().chain(self.on_top(*thing));
            let needed: BTreeSet<Failure> =
                needed.filter(|f| self.required.can_happen(*f, self.topology.chain.consensus)).collect();
            for failure in needed {
                let cell = cells.entry(failure).or_default();
                cell.required = true;
                let from = told.partition_point(|(other, _)| *other < failure);
                if told.get(from).is_none_or(|(other, _)| *other != failure) {
                    cell.uncovered.push(self.name(*thing).to_owned());
                }
            }
        }
        let cells = cells.into_iter().map(|(failure, found)| {
            let heard = |(at, labels)| self.heard(at, self.receivers(at, labels));
            let mut alerts: Vec<Heard> = found.alerts.into_iter().filter_map(heard).collect();
            alerts.sort_by(|a, b| (a.severity, &a.alert).cmp(&(b.severity, &b.alert)));
            Cell {
                failure,
                required: found.required,
                alerts: merged(alerts),
                silenced: found.silenced.into_iter().collect(),
                uncovered: found.uncovered,
            }
        });
        Row {
            subject,
            component: None,
            kind: None,
            role: None,
            count: things.len(),
            watched: things.iter().all(|thing| self.is_watched(*thing)),
            cells: cells.collect(),
        }
    }

    /// What must be covered of a service beyond what every one of its kind needs: at both ends of its
    /// bindings, where its state is saved, and where it shows a certificate.
    fn on_top(&self, thing: Thing) -> Vec<Failure> {
        let Thing::Service(id) = thing else { return Vec::new() };
        let (service, required) = (&self.topology.services[id], self.required);
        let shows = |protocol: &str| CERTIFIED.contains(&protocol);
        let certified = service.listeners.iter().filter_map(|l| l.protocol.as_deref()).any(shows);
        let more = [(self.topology.is_saved(service), &required.saved), (certified, &required.certified)];
        let more = more.into_iter().filter(|(needed, _)| *needed).flat_map(|(_, failures)| failures);
        let uses = self.topology.bindings_of(id).iter().map(|binding| binding.interface.as_str());
        let interfaces: BTreeSet<&str> =
            uses.chain(self.topology.consumers(id).map(|(interface, _)| interface)).collect();
        let linked = interfaces.into_iter().filter_map(|name| required.linked.get(name)).flatten();
        linked.chain(more).copied().collect()
    }

    /// Whether more than its host speaks for it.
    fn is_watched(&self, thing: Thing) -> bool {
        match thing {
            Thing::Service(id) => self.told.watched.contains(&id),
            Thing::Network | Thing::Region(_) | Thing::Host(_) => self.told.others.contains_key(&thing),
        }
    }

    fn name(&self, thing: Thing) -> &str {
        match thing {
            Thing::Network => &self.topology.name,
            Thing::Region(region) => &self.topology.regions[region].name,
            Thing::Host(host) => &self.topology.hosts[host].name,
            Thing::Service(service) => &self.topology.services[service].name,
        }
    }

    /// By what the alert is routed, when it is about a thing.
    fn labels(&self, at: usize, thing: Thing) -> Option<AlertLabels<'_>> {
        let alert = self.alerts.get(at)?;
        let region = match thing {
            Thing::Network => None,
            Thing::Region(region) => Some(self.topology.regions[region].name.as_str()),
            Thing::Host(host) => Some(self.topology.region_name(host)),
            Thing::Service(service) => Some(self.topology.region_name(self.topology.services[service].host)),
        };
        let service = match thing {
            Thing::Service(service) => Some(&self.topology.services[service]),
            Thing::Network | Thing::Region(_) | Thing::Host(_) => None,
        };
        Some(AlertLabels {
            severity: alert.severity,
            region,
            team: service.and_then(|service| self.monitoring.team_of(service.id)),
            component: alert.component.or(service.map(|s| s.component.component.value.as_str())),
        })
    }

    /// Who hears of an alert with any of these labels: of thousands of things there are few.
    fn receivers<'l>(
        &self,
        at: usize,
        labels: impl IntoIterator<Item = AlertLabels<'l>>,
    ) -> BTreeSet<String> {
        if self.alerts.get(at).is_some_and(|alert| alert.heartbeat) {
            return self.monitoring.heartbeat.iter().cloned().collect();
        }
        let called = labels.into_iter().flat_map(|labels| self.monitoring.receivers_of(labels));
        called.into_iter().map(str::to_owned).collect()
    }

    fn heard(&self, at: usize, receivers: BTreeSet<String>) -> Option<Heard> {
        let alert = self.alerts.get(at)?;
        Some(Heard { alert: alert.name.to_owned(), severity: alert.severity, receivers })
    }

    /// That an alert is switched off.
    fn quiet(&self, at: usize) -> Option<Quiet> {
        let alert = self.alerts.get(at)?;
        let reason = alert.silenced?;
        Some(Quiet { alert: alert.name.to_owned(), reason: reason.to_owned() })
    }

    /// Every alert. One that tells no failure of its data is heard of for the services it is about.
    fn all(&self) -> Vec<Heard> {
        let mut labels: BTreeMap<usize, BTreeSet<AlertLabels<'_>>> = BTreeMap::new();
        for (thing, told) in self.told.all() {
            for (_, at) in told {
                labels.entry(*at).or_default().extend(self.labels(*at, thing));
            }
        }
        let mut by_component: BTreeMap<&str, Vec<ServiceId>> = BTreeMap::new();
        for service in &self.topology.services {
            by_component.entry(service.component.component.value.as_str()).or_default().push(service.id);
        }
        for (at, alert) in self.alerts.iter().enumerate() {
            if labels.contains_key(&at) {
                continue;
            }
            let about = alert.component.and_then(|component| by_component.get(component));
            let about = about.into_iter().flatten().map(|id| Thing::Service(*id));
            let mut hear: BTreeSet<_> = about.filter_map(|thing| self.labels(at, thing)).collect();
            if alert.component.is_none() {
                hear.extend(self.labels(at, Thing::Network));
            }
            labels.insert(at, hear);
        }
        labels.retain(|at, _| self.quiet(*at).is_none());
        let heard = |(at, labels)| self.heard(at, self.receivers(at, labels));
        merged(labels.into_iter().filter_map(heard))
    }
}
