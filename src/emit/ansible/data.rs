//! What is saved of a host and how it is brought back, and what must not live twice.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::catalog::component::Run as RunKind;
use crate::emit::container::inside;
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::topology::{Host, Service, Topology};

/// What the playbooks about state know of a host.
#[derive(Serialize)]
pub(super) struct DataFacts {
    /// Where the state of its services lies.
    state_dir: String,
    /// By which it is known.
    addresses: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_policy: Option<Policy>,
    saved: Vec<Saved>,
    /// Services of which there must be one live copy in the world.
    signing: Vec<Signing>,
}

/// What was asked of backups; times in seconds.
#[derive(Serialize)]
struct Policy {
    /// Whether each host has a repository of its own.
    local: bool,
    rpo: u64,
    rto: u64,
}

#[derive(Serialize)]
struct Saved {
    service: String,
    /// The unit that saves it.
    unit: String,
    #[serde(flatten)]
    switch: Switch,
    signs: bool,
    volumes: Vec<SavedVolume>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dump: Option<Dump>,
    /// Ports at which an old copy of it would answer.
    ports: BTreeSet<u16>,
    /// Who must stand still while it is brought back.
    signers: Vec<Signer>,
}

/// How a service is started and stopped on its host.
#[derive(Serialize)]
struct Switch {
    start: Vec<String>,
    stop: Vec<String>,
}

#[derive(Serialize)]
struct SavedVolume {
    name: String,
    path: String,
    owner: String,
    group: String,
    mode: &'static str,
    /// Whether it is saved as a whole; else only some files of it are.
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Keys>,
}

/// Commands that read a dump from standard input.
#[derive(Serialize)]
struct Dump {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restore: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Signer {
    host: String,
    service: String,
    #[serde(flatten)]
    switch: Switch,
}

#[derive(Serialize)]
struct Signing {
    service: String,
    unit: String,
    folders: Vec<Keys>,
}

/// Where keys lie, and by what a key is known.
#[derive(Serialize)]
pub(super) struct Keys {
    path: String,
    files: String,
    /// Empty: by the digest of its file.
    field: String,
}

pub(super) fn facts(plan: &Plan, host: &Host, services: &[&Service]) -> DataFacts {
    let topology = &plan.topology;
    let policy = topology.backup.as_ref().map(|backup| Policy {
        local: backup.to.starts_with('/'),
        rpo: backup.rpo().0,
        rto: backup.rto.0,
    });
    let saved = services.iter().filter(|service| topology.is_saved(service));
    let signing = services.iter().filter(|service| topology.signs(service));
    DataFacts {
        state_dir: topology.state_dir(host, "").trim_end_matches('/').to_owned(),
        addresses: host.addresses().into_iter().map(str::to_owned).collect(),
        backup_policy: policy,
        saved: saved.map(|service| saved_of(plan, host, service)).collect(),
        signing: signing
            .map(|service| Signing {
                service: service.name.clone(),
                unit: format!("{}.service", topology.unit_name(service)),
                folders: service.key_volumes().filter_map(keys).collect(),
            })
            .collect(),
    }
}

fn saved_of(plan: &Plan, host: &Host, service: &Service) -> Saved {
    let topology = &plan.topology;
    let user = service.component.user.as_deref().unwrap_or("0:0");
    let (owner, group) = user.split_once(':').unwrap_or((user, user));
    let volumes = service.saved_volumes().map(|volume| SavedVolume {
        name: volume.name.clone(),
        path: volume.host_path.clone(),
        owner: owner.to_owned(),
        group: group.to_owned(),
        mode: super::host::volume_mode(service, volume),
        whole: volume.backup,
        keys: keys(volume),
    });
    let reading =
        |words: &Vec<String>| inside(host, service, true).into_iter().chain(words.clone()).collect();
    let dump = plan.runs[service.id].backup.as_ref().map(|method| Dump {
        file: method.name.clone(),
        check: method.check.as_ref().map(reading),
        restore: method.restore.as_ref().map(reading),
    });
    let stays = |signer: &&Service| signer.component.run == RunKind::Service;
    let signers = topology.signers_on(service.id).filter(stays).map(|signer| {
        let its_host = &topology.hosts[signer.host];
        Signer {
            host: its_host.name.clone(),
            service: signer.name.clone(),
            switch: switch(topology, its_host, signer),
        }
    });
    Saved {
        service: service.name.clone(),
        unit: format!("{}.service", topology.backup_unit_name(service)),
        switch: switch(topology, host, service),
        signs: topology.signs(service),
        volumes: volumes.collect(),
        dump,
        ports: service.listeners.iter().filter_map(|listener| listener.port).collect(),
        signers: signers.collect(),
    }
}

pub(super) fn keys(volume: &crate::topology::Volume) -> Option<Keys> {
    let keys = volume.keys.as_ref()?;
    Some(Keys {
        path: volume.host_path.clone(),
        files: keys.files.clone(),
        field: keys.field.clone().unwrap_or_default(),
    })
}

fn switch(topology: &Topology, host: &Host, service: &Service) -> Switch {
    let command = |verb: &str| {
        let unit = format!("{}.service", topology.unit_name(service));
        let words: Vec<&str> = match host.runtime {
            Runtime::Compose => vec!["docker", "container", verb, &service.name],
            Runtime::SystemdDocker | Runtime::Quadlet | Runtime::Native | Runtime::Kubernetes => {
                vec!["systemctl", verb, &unit]
            }
        };
        words.into_iter().map(str::to_owned).collect()
    };
    Switch { start: command("start"), stop: command("stop") }
}
