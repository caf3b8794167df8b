//! `netgen keys`
//!
//! Looks first and writes last: when one key has a problem, nothing is written at all. A key that is
//! there is read, and never written again.

mod crypt;
mod store;

use std::collections::BTreeMap;
use std::path::Path;

use self::crypt::Crypt;
use self::store::{Found, Store};
use super::args::Keys as Args;
use super::exit::Exit;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::compile_to_plan;
use crate::identity::{Identity, KeyPlace, PublicKey, SecretKey};
use crate::lock::{Lock, LockedIdentity, WantedIdentity, wanted_identities};
use crate::text::SourceMap;
use crate::topology::SecretSource;
use crate::world::World as _;

/// What is done about one identity.
enum Step {
    /// It is in the lock, and what is known of its key agrees.
    Keep,
    /// Its key is there, but not in the lock.
    Add(Identity),
    /// It has no key yet.
    Make,
}

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let input = input(&args.source)?;
    let compilation = compile_to_plan(&RealWorld, &input, args.source.lints.options(true, output)?);
    let exit = output.findings(&compilation);
    let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) else { return Ok(exit) };
    let wanted = wanted_identities(&plan.topology);
    let mut lock = read(&input.lock)?;
    let crypt = Crypt::new(args)?;
    let store = Store::new(Path::new(input.folder()), args.out.as_deref(), crypt)?;
    let given = given(args, &wanted)?;

    let mut steps = Vec::new();
    let mut problems = Vec::new();
    let known = lock.identities();
    for identity in &wanted {
        let locked = known.get(&identity.service, &identity.name);
        match step(&store, identity, locked, &given) {
            Ok(step) => steps.push((identity, step)),
            Err(why) => problems.push(format!("`{}` of `{}`: {why}", identity.name, identity.service)),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::new(Exit::Findings, problems.join("\nerror: ")));
    }
    let missing: Vec<String> = steps
        .iter()
        .filter(|(_, step)| !matches!(step, Step::Keep))
        .map(|(identity, _)| format!("`{}` of `{}`", identity.name, identity.service))
        .collect();
    if args.check && !missing.is_empty() {
        let listed = crate::diag::list_names(missing.iter().map(|text| text.trim_matches('`')), 8);
        return Err(Failure::new(
            Exit::Lock,
            format!(
                "{}: {} identities are missing: {listed}; `netgen keys` adds them",
                input.lock,
                missing.len()
            ),
        ));
    }

    let mut plain = false;
    let mut made = 0;
    let mut failure = None;
    for (wanted, step) in &steps {
        let identity = match step {
            Step::Keep => continue,
            Step::Add(identity) => identity.clone(),
            Step::Make => match make(&store, wanted) {
                Ok(identity) => {
                    made += 1;
                    identity
                }
                // What was made before goes into the lock, or nobody would know whose it is.
                Err(why) => {
                    failure = Some(why);
                    break;
                }
            },
        };
        plain |= matches!(identity.place, KeyPlace::File(_)) && matches!(step, Step::Make);
        output.note(&format!(
            "{} {}: {}{}",
            wanted.service,
            wanted.name,
            identity.public.name(),
            place(&identity.place)
        ));
        let entry = LockedIdentity::new(&identity);
        lock.identity.entry(wanted.service.clone()).or_default().insert(wanted.name.clone(), entry);
    }
    lock.keep_identities(&plan.topology);
    let text = lock.to_toml();
    let current = RealWorld.read(&input.lock).ok();
    if current.as_deref() != Some(text.as_bytes()) && !args.check {
        super::lock::replace(Path::new(&input.lock), &text)?;
    }
    output.note(&format!("{}: {} identities, {made} keys made", input.lock, wanted.len()));
    if plain {
        output.note(&format!(
            "`{folder}/` holds secret keys: keep a copy in a safe place, and the folder out of version control: \
             put `{folder}/` into `.gitignore`, or make keys with `--encrypt`",
            folder = store.shown()
        ));
    }
    failure.map_or(Ok(Exit::Ok), Err)
}

