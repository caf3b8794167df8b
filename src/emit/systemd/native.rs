//! Programs installed on the host, one hardened unit a service.

use super::{exec, hardening, install, lifecycle, raw, unit, unit_section, write};
use crate::catalog::component::Run as RunKind;
use crate::emit::container::{OPEN_FILES, config_digest};
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::plan::Plan;
use crate::topology::{CREDENTIALS, Host, SECRETS_GROUP_ID, Service};

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    for service in topology.services_on(host.id) {
        let run = &plan.runs[service.id];
        let component = &service.component;
        let program = run.entrypoint.clone().unwrap_or_default();
        let mut section = kind(service);
        if let Some(validate) = &run.validate {
            // What does not begin with a program are arguments of the program itself.
            let own = validate.first().is_none_or(|word| !word.starts_with('/'));
            let checker = program.first().filter(|_| own);
            section = section.with("ExecStartPre", exec(checker.into_iter().chain(validate).cloned()));
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
        section = lifecycle(section, plan, service)
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
        if !writable.is_empty() {
            section = section.with("ReadWritePaths", Value::Paths(writable));
        }
        let shares_files = service.listeners.iter().any(|listener| listener.volume.is_some());
        let file = unit(plan)
            .section(unit_section(plan, service, &[]))
            .section(hardening::native(
                section,
                &component.capabilities,
                component.native.as_ref(),
                shares_files,
            ))
            .section(install());
        write(out, host, &format!("{}.service", topology.unit_name(service)), &file)?;
    }
    Ok(())
}

/// When its unit counts as started, and when as dead.
fn kind(service: &Service) -> Section {
    let section = Section::new("Service");
    let Some(native) =
        service.component.native.as_ref().filter(|_| service.component.run == RunKind::Service)
    else {
        return section;
    };
    let section = section.with("Type", raw(if native.notifies { "notify" } else { "exec" }));
    match native.watchdog {
        Some(watchdog) => section.with("WatchdogSec", raw(format!("{}s", watchdog.0))),
        None => section,
    }
}
