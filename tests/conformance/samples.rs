//! What the readers are given: the examples' bundles, and samples of our own that
//! prove the checks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::bench::{Fault, Verdict, scratch};
use crate::files;

#[path = "../common/examples.rs"]
pub mod examples;

/// One folder of `examples/`. Its bundle is built once, when first asked for.
#[derive(Debug)]
pub struct Example {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub source: PathBuf,
    built: OnceLock<Result<TempDir, Fault>>,
}

impl Example {
    /// The folder that holds the built bundle.
    pub fn bundle(&self) -> Result<PathBuf, Fault> {
        let built = self.built.get_or_init(|| self.build());
        built.as_ref().map(|folder| folder.path().join("bundle")).map_err(Clone::clone)
    }

    fn build(&self) -> Result<TempDir, Fault> {
        let folder = scratch()?;
        let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
        // A variable of the user's own could change the bundle.
        netgen.env_clear();
        netgen.arg("build").arg(self.source.join("network.yaml"));
        netgen.arg("-o").arg(folder.path().join("bundle")).arg("--quiet");
        netgen.args(examples::has_unlocked(&self.source).then_some("--allow-unlocked"));
        let output = netgen.output().map_err(Fault::io("cannot run netgen"))?;
        if output.status.success() {
            return Ok(folder);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Fault::Trouble(format!("netgen could not build {}: {}\n{said}", self.name, output.status)))
    }
}

/// Every folder of `examples/` that has a manifest.
pub fn all() -> Vec<Example> {
    let folders = files::folders(&checkout().join("examples"));
    let with_manifest = folders.into_iter().filter(|(_, source)| source.join("network.yaml").is_file());
    with_manifest.map(|(name, source)| Example { name, source, built: OnceLock::new() }).collect()
}

/// Small right bundles, by name.
pub fn good() -> Vec<(String, PathBuf)> {
    files::folders(&here().join("good"))
}

/// A bundle with one fault in it.
#[derive(Debug)]
pub struct Broken {
    /// The reader that must find the fault.
    pub reader: String,
    /// What the fault is.
    pub case: String,
    folder: PathBuf,
}

impl Broken {
    /// The bundle.
    pub fn bundle(&self) -> PathBuf {
        self.folder.join("bundle")
    }

    /// Was it rejected, and for the fault that was put into it? Without the second
    /// question a sample with a slip of its own would prove nothing.
    pub fn judge(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Ok(()) => Err(Fault::Trouble("accepted, though it is broken".to_owned())),
            Err(Fault::Rejected(said)) => {
                let expected = files::read(&self.folder.join("expect.txt"))?;
                let missing = expected.lines().find(|words| !said.contains(words));
                missing.map_or(Ok(()), |words| {
                    Err(Fault::Trouble(format!("rejected, but not with the words `{words}`:\n{said}")))
                })
            }
            Err(other) => Err(other),
        }
    }
}

/// Every case of `broken/`.
pub fn broken() -> Vec<Broken> {
    let readers = files::folders(&here().join("broken")).into_iter();
    let cases = readers.flat_map(|(reader, folder)| {
        let cases = files::folders(&folder).into_iter();
        cases.map(move |(case, folder)| Broken { reader: reader.clone(), case, folder })
    });
    cases.collect()
}

/// The checkout that is tested.
pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of this test.
pub fn here() -> PathBuf {
    checkout().join("tests/conformance")
}
