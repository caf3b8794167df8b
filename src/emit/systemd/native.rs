//! Programs installed on the host, one hardened unit a service.

use super::{exec, install, lifecycle, raw, unit, unit_section, write};
use crate::catalog::component::Native;
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
            .section(hardening(section, writable, &component.capabilities, component.native.as_ref()))
            .section(install());
        write(out, host, &format!("{}.service", topology.unit_name(service)), &file)?;
    }
    Ok(())
}

/// Everything off that a network service does not need, but for what its data says it cannot bear.
fn hardening(
    section: Section,
    writable: Vec<String>,
    capabilities: &[String],
    native: Option<&Native>,
) -> Section {
    let capabilities: Vec<String> = capabilities.iter().map(|c| format!("CAP_{c}")).collect();
    let set = if capabilities.is_empty() { raw("") } else { Value::Words(capabilities) };
    let mut section =
        if writable.is_empty() { section } else { section.with("ReadWritePaths", Value::Paths(writable)) };
    section = section.with("CapabilityBoundingSet", set.clone()).with("AmbientCapabilities", set);
    let left_out = |name: &str| native.is_some_and(|n| n.without.iter().any(|one| one.directive() == name));
    for (name, value) in HARDENING.iter().filter(|(name, _)| !left_out(name)) {
        section = section.with(*name, raw(*value));
    }
    let more = native.map_or(&[][..], |native| &native.system_calls);
    let calls: Vec<&str> =
        std::iter::once("@system-service").chain(more.iter().map(String::as_str)).collect();
    section.with("SystemCallFilter", raw(calls.join(" "))).with("UMask", raw("0027"))
}

const HARDENING: &[(&str, &str)] = &[
    ("NoNewPrivileges", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("ProtectProc", "invisible"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("RemoveIPC", "yes"),
    ("SystemCallArchitectures", "native"),
];
