//! The tree of routes.
//!
//! Alertmanager has no hours in its matching: a route that matches takes the alert, and at the wrong
//! hour it drops it. So a route with hours is written as two: one that calls its receivers and is muted
//! at all other hours, and, as matching goes on behind it, a branch with the routes that follow, muted in
//! its hours. At each moment exactly one of the routes that an alert meets is not muted, which is the one
//! that the manifest says.

use serde::Serialize;

use super::times::name_of;
use super::{NOBODY, equals};
use crate::emit::EmitError;
use crate::manifest::Severity;
use crate::manifest::quantity::Duration;
use crate::plan::Plan;
use crate::topology::{Monitoring, Route, When};

/// What one notification gathers.
const GROUP: [&str; 4] = ["alertname", "network", "region", "team"];

/// Times that overlap in many routes multiply; nobody reads a tree of more routes.
const MOST_ROUTES: usize = 5000;

#[derive(Debug, Default, Serialize)]
pub(super) struct RouteFile {
    receiver: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    matchers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mute_time_intervals: Vec<String>,
    #[serde(rename = "continue", skip_serializing_if = "std::ops::Not::not")]
    goes_on: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_by: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_wait: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat_interval: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<RouteFile>,
}

pub(super) fn tree(plan: &Plan, monitoring: &Monitoring) -> Result<RouteFile, EmitError> {
    let mut routes: Vec<RouteFile> = Vec::new();
    for alert in plan.alerts.values().filter(|alert| alert.heartbeat) {
        routes.push(RouteFile {
            receiver: monitoring.heartbeat.clone().unwrap_or_else(|| NOBODY.to_owned()),
            matchers: vec![equals("alertname", &alert.name)],
            group_wait: Some("0s".to_owned()),
            group_interval: Some("1m".to_owned()),
            repeat_interval: Some("5m".to_owned()),
            ..RouteFile::default()
        });
    }
    let last = monitoring.last_route();
    let receiver = last.and_then(|route| route.to.first()).map_or(NOBODY, String::as_str);
    if let Some(last) = last {
        let mut chain = Chain { last, room: MOST_ROUTES };
        for severity in Severity::ALL {
            let takes = |route: &&Route| route.severities.is_empty() || route.severities.contains(&severity);
            let narrow: Vec<&Route> = monitoring.narrow_routes().iter().filter(takes).collect();
            let [wait, interval, repeat] = pace(severity, monitoring.response(severity));
            routes.push(RouteFile {
                receiver: receiver.to_owned(),
                matchers: vec![equals("severity", severity.word())],
                group_wait: Some(wait),
                group_interval: Some(interval),
                repeat_interval: Some(repeat),
                routes: chain.of(&narrow, &[])?,
                ..RouteFile::default()
            });
        }
        // Every alert of ours has a severity; another one, sent by hand, is not lost either.
        routes.extend(calls(&last.for_all(), &[], false).filter(|_| last.to.len() > 1));
    }
    let [wait, interval, repeat] = pace(Severity::P2, monitoring.response(Severity::P2));
    Ok(RouteFile {
        receiver: receiver.to_owned(),
        group_by: GROUP.to_vec(),
        group_wait: Some(wait),
        group_interval: Some(interval),
        repeat_interval: Some(repeat),
        routes,
        ..RouteFile::default()
    })
}

/// How long the first alert of a group waits for others, how soon a change of the group is told, and how
/// often it is told again: as parts and multiples of the time in which a person acts. The most urgent wait
/// for nothing. Alertmanager forgets what it told after its retention (5 days), so nothing waits longer
/// than a day.
fn pace(severity: Severity, response: Duration) -> [String; 3] {
    let minutes = |seconds: u64| seconds.div_ceil(60) * 60;
    let wait = if severity == Severity::P1 { 0 } else { (response.0 / 60).min(300) };
    let interval = minutes((response.0 / 6).clamp(60, 1800));
    let repeat = minutes(response.0.saturating_mul(8).clamp(3600, 86_400));
    [wait, interval, repeat].map(|seconds| Duration(seconds).to_string())
}

