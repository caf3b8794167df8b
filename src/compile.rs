//! The whole pipeline on one screen.

mod boards;
mod gate;
mod inputs;

use std::io;

use rayon::prelude::*;

use self::boards::Boards;
use self::gate::Gate;
use self::inputs::{Recorder, inputs, request};
use crate::bundle::{self, Bundle, BundlePath, File, InMemory, Keep, Sealed};
use crate::catalog::Catalog;
use crate::check;
use crate::diag::{Diagnostic, Levels, Severity, Sink, codes};
use crate::emit::{Artifacts, EMITTERS, EmitError, Emitter};
use crate::load::{self, Input, Loaded};
use crate::lock::{self, Lock};
use crate::manifest::{Date, Environment, Manifest, Waiver};
use crate::model::{self, Document};
use crate::plan::{self, Plan};
use crate::report::Sheet;
use crate::schema;
use crate::stages::Stages;
use crate::template::Templates;
use crate::text::{SourceMap, Span};
use crate::topology;
use crate::value::Node;
use crate::world::World;

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
    /// Gives the network as data beside the bundle.
    pub keep_document: bool,
    /// Is told how long each stage takes.
    pub stages: Stages,
}

/// What came out, as far as it came.
#[derive(Debug)]
pub struct Compilation {
    /// All sources that diagnostics point into.
    pub sources: SourceMap,
    /// Every finding, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The manifest in one tree, if every file of it could be read.
    pub loaded: Option<Loaded>,
    /// The plan; there even when there are errors, as long as the manifest could be read.
    pub plan: Option<Plan>,
    /// The files; only without errors.
    pub bundle: Option<Sealed>,
    /// The network as data, as the bundle has it in `network.json`; only where it is asked for.
    pub document: Option<Document>,
    /// What was asked for, and which files were read; empty where they could not be read.
    pub request: bundle::Request,
}

