//! What a side of a diff is named by, and how it becomes a bundle.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use super::super::Failure;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::progress::watched;
use super::super::world::{DEFAULT_NAMES, RealWorld, default_manifest, variables};
use super::args::Diff as Args;
use super::git::{self, GitWorld};
use crate::bundle::{self, BUNDLE_JSON, File};
use crate::diff::{Common, Half, Side, SideKind};
use crate::load::{STDIN, join};
use crate::world::World;
use crate::{Compilation, Input, Options, compile, compile_into, report};

/// The beginning of a side that is a revision.
const GIT: &str = "git:";

/// A side as it was named, before anything of it is read.
enum Named {
    /// A manifest, and the world that it is read from.
    Manifest(Place, String),
    /// A lock of it.
    Lock(Place, String),
    /// The folder or archive of a bundle.
    Bundle(String),
    /// The folder of a bundle in a revision.
    Committed(GitWorld, String),
}

/// Where files are.
#[derive(Clone)]
enum Place {
    Here,
    Revision(GitWorld),
}

impl Place {
    fn world(&self) -> &dyn World {
        match self {
            Self::Here => &RealWorld,
            Self::Revision(world) => world,
        }
    }
}

/// Both sides; the exit code of one that gives no bundle, which was told.
pub(super) fn sides(args: &Args, output: &Output) -> Result<[Result<Side, Exit>; 2], Failure> {
    let default = match &args.new {
        Some(new) => new.clone(),
        None => default_manifest()?,
    };
    if args.old == STDIN && default == STDIN {
        return Err(Failure::new(Exit::Usage, "standard input can be one side only"));
    }
    // `git:main` is the same manifest as the other side, at that revision.
    let path_of = |named: &Named| match named {
        Named::Manifest(Place::Here, path) if path != STDIN => Some(path.clone()),
        _ => None,
    };
    let (old, new) = if default.starts_with(GIT) {
        let old = named(&args.old, None)?;
        let new = named(&default, path_of(&old).as_deref())?;
        (old, new)
    } else {
        let new = named(&default, None)?;
        (named(&args.old, path_of(&new).as_deref())?, new)
    };
    let manifests = [manifest_for(&old, &new, args)?, manifest_for(&new, &old, args)?];
    let [of_old, of_new] = manifests;
    let common = Common::new(report::is_board);
    let [half_of_old, half_of_new] = common.halves();
    let what = format!("reading {} and {default}", args.old);
    let (old, new) = watched(output, &what, || {
        both(
            || side(&args.old, old, of_old, args, output, Some(half_of_old)),
            || side(&default, new, of_new, args, output, Some(half_of_new)),
        )
    });
    let mut sides = [told(&args.old, old?, output), told(&default, new?, output)];
    for (side, half) in sides.iter_mut().zip(common.halves()) {
        if let Ok(side) = side {
            half.give_back(side);
        }
    }
    Ok(sides)
}

/// Does two things at the same time. Each has a thread of its own: what one of the pool takes up while it
/// waits could be all of the other.
fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}

/// One side alone. `same` names the other one: where that is a manifest, `git:REV` is the same manifest.
pub(in crate::cli) fn one(
    text: &str,
    same: Option<&str>,
    args: &Args,
    output: &Output,
) -> Result<Result<Side, Exit>, Failure> {
    let same = same.filter(|path| *path != STDIN && !is_no_manifest(path));
    let named = named(text, same)?;
    let other = match same {
        Some(path) => Named::Manifest(Place::Here, path.to_owned()),
        None => Named::Bundle(String::new()),
    };
    let manifest = manifest_for(&named, &other, args)?;
    let made =
        watched(output, &format!("reading {text}"), || side(text, named, manifest, args, output, None))?;
    Ok(told(text, made, output))
}

/// Whether a text names a folder, an archive or a revision.
pub(in crate::cli) fn is_no_manifest(text: &str) -> bool {
    text.starts_with(GIT) || is_archive(text) || Path::new(text).is_dir()
}

fn usage(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, message)
}

