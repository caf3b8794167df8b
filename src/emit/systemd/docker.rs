//! One unit a service, each running `docker run`.

use super::hardening::{self, Reach};
use super::{exec, exec_may_fail, install, lifecycle, raw, restart, text, unit, unit_section, write};
use crate::catalog::component::Run as RunKind;
use crate::embedded;
use crate::emit::compose::{log_options, memory, seconds, tmpfs};
use crate::emit::container::{Container, MOST_PROCESSES, OPEN_FILES};
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::plan::Plan;
use crate::topology::{Condition, Host};

const DOCKER: &str = "/usr/bin/docker";

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    networks(plan, host, out)?;
    let wait = embedded::text("systemd/wait-healthy").unwrap_or_default();
    out.script(format!("systemd/{}/bin/wait-healthy", host.name), wait);
    for id in &host.services {
        let container = Container::new(plan, *id);
        let service = container.service;
        let job = service.component.run == RunKind::Job;
        let name = service.name.as_str();
        let mut section = Section::new("Service");
        if !job {
            section = section.with("Type", raw("exec"));
        }
        section = section.with("ExecStartPre", exec_may_fail([DOCKER, "rm", "--force", name]));
        section = section.with("ExecStart", exec(run_words(plan, host, &container)));
        if waited_for(plan, &container) {
            let budget = container.run.healthcheck.as_ref().map_or(300, |health| {
                health.start_period.0 + u64::from(health.retries) * health.interval.0 + 60
            });
            let script = format!("{}/bin/wait-healthy", topology.install_dir());
            section = section.with("ExecStartPost", exec([script, name.to_owned(), budget.to_string()]));
        }
        if !job {
            let grace = service.stop_timeout.0.to_string();
            section = section.with("ExecStop", exec([DOCKER, "stop", "--time", &grace, name]));
        }
        section = lifecycle(section, plan, service).with("TimeoutStartSec", raw("1h"));
        let networks: Vec<String> = service.networks.iter().map(|name| network_unit(plan, name)).collect();
        let engine: Vec<&str> =
            std::iter::once("docker.service").chain(networks.iter().map(String::as_str)).collect();
        let file = unit(plan)
            .section(unit_section(plan, service, &engine))
            .section(hardening::own(section, Reach::Registry))
            .section(install());
        write(out, host, &format!("{}.service", topology.unit_name(service)), &file)?;
    }
    Ok(())
}

/// Whether another service of the host starts only when this one is healthy.
fn waited_for(plan: &Plan, container: &Container<'_>) -> bool {
    let id = container.service.id;
    plan.topology
        .consumers(id)
        .any(|(_, user)| plan.topology.start_after(user).get(&id) == Some(&Condition::Healthy))
}

/// The container networks of a host.
fn networks(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let mut names: Vec<&String> = plan.topology.services_on(host.id).flat_map(|s| &s.networks).collect();
    names.sort();
    names.dedup();
    names.into_iter().try_for_each(|name| network(plan, host, name, out))
}

/// A container network is there before the first container of it, and goes after the last: Docker
/// never changes one that is there.
fn network(plan: &Plan, host: &Host, name: &str, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let full = topology.network_name(name);
    let words = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned());
        std::iter::once(DOCKER.to_owned()).chain(words).collect::<Vec<_>>()
    };
    let mut create = words(&["network", "create", "--driver", "bridge"]);
    if let Some(network) = topology.networks.get(name) {
        create.extend(network.subnet.map(|subnet| format!("--subnet={subnet}")));
        create.extend(network.internal.then(|| "--internal".to_owned()));
    }
    create.push(full.clone());
    // `create` fails when the network is there; `inspect` fails when it is not.
    let section = Section::new("Service")
        .with("Type", raw("oneshot"))
        .with("RemainAfterExit", raw("yes"))
        .with("ExecStartPre", exec_may_fail(create))
        .with("ExecStart", exec(words(&["network", "inspect", "--format", "{{.Name}}", &full])))
        .with("ExecStopPost", exec_may_fail(words(&["network", "rm", &full])))
        .with("Restart", raw("on-failure"))
        .with("RestartSec", raw(restart::WAIT));
    let head = Section::new("Unit")
        .with("Description", text(format!("container network {name} of {}", topology.name)))
        .with("PartOf", Value::Words(vec!["docker.service".to_owned()]))
        .with("Wants", Value::Words(vec!["docker.service".to_owned()]))
        .with("After", Value::Words(vec!["docker.service".to_owned()]));
    let file = unit(plan)
        .section(restart::never_give_up(head))
        .section(hardening::own(section, Reach::Engine))
        .section(install());
    write(out, host, &network_unit(plan, name), &file)
}

