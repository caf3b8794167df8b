//! Parts: what belongs to one, what stays beside it, and what the result says about itself.

use std::fs;
use std::path::Path;

use super::{names, sealed, texts};
use crate::bundle::{Part, PartError, Sealed, open, verify, write};

const OLD: &[(&str, &str)] = &[
    ("compose/a/c.yaml", "1"),
    ("compose/b/c.yaml", "1"),
    ("firewall/a/n.conf", "1"),
    ("sbom.cdx.json", "1"),
];
const NEW: &[(&str, &str)] = &[
    ("compose/a/c.yaml", "2"),
    ("compose/b/c.yaml", "2"),
    ("firewall/a/n.conf", "1"),
    ("sbom.cdx.json", "1"),
];

fn part(only: &[&str], hosts: &[&str]) -> Part {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Part::new(&owned(only), &owned(hosts))
}

fn built(files: &[(&str, &str)], part: Part, dest: &Path) -> Sealed {
    let merged = sealed(files).part(part, Some(dest)).unwrap();
    write(&merged, dest).unwrap();
    merged
}

#[test]
fn a_part_alone_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    built(NEW, part(&["compose"], &["a"]), &dest);
    assert_eq!(names(&dest), ["SHA256SUMS", "bundle.json", "compose/a/c.yaml", "provenance.json"]);
    assert_eq!(verify(&dest).unwrap(), []);
    let said = open(&dest).unwrap().manifest().unwrap().header.part.unwrap();
    assert_eq!(said, part(&["compose"], &["a"]));
    built(NEW, part(&["sbom"], &[]), &dest);
    assert!(dest.join("sbom.cdx.json").exists() && dest.join("compose/a/c.yaml").exists());
}

#[test]
fn what_is_beside_a_part_stays_and_the_bundle_says_that_it_is_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    write(&sealed(OLD), &dest).unwrap();
    let mixed = built(NEW, part(&["compose"], &["a"]), &dest);
    assert!(mixed.manifest().header.part.as_ref().unwrap().kept);
    assert_eq!(verify(&dest).unwrap(), []);
    let text = |path: &str| fs::read_to_string(dest.join(path)).unwrap();
    assert_eq!((text("compose/a/c.yaml"), text("compose/b/c.yaml")), ("2".into(), "1".into()));
    // The statement speaks of the files of this build only.
    assert!(text("provenance.json").contains("compose/a/c.yaml"));
    assert!(!text("provenance.json").contains("compose/b/c.yaml"));
    // The last part that was missing makes it whole.
    let whole = built(NEW, part(&[], &["b"]), &dest);
    assert_eq!(whole.manifest().header.part, None);
    assert_eq!(open(&dest).unwrap().differs(&sealed(NEW)), []);
}

#[test]
fn a_part_of_a_bundle_that_is_current_leaves_it_whole() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    write(&sealed(OLD), &dest).unwrap();
    let same = sealed(OLD).part(part(&["firewall"], &[]), Some(&dest)).unwrap();
    assert!(write(&same, &dest).unwrap().is_unchanged());
}

#[test]
fn a_file_that_a_part_has_no_more_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    write(&sealed(OLD), &dest).unwrap();
    let merged = sealed(&[("compose/a/c.yaml", "1"), ("firewall/a/n.conf", "9")])
        .part(part(&["compose"], &[]), Some(&dest))
        .unwrap();
    let report = write(&merged, &dest).unwrap();
    assert_eq!(texts(&report.removed), ["compose/b/c.yaml"]);
    assert_eq!(fs::read_to_string(dest.join("firewall/a/n.conf")).unwrap(), "1");
}

#[test]
fn what_was_edited_beside_a_part_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("b");
    write(&sealed(OLD), &dest).unwrap();
    fs::write(dest.join("firewall/a/n.conf"), "by hand").unwrap();
    let error = sealed(NEW).part(part(&["compose"], &[]), Some(&dest)).unwrap_err();
    assert!(matches!(&error, PartError::Changed(paths) if texts(paths) == ["firewall/a/n.conf"]), "{error}");
    let error = sealed(NEW).part(part(&["runbooks"], &[]), None).unwrap_err();
    assert!(matches!(error, PartError::Empty));
}

#[test]
fn what_belongs_to_a_host() {
    let has = |path: &str, host: &str| part(&[], &[host]).has(&crate::bundle::BundlePath::new(path).unwrap());
    assert!(has("compose/a/env/x.env", "a") && has("ansible/inventory/host_vars/a.yml", "a"));
    // A host may be called like a folder.
    assert!(!has("ansible/roles/common/main.yml", "roles") && !has("compose/a/env/x.env", "env"));
    assert!(!has("sbom.cdx.json", "sbom") && !has("bundle.json", "bundle"));
}
