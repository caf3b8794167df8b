use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::lock::Lock;
use crate::value::Format;
use crate::world::MemoryWorld;
use crate::{Compilation, Input, Options, compile_to_plan};

fn compiled(world: &MemoryWorld, input: &Input) -> Compilation {
    let compilation = compile_to_plan(world, input, Options { allow_unlocked: true, ..Options::default() });
    assert!(!compilation.failed(), "{:#?}", compilation.diagnostics);
    compilation
}

/// The examples of the project.
fn examples() -> Vec<(String, Compilation)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("network.yaml").is_file() {
            continue;
        }
        let mut files = Vec::new();
        read(&path, "", &mut files);
        let world = MemoryWorld::new(files);
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        found.push((name, compiled(&world, &Input::new("network.yaml"))));
    }
    assert!(found.len() > 2);
    found
}

/// All files below a folder, by their paths from it.
fn read(folder: &std::path::Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else {
            files.push((name, std::fs::read(&path).unwrap()));
        }
    }
}

fn model(compilation: &Compilation) -> Item {
    build(compilation.plan.as_ref().unwrap(), &compilation.loaded.as_ref().unwrap().tree)
}

fn why(compilation: &Compilation, path: &[&str]) -> Result<Vec<Answer>, NotFound> {
    let path: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
    explain(model(compilation), compilation.loaded.as_ref().unwrap(), &compilation.sources, &path)
}

fn told(compilation: &Compilation, path: &str) -> String {
    let answers = why(compilation, &path.split('.').collect::<Vec<_>>()).unwrap();
    answers.iter().map(ToString::to_string).collect()
}

/// Every single value of a document, by path.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    let below = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| leaves(value, &below(key), found));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, item)| leaves(item, &below(&at.to_string()), found));
        }
        _ => found.push((path.to_owned(), value.clone())),
    }
}

/// What is written part by part is a document with every key in order, as any writer of JSON has it.
#[test]
fn the_text_is_that_of_a_document() {
    for (name, compilation) in examples() {
        let (plan, tree) = (compilation.plan.as_ref().unwrap(), &compilation.loaded.as_ref().unwrap().tree);
        let text = text(plan, tree, &Lock::empty());
        let mut document = serde_json::to_value(Document::parse(text.as_bytes()).unwrap()).unwrap();
        document.sort_all_objects();
        assert!(text == format!("{}\n", serde_json::to_string_pretty(&document).unwrap()), "{name}");
        let mut values = masked(model(&compilation).to_json());
        values.sort_all_objects();
        assert!(document["values"] == values, "{name}");
    }
}

#[test]
fn every_value_of_the_model_has_an_origin() {
    for (name, compilation) in examples() {
        let mut shown = Vec::new();
        leaves(&model(&compilation).to_json(), "", &mut shown);
        let answers = why(&compilation, &[]).unwrap();
        let explained: Vec<(String, Value)> =
            answers.iter().map(|answer| (answer.path.clone(), answer.value.clone())).collect();
        assert_eq!(shown, explained, "{name}");
        assert!(shown.len() > 60, "{name}: {}", shown.len());
        for (at, answer) in answers.iter().enumerate() {
            assert!(!answer.steps.is_empty(), "{name}: {}", answer.path);
            // Alone it has the same origin; a sample of them will do.
            if at % 23 == 0 && !answer.path.contains('"') {
                let steps: Vec<&str> = answer.path.split('.').collect();
                assert_eq!(why(&compilation, &steps).unwrap()[0].steps, answer.steps, "{}", answer.path);
            }
        }
    }
}

