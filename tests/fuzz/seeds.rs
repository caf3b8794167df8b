//! Where mutation begins: real manifests, and manifests with one mistake.

use std::fs;
use std::path::{Path, PathBuf};

use netgen::diag::Sink;
use netgen::text::SourceMap;
use netgen::value::{self, Format};

fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
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

/// Manifests, right and wrong.
pub fn yaml() -> Vec<String> {
    let mut seeds = files("examples", "yaml");
    seeds.extend(files("tests/corpus", "yaml"));
    seeds
}

pub fn json() -> Vec<String> {
    let mut seeds = files("tests/corpus", "json");
    let converted = yaml().into_iter().filter_map(|text| as_json(&text)).map(|value| format!("{value:#}"));
    seeds.extend(converted);
    seeds
}

pub fn toml() -> Vec<String> {
    let mut seeds = files("tests/corpus", "toml");
    seeds.extend(files("tests/corpus", "lock"));
    let converted =
        yaml().into_iter().filter_map(|text| as_json(&text)).filter_map(|value| toml::to_string(&value).ok());
    seeds.extend(converted);
    seeds
}

/// Component files, right and wrong.
pub fn components() -> Vec<String> {
    let mut seeds: Vec<String> = files("templates/components", "yaml");
    seeds.retain(|text| text.starts_with("component:") || text.contains("\ncomponent:"));
    seeds
}
