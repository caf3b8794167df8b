//! Manifests of the generator that came with Load Network (`schema_version: 1`).
//!
//! Source: loadnetwork/ultramarine, `infra/gen/netgen/src/main.rs` and `infra/manifests/`.

mod convert;
mod format;
mod ports;
mod quantity;
mod refuse;

use crate::diag::{Diagnostic, Sink, codes};
use crate::schema;
use crate::template::Templates;
use crate::text::{SourceMap, Span};
use crate::value::{self, Format};

pub use self::format::Manifest;
pub use self::ports::{NodePorts, ports_of};

/// What the file does not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// When the chain begins, as `2026-12-01T12:00:00Z`. Without it, `now`, which is told.
    pub genesis_time: Option<String>,
    /// What is taken where `genesis_time` is not given.
    pub now: String,
    /// The file with the tokens of the archive, encrypted with sops, relative to the new manifest.
    pub secrets: String,
    /// The folder `bundle/private` with the keys of a network that runs, relative to the new manifest.
    /// Without it, `netgen keys` makes new ones.
    pub keys: Option<String>,
}

/// Converts a manifest. Reports everything that is wrong, and everything that is not carried over; `None`
/// where something is wrong.
pub fn import(
    name: &str,
    text: &str,
    options: &Options,
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> Option<String> {
    let id = sources.add(name, text);
    let syntax = Format::from_path(name).unwrap_or(Format::Yaml);
    let tree = value::parse(syntax, id, text, sink)?;
    let manifest: Manifest = schema::read(&tree, sink, |_| {})?;
    refuse::check(&manifest, sink);
    let ports = ports::of_all(&manifest, sink);
    let context = convert::context(name, &manifest, &ports, options, sink);
    if sink.has_errors() {
        return None;
    }
    match Templates::embedded().render("import/load-network.yaml.j2", &context) {
        Ok(text) => Some(text),
        // A test renders it with everything that the format has.
        Err(error) => {
            sink.push(Diagnostic::new(&codes::BAD_TEMPLATE, Span::at(id, 0), error.message));
            None
        }
    }
}
