//! From the topology to the plan: templates of component data rendered, images pinned.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::scope::scope;
use super::{
    GenesisFiles, Plan, Run, RunBackup, RunFile, RunHealth, alerts, dashboards, genesis, health, jobs, logs,
    mesh, objectives, peers, waves,
};
use crate::analyze::voters::packs;
use crate::catalog::alerts::{Alert, Pack};
use crate::catalog::component::{Argument, HostPath, Variable};
use crate::catalog::dashboard::Board;
use crate::catalog::{Catalog, Entry};
use crate::diag::{Diagnostic, Sink, codes};
use crate::identity::Registry;
use crate::lock::Lock;
use crate::template::{Context as Scope, TemplateError, Templates};
use crate::text::{SourceMap, Span};
use crate::topology::{Service, ServiceId, Table, Topology};
use crate::world::World;

/// What making a plan reads and where it reports.
pub struct Context<'a> {
    /// The catalog, for templates, alerts and dashboards of the components in use.
    pub catalog: &'a mut Catalog,
    /// For the user's component files.
    pub world: &'a dyn World,
    /// The template engine.
    pub templates: &'a Templates,
    /// All sources so far.
    pub sources: &'a mut SourceMap,
    /// Where problems go.
    pub sink: &'a mut Sink,
    /// The pins.
    pub lock: &'a Lock,
    /// Whether images without a pin are let through.
    pub allow_unlocked: bool,
}

impl Context<'_> {
    pub(super) fn entry(&mut self, id: &str) -> Option<std::sync::Arc<Entry>> {
        self.catalog.entry(id, self.world, self.sources, self.sink)
    }

    /// The dashboards that belong to no component, by id.
    pub(super) fn boards(&mut self) -> IndexMap<String, Board> {
        self.catalog.boards(self.sources, self.sink)
    }

    /// The alerts that belong to no component.
    pub(super) fn network_alerts(&mut self, topology: &Topology) -> IndexMap<String, Alert> {
        let packs: Vec<Pack> = packs(topology).into_iter().filter(|pack| *pack != Pack::Objective).collect();
        self.catalog.network_alerts(&packs, self.sources, self.sink)
    }

    /// The alerts about error budgets.
    pub(super) fn objective_alerts(&mut self) -> IndexMap<String, Alert> {
        self.catalog.network_alerts(&[Pack::Objective], self.sources, self.sink)
    }
}

/// Makes the plan of a topology. Problems are in the sink; the plan is complete only without errors.
pub fn build(cx: &mut Context<'_>, topology: Topology) -> Plan {
    let mut runs: Table<ServiceId, Run> = Table::default();
    let identities = cx.lock.identities();
    let genesis = genesis::build(cx, &topology, &identities);
    let mut fully_pinned = peers::missing(&topology, &identities).next().is_none();
    let first_block = genesis_scope(&topology, genesis.as_ref());
    if !cx.allow_unlocked {
        peers::check(cx, &topology, &identities);
        mesh::check(cx, &topology, &identities);
    }
    let mesh_keys = mesh::keys(&topology, &identities);
    fully_pinned &= mesh_keys.len() == topology.mesh.as_ref().map_or(0, |mesh| mesh.members.len());
    for service in &topology.services {
        let mut run = Renderer::new(cx, &topology, &identities, &first_block, service).run();
        match pin(cx, &topology, service) {
            Some((image, pinned)) => {
                run.image = image;
                fully_pinned &= pinned;
            }
            None => fully_pinned = false,
        }
        runs.push(run);
    }
    let jobs = jobs::jobs(&topology);
    let recordings = objectives::recordings(&topology, &jobs);
    let ((alerts, mut silenced), dashboards) = if topology.monitoring.is_some() {
        let mut all = alerts::alerts(cx, &topology, &jobs);
        objectives::alerts(cx, &topology, &jobs, &mut all);
        let dashboards = dashboards::dashboards(cx, &topology, &jobs, &all.0);
        (all, dashboards)
    } else {
        ((BTreeMap::new(), Vec::new()), BTreeMap::new())
    };
    let mut log_alerts = BTreeMap::new();
    if topology.monitoring.is_some() {
        let (on, off) = logs::alerts(cx, &topology);
        log_alerts = on;
        silenced.extend(off);
    }
    let waves = waves::Waves::of(&topology);
    Plan {
        topology,
        runs,
        mesh_keys,
        jobs,
        alerts,
        log_alerts,
        silenced,
        recordings,
        dashboards,
        genesis,
        fully_pinned,
        waves,
    }
}

