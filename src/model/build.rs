//! From the topology to the model.

use std::fmt;

use rayon::prelude::*;
use serde_json::Value;

use super::item::{Fields, Item, Otherwise, object};
use super::monitoring::monitoring;
use super::services::{self, Place};
use crate::catalog::component::Component;
use crate::plan::Plan;
use crate::topology::{Backup, Binding, Cluster, Host, Node, Secret, SecretSource, ServiceId, Topology};
use crate::value::{Kind, Node as Tree, pointer};

/// What the model is made from.
pub(super) struct Source<'a> {
    pub(super) plan: &'a Plan,
    /// The merged manifest.
    pub(super) tree: &'a Tree,
    /// Whether people read where values come from. Else no words are made for them, and of the places
    /// where the manifest could say a value of a service only those stay where it does.
    pub(super) told: bool,
}

/// A part of the model at the top, made into something.
pub(super) enum Section<T> {
    One(T),
    /// Parts by name.
    Named(Vec<(String, T)>),
}

/// The model of a network: every name, every default filled in. `tree` is its merged manifest.
pub fn build(plan: &Plan, tree: &Tree) -> Item {
    let sections = sections(&Source { plan, tree, told: true }, |_, item| item);
    let whole = |section| match section {
        Section::One(item) => item,
        Section::Named(parts) => Item::Map(parts),
    };
    Item::Map(sections.into_iter().map(|(key, section)| (key.to_owned(), whole(section))).collect())
}

