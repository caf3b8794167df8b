//! Writing: what is kept, what is refused, what is left.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{inode, mode, names, sealed, siblings, state, texts};
use crate::bundle::{WriteError, verify, write};

fn temp() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("bundle");
    (dir, dest)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_bundle() {
    let (dir, _) = temp();
    let dest = dir.path().join("out/deep/bundle");
    let report = write(&sealed(&[("a/b/x.yaml", "x"), ("run.sh", "r")]), &dest).unwrap();
    assert_eq!(names(&dest), ["SHA256SUMS", "a/b/x.yaml", "bundle.json", "run.sh"]);
    assert_eq!(texts(&report.written), ["SHA256SUMS", "a/b/x.yaml", "bundle.json", "run.sh"]);
    assert_eq!((mode(&dest), mode(&dest.join("a"))), (0o755, 0o755));
    assert_eq!((mode(&dest.join("a/b/x.yaml")), mode(&dest.join("run.sh"))), (0o644, 0o755));
    assert_eq!(siblings(&dir.path().join("out/deep")), ["bundle"]);
    assert_eq!(verify(&dest).unwrap(), []);
}

#[test]
fn the_real_sha256sum_agrees() {
    let (_dir, dest) = temp();
    write(&sealed(&[("a/x y.yaml", "x"), ("run.sh", "r"), ("-n", "")]), &dest).unwrap();
    let check =
        || Command::new("sha256sum").args(["-c", "--strict", "SHA256SUMS"]).current_dir(&dest).output();
    let Ok(output) = check() else {
        eprintln!("skipped: no sha256sum here");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 4);
    fs::write(dest.join("run.sh"), "changed").unwrap();
    assert!(!check().unwrap().status.success());
}

#[test]
fn the_same_bundle_again_touches_nothing() {
    let (dir, dest) = temp();
    let bundle = sealed(&[("a/x", "x"), ("run.sh", "r")]);
    write(&bundle, &dest).unwrap();
    fs::write(dest.join("mine"), "m").unwrap();
    let before = state(dir.path());
    let report = write(&bundle, &dest).unwrap();
    assert_eq!(state(dir.path()), before);
    assert!(report.is_unchanged());
    assert_eq!(report.unchanged.len(), 4);
    assert_eq!(report.foreign, [Path::new("mine")]);
}

#[test]
fn only_what_changed_is_written() {
    let (dir, dest) = temp();
    write(&sealed(&[("a/same", "s"), ("b/old", "o"), ("c/x", "1"), ("run.sh", "r")]), &dest).unwrap();
    set_mode(&dest.join("run.sh"), 0o700);
    set_mode(&dest, 0o750);
    let (file, folder) = (inode(&dest.join("a/same")), inode(&dest.join("a")));
    let time = fs::metadata(dest.join("a/same")).unwrap().modified().unwrap();
    let report = write(&sealed(&[("a/same", "s"), ("c/x", "2"), ("run.sh", "r")]), &dest).unwrap();
    assert_eq!(texts(&report.written), ["SHA256SUMS", "bundle.json", "c/x", "run.sh"]);
    assert_eq!(texts(&report.unchanged), ["a/same"]);
    assert_eq!(texts(&report.removed), ["b/old"]);
    assert_eq!((inode(&dest.join("a/same")), inode(&dest.join("a"))), (file, folder));
    assert_eq!(fs::metadata(dest.join("a/same")).unwrap().modified().unwrap(), time);
    assert_eq!((mode(&dest.join("run.sh")), mode(&dest)), (0o755, 0o750));
    assert!(!dest.join("b").exists());
    assert_eq!(siblings(dir.path()), ["bundle"]);
    assert_eq!(verify(&dest).unwrap(), []);
}

#[test]
fn what_netgen_did_not_write_is_kept() {
    let (dir, dest) = temp();
    write(&sealed(&[("a/x", "1"), ("gone/y", "y"), ("edited", "1")]), &dest).unwrap();
    fs::create_dir_all(dest.join("data/chain")).unwrap();
    fs::create_dir_all(dest.join("empty")).unwrap();
    fs::write(dest.join("data/chain/db"), "blocks").unwrap();
    fs::write(dest.join("gone/note.ü"), "n").unwrap();
    fs::write(dest.join("a/.env"), "secret").unwrap();
    fs::write(dest.join("edited"), "by hand").unwrap();
    symlink("/nowhere", dest.join("link")).unwrap();
    set_mode(&dest.join("a/.env"), 0o600);
    set_mode(&dest.join("data"), 0o700);
    let keep = ["data", "data/chain", "data/chain/db", "empty", "gone/note.ü", "a/.env", "link", "edited"];
    let look = || {
        keep.map(|name| {
            let meta = fs::symlink_metadata(dest.join(name)).unwrap();
            (inode(&dest.join(name)), mode(&dest.join(name)), meta.modified().unwrap())
        })
    };
    let before = look();
    let report = write(&sealed(&[("a/x", "2")]), &dest).unwrap();
    assert_eq!(look(), before);
    assert_eq!(texts(&report.removed), ["gone/y"]);
    let foreign: Vec<_> = report.foreign.iter().map(|path| path.display().to_string()).collect();
    assert_eq!(foreign, ["a/.env", "data", "edited", "empty", "gone/note.ü", "link"]);
    assert_eq!(fs::read_to_string(dest.join("a/x")).unwrap(), "2");
    assert_eq!(siblings(dir.path()), ["bundle"]);
}

