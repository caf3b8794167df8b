//! Secrets: which service reads which, where each comes from, and where it lies on the hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::bind::draft_of;
use super::ir::{Secret, SecretSource, SecretUse, Service, Topology};
use super::paths::{CONTAINER_SECRETS, credential, secrets_dir};
use super::resolve::{Context, Tables};
use super::services::Draft;
use super::settings::missing;
use super::{HostId, SecretId, ServiceId};
use crate::catalog::identity::Identity;
use crate::catalog::setting::{Setting, SettingType};
use crate::diag::{Diagnostic, codes};
use crate::identity::{KEY_FOLDER, KeyPlace};
use crate::manifest::{self, Runtime, Scope};
use crate::text::{Span, Spanned};
use crate::value::{Map, Node};

/// What tells two copies of secrets apart: name, scope, and who shares it.
type Key = (String, Scope, String);

/// The key under which sops keeps a file that is no map.
pub(super) const SOPS_DATA: &str = "data";

struct Wanted {
    service: ServiceId,
    setting: String,
    key: Key,
    path: String,
    content: Option<String>,
    declared: bool,
}

impl Topology {
    /// The secrets that a service reads, those of the receivers of alerts and of stores elsewhere among
    /// them.
    pub fn secrets_of<'t>(&'t self, service: &'t Service) -> impl Iterator<Item = &'t SecretUse> {
        let monitoring = || self.monitoring.iter();
        let receivers = monitoring().flat_map(|monitoring| monitoring.receiver_secrets.values());
        let stores = monitoring().flat_map(|monitoring| &monitoring.remote_write);
        // Several stores may take the same one.
        let mut seen = BTreeSet::new();
        let of_stores = stores.filter_map(|store| store.secret.as_ref()).filter(|_| service.collects());
        let of_stores = of_stores.filter(move |used| seen.insert(used.secret));
        let own = service.secrets.iter();
        own.chain(receivers.filter(|_| service.component.receiver_secrets)).chain(of_stores)
    }
}

/// Resolves the secrets of all services and puts them into the tables.
pub(super) fn collect(cx: &mut Context<'_>, tables: &mut Tables, drafts: &[Draft]) {
    let mut book = Book::default();
    let mut later = Vec::new();
    let ids: Vec<ServiceId> = tables.services.ids().collect();
    for id in ids {
        let Some(draft) = draft_of(drafts, id) else { continue };
        for (name, setting) in &draft.entry.component.settings {
            if setting.kind != SettingType::Secret {
                continue;
            }
            if setting.same_as.is_some() && !draft.spec.settings.contains_key(name.as_str()) {
                later.push((id, name.clone(), setting.clone()));
                continue;
            }
            if let Some(key) = key_of(cx, tables, draft, id, name, setting, &mut book) {
                let path = path_inside(cx, id, tables, name, setting);
                book.want(id, name, setting, key, path, draft.spec.settings.contains_key(name.as_str()));
            }
        }
    }
    for (id, name, setting) in later {
        same_as(tables, drafts, cx, &mut book, id, &name, &setting);
    }
    book.write(cx, tables);
}

/// Secrets by key while they are collected.
#[derive(Default)]
struct Book {
    sources: BTreeMap<Key, (SecretSource, Span)>,
    wanted: Vec<Wanted>,
    /// Service and setting -> which copy it reads.
    keys: BTreeMap<(ServiceId, String), Key>,
}

impl Book {
    fn want(
        &mut self,
        service: ServiceId,
        name: &str,
        setting: &Setting,
        key: Key,
        path: String,
        declared: bool,
    ) {
        let (setting_name, content) = (name.to_owned(), setting.content.clone());
        self.keys.entry((service, setting_name.clone())).or_insert_with(|| key.clone());
        self.wanted.push(Wanted { service, setting: setting_name, key, path, content, declared });
    }

