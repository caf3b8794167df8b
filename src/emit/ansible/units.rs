//! What the deploy installs on a host, and what it starts, reloads and tells of changes.

use serde::Serialize;

use super::ready::{self, Ready};
use super::secrets;
use crate::emit::systemd::{BACKOFF_SINCE, journal_file};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::topology::{Host, Service, Topology};

const UNITS: &str = "/etc/systemd/system";
const QUADLETS: &str = "/etc/containers/systemd";
const JOURNAL: &str = "/etc/systemd/journald.conf.d";

/// A folder of the bundle and its place on the host.
#[derive(Serialize)]
pub(super) struct Tree {
    from: String,
    to: String,
    mode: &'static str,
    /// Only files of this folder itself that match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    patterns: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validate: Option<String>,
    /// Only for hosts with this systemd or a newer one.
    #[serde(skip_serializing_if = "Option::is_none")]
    systemd: Option<u32>,
}

/// Something that systemd starts.
#[derive(Serialize)]
pub(super) struct Unit {
    #[serde(flatten)]
    watch: Watch,
    /// What makes a change take effect.
    apply: &'static str,
    /// Quadlets are enabled by their own file.
    enable: bool,
    /// Units of one step change at once, the next step when they are well.
    step: u32,
    /// What its services must find before it is restarted.
    ready: Vec<Ready>,
}

/// Something that must be told when what it reads has changed.
#[derive(Serialize)]
struct Watch {
    name: String,
    files: Vec<String>,
    folders: Vec<String>,
}

/// A command to run when what it watches has changed.
#[derive(Serialize)]
pub(super) struct Told {
    #[serde(flatten)]
    watch: Watch,
    argv: Vec<String>,
    /// Nothing that is started reads it first: the first version is told as well.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    first: bool,
}

pub(super) fn trees(topology: &Topology, host: &Host, services: &[&Service]) -> Vec<Tree> {
    let (name, install) = (&host.name, topology.install_dir());
    let tree = |from: String, to: String, mode: &'static str| Tree {
        from,
        to,
        mode,
        patterns: Vec::new(),
        validate: None,
        systemd: None,
    };
    let mut trees = Vec::new();
    if host.runtime == Runtime::Compose {
        let folder = format!("{install}/compose");
        trees.push(tree(format!("compose/{name}/env"), format!("{folder}/env"), "0644"));
        // After the files that it names, for it is checked with them.
        let validate =
            format!("/usr/bin/docker compose --project-directory {folder} --file %s config --quiet");
        trees.push(Tree {
            patterns: vec!["compose.yaml"],
            validate: Some(validate),
            ..tree(format!("compose/{name}"), folder, "0644")
        });
    }
    trees.push(tree(format!("config/{name}"), format!("{install}/config"), "0644"));
    let mut artifacts: Vec<&String> = services.iter().flat_map(|s| s.component.artifacts.keys()).collect();
    artifacts.sort();
    artifacts.dedup();
    trees.extend(artifacts.into_iter().map(|id| tree(id.clone(), topology.artifact_dir(id), "0644")));
    trees.push(tree(format!("systemd/{name}/bin"), format!("{install}/bin"), "0755"));
    trees.push(Tree {
        patterns: vec!["*.service", "*.timer"],
        ..tree(format!("systemd/{name}"), UNITS.to_owned(), "0644")
    });
    trees.push(Tree {
        systemd: Some(BACKOFF_SINCE),
        ..tree(format!("systemd/{name}/since-{BACKOFF_SINCE}"), UNITS.to_owned(), "0644")
    });
    trees.push(tree(format!("systemd/{name}/journald"), JOURNAL.to_owned(), "0644"));
    if host.runtime == Runtime::Quadlet {
        trees.push(tree(format!("systemd/{name}/quadlet"), QUADLETS.to_owned(), "0644"));
    }
    trees
}

