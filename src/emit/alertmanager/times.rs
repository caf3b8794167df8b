//! Named times, and the hours out of them.

use serde::Serialize;

use crate::manifest::Clock;
use crate::topology::{Minutes, Monitoring, WeekTime, When};

#[derive(Serialize)]
pub(super) struct NamedTime {
    name: String,
    time_intervals: Vec<Interval>,
}

#[derive(Serialize)]
struct Interval {
    weekdays: Vec<&'static str>,
    times: Vec<Range>,
    location: String,
}

#[derive(Serialize)]
struct Range {
    start_time: String,
    end_time: String,
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The name of these hours. The colon keeps it apart from every name of a manifest.
pub(super) fn name_of(when: &When) -> String {
    if when.inside { when.time.clone() } else { format!("outside:{}", when.time) }
}

/// Each time that a route names, and the hours out of it.
pub(super) fn times(monitoring: &Monitoring) -> Vec<NamedTime> {
    let named = |name: &str| {
        monitoring.narrow_routes().iter().any(|route| route.when.as_ref().is_some_and(|w| w.time == name))
    };
    let mut times = Vec::new();
    for (name, time) in monitoring.times.iter().filter(|(name, _)| named(name)) {
        for (inside, hours) in [(true, time), (false, &time.otherwise())] {
            let name = name_of(&When { time: name.clone(), inside });
            times.push(NamedTime { name, time_intervals: intervals(hours) });
        }
    }
    times
}

/// Days with the same hours together, in the order of the week.
fn intervals(time: &WeekTime) -> Vec<Interval> {
    let mut groups: Vec<(&[Minutes], Vec<&'static str>)> = Vec::new();
    for (ranges, day) in time.days.iter().zip(DAYS).filter(|(ranges, _)| !ranges.is_empty()) {
        match groups.iter_mut().find(|(known, _)| *known == ranges.as_slice()) {
            Some((_, days)) => days.push(day),
            None => groups.push((ranges, vec![day])),
        }
    }
    let range = |(from, to): &Minutes| Range {
        start_time: Clock(*from).to_string(),
        end_time: Clock(*to).to_string(),
    };
    let interval = |(ranges, weekdays): (&[Minutes], _)| Interval {
        weekdays,
        times: ranges.iter().map(range).collect(),
        location: time.zone.clone(),
    };
    groups.into_iter().map(interval).collect()
}
