//! A side of a diff: the files of a bundle, with the network that they describe.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::report::{SideKind, SideName};
use crate::bundle::{
    BUNDLE_JSON, File, Input, Manifest, NETWORK_JSON, PROVENANCE, REPORT_PAGE, SHA256SUMS, SIGNATURE, Sealed,
    sha256,
};
use crate::model::Document;

/// Files that only say what the bundle is and was made from.
pub(super) const RECORDS: [&str; 6] =
    [BUNDLE_JSON, NETWORK_JSON, PROVENANCE, REPORT_PAGE, SHA256SUMS, SIGNATURE];

/// One side. Whatever it was named by, it is a bundle in the end.
#[derive(Clone, Debug)]
pub struct Side {
    /// What the diff says of it.
    pub name: SideName,
    /// What it was made from.
    pub inputs: Vec<Input>,
    /// The network.
    pub document: Document,
    /// Every file by its path.
    pub files: BTreeMap<String, File>,
}

impl Side {
    /// The side of a bundle in memory.
    ///
    /// # Errors
    /// See [`Self::of_files`].
    pub fn of_bundle(name: &str, kind: SideKind, sealed: &Sealed) -> Result<Self, String> {
        let files = sealed.files().map(|(path, file)| (path.as_str().to_owned(), file.clone()));
        Self::of_files(name, kind, files.collect())
    }

    /// The side of a bundle that was just made, with the network that its `network.json` describes.
    pub fn of_compiled(name: &str, kind: SideKind, sealed: Sealed, document: Document) -> Self {
        let (files, manifest) = sealed.into_files();
        let files = files.into_iter().map(|(path, file)| (path.into(), file)).collect();
        Self::new(name, kind, manifest, document, files)
    }

    /// The side of the files of a bundle.
    ///
    /// # Errors
    /// A reason in words: it is not a whole bundle, or one of an older netgen.
    pub fn of_files(name: &str, kind: SideKind, files: BTreeMap<String, File>) -> Result<Self, String> {
        let bytes = |name: &str| files.get(name).and_then(|file| file.bytes().ok());
        let manifest = bytes(BUNDLE_JSON).ok_or_else(|| format!("it has no `{BUNDLE_JSON}`"))?;
        let manifest =
            Manifest::parse(&manifest).map_err(|why| format!("its `{BUNDLE_JSON}` is not usable: {why}"))?;
        if manifest.header.part.is_some() {
            return Err("it is a part of a bundle, built with `--only` or `--host`".to_owned());
        }
        let network = bytes(NETWORK_JSON).ok_or_else(|| {
            let by = &manifest.generator.version;
            format!("it has no `{NETWORK_JSON}` (it is of netgen {by}); name its manifest, such as `git:v1`")
        })?;
        let document =
            Document::parse(&network).map_err(|why| format!("its `{NETWORK_JSON}` is not usable: {why}"))?;
        Ok(Self::new(name, kind, manifest, document, files))
    }

    fn new(
        name: &str,
        kind: SideKind,
        manifest: Manifest,
        document: Document,
        files: BTreeMap<String, File>,
    ) -> Self {
        let bundle = files.get(SHA256SUMS).map_or_else(|| sha256(b""), File::sha256);
        let name = SideName { name: name.to_owned(), kind, netgen: manifest.generator.version, bundle };
        Self { name, inputs: manifest.header.inputs, document, files }
    }

    /// The text of a file; `None` where there is none, or it is no text.
    pub(super) fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        match self.files.get(path)?.bytes().ok()? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }

    /// A value of the network, by the steps to it.
    pub(super) fn value(&self, steps: &[&str]) -> Option<&Value> {
        steps.iter().try_fold(&self.document.values, |value, step| value.get(step))
    }

    /// The text of a value; empty where there is none.
    pub(super) fn word(&self, steps: &[&str]) -> &str {
        self.value(steps).and_then(Value::as_str).unwrap_or_default()
    }

    /// The names below a key of the network.
    pub(super) fn names(&self, key: &str) -> impl Iterator<Item = &str> {
        let map = self.document.values.get(key).and_then(Value::as_object);
        map.into_iter().flat_map(|map| map.keys().map(String::as_str))
    }

    /// What a service uses: each interface with who provides it.
    pub(super) fn providers(&self, service: &str) -> impl Iterator<Item = (&str, &str)> {
        let uses = self.value(&["services", service, "uses"]).and_then(Value::as_object);
        uses.into_iter().flatten().flat_map(|(interface, providers)| {
            let providers = providers.as_array().into_iter().flatten();
            let names = providers.filter_map(|item| item.get("service")?.as_str());
            names.map(move |name| (interface.as_str(), name))
        })
    }

    /// The host of a service; empty where there is none.
    pub(super) fn host_of(&self, service: &str) -> &str {
        self.word(&["services", service, "host"])
    }
}
