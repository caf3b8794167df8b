//! What is looked at before a unit is restarted, so that a restart does not end what ran well.

use serde::Serialize;

use crate::emit::container::Container;
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::topology::{Host, SecretSource, Service};

/// What a service must find.
#[derive(Serialize)]
pub(super) struct Ready {
    service: String,
    /// The check of its configuration by the program itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Vec<String>>,
    /// The image, by digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// What it listens on, on the host.
    sockets: Vec<Socket>,
    /// Files with secrets, that must not be empty.
    secrets: Vec<SecretForm>,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Socket {
    port: u16,
    transport: &'static str,
    address: String,
}

#[derive(Serialize)]
struct SecretForm {
    path: String,
    /// How many hexadecimal digits it must be; any text where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<u32>,
}

pub(super) fn ready(plan: &Plan, host: &Host, service: &Service) -> Ready {
    let image = host.runtime.is_container().then(|| image(plan, host, service));
    Ready {
        service: service.name.clone(),
        check: check(plan, host, service),
        image,
        sockets: sockets(service),
        secrets: secrets(plan, service),
    }
}

/// Podman asks no registry of its own accord, so it gets the whole name.
fn image(plan: &Plan, host: &Host, service: &Service) -> String {
    let container = Container::new(plan, service.id);
    if host.runtime == Runtime::Quadlet { container.image() } else { container.run.image.clone() }
}

/// The command; in a container of its own that sees the files but no network, where there are containers.
fn check(plan: &Plan, host: &Host, service: &Service) -> Option<Vec<String>> {
    let run = &plan.runs[service.id];
    let words = run.validate.clone()?;
    if !host.runtime.is_container() {
        return Some(words);
    }
    let container = Container::new(plan, service.id);
    let engine = if host.runtime == Runtime::Quadlet { "podman" } else { "docker" };
    let mut argv: Vec<String> =
        [engine, "run", "--rm", "--pull=never", "--network=none"].map(str::to_owned).to_vec();
    if let Some(user) = &service.component.user {
        argv.push(format!("--user={user}"));
    }
    argv.extend(container.groups.iter().map(|group| format!("--group-add={group}")));
    // Its state is not shown to it: a check that writes must not meet the program that runs.
    let state = |source: &str| service.volumes.iter().any(|volume| volume.host_path == source);
    let shown = container.mounts.iter().chain(&container.secrets).filter(|mount| !state(&mount.source));
    argv.extend(
        shown.map(|mount| {
            format!("--mount=type=bind,source={},target={},readonly", mount.source, mount.target)
        }),
    );
    argv.extend(run.environment.iter().map(|(name, value)| format!("--env={name}={value}")));
    // A path is another program of the image; all else are arguments of its own.
    let own = run.entrypoint.clone().unwrap_or_default();
    let words: Vec<String> =
        if words.first().is_some_and(|word| word.starts_with('/')) { words } else { [own, words].concat() };
    match words.split_first() {
        Some((program, arguments)) if program.starts_with('/') => {
            argv.push(format!("--entrypoint={program}"));
            argv.push(image(plan, host, service));
            argv.extend(arguments.iter().cloned());
        }
        _ => {
            argv.push(image(plan, host, service));
            argv.extend(words);
        }
    }
    Some(argv)
}

fn sockets(service: &Service) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for listener in &service.listeners {
        let (Some(port), Some(publish)) = (listener.port, &listener.publish) else { continue };
        sockets.extend(listener.transports.iter().map(|transport| Socket {
            port,
            transport: transport.word(),
            address: publish.address().to_owned(),
        }));
    }
    sockets.sort_unstable();
    sockets.dedup();
    sockets
}

fn secrets(plan: &Plan, service: &Service) -> Vec<SecretForm> {
    let topology = &plan.topology;
    let mut forms: Vec<SecretForm> = topology
        .secrets_of(service)
        .filter(|used| !matches!(topology.secrets[used.secret].source, SecretSource::Docker(_)))
        .map(|used| {
            let source = &topology.secrets[used.secret].source;
            let hex32 = matches!(source, SecretSource::Generate(crate::manifest::GenerateForm::Hex32));
            SecretForm { path: used.host_path.clone(), hex: (hex32 && used.content.is_none()).then_some(64) }
        })
        .collect();
    forms.sort_by(|a, b| a.path.cmp(&b.path));
    forms.dedup_by(|a, b| a.path == b.path);
    forms
}