/// The first block as templates see it.
fn genesis_scope(topology: &Topology, files: Option<&GenesisFiles>) -> Value {
    let (Some(genesis), Some(files)) = (&topology.genesis, files) else { return Value::Null };
    json!({
        "time": genesis.time, "execution": files.execution, "consensus": files.consensus,
        "validators": files.validators,
    })
}

/// The image with its digest, and whether it has one.
fn pin(cx: &mut Context<'_>, topology: &Topology, service: &Service) -> Option<(String, bool)> {
    let image = &service.image;
    if !topology.hosts[service.host].runtime.is_container() {
        return Some((String::new(), true));
    }
    let place = if service.image_origin.is_somewhere() { service.image_origin } else { service.origin };
    if image.name.is_empty() {
        if !service.image_origin.is_somewhere() {
            cx.sink.push(
                Diagnostic::new(
                    &codes::BAD_IMAGE,
                    service.origin,
                    format!("component `{}` has no public image", service.component.component),
                )
                .here("runs in a container")
                .help(format!("name one: `images: {{ {}: <reference> }}`", service.component.component)),
            );
        }
        return None;
    }
    if let Some(digest) = &image.digest {
        return Some((image.pinned(digest), true));
    }
    if let Some(digest) = cx.lock.digest(&image.unpinned()) {
        return Some((image.pinned(digest), true));
    }
    if cx.allow_unlocked {
        return Some((image.unpinned(), false));
    }
    let mut diagnostic = Diagnostic::new(
        &codes::NOT_LOCKED,
        place,
        format!("image `{}` has no digest in the lock", image.unpinned()),
    )
    .here(format!("wanted by `{}`", service.name))
    .help("`netgen lock` adds it; `--allow-unlocked` builds without, for development");
    let tags = cx.lock.tags_of(&image.name);
    if !tags.is_empty() {
        diagnostic = diagnostic
            .help(format!("the lock pins {}", crate::diag::list_names(tags.iter().map(String::as_str), 4)));
    }
    cx.sink.push(diagnostic);
    None
}

/// Whether a word names that path or something below it.
fn names_path(word: &str, path: &str) -> bool {
    word.match_indices(path).any(|(at, _)| {
        let before = word.get(..at).and_then(|text| text.chars().next_back());
        let after = word.get(at + path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| c == '/' || c.is_ascii_alphanumeric())
            && !after.is_some_and(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    })
}

/// The last part of a path: the name of a configuration file in the bundle.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The begin of a text, for a message.
fn short(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST).chain(['…']).collect()
    }
}

struct Renderer<'a, 'c> {
    cx: &'a mut Context<'c>,
    topology: &'a Topology,
    service: &'a Service,
    /// Converted once: a metrics store sees every service of the network.
    scope: Scope,
    /// The same, to which the item of a list is added.
    values: Value,
}

impl<'a, 'c> Renderer<'a, 'c> {
    fn new(
        cx: &'a mut Context<'c>,
        topology: &'a Topology,
        identities: &Registry,
        genesis: &Value,
        service: &'a Service,
    ) -> Self {
        let mut scope = scope(topology, service.id);
        if let Some(map) = scope.as_object_mut() {
            peers::add(cx, topology, identities, service.id, map);
            logs::add(cx, topology, service.id, map);
            health::add(topology, service.id, map);
            map.insert("genesis".to_owned(), genesis.clone());
        }
        Self { cx, topology, service, scope: Scope::new(&scope), values: scope }
    }

