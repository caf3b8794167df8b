//! Words of an HAProxy configuration, as its parser has split them.

use std::fs;

use netgen::emit::format::haproxy;

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Read back through variables that the configuration sets, from a script that it loads.
pub const SYNTAX: Syntax = Syntax {
    name: "haproxy",
    tools: &["haproxy"],
    read,
    mistaken: "a#b",
    refusable: is_long_or_has_controls,
};

/// A line has no escape for control characters in quotes, and only so much room.
fn is_long_or_has_controls(value: &str) -> bool {
    value.len() > 2000 || value.chars().any(char::is_control)
}

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let netgen = |_, value: &str| Ok(haproxy::quote(value)?.into_owned());
    let written = Written::new(values, writer, netgen, |_, value| value.to_owned());
    let folder = scratch()?;
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).map_err(Fault::io(format!("cannot write {name}")))
    };
    // A variable cannot be empty.
    let all = written.all();
    let set = all.iter().filter(|one| !one.value.is_empty());
    let lines: String = set.map(|one| format!("    setenv V{} {}\n", one.at, one.text)).collect();
    // A configuration that listens nowhere is refused.
    let listener = "listen l\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n";
    write("haproxy.cfg", &format!("global\n{lines}    lua-load print.lua\n{listener}"))?;
    let count = values.len();
    write(
        "print.lua",
        &format!("for at = 0, {count} do io.write(os.getenv('V' .. at) or '', '\\0') end\nio.write('end')\n"),
    )?;
    let run = bench.tool("haproxy")?.at(folder.path()).args(["-c", "-f", "haproxy.cfg"]).run()?;
    run.accepted()?;
    let printed: Vec<&str> = run.stdout.split('\0').collect();
    Ok(written.outcomes("a word", |at| printed.get(at).map(|word| (*word).to_owned())))
}
