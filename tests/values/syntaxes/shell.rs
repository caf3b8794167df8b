//! Words of a shell script, as a command of it gets them.

use std::collections::BTreeMap;

use netgen::emit::format::shell;

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Read by the shell of Debian, which knows what POSIX says and little more.
pub const DASH: Syntax =
    Syntax { name: "sh", tools: &["dash"], read: dash, mistaken: "$HOME", refusable: holds_nul };

/// Read by Bash, which scripts of the bundle ask for.
pub const BASH: Syntax =
    Syntax { name: "bash", tools: &["bash"], read: bash, mistaken: "$HOME", refusable: holds_nul };

/// No argument of a process holds a NUL.
fn holds_nul(value: &str) -> bool {
    value.contains('\0')
}

fn dash(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    read(bench, "dash", writer, values)
}

fn bash(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    read(bench, "bash", writer, values)
}

fn read(bench: &Bench, shell: &str, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let netgen = |_, value: &str| Ok(shell::quote(value)?.into_owned());
    let written = Written::new(values, writer, netgen, |_, value| value.to_owned());
    let script: String =
        written.all().iter().map(|one| format!("printf '%s\\0' {} {} end\n", one.at, one.text)).collect();
    let folder = scratch()?;
    let file = folder.path().join("script");
    std::fs::write(&file, script).map_err(Fault::io("cannot write the script"))?;
    let run = bench.tool(shell)?.at(folder.path()).args([&file]).run()?;
    run.without_warning()?;
    // A word each: the number, the value, and the end.
    let words: Vec<&str> = run.stdout.split('\0').collect();
    let triples: BTreeMap<&str, &str> =
        words.chunks_exact(3).filter(|three| three[2] == "end").map(|three| (three[0], three[1])).collect();
    Ok(written.outcomes("a word", |at| triples.get(at.to_string().as_str()).map(|word| (*word).to_owned())))
}