/// The model, part by part: each is made into what is wanted of it at once, several at a time, so that
/// the whole never stands in memory. `make` is given the steps that lead to a part.
pub(super) fn sections<T: Send>(
    source: &Source<'_>,
    make: impl Fn(&[&str], Item) -> T + Sync,
) -> Vec<(&'static str, Section<T>)> {
    let t = &source.plan.topology;
    let one = |key: &'static str, item: Item| Some((key, Section::One(make(&[key], item))));
    let map = |key, fields: Fields| if fields.is_empty() { None } else { one(key, fields.into_item()) };
    let maybe = |key, item: Option<Item>| item.and_then(|item| one(key, item));
    let hosts = t.hosts.as_slice().par_iter().map(|host: &Host| (host.name.clone(), source.host(host)));
    let nodes = t.nodes.as_slice().par_iter().map(|node: &Node| (node.name.clone(), source.node(node)));
    let services = t.services.as_slice().par_iter().map(|s| (s.name.clone(), services::service(source, s)));
    let secrets = t.secrets.as_slice().par_iter().map(|s: &Secret| (secret_name(s), source.secret(s)));
    // What follows from these stands in the settings and files of services.
    let written = |key| maybe(key, source.tree.get(key).map(|written| said(written.to_json(), &[key])));
    [
        one("network", network(t)),
        one("chain", chain(t)),
        map("regions", regions(t)),
        named("hosts", hosts, &make),
        named("nodes", nodes, &make),
        map("clusters", clusters(source)),
        named("services", services, &make),
        named("secrets", secrets, &make),
        map("networks", networks(t)),
        maybe("monitoring", t.monitoring.as_ref().map(|m| monitoring(source, m))),
        one("logging", logging(t)),
        maybe("backup", t.backup.as_ref().map(|b| source.backup(b))),
        one("rollout", rollout(t)),
        map("kubernetes", kubernetes(t)),
        one("security", security(t)),
        map("require", require(t)),
        written("ports"),
        written("peering"),
        written("genesis"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The section of parts that have names; `None` where there are none.
fn named<T: Send>(
    key: &'static str,
    parts: impl ParallelIterator<Item = (String, Item)>,
    make: &(impl Fn(&[&str], Item) -> T + Sync),
) -> Option<(&'static str, Section<T>)> {
    let parts: Vec<_> = parts
        .map(|(name, item)| {
            let made = make(&[key, &name], item);
            (name, made)
        })
        .collect();
    (!parts.is_empty()).then_some((key, Section::Named(parts)))
}

/// The name of a secret; with who shares it, where there are several copies.
pub(super) fn secret_name(secret: &Secret) -> String {
    match secret.scope_key.as_str() {
        "" => secret.name.clone(),
        key => format!("{}@{key}", secret.name),
    }
}

/// A value that the manifest says, or that has a default of the language.
pub(super) fn said(value: impl Into<Value>, at: &[&str]) -> Item {
    Item::leaf(value, [pointer(at.iter().copied())], Otherwise::Language)
}

fn network(t: &Topology) -> Item {
    let mut fields = Fields::default();
    fields.put("name", said(t.name.as_str(), &["network", "name"]));
    fields.put("chain", said(t.chain.id.as_str(), &["network", "chain"]));
    fields.put("environment", said(t.environment.word(), &["network", "environment"]));
    fields.into_item()
}

fn chain(t: &Topology) -> Item {
    let mut fields = Fields::default();
    for (key, value) in object(&*t.chain) {
        // Where the facts were verified is for the readers of the catalog.
        if key != "sources" {
            fields.put(&key, Item::leaf(value, [], Otherwise::Chain(t.chain.id.clone())));
        }
    }
    fields.into_item()
}

fn regions(t: &Topology) -> Fields {
    let mut all = Fields::default();
    for region in &t.regions {
        let mut fields = Fields::default();
        if let Some(provider) = &region.provider {
            fields.put("provider", said(provider.as_str(), &["regions", &region.name, "provider"]));
        }
        let own = |key: &str, value: &Option<String>| {
            value.as_deref().map(|value| said(value, &["regions", &region.name, key]))
        };
        fields.maybe("provider-region", own("provider-region", &region.provider_region));
        fields.maybe("project", own("project", &region.project));
        all.put(&region.name, fields.into_item());
    }
    all
}

fn clusters(source: &Source<'_>) -> Fields {
    let mut fields = Fields::default();
    for cluster in &source.plan.topology.clusters {
        fields.put(&cluster.name, source.cluster(cluster));
    }
    fields
}

fn networks(t: &Topology) -> Fields {
    let mut fields = Fields::default();
    for (name, network) in &t.networks {
        let mut one = Fields::default();
        match network.subnet {
            Some(subnet) => one.put("subnet", said(subnet.to_string(), &["networks", name, "subnet"])),
            None => one.put("subnet", Item::rule("automatic", "the container engine chooses free addresses")),
        }
        one.put("internal", said(network.internal, &["networks", name, "internal"]));
        fields.put(name, one.into_item());
    }
    fields
}

fn logging(t: &Topology) -> Item {
    let mut fields = Fields::default();
    fields.put("driver", said(t.logging.driver.word(), &["logging", "driver"]));
    fields.put("max-size", said(t.logging.max_size.to_string(), &["logging", "max-size"]));
    fields.put("max-files", said(t.logging.max_files, &["logging", "max-files"]));
    fields.into_item()
}

fn kubernetes(t: &Topology) -> Fields {
    let mut fields = Fields::default();
    let own =
        |key: &str, value: &Option<String>| value.as_deref().map(|value| said(value, &["kubernetes", key]));
    fields.maybe("storage-class", own("storage-class", &t.kubernetes.storage_class));
    fields.maybe("secret-store", own("secret-store", &t.kubernetes.secret_store));
    fields
}

fn rollout(t: &Topology) -> Item {
    let mut fields = Fields::default();
    if let Some(canary) = t.rollout.canary {
        fields.put("canary", said(t.hosts[canary].name.as_str(), &["rollout", "canary"]));
    }
    fields.put("wait", said(t.rollout.wait.to_string(), &["rollout", "wait"]));
    fields.into_item()
}

fn security(t: &Topology) -> Item {
    let mut fields = Fields::default();
    fields.put("firewall", said(json(&t.firewall), &["security", "firewall"]));
    let networks: Vec<String> = t.admin_networks.iter().map(ToString::to_string).collect();
    fields.put("admin-networks", said(networks, &["security", "admin-networks"]));
    if let Some(mesh) = &t.mesh {
        let own = |value: Value, key: &str| said(value, &["security", "mesh", key]);
        let mut all = Fields::default();
        all.put("subnet", own(mesh.subnet.to_string().into(), "subnet"));
        all.put("port", own(mesh.port.into(), "port"));
        all.maybe("keepalive", mesh.keepalive.map(|seconds| own(seconds.into(), "keepalive")));
        fields.map("mesh", all);
    }
    fields.into_item()
}

fn require(t: &Topology) -> Fields {
    let mut survives = Fields::default();
    for (domain, count, _) in &t.require.survives {
        survives.put(domain.word(), said(*count, &["require", "survives", domain.word()]));
    }
    let mut fields = Fields::default();
    fields.map("survives", survives);
    if let Some((share, _)) = t.require.max_client_share {
        fields.put("max-client-share", said(share.to_string(), &["require", "max-client-share"]));
    }
    fields
}

/// A value as its serde form.
pub(super) fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl Source<'_> {
    /// The bindings of a service, which are sorted by consumer.
    pub(super) fn bindings_of(&self, id: ServiceId) -> &[Binding] {
        self.plan.topology.bindings_of(id)
    }

    pub(super) fn topology(&self) -> &Topology {
        &self.plan.topology
    }

    /// A rule, in words that are made only for people.
    pub(super) fn words(&self, words: impl FnOnce() -> String) -> Otherwise {
        Otherwise::Rule(if self.told { words().into() } else { "".into() })
    }

    /// A key in the data of a component; `optional` where its file may leave it out.
    pub(super) fn component(
        &self,
        component: &Component,
        key: fmt::Arguments<'_>,
        optional: bool,
    ) -> Otherwise {
        let said = |text: fmt::Arguments<'_>| if self.told { text.to_string() } else { String::new() };
        Otherwise::Component {
            id: said(format_args!("{}", component.component.value)),
            key: said(key),
            optional,
        }
    }

    /// The pointers of a key below several places.
    pub(super) fn below(&self, places: &[Place<'_>], keys: &[&str]) -> Vec<String> {
        let stands = |place: &&Place<'_>| self.told || place.has(keys);
        places.iter().filter(stands).map(|place| pointer(place.steps.iter().chain(keys).copied())).collect()
    }

    fn host(&self, host: &Host) -> Item {
        let t = self.topology();
        let at = |key: &str| pointer(["hosts", &host.name, key]);
        let own = |value: Value, key: &str| Item::leaf(value, [at(key)], Otherwise::Language);
        let mut fields = Fields::default();
        fields.put("address", own(host.address.as_str().into(), "address"));
        fields.maybe(
            "private-address",
            host.private_address.as_deref().map(|address| own(address.into(), "private-address")),
        );
        if let Some(region) = host.region {
            fields.put("region", own(t.regions[region].name.as_str().into(), "region"));
        }
        if let Some(provider) = &host.provider {
            let of_region = host.region.map(|r| pointer(["regions", t.regions[r].name.as_str(), "provider"]));
            let places = std::iter::once(at("provider")).chain(of_region);
            fields.put("provider", Item::leaf(provider.as_str(), places, Otherwise::Language));
        }
        fields.maybe("operator", host.operator.as_deref().map(|name| own(name.into(), "operator")));
        fields.maybe("rack", host.rack.as_deref().map(|rack| own(rack.into(), "rack")));
        let mut ssh = Fields::default();
        let ssh_at =
            |key: &str| [pointer(["hosts", &host.name, "ssh", key]), pointer(["defaults", "ssh", key])];
        ssh.put("user", Item::leaf(host.ssh_user.as_str(), ssh_at("user"), Otherwise::Language));
        ssh.put("port", Item::leaf(host.ssh_port, ssh_at("port"), Otherwise::Language));
        if !host.ssh_keys.is_empty() {
            let keys = host.ssh_keys.clone();
            ssh.put("import-keys", Item::leaf(keys, ssh_at("import-keys"), Otherwise::Language));
        }
        fields.map("ssh", ssh);
        let shared = |key: &str| [at(key), pointer(["defaults", key])];
        fields.put("runtime", Item::leaf(host.runtime.word(), shared("runtime"), Otherwise::Language));
        if let Some((cpus, memory, disk)) = host.resources {
            let at = |key: &str| [pointer(["hosts", &host.name, "resources", key])];
            let mut resources = Fields::default();
            resources.put("cpus", Item::leaf(cpus, at("cpus"), Otherwise::Language));
            resources.put("memory", Item::leaf(memory.to_string(), at("memory"), Otherwise::Language));
            resources.put("disk", Item::leaf(disk.to_string(), at("disk"), Otherwise::Language));
            fields.map("resources", resources);
        }
        fields.put("architecture", own(host.architecture.word().into(), "architecture"));
        fields.maybe("data-disk", host.data_disk.as_deref().map(|disk| own(disk.into(), "data-disk")));
        fields.put("data-dir", Item::leaf(host.data_dir.as_str(), shared("data-dir"), Otherwise::Language));
        let mut labels = Fields::default();
        for (key, value) in &host.labels {
            labels.put(key, said(value.as_str(), &["hosts", &host.name, "labels", key]));
        }
        fields.map("labels", labels);
        fields.into_item()
    }

    fn node(&self, node: &Node) -> Item {
        let t = self.topology();
        let own = |value: Value, key: &str| said(value, &["nodes", &node.name, key]);
        let mut fields = Fields::default();
        fields.put("host", own(t.hosts[node.host].name.as_str().into(), "host"));
        fields.put("role", own(node.role.as_str().into(), "role"));
        fields.put("stack", own(node.stack.as_str().into(), "stack"));
        fields.put("voting-power", own(node.voting_power.into(), "voting-power"));
        let services = node.services.iter().map(|id| {
            Item::rule(t.services[*id].name.as_str(), "a service of a node is named `<node>-<service>`")
        });
        fields.put("services", Item::List(services.collect()));
        fields.into_item()
    }

    fn cluster(&self, cluster: &Cluster) -> Item {
        let t = self.topology();
        let at = |key: &str| pointer(["clusters", cluster.name.as_str(), key]);
        let mut fields = Fields::default();
        // By name here, in any order in the manifest.
        let list = self.tree.get("clusters").and_then(|all| all.get(&cluster.name)?.get("nodes"));
        let written = match list.map(|list| &list.kind) {
            Some(Kind::Seq(items)) => items.as_slice(),
            _ => &[],
        };
        let nodes = cluster.nodes.iter().map(|id| t.nodes[*id].name.as_str()).map(|node| {
            let place = written.iter().position(|item| item.as_str() == Some(node)).unwrap_or_default();
            let at = pointer(["clusters", cluster.name.as_str(), "nodes", &place.to_string()]);
            Item::leaf(node, [at], Otherwise::Language)
        });
        fields.put("nodes", Item::List(nodes.collect()));
        let size = Otherwise::Rule("two thirds of the nodes of the cluster, rounded up".into());
        fields.put("threshold", Item::leaf(cluster.threshold, [at("threshold")], size));
        let power = cluster.voting_power;
        fields.put("voting-power", Item::leaf(power, [at("voting-power")], Otherwise::Language));
        fields.into_item()
    }

    /// Where a secret comes from; never what it is.
    fn secret(&self, secret: &Secret) -> Item {
        let t = self.topology();
        let at = |key: &str| pointer(["secrets", secret.name.as_str(), key]);
        let made = || match secret.source {
            SecretSource::File(_) | SecretSource::Sops { .. } | SecretSource::Age(_) => {
                Otherwise::Rule("`netgen keys` makes it, and the lock says where it is".into())
            }
            _ => {
                Otherwise::Rule("a setting of a component asks for it, and the first deploy makes it".into())
            }
        };
        let own = |value: Value, key: &str| Item::leaf(value, [at(key)], made());
        let mut fields = Fields::default();
        match &secret.source {
            SecretSource::Env(name) => fields.put("env", own(name.as_str().into(), "env")),
            SecretSource::File(file) => fields.put("file", own(file.as_str().into(), "file")),
            SecretSource::Sops { file, key } => {
                fields.put("sops", own(file.as_str().into(), "sops"));
                let of_name = Otherwise::Rule("the key in the file is the name of the secret".into());
                fields.put("key", Item::leaf(key.join("."), [at("key")], of_name));
            }
            SecretSource::Age(file) => fields.put("age", own(file.as_str().into(), "age")),
            SecretSource::Vault { path, field } => {
                fields.put("vault", own(path.as_str().into(), "vault"));
                fields.put("field", Item::leaf(field.as_str(), [at("field")], Otherwise::Language));
            }
            SecretSource::HostFile(path) => fields.put("host-file", own(path.as_str().into(), "host-file")),
            SecretSource::Docker(name) => fields.put("docker", own(name.as_str().into(), "docker")),
            SecretSource::Generate(form) => fields.put("generate", own(json(form), "generate")),
        }
        let shared = match secret.source {
            SecretSource::Generate(_) if self.tree.at(&pointer(["secrets", &secret.name])).exact => {
                Otherwise::Language
            }
            SecretSource::Generate(_) => made(),
            _ => Otherwise::Rule("a value from outside is one for the whole network".into()),
        };
        fields.put("scope", Item::leaf(json(&secret.scope), [at("scope")], shared));
        let hosts = secret.hosts.iter().map(|host| {
            Item::rule(t.hosts[*host].name.as_str(), "a service that reads the secret runs on this host")
        });
        fields.put("hosts", Item::List(hosts.collect()));
        let on_host = "its name and who shares it, below the folder of secrets of this network";
        fields.put(
            "host-path",
            Item::leaf(secret.host_path.as_str(), [at("host-file")], Otherwise::Rule(on_host.into())),
        );
        fields.into_item()
    }

    fn backup(&self, b: &Backup) -> Item {
        let own = |value: Value, key: &str| said(value, &["backup", key]);
        let secret = |used: &crate::topology::SecretUse, key: &str| {
            let name = self.topology().secrets[used.secret].name.as_str();
            let mut reference = Fields::default();
            reference.put("secret", said(name, &["backup", key, "secret"]));
            reference.into_item()
        };
        let mut fields = Fields::default();
        fields.put("schedule", own(b.schedule.word().into(), "schedule"));
        fields.put("keep", own(b.keep.to_string().into(), "keep"));
        fields.put("rpo", own(b.rpo().to_string().into(), "rpo"));
        fields.put("rto", own(b.rto.to_string().into(), "rto"));
        fields.put("to", own(b.to.as_str().into(), "to"));
        fields.put("password", secret(&b.password, "password"));
        fields.maybe("credentials", b.credentials.as_ref().map(|used| secret(used, "credentials")));
        fields.into_item()
    }
}