/// What a text names. `same` is the manifest of the other side.
fn named(text: &str, same: Option<&str>) -> Result<Named, Failure> {
    if let Some(revision) = text.strip_prefix(GIT) {
        return of_revision(revision, same);
    }
    let path = Path::new(text);
    if text == STDIN {
        return Ok(Named::Manifest(Place::Here, text.to_owned()));
    }
    if path.is_dir() {
        if path.join(BUNDLE_JSON).is_file() {
            return Ok(Named::Bundle(text.to_owned()));
        }
        return match manifest_in(&RealWorld, text)? {
            Some(manifest) => Ok(Named::Manifest(Place::Here, manifest)),
            None => Err(usage(format!("`{text}` is no bundle, and no manifest is in it"))),
        };
    }
    if is_archive(text) {
        return Ok(Named::Bundle(text.to_owned()));
    }
    if !path.exists() {
        let revision = format!("{GIT}{text}");
        let help = if text.contains('/') || text.contains('.') {
            String::new()
        } else {
            format!("; a revision is written `{revision}`")
        };
        return Err(Failure::new(Exit::Io, format!("there is no `{text}`{help}")));
    }
    Ok(if is_lock(text) {
        Named::Lock(Place::Here, text.to_owned())
    } else {
        Named::Manifest(Place::Here, text.to_owned())
    })
}

/// `REV`, or `REV:PATH`; a path is relative to the top of the repository, `./` to this folder.
fn of_revision(text: &str, same: Option<&str>) -> Result<Named, Failure> {
    let (revision, path) = text.split_once(':').map_or((text, None), |(rev, path)| (rev, Some(path)));
    let world = GitWorld::open(revision).map_err(git_failure)?;
    let place = |world| Place::Revision(world);
    let Some(path) = path else {
        // Without a path: the manifest of the other side, else the one of this folder.
        let path = match same {
            Some(path) => path.to_owned(),
            None => manifest_in(&world, "")?.ok_or_else(|| {
                usage(format!("`{GIT}{text}` has no manifest in this folder; name it: `{GIT}{text}:PATH`"))
            })?,
        };
        return Ok(Named::Manifest(place(world), path));
    };
    let path = world.path_from_top(path).map_err(git_failure)?;
    if world.is_folder(&path) {
        if world.read(&join(&path, BUNDLE_JSON)).is_ok() {
            return Ok(Named::Committed(world, path));
        }
        let manifest = manifest_in(&world, &path)?;
        let manifest = manifest.ok_or_else(|| {
            usage(format!("`{GIT}{text}` is a folder with neither a bundle nor a manifest"))
        })?;
        return Ok(Named::Manifest(place(world), manifest));
    }
    if is_archive(&path) {
        return Err(usage(format!("`{GIT}{text}`: an archive is read from disk, not from a revision")));
    }
    Ok(if is_lock(&path) { Named::Lock(place(world), path) } else { Named::Manifest(place(world), path) })
}

fn git_failure(error: git::Trouble) -> Failure {
    Failure::new(if error.is_usage { Exit::Usage } else { Exit::Io }, error.message)
}

fn is_archive(path: &str) -> bool {
    path.ends_with(".tar.gz") || path.ends_with(".tgz")
}

fn is_lock(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "lock")
}

/// The manifest in a folder, by its usual names.
fn manifest_in(world: &dyn World, folder: &str) -> Result<Option<String>, Failure> {
    let found: Vec<String> =
        DEFAULT_NAMES.iter().map(|name| join(folder, name)).filter(|path| world.read(path).is_ok()).collect();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => {
            Err(usage(format!("several manifests: {}; name the one that is meant", several.join(", "))))
        }
    }
}

/// The manifest that a lock is for: that of the other side, else the one that was named, else the one
/// beside it.
fn manifest_for(side: &Named, other: &Named, args: &Args) -> Result<Option<(Place, String)>, Failure> {
    let Named::Lock(place, lock) = side else { return Ok(None) };
    if let Named::Manifest(place, manifest) = other {
        return Ok(Some((place.clone(), manifest.clone())));
    }
    if let Some(manifest) = &args.manifest {
        return Ok(Some((Place::Here, manifest.clone())));
    }
    // Two locks are compared on one manifest, the newer.
    let beside = |place: &Place, lock: &str| {
        let folder = lock.rsplit_once('/').map_or("", |(folder, _)| folder);
        manifest_in(place.world(), folder).map(|found| found.map(|manifest| (place.clone(), manifest)))
    };
    let found = match other {
        Named::Lock(Place::Here, other) if !matches!(place, Place::Here) => beside(&Place::Here, other)?,
        _ => beside(place, lock)?,
    };
    let help = "a lock is compared on a manifest: name it with `--manifest`, or as the other side";
    found.map(Some).ok_or_else(|| usage(help))
}