    fn write(self, cx: &mut Context<'_>, tables: &mut Tables) {
        let root = secrets_dir(&cx.manifest.network.name);
        let mut hosts: BTreeMap<&Key, BTreeSet<HostId>> = BTreeMap::new();
        for wanted in &self.wanted {
            hosts.entry(&wanted.key).or_default().insert(tables.services[wanted.service].host);
        }
        let mut ids: BTreeMap<&Key, SecretId> = BTreeMap::new();
        for (key, (source, origin)) in &self.sources {
            let (name, scope, scope_key) = key;
            let id = tables.secrets.push(Secret {
                id: tables.secrets.next_id(),
                name: name.clone(),
                scope_key: scope_key.clone(),
                scope: *scope,
                source: source.clone(),
                host_path: host_path(&root, key, source),
                hosts: hosts.get(key).cloned().unwrap_or_default(),
                origin: *origin,
            });
            ids.insert(key, id);
        }
        for wanted in &self.wanted {
            let Some(secret) = ids.get(&wanted.key).copied() else { continue };
            let service_name = tables.services[wanted.service].name.clone();
            let host_path = match &wanted.content {
                Some(_) => format!("{root}/services/{service_name}/{}.conf", wanted.setting),
                None => tables.secrets[secret].host_path.clone(),
            };
            let native = is_native(tables, wanted.service);
            if let Some(service) = tables.services.get_mut(wanted.service) {
                let network = &cx.manifest.network.name;
                let credential = || credential(network, &service_name, &wanted.setting);
                service.secrets.push(SecretUse {
                    setting: wanted.setting.clone(),
                    secret,
                    path: if native { credential() } else { wanted.path.clone() },
                    host_path,
                    content: wanted.content.clone(),
                    declared: wanted.declared,
                });
            }
        }
    }
}

fn is_native(tables: &Tables, service: ServiceId) -> bool {
    !tables.hosts[tables.services[service].host].runtime.is_container()
}

/// Where a component reads a secret inside its container.
fn path_inside(
    cx: &mut Context<'_>,
    service: ServiceId,
    tables: &Tables,
    name: &str,
    setting: &Setting,
) -> String {
    let Some(path) = &setting.path else { return format!("{CONTAINER_SECRETS}/{name}") };
    let scope = serde_json::json!({ "chain": { "id": cx.manifest.network.chain.value } });
    match cx.templates.render_str(path, &scope) {
        Ok(path) => path,
        Err(error) => {
            let service = &tables.services[service];
            cx.sink.push(Diagnostic::new(
                &codes::BAD_TEMPLATE,
                service.origin,
                format!("path of setting `{name}` of `{}`: {}", service.component.component, error.message),
            ));
            path.clone()
        }
    }
}

/// The path of a secret that several services read under one name, in the file that all of them share.
pub(super) fn shared_path(cx: &Context<'_>, tables: &Tables, readers: &[ServiceId], used: &mut SecretUse) {
    let native = readers.iter().any(|id| is_native(tables, *id));
    match readers {
        [one] if native => {
            let reader = &tables.services[*one].name;
            used.path = credential(&cx.manifest.network.name, reader, &used.setting);
        }
        _ if native => used.path.clone_from(&used.host_path),
        _ => {}
    }
}

fn host_path(root: &str, (name, scope, scope_key): &Key, source: &SecretSource) -> String {
    match (source, scope) {
        (SecretSource::HostFile(path), _) => path.clone(),
        (_, Scope::Network) => format!("{root}/network/{name}"),
        (_, Scope::Host) => format!("{root}/host/{name}"),
        (_, Scope::Node) => format!("{root}/nodes/{scope_key}/{name}"),
        (_, Scope::Service) => format!("{root}/services/{scope_key}/{name}"),
    }
}

