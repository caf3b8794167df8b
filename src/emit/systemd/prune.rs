//! A timer that removes images which no bundle names any more.

use serde_json::json;

use super::hardening::{self, Reach};
use super::{exec, raw, text, unit, write};
use crate::emit::container::Container;
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::Host;

/// For so long an image stays that nobody names any more: long enough to go back to the last release.
const DAYS_KEPT: u32 = 7;

/// What podman writes when it removes an image.
const STORE: [&str; 3] = ["-/var/lib/containers", "-/run/containers", "-/run/libpod"];

pub(super) fn emit(
    plan: &Plan,
    host: &Host,
    templates: &Templates,
    out: &mut Artifacts,
) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let docker = match host.runtime {
        Runtime::Compose | Runtime::SystemdDocker => true,
        Runtime::Quadlet => false,
        Runtime::Native | Runtime::Kubernetes => return Ok(()),
    };
    let mut images: Vec<String> = host
        .services
        .iter()
        .map(|id| if docker { plan.runs[*id].image.clone() } else { Container::new(plan, *id).image() })
        .collect();
    images.sort();
    images.dedup();
    let engine = if docker { "/usr/bin/docker" } else { "/usr/bin/podman" };
    let script = templates.render(
        "systemd/prune.sh.j2",
        json!({ "network": topology.name, "engine": engine, "images": images, "days": DAYS_KEPT }),
    )?;
    out.script(format!("systemd/{}/bin/prune", host.name), script);

    let name = topology.prune_unit_name();
    let description = format!("remove images that {} no longer names", topology.name);
    let mut head = Section::new("Unit").with("Description", text(description.clone()));
    if docker {
        let engine = Value::Words(vec!["docker.service".to_owned()]);
        head = head.with("Requires", engine.clone()).with("After", engine);
    }
    let mut section = Section::new("Service")
        .with("Type", raw("oneshot"))
        .with(
            "ExecStart",
            exec([format!("{}/bin/prune", topology.install_dir()), format!("/var/lib/{name}")]),
        )
        .with("StateDirectory", text(name.clone()))
        .with("TimeoutStartSec", raw("30min"))
        .with("Nice", raw("10"))
        .with("IOSchedulingClass", raw("idle"));
    if !docker {
        let paths = STORE.iter().map(|path| (*path).to_owned()).collect();
        section = section.with("ReadWritePaths", Value::Paths(paths));
    }
    let reach = if docker { Reach::Engine } else { Reach::ImageStore };
    let job = unit(plan).section(head).section(hardening::own(section, reach));
    write(out, host, &format!("{name}.service"), &job)?;
    let timer = super::backup::timer(plan, &description, "daily");
    write(out, host, &format!("{name}.timer"), &timer)
}
