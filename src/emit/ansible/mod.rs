//! An Ansible project that deploys the bundle: an inventory of computed facts, and playbooks and
//! roles that are the same for every network.
//!
//! The playbooks hold Jinja of their own and are copied byte for byte. All that differs between
//! networks is data: `inventory/hosts.yml`, `group_vars/all/network.yml` and `host_vars/<host>.yml`.
//! Data is never evaluated, whatever stands in it. The texts around secrets
//! (`templates/<service>/<setting>.j2`) are the one exception: they are rendered on the way to the
//! host, where the value is known.

mod data;
mod duties;
mod front;
mod host;
mod inventory;
mod mesh;
mod operations;
mod ready;
mod rollout;
mod secrets;
mod trials;
mod units;

#[cfg(test)]
mod tests;

pub(super) use inventory::{login, placed};

use secrets::Known;

use super::format::yaml::variables;
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::Host;

pub(super) struct Ansible;

/// Where the playbooks and roles stand among the embedded files, and in the bundle.
const PROJECT: &str = "ansible/";

/// What stands before the names of variables, so that no role of others uses the same.
const PREFIX: &str = "netgen_";

impl Emitter for Ansible {
    fn id(&self) -> &'static str {
        "ansible"
    }

    fn summary(&self) -> &'static str {
        "Ansible playbooks, roles and inventory that deploy the bundle"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        for (path, text) in crate::embedded::FILES.iter().filter(|(path, _)| path.starts_with(PROJECT)) {
            out.text(*path, *text);
        }
        let header = header(plan);
        let inventory = |file: &str| format!("{PROJECT}inventory/{file}");
        out.text(inventory("hosts.yml"), variables(&header, "", &inventory::hosts(plan)?)?);
        let network = variables(&header, PREFIX, &inventory::network(plan))?;
        out.text(inventory("group_vars/all/network.yml"), network);
        let known = Known::of(&plan.topology);
        let hosts: Vec<&Host> = plan.topology.machines().collect();
        out.each(&hosts, |host, out| {
            let facts = host::facts(plan, &known, host)?;
            let text = variables(&header, PREFIX, &facts)?;
            out.text(inventory(&format!("host_vars/{}.yml", host.name)), text);
            Ok(())
        })?;
        secrets::templates(plan, out);
        front::makefile(plan, templates, out)?;
        trials::emit(plan, out)
    }
}
