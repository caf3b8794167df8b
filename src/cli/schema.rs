//! `netgen schema`

use clap::ValueEnum as _;
use serde_json::Value;

use super::args::{Schema as Args, SchemaName};
use super::exit::Exit;
use super::output::Output;
use super::{Failure, Outcome};
use crate::analyze::Analysis;
use crate::bundle;
use crate::catalog::alerts::{AlertPack, Dashboard};
use crate::catalog::chain::Chain;
use crate::catalog::component::Component;
use crate::check::reference;
use crate::diag::render::json::Report;
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::schema;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let Some(folder) = &args.write else {
        output.data(&schema::to_text(&of(args.name)));
        return Ok(Exit::Ok);
    };
    let schemas = SchemaName::value_variants()
        .iter()
        .map(|name| (format!("{}.schema.json", word(*name)), schema::to_text(&of(*name))));
    for (name, text) in schemas.chain([(reference::FILE.to_owned(), reference::document())]) {
        let file = folder.join(name);
        std::fs::write(&file, text)
            .map_err(|error| Failure::new(Exit::Io, format!("cannot write `{}`: {error}", file.display())))?;
    }
    Ok(Exit::Ok)
}

fn word(name: SchemaName) -> String {
    name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn of(name: SchemaName) -> Value {
    match name {
        SchemaName::Network => schema::of::<Manifest>(),
        SchemaName::Overlay => schema::partial(of(SchemaName::Network), "netgen manifest, a part"),
        SchemaName::Component => schema::of::<Component>(),
        SchemaName::Alerts => schema::of::<AlertPack>(),
        SchemaName::Dashboard => schema::of::<Dashboard>(),
        SchemaName::Chain => schema::of::<Chain>(),
        SchemaName::Lock => schema::of::<Lock>(),
        SchemaName::Bundle => schema::of::<bundle::Manifest>(),
        SchemaName::Diagnostics => schema::of::<Report>(),
        SchemaName::Analysis => schema::of::<Analysis>(),
    }
}
