//! URLs, and the `host:port` in them.

use std::net::IpAddr;

/// Whether a text is `scheme://[user@]host[:port][/path]` as every reader takes it: without blanks, control
/// characters and halves of a `%..`.
pub fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let place = authority.rsplit('@').next().unwrap_or("");
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    scheme_ok
        && split_place(place).is_some_and(|(host, port)| is_host(host) && port.is_none_or(is_port))
        && text
            .split('%')
            .skip(1)
            .all(|after| after.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether a text is `host:port`, where the host is a name, an IPv4 address, or an IPv6 address in brackets.
pub fn is_host_port(text: &str) -> bool {
    matches!(split_place(text), Some((host, Some(port))) if is_host(host) && is_port(port))
}

/// The host, in its brackets if it has some, and the port.
fn split_place(place: &str) -> Option<(&str, Option<&str>)> {
    let end =
        if place.starts_with('[') { place.find(']')? + 1 } else { place.find(':').unwrap_or(place.len()) };
    let (host, rest) = place.split_at_checked(end)?;
    match rest.strip_prefix(':') {
        Some(port) => Some((host, Some(port))),
        None => rest.is_empty().then_some((host, None)),
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => matches!(address.parse(), Ok(IpAddr::V6(_))),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for good in [
            "http://a:1",
            "https://0xab@relay.net",
            "https://[::1]:80/x?y",
            "https://a.b-c.d/",
            "http://a/%2f?%C3",
        ] {
            assert!(is_url(good), "{good}");
        }
        for bad in [
            "a:1",
            "http://",
            "http://a:99999",
            "http://a b",
            "http://[zz]",
            "://a",
            "http:///x",
            "http://[::1/",
            "http://[::1]x",
            "http://[10.0.0.1]",
            "http://a:abc",
            "http://a:+1",
            "http://a:",
            "http://a/%zz",
            "http://a/%2",
            "http://a/%",
            "http://a/\n",
            "http://a/\u{7f}",
            "1http://a",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }

    #[test]
    fn places() {
        for good in ["mail.demo.dev:587", "[::1]:25", "10.0.0.1:25"] {
            assert!(is_host_port(good), "{good}");
        }
        for bad in
            ["mail.demo.dev", "::1:25", "a:b:25", "a b:25", ":25", "a:0", "a:smtp", "a\n:25", "[::1:25", ""]
        {
            assert!(!is_host_port(bad), "{bad}");
        }
    }
}
