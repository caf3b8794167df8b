//! `netgen verify`

use std::path::Path;

use super::args::Verify as Args;
use super::exit::Exit;
use super::output::Output;
use super::progress::watched;
use super::world::{RealWorld, changed};
use super::{Failure, Outcome, lints};
use crate::bundle::{self, Manifest, Mismatch, Part, Sealed, TrustedKeys};
use crate::compile;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let changes = &args.changes;
    if args.rebuild.is_none()
        && !(changes.file.is_empty() && changes.set.is_empty() && changes.var.is_empty())
    {
        return Err(Failure::new(Exit::Usage, "`--file`, `--set` and `--var` belong to `--rebuild`"));
    }
    let shown = args.bundle.display().to_string();
    let keys = args.key.as_deref().map(trusted_keys).transpose()?;
    let io = |error: bundle::VerifyError| Failure::new(Exit::Io, error.to_string());
    let tree = bundle::open(&args.bundle).map_err(io)?;
    let mismatches = tree.verify().map_err(io)?;
    if !mismatches.is_empty() {
        return Err(told(&mismatches, output, &format!("{shown} is not as it was built")));
    }
    let manifest = tree.manifest().map_err(io)?;
    let mut remarks = vec!["complete and untouched".to_owned()];
    if let Some(keys) = &keys {
        let who = tree.signed_by(keys).map_err(|fault| {
            Failure::new(Exit::Findings, format!("{shown}: the signature does not count: {fault}"))
        })?;
        remarks.push(format!("signed by {who}"));
    } else if tree.has_signature() {
        remarks.push("signed, but by whom was not checked: `--key <file>` names who may".to_owned());
    }
    if args.production {
        fit_for_production(&manifest, &shown)?;
    }
    if let Some(rebuild) = &args.rebuild {
        let Some(rebuilt) = rebuilt(args, rebuild, &manifest, output)? else { return Ok(Exit::Findings) };
        let mismatches = tree.differs(&rebuilt);
        if !mismatches.is_empty() {
            let (by, this) = (&manifest.generator.version, env!("CARGO_PKG_VERSION"));
            let other =
                if by == this { String::new() } else { format!(" (it is of netgen {by}, this is {this})") };
            return Err(told(&mismatches, output, &format!("{shown} is not what `{rebuild}` gives{other}")));
        }
        remarks.push(format!("every byte as `{rebuild}` gives it"));
    }
    output.note(&format!("{shown}: {}", remarks.join("; ")));
    Ok(Exit::Ok)
}

/// One line a fault, and the sentence that ends the command.
fn told(mismatches: &[Mismatch], output: &Output, sentence: &str) -> Failure {
    output.report(&mismatches.iter().map(|mismatch| format!("{mismatch}\n")).collect::<String>());
    let count = mismatches.len();
    let faults = if count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
    Failure::new(Exit::Findings, format!("{sentence}: {faults}"))
}

fn trusted_keys(path: &Path) -> Result<TrustedKeys, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::Io, format!("cannot read `{shown}`: {error}")))?;
    TrustedKeys::parse(&text, lints::now()).map_err(|(line, why)| {
        let place = if line == 0 { String::new() } else { format!(", line {line}") };
        Failure::new(Exit::Usage, format!("`{shown}`{place}: {why}"))
    })
}

fn fit_for_production(manifest: &Manifest, shown: &str) -> Result<(), Failure> {
    let refuse = |why: &str| Err(Failure::new(Exit::Findings, format!("{shown} {why}")));
    if !manifest.header.pinned {
        return refuse("was built with `--allow-unlocked`: some images have no digest");
    }
    match &manifest.header.part {
        Some(Part { kept: true, .. }) => {
            refuse("was built in parts that do not fit together; build the whole bundle")
        }
        Some(_) => refuse("is a part of a bundle, built with `--only` or `--host`"),
        None => Ok(()),
    }
}

/// The bundle that the manifest gives, built in the same way; `None` where it gives none, which was
/// told.
fn rebuilt(
    args: &Args,
    rebuild: &String,
    manifest: &Manifest,
    output: &Output,
) -> Result<Option<Sealed>, Failure> {
    let input = changed(Some(rebuild), &args.changes)?;
    let options = args.lints.options(!manifest.header.pinned, output)?;
    let compilation = watched(output, "compiling", || compile(&RealWorld, &input, options));
    output.findings(&compilation);
    match (compilation.bundle, &manifest.header.part) {
        // A part that stands alone; one that went into another bundle must be what a whole build gives.
        (Some(sealed), Some(part)) if !part.kept => {
            let part = sealed.part(part.clone(), None);
            part.map(Some).map_err(|error| Failure::new(Exit::Findings, error.to_string()))
        }
        (sealed, _) => Ok(sealed),
    }
}