fn key_of(
    cx: &mut Context<'_>,
    tables: &Tables,
    draft: &Draft,
    id: ServiceId,
    name: &str,
    setting: &Setting,
    book: &mut Book,
) -> Option<Key> {
    let manifest = cx.manifest;
    if let Some(written) = draft.spec.settings.get(name) {
        let reference =
            written.value.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("secret"));
        let Some(reference) = reference.and_then(|r| r.as_str()) else {
            // The value itself is never repeated: it may be the secret.
            cx.sink.hide(written.span);
            cx.sink.push(
                Diagnostic::new(
                    &codes::BAD_SETTING,
                    written.span,
                    format!("setting `{name}` of `{}` must be a reference to a secret", draft.entry.component.component),
                )
                .here("a value stands here")
                .help("define it under `secrets:` and write `{ secret: <name> }`; if this was a real secret, change it now"),
            );
            return None;
        };
        let place = draft.place(cx, tables, &["settings", name, "secret"]).unwrap_or(written.span);
        return declared(cx, tables, &Spanned::new(reference.to_owned(), place), id, book);
    }
    let shared = setting.generate.is_some_and(|g| g.scope != Scope::Service);
    if let Some((key, _)) = manifest.secrets.get_key_value(name).filter(|_| shared) {
        let name = key.clone();
        return declared(cx, tables, &name, id, book);
    }
    if let Some((key_name, identity)) = identity_of(draft, name) {
        let known = cx.identities.get(&draft.name, key_name).map(|known| known.place.clone());
        let place = match known {
            Some(place) => place,
            None if setting.optional => return None,
            // What the program cannot do without has its place before it is made.
            None => KeyPlace::File(identity.format.file(KEY_FOLDER, &draft.name, key_name)),
        };
        let source = match place {
            KeyPlace::File(file) => SecretSource::File(file),
            KeyPlace::Sops(file) => SecretSource::Sops { file, key: vec![SOPS_DATA.to_owned()] },
            KeyPlace::Age(file) => SecretSource::Age(file),
            // The manifest said where, and no longer does.
            KeyPlace::Manifest => return None,
        };
        let key = (name.to_owned(), Scope::Service, draft.name.clone());
        book.sources.insert(key.clone(), (source, draft.origin));
        return Some(key);
    }
    let Some(generate) = setting.generate else {
        if !setting.optional && !draft.wrote(cx, tables, "settings", name) {
            missing(cx, draft, name, setting);
        }
        return None;
    };
    let key = scoped(tables, name, generate.scope, id);
    book.sources.entry(key.clone()).or_insert((SecretSource::Generate(generate.form), draft.origin));
    Some(key)
}

/// The identity whose key a setting holds.
fn identity_of<'d>(draft: &'d Draft, setting: &str) -> Option<(&'d String, &'d Identity)> {
    draft.entry.component.identities.iter().find(|(_, identity)| identity.setting == setting)
}

/// A secret of the manifest, for one service.
fn declared(
    cx: &mut Context<'_>,
    tables: &Tables,
    name: &Spanned<String>,
    id: ServiceId,
    book: &mut Book,
) -> Option<Key> {
    let manifest = cx.manifest;
    let Some((key, secret)) = manifest.secrets.get_key_value(name.value.as_str()) else {
        cx.unknown("secret", name, manifest.secrets.keys().map(|k| k.value.as_str()));
        return None;
    };
    let source = source(cx, key, secret)?;
    let host = &tables.hosts[tables.services[id].host];
    if let (
        SecretSource::Docker(_),
        Runtime::Compose | Runtime::SystemdDocker | Runtime::Native | Runtime::Kubernetes,
    ) = (&source, host.runtime)
    {
        cx.sink.push(
            Diagnostic::new(
                &codes::UNSUPPORTED,
                secret.span,
                format!("runtime `{}` cannot read the Docker secret `{name}`", host.runtime.word()),
            )
            .here("a Docker secret exists only in a swarm or in podman")
            .label(host.origin, "this host runs without either")
            .help("use `host-file:`, `sops:`, `vault:`, `env:` or `file:`, or the runtime `quadlet`"),
        );
    }
    let scope = match source {
        SecretSource::Generate(_) => secret.scope.unwrap_or_default(),
        _ => Scope::Network,
    };
    let key = scoped(tables, &key.value, scope, id);
    book.sources.entry(key.clone()).or_insert((source, secret.span));
    Some(key)
}

fn scoped(tables: &Tables, name: &str, scope: Scope, id: ServiceId) -> Key {
    let service = &tables.services[id];
    match (scope, service.node) {
        (Scope::Network, _) => (name.to_owned(), scope, String::new()),
        (Scope::Node, Some(node)) => (name.to_owned(), scope, tables.nodes[node].name.clone()),
        (Scope::Host, _) => (name.to_owned(), scope, tables.hosts[service.host].name.clone()),
        // A service of the network is in no node: it has a copy of its own.
        (Scope::Service | Scope::Node, _) => (name.to_owned(), Scope::Service, service.name.clone()),
    }
}

