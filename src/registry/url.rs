//! Just enough of URLs: absolute ones with a host, and what a redirect says relative to one.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// How a host is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    Http,
}

/// An absolute URL without login or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) scheme: Scheme,
    /// Host and port, in lower case; the port only if it is not that of the scheme.
    pub(super) authority: String,
    /// Path and query, from the first slash.
    pub(super) path: String,
}

impl Url {
    /// Reads an absolute URL. The error never repeats the text, which may hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            Some(_) => return Err("a URL here begins with `https://` or `http://`".to_owned()),
            None => return Err("a URL begins with `https://`".to_owned()),
        };
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err("a URL has no white space and nothing outside ASCII".to_owned());
        }
        let rest = rest.split('#').next().unwrap_or("");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err("a login does not belong into a URL: use `docker login`".to_owned());
        }
        let mut authority = authority.to_ascii_lowercase();
        if let Some(host) = authority.strip_suffix(scheme.port()) {
            authority = host.to_owned();
        }
        if !is_authority(&authority) {
            return Err("a URL needs a host".to_owned());
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { scheme, authority, path })
    }

    /// Where a `Location` leads that was read at this URL.
    pub(super) fn join(&self, location: &str) -> Result<Self, String> {
        if location.contains("://") {
            return Self::parse(location);
        }
        let path = location.split('#').next().unwrap_or("");
        if let Some(elsewhere) = path.strip_prefix("//") {
            return Self::parse(&format!("{}://{elsewhere}", self.scheme));
        }
        let base = self.path.split('?').next().unwrap_or("/");
        let path = match path.chars().next() {
            Some('/') => path.to_owned(),
            Some('?') => format!("{base}{path}"),
            _ => {
                let folder = base.rfind('/').and_then(|at| base.get(..=at)).unwrap_or("/");
                format!("{folder}{path}")
            }
        };
        Self::parse(&format!("{}://{}{path}", self.scheme, self.authority))
    }

    /// Whether both are the same program on the same machine, as far as one can tell.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.authority == other.authority
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.authority)
    }

    /// The same with more of a query.
    pub(super) fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let mut url = self.clone();
        for (key, value) in pairs {
            url.path.push(if url.path.contains('?') { '&' } else { '?' });
            url.path.push_str(&format!("{}={}", encode(key), encode(value)));
        }
        url
    }
}

impl Scheme {
    fn port(self) -> &'static str {
        match self {
            Self::Https => ":443",
            Self::Http => ":80",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "https",
            Self::Http => "http",
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// The host of an authority, without port and brackets.
pub(super) fn host(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.split(':').next().unwrap_or(authority)
}

/// Whether an authority is this machine: by name, or by an address that cannot leave it.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = host(authority);
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a text is a host, with a port or without.
pub(super) fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) if host.parse::<Ipv6Addr>().is_ok() => (host, port),
            _ => return false,
        },
        None => text.split_at_checked(text.find(':').unwrap_or(text.len())).unwrap_or((text, "")),
    };
    let named = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c));
    named && (port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()))
}

/// Percent-encoding of a value in a query or a form.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let url = Url::parse("HTTPS://Reg.example.net:443/v2/?a=b#c").unwrap();
        assert_eq!(url.to_string(), "https://reg.example.net/v2/?a=b");
        assert_eq!(Url::parse("http://[::1]:5000").unwrap().authority, "[::1]:5000");
        for bad in ["reg.example.net", "ftp://x", "https://", "https://a b/", "https://x:y/", "https://:1/"] {
            assert!(Url::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = Url::parse("https://me:hunter2@reg.example.net/").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn redirects() {
        let base = Url::parse("https://a.example/v2/x/manifests/1?n=2").unwrap();
        let to = |location: &str| base.join(location).unwrap().to_string();
        assert_eq!(to("/y"), "https://a.example/y");
        assert_eq!(to("y?z"), "https://a.example/v2/x/manifests/y?z");
        assert_eq!(to("?z"), "https://a.example/v2/x/manifests/1?z");
        assert_eq!(to("//b.example/y"), "https://b.example/y");
        assert_eq!(to("http://b.example"), "http://b.example/");
        assert!(!base.same_origin(&base.join("http://a.example/").unwrap()));
        assert!(!base.same_origin(&base.join("https://a.example:8443/").unwrap()));
        assert!(base.same_origin(&base.join("https://A.example:443/").unwrap()));
    }

    #[test]
    fn loopback() {
        for here in ["localhost", "localhost:5000", "127.0.0.1", "127.8.9.1:80", "[::1]:5000"] {
            assert!(is_loopback(here), "{here}");
        }
        for there in ["localhost.example.net", "128.0.0.1", "127.0.0.1.example.net", "10.0.0.1:80"] {
            assert!(!is_loopback(there), "{there}");
        }
    }

    #[test]
    fn queries() {
        let url = Url::parse("https://a/token?x=1").unwrap();
        let url = url.with_query(&[("scope", "repository:a/b:pull")]);
        assert_eq!(url.path, "/token?x=1&scope=repository%3Aa%2Fb%3Apull");
    }
}
