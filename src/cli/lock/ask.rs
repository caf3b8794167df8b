//! Asking registries, and what is told when they do not answer as they should.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use super::super::args::Registries;
use super::super::exit::Exit;
use super::super::{Failure, Output};
use crate::diag::{Diagnostic, codes};
use crate::lock::{Lock, Pin, Wanted};
use crate::registry::{Client, Error, LoginFiles, Mirror, Places, Settings, each, insecure_host};
use crate::topology::ImageRef;

/// What the command line and the environment say about registries.
pub(super) fn settings(args: &Registries) -> Result<Settings, Failure> {
    let usage = |option: &str, why: String| Failure::new(Exit::Usage, format!("`{option}`: {why}"));
    let mut places = Places::default();
    for host in &args.insecure_registry {
        let host = insecure_host(host).map_err(|why| usage("--insecure-registry", why))?;
        places.insecure.insert(host);
    }
    for mirror in &args.registry_mirror {
        let mirror = Mirror::parse(mirror).map_err(|why| usage("--registry-mirror", why))?;
        places.mirrors.push(mirror);
    }
    if let Some(host) = places.plain_mirror() {
        let why = format!("`{host}` would be asked without TLS; allow it with `--insecure-registry {host}`");
        return Err(usage("--registry-mirror", why));
    }
    let logins = LoginFiles::from_environment(|name| env::var_os(name).map(PathBuf::from));
    Ok(Settings { places, logins, ..Settings::default() })
}

/// An image to ask for, with its reference as it stands in the lock.
pub(super) type Job<'a> = (&'a str, ImageRef);

/// Asks for each image; what could not be had is told at its place.
pub(super) fn resolve(
    settings: Settings,
    jobs: &[Job<'_>],
    wanted: &BTreeMap<String, Wanted>,
    output: &Output,
) -> Result<BTreeMap<String, Pin>, Vec<Diagnostic>> {
    let client = Client::new(settings);
    let answers = ask_all(jobs, output, |image| client.resolve(image));
    let mut failures = Failures::new(wanted);
    let mut pins = BTreeMap::new();
    for ((reference, _), answer) in jobs.iter().zip(answers) {
        match answer {
            Ok(resolved) => {
                pins.insert((*reference).to_owned(), Pin::new(resolved.digest, resolved.platforms));
            }
            Err(error) => failures.add(reference, &error),
        }
    }
    if failures.found.is_empty() { Ok(pins) } else { Err(failures.found) }
}

/// The tags that stand for another image than in the lock, whose spans are those of `lock`.
pub(super) fn moved(
    settings: Settings,
    jobs: &[Job<'_>],
    wanted: &BTreeMap<String, Wanted>,
    lock: &Lock,
    output: &Output,
) -> Vec<Diagnostic> {
    let client = Client::new(settings);
    let locked = |reference: &str| lock.image.get(reference).map(|pin| &pin.digest);
    let answers = ask_all(jobs, output, |image| {
        let now = client.current_digest(image)?;
        // What a server only says is looked at before it is believed.
        let same = locked(&image.unpinned()).is_some_and(|digest| digest.value == now);
        if same { Ok(now) } else { client.resolve(image).map(|resolved| resolved.digest) }
    });
    let mut failures = Failures::new(wanted);
    for ((reference, _), answer) in jobs.iter().zip(answers) {
        match (answer, locked(reference)) {
            (Ok(now), Some(digest)) if now != digest.value => failures.found.push(
                Diagnostic::new(
                    &codes::MOVED_TAG,
                    digest.span,
                    format!("`{reference}` stands for `{now}` now"),
                )
                .here(format!("locked as `{}`", digest.value))
                .label(
                    wanted.get(*reference).map_or(crate::text::Span::nowhere(), |w| w.place),
                    "asked for here",
                )
                .help(format!("look at what changed; `netgen lock --update={reference}` takes the new one")),
            ),
            (Ok(_), _) => {}
            (Err(error), _) => failures.add(reference, &error),
        }
    }
    failures.found
}

fn ask_all<T: Send>(
    jobs: &[Job<'_>],
    output: &Output,
    ask: impl Fn(&ImageRef) -> Result<T, Error> + Sync,
) -> Vec<Result<T, Error>> {
    let tell = |done: usize| output.live(&format!("asking registries: {done} of {}", jobs.len()));
    if !jobs.is_empty() {
        tell(0);
    }
    let answers = each(jobs, |(_, image)| ask(image), tell);
    output.live("");
    answers
}

/// Findings about images that could not be had. What a server says to all is told once.
struct Failures<'a> {
    wanted: &'a BTreeMap<String, Wanted>,
    found: Vec<Diagnostic>,
}

impl<'a> Failures<'a> {
    fn new(wanted: &'a BTreeMap<String, Wanted>) -> Self {
        Self { wanted, found: Vec::new() }
    }

    fn add(&mut self, reference: &str, error: &Error) {
        let message = error.to_string();
        let place = self.wanted.get(reference).map_or(crate::text::Span::nowhere(), |wanted| wanted.place);
        let label = format!("`{reference}`");
        if let Some(known) =
            self.found.iter_mut().find(|found| found.message == message && found.rule == &codes::UNRESOLVED)
        {
            if place.is_somewhere() && known.labels.iter().all(|other| other.span != place) {
                known.labels.push(crate::diag::Label { span: place, text: label });
            }
            return;
        }
        let mut finding = Diagnostic::new(&codes::UNRESOLVED, place, message).here(label);
        finding.help = error.help();
        self.found.push(finding);
    }
}
