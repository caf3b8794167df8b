//! The catalog: everything netgen knows about software and chains, as data.
//!
//! A component is a folder `templates/components/<id>/` in the binary, a folder
//! `components/<id>/` beside the manifest, or an entry of `components:` in the manifest (with the
//! keys `alerts` and `dashboard` for the files of these names); the later ones win. Files are parsed when a network first uses them. No component id stands in Rust code.

pub mod alerts;
pub mod blueprint;
pub mod bound;
pub mod chain;
pub mod component;
pub mod dashboard;
pub mod duties;
pub mod editor;
pub mod failure;
pub mod genesis;
pub mod health;
pub mod identity;
pub mod interface;
pub mod logs;
pub mod names;
pub mod native;
pub mod profile;
pub mod proof;
pub mod saving;
pub mod setting;
pub mod sli;
pub mod sync;
pub mod threshold;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use self::alerts::{Alert, AlertPack, Pack};
use self::chain::Chain;
use self::component::Component;
use self::dashboard::{Board, Dashboard};
use self::failure::Required;
use self::genesis::GenesisData;
use self::profile::Profile;
use crate::diag::{Diagnostic, Sink, codes};
use crate::embedded;
use crate::hashed::IndexMap;
use crate::schema;
use crate::text::{SourceMap, Span};
use crate::value::{self, DecodeError, Format, Node};
use crate::world::{World, leads_out};

/// The folder beside the manifest that holds the user's own components.
pub const USER_FOLDER: &str = "components";

/// The folder beside the manifest that holds the user's own chains.
pub const CHAIN_FOLDER: &str = "chains";

/// A component with everything that lies beside it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The component.
    pub component: Arc<Component>,
    /// Its alerts.
    pub alerts: AlertPack,
    /// Its dashboard.
    pub dashboard: Option<Dashboard>,
    /// Text templates by file name.
    pub templates: BTreeMap<String, String>,
    /// Whether it is the user's own.
    pub own: bool,
}

/// Where the data of one component or chain is.
#[derive(Clone, Debug)]
enum Place {
    /// In the binary.
    BuiltIn,
    /// In the user's folder: the path of the component's folder, or of the chain's file.
    Folder(String),
    /// In the manifest.
    Inline(Box<Node>),
}

/// All components and chains that can be named.
#[derive(Debug, Default)]
pub struct Catalog {
    places: BTreeMap<String, Place>,
    loaded: BTreeMap<String, Option<Arc<Entry>>>,
    chains: BTreeMap<String, Place>,
    /// The folder of the manifest, which no file of the user's may lead out of.
    root: String,
}

impl Catalog {
    /// The catalog of the binary.
    pub fn built_in() -> Self {
        let mut catalog = Self::default();
        for (path, _) in embedded::FILES {
            let mut parts = path.split('/');
            match (parts.next(), parts.next(), parts.next()) {
                (Some("components"), Some(id), Some("component.yaml")) => {
                    catalog.places.insert(id.to_owned(), Place::BuiltIn);
                }
                (Some("chains"), Some(file), None) => {
                    catalog
                        .chains
                        .extend(file.strip_suffix(".yaml").map(|id| (id.to_owned(), Place::BuiltIn)));
                }
                _ => {}
            }
        }
        catalog
    }

    /// Adds the user's components and chains that lie beside the manifest, in `root`.
    pub fn add_folder(&mut self, world: &dyn World, root: &str) {
        let below = |name: &str| if root.is_empty() { name.to_owned() } else { format!("{root}/{name}") };
        let (components, chains) = (below(USER_FOLDER), below(CHAIN_FOLDER));
        for id in world.list(&components).unwrap_or_default() {
            let place = format!("{components}/{id}");
            let file = format!("{place}/component.yaml");
            // One that leads elsewhere is told of when it is used.
            if leads_out(world, root, &file) || world.read(&file).is_ok() {
                self.places.insert(id, Place::Folder(place));
            }
        }
        for name in world.list(&chains).unwrap_or_default() {
            if let Some(id) = name.strip_suffix(".yaml") {
                self.chains.insert(id.to_owned(), Place::Folder(format!("{chains}/{name}")));
            }
        }
        root.clone_into(&mut self.root);
    }

    /// Adds a component that stands in the manifest itself.
    pub fn add_inline(&mut self, id: &str, node: Node) {
        self.places.insert(id.to_owned(), Place::Inline(Box::new(node)));
    }

