//! Podman containers as systemd units: `.container` and `.network` files that podman's generator
//! turns into services.

use super::{exec_may_fail, lifecycle, raw, unit, unit_section};
use crate::catalog::component::Run as RunKind;
use crate::emit::compose::{memory, seconds, tmpfs};
use crate::emit::container::{Container, MOST_PROCESSES, OPEN_FILES};
use crate::emit::format::shell;
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::plan::Plan;
use crate::topology::{Host, SecretSource};

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let mut networks: Vec<&String> = topology.services_on(host.id).flat_map(|s| &s.networks).collect();
    networks.sort();
    networks.dedup();
    for name in networks {
        let full = topology.network_name(name);
        let mut section = Section::new("Network").with("NetworkName", cell(&full));
        if let Some(network) = topology.networks.get(name) {
            if let Some(subnet) = network.subnet {
                section = section.with("Subnet", cell(subnet.to_string()));
            }
            if network.internal {
                section = section.with("Internal", raw("true"));
            }
        }
        // Podman never changes a network that is there: it goes after its last container.
        let remove = ["/usr/bin/podman", "network", "rm", &full].map(str::to_owned);
        let service = Section::new("Service").with("ExecStopPost", exec_may_fail(remove));
        let file = unit(plan).section(section).section(service);
        put(out, host, &format!("{full}.network"), file.render()?);
    }
    for id in &host.services {
        let container = Container::new(plan, *id);
        let service = container.service;
        let file = unit(plan)
            .section(unit_section(plan, service, &[]))
            .section(container_section(plan, &container)?)
            .section(lifecycle(Section::new("Service"), plan, service).with("TimeoutStartSec", raw("1h")))
            .section(super::install());
        put(out, host, &format!("{}.container", topology.unit_name(service)), file.render()?);
    }
    Ok(())
}

fn put(out: &mut Artifacts, host: &Host, name: &str, content: String) {
    out.text(format!("systemd/{}/quadlet/{name}", host.name), content);
}

fn cell(value: impl Into<String>) -> Value {
    Value::ContainerText(value.into())
}

fn container_section(plan: &Plan, c: &Container<'_>) -> Result<Section, EmitError> {
    let topology = &plan.topology;
    let component = &c.service.component;
    let mut section = Section::new("Container")
        .with("ContainerName", cell(&c.service.name))
        .with("Image", cell(c.image()))
        .with("DropCapability", raw("all"))
        .with("NoNewPrivileges", raw("true"));
    let mut add = |key: &'static str, value: Value| {
        section = std::mem::take(&mut section).with(key, value);
    };
    if component.read_only {
        add("ReadOnly", raw("true"));
        // Without this podman mounts writable file systems over /tmp and /run by itself.
        add("ReadOnlyTmpfs", raw("false"));
    }
    for capability in &component.capabilities {
        add("AddCapability", cell(capability));
    }
    for path in &component.tmpfs {
        add("Tmpfs", cell(tmpfs(path)));
    }
    if let Some((user, group)) = component.user.as_deref().and_then(|user| user.split_once(':')) {
        add("User", cell(user));
        add("Group", cell(group));
    }
    for group in &c.groups {
        add("GroupAdd", cell(group.to_string()));
    }
    if c.host_network {
        add("Network", raw("host"));
    }
    for network in &c.service.networks {
        add("Network", cell(format!("{}.network", topology.network_name(network))));
    }
    for host in &c.extra_hosts {
        add("AddHost", cell(host));
    }
    for port in &c.ports {
        let protocol = port.transport.word();
        add("PublishPort", cell(format!("{}:{}:{}/{protocol}", port.address, port.published, port.target)));
    }
    for mount in &c.mounts {
        let access = if mount.read_only { "ro" } else { "rw" };
        let follow = if mount.follows_host { ",rslave" } else { "" };
        add("Volume", cell(format!("{}:{}:{access}{follow}", mount.source, mount.target)));
    }
    for (used, mount) in c.service.secrets.iter().zip(&c.secrets) {
        match &topology.secrets[used.secret].source {
            SecretSource::Docker(name) => {
                add(
                    "Secret",
                    cell(format!(
                        "{name},type=mount,target={},mode=0440,gid={}",
                        mount.target,
                        crate::topology::SECRETS_GROUP_ID
                    )),
                );
            }
            _ => add("Volume", cell(format!("{}:{}:ro", mount.source, mount.target))),
        }
    }
    for mount in c.secrets.iter().skip(c.service.secrets.len()) {
        add("Volume", cell(format!("{}:{}:ro", mount.source, mount.target)));
    }
    for (name, value) in &c.run.environment {
        add("Environment", Value::ContainerPair(name.clone(), value.clone()));
    }
    if let Some(health) = &c.run.healthcheck {
        add("HealthCmd", cell(shell::join(&health.command)?));
        add("HealthInterval", raw(seconds(health.interval)));
        add("HealthTimeout", raw(seconds(health.timeout)));
        add("HealthRetries", raw(health.retries.to_string()));
        add("HealthStartPeriod", raw(seconds(health.start_period)));
        if component.run == RunKind::Service {
            // The unit counts as started when the check passes, so that users wait for it.
            add("Notify", raw("healthy"));
        }
    }
    add("StopTimeout", raw(c.service.stop_timeout.0.to_string()));
    add("PidsLimit", raw(MOST_PROCESSES.to_string()));
    add("Ulimit", raw(format!("nofile={OPEN_FILES}:{OPEN_FILES}")));
    for (name, value) in &c.labels {
        add("Label", Value::ContainerPair(name.clone(), value.clone()));
    }
    // The journal is where runbooks and collectors look, whatever the default of the host is.
    let mut rest = vec!["--log-driver=journald".to_owned()];
    rest.push(format!("--stop-signal={}", component.stop.signal));
    rest.extend(c.service.memory.map(|size| format!("--memory={}", memory(size))));
    rest.extend(c.service.cpus.map(|cpus| format!("--cpus={cpus}")));
    rest.extend(component.host_access.pid.then(|| "--pid=host".to_owned()));
    add("PodmanArgs", Value::ContainerArgs(rest));
    let mut command = c.run.command.clone();
    if let Some((program, arguments)) = c.run.entrypoint.as_ref().and_then(|words| words.split_first()) {
        add("Entrypoint", cell(program));
        command = arguments.iter().cloned().chain(command).collect();
    }
    if !command.is_empty() {
        add("Exec", Value::ContainerArgs(command));
    }
    Ok(section)
}
