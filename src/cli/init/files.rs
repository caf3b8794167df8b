//! Writing the manifest: never over another one by accident, and never half.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::cli::world::DEFAULT_NAMES;
use crate::load::{folder_of, join};
use crate::value::Format;

/// Why a manifest may not be written there, if so.
pub(in crate::cli) fn may_write(path: &str, force: bool) -> Result<(), Failure> {
    if !matches!(Format::from_path(path), Some(Format::Yaml)) {
        return Err(Failure::new(
            Exit::Usage,
            format!("`{path}`: the manifest is YAML; end it in `.yaml` or `.yml`"),
        ));
    }
    let folder = folder_of(path);
    let name = path.rsplit('/').next().unwrap_or(path);
    if DEFAULT_NAMES.contains(&name) {
        let others = DEFAULT_NAMES.iter().filter(|other| **other != name).map(|other| join(folder, other));
        if let Some(other) = others.into_iter().find(|other| Path::new(other).exists()) {
            return Err(Failure::new(
                Exit::Usage,
                format!(
                    "`{other}` is here already; with two manifests in a folder no command knows which is meant"
                ),
            ));
        }
    }
    if !force && Path::new(path).symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    Ok(())
}

fn exists(path: &str) -> Failure {
    let text = format!("`{path}` is here already; `--force` writes a new one and keeps it as `{path}.bak`");
    Failure::new(Exit::Usage, text)
}

/// Writes a manifest. Gives the name under which the one from before was kept.
pub(in crate::cli) fn write(path: &str, text: &str, force: bool) -> Result<Option<String>, Failure> {
    let mut kept = None;
    if force && Path::new(path).symlink_metadata().is_ok() {
        let backup = free_name(path);
        std::fs::rename(path, &backup).map_err(failed(path))?;
        kept = Some(backup);
    }
    let file = staged(Path::new(path), text).map_err(failed(path))?;
    // Even if it came into being since it was looked for.
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => failed(path)(error.error),
    })?;
    Ok(kept)
}

/// Writes a file that netgen makes anew whenever it is asked to.
pub(super) fn write_generated(path: &str, text: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(folder_of(path)).map_err(failed(path))?;
    let file = staged(Path::new(path), text).map_err(failed(path))?;
    file.persist(path).map_err(|error| failed(path)(error.error))?;
    Ok(())
}

/// The first of `x.bak`, `x.bak2`, `x.bak3`, ... that is free.
fn free_name(path: &str) -> String {
    let names = std::iter::once(format!("{path}.bak")).chain((2..).map(|n: u32| format!("{path}.bak{n}")));
    let mut free = names.filter(|name| Path::new(name).symlink_metadata().is_err());
    free.next().unwrap_or_else(|| format!("{path}.bak"))
}

fn staged(path: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let here = PathBuf::from(".");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(&here);
    let mut file = tempfile::Builder::new().prefix(".netgen-init").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    Ok(file)
}

fn failed(path: &str) -> impl Fn(io::Error) -> Failure + '_ {
    move |error| Failure::new(Exit::Io, format!("cannot write `{path}`: {error}"))
}
