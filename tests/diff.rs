//! `netgen diff`: many kinds of change over the examples, each with its page under `tests/diff/`; that a
//! diff is complete; that no wave stops too much.
//!
//! `NETGEN_UPDATE=1 cargo test --test diff` writes the pages anew; review the difference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[path = "diff/cases.rs"]
mod cases;
#[path = "diff/sides.rs"]
mod sides;
#[path = "diff/waves.rs"]
mod waves;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use netgen::bundle::File;
use netgen::diff::{Action, Diff, Effect, Origin, Side, SideKind, SubjectKind, diff, page};
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};

use cases::{CASES, Case};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An example with some of its text replaced.
fn side(example: &str, edits: &[(&str, &str)]) -> Side {
    let folder = root().join("examples").join(example);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (mut manifest, mut lock) = (read("network.yaml"), read("netgen.lock"));
    for (from, to) in edits {
        assert!(manifest.contains(from) || lock.contains(from), "{example} has no `{from}`");
        manifest = manifest.replace(from, to);
        lock = lock.replace(from, to);
    }
    let world = MemoryWorld::new([("network.yaml", manifest), ("netgen.lock", lock)]);
    let options = Options { allow_unlocked: true, keep_document: true, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|found| found.is_error()).collect();
    let bundle = compilation.bundle.unwrap_or_else(|| panic!("{example} {edits:?}: {errors:#?}"));
    let name = if edits.is_empty() { "before" } else { "after" };
    let side = Side::of_bundle(name, SideKind::Manifest, &bundle).unwrap();
    let mut document = compilation.document.unwrap();
    // A number of this run, which no file has.
    document.ports.iter_mut().for_each(|port| port.at = 0);
    assert!(document == side.document, "{example}: read again, it is another network");
    side
}

/// What every diff must be: complete, and true to itself.
fn check(diff: &Diff, old: &Side, new: &Side, what: &str) {
    let paths: BTreeSet<&String> = old.files.keys().chain(new.files.keys()).collect();
    let differ: Vec<&String> =
        paths.into_iter().filter(|path| old.files.get(*path) != new.files.get(*path)).collect();
    let told: Vec<&String> = diff.files.iter().map(|file| &file.path).collect();
    assert_eq!(told, differ, "{what}: every file that differs is named");
    assert_eq!(diff.changes.is_empty(), differ.is_empty(), "{what}");
    for file in &diff.files {
        let in_list = |cause: &usize| (1..=diff.changes.len()).contains(cause);
        assert!(!file.causes.is_empty() && file.causes.iter().all(in_list), "{what}: {file:?}");
    }
    for touch in diff.blast.services.iter().filter(|touch| touch.effect >= Effect::Reload) {
        let causes = |change: &&netgen::diff::Change| {
            change.services.contains(&touch.service) && change.effect >= touch.effect
        };
        assert!(diff.changes.iter().any(|change| causes(&change)), "{what}: {touch:?} has no cause");
    }
    let restarted: BTreeSet<&String> = diff.rollout.waves.iter().flat_map(|wave| &wave.services).collect();
    for touch in diff.blast.services.iter().filter(|touch| touch.effect == Effect::Restart) {
        assert!(restarted.contains(&touch.service), "{what}: {touch:?} is in no wave");
    }
    let hosts: Vec<&String> = diff.rollout.waves.iter().flat_map(|wave| &wave.hosts).collect();
    assert_eq!(hosts.iter().collect::<BTreeSet<_>>().len(), hosts.len(), "{what}: {hosts:?}");
    for form in [page::text(diff), page::markdown(diff)] {
        assert!(!form.contains('\r') && !form.contains('\u{1b}'), "{what}");
    }
    assert!(page::markdown(diff).len() < 65_536, "{what}: no comment is longer");
}

/// The id of a bundle changes with every version of netgen: it is not written down.
fn without_id(page: &str, old: &Side) -> String {
    page.replace(&old.name.bundle[..12], "<bundle>")
}

fn compare(path: &Path, page: &str) {
    if std::env::var_os("NETGEN_UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, page).unwrap();
        return;
    }
    let old = fs::read_to_string(path).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(old.as_str(), page).unified_diff().to_string();
    assert!(old == page, "{} is another now:\n{difference}", path.display());
}

