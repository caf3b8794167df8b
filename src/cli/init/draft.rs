//! The network as far as it is answered, and the manifest that says it.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::catalog::blueprint::{Blueprint, Part};
use crate::emit::format::yaml::to_yaml;
use crate::hashed::IndexMap;
use crate::manifest::{Environment, Manifest};
use crate::schema;

/// Where the schema lies beside the manifest.
pub(super) const SCHEMA: &str = ".netgen/network.schema.json";

/// A host as it is answered: `name=address` or `name=address,private-address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) private: Option<String>,
}

impl Host {
    /// Reads the short form. What an address is, the rules decide.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "write `name=address`, or `name=address,private-address`";
        let (name, addresses) = text.split_once('=').ok_or(form)?;
        let (address, private) = match addresses.split_once(',') {
            Some((address, private)) => (address, Some(private.trim().to_owned())),
            None => (addresses, None),
        };
        let (name, address) = (name.trim().to_owned(), address.trim().to_owned());
        if name.is_empty() || address.is_empty() || private.as_ref().is_some_and(String::is_empty) {
            return Err(form.to_owned());
        }
        Ok(Self { name, address, private })
    }
}

/// What each host has: `cpus,memory,disk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resources {
    cpus: u32,
    memory: String,
    disk: String,
}

impl Resources {
    /// Reads `16,64GiB,4TiB`. What a size is, the rules decide.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "write `cpus,memory,disk`, for example `16,64GiB,4TiB`";
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [cpus, memory, disk] = parts.as_slice() else { return Err(form.to_owned()) };
        let cpus = cpus.parse().map_err(|_| form.to_owned())?;
        Ok(Self { cpus, memory: (*memory).to_owned(), disk: (*disk).to_owned() })
    }
}

/// Who is told of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum AlertTo {
    /// PagerDuty, with the routing key in `PAGERDUTY_ROUTING_KEY` when you deploy.
    Pagerduty,
    /// Opsgenie, with the API key in `OPSGENIE_API_KEY` when you deploy.
    Opsgenie,
    /// The Slack channel #alerts, with the webhook URL in `SLACK_WEBHOOK_URL` when you deploy.
    Slack,
}

impl AlertTo {
    /// The name of the secret, and the variable that it is taken from.
    fn secret(self) -> (&'static str, &'static str) {
        match self {
            Self::Pagerduty => ("pagerduty", "PAGERDUTY_ROUTING_KEY"),
            Self::Opsgenie => ("opsgenie", "OPSGENIE_API_KEY"),
            Self::Slack => ("slack", "SLACK_WEBHOOK_URL"),
        }
    }
}

/// The answers.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) chain: String,
    pub(super) environment: Environment,
    pub(super) blueprint: Blueprint,
    /// Service -> component, where there was a choice.
    pub(super) components: IndexMap<String, String>,
    /// (service, setting) -> value.
    pub(super) settings: IndexMap<(String, String), Value>,
    pub(super) hosts: Vec<Host>,
    /// How many of the hosts have a node, from the first on; all where it is not said.
    pub(super) nodes: Option<usize>,
    pub(super) resources: Option<Resources>,
    pub(super) ssh_user: Option<String>,
    pub(super) data_dir: Option<String>,
    pub(super) admin_networks: Vec<String>,
    pub(super) alerts: Option<AlertTo>,
    pub(super) heartbeat: Option<String>,
    pub(super) backup: Option<String>,
}

impl Draft {
    /// The draft with one host more that nobody has, to compare an answer with.
    pub(super) fn with_stand_in(&self) -> Self {
        let mut draft = self.clone();
        let number = draft.hosts.len() + 1;
        draft.hosts.extend(Host::parse(&format!("stand-in-{number}=192.0.2.{number}")));
        draft
    }

    /// The text of the manifest. Every value leaves through the writer of YAML, so that no answer can
    /// become anything but itself.
    pub(super) fn text(&self) -> Result<String, String> {
        // What a section is for, in the words that editors show.
        static DOCS: OnceLock<Value> = OnceLock::new();
        let docs = DOCS.get_or_init(|| schema::for_editors(schema::of::<Manifest>()));
        let mut text = format!("# yaml-language-server: $schema={SCHEMA}\n");
        for (key, value) in self.sections() {
            let yaml = to_yaml(&Map::from_iter([(key.to_owned(), value)])).map_err(|e| e.to_string())?;
            let doc = docs.pointer(&format!("/properties/{key}/description")).and_then(Value::as_str);
            if let Some(sentence) = doc.and_then(|doc| doc.split_inclusive(". ").next()) {
                text.push_str(&format!("\n# {}\n", sentence.trim_end()));
            }
            text.push_str(yaml.trim_start_matches("---\n"));
        }
        Ok(text)
    }

