//! Known vectors, each from the specification or the program that defines the form.

use base64::Engine as _;
use proptest::prelude::*;

use super::*;

const EIP_778_SECRET: &str = "b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291";

fn key(kind: KeyType, hex: &str) -> SecretKey {
    KeyFormat::Hex.decode(kind, hex).unwrap()
}

/// EIP-778, "Test Vectors".
#[test]
fn the_example_of_eip_778() {
    let public = key(KeyType::Secp256k1, EIP_778_SECRET).public();
    assert_eq!(public.to_hex(), "03ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd3138");
    assert_eq!(public.node_id().unwrap(), "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7");
    // The half that an enode URL carries is the X of the compressed form, then Y.
    let enode = public.enode_id().unwrap();
    assert_eq!(enode.len(), 128);
    assert!(enode.starts_with("ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd3138"));
}

/// libp2p specs, peer-ids/peer-ids.md, "Test vectors": the protobuf of both keys.
#[test]
fn the_keys_of_the_libp2p_spec() {
    let cases = [
        (
            KeyType::Ed25519,
            "7e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d",
            "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
        ),
        (
            KeyType::Secp256k1,
            "53DADF1D5A164D6B4ACDB15E24AA4C5B1D3461BDBD42ABEDB0A4404D56CED8FB",
            "08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99",
        ),
    ];
    for (kind, secret, protobuf) in cases {
        let id = key(kind, secret).public().peer_id().unwrap();
        let decoded = bs58::decode(&id).into_vec().unwrap();
        // The identity multihash: code 0, then the length, then the protobuf itself.
        assert_eq!((decoded[0], usize::from(decoded[1])), (0, protobuf.len() / 2));
        assert_eq!(hex(&decoded[2..]), protobuf);
    }
}

/// Peer ids as they stand in the libp2p spec (ed25519) and in the arguments of beacon nodes
/// (secp256k1): the key inside gives the same id again.
#[test]
fn peer_ids_of_others_are_made_again() {
    let cases = [
        (KeyType::Ed25519, "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"),
        (KeyType::Secp256k1, "16Uiu2HAmDxrqPnD6xitN8MxPHnqwugqd3jbJxqMKdRZSxf52b34j"),
    ];
    for (kind, id) in cases {
        let bytes = bs58::decode(id).into_vec().unwrap();
        let public = PublicKey::from_hex(kind, &hex(&bytes[6..])).unwrap();
        assert_eq!(public.peer_id().as_deref(), Some(id));
    }
}

/// `priv_validator_key.json` and keys of the CometBFT JSON encoding, from public test data.
#[test]
fn the_files_of_cometbft() {
    let file = r#"{"address":"DE623086321818A30ADF4A8D68EEBEBDBF78B0F9","pub_key":{"type":"tendermint/PubKeyEd25519","value":"vwvZODnQoT31PwNN4ZhwIOwfSQ/iar4QAa0C6Tr5yVw="},"priv_key":{"type":"tendermint/PrivKeyEd25519","value":"LXYv7Ogc5tiniSiKRUrkcVP5IpgyE5qr9h5wSTmphwu/C9k4OdChPfU/A03hmHAg7B9JD+JqvhABrQLpOvnJXA=="}}"#;
    let key = KeyFormat::CometbftValidator.decode(KeyType::Ed25519, file).unwrap();
    assert_eq!(key.public().cometbft_address().unwrap(), "DE623086321818A30ADF4A8D68EEBEBDBF78B0F9");
    assert_eq!(*KeyFormat::CometbftValidator.encode(&key), file);

    let node = r#"{"priv_key":{"type":"tendermint/PrivKeyEd25519","value":"EVkqJO/jIXp3rkASXfh9YnyToYXRXhBr6g9cQVxPFnQBP/5povV4HTjvsy530kybxKHwEi85iU8YL0qQhSYVoQ=="}}"#;
    let key = KeyFormat::CometbftNode.decode(KeyType::Ed25519, node).unwrap();
    let public = base64::engine::general_purpose::STANDARD.encode(key.public().bytes());
    assert_eq!(public, "AT/+aaL1eB0477Mud9JMm8Sh8BIvOYlPGC9KkIUmFaE=");
    assert_eq!(*KeyFormat::CometbftNode.encode(&key), node);
}