impl Compilation {
    /// Whether an error was found.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Compiles a manifest to a bundle.
pub fn compile(world: &dyn World, input: &Input, options: Options) -> Compilation {
    compile_into(world, input, options, &InMemory)
}

/// Compiles a manifest to a bundle, whose files are kept elsewhere as soon as they are made.
pub fn compile_into(world: &dyn World, input: &Input, options: Options, keep: &dyn Keep) -> Compilation {
    run(world, input, options, Some(keep))
}

/// Compiles a manifest up to the plan, for commands that write no files.
pub fn compile_to_plan(world: &dyn World, input: &Input, options: Options) -> Compilation {
    run(world, input, options, None)
}

/// Emits only where there is a place to keep files.
fn run(world: &dyn World, input: &Input, options: Options, keep: Option<&dyn Keep>) -> Compilation {
    let mut sources = SourceMap::default();
    let mut sink = Sink::with_levels(options.levels);
    let stages = options.stages;
    let world = Recorder::new(world);
    let Some(loaded) = stages.run("load", || load::load(&world, input, &mut sources, &mut sink)) else {
        return finish(sources, sink, None, None, None);
    };
    world.loaded();
    let templates = Templates::embedded();
    let well = !sink.has_errors();
    let mut of_lock = Sink::new();
    let lock = read_lock(&world, &input.lock, &mut sources, &mut of_lock);
    if !options.renew_lock {
        sink.extend(of_lock.into_sorted());
    }
    // A lock that cannot be used was told; that it pins no image is not told again for each of them.
    let allow_unlocked = options.allow_unlocked || lock.is_none();
    let lock = lock.unwrap_or_else(Lock::empty);
    let before = sink.count(Severity::Error);
    let read = || schema::read::<Manifest>(&loaded.tree, &mut sink, Manifest::stand_in);
    let Some(manifest) = stages.run("read", read) else {
        return finish(sources, sink, Some(loaded), None, None);
    };
    let mut catalog = catalog(&world, input.folder(), &loaded.tree);
    let mut of_topology = topology::Context {
        manifest: &manifest,
        tree: &loaded.tree,
        catalog: &mut catalog,
        world: &world,
        templates: &templates,
        identities: &lock.identities(),
        given_ports: &lock.port,
        sources: &mut sources,
        sink: &mut sink,
    };
    let topology = stages.run("resolve", || topology::resolve(&mut of_topology));
    // A broken lock says nothing about the names and needs of the network.
    let resolved = well && sink.count(Severity::Error) == before;
    if !allow_unlocked {
        lock::check_ports(&topology, &mut sink);
    }
    let mut of_plan = plan::Context {
        catalog: &mut catalog,
        world: &world,
        templates: &templates,
        sources: &mut sources,
        sink: &mut sink,
        lock: &lock,
        allow_unlocked,
    };
    let plan = stages.run("plan", || plan::build(&mut of_plan, topology));
    // What is about to be written anew is no fault of the network.
    let judged = if options.renew_lock { Lock::empty() } else { lock.clone() };
    let cx = check::Cx {
        manifest: &manifest,
        topology: &plan.topology,
        pins: &judged.pins(),
        platforms: &judged.platforms(),
        catalog: &catalog,
        templates: &templates,
        sources: &sources,
        world: &world,
        folder: input.folder(),
        resolved,
        as_of: options.as_of,
        watched: &plan.watched(),
        derived: check::Derived::default(),
    };
    stages.run("check", || check::run(&cx, &mut sink));
    // What the scan of the bundle finds can be waived when there is a bundle.
    let is_late = |waiver: &Waiver| codes::SECRET_IN_BUNDLE.is_called(&waiver.rule);
    let (late, waivers): (Vec<_>, Vec<_>) = manifest.waivers.iter().cloned().partition(is_late);
    check::waivers::apply(&waivers, &loaded.tree, options.as_of, &mut sink);
    let compiled = keep.filter(|_| !sink.has_errors()).and_then(|keep| {
        let gate = Gate::new(keep);
        let boards = Boards::new(&gate);
        let inputs = inputs(&loaded, &lock, &world, input.folder(), &catalog, &plan.topology);
        let describe = || model::text(&plan, &loaded.tree, &lock);
        let (described, emitted) = rayon::join(
            || stages.run("document", || Described::new(describe(), options.keep_document, &gate)),
            || stages.run("emit", || emit_all(&stages, &plan, &templates, &boards)),
        );
        let header = header(&plan, inputs);
        let compiled = stages.run("seal", || assemble(header, described, emitted, &boards, &gate, &mut sink));
        if let Some((bundle, _)) = &compiled {
            gate.look_at_own(bundle);
            gate.tell(&sources, &mut sink);
            check::waivers::apply(&late, &loaded.tree, options.as_of, &mut sink);
        }
        compiled.filter(|_| !sink.has_errors())
    });
    let (bundle, document) = compiled.unzip();
    let request = request(&loaded, &world, input);
    Compilation {
        request,
        document: document.flatten(),
        ..finish(sources, sink, Some(loaded), Some(plan), bundle)
    }
}

/// What came out. From here on no text that may be a secret value can be shown.
fn finish(
    mut sources: SourceMap,
    sink: Sink,
    loaded: Option<Loaded>,
    plan: Option<Plan>,
    bundle: Option<Sealed>,
) -> Compilation {
    // A value that came from elsewhere stands there, too.
    let behind = |span: &Span| loaded.iter().flat_map(|l| l.behind(*span)).collect::<Vec<_>>();
    let hidden: Vec<Span> =
        sink.hidden().iter().flat_map(|span| std::iter::once(*span).chain(behind(span))).collect();
    sources.mask(hidden);
    if plan.is_none() {
        sources.mask_suspects();
    }
    let diagnostics = sink.into_sorted();
    let diagnostics = match &loaded {
        Some(loaded) => loaded.explain(diagnostics),
        None => diagnostics,
    };
    Compilation {
        sources,
        diagnostics,
        loaded,
        plan,
        bundle,
        document: None,
        request: bundle::Request::default(),
    }
}

/// All components and chains that this network can name: built in, beside the manifest, and in it.
fn catalog(world: &dyn World, folder: &str, tree: &Node) -> Catalog {
    let mut catalog = Catalog::built_in();
    catalog.add_folder(world, folder);
    let given = |key| tree.get(key).and_then(Node::as_map).into_iter().flat_map(|map| map.iter());
    given("components").for_each(|(id, component)| catalog.add_inline(id, component.clone()));
    given("chains").for_each(|(id, chain)| catalog.add_inline_chain(id, chain.clone()));
    catalog
}

/// The network as data: the file that says so, and what is made from it.
struct Described {
    file: File,
    sheet: Sheet,
    /// Where it is asked for beside the file.
    document: Option<Document>,
}

impl Described {
    /// # Errors
    /// A reason in words; a defect of netgen.
    fn new(text: String, kept: bool, keep: &dyn Keep) -> Result<Self, String> {
        let sheet = Sheet::of(text.as_bytes())?;
        let document = if kept { Some(Document::parse(text.as_bytes())?) } else { None };
        let file = keep.keep(&BundlePath::constant(bundle::NETWORK_JSON), File::regular(text));
        Ok(Self { file, sheet, document })
    }
}

/// What an emitter gave.
type Emitted<'k> = (&'static dyn Emitter, Result<Artifacts<'k>, EmitError>);

/// Runs every emitter; they know nothing of each other.
fn emit_all<'k>(stages: &Stages, plan: &Plan, templates: &Templates, keep: &'k dyn Keep) -> Vec<Emitted<'k>> {
    let run = |emitter: &&'static dyn Emitter| {
        let mut out = Artifacts::new(keep);
        let done =
            stages.run(format_args!("emit/{}", emitter.id()), || emitter.emit(plan, templates, &mut out));
        (*emitter, done.map(|()| out))
    };
    EMITTERS.par_iter().map(run).collect()
}