#[test]
fn an_edit_by_hand_is_overwritten_and_told() {
    let (_dir, dest) = temp();
    write(&sealed(&[("a", "1"), ("b", "1")]), &dest).unwrap();
    fs::write(dest.join("a"), "by hand").unwrap();
    let report = write(&sealed(&[("a", "1"), ("b", "2")]), &dest).unwrap();
    assert_eq!(texts(&report.edited), ["a"]);
    assert_eq!(fs::read_to_string(dest.join("a")).unwrap(), "1");
}

/// Prepares a folder, tries to write `new` and expects an error that names `word` and no change.
fn refused(new: &[(&str, &str)], prepare: impl Fn(&Path), word: &str) {
    let (dir, dest) = temp();
    write(&sealed(&[("a/x", "1"), ("f", "1")]), &dest).unwrap();
    prepare(&dest);
    let before = state(dir.path());
    let error = write(&sealed(new), &dest).unwrap_err();
    assert!(matches!(error, WriteError::Foreign { .. }), "{error}");
    assert!(error.to_string().contains(word), "{error}");
    assert_eq!(state(dir.path()), before);
}

#[test]
fn a_foreign_file_in_the_way_stops_it() {
    let file = |name: &'static str| move |dest: &Path| fs::write(dest.join(name), "mine").unwrap();
    refused(&[("new", "n")], file("new"), "`new`");
    refused(&[("n/x", "n")], file("n"), "where `n/x` has to");
    refused(&[("a", "now a file")], file("a/mine"), "`a/mine`");
    refused(&[("d", "d")], |dest| fs::create_dir_all(dest.join("d/e")).unwrap(), "where `d` has to");
    refused(&[("l", "l")], |dest| symlink("f", dest.join("l")).unwrap(), "`l`");
    let replaced = |dest: &Path| {
        fs::rename(dest.join("a"), dest.join("b")).unwrap();
        symlink("b", dest.join("a")).unwrap();
    };
    refused(&[("a/x", "2")], replaced, "where `a/x` has to");
    // Edited by hand, so no longer netgen's to delete.
    refused(&[("f/x", "2")], file("f"), "where `f/x` has to");
}

#[test]
fn a_foreign_file_with_the_same_bytes_is_taken_over() {
    let (_dir, dest) = temp();
    write(&sealed(&[("a", "1")]), &dest).unwrap();
    fs::write(dest.join("b"), "same").unwrap();
    set_mode(&dest.join("b"), 0o600);
    let report = write(&sealed(&[("a", "1"), ("b", "same")]), &dest).unwrap();
    assert!(report.foreign.is_empty() && texts(&report.written).contains(&"b"));
    assert_eq!(mode(&dest.join("b")), 0o644);
}

#[test]
fn files_become_folders_and_back() {
    let (_dir, dest) = temp();
    for files in [[("a", "1"), ("b/c", "2")], [("a/d", "1"), ("b", "2")], [("a", "1"), ("b/c", "2")]] {
        write(&sealed(&files), &dest).unwrap();
        assert_eq!(verify(&dest).unwrap(), []);
    }
}