fn place(place: &KeyPlace) -> String {
    match place {
        KeyPlace::File(path) | KeyPlace::Sops(path) | KeyPlace::Age(path) => format!(" in {path}"),
        KeyPlace::Manifest => String::new(),
    }
}

/// Public keys of the command line, by (service, identity).
fn given(args: &Args, wanted: &[WantedIdentity]) -> Result<BTreeMap<(String, String), PublicKey>, Failure> {
    let mut given = BTreeMap::new();
    for text in &args.public {
        let usage = |why: &str| Failure::new(Exit::Usage, format!("`--public {text}`: {why}"));
        let (whose, hex) = text.split_once('=').ok_or_else(|| usage("write `<service>/<identity>=<hex>`"))?;
        let (service, name) =
            whose.split_once('/').ok_or_else(|| usage("write `<service>/<identity>=<hex>`"))?;
        let identity = wanted
            .iter()
            .find(|w| w.service == service && w.name == name)
            .ok_or_else(|| usage("no service has such an identity"))?;
        let key = PublicKey::from_hex(identity.key, hex).map_err(|why| usage(&why.to_string()))?;
        given.insert((service.to_owned(), name.to_owned()), key);
    }
    Ok(given)
}

/// What is to be done, or why nothing can be.
fn step(
    store: &Store,
    wanted: &WantedIdentity,
    locked: Option<&Identity>,
    given: &BTreeMap<(String, String), PublicKey>,
) -> Result<Step, String> {
    let found = match &wanted.declared {
        Some(SecretSource::File(path)) => {
            let key = store.read(path, wanted)?;
            Found::Here(Identity { public: key.public(), place: KeyPlace::Manifest })
        }
        Some(_) => match given.get(&(wanted.service.clone(), wanted.name.clone())) {
            Some(public) => Found::Here(Identity { public: public.clone(), place: KeyPlace::Manifest }),
            None if locked.is_some() => Found::Elsewhere,
            None => {
                return Err(format!(
                    "the manifest keeps its key elsewhere; tell the public half: `--public {}/{}=<hex>`",
                    wanted.service, wanted.name
                ));
            }
        },
        None => store.find(wanted, locked)?,
    };
    match (found, locked) {
        (Found::Here(identity), Some(locked)) if identity.public != locked.public => Err(format!(
            "the lock has another identity than its key{}; put the right key there, or take the entry out of the lock",
            place(&identity.place)
        )),
        (Found::Here(identity), Some(locked)) if identity == *locked => Ok(Step::Keep),
        (Found::Here(identity), _) => Ok(Step::Add(identity)),
        (Found::Elsewhere, _) | (Found::Nowhere, Some(_)) => Ok(Step::Keep),
        (Found::Nowhere, None) => Ok(Step::Make),
    }
}

fn make(store: &Store, wanted: &WantedIdentity) -> Result<Identity, Failure> {
    let failed = |why: String| Failure::new(Exit::Io, why);
    let key = SecretKey::generate(wanted.key, getrandom::fill)
        .map_err(|error| failed(format!("the system gives no random bytes: {error}")))?
        .ok_or_else(|| failed("the system's random bytes cannot be used".to_owned()))?;
    let place = store.write(wanted, &key).map_err(failed)?;
    Ok(Identity { public: key.public(), place })
}

/// The lock as it is; broken ones were reported with the findings.
fn read(path: &str) -> Result<Lock, Failure> {
    let Ok(bytes) = RealWorld.read(path) else { return Ok(Lock::empty()) };
    let text = String::from_utf8_lossy(&bytes);
    let (mut sources, mut sink) = (SourceMap::default(), crate::diag::Sink::new());
    Lock::read(path, &text, &mut sources, &mut sink)
        .ok_or_else(|| Failure::new(Exit::Lock, format!("{path} cannot be used")))
}
