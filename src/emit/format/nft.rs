//! nftables: strings, names and sets of addresses.

use std::fmt::{self, Write as _};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::Error;

const SYNTAX: &str = "an nftables word";

/// A comment is stored in the kernel with at most this many bytes.
const LONGEST_COMMENT: usize = 128;

/// The kernel keeps at most this many bytes of a string.
const LONGEST_STRING: usize = 127;

/// A quoted string (`log prefix`, `comment`). The syntax has no escapes, and `$` is a variable in some
/// places.
pub fn string(text: &str) -> Result<String, Error> {
    if text.contains(|c: char| c == '"' || c.is_control()) {
        return Err(Error::new(SYNTAX, "it holds a quote, line break or control character", text));
    }
    if text.contains('$') {
        return Err(Error::new(SYNTAX, "it holds a `$`, which names a variable of nft", text));
    }
    if text.len() > LONGEST_STRING {
        return Err(Error::new(SYNTAX, "it is longer than 127 bytes, and the kernel keeps no more", text));
    }
    Ok(format!("\"{text}\""))
}

/// The string of a `comment`: what a comment cannot hold becomes `'` or a space, the rest is cut.
///
/// The only writer here that may lose something: a comment is for people, and no name is worth a
/// firewall that does not load.
pub fn comment(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let c = match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        };
        if out.len() - 1 + c.len_utf8() > LONGEST_COMMENT {
            break;
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Is this a name for a table, chain or set?
pub fn check_identifier(name: &str) -> Result<(), Error> {
    let start = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    let valid = name.bytes().next().is_some_and(start)
        && name.bytes().all(|b| start(b) || b.is_ascii_digit() || b == b'-' || b == b'.')
        && name.len() <= 31;
    if valid { Ok(()) } else { Err(Error::new(SYNTAX, "it is not the name of a table, chain or set", name)) }
}

/// A safe identifier from any name: `prefix_name`, which can be no keyword of nft.
///
/// Different names may give the same identifier; a caller with many names checks for that.
pub fn identifier(prefix: &str, name: &str) -> Result<String, Error> {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let id = format!("{prefix}_{safe}");
    check_identifier(&id)?;
    Ok(id)
}

/// Addresses split by family, merged and sorted, so that an interval set has no overlaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSets {
    /// The IPv4 networks.
    pub v4: Vec<Ipv4Net>,
    /// The IPv6 networks.
    pub v6: Vec<Ipv6Net>,
}

impl AddressSets {
    /// Sorts the addresses into sets.
    pub fn new(addresses: impl IntoIterator<Item = IpNet>) -> Self {
        let mut sets = Self::default();
        for address in addresses {
            match address {
                IpNet::V4(net) => sets.v4.push(net.trunc()),
                IpNet::V6(net) => sets.v6.push(net.trunc()),
            }
        }
        sets.v4 = Ipv4Net::aggregate(&sets.v4);
        sets.v6 = Ipv6Net::aggregate(&sets.v6);
        sets.v4.sort();
        sets.v6.sort();
        sets
    }

    /// `{ 10.0.0.0/8, 192.0.2.1 }`, or nothing where there is none: nft refuses an empty set.
    pub fn v4_elements(&self) -> Option<String> {
        elements(&self.v4.iter().map(|net| (net.prefix_len() == 32, net.addr(), net)).collect::<Vec<_>>())
    }

    /// `{ 2001:db8::/32, 2001:db8::1 }`, or nothing where there is none.
    pub fn v6_elements(&self) -> Option<String> {
        elements(&self.v6.iter().map(|net| (net.prefix_len() == 128, net.addr(), net)).collect::<Vec<_>>())
    }
}

fn elements<A: fmt::Display, N: fmt::Display>(nets: &[(bool, A, N)]) -> Option<String> {
    if nets.is_empty() {
        return None;
    }
    let mut out = String::from("{ ");
    for (at, (is_host, address, net)) in nets.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        // Writing to a String cannot fail.
        let _ = if *is_host { write!(out, "{comma}{address}") } else { write!(out, "{comma}{net}") };
    }
    out.push_str(" }");
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::super::hostile::{CORPUS, strings};
    use super::*;

    proptest! {
        #[test]
        fn strings_survive(text in strings()) {
            match string(&text) {
                Ok(literal) => {
                    let inner = literal.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
                    prop_assert!(inner == text && !inner.contains('"'));
                }
                Err(_) => {
                    let held = |c: char| "\"$".contains(c) || c.is_control();
                    prop_assert!(text.contains(held) || text.len() > LONGEST_STRING);
                }
            }
            let literal = comment(&text);
            prop_assert_eq!(literal.matches('"').count(), 2);
            prop_assert!(literal.len() <= LONGEST_COMMENT + 2 && !literal.chars().any(char::is_control));
            if let Ok(id) = identifier("peers", &text) {
                check_identifier(&id).unwrap();
            }
        }

        #[test]
        fn sets_hold_what_went_in(nets in prop::collection::vec((any::<u32>(), 0u8..=32), 0..20)) {
            let nets: Vec<Ipv4Net> =
                nets.iter().map(|(ip, len)| Ipv4Net::new((*ip).into(), *len).unwrap()).collect();
            let sets = AddressSets::new(nets.iter().copied().map(IpNet::V4));
            for net in &nets {
                prop_assert_eq!(sets.v4.iter().filter(|set| set.contains(net)).count(), 1);
            }
            for (at, net) in sets.v4.iter().enumerate() {
                prop_assert!(sets.v4[at + 1..].iter().all(|other| !other.contains(net) && !net.contains(other)));
            }
        }
    }

    fn sample() -> AddressSets {
        let nets = [
            "192.0.2.9/24",
            "10.0.0.1/32",
            "10.0.0.1/32",
            "192.0.2.7/32",
            "2001:db8::1/128",
            "2001:db8::/64",
        ];
        AddressSets::new(nets.map(|net| net.parse().unwrap()))
    }

    #[test]
    fn sets() {
        assert_eq!(sample().v4_elements().unwrap(), "{ 10.0.0.1, 192.0.2.0/24 }");
        assert_eq!(sample().v6_elements().unwrap(), "{ 2001:db8::/64 }");
        assert_eq!(AddressSets::default().v4_elements(), None);
        assert!(["", "1a", "a b", "é", "a\"b"].iter().all(|name| check_identifier(name).is_err()));
        assert_eq!(identifier("peers", "Val-EU.1").unwrap(), "peers_val_eu_1");
    }

    /// Needs root and nft; where they are missing the tests above stand alone.
    #[test]
    fn nft_itself_agrees() {
        let mut rules = String::from("table inet netgen_test {\n");
        rules.push_str(&format!(
            "  set peers_x {{ type ipv4_addr; flags interval; elements = {} }}\n",
            sample().v4_elements().unwrap()
        ));
        rules.push_str("  chain in {\n");
        for text in CORPUS {
            rules.push_str(&format!("    ip saddr @peers_x accept comment {}\n", comment(text)));
        }
        rules.push_str("  }\n}\n");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules.nft");
        std::fs::write(&path, rules.replace("chain in ", "chain c_in ")).unwrap();
        let Ok(output) = Command::new("nft").args(["-c", "-f"]).arg(&path).output() else { return };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !said.contains("not permitted") && !said.contains("netlink") && !said.contains("Protocol") {
            assert!(output.status.success(), "{said}");
        }
    }
}
