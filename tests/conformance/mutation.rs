//! The proofs of the alerts are proved: each alert's expression is broken in every small way, and the
//! tests of the bundle must notice.
//!
//! For one alert all mutants stand in one file of rules, each under a name of its own, and every test
//! asks for each of them: the series are loaded once for all. Mutant 0 is the alert itself, which must
//! pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use serde_yaml::Value;

use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::{find, read};
use crate::mutants::mutants;

/// Of a hundred mutants that break an alert at least so many must be noticed, and of those that move it a
/// little. The second are held against proofs on a timeline alone: series that are written out show a
/// failure and not where it begins. Some moves change nothing: `> 2.5` is `> 2` for what is counted.
const AT_LEAST: [usize; 2] = [95, 90];

/// Promtools at a time.
const AT_A_TIME: usize = 2;

/// A mutant: what was done, and the rules of the alert's name with it in place.
struct Mutant {
    what: String,
    /// Whether it is moved a little, and not broken.
    near: bool,
    rules: Vec<Value>,
}

/// An alert with its tests and its mutants that nothing has noticed yet.
struct Subject {
    /// The example that it is of.
    example: String,
    name: String,
    /// What is recorded in its file: it may read that.
    records: Vec<Value>,
    tests: Vec<Value>,
    mutants: BTreeMap<usize, Mutant>,
}

impl Subject {
    /// What its mutants are called, before their numbers: alerts of two examples can have one name.
    fn id(&self) -> String {
        format!("{}__{}_", self.name, self.example.replace('-', "_"))
    }
}

/// Breaks every alert of the bundles. An alert that has the same expressions in several is broken once.
pub fn check(bench: &Bench, bundles: &[(&str, PathBuf)]) -> Verdict {
    let mut subjects = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (example, bundle) in bundles {
        for rules in find(bundle, &["prometheus/rules/*.yml"]) {
            subjects.extend(subjects_of(example, bundle, &rules, &mut seen)?);
        }
    }
    let count = |near: bool| -> usize {
        let mutants = subjects.iter().flat_map(|subject| &subject.mutants);
        mutants.filter(|(number, mutant)| **number > 0 && mutant.near == near).count()
    };
    let all = [count(false), count(true)];
    let folder = scratch()?;
    // A mutant that cannot even be evaluated ends its test, so the others are asked again without it.
    let mut open: Vec<Subject> = subjects;
    let mut survivors = Vec::new();
    for _ in 0..12 {
        let said = run(bench, folder.path(), &open)?;
        let mut again = Vec::new();
        for mut subject in open {
            let failed = numbers(&said, &format!("rule: {}_", subject.id()));
            let noticed = numbers(&said, &format!("alertname=\\\"{}_", subject.id()));
            if failed.contains(&0) || (failed.is_empty() && noticed.contains(&0)) {
                return Err(Fault::Rejected(format!("the tests of {} fail as it is:\n{said}", subject.name)));
            }
            subject.mutants.retain(|number, _| !failed.contains(number) && !noticed.contains(number));
            if failed.is_empty() {
                let left = subject.mutants.into_iter().filter(|(number, _)| *number > 0);
                let of = format!("{}: {}", subject.example, subject.name);
                survivors.extend(left.map(|(_, mutant)| (mutant.near, format!("{of}: {}", mutant.what))));
            } else {
                again.push(subject);
            }
        }
        open = again;
        if open.is_empty() {
            break;
        }
    }
    let lived = |near: bool| survivors.iter().filter(|(of, _)| *of == near).count();
    let noticed = [all[0] - lived(false), all[1] - lived(true)];
    let names: Vec<&str> = survivors.iter().map(|(_, name)| name.as_str()).collect();
    let score = format!(
        "{} of {} broken and {} of {} moved alerts are noticed; these are not:\n{}",
        noticed[0],
        all[0],
        noticed[1],
        all[1],
        names.join("\n")
    );
    // Nowhere to report a standard error that cannot be written to.
    _ = writeln!(std::io::stderr(), "{score}");
    let enough =
        all.iter().zip(noticed).zip(AT_LEAST).all(|((all, noticed), least)| noticed * 100 >= all * least);
    if !open.is_empty() || all[0] == 0 || !enough {
        return Err(Fault::Rejected(score));
    }
    Ok(())
}

