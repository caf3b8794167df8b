//! Writes a bundle: the only place in netgen that changes files.
//!
//! The new folder is made whole beside the old one and then put in its place by one rename, so at
//! every moment, a kill or a loss of power included, the destination is the old bundle or the new
//! one. What netgen did not write is carried over; what it would have to overwrite to do so stops
//! it before anything is touched.
//!
//! [`spool`] takes files as they are made, [`plan`] decides, [`stage`] makes the new folder, [`swap`] puts
//! it in place, [`leftovers`] cleans up, and [`lock`] keeps a second build out meanwhile. [`sight`] tells whether
//! anything was changed since.

mod error;
mod file;
mod leftovers;
mod lock;
mod plan;
mod sight;
mod spool;
mod stage;
mod swap;
mod target;

use std::path::{Path, PathBuf};

pub use error::WriteError;
pub use file::replace_file;
pub use sight::Sight;
pub use spool::Spool;

use self::plan::Plan;
use self::stage::Stage;
use self::target::{Old, Target};
use super::{BundlePath, Sealed};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteReport {
    /// The folder that was written, links resolved.
    pub dest: PathBuf,
    /// Files that are new or have other bytes or permissions than before.
    pub written: Vec<BundlePath>,
    /// Those of them that replaced a file which somebody had changed by hand.
    pub edited: Vec<BundlePath>,
    /// Files that stayed as they were, with time and inode.
    pub unchanged: Vec<BundlePath>,
    /// Files of the last bundle that this one does not have.
    pub removed: Vec<BundlePath>,
    /// What netgen did not write, or somebody changed since, and the bundle does not have: kept. A
    /// folder stands for all that is in it.
    pub foreign: Vec<PathBuf>,
    /// Temporary folders, of this run or of a killed one, that could not be removed, or not without
    /// losing something.
    pub leftovers: Vec<PathBuf>,
}

impl WriteReport {
    /// Whether the folder was already what it should be.
    pub fn is_unchanged(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }

    fn new(target: &Target, plan: Plan<'_>, leftovers: Vec<PathBuf>) -> Self {
        Self {
            dest: target.path.clone(),
            foreign: plan.foreign_tops(),
            written: plan.written,
            edited: plan.edited,
            unchanged: plan.unchanged,
            removed: plan.removed,
            leftovers,
        }
    }
}

/// Makes the folder `dest` hold exactly this bundle, and what in it is not netgen's.
///
/// `dest` may be absent (folders above it are made), empty, a bundle, or a link to one of these. A
/// folder that is already right is not touched at all. While another netgen writes to `dest`, this
/// waits half a minute.
///
/// # Errors
/// See [`WriteError`]; nothing was changed then, but where the error says so.
pub fn write(bundle: &Sealed, dest: &Path) -> Result<WriteReport, WriteError> {
    Spool::new(dest).write(bundle)
}

/// The report, where nothing is to be done: then there is no need for a lock, nor for the right to
/// write.
fn look_first(bundle: &Sealed, target: &Target) -> Result<Option<WriteReport>, WriteError> {
    if !leftovers::find(target)?.is_empty() {
        return Ok(None);
    }
    let Some(old) = Old::read(&target.path)? else {
        return Ok(None);
    };
    let plan = Plan::new(bundle, Some(&old))?;
    Ok(plan.is_done().then(|| WriteReport::new(target, plan, Vec::new())))
}

/// Gives where the old folder is now.
fn fill_and_swap(
    stage: &Stage,
    bundle: &Sealed,
    target: &Target,
    plan: &Plan<'_>,
    old: Option<&Old>,
) -> Result<Option<PathBuf>, WriteError> {
    stage.fill(bundle, plan, old)?;
    swap::swap(stage, target, old)
}

/// After the swap: brings over what came into the old folder meanwhile, and removes it. Gives
/// whether it is gone; the new bundle stands in any case.
fn finish(stage: &Stage, bundle: &Sealed, target: &Target, plan: &Plan<'_>, previous: Option<&Path>) -> bool {
    let expendable = previous.is_none_or(|previous| {
        let copies = swap::return_settled(previous, target, plan);
        leftovers::reconcile(previous, &target.path, bundle, plan, &copies).unwrap_or(false)
    });
    swap::sync_names(target, stage);
    expendable && stage.discard().is_ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
