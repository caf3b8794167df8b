//! What an IP address is good for. The ranges are those of the IANA special-purpose registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The IP address that a text is, if it is one and not a DNS name.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// Addresses that mean something inside one private network only: RFC 1918, RFC 6598 (carriers and
/// overlay VPNs), RFC 4193.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || is_shared(v4),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Whether packets to an address cross networks of strangers.
pub(super) fn is_public(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(is_private(ip) || ip.is_loopback() || link_local)
}

/// 100.64.0.0/10.
fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && (64..128).contains(&second)
}

/// Addresses that are reserved for documentation: RFC 5737, RFC 3849, RFC 9637.
pub(super) fn is_documentation(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_documentation(),
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000)
        }
    }
}

/// An IPv4 address in the clothes of an IPv6 one: `::ffff:203.0.113.10`.
pub(super) fn mapped(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => v6.to_ipv4_mapped(),
    }
}

/// Why no other machine can reach an address, if so.
pub(super) fn unusable(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(v4) => unusable_v4(v4),
        IpAddr::V6(v6) => unusable_v6(v6),
    }
}

fn unusable_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [first, ..] = ip.octets();
    match first {
        0 => Some("means \"this machine\" or \"any address\""),
        127 => Some("is the loopback address: every machine has it"),
        169 if ip.is_link_local() => Some("is link-local: no router passes it on"),
        224..=239 => Some("is a multicast group"),
        240..=255 => Some("is reserved or a broadcast"),
        _ => None,
    }
}

fn unusable_v6(ip: Ipv6Addr) -> Option<&'static str> {
    if ip.is_unspecified() {
        Some("means \"any address\"")
    } else if ip.is_loopback() {
        Some("is the loopback address: every machine has it")
    } else if ip.is_multicast() {
        Some("is a multicast group")
    } else if ip.is_unicast_link_local() {
        Some("is link-local: no router passes it on")
    } else {
        None
    }
}

/// Networks that can be asked for an overlap in the time of a bisection.
pub(super) struct Ranges<T> {
    /// Sorted by first address; each with the index of the entry so far that reaches furthest.
    entries: Vec<(IpNet, T, usize)>,
}

impl<T: Copy> Ranges<T> {
    /// Networks, each with what is known of it.
    pub(super) fn new(nets: impl IntoIterator<Item = (IpNet, T)>) -> Self {
        let mut entries: Vec<(IpNet, T, usize)> =
            nets.into_iter().map(|(net, what)| (net, what, 0)).collect();
        entries.sort_by_key(|(net, ..)| (net.network(), net.broadcast()));
        let mut furthest: Option<(usize, IpNet)> = None;
        for (index, (net, _, reach)) in entries.iter_mut().enumerate() {
            let kept =
                furthest.filter(|(_, wide)| same_family(wide, net) && wide.broadcast() >= net.broadcast());
            let (at, wide) = kept.unwrap_or((index, *net));
            *reach = at;
            furthest = Some((at, wide));
        }
        Self { entries }
    }

    /// One of the networks that share an address with `net`.
    pub(super) fn overlap(&self, net: &IpNet) -> Option<(IpNet, T)> {
        let after = self.entries.partition_point(|(other, ..)| other.network() <= net.broadcast());
        let (last, _, reach) = self.entries.get(after.checked_sub(1)?)?;
        let (widest, what, _) = self.entries.get(*reach)?;
        let meets = same_family(last, net) && widest.broadcast() >= net.network();
        meets.then_some((*widest, *what))
    }
}

fn same_family(a: &IpNet, b: &IpNet) -> bool {
    a.addr().is_ipv4() == b.addr().is_ipv4()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let is = |text: &str| text.parse::<IpAddr>().unwrap();
        for text in ["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "100.127.255.255", "fd00::1"] {
            assert!(is_private(is(text)), "{text}");
        }
        for text in ["100.128.0.1", "172.32.0.1", "11.0.0.1", "2a01:4f8::1", "203.0.113.1"] {
            assert!(!is_private(is(text)), "{text}");
        }
        for text in ["0.0.0.0", "127.0.0.2", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::", "::1"] {
            assert!(unusable(is(text)).is_some(), "{text}");
        }
        for text in ["ff02::1", "fe80::1"] {
            assert!(unusable(is(text)).is_some(), "{text}");
        }
        for text in ["203.0.113.10", "169.253.0.1", "2001:db8::1", "10.0.0.1"] {
            assert!(unusable(is(text)).is_none(), "{text}");
        }
        assert!(is_documentation(is("2001:db8::1")) && !is_documentation(is("2001:db9::1")));
        assert_eq!(mapped(is("::ffff:1.2.3.4")), Some(Ipv4Addr::new(1, 2, 3, 4)));
    }

    #[test]
    fn overlaps() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        let nets =
            ["10.0.0.0/8", "10.1.0.0/24", "10.2.0.0/16", "192.168.1.0/24", "fd00::/8", "203.0.113.10/32"];
        let ranges = Ranges::new(nets.iter().map(|text| (net(text), *text)));
        let found = |text: &str| ranges.overlap(&net(text)).map(|(_, what)| what);
        assert_eq!(found("10.200.0.0/16"), Some("10.0.0.0/8"));
        assert_eq!(found("192.168.0.0/16"), Some("192.168.1.0/24"));
        assert_eq!(found("203.0.113.0/24"), Some("203.0.113.10/32"));
        assert_eq!(found("fd12::/16"), Some("fd00::/8"));
        for free in ["11.0.0.0/8", "192.168.2.0/24", "fe00::/16", "::/8", "9.0.0.0/8"] {
            assert_eq!(found(free), None, "{free}");
        }
        assert_eq!(Ranges::<()>::new([]).overlap(&net("10.0.0.0/8")), None);
    }
}
