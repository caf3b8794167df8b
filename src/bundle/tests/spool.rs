//! Files that go into the new folder as soon as they are made.

use std::fs;
use std::path::Path;

use super::{header, names, sealed, siblings, state};
use crate::bundle::{Bundle, BundlePath, File, Keep, Sealed, Spool, WriteError, verify, write};

const OLD: [(&str, &str); 3] = [("a/x", "old"), ("b/same", "same"), ("b/gone", "1")];
const NEW: [(&str, &str); 3] = [("a/x", "new"), ("a/deep/y.sh", "2"), ("b/same", "same")];

/// The bundle of these files, which went through a spool.
fn through(spool: &Spool, files: &[(&str, &str)]) -> Sealed {
    let mut bundle = Bundle::new();
    for (path, content) in files {
        let path = BundlePath::new(*path).unwrap();
        let file = spool.keep(&path, super::file(path.as_str(), content));
        assert_eq!(file.bytes().unwrap(), content.as_bytes());
        assert_eq!(file.sha256(), crate::bundle::sha256(content.as_bytes()));
        bundle.insert(path, file).unwrap();
    }
    bundle.seal(header()).unwrap()
}

fn temp() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().canonicalize().unwrap().join("bundle");
    (dir, dest)
}

fn in_memory(bundle: &Sealed, path: &str) -> bool {
    bundle.get(path).and_then(File::in_memory).is_some()
}

#[test]
fn a_spooled_bundle_is_written_like_any_other() {
    let (dir, dest) = temp();
    for files in [OLD, NEW] {
        let spool = Spool::new(&dest);
        let bundle = through(&spool, &files);
        assert!(files.iter().all(|(path, _)| !in_memory(&bundle, path)));
        let report = spool.write(&bundle).unwrap();
        assert!(verify(&dest).unwrap().is_empty());
        assert_eq!(report.edited, []);
    }
    assert_eq!(names(&dest), ["SHA256SUMS", "a/deep/y.sh", "a/x", "b/same", "bundle.json"]);
    let other = dir.path().join("other");
    write(&sealed(&NEW), &other).unwrap();
    assert_eq!(fs::read(dest.join("SHA256SUMS")).unwrap(), fs::read(other.join("SHA256SUMS")).unwrap());
    assert_eq!(siblings(dir.path()), ["bundle", "other"]);
}

#[test]
fn what_stands_there_is_not_taken_and_not_touched() {
    let (dir, dest) = temp();
    write(&sealed(&NEW), &dest).unwrap();
    let before = state(dir.path());
    let spool = Spool::new(&dest);
    let bundle = through(&spool, &NEW);
    assert_eq!(state(dir.path()), before, "nothing differs, so nothing is made for it");
    assert!(spool.write(&bundle).unwrap().is_unchanged());
    assert_eq!(state(dir.path()), before);
}

#[test]
fn without_a_write_all_is_as_it_was() {
    let (dir, dest) = temp();
    write(&sealed(&OLD), &dest).unwrap();
    let before = state(&dest);
    let deep = dir.path().join("not/there/yet");
    for dest in [&dest, &deep] {
        let spool = Spool::new(dest);
        through(&spool, &NEW);
        assert_ne!(siblings(dest.parent().unwrap()), ["bundle"], "it is made beside");
        drop(spool);
    }
    assert_eq!(state(&dest), before);
    assert_eq!(siblings(dir.path()), ["bundle"]);
}

/// Somebody does something to the old folder while files are made. The new bundle is never written as
/// something that it is not.
fn meanwhile(act: impl Fn(&Path)) -> (Result<(), WriteError>, String) {
    let (dir, dest) = temp();
    write(&sealed(&OLD), &dest).unwrap();
    let spool = Spool::new(&dest);
    let bundle = through(&spool, &NEW);
    act(&dest);
    let written = spool.write(&bundle).map(|_| ());
    assert_eq!(siblings(dir.path()), ["bundle"]);
    (written, fs::read_to_string(dest.join("a/x")).unwrap())
}

#[test]
fn a_file_that_stood_there_and_was_changed_stops_it() {
    let acts: [fn(&Path); 2] = [
        |dest| fs::write(dest.join("b/same"), "else").unwrap(),
        |dest| fs::remove_file(dest.join("b/same")).unwrap(),
    ];
    for act in acts {
        let (written, text) = meanwhile(act);
        assert!(matches!(written, Err(WriteError::Changed(_))), "{written:?}");
        assert_eq!(text, "old");
    }
}

#[test]
fn the_same_file_in_the_place_of_one_that_stood_there_is_as_good() {
    let (written, text) = meanwhile(|dest| {
        fs::remove_file(dest.join("b/same")).unwrap();
        fs::write(dest.join("b/same"), "same").unwrap();
    });
    written.unwrap();
    assert_eq!(text, "new");
}

#[test]
fn a_file_that_came_to_be_right_is_left_alone() {
    let (written, text) = meanwhile(|dest| fs::write(dest.join("a/x"), "new").unwrap());
    written.unwrap();
    assert_eq!(text, "new");
}

#[test]
fn what_cannot_be_spooled_stays_in_memory() {
    let (dir, dest) = temp();
    fs::write(&dest, "a file").unwrap();
    let spool = Spool::new(&dest);
    let bundle = through(&spool, &NEW);
    assert!(NEW.iter().all(|(path, _)| in_memory(&bundle, path)));
    assert!(matches!(spool.write(&bundle), Err(WriteError::NotAFolder(_))));
    assert_eq!(fs::read_to_string(&dest).unwrap(), "a file");
    assert_eq!(siblings(dir.path()), ["bundle"]);
}
