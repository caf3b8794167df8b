//! Mermaid: the labels that it draws.

use std::collections::BTreeMap;
use std::fs;

use netgen::emit::format::mermaid;

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Labels of nodes.
pub const SYNTAX: Syntax =
    Syntax { name: "mermaid", tools: &["mermaid-node"], read, mistaken: "a#35;b", refusable: |_| false };

/// Prints the labels of flowcharts.
const DRAW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/values/syntaxes/mermaid-labels.mjs");

/// How many values have a label of their own, from the first on.
const ALONE: usize = 600;

/// How many of the others share one: a label is slow to draw.
const TOGETHER: usize = 12;

/// How many labels a drawing has: Mermaid slows down with them.
const LABELS: usize = 100;

/// White space is shown as one space, and not at all at the ends of lines or where it has no width;
/// control characters cannot be shown, and empty lines at either end are left out.
fn shown(text: &str) -> Vec<String> {
    let space = |c: char| c.is_whitespace() || c.is_control() || c == '\u{FEFF}';
    let line = |line: &str| line.split(space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.replace('\u{200B}', "").split('\n').map(line).collect();
    let first = lines.iter().take_while(|line| line.is_empty()).count();
    let last = lines.iter().rev().take_while(|line| line.is_empty()).count();
    lines.into_iter().skip(first).rev().skip(last).rev().collect()
}

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let (alone, others) = values.split_at(values.len().min(ALONE));
    let groups: Vec<&[String]> = alone.chunks(1).chain(others.chunks(TOGETHER)).collect();
    let texts: Vec<String> = groups.iter().map(|group| group.join("\n")).collect();
    let node = |(at, text): (usize, &String)| match writer {
        Writer::Netgen => format!("  v{at}[{}]\n", mermaid::label(text)),
        Writer::Naive => format!("  v{at}[\"{text}\"]\n"),
    };
    let nodes: Vec<String> = texts.iter().enumerate().map(node).collect();
    let flowcharts: Vec<String> =
        nodes.chunks(LABELS).map(|nodes| format!("flowchart LR\n{}", nodes.concat())).collect();
    let folder = scratch()?;
    fs::write(folder.path().join("flowcharts.json"), serde_json::json!(flowcharts).to_string())
        .map_err(Fault::io("cannot write the flowcharts"))?;
    let run = bench.tool("mermaid-node")?.at(folder.path()).args([DRAW, "flowcharts.json"]).run()?;
    run.accepted()?;
    let drawn: Vec<BTreeMap<String, String>> =
        serde_json::from_str(&run.stdout).map_err(Fault::io("the labels are no JSON"))?;
    let labels: BTreeMap<String, String> = drawn.into_iter().flatten().collect();
    let mut outcomes = Vec::with_capacity(values.len());
    for (at, (group, text)) in groups.iter().zip(&texts).enumerate() {
        let label = labels.get(&format!("v{at}"));
        let same = label.is_some_and(|label| shown(label) == shown(text));
        let outcome =
            if same { Outcome::Kept } else { Outcome::Changed { place: "a label", to: label.cloned() } };
        outcomes.extend(group.iter().map(|_| outcome.clone()));
    }
    Ok(outcomes)
}