/// What the bundle says of itself.
fn header(plan: &Plan, inputs: Vec<bundle::Input>) -> bundle::Header {
    bundle::Header {
        network: plan.topology.name.clone(),
        production: plan.topology.environment == Environment::Production,
        pinned: plan.fully_pinned,
        inputs,
        part: None,
    }
}

/// Puts all files together, and adds the bundle's own.
fn assemble(
    header: bundle::Header,
    described: Result<Described, String>,
    emitted: Vec<Emitted<'_>>,
    boards: &Boards<'_>,
    gate: &Gate<'_>,
    sink: &mut Sink,
) -> Option<(Sealed, Option<Document>)> {
    let shown = BundlePath::constant(bundle::REPORT_PAGE);
    let page = || {
        let Described { file, sheet, document } = described?;
        let page = gate.keep(&shown, File::regular(sheet.page(&boards.take(), None)));
        Ok((file, page, document))
    };
    // None of the two needs the other.
    let (made, (mut bundle, failed)) = rayon::join(page, || gather(emitted));
    failed.into_iter().for_each(|diagnostic| sink.push(diagnostic));
    if sink.has_errors() {
        return None;
    }
    let sealed = made.and_then(|(file, page, document)| {
        bundle
            .insert(BundlePath::constant(bundle::NETWORK_JSON), file)
            .and_then(|()| bundle.insert(shown.clone(), page))
            .and_then(|()| bundle.attest(&header))
            .and_then(|()| bundle.seal(header))
            .map(|sealed| (sealed, document))
            .map_err(|error| error.to_string())
    });
    match sealed {
        Ok(sealed) => Some(sealed),
        Err(error) => {
            sink.push(Diagnostic::new(&codes::UNSUPPORTED, Span::nowhere(), error));
            None
        }
    }
}

/// Puts the files of all emitters into one bundle, and says what those could not do.
fn gather(emitted: Vec<Emitted<'_>>) -> (Bundle, Vec<Diagnostic>) {
    let mut bundle = Bundle::new();
    let mut failed = Vec::new();
    for (emitter, out) in emitted {
        if let Err(error) = out.and_then(|out| out.into_bundle(&mut bundle)) {
            let mut diagnostic = Diagnostic::new(
                &codes::UNSUPPORTED,
                error.span,
                format!("`{}` cannot be written: {}", emitter.id(), error.message),
            );
            diagnostic.help.extend(error.help);
            failed.push(diagnostic);
        }
    }
    (bundle, failed)
}

/// The lock of a manifest; empty where there is no file. `None` for one that cannot be used.
fn read_lock(world: &dyn World, path: &str, sources: &mut SourceMap, sink: &mut Sink) -> Option<Lock> {
    match world.read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Lock::read(path, &text, sources, sink)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Lock::empty()),
        Err(error) => {
            sink.push(Diagnostic::new(
                &codes::UNREADABLE,
                Span::nowhere(),
                format!("cannot read `{path}`: {error}"),
            ));
            None
        }
    }
}
