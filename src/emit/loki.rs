//! Loki: alert rules about lines of logs, in the form that its ruler reads from a folder.

use super::prometheus::{groups, rule_file};
use super::{Artifacts, EmitError, Emitter};
use crate::plan::{Plan, Reads};
use crate::template::Templates;

/// The tree that a store of logs mounts.
const TREE: &str = "loki";

/// The folder of the one tenant of a store without tenants.
const TENANT: &str = "fake";

pub(super) struct Loki;

impl Emitter for Loki {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Loki: alert rules about lines of logs"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        for (group, of) in groups(plan, plan.log_alerts.values(), Reads::Lines) {
            out.text(format!("{TREE}/rules/{TENANT}/{group}.yml"), rule_file(plan, &group, &of)?);
        }
        Ok(())
    }
}
