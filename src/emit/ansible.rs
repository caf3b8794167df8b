//! Ansible: an inventory with everything the hosts need to know, and roles that deploy the bundle.
//!
//! Roles and playbooks are the same in every bundle; they stand under `templates/ansible/` as they
//! are. What differs stands in the variables, computed here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::format::yaml::{self, AnsibleData};
use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::component::Run as RunKind;
use crate::embedded;
use crate::manifest::{Architecture, Firewall, GenerateForm, Runtime};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, SECRETS_GROUP_ID, Secret, SecretSource, SecretUse, Service};

const TREE: &str = "ansible";

/// The folder of the static files in the binary.
const STATIC: &str = "ansible/";

pub(super) struct Ansible;

impl Emitter for Ansible {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Ansible inventory, playbooks and roles"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        for (path, text) in embedded::FILES {
            if let Some(rest) = path.strip_prefix(STATIC) {
                out.text(format!("{TREE}/{rest}"), *text);
            }
        }
        let put = |out: &mut Artifacts, path: &str, value: &Value| -> Result<(), EmitError> {
            let text = yaml::to_yaml_with_header(&header(plan), &AnsibleData(value))?;
            out.text(format!("{TREE}/inventory/{path}"), text);
            Ok(())
        };
        put(out, "hosts.yml", &inventory(plan))?;
        put(out, "group_vars/all.yml", &group_vars(plan))?;
        for host in &plan.topology.hosts {
            // Texts around secrets are templates on purpose, so they must stay such.
            let vars = host_vars(plan, host)?;
            let text = yaml::to_yaml_with_header(&header(plan), &vars)?;
            out.text(format!("{TREE}/inventory/host_vars/{}.yml", host.name), text);
        }
        Ok(())
    }
}

/// Group names of Ansible are identifiers.
fn group(kind: &str, name: &str) -> String {
    let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{kind}_{safe}")
}

fn inventory(plan: &Plan) -> Value {
    let topology = &plan.topology;
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut hosts = Map::new();
    for host in &topology.hosts {
        hosts.insert(
            host.name.clone(),
            json!({
                "ansible_host": host.address, "ansible_port": host.ssh_port, "ansible_user": host.ssh_user,
            }),
        );
        let mut names = vec![group("runtime", host.runtime.word())];
        names.extend(host.region.map(|_| group("region", topology.region_name(host.id))));
        names.extend(host.provider.as_ref().map(|provider| group("provider", provider)));
        for service in topology.services_on(host.id) {
            names.push(group("component", &service.component.component));
            names.extend(service.node.map(|node| group("role", &topology.nodes[node].role)));
        }
        for name in names {
            groups.entry(name).or_default().insert(&host.name);
        }
    }
    let members = |names: &BTreeSet<&str>| {
        let hosts: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        json!({ "hosts": hosts })
    };
    let canary: BTreeSet<&str> =
        topology.rollout.canary.iter().map(|id| topology.hosts[*id].name.as_str()).collect();
    let mut children = Map::new();
    children.insert("netgen".to_owned(), json!({ "hosts": hosts }));
    children.insert("netgen_canary".to_owned(), members(&canary));
    for (name, names) in &groups {
        children.insert(name.clone(), members(names));
    }
    json!({ "all": { "children": children } })
}

fn group_vars(plan: &Plan) -> Value {
    let topology = &plan.topology;
    json!({
        "netgen_network": topology.name,
        "netgen_environment": topology.environment.word(),
        "netgen_install_dir": topology.install_dir(),
        "netgen_stack_unit": topology.stack_unit_name(),
        "netgen_secrets_gid": SECRETS_GROUP_ID,
        "netgen_firewall": match topology.firewall {
            Firewall::Nftables => "nftables",
            Firewall::External => "external",
        },
        "netgen_canary_wait": topology.rollout.wait.0,
    })
}

