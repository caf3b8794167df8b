//! The first block of a chain that the network starts itself, for review and for tools.

use super::{Artifacts, EmitError, Emitter};
use crate::plan::Plan;
use crate::template::Templates;

pub(super) struct Genesis;

impl Emitter for Genesis {
    fn id(&self) -> &'static str {
        "genesis"
    }

    fn summary(&self) -> &'static str {
        "the first block of a chain of one's own"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(files) = &plan.genesis else { return Ok(()) };
        for (name, text) in [("execution", &files.execution), ("consensus", &files.consensus)] {
            if let Some(text) = text {
                out.text(format!("genesis/{name}.json"), text.clone());
            }
        }
        Ok(())
    }
}
