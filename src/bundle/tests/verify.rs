//! Verifying a folder, and comparing one with a bundle.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{sealed, state, texts};
use crate::bundle::{Fault, Mode, VerifyError, compare, verify, write};

#[test]
fn every_fault_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    let names = ["content", "size", "gone", "mode", "link", "d/folder"];
    write(&sealed(&names.map(|name| (name, "abc"))), &dest).unwrap();
    assert_eq!(verify(&dest).unwrap(), []);
    fs::write(dest.join("content"), "abd").unwrap();
    fs::write(dest.join("size"), "abcd").unwrap();
    fs::write(dest.join("extra"), "").unwrap();
    fs::remove_file(dest.join("gone")).unwrap();
    fs::set_permissions(dest.join("mode"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::remove_file(dest.join("link")).unwrap();
    symlink("content", dest.join("link")).unwrap();
    fs::remove_file(dest.join("d/folder")).unwrap();
    fs::create_dir(dest.join("d/folder")).unwrap();
    let sums = fs::read_to_string(dest.join("SHA256SUMS")).unwrap();
    fs::write(dest.join("SHA256SUMS"), sums.replace("  size", "  other")).unwrap();
    let found: Vec<_> =
        verify(&dest).unwrap().into_iter().map(|m| (m.path.display().to_string(), m.fault)).collect();
    let expected = [
        ("content", Fault::Content),
        ("d/folder", Fault::NotAFile),
        ("extra", Fault::Extra),
        ("gone", Fault::Missing),
        ("link", Fault::NotAFile),
        ("mode", Fault::Mode { expected: Mode::Regular, found: 0o666 }),
        ("other", Fault::ExtraSum),
        ("size", Fault::Size { expected: 3, found: 4 }),
        ("size", Fault::Sums),
    ];
    assert_eq!(found, expected.map(|(path, fault)| (path.to_owned(), fault)));
}

#[test]
fn bundle_json_cannot_vouch_for_itself() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    let bundle = sealed(&[("a", "1")]);
    write(&bundle, &dest).unwrap();
    let json = fs::read_to_string(dest.join("bundle.json")).unwrap();
    fs::write(dest.join("bundle.json"), json.replace("testnet", "mainnet")).unwrap();
    let found = verify(&dest).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "`bundle.json` has another digest in `SHA256SUMS`, or none");
    let comparison = compare(&bundle, &dest).unwrap();
    assert_eq!(texts(&comparison.hand_edited), ["bundle.json"]);
    assert!(comparison.outdated.is_empty());
    fs::write(dest.join("bundle.json"), json).unwrap();
    fs::remove_file(dest.join("SHA256SUMS")).unwrap();
    assert_eq!(verify(&dest).unwrap()[0].fault, Fault::Missing);
}

#[test]
fn what_is_no_bundle_cannot_be_verified() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().to_owned(), dir.path().join("absent")] {
        assert!(matches!(verify(&path), Err(VerifyError::NotABundle(..))));
    }
}

#[test]
fn a_comparison_tells_edits_from_age() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    let old = sealed(&[("same", "1"), ("old", "1"), ("edited", "1"), ("mode.sh", "1"), ("stale", "1")]);
    let new = sealed(&[("same", "1"), ("old", "2"), ("edited", "2"), ("mode.sh", "1"), ("new", "1")]);
    let absent = compare(&new, &dest).unwrap();
    assert_eq!(absent.missing.len(), 7);
    write(&old, &dest).unwrap();
    assert!(compare(&old, &dest).unwrap().is_current());
    fs::write(dest.join("edited"), "by hand").unwrap();
    fs::write(dest.join("mine"), "m").unwrap();
    fs::set_permissions(dest.join("mode.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    let before = state(dir.path());
    let found = compare(&new, &dest).unwrap();
    assert_eq!(state(dir.path()), before);
    assert_eq!(texts(&found.missing), ["new"]);
    assert_eq!(texts(&found.extra), ["stale"]);
    assert_eq!(texts(&found.outdated), ["SHA256SUMS", "bundle.json", "old"]);
    assert_eq!(texts(&found.hand_edited), ["edited", "mode.sh"]);
    assert_eq!(found.changed().len(), 5);
    assert_eq!(found.foreign, [std::path::Path::new("mine")]);
    fs::remove_file(dest.join("bundle.json")).unwrap();
    let found = compare(&new, &dest).unwrap();
    assert!(found.outdated.is_empty() && texts(&found.missing).contains(&"bundle.json"));
}

#[test]
fn a_refusal_does_not_command_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    write(&sealed(&[("a", "1")]), &dest).unwrap();
    let list = fs::read_to_string(dest.join("bundle.json")).unwrap();
    for bad in ["\"\\u001b[2J\\nerror: \\u202e\"", "\"\\u0085\""] {
        fs::write(dest.join("bundle.json"), list.replace("\"0644\"", bad)).unwrap();
        let text = verify(&dest).unwrap_err().to_string();
        assert!(text.contains("its `bundle.json` is not usable: "), "{text}");
        assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
}
