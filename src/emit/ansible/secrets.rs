//! Which secrets lie on a host and where their values come from; never a value.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::inventory::Group;
use crate::emit::container::inside;
use crate::emit::{Artifacts, EmitError};
use crate::manifest::{GenerateForm, Runtime, Scope};
use crate::plan::Plan;
use crate::topology::{
    CREDENTIALS, Host, HostId, Secret, SecretId, SecretSource, SecretUse, Service, Topology,
};

/// A secret of a host.
#[derive(Serialize)]
pub(super) struct SecretFacts {
    name: String,
    path: String,
    #[serde(flatten)]
    source: Source,
    /// What it is beside a secret, where a change of it is more than a new value.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<BoundTo>,
    /// Programs of this host that keep the value themselves, and must be told of another one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keepers: Vec<Keeper>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum BoundTo {
    /// Others know a service by it.
    Identity,
    /// The repository of the backups is encrypted with it.
    Repository,
}

/// Something that is told of a new value on its standard input.
#[derive(Serialize)]
struct Keeper {
    service: String,
    argv: Vec<String>,
    template: String,
}

/// Where its value comes from, as the role `secrets` reads it.
#[derive(Serialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
enum Source {
    Env {
        variable: String,
    },
    File {
        file: String,
    },
    Sops {
        file: String,
        key: String,
    },
    Age {
        file: String,
    },
    Vault {
        vault: String,
        field: String,
    },
    HostFile,
    Docker {
        docker: String,
    },
    Generate {
        length: u32,
        characters: &'static str,
        /// Whether several hosts have the same value.
        shared: bool,
        /// The file on the machine that deploys, which then holds it.
        kept: String,
    },
}

/// A file with a secret inside it.
#[derive(Serialize)]
pub(super) struct SecretFile {
    path: String,
    from: String,
    template: String,
}

/// What is known of the secrets of all hosts, asked of the topology once for all of them.
pub(super) struct Known {
    on: BTreeMap<HostId, Vec<SecretId>>,
    /// Those that others know a service by.
    identities: BTreeSet<SecretId>,
}

impl Known {
    pub(super) fn of(topology: &Topology) -> Self {
        let mut on: BTreeMap<HostId, Vec<SecretId>> = BTreeMap::new();
        for secret in &topology.secrets {
            for host in &secret.hosts {
                on.entry(*host).or_default().push(secret.id);
            }
        }
        let identities = topology.services.iter().flat_map(|service| {
            let identity = |used: &&SecretUse| {
                service.component.identities.values().any(|identity| identity.setting == used.setting)
            };
            service.secrets.iter().filter(identity).map(|used| used.secret)
        });
        Self { on, identities: identities.collect() }
    }

    fn on<'t>(&self, topology: &'t Topology, host: &Host) -> impl Iterator<Item = &'t Secret> {
        self.on.get(&host.id).into_iter().flatten().map(|id| &topology.secrets[*id])
    }

    fn bound_to(&self, topology: &Topology, secret: &Secret) -> Option<BoundTo> {
        if self.identities.contains(&secret.id) {
            return Some(BoundTo::Identity);
        }
        let backup = topology.backup.as_ref().filter(|backup| backup.password.secret == secret.id);
        backup.map(|_| BoundTo::Repository)
    }
}

/// The secrets of a host, by path.
pub(super) fn of_host(plan: &Plan, known: &Known, host: &Host) -> Vec<SecretFacts> {
    let own = known.on(&plan.topology, host);
    let mut facts: Vec<SecretFacts> = own.map(|one| secret(plan, known, host, one)).collect();
    facts.sort_by(|a, b| (&a.path, &a.name).cmp(&(&b.path, &b.name)));
    facts
}

fn secret(plan: &Plan, known: &Known, host: &Host, secret: &Secret) -> SecretFacts {
    let source = match &secret.source {
        SecretSource::Env(variable) => Source::Env { variable: variable.clone() },
        SecretSource::File(file) => Source::File { file: file.clone() },
        SecretSource::Sops { file, key } => Source::Sops { file: file.clone(), key: sops_key(key) },
        SecretSource::Age(file) => Source::Age { file: file.clone() },
        SecretSource::Vault { path, field } => Source::Vault { vault: path.clone(), field: field.clone() },
        SecretSource::HostFile(_) => Source::HostFile,
        SecretSource::Docker(name) => Source::Docker { docker: name.clone() },
        SecretSource::Generate(form) => {
            let (length, characters) = match form {
                GenerateForm::Hex32 => (64, "0123456789abcdef"),
                GenerateForm::Password => (32, "ascii_letters,digits"),
            };
            let kept = match secret.scope {
                Scope::Network => secret.name.clone(),
                Scope::Host | Scope::Node | Scope::Service => format!("{}/{}", secret.scope_key, secret.name),
            };
            let shared = secret.scope == Scope::Network || secret.hosts.len() > 1;
            Source::Generate { length, characters, shared, kept }
        }
    };
    SecretFacts {
        name: secret.name.clone(),
        path: secret.host_path.clone(),
        source,
        bound_to: known.bound_to(&plan.topology, secret),
        keepers: keepers(plan, host, secret),
    }
}

