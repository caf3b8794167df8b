//! `netgen lock`
//!
//! Asks only for what is not pinned yet, and only here: the rest of netgen opens no connection. Nothing
//! is written unless every image has a digest and the network is sound with the new lock.

mod ask;
mod file;
mod given;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) use self::file::replace;

use self::ask::Job;
use self::file::{Old, WithLock};
use self::given::Given;
use super::args::Lock as Args;
use super::exit::Exit;
use super::output::Output;
use super::progress::watched;
use super::world::input;
use super::{Failure, Outcome};
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, list_names};
use crate::lock::{Lock, Pin, Wanted, given_ports, wanted};
use crate::plan::{Plan, pins as pins_of};
use crate::text::Spanned;
use crate::topology::ImageRef;
use crate::{Compilation, Options, compile_to_plan};

/// As many changes as are told one by one.
const MOST_TOLD: usize = 20;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let settings = ask::settings(&args.registries)?;
    let input = input(&args.source)?;
    let given = Given::read(args)?;
    let old = match file::read(&input.lock, output)? {
        Ok(old) => old,
        Err(conflict) => {
            output.diagnostics(&conflict.findings, &conflict.sources);
            return Ok(Exit::Lock);
        }
    };
    let mut world = WithLock::new(&input.lock);
    let options = args.source.lints.options(true, output)?;
    let renewing = Options { renew_lock: true, ..options.clone() };
    let mut first = watched(output, "compiling", || compile_to_plan(&world, &input, renewing));
    let (false, Some(plan), Some(loaded)) = (first.failed(), &first.plan, &first.loaded) else {
        return Ok(output.findings(&first));
    };
    let wanted = wanted(&plan.topology, &loaded.tree);
    let update = updated(&args.update, &wanted)?;

    let mut pins = BTreeMap::new();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for reference in wanted.keys() {
        // It was read from one, so it is one.
        let Ok(image) = ImageRef::parse(reference) else { continue };
        let known = old.lock.image.get(reference);
        let kept = known.filter(|_| !update.contains(reference.as_str()));
        match given.pin(reference, &image, known).or_else(|| kept.cloned()) {
            Some(pin) => drop(pins.insert(reference.clone(), pin)),
            None => jobs.push((reference, image)),
        }
    }
    if (args.offline || args.check) && !jobs.is_empty() {
        let missing: Vec<Diagnostic> =
            jobs.iter().map(|job| not_locked(job, &wanted, &given, args)).collect();
        return Ok(ended(&mut first, missing, output));
    }
    match ask::resolve(settings.clone(), &jobs, &wanted, output) {
        Ok(resolved) => pins.extend(resolved),
        Err(failures) => return Ok(ended(&mut first, failures, output)),
    }

    let new = renewed(&old.lock, plan, &wanted, pins);
    let text = new.to_toml();
    // The network once more, with the lock that would be: does every image exist where it runs?
    world.lock = Some(text.clone());
    let mut second = compile_to_plan(&world, &input, options);
    let mut moved = Vec::new();
    if args.online && !second.failed() {
        // For the lines of the lock as it stands in the file.
        let written = String::from_utf8_lossy(old.bytes.as_deref().unwrap_or_default()).into_owned();
        let lock = Lock::read(&input.lock, &written, &mut second.sources, &mut Sink::new());
        let jobs: Vec<Job<'_>> = wanted
            .keys()
            .filter_map(|reference| Some((reference.as_str(), ImageRef::parse(reference).ok()?)))
            .collect();
        moved = ask::moved(settings, &jobs, &wanted, &lock.unwrap_or_else(Lock::empty), output);
    }
    let exit = ended(&mut second, moved, output);
    let current = old.bytes.as_deref() == Some(text.as_bytes());
    if exit != Exit::Ok {
        return Ok(exit);
    }
    if args.check && !current {
        let why = differences(&old.lock, &new);
        let why = if why.is_empty() { String::new() } else { format!(":\n{}", why.join("\n")) };
        return Err(Failure::new(
            Exit::Lock,
            format!("{} is out of date; `netgen lock` writes it anew{why}", input.lock),
        ));
    }
    tell(&input.lock, &old, &new, current, output);
    if !current {
        replace(Path::new(&input.lock), &text)?;
    }
    Ok(Exit::Ok)
}

