//! Graphviz: the text that it draws.

use std::collections::BTreeMap;
use std::fs;

use netgen::emit::format::dot;
use serde_json::Value;

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Labels of nodes.
pub const SYNTAX: Syntax =
    Syntax { name: "dot", tools: &["dot"], read, mistaken: "\\N", refusable: |_| false };

/// Control characters cannot be drawn, and of an empty line there is nothing to see.
fn drawn(value: &str) -> String {
    let clean: String = value.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    clean.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let written =
        Written::new(values, writer, |_, value| Ok(dot::string(value)), |_, value| format!("\"{value}\""));
    let folder = scratch()?;
    let nodes: String =
        written.all().iter().map(|one| format!("  v{} [label={}];\n", one.at, one.text)).collect();
    fs::write(folder.path().join("graph.dot"), format!("graph {{\n  node [pos=\"0,0\"];\n{nodes}}}\n"))
        .map_err(Fault::io("cannot write the graph"))?;
    // Places are given: to look for some takes long for so many nodes.
    let run = bench.tool("dot")?.at(folder.path()).args(["-Knop", "-n2", "-Tjson", "graph.dot"]).run()?;
    run.without_warning()?;
    let graph: Value = super::parsed(&run.stdout)?;
    let nodes = graph["objects"].as_array().into_iter().flatten();
    let found: BTreeMap<&str, String> =
        nodes.filter_map(|node| Some((node["name"].as_str()?, text(node)))).collect();
    Ok(written.outcomes_of("a label", drawn, |at| found.get(format!("v{at}").as_str()).cloned()))
}

/// What is drawn, line by line.
fn text(node: &Value) -> String {
    let drawn = node["_ldraw_"].as_array().into_iter().flatten();
    let lines = drawn.filter(|step| step["op"] == "T").filter_map(|step| step["text"].as_str());
    lines.collect::<Vec<_>>().join("\n")
}
