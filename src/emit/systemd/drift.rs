//! A script that compares a host with its bundle.

use serde_json::{Value as Json, json};

use crate::catalog::component::Run as RunKind;
use crate::emit::{Artifacts, EmitError};
use crate::manifest::{Firewall, Runtime};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Service};

/// Writes it. The timers are those that were written for the host before.
pub(super) fn emit(
    plan: &Plan,
    host: &Host,
    templates: &Templates,
    out: &mut Artifacts,
) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let stays = |service: &&Service| service.component.run == RunKind::Service;
    let services: Vec<&Service> = topology.services_on(host.id).filter(stays).collect();
    let units: Vec<String> = if host.runtime == Runtime::Compose {
        vec![format!("{}.service", topology.stack_unit_name())]
    } else {
        services.iter().map(|service| format!("{}.service", topology.unit_name(service))).collect()
    };
    let mut timers: Vec<String> = topology
        .services_on(host.id)
        .filter(|service| topology.is_saved(service))
        .map(|service| format!("{}.timer", topology.backup_unit_name(service)))
        .collect();
    timers.extend(topology.textfile_dir(host).map(|_| format!("{}.timer", topology.state_unit_name())));
    let digest = |service: &&Service| {
        let (_, digest) = plan.runs[service.id].image.split_once('@')?;
        Some(json!({ "name": service.name, "digest": digest }))
    };
    let images: Vec<Json> = services.iter().filter_map(digest).collect();
    let engine = match host.runtime {
        Runtime::Compose | Runtime::SystemdDocker => Some("docker"),
        Runtime::Quadlet => Some("podman"),
        Runtime::Native | Runtime::Kubernetes => None,
    };
    let firewall = match topology.firewall {
        Firewall::Nftables => "nftables",
        Firewall::Ufw => "ufw",
        Firewall::External => "external",
    };
    let script = templates.render(
        "systemd/drift.sh.j2",
        json!({
            "install": topology.install_dir(), "units": units, "timers": timers, "images": images,
            "engine": engine, "firewall": firewall,
        }),
    )?;
    out.script(format!("systemd/{}/bin/drift", host.name), script);
    Ok(())
}