/// The keypair of Solana's documentation ("How to verify a keypair").
#[test]
fn the_keypair_of_solana() {
    let file = "[174,47,154,16,202,193,206,113,199,190,53,133,169,175,31,56,222,53,138,189,224,216,117,173,10,149,53,45,73,251,237,246,15,185,186,82,177,240,148,69,241,227,167,80,141,89,240,121,121,35,172,247,68,251,226,218,48,63,176,109,168,89,238,135]";
    let key = KeyFormat::Solana.decode(KeyType::Ed25519, file).unwrap();
    assert_eq!(key.public().base58(), "24PNhTaNtomHhoy3fTRaMhAFCRj4uHqhZEEoWrKDbR5p");
    assert_eq!(*KeyFormat::Solana.encode(&key), file);
}

#[test]
fn what_is_no_key_is_refused_and_never_repeated() {
    let refused = |format: KeyFormat, kind, text: &str| format.decode(kind, text).unwrap_err();
    assert_eq!(refused(KeyFormat::Hex, KeyType::Secp256k1, "12"), KeyTextError::Form);
    assert_eq!(refused(KeyFormat::Hex, KeyType::Secp256k1, &"0".repeat(64)), KeyTextError::Invalid);
    // The order of secp256k1 is the first number that is no key.
    let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    assert_eq!(refused(KeyFormat::Hex, KeyType::Secp256k1, order), KeyTextError::Invalid);
    let zeros = format!("[{}0]", "0,".repeat(63));
    assert_eq!(refused(KeyFormat::Solana, KeyType::Ed25519, &zeros), KeyTextError::Mismatch);
    assert_eq!(refused(KeyFormat::Solana, KeyType::Ed25519, "[1,2]"), KeyTextError::Form);
    assert_eq!(refused(KeyFormat::CometbftNode, KeyType::Ed25519, "{}"), KeyTextError::Form);
    let shown = format!("{:?}", key(KeyType::Secp256k1, EIP_778_SECRET));
    assert!(!shown.contains("b71c"), "{shown}");
}

#[test]
fn public_keys_must_be_points() {
    let none = PublicKey::from_hex(KeyType::Secp256k1, &format!("02{}", "ff".repeat(32)));
    assert_eq!(none, Err(PublicKeyError::NoPoint));
    assert_eq!(PublicKey::from_hex(KeyType::Ed25519, "zz"), Err(PublicKeyError::Form));
}

#[test]
fn a_dead_source_of_random_bytes_gives_no_key() {
    let made = SecretKey::generate(KeyType::Ed25519, |_| Ok::<(), ()>(())).unwrap();
    assert!(made.is_none());
    assert!(SecretKey::generate(KeyType::Ed25519, |_| Err(())).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn files_are_read_back(bytes in prop::array::uniform32(any::<u8>())) {
        for kind in [KeyType::Secp256k1, KeyType::Ed25519] {
            let Some(secret) = SecretKey::from_bytes(kind, &bytes) else { continue };
            let public = secret.public();
            prop_assert_eq!(&PublicKey::from_hex(kind, &public.to_hex()).unwrap(), &public);
            for format in [
                KeyFormat::Hex,
                KeyFormat::CometbftNode,
                KeyFormat::CometbftValidator,
                KeyFormat::Malachite,
                KeyFormat::Solana,
            ] {
                if format.fits(kind) {
                    let text = format.encode(&secret);
                    prop_assert_eq!(format.decode(kind, &text).unwrap().public(), public.clone());
                }
            }
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC*") {
        for format in [KeyFormat::Hex, KeyFormat::CometbftNode, KeyFormat::CometbftValidator, KeyFormat::Malachite, KeyFormat::Solana] {
            let _ = format.decode(KeyType::Ed25519, &text);
            let _ = format.decode(KeyType::Secp256k1, &text);
        }
    }
}

/// What `wg pubkey` makes of the bytes 1 to 32, and the file as `wg genkey` writes it.
#[test]
fn the_keys_of_wireguard() {
    let secret = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    let key = KeyFormat::Wireguard.decode(KeyType::X25519, &format!("{secret}\n")).unwrap();
    assert_eq!(key.public().base64(), "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=");
    assert_eq!(*KeyFormat::Wireguard.encode(&key), format!("{secret}\n"));
    assert_eq!(key.public().peer_id(), None);
    let again = PublicKey::from_hex(KeyType::X25519, &key.public().to_hex()).unwrap();
    assert_eq!(again, key.public());
    assert!(PublicKey::from_hex(KeyType::X25519, &"00".repeat(32)).is_err());
    assert!(KeyFormat::Wireguard.decode(KeyType::X25519, "c2hvcnQ=").is_err());
}
