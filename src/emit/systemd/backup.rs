//! Timers that save state which the chain cannot give back.

use serde_json::{Value as Json, json};

use super::{client_hardening, exec, raw, text, unit, write};
use crate::emit::container::inside;
use crate::emit::format::shell;
use crate::emit::format::systemd::{Section, Unit, Value};
use crate::emit::{Artifacts, EmitError};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Backup, Host, Service};

/// The script that runs restic for a person, the same on every host; empty where nothing is saved.
pub(super) fn restic(plan: &Plan, templates: &Templates) -> Result<String, EmitError> {
    let Some(policy) = &plan.topology.backup else { return Ok(String::new()) };
    Ok(templates.render(
        "systemd/restic.sh.j2",
        json!({
            "to": policy.to, "password": policy.password.host_path,
            "credentials": policy.credentials.as_ref().map(|used| &used.host_path),
            "cache": format!("/var/cache/{}-restic", plan.topology.stack_unit_name()),
        }),
    )?)
}

pub(super) fn emit(
    plan: &Plan,
    host: &Host,
    templates: &Templates,
    restic: &str,
    out: &mut Artifacts,
) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let Some(policy) = &topology.backup else { return Ok(()) };
    let saved: Vec<&Service> = topology.services_on(host.id).filter(|s| topology.is_saved(s)).collect();
    if saved.is_empty() {
        return Ok(());
    }
    out.script(format!("systemd/{}/bin/restic", host.name), restic);
    for service in saved {
        let name = format!("backup-{}", service.name);
        out.script(
            format!("systemd/{}/bin/{name}", host.name),
            script(plan, host, service, policy, templates)?,
        );

        let unit_name = topology.backup_unit_name(service);
        let mut section = Section::new("Service")
            .with("Type", raw("oneshot"))
            .with("Environment", Value::Environment("RESTIC_REPOSITORY".to_owned(), policy.to.clone()))
            .with(
                "Environment",
                Value::Environment("RESTIC_PASSWORD_FILE".to_owned(), policy.password.host_path.clone()),
            )
            .with(
                "Environment",
                Value::Environment("RESTIC_CACHE_DIR".to_owned(), format!("/var/cache/{unit_name}")),
            )
            .with("CacheDirectory", text(unit_name.clone()));
        if let Some(credentials) = &policy.credentials {
            section = section.with("EnvironmentFile", Value::Path(credentials.host_path.clone()));
        }
        section = section
            .with("ExecStart", exec([format!("{}/bin/{name}", topology.install_dir())]))
            .with("TimeoutStartSec", raw("6h"))
            .with("Nice", raw("10"))
            .with("IOSchedulingClass", raw("idle"));
        if let Some(folder) = policy.to.starts_with('/').then(|| policy.to.clone()) {
            section = section.with("ReadWritePaths", Value::Paths(vec![folder]));
        }
        let head = Section::new("Unit")
            .with("Description", text(format!("save the state of {}", service.name)))
            .with("After", Value::Words(vec!["network-online.target".to_owned()]))
            .with("Wants", Value::Words(vec!["network-online.target".to_owned()]));
        let job = unit(plan).section(head).section(client_hardening(section));
        write(out, host, &format!("{unit_name}.service"), &job)?;
        let timer = timer(plan, &format!("save the state of {}", service.name), policy.schedule.word());
        write(out, host, &format!("{unit_name}.timer"), &timer)?;
    }
    Ok(())
}

/// What the timer runs: a dump where the component has one, and files.
fn script(
    plan: &Plan,
    host: &Host,
    service: &Service,
    policy: &Backup,
    templates: &Templates,
) -> Result<String, EmitError> {
    let topology = &plan.topology;
    let method = plan.runs[service.id].backup.as_ref();
    let dump = method
        .map(|method| shell::join(inside(host, service, false).iter().chain(&method.command)))
        .transpose()?;
    // restic's `--keep-within` takes days and hours, not seconds.
    let keep = format!("{}d{}h", policy.keep.0 / 86_400, policy.keep.0 % 86_400 / 3600);
    let volumes: Vec<Json> = service
        .saved_volumes()
        .map(|v| json!({ "name": v.name, "path": v.host_path, "whole": v.backup, "saves": v.saves }))
        .collect();
    let mut files = vec![topology.config_dir(service)];
    files.extend(topology.own_secrets(service).map(|secret| secret.host_path.clone()));
    // By this a restore finds the machine that had it.
    let about = json!({
        "network": topology.name, "service": service.name, "host": host.name, "addresses": host.addresses(),
    });
    Ok(templates.render(
        "systemd/backup.sh.j2",
        json!({
            "network": topology.name, "service": service.name, "host": host.name,
            "dump": dump, "file": method.map(|method| &method.name), "keep": keep,
            "metrics": topology.textfile_dir(host), "volumes": volumes, "files": files,
            "work": topology.state_dir(host, &format!(".backup/{}", service.name)),
            "about": about.to_string(),
        }),
    )?)
}

/// A timer for the service of the same name. The delay is random but fixed for each host, so that
/// hosts do not all start at midnight; a run that was missed is made up for.
pub(super) fn timer(plan: &Plan, description: &str, calendar: &'static str) -> Unit {
    unit(plan)
        .section(Section::new("Unit").with("Description", text(description)))
        .section(
            Section::new("Timer")
                .with("OnCalendar", raw(calendar))
                .with("RandomizedDelaySec", raw("1h"))
                .with("FixedRandomDelay", raw("yes"))
                .with("Persistent", raw("yes")),
        )
        .section(Section::new("Install").with("WantedBy", Value::Words(vec!["timers.target".to_owned()])))
}
