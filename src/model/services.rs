//! Services in the model.

use std::fmt;

use serde_json::Value;

use super::build::{Source, json, secret_name};
use super::item::{Fields, Item, Otherwise};
use crate::catalog::component::Component;
use crate::catalog::setting::SettingType;
use crate::manifest::Exposure;
use crate::manifest::quantity::{ByteSize, Duration};
use crate::topology::{Binding, CREDENTIALS, Choice, Listener, Publish, SecretUse, Service, Topology};
use crate::value::{Node as Tree, pointer};

pub(super) fn service(source: &Source<'_>, service: &Service) -> Item {
    View { source, t: &source.plan.topology, service, places: places(source, service) }.item()
}

/// A place of the manifest that speaks about a service.
pub(super) struct Place<'a> {
    pub(super) steps: Vec<&'a str>,
    /// What stands there.
    tree: Option<&'a Tree>,
}

impl Place<'_> {
    /// Whether the manifest says a key there.
    pub(super) fn has(&self, keys: &[&str]) -> bool {
        self.tree.and_then(|tree| keys.iter().try_fold(tree, |tree, key| tree.step(key))).is_some()
    }
}

/// Where the manifest speaks about a service; the first place wins. Companions, and what `monitoring:`
/// adds, stand nowhere.
fn places<'a>(source: &Source<'a>, service: &'a Service) -> Vec<Place<'a>> {
    let t = &source.plan.topology;
    let local = service.local_name.as_str();
    let place = |steps: Vec<&'a str>| {
        let tree = steps.iter().try_fold(source.tree, |tree, step| tree.get(step));
        Place { steps, tree }
    };
    if service.owner.is_some() {
        return Vec::new();
    }
    match service.node {
        Some(node) => {
            let node = &t.nodes[node];
            vec![
                place(vec!["nodes", &node.name, "services", local]),
                place(vec!["stacks", &node.stack, local]),
            ]
        }
        None => {
            Some(place(vec!["services", local])).filter(|place| place.tree.is_some()).into_iter().collect()
        }
    }
}

struct View<'a> {
    source: &'a Source<'a>,
    t: &'a Topology,
    service: &'a Service,
    places: Vec<Place<'a>>,
}