    fn run(mut self) -> Run {
        let component = self.service.component.clone();
        let native = !self.topology.hosts[self.service.host].runtime.is_container();
        let entrypoint = match (&component.native, native) {
            (Some(native), true) => {
                Some(std::iter::once(&native.program).chain(&native.arguments).cloned().collect())
            }
            (None, true) => {
                self.cx.sink.push(
                    Diagnostic::new(
                        &codes::UNSUPPORTED,
                        self.service.origin,
                        format!("component `{}` cannot run without a container", component.component),
                    )
                    .here("on a host with runtime `native`")
                    .label(self.topology.hosts[self.service.host].origin, "this host")
                    .help("choose another runtime for the host, or place the service elsewhere"),
                );
                None
            }
            (_, false) => component.entrypoint.as_ref().map(|words| self.texts(words, "entrypoint")),
        };
        let command = self.arguments(&component.command);
        let mut environment = BTreeMap::new();
        for (name, variable) in &component.environment {
            let value = match variable {
                Variable::Value(value) => value,
                Variable::When(conditional) => {
                    if !self.holds(&conditional.when, name) {
                        continue;
                    }
                    &conditional.value
                }
            };
            environment.insert(name.clone(), self.text(value, name));
        }
        environment.extend(self.service.environment.clone());
        let files = self.files();
        let healthcheck = component.healthcheck.as_ref().filter(|_| !native).map(|health| RunHealth {
            command: self.texts(&health.command, "healthcheck"),
            interval: health.interval,
            timeout: health.timeout,
            retries: health.retries,
            start_period: health.start_period,
        });
        let mut validate = component.validate.as_ref().map(|words| self.texts(words, "validate"));
        if native {
            let checker = component.native.as_ref().and_then(|native| native.checker.as_ref());
            if let (Some(first), Some(checker)) =
                (validate.as_mut().and_then(|words| words.first_mut()), checker)
            {
                first.clone_from(checker);
            }
            self.no_container_paths(command.iter().chain(validate.iter().flatten()));
        }
        let backup = component.backup.as_ref().map(|backup| RunBackup {
            command: self.texts(&backup.command, "backup"),
            name: backup.name.clone(),
            check: backup.check.as_ref().map(|words| self.texts(words, "backup")),
            restore: backup.restore.as_ref().map(|words| self.texts(words, "restore")),
        });
        let mut rotations = BTreeMap::new();
        for (name, setting) in &component.settings {
            if let Some(rotate) = &setting.rotate {
                rotations.insert(name.clone(), self.texts(&rotate.command, name));
            }
        }
        let host_paths = self.host_paths(&component.host_access.paths);
        let sync = component.sync.as_ref();
        let sync_client = sync.map_or_else(Vec::new, |sync| self.texts(&sync.command, "sync"));
        Run {
            image: String::new(),
            entrypoint,
            command,
            environment,
            files,
            host_paths,
            healthcheck,
            validate,
            backup,
            sync_client,
            rotations,
        }
    }

