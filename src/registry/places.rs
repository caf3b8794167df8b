//! Where an image is asked for: its mirrors, then its own registry.

use std::collections::BTreeSet;

use super::url::{Scheme, Url, host, is_authority, is_loopback};
use crate::topology::ImageRef;

/// The name that references bear, and the host that serves them.
const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";

/// A server that holds copies of what a registry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The registry as it stands in references: `docker.io`.
    of: String,
    url: Url,
}

/// Hosts named on the command line.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Mirrors, in the order in which they are asked.
    pub mirrors: Vec<Mirror>,
    /// Hosts, with a port or without, that may be spoken to without TLS.
    pub insecure: BTreeSet<String>,
}

/// One repository on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Host and port.
    pub(super) authority: String,
    /// The scheme, where it is fixed.
    pub(super) scheme: Option<Scheme>,
    pub(super) repository: String,
    pub(super) is_mirror: bool,
}

impl Mirror {
    /// Reads `[HOST=]URL`. Without a host it is a mirror of Docker Hub, as for the engine.
    ///
    /// A path becomes the beginning of the repository: with `https://harbor.example.net/hub`,
    /// `postgres:18` is asked for as `harbor.example.net/hub/library/postgres:18`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (of, url) = match text.split_once('=') {
            Some((of, url)) if !of.contains("://") => (of.to_ascii_lowercase(), url),
            _ => (DOCKER_HUB.to_owned(), text),
        };
        if !is_authority(&of) {
            return Err("`HOST=URL` begins with the host of a registry, such as `ghcr.io`".to_owned());
        }
        let url = Url::parse(url)?;
        if url.path.contains('?') {
            return Err("a mirror is `https://host` or `https://host/path`".to_owned());
        }
        Ok(Self { of, url })
    }
}

/// Reads a host that may be spoken to without TLS.
pub fn insecure_host(text: &str) -> Result<String, String> {
    if is_authority(text) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a host, with a port or without: `registry.example.net:5000`".to_owned())
    }
}

impl Places {
    /// Whether a host may be spoken to without TLS.
    pub(super) fn may_be_plain(&self, authority: &str) -> bool {
        is_loopback(authority) || self.is_named_insecure(authority)
    }

    /// Whether the user said so, and not only the address.
    pub(super) fn is_named_insecure(&self, authority: &str) -> bool {
        self.insecure.contains(authority) || self.insecure.contains(host(authority))
    }

    /// The first mirror whose URL says that TLS is not used, where it must be.
    pub fn plain_mirror(&self) -> Option<&str> {
        let plain =
            |mirror: &&Mirror| mirror.url.scheme == Scheme::Http && !self.may_be_plain(&mirror.url.authority);
        self.mirrors.iter().find(plain).map(|mirror| mirror.url.authority.as_str())
    }

    /// The servers that are asked for an image, in this order.
    pub(super) fn of(&self, image: &ImageRef) -> Vec<Endpoint> {
        let (registry, repository) = registry_of(image);
        let mut places: Vec<Endpoint> = self
            .mirrors
            .iter()
            .filter(|mirror| mirror.of == registry)
            .map(|mirror| Endpoint {
                authority: mirror.url.authority.clone(),
                scheme: Some(mirror.url.scheme),
                repository: match mirror.url.path.trim_matches('/') {
                    "" => repository.clone(),
                    path => format!("{path}/{repository}"),
                },
                is_mirror: true,
            })
            .collect();
        let authority = if registry == DOCKER_HUB { DOCKER_HUB_HOST.to_owned() } else { registry };
        let scheme = if self.may_be_plain(&authority) { None } else { Some(Scheme::Https) };
        places.push(Endpoint { authority, scheme, repository, is_mirror: false });
        places
    }
}

/// The registry of an image as references name it, and the repository there.
fn registry_of(image: &ImageRef) -> (String, String) {
    let full = image.qualified_name();
    let (registry, repository) = full.split_once('/').unwrap_or((DOCKER_HUB, &full));
    let registry = registry.to_ascii_lowercase();
    match registry.as_str() {
        DOCKER_HUB | "index.docker.io" | DOCKER_HUB_HOST => {
            let library = if repository.contains('/') { "" } else { "library/" };
            (DOCKER_HUB.to_owned(), format!("{library}{repository}"))
        }
        _ => (registry, repository.to_owned()),
    }
}

/// The name that a login to a host is kept under, in `docker login HOST` and in its file.
pub(super) fn login_name(authority: &str) -> &str {
    match authority {
        DOCKER_HUB_HOST | "index.docker.io" => DOCKER_HUB,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(mirrors: &[&str], image: &str) -> Vec<String> {
        let mirrors = mirrors.iter().map(|text| Mirror::parse(text).unwrap()).collect();
        let places = Places { mirrors, ..Places::default() };
        let shown = |place: Endpoint| format!("{}/{}", place.authority, place.repository);
        places.of(&ImageRef::parse(image).unwrap()).into_iter().map(shown).collect()
    }

    #[test]
    fn registries() {
        assert_eq!(places(&[], "postgres:18"), ["registry-1.docker.io/library/postgres"]);
        assert_eq!(places(&[], "sigp/lighthouse"), ["registry-1.docker.io/sigp/lighthouse"]);
        assert_eq!(places(&[], "docker.io/sigp/lighthouse"), ["registry-1.docker.io/sigp/lighthouse"]);
        assert_eq!(places(&[], "docker.io/postgres"), ["registry-1.docker.io/library/postgres"]);
        assert_eq!(places(&[], "GHCR.io/a/b:1"), ["ghcr.io/a/b"]);
    }

    #[test]
    fn mirrors_come_first_and_serve_their_registry_only() {
        let mirrors = ["https://m.example", "ghcr.io=https://h.example/ghcr/"];
        assert_eq!(
            places(&mirrors, "postgres"),
            ["m.example/library/postgres", "registry-1.docker.io/library/postgres"]
        );
        assert_eq!(places(&mirrors, "ghcr.io/a/b"), ["h.example/ghcr/a/b", "ghcr.io/a/b"]);
        assert_eq!(places(&mirrors, "quay.io/a/b"), ["quay.io/a/b"]);
    }

    #[test]
    fn what_is_no_mirror() {
        for bad in ["m.example", "x y=https://m", "https://u:p@m", "https://m?x", "=https://m"] {
            assert!(Mirror::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn plain_http_only_where_it_cannot_be_read_or_was_asked_for() {
        let mut places = Places::default();
        assert!(places.may_be_plain("127.0.0.1:5000"));
        assert!(!places.may_be_plain("10.0.0.1:5000"));
        places.insecure.insert(insecure_host("10.0.0.1").unwrap());
        assert!(places.may_be_plain("10.0.0.1:5000"));
        places.mirrors.push(Mirror::parse("http://10.0.0.1").unwrap());
        assert_eq!(places.plain_mirror(), None);
        places.mirrors.push(Mirror::parse("http://10.0.0.2").unwrap());
        assert_eq!(places.plain_mirror(), Some("10.0.0.2"));
        assert!(insecure_host("http://x").is_err());
    }
}
