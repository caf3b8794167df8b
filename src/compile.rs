//! The whole pipeline on one screen.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::bundle::{self, Bundle, Sealed};
use crate::catalog::{CHAIN_FOLDER, Catalog, USER_FOLDER};
use crate::check;
use crate::diag::{Diagnostic, Levels, Sink, codes};
use crate::emit::{Artifacts, EMITTERS};
use crate::lock::{self, Lock};
use crate::manifest::{Date, Environment, Manifest};
use crate::plan::{self, Plan};
use crate::schema;
use crate::template::Templates;
use crate::text::{SourceMap, Span};
use crate::topology::{self, Topology};
use crate::value::{self, Format, Node};
use crate::world::World;

/// What is compiled.
#[derive(Clone, Debug)]
pub struct Input {
    /// The path of the manifest; its ending tells the format.
    pub manifest: String,
    /// The path of the lock; a file that does not exist is an empty lock.
    pub lock: String,
}

impl Input {
    /// A manifest with the lock beside it.
    pub fn new(manifest: impl Into<String>) -> Self {
        let manifest = manifest.into();
        let lock = join(folder_of(&manifest), "netgen.lock");
        Self { manifest, lock }
    }
}

/// How it is compiled.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Lets images without a digest through; the bundle says so.
    pub allow_unlocked: bool,
    /// Takes a lock that cannot be used for an empty one, because it is about to be written anew.
    pub renew_lock: bool,
    /// Levels of rules, other than their own.
    pub levels: Levels,
    /// The day that waivers are compared with; without it none is ever over.
    pub as_of: Option<Date>,
}

/// What came out, as far as it came.
#[derive(Debug)]
pub struct Compilation {
    /// All sources that diagnostics point into.
    pub sources: SourceMap,
    /// Every finding, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan; there even when there are errors, as long as the manifest could be read.
    pub plan: Option<Plan>,
    /// The files; only without errors.
    pub bundle: Option<Sealed>,
}

