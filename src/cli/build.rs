//! `netgen build`

use super::args::Build as Args;
use super::exit::Exit;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::bundle::{self, Comparison, WriteReport};
use crate::diag::{Rule, codes};
use crate::{Compilation, compile};

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let input = input(&args.source)?;
    let compilation = compile(&RealWorld, &input, args.source.lints.options(args.allow_unlocked)?);
    let exit = output.findings(&compilation);
    let Some(sealed) = &compilation.bundle else { return Ok(refine(exit, &compilation)) };
    if args.check {
        let comparison =
            bundle::compare(sealed, &args.out).map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
        if comparison.is_current() {
            output.note(&format!("{}: up to date", args.out.display()));
            return Ok(Exit::Ok);
        }
        output.data(&differences(&comparison));
        return Err(Failure::new(
            Exit::Stale,
            format!(
                "the bundle is not what `{}` says; the same command without `--check` writes it anew",
                input.manifests.join("`, `")
            ),
        ));
    }
    let report =
        bundle::write(sealed, &args.out).map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
    output.note(&summary(&report));
    Ok(exit)
}

/// What the lock is to blame for.
static LOCK_RULES: [&Rule; 5] = [
    &codes::NOT_LOCKED,
    &codes::BAD_LOCK,
    &codes::PORT_NOT_LOCKED,
    &codes::IDENTITY_NOT_LOCKED,
    &codes::GENESIS_NOT_LOCKED,
];

/// Only what the lock is to blame for: that has its own exit code.
fn refine(exit: Exit, compilation: &Compilation) -> Exit {
    let mut errors = compilation.diagnostics.iter().filter(|d| d.is_error()).peekable();
    let any = errors.peek().is_some();
    if any && errors.all(|d| LOCK_RULES.contains(&d.rule)) { Exit::Lock } else { exit }
}

/// One line a file that is not what it should be, and why.
fn differences(comparison: &Comparison) -> String {
    let groups = [
        ("missing", &comparison.missing),
        ("left over", &comparison.extra),
        ("out of date", &comparison.outdated),
        ("edited by hand", &comparison.hand_edited),
    ];
    let mut lines: Vec<String> = groups
        .iter()
        .flat_map(|(word, paths)| paths.iter().map(move |path| format!("{path}: {word}\n")))
        .collect();
    lines.sort();
    lines.concat()
}

fn summary(report: &WriteReport) -> String {
    let shown = report.dest.display();
    if report.is_unchanged() {
        return format!("{shown}: {} files, nothing changed", report.unchanged.len());
    }
    let mut text = format!(
        "{shown}: {} files written, {} unchanged, {} removed",
        report.written.len(),
        report.unchanged.len(),
        report.removed.len()
    );
    for path in &report.edited {
        text.push_str(&format!("\n  {path}: was edited by hand, written anew"));
    }
    for path in &report.foreign {
        text.push_str(&format!("\n  {}: not written by netgen, kept", path.display()));
    }
    for path in &report.leftovers {
        text.push_str(&format!("\n  {}: a temporary folder that could not be removed", path.display()));
    }
    text
}
