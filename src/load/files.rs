//! From paths to trees, one a file, in the order in which they are laid over each other.
//!
//! A file is laid over what it includes, and an included file over those included before it. A file
//! that several others include is read once, where it is first named: so it never undoes what one of
//! them says.
//!
//! An include stays inside the folder of the manifest that the command line names, links followed.
//! Who checks the manifest of somebody else (a pull request) must not show them other files of the
//! machine in an error, and a bundle must not depend on what lies around the project. A file from
//! elsewhere is named by the user: `-f ../shared/base.yaml -f network.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::string::FromUtf8Error;

use super::input::STDIN;
use super::path::{folder_of, inside, join};
use super::sniff;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean};
use crate::text::{SourceId, SourceMap, Span, Spanned};
use crate::value::{self, Format, Kind, Node};
use crate::world::{World, leads_out};

/// The key that names other files.
const INCLUDE: &str = "include";

/// How deep files may include each other.
const MOST_DEPTH: usize = 32;

/// How many files one network may have.
const MOST_FILES: usize = 4096;

/// How long all files together may be, in bytes.
const MOST_BYTES: usize = 2 * value::MAX_BYTES;

/// Reads files, and those that they include.
pub(super) struct Files<'a> {
    world: &'a dyn World,
    sources: &'a mut SourceMap,
    sink: &'a mut Sink,
    format: Option<Format>,
    /// The trees, those that are laid over others later.
    pub(super) layers: Vec<Node>,
    /// Which entry included a source.
    pub(super) included_by: BTreeMap<SourceId, Span>,
    /// Whether a file could not be read or parsed.
    pub(super) failed: bool,
    /// The files that are being read, outermost first.
    open: Vec<Open>,
    done: BTreeSet<String>,
    files: usize,
    bytes: usize,
    /// A limit was passed and said; no file is read any more.
    full: bool,
}

/// A file that is being read.
struct Open {
    identity: String,
    shown: String,
    /// The entry that included it.
    entry: Span,
}

impl<'a> Files<'a> {
    pub(super) fn new(
        world: &'a dyn World,
        format: Option<Format>,
        sources: &'a mut SourceMap,
        sink: &'a mut Sink,
    ) -> Self {
        Self {
            world,
            sources,
            sink,
            format,
            layers: Vec::new(),
            included_by: BTreeMap::new(),
            failed: false,
            open: Vec::new(),
            done: BTreeSet::new(),
            files: 0,
            bytes: 0,
            full: false,
        }
    }

    /// Reads a file that the command line names, after those that it includes.
    pub(super) fn add(&mut self, path: &str) {
        let root = folder_of(path);
        let own = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        let identity = self.world.canonical(path).unwrap_or_else(|_| path.to_owned());
        self.file(root, own, path, identity, Span::nowhere());
    }

    /// Reads one file. `root` is the folder that includes must not leave, `own` the path of the file below
    /// it, `entry` what included it.
    fn file(&mut self, root: &str, own: &str, path: &str, identity: String, entry: Span) {
        let parsed = if self.full { None } else { self.parse(path, entry) };
        let Some((id, mut node)) = parsed else {
            self.failed = true;
            return;
        };
        if entry.is_somewhere() {
            self.included_by.insert(id, entry);
        }
        let shown = self.sources.get(id).map_or(path, |source| source.name()).to_owned();
        self.done.insert(identity.clone());
        self.open.push(Open { identity, shown, entry });
        for include in self.includes(&mut node) {
            self.include(root, folder_of(own), &include);
        }
        self.open.pop();
        self.layers.push(node);
    }

