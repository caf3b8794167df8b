//! Every target: what is tried, and where mutation begins.

use netgen::value::Format;

use super::{bundles, compiler, seeds, texts};

pub struct Target {
    pub name: &'static str,
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Runs it; the error says what does not hold.
    pub run: fn(&[u8]) -> Result<(), String>,
}

pub static YAML: Target =
    Target { name: "yaml", seeds: seeds::yaml, run: |bytes| compiler::parse(Format::Yaml, bytes) };
pub static TOML: Target =
    Target { name: "toml", seeds: seeds::toml, run: |bytes| compiler::parse(Format::Toml, bytes) };
pub static JSON: Target =
    Target { name: "json", seeds: seeds::json, run: |bytes| compiler::parse(Format::Json, bytes) };
pub static DECODE: Target = Target { name: "decode", seeds: seeds::yaml, run: compiler::decode };
pub static COMPILE: Target = Target { name: "compile", seeds: seeds::yaml, run: compiler::compile };
pub static COMPONENT: Target =
    Target { name: "component", seeds: seeds::components, run: compiler::component };
pub static CHAIN: Target = Target { name: "chain", seeds: seeds::chains, run: compiler::chain };
pub static LOCK: Target = Target { name: "lock", seeds: seeds::locks, run: compiler::lock };
pub static IMPORT: Target = Target { name: "import", seeds: seeds::imports, run: compiler::import };
pub static TEMPLATE: Target = Target { name: "template", seeds: seeds::templates, run: texts::template };
pub static QUERY: Target = Target { name: "query", seeds: seeds::queries, run: texts::query };
pub static BUNDLE: Target = Target { name: "bundle", seeds: seeds::bundles, run: bundles::list };
pub static ARCHIVE: Target = Target { name: "archive", seeds: bundles::archives, run: bundles::archive };
pub static SIGNATURE: Target =
    Target { name: "signature", seeds: bundles::signatures, run: bundles::signature };

pub static ALL: &[&Target] = &[
    &YAML, &TOML, &JSON, &DECODE, &COMPILE, &COMPONENT, &CHAIN, &LOCK, &IMPORT, &TEMPLATE, &QUERY, &BUNDLE,
    &ARCHIVE, &SIGNATURE,
];
