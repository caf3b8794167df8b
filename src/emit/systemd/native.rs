//! Programs installed on the host, one hardened unit a service.

use super::{exec, install, lifecycle, raw, unit, unit_section, write};
use crate::emit::container::{OPEN_FILES, config_digest};
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::plan::Plan;
use crate::topology::{CREDENTIALS, Host, SECRETS_GROUP_ID};

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    for service in topology.services_on(host.id) {
        let run = &plan.runs[service.id];
        let component = &service.component;
        let program = run.entrypoint.clone().unwrap_or_default();
        let mut section = Section::new("Service");
        if let Some(validate) = &run.validate {
            section = section.with("ExecStartPre", exec(validate.iter().cloned()));
        }
        section = section.with("ExecStart", exec(program.iter().chain(&run.command).cloned()));
        for (name, value) in &run.environment {
            section = section.with("Environment", Value::Environment(name.clone(), value.clone()));
        }
        if let Some(digest) = config_digest(run) {
            // A change of a configuration file changes the unit, so that the deploy restarts it.
            section = section.with("Environment", Value::Environment("NETGEN_CONFIG".to_owned(), digest));
        }
        if let Some((user, group)) = component.user.as_deref().and_then(|user| user.split_once(':')) {
            section = section
                .with("User", Value::Text(user.to_owned()))
                .with("Group", Value::Text(group.to_owned()));
        }
        // systemd reads the files as root and shows them to this unit alone.
        let (given, shared): (Vec<_>, Vec<_>) =
            topology.secrets_of(service).partition(|used| used.path.starts_with(CREDENTIALS));
        for used in given {
            let credential = format!("{}:{}", used.setting, used.host_path);
            section = section.with("LoadCredential", Value::Text(credential));
        }
        if !shared.is_empty() {
            section = section.with("SupplementaryGroups", raw(SECRETS_GROUP_ID.to_string()));
        }
        section = lifecycle(section, service)
            .with("KillSignal", raw(component.stop.signal.clone()))
            .with("KillMode", raw("mixed"))
            .with("LimitNOFILE", raw(OPEN_FILES.to_string()));
        if let Some(memory) = service.memory {
            section = section.with("MemoryMax", raw(memory.0.to_string()));
        }
        if let Some(cpus) = service.cpus {
            section = section.with("CPUQuota", raw(format!("{}%", cpus.0.div_ceil(10))));
        }
        let writable: Vec<String> = service.volumes.iter().map(|v| v.host_path.clone()).collect();
        let file = unit(plan)
            .section(unit_section(plan, service, &[]))
            .section(hardening(section, writable, &component.capabilities))
            .section(install());
        write(out, host, &format!("{}.service", topology.unit_name(service)), &file)?;
    }
    Ok(())
}

/// Everything off that a network service does not need.
fn hardening(section: Section, writable: Vec<String>, capabilities: &[String]) -> Section {
    let capabilities: Vec<String> = capabilities.iter().map(|c| format!("CAP_{c}")).collect();
    let set = if capabilities.is_empty() { raw("") } else { Value::Words(capabilities) };
    let section =
        if writable.is_empty() { section } else { section.with("ReadWritePaths", Value::Paths(writable)) };
    section
        .with("CapabilityBoundingSet", set.clone())
        .with("AmbientCapabilities", set)
        .with("NoNewPrivileges", raw("yes"))
        .with("ProtectSystem", raw("strict"))
        .with("ProtectHome", raw("yes"))
        .with("PrivateTmp", raw("yes"))
        .with("PrivateDevices", raw("yes"))
        .with("ProtectProc", raw("invisible"))
        .with("ProtectKernelTunables", raw("yes"))
        .with("ProtectKernelModules", raw("yes"))
        .with("ProtectKernelLogs", raw("yes"))
        .with("ProtectControlGroups", raw("yes"))
        .with("ProtectClock", raw("yes"))
        .with("ProtectHostname", raw("yes"))
        .with("RestrictAddressFamilies", raw("AF_UNIX AF_INET AF_INET6 AF_NETLINK"))
        .with("RestrictNamespaces", raw("yes"))
        .with("RestrictRealtime", raw("yes"))
        .with("RestrictSUIDSGID", raw("yes"))
        .with("LockPersonality", raw("yes"))
        .with("RemoveIPC", raw("yes"))
        .with("SystemCallArchitectures", raw("native"))
        .with("SystemCallFilter", raw("@system-service"))
        .with("UMask", raw("0027"))
}
