//! The services of a side by what they belong to, found once for all changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::side::Side;

/// Services by the name of something.
type Services<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The services of a side, each list in the order of the side.
pub(super) struct Members<'a> {
    by_host: Services<'a>,
    by_node: Services<'a>,
    by_network: Services<'a>,
    by_secret: Services<'a>,
    /// Those that run on a host, or ask something there.
    mentioning: Services<'a>,
    /// Those that read folders of the bundle.
    readers: Vec<&'a str>,
}

impl<'a> Members<'a> {
    pub(super) fn of(side: &'a Side) -> Self {
        let mut members = Self {
            by_host: BTreeMap::new(),
            by_node: BTreeMap::new(),
            by_network: BTreeMap::new(),
            by_secret: BTreeMap::new(),
            mentioning: BTreeMap::new(),
            readers: Vec::new(),
        };
        for service in side.names("services") {
            let host = side.host_of(service);
            members.by_host.entry(host).or_default().push(service);
            members.by_node.entry(side.word(&["services", service, "node"])).or_default().push(service);
            let networks = side.value(&["services", service, "networks"]).and_then(Value::as_array);
            let networks: BTreeSet<&str> = networks.into_iter().flatten().filter_map(Value::as_str).collect();
            for network in networks {
                members.by_network.entry(network).or_default().push(service);
            }
            let asked = side.providers(service).map(|(_, provider)| side.host_of(provider));
            for host in asked.chain([host]).collect::<BTreeSet<&str>>() {
                members.mentioning.entry(host).or_default().push(service);
            }
        }
        for (service, facts) in &side.document.services {
            for secret in &facts.secrets {
                members.by_secret.entry(secret).or_default().push(service);
            }
        }
        let reads = |service: &&str| {
            side.document.services.get(*service).is_some_and(|facts| !facts.reads.is_empty())
        };
        members.readers = side.names("services").filter(reads).collect();
        members
    }

    pub(super) fn on_host(&self, host: &str) -> &[&'a str] {
        of(&self.by_host, host)
    }

    pub(super) fn of_node(&self, node: &str) -> &[&'a str] {
        of(&self.by_node, node)
    }

    pub(super) fn in_network(&self, network: &str) -> &[&'a str] {
        of(&self.by_network, network)
    }

    pub(super) fn with_secret(&self, secret: &str) -> &[&'a str] {
        of(&self.by_secret, secret)
    }

    /// Those that run on a host, or ask something there.
    pub(super) fn mentioning(&self, host: &str) -> &[&'a str] {
        of(&self.mentioning, host)
    }

    /// Those that read folders of the bundle.
    pub(super) fn readers(&self) -> &[&'a str] {
        &self.readers
    }
}

fn of<'a, 'm>(services: &'m Services<'a>, name: &str) -> &'m [&'a str] {
    services.get(name).map(Vec::as_slice).unwrap_or_default()
}
