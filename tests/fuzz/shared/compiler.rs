//! What a user writes, through the compiler.

use netgen::check::registry::all_rules;
use netgen::diag::render::{Format as Shown, render};
use netgen::diag::{Diagnostic, Sink};
use netgen::import::load_network;
use netgen::lock::Lock;
use netgen::manifest::Manifest;
use netgen::text::{SourceMap, Span};
use netgen::value::{self, Format, Kind, Node};
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile as compile_all, schema};

/// What is no UTF-8 is refused before any of this.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Reads a text; the tree and what was said about it.
fn read(format: Format, text: &str) -> (Option<Node>, SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let id = sources.add("fuzz", text);
    let mut sink = Sink::new();
    let node = value::parse(format, id, text, &mut sink);
    (node, sources, sink.into_sorted())
}

pub fn parse(format: Format, bytes: &[u8]) -> Result<(), String> {
    let Some(text) = text(bytes) else { return Ok(()) };
    let (node, sources, found) = read(format, text);
    if let Some(node) = &node {
        tree(node, &sources)?;
    } else if found.is_empty() {
        return Err("is refused in silence".to_owned());
    }
    shown(&found, &sources).map(|_| ())
}

pub fn decode(bytes: &[u8]) -> Result<(), String> {
    let Some(text) = text(bytes) else { return Ok(()) };
    let (Some(node), sources, _) = read(Format::Yaml, text) else { return Ok(()) };
    let mut sink = Sink::new();
    let manifest: Option<Manifest> = schema::read(&node, &mut sink, Manifest::stand_in);
    let found = sink.into_sorted();
    if manifest.is_none() && found.is_empty() {
        return Err("cannot be decoded, and nothing says why".to_owned());
    }
    shown(&found, &sources).map(|_| ())
}

/// A lock that can be read is written, read again and written the same.
pub fn lock(bytes: &[u8]) -> Result<(), String> {
    let Some(text) = text(bytes) else { return Ok(()) };
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let lock = Lock::read("netgen.lock", text, &mut sources, &mut sink);
    let found = sink.into_sorted();
    shown(&found, &sources)?;
    let Some(lock) = lock else {
        return if found.is_empty() { Err("is refused in silence".to_owned()) } else { Ok(()) };
    };
    let written = lock.to_toml();
    let mut sink = Sink::new();
    match Lock::read("netgen.lock", &written, &mut sources, &mut sink) {
        Some(again) if again.to_toml() == written => Ok(()),
        Some(_) => Err("is written in two ways".to_owned()),
        // What is wrong with the content was told at first, too.
        None if found.is_empty() => Err(format!("cannot be read once it is written:\n{written}")),
        None => Ok(()),
    }
}

/// What comes from another tool is refused, or becomes a manifest that can be read.
pub fn import(bytes: &[u8]) -> Result<(), String> {
    let Some(text) = text(bytes) else { return Ok(()) };
    let options = load_network::Options {
        genesis_time: None,
        now: "2026-12-01T12:00:00Z".to_owned(),
        secrets: "secrets.yaml".to_owned(),
        keys: None,
    };
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let manifest = load_network::import("fuzz.yaml", text, &options, &mut sources, &mut sink);
    let found = sink.into_sorted();
    shown(&found, &sources)?;
    match manifest {
        None if found.is_empty() => Err("is refused in silence".to_owned()),
        None => Ok(()),
        Some(manifest) => match read(Format::Yaml, &manifest) {
            (Some(_), _, found) if found.is_empty() => parse(Format::Yaml, manifest.as_bytes()),
            _ => Err(format!("becomes what cannot be read:\n{manifest}")),
        },
    }
}

