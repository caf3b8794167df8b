//! `netgen build`

use std::path::{Path, PathBuf};

use super::args::Build as Args;
use super::difference;
use super::exit::Exit;
use super::memory::{Memory, Standing};
use super::output::Output;
use super::progress::watched;
use super::verdict::{Verdict, cure};
use super::witness::Witness;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::bundle::{self, InMemory, Keep, Part, Sealed, SigningKey, Spool, WriteError, WriteReport};
use crate::diag::{Rule, codes, did_you_mean, list_names};
use crate::emit::EMITTERS;
use crate::{Compilation, compile, compile_into};

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let input = input(&args.source)?;
    let key = args.sign.as_deref().map(signing_key).transpose()?;
    let options = args.source.lints.options(args.allow_unlocked, output)?;
    let memory = Memory::new(args, &input, &options, output);
    if let Some(memory) = &memory
        && let Some(exit) = again(memory, args, &input.manifests, output)?
    {
        return Ok(exit);
    }
    // Where not just these files are to be written, and where they are read again, they stay in memory.
    let whole = args.only.is_empty() && args.host.is_empty() && args.archive.is_none();
    let spool = (whole && !args.check).then(|| Spool::new(&args.out));
    let keep: &dyn Keep = spool.as_ref().map_or(&InMemory, |spool| spool);
    let world = Witness::new(&RealWorld);
    let compiling = || compile_into(&world, &input, options.clone(), keep);
    let mut compilation = watched(output, "compiling", compiling);
    let exit = output.findings(&compilation);
    let Some(mut sealed) = compilation.bundle.take() else { return Ok(refine(exit, &compilation)) };
    if let Some(part) = part(args, &compilation)? {
        sealed = sealed
            .part(part, Some(&args.out))
            .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", args.out.display())))?;
    }
    let signed = |sealed: Sealed| match &key {
        Some(key) => sealed.signed(key).map_err(|error| Failure::new(Exit::Io, error.to_string())),
        None => Ok(sealed),
    };
    sealed = signed(sealed)?;
    let beside = beside(args, &sealed, &compilation)?;
    let remember = |sealed: &Sealed| {
        if let Some(memory) = memory {
            memory.remember(world, sealed, output.render(&compilation.diagnostics, &compilation.sources));
        }
    };
    if args.check {
        let exit = check(args, &sealed, &beside, &input.manifests, output)?;
        remember(&sealed);
        return Ok(exit);
    }
    let spool = spool.unwrap_or_else(|| Spool::new(&args.out));
    let mut written = watched(output, "writing", || output.stages().run("write", || spool.write(&sealed)));
    // Another build was first, and what was left to stand stands no more. It is made again, all of it.
    if let Err(WriteError::Changed(_)) = written
        && let Some(again) = compile(&RealWorld, &input, options).bundle
    {
        written = bundle::write(&signed(again)?, &args.out);
    }
    output.note(&summary(&written.map_err(|error| unwritten(args, &error))?));
    for (path, bytes) in &beside {
        let written = bundle::replace_file(path, bytes).map_err(|error| {
            let out = args.out.display();
            Failure::new(Exit::Io, format!("{error}; the new bundle stands whole at `{out}`"))
        })?;
        let what = if written { "written" } else { "nothing changed" };
        output.note(&format!("{}: {what}", path.display()));
    }
    remember(&sealed);
    // The program ends here: to take a large network apart again would only take time.
    std::mem::forget((compilation, sealed));
    Ok(exit)
}

/// What becomes of a bundle that stands there already; `None` where it does not, or no more.
fn again(
    memory: &Memory,
    args: &Args,
    manifests: &[String],
    output: &Output,
) -> Result<Option<Exit>, Failure> {
    let recall = || memory.recall(&RealWorld, args.check);
    let Some((known, standing)) = output.stages().run("recall", recall) else { return Ok(None) };
    let (bundle, before) = match standing {
        Standing::Untouched(looked) => {
            output.rendered(&known.findings);
            output.note(&if args.check { current(&args.out) } else { looked.said });
            return Ok(Some(Exit::Ok));
        }
        Standing::Whole(bundle, before) => (bundle, before),
    };
    if args.check {
        output.rendered(&known.findings);
        return check(args, &bundle, &[], manifests, output).map(Some);
    }
    let report = match output.stages().run("write", || bundle::write(&bundle, &args.out)) {
        Err(WriteError::Changed(_)) => return Ok(None),
        written => written.map_err(|error| unwritten(args, &error))?,
    };
    output.rendered(&known.findings);
    let said = summary(&report);
    output.note(&said);
    if let Some(before) = before.filter(|_| report.is_unchanged()) {
        memory.looked(known, before, said, report.foreign.is_empty());
    }
    Ok(Some(Exit::Ok))
}

