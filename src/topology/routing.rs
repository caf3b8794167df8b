//! Who is called for an alert, and when.
//!
//! The routes of a manifest are a list: the first one that takes an alert at that hour counts, and the
//! last one takes what is left. Nothing here knows how a program is told so.

use std::collections::{BTreeMap, BTreeSet};

use super::ir::Topology;
use super::monitoring::Monitoring;
use super::resolve::{Context, Tables};
use crate::manifest::quantity::Duration;
use crate::manifest::{Clock, Severity, WeeklyTime};
use crate::text::{Span, Spanned};

/// One line of routing.
#[derive(Clone, Debug)]
pub struct Route {
    /// Only these severities; empty: all.
    pub severities: Vec<Severity>,
    /// Only these regions; empty: all.
    pub regions: Vec<String>,
    /// Only these teams; empty: all.
    pub teams: Vec<String>,
    /// Only these components; empty: all.
    pub components: Vec<String>,
    /// Only at these hours.
    pub when: Option<When>,
    /// The receivers; all of them are called.
    pub to: Vec<String>,
    /// How often it is sent again.
    pub repeat: Option<Duration>,
    /// Where it is defined.
    pub origin: Span,
}

/// In a named time, or out of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    /// The name of the time.
    pub time: String,
    /// Whether in it.
    pub inside: bool,
}

impl When {
    /// All other hours.
    #[must_use]
    pub fn otherwise(&self) -> Self {
        Self { time: self.time.clone(), inside: !self.inside }
    }
}

/// Minutes of a day, from and to; the second is not part of it.
pub type Minutes = (u16, u16);

/// Hours of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekTime {
    /// For each day, Monday first, when it is: sorted, none touches another.
    pub days: [Vec<Minutes>; 7],
    /// The time zone.
    pub zone: String,
    /// Where it is defined.
    pub origin: Span,
}

impl WeekTime {
    /// All other hours of the week.
    #[must_use]
    pub fn otherwise(&self) -> Self {
        let days = self.days.clone().map(|ranges| {
            let mut free = Vec::new();
            let mut at = 0;
            for (from, to) in ranges {
                free.push((at, from));
                at = to;
            }
            free.push((at, Clock::MIDNIGHT.0));
            free.retain(|(from, to)| from < to);
            free
        });
        Self { days, zone: self.zone.clone(), origin: self.origin }
    }

    /// Whether it is every hour of the week.
    pub fn is_always(&self) -> bool {
        self.days.iter().all(|ranges| ranges.as_slice() == [(0, Clock::MIDNIGHT.0)])
    }

    /// Whether it is at a minute of a day; Monday is 0.
    pub fn holds(&self, day: usize, minute: u16) -> bool {
        let ranges = self.days.get(day).map_or(&[][..], Vec::as_slice);
        ranges.iter().any(|(from, to)| (*from..*to).contains(&minute))
    }

    fn of(name: &Spanned<String>, written: &WeeklyTime) -> Self {
        let mut days: [Vec<Minutes>; 7] = Default::default();
        let from = written.from.as_ref().map_or(0, |clock| clock.value.0);
        let to = written.to.as_ref().map_or(Clock::MIDNIGHT, |clock| clock.value).0;
        let begins: Vec<usize> = match written.days.as_slice() {
            [] => (0..7).collect(),
            some => some.iter().flat_map(|days| days.value.each()).collect(),
        };
        let mut add = |day: usize, range: Minutes| {
            if let Some(ranges) = days.get_mut(day % 7) {
                ranges.push(range);
            }
        };
        for day in begins {
            if from < to {
                add(day, (from, to));
            } else {
                add(day, (from, Clock::MIDNIGHT.0));
                add(day + 1, (0, to));
            }
        }
        let zone = written.zone.as_ref().map_or_else(|| "UTC".to_owned(), |zone| zone.value.clone());
        Self { days: days.map(joined), zone, origin: name.span }
    }
}

/// Sorted, and what touches made one.
fn joined(mut ranges: Vec<Minutes>) -> Vec<Minutes> {
    ranges.retain(|(from, to)| from < to);
    ranges.sort_unstable();
    let mut out: Vec<Minutes> = Vec::new();
    for (from, to) in ranges {
        match out.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => out.push((from, to)),
        }
    }
    out
}

/// What routes ask of an alert. A label that it does not have matches no route that asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertLabels<'a> {
    /// How soon a person must act.
    pub severity: Severity,
    /// Where it is.
    pub region: Option<&'a str>,
    /// Whose it is.
    pub team: Option<&'a str>,
    /// What it is about.
    pub component: Option<&'a str>,
}

/// A route that takes an alert at some hour.
#[derive(Clone, Debug)]
pub struct Taker<'a> {
    /// The route.
    pub route: &'a Route,
    /// At which hours: all of these must be so; always where there is none.
    pub when: Vec<When>,
}