struct Chain<'a> {
    last: &'a Route,
    room: usize,
}

impl Chain<'_> {
    /// The routes for alerts of one severity, where it is known not to be any of the hours `muted`.
    fn of(&mut self, routes: &[&Route], muted: &[When]) -> Result<Vec<RouteFile>, EmitError> {
        let mut out = Vec::new();
        for (at, route) in routes.iter().enumerate() {
            self.room = self.room.checked_sub(route.to.len() + 1).ok_or_else(|| too_many(route))?;
            let matchers = matchers(route);
            match &route.when {
                // Never: it would be muted at all hours.
                Some(when) if muted.contains(when) => {}
                Some(when) if !muted.contains(&when.otherwise()) => {
                    let with = |more: When| [muted, &[more]].concat();
                    out.extend(calls(route, &with(when.otherwise()), true));
                    let after = routes.get(at + 1..).unwrap_or_default();
                    let after: Vec<&Route> =
                        after.iter().copied().filter(|other| meet(route, other)).collect();
                    let inside = self.of(&after, &with(when.clone()))?;
                    if matchers.is_empty() {
                        out.extend(inside);
                        return Ok(out);
                    }
                    let receiver = self.last.to.first().cloned().unwrap_or_default();
                    out.push(RouteFile { receiver, matchers, routes: inside, ..RouteFile::default() });
                }
                // At any hour, or at an hour that it is known to be.
                Some(_) | None => {
                    out.extend(calls(route, muted, false));
                    if matchers.is_empty() {
                        return Ok(out);
                    }
                }
            }
        }
        let last = self.last;
        self.room = self.room.checked_sub(last.to.len()).ok_or_else(|| too_many(last))?;
        out.extend(calls(&last.for_all(), muted, false));
        Ok(out)
    }
}

/// One route for each receiver; all but the last let the alert go on, and so does that one if asked.
fn calls(route: &Route, muted: &[When], goes_on: bool) -> impl Iterator<Item = RouteFile> {
    let muted: Vec<String> = muted.iter().map(name_of).collect();
    let (matchers, most) = (matchers(route), route.to.len());
    let repeat = route.repeat.map(|repeat| repeat.to_string());
    let to: Vec<String> = route.to.clone();
    to.into_iter().enumerate().map(move |(at, receiver)| RouteFile {
        receiver,
        matchers: matchers.clone(),
        mute_time_intervals: muted.clone(),
        goes_on: goes_on || at + 1 < most,
        repeat_interval: repeat.clone(),
        ..RouteFile::default()
    })
}

/// Whether an alert can match both.
fn meet(one: &Route, other: &Route) -> bool {
    let share = |a: &[String], b: &[String]| a.is_empty() || b.is_empty() || a.iter().any(|x| b.contains(x));
    share(&one.regions, &other.regions)
        && share(&one.teams, &other.teams)
        && share(&one.components, &other.components)
}

/// What a route asks of the labels. The severity stands in the branch that it is in.
fn matchers(route: &Route) -> Vec<String> {
    let labels = [("region", &route.regions), ("team", &route.teams), ("component", &route.components)];
    let asked = labels.into_iter().filter(|(_, names)| !names.is_empty());
    asked
        .map(|(label, names)| match names.as_slice() {
            [one] => equals(label, one),
            // Names are letters, digits and `-`: none needs escaping in a regular expression.
            some => format!("{label}=~\"{}\"", some.join("|")),
        })
        .collect()
}

fn too_many(route: &Route) -> EmitError {
    EmitError::unsupported(
        route.origin,
        format!("these routes with hours make more than {MOST_ROUTES} routes of Alertmanager"),
        "use fewer named times, or put routes with hours in front of the others",
    )
}
