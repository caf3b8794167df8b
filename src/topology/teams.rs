//! Whose a service is.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::ServiceId;
use super::monitoring::Monitoring;
use super::resolve::{Context, Tables};
use crate::manifest::Team;
use crate::text::{Span, Spanned};

/// A service that two teams claim.
#[derive(Clone, Debug)]
pub struct Contest {
    /// The service.
    pub service: ServiceId,
    /// The team that claims it first, in the order of the manifest, and where.
    pub first: (String, Span),
    /// The other, and where.
    pub second: (String, Span),
}

/// Who owns what.
#[derive(Clone, Debug, Default)]
pub struct Teams {
    /// The team of each service that has one.
    pub owner: BTreeMap<ServiceId, String>,
    /// The services that two teams claim: one for each pair of claims.
    pub contests: Vec<Contest>,
}

impl Monitoring {
    /// The team of a service.
    pub fn team_of(&self, service: ServiceId) -> Option<&str> {
        self.teams.owner.get(&service).map(String::as_str)
    }

    /// The team of all these services; `None` where they have several, or one has none.
    pub fn team_of_all(&self, services: impl IntoIterator<Item = ServiceId>) -> Option<&str> {
        let teams: BTreeSet<Option<&str>> =
            services.into_iter().map(|service| self.team_of(service)).collect();
        teams.first().copied().flatten().filter(|_| teams.len() == 1)
    }
}

pub(super) fn resolve(cx: &mut Context<'_>, tables: &Tables) -> Teams {
    let written = cx.manifest.monitoring.as_ref().filter(|monitoring| !monitoring.teams.is_empty());
    let Some(written) = written else { return Teams::default() };
    // By service, the claims in order: (team, where).
    let mut claims: BTreeMap<ServiceId, Vec<(&str, Span)>> = BTreeMap::new();
    let known = Known::of(tables);
    for (name, team) in &written.teams {
        known.look_up(cx, team);
        for (claim, services) in known.claimed(team) {
            for service in services {
                claims.entry(*service).or_default().push((name.value.as_str(), claim.span));
            }
        }
    }
    let mut teams = Teams::default();
    let mut told = BTreeSet::new();
    for (service, claims) in claims {
        let Some((team, place)) = claims.first().copied() else { continue };
        teams.owner.insert(service, team.to_owned());
        let other = claims.iter().find(|(other, _)| *other != team);
        if let Some((other, second)) = other.copied().filter(|(_, second)| told.insert((place, *second))) {
            let (first, second) = ((team.to_owned(), place), (other.to_owned(), second));
            teams.contests.push(Contest { service, first, second });
        }
    }
    teams
}

type By<'t> = BTreeMap<&'t str, Vec<ServiceId>>;

/// The services by each name that a claim can give.
struct Known<'t> {
    roles: By<'t>,
    components: By<'t>,
    regions: By<'t>,
    nodes: By<'t>,
    services: By<'t>,
}

impl<'t> Known<'t> {
    fn of(tables: &'t Tables) -> Self {
        let mut known = Self {
            roles: By::new(),
            components: By::new(),
            // Those without a service are known too.
            regions: tables.regions.iter().map(|region| (region.name.as_str(), Vec::new())).collect(),
            nodes: tables.nodes.iter().map(|node| (node.name.as_str(), Vec::new())).collect(),
            services: By::new(),
        };
        for node in &tables.nodes {
            known.roles.entry(&node.role).or_default();
        }
        for service in &tables.services {
            let add = |by: &mut By<'t>, name: &'t str| by.entry(name).or_default().push(service.id);
            add(&mut known.services, &service.name);
            add(&mut known.components, &service.component.component.value);
            if let Some(node) = service.node.map(|node| &tables.nodes[node]) {
                add(&mut known.roles, &node.role);
                add(&mut known.nodes, &node.name);
            }
            if let Some(region) = tables.hosts[service.host].region {
                add(&mut known.regions, &tables.regions[region].name);
            }
        }
        known
    }

    fn parts<'a, 'm>(&'a self, team: &'m Team) -> [(&'static str, &'m [Spanned<String>], &'a By<'t>); 5] {
        let Team { roles, components, regions, nodes, services } = team;
        [
            ("role", roles, &self.roles),
            ("service of component", components, &self.components),
            ("region", regions, &self.regions),
            ("node", nodes, &self.nodes),
            ("service", services, &self.services),
        ]
    }

    fn look_up(&self, cx: &mut Context<'_>, team: &Team) {
        for (kind, names, by) in self.parts(team) {
            for name in names.iter().filter(|name| !by.contains_key(name.value.as_str())) {
                cx.unknown(kind, name, by.keys().copied());
            }
        }
    }

    fn claimed<'a, 'm>(
        &'a self,
        team: &'m Team,
    ) -> impl Iterator<Item = (&'m Spanned<String>, &'a [ServiceId])> + use<'a, 'm, 't> {
        self.parts(team).into_iter().flat_map(|(_, names, by)| {
            names.iter().map(|name| (name, by.get(name.value.as_str()).map_or(&[][..], Vec::as_slice)))
        })
    }
}
