//! Embeds the `templates/` folder in the binary as one sorted table of (path, text), and beside it what the
//! files of data say, read here once and not each time that the program starts.
//!
//! A build script and not a crate: the tables are few lines, and the sorted order that the
//! catalog relies on is made here, where it can be seen.

#[path = "value/yaml/plain.rs"]
mod plain;
#[path = "value/yaml/record.rs"]
mod record;
#[path = "value/tape/tags.rs"]
mod tags;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("templates");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &root, &mut files)?;
    files.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut table = String::from("pub(crate) static FILES: &[(&str, &str)] = &[\n");
    let mut tapes = String::from("static TAPES: &[&[u8]] = &[\n");
    for (at, (name, path)) in files.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "    ({name:?}, include_str!({:?})),", path.display().to_string());
        let tape = out.join(format!("{at}.tape"));
        let is_data = path.extension().is_some_and(|ending| ending == "yaml");
        fs::write(&tape, if is_data { taped(path)? } else { Vec::new() })?;
        let _ = writeln!(tapes, "    include_bytes!({:?}),", tape.display().to_string());
    }
    fs::write(out.join("embedded.rs"), format!("{table}];\n{tapes}];\n"))
}

fn taped(path: &Path) -> io::Result<Vec<u8>> {
    let text = fs::read_to_string(path)?;
    record::record(&text).map_err(|(what, at)| {
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        io::Error::other(format!("{}, line {line}: {what}", path.display()))
    })
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            let name = name.to_string_lossy().replace('\\', "/");
            if !name.rsplit('/').next().is_some_and(|file| file.starts_with('.')) {
                files.push((name, path));
            }
        }
    }
    Ok(())
}
