//! `netgen report`

use std::fs;
use std::path::Path;

use super::args::{Form, Report};
use super::diff::args::Diff as DiffArgs;
use super::diff::side;
use super::exit::Exit;
use super::output::Output;
use super::progress::watched;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::bundle::{self, File, NETWORK_JSON, REPORT_PAGE};
use crate::diff::{Side, SideKind, diff};
use crate::load::STDIN;
use crate::report::Sheet;
use crate::{Compilation, Options, compile, report};

pub(super) fn run(args: &Report, output: &Output) -> Outcome {
    let new = match subject(args, output)? {
        Ok(side) => side,
        Err(exit) => return Ok(exit),
    };
    let old = match &args.against {
        None => None,
        Some(other) => match side::one(other, Some(&new.name.name), &as_diff(args), output)? {
            Ok(side) => Some(side),
            Err(exit) => return Ok(exit),
        },
    };
    let difference = old.map(|old| diff(&old, &new));
    let mut files = Vec::new();
    for (path, file) in new.files.iter().filter(|(path, _)| report::is_board(path)) {
        files.push((path.as_str(), file.bytes().map_err(|error| Failure::new(Exit::Io, error.to_string()))?));
    }
    let boards = report::boards(files.iter().map(|(path, bytes)| (*path, &**bytes)));
    let sheet = match new.files.get(NETWORK_JSON).map(File::bytes).transpose() {
        Ok(network) => Sheet::of(&network.unwrap_or_default()),
        Err(error) => Err(error.to_string()),
    };
    let sheet = sheet.map_err(|error| Failure::new(Exit::Io, format!("`{NETWORK_JSON}`: {error}")))?;
    let page = sheet.page(&boards, difference.as_ref());
    if args.out.extension().is_some_and(|end| end == "html" || end == "htm") {
        write(&args.out, &page)?;
        output.note(&format!("{}: {}", args.out.display(), new.document.network_name()));
        return Ok(Exit::Ok);
    }
    fs::create_dir_all(&args.out).map_err(|error| {
        Failure::new(Exit::Io, format!("cannot make the folder `{}`: {error}", args.out.display()))
    })?;
    let index = args.out.join(Path::new(REPORT_PAGE).file_name().unwrap_or_default());
    write(&index, &page)?;
    for (name, picture) in report::pictures(&boards) {
        write(&args.out.join(name), &picture)?;
    }
    output.note(&format!(
        "{}: {}, {} dashboards",
        index.display(),
        new.document.network_name(),
        boards.len()
    ));
    Ok(Exit::Ok)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = bundle::replace_file(path, text.as_bytes());
    written.map(|_| ()).map_err(|error| Failure::new(Exit::Io, error.to_string()))
}

/// What is shown: what stands in a bundle, or what a manifest gives.
fn subject(args: &Report, output: &Output) -> Result<Result<Side, Exit>, Failure> {
    if let Some(named) = args.source.manifest.as_ref().filter(|named| *named != STDIN)
        && side::is_no_manifest(named)
    {
        if !args.source.changes.file.is_empty() || !args.source.changes.set.is_empty() {
            return Err(Failure::new(
                Exit::Usage,
                format!("`{named}` is no manifest: `--file` and `--set` have nothing to change there"),
            ));
        }
        return side::one(named, None, &as_diff(args), output);
    }
    let (input, options) = (input(&args.source)?, args.source.lints.options(true, output)?);
    let options = Options { keep_document: true, ..options };
    let compilation = watched(output, "compiling", || compile(&RealWorld, &input, options));
    let exit = output.findings(&compilation);
    let Compilation { bundle: Some(sealed), document: Some(document), .. } = compilation else {
        return Ok(Err(exit));
    };
    if exit != Exit::Ok {
        return Ok(Err(exit));
    }
    let name = args.source.manifest.as_deref().or(args.source.changes.file.first().map(String::as_str));
    let name = name.map_or_else(|| super::world::default_manifest().unwrap_or_default(), str::to_owned);
    Ok(Ok(Side::of_compiled(&name, SideKind::Manifest, sealed, document)))
}

/// What is laid over the manifest is laid over the other one, too.
fn as_diff(args: &Report) -> DiffArgs {
    DiffArgs {
        old: args.against.clone().unwrap_or_default(),
        new: args.source.manifest.clone(),
        manifest: None,
        file: args.source.changes.file.clone(),
        set: args.source.changes.set.clone(),
        var: args.source.changes.var.clone(),
        form: Form::Human,
        exit_code: false,
        fail_on: Vec::new(),
        rollout: None,
        lints: args.source.lints.clone(),
    }
}
