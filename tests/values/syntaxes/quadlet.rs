//! Quadlet files: what podman is told once Quadlet has made units of them and systemd has started
//! those.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use netgen::emit::format::Error;
use netgen::emit::format::systemd::{Section, Unit, Value};

use super::manager::{self, Manager, chunks, printed, service};
use super::written::{One, Written};
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault};

/// What it takes to hold podman against the files.
pub const TOOLS: &[&str] = &["quadlet", PODMAN, "unshare", manager::SYSTEMD];

/// Quadlet knows no other.
const PODMAN: &str = "/usr/bin/podman";

/// Words of `Exec=`.
pub const EXEC: Syntax =
    Syntax { name: "quadlet_exec", tools: TOOLS, read: exec, mistaken: "$$", refusable: no_word };

/// `Environment=`.
pub const ENVIRONMENT: Syntax = Syntax {
    name: "quadlet_environment",
    tools: TOOLS,
    read: environment,
    mistaken: "$$",
    refusable: no_container_text,
};

/// `Label=`.
pub const LABEL: Syntax =
    Syntax { name: "quadlet_label", tools: TOOLS, read: label, mistaken: "$$", refusable: no_container_text };

/// Text that Quadlet does not split, as `AddHost=`.
pub const TEXT: Syntax =
    Syntax { name: "quadlet_text", tools: TOOLS, read: text, mistaken: "$$", refusable: no_text };

/// No argument of a process holds a NUL, systemd refuses files with what Unicode keeps for no text, and
/// Quadlet writes the control characters beyond ASCII as bytes that are no UTF-8.
fn no_container_text(value: &str) -> bool {
    let noncharacter = |c| u32::from(c) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c);
    value.contains(|c: char| c == '\0' || (c.is_control() && !c.is_ascii()) || noncharacter(c))
}

/// Quadlet drops an empty argument and all after it, and passes a lone `;` on to systemd, for which it
/// ends the command.
fn no_word(value: &str) -> bool {
    no_container_text(value) || value.is_empty() || value == ";"
}

/// Such text ends with its line and loses white space at its ends, and quotes around the whole of it.
fn no_text(value: &str) -> bool {
    no_container_text(value)
        || value.chars().any(|c| c.is_control() && c != '\t')
        || value.trim() != value
        || value.ends_with('\\')
        || (value.starts_with('"') && value.ends_with('"'))
}

fn exec(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let one = |_, value: &str| entry("Exec", Value::ContainerArgs(vec![value.to_owned()]));
    let written = Written::new(values, writer, one, |_, value| value.to_owned());
    let entries = |chunk: &[One<'_>]| match writer {
        Writer::Netgen => {
            let words = chunk.iter().map(|one| one.value.to_owned());
            entry("Exec", Value::ContainerArgs(words.collect())).map_err(super::unwritten)
        }
        Writer::Naive => {
            Ok(format!("Exec={}\n", chunk.iter().map(|one| one.text).collect::<Vec<_>>().join(" ")))
        }
    };
    let told = told(bench, &written, entries)?;
    let mut back = BTreeMap::new();
    for (chunk, words) in chunks(&written.all()).into_iter().zip(told) {
        let command = words.split(|word| word == IMAGE).next_back().unwrap_or_default();
        back.extend(chunk.iter().map(|one| one.at).zip(command.iter().cloned()));
    }
    Ok(written.outcomes("Exec", |at| back.get(&at).cloned()))
}

fn environment(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    pairs(bench, writer, values, "Environment", "--env")
}

fn label(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    pairs(bench, writer, values, "Label", "--label")
}

fn pairs(
    bench: &Bench,
    writer: Writer,
    values: &[String],
    key: &'static str,
    option: &str,
) -> Result<Vec<Outcome>, Fault> {
    let one = |at, value: &str| entry(key, Value::ContainerPair(format!("V{at}"), value.to_owned()));
    let written = Written::new(values, writer, one, |at, value| format!("{key}=V{at}={value}\n"));
    named(bench, &written, key, option, '=')
}

fn text(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    // The text alone may be refused; in the file it has a name before it.
    let one = |at, value: &str| {
        entry("AddHost", Value::ContainerText(value.to_owned()))?;
        entry("AddHost", Value::ContainerText(format!("V{at}:{value}")))
    };
    let written = Written::new(values, writer, one, |at, value| format!("AddHost=V{at}:{value}\n"));
    named(bench, &written, "AddHost", "--add-host", ':')
}

/// Options that name their values.
fn named(
    bench: &Bench,
    written: &Written<'_>,
    key: &'static str,
    option: &str,
    between: char,
) -> Result<Vec<Outcome>, Fault> {
    let told = told(bench, written, |chunk| Ok(chunk.iter().map(|one| one.text).collect()))?.concat();
    let options = told.windows(2).filter(|two| two[0] == option);
    let found: BTreeMap<&str, &str> = options.filter_map(|two| two[1].split_once(between)).collect();
    Ok(written.outcomes(key, |at| found.get(format!("V{at}").as_str()).map(|text| (*text).to_owned())))
}

const IMAGE: &str = "registry.example.net/image:1";

/// The arguments of podman, for each chunk of the values.
fn told(
    bench: &Bench,
    written: &Written<'_>,
    entries: impl Fn(&[One<'_>]) -> Result<String, Fault>,
) -> Result<Vec<Vec<String>>, Fault> {
    let mut manager = Manager::new()?;
    let quadlets = manager.home().join("quadlets");
    fs::create_dir(&quadlets).map_err(Fault::io("cannot make a folder"))?;
    let all = written.all();
    let count = chunks(&all).len();
    for (number, chunk) in chunks(&all).into_iter().enumerate() {
        let service = service(&manager.output())?;
        let file = Unit::new("")
            .section(manager::alone())
            .section(service)
            .section(Section::new("Container").with("Image", Value::ContainerText(IMAGE.to_owned())));
        let text = file.render().map_err(super::unwritten)? + &entries(chunk)?;
        fs::write(quadlets.join(format!("v{number}.container")), text)
            .map_err(Fault::io("cannot write a file"))?;
        manager.start(format!("v{number}.service"));
    }
    generate(bench, &quadlets, &manager.units_folder())?;
    stand_in(&mut manager);
    let home = manager.run(bench)?;
    (0..count).map(|number| printed(&home.path().join(format!("output{number}")))).collect()
}

/// Has Quadlet make units of the files of a folder.
pub fn generate(bench: &Bench, quadlets: &Path, units: &Path) -> Result<(), Fault> {
    let quadlet = bench.tool("quadlet")?.env("QUADLET_UNIT_DIRS", quadlets);
    quadlet.args(["-user", "-no-kmsg-log"]).args([units]).run()?.accepted()
}

/// Puts a program in the place of podman that prints what it is told to run, and does nothing for what
/// else it is told.
pub fn stand_in(manager: &mut Manager) {
    let program = manager.home().join("podman");
    crate::program::write(&program, "#!/bin/sh\n[ \"$1\" != run ] || printf '%s\\0' \"$@\"\n");
    manager.stand_in(program, PODMAN);
}

/// One line of a file.
fn entry(key: &str, value: Value) -> Result<String, Error> {
    let text = Unit::new("").section(Section::new("Container").with(key.to_owned(), value)).render()?;
    Ok(text.strip_prefix("[Container]\n").unwrap_or(&text).to_owned())
}