impl Route {
    /// Whether it is for such an alert, at whatever hour.
    pub fn takes(&self, alert: AlertLabels<'_>) -> bool {
        let among = |names: &[String], label: Option<&str>| {
            names.is_empty() || label.is_some_and(|label| names.iter().any(|name| name == label))
        };
        (self.severities.is_empty() || self.severities.contains(&alert.severity))
            && among(&self.regions, alert.region)
            && among(&self.teams, alert.team)
            && among(&self.components, alert.component)
    }
}

impl Route {
    /// The same for every alert at every hour: what the last route is.
    #[must_use]
    pub fn for_all(&self) -> Self {
        let (severities, regions, teams, components) = Default::default();
        Self { severities, regions, teams, components, when: None, ..self.clone() }
    }
}

impl Monitoring {
    /// The routes that are tried first, in order.
    pub fn narrow_routes(&self) -> &[Route] {
        self.routes.split_last().map_or(&[], |(_, narrow)| narrow)
    }

    /// The route of every alert that no other takes, whatever its own conditions are.
    pub fn last_route(&self) -> Option<&Route> {
        self.routes.last()
    }

    /// The route of an alert at a moment, at which `holds` says of each named time whether it is now.
    pub fn route_at(&self, alert: AlertLabels<'_>, holds: impl Fn(&str) -> bool) -> Option<&Route> {
        let now = |when: &When| holds(&when.time) == when.inside;
        let takes = |route: &&Route| route.takes(alert) && route.when.as_ref().is_none_or(now);
        self.narrow_routes().iter().find(takes).or(self.last_route())
    }

    /// Every route that takes such an alert at some hour, in order.
    pub fn takers(&self, alert: AlertLabels<'_>) -> Vec<Taker<'_>> {
        takers(self.narrow_routes(), self.last_route(), |route| route.takes(alert))
    }

    /// Everyone who is called for such an alert at some hour, in order, each once.
    pub fn receivers_of(&self, alert: AlertLabels<'_>) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.takers(alert).into_iter().flat_map(|taker| &taker.route.to) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The time in which a person acts.
    pub fn response(&self, severity: Severity) -> Duration {
        self.respond.get(&severity).copied().unwrap_or_else(|| severity.response())
    }
}

/// The services of a network by all that labels of alerts say of them: region, team and component. Of thousands
/// of services there are few kinds.
#[derive(Clone, Debug)]
pub struct AlertKinds<'t>(BTreeSet<(&'t str, Option<&'t str>, &'t str)>);

impl<'t> AlertKinds<'t> {
    /// The labels that alerts of a severity can have: those of the services that they are about, all of
    /// them where an alert is about one service, fewer where it adds several up. Of one component, or of
    /// the network as a whole.
    pub fn labels<'c>(&self, severity: Severity, of: Option<&'c str>) -> BTreeSet<AlertLabels<'c>>
    where
        't: 'c,
    {
        let mut found = BTreeSet::from([AlertLabels { severity, region: None, team: None, component: of }]);
        for (region, team, own) in self.0.iter().filter(|(_, _, own)| of.is_none_or(|of| of == *own)) {
            let (region, team) = (Some(*region), *team);
            found.insert(AlertLabels { severity, region, team, component: Some(own) });
            found.insert(AlertLabels { severity, region, team: None, component: of });
            found.insert(AlertLabels { severity, region: None, team, component: of });
        }
        found
    }
}

impl Topology {
    /// Its services by what labels of alerts say of them.
    pub fn alert_kinds(&self) -> AlertKinds<'_> {
        let kinds = self.services.iter().map(|service| {
            let team = self.monitoring.as_ref().and_then(|monitoring| monitoring.team_of(service.id));
            (self.region_name(service.host), team, service.component.component.value.as_str())
        });
        AlertKinds(kinds.collect())
    }

    /// The labels of alerts of every severity, of each component and of the network as a whole.
    pub fn all_alert_labels(&self) -> BTreeSet<AlertLabels<'_>> {
        let mut services: BTreeSet<[Option<&str>; 3]> = BTreeSet::from([[None; 3]]);
        for (region, team, component) in self.alert_kinds().0 {
            for component in [Some(component), None] {
                services.insert([Some(region), team, component]);
                services.insert([Some(region), None, component]);
                services.insert([None, team, component]);
                services.insert([None, None, component]);
            }
        }
        let with = |severity| {
            services.iter().map(move |[region, team, component]| AlertLabels {
                severity,
                region: *region,
                team: *team,
                component: *component,
            })
        };
        Severity::ALL.into_iter().flat_map(with).collect()
    }
}