/// The unit of a container network.
fn network_unit(plan: &Plan, name: &str) -> String {
    format!("{}.service", plan.topology.network_unit_name(name))
}

fn run_words(plan: &Plan, _host: &Host, c: &Container<'_>) -> Vec<String> {
    let topology = &plan.topology;
    let component = &c.service.component;
    let mut words: Vec<String> = [DOCKER, "run", "--rm", "--name", &c.service.name, "--cap-drop=ALL"]
        .iter()
        .map(|word| (*word).to_owned())
        .collect();
    let mut add = |word: String| words.push(word);
    add("--security-opt=no-new-privileges:true".to_owned());
    if component.read_only {
        add("--read-only".to_owned());
    }
    component.capabilities.iter().for_each(|capability| add(format!("--cap-add={capability}")));
    component.tmpfs.iter().for_each(|path| add(format!("--tmpfs={}", tmpfs(path))));
    if let Some(user) = &component.user {
        add(format!("--user={user}"));
    }
    c.groups.iter().for_each(|group| add(format!("--group-add={group}")));
    if c.host_network {
        add("--network=host".to_owned());
    }
    if component.host_access.pid {
        add("--pid=host".to_owned());
    }
    c.service.networks.iter().for_each(|name| add(format!("--network={}", topology.network_name(name))));
    c.extra_hosts.iter().for_each(|host| add(format!("--add-host={host}")));
    for port in &c.ports {
        add(format!(
            "--publish={}:{}:{}/{}",
            port.address,
            port.published,
            port.target,
            port.transport.word()
        ));
    }
    for mount in c.mounts.iter().chain(&c.secrets) {
        let mut text = format!("--mount=type=bind,source={},target={}", mount.source, mount.target);
        text.push_str(if mount.read_only { ",readonly" } else { "" });
        text.push_str(if mount.follows_host { ",bind-propagation=rslave" } else { "" });
        add(text);
    }
    // `--env-file` knows no quotes, so values with spaces or quotes would arrive changed.
    for (name, value) in &c.run.environment {
        add(format!("--env={name}={value}"));
    }
    if let Some(size) = c.service.memory {
        add(format!("--memory={}", memory(size)));
    }
    if let Some(cpus) = c.service.cpus {
        add(format!("--cpus={cpus}"));
    }
    add(format!("--pids-limit={MOST_PROCESSES}"));
    add(format!("--ulimit=nofile={OPEN_FILES}:{OPEN_FILES}"));
    add(format!("--stop-signal={}", component.stop.signal));
    add(format!("--log-driver={}", topology.logging.driver.word()));
    for (key, value) in log_options(topology.logging) {
        add(format!("--log-opt={key}={value}"));
    }
    for (name, value) in &c.labels {
        add(format!("--label={name}={value}"));
    }
    if let Some(health) = &c.run.healthcheck {
        // `docker run` takes a shell line; the words are quoted for sh.
        if let Ok(line) = crate::emit::format::shell::join(&health.command) {
            add(format!("--health-cmd={line}"));
        }
        add(format!("--health-interval={}", seconds(health.interval)));
        add(format!("--health-timeout={}", seconds(health.timeout)));
        add(format!("--health-retries={}", health.retries));
        add(format!("--health-start-period={}", seconds(health.start_period)));
    }
    let mut command = c.run.command.clone();
    if let Some((program, arguments)) = c.run.entrypoint.as_ref().and_then(|words| words.split_first()) {
        add(format!("--entrypoint={program}"));
        command = arguments.iter().cloned().chain(command).collect();
    }
    add(c.run.image.clone());
    words.extend(command);
    words
}