fn unwritten(args: &Args, error: &WriteError) -> Failure {
    Failure::new(Exit::Io, format!("{error}; {}", error.standing(&args.out)))
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

fn signing_key(path: &Path) -> Result<SigningKey, Failure> {
    let shown = path.display();
    let text = std::fs::read(path)
        .map_err(|error| Failure::new(Exit::Io, format!("cannot read `{shown}`: {error}")))?;
    SigningKey::parse(&text)
        .map_err(|error| Failure::new(Exit::Usage, format!("`{shown}` cannot sign: {error}")))
}

/// What `--only` and `--host` mean; `None` where all is meant.
fn part(args: &Args, compilation: &Compilation) -> Result<Option<Part>, Failure> {
    let groups: Vec<&str> = EMITTERS.iter().map(|emitter| emitter.id()).collect();
    known("--only", &args.only, &groups)?;
    let hosts = compilation.plan.iter().flat_map(|plan| plan.topology.hosts.iter());
    known("--host", &args.host, &hosts.map(|host| host.name.as_str()).collect::<Vec<_>>())?;
    let all = args.only.is_empty() && args.host.is_empty();
    Ok((!all).then(|| Part::new(&args.only, &args.host)))
}

fn known(option: &str, names: &[String], known: &[&str]) -> Result<(), Failure> {
    let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let help = match did_you_mean(unknown, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", list_names(known.iter().copied(), 20)),
    };
    Err(Failure::new(Exit::Usage, format!("{option} {unknown}: there is no such name; {help}")))
}

/// The files that are made beside the bundle.
fn beside(
    args: &Args,
    sealed: &Sealed,
    compilation: &Compilation,
) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    let mut subject =
        vec![bundle::Input { path: bundle::SHA256SUMS.to_owned(), sha256: bundle::sha256(sealed.sums()) }];
    if let Some(path) = &args.archive {
        let moment = args.source.lints.source_date_epoch.unwrap_or_default();
        let bytes = bundle::pack(sealed, u64::try_from(moment).unwrap_or_default())
            .map_err(|error| Failure::new(Exit::Io, format!("cannot pack `{}`: {error}", path.display())))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        subject.push(bundle::Input { path: name, sha256: bundle::sha256(&bytes) });
        files.push((path.clone(), bytes));
    }
    if let Some(path) = &args.provenance {
        let statement = compilation.request.statement(&sealed.manifest().header, &subject);
        files.push((path.clone(), statement.to_json().into_bytes()));
    }
    Ok(files)
}

fn check(
    args: &Args,
    sealed: &Sealed,
    beside: &[(PathBuf, Vec<u8>)],
    manifests: &[String],
    output: &Output,
) -> Outcome {
    let comparison =
        bundle::compare(sealed, &args.out).map_err(|error| Failure::new(Exit::Io, error.to_string()))?;
    let mut stale = if Verdict::is_absent(&comparison) {
        format!("{}: missing\n", args.out.display())
    } else {
        difference::text(&comparison, sealed, &args.out)
    };
    for (path, bytes) in beside {
        let word = match std::fs::read(path) {
            Ok(there) if there == *bytes => continue,
            Ok(_) => "out of date",
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "missing",
            Err(error) => {
                return Err(Failure::new(Exit::Io, format!("cannot read `{}`: {error}", path.display())));
            }
        };
        stale.push_str(&format!("{}: {word}\n", path.display()));
    }
    for path in &comparison.foreign {
        output.note(&format!("{}: not written by netgen, and no part of the bundle", path.display()));
    }
    if stale.is_empty() {
        output.note(&current(&args.out));
        return Ok(Exit::Ok);
    }
    output.report(&stale);
    let verdict = Verdict::new(&comparison, sealed, &args.out);
    Err(Failure::new(Exit::Stale, verdict.message(&manifests.join("`, `"), &cure())))
}

/// The remark of `--check` where nothing is to be done.
fn current(out: &Path) -> String {
    format!("{}: up to date", out.display())
}

fn summary(report: &WriteReport) -> String {
    let shown = report.dest.display();
    let mut text = if report.is_unchanged() {
        format!("{shown}: {} files, nothing changed", report.unchanged.len())
    } else {
        format!(
            "{shown}: {} files written, {} unchanged, {} removed",
            report.written.len(),
            report.unchanged.len(),
            report.removed.len()
        )
    };
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
