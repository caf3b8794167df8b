//! `netgen schema`

use clap::ValueEnum as _;
use serde_json::Value;

use super::args::{Schema as Args, SchemaName};
use super::exit::Exit;
use super::output::Output;
use super::world::RealWorld;
use super::{Failure, Outcome};
use crate::analyze::Analysis;
use crate::bundle;
use crate::catalog::alerts::AlertPack;
use crate::catalog::chain::Chain;
use crate::catalog::component::Component;
use crate::catalog::dashboard::Dashboard;
use crate::catalog::{Catalog, editor};
use crate::check::reference;
use crate::diag::Sink;
use crate::diag::render::json::Report;
use crate::diff::Diff;
use crate::lock::Lock;
use crate::model::Document;
use crate::schema::{self, for_editors};
use crate::text::SourceMap;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let Some(folder) = &args.write else {
        output.data(&schema::to_text(&of(args.name, "", output)));
        return Ok(Exit::Ok);
    };
    let failed = |what: &std::path::Path, error: std::io::Error| {
        Failure::new(Exit::Io, format!("cannot write `{}`: {error}", what.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let schemas = SchemaName::value_variants()
        .iter()
        .map(|name| (file_name(*name), schema::to_text(&of(*name, "", output))));
    for (name, text) in schemas.chain([(reference::FILE.to_owned(), reference::document())]) {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|error| failed(&file, error))?;
    }
    Ok(Exit::Ok)
}

/// The name of the file that holds a schema.
pub(super) fn file_name(name: SchemaName) -> String {
    let word = name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    format!("{word}.schema.json")
}

/// A schema. That of the manifest knows the components and chains beside the manifest in `folder`.
pub(super) fn of(name: SchemaName, folder: &str, output: &Output) -> Value {
    match name {
        SchemaName::Network => network(folder, output),
        SchemaName::Overlay => schema::partial(network(folder, output), "netgen manifest, a part"),
        SchemaName::Component => for_editors(schema::of::<Component>()),
        SchemaName::Alerts => for_editors(schema::of::<AlertPack>()),
        SchemaName::Dashboard => for_editors(schema::of::<Dashboard>()),
        SchemaName::Chain => for_editors(schema::of::<Chain>()),
        SchemaName::Lock => for_editors(schema::of::<Lock>()),
        SchemaName::Bundle => for_editors(schema::of::<bundle::Manifest>()),
        SchemaName::Diagnostics => for_editors(schema::of::<Report>()),
        SchemaName::Analysis => for_editors(schema::of::<Analysis>()),
        SchemaName::Diff => for_editors(schema::of::<Diff>()),
        SchemaName::ResolvedNetwork => for_editors(schema::of::<Document>()),
    }
}

fn network(folder: &str, output: &Output) -> Value {
    let mut catalog = Catalog::built_in();
    catalog.add_folder(&RealWorld, folder);
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let schema = editor::manifest_schema(&mut catalog, &RealWorld, &mut sources, &mut sink);
    for finding in sink.into_sorted() {
        output.note(&format!("left out of the schema: {}", finding.message));
    }
    schema
}
