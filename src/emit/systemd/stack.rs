//! One unit that runs the Compose project of a host.

use std::collections::BTreeMap;

use super::hardening::{self, Reach};
use super::{exec, install, raw, restart, text, unit, write};
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::plan::Plan;
use crate::topology::{Host, ServiceId};

const DOCKER: &str = "/usr/bin/docker";

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let name = topology.stack_unit_name();
    let folder = format!("{}/compose", topology.install_dir());
    let compose = |words: &[&str]| {
        let base = [DOCKER, "compose", "--file", "compose.yaml"];
        exec(base.iter().chain(words).map(|word| (*word).to_owned()))
    };
    let up = ["up", "--detach", "--remove-orphans", "--quiet-pull"];
    let stop = longest_stop(plan, host) + 30;
    let section = Section::new("Unit")
        .with("Description", text(format!("netgen network {} on {}", topology.name, host.name)))
        // An engine that is late must not keep the host down for good, which `Requires=` would.
        .with("PartOf", Value::Words(vec!["docker.service".to_owned()]))
        .with("Wants", Value::Words(vec!["docker.service".to_owned(), "network-online.target".to_owned()]))
        .with("After", Value::Words(vec!["docker.service".to_owned(), "network-online.target".to_owned()]))
        .with("ConditionPathExists", Value::Path(format!("{folder}/compose.yaml")));
    let service = Section::new("Service")
        .with("Type", raw("oneshot"))
        .with("RemainAfterExit", raw("yes"))
        .with("WorkingDirectory", Value::Path(folder))
        .with("ExecStartPre", compose(&["config", "--quiet"]))
        .with("ExecStart", compose(&up))
        .with("ExecReload", compose(&["config", "--quiet"]))
        .with("ExecReload", compose(&up))
        .with("ExecStop", compose(&["stop"]))
        .with("Restart", raw("on-failure"))
        .with("RestartSec", raw(restart::WAIT))
        // The first start pulls every image.
        .with("TimeoutStartSec", raw("1h"))
        .with("TimeoutStopSec", raw(format!("{stop}s")));
    let stack = unit(plan)
        .section(restart::never_give_up(section))
        .section(hardening::own(service, Reach::Registry))
        .section(install());
    write(out, host, &format!("{name}.service"), &stack)
}

/// Compose stops a service only after those that depend on it: the longest chain of grace periods.
fn longest_stop(plan: &Plan, host: &Host) -> u64 {
    fn chain(plan: &Plan, id: ServiceId, known: &mut BTreeMap<ServiceId, u64>) -> u64 {
        if let Some(seconds) = known.get(&id) {
            return *seconds;
        }
        let below = plan.topology.start_after(id).into_keys().map(|before| chain(plan, before, known)).max();
        let seconds = plan.topology.services[id].stop_timeout.0 + below.unwrap_or(0);
        known.insert(id, seconds);
        seconds
    }
    // Cycles were errors long before; the depth is that of the dependency chain.
    let mut known = BTreeMap::new();
    host.services.iter().map(|id| chain(plan, *id, &mut known)).max().unwrap_or(0)
}
