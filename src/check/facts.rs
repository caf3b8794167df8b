//! What several rules ask about a network.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Cx;
use crate::catalog::component::Kind;
use crate::catalog::setting::{Purpose, Setting};
use crate::hashed::IndexMap;
use crate::manifest::quantity::ByteSize;
use crate::manifest::{Environment, Exposure};
pub(super) use crate::text::url_host;
use crate::text::{Span, Spanned};
use crate::topology::{Service, ServiceId};

/// The interface that is scraped; its doors open nothing else.
pub(super) const METRICS: &str = "metrics";

/// Where strangers come in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    /// The service whose port is public: the service itself, or a proxy in front of it.
    pub(super) service: ServiceId,
    /// Where that was decided.
    pub(super) origin: Span,
}

impl Cx<'_> {
    /// Whether the manifest says that real value is at stake, or means a main network and does not
    /// say otherwise.
    pub(super) fn at_stake(&self) -> bool {
        match self.manifest.network.environment {
            Some(environment) => environment == Environment::Production,
            None => !self.topology.chain.test,
        }
    }

    /// Whether it is one person's machine.
    pub(super) fn in_development(&self) -> bool {
        self.topology.environment == Environment::Development
    }

    /// A setting of a service as it was written: in its node, its stack, or under `services:`.
    pub(super) fn written(&self, service: &Service, name: &str) -> Option<&Spanned<Value>> {
        let local = service.local_name.as_str();
        let Some(node) = service.node else {
            return self.manifest.services.get(local)?.settings.get(name);
        };
        let node = &self.topology.nodes[node];
        let changed = self.manifest.nodes.get(node.name.as_str())?.services.get(local);
        changed
            .and_then(|change| change.settings.get(name))
            .or_else(|| self.manifest.stacks.get(node.stack.as_str())?.get(local)?.settings.get(name))
    }

    /// The settings of a service that mean something, with their values and places. A default stands
    /// where the service is defined.
    pub(super) fn meant<'s>(
        &'s self,
        service: &'s Service,
        purpose: Purpose,
    ) -> impl Iterator<Item = (&'s str, &'s Value, Span)> {
        settings_where(service, move |setting| setting.purpose == Some(purpose)).map(|(name, _, value)| {
            let place = self.written(service, name).map_or(service.origin, |written| written.span);
            (name, value, place)
        })
    }

    /// Whether a service leaves signing to a signer that it is bound to.
    pub(super) fn has_signer(&self, service: &Service) -> bool {
        service.component.needs.keys().any(|interface| {
            let mut providers = self.topology.providers(service.id, interface);
            providers.any(|id| self.topology.services[id].component.kind == Kind::Signer)
        })
    }

    /// The place of a word inside a value, or the whole value where it is not written out there.
    pub(super) fn word(&self, within: Span, word: &str) -> Span {
        let text = self.sources.get(within.source).map_or("", |source| source.slice(within));
        let part = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(word)
            .find(|(at, _)| {
                let before = text.get(..*at).and_then(|t| t.chars().next_back());
                let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
                !word.is_empty() && !before.is_some_and(part) && !after.is_some_and(part)
            })
            .map_or(within, |(at, _)| {
                let start = within.start as usize + at;
                Span::new(within.source, start, start + word.len())
            })
    }

    /// The place of a text inside a value, or the whole value.
    pub(super) fn within(&self, value: Span, text: &str) -> Span {
        let whole = self.sources.get(value.source).map_or("", |source| source.slice(value));
        whole.find(text).map_or(value, |at| {
            let start = value.start as usize + at;
            Span::new(value.source, start, start + text.len())
        })
    }

    /// The place of a word inside a value after a number of equal ones; signs may stand side by side.
    pub(super) fn nth_word(&self, within: Span, word: &str, earlier: usize) -> Span {
        let text = self.sources.get(within.source).map_or("", |source| source.slice(within));
        let part = |c: char| {
            word.starts_with(|c: char| c.is_alphanumeric() || c == '_') && (c.is_alphanumeric() || c == '_')
        };
        let mut found = text.match_indices(word).filter(|(at, _)| {
            let before = text.get(..*at).and_then(|t| t.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        });
        found.nth(earlier).filter(|_| !word.is_empty()).map_or(within, |(at, _)| {
            let start = within.start as usize + at;
            Span::new(within.source, start, start + word.len())
        })
    }

    /// The place of a text in the file that another place lies in, after that place if it can be.
    pub(super) fn written_in(&self, near: Span, text: &str) -> Span {
        let Some(source) = self.sources.get(near.source) else { return near };
        let whole = source.text();
        let from = near.end as usize;
        let after = whole.get(from..).and_then(|rest| rest.find(text)).map(|at| from + at);
        after.or_else(|| whole.find(text)).map_or(near, |at| Span::new(near.source, at, at + text.len()))
    }

    /// The last place of a word inside a value; for the second of two equal ones.
    pub(super) fn last_word(&self, within: Span, word: &str) -> Span {
        let text = self.sources.get(within.source).map_or("", |source| source.slice(within));
        text.rfind(word).filter(|_| !word.is_empty()).map_or(within, |at| {
            let start = within.start as usize + at;
            Span::new(within.source, start, start + word.len())
        })
    }

    /// The environment variables of a service as they were written.
    pub(super) fn environment(
        &self,
        service: &Service,
    ) -> Option<&IndexMap<Spanned<String>, Spanned<String>>> {
        let local = service.local_name.as_str();
        match service.node {
            None => self.manifest.services.get(local).map(|placed| &placed.environment),
            Some(node) => {
                let stack = self.topology.nodes[node].stack.as_str();
                self.manifest.stacks.get(stack)?.get(local).map(|spec| &spec.environment)
            }
        }
    }

    /// The memory limit of a service as it was written.
    pub(super) fn memory_limit(&self, service: &Service) -> Option<&Spanned<ByteSize>> {
        let local = service.local_name.as_str();
        let Some(node) = service.node else {
            return self.manifest.services.get(local)?.resources.as_ref()?.memory.as_ref();
        };
        let node = &self.topology.nodes[node];
        let changed = self.manifest.nodes.get(node.name.as_str())?.services.get(local);
        let changed = changed.and_then(|change| change.resources.as_ref()?.memory.as_ref());
        let stack =
            || self.manifest.stacks.get(node.stack.as_str())?.get(local)?.resources.as_ref()?.memory.as_ref();
        changed.or_else(stack)
    }

    /// Everything that strangers reach, directly or through proxies: (service, interface) -> door.
    pub(super) fn doors(&self) -> BTreeMap<(ServiceId, &str), Door> {
        let topology = self.topology;
        let mut doors = BTreeMap::new();
        let mut found: Vec<((ServiceId, &str), Door)> = Vec::new();
        for service in &topology.services {
            for listener in &service.listeners {
                if listener.exposure == Exposure::Public && listener.port.is_some() {
                    let decided = listener.exposure_origin;
                    let origin = if decided.is_somewhere() { decided } else { service.origin };
                    found.push(((service.id, &listener.interface), Door { service: service.id, origin }));
                }
            }
        }
        while let Some(((id, interface), door)) = found.pop() {
            let first = !doors.contains_key(&(id, interface));
            doors.entry((id, interface)).or_insert(door);
            if !first || interface == METRICS || topology.services[id].component.kind != Kind::Proxy {
                continue;
            }
            let from = topology.bindings.partition_point(|b| b.consumer < id);
            let behind = topology.bindings.iter().skip(from).take_while(|b| b.consumer == id);
            found.extend(behind.map(|b| ((b.provider, b.interface.as_str()), door)));
        }
        doors
    }
}

/// The settings of a service that are no secrets, with their values.
pub(super) fn settings(service: &Service) -> impl Iterator<Item = (&str, &Setting, &Value)> {
    settings_where(service, |_| true)
}

/// Those of them that their components say something of. That is asked before a value is looked for: most
/// settings mean nothing to a rule.
pub(super) fn settings_where(
    service: &Service,
    wanted: impl Fn(&Setting) -> bool,
) -> impl Iterator<Item = (&str, &Setting, &Value)> {
    let wanted = service.component.settings.iter().filter(move |(_, setting)| wanted(setting));
    wanted.filter_map(|(name, setting)| Some((name.as_str(), setting, service.settings.get(name.as_str())?)))
}

/// The texts of a list, or the one text.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a path lies in a folder, or is that folder.
pub(super) fn inside(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a host forgets what lies at a path when it restarts.
pub(super) fn is_ephemeral(path: &str) -> bool {
    ["/tmp", "/run", "/var/run", "/dev"].iter().any(|folder| inside(path, folder))
}

/// Whether a text is a BLS public key: `0x` and 96 hex digits.
pub(super) fn is_bls_key(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|hex| hex.len() == 96 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