fn keepers(plan: &Plan, host: &Host, secret: &Secret) -> Vec<Keeper> {
    let mut keepers = Vec::new();
    for service in plan.topology.services_on(host.id) {
        for used in service.secrets.iter().filter(|used| used.secret == secret.id) {
            let Some(command) = plan.runs[service.id].rotations.get(&used.setting) else { continue };
            keepers.push(Keeper {
                service: service.name.clone(),
                argv: inside(host, service, true).into_iter().chain(command.iter().cloned()).collect(),
                template: told_path(service, used),
            });
        }
    }
    keepers
}

/// Nobody but root reads the secrets of a host where systemd shows each to the unit that it is for.
pub(super) fn group(topology: &Topology, host: &Host) -> Option<Group> {
    let mut used = topology.services_on(host.id).flat_map(|service| topology.secrets_of(service));
    let shown = host.runtime == Runtime::Native && used.all(|used| used.path.starts_with(CREDENTIALS));
    shown.then_some(Group { name: "root", gid: 0 })
}

/// The path of a key as `sops --extract` takes it: `["a"]["b"]`.
fn sops_key(parts: &[String]) -> String {
    parts.iter().map(|part| format!("[{}]", serde_json::Value::from(part.as_str()))).collect()
}

/// The files of a host that a service reads secrets from; what podman keeps itself is no file.
pub(super) fn files(topology: &Topology, service: &Service) -> Vec<String> {
    let kept = |used: &&SecretUse| !matches!(topology.secrets[used.secret].source, SecretSource::Docker(_));
    let files: BTreeSet<&String> =
        topology.secrets_of(service).filter(kept).map(|used| &used.host_path).collect();
    files.into_iter().cloned().collect()
}

/// The files of a host that have a secret inside them.
pub(super) fn rendered(topology: &Topology, host: &Host) -> Result<Vec<SecretFile>, EmitError> {
    let mut rendered = Vec::new();
    for service in topology.services_on(host.id) {
        for used in service.secrets.iter().filter(|used| used.content.is_some()) {
            let secret = &topology.secrets[used.secret];
            if let SecretSource::Docker(name) = &secret.source {
                return Err(EmitError::unsupported(
                    secret.origin,
                    format!("`{}` needs the value of `{name}`, which only podman knows", service.name),
                    "use `host-file:`, `sops:`, `vault:`, `env:` or `file:`",
                ));
            }
            rendered.push(SecretFile {
                path: used.host_path.clone(),
                from: secret.host_path.clone(),
                template: template_path(service, used),
            });
        }
    }
    rendered.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(rendered)
}

/// The folders below which a host keeps its secrets, outermost first.
pub(super) fn folders(topology: &Topology, known: &Known, host: &Host) -> Vec<String> {
    let root = topology.secrets_dir();
    let mut folders = BTreeSet::from([root.clone()]);
    let own = known.on(topology, host).map(|secret| secret.host_path.as_str());
    let around = topology.services_on(host.id).flat_map(|s| &s.secrets).map(|used| used.host_path.as_str());
    for path in own.chain(around) {
        // Files that were on the host before stand elsewhere: their folders are not ours.
        let Some(inside) = path.strip_prefix(&root).and_then(|rest| rest.strip_prefix('/')) else { continue };
        for (at, _) in inside.match_indices('/') {
            folders.extend(inside.get(..at).map(|folder| format!("{root}/{folder}")));
        }
    }
    folders.into_iter().collect()
}

fn told_path(service: &Service, used: &SecretUse) -> String {
    format!("templates/{}/{}.told.j2", service.name, used.setting)
}

fn template_path(service: &Service, used: &SecretUse) -> String {
    format!("templates/{}/{}.j2", service.name, used.setting)
}

/// The texts around secrets. They speak of `value`; the role has it under its own prefix.
pub(super) fn templates(plan: &Plan, out: &mut Artifacts) {
    for service in &plan.topology.services {
        for used in &service.secrets {
            let mut write = |path: String, content: &str| {
                let text = format!("{{% set value = secrets_value %}}{content}");
                out.text(format!("{}{path}", super::PROJECT), text);
            };
            if let Some(content) = &used.content {
                write(template_path(service, used), content);
            }
            let setting = service.component.settings.get(&used.setting);
            if let Some(rotate) = setting.and_then(|setting| setting.rotate.as_ref()) {
                write(told_path(service, used), &rotate.input);
            }
        }
    }
}