/// The references that are asked for again.
fn updated<'w>(names: &[String], wanted: &'w BTreeMap<String, Wanted>) -> Result<BTreeSet<&'w str>, Failure> {
    let mut update = BTreeSet::new();
    for name in names {
        let before = update.len();
        for (reference, asked) in wanted {
            let of_repository = ImageRef::parse(reference)
                .is_ok_and(|image| image.name == *name || image.qualified_name() == *name);
            if name.is_empty() || reference == name || of_repository || asked.services.contains(name) {
                update.insert(reference.as_str());
            }
        }
        if update.len() == before && !name.is_empty() {
            let known: Vec<&str> = wanted
                .iter()
                .flat_map(|(reference, asked)| {
                    let repository = reference.rsplit_once(':').map_or(reference.as_str(), |(name, _)| name);
                    [repository, reference].into_iter().chain(asked.services.iter().map(String::as_str))
                })
                .collect();
            let near = match did_you_mean(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", list_names(wanted.keys().map(String::as_str), 12)),
            };
            return Err(Failure::new(
                Exit::Usage,
                format!("`--update={name}`: no image, repository or service of this network; {near}"),
            ));
        }
    }
    Ok(update)
}

fn not_locked(
    (reference, _): &Job<'_>,
    wanted: &BTreeMap<String, Wanted>,
    given: &Given,
    args: &Args,
) -> Diagnostic {
    let place = wanted.get(*reference).map_or(crate::text::Span::nowhere(), |wanted| wanted.place);
    let names = given.names();
    let help = if args.check {
        "`netgen lock` asks its registry".to_owned()
    } else {
        "`netgen lock` without `--offline` asks its registry; without a network, give the digest with \
         `--pins FILE`, or the image with `--from-layout FOLDER`"
            .to_owned()
    };
    let finding =
        Diagnostic::new(&codes::NOT_LOCKED, place, format!("image `{reference}` has no digest in the lock"))
            .here("not pinned")
            .help(help);
    if names.is_empty() {
        finding
    } else {
        finding.help(format!("the layouts hold {}", list_names(names, 8)))
    }
}

/// Tells all findings, and gives the exit code that follows from them.
fn ended(compilation: &mut Compilation, more: Vec<Diagnostic>, output: &Output) -> Exit {
    let broken = compilation.failed();
    let of_registries = more.iter().any(|finding| finding.rule == &codes::UNRESOLVED);
    let any = !more.is_empty();
    compilation.diagnostics.extend(more);
    match output.findings(compilation) {
        Exit::Findings if !broken && of_registries => Exit::Io,
        Exit::Findings if !broken && any => Exit::Lock,
        exit => exit,
    }
}

/// The lock of a plan.
fn renewed(old: &Lock, plan: &Plan, wanted: &BTreeMap<String, Wanted>, pins: BTreeMap<String, Pin>) -> Lock {
    let mut image = pins;
    for (reference, pin) in &mut image {
        pin.wanted_by = wanted.get(reference).into_iter().flat_map(|w| w.paths.iter().cloned()).collect();
    }
    let genesis =
        plan.genesis.as_ref().map(|files| old.genesis.clone().unwrap_or_default().or(pins_of(files)));
    let mut new = Lock {
        version: Spanned::nowhere(crate::lock::VERSION),
        catalog: Some(env!("CARGO_PKG_VERSION").to_owned()),
        image,
        genesis,
        identity: old.identity.clone(),
        port: given_ports(&plan.topology),
    };
    new.keep_identities(&plan.topology);
    new
}

/// One line for what was done, and one for each image that changed.
fn tell(path: &str, old: &Old, new: &Lock, current: bool, output: &Output) {
    let ports: usize = new.port.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum();
    let content = format!("{} images, {ports} ports", new.image.len());
    let changes = differences(&old.lock, new);
    let state = if current { ", up to date" } else { "" };
    output.note(&format!("{path}: {content}{state}"));
    for line in changes.iter().take(MOST_TOLD) {
        output.note(line);
    }
    if changes.len() > MOST_TOLD {
        output.note(&format!("  and {} more", changes.len() - MOST_TOLD));
    }
    let unknown = new.image.values().filter(|pin| pin.platforms.is_none()).count();
    if unknown > 0 && !current {
        output.note(&format!(
            "  {unknown} of them without platforms, which nobody has said: `netgen lock --update` asks"
        ));
    }
}

/// What is another between two locks, for people.
fn differences(old: &Lock, new: &Lock) -> Vec<String> {
    let short = |digest: &str| digest.chars().take("sha256:".len() + 12).collect::<String>();
    let names: BTreeSet<&String> = old.image.keys().chain(new.image.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        match (old.image.get(name), new.image.get(name)) {
            (None, Some(pin)) => lines.push(format!("  {name}: {}", short(&pin.digest))),
            (Some(_), None) => lines.push(format!("  {name}: no longer used")),
            (Some(from), Some(to)) if from.digest != to.digest => {
                lines.push(format!("  {name}: {} -> {}", short(&from.digest), short(&to.digest)));
            }
            _ => {}
        }
    }
    lines
}
