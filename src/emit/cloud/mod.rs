//! For machines that a cloud makes: inventories that ask the provider where they are, and what a new one is
//! told at its first boot.
//!
//! An instance is found by its tags `netgen_network` and `netgen_host` (labels, at Google). The inventories are
//! alternatives to `ansible/inventory` and lie beside it, so that nothing reads them unless it is told to:
//!
//! ```sh
//! ansible-playbook -i inventory-aws -i inventory/placed.yml site.yml
//! ```
//!
//! `placed.yml` has the hosts that no provider is asked for, the groups of all hosts, and how to log in;
//! the variables of `inventory/host_vars` belong to it, so they apply by name.

mod init;
mod inventory;

use super::{Artifacts, EmitError, Emitter};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::Host;

pub(super) struct Cloud;

impl Emitter for Cloud {
    fn id(&self) -> &'static str {
        "cloud-init"
    }

    fn summary(&self) -> &'static str {
        "cloud-init user data, and inventories that ask cloud providers"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        inventory::emit(plan, out)?;
        let hosts: Vec<&Host> = plan.topology.machines().collect();
        out.each(&hosts, |host, out| {
            out.text(format!("cloud-init/{}/user-data", host.name), init::user_data(plan, host)?);
            Ok(())
        })
    }
}
