//! What Alertmanager does with a configuration, written from its documentation and not from ours: the
//! search through the tree, hours, and inhibition.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

pub type Labels = BTreeMap<String, String>;

pub struct Manager(pub Value);

/// `label="x"`, `label!="x"`, `label=~"x|y"`, `label!~"x|y"`; a label that is not there is empty.
fn matches(matcher: &str, labels: &Labels) -> bool {
    let at = matcher.find(['=', '!']).unwrap();
    let (label, rest) = matcher.split_at(at);
    let (operator, value) = rest.split_at(rest.find('"').unwrap());
    let value = value.trim_matches('"');
    let own = labels.get(label).map_or("", String::as_str);
    match operator {
        "=" => own == value,
        "!=" => own != value,
        // Alternatives of plain words: all that we write.
        "=~" => value.split('|').any(|word| own == word),
        "!~" => !value.split('|').any(|word| own == word),
        other => panic!("{other}"),
    }
}

fn strings<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    value[key].as_sequence().into_iter().flatten().map(|item| item.as_str().unwrap()).collect()
}

impl Manager {
    /// The routes that an alert matches, with the receiver that each has or inherits.
    fn search<'a>(route: &'a Value, above: &'a str, labels: &Labels) -> Option<Vec<(&'a Value, &'a str)>> {
        if !strings(route, "matchers").iter().all(|matcher| matches(matcher, labels)) {
            return None;
        }
        let receiver = route["receiver"].as_str().unwrap_or(above);
        let mut all = Vec::new();
        for child in route["routes"].as_sequence().into_iter().flatten() {
            if let Some(found) = Self::search(child, receiver, labels) {
                all.extend(found);
                if child["continue"].as_bool() != Some(true) {
                    break;
                }
            }
        }
        if all.is_empty() {
            all.push((route, receiver));
        }
        Some(all)
    }

    /// Every receiver in the way of an alert, whatever the hour, as `amtool config routes test` says.
    pub fn receivers(&self, labels: &Labels) -> Vec<String> {
        let found = Self::search(&self.0["route"], "", labels).unwrap();
        found.into_iter().map(|(_, receiver)| receiver.to_owned()).collect()
    }

    /// Who is called at an hour; Monday is 0. All zones are taken for one.
    pub fn called(&self, labels: &Labels, day: usize, minute: u16) -> BTreeSet<String> {
        let found = Self::search(&self.0["route"], "", labels).unwrap();
        let muted =
            |route: &Value| strings(route, "mute_time_intervals").iter().any(|n| self.holds(n, day, minute));
        found.into_iter().filter(|(route, _)| !muted(route)).map(|(_, to)| to.to_owned()).collect()
    }

    fn holds(&self, name: &str, day: usize, minute: u16) -> bool {
        const DAYS: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let times = self.0["time_intervals"].as_sequence().unwrap();
        let time = times.iter().find(|time| time["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        let clock = |value: &Value| -> u16 {
            let (hours, minutes) = value.as_str().unwrap().split_once(':').unwrap();
            hours.parse::<u16>().unwrap() * 60 + minutes.parse::<u16>().unwrap()
        };
        time["time_intervals"].as_sequence().unwrap().iter().any(|interval| {
            strings(interval, "weekdays").contains(&DAYS[day])
                && interval["times"]
                    .as_sequence()
                    .unwrap()
                    .iter()
                    .any(|range| (clock(&range["start_time"])..clock(&range["end_time"])).contains(&minute))
        })
    }

    /// Whether an alert is silent because another one fires.
    pub fn silenced(&self, target: &Labels, source: &Labels) -> bool {
        self.0["inhibit_rules"].as_sequence().into_iter().flatten().any(|rule| {
            let all = |key: &str, labels: &Labels| strings(rule, key).iter().all(|m| matches(m, labels));
            all("source_matchers", source)
                && all("target_matchers", target)
                && strings(rule, "equal").iter().all(|label| target.get(*label) == source.get(*label))
        })
    }
}