/// An example as it is, and what its cases make of it.
type Sides = (Side, Vec<(&'static Case, Side)>);

/// The examples as they are, and the sides of all cases, by example.
fn all_sides() -> BTreeMap<&'static str, Sides> {
    let mut all: BTreeMap<&str, Sides> = BTreeMap::new();
    for case in CASES {
        let (_, cases) = all.entry(case.example).or_insert_with(|| (side(case.example, &[]), Vec::new()));
        cases.push((case, side(case.example, case.edits)));
    }
    all
}

#[test]
fn every_kind_of_change_is_told_as_written_down() {
    let schema = serde_json::to_value(schemars::schema_for!(Diff)).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(CASES.len() >= 25);
    let all = all_sides();
    let mut others = Vec::new();
    for (old, cases) in all.values() {
        for (case, new) in cases {
            let diff = diff(old, new);
            check(&diff, old, new, case.name);
            compare(
                &root().join(format!("tests/diff/{}.txt", case.name)),
                &without_id(&page::text(&diff), old),
            );
            if case.all_forms {
                compare(
                    &root().join(format!("tests/diff/{}.md", case.name)),
                    &without_id(&page::markdown(&diff), old),
                );
            }
            let json = serde_json::to_value(&diff).unwrap();
            let wrong: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", case.name);
            if diff.effect != case.effect {
                others.push(format!("{}: {:?}, not {:?}", case.name, diff.effect, case.effect));
            }
            // One netgen, and nothing in the manifest that the diff does not know by name.
            let unknown: Vec<&str> = diff
                .changes
                .iter()
                .filter(|change| change.subject.kind == SubjectKind::File)
                .map(|change| change.subject.name.as_str())
                .collect();
            assert!(unknown.is_empty(), "{}: {unknown:?}", case.name);
            assert!(!diff.origins.contains_key(&Origin::Moved), "{}", case.name);
        }
    }
    assert!(others.is_empty(), "{others:#?}");
    // Any two of one example: what one case does the other takes back.
    for (old, cases) in all.values() {
        assert!(diff(old, old).is_empty());
        for (at, (case, one)) in cases.iter().enumerate() {
            assert!(diff(one, one).is_empty(), "{}", case.name);
            let (next, other) = &cases[(at + 1) % cases.len()];
            for (old, new) in [(one, other), (one, old)] {
                check(&diff(old, new), old, new, &format!("from {} to {}", case.name, next.name));
            }
        }
    }
}

#[test]
fn no_page_is_left_over() {
    for entry in fs::read_dir(root().join("tests/diff")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (stem, _) = name.split_once('.').unwrap();
        let known = CASES.iter().any(|case| case.name == stem) || stem == "moved-default";
        assert!(name.ends_with(".rs") || known, "tests/diff/{name} belongs to no case");
    }
}

/// An older netgen with other data of a component: its default is told apart from the author's change.
/// Writes a file of a side anew.
fn change(side: &mut Side, path: &str, to: impl FnOnce(String) -> String) {
    let file = side.files.get_mut(path).unwrap();
    let text = String::from_utf8(file.bytes().unwrap().into_owned()).unwrap();
    *file = File::new(to(text), file.mode);
}

#[test]
fn moved_defaults_stand_apart() {
    let new = side(
        "minimal",
        &[("lighthouse-beacon\n", "lighthouse-beacon\n      environment: { RUST_LOG: info }\n")],
    );
    let mut old = side("minimal", &[]);
    old.name.netgen = "0.0.9".to_owned();
    let data = "netgen/components/geth/component.yaml";
    old.inputs.iter_mut().find(|input| input.path == data).unwrap().sha256 = "0".repeat(64);
    *old.document.values.pointer_mut("/services/node-1-execution/settings/max-peers").unwrap() = 25.into();
    change(&mut old, "compose/node-1/compose.yaml", |text| text.replace("--maxpeers=50", "--maxpeers=25"));
    change(&mut old, "ansible/roles/deploy/tasks/main.yml", |text| text + "# as it was\n");
    let diff = diff(&old, &new);
    check(&diff, &old, &new, "moved");
    compare(&root().join("tests/diff/moved-default.txt"), &without_id(&page::text(&diff), &old));
    let of = |value: &str| diff.changes.iter().find(|change| change.value == value).unwrap();
    assert_eq!(of("settings.max-peers").origin, Origin::Moved);
    assert_eq!(of("settings.max-peers").effect, Effect::Restart);
    assert_eq!(of("environment.RUST_LOG").origin, Origin::Author);
    let role = diff.files.iter().find(|file| file.path.ends_with("deploy/tasks/main.yml")).unwrap();
    assert!(role.causes.iter().any(|cause| diff.changes[*cause - 1].origin == Origin::Moved), "{role:?}");
}

/// The same netgen, the same manifest, and another file: nothing explains it, so it is a change.
#[test]
fn a_file_that_nothing_explains_is_a_change() {
    let new = side("minimal", &[]);
    let mut old = new.clone();
    change(&mut old, "ansible/roles/deploy/tasks/main.yml", |text| text + "# by somebody\n");
    change(&mut old, "compose/node-1/compose.yaml", |text| {
        text.replacen("restart: unless-stopped", "restart: always", 1)
    });
    let diff = diff(&old, &new);
    check(&diff, &old, &new, "unexplained");
    assert_eq!(diff.files.len(), 2);
    assert!(diff.changes.iter().any(|c| c.subject.kind == SubjectKind::File && c.effect == Effect::None));
    let restart = diff.changes.iter().find(|change| change.value == "definition").unwrap();
    assert_eq!((restart.effect, restart.action), (Effect::Restart, Action::Changed));
    assert!(restart.reason.contains("`restart`"), "{}", restart.reason);
}

/// A bundle of somebody else may hold what one of ours never does.
#[test]
fn what_may_be_a_secret_is_never_shown() {
    let new = side("minimal", &[]);
    let mut old = new.clone();
    let secret = "https://user:hunter2@example.org/";
    let url = "/services/node-1-beacon/settings/checkpoint-sync";
    *old.document.values.pointer_mut(url).unwrap() = secret.into();
    change(&mut old, "compose/node-1/compose.yaml", |text| text + "# password: hunter2\n");
    let diff = diff(&old, &new);
    assert!(!diff.is_empty());
    let json = serde_json::to_string(&diff).unwrap();
    for text in [page::text(&diff), page::markdown(&diff), json] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_part_of_a_bundle_and_an_old_one_are_refused() {
    let whole = side("minimal", &[]);
    let mut files = whole.files;
    files.remove("network.json");
    let refused = Side::of_files("old", SideKind::Bundle, files).unwrap_err();
    assert!(refused.contains("network.json"), "{refused}");
    let refused = Side::of_files("none", SideKind::Bundle, BTreeMap::new()).unwrap_err();
    assert!(refused.contains("bundle.json"), "{refused}");
}