/// Everything about one host.
fn host_vars(plan: &Plan, host: &Host) -> Result<Value, EmitError> {
    let topology = &plan.topology;
    let services: Vec<&Service> = topology.services_on(host.id).collect();
    let trees: BTreeSet<&String> = services.iter().flat_map(|s| s.component.artifacts.keys()).collect();
    let units = units(plan, host);
    let has_config = services.iter().any(|s| !plan.runs[s.id].files.is_empty());
    let has_backup = topology.backup.is_some() && services.iter().any(|s| plan.runs[s.id].backup.is_some());
    let (secrets, files) = secrets(plan, host)?;
    let hangup: &[&str] = match host.runtime {
        Runtime::Compose | Runtime::SystemdDocker => &["docker", "kill", "--signal=HUP"],
        Runtime::Quadlet => &["podman", "kill", "--signal=HUP"],
        Runtime::Native => &["systemctl", "kill", "--signal=HUP"],
    };
    let signalled: Vec<String> = services
        .iter()
        .filter(|s| !s.component.artifacts.is_empty())
        .map(|s| if host.runtime == Runtime::Native { topology.unit_name(s) } else { s.name.clone() })
        .collect();
    Ok(json!({
        // Static lookups of the controller: templates on purpose.
        "netgen_bundle": "{{ playbook_dir }}/..",
        "netgen_source_dir": "{{ playbook_dir }}/../..",
        "netgen_secrets_store": format!("{{{{ lookup('ansible.builtin.env', 'HOME') }}}}/.netgen/{}", topology.name),
        "netgen_runtime": host.runtime.word(),
        "netgen_architecture": host.architecture.word(),
        "netgen_machine_names": machine_names(host.architecture),
        "netgen_labels": host.labels,
        "netgen_packages": packages(plan, host, &services, has_backup),
        "netgen_directories": directories(&services),
        "netgen_artifacts": trees,
        "netgen_has_config": has_config,
        "netgen_has_scripts": has_backup || host.runtime == Runtime::SystemdDocker,
        "netgen_units": units.files,
        "netgen_quadlets": units.quadlets,
        "netgen_unit_paths": units.paths,
        "netgen_started": units.started,
        "netgen_enabled": units.enabled,
        "netgen_restarted": units.restarted,
        "netgen_hangup": hangup,
        "netgen_reloaded_by_signal": signalled,
        "netgen_secret_directories": secret_directories(plan, host),
        "netgen_secrets": secrets,
        "netgen_secret_files": files,
    }))
}

/// The names that a kernel gives to an architecture.
fn machine_names(architecture: Architecture) -> &'static [&'static str] {
    match architecture {
        Architecture::Amd64 => &["x86_64", "amd64"],
        Architecture::Arm64 => &["aarch64", "arm64"],
    }
}

fn packages(plan: &Plan, host: &Host, services: &[&Service], backup: bool) -> Vec<String> {
    let mut packages: BTreeSet<String> = BTreeSet::from(["chrony".to_owned()]);
    if plan.topology.firewall == Firewall::Nftables {
        packages.insert("nftables".to_owned());
    }
    if backup {
        packages.insert("restic".to_owned());
    }
    match host.runtime {
        // Docker itself comes from whom the operator trusts; the role checks that it is there.
        Runtime::Compose | Runtime::SystemdDocker => {}
        Runtime::Quadlet => {
            packages.insert("podman".to_owned());
        }
        Runtime::Native => {
            packages.extend(services.iter().filter_map(|s| s.component.native.as_ref()?.package.clone()));
        }
    }
    packages.into_iter().collect()
}

fn directories(services: &[&Service]) -> Vec<Value> {
    let mut directories = Vec::new();
    for service in services {
        let user =
            service.component.user.as_deref().and_then(|user| user.split_once(':')).unwrap_or(("0", "0"));
        for volume in service.volumes.iter().filter(|volume| !volume.lent) {
            let own = std::iter::once(volume.host_path.clone());
            let below = volume.folders.iter().map(|folder| format!("{}/{folder}", volume.host_path));
            for path in own.chain(below) {
                directories.push(json!({ "path": path, "owner": user.0, "group": user.1, "mode": "0750" }));
            }
        }
    }
    directories
}

/// The units of a host by what is done with them.
#[derive(Default)]
struct Units {
    files: Vec<String>,
    quadlets: Vec<String>,
    paths: Vec<String>,
    started: Vec<String>,
    enabled: Vec<String>,
    restarted: Vec<String>,
}

fn units(plan: &Plan, host: &Host) -> Units {
    let topology = &plan.topology;
    let stack = topology.stack_unit_name();
    let mut units = Units::default();
    if host.services.is_empty() {
        return units;
    }
    if topology.firewall == Firewall::Nftables {
        units.files.push(format!("{stack}-firewall.service"));
        units.enabled.push(format!("{stack}-firewall.service"));
    }
    let mut timers = Vec::new();
    match host.runtime {
        Runtime::Compose => {
            units.files.push(format!("{stack}.service"));
            units.started.push(format!("{stack}.service"));
            units.enabled.push(format!("{stack}.service"));
            timers.push(format!("{stack}-prune"));
        }
        Runtime::SystemdDocker => {
            units.files.push(format!("{stack}-network.service"));
            units.enabled.push(format!("{stack}-network.service"));
        }
        Runtime::Quadlet => {
            let networks: BTreeSet<String> = topology
                .services_on(host.id)
                .flat_map(|s| &s.networks)
                .map(|name| format!("{}.network", super::compose::network_name(plan, name)))
                .collect();
            units.quadlets.extend(networks);
        }
        Runtime::Native => {}
    }
    for service in topology.services_on(host.id) {
        let unit = topology.unit_name(service);
        let running = format!("{unit}.service");
        match host.runtime {
            Runtime::Compose => {}
            Runtime::Quadlet => {
                units.quadlets.push(format!("{unit}.container"));
                units.restarted.push(format!("{unit}.container"));
                units.started.push(running);
            }
            Runtime::SystemdDocker | Runtime::Native => {
                units.files.push(running.clone());
                units.restarted.push(running.clone());
                units.enabled.push(running.clone());
                if service.component.run == RunKind::Service {
                    units.started.push(running);
                }
            }
        }
        if topology.backup.is_some() && plan.runs[service.id].backup.is_some() {
            timers.push(format!("{stack}-backup-{}", service.name));
        }
    }
    for timer in timers {
        units.files.push(format!("{timer}.service"));
        units.files.push(format!("{timer}.timer"));
        units.started.push(format!("{timer}.timer"));
        units.enabled.push(format!("{timer}.timer"));
    }
    units.files.sort();
    let plain = units.files.iter().map(|file| format!("/etc/systemd/system/{file}"));
    let quadlets = units.quadlets.iter().map(|file| format!("/etc/containers/systemd/{file}"));
    units.paths = plain.chain(quadlets).collect();
    units
}

