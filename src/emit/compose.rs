//! Docker Compose projects, one a host, and the configuration files that containers mount.

use std::collections::BTreeMap;

use serde::Serialize;

use super::container::{Container, MOST_PROCESSES, Mount, OPEN_FILES};
use super::format::{compose, env};
use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::component::Run as RunKind;
use crate::hashed::IndexMap;
use crate::manifest::quantity::{ByteSize, Duration};
use crate::manifest::{LogDriver, Runtime};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Condition, Host, Logging};

pub(super) struct Compose;

impl Emitter for Compose {
    fn id(&self) -> &'static str {
        "compose"
    }

    fn summary(&self) -> &'static str {
        "Docker Compose projects, one a host"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let hosts = plan.topology.hosts.iter();
        let hosts: Vec<&Host> =
            hosts.filter(|h| h.runtime == Runtime::Compose && !h.services.is_empty()).collect();
        out.each(&hosts, |host, out| {
            let containers: Vec<Container<'_>> =
                host.services.iter().map(|id| Container::new(plan, *id)).collect();
            let project = project(plan, &containers);
            let text = compose::to_yaml_with_header(&header(plan), &project)?;
            out.text(format!("compose/{}/compose.yaml", host.name), text);
            for container in containers.iter().filter(|c| !c.run.environment.is_empty()) {
                out.text(
                    format!("compose/{}/env/{}.env", host.name, container.service.name),
                    env_file(plan, container)?,
                );
            }
            Ok(())
        })
    }
}

/// The environment of a container as a file; no value in it is secret.
fn env_file(plan: &Plan, container: &Container<'_>) -> Result<String, EmitError> {
    let variables = container.run.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(env::file(&header(plan), variables)?)
}

#[derive(Serialize)]
struct Project {
    name: String,
    services: BTreeMap<String, ServiceFile>,
    networks: BTreeMap<String, Network>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, SecretFile>,
}

