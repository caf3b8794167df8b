//! A view as a graph for Graphviz.

use std::fmt::Write as _;

use super::view::{Class, Group, Shape, View};
use crate::emit::format::dot::string;

// Writing to a String cannot fail, so the results are let go.
pub(super) fn write(view: &View) -> String {
    let mut out = String::from("digraph network {\n");
    let _ = writeln!(out, "  graph [label={}, labelloc=t, rankdir=LR, compound=true];", string(&view.title));
    out.push_str("  graph [fontname=\"sans-serif\"];\n");
    out.push_str("  node [fontname=\"sans-serif\", style=filled, shape=box];\n");
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
    for part in &view.groups {
        group(part, "  ", &mut out);
    }
    for edge in &view.edges {
        let style = if edge.fallback { ", style=dashed" } else { "" };
        let _ = writeln!(out, "  {} -> {} [label={}{style}];", edge.from, edge.to, string(&edge.label));
    }
    out.push_str("}\n");
    out
}

fn group(part: &Group, indent: &str, out: &mut String) {
    // Graphviz draws a box around a subgraph if its name begins so.
    let _ = writeln!(out, "{indent}subgraph cluster_{} {{", part.id);
    let inner = format!("{indent}  ");
    let _ = writeln!(out, "{inner}label={};", string(&part.label));
    for part in &part.groups {
        group(part, &inner, out);
    }
    for item in &part.items {
        let shape = match item.shape {
            Shape::Box => "box",
            Shape::Store => "cylinder",
            Shape::Round => "ellipse",
        };
        let text = match item.detail.as_str() {
            "" => item.label.clone(),
            detail => format!("{}\n{detail}", item.label),
        };
        let colours = Class::COLOURS.iter().find(|(class, ..)| *class == item.class);
        let (fill, line) = colours.map_or(("white", "black"), |(_, fill, line)| (*fill, *line));
        let _ = writeln!(
            out,
            "{inner}{} [label={}, shape={shape}, fillcolor=\"{fill}\", color=\"{line}\"];",
            item.id,
            string(&text)
        );
    }
    let _ = writeln!(out, "{indent}}}");
}
