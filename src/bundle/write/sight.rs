//! How a folder looks while none of its files is read.

use std::fs::Metadata;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::leftovers;
use super::target::Target;
use crate::bundle::{disk, hex};

/// What tells one state of a folder from another: every name in it, and which file stands there and when anything
/// about it was changed, which nobody can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    digest: String,
    /// When the last change was, in seconds and nanoseconds.
    latest: (i64, i64),
}

impl Sight {
    /// `None` where nothing can be seen, where a killed run left something to clear up, and on systems that do
    /// not tell when a file was changed.
    pub fn of(folder: &Path) -> Option<Self> {
        let target = Target::resolve(folder).ok()?;
        if !cfg!(unix) || !leftovers::find(&target).ok()?.is_empty() {
            return None;
        }
        let (mut hasher, mut latest) = (Sha256::new(), (0, 0));
        for found in disk::scan(&target.path).ok()? {
            let (path, stamp) = (found.path.as_os_str().as_encoded_bytes(), disk::stamp(&found.meta));
            hasher.update((path.len() as u64).to_be_bytes());
            hasher.update(path);
            stamp.add_to(&mut hasher);
            latest = latest.max(disk::changed(&found.meta));
        }
        Some(Self { digest: hex(&hasher.finalize()), latest })
    }

    /// Whether all of it was as it is before a file was made. Then whatever is changed after that looks different:
    /// the clock of file systems is a coarse one, and two changes at one of its moments look alike.
    pub fn is_before(&self, made: &Metadata) -> bool {
        self.latest < disk::changed(made)
    }
}