    /// Adds a chain that stands in the manifest itself.
    pub fn add_inline_chain(&mut self, id: &str, node: Node) {
        self.chains.insert(id.to_owned(), Place::Inline(Box::new(node)));
    }

    /// The ids of all components, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The ids of all chains, sorted.
    pub fn chain_ids(&self) -> impl Iterator<Item = &str> {
        self.chains.keys().map(String::as_str)
    }

    /// A component, parsed at the first call. `None` where there is none or its data is broken;
    /// broken data is reported once.
    pub fn entry(
        &mut self,
        id: &str,
        world: &dyn World,
        sources: &mut SourceMap,
        sink: &mut Sink,
    ) -> Option<Arc<Entry>> {
        if let Some(entry) = self.loaded.get(id) {
            return entry.clone();
        }
        let place = self.places.get(id)?.clone();
        let mut reader = Reader { world, root: &self.root, sources, sink };
        let entry = reader.entry(id, &place).map(Arc::new);
        self.loaded.insert(id.to_owned(), entry.clone());
        entry
    }

    /// A component that was used already, without reading anything.
    pub fn used(&self, id: &str) -> Option<&Arc<Entry>> {
        self.loaded.get(id)?.as_ref()
    }

    /// Whether a component of that id exists, broken or not.
    pub fn has(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// Whether a chain is one of the binary and not the user's own.
    pub fn is_built_in_chain(&self, id: &str) -> bool {
        matches!(self.chains.get(id), Some(Place::BuiltIn))
    }

    /// A chain by its id.
    pub fn chain(
        &self,
        id: &str,
        world: &dyn World,
        sources: &mut SourceMap,
        sink: &mut Sink,
    ) -> Option<Chain> {
        match self.chains.get(id)? {
            Place::BuiltIn => {
                let name = format!("chains/{id}.yaml");
                built_in(&name, sources, sink)
            }
            Place::Inline(node) => decode(node, id, sink),
            Place::Folder(path) => {
                let text = Reader { world, root: &self.root, sources, sink }.own_file(path)?;
                let source = sources.add(path.as_str(), text.as_str());
                let node = value::parse(Format::Yaml, source, &text, sink)?;
                read(&node, sink)
            }
        }
    }

    /// Forks and public chains.
    pub fn genesis_data(&self, sources: &mut SourceMap, sink: &mut Sink) -> GenesisData {
        let name = "genesis/forks.yaml";
        built_in(name, sources, sink).unwrap_or_default()
    }

    /// The alerts of a network as a whole, from these packs.
    pub fn network_alerts(
        &self,
        packs: &[Pack],
        sources: &mut SourceMap,
        sink: &mut Sink,
    ) -> IndexMap<String, Alert> {
        packs.iter().flat_map(|pack| self.alert_pack(pack.file(), sources, sink).alerts).collect()
    }

    /// The failures that must be covered by alerts.
    pub fn required_failures(sources: &mut SourceMap, sink: &mut Sink) -> Required {
        let name = "profiles/failures.yaml";
        built_in(name, sources, sink).unwrap_or_default()
    }

    /// The dashboards that belong to no component, by id, in the order of their files.
    pub fn boards(&self, sources: &mut SourceMap, sink: &mut Sink) -> IndexMap<String, Board> {
        let mut boards = IndexMap::default();
        for (path, _) in embedded::FILES {
            let id = path.strip_prefix("dashboards/").and_then(|file| file.strip_suffix(".yaml"));
            let Some(id) = id else { continue };
            if let Some(board) = built_in(path, sources, sink) {
                boards.insert(id.to_owned(), board);
            }
        }
        boards
    }

    /// A profile of the binary by its name.
    pub fn profile(&self, name: &str, sources: &mut SourceMap, sink: &mut Sink) -> Option<Profile> {
        let name = format!("profiles/{name}.yaml");
        built_in(&name, sources, sink)
    }

    /// A pack of alerts that belongs to no component.
    pub fn alert_pack(&self, name: &str, sources: &mut SourceMap, sink: &mut Sink) -> AlertPack {
        let name = format!("profiles/{name}.yaml");
        built_in(&name, sources, sink).unwrap_or_default()
    }
}

/// The name under which a built-in file shows up in diagnostics.
fn built_in_name(name: &str) -> String {
    format!("<netgen>/templates/{name}")
}

/// A file of the binary; it was read when the binary was built.
fn built_in<T: DeserializeOwned>(name: &str, sources: &mut SourceMap, sink: &mut Sink) -> Option<T> {
    let (text, tape) = (embedded::text(name)?, embedded::tape(name)?);
    let id = sources.add(built_in_name(name), text);
    told(value::decode_tape(tape, text, id), name, sink)
}

fn decode<T: DeserializeOwned>(node: &Node, what: &str, sink: &mut Sink) -> Option<T> {
    told(value::decode(node), what, sink)
}

fn told<T>(decoded: Result<T, DecodeError>, what: &str, sink: &mut Sink) -> Option<T> {
    let tell = |error: DecodeError| {
        sink.push(
            Diagnostic::new(&codes::BAD_COMPONENT, error.span, format!("`{what}`: {}", error.message))
                .help("`netgen schema component` prints the form of a component file"),
        );
    };
    decoded.map_err(tell).ok()
}

/// A file of the user's: each mistake is told by itself. One that has any is not used.
fn read<T: DeserializeOwned + JsonSchema>(node: &Node, sink: &mut Sink) -> Option<T> {
    let before = sink.len();
    let read = schema::read(node, sink, |_| ());
    for found in sink.found_mut().iter_mut().skip(before) {
        found.rule = &codes::BAD_COMPONENT;
    }
    read.filter(|_| sink.len() == before)
}

/// An inline component without the keys that are files of their own elsewhere.
fn without_packs(node: &Node) -> Node {
    let mut component = node.clone();
    if let value::Kind::Map(map) = &mut component.kind {
        map.retain(|key| !["alerts", "log-alerts", "dashboard"].contains(&key));
    }
    component
}

struct Reader<'a> {
    world: &'a dyn World,
    root: &'a str,
    sources: &'a mut SourceMap,
    sink: &'a mut Sink,
}

