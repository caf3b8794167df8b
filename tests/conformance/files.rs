//! Finding, reading and copying the files of a bundle.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::bench::{Fault, Verdict};

/// The files under `root` that fit one of the patterns: paths from `root`, in
/// order. In a pattern `*` stands for any part of a name, `**` for any folders.
pub fn find(root: &Path, patterns: &[&str]) -> Vec<PathBuf> {
    let patterns: Vec<Vec<&str>> = patterns.iter().map(|pattern| pattern.split('/').collect()).collect();
    let mut found = all(root);
    found.retain(|path| {
        let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        patterns.iter().any(|pattern| matches(pattern, &names))
    });
    found
}

/// All files under `root`, as paths from there, in order.
pub fn all(root: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_path_buf)).collect()
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => matches(rest, path),
        (Some((&"**", rest)), Some((_, deeper))) => matches(rest, path) || matches(pattern, deeper),
        (Some((part, rest)), Some((name, deeper))) => fits(part, name) && matches(rest, deeper),
        _ => false,
    }
}

fn fits(part: &str, name: &str) -> bool {
    match part.split_once('*') {
        None => part == name,
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}

/// The folders straight under `folder`, by name, in order. None if it is not there.
pub fn folders(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name().into_iter();
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_dir());
    folders.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.into_path())).collect()
}

/// The distinct folders that hold these files.
pub fn parents(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut parents: Vec<PathBuf> = files.iter().filter_map(|file| file.parent()).map(Into::into).collect();
    parents.dedup();
    parents
}

/// A text file.
pub fn read(path: &Path) -> Result<String, Fault> {
    fs::read_to_string(path).map_err(Fault::io(format!("cannot read {}", path.display())))
}

/// Writes a text file, and the folders on the way to it.
pub fn write(path: &Path, text: &str) -> Verdict {
    make_parent(path)?;
    fs::write(path, text).map_err(Fault::io(format!("cannot write {}", path.display())))
}

/// Copies one file with its mode, and makes the folders on the way to it.
pub fn copy(from: &Path, to: &Path) -> Verdict {
    make_parent(to)?;
    let copied = fs::copy(from, to).map(|_| ());
    copied.map_err(Fault::io(format!("cannot copy {} to {}", from.display(), to.display())))
}

/// Copies a folder's files. Readers that write beside what they read get a copy.
pub fn copy_tree(from: &Path, to: &Path) -> Verdict {
    all(from).iter().try_for_each(|file| copy(&from.join(file), &to.join(file)))
}

fn make_parent(path: &Path) -> Verdict {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(Fault::io(format!("cannot make {}", parent.display())))
}