    fn sections(&self) -> Vec<(&'static str, Value)> {
        let mut sections = vec![
            ("netgen", json!(1)),
            (
                "network",
                json!({ "name": self.name, "chain": self.chain, "environment": self.environment.word() }),
            ),
        ];
        let mut defaults = Map::new();
        if let Some(user) = &self.ssh_user {
            defaults.insert("ssh".to_owned(), json!({ "user": user }));
        }
        if let Some(folder) = &self.data_dir {
            defaults.insert("data-dir".to_owned(), json!(folder));
        }
        if !defaults.is_empty() {
            sections.push(("defaults", Value::Object(defaults)));
        }
        sections.push(("hosts", self.hosts()));
        let secrets = self.secrets();
        if !secrets.is_empty() {
            sections.push(("secrets", Value::Object(secrets)));
        }
        sections.push(("stacks", json!({ self.blueprint.stack.as_str(): self.services() })));
        sections.push(("nodes", self.nodes()));
        if !self.blueprint.shared.is_empty() {
            sections.push(("services", self.shared()));
        }
        if let Some(alerts) = self.alerts {
            sections.push(("monitoring", self.monitoring(alerts)));
        }
        if let Some(repository) = &self.backup {
            let password = json!({ "secret": "backup-password" });
            sections.push(("backup", json!({ "to": repository, "password": password })));
        }
        if !self.admin_networks.is_empty() {
            sections.push(("security", json!({ "admin-networks": self.admin_networks })));
        }
        sections
    }

    fn hosts(&self) -> Value {
        let host = |host: &Host| {
            let mut map = Map::from_iter([("address".to_owned(), json!(host.address))]);
            if let Some(private) = &host.private {
                map.insert("private-address".to_owned(), json!(private));
            }
            if let Some(Resources { cpus, memory, disk }) = &self.resources {
                map.insert("resources".to_owned(), json!({ "cpus": cpus, "memory": memory, "disk": disk }));
            }
            (host.name.clone(), Value::Object(map))
        };
        Value::Object(self.hosts.iter().map(host).collect())
    }

    fn secrets(&self) -> Map<String, Value> {
        let alerts = self.alerts.map(AlertTo::secret);
        let backup = self.backup.as_ref().map(|_| ("backup-password", "RESTIC_PASSWORD"));
        let secrets = alerts.into_iter().chain(backup);
        secrets.map(|(name, variable)| (name.to_owned(), json!({ "env": variable }))).collect()
    }

    fn part(&self, service: &str) -> Option<&Part> {
        self.blueprint.services.get(service).or_else(|| self.blueprint.shared.get(service))
    }

    /// The component that a service has.
    pub(super) fn component(&self, service: &str) -> Option<&str> {
        let first = self.part(service)?.component.list().first();
        self.components.get(service).or(first).map(String::as_str)
    }

    fn service(&self, name: &str) -> Map<String, Value> {
        let mut map = Map::from_iter([("component".to_owned(), json!(self.component(name)))]);
        let own = self.settings.iter().filter(|((service, _), _)| service == name);
        let settings: Map<String, Value> =
            own.map(|((_, key), value)| (key.clone(), value.clone())).collect();
        if !settings.is_empty() {
            map.insert("settings".to_owned(), Value::Object(settings));
        }
        if let Some(part) = self.part(name).filter(|part| !part.ports.is_empty()) {
            map.insert("ports".to_owned(), json!(part.ports));
        }
        map
    }

    fn services(&self) -> Value {
        let names = self.blueprint.services.keys();
        Value::Object(names.map(|name| (name.clone(), Value::Object(self.service(name)))).collect())
    }

    fn nodes(&self) -> Value {
        let hosts = self.hosts.iter().take(self.nodes.unwrap_or(usize::MAX));
        let node = |host: &Host| {
            let mut map = Map::from_iter([
                ("host".to_owned(), json!(host.name)),
                ("role".to_owned(), json!(self.blueprint.role)),
                ("stack".to_owned(), json!(self.blueprint.stack)),
            ]);
            if self.blueprint.votes {
                map.insert("voting-power".to_owned(), json!(1));
            }
            (host.name.clone(), Value::Object(map))
        };
        Value::Object(hosts.map(node).collect())
    }

    /// The host of what all nodes share: the first one without a node, else the first one.
    fn service_host(&self) -> Option<&str> {
        let free = self.nodes.and_then(|nodes| self.hosts.get(nodes));
        free.or_else(|| self.hosts.first()).map(|host| host.name.as_str())
    }

    fn shared(&self) -> Value {
        let place = |name: &String| {
            let mut map = self.service(name);
            map.shift_insert(1, "host".to_owned(), json!(self.service_host()));
            (name.clone(), Value::Object(map))
        };
        Value::Object(self.blueprint.shared.keys().map(place).collect())
    }

    fn monitoring(&self, alerts: AlertTo) -> Value {
        let (kind, _) = alerts.secret();
        let target = match alerts {
            AlertTo::Slack => json!({ "secret": kind, "channel": "#alerts" }),
            AlertTo::Pagerduty | AlertTo::Opsgenie => json!({ "secret": kind }),
        };
        let mut receivers = Map::from_iter([("oncall".to_owned(), json!({ kind: target }))]);
        let mut map = Map::from_iter([("host".to_owned(), json!(self.service_host()))]);
        if let Some(url) = &self.heartbeat {
            receivers.insert("heartbeat".to_owned(), json!({ "webhook": { "url": url } }));
            map.insert("heartbeat".to_owned(), json!("heartbeat"));
        }
        map.insert("receivers".to_owned(), Value::Object(receivers));
        map.insert("routes".to_owned(), json!([{ "to": "oncall" }]));
        Value::Object(map)
    }
}
