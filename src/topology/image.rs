//! OCI image references.

use std::fmt;

/// An image reference as people write it, split into its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    /// Registry and repository as written: `ethereum/client-go`, `ghcr.io/paradigmxyz/reth`.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// A digest that stands in the manifest itself: `sha256:` and 64 hex digits.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Reads a reference; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return Err("a reference has no scheme".to_owned());
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                if !is_digest(digest) {
                    return Err("a digest is `sha256:` and 64 hex digits in lower case".to_owned());
                }
                (rest, Some(digest.to_owned()))
            }
            None => (text, None),
        };
        // A colon before a slash belongs to the port of the registry.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if let Some(tag) = tag {
            let first = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let rest = tag.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if !first || !rest || tag.len() > 128 {
                return Err(format!("`{tag}` is no tag: letters, digits, `.`, `_` and `-`"));
            }
        }
        let count = name.split('/').count();
        for (index, part) in name.split('/').enumerate() {
            let registry =
                index == 0 && count > 1 && (part.contains('.') || part.contains(':') || part == "localhost");
            let ok = if registry {
                part.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c)) && !part.starts_with(':')
            } else {
                part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                    && part.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                    && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
            };
            if !ok {
                return Err(format!(
                    "`{part}` is no part of a repository: lower-case letters, digits, `.`, `_`, `-`"
                ));
            }
        }
        Ok(Self { name: name.to_owned(), tag: tag.map(str::to_owned), digest })
    }

    /// The reference that a text which is none probably means.
    pub fn nearest(text: &str) -> Option<String> {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (name, rest) =
            match text.rfind(['@', ':']).filter(|at| !text.get(*at..).is_some_and(|r| r.contains('/'))) {
                Some(at) => text.split_at_checked(at)?,
                None => (text.as_str(), ""),
            };
        let near = format!("{}{rest}", name.to_lowercase());
        Self::parse(&near).is_ok().then_some(near)
    }

    /// The repository with its registry: `docker.io/library/postgres` for `postgres`.
    pub fn qualified_name(&self) -> String {
        let first = self.name.split('/').next().unwrap_or("");
        if first.len() < self.name.len() && (first.contains(['.', ':']) || first == "localhost") {
            return self.name.clone();
        }
        let library = if self.name.contains('/') { "" } else { "library/" };
        format!("docker.io/{library}{}", self.name)
    }

    /// The reference without a digest: what a lock entry is named by.
    pub fn unpinned(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{}:{tag}", self.name),
            None => self.name.clone(),
        }
    }

    /// The reference with a digest.
    pub fn pinned(&self, digest: &str) -> String {
        format!("{}@{digest}", self.unpinned())
    }
}

/// Whether a text is `sha256:` and 64 lower-case hex digits.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.unpinned())?;
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let image = ImageRef::parse("registry.example.net:5000/team/app:1.2").unwrap();
        assert_eq!(
            (image.name.as_str(), image.tag.as_deref()),
            ("registry.example.net:5000/team/app", Some("1.2"))
        );
        let image = ImageRef::parse("localhost:5000/app").unwrap();
        assert_eq!(image.tag, None);
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = ImageRef::parse(&format!("postgres:16@{digest}")).unwrap();
        assert_eq!(image.to_string(), format!("postgres:16@{digest}"));
    }

    #[test]
    fn registries_are_spelled_out() {
        let full = |text: &str| ImageRef::parse(text).unwrap().qualified_name();
        assert_eq!(full("postgres:18"), "docker.io/library/postgres");
        assert_eq!(full("sigp/lighthouse:v8"), "docker.io/sigp/lighthouse");
        assert_eq!(full("ghcr.io/a/b:1"), "ghcr.io/a/b");
        assert_eq!(full("localhost:5000/a"), "localhost:5000/a");
    }

    #[test]
    fn refused() {
        for bad in ["", "Postgres:16", "a//b", "x:ta g", "x@sha256:abc", "/x", "x/", "a b"] {
            assert!(ImageRef::parse(bad).is_err(), "{bad}");
        }
    }
}