    /// What stands elsewhere without a container must be named by a template, which knows where.
    fn no_container_paths<'w>(&mut self, words: impl Iterator<Item = &'w String>) {
        let component = &self.service.component;
        let volumes = component.volumes.iter().map(|(name, v)| (v.path.as_str(), format!("volume.{name}")));
        let files = component.files.keys().map(|path| (path.as_str(), format!("file['{path}']")));
        let trees =
            component.artifacts.iter().map(|(tree, path)| (path.as_str(), format!("artifact.{tree}")));
        let inside: Vec<(&str, String)> = files.chain(trees).chain(volumes).collect();
        for word in words {
            let Some((path, name)) = inside.iter().find(|(path, _)| names_path(word, path)) else { continue };
            let name = name.replace('-', "_");
            self.cx.sink.push(
                Diagnostic::new(
                    &codes::CONTAINER_PATH,
                    component.component.span,
                    format!("`{word}` names a path inside a container"),
                )
                .here(format!("`{path}` stands elsewhere without one"))
                .label(self.service.origin, "runs here without a container")
                .help(format!(
                    "write `{{{{ {name} }}}}` in its place: it is right with and without a container"
                )),
            );
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) -> Vec<String> {
        let mut words = Vec::new();
        for argument in arguments {
            let conditional = match argument {
                Argument::One(text) => {
                    words.push(self.text(text, "command"));
                    continue;
                }
                Argument::When(conditional) => conditional,
            };
            if conditional.when.as_ref().is_some_and(|when| !self.holds(when, "command")) {
                continue;
            }
            let Some(each) = &conditional.each else {
                words.extend(self.texts(&conditional.args, "command"));
                continue;
            };
            let outer = self.scope.clone();
            let well = !self.cx.sink.has_errors();
            for item in self.list(each) {
                // What fails for one item is told once.
                if well && self.cx.sink.has_errors() {
                    break;
                }
                let mut values = self.values.clone();
                if let Some(map) = values.as_object_mut() {
                    map.insert("item".to_owned(), item);
                }
                self.scope = Scope::new(&values);
                words.extend(self.texts(&conditional.args, "command"));
            }
            self.scope = outer;
        }
        words
    }

    fn files(&mut self) -> Vec<RunFile> {
        let component = self.service.component.clone();
        let entry = self.cx.entry(&component.component.value);
        let mut files = Vec::new();
        for (path, file) in &component.files {
            if file.when.as_ref().is_some_and(|when| !self.holds(when, path)) {
                continue;
            }
            let text = match (&file.template, &file.content) {
                (Some(name), _) => {
                    let template =
                        entry.as_ref().and_then(|e| e.templates.get(name)).cloned().unwrap_or_default();
                    match self.cx.templates.render_text(name, &template, &self.scope) {
                        Ok(text) => text,
                        Err(error) => {
                            self.failed_in(name, &template, path, &error);
                            continue;
                        }
                    }
                }
                (None, Some(content)) => {
                    match self.cx.templates.render_text(
                        &format!("{}.j2", file_name(path)),
                        content,
                        &self.scope,
                    ) {
                        Ok(text) => text,
                        Err(error) => {
                            self.failed(path, content, &error.message);
                            continue;
                        }
                    }
                }
                (None, None) => String::new(),
            };
            files.push(RunFile { path: path.clone(), name: file_name(path).to_owned(), text });
        }
        files
    }

    fn host_paths(&mut self, paths: &IndexMap<String, HostPath>) -> BTreeMap<String, String> {
        let mut mounted = BTreeMap::new();
        for (source, path) in paths {
            let target = match path {
                HostPath::Path(target) => target,
                HostPath::When(conditional) if self.holds(&conditional.when, "host-access") => {
                    &conditional.path
                }
                HostPath::When(_) => continue,
            };
            mounted.insert(source.clone(), target.clone());
        }
        mounted
    }

    fn texts(&mut self, templates: &[String], what: &str) -> Vec<String> {
        templates.iter().map(|template| self.text(template, what)).collect()
    }

    fn text(&mut self, template: &str, what: &str) -> String {
        match self.cx.templates.render_str(template, &self.scope) {
            Ok(text) => text,
            Err(error) => {
                self.failed_at(what, template, &error);
                String::new()
            }
        }
    }

    fn holds(&mut self, expression: &str, what: &str) -> bool {
        match self.cx.templates.eval_bool(expression, &self.scope) {
            Ok(holds) => holds,
            Err(error) => {
                self.failed_at(what, expression, &error);
                false
            }
        }
    }

    fn list(&mut self, expression: &str) -> Vec<Value> {
        match self.cx.templates.eval(expression, &self.scope) {
            Ok(Value::Array(items)) => items,
            Ok(Value::Null) => Vec::new(),
            Ok(other) => vec![other],
            Err(error) => {
                self.failed_at("command", expression, &error);
                Vec::new()
            }
        }
    }

    /// Tells of a one-line text that fails.
    fn failed_at(&mut self, what: &str, text: &str, error: &TemplateError) {
        if !self.cx.sink.has_errors() {
            self.failed(what, text, &format!("`{}`: {}", short(text), error.message));
        }
    }

    /// Tells of a text of the component's file that fails, and where it stands there.
    fn failed(&mut self, what: &str, text: &str, why: &str) {
        if self.cx.sink.has_errors() {
            return;
        }
        let file = self.service.component.component.span;
        // Data does not remember where each text of it stood; one that is written in another way than it
        // reads is told of at the name of the component.
        let from = file.start as usize;
        let source = self.cx.sources.get(file.source);
        let found = source.and_then(|source| source.text().get(from..)?.find(text));
        let at = found.filter(|_| !text.is_empty()).map(|at| from + at);
        let place = at.map_or(file, |at| Span::new(file.source, at, at + text.len()));
        self.fails(what, place, why);
    }

    /// Tells of a template beside the component's file that fails.
    fn failed_in(&mut self, name: &str, template: &str, what: &str, error: &TemplateError) {
        if self.cx.sink.has_errors() {
            return;
        }
        let file = self.service.component.component.span;
        let beside = self.cx.sources.get(file.source).map_or("", |source| source.name()).to_owned();
        let path =
            beside.rsplit_once('/').map_or_else(|| name.to_owned(), |(dir, _)| format!("{dir}/{name}"));
        let range = error.range.clone().unwrap_or(0..0);
        let place = Span::new(self.cx.sources.add(path, template), range.start, range.end);
        self.fails(what, place, &error.message);
    }

    fn fails(&mut self, what: &str, place: Span, why: &str) {
        // A template that fails after a missing setting or binding says nothing new.
        if self.cx.sink.has_errors() {
            return;
        }
        let service = self.service;
        let id = &service.component.component;
        // Our own data is sound; what the manifest gives it is not.
        let own = self.cx.entry(id).is_some_and(|entry| entry.own) && place.is_somewhere();
        let message = format!("`{what}` of component `{id}` fails: {why}");
        let words = format!("for service `{}`", service.name);
        let diagnostic = if own {
            let at = Diagnostic::new(&codes::BAD_TEMPLATE, place, message);
            at.here("cannot be rendered").label(service.origin, words)
        } else {
            Diagnostic::new(&codes::BAD_TEMPLATE, service.origin, message).here(words)
        };
        self.cx.sink.push(diagnostic.help(
            "correct the template in the component's data; `netgen components` shows settings and interfaces",
        ));
    }
}

/// The scope of texts that speak of a whole job and not of one service.
pub(super) fn job_scope(topology: &Topology, selector: &str, settings: &Value) -> Value {
    let smallest_disk =
        topology.hosts.iter().filter_map(|host| host.resources.map(|(_, _, disk)| disk.0)).min();
    json!({
        "network": {
            "name": topology.name, "environment": topology.environment.word(),
            "nodes": topology.nodes.len(), "hosts": topology.hosts.len(), "regions": topology.regions.len(),
            "validators": topology.validators(),
            "voting_power": u64::try_from(topology.voting_power()).unwrap_or(u64::MAX),
            "smallest_disk": smallest_disk,
        },
        "chain": super::scope::chain(topology),
        "selector": selector,
        "settings": settings,
        "monitoring": super::scope::monitoring(topology),
        "backup": topology.backup.as_ref().map(|backup| json!({ "rpo": backup.rpo().0 })),
    })
}
