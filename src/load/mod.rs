//! From files and the command line to one tree.
//!
//! `files` reads manifests, overlays and what they include; `value::overlay` lays them over each
//! other; `set` adds what `--set` says; `variables` and `substitute` replace `${name}`. What comes out
//! has neither `include` nor `variables` any more: the same network gives the same tree, however it
//! is spread over files.

mod files;
mod input;
mod path;
mod set;
mod sniff;
mod substitute;
mod variables;

pub mod dotted;

use std::collections::{BTreeMap, BTreeSet};

pub use input::{ENVIRONMENT_PREFIX, Input, STDIN};
pub use path::{folder_of, join};
pub use variables::{Giver, Value, Values};

use self::files::Files;
use self::substitute::Substituted;
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{SourceId, SourceMap, Span};
use crate::value::{self, Node};
use crate::world::World;

/// A manifest in one tree.
#[derive(Debug)]
pub struct Loaded {
    /// The tree. Each value has the place where it stands, and what it replaced.
    pub tree: Node,
    /// Which entry of an `include:` brought in a source.
    pub included_by: BTreeMap<SourceId, Span>,
    /// The sources that are `--set` arguments.
    pub sets: BTreeSet<SourceId>,
    /// The variables with their values.
    pub variables: Values,
    substituted: Substituted,
}

/// Reads and merges everything. `None` where a file could not be read: nothing that follows could be
/// trusted.
pub fn load(world: &dyn World, input: &Input, sources: &mut SourceMap, sink: &mut Sink) -> Option<Loaded> {
    let mut files = Files::new(world, input.format, sources, sink);
    for path in &input.manifests {
        files.add(path);
    }
    let Files { layers, included_by, failed, .. } = files;
    if failed {
        return None;
    }
    let mut layers = layers.into_iter();
    let mut tree = layers.next()?;
    for layer in layers {
        value::overlay(&mut tree, layer, sink);
    }
    let mut sets = BTreeSet::new();
    for argument in &input.sets {
        sets.insert(set::apply(&mut tree, argument, sources, sink));
    }
    let variables = variables::take(&mut tree, input, sources, sink);
    let substituted = substitute::expand(&mut tree, &variables, sources, sink);
    Some(Loaded { tree, included_by, sets, variables, substituted })
}

impl Loaded {
    /// The SHA-256 input that stands for the manifest: its content as JSON with sorted keys. The same
    /// network in YAML, TOML and JSON, in one file or many, with or without comments, is the same.
    pub fn canonical(&self) -> String {
        canonical(&self.tree.to_json()).to_string()
    }

    /// The places of the values that variables put into the text at a place. Who hides the text as a
    /// possible secret must hide these too.
    pub fn behind(&self, place: Span) -> impl Iterator<Item = Span> + '_ {
        self.givers(place).filter_map(|(_, giver)| match giver {
            Giver::Argument(span) | Giver::Default(span) => Some(*span),
            Giver::Environment(_) => None,
        })
    }

    /// The variables in the text at a place, each with who gave its value.
    fn givers(&self, place: Span) -> impl Iterator<Item = (&str, &Giver)> {
        let names = self.substituted.places.get(&place).into_iter().flatten();
        names.filter_map(|name| Some((name.as_str(), &self.variables.get(name)?.giver)))
    }

    /// Makes findings fit to be shown: one that points at a variable says where its value comes from,
    /// and what only follows from a variable without a value is left out.
    pub fn explain(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let about_variables = [
            &codes::UNKNOWN_VARIABLE,
            &codes::UNSET_VARIABLE,
            &codes::VARIABLE_VALUE,
            &codes::BAD_VARIABLE,
            &codes::MISPLACED_VARIABLE,
            &codes::TOO_LARGE,
        ];
        let mut shown = Vec::with_capacity(findings.len());
        for mut finding in findings {
            let span = finding.span();
            if self.substituted.broken.contains(&span) && !about_variables.contains(&finding.rule) {
                continue;
            }
            for (name, giver) in self.givers(span) {
                finding = match giver {
                    Giver::Argument(span) | Giver::Default(span) => {
                        finding.label(*span, format!("the value of `{name}`"))
                    }
                    Giver::Environment(key) => {
                        finding.help(format!("the value of `{name}` is that of `{key}` in the environment"))
                    }
                };
            }
            shown.push(finding);
        }
        shown
    }
}

/// The same value with the keys of every map sorted.
fn canonical(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let sorted: BTreeMap<&String, serde_json::Value> =
                map.iter().map(|(key, value)| (key, canonical(value))).collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        serde_json::Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