impl View<'_> {
    fn item(&self) -> Item {
        let service = self.service;
        let mut fields = Fields::default();
        let component = self.component().component.value.as_str();
        fields.put(
            "component",
            Item::leaf(component, self.at(&["component"]), self.added(format_args!(".component"))),
        );
        fields.put("host", self.host());
        if let Some(node) = service.node {
            let why = "a node instantiates each service of its stack";
            fields.put("node", Item::rule(self.t.nodes[node].name.as_str(), why));
        }
        if let Some(owner) = service.owner {
            fields.put(
                "accompanies",
                Item::leaf(self.t.services[owner].name.as_str(), [], self.added(format_args!(""))),
            );
        }
        self.image(&mut fields);
        fields.map("settings", self.settings());
        fields.map("secrets", self.secrets());
        fields.map("interfaces", self.interfaces());
        fields.map("uses", self.uses());
        fields.map("volumes", self.volumes());
        fields.map("resources", self.resources());
        if !service.networks.is_empty() {
            // A companion joins the networks of the service that it accompanies.
            let of_owner = service.owner.map(|owner| places(self.source, &self.t.services[owner]));
            let written = self.source.below(of_owner.as_ref().unwrap_or(&self.places), &["networks"]);
            let why = Otherwise::Rule("a container joins `default` unless it says otherwise".into());
            fields.put("networks", Item::leaf(service.networks.clone(), written, why));
        }
        let mut environment = Fields::default();
        for (key, value) in &service.environment {
            let written = self.at(&["environment", key]);
            environment.put(key, Item::leaf(value.as_str(), written, Otherwise::Language));
        }
        fields.map("environment", environment);
        fields.into_item()
    }

    fn component(&self) -> &Component {
        &self.service.component
    }

    /// Where the manifest can say a key of this service.
    fn at(&self, keys: &[&str]) -> Vec<String> {
        self.source.below(&self.places, keys)
    }

    /// A key in the data of its component.
    fn data(&self, key: fmt::Arguments<'_>) -> Otherwise {
        self.source.component(self.component(), key, false)
    }

    /// A key that the data of its component may leave out.
    fn data_or_default(&self, key: fmt::Arguments<'_>) -> Otherwise {
        self.source.component(self.component(), key, true)
    }

    /// Why the service is there, if the manifest does not place it: a key of a companion in the data
    /// of its owner, or the monitoring.
    fn added(&self, key: fmt::Arguments<'_>) -> Otherwise {
        let Some(owner) = self.service.owner.map(|owner| &self.t.services[owner]) else {
            return Otherwise::Rule("`monitoring:` adds it".into());
        };
        let name = self.companion_name(owner);
        self.source.component(&owner.component, format_args!("companions.{name}{key}"), false)
    }

    fn companion_name(&self, owner: &Service) -> &str {
        let local = self.service.local_name.as_str();
        local.strip_prefix(&owner.local_name).map_or(local, |rest| rest.trim_start_matches('-'))
    }

    fn host(&self) -> Item {
        let name = self.t.hosts[self.service.host].name.as_str();
        let (written, why) = match (self.service.owner, self.service.node) {
            (Some(_), _) => (Vec::new(), "a companion runs on the host of the service that it accompanies"),
            (None, Some(node)) => {
                (vec![pointer(["nodes", self.t.nodes[node].name.as_str(), "host"])], "the host of its node")
            }
            (None, None) if !self.places.is_empty() => {
                ([self.at(&["host"]), self.at(&["hosts"])].concat(), "the manifest places it")
            }
            (None, None) if self.service.name == self.service.local_name => {
                (vec![pointer(["monitoring", "host"])], "`monitoring:` adds it")
            }
            (None, None) => (Vec::new(), "`monitoring:` adds one to every host"),
        };
        Item::leaf(name, written, Otherwise::Rule(why.into()))
    }

    fn image(&self, fields: &mut Fields) {
        let service = self.service;
        let run = self.source.plan.runs[service.id].image.as_str();
        if run.is_empty() {
            return;
        }
        let of_component = pointer(["images", self.component().component.value.as_str()]);
        let written = || self.at(&["image"]).into_iter().chain([of_component.clone()]);
        let (name, digest) = run.split_once('@').map_or((run, None), |(name, digest)| (name, Some(digest)));
        fields.put("image", Item::leaf(name, written(), self.data(format_args!("image"))));
        if let Some(digest) = digest {
            let written: Vec<String> =
                if service.image.digest.is_some() { written().collect() } else { Vec::new() };
            fields.put("digest", Item::leaf(digest, written, Otherwise::Lock));
        }
    }

    fn settings(&self) -> Fields {
        let mut fields = Fields::default();
        let owner = self.service.owner.map(|owner| &self.t.services[owner]);
        let of_companion = owner.and_then(|o| o.component.companions.get(self.companion_name(o)));
        for (name, value) in self.service.settings.iter().filter(|(_, value)| !value.is_null()) {
            let kind = self.component().settings.get(name).map(|setting| setting.kind);
            // Templates see plain units; people write others.
            let shown = match (kind, value.as_u64()) {
                (Some(SettingType::Duration), Some(seconds)) => Duration(seconds).to_string().into(),
                (Some(SettingType::Size), Some(bytes)) => ByteSize(bytes).to_string().into(),
                _ => value.clone(),
            };
            let otherwise = if of_companion.is_some_and(|c| c.settings.contains_key(name)) {
                self.added(format_args!(".settings.{name}"))
            } else {
                self.data(format_args!("settings.{name}.default"))
            };
            fields.put(name, Item::leaf(shown, self.at(&["settings", name]), otherwise));
        }
        fields
    }

    fn secrets(&self) -> Fields {
        let mut fields = Fields::default();
        for used in &self.service.secrets {
            fields.put(&used.setting, self.secret(used));
        }
        fields
    }

    fn secret(&self, used: &SecretUse) -> Item {
        let secret = &self.t.secrets[used.secret];
        let setting = used.setting.as_str();
        let declared = self.component().settings.get(setting);
        let otherwise = match declared {
            Some(setting_data) if setting_data.same_as.is_some() => {
                self.data(format_args!("settings.{setting}.same-as"))
            }
            Some(setting_data) if setting_data.generate.is_some() => {
                self.data(format_args!("settings.{setting}.generate"))
            }
            _ => Otherwise::Rule("the manifest has a secret of this name".into()),
        };
        // What the provider shares is no secret of the manifest by its name.
        let same_as = declared.is_some_and(|setting| setting.same_as.is_some());
        let by_name = (!same_as).then(|| pointer(["secrets", setting]));
        let written = self.at(&["settings", setting, "secret"]).into_iter().chain(by_name);
        let mut fields = Fields::default();
        fields.put("secret", Item::leaf(secret_name(secret), written, otherwise));
        let path = match declared.is_some_and(|setting| setting.path.is_some()) {
            _ if used.path.starts_with(CREDENTIALS) => {
                Otherwise::Rule("systemd shows it to the unit of this service alone".into())
            }
            true => self.data(format_args!("settings.{setting}.path")),
            false => Otherwise::Rule("a secret is mounted at `/run/secrets/<setting>`".into()),
        };
        fields.put("path", Item::leaf(used.path.as_str(), [], path));
        let on_host = match &used.content {
            Some(_) => "made on the host from the secret and the `content` of the setting",
            None => "where the secret lies on its hosts",
        };
        fields.put("host-path", Item::rule(used.host_path.as_str(), on_host));
        fields.into_item()
    }

    fn interfaces(&self) -> Fields {
        let mut fields = Fields::default();
        for listener in &self.service.listeners {
            fields.put(&listener.interface, self.interface(listener));
        }
        fields
    }

    fn interface(&self, listener: &Listener) -> Item {
        let name = listener.interface.as_str();
        let data = |key: &str| self.data(format_args!("provides.{name}.{key}"));
        let optional = |key: &str| self.data_or_default(format_args!("provides.{name}.{key}"));
        let mut fields = Fields::default();
        if let Some(port) = listener.port {
            fields.put("port", Item::leaf(port, self.at(&["ports", name]), data("port")));
        }
        if listener.container_port != listener.port {
            let port = listener.container_port;
            fields.maybe("container-port", port.map(|port| Item::leaf(port, [], data("port"))));
        }
        fields.put(
            "exposure",
            Item::leaf(listener.exposure.word(), self.at(&["expose", name]), optional("exposure")),
        );
        if listener.port.is_some() {
            let transports: Vec<Value> = listener.transports.iter().map(|t| t.word().into()).collect();
            fields.put("transport", Item::leaf(transports, [], optional("transport")));
            fields.maybe(
                "protocol",
                listener.protocol.as_deref().map(|protocol| Item::leaf(protocol, [], data("protocol"))),
            );
            if !listener.path.is_empty() {
                fields.put("path", Item::leaf(listener.path.as_str(), [], data("path")));
            }
            let published = match &listener.publish {
                Some(publish) => Value::from(publish.address()),
                None => Value::from(false),
            };
            let why = self.source.words(|| self.why_published(listener));
            fields.put("published", Item::leaf(published, [], why));
        }
        fields.into_item()
    }

    /// The rule that decided on which address of the host a port is published.
    fn why_published(&self, listener: &Listener) -> String {
        let interface = listener.interface.as_str();
        let users: Vec<&str> = self
            .t
            .consumers(self.service.id)
            .filter(|(used, _)| *used == interface)
            .map(|(_, id)| self.t.services[id].name.as_str())
            .collect();
        let users = crate::diag::list_names(users, 4);
        let exposure = listener.exposure.word();
        match (listener.exposure, &listener.publish) {
            (Exposure::Public | Exposure::Peers, _) => format!("`{exposure}` interfaces are published on every address"),
            (Exposure::Loopback, _) => "`loopback` interfaces are published on the host itself alone".to_owned(),
            (Exposure::Private, None) if users.is_empty() => "`private`, and no other service uses it".to_owned(),
            (Exposure::Private, None) => format!("`private`, and used from the same container network only, by {users}"),
            (Exposure::Private, Some(Publish::Loopback)) if users.is_empty() => {
                "`private`, and opened on the host itself alone: for people through a tunnel, or for another interface on this port".to_owned()
            }
            (Exposure::Private, Some(_)) if users.is_empty() => {
                "`private`, but another interface on this port is used from elsewhere".to_owned()
            }
            (Exposure::Private, Some(_)) => format!("`private`, and used from outside its container network, by {users}"),
        }
    }

    fn uses(&self) -> Fields {
        let mut fields = Fields::default();
        let mut interfaces: Vec<(&str, Vec<Item>)> = Vec::new();
        for binding in self.source.bindings_of(self.service.id) {
            let item = self.binding(binding);
            match interfaces.last_mut() {
                Some((name, items)) if *name == binding.interface => items.push(item),
                _ => interfaces.push((&binding.interface, vec![item])),
            }
        }
        for (interface, items) in interfaces {
            fields.put(interface, Item::List(items));
        }
        fields
    }

    fn binding(&self, binding: &Binding) -> Item {
        let t = self.t;
        let interface = binding.interface.as_str();
        let provider = &t.services[binding.provider];
        let why = match binding.choice {
            Choice::Named => "`needs:` names it",
            Choice::Every => "it takes every provider of the network",
            Choice::Companion => "its own companion provides it",
            Choice::Owner => "the service that it accompanies, or another companion of that, provides it",
            Choice::LikeOwner => "the service that it accompanies uses the same one",
            Choice::SameNode => "the same node provides it",
            Choice::SameHost => "a service of the network on the same host provides it",
            Choice::Network => "it is what the network provides",
            Choice::Asked => "it asks every node for its health",
        };
        // One name may stand without a list.
        let order = binding.order.to_string();
        let named = binding.choice == Choice::Named;
        let written: Vec<String> = if named {
            self.places
                .iter()
                .flat_map(|place| {
                    let place = std::slice::from_ref(place);
                    [vec!["needs", interface, &order], vec!["needs", interface]]
                        .map(|keys| self.source.below(place, &keys))
                        .concat()
                })
                .collect()
        } else {
            Vec::new()
        };
        let mut fields = Fields::default();
        fields.put("service", Item::leaf(provider.name.as_str(), written, Otherwise::Rule(why.into())));
        if let Some(endpoint) = t.endpoint(self.service.id, provider.id, interface) {
            let (from, to) = (&t.hosts[self.service.host].name, &t.hosts[provider.host].name);
            let why = || format!("how host `{from}` reaches `{}` on host `{to}`", provider.name);
            fields.put("address", Item::leaf(endpoint.authority(), [], self.source.words(why)));
        }
        let need = self.component().needs.get(interface);
        if need.is_some() {
            fields.put(
                "wait",
                Item::leaf(binding.wait, [], self.data_or_default(format_args!("needs.{interface}.wait"))),
            );
        }
        fields.into_item()
    }

    fn volumes(&self) -> Fields {
        let mut fields = Fields::default();
        for volume in &self.service.volumes {
            let data = |key: &str| self.data(format_args!("volumes.{}.{key}", volume.name));
            let mut one = Fields::default();
            one.put("path", Item::leaf(volume.path.as_str(), [], data("path")));
            let why = if volume.lent {
                "lent by the provider of a need"
            } else {
                "the `data-dir` of the host, the network, the service and the volume"
            };
            one.put("host-path", Item::rule(volume.host_path.as_str(), why));
            one.put(
                "backup",
                Item::leaf(
                    volume.backup,
                    [],
                    self.data_or_default(format_args!("volumes.{}.backup", volume.name)),
                ),
            );
            let use_of = [
                ("size", volume.size.map(|size| json(&size))),
                ("growth", volume.growth.map(|growth| json(&growth))),
            ];
            for (key, value) in use_of {
                let written = self.at(&["disk", &volume.name, key]);
                one.maybe(key, value.map(|value| Item::leaf(value, written, data(key))));
            }
            fields.put(&volume.name, one.into_item());
        }
        fields
    }

    fn resources(&self) -> Fields {
        let mut fields = Fields::default();
        let limits = [
            ("memory", self.service.memory.map(|memory| json(&memory))),
            ("cpus", self.service.cpus.map(|cpus| json(&cpus))),
        ];
        for (key, limit) in limits {
            let otherwise = self.data(format_args!("resources.{key}"));
            let item = limit.map(|limit| Item::leaf(limit, self.at(&["resources", key]), otherwise));
            fields.maybe(key, item);
        }
        fields
    }
}
