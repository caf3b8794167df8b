//! What registries and layouts hold: indexes, manifests, and the configuration of an image.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::problem::Problem;
use crate::bundle::sha256;
use crate::topology::is_digest;

/// Digests by platform, as the engines write platforms: `linux/amd64`, `linux/arm/v7`.
///
/// Linux only: it is what hosts run.
pub type Platforms = BTreeMap<String, String>;

/// The kinds of manifest that are understood, for `Accept`.
pub(super) const ACCEPT: &str = concat!(
    "application/vnd.oci.image.index.v1+json, ",
    "application/vnd.docker.distribution.manifest.list.v2+json, ",
    "application/vnd.oci.image.manifest.v1+json, ",
    "application/vnd.docker.distribution.manifest.v2+json"
);

/// The configurations that say a manifest is an image.
const CONFIGURATIONS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// What a tag names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Images for several platforms; `None` where it does not say which.
    Index(Option<Platforms>),
    /// One image, whose configuration with this digest says for what platform.
    Image { configuration: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<serde::de::IgnoredAny>>,
}

/// A reference to a piece of content.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    media_type: String,
    pub(super) digest: String,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    variant: String,
}

/// `sha256:` and the digest of some bytes.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

/// Whether bytes are what their digest says.
pub(super) fn verify(said: &str, bytes: &[u8]) -> Result<(), Problem> {
    let sent = digest_of(bytes);
    if said == sent { Ok(()) } else { Err(Problem::Lie { said: said.to_owned(), sent }) }
}

/// Reads a manifest or an index.
pub(super) fn parse(bytes: &[u8]) -> Result<Content, Problem> {
    let document: Document = json(bytes)?;
    match (document.schema_version, document.manifests, document.config) {
        // One body that reads as either would mean one thing here and another to the engine.
        (_, Some(_), Some(_)) => Err(Problem::Malformed("it is an index and a manifest at once".to_owned())),
        (Some(2), Some(manifests), None) => index(&manifests),
        (Some(2), None, Some(config)) if document.layers.is_some() => {
            let kind = config.media_type;
            if !CONFIGURATIONS.contains(&kind.as_str()) {
                return Err(Problem::NotAnImage(shown(&kind)));
            }
            digest(&config.digest)?;
            Ok(Content::Image { configuration: config.digest })
        }
        (Some(1), ..) => Err(Problem::NotAnImage("one in schema 1, which engines no longer read".to_owned())),
        _ => Err(Problem::Malformed("it has neither `manifests` nor `config` and `layers`".to_owned())),
    }
}

/// The platform that the configuration of an image names; `None` where it is not one of Linux.
pub(super) fn platform(bytes: &[u8]) -> Result<Option<String>, Problem> {
    let platform: Platform = json(bytes)?;
    Ok(platform.name())
}

/// A list of descriptors, as the index of a layout is.
pub(super) fn descriptors(bytes: &[u8]) -> Result<Vec<Descriptor>, Problem> {
    let document: Document = json(bytes)?;
    document.manifests.ok_or_else(|| Problem::Malformed("it has no `manifests`".to_owned()))
}

fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let place = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => {
            Problem::Malformed(format!("line {} has not the right shape", error.line()))
        }
        _ => Problem::Malformed("it is not JSON".to_owned()),
    };
    serde_json::from_slice(bytes).map_err(place)
}

fn index(manifests: &[Descriptor]) -> Result<Content, Problem> {
    let mut platforms = Platforms::new();
    let mut any = false;
    for manifest in manifests {
        digest(&manifest.digest)?;
        let Some(platform) = &manifest.platform else { continue };
        // Attestations stand in the index as images for `unknown/unknown`.
        if platform.os == "unknown" || platform.architecture == "unknown" {
            continue;
        }
        any = true;
        if let Some(name) = platform.name() {
            // Of two, engines take the first.
            platforms.entry(name).or_insert_with(|| manifest.digest.clone());
        }
    }
    Ok(Content::Index(any.then_some(platforms)))
}

fn digest(text: &str) -> Result<(), Problem> {
    if is_digest(text) {
        Ok(())
    } else {
        Err(Problem::Malformed("it names content without a SHA-256 digest".to_owned()))
    }
}

