//! nftables: strings of rules, as the kernel gives them back.

use std::collections::BTreeMap;
use std::fs;

use netgen::emit::format::nft;
use serde_json::Value;

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, Tool, scratch};

const TOOLS: &[&str] = &["nft", "unshare"];

/// Strings, in the one place that takes any text and does most with it.
pub const STRING: Syntax = Syntax {
    name: "nft_string",
    tools: TOOLS,
    read: string,
    mistaken: "a\" comment \"b",
    refusable: no_string,
};

/// Comments, which are cut and cleaned rather than refused.
pub const COMMENT: Syntax = Syntax {
    name: "nft_comment",
    tools: TOOLS,
    read: comment,
    mistaken: "a\"; accept comment \"b",
    refusable: |_| false,
};

/// A string has no escapes, a `$` in it names a variable, and the kernel has 127 bytes for it.
fn no_string(value: &str) -> bool {
    value.len() > 127 || value.chars().any(|c| c == '"' || c == '$' || c.is_control())
}

/// What is left of a text for people: quotes and control characters have a stand-in, and the kernel has
/// 128 bytes.
fn cleaned(value: &str) -> String {
    let mut cleaned = String::new();
    for c in value.chars() {
        let c = if c == '"' {
            '\''
        } else if c.is_control() {
            ' '
        } else {
            c
        };
        if cleaned.len() + c.len_utf8() > 128 {
            break;
        }
        cleaned.push(c);
    }
    cleaned
}

fn string(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let written =
        Written::new(values, writer, |_, value| nft::string(value), |_, value| format!("\"{value}\""));
    let rules = rules(bench, &written, |text| format!("log prefix {text}"))?;
    Ok(written.outcomes("a log prefix", |at| {
        rules.get(&at)?.pointer("/expr/1/log/prefix")?.as_str().map(str::to_owned)
    }))
}

fn comment(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let written =
        Written::new(values, writer, |_, value| Ok(nft::comment(value)), |_, value| format!("\"{value}\""));
    let rules = rules(bench, &written, |text| format!("comment {text}"))?;
    Ok(written
        .outcomes_of("a comment", cleaned, |at| rules.get(&at)?.get("comment")?.as_str().map(str::to_owned)))
}

/// How many rules the kernel takes at a time from somebody with few rights.
const AT_A_TIME: usize = 200;

/// The rules as the kernel has them, by the number of the value. A rule matches that number as a mark,
/// and ends as told.
fn rules(
    bench: &Bench,
    written: &Written<'_>,
    end: impl Fn(&str) -> String,
) -> Result<BTreeMap<usize, Value>, Fault> {
    let folder = scratch()?;
    for (number, chunk) in written.all().chunks(AT_A_TIME).enumerate() {
        let rules: String =
            chunk.iter().map(|one| format!("    meta mark {} {}\n", one.at, end(one.text))).collect();
        let text = format!("table inet values {{\n  chain c{number} {{\n{rules}  }}\n}}\n");
        fs::write(folder.path().join(format!("{number}.nft")), text)
            .map_err(Fault::io("cannot write rules"))?;
    }
    // An empty namespace, where nothing of this machine's is in the way.
    let script = "for file in *.nft; do nft -f \"$file\" || exit; done; nft -j list ruleset";
    let unshare = bench.tool("unshare")?.at(folder.path());
    if unshare.args(["--map-root-user", "--net", "nft", "list", "ruleset"]).run()?.accepted().is_err() {
        return Err(Fault::Missing("needs a network namespace for nft, and may not make one".to_owned()));
    }
    let unshare: Tool = bench.tool("unshare")?.at(folder.path());
    let run = unshare.args(["--map-root-user", "--net", "sh", "-c", script]).run()?;
    run.accepted()?;
    let listed: Value = super::parsed(&run.stdout)?;
    let rules = listed["nftables"].as_array().into_iter().flatten().filter_map(|item| item.get("rule"));
    let by_mark = rules.filter_map(|rule| {
        let mark = rule.pointer("/expr/0/match/right")?.as_u64()?;
        Some((usize::try_from(mark).ok()?, rule.clone()))
    });
    Ok(by_mark.collect())
}
