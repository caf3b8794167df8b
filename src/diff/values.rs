//! Which values of the network differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::report::{Action, Subject, SubjectKind};
use super::side::Side;
use crate::model::AlertFacts;
use crate::value::pointer;

/// A value that differs.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) subject: Subject,
    /// Steps within the subject; none for the subject itself.
    pub(super) steps: Vec<String>,
    pub(super) action: Action,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
    /// Where the value stands in the document, as a JSON pointer; empty where it is no value of it.
    pub(super) pointer: String,
}

/// The parts of the model that have a name each.
const NAMED: [(&str, SubjectKind); 7] = [
    ("regions", SubjectKind::Region),
    ("hosts", SubjectKind::Host),
    ("nodes", SubjectKind::Node),
    ("clusters", SubjectKind::Cluster),
    ("services", SubjectKind::Service),
    ("secrets", SubjectKind::Secret),
    ("networks", SubjectKind::ContainerNetwork),
];

/// Every value that differs, in the order of the model.
pub(super) fn differences(old: &Side, new: &Side) -> Vec<Difference> {
    let mut found = Vec::new();
    let sections: BTreeSet<&str> = [old, new]
        .iter()
        .flat_map(|side| side.document.values.as_object().into_iter().flat_map(|map| map.keys()))
        .map(String::as_str)
        .collect();
    for section in sections {
        match NAMED.iter().find(|(name, _)| *name == section) {
            Some((_, kind)) => named(old, new, section, *kind, &mut found),
            None => {
                let subject = Subject { kind: SubjectKind::Network, name: section.to_owned() };
                let [old, new] = [old, new].map(|side| side.value(&[section]));
                leaves(&subject, &[section], old, new, &mut found);
            }
        }
    }
    keys(old, new, &mut found);
    alerts(old, new, &mut found);
    found
}

/// A part whose items have names.
fn named(old: &Side, new: &Side, section: &str, kind: SubjectKind, found: &mut Vec<Difference>) {
    let names: BTreeSet<&str> = old.names(section).chain(new.names(section)).collect();
    for name in names {
        let subject = Subject { kind, name: name.to_owned() };
        let (before, after) = (old.value(&[section, name]), new.value(&[section, name]));
        match (before, after) {
            (Some(before), Some(after)) => {
                leaves(&subject, &[section, name], Some(before), Some(after), found);
            }
            (before, after) => found.push(Difference {
                steps: Vec::new(),
                action: if after.is_some() { Action::Added } else { Action::Removed },
                old: before.map(|value| summary(kind, value)),
                new: after.map(|value| summary(kind, value)),
                pointer: pointer([section, name]),
                subject,
            }),
        }
    }
}

/// Of something that came or went, what a reader wants to know first.
fn summary(kind: SubjectKind, value: &Value) -> Value {
    let keys: &[&str] = match kind {
        SubjectKind::Host => &["address", "region", "runtime"],
        SubjectKind::Node => &["host", "role", "voting-power"],
        SubjectKind::Cluster => &["threshold", "voting-power"],
        SubjectKind::Service => &["component", "host", "image"],
        SubjectKind::Secret => &["env", "file", "sops", "age", "vault", "host-file", "docker", "scope"],
        _ => &["provider", "subnet", "internal"],
    };
    let one = |key: &&str| Some(((*key).to_owned(), value.get(*key)?.clone()));
    Value::Object(keys.iter().filter_map(one).collect())
}