/// Where a secret comes from; the schema lets several sources stand side by side, this does not.
pub(super) fn source(
    cx: &mut Context<'_>,
    name: &Spanned<String>,
    secret: &Spanned<manifest::Secret>,
) -> Option<SecretSource> {
    let s = &secret.value;
    let mut sources = Vec::new();
    sources.extend(s.env.clone().map(SecretSource::Env));
    sources.extend(s.file.clone().map(SecretSource::File));
    if let Some(file) = &s.sops {
        let key = s.key.as_deref().unwrap_or(&name.value);
        sources.push(SecretSource::Sops {
            file: file.clone(),
            key: key.split('.').map(str::to_owned).collect(),
        });
    }
    if let Some(path) = &s.vault {
        let field = s.field.clone().unwrap_or_else(|| "value".to_owned());
        sources.push(SecretSource::Vault { path: path.clone(), field });
    }
    sources.extend(s.age.clone().map(SecretSource::Age));
    sources.extend(s.host_file.clone().map(SecretSource::HostFile));
    sources.extend(s.docker.clone().map(SecretSource::Docker));
    sources.extend(s.generate.map(SecretSource::Generate));
    if sources.len() == 1 {
        return sources.pop();
    }
    let written = cx.tree.get("secrets").and_then(|all| all.get(&name.value)).and_then(Node::as_map);
    let unread = |map: &Map| map.iter().any(|(key, _)| !["key", "field", "scope"].contains(&key));
    if sources.is_empty() && written.is_none_or(unread) {
        // Its source stands there and was reported.
        return None;
    }
    let message = if sources.is_empty() {
        format!("secret `{name}` says not where it comes from")
    } else {
        format!("secret `{name}` comes from {} places", sources.len())
    };
    cx.sink.push(
        Diagnostic::new(&codes::INVALID_VALUE, secret.span, message)
            .here("needs exactly one source")
            .help("write one of `env`, `file`, `sops`, `age`, `vault`, `host-file`, `docker`, `generate`"),
    );
    None
}

/// The same secret as a setting of the provider of a need.
fn same_as(
    tables: &Tables,
    drafts: &[Draft],
    cx: &mut Context<'_>,
    book: &mut Book,
    id: ServiceId,
    name: &str,
    setting: &Setting,
) {
    let Some(same) = &setting.same_as else { return };
    // Bindings are sorted by consumer, interface and order.
    let from =
        tables.bindings.partition_point(|b| (b.consumer, b.interface.as_str()) < (id, same.need.as_str()));
    let provider = tables
        .bindings
        .get(from)
        .filter(|b| b.consumer == id && b.interface == same.need && b.order == 0)
        .map(|b| b.provider);
    let key = provider.and_then(|provider| book.keys.get(&(provider, same.setting.clone())).cloned());
    match (key, draft_of(drafts, id)) {
        (Some(key), _) => {
            let path = path_inside(cx, id, tables, name, setting);
            book.want(id, name, setting, key, path, false);
        }
        // Without a provider the missing binding was reported already.
        (None, Some(draft)) if provider.is_some() && !setting.optional => missing(cx, draft, name, setting),
        _ => {}
    }
}

/// A secret that no service asks for by a setting: of receivers and backups.
pub(super) fn policy_secret(
    cx: &mut Context<'_>,
    tables: &mut Tables,
    name: &Spanned<String>,
    on: &BTreeSet<HostId>,
) -> Option<SecretUse> {
    let manifest = cx.manifest;
    let Some((key, secret)) = manifest.secrets.get_key_value(name.value.as_str()) else {
        cx.unknown("secret", name, manifest.secrets.keys().map(|k| k.value.as_str()));
        return None;
    };
    let source = source(cx, key, secret)?;
    let path = format!("{CONTAINER_SECRETS}/{name}");
    let root = secrets_dir(&manifest.network.name);
    let known =
        tables.secrets.iter().find(|s| s.name == name.value && s.scope == Scope::Network).map(|s| s.id);
    let id = known.unwrap_or_else(|| {
        let id = tables.secrets.next_id();
        tables.secrets.push(Secret {
            id,
            name: name.value.clone(),
            scope_key: String::new(),
            scope: Scope::Network,
            host_path: host_path(&root, &(name.value.clone(), Scope::Network, String::new()), &source),
            source,
            hosts: BTreeSet::new(),
            origin: secret.span,
        })
    });
    if let Some(entry) = tables.secrets.get_mut(id) {
        entry.hosts.extend(on);
    }
    let host_path = tables.secrets[id].host_path.clone();
    Some(SecretUse {
        setting: name.value.clone(),
        secret: id,
        path,
        host_path,
        content: None,
        declared: true,
    })
}
