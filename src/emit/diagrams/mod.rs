//! Diagrams of the topology: one view, several syntaxes.

mod dot;
mod mermaid;
mod svg;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use view::{By, View, named};

use super::format::json;
use super::{Artifacts, EmitError, Emitter};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{ServiceId, Topology};

pub(super) struct Diagrams;

impl Emitter for Diagrams {
    fn id(&self) -> &'static str {
        "diagrams"
    }

    fn summary(&self) -> &'static str {
        "diagrams of the topology, as Mermaid and SVG"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let view = View::new(&plan.topology, None, None);
        out.text("diagrams/topology.mmd", mermaid::write(&view)?);
        out.text("diagrams/topology.svg", svg::write(&view));
        Ok(())
    }
}

/// The syntax of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// A Mermaid flowchart.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// A picture.
    Svg,
    /// The view as data.
    Json,
}

/// A diagram of a network; without `by`, by host, or by region where that is too much to see.
pub fn diagram(
    topology: &Topology,
    syntax: Syntax,
    by: Option<By>,
    focus: Option<&BTreeSet<ServiceId>>,
) -> Result<String, EmitError> {
    let view = View::new(topology, by, focus);
    Ok(match syntax {
        Syntax::Mermaid => mermaid::write(&view)?,
        Syntax::Dot => dot::write(&view),
        Syntax::Svg => svg::write(&view),
        Syntax::Json => json::pretty(&view)?,
    })
}