/// What is known of the hour where none of the routes before took the alert. Each says one thing of
/// one time, so all of it together can be so unless two say the opposite.
fn takers<'r>(
    narrow: &'r [Route],
    last: Option<&'r Route>,
    takes: impl Fn(&Route) -> bool,
) -> Vec<Taker<'r>> {
    let mut known: Vec<When> = Vec::new();
    let mut found = Vec::new();
    for route in narrow.iter().filter(|route| takes(route)) {
        match &route.when {
            Some(when) if known.contains(&when.otherwise()) => {}
            Some(when) if !known.contains(when) => {
                let mut then = known.clone();
                then.push(when.clone());
                found.push(Taker { route, when: then });
                known.push(when.otherwise());
            }
            Some(_) | None => {
                found.push(Taker { route, when: known });
                return found;
            }
        }
    }
    found.extend(last.map(|route| Taker { route, when: known }));
    found
}

/// The named times.
pub(super) fn times(cx: &Context<'_>) -> BTreeMap<String, WeekTime> {
    let written = cx.manifest.monitoring.iter().flat_map(|monitoring| &monitoring.times);
    written.map(|(name, time)| (name.value.clone(), WeekTime::of(name, time))).collect()
}

/// The routes, with every name looked up.
pub(super) fn routes(cx: &mut Context<'_>, tables: &Tables) -> Vec<Route> {
    let Some(written) = &cx.manifest.monitoring else { return Vec::new() };
    let components: Vec<&str> = {
        let mut used: Vec<&str> =
            tables.services.iter().map(|service| service.component.component.value.as_str()).collect();
        used.sort_unstable();
        used.dedup();
        used
    };
    let mut routes = Vec::new();
    for route in &written.routes {
        for to in &route.to.0 {
            if !written.receivers.contains_key(to.value.as_str()) {
                cx.unknown("receiver", to, written.receivers.keys().map(|k| k.value.as_str()));
            }
        }
        for region in route.region.iter().filter(|region| tables.region(region).is_none()) {
            cx.unknown("region", region, cx.manifest.regions.keys().map(|k| k.value.as_str()));
        }
        for team in route.team.iter().filter(|team| !written.teams.contains_key(team.value.as_str())) {
            cx.unknown("team", team, written.teams.keys().map(|k| k.value.as_str()));
        }
        for component in route.component.iter().filter(|name| !components.contains(&name.value.as_str())) {
            cx.unknown("service of component", component, components.iter().copied());
        }
        for time in route.during.iter().chain(&route.outside) {
            if !written.times.contains_key(time.value.as_str()) {
                cx.unknown("time", time, written.times.keys().map(|k| k.value.as_str()));
            }
        }
        let texts = |names: &[Spanned<String>]| names.iter().map(|name| name.value.clone()).collect();
        let during = route.during.as_ref().map(|time| When { time: time.value.clone(), inside: true });
        let outside = route.outside.as_ref().map(|time| When { time: time.value.clone(), inside: false });
        routes.push(Route {
            severities: route.severity.iter().map(|s| s.value).collect(),
            regions: texts(&route.region),
            teams: texts(&route.team),
            components: texts(&route.component),
            when: during.or(outside),
            to: route.to.0.iter().map(|to| to.value.clone()).collect(),
            repeat: route.repeat.as_ref().map(|r| r.value),
            origin: route.to.0.first().map_or(Span::nowhere(), |to| to.span),
        });
    }
    routes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Days;

    fn time(days: &[&str], from: &str, to: &str) -> WeekTime {
        let written = WeeklyTime {
            days: days.iter().map(|days| Spanned::nowhere(Days::parse(days).unwrap())).collect(),
            from: Clock::parse(from).map(Spanned::nowhere),
            to: Clock::parse(to).map(Spanned::nowhere),
            zone: None,
        };
        WeekTime::of(&Spanned::nowhere("t".to_owned()), &written)
    }

    #[test]
    fn a_night_ends_on_the_next_day() {
        let night = time(&["fri-sun"], "22:00", "06:00");
        let at = |day, hour: u16| night.holds(day, hour * 60);
        assert!(at(4, 23) && at(5, 5) && at(6, 22) && at(0, 0) && at(0, 5));
        assert!(!at(4, 5) && !at(0, 6) && !at(0, 22) && !at(1, 0) && !at(5, 12));
        assert!(!night.is_always());
    }

    /// Every minute of the week is in a time or out of it, and in none of both.
    #[test]
    fn what_is_not_in_a_time_is_out_of_it() {
        let samples = [
            time(&[], "08:00", "18:00"),
            time(&["mon-fri", "wed"], "08:00", "18:30"),
            time(&["sat-mon"], "22:00", "06:00"),
            time(&["tue"], "07:00", "07:00"),
            time(&["sun"], "24:00", "01:00"),
            time(&[], "00:00", "24:00"),
            time(&["mon-sun"], "09:00", "09:00"),
        ];
        for sample in samples {
            let other = sample.otherwise();
            for day in 0..7 {
                for minute in 0..24 * 60 {
                    assert_ne!(
                        sample.holds(day, minute),
                        other.holds(day, minute),
                        "{sample:?} {day} {minute}"
                    );
                }
            }
            assert_eq!(other.otherwise().days, sample.days);
            assert_eq!(sample.is_always(), other.days.iter().all(Vec::is_empty));
        }
    }
}
