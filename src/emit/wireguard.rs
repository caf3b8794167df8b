//! The mesh of the hosts: WireGuard's configuration, the script that brings it up, and its unit.
//!
//! The configuration holds public keys only. The secret key of a host lies where all its secrets do, and
//! the script hands it to the kernel through a pipe.

use serde_json::json;

use super::format::systemd::{ExecPrefix, Section, Unit, Value};
use super::{Artifacts, EmitError, Emitter, header};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Mesh, Topology};

pub(super) struct Wireguard;

impl Emitter for Wireguard {
    fn id(&self) -> &'static str {
        "wireguard"
    }

    fn summary(&self) -> &'static str {
        "the encrypted network of the hosts, for WireGuard"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let topology = &plan.topology;
        let Some(mesh) = &topology.mesh else { return Ok(()) };
        for (id, member) in &mesh.members {
            let host = &topology.hosts[*id];
            let folder = format!("wireguard/{}", host.name);
            out.text(format!("{folder}/mesh.conf"), configuration(plan, mesh, host)?);
            let script = templates.render(
                "wireguard/mesh.sh.j2",
                json!({
                    "header": header(plan), "interface": mesh.interface, "key": topology.mesh_key(),
                    "configuration": format!("{}/mesh/mesh.conf", topology.install_dir()),
                    "address": format!("{}/{}", member.address, mesh.subnet.prefix_len()),
                }),
            )?;
            out.script(format!("{folder}/mesh.sh"), script);
            let unit = unit(plan, host).render()?;
            out.text(format!("{folder}/{}.service", topology.mesh_unit_name()), unit);
        }
        Ok(())
    }
}

/// What `wg syncconf` reads; it has the sections, keys and comments of a unit file.
fn configuration(plan: &Plan, mesh: &Mesh, host: &Host) -> Result<String, EmitError> {
    let raw = |text: String| Value::Raw(text.into());
    let mut file = Unit::new(header(plan))
        .section(Section::new("Interface").with("ListenPort", raw(mesh.port.to_string())));
    for (id, peer) in mesh.peers_of(host.id) {
        // Without a key it was let through on purpose, and cannot be spoken to.
        let Some(key) = plan.mesh_keys.get(&id) else { continue };
        let outside = if peer.outside.contains(':') {
            format!("[{}]:{}", peer.outside, mesh.port)
        } else {
            format!("{}:{}", peer.outside, mesh.port)
        };
        let bits = if peer.address.is_ipv4() { 32 } else { 128 };
        let mut section = Section::new("Peer")
            .with("PublicKey", raw(key.clone()))
            .with("Endpoint", raw(outside))
            .with("AllowedIPs", raw(format!("{}/{bits}", peer.address)));
        if let Some(seconds) = mesh.keepalive {
            section = section.with("PersistentKeepalive", raw(seconds.to_string()));
        }
        file = file.section(section);
    }
    Ok(file.render()?)
}

/// The unit; everything that listens on the address of the mesh starts after it.
fn unit(plan: &Plan, host: &Host) -> Unit {
    let topology = &plan.topology;
    let script = format!("{}/mesh/mesh.sh", topology.install_dir());
    let run = |word: &str| Value::Exec(ExecPrefix::None, vec![script.clone(), word.to_owned()]);
    let raw = |text: &'static str| Value::Raw(text.into());
    let words = |list: Vec<String>| Value::Words(list);
    let online = || words(vec!["network-online.target".to_owned()]);
    Unit::new(header(plan))
        .section(
            Section::new("Unit")
                .with("Description", Value::Text(format!("the mesh of {} (WireGuard)", topology.name)))
                .with("Wants", online())
                // The others may be known by name.
                .with("After", online())
                .with("Before", words(later(topology, host))),
        )
        .section(
            Section::new("Service")
                .with("Type", raw("oneshot"))
                .with("RemainAfterExit", raw("yes"))
                .with("ExecStart", run("up"))
                .with("ExecReload", run("up"))
                .with("ExecStop", run("down"))
                .with("CapabilityBoundingSet", raw("CAP_NET_ADMIN"))
                .with("NoNewPrivileges", raw("yes"))
                .with("ProtectSystem", raw("strict"))
                .with("ProtectHome", raw("yes"))
                .with("PrivateTmp", raw("yes"))
                .with("PrivateDevices", raw("yes"))
                .with("ProtectControlGroups", raw("yes"))
                .with("ProtectKernelLogs", raw("yes"))
                .with("ProtectKernelTunables", raw("yes"))
                .with("ProtectClock", raw("yes"))
                .with("ProtectHostname", raw("yes"))
                .with("LockPersonality", raw("yes"))
                .with("MemoryDenyWriteExecute", raw("yes"))
                .with("RestrictNamespaces", raw("yes"))
                .with("RestrictRealtime", raw("yes"))
                .with("RestrictSUIDSGID", raw("yes"))
                .with("RestrictAddressFamilies", raw("AF_INET AF_INET6 AF_NETLINK AF_UNIX"))
                .with("SystemCallArchitectures", raw("native"))
                .with("UMask", raw("0077")),
        )
        .section(Section::new("Install").with("WantedBy", words(vec!["multi-user.target".to_owned()])))
}

/// What starts after the mesh: the engine, which publishes ports there, and the units of the services.
fn later(topology: &Topology, host: &Host) -> Vec<String> {
    let service = |name: String| format!("{name}.service");
    let mut units: Vec<String> =
        topology.services_on(host.id).map(|s| service(topology.unit_name(s))).collect();
    match host.runtime {
        Runtime::Compose => return vec!["docker.service".to_owned(), service(topology.stack_unit_name())],
        Runtime::SystemdDocker => units.insert(0, "docker.service".to_owned()),
        Runtime::Quadlet | Runtime::Native | Runtime::Kubernetes => {}
    }
    units
}
