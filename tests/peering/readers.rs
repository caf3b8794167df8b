//! Readers of peer strings, written from the specifications and not with the code that writes them.

use std::net::IpAddr;

use k256::elliptic_curve::sec1::ToSec1Point as _;

/// An enode URL (devp2p, "enode URL format").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Enode {
    /// The uncompressed point without its first byte.
    pub point: Vec<u8>,
    pub address: IpAddr,
    pub port: u16,
}

/// A multiaddress of TCP.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Multiaddr {
    pub address: IpAddr,
    pub port: u16,
    /// The type number and the bytes of the key in the peer id.
    pub key: Option<(u8, Vec<u8>)>,
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    text.len().is_multiple_of(2).then_some(())?;
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

pub fn enode(text: &str) -> Option<Enode> {
    let (id, place) = text.strip_prefix("enode://")?.split_once('@')?;
    let point = unhex(id).filter(|point| point.len() == 64)?;
    // It must be a point of the curve, not any 64 bytes.
    k256::PublicKey::from_sec1_bytes(&[&[4], point.as_slice()].concat()).ok()?;
    let (address, port) = place.rsplit_once(':')?;
    let address = match address.strip_prefix('[') {
        Some(v6) => IpAddr::V6(v6.strip_suffix(']')?.parse().ok()?),
        None => IpAddr::V4(address.parse().ok()?),
    };
    Some(Enode { point, address, port: port.parse().ok()? })
}

/// The uncompressed point of a compressed one, without its first byte.
pub fn point(compressed: &[u8]) -> Vec<u8> {
    let key = k256::PublicKey::from_sec1_bytes(compressed).unwrap();
    key.to_sec1_point(false).as_bytes()[1..].to_vec()
}

pub fn multiaddr(text: &str) -> Option<Multiaddr> {
    let mut parts = text.strip_prefix('/')?.split('/');
    let address = match parts.next()? {
        "ip4" => IpAddr::V4(parts.next()?.parse().ok()?),
        "ip6" => IpAddr::V6(parts.next()?.parse().ok()?),
        _ => return None,
    };
    (parts.next()? == "tcp").then_some(())?;
    let port = parts.next()?.parse().ok()?;
    let key = match parts.next() {
        None => None,
        Some("p2p") => {
            let bytes = bs58::decode(parts.next()?).into_vec().ok()?;
            // Identity multihash, then the protobuf: field 1 (type), field 2 (bytes).
            let [0, length, 0x08, kind, 0x12, size, key @ ..] = bytes.as_slice() else { return None };
            let whole = usize::from(*length) == bytes.len() - 2 && usize::from(*size) == key.len();
            whole.then(|| (*kind, key.to_vec()))
        }
        Some(_) => return None,
    };
    parts.next().is_none().then_some(Multiaddr { address, port, key })
}

/// A reader that takes anything proves nothing.
#[test]
fn broken_strings_are_refused() {
    let good = format!("enode://{}@1.2.3.4:30303", "00".repeat(64));
    for bad in [good.as_str(), "enode://ab@1.2.3.4:1", "http://x", ""] {
        assert!(enode(bad).is_none(), "{bad}");
    }
    for bad in ["/ip4/1.2.3.4/udp/1", "/ip4/1.2.3/tcp/1", "/ip4/1.2.3.4/tcp/1/p2p/Qm", "/ip4/1.2.3.4/tcp/1/x"]
    {
        assert!(multiaddr(bad).is_none(), "{bad}");
    }
    assert!(multiaddr("/ip4/1.2.3.4/tcp/1").is_some());
}