#[test]
fn a_folder_that_is_no_bundle_is_refused() {
    let (dir, dest) = temp();
    fs::create_dir(&dest).unwrap();
    fs::write(dest.join("thesis.tex"), "t").unwrap();
    let refuse = |word: &str| {
        let before = state(dir.path());
        let error = write(&sealed(&[("a", "1")]), &dest).unwrap_err();
        assert!(matches!(error, WriteError::NotABundle { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(state(dir.path()), before);
    };
    refuse("choose another folder or empty this one");
    fs::write(dest.join("bundle.json"), "{}").unwrap();
    refuse("schema_version");
    fs::remove_file(dest.join("bundle.json")).unwrap();
    symlink("/dev/zero", dest.join("bundle.json")).unwrap();
    refuse("not a regular file");
    for name in ["bundle.json", "thesis.tex"] {
        fs::remove_file(dest.join(name)).unwrap();
    }
    set_mode(&dest, 0o700);
    write(&sealed(&[("a", "1")]), &dest).unwrap();
    assert_eq!(mode(&dest), 0o700);
}

#[test]
fn destinations_that_are_no_folder() {
    let (dir, dest) = temp();
    let bundle = sealed(&[("a", "1")]);
    fs::write(&dest, "").unwrap();
    assert!(matches!(write(&bundle, &dest), Err(WriteError::NotAFolder(_))));
    assert!(write(&bundle, &dest.join("below")).is_err());
    let link = dir.path().join("link");
    symlink(&dest, &link).unwrap();
    assert!(matches!(write(&bundle, &link), Err(WriteError::NotAFolder(_))));
    fs::remove_file(&dest).unwrap();
    assert!(matches!(write(&bundle, &link), Err(WriteError::DanglingLink(_))));
    assert!(matches!(write(&bundle, Path::new("/")), Err(WriteError::NoName(_))));
    assert!(matches!(write(&bundle, Path::new("/proc")), Err(WriteError::Mounted(_))));
    assert_eq!(siblings(dir.path()), ["link"]);
}

#[test]
fn a_link_to_a_bundle_stays_a_link() {
    let (dir, dest) = temp();
    fs::create_dir(dir.path().join("real")).unwrap();
    write(&sealed(&[("a", "1")]), &dir.path().join("real/v1")).unwrap();
    symlink("real/v1", &dest).unwrap();
    let report = write(&sealed(&[("a", "2")]), &dest).unwrap();
    assert_eq!(fs::read_link(&dest).unwrap(), Path::new("real/v1"));
    assert_eq!(fs::read_to_string(dest.join("a")).unwrap(), "2");
    assert_eq!(report.dest.file_name().unwrap(), "v1");
    assert_eq!(siblings(&dir.path().join("real")), ["v1"]);
}

#[test]
fn a_parent_that_cannot_be_written() {
    let (dir, dest) = temp();
    let bundle = sealed(&[("a", "1")]);
    write(&bundle, &dest).unwrap();
    set_mode(dir.path(), 0o555);
    if fs::write(dir.path().join("probe"), "").is_ok() {
        eprintln!("skipped: root may write anywhere");
    } else {
        assert!(write(&bundle, &dest).unwrap().is_unchanged());
        let before = state(dir.path());
        let error = write(&sealed(&[("a", "2")]), &dest).unwrap_err();
        assert!(matches!(error, WriteError::Io(_)), "{error}");
        assert_eq!(state(dir.path()), before);
    }
    set_mode(dir.path(), 0o755);
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    // The umask is one for a whole process, so another one runs the test below.
    let test = "bundle::tests::write::under_a_umask";
    for umask in ["000", "077", "277"] {
        let output = Command::new("sh")
            .args(["-c", &format!("umask {umask}; exec \"$0\" --ignored --exact {test}")])
            .arg(std::env::current_exe().unwrap())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "umask {umask}: {text}");
    }
}

#[test]
#[ignore = "run by modes_do_not_depend_on_the_umask"]
fn under_a_umask() {
    let dir = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap();
    set_mode(dir.path(), 0o700);
    let dest = dir.path().join("bundle");
    for content in ["1", "2"] {
        write(&sealed(&[("a/x", content), ("run.sh", content)]), &dest).unwrap();
        assert_eq!((mode(&dest), mode(&dest.join("a"))), (0o755, 0o755));
        assert_eq!(verify(&dest).unwrap(), []);
    }
}

#[test]
fn writers_at_once_never_mix() {
    let (dir, dest) = temp();
    let bundles: Vec<_> = ["1", "2", "3", "4"]
        .map(|content| sealed(&[("a/x", content), ("b/y", content), ("z", content)]))
        .into_iter()
        .collect();
    write(&bundles[0], &dest).unwrap();
    fs::write(dest.join("mine"), "m").unwrap();
    std::thread::scope(|scope| {
        for bundle in &bundles {
            scope.spawn(|| {
                for _ in 0..10 {
                    write(bundle, &dest).unwrap();
                }
            });
        }
        // A reader that goes through the name never finds it gone.
        scope.spawn(|| (0..2000).for_each(|_| assert!(dest.is_dir())));
    });
    let contents = ["a/x", "b/y", "z"].map(|name| fs::read_to_string(dest.join(name)).unwrap());
    assert!(contents.iter().all(|content| *content == contents[0]), "{contents:?}");
    assert_eq!(verify(&dest).unwrap().len(), 1, "the foreign file only");
    assert_eq!(siblings(dir.path()), ["bundle"]);
}
