//! The folder of secret keys: read, and added to; a file that is there is never written.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use super::crypt::Crypt;
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::identity::{Identity, KEY_FOLDER, KeyPlace, SecretKey};
use crate::lock::WantedIdentity;

/// A key file is far smaller.
const MOST_BYTES: u64 = 64 << 10;

/// Where keys are kept.
pub(super) struct Store {
    /// The folder of the manifest.
    base: PathBuf,
    /// The folder of the keys, relative to `base`, with `/`.
    inside: String,
    crypt: Crypt,
}

/// Where the key of an identity is.
pub(super) enum Found {
    /// It was read.
    Here(Identity),
    /// Somewhere that only the deploy reads.
    Elsewhere,
    /// There is none.
    Nowhere,
}

impl Store {
    pub(super) fn new(base: &Path, out: Option<&Path>, crypt: Crypt) -> Result<Self, Failure> {
        let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        let usage = |why: String| Failure::new(Exit::Usage, why);
        let inside = match out {
            None => KEY_FOLDER.to_owned(),
            Some(out) => relative(base, out).ok_or_else(|| {
                usage(format!("`{}` is not below the folder of the manifest", out.display()))
            })?,
        };
        let store = Self { base: base.to_owned(), inside, crypt };
        // A bundle is copied to hosts and shown to people.
        let mut folder = PathBuf::new();
        for part in Path::new(&store.inside).components() {
            folder.push(part);
            if store.base.join(&folder).join("bundle.json").exists() {
                return Err(usage(format!("`{}` is part of a bundle, which never holds keys", store.inside)));
            }
        }
        Ok(store)
    }

    /// The folder, for people.
    pub(super) fn shown(&self) -> &str {
        &self.inside
    }

    /// The key file of an identity that the manifest or the lock names.
    pub(super) fn read(&self, path: &str, wanted: &WantedIdentity) -> Result<SecretKey, String> {
        let text = self.text(path)?;
        wanted.format.decode(wanted.key, &text).map_err(|why| format!("the key in `{path}` is none: {why}"))
    }

    /// Looks for the key of an identity: where the lock says, else under every name that it may have.
    pub(super) fn find(&self, wanted: &WantedIdentity, locked: Option<&Identity>) -> Result<Found, String> {
        let places = match locked.map(|locked| &locked.place) {
            None | Some(KeyPlace::Manifest) => self.names(wanted),
            Some(place) => vec![place.clone()],
        };
        let there: Vec<KeyPlace> = places.into_iter().filter(|place| self.exists(place)).collect();
        let place = match there.as_slice() {
            [] => return Ok(Found::Nowhere),
            [one] => one.clone(),
            _ => {
                let listed = crate::diag::list_names(there.iter().map(path_of), 3);
                return Err(format!("its key is there several times: {listed}; keep the right one"));
            }
        };
        let text = match &place {
            KeyPlace::File(path) => self.text(path)?,
            // What is encrypted need not be opened to be known.
            _ if locked.is_some() => return Ok(Found::Elsewhere),
            KeyPlace::Sops(path) => self.crypt.open_sops(&self.base.join(path))?,
            KeyPlace::Age(path) => self.crypt.open_age(&self.base.join(path))?,
            KeyPlace::Manifest => return Ok(Found::Elsewhere),
        };
        let key = wanted
            .format
            .decode(wanted.key, &text)
            .map_err(|why| format!("the key in `{}` is none: {why}", path_of(&place)))?;
        Ok(Found::Here(Identity { public: key.public(), place }))
    }

    /// Writes a new key, encrypted if asked; an existing file is an error.
    pub(super) fn write(&self, wanted: &WantedIdentity, key: &SecretKey) -> Result<KeyPlace, String> {
        let [file, sops, age] = self.three(wanted);
        let text = wanted.format.encode(key);
        let (place, bytes) = match &self.crypt {
            Crypt::None { .. } => (KeyPlace::File(file), Zeroizing::new(text.as_bytes().to_vec())),
            Crypt::Age { .. } => (KeyPlace::Age(age), self.crypt.seal(&text, "")?.into()),
            Crypt::Sops { .. } => {
                let sealed = self.crypt.seal(&text, &self.base.join(&sops).to_string_lossy())?;
                (KeyPlace::Sops(sops), sealed.into())
            }
        };
        let path = self.base.join(path_of(&place));
        let failed = |error: io::Error| format!("cannot write `{}`: {error}", path.display());
        let folder = path.parent().unwrap_or(Path::new("."));
        make_folder(folder).map_err(failed)?;
        // Such a file has the mode 0600 from its first moment.
        let mut draft = tempfile::Builder::new().prefix(".netgen-key").tempfile_in(folder).map_err(failed)?;
        draft.write_all(&bytes).and_then(|()| draft.as_file().sync_all()).map_err(failed)?;
        draft.persist_noclobber(&path).map_err(|error| failed(error.error))?;
        Ok(place)
    }

    fn three(&self, wanted: &WantedIdentity) -> [String; 3] {
        let file = wanted.format.file(&self.inside, &wanted.service, &wanted.name);
        let sops = format!("{}/{}.{}.sops.json", self.inside, wanted.service, wanted.name);
        let age = format!("{file}.age");
        [file, sops, age]
    }

    fn names(&self, wanted: &WantedIdentity) -> Vec<KeyPlace> {
        let [file, sops, age] = self.three(wanted);
        vec![KeyPlace::File(file), KeyPlace::Sops(sops), KeyPlace::Age(age)]
    }

    fn exists(&self, place: &KeyPlace) -> bool {
        // A dangling link is a file that somebody meant to be there.
        fs::symlink_metadata(self.base.join(path_of(place))).is_ok()
    }

    fn text(&self, path: &str) -> Result<Zeroizing<String>, String> {
        let whole = self.base.join(path);
        let failed = |error: io::Error| format!("cannot read `{path}`: {error}");
        let mut file = fs::File::open(&whole).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if !meta.is_file() || meta.len() > MOST_BYTES {
            return Err(format!("`{path}` is no key file"));
        }
        check_mode(path, &meta)?;
        let room = usize::try_from(meta.len()).unwrap_or(0) + 1;
        let mut text = Zeroizing::new(String::with_capacity(room));
        file.read_to_string(&mut text).map_err(failed)?;
        Ok(text)
    }
}

fn path_of(place: &KeyPlace) -> &str {
    match place {
        KeyPlace::File(path) | KeyPlace::Sops(path) | KeyPlace::Age(path) => path,
        KeyPlace::Manifest => "",
    }
}

/// A path below `base`, relative to it; the last parts of `out` may not exist yet.
fn relative(base: &Path, out: &Path) -> Option<String> {
    let base = fs::canonicalize(base).ok()?;
    let mut missing = Vec::new();
    let mut known = if out.is_absolute() { out.to_owned() } else { Path::new(".").join(out) };
    let whole = loop {
        match fs::canonicalize(&known) {
            Ok(whole) => break whole,
            Err(_) => {
                let Some(Component::Normal(last)) = known.components().next_back() else { return None };
                missing.push(last.to_owned());
                known.pop();
            }
        }
    };
    let whole = missing.into_iter().rev().fold(whole, |path, part| path.join(part));
    let inside = whole.strip_prefix(&base).ok()?;
    let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/")).filter(|inside| !inside.is_empty())
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn check_mode(path: &str, meta: &fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "`{path}` can be read by others (mode {mode:04o}); `chmod 600` it, and make a new key if it was seen"
    ))
}

#[cfg(not(unix))]
fn check_mode(_: &str, _: &fs::Metadata) -> Result<(), String> {
    Ok(())
}
