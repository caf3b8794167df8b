//! The same law through the whole compiler: text of a manifest in the units of a bundle, as the
//! programs get it that systemd starts, or a finding that points at it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netgen::text::{Source, Span};
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use serde_json::{Map, Value, json};

use super::manager::{self, Manager, alone, chunks, printed, service};
use super::quadlet;
use super::written::One;
use super::{Outcome, Syntax, Writer, no_env_file_holds};
use crate::bench::{Bench, Fault, scratch};

/// Arguments of a program of the host.
pub const NATIVE_WORDS: Syntax = Syntax {
    name: "deployed_native_words",
    tools: manager::TOOLS,
    read: |bench, writer, values| deployed(bench, writer, values, (Runtime::Native, Place::Words)),
    mistaken: "%%",
    refusable: no_argument,
};

/// Variables of a program of the host.
pub const NATIVE_VARIABLES: Syntax = Syntax {
    name: "deployed_native_variables",
    tools: manager::TOOLS,
    read: |bench, writer, values| deployed(bench, writer, values, (Runtime::Native, Place::Variables)),
    mistaken: "%%",
    refusable: no_env_file_holds,
};

/// Arguments of a container.
pub const QUADLET_WORDS: Syntax = Syntax {
    name: "deployed_quadlet_words",
    tools: quadlet::TOOLS,
    read: |bench, writer, values| deployed(bench, writer, values, (Runtime::Quadlet, Place::Words)),
    mistaken: "%%",
    refusable: |value| no_argument(value) || value == ";",
};

/// Variables of a container.
pub const QUADLET_VARIABLES: Syntax = Syntax {
    name: "deployed_quadlet_variables",
    tools: quadlet::TOOLS,
    read: |bench, writer, values| deployed(bench, writer, values, (Runtime::Quadlet, Place::Variables)),
    mistaken: "%%",
    refusable: no_env_file_holds,
};

/// An argument in a manifest is one line of text and is not empty.
fn no_argument(value: &str) -> bool {
    value.is_empty() || value.contains('\t') || no_env_file_holds(value)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runtime {
    Native,
    Quadlet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Words,
    Variables,
}

/// How often a manifest may be refused until nothing in it is.
const TRIES: usize = 6;

const IMAGE: &str = "registry.demo.dev/foo";

fn deployed(
    bench: &Bench,
    writer: Writer,
    values: &[String],
    (runtime, place): (Runtime, Place),
) -> Result<Vec<Outcome>, Fault> {
    let (taken, refused, compilation) = built(values, runtime, place)?;
    let bundle = scratch()?;
    let sealed = compilation.bundle.ok_or_else(|| Fault::Trouble("no bundle".to_owned()))?;
    netgen::bundle::write(&sealed, bundle.path()).map_err(Fault::io("cannot write the bundle"))?;
    let mut manager = Manager::new()?;
    let units = match runtime {
        Runtime::Native => bundle.path().join("systemd/a"),
        Runtime::Quadlet => {
            let units = bundle.path().join("generated");
            quadlet::generate(bench, &bundle.path().join("systemd/a/quadlet"), &units)?;
            quadlet::stand_in(&mut manager);
            units
        }
    };
    let groups = groups(&taken, place);
    let count = groups.len();
    for number in 0..count {
        let file = unit_of(&units, &format!("s{number}.service"))?;
        let text = fs::read_to_string(&file).map_err(Fault::io("cannot read a unit"))?;
        let mut text = what_counts(&text);
        if writer == Writer::Naive {
            text = text.replace("%%", "%");
        }
        let service = service(&manager.output())?;
        let frame = netgen::emit::format::systemd::Unit::new("").section(alone()).section(service);
        let frame = frame.render().map_err(super::unwritten)?;
        manager.add(&format!("v{number}.service"), &(frame + &text))?;
    }
    let home = manager.run(bench)?;
    let mut back = BTreeMap::new();
    for (number, chunk) in groups.iter().enumerate() {
        let printed = printed(&home.path().join(format!("output{number}")))?;
        match place {
            Place::Words => {
                let image = printed.iter().position(|word| word.starts_with(IMAGE));
                let words = printed.into_iter().skip(image.map_or(0, |image| image + 1));
                back.extend(chunk.iter().map(|one| one.at).zip(words));
            }
            Place::Variables => {
                let pairs = printed.iter().filter_map(|pair| pair.strip_prefix('V')?.split_once('='));
                back.extend(
                    pairs.filter_map(|(at, value)| Some((at.parse::<usize>().ok()?, value.to_owned()))),
                );
            }
        }
    }
    let outcome = |(at, value): (usize, &String)| match refused.get(&at) {
        Some(why) => Outcome::Refused(why.clone()),
        None => Outcome::of(value, [("the program", back.get(&at).map(String::as_str))]),
    };
    Ok(values.iter().enumerate().map(outcome).collect())
}

type Built<'a> = (Vec<One<'a>>, BTreeMap<usize, String>, Compilation);

