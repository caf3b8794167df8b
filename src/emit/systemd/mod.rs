//! systemd units: one for the Compose project of a host, or one a service where the host's runtime
//! says so; podman quadlets; timers for backups and pruning.

mod backup;
mod docker;
mod drift;
mod firewall;
mod hardening;
mod journal;
mod native;
mod prune;
mod quadlet;
mod restart;
mod stack;
mod state;

use std::borrow::Cow;

use super::format::systemd::{ExecPrefix, Section, Unit, Value};
use hardening::Reach;
pub(super) use journal::file_name as journal_file;
pub(super) use restart::SINCE as BACKOFF_SINCE;

use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::component::Run as RunKind;
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Condition, Host, Service, ServiceId};

pub(super) struct Systemd;

impl Emitter for Systemd {
    fn id(&self) -> &'static str {
        "systemd"
    }

    fn summary(&self) -> &'static str {
        "systemd units, quadlets and timers"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let hosts: Vec<&Host> = plan.topology.machines().filter(|host| !host.services.is_empty()).collect();
        let restic = backup::restic(plan, templates)?;
        out.each(&hosts, |host, out| {
            match host.runtime {
                Runtime::Compose => stack::emit(plan, host, out)?,
                Runtime::SystemdDocker => docker::emit(plan, host, out)?,
                Runtime::Quadlet => quadlet::emit(plan, host, out)?,
                Runtime::Native => native::emit(plan, host, out)?,
                // The cluster has no systemd of ours.
                Runtime::Kubernetes => return Ok(()),
            }
            backup::emit(plan, host, templates, &restic, out)?;
            drift::emit(plan, host, templates, out)?;
            state::emit(plan, host, templates, out)?;
            firewall::emit(plan, host, out)?;
            prune::emit(plan, host, templates, out)?;
            restart::emit(plan, host, out)?;
            journal::emit(plan, host, out)
        })
    }
}

fn raw(text: impl Into<Cow<'static, str>>) -> Value {
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
    let engine: Vec<String> = engine.iter().map(|unit| (*unit).to_owned()).collect();
    let mut after = engine.clone();
    after.push("network-online.target".to_owned());
    after.extend(topology.start_after(service.id).into_keys().map(|id| provider(plan, id)));
    // `Requires=` would keep a service down for good once something that it stands on was late. A
    // service that merely restarts must not take its users down with it either.
    let wants = after.clone();
    let mut section = Section::new("Unit").with("Description", text(description));
    if !engine.is_empty() {
        // Who stops the engine stops what runs in it first, in its own time.
        section = section.with("PartOf", Value::Words(engine));
    }
    let section = section.with("Wants", Value::Words(wants)).with("After", Value::Words(after));
    restart::never_give_up(section)
}

fn provider(plan: &Plan, id: ServiceId) -> String {
    format!("{}.service", plan.topology.unit_name(&plan.topology.services[id]))
}

/// Restart policy and the time to stop, for services and jobs.
fn lifecycle(mut section: Section, plan: &Plan, service: &Service) -> Section {
    // Whoever waits for a job starts only where it ended well, and looks again at each try.
    for (id, condition) in plan.topology.start_after(service.id) {
        if condition == Condition::Completed {
            let words = ["/usr/bin/systemctl", "is-active", "--quiet", &provider(plan, id)];
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            section = section.with("ExecStartPre", Value::Exec(ExecPrefix::Privileged, words));
        }
    }
    let grace = service.stop_timeout.0;
    let section = match service.component.run {
        RunKind::Job => section
            .with("Type", raw("oneshot"))
            .with("RemainAfterExit", raw("yes"))
            .with("Restart", raw("on-failure")),
        RunKind::Service => section.with("Restart", raw("always")),
    };
    section
        .with("RestartSec", raw(restart::WAIT))
        // The engine's own grace period comes first; systemd only cleans up after it.
        .with("TimeoutStopSec", raw(format!("{}s", grace + 15)))
}

fn install() -> Section {
    Section::new("Install").with("WantedBy", Value::Words(vec!["multi-user.target".to_owned()]))
}

/// Hardening of units that run one script.
fn client_hardening(section: Section) -> Section {
    hardening::own(section, Reach::Script)
}