impl Compilation {
    /// Whether an error was found.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// The state that the stages hand on.
struct Front {
    manifest: Manifest,
    topology: Topology,
    catalog: Catalog,
}

/// Compiles a manifest to a bundle.
pub fn compile(world: &dyn World, input: &Input, options: Options) -> Compilation {
    run(world, input, options, true)
}

/// Compiles a manifest up to the plan, for commands that write no files.
pub fn compile_to_plan(world: &dyn World, input: &Input, options: Options) -> Compilation {
    run(world, input, options, false)
}

fn run(world: &dyn World, input: &Input, options: Options, emit: bool) -> Compilation {
    let world = Recorder::new(world);
    let templates = Templates::embedded();
    let mut sources = SourceMap::default();
    let mut sink = Sink::with_levels(options.levels);

    let node = read_manifest(&world, &input.manifest, &mut sources, &mut sink);
    let mut of_lock = Sink::new();
    let lock = read_lock(&world, &input.lock, &mut sources, &mut of_lock);
    if !options.renew_lock {
        sink.extend(of_lock.into_sorted());
    }
    let front =
        node.as_ref().and_then(|node| front(&world, input, node, &lock, &templates, &mut sources, &mut sink));
    let (Some(node), Some(mut front)) = (node, front) else {
        return Compilation { sources, diagnostics: sink.into_sorted(), plan: None, bundle: None };
    };
    let cx = check::Cx { manifest: &front.manifest, topology: &front.topology };
    check::run(&cx, &mut sink);

    if !options.allow_unlocked {
        lock::check_ports(&front.topology, &mut sink);
    }
    let plan = plan::build(
        &mut plan::Context {
            catalog: &mut front.catalog,
            world: &world,
            templates: &templates,
            sources: &mut sources,
            sink: &mut sink,
            lock: &lock,
            allow_unlocked: options.allow_unlocked,
        },
        front.topology,
    );
    check::waivers::apply(&front.manifest.waivers, &node, options.as_of, &mut sink);
    let bundle = if emit && !sink.has_errors() {
        let inputs = inputs(&node, &lock, &world, &input.manifest);
        emit_all(&plan, &templates, inputs, &mut sink)
    } else {
        None
    };
    Compilation { sources, diagnostics: sink.into_sorted(), plan: Some(plan), bundle }
}

/// From a tree to a resolved network. `None` where the shape is so broken that nothing can be resolved.
fn front(
    world: &dyn World,
    input: &Input,
    node: &Node,
    lock: &Lock,
    templates: &Templates,
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> Option<Front> {
    let schema = schema::of::<Manifest>();
    let before = sink.len();
    let wrong = schema::validate(node, &schema, sink);
    let well_formed = sink.len() == before;
    let mut usable = node.clone();
    usable.prune(&wrong);
    let lost = if well_formed { Vec::new() } else { schema::prune_lacking(&mut usable, &schema)? };
    let manifest: Manifest = match value::decode(&usable) {
        Ok(manifest) => manifest,
        Err(error) => {
            // The schema has said it already, unless the type is stricter than its schema.
            if well_formed {
                sink.push(Diagnostic::new(&codes::INVALID_VALUE, error.span, error.message));
            }
            return None;
        }
    };
    let mut catalog = Catalog::built_in();
    catalog.add_folder(world, &join(folder_of(&input.manifest), USER_FOLDER));
    catalog.add_chains(world, &join(folder_of(&input.manifest), CHAIN_FOLDER));
    for (id, component) in node.get("components").and_then(Node::as_map).into_iter().flat_map(|m| m.iter()) {
        catalog.add_inline(id, component.clone());
    }
    let mut resolve = |sink: &mut Sink| {
        topology::resolve(&mut topology::Context {
            manifest: &manifest,
            catalog: &mut catalog,
            world,
            templates,
            given_ports: &lock.port,
            sources,
            sink,
        })
    };
    if !lost.is_empty() {
        let mut found = Sink::new();
        resolve(&mut found);
        sink.extend(sure(found, &lost, sources));
        return None;
    }
    let topology = resolve(sink);
    Some(Front { manifest, topology, catalog })
}

/// What is wrong with the rest of a network, parts of which could not be read: a finding that may only
/// follow from what is missing is left out.
fn sure<'a>(
    found: Sink,
    lost: &'a [String],
    sources: &'a SourceMap,
) -> impl Iterator<Item = Diagnostic> + 'a {
    let rules = [&codes::UNKNOWN_NAME, &codes::UNKNOWN_COMPONENT, &codes::INVALID_VALUE, &codes::BAD_IMAGE];
    let names: BTreeSet<&str> = lost.iter().filter_map(|at| at.rsplit('/').next()).collect();
    found.into_sorted().into_iter().filter(move |d| {
        let word = sources.get(d.span().source).map_or("", |source| source.slice(d.span()));
        rules.contains(&d.rule) && !names.contains(word.trim_matches(['"', '\'']))
    })
}

/// Runs every emitter and adds the bundle's own files.
fn emit_all(
    plan: &Plan,
    templates: &Templates,
    inputs: Vec<bundle::Input>,
    sink: &mut Sink,
) -> Option<Sealed> {
    let mut bundle = Bundle::new();
    for emitter in EMITTERS {
        let mut out = Artifacts::default();
        let done = emitter.emit(plan, templates, &mut out).and_then(|()| out.into_bundle(&mut bundle));
        if let Err(error) = done {
            let mut diagnostic = Diagnostic::new(
                &codes::UNSUPPORTED,
                error.span,
                format!("`{}` cannot be written: {}", emitter.id(), error.message),
            );
            diagnostic.help.extend(error.help);
            sink.push(diagnostic);
        }
    }
    if sink.has_errors() {
        return None;
    }
    let header = bundle::Header {
        network: plan.topology.name.clone(),
        production: plan.topology.environment == Environment::Production,
        pinned: plan.fully_pinned,
        inputs,
    };
    match bundle.seal(header) {
        Ok(sealed) => Some(sealed),
        Err(error) => {
            sink.push(Diagnostic::new(&codes::UNSUPPORTED, Span::nowhere(), error.to_string()));
            None
        }
    }
}

