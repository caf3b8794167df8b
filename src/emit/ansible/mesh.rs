//! What the role `wireguard` knows of a host.

use serde::Serialize;

use crate::plan::Plan;
use crate::topology::Host;

/// A host in the mesh.
#[derive(Serialize)]
pub(super) struct MeshFacts {
    unit: String,
    interface: String,
    address: String,
    port: u16,
    /// By which the others know it; empty where the lock has none.
    public_key: String,
}

/// The facts of a host, where there is a mesh.
pub(super) fn facts(plan: &Plan, host: &Host) -> Option<MeshFacts> {
    let mesh = plan.topology.mesh.as_ref()?;
    let member = mesh.members.get(&host.id)?;
    Some(MeshFacts {
        unit: format!("{}.service", plan.topology.mesh_unit_name()),
        interface: mesh.interface.clone(),
        address: member.address.to_string(),
        port: mesh.port,
        public_key: plan.mesh_keys.get(&host.id).cloned().unwrap_or_default(),
    })
}