fn yaml(path: &Path) -> Result<Value, Fault> {
    serde_yaml::from_str(&read(path)?).map_err(Fault::io(format!("cannot read {}", path.display())))
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_sequence).into_iter().flatten()
}

fn subjects_of(
    example: &str,
    bundle: &Path,
    file: &Path,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<Subject>, Fault> {
    let rules = yaml(&bundle.join(file))?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let tests = yaml(&bundle.join(format!("prometheus/tests/{stem}_test.yml")))?;
    let recorded = |rule: &&Value| rule.get("record").is_some();
    let records: Vec<Value> =
        list(&rules, "groups").flat_map(|group| list(group, "rules")).filter(recorded).cloned().collect();
    let mut by_name: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for rule in list(&rules, "groups").flat_map(|group| list(group, "rules")) {
        if let Some(name) = rule.get("alert").and_then(Value::as_str) {
            by_name.entry(name).or_default().push(rule);
        }
    }
    let mut subjects = Vec::new();
    for (name, rules) in by_name {
        let network = |rule: &Value| rule.get("labels").map(|labels| text(labels, "network").to_owned());
        let said = rules.iter().map(|rule| {
            let expr = text(rule, "expr");
            let expr = network(rule).map_or(expr.to_owned(), |name| expr.replace(&format!("\"{name}\""), ""));
            format!("{expr} for {}", text(rule, "for"))
        });
        if !seen.insert(format!("{name}: {}", said.collect::<Vec<_>>().join("; "))) {
            continue;
        }
        let own = format!("alertname=\"{name}\"");
        let asks = |test: &&Value| list(test, "promql_expr_test").any(|one| text(one, "expr").contains(&own));
        let tests: Vec<Value> = list(&tests, "tests").filter(asks).cloned().collect();
        if tests.is_empty() {
            return Err(Fault::Rejected(format!("{name} has no test")));
        }
        let with = |at: usize, key: &str, value: &str| -> Vec<Value> {
            let one = |(i, rule): (usize, &&Value)| {
                if i == at { set((*rule).clone(), key, value) } else { (*rule).clone() }
            };
            rules.iter().enumerate().map(one).collect()
        };
        let whole = rules.iter().map(|rule| (*rule).clone()).collect();
        let shown = !tests.iter().any(|test| text(test, "name") == format!("{name} fires"));
        let mut found = vec![Mutant { what: "itself".to_owned(), near: false, rules: whole }];
        for (at, rule) in rules.iter().enumerate() {
            let expr = text(rule, "expr");
            let of_tree = mutants(expr).map_err(Fault::Trouble)?;
            for mutant in of_tree {
                let what = format!("{:?}: {}", mutant.mistake, mutant.expr);
                found.push(Mutant { what, near: false, rules: with(at, "expr", &mutant.expr) });
            }
            for (what, broken) in moved(expr).into_iter().filter(|_| shown) {
                let what = format!("{what}: {broken}");
                found.push(Mutant { what, near: true, rules: with(at, "expr", &broken) });
            }
            for hold in other_holds(text(rule, "for")).into_iter().filter(|_| shown) {
                found.push(Mutant { what: format!("for {hold}"), near: true, rules: with(at, "for", &hold) });
            }
        }
        let mutants = found.into_iter().enumerate().collect();
        let example = example.to_owned();
        subjects.push(Subject { example, name: name.to_owned(), records: records.clone(), tests, mutants });
    }
    Ok(subjects)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn set(mut value: Value, key: &str, to: &str) -> Value {
    if let Some(map) = value.as_mapping_mut() {
        map.insert(key.into(), to.into());
    }
    value
}

/// Small moves: each threshold other than zero by a quarter, each range doubled.
fn moved(expr: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for sign in ["> ", "< ", ">= ", "<= "] {
        for (at, _) in expr.match_indices(sign) {
            let start = at + sign.len();
            let (before, rest) = expr.split_at(start);
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            let Ok(number) = number.parse::<f64>() else { continue };
            let others = [number * 1.25, number * 0.75].into_iter().filter(|_| number != 0.0);
            found.extend(others.map(|other| ("Near".to_owned(), format!("{before}{other}{after}"))));
        }
    }
    for (at, _) in expr.match_indices('[') {
        let (before, rest) = expr.split_at(at + 1);
        let Some((seconds, after)) = rest.split_once("s]") else { continue };
        let Ok(seconds) = seconds.parse::<u64>() else { continue };
        found.push(("Range".to_owned(), format!("{before}{}s]{after}", seconds * 2)));
    }
    found
}

/// Twice as long, and half as long.
fn other_holds(hold: &str) -> Vec<String> {
    let seconds = hold.char_indices().last().and_then(|(at, unit)| {
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        Some(hold.get(..at)?.parse::<u64>().ok()? * factor)
    });
    match seconds {
        Some(0) => vec!["5m".to_owned()],
        Some(seconds) => vec![format!("{}s", seconds * 2), format!("{}s", seconds / 2)],
        None => Vec::new(),
    }
}

/// Runs all mutants that are left; gives what promtool said.
fn run(bench: &Bench, folder: &Path, open: &[Subject]) -> Result<String, Fault> {
    let mut files: Vec<PathBuf> = Vec::new();
    for subject in open {
        let mut rules = subject.records.clone();
        for (number, mutant) in &subject.mutants {
            let name = format!("{}_{number}", subject.id());
            rules.extend(mutant.rules.iter().map(|rule| set(rule.clone(), "alert", &name)));
        }
        let rules = json(&[(
            "groups",
            Value::Sequence(vec![json(&[("name", "mutants".into()), ("rules", rules.into())])]),
        )]);
        let tests: Vec<Value> = subject.tests.iter().map(|test| for_each(test, subject)).collect();
        let rule_file = format!("{}_rules.yml", subject.id());
        let tests = json(&[
            ("rule_files", vec![Value::from(rule_file.as_str())].into()),
            ("evaluation_interval", "1m".into()),
            ("tests", tests.into()),
        ]);
        let test_file = PathBuf::from(format!("{}_test.yml", subject.id()));
        for (path, value) in [(Path::new(&rule_file), rules), (&test_file, tests)] {
            let text = serde_yaml::to_string(&value).map_err(Fault::io("cannot write a mutant"))?;
            fs::write(folder.join(path), text).map_err(Fault::io("cannot write a mutant"))?;
        }
        files.push(test_file);
    }
    // Dealt out one by one, so that long tests of one component are shared.
    let hands: Vec<Vec<&PathBuf>> =
        (0..AT_A_TIME).map(|hand| files.iter().skip(hand).step_by(AT_A_TIME).collect()).collect();
    let said = thread::scope(|scope| {
        let runs: Vec<_> = hands
            .into_iter()
            .filter(|hand| !hand.is_empty())
            .map(|hand| {
                scope.spawn(move || {
                    // In parts, so that none comes near the time after which a reader is ended.
                    let mut said = String::new();
                    for part in hand.chunks(8) {
                        let run =
                            bench.tool("promtool")?.at(folder).args(["test", "rules"]).args(part).run()?;
                        said.push_str(&run.stdout);
                        said.push('\n');
                        said.push_str(&run.stderr);
                    }
                    Ok(said)
                })
            })
            .collect();
        let joined =
            runs.into_iter().map(|run| run.join().unwrap_or_else(|_| Err(Fault::Trouble("lost".to_owned()))));
        joined.collect::<Result<Vec<String>, Fault>>()
    })?;
    Ok(said.join("\n"))
}

/// A test that asks the same of every mutant.
fn for_each(test: &Value, subject: &Subject) -> Value {
    let own = format!("alertname=\"{}\"", subject.name);
    let asked: Vec<Value> = subject
        .mutants
        .keys()
        .flat_map(|number| {
            let other = format!("alertname=\"{}_{number}\"", subject.id());
            let expectations = list(test, "promql_expr_test").collect::<Vec<_>>();
            expectations
                .into_iter()
                .map(move |one| {
                    let expr = text(one, "expr").replace(&format!("alertname=\"{}\"", subject.name), &other);
                    set(one.clone(), "expr", &expr)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    debug_assert!(list(test, "promql_expr_test").all(|one| text(one, "expr").contains(&own)));
    let mut test = test.clone();
    if let Some(map) = test.as_mapping_mut() {
        map.insert("promql_expr_test".into(), asked.into());
    }
    test
}

fn json(fields: &[(&str, Value)]) -> Value {
    Value::Mapping(fields.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
}

/// The numbers that stand behind a text, wherever it stands.
fn numbers(said: &str, before: &str) -> BTreeSet<usize> {
    said.match_indices(before)
        .filter_map(|(at, _)| {
            let rest = said.get(at + before.len()..)?;
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..end)?.parse().ok()
        })
        .collect()
}
