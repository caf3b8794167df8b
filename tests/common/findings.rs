//! What tests of one manifest after another share: its findings, its topology, its files.

// Every test that includes this file uses a part of it.
#![allow(dead_code)]

use netgen::diag::Severity;
use netgen::topology::Topology;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile, compile_to_plan};

pub fn options() -> Options {
    Options { allow_unlocked: true, ..Options::default() }
}

pub fn checked(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    compile_to_plan(&world, &Input::new("network.yaml"), options())
}

/// A finding as (code, text under the primary span).
pub type Found = (String, String);

pub fn findings(compilation: &Compilation, severity: Severity) -> Vec<Found> {
    let of_severity = compilation.diagnostics.iter().filter(|d| d.severity == severity);
    of_severity
        .map(|d| {
            let span = d.span();
            let source = compilation.sources.get(span.source).unwrap();
            (d.rule.code.to_owned(), source.slice(span).to_owned())
        })
        .collect()
}

pub fn pairs(wanted: &[(&str, &str)]) -> Vec<Found> {
    wanted.iter().map(|(code, under)| ((*code).to_owned(), (*under).to_owned())).collect()
}

/// The manifest has these errors and no other, in this order.
pub fn errors(manifest: &str, wanted: &[(&str, &str)]) -> Compilation {
    let compilation = checked(manifest);
    assert_eq!(findings(&compilation, Severity::Error), pairs(wanted), "in\n{manifest}");
    compilation
}

/// The manifest has no error, and these warnings among others.
pub fn warnings(manifest: &str, wanted: &[(&str, &str)]) -> Compilation {
    let compilation = errors(manifest, &[]);
    let found = findings(&compilation, Severity::Warning);
    for one in pairs(wanted) {
        assert!(found.contains(&one), "{one:?} is not among {found:?}");
    }
    compilation
}

/// The help of the first finding.
pub fn help(compilation: &Compilation) -> String {
    compilation.diagnostics[0].help.join("\n")
}

/// The network of a sound manifest.
pub fn topology(manifest: &str) -> Topology {
    errors(manifest, &[]).plan.unwrap().topology
}

/// A file of the bundle of a sound manifest.
pub fn file(manifest: &str, path: &str) -> String {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let compilation = compile(&world, &Input::new("network.yaml"), options());
    let bundle = compilation.bundle.expect("a sound manifest");
    let found = bundle.get(path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(found.bytes().unwrap().into_owned()).unwrap()
}

pub const HEAD: &str = "netgen: 1\nnetwork: { name: seed, chain: hoodi, environment: testnet }\n";

pub fn manifest(rest: &str) -> String {
    format!("{HEAD}{rest}")
}
