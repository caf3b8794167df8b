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

use serde::Serialize;
use serde_json::{Map, Value};

use super::format::yaml::{AnsibleData, to_yaml_with_header};
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::Host;

pub(super) struct Ansible;

/// Where the playbooks and roles stand among the embedded files, and in the bundle.
const PROJECT: &str = "ansible/";

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
        let write = |out: &mut Artifacts, path: String, value: &Value| -> Result<(), EmitError> {
            let text = to_yaml_with_header(&header(plan), &AnsibleData(value))?;
            out.text(format!("{PROJECT}inventory/{path}"), text);
            Ok(())
        };
        write(out, "hosts.yml".to_owned(), &inventory::hosts(plan)?)?;
        write(out, "group_vars/all/network.yml".to_owned(), &variables(&inventory::network(plan))?)?;
        let hosts: Vec<&Host> = plan.topology.machines().collect();
        out.each(&hosts, |host, out| {
            write(out, format!("host_vars/{}.yml", host.name), &variables(&host::facts(plan, host)?)?)
        })?;
        secrets::templates(plan, out);
        front::makefile(plan, templates, out)?;
        trials::emit(plan, out)
    }
}

/// The fields of a struct as variables: with the prefix that no other role uses.
fn variables<T: Serialize>(facts: &T) -> Result<Value, EmitError> {
    match serde_json::to_value(facts) {
        Ok(Value::Object(fields)) => {
            let prefixed = fields.into_iter().map(|(name, value)| (format!("netgen_{name}"), value));
            Ok(Value::Object(prefixed.collect::<Map<_, _>>()))
        }
        Ok(_) => Err(EmitError::internal("the facts of a host are no map")),
        Err(error) => Err(EmitError::internal(error.to_string())),
    }
}