/// Takes out what is refused, until the rest is built.
fn built(values: &[String], runtime: Runtime, place: Place) -> Result<Built<'_>, Fault> {
    let mut refused = BTreeMap::new();
    let numbers: BTreeMap<String, usize> =
        values.iter().enumerate().map(|(at, value)| (in_manifest(value), at)).collect();
    for _ in 0..TRIES {
        let all = values.iter().enumerate().filter(|(at, _)| !refused.contains_key(at));
        let taken: Vec<One<'_>> = all.map(|(at, value)| One { at, value, text: "" }).collect();
        let manifest = manifest(&taken, runtime, place);
        let text = serde_json::to_string_pretty(&manifest).map_err(Fault::io("no JSON"))?;
        let world = MemoryWorld::new([("network.json", text)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let compilation = compile(&world, &Input::new("network.json"), options);
        if !compilation.failed() {
            return Ok((taken, refused, compilation));
        }
        for finding in compilation.diagnostics.iter().filter(|finding| finding.is_error()) {
            let span = finding.span();
            // A value has a line of the manifest to itself, and the finding may be about a part of it.
            let pointed = compilation.sources.get(span.source).and_then(|source| line_of(source, span));
            let told = format!("{} {}", finding.rule.code, finding.message);
            // What only the writer of a format refuses is named.
            let named =
                || values.iter().position(|value| told.contains(&format!("cannot write {value:?} as")));
            match pointed.and_then(|value| numbers.get(&value).copied()).or_else(named) {
                Some(at) => _ = refused.insert(at, told),
                None => return Err(Fault::Rejected(format!("no value is pointed at: {told}"))),
            }
        }
    }
    let last = refused.values().next_back();
    Err(Fault::Rejected(format!("after {TRIES} rounds there still is something to refuse: {last:?}")))
}

/// The text that stands on the line of a span, where one does.
fn line_of(source: &Source, span: Span) -> Option<String> {
    let text = source.text();
    let start = text.get(..usize::try_from(span.start).ok()?)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.split('\n').next()?.trim().trim_end_matches(',');
    let value = line.split_once("\": ").map_or(line, |(_, value)| value);
    serde_json::from_str(value).or_else(|_| serde_json::from_str(line)).ok()
}

/// A variable of the manifest is written `${name}`, and the text `${` is `$${`.
fn in_manifest(text: &str) -> String {
    text.replace("${", "$${")
}

/// The values of each service. What may be refused has a service of its own: of a list only the first
/// wrong item is told.
fn groups<'a>(taken: &[One<'a>], place: Place) -> Vec<Vec<One<'a>>> {
    let apart = |one: &One<'_>| place == Place::Words && no_argument(one.value);
    let (alone, together): (Vec<One<'a>>, Vec<One<'a>>) = taken.iter().copied().partition(apart);
    let together = chunks(&together).into_iter().map(<[One<'a>]>::to_vec).collect::<Vec<_>>();
    together.into_iter().chain(alone.into_iter().map(|one| vec![one])).collect()
}

fn manifest(taken: &[One<'_>], runtime: Runtime, place: Place) -> Value {
    let program = match place {
        Place::Words => json!({ "program": "/usr/bin/printf", "arguments": ["%s\\0"] }),
        Place::Variables => json!({ "program": "/usr/bin/env", "arguments": ["-0"] }),
    };
    let service = |(number, chunk): (usize, &Vec<One<'_>>)| {
        let texts = chunk.iter().map(|one| in_manifest(one.value));
        let mut service = json!({ "host": "a", "component": "foo" });
        match place {
            Place::Words => service["settings"] = json!({ "words": texts.collect::<Vec<_>>() }),
            Place::Variables => {
                let named = chunk.iter().zip(texts).map(|(one, text)| (format!("V{}", one.at), json!(text)));
                service["environment"] = Value::Object(named.collect());
            }
        }
        (format!("s{number}"), service)
    };
    let services: Map<String, Value> = groups(taken, place).iter().enumerate().map(service).collect();
    json!({
        "netgen": 1,
        // Elsewhere what looks like a placeholder is refused.
        "network": { "name": "demo", "chain": "hoodi", "environment": "development" },
        "hosts": { "a": {
            "address": "203.0.113.10",
            "private-address": "10.0.0.1",
            "runtime": if runtime == Runtime::Native { "native" } else { "quadlet" },
        } },
        "components": { "foo": {
            "component": "foo",
            "summary": "A chain node",
            "kind": "chain-node",
            "version": { "tested": "1.0.0" },
            "image": IMAGE,
            "user": "65534:65534",
            "provides": { "p2p": { "port": 30333, "exposure": "private" } },
            "settings": { "words": { "type": "list", "default": [], "doc": "Words of the command" } },
            "command": [{ "each": "settings.words", "args": ["{{ item }}"] }],
            "native": program,
            "sources": ["its documentation"],
        } },
        "services": services,
    })
}

/// The one file whose name ends so.
fn unit_of(folder: &Path, end: &str) -> Result<PathBuf, Fault> {
    let entries = fs::read_dir(folder).map_err(Fault::io(format!("cannot list {}", folder.display())))?;
    let ends = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name == end || name.ends_with(&format!("-{end}"))
    };
    let mut found = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(ends);
    found.next().ok_or_else(|| Fault::Trouble(format!("no unit {end}")))
}

/// The command of a unit and its variables: what else there is needs a host.
fn what_counts(unit: &str) -> String {
    let (mut kept, mut keep, mut continued) = (String::new(), false, false);
    for line in unit.split_inclusive('\n') {
        if !continued {
            keep = line.starts_with("ExecStart=") || line.starts_with("Environment=");
        }
        if keep {
            kept.push_str(line);
        }
        continued = line.trim_end_matches('\n').ends_with('\\');
    }
    kept
}