/// A side, or why it is none: nothing is told before both sides are made.
type Made = Result<Side, Box<Compilation>>;

/// Tells why a side is none.
fn told(shown: &str, made: Made, output: &Output) -> Result<Side, Exit> {
    made.map_err(|compilation| {
        if compilation.failed() {
            output.note(&format!("{shown}: it cannot be compared, for it has errors"));
        }
        output.findings(&compilation)
    })
}

fn side(
    shown: &str,
    named: Named,
    manifest: Option<(Place, String)>,
    args: &Args,
    output: &Output,
    half: Option<Half<'_>>,
) -> Result<Made, Failure> {
    let compiled = |kind, world: &dyn World, input: &Input| {
        // What is not locked yet can be compared all the same.
        let options = Options { keep_document: true, ..args.lints.options(true, output)? };
        let compilation = match &half {
            Some(half) => compile_into(world, input, options, half),
            None => compile(world, input, options),
        };
        Ok(match compilation {
            Compilation { bundle: Some(sealed), document: Some(document), .. } => {
                Ok(Side::of_compiled(shown, kind, sealed, document))
            }
            compilation => Err(Box::new(compilation)),
        })
    };
    let read = |kind, files| {
        let mut side = of_files(shown, kind, files)?;
        if let Some(half) = &half {
            half.take(&mut side);
        }
        Ok(Ok(side))
    };
    match (named, manifest) {
        (Named::Manifest(place, path), _) => compiled(SideKind::Manifest, place.world(), &input(&path, args)),
        (Named::Lock(place, lock), Some((of_manifest, manifest))) => {
            let mut input = input(&manifest, args);
            input.lock.clone_from(&lock);
            let world = TwoPlaces { lock: lock.clone(), of_lock: place, others: of_manifest };
            compiled(SideKind::Lock, &world, &input)
        }
        (Named::Lock(..), None) => Err(usage("a lock is compared on a manifest: name it with `--manifest`")),
        (Named::Bundle(path), _) => {
            let kind = if Path::new(&path).is_dir() { SideKind::Bundle } else { SideKind::Archive };
            let io = |error: bundle::VerifyError| Failure::new(Exit::Io, error.to_string());
            let tree = bundle::open(Path::new(&path)).map_err(io)?;
            match tree.into_whole().map_err(io)? {
                Ok(files) => read(kind, files),
                Err(first) => Err(Failure::new(
                    Exit::Findings,
                    format!("`{path}` is not as it was built: {first}; `netgen verify {path}` tells all"),
                )),
            }
        }
        (Named::Committed(world, folder), _) => {
            read(SideKind::Bundle, world.files_below(&folder).map_err(git_failure)?)
        }
    }
}

fn of_files(shown: &str, kind: SideKind, files: BTreeMap<String, File>) -> Result<Side, Failure> {
    Side::of_files(shown, kind, files)
        .map_err(|why| Failure::new(Exit::Findings, format!("`{shown}` cannot be compared: {why}")))
}

/// The input of a manifest, with what is laid over both sides.
fn input(manifest: &str, args: &Args) -> Input {
    let mut input =
        Input::of(std::iter::once(manifest.to_owned()).chain(args.file.iter().cloned()).collect());
    input.sets.clone_from(&args.set);
    input.variables.clone_from(&args.var);
    input.environment = variables();
    input
}

/// A lock from one place, all else from another.
struct TwoPlaces {
    lock: String,
    of_lock: Place,
    others: Place,
}

impl World for TwoPlaces {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        let place = if path == self.lock { &self.of_lock } else { &self.others };
        place.world().read(path)
    }

    fn list(&self, folder: &str) -> std::io::Result<Vec<String>> {
        self.others.world().list(folder)
    }

    fn canonical(&self, path: &str) -> std::io::Result<String> {
        self.others.world().canonical(path)
    }
}
