//! Rules over the resolved network: legal, but it would not work, or not be wise.
//!
//! One rule a file. Its documentation has the headings What, Why, Bad and Good; the Bad and Good
//! blocks are whole manifests and are its tests, so the page that `netgen explain` prints cannot
//! drift from what the rule does. A block with `file=components/x/component.yaml` behind its syntax
//! is a further file of the same example; an example with a `netgen.lock` is built as locked.

mod address;
mod facts;
mod panels;
pub mod reference;
pub mod registry;
mod rules;
mod scraped;
mod tuning;
pub mod waivers;
mod watched;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use self::scraped::Scraped;
pub use self::watched::{Annotation, Asked, Watched, WatchedJob, What};

use crate::catalog::Catalog;
use crate::diag::{Rule, Sink};
use crate::manifest::{Date, Manifest};
use crate::template::Templates;
use crate::text::{SourceMap, Spanned};
use crate::topology::Topology;
use crate::world::World;

/// What a rule may look at.
pub struct Cx<'a> {
    /// The manifest as written.
    pub manifest: &'a Manifest,
    /// The network as resolved.
    pub topology: &'a Topology,
    /// The digests of the lock, by image reference.
    pub pins: &'a BTreeMap<String, Spanned<String>>,
    /// The platforms of the lock, by image reference, where they are known.
    pub platforms: &'a BTreeMap<String, Vec<String>>,
    /// The data of the components and chains; those in use are loaded.
    pub catalog: &'a Catalog,
    /// Expressions in component data.
    pub templates: &'a Templates,
    /// The texts, to point at a word inside a value.
    pub sources: &'a SourceMap,
    /// For files that the manifest names.
    pub world: &'a dyn World,
    /// The folder of the manifest; empty for the working folder.
    pub folder: &'a str,
    /// Whether every name and need was resolved. Where not, what is absent says nothing.
    pub resolved: bool,
    /// The day that last days are compared with; without it nothing is ever over.
    pub as_of: Option<Date>,
    /// What is scraped and asked for, as rendered; empty without monitoring.
    pub watched: &'a Watched,
    /// What rules derive from all this.
    pub derived: Derived<'a>,
}

/// What several rules derive from a network, each thing once; empty at the start.
#[derive(Default)]
pub struct Derived<'a> {
    scraped: OnceLock<Option<Scraped<'a>>>,
}

/// A rule and the function that looks for it.
pub struct Check {
    /// Its identity and documentation.
    pub rule: &'static Rule,
    /// Reports into the sink.
    pub run: fn(&Cx<'_>, &mut Sink),
}

/// Runs every rule, side by side; what they find stands in their order.
pub fn run(cx: &Cx<'_>, sink: &mut Sink) {
    cx.derive();
    let of = |check: &Check| {
        let mut own = sink.empty();
        (check.run)(cx, &mut own);
        own
    };
    let found: Vec<Sink> = registry::CHECKS.par_iter().with_max_len(1).map(of).collect();
    found.into_iter().for_each(|own| sink.absorb(own));
}
