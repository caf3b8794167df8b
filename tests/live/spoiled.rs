//! The live test can fail: it is held against a bundle that is wrong in many ways.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_yaml::Value;

use crate::failures::named;
use crate::run::Run;
use crate::stage::{Files, Stage};

/// A fault that is put into the bundle, and what the test must say of it.
struct Spoiled {
    what: &'static str,
    how: fn(&mut Files),
    /// What the complaint is about.
    about: &'static str,
    /// Words of the complaint.
    words: &'static str,
}

/// What a complaint is about that no failure of the table is meant by.
const A_NOTICE: &str = "a notice";

/// None of them hinders another one, so that one run shows them all.
const ALL: &[Spoiled] = &[
    Spoiled {
        what: "a rule reads a metric that does not exist",
        how: |files| rules(files, "p2p_peers", |rule| rule.replace("p2p_peers", "p2p_neighbours")),
        about: "an execution client has no peers",
        words: "arrives with",
    },
    Spoiled {
        what: "a rule asks for the contrary",
        how: |files| rules(files, "node_timex_offset_seconds", |rule| rule.replace('>', "<")),
        about: A_NOTICE,
        words: "and no failure explains it",
    },
    Spoiled {
        what: "a rule loses the labels of who is meant",
        how: |files| rules(files, "pg_up", |rule| format!("count by (network, region) ({rule})")),
        about: "the database of the signer is down",
        words: "arrives with",
    },
    Spoiled {
        what: "a route has another receiver",
        how: |files| set(files, "receiver", &Value::from("team-us"), &Value::from("everyone")),
        about: A_NOTICE,
        words: "it came to `everyone`, not to `team-us`",
    },
    Spoiled {
        what: "nobody is told that it is over",
        how: |files| set(files, "send_resolved", &Value::from(true), &Value::from(false)),
        about: "a beacon node falls behind",
        words: "is not resolved after the recovery",
    },
    Spoiled {
        what: "nobody speaks for others",
        how: |files| edit(files, ALERTMANAGER, |tree| tree["inhibit_rules"] = Value::Sequence(Vec::new())),
        about: "a host is down",
        words: "HostDown does not speak for all of",
    },
    Spoiled {
        what: "a runbook is missing",
        how: |files| files.retain(|path, _| path != "runbooks/HostDiskAlmostFull.md"),
        about: A_NOTICE,
        words: "its runbook `runbooks/HostDiskAlmostFull.md` is not in the bundle",
    },
];

const ALERTMANAGER: &str = "alertmanager/alertmanager.yml";

/// Right in that bundle: told as soon as ever, and nothing is said against it but that it does not end.
const RIGHT: &[&str] = &["a beacon node falls behind", "a disk is nearly full"];

/// All are found, and what is right is not blamed.
pub fn spoiled_bundles_are_noticed() {
    for left in (0..crate::TRIES).rev() {
        let mut stage = Stage::set(|files| ALL.iter().for_each(|one| (one.how)(files)));
        let mut run = Run::start(&mut stage, Duration::from_secs(20));
        let made: BTreeSet<&str> = ALL.iter().map(|one| one.about).chain(RIGHT.iter().copied()).collect();
        let failures: Vec<_> = made.into_iter().filter(|about| *about != A_NOTICE).map(named).collect();
        run.round(&failures);
        let outcome = run.outcome();
        let mut wrong = String::new();
        for one in ALL {
            let found = |(about, said): &(String, String)| about == one.about && said.contains(one.words);
            if !outcome.complaints.iter().any(found) {
                wrong.push_str(&format!("it was not noticed that {}\n", one.what));
            }
        }
        for name in RIGHT {
            if !outcome.story.iter().any(|line| line.contains(name)) {
                wrong.push_str(&format!("`{name}` is not told\n"));
            }
        }
        if wrong.is_empty() {
            return;
        }
        let again = outcome.stalls > 0 && left > 0;
        assert!(again, "{wrong}{}\n{}", crate::listed(&outcome), stage.last_words());
        crate::show(&[wrong, "this machine was too busy: once more".to_owned()]);
    }
}

/// Changes every rule that reads a metric.
fn rules(files: &mut Files, metric: &str, change: impl Fn(&str) -> String) {
    let paths: Vec<String> = files
        .iter()
        .filter(|(path, text)| path.starts_with("prometheus/rules/") && text.contains(metric))
        .map(|(path, _)| path.clone())
        .collect();
    for path in paths {
        edit(files, &path, |tree| {
            for group in tree["groups"].as_sequence_mut().unwrap() {
                for rule in group["rules"].as_sequence_mut().unwrap() {
                    let expr = rule["expr"].as_str().unwrap().to_owned();
                    if expr.contains(metric) {
                        rule["expr"] = change(&expr).into();
                    }
                }
            }
        });
    }
}

/// Changes a value of Alertmanager's file wherever it stands under a key.
fn set(files: &mut Files, key: &str, from: &Value, to: &Value) {
    fn walk(tree: &mut Value, key: &str, from: &Value, to: &Value) {
        match tree {
            Value::Mapping(entries) => {
                for (name, value) in entries.iter_mut() {
                    if name.as_str() == Some(key) && value == from {
                        *value = to.clone();
                    }
                    walk(value, key, from, to);
                }
            }
            Value::Sequence(items) => items.iter_mut().for_each(|item| walk(item, key, from, to)),
            _ => {}
        }
    }
    edit(files, ALERTMANAGER, |tree| walk(tree, key, from, to));
}

/// Changes a YAML file, and makes sure that it is another one then.
fn edit(files: &mut Files, path: &str, change: impl FnOnce(&mut Value)) {
    let text = files.get_mut(path).unwrap_or_else(|| panic!("there is no {path}"));
    let before: Value = serde_yaml::from_str(text).unwrap();
    let mut after = before.clone();
    change(&mut after);
    assert!(before != after, "nothing to spoil in {path}");
    *text = serde_yaml::to_string(&after).unwrap();
}