pub(super) fn units(plan: &Plan, host: &Host, services: &[&Service]) -> Vec<Unit> {
    let topology = &plan.topology;
    if services.is_empty() {
        return Vec::new();
    }
    if host.runtime == Runtime::Compose {
        let name = format!("{}.service", topology.stack_unit_name());
        let compose = format!("{}/compose", topology.install_dir());
        let files = vec![format!("{UNITS}/{name}"), format!("{compose}/compose.yaml")];
        let watch = Watch { name, files, folders: vec![format!("{compose}/env")] };
        let found = services.iter().map(|service| ready::ready(plan, host, service)).collect();
        // A restart would stop every container; a reload lets Compose change what differs.
        return vec![Unit { watch, apply: "reloaded", enable: true, step: 0, ready: found }];
    }
    let quadlet = host.runtime == Runtime::Quadlet;
    let unit = |service: &&Service| {
        let unit = topology.unit_name(service);
        let mut files = secrets::files(topology, service);
        // A container network that changes is made anew, and its containers with it.
        let networks = service.networks.iter();
        if quadlet {
            files.push(format!("{QUADLETS}/{unit}.container"));
            files.extend(networks.map(|name| format!("{QUADLETS}/{}.network", topology.network_name(name))));
        } else {
            files.push(format!("{UNITS}/{unit}.service"));
            files
                .extend(networks.map(|name| format!("{UNITS}/{}.service", topology.network_unit_name(name))));
        }
        let folders = vec![topology.config_dir(service)];
        let watch = Watch { name: format!("{unit}.service"), files, folders };
        let step = service.node.and_then(|node| plan.waves.steps.get(&node)).copied().unwrap_or(0);
        Unit {
            watch,
            apply: "restarted",
            enable: !quadlet,
            step,
            ready: vec![ready::ready(plan, host, service)],
        }
    };
    services.iter().map(unit).collect()
}

/// Artifact trees are mounted as folders, and programs that read one read it anew on a hang-up.
/// Compose sees a changed image, argument or configuration file, but not a secret: it is mounted as
/// a file, so that a running container keeps the old one.
pub(super) fn told(topology: &Topology, host: &Host, services: &[&Service]) -> Vec<Told> {
    let mut told = Vec::new();
    let mut tell =
        |what: &str, words: &[&str], service: &Service, files: Vec<String>, folders: Vec<String>| {
            if files.is_empty() && folders.is_empty() {
                return;
            }
            let unit = topology.unit_name(service);
            let native = host.runtime == Runtime::Native;
            let target = if native { format!("{unit}.service") } else { service.name.clone() };
            let argv = words.iter().map(|word| (*word).to_owned()).chain([target]).collect();
            told.push(Told {
                watch: Watch { name: format!("{} {what}", service.name), files, folders },
                argv,
                first: false,
            });
        };
    let hangup: &[&str] = match host.runtime {
        Runtime::Compose | Runtime::SystemdDocker => &["docker", "container", "kill", "--signal=HUP"],
        Runtime::Quadlet => &["podman", "container", "kill", "--signal=HUP"],
        Runtime::Native | Runtime::Kubernetes => &["systemctl", "kill", "--signal=HUP"],
    };
    for service in services {
        if !service.component.watches_artifacts {
            tell("artifacts", hangup, service, Vec::new(), artifact_dirs(topology, service));
        }
        if host.runtime == Runtime::Compose {
            let restart = ["docker", "container", "restart"];
            tell("secrets", &restart, service, secrets::files(topology, service), Vec::new());
        }
    }
    if !services.is_empty() {
        let file = format!("{JOURNAL}/{}", journal_file(topology));
        let argv = ["systemctl", "restart", "systemd-journald.service"];
        told.push(Told {
            watch: Watch { name: "journal".to_owned(), files: vec![file], folders: Vec::new() },
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            first: true,
        });
    }
    told
}

fn artifact_dirs(topology: &Topology, service: &Service) -> Vec<String> {
    let mut folders: Vec<String> =
        service.component.artifacts.keys().map(|id| topology.artifact_dir(id)).collect();
    folders.sort();
    folders
}
