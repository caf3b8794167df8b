//! A view as a Mermaid flowchart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::view::{Class, Group, Shape, View};
use crate::emit::format::mermaid::label;
use crate::emit::format::{Error, yaml};

// Writing to a String cannot fail, so the results are let go.
pub(super) fn write(view: &View) -> Result<String, Error> {
    let mut out = yaml::to_yaml(&BTreeMap::from([("title", &view.title)]))?;
    out.push_str("---\nflowchart LR\n");
    for part in &view.groups {
        group(part, "  ", &mut out);
    }
    for edge in &view.edges {
        let arrow = if edge.fallback { "-.->" } else { "-->" };
        let text = if edge.label.is_empty() { String::new() } else { format!("|{}|", label(&edge.label)) };
        let _ = writeln!(out, "  {} {arrow}{text} {}", edge.from, edge.to);
    }
    for (class, fill, line) in Class::COLOURS {
        let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{line},color:#111827", class.word());
    }
    Ok(out)
}

fn group(part: &Group, indent: &str, out: &mut String) {
    let _ = writeln!(out, "{indent}subgraph {}[{}]", part.id, label(&part.label));
    let inner = format!("{indent}  ");
    for part in &part.groups {
        group(part, &inner, out);
    }
    for item in &part.items {
        let (open, close) = match item.shape {
            Shape::Box => ("[", "]"),
            Shape::Store => ("[(", ")]"),
            Shape::Round => ("([", "])"),
        };
        let text = match item.detail.as_str() {
            "" => label(&item.label),
            detail => label(&format!("{}\n{detail}", item.label)),
        };
        let _ = writeln!(out, "{inner}{}{open}{text}{close}:::{}", item.id, item.class.word());
    }
    let _ = writeln!(out, "{indent}end");
}