impl Reader<'_> {
    fn entry(&mut self, id: &str, place: &Place) -> Option<Entry> {
        let component: Component = match place {
            // What is no map was reported with the manifest.
            Place::Inline(node) => {
                read(&without_packs(Some(node).filter(|node| node.as_map().is_some())?), self.sink)?
            }
            Place::BuiltIn | Place::Folder(_) => self.file(id, place, "component.yaml")?,
        };
        if component.component.value != id {
            self.sink.push(
                Diagnostic::new(
                    &codes::BAD_COMPONENT,
                    component.component.span,
                    format!("the component calls itself `{}` but is known as `{id}`", component.component),
                )
                .here("another name")
                .help(format!("write `component: {id}`")),
            );
        }
        let problems = identity::problems(&component)
            .into_iter()
            .chain(health::problems(&component.provides))
            .chain(sync::problems(&component))
            .chain(duties::problems(&component))
            .chain(names::problems(&component));
        for problem in problems {
            self.sink.push(Diagnostic::new(
                &codes::BAD_COMPONENT,
                component.component.span,
                format!("component `{id}`: {problem}"),
            ));
        }
        self.references(&component);
        let (alerts, dashboard) = match place {
            Place::Inline(node) => (
                AlertPack {
                    alerts: self.part(id, node, "alerts").unwrap_or_default(),
                    log_alerts: self.part(id, node, "log-alerts").unwrap_or_default(),
                },
                self.part(id, node, "dashboard"),
            ),
            Place::BuiltIn | Place::Folder(_) => (
                self.file(id, place, "alerts.yaml").unwrap_or_default(),
                self.file(id, place, "dashboard.yaml"),
            ),
        };
        self.proofs(&component, &alerts);
        let mut templates = BTreeMap::new();
        for file in component.files.values() {
            let Some(name) = &file.template else { continue };
            match self.text(id, place, name) {
                Some(text) => {
                    templates.insert(name.clone(), text);
                }
                None => self.sink.push(
                    Diagnostic::new(
                        &codes::BAD_COMPONENT,
                        component.component.span,
                        format!("component `{id}` names the template `{name}`, which is not beside it"),
                    )
                    .here("in this file")
                    .help(match place {
                        Place::Folder(folder) => format!("put it at `{folder}/{name}`"),
                        _ => format!("use `content:`, or a folder `{USER_FOLDER}/{id}/` for the component"),
                    }),
                ),
            }
        }
        let own = !matches!(place, Place::BuiltIn);
        Some(Entry { component: Arc::new(component), alerts, dashboard, templates, own })
    }

    /// Alerts about lines must find the lines that they were written for; each must fire some day, and the
    /// proof of that is written minute by minute.
    fn proofs(&mut self, component: &Component, alerts: &AlertPack) {
        for (name, alert) in alerts.alerts.iter().filter(|(_, alert)| alert.hold > alerts::LONGEST_HOLD) {
            self.sink.push(
                Diagnostic::new(
                    &codes::BAD_COMPONENT,
                    alert.expr.span,
                    format!("alert `{name}` of component `{}` waits too long", component.component),
                )
                .here(format!("fires after {}", alert.hold))
                .help(format!("write a `for` of at most {}", alerts::LONGEST_HOLD)),
            );
        }
        for (name, alert) in &alerts.log_alerts {
            for problem in alert.problems() {
                self.sink.push(
                    Diagnostic::new(
                        &codes::BAD_COMPONENT,
                        component.component.span,
                        format!("log alert `{name}` of component `{}` {problem}", component.component),
                    )
                    .here("in this component")
                    .help("a line counts that contains one of `lines` and none of `unless`"),
                );
            }
        }
    }

    /// Settings may speak of other settings and of interfaces: those must exist.
    fn references(&mut self, component: &Component) {
        let mut missing = |what: &str, speaker: &str, kind: &str, name: &str, known: Vec<&str>| {
            self.sink.push(
                Diagnostic::new(
                    &codes::BAD_COMPONENT,
                    component.component.span,
                    format!(
                        "{what} `{speaker}` speaks of the {kind} `{name}`, which `{}` does not have",
                        component.component
                    ),
                )
                .here("in this component")
                .suggest(name, known)
                .help(format!("name one that it has, or take the {kind} out of `{speaker}`")),
            );
        };
        let settings = || component.settings.keys().map(String::as_str).collect();
        let provided = || component.provides.keys().map(String::as_str).collect();
        for (name, setting) in &component.settings {
            if let Some(other) =
                setting.at_most.as_ref().filter(|other| !component.settings.contains_key(*other))
            {
                missing("setting", name, "setting", other, settings());
            }
            for on in setting.opens.iter().flat_map(|opens| &opens.on) {
                if !component.provides.contains_key(on) {
                    missing("setting", name, "interface", on, provided());
                }
            }
        }
        for (name, need) in &component.needs {
            if let Some(on) = need.forwards.as_ref().filter(|on| !component.provides.contains_key(*on)) {
                missing("need", name, "interface", on, provided());
            }
        }
    }

    /// A key of an inline component that is a file of its own elsewhere.
    fn part<T: DeserializeOwned>(&mut self, id: &str, node: &Node, key: &str) -> Option<T> {
        decode(node.get(key)?, &format!("{id}/{key}"), self.sink)
    }

    fn file<T: DeserializeOwned + JsonSchema>(&mut self, id: &str, place: &Place, name: &str) -> Option<T> {
        match place {
            Place::BuiltIn => built_in(&format!("components/{id}/{name}"), self.sources, self.sink),
            Place::Folder(folder) => {
                let path = format!("{folder}/{name}");
                let text = self.own_file(&path)?;
                let source = self.sources.add(path, text.as_str());
                read(&value::parse(Format::Yaml, source, &text, self.sink)?, self.sink)
            }
            Place::Inline(_) => None,
        }
    }

    fn text(&mut self, id: &str, place: &Place, name: &str) -> Option<String> {
        match place {
            Place::BuiltIn => embedded::text(&format!("components/{id}/{name}")).map(str::to_owned),
            Place::Folder(folder) => self.own_file(&format!("{folder}/{name}")),
            Place::Inline(_) => None,
        }
    }

    /// A file of the user's. That it is not there may be as it should; any other reason is told.
    fn own_file(&mut self, path: &str) -> Option<String> {
        if leads_out(self.world, self.root, path) {
            self.sink.push(
                Diagnostic::new(
                    &codes::INCLUDE_OUTSIDE,
                    Span::nowhere(),
                    format!("`{path}` is a link that leads out of the folder of the manifest"),
                )
                .help("copy the file there, or call netgen in a folder that holds both"),
            );
            return None;
        }
        let why = match self.world.read(path).map(String::from_utf8) {
            Ok(Ok(text)) => return Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Ok(Err(_)) => format!("`{path}` is not UTF-8 text"),
            Err(error) => format!("cannot read `{path}`: {error}"),
        };
        self.sink.push(
            Diagnostic::new(&codes::UNREADABLE, Span::nowhere(), why).help("put a text file in its place"),
        );
        None
    }
}