#[derive(Serialize)]
struct ServiceFile {
    image: String,
    container_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env_file: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_add: Vec<String>,
    read_only: bool,
    cap_drop: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cap_add: Vec<String>,
    security_opt: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tmpfs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ports: Vec<PortFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<VolumeFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SecretMount>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    depends_on: BTreeMap<String, Dependency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healthcheck: Option<Health>,
    restart: &'static str,
    stop_signal: String,
    stop_grace_period: String,
    deploy: Deploy,
    ulimits: Ulimits,
    logging: LoggingFile,
    labels: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct PortFile {
    target: u16,
    published: String,
    host_ip: String,
    protocol: &'static str,
    mode: &'static str,
}

#[derive(Serialize)]
struct VolumeFile {
    r#type: &'static str,
    source: String,
    target: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
    bind: Bind,
}

#[derive(Serialize)]
struct Bind {
    create_host_path: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    propagation: Option<&'static str>,
}

#[derive(Serialize)]
struct SecretMount {
    source: String,
    target: String,
}

#[derive(Serialize)]
struct SecretFile {
    file: String,
}

#[derive(Serialize)]
struct Dependency {
    condition: &'static str,
}

#[derive(Serialize)]
struct Health {
    test: Vec<String>,
    interval: String,
    timeout: String,
    retries: u32,
    start_period: String,
}

#[derive(Serialize)]
struct Deploy {
    resources: Resources,
}

#[derive(Serialize)]
struct Resources {
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    cpus: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<String>,
    pids: u32,
}

#[derive(Serialize)]
struct Ulimits {
    nofile: Nofile,
}

#[derive(Serialize)]
struct Nofile {
    soft: u32,
    hard: u32,
}

#[derive(Serialize)]
struct LoggingFile {
    driver: &'static str,
    options: IndexMap<&'static str, String>,
}

#[derive(Serialize)]
struct Network {
    name: String,
    driver: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    internal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipam: Option<Ipam>,
}

#[derive(Serialize)]
struct Ipam {
    config: [Subnet; 1],
}

#[derive(Serialize)]
struct Subnet {
    subnet: String,
}

fn project(plan: &Plan, containers: &[Container<'_>]) -> Project {
    let topology = &plan.topology;
    let services = containers.iter().map(|c| (c.service.name.clone(), service(plan, c))).collect();
    let mut networks = BTreeMap::new();
    for name in containers.iter().flat_map(|c| &c.service.networks) {
        let written = topology.networks.get(name);
        networks.entry(name.clone()).or_insert_with(|| Network {
            name: topology.network_name(name),
            driver: "bridge",
            internal: written.is_some_and(|n| n.internal),
            ipam: written
                .and_then(|n| n.subnet)
                .map(|subnet| Ipam { config: [Subnet { subnet: subnet.to_string() }] }),
        });
    }
    let secrets = containers
        .iter()
        .flat_map(|c| {
            c.secrets.iter().map(|mount| {
                (c.service.secret_entry(&mount.target), SecretFile { file: mount.source.clone() })
            })
        })
        .collect();
    Project { name: topology.stack_unit_name(), services, networks, secrets }
}

fn service(plan: &Plan, c: &Container<'_>) -> ServiceFile {
    let topology = &plan.topology;
    let component = &c.service.component;
    let job = component.run == RunKind::Job;
    ServiceFile {
        image: c.run.image.clone(),
        container_name: c.service.name.clone(),
        entrypoint: c.run.entrypoint.clone(),
        command: c.run.command.clone(),
        env_file: (!c.run.environment.is_empty()).then(|| vec![format!("env/{}.env", c.service.name)]),
        user: component.user.clone(),
        group_add: c.groups.iter().map(u32::to_string).collect(),
        read_only: component.read_only,
        cap_drop: ["ALL"],
        cap_add: component.capabilities.clone(),
        security_opt: ["no-new-privileges:true"],
        tmpfs: component.tmpfs.iter().map(|path| tmpfs(path)).collect(),
        network_mode: c.host_network.then_some("host"),
        networks: c.service.networks.clone(),
        pid: component.host_access.pid.then_some("host"),
        extra_hosts: c.extra_hosts.clone(),
        ports: c
            .ports
            .iter()
            .map(|port| PortFile {
                target: port.target,
                published: port.published.to_string(),
                host_ip: port.address.clone(),
                protocol: port.transport.word(),
                mode: "host",
            })
            .collect(),
        volumes: c.mounts.iter().map(volume).collect(),
        secrets: c
            .secrets
            .iter()
            .map(|mount| SecretMount {
                source: c.service.secret_entry(&mount.target),
                target: mount.target.clone(),
            })
            .collect(),
        depends_on: c
            .start_after
            .iter()
            .map(|(id, condition)| {
                let condition = match condition {
                    Condition::Started => "service_started",
                    Condition::Healthy => "service_healthy",
                    Condition::Completed => "service_completed_successfully",
                };
                (topology.services[*id].name.clone(), Dependency { condition })
            })
            .collect(),
        healthcheck: c.run.healthcheck.as_ref().map(|health| Health {
            test: std::iter::once("CMD".to_owned()).chain(health.command.iter().cloned()).collect(),
            interval: seconds(health.interval),
            timeout: seconds(health.timeout),
            retries: health.retries,
            start_period: seconds(health.start_period),
        }),
        restart: if job { "no" } else { "unless-stopped" },
        stop_signal: component.stop.signal.clone(),
        stop_grace_period: seconds(c.service.stop_timeout),
        deploy: Deploy {
            resources: Resources {
                limits: Limits {
                    cpus: c.service.cpus.map(|cpus| cpus.to_string()),
                    memory: c.service.memory.map(memory),
                    pids: MOST_PROCESSES,
                },
            },
        },
        ulimits: Ulimits { nofile: Nofile { soft: OPEN_FILES, hard: OPEN_FILES } },
        logging: logging(topology.logging),
        labels: c.labels.clone(),
    }
}

fn volume(mount: &Mount) -> VolumeFile {
    VolumeFile {
        r#type: "bind",
        source: mount.source.clone(),
        target: mount.target.clone(),
        read_only: mount.read_only,
        // The deploy makes the folders with their owners; a folder that Docker makes belongs to root.
        bind: Bind { create_host_path: false, propagation: mount.follows_host.then_some("rslave") },
    }
}

/// A small file system in memory that runs no programs.
pub(super) fn tmpfs(path: &str) -> String {
    format!("{path}:rw,noexec,nosuid,nodev,size=256m,mode=1777")
}

/// Whole seconds: the one notation that every reader of durations takes.
pub(super) fn seconds(duration: Duration) -> String {
    format!("{}s", duration.0)
}

/// Bytes as Docker reads them: whole MiB where that loses nothing.
pub(super) fn memory(size: ByteSize) -> String {
    if size.0.is_multiple_of(ByteSize::MIB) { format!("{}m", size.mib()) } else { format!("{}b", size.0) }
}

fn logging(logging: Logging) -> LoggingFile {
    LoggingFile { driver: logging.driver.word(), options: log_options(logging) }
}

/// The options of the log driver. The journal rotates by itself.
pub(super) fn log_options(logging: Logging) -> IndexMap<&'static str, String> {
    let mut options = IndexMap::default();
    match logging.driver {
        LogDriver::JsonFile | LogDriver::Local => {
            options.insert("max-size", memory(logging.max_size));
            options.insert("max-file", logging.max_files.to_string());
        }
        LogDriver::Journald => {
            options.insert("tag", "{{.Name}}".to_owned());
        }
    }
    options
}
