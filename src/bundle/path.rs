//! Paths inside a bundle.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::is_device;

/// The most bytes a path may have: `PATH_MAX` of Linux, less room for the folder the bundle is in.
const MAX_PATH: usize = 3072;
/// The most bytes one part may have: `NAME_MAX` of every usual file system.
const MAX_PART: usize = 255;

/// Characters that Windows takes in no name.
const NOT_ON_WINDOWS: &[char] = &['<', '>', ':', '"', '|', '?', '*'];

/// A path inside a bundle: relative, ASCII, parts divided by `/`; never leads out of the bundle, and can
/// stand on every usual file system.
///
/// Orders by bytes, which is the order of every listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct BundlePath(Arc<str>);

/// Why a text is no path inside a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    path: String,
    reason: &'static str,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no path inside a bundle: {}", self.path.escape_debug(), self.reason)
    }
}

impl std::error::Error for PathError {}

impl BundlePath {
    /// Checks a path.
    ///
    /// # Errors
    /// It is absolute or too long, has an empty, `.` or `..` part, a backslash, a control character,
    /// a character outside ASCII, or something that Windows takes in no name.
    pub fn new(path: impl Into<String>) -> Result<Self, PathError> {
        let path = path.into();
        match fault(&path) {
            None => Ok(Self(path.into())),
            Some(reason) => Err(PathError { path, reason }),
        }
    }

    /// A path that netgen itself chose; the tests hold it to the rules.
    pub(crate) fn constant(path: &'static str) -> Self {
        Self(path.into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders the path stands in, outermost first, without the bundle itself.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(at, _)| self.0.get(..at))
    }
}

fn fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("it is empty")
    } else if path.starts_with('/') {
        Some("it is absolute")
    } else if path.len() > MAX_PATH {
        Some("it is longer than 3072 bytes")
    } else if !path.is_ascii() {
        Some("it has a character outside ASCII")
    } else if path.bytes().any(|byte| byte.is_ascii_control()) {
        Some("it has a control character")
    } else if path.contains('\\') {
        Some("it has a backslash")
    } else if path.contains(NOT_ON_WINDOWS) {
        Some("it has one of `<>:\"|?*`, which Windows takes in no name")
    } else {
        path.split('/').find_map(|part| match part {
            "" => Some("it has an empty part"),
            "." | ".." => Some("it has a `.` or `..` part"),
            _ if part.len() > MAX_PART => Some("it has a part longer than 255 bytes"),
            _ if part.ends_with(['.', ' ']) => Some("it has a part that ends with a dot or a blank"),
            // With any ending, too.
            _ if is_device(part.split('.').next().unwrap_or(part)) => {
                Some("it has a part that Windows takes for a device")
            }
            _ => None,
        })
    }
}

impl fmt::Display for BundlePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for BundlePath {
    type Error = PathError;
    fn try_from(path: String) -> Result<Self, PathError> {
        Self::new(path)
    }
}

impl From<BundlePath> for String {
    fn from(path: BundlePath) -> Self {
        path.as_str().to_owned()
    }
}

impl std::borrow::Borrow<str> for BundlePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_stay_inside() {
        for good in ["a", "compose.yaml", "hosts/a-1/env.d/10 x.env", ".env", "a/-b", "console", "com10/x"] {
            assert_eq!(BundlePath::new(good).unwrap().as_str(), good);
        }
        let long = ["a".repeat(256), "a/".repeat(2000) + "b"];
        let bad = [
            "",
            "/",
            "/etc/passwd",
            "a//b",
            "a/",
            "./a",
            "a/..",
            "../a",
            "a\\b",
            "a\nb",
            "a\u{7f}",
            "ü",
            "...",
            "a./b",
            "a /b",
            "C:/x",
            "a/b?",
            "a*",
            "con",
            "hosts/NUL/x",
            "a/aux.yaml",
            "Lpt1.tar.gz",
        ];
        for bad in bad.iter().copied().chain(long.iter().map(String::as_str)) {
            let error = BundlePath::new(bad).unwrap_err().to_string();
            assert!(error.contains("is no path inside a bundle: it "), "{error}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn a_path_that_was_read_is_checked_too() {
        assert!(serde_json::from_str::<BundlePath>("\"a/b\"").is_ok());
        assert!(serde_json::from_str::<BundlePath>("\"../b\"").is_err());
    }
}