const OWN: &str = "netgen: 1
network: { name: fuzz, chain: hoodi, environment: testnet }
hosts: { a: { address: 203.0.113.10 } }
services: { it: { component: it, host: a } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
";

const OF_OWN_CHAIN: &str = "netgen: 1
network: { name: fuzz, chain: it, environment: testnet }
hosts: { a: { address: 203.0.113.10 } }
nodes: { n: { host: a, execution: geth, consensus: lighthouse } }
";

/// The bytes with another value of the key on the line that has it, so that the file is found.
fn renamed(bytes: &[u8], key: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| if line.starts_with(key) { format!("{key} it") } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A component of the user's own.
pub fn component(bytes: &[u8]) -> Result<(), String> {
    let file = renamed(bytes, "component:");
    whole(|| MemoryWorld::new([("network.yaml", OWN), ("components/it/component.yaml", file.as_str())]))
}

/// A chain of the user's own.
pub fn chain(bytes: &[u8]) -> Result<(), String> {
    let file = renamed(bytes, "chain:");
    whole(|| MemoryWorld::new([("network.yaml", OF_OWN_CHAIN), ("chains/it.yaml", file.as_str())]))
}

pub fn compile(bytes: &[u8]) -> Result<(), String> {
    whole(|| MemoryWorld::new([("network.yaml", bytes)]))
}

/// The whole pipeline, twice.
fn whole(world: impl Fn() -> MemoryWorld) -> Result<(), String> {
    let run = || -> Compilation {
        let options = Options { allow_unlocked: true, ..Options::default() };
        compile_all(&world(), &Input::new("network.yaml"), options)
    };
    let (one, two) = (run(), run());
    let said = shown(&one.diagnostics, &one.sources)?;
    if said != shown(&two.diagnostics, &two.sources)? {
        return Err("says something else the second time".to_owned());
    }
    match (&one.bundle, &two.bundle) {
        _ if one.failed() && one.bundle.is_some() => Err("has a bundle in spite of errors".to_owned()),
        (None, _) if !one.failed() => Err("has neither an error nor a bundle".to_owned()),
        (Some(one), Some(two)) if one.digest() != two.digest() => Err("gives two bundles".to_owned()),
        _ => Ok(()),
    }
}

/// Every span lies in its text, between letters.
fn fits(span: Span, sources: &SourceMap) -> Result<(), String> {
    if !span.is_somewhere() {
        return Ok(());
    }
    let source = sources.get(span.source).ok_or_else(|| format!("{span:?} is in no source"))?;
    let range = span.start as usize..span.end as usize;
    source.text().get(range).map(|_| ()).ok_or_else(|| format!("{span:?} does not fit its text"))
}

fn tree(node: &Node, sources: &SourceMap) -> Result<(), String> {
    fits(node.span, sources)?;
    match &node.kind {
        Kind::Seq(items) => items.iter().try_for_each(|item| tree(item, sources)),
        Kind::Map(map) => map.entries().iter().try_for_each(|entry| {
            fits(entry.key.span, sources)?;
            tree(&entry.value, sources)
        }),
        _ => Ok(()),
    }
}

/// The findings in every format, each of them well-formed.
fn shown(found: &[Diagnostic], sources: &SourceMap) -> Result<Vec<String>, String> {
    for diagnostic in found {
        for label in &diagnostic.labels {
            fits(label.span, sources)?;
        }
        if diagnostic.message.is_empty() || diagnostic.help.is_empty() {
            return Err(format!("{} says too little: {}", diagnostic.rule.code, diagnostic.message));
        }
    }
    let rules = all_rules();
    let text = |format| render(format, found, sources, &rules);
    let texts = vec![
        text(Shown::Human { width: 80, color: false }),
        text(Shown::Json),
        text(Shown::Sarif),
        text(Shown::Github),
    ];
    for json in &texts[1..3] {
        serde_json::from_str::<serde_json::Value>(json).map_err(|error| format!("is no JSON: {error}"))?;
    }
    if texts[3].lines().count() != found.len() {
        return Err("not one line a finding for GitHub".to_owned());
    }
    Ok(texts)
}
