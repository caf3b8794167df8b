//! Files of a revision, read by the program `git`.
//!
//! No shell is involved, and no name from a manifest reaches the command line: the tree of the revision
//! is listed once, and files are asked for by their object ids. Nothing is fetched, and nothing in the
//! repository or its configuration is run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::bundle::{File, Mode};
use crate::world::World;

/// Why a revision cannot be read.
pub(super) struct Trouble {
    pub(super) message: String,
    /// Whether the command line is wrong.
    pub(super) is_usage: bool,
}

fn usage(message: String) -> Trouble {
    Trouble { message, is_usage: true }
}

fn trouble(message: String) -> Trouble {
    Trouble { message, is_usage: false }
}

/// A file of a revision.
#[derive(Clone, Debug)]
struct Blob {
    /// `100644`, `100755`, `120000` (a link) or `160000` (another repository).
    mode: String,
    id: String,
}

/// The files of one revision, by paths relative to the folder in which netgen runs.
#[derive(Clone)]
pub(super) struct GitWorld(Arc<Revision>);

struct Revision {
    /// The folder in which netgen runs, below the top of the repository: empty, or with `/` at its end.
    prefix: String,
    /// By path below the top.
    files: BTreeMap<String, Blob>,
}

impl GitWorld {
    /// Opens a revision of the repository around this folder.
    pub(super) fn open(revision: &str) -> Result<Self, Trouble> {
        if revision.is_empty() || revision.starts_with('-') || revision.chars().any(char::is_control) {
            return Err(usage(format!("`{revision}` names no revision")));
        }
        let prefix = text(run(&["rev-parse", "--show-prefix"], &[])?)?;
        let commit = format!("{revision}^{{commit}}");
        let found = run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], &[]);
        let id = text(found.map_err(|_| usage(format!("there is no revision `{revision}`")))?)?;
        let id = id.trim();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(usage(format!("there is no revision `{revision}`")));
        }
        let listed = run(&["ls-tree", "-r", "-z", "--full-tree", id], &[])?;
        let files = listed.split(|byte| *byte == 0).filter_map(entry).collect();
        Ok(Self(Arc::new(Revision { prefix: prefix.trim_end_matches('\n').to_owned(), files })))
    }

    /// A path as git takes it after `REV:`, relative to the folder in which netgen runs.
    pub(super) fn path_from_top(&self, path: &str) -> Result<String, Trouble> {
        if path.starts_with("./") || path.starts_with("../") || path == "." {
            return Ok(path.trim_end_matches('/').to_owned());
        }
        let climb = "../".repeat(self.0.prefix.matches('/').count());
        let path = path.trim_matches('/');
        if path.split('/').any(|part| part == "..") {
            return Err(usage(format!("`{path}` leaves the repository")));
        }
        Ok(format!("{climb}{path}"))
    }

    /// The path below the top of the repository; an error for one that leaves it.
    fn place(&self, path: &str) -> io::Result<String> {
        if path.starts_with('/') || path.contains('\\') {
            return Err(io::Error::other("a path of a revision is relative"));
        }
        let mut parts: Vec<&str> = self.0.prefix.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.pop().is_some() => {}
                ".." => return Err(io::Error::other("it is outside of the repository")),
                part => parts.push(part),
            }
        }
        Ok(parts.join("/"))
    }

    /// Whether files are below a path.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        self.place(path).is_ok_and(|place| place.is_empty() || self.below(&place).next().is_some())
    }

    /// The files below a folder, by path below the top.
    fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &Blob)> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.0.files.range(start.clone()..);
        from.take_while(move |(path, _)| path.starts_with(&start)).map(|(path, blob)| (path.as_str(), blob))
    }

    /// Every file below a folder, with paths relative to it.
    pub(super) fn files_below(&self, folder: &str) -> Result<BTreeMap<String, File>, Trouble> {
        let folder = self.place(folder).map_err(|error| usage(error.to_string()))?;
        let skip = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let found: Vec<(&str, &Blob)> =
            self.below(&folder).filter(|(_, blob)| blob.mode.starts_with("100")).collect();
        let ids: BTreeSet<&str> = found.iter().map(|(_, blob)| blob.id.as_str()).collect();
        let contents = blobs(&ids)?;
        let file = |(path, blob): (&str, &Blob)| {
            let mode = if blob.mode == "100755" { Mode::Executable } else { Mode::Regular };
            let bytes = contents.get(&blob.id)?.clone();
            Some((path.get(skip..)?.to_owned(), File::new(bytes, mode)))
        };
        Ok(found.into_iter().filter_map(file).collect())
    }
}

