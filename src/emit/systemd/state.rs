//! A timer that writes what a host knows of itself as metrics.

use serde_json::{Value as Json, json};

use super::{client_hardening, exec, raw, text, unit, write};
use crate::catalog::component::Run as RunKind;
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Service};

pub(super) fn emit(
    plan: &Plan,
    host: &Host,
    templates: &Templates,
    out: &mut Artifacts,
) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let Some(metrics) = topology.textfile_dir(host) else { return Ok(()) };
    let stays = |service: &&Service| service.component.run == RunKind::Service;
    let services: Vec<&Service> = topology.services_on(host.id).filter(stays).collect();
    let units: Vec<Json> = services
        .iter()
        .map(|s| json!({ "name": s.name, "unit": format!("{}.service", topology.unit_name(s)) }))
        .collect();
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    let backups: Vec<&str> =
        topology.services_on(host.id).filter(|s| topology.is_saved(s)).map(|s| s.name.as_str()).collect();
    let script = templates.render(
        "systemd/state.sh.j2",
        json!({
            "install": topology.install_dir(), "metrics": metrics,
            // Compose starts containers again by itself; elsewhere systemd does, and counts.
            "containers": host.runtime == Runtime::Compose,
            "names": names, "services": units, "backups": backups,
        }),
    )?;
    out.script(format!("systemd/{}/bin/state", host.name), script);

    let name = topology.state_unit_name();
    let description = format!("tell the state of {} on {}", topology.name, host.name);
    let section = Section::new("Service")
        .with("Type", raw("oneshot"))
        .with("ExecStart", exec([format!("{}/bin/state", topology.install_dir())]))
        .with("TimeoutStartSec", raw("2min"))
        .with("Nice", raw("10"))
        // Every few minutes: that it began and ended is no news.
        .with("LogLevelMax", raw("notice"));
    let head = Section::new("Unit").with("Description", text(description.clone()));
    // Rules of the firewall are compared in a network namespace of their own.
    let section = client_hardening(section).with("RestrictNamespaces", raw("net"));
    let job = unit(plan).section(head).section(section);
    write(out, host, &format!("{name}.service"), &job)?;
    let timer = unit(plan)
        .section(Section::new("Unit").with("Description", text(description)))
        .section(
            Section::new("Timer")
                .with("OnCalendar", raw("*:0/5"))
                .with("RandomizedDelaySec", raw("1min"))
                .with("FixedRandomDelay", raw("yes")),
        )
        .section(Section::new("Install").with("WantedBy", Value::Words(vec!["timers.target".to_owned()])));
    write(out, host, &format!("{name}.timer"), &timer)
}
