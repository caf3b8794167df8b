//! PromQL, as Prometheus understands it.

use std::fs;

use netgen::emit::format::promql;
use serde_json::{Value, json};

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

const TOOLS: &[&str] = &["prometheus", "reader-python"];

/// Asks the queries of a file.
const ASK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/values/syntaxes/query.py");

/// Strings: Prometheus says what one holds. Alloy reads strings by the same rules, those of Go, and has
/// the same writer.
pub const STRING: Syntax =
    Syntax { name: "promql_string", tools: TOOLS, read: string, mistaken: "\\n", refusable: |_| false };

/// Patterns that match one text: Prometheus says whether a label matches.
pub const PATTERN: Syntax =
    Syntax { name: "promql_pattern", tools: TOOLS, read: pattern, mistaken: "a+", refusable: |_| false };

fn string(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let netgen = |_, value: &str| Ok(promql::string(value));
    let written = Written::new(values, writer, netgen, |_, value| format!("\"{value}\""));
    let answers = answers(bench, written.all().iter().map(|one| json!(one.text)).collect())?;
    Ok(written.outcomes("a string", |at| answers.get(at)?.pointer("/result/1")?.as_str().map(str::to_owned)))
}

fn pattern(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let netgen = |_, value: &str| Ok(promql::any_of([value]));
    let written = Written::new(values, writer, netgen, |_, value| promql::string(value));
    // A label of the value and one of nearly the same text get the mark where the pattern matches.
    let query = |label: &str, pattern: &str| {
        let literal = promql::string(&label.replace('$', "$$"));
        json!(format!(
            r#"label_replace(label_replace(vector(1), "v", {literal}, "", ""), "m", "yes", "v", {pattern})"#
        ))
    };
    let all = written.all();
    let queries =
        all.iter().flat_map(|one| [query(one.value, one.text), query(&format!("{}x", one.value), one.text)]);
    let answers = answers(bench, queries.collect())?;
    let matched = |at: usize| answers.get(at).map(|answer| answer.pointer("/result/0/metric/m").is_some());
    Ok(written.outcomes("a pattern", |at| {
        let value = values.get(at)?;
        match (matched(at * 2), matched(at * 2 + 1)) {
            (Some(true), Some(false)) => Some(value.clone()),
            (Some(true), _) => Some(format!("{value} and more")),
            _ => None,
        }
    }))
}

fn answers(bench: &Bench, queries: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let folder = scratch()?;
    fs::write(folder.path().join("queries.json"), Value::from(queries).to_string())
        .map_err(Fault::io("cannot write the queries"))?;
    let prometheus = bench.find("prometheus")?;
    let python = bench.tool("reader-python")?.at(folder.path());
    let run = python.args([ASK.as_ref(), prometheus.as_os_str()]).args(["queries.json"]).run()?;
    if run.accepted().is_err() {
        return Err(Fault::Trouble(run.rejection().text().to_owned()));
    }
    serde_json::from_str(&run.stdout).map_err(Fault::io("the answers are no JSON"))
}
