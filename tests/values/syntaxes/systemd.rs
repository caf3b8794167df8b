//! systemd units: what the started process has been given, and what the loaded unit says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use netgen::emit::format::systemd::{ExecPrefix, Section, Unit, Value};
use netgen::emit::format::{Error, env};

use super::manager::{self, Manager, alone, chunks, printed, service};
use super::written::{One, Written};
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Words of `ExecStart=`, as the program has got them.
pub const EXEC: Syntax =
    Syntax { name: "systemd_exec", tools: manager::TOOLS, read: exec, mistaken: "%%", refusable: no_word };

/// `Environment=`, as the program has got it.
pub const ENVIRONMENT: Syntax = Syntax {
    name: "systemd_environment",
    tools: manager::TOOLS,
    read: environment,
    mistaken: "a b",
    refusable: no_word,
};

/// `EnvironmentFile=`, as the program has got it.
pub const ENV_FILE: Syntax = Syntax {
    name: "systemd_env_file",
    tools: manager::TOOLS,
    read: env_file,
    mistaken: "'a'",
    refusable: super::no_env_file_holds,
};

/// Text that systemd does not split, as `Description=`.
pub const TEXT: Syntax = Syntax {
    name: "systemd_text",
    tools: &["systemd-analyze"],
    read: text,
    mistaken: "%%",
    refusable: no_text,
};

/// No argument of a process holds a NUL, and systemd refuses files with what Unicode keeps for no text.
fn no_word(value: &str) -> bool {
    value.contains(|c| c == '\0' || is_noncharacter(c))
}

/// Such text has no quotes and no escapes: it ends with its line, and systemd drops white space at
/// its ends and joins the next line to a `\`.
fn no_text(value: &str) -> bool {
    value.chars().any(|c| (c.is_control() && c != '\t') || is_noncharacter(c))
        || value.trim() != value
        || value.ends_with('\\')
}

fn is_noncharacter(c: char) -> bool {
    u32::from(c) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c)
}

fn exec(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let print = |words: &[One<'_>]| {
        let words = words.iter().map(|one| one.value);
        let argv = ["/usr/bin/printf", "%s\\0"].into_iter().chain(words).map(str::to_owned);
        Value::Exec(ExecPrefix::None, argv.collect())
    };
    let alone_first = |at, value: &str| rendered(print(&[One { at, value, text: "" }]));
    let written = Written::new(values, writer, alone_first, |_, value| value.to_owned());
    let all = written.all();
    let mut manager = Manager::new()?;
    for (number, chunk) in chunks(&all).into_iter().enumerate() {
        let mut text = unit(service(&manager.output())?)?;
        match writer {
            Writer::Netgen => {
                text.push_str(&format!("ExecStart={}\n", rendered(print(chunk)).map_err(super::unwritten)?));
            }
            // A command each, so that each can go wrong in its own way.
            Writer::Naive => text.extend(
                chunk.iter().map(|one| format!("ExecStart=/usr/bin/printf \"%%s\\\\0\" {}\n", one.text)),
            ),
        }
        manager.add(&format!("v{number}.service"), &text)?;
    }
    let home = manager.run(bench)?;
    let mut back = BTreeMap::new();
    for (number, chunk) in chunks(&all).into_iter().enumerate() {
        let words = printed(&home.path().join(format!("output{number}")))?;
        back.extend(chunk.iter().map(|one| one.at).zip(words));
    }
    Ok(written.outcomes("ExecStart", |at| back.get(&at).cloned()))
}

fn environment(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let line = |at, value: &str| {
        let value = Value::Environment(format!("V{at}"), value.to_owned());
        Ok(format!("Environment={}\n", rendered(value)?))
    };
    let naive = |at, value: &str| format!("Environment=V{at}={value}\n");
    let written = Written::new(values, writer, line, naive);
    started(bench, &written, "Environment", |_, lines| Ok(lines))
}

fn env_file(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let line = |at, value: &str| env::line(&format!("V{at}"), value);
    let written = Written::new(values, writer, line, |at, value| format!("V{at}={value}\n"));
    started(bench, &written, "EnvironmentFile", |file, lines| {
        fs::write(file, lines).map_err(Fault::io("cannot write a file"))?;
        Ok(format!("EnvironmentFile={}\n", file.display()))
    })
}

/// Services that print their environment, each with some of the values in it: `entries` makes the
/// entries of their lines, and may use a file.
fn started(
    bench: &Bench,
    written: &Written<'_>,
    place: &'static str,
    entries: impl Fn(&Path, String) -> Result<String, Fault>,
) -> Result<Vec<Outcome>, Fault> {
    let all = written.all();
    let mut manager = Manager::new()?;
    for (number, chunk) in chunks(&all).into_iter().enumerate() {
        let print = ["/usr/bin/env", "-0"].map(str::to_owned).to_vec();
        let section = service(&manager.output())?;
        let text = unit(section.with("ExecStart", Value::Exec(ExecPrefix::None, print)))?;
        let lines = chunk.iter().map(|one| one.text).collect();
        let entries = entries(&manager.home().join(format!("v{number}.env")), lines)?;
        manager.add(&format!("v{number}.service"), &(text + &entries))?;
    }
    let home = manager.run(bench)?;
    let outputs = (0..chunks(&all).len()).map(|number| printed(&home.path().join(format!("output{number}"))));
    let printed = outputs.collect::<Result<Vec<_>, _>>()?.concat();
    let found: BTreeMap<&str, &str> = printed.iter().filter_map(|line| line.split_once('=')).collect();
    Ok(written.outcomes(place, |at| found.get(format!("V{at}").as_str()).map(|text| (*text).to_owned())))
}

fn text(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let written = Written::new(
        values,
        writer,
        |_, value| rendered(Value::Text(value.to_owned())),
        |_, value| value.to_owned(),
    );
    let folder = scratch()?;
    let mut names = Vec::new();
    for one in written.all() {
        let name = format!("v{}.target", one.at);
        let text = format!("[Unit]\nDefaultDependencies=no\nDescription={}\n", one.text);
        fs::write(folder.path().join(&name), text).map_err(Fault::io("cannot write a unit"))?;
        names.push(name);
    }
    // It prints the units that it has loaded where it is told to say all.
    let analyze = bench.tool("systemd-analyze")?.at(folder.path()).env("SYSTEMD_LOG_LEVEL", "debug");
    let run = analyze.args(["verify", "--man=no"]).args(&names).run()?;
    let mut loaded = BTreeMap::new();
    let mut unit = "";
    for line in run.stdout.split('\n') {
        if let Some(name) = line.strip_prefix("\t-> Unit ") {
            unit = name.trim_end_matches(':');
        } else if let Some(description) = line.strip_prefix("\t\tDescription: ") {
            // What has no description is described by its name.
            loaded.insert(unit.to_owned(), if description == unit { "" } else { description }.to_owned());
        }
    }
    if loaded.is_empty() {
        return Err(Fault::Missing(format!("needs a systemd-analyze that can load units\n{}", run.stderr)));
    }
    Ok(written.outcomes("Description", |at| loaded.get(&format!("v{at}.target")).cloned()))
}

/// What stands after the key.
fn rendered(value: Value) -> Result<String, Error> {
    let text = Unit::new("").section(Section::new("S").with("K", value)).render()?;
    Ok(text.trim_end_matches('\n').split_once("K=").map(|(_, value)| value.to_owned()).unwrap_or_default())
}

/// A unit that ends with this section.
fn unit(section: Section) -> Result<String, Fault> {
    Unit::new("").section(alone()).section(section).render().map_err(super::unwritten)
}
