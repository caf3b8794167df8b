//! Configuration files that services read, for every runtime.

use super::{Artifacts, EmitError, Emitter};
use crate::plan::Plan;
use crate::template::Templates;

pub(super) struct Config;

impl Emitter for Config {
    fn id(&self) -> &'static str {
        "config"
    }

    fn summary(&self) -> &'static str {
        "configuration files that services read"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        for service in &plan.topology.services {
            let host = &plan.topology.hosts[service.host];
            if !host.runtime.is_logged_in_to() {
                continue;
            }
            for file in &plan.runs[service.id].files {
                out.text(format!("config/{}/{}/{}", host.name, service.name, file.name), file.text.clone());
            }
        }
        Ok(())
    }
}
