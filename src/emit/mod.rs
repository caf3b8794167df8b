//! Emitters: each turns the plan into the files of one target, and knows nothing of the others.
//!
//! Adding one: a file (or folder) here, a folder `templates/<id>/` where it has text templates, and
//! one line in [`EMITTERS`].

mod artifacts;
pub mod format;

pub use artifacts::{Artifacts, EmitError};

use crate::plan::Plan;
use crate::template::Templates;

/// Makes the files of one target.
pub trait Emitter: Sync {
    /// Its id: the word of `--only`.
    fn id(&self) -> &'static str;

    /// One line: what it writes.
    fn summary(&self) -> &'static str;

    /// Puts its files into `out`. Errors are problems of the plan or of netgen, never of the disk.
    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError>;
}

/// Every emitter, by id.
pub static EMITTERS: &[&dyn Emitter] = &[];