/// The secrets that a service of the host reads, or that its timers need.
fn uses<'a>(plan: &'a Plan, host: &'a Host) -> impl Iterator<Item = &'a SecretUse> {
    let topology = &plan.topology;
    topology.services_on(host.id).flat_map(|service| &service.secrets)
}

fn on_host<'a>(plan: &'a Plan, host: &'a Host) -> impl Iterator<Item = &'a Secret> {
    plan.topology.secrets.iter().filter(move |secret| secret.hosts.contains(&host.id))
}

fn secret_directories(plan: &Plan, host: &Host) -> Vec<String> {
    let root = plan.topology.secrets_dir();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    let files = on_host(plan, host).map(|s| &s.host_path).chain(uses(plan, host).map(|used| &used.host_path));
    for file in files.filter(|file| file.starts_with(&root)) {
        // Each folder on the way gets the same owner and mode.
        let mut path = file.as_str();
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folder.starts_with(&root) {
                break;
            }
            folders.insert(folder.to_owned());
            path = folder;
        }
    }
    folders.into_iter().collect()
}

/// How each secret gets to the host, and the files that are made around one.
fn secrets(plan: &Plan, host: &Host) -> Result<(Vec<Value>, Vec<Value>), EmitError> {
    let mut secrets = Vec::new();
    for secret in on_host(plan, host) {
        let mut entry = Map::new();
        let mut add = |key: &str, value: Value| {
            entry.insert(key.to_owned(), value);
        };
        add("name", stored_name(secret).into());
        add("path", secret.host_path.clone().into());
        match &secret.source {
            SecretSource::Env(variable) => {
                add("kind", "env".into());
                add("variable", variable.clone().into());
            }
            SecretSource::File(file) => {
                add("kind", "file".into());
                add("file", plain(secret, file)?);
            }
            SecretSource::Sops { file, key } => {
                add("kind", "sops".into());
                add("file", plain(secret, file)?);
                let parts: String =
                    key.iter().map(|part| format!("[{}]", Value::String(part.clone()))).collect();
                add("extract", plain(secret, &parts)?);
            }
            SecretSource::Vault { path, field } => {
                add("kind", "vault".into());
                add("vault", plain(secret, path)?);
                add("field", plain(secret, field)?);
            }
            SecretSource::HostFile(_) => add("kind", "host-file".into()),
            SecretSource::Docker(name) => {
                add("kind", "docker".into());
                add("secret", plain(secret, name)?);
            }
            SecretSource::Generate(form) => {
                // One copy for several hosts must come from one place.
                let shared = secret.hosts.len() > 1;
                add("kind", if shared { "generate-shared" } else { "generate-here" }.into());
                let (alphabet, length) = match form {
                    GenerateForm::Hex32 => ("0123456789abcdef", 64),
                    GenerateForm::Password => {
                        ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 32)
                    }
                };
                add("alphabet", alphabet.into());
                add("length", length.into());
            }
        }
        secrets.push(Value::Object(entry));
    }
    let files = uses(plan, host)
        .filter_map(|used| {
            let content = used.content.as_ref()?;
            let source = &plan.topology.secrets[used.secret].host_path;
            Some(json!({ "path": used.host_path, "source": source, "content": content }))
        })
        .collect();
    Ok((secrets, files))
}

/// The name under which the controller keeps a secret that it made.
fn stored_name(secret: &Secret) -> String {
    if secret.scope_key.is_empty() {
        secret.name.clone()
    } else {
        format!("{}-{}", secret.scope_key, secret.name)
    }
}

/// A text of the manifest that must not be a template of Ansible.
fn plain(secret: &Secret, text: &str) -> Result<Value, EmitError> {
    if yaml::ansible_evaluates(text) {
        return Err(EmitError::unsupported(
            secret.origin,
            format!("the source of secret `{}` holds `{{{{` or `{{%`", secret.name),
            "rename the file or the key: Ansible would evaluate it",
        ));
    }
    Ok(text.into())
}
