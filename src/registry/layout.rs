//! Images in a folder: the OCI image layout, which `skopeo copy docker://.. oci:FOLDER:..` writes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::client::{LATEST, Resolved};
use super::content::{self, Content, digest_of};
use super::problem::Problem;
use super::transport::MOST_BYTES;
use crate::topology::ImageRef;

/// The annotation that names an entry of a layout.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation with the whole reference, which `docker save` and containerd write.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// The images of a layout, by what they are named there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    images: BTreeMap<String, Resolved>,
}

/// Why a layout cannot be used.
#[derive(Debug)]
pub enum LayoutError {
    /// A file cannot be read.
    Io(PathBuf, io::Error),
    /// A file is not what it should be.
    Bad(PathBuf, String),
}

impl std::fmt::Display for LayoutError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::Bad(path, why) => {
                write!(f, "`{}` is not what an OCI layout has there: {why}", path.display())
            }
        }
    }
}

impl Layout {
    /// Reads a layout. Every file is held against its digest.
    pub fn read(folder: &Path) -> Result<Self, LayoutError> {
        let marker = folder.join("oci-layout");
        read(&marker)?;
        let path = folder.join("index.json");
        let entries = content::descriptors(&read(&path)?).map_err(|problem| bad(&path, &problem))?;
        let mut images = BTreeMap::new();
        for entry in entries {
            let names = [IMAGE_NAME, REF_NAME].map(|annotation| entry.annotations.get(annotation));
            if names.iter().all(Option::is_none) {
                continue;
            }
            let resolved = resolve(folder, &entry.digest)?;
            for name in names.into_iter().flatten() {
                if images.insert(name.clone(), resolved.clone()).is_some_and(|other| other != resolved) {
                    return Err(LayoutError::Bad(
                        path,
                        format!("`{name}` stands twice with different digests"),
                    ));
                }
            }
        }
        Ok(Self { images })
    }

    /// The image of a reference. A name that is only a tag matches nothing: it does not say of what.
    pub fn find(&self, image: &ImageRef) -> Option<&Resolved> {
        let wanted = whole(image);
        let same = |name: &str| ImageRef::parse(name).is_ok_and(|named| whole(&named) == wanted);
        self.images.iter().find(|(name, _)| same(name)).map(|(_, resolved)| resolved)
    }

    /// What the entries are named.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.images.keys().map(String::as_str)
    }
}

/// A reference with registry and tag spelled out.
fn whole(image: &ImageRef) -> String {
    format!("{}:{}", image.qualified_name(), image.tag.as_deref().unwrap_or(LATEST))
}

fn resolve(folder: &Path, digest: &str) -> Result<Resolved, LayoutError> {
    let (path, bytes) = blob(folder, digest)?;
    let platforms = match content::parse(&bytes).map_err(|problem| bad(&path, &problem))? {
        Content::Index(platforms) => platforms,
        Content::Image { configuration } => {
            let (path, bytes) = blob(folder, &configuration)?;
            let platform = content::platform(&bytes).map_err(|problem| bad(&path, &problem))?;
            Some(platform.map(|platform| (platform, digest.to_owned())).into_iter().collect())
        }
    };
    Ok(Resolved { digest: digest.to_owned(), platforms })
}

/// A file of the layout whose bytes are what its name says.
fn blob(folder: &Path, digest: &str) -> Result<(PathBuf, Vec<u8>), LayoutError> {
    if !crate::topology::is_digest(digest) {
        let why = "it names content without a SHA-256 digest".to_owned();
        return Err(LayoutError::Bad(folder.join("index.json"), why));
    }
    let path = folder.join("blobs").join(digest.replace(':', "/"));
    let bytes = read(&path)?;
    if digest_of(&bytes) != digest {
        return Err(LayoutError::Bad(path, format!("its digest is `{}`", digest_of(&bytes))));
    }
    Ok((path, bytes))
}

fn read(path: &Path) -> Result<Vec<u8>, LayoutError> {
    let failed = |error| LayoutError::Io(path.to_owned(), error);
    let meta = fs::metadata(path).map_err(failed)?;
    if !meta.is_file() || meta.len() > MOST_BYTES {
        let why = format!("it should be a file of at most {} MiB", MOST_BYTES >> 20);
        return Err(LayoutError::Bad(path.to_owned(), why));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

fn bad(path: &Path, problem: &Problem) -> LayoutError {
    let why = match problem {
        Problem::Malformed(why) => why.clone(),
        Problem::NotAnImage(kind) => format!("it is no container image but {kind}"),
        _ => "it cannot be read".to_owned(),
    };
    LayoutError::Bad(path.to_owned(), why)
}
