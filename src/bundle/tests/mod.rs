//! Tests of the bundle as its users see it; those of the inside of `write/` stand there.

mod archive;
mod content;
mod part;
mod signature;
mod spool;
mod tampering;
mod verify;
mod write;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::{Bundle, BundlePath, File, Header, Input, Sealed};

/// Files as `path content`; one that ends with `.sh` can be run.
pub(super) fn sealed(files: &[(&str, &str)]) -> Sealed {
    let mut bundle = Bundle::new();
    for (path, content) in files {
        bundle.insert(BundlePath::new(*path).unwrap(), file(path, content)).unwrap();
    }
    bundle.seal(header()).unwrap()
}

fn file(path: &str, content: &str) -> File {
    if path.ends_with(".sh") { File::executable(content) } else { File::regular(content) }
}

fn header() -> Header {
    let inputs = vec![Input { path: "network.yaml".into(), sha256: super::sha256(b"x") }];
    Header { network: "testnet".into(), production: false, pinned: true, inputs, part: None }
}

/// Everything in a folder: path, permissions, inode, time and content (or the goal of a link). Equal
/// texts mean that nothing at all was touched.
pub(super) fn state(dir: &Path) -> String {
    let mut lines: Vec<String> = walkdir::WalkDir::new(dir)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            let content = if meta.is_file() {
                String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned()
            } else if meta.is_symlink() {
                fs::read_link(entry.path()).unwrap().display().to_string()
            } else {
                String::new()
            };
            let (mode, time) = (meta.permissions().mode(), meta.modified().unwrap());
            format!("{} {mode:o} {} {time:?} {content:?}\n", entry.path().display(), meta.ino())
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// The paths in a folder, folders left out.
pub(super) fn names(dir: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(Result::unwrap);
    walk.filter(|entry| !entry.file_type().is_dir())
        .map(|entry| entry.path().strip_prefix(dir).unwrap().display().to_string())
        .collect()
}

/// The names in the folder that a bundle stands in: nothing else may be left there.
pub(super) fn siblings(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().display().to_string()).collect();
    names.sort();
    names
}

pub(super) fn texts(paths: &[BundlePath]) -> Vec<&str> {
    paths.iter().map(BundlePath::as_str).collect()
}

pub(super) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(super) fn inode(path: &Path) -> u64 {
    fs::symlink_metadata(path).unwrap().ino()
}
