//! What was built from what: where nothing has changed since, nothing is compiled.
//!
//! What comes out of a compilation follows from the program, from what was asked of it, and from the answers of
//! its [`World`]: the compiler sees nothing else. So these are remembered, in a file where the user has caches, and
//! with them the digest of the bundle. Where all are the same again, and the bundle stands as it was written, down
//! to the last byte, it is the one that would be made. Of anything else a bundle is made. Files that were found right
//! once need not be read again as long as the folder looks the same ([`Sight`]).

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::{Deserialize, Serialize};

use super::args::Build as Args;
use super::output::Output;
use super::witness::{Answer, Witness};
use crate::bundle::{self, Sealed, Sight};
use crate::load::STDIN;
use crate::world::World;
use crate::{Input, Options};

/// The value of `--cache` that stands for nowhere.
const NOWHERE: &str = "off";

/// Where it is remembered what a bundle was built from.
pub(super) struct Memory {
    file: PathBuf,
    /// The folder of the bundle.
    out: PathBuf,
    /// The digest of what is asked now, and of which program.
    asked: String,
}

/// What is remembered of a build.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    out: PathBuf,
    asked: String,
    answers: Vec<Answer>,
    /// The digest of the bundle.
    bundle: String,
    /// As they were shown; there was no error.
    pub(super) findings: String,
    /// What every file was seen to be right in, if that was seen.
    looked: Option<Looked>,
}

/// A folder that holds a bundle and what netgen did not write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Looked {
    sight: Sight,
    /// What was said of it.
    pub(super) said: String,
    /// Whether there is nothing in it that netgen did not write.
    alone: bool,
}

/// A bundle that is not made again.
pub(super) enum Standing {
    /// Nothing in its folder was changed since every file was seen to be right.
    Untouched(Looked),
    /// Every file is right. With how the folder looked before that was seen, if that tells it from any other state.
    Whole(Box<Sealed>, Option<Sight>),
}

impl Memory {
    /// The memory of whole bundles in one folder; `None` where the user wants none, or has no place for it, and
    /// where what is asked cannot be asked again, or is more than a bundle.
    pub(super) fn new(args: &Args, input: &Input, options: &Options, output: &Output) -> Option<Self> {
        let Args {
            out,
            check: _,
            only,
            host,
            archive,
            provenance,
            sign,
            cache,
            allow_unlocked: _,
            source: _,
        } = args;
        let whole = only.is_empty() && host.is_empty();
        let alone = archive.is_none() && provenance.is_none() && sign.is_none();
        if !whole || !alone || input.manifests.iter().any(|path| path == STDIN) {
            return None;
        }
        let folder = match cache {
            Some(off) if off == Path::new(NOWHERE) => return None,
            Some(folder) => folder.clone(),
            None => caches()?.join("netgen"),
        };
        let here = env::current_dir().ok()?;
        let out = here.join(out);
        let name = bundle::sha256(out.as_os_str().as_encoded_bytes());
        let file = here.join(folder).join(format!("{name}.json"));
        let Options { allow_unlocked, renew_lock, levels, as_of, keep_document: _, stages: _ } = options;
        let asked = (program()?, here, input, (allow_unlocked, renew_lock, levels, as_of), output.look());
        Some(Self { file, out, asked: bundle::sha256(format!("{asked:?}").as_bytes()) })
    }

    /// The bundle that stands there, if it is what a build would make. Where every name of what is not netgen's is
    /// wanted, a folder that has such is looked through.
    pub(super) fn recall(&self, world: &dyn World, every_name: bool) -> Option<(Remembered, Standing)> {
        let known: Remembered = serde_json::from_slice(&fs::read(&self.file).ok()?).ok()?;
        let same = known.out == self.out && known.asked == self.asked;
        if !same || !known.answers.iter().all(|answer| answer.holds(world)) {
            return None;
        }
        let seen = known.looked.as_ref().filter(|looked| !every_name || looked.alone);
        if let Some(looked) = seen.filter(|looked| Sight::of(&self.out).as_ref() == Some(&looked.sight)) {
            let looked = looked.clone();
            return Some((known, Standing::Untouched(looked)));
        }
        // Its time is that of the file system now.
        let clock = fs::write(self.beside(), "").and_then(|()| fs::metadata(self.beside()));
        let before = clock.ok().and_then(|now| Sight::of(&self.out).filter(|sight| sight.is_before(&now)));
        let _ = fs::remove_file(self.beside());
        let bundle = Sealed::standing(&self.out).ok()??;
        (bundle.digest() == known.bundle).then(|| (known, Standing::Whole(Box::new(bundle), before)))
    }

    /// Remembers that a bundle stands whole in a folder, if that still looks as it did before it was seen.
    pub(super) fn looked(&self, known: Remembered, sight: Sight, said: String, alone: bool) {
        if Sight::of(&self.out).as_ref() == Some(&sight) {
            self.write(&Remembered { looked: Some(Looked { sight, said, alone }), ..known });
        }
    }

    /// Remembers a build.
    pub(super) fn remember(&self, witness: Witness<'_>, bundle: &Sealed, findings: String) {
        let Some(answers) = witness.answers() else { return };
        let (out, asked, bundle) = (self.out.clone(), self.asked.clone(), bundle.digest());
        self.write(&Remembered { out, asked, answers, bundle, findings, looked: None });
    }

    /// Where that cannot be, the next build takes longer, and no more than that.
    fn write(&self, known: &Remembered) {
        let Some(folder) = self.file.parent().filter(|folder| fs::create_dir_all(folder).is_ok()) else {
            return;
        };
        forget_lost(folder);
        let Ok(text) = serde_json::to_vec(known) else { return };
        // Of two that build the same, one is remembered.
        let beside = self.beside();
        if fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.file)).is_err() {
            let _ = fs::remove_file(&beside);
        }
    }

    fn beside(&self) -> PathBuf {
        self.file.with_extension(format!("{}.tmp", std::process::id()))
    }
}

/// Which program this is, so that no other one says the same.
fn program() -> Option<String> {
    let path = env::current_exe().ok()?;
    let stamp = bundle::stamp(&fs::metadata(&path).ok()?);
    Some(format!("{} {path:?} {stamp:?}", env!("CARGO_PKG_VERSION")))
}

/// Removes what is remembered of bundles that are no more.
fn forget_lost(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let known =
            fs::read(entry.path()).ok().and_then(|text| serde_json::from_slice::<Remembered>(&text).ok());
        if known.is_some_and(|known| !known.out.exists()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Where programs of this user leave what they can do without.
fn caches() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let of_system = || {
        if cfg!(windows) {
            set("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            Some(set("HOME")?.join("Library/Caches"))
        } else {
            Some(set("HOME")?.join(".cache"))
        }
    };
    set("XDG_CACHE_HOME").or_else(of_system)
}