/// Where an answer points, the value stands, but for what the resolver makes of it.
#[test]
fn what_is_written_stands_where_the_answer_points() {
    // `needs:` says names inside a node, `canary:` may name a node, `@` tells copies apart.
    let made = |path: &str| path.contains(".uses.") || path == "rollout.canary" || path.contains(".secrets.");
    let mut checked = 0;
    for (name, compilation) in examples() {
        for answer in why(&compilation, &[]).unwrap().iter().filter(|answer| !made(&answer.path)) {
            let first = &answer.steps[0];
            let Some(place) = first.place.as_ref().filter(|_| first.kind == StepKind::Written) else {
                continue;
            };
            let (_, source) =
                compilation.sources.iter().find(|(_, source)| source.name() == place.file).unwrap();
            let line = source.text().lines().nth(place.line - 1).unwrap();
            let rest: String = line.chars().skip(place.column - 1).collect();
            let value = answer.value.as_str().map_or_else(|| answer.value.to_string(), str::to_owned);
            // A whole number of processors may be written without its fraction.
            let value = value.strip_suffix(".0").unwrap_or(&value);
            let written = rest.trim_start_matches(['"', '\'']);
            assert!(written.starts_with(value), "{name}: {} = {value}, but `{rest}`", answer.path);
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

/// What is said to come from the catalog is there.
#[test]
fn what_comes_from_the_catalog_is_in_the_catalog() {
    let mut checked = BTreeSet::new();
    for (name, compilation) in examples() {
        for (path, leaf) in model(&compilation).leaves() {
            let Otherwise::Component { id, key, optional } = &leaf.otherwise else { continue };
            let tree = &compilation.loaded.as_ref().unwrap().tree;
            if *optional || leaf.written.iter().any(|pointer| tree.at(pointer).exact) {
                continue;
            }
            // Those of an example's own folder are not built in.
            let Some(text) = crate::embedded::text(&format!("components/{id}/component.yaml")) else {
                continue;
            };
            let data: Value = serde_yaml::from_str(text).unwrap();
            let pointer = crate::value::pointer(key.split('.'));
            assert!(data.pointer(&pointer).is_some(), "{name}: {path:?} is not `{key}` of `{id}`");
            checked.insert((id.clone(), key.clone()));
        }
    }
    assert!(checked.len() > 100, "{}", checked.len());
}

#[test]
fn no_value_of_a_secret_is_in_the_model() {
    for (_, compilation) in examples() {
        let json = model(&compilation).to_json();
        for (name, secret) in json["secrets"].as_object().unwrap() {
            let keys: BTreeSet<&str> = secret.as_object().unwrap().keys().map(String::as_str).collect();
            let known = ["env", "file", "sops", "key", "vault", "field", "host-file", "docker", "generate"];
            let rest: Vec<_> = keys.iter().filter(|key| !known.contains(*key)).collect();
            assert_eq!(rest, [&"host-path", &"hosts", &"scope"], "{name}");
        }
    }
}

const BASE: &str = "# é
netgen: 1
include: [hosts.yaml]
network: { name: demo, chain: hoodi, environment: testnet }
variables:
  peers: { type: integer, default: 40 }
services:
  el:
    host: a
    component: geth
    settings: { max-peers: \"${peers}\", ws: false }
    resources: { memory: 8GiB }
";
const HOSTS: &str = "hosts: { a: { address: 203.0.113.10, ssh: { port: 2222 }, runtime: compose } }\n";
const PROD: &str = "# ☃
hosts: { a: { ssh: { port: null } } }
services:
  el:
    settings: { ws: true }
    resources: null
";

fn chain() -> Compilation {
    let world =
        MemoryWorld::new([("net/network.yaml", BASE), ("net/hosts.yaml", HOSTS), ("prod.yaml", PROD)]);
    let mut input = Input::of(vec!["net/network.yaml".into(), "prod.yaml".into()]);
    input.sets = vec!["hosts.a.address=203.0.113.11".into()];
    input.variables = vec!["peers=60".into()];
    compiled(&world, &input)
}

#[test]
fn the_whole_chain_is_told() {
    let compilation = chain();
    for (path, expected) in [
        (
            "hosts.a.address",
            "hosts.a.address = 203.0.113.11
  --set hosts.a.address:1:17: set here
  net/hosts.yaml:1:24: replaced `203.0.113.10`
  net/network.yaml:3:11: `net/hosts.yaml` is included here
",
        ),
        (
            "hosts.a.runtime",
            "hosts.a.runtime = compose
  net/hosts.yaml:1:68: written here
  net/network.yaml:3:11: `net/hosts.yaml` is included here
",
        ),
        (
            "hosts.a.ssh",
            "hosts.a.ssh.user = root
  default of the manifest language
hosts.a.ssh.port = 22
  default of the manifest language
  prod.yaml:2:28: `port` deleted here
  net/hosts.yaml:1:51: was `2222`
",
        ),
        (
            "services.el.settings.max-peers",
            "services.el.settings.max-peers = 60
  net/network.yaml:11:28: written here: `\"${peers}\"`
  --var peers:1:1: variable `peers`, given here
",
        ),
        (
            "services.el.settings.ws",
            "services.el.settings.ws = true
  prod.yaml:5:21: written here
  net/network.yaml:11:44: replaced `false`
",
        ),
        (
            "services.el.resources.memory",
            "services.el.resources.memory = 16GiB
  from the catalog: `resources.memory` of component `geth`
  prod.yaml:6:16: `resources` deleted here
  net/network.yaml:12:16: was `{ memory: 8GiB }`
",
        ),
        // No part of the model, but of the manifest.
        ("services.el.component", "services.el.component = geth\n  net/network.yaml:10:16: written here\n"),
    ] {
        assert_eq!(told(&compilation, path), expected);
    }
}

#[test]
fn parts_of_lists_and_copies_have_a_history() {
    let text = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: &host { address: 203.0.113.10, labels: &l { x: y } }
  b: { <<: *host, address: 203.0.113.11 }
security: { admin-networks: [192.0.2.0/24] }
";
    let over = "security: { admin-networks: [198.51.100.0/24] }\n";
    let world = MemoryWorld::new([("n.yaml", text), ("o.yaml", over)]);
    let compilation = compiled(&world, &Input::of(vec!["n.yaml".into(), "o.yaml".into()]));
    assert_eq!(
        told(&compilation, "security.admin-networks.0"),
        "security.admin-networks.0 = 198.51.100.0/24\n  o.yaml:1:30: written here\n  n.yaml:6:29: replaced `[192.0.2.0/24]`\n"
    );
    assert_eq!(
        told(&compilation, "hosts.b.labels.x"),
        "hosts.b.labels.x = y\n  n.yaml:4:53: written here\n  n.yaml:5:12: brought here by an alias or merge key\n"
    );
}

/// Of several places that can say a value the one that holds is told.
#[test]
fn the_place_that_wins_is_the_one_that_is_told() {
    let text = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
regions: { eu: { provider: one } }
defaults: { ssh: { user: first, port: 2201 }, runtime: quadlet, data-dir: /data }
hosts:
  a: { address: 203.0.113.10, region: eu, ssh: { user: second }, runtime: compose }
  b: { address: 203.0.113.11, region: eu, provider: two, data-dir: /other }
images: { geth: \"ethereum/client-go:v1.17.4\" }
stacks:
  s: { el: { component: geth, settings: { max-peers: 41, cache: 4GiB }, ports: { p2p: 30401 }, resources: { memory: 9GiB, cpus: 3 } } }
nodes:
  m: { host: a, role: rpc, stack: s }
  n:
    host: b
    role: rpc
    stack: s
    services:
      el:
        image: \"ethereum/client-go:v1.17.3\"
        settings: { max-peers: 42 }
        ports: { p2p: 30402 }
        resources: { memory: 10GiB }
";
    let world = MemoryWorld::new([("n.yaml", text)]);
    let compilation = compiled(&world, &Input::new("n.yaml"));
    for (path, value, line) in [
        ("hosts.a.provider", "one", 3),
        ("hosts.b.provider", "two", 7),
        ("hosts.a.ssh.user", "second", 6),
        ("hosts.b.ssh.user", "first", 4),
        ("hosts.a.ssh.port", "2201", 4),
        ("hosts.a.runtime", "compose", 6),
        ("hosts.b.runtime", "quadlet", 4),
        ("hosts.a.data-dir", "/data", 4),
        ("hosts.b.data-dir", "/other", 7),
        ("services.m-el.image", "ethereum/client-go:v1.17.4", 8),
        ("services.n-el.image", "ethereum/client-go:v1.17.3", 19),
        ("services.m-el.settings.max-peers", "41", 10),
        ("services.n-el.settings.max-peers", "42", 20),
        ("services.n-el.settings.cache", "4GiB", 10),
        ("services.m-el.interfaces.p2p.port", "30401", 10),
        ("services.n-el.interfaces.p2p.port", "30402", 21),
        ("services.m-el.resources.memory", "9GiB", 10),
        ("services.n-el.resources.memory", "10GiB", 22),
        ("services.n-el.resources.cpus", "3.0", 10),
    ] {
        let told = told(&compilation, path);
        assert!(told.starts_with(&format!("{path} = {value}\n  n.yaml:{line}:")), "{told}");
    }
}

#[test]
fn what_the_manifest_alone_has_can_be_asked_for() {
    let (_, compilation) = examples().into_iter().find(|(name, _)| name == "ethereum-validator").unwrap();
    let told = told(&compilation, "stacks.validator.execution.settings.max-peers");
    assert!(told.ends_with("network.yaml:57:30: written here\n"), "{told}");
}

#[test]
fn a_path_that_leads_nowhere_says_what_there_is() {
    let compilation = chain();
    let not_found = |path: &[&str]| why(&compilation, path).unwrap_err();
    let top = not_found(&["hosst"]);
    assert_eq!((top.parent.as_str(), top.step.as_str()), ("", "hosst"));
    assert!(top.known.contains(&"hosts".to_owned()) && top.known.contains(&"netgen".to_owned()));
    let deep = not_found(&["services", "el", "settings", "max-peer"]);
    assert_eq!(deep.parent, "services.el.settings");
    assert!(deep.known.contains(&"max-peers".to_owned()));
    let beyond = not_found(&["hosts", "a", "address", "x"]);
    assert_eq!((beyond.parent.as_str(), beyond.known.len()), ("hosts.a.address", 0));
}

/// A model is the same however the manifest is written.
#[test]
fn the_model_does_not_depend_on_the_form_of_the_manifest() {
    let one = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts: { a: { address: 203.0.113.11, runtime: compose } }
services: { el: { host: a, component: geth, settings: { max-peers: 60, ws: true } } }
";
    let world = MemoryWorld::new([("network.yaml", one)]);
    let plain = compiled(&world, &Input::new("network.yaml"));
    assert_eq!(model(&plain).to_json(), model(&chain()).to_json());
    let json = plain.loaded.as_ref().unwrap().tree.to_json().to_string();
    let world = MemoryWorld::new([("-", json)]);
    let input = Input { format: Some(Format::Json), ..Input::new("-") };
    assert_eq!(model(&compiled(&world, &input)).to_json(), model(&plain).to_json());
}
