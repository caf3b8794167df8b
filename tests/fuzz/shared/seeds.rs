//! Where mutation begins: real manifests, and manifests with one mistake.

use std::fs;
use std::path::{Path, PathBuf};

use netgen::diag::Sink;
use netgen::text::SourceMap;
use netgen::value::{self, Format};

/// The top of the repository; `tests/cargo-fuzz` is a package of its own below it.
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().filter(|folder| folder.join("templates").is_dir()).last().unwrap()
}

fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|of| of == ending) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    found.extend(paths.iter().filter_map(|path| fs::read_to_string(path).ok()));
    found
}

/// A YAML text as a value; `None` where it is none.
pub fn as_json(text: &str) -> Option<serde_json::Value> {
    let mut sources = SourceMap::default();
    let id = sources.add("seed.yaml", text);
    value::parse(Format::Yaml, id, text, &mut Sink::new()).map(|node| node.to_json())
}

fn bytes(texts: Vec<String>) -> Vec<Vec<u8>> {
    texts.into_iter().map(String::into_bytes).collect()
}

fn manifests() -> Vec<String> {
    let mut seeds = files("examples", "yaml");
    seeds.extend(files("tests/corpus", "yaml"));
    seeds
}

/// Manifests, right and wrong.
pub fn yaml() -> Vec<Vec<u8>> {
    bytes(manifests())
}

pub fn json() -> Vec<Vec<u8>> {
    let mut seeds = files("tests/corpus", "json");
    seeds.extend(manifests().into_iter().filter_map(|text| as_json(&text)).map(|value| format!("{value:#}")));
    bytes(seeds)
}

pub fn toml() -> Vec<Vec<u8>> {
    let mut seeds = files("tests/corpus", "toml");
    let trees = manifests().into_iter().filter_map(|text| as_json(&text));
    seeds.extend(trees.filter_map(|value| toml::to_string(&value).ok()));
    seeds.extend(files("tests/corpus", "lock"));
    bytes(seeds)
}

pub fn locks() -> Vec<Vec<u8>> {
    let mut seeds = files("tests/corpus", "lock");
    seeds.extend(files("examples", "lock"));
    bytes(seeds)
}

fn component_files() -> Vec<String> {
    let mut seeds = files("templates/components", "yaml");
    seeds.retain(|text| text.starts_with("component:") || text.contains("\ncomponent:"));
    seeds
}

/// Component files, right and wrong.
pub fn components() -> Vec<Vec<u8>> {
    bytes(component_files())
}

pub fn chains() -> Vec<Vec<u8>> {
    bytes(files("templates/chains", "yaml"))
}

/// Manifests of other tools.
pub fn imports() -> Vec<Vec<u8>> {
    let mut seeds = files("tests/import", "yaml");
    seeds.retain(|text| text.contains("schema_version"));
    bytes(seeds)
}

/// `bundle.json` of every example.
pub fn bundles() -> Vec<Vec<u8>> {
    let mut seeds = files("snapshots", "json");
    seeds.retain(|text| text.starts_with("{\n  \"schema_version\""));
    bytes(seeds)
}

/// The texts below a value for which the test holds; a key comes with each.
fn strings(
    value: &serde_json::Value,
    key: &str,
    wanted: &dyn Fn(&str, &str) -> bool,
    found: &mut Vec<String>,
) {
    use serde_json::Value;
    match value {
        Value::String(text) if wanted(key, text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, key, wanted, found)),
        Value::Object(map) => map.iter().for_each(|(key, value)| strings(value, key, wanted, found)),
        _ => {}
    }
}

fn strings_of(texts: &[String], wanted: &dyn Fn(&str, &str) -> bool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for value in texts.iter().filter_map(|text| as_json(text)) {
        strings(&value, "", wanted, &mut found);
    }
    found.sort();
    found.dedup();
    bytes(found)
}

/// The texts with templates in component files, and the files that are templates.
pub fn templates() -> Vec<Vec<u8>> {
    let mut seeds = strings_of(&component_files(), &|_, text| text.contains("{{") || text.contains("{%"));
    seeds.extend(bytes(files("templates", "j2")));
    seeds
}

/// The expressions of all rules as they come out.
pub fn queries() -> Vec<Vec<u8>> {
    strings_of(&files("snapshots", "yml"), &|key, _| key == "expr")
}
