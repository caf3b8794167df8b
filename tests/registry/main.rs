//! `netgen lock` and the registries it asks.
//!
//! * `asking`, `auth`, `bad_days`, `redirects`, `tls`: a small server in this process answers as
//!   registries do, on bad days too;
//! * `layouts`: OCI layouts, the good and the broken;
//! * `locking`: the command, from manifest to lock;
//! * `real`: Debian's docker-registry, with images that skopeo pushed; skopeo's digest is ours.
//!
//! A test whose program is not installed is left out and says so; with `NETGEN_REQUIRE_TOOLS=1` it
//! fails. `.ci/install-readers` installs both.

// A broken answer should end a test loudly, and one that takes too long is broken.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

mod asking;
mod auth;
mod bad_days;
mod images;
mod layouts;
mod locking;
#[path = "../common/program.rs"]
mod program;
mod real;
mod redirects;
mod server;
mod tls;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use netgen::registry::{Client, Error, LoginFiles, Mirror, Patience, Places, Resolved, Settings};
use netgen::topology::ImageRef;

/// Trials of a module: name and function.
pub type Trials = &'static [(&'static str, fn())];

/// A list of trials that bear the names of their functions.
macro_rules! trials {
    ($($name:ident)*) => {
        pub const TRIALS: crate::Trials = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use trials;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let modules = [
        ("asking", asking::TRIALS),
        ("auth", auth::TRIALS),
        ("bad_days", bad_days::TRIALS),
        ("layouts", layouts::TRIALS),
        ("locking", locking::TRIALS),
        ("redirects", redirects::TRIALS),
        ("tls", tls::TRIALS),
    ];
    let mut trials: Vec<Trial> = modules
        .iter()
        .flat_map(|(module, list)| {
            list.iter().map(move |(name, test)| {
                Trial::test(format!("{module}::{name}"), move || {
                    test();
                    Ok(())
                })
            })
        })
        .collect();
    trials.extend(real::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Not as patient as the real thing.
pub fn settings() -> Settings {
    Settings {
        patience: Patience {
            request: Duration::from_millis(1500),
            retries: 3,
            pause: Duration::from_millis(5),
            longest_pause: Duration::from_secs(3),
        },
        ..Settings::default()
    }
}

/// Settings with the logins of a `config.json`. The folder must outlive them.
pub fn with_logins(config: &str) -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, config).unwrap();
    (folder, Settings { logins: LoginFiles(vec![path]), ..settings() })
}

/// Settings with mirrors.
pub fn with_mirrors(mirrors: &[String]) -> Settings {
    let mirrors = mirrors.iter().map(|mirror| Mirror::parse(mirror).unwrap()).collect();
    Settings { places: Places { mirrors, ..Places::default() }, ..settings() }
}

/// A reference that is one.
pub fn reference(text: &str) -> ImageRef {
    ImageRef::parse(text).unwrap()
}

/// Asks with a client of its own.
pub fn resolve(settings: Settings, image: &str) -> Result<Resolved, Error> {
    Client::new(settings).resolve(&reference(image))
}

/// What a person reads: the message and all help.
pub fn words(error: &Error) -> String {
    format!("{error}\n{}", error.help().join("\n"))
}

/// Fails with the whole text unless it holds each of the words.
#[track_caller]
pub fn holds(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in:\n{text}");
    }
}

/// Platforms with digests, as a lock has them.
pub fn platforms(list: &[(&str, &[u8])]) -> Option<BTreeMap<String, String>> {
    Some(list.iter().map(|(name, bytes)| ((*name).to_owned(), images::digest(bytes))).collect())
}