    fn parse(&mut self, path: &str, entry: Span) -> Option<(SourceId, Node)> {
        let shown = if path == STDIN { "<stdin>" } else { path };
        let text = match self.world.read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => {
                self.not_utf8(shown, entry, &error);
                return None;
            }
            Err(error) => {
                self.unreadable(shown, entry, &error);
                return None;
            }
        };
        let by_name = if path == STDIN { None } else { Format::from_path(path) };
        let Some(format) =
            by_name.or(self.format).or_else(|| (path == STDIN).then(|| sniff::format_of(&text)))
        else {
            self.sink.push(
                Diagnostic::new(&codes::UNREADABLE, entry, format!("`{shown}` has an unknown ending"))
                    .here("which format?")
                    .help(
                        "a manifest ends in `.yaml`, `.yml`, `.toml` or `.json`; else say `--input-format`",
                    ),
            );
            return None;
        };
        self.files += 1;
        self.bytes = self.bytes.saturating_add(text.len());
        if self.files > MOST_FILES || self.bytes > MOST_BYTES {
            self.full = true;
            self.sink.push(
                Diagnostic::new(&codes::TOO_LARGE, entry, "too many files for one network")
                    .here(format!("more than {MOST_FILES} files or {} MiB", MOST_BYTES >> 20))
                    .help("put more into one file, or split the network"),
            );
            return None;
        }
        let id = self.sources.add(shown, text.as_str());
        Some((id, value::parse(format, id, &text, self.sink)?))
    }

    /// Shows the first byte that is no text; the file stays readable up to there.
    fn not_utf8(&mut self, path: &str, entry: Span, error: &FromUtf8Error) {
        let at = error.utf8_error().valid_up_to();
        // What comes before the byte is text, so its offset holds in the readable copy too.
        let readable = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let mark = readable.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let place = Span::new(self.sources.add(path, readable), at, at + mark);
        let first = format!("byte {at} is the first that does not belong to UTF-8");
        let message = format!("`{path}` is not UTF-8 text");
        let diagnostic = if entry.is_somewhere() {
            Diagnostic::new(&codes::UNREADABLE, entry, message).here("this file").label(place, first)
        } else {
            Diagnostic::new(&codes::UNREADABLE, place, message).here(first)
        };
        self.sink.push(diagnostic.help("save the file as UTF-8, without a byte order mark of UTF-16"));
    }

    fn unreadable(&mut self, path: &str, entry: Span, error: &io::Error) {
        if error.kind() == io::ErrorKind::NotFound && entry.is_somewhere() {
            let folder = folder_of(path);
            let near = self.near(folder, path.rsplit('/').next().unwrap_or(path));
            let diagnostic =
                Diagnostic::new(&codes::MISSING_INCLUDE, entry, format!("there is no file `{path}`"))
                    .here("no such file");
            self.sink.push(match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("a path is relative to the file that includes it"),
            });
            return;
        }
        self.sink.push(
            Diagnostic::new(&codes::UNREADABLE, entry, format!("cannot read `{path}`: {error}"))
                .here("this file")
                .help("name a file that can be read"),
        );
    }

    /// A file of a folder whose name is near.
    fn near(&self, folder: &str, name: &str) -> Option<String> {
        let names = self.world.list(if folder.is_empty() { "." } else { folder }).unwrap_or_default();
        let known = names.iter().map(String::as_str).filter(|known| Format::from_path(known).is_some());
        did_you_mean(name, known).map(str::to_owned)
    }

    /// Takes `include:` out of a tree: one path or a list of paths.
    fn includes(&mut self, node: &mut Node) -> Vec<Spanned<String>> {
        let Kind::Map(map) = &mut node.kind else { return Vec::new() };
        let Some(entry) = map.take(INCLUDE) else { return Vec::new() };
        let items = match entry.value.kind {
            Kind::Seq(items) => items,
            _ => vec![entry.value],
        };
        items.iter().filter_map(|item| self.path(item)).collect()
    }

    fn path(&mut self, item: &Node) -> Option<Spanned<String>> {
        let place = item.place();
        let here = match &item.kind {
            Kind::Str(path) if path.contains("${") => "a variable has no value yet when files are read",
            Kind::Str(path) if path.contains("://") => "only files are read, nothing from the network",
            Kind::Str(path) if path.contains(char::is_control) => "has a control character",
            Kind::Str(path) if !path.is_empty() => return Some(Spanned::new(path.clone(), place)),
            Kind::Str(_) => "this is empty",
            _ => "not the path of a file",
        };
        self.failed = true;
        self.sink.push(
            Diagnostic::new(&codes::BAD_INCLUDE, place, "an entry of `include` must be the path of a file")
                .here(here)
                .help("write a path that is relative to this file: `include: [hosts.yaml]`"),
        );
        None
    }

    fn include(&mut self, root: &str, folder: &str, include: &Spanned<String>) {
        let span = include.span;
        let own = if include.starts_with('/') { None } else { inside(&join(folder, include)) };
        let Some(own) = own else {
            let why = if include.starts_with('/') { "an absolute path" } else { "leads out of the folder" };
            self.outside(include, why);
            return;
        };
        let path = join(root, &own);
        if leads_out(self.world, root, &path) {
            self.outside(include, "a link that leads out of the folder");
            return;
        }
        let identity = self.world.canonical(&path).unwrap_or_else(|_| path.clone());
        if let Some(at) = self.open.iter().position(|open| open.identity == identity) {
            self.cycle(at, span);
        } else if self.done.contains(&identity) {
            // Its values are below all that include it already.
        } else if self.open.len() >= MOST_DEPTH {
            self.failed = true;
            self.sink.push(
                Diagnostic::new(&codes::TOO_LARGE, span, "files include each other too deeply")
                    .here(format!("more than {MOST_DEPTH} levels"))
                    .help("include the file from one that is nearer to the manifest"),
            );
        } else {
            self.file(root, &own, &path, identity, span);
        }
    }

    fn outside(&mut self, include: &Spanned<String>, why: &str) {
        self.failed = true;
        self.sink.push(
            Diagnostic::new(
                &codes::INCLUDE_OUTSIDE,
                include.span,
                format!("`{include}` is not in the folder of the manifest"),
            )
            .here(why)
            .help("move the file into the folder, or name it on the command line: `-f <file> -f <manifest>`"),
        );
    }

    fn cycle(&mut self, at: usize, span: Span) {
        self.failed = true;
        let circle = self.open.get(at..).unwrap_or_default();
        let name = circle.first().map_or("", |open| open.shown.as_str());
        let message = match circle {
            [_] => format!("`{name}` includes itself"),
            _ => format!("`{name}` is included by a file that it includes"),
        };
        let mut diagnostic =
            Diagnostic::new(&codes::INCLUDE_CYCLE, span, message).here("the circle closes here");
        for open in circle.iter().skip(1) {
            diagnostic = diagnostic.label(open.entry, format!("`{}` is included here", open.shown));
        }
        self.sink.push(diagnostic.help("take one of these entries out"));
    }
}
