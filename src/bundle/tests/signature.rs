//! Signatures: who may sign, what a signature is worth, and what becomes of it in the next build.

use std::fs;

use super::{sealed, siblings, texts};
use crate::bundle::{
    Fault, KeyError, SIGNATURE, SignatureFault, SigningKey, TrustedKeys, compare, open, write,
};

const ALICE: Person = Person { seed: 1, comment: "alice@test" };
const BOB: Person = Person { seed: 2, comment: "bob@test" };

struct Person {
    seed: u8,
    comment: &'static str,
}

impl Person {
    fn private(&self) -> String {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&[self.seed; 32]);
        let key = ssh_key::PrivateKey::new(pair.into(), self.comment).unwrap();
        key.to_openssh(ssh_key::LineEnding::LF).unwrap().to_string()
    }

    fn public(&self) -> String {
        ssh_key::PrivateKey::from_openssh(self.private()).unwrap().public_key().to_openssh().unwrap()
    }
}

fn key(person: &Person) -> SigningKey {
    SigningKey::parse(person.private().as_bytes()).unwrap()
}

fn trusted(text: &str) -> TrustedKeys {
    TrustedKeys::parse(text, 1_800_000_000).unwrap()
}

#[test]
fn the_key_that_signed_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    let signed = sealed(&[("a", "1")]).signed(&key(&ALICE)).unwrap();
    assert_eq!(
        signed.get(SIGNATURE).unwrap(),
        sealed(&[("a", "1")]).signed(&key(&ALICE)).unwrap().get(SIGNATURE).unwrap(),
        "the same bundle has the same signature"
    );
    write(&signed, &dest).unwrap();
    let tree = open(&dest).unwrap();
    assert_eq!(tree.verify().unwrap(), []);
    assert!(tree.signed_by(&trusted(&ALICE.public())).unwrap().starts_with("alice@test (SHA256:"));
    assert!(matches!(tree.signed_by(&trusted(&BOB.public())), Err(SignatureFault::Stranger(_))));
    let both = format!(
        "# who\n{}\nops@example.net,root namespaces=\"git,netgen-*\" {}",
        BOB.public(),
        ALICE.public()
    );
    assert!(tree.signed_by(&trusted(&both)).unwrap().starts_with("ops@example.net,root (SHA256:"));
    write(&sealed(&[("a", "2")]), &dest).unwrap();
    let unsigned = open(&dest).unwrap();
    assert_eq!(unsigned.signed_by(&trusted(&ALICE.public())), Err(SignatureFault::Absent));
    assert!(!unsigned.has_signature());
}

#[test]
fn a_changed_list_or_signature_does_not_hold() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    write(&sealed(&[("a", "1")]).signed(&key(&ALICE)).unwrap(), &dest).unwrap();
    // A whole other bundle, sound in itself, with the old signature.
    let signature = fs::read(dest.join(SIGNATURE)).unwrap();
    let other = dir.path().join("c");
    write(&sealed(&[("a", "2")]), &other).unwrap();
    fs::write(other.join(SIGNATURE), &signature).unwrap();
    let tree = open(&other).unwrap();
    let found: Vec<_> = tree.verify().unwrap().into_iter().map(|mismatch| mismatch.fault).collect();
    assert_eq!(found, [Fault::Signature(SignatureFault::Wrong)]);
    assert_eq!(tree.signed_by(&trusted(&ALICE.public())), Err(SignatureFault::Wrong));
    fs::write(other.join(SIGNATURE), "no signature").unwrap();
    assert_eq!(open(&other).unwrap().signed_by(&trusted(&ALICE.public())), Err(SignatureFault::Malformed));
    // Every byte of the signature counts.
    for at in (0..signature.len()).step_by(7) {
        let mut bytes = signature.clone();
        bytes[at] ^= 1;
        fs::write(dest.join(SIGNATURE), &bytes).unwrap();
        let tree = open(&dest).unwrap();
        let refused = tree.signed_by(&trusted(&ALICE.public())).is_err();
        assert!(refused || bytes[at].is_ascii_whitespace(), "byte {at}");
    }
}

#[test]
fn a_build_without_a_key_leaves_a_signature_that_fits_and_removes_one_that_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    let plain = sealed(&[("a", "1")]);
    write(&plain.clone().signed(&key(&ALICE)).unwrap(), &dest).unwrap();
    let report = write(&plain, &dest).unwrap();
    assert!(report.is_unchanged() && report.foreign.is_empty() && dest.join(SIGNATURE).exists());
    assert!(compare(&plain, &dest).unwrap().is_current());
    let report = write(&sealed(&[("a", "2")]), &dest).unwrap();
    assert_eq!(texts(&report.removed), [SIGNATURE]);
    assert!(!dest.join(SIGNATURE).exists());
    let report = write(&sealed(&[("a", "2")]).signed(&key(&BOB)).unwrap(), &dest).unwrap();
    assert_eq!(texts(&report.written), [SIGNATURE]);
    let report = write(&sealed(&[("a", "2")]).signed(&key(&ALICE)).unwrap(), &dest).unwrap();
    assert_eq!(texts(&report.written), [SIGNATURE]);
    assert!(report.edited.is_empty());
    assert_eq!(siblings(dir.path()), ["b"]);
}

#[test]
fn keys_that_cannot_sign() {
    let parse = |text: &str| SigningKey::parse(text.as_bytes()).unwrap_err();
    assert_eq!(parse("x"), KeyError::NotAKey);
    assert_eq!(parse(&ALICE.public()), KeyError::NotAKey);
    assert!(KeyError::Encrypted.to_string().contains("ssh-keygen -Y sign -n netgen-bundle"));
    assert!(!format!("{:?}", key(&ALICE)).contains("PRIVATE"));
}

#[test]
fn lists_of_keys_that_cannot_be_used() {
    let refused = |text: &str| TrustedKeys::parse(text, 1_800_000_000).unwrap_err();
    assert_eq!(refused("").0, 0);
    assert_eq!(refused("\nhello").0, 2);
    assert!(refused(&ALICE.private()).1.contains("private key"));
    let line = |options: &str| format!("alice {options} {}", ALICE.public());
    assert!(refused(&line("cert-authority")).1.contains("certificates"));
    assert!(refused(&line("wildcard=1")).1.contains("not known"));
    assert!(refused(&line("valid-after=\"2027\"")).1.contains("no moment"));
    for over in ["namespaces=\"git\"", "valid-before=\"20260101\"", "valid-after=\"203001011200Z\""] {
        assert_eq!(refused(&line(over)).0, 0, "{over}");
    }
    for fits in [
        "namespaces=\"*\"",
        "valid-before=\"20300101\",valid-after=\"20260101000000Z\"",
        "namespaces=\"a,netgen-bundl?\"",
    ] {
        assert!(TrustedKeys::parse(&line(fits), 1_800_000_000).is_ok(), "{fits}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(
        text in "(ssh-ed25519|sk-ssh-|[a-z*\"=, ]{0,9}|valid-after=\"[0-9]{0,16}Z?\"| |\t|AAAA[A-Za-z0-9+/=]{0,70}|#|\n|.){0,12}",
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
    ) {
        let _ = TrustedKeys::parse(&text, 0);
        let armored = format!("-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n");
        for input in [armored.as_bytes(), text.as_bytes(), &bytes] {
            proptest::prop_assert!(trusted(&ALICE.public()).check(b"", Some(input)).is_err());
            proptest::prop_assert!(SigningKey::parse(input).is_err());
        }
    }
}
