//! systemd units: one for the Compose project of a host, or one a service where the host's runtime
//! says so; podman quadlets; timers for backups and pruning.

mod backup;
mod docker;
mod drift;
mod firewall;
mod native;
mod quadlet;
mod stack;
mod state;

use super::format::systemd::{ExecPrefix, Section, Unit, Value};
use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::component::Run as RunKind;
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Condition, Host, Service};

pub(super) struct Systemd;

impl Emitter for Systemd {
    fn id(&self) -> &'static str {
        "systemd"
    }

    fn summary(&self) -> &'static str {
        "systemd units, quadlets and timers"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        for host in plan.topology.hosts.iter().filter(|host| !host.services.is_empty()) {
            match host.runtime {
                Runtime::Compose => stack::emit(plan, host, out)?,
                Runtime::SystemdDocker => docker::emit(plan, host, out)?,
                Runtime::Quadlet => quadlet::emit(plan, host, out)?,
                Runtime::Native => native::emit(plan, host, out)?,
            }
            backup::emit(plan, host, templates, out)?;
            drift::emit(plan, host, templates, out)?;
            state::emit(plan, host, templates, out)?;
            firewall::emit(plan, host, out)?;
        }
        Ok(())
    }
}

/// A restart after a failure waits this long, and longer each time up to a minute: no restart storm.
const RESTART_WAIT: &str = "5s";

fn raw(text: impl Into<String>) -> Value {
    Value::Raw(text.into())
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn exec<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Value {
    Value::Exec(ExecPrefix::None, words.into_iter().map(Into::into).collect())
}

fn exec_may_fail<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Value {
    Value::Exec(ExecPrefix::IgnoreFailure, words.into_iter().map(Into::into).collect())
}

fn write(out: &mut Artifacts, host: &Host, name: &str, unit: &Unit) -> Result<(), EmitError> {
    out.text(format!("systemd/{}/{name}", host.name), unit.render()?);
    Ok(())
}

fn unit(plan: &Plan) -> Unit {
    Unit::new(header(plan))
}

/// The `[Unit]` section of a service: what it is and what must be up before it.
fn unit_section(plan: &Plan, service: &Service, engine: &[&str]) -> Section {
    let topology = &plan.topology;
    let description = format!("{} ({})", service.name, service.component.summary);
    let mut after: Vec<String> = engine.iter().map(|unit| (*unit).to_owned()).collect();
    let mut requires = after.clone();
    after.push("network-online.target".to_owned());
    for (id, condition) in topology.start_after(service.id) {
        let provider = format!("{}.service", topology.unit_name(&topology.services[id]));
        after.push(provider.clone());
        // A service that merely restarts must not take its users down with it; a job that failed must.
        if condition == Condition::Completed {
            requires.push(provider);
        }
    }
    let mut wants = vec!["network-online.target".to_owned()];
    wants.extend(after.iter().filter(|unit| !requires.contains(unit) && unit.ends_with(".service")).cloned());
    let mut section = Section::new("Unit").with("Description", text(description));
    if !requires.is_empty() {
        section = section.with("Requires", Value::Words(requires));
    }
    section
        .with("Wants", Value::Words(wants))
        .with("After", Value::Words(after))
        .with("StartLimitIntervalSec", raw("10min"))
        .with("StartLimitBurst", raw("10"))
}

/// Restart policy and the time to stop, for services and jobs.
fn lifecycle(section: Section, service: &Service) -> Section {
    let grace = service.component.stop.grace.0;
    let section = match service.component.run {
        RunKind::Job => section.with("Type", raw("oneshot")).with("RemainAfterExit", raw("yes")),
        RunKind::Service => section.with("Restart", raw("always")).with("RestartSec", raw(RESTART_WAIT)),
    };
    // The engine's own grace period comes first; systemd only cleans up after it.
    section.with("TimeoutStopSec", raw(format!("{}s", grace + 15)))
}

fn install() -> Section {
    Section::new("Install").with("WantedBy", Value::Words(vec!["multi-user.target".to_owned()]))
}

/// Hardening of units that only talk to a container engine or run one script.
fn client_hardening(section: Section) -> Section {
    section
        .with("NoNewPrivileges", raw("yes"))
        .with("ProtectSystem", raw("full"))
        .with("ProtectHome", raw("read-only"))
        .with("ProtectKernelTunables", raw("yes"))
        .with("ProtectKernelModules", raw("yes"))
        .with("ProtectKernelLogs", raw("yes"))
        .with("ProtectControlGroups", raw("yes"))
        .with("ProtectClock", raw("yes"))
        .with("PrivateTmp", raw("yes"))
        .with("PrivateDevices", raw("yes"))
        .with("RestrictNamespaces", raw("yes"))
        .with("RestrictRealtime", raw("yes"))
        .with("RestrictSUIDSGID", raw("yes"))
        .with("LockPersonality", raw("yes"))
        .with("MemoryDenyWriteExecute", raw("yes"))
        .with("SystemCallArchitectures", raw("native"))
        .with("UMask", raw("0077"))
}