impl World for GitWorld {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let place = self.place(path)?;
        let Some(blob) = self.0.files.get(&place) else {
            if self.below(&place).next().is_some() {
                return Err(io::Error::other("it is a folder"));
            }
            return Err(io::Error::from(io::ErrorKind::NotFound));
        };
        if !blob.mode.starts_with("100") {
            return Err(io::Error::other("it is a link, which is not followed in a revision"));
        }
        let found = blobs(&[blob.id.as_str()].into()).map_err(|trouble| io::Error::other(trouble.message))?;
        found.into_values().next().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let place = self.place(folder)?;
        let skip = if place.is_empty() { 0 } else { place.len() + 1 };
        let names: BTreeSet<String> = self
            .below(&place)
            .filter_map(|(path, _)| path.get(skip..)?.split('/').next().map(str::to_owned))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn canonical(&self, path: &str) -> io::Result<String> {
        // No link is followed, so a path is one file.
        self.place(path).map(|place| format!("/{place}"))
    }
}

/// One entry of `git ls-tree -z`: `<mode> <kind> <id>\t<path>`.
fn entry(line: &[u8]) -> Option<(String, Blob)> {
    let (head, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
    Some((path.to_owned(), Blob { mode: mode.to_owned(), id: id.to_owned() }))
}

/// The contents of objects, by id, from one run.
fn blobs(ids: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let mut asked = String::new();
    for id in ids {
        asked.push_str(id);
        asked.push('\n');
    }
    let answer = run(&["cat-file", "--batch"], asked.as_bytes())?;
    let broken = || trouble("`git cat-file` gave an answer that cannot be read".to_owned());
    let mut found = BTreeMap::new();
    let mut rest = answer.as_slice();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
        let head = std::str::from_utf8(rest.get(..end).unwrap_or_default()).map_err(|_| broken())?;
        let mut words = head.split(' ');
        let (id, kind, size) = (words.next(), words.next(), words.next());
        let (Some(id), Some("blob"), Some(size)) = (id, kind, size) else {
            return Err(trouble(format!("git has not all files of this revision: {head}")));
        };
        let size: usize = size.parse().map_err(|_| broken())?;
        let bytes = rest.get(end + 1..).and_then(|rest| rest.get(..size)).ok_or_else(broken)?;
        found.insert(id.to_owned(), bytes.to_vec());
        rest = rest.get(end + 1 + size + 1..).unwrap_or_default();
    }
    Ok(found)
}

/// Runs git with these arguments and this input, and gives what it prints.
fn run(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Trouble> {
    let spawned = Command::new("git")
        .args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"])
        // Neither hooks nor a monitor of the file system, whatever the repository asks for.
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| trouble(format!("`git` cannot be started: {error}")))?;
    let (mut stdin, input) = (child.stdin.take(), input.to_vec());
    // A thread of its own: git may answer before it has read all questions.
    let writer = std::thread::spawn(move || {
        if let Some(stdin) = &mut stdin {
            // One that ends early says why itself.
            let _ = stdin.write_all(&input);
        }
    });
    let output = child.wait_with_output();
    let _ = writer.join();
    let output = output.map_err(|error| trouble(format!("`git` cannot be read: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let why = String::from_utf8_lossy(&output.stderr);
    let plain: String = why.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Err(trouble(format!("git: {plain}")))
}

fn text(bytes: Vec<u8>) -> Result<String, Trouble> {
    String::from_utf8(bytes).map_err(|_| trouble("git gave a name that is not UTF-8".to_owned()))
}