/// The single values below two parts.
fn leaves(
    subject: &Subject,
    at: &[&str],
    old: Option<&Value>,
    new: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    if old == new {
        return;
    }
    let skip = at.len().min(if subject.kind == SubjectKind::Network { 1 } else { 2 });
    let flat = |value: Option<&Value>| {
        let mut all = BTreeMap::new();
        if let Some(value) = value {
            flatten(value, &mut Vec::new(), &mut all);
        }
        all
    };
    let (old, new) = (flat(old), flat(new));
    let paths: BTreeSet<&Vec<String>> = old.keys().chain(new.keys()).collect();
    for steps in paths {
        let (before, after) = (old.get(steps), new.get(steps));
        if before == after {
            continue;
        }
        let action = match (before, after) {
            (None, _) => Action::Added,
            (_, None) => Action::Removed,
            _ => Action::Changed,
        };
        found.push(Difference {
            subject: subject.clone(),
            action,
            old: before.cloned(),
            new: after.cloned(),
            pointer: pointer(at.iter().take(skip).copied().chain(steps.iter().map(String::as_str))),
            steps: steps.clone(),
        });
    }
}

/// Takes maps apart, and lists of maps. A list of plain values is one value, and one empty map too.
fn flatten(value: &Value, path: &mut Vec<String>, found: &mut BTreeMap<Vec<String>, Value>) {
    let mut below = |key: String, value: &Value, found: &mut BTreeMap<Vec<String>, Value>| {
        path.push(key);
        flatten(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| below(key.clone(), value, found));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(at, value)| below(at.to_string(), value, found));
        }
        _ => _ = found.insert(path.clone(), value.clone()),
    }
}

/// Public keys.
fn keys(old: &Side, new: &Side, found: &mut Vec<Difference>) {
    let (before, after) = (&old.document.keys, &new.document.keys);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        if was != is {
            let text = |key: Option<&String>| key.map(|key| Value::from(key.as_str()));
            found.push(plain(SubjectKind::Key, name, Vec::new(), text(was), text(is)));
        }
    }
}

/// Alerts: what of them differs, or that they came or went.
fn alerts(old: &Side, new: &Side, found: &mut Vec<Difference>) {
    let by_name = |side: &Side| {
        let mut all: BTreeMap<String, Vec<AlertFacts>> = BTreeMap::new();
        for alert in &side.document.alerts {
            all.entry(alert.name.clone()).or_default().push(alert.clone());
        }
        all
    };
    let (before, after) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let parts = |alerts: Option<&Vec<AlertFacts>>| alerts.map(|alerts| alert_values(alerts));
        match (parts(before.get(name)), parts(after.get(name))) {
            (Some(was), Some(is)) => {
                for ((key, was), (_, is)) in was.into_iter().zip(is) {
                    if was != is {
                        let steps = vec![key.to_owned()];
                        found.push(plain(SubjectKind::Alert, name, steps, Some(was), Some(is)));
                    }
                }
            }
            (was, is) => {
                let severity = |values: Option<Vec<(&str, Value)>>| {
                    values.and_then(|values| values.into_iter().next()).map(|(_, severity)| severity)
                };
                found.push(plain(SubjectKind::Alert, name, Vec::new(), severity(was), severity(is)));
            }
        }
    }
}

/// The values of an alert; lists where it has several rules.
fn alert_values(alerts: &[AlertFacts]) -> Vec<(&'static str, Value)> {
    let all = |of: &dyn Fn(&AlertFacts) -> Value| match alerts {
        [one] => of(one),
        several => several.iter().map(of).collect(),
    };
    let word = |alert: &AlertFacts| serde_json::to_value(alert.severity).unwrap_or_default();
    vec![
        ("severity", all(&word)),
        ("expr", all(&|alert| alert.expr.as_str().into())),
        ("hold", all(&|alert| alert.hold.into())),
        ("receivers", all(&|alert| alert.receivers.iter().cloned().collect())),
    ]
}

fn plain(
    kind: SubjectKind,
    name: &str,
    steps: Vec<String>,
    old: Option<Value>,
    new: Option<Value>,
) -> Difference {
    let action = match (&old, &new) {
        (None, _) => Action::Added,
        (_, None) => Action::Removed,
        _ => Action::Changed,
    };
    let subject = Subject { kind, name: name.to_owned() };
    Difference { subject, steps, action, old, new, pointer: String::new() }
}
