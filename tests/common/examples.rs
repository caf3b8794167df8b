//! What the examples have in common.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use netgen::world::MemoryWorld;
use walkdir::WalkDir;

/// Whether an example has images for which no digest is public. Its README says so, with the option that its
/// bundle is built with.
pub fn has_unlocked(example: &Path) -> bool {
    fs::read_to_string(example.join("README.md")).is_ok_and(|text| text.contains("--allow-unlocked"))
}

/// The files of an example, by their paths from there.
#[allow(dead_code, reason = "not every test reads one")]
pub fn world(example: &Path) -> MemoryWorld {
    let files =
        WalkDir::new(example).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    MemoryWorld::new(files.map(|file| {
        let path = file.path().strip_prefix(example).unwrap().to_str().unwrap().to_owned();
        (path, fs::read(file.path()).unwrap())
    }))
}

/// Copies all that the manifest of an example reads: included files, components, chains, the lock.
#[allow(dead_code, reason = "not every test copies one")]
pub fn copy_inputs(example: &Path, to: &Path) {
    let mut folders: Vec<(PathBuf, PathBuf)> = vec![(example.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            if path.is_dir() {
                folders.push((path, target));
            } else {
                fs::copy(path, target).unwrap();
            }
        }
    }
}
