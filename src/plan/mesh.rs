//! The public keys by which the hosts know each other in the mesh.

use std::collections::BTreeMap;

use super::build::Context;
use crate::diag::{Diagnostic, codes, list_names};
use crate::identity::Registry;
use crate::topology::{HostId, Mesh, Topology};

/// The keys that the lock holds, as WireGuard writes them.
pub(super) fn keys(topology: &Topology, identities: &Registry) -> BTreeMap<HostId, String> {
    let hosts = topology.mesh.iter().flat_map(|mesh| mesh.members.keys());
    let key =
        |host: &HostId| Some(identities.get(&topology.hosts[*host].name, Mesh::IDENTITY)?.public.base64());
    hosts.filter_map(|host| Some((*host, key(host)?))).collect()
}

/// Reports hosts whose key the lock does not hold: all of them in one finding.
pub(super) fn check(cx: &mut Context<'_>, topology: &Topology, identities: &Registry) {
    let Some(mesh) = &topology.mesh else { return };
    let names = mesh.members.keys().map(|host| topology.hosts[*host].name.as_str());
    let missing: Vec<&str> = names.filter(|host| identities.get(host, Mesh::IDENTITY).is_none()).collect();
    if missing.is_empty() {
        return;
    }
    let listed = list_names(missing.iter().copied(), 8);
    cx.sink.push(
        Diagnostic::new(
            &codes::IDENTITY_NOT_LOCKED,
            mesh.origin,
            format!("the lock has no key of the mesh for {listed}"),
        )
        .here("hosts know each other by their keys")
        .help("`netgen keys` makes them; `--allow-unlocked` builds without, for development"),
    );
}
