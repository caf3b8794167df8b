//! What is tried with each text, and what must hold.

use netgen::check::registry::all_rules;
use netgen::diag::render::{Format as Shown, render};
use netgen::diag::{Diagnostic, Sink};
use netgen::manifest::Manifest;
use netgen::text::{SourceMap, Span};
use netgen::value::{self, Format, Kind, Node};
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile as compile_all, schema};

use crate::seeds;

pub struct Target {
    pub name: &'static str,
    pub seeds: fn() -> Vec<String>,
    /// Runs it; the error says what does not hold.
    pub run: fn(&str) -> Result<(), String>,
}

pub static YAML: Target = Target { name: "yaml", seeds: seeds::yaml, run: |text| parse(Format::Yaml, text) };
pub static TOML: Target = Target { name: "toml", seeds: seeds::toml, run: |text| parse(Format::Toml, text) };
pub static JSON: Target = Target { name: "json", seeds: seeds::json, run: |text| parse(Format::Json, text) };
pub static DECODE: Target = Target { name: "decode", seeds: seeds::yaml, run: decode };
pub static COMPONENT: Target = Target { name: "component", seeds: seeds::components, run: component };
pub static COMPILE: Target = Target { name: "compile", seeds: seeds::yaml, run: compile };

pub static ALL: &[&Target] = &[&YAML, &TOML, &JSON, &DECODE, &COMPONENT, &COMPILE];

/// Reads a text; the tree and what was said about it.
fn read(format: Format, text: &str) -> (Option<Node>, SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let id = sources.add("fuzz", text);
    let mut sink = Sink::new();
    let node = value::parse(format, id, text, &mut sink);
    (node, sources, sink.into_sorted())
}

fn parse(format: Format, text: &str) -> Result<(), String> {
    let (node, sources, found) = read(format, text);
    if let Some(node) = &node {
        tree(node, &sources)?;
    } else if found.is_empty() {
        return Err("is refused in silence".to_owned());
    }
    shown(&found, &sources).map(|_| ())
}

fn decode(text: &str) -> Result<(), String> {
    let (Some(node), sources, _) = read(Format::Yaml, text) else { return Ok(()) };
    let mut sink = Sink::new();
    let manifest: Option<Manifest> = schema::read(&node, &mut sink, Manifest::stand_in);
    let found = sink.into_sorted();
    if manifest.is_none() && found.is_empty() {
        return Err("cannot be decoded, and nothing says why".to_owned());
    }
    shown(&found, &sources).map(|_| ())
}

const OWN: &str = "netgen: 1
network: { name: fuzz, chain: hoodi, environment: testnet }
hosts: { a: { address: 203.0.113.10 } }
services: { it: { component: it, host: a } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
";

/// A component of the user's own.
fn component(text: &str) -> Result<(), String> {
    let renamed =
        text.lines().map(|line| if line.starts_with("component:") { "component: it" } else { line });
    let renamed = renamed.collect::<Vec<_>>().join("\n");
    whole(|| MemoryWorld::new([("network.yaml", OWN), ("components/it/component.yaml", renamed.as_str())]))
}

fn compile(text: &str) -> Result<(), String> {
    whole(|| MemoryWorld::new([("network.yaml", text)]))
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