/// A type from far away, safe to print.
fn shown(kind: &str) -> String {
    let safe = kind.len() <= 100 && kind.chars().all(|c| c.is_ascii_graphic() && c != '`');
    if safe && !kind.is_empty() { format!("`{kind}`") } else { "something unknown".to_owned() }
}

impl Platform {
    /// The usual name, in the form that engines compare; `None` for another system than Linux.
    fn name(&self) -> Option<String> {
        let architecture = match self.architecture.as_str() {
            "x86_64" | "x86-64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let variant = match (architecture, self.variant.as_str()) {
            // These say nothing more than the architecture does.
            ("arm64", "v8") | ("amd64", "v1") => "",
            ("arm", "") => "v7",
            (_, variant) => variant,
        };
        let word = |text: &str| text.len() <= 32 && text.chars().all(|c| c.is_ascii_alphanumeric());
        if self.os != "linux" || architecture.is_empty() || !word(architecture) || !word(variant) {
            return None;
        }
        let slash = if variant.is_empty() { "" } else { "/" };
        Some(format!("linux/{architecture}{slash}{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(letter: &str) -> String {
        format!("sha256:{}", letter.repeat(64))
    }

    #[test]
    fn an_index() {
        let entry = |letter: &str, platform: &str| {
            format!(r#"{{"mediaType": "m", "digest": "{}", "platform": {platform}}}"#, digest(letter))
        };
        let entries = [
            entry("a", r#"{"os": "linux", "architecture": "amd64"}"#),
            entry("b", r#"{"os": "linux", "architecture": "arm64", "variant": "v8"}"#),
            entry("c", r#"{"os": "linux", "architecture": "arm", "variant": "v6"}"#),
            entry("d", r#"{"os": "unknown", "architecture": "unknown"}"#),
            entry("e", r#"{"os": "windows", "architecture": "amd64", "os.version": "10"}"#),
            entry("f", r#"{"os": "linux", "architecture": "amd64"}"#),
            entry("1", r#"{"os": "linux", "architecture": "amd64", "variant": "v3"}"#),
        ];
        let text = format!(r#"{{"schemaVersion": 2, "manifests": [{}]}}"#, entries.join(","));
        let Ok(Content::Index(Some(platforms))) = parse(text.as_bytes()) else { panic!() };
        let found: Vec<(&str, &str)> =
            platforms.iter().map(|(name, digest)| (name.as_str(), digest.get(7..8).unwrap())).collect();
        assert_eq!(
            found,
            [("linux/amd64", "a"), ("linux/amd64/v3", "1"), ("linux/arm/v6", "c"), ("linux/arm64", "b")]
        );
    }

    #[test]
    fn an_index_that_names_no_platform_says_nothing() {
        let text = format!(r#"{{"schemaVersion": 2, "manifests": [{{"digest": "{}"}}]}}"#, digest("a"));
        assert_eq!(parse(text.as_bytes()), Ok(Content::Index(None)));
    }

    #[test]
    fn an_image() {
        let text = format!(
            r#"{{"schemaVersion": 2, "layers": [], "config": {{"mediaType": "{}", "digest": "{}"}}}}"#,
            CONFIGURATIONS[0],
            digest("a")
        );
        assert_eq!(parse(text.as_bytes()), Ok(Content::Image { configuration: digest("a") }));
        assert_eq!(
            platform(br#"{"os": "linux", "architecture": "arm"}"#),
            Ok(Some("linux/arm/v7".to_owned()))
        );
        assert_eq!(platform(br#"{"os": "windows", "architecture": "amd64"}"#), Ok(None));
    }

    #[test]
    fn what_is_neither() {
        let chart = format!(
            r#"{{"schemaVersion": 2, "layers": [], "config": {{"mediaType": "helm", "digest": "{}"}}}}"#,
            digest("a")
        );
        assert_eq!(parse(chart.as_bytes()), Err(Problem::NotAnImage("`helm`".to_owned())));
        let both = r#"{"schemaVersion": 2, "manifests": [], "config": {"digest": "x"}, "layers": []}"#;
        for bad in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"schemaVersion": 1, "fsLayers": []}"#,
            r#"{"schemaVersion": 2}"#,
            r#"{"schemaVersion": 2, "manifests": [{"digest": "sha256:12"}]}"#,
            r#"{"schemaVersion": 2, "manifests": 7}"#,
            both,
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(deep.as_bytes()).is_err());
    }
}