fn read_manifest(world: &dyn World, path: &str, sources: &mut SourceMap, sink: &mut Sink) -> Option<Node> {
    let text = match world.read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => {
            let at = error.utf8_error().valid_up_to();
            sink.push(
                Diagnostic::new(&codes::UNREADABLE, Span::nowhere(), format!("`{path}` is not UTF-8 text"))
                    .help(format!("byte {at} is the first that does not belong to UTF-8")),
            );
            return None;
        }
        Err(error) => {
            sink.push(Diagnostic::new(
                &codes::UNREADABLE,
                Span::nowhere(),
                format!("cannot read `{path}`: {error}"),
            ));
            return None;
        }
    };
    let Some(format) = Format::from_path(path) else {
        sink.push(
            Diagnostic::new(&codes::UNREADABLE, Span::nowhere(), format!("`{path}` has an unknown ending"))
                .help("a manifest ends in `.yaml`, `.yml`, `.toml` or `.json`"),
        );
        return None;
    };
    let id = sources.add(path, text.as_str());
    value::parse(format, id, &text, sink)
}

/// The lock of a manifest; empty where there is none.
fn read_lock(world: &dyn World, path: &str, sources: &mut SourceMap, sink: &mut Sink) -> Lock {
    match world.read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Lock::read(path, &text, sources, sink).unwrap_or_else(Lock::empty)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Lock::empty(),
        Err(error) => {
            sink.push(Diagnostic::new(
                &codes::UNREADABLE,
                Span::nowhere(),
                format!("cannot read `{path}`: {error}"),
            ));
            Lock::empty()
        }
    }
}

/// What the bundle was made from, by name, with SHA-256 in hex.
///
/// The manifest counts by its content with sorted keys: the same network in YAML, TOML and JSON, with
/// or without comments, gives the same bundle.
fn inputs(node: &Node, lock: &Lock, world: &Recorder<'_>, manifest: &str) -> Vec<bundle::Input> {
    let input =
        |path: &str, bytes: &[u8]| bundle::Input { path: path.to_owned(), sha256: bundle::sha256(bytes) };
    let mut inputs = vec![
        input("manifest", canonical(&node.to_json()).to_string().as_bytes()),
        input("netgen.lock", lock.to_toml().as_bytes()),
    ];
    for folder in [USER_FOLDER, CHAIN_FOLDER] {
        let own = format!("{}/", join(folder_of(manifest), folder));
        for (path, sha256) in world.seen.borrow().iter() {
            if let Some(rest) = path.strip_prefix(&own) {
                inputs.push(bundle::Input { path: format!("{folder}/{rest}"), sha256: sha256.clone() });
            }
        }
    }
    inputs
}

/// The same value with the keys of every map sorted.
fn canonical(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let sorted: BTreeMap<&String, serde_json::Value> =
                map.iter().map(|(key, value)| (key, canonical(value))).collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        serde_json::Value::Array(items) => items.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

/// A world that remembers what was read.
struct Recorder<'a> {
    inner: &'a dyn World,
    seen: RefCell<BTreeMap<String, String>>,
}

impl<'a> Recorder<'a> {
    fn new(inner: &'a dyn World) -> Self {
        Self { inner, seen: RefCell::default() }
    }
}

impl World for Recorder<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.inner.read(path)?;
        self.seen.borrow_mut().insert(path.to_owned(), bundle::sha256(&bytes));
        Ok(bytes)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.inner.list(folder)
    }
}

/// The folder of a file; empty for a file in the working folder.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// A name in a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{folder}/{name}"),
    }
}
