//! The texts of one service: templates of its component rendered with what is known about it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::build::file_name;
use super::failures::Failures;
use super::kinds::Kind;
use super::scope::Shared;
use super::{Run, RunBackup, RunFile, RunHealth, health, logs, peers};
use crate::catalog::Entry;
use crate::catalog::component::{Argument, Component, HostPath, Variable};
use crate::diag::{Diagnostic, codes};
use crate::hashed::IndexMap;
use crate::identity::Registry;
use crate::template::{Alike, Asking, Reads, Templates, spoken};
use crate::topology::{Service, Topology};

/// Whether a word names that path or something below it.
fn names_path(word: &str, path: &str) -> bool {
    word.match_indices(path).any(|(at, _)| {
        let before = word.get(..at).and_then(|text| text.chars().next_back());
        let after = word.get(at + path.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(|c| c == '/' || c.is_ascii_alphanumeric())
            && !after.is_some_and(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    })
}

/// What making the texts of one service reads, and where it reports.
pub(super) struct Making<'a> {
    /// The template engine.
    pub(super) templates: &'a Templates,
    /// The files of the component; absent where they could not be read.
    pub(super) entry: Option<&'a Entry>,
    /// What the texts of the component ask for, of which nothing may be forgotten: see [`reads`].
    pub(super) reads: &'a Reads,
    /// The services that are alike, if there are others.
    pub(super) kind: Option<&'a Kind<'a>>,
    /// What failed.
    pub(super) failures: Failures,
}

/// What the texts of a component ask for: all that [`Renderer`] renders.
pub(super) fn reads(templates: &Templates, component: &Component, entry: Option<&Entry>) -> Reads {
    let mut all = Reads::default();
    let mut ask = |asking: Asking<'_>| all.add(&templates.reads(asking));
    let lines = |ask: &mut dyn FnMut(Asking<'_>), words: &[String]| {
        words.iter().for_each(|word| ask(Asking::Line(word)));
    };
    for argument in &component.command {
        match argument {
            Argument::One(text) => ask(Asking::Line(text)),
            Argument::When(conditional) => {
                conditional.when.iter().for_each(|when| ask(Asking::Condition(when)));
                conditional.each.iter().for_each(|each| ask(Asking::Value(each)));
                lines(&mut ask, &conditional.args);
            }
        }
    }
    for variable in component.environment.values() {
        match variable {
            Variable::Value(value) => ask(Asking::Line(value)),
            Variable::When(conditional) => {
                ask(Asking::Condition(&conditional.when));
                ask(Asking::Line(&conditional.value));
            }
        }
    }
    for (path, file) in &component.files {
        file.when.iter().for_each(|when| ask(Asking::Condition(when)));
        if let Some(name) = &file.template {
            ask(Asking::File(name, entry.and_then(|e| e.templates.get(name)).map_or("", String::as_str)));
        } else if let Some(content) = &file.content {
            ask(Asking::File(&name_of_content(path), content));
        }
    }
    for path in component.host_access.paths.values() {
        if let HostPath::When(conditional) = path {
            ask(Asking::Condition(&conditional.when));
        }
    }
    let backup = component.backup.as_ref();
    let of_backup = backup.into_iter().flat_map(|b| [Some(&b.command), b.check.as_ref(), b.restore.as_ref()]);
    let rotations = component.settings.values().filter_map(|setting| setting.rotate.as_ref());
    let commands = [
        component.entrypoint.as_ref(),
        component.healthcheck.as_ref().map(|health| &health.command),
        component.validate.as_ref(),
        component.sync.as_ref().map(|sync| &sync.command),
    ];
    let all_words = commands.into_iter().chain(of_backup).flatten();
    for words in all_words.chain(rotations.map(|rotate| &rotate.command)) {
        lines(&mut ask, words);
    }
    all
}

/// The name under which the content of a file is rendered, which decides how values are written in it.
fn name_of_content(path: &str) -> String {
    format!("{}.j2", file_name(path))
}

/// Renders the texts of one service.
pub(super) struct Renderer<'a, 'c> {
    cx: &'a mut Making<'c>,
    topology: &'a Topology,
    service: &'a Service,
    /// Converted once: a metrics store sees every service of the network.
    scope: Alike<'c>,
}

impl<'a, 'c> Renderer<'a, 'c> {
    pub(super) fn new(
        cx: &'a mut Making<'c>,
        shared: &Shared<'a>,
        topology: &'a Topology,
        identities: &Registry,
        service: &'a Service,
    ) -> Self {
        let mut more = Map::new();
        peers::add(cx, topology, identities, service.id, &mut more);
        logs::add(cx, topology, service.id, &mut more);
        health::add(topology, service.id, &mut more);
        let scope = shared.scope(service.id, &more, cx.reads, cx.kind);
        let scope = Alike::new(scope, cx.kind.map(|kind| &kind.kept));
        Self { cx, topology, service, scope }
    }

    /// All of them.
    pub(super) fn run(mut self) -> Run {
        let component = self.service.component.clone();
        let native = !self.topology.hosts[self.service.host].runtime.is_container();
        let entrypoint = match (&component.native, native) {
            (Some(native), true) => {
                Some(std::iter::once(&native.program).chain(&native.arguments).cloned().collect())
            }
            (None, true) => {
                self.cx.failures.sink.push(
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
            let name = spoken(name);
            self.cx.failures.sink.push(
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
            let well = !self.cx.failures.any();
            for item in self.list(each) {
                // What fails for one item is told once.
                if well && self.cx.failures.any() {
                    break;
                }
                self.scope = outer.with("item", &item);
                words.extend(self.texts(&conditional.args, "command"));
            }
            self.scope = outer;
        }
        words
    }

    fn files(&mut self) -> Vec<RunFile> {
        let component = self.service.component.clone();
        let entry = self.cx.entry;
        let mut files = Vec::new();
        for (path, file) in &component.files {
            if file.when.as_ref().is_some_and(|when| !self.holds(when, path)) {
                continue;
            }
            let text = match (&file.template, &file.content) {
                (Some(name), _) => {
                    let template = entry.and_then(|e| e.templates.get(name)).map_or("", String::as_str);
                    debug_assert!(self.knows(Asking::File(name, template)), "{name}");
                    match self.cx.templates.render_text(name, template, &self.scope) {
                        Ok(text) => text,
                        Err(error) => {
                            self.cx.failures.of_file(name, template, path, &error);
                            continue;
                        }
                    }
                }
                (None, Some(content)) => {
                    let name = name_of_content(path);
                    debug_assert!(self.knows(Asking::File(&name, content)), "{path}");
                    match self.cx.templates.render_text(&name, content, &self.scope) {
                        Ok(text) => text,
                        Err(error) => {
                            self.cx.failures.of_content(path, content, &error.message);
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

    /// Whether the scope has what a text asks for: that none was forgotten in [`reads`].
    fn knows(&self, text: Asking<'_>) -> bool {
        self.cx.reads.covers(&self.cx.templates.reads(text))
    }

    fn text(&mut self, template: &str, what: &str) -> String {
        debug_assert!(self.knows(Asking::Line(template)), "{template}");
        match self.cx.templates.render_str(template, &self.scope) {
            Ok(text) => text,
            Err(error) => {
                self.cx.failures.of_text(what, template, &error);
                String::new()
            }
        }
    }

    fn holds(&mut self, expression: &str, what: &str) -> bool {
        debug_assert!(self.knows(Asking::Condition(expression)), "{expression}");
        match self.cx.templates.eval_bool(expression, &self.scope) {
            Ok(holds) => holds,
            Err(error) => {
                self.cx.failures.of_text(what, expression, &error);
                false
            }
        }
    }

    fn list(&mut self, expression: &str) -> Vec<Value> {
        debug_assert!(self.knows(Asking::Value(expression)), "{expression}");
        match self.cx.templates.eval(expression, &self.scope) {
            Ok(Value::Array(items)) => items,
            Ok(Value::Null) => Vec::new(),
            Ok(other) => vec![other],
            Err(error) => {
                self.cx.failures.of_text("command", expression, &error);
                Vec::new()
            }
        }
    }
}
