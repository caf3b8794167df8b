//! The moments between two steps: a kill, a second writer, a system without exchange, a user who
//! works in the folder meanwhile.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::stage::{ASIDE, MARKER, MARKER_TEXT, SWAPPING, TREE};
use super::*;
use crate::bundle::tests::{inode, names, sealed, siblings, state};
use crate::bundle::verify;

struct Scene {
    _dir: tempfile::TempDir,
    dest: PathBuf,
    target: Target,
    new: Sealed,
}

/// A bundle on disk with a foreign file and folder, and another one to be written.
fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().canonicalize().unwrap().join("bundle");
    write(&sealed(&[("a/x", "old"), ("b/y", "same")]), &dest).unwrap();
    fs::write(dest.join("mine"), "m").unwrap();
    fs::create_dir(dest.join("data")).unwrap();
    fs::write(dest.join("data/db"), "d").unwrap();
    let target = Target::resolve(&dest).unwrap();
    Scene { dest, target, new: sealed(&[("a/x", "new"), ("b/y", "same")]), _dir: dir }
}

impl Scene {
    fn parent(&self) -> &Path {
        self.dest.parent().unwrap()
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.dest.join(path)).unwrap()
    }

    /// Does the steps of a build up to `steps`, with `meanwhile` before the swap.
    fn build(&self, meanwhile: impl Fn(), steps: impl Fn(&Stage, &Plan<'_>, &Old)) {
        let old = Old::read(&self.dest).unwrap().unwrap();
        let plan = Plan::new(&self.new, Some(&old)).unwrap();
        let stage = Stage::create(&self.target).unwrap();
        stage.fill(&self.new, &plan, Some(&old)).unwrap();
        meanwhile();
        steps(&stage, &plan, &old);
    }

    /// The next build after a kill: all is well, nothing is lost, nothing is left.
    fn recovers(&self) {
        let report = write(&self.new, &self.dest).unwrap();
        assert!(report.leftovers.is_empty());
        assert_eq!(
            (self.text("a/x"), self.text("mine"), self.text("data/db")),
            ("new".into(), "m".into(), "d".into())
        );
        assert_eq!(siblings(self.parent()), ["bundle"]);
        assert_eq!(verify(&self.dest).unwrap().len(), 2, "the foreign files only");
    }
}

#[test]
fn killed_before_the_swap() {
    let scene = scene();
    let before = state(&scene.dest);
    scene.build(|| {}, |stage, _, _| fs::remove_file(stage.outer.join(SWAPPING)).unwrap());
    assert_eq!(state(&scene.dest), before);
    assert_eq!(siblings(scene.parent()).len(), 2);
    scene.recovers();
}

#[test]
fn killed_right_before_the_swap() {
    let scene = scene();
    scene.build(|| {}, |_, _, _| {});
    scene.recovers();
}

#[test]
fn killed_right_after_the_swap() {
    let scene = scene();
    let late = || fs::write(scene.dest.join("late"), "saved in the last moment").unwrap();
    scene.build(late, |stage, _, old| {
        swap::swap(stage, &scene.target, Some(old)).unwrap();
    });
    assert_eq!((scene.text("a/x"), scene.text("mine")), ("new".into(), "m".into()));
    assert!(!scene.dest.join("late").exists());
    write(&scene.new, &scene.dest).unwrap();
    assert_eq!(scene.text("late"), "saved in the last moment");
    fs::remove_file(scene.dest.join("late")).unwrap();
    scene.recovers();
}

#[test]
fn killed_while_cleaning_up() {
    let scene = scene();
    let data = inode(&scene.dest.join("data"));
    scene.build(
        || {},
        |stage, plan, old| {
            let previous = swap::swap(stage, &scene.target, Some(old)).unwrap().unwrap();
            swap::return_settled(&previous, &scene.target, plan);
            fs::remove_file(stage.outer.join(SWAPPING)).unwrap();
            fs::remove_file(previous.join("bundle.json")).unwrap();
        },
    );
    assert_eq!(inode(&scene.dest.join("data")), data);
    scene.recovers();
}

#[test]
fn killed_between_two_renames() {
    let scene = scene();
    scene.build(|| {}, |stage, _, _| fs::rename(&scene.dest, stage.outer.join(ASIDE)).unwrap());
    assert!(!scene.dest.exists());
    scene.recovers();
}

#[test]
fn what_only_a_person_can_decide_is_left_and_told() {
    let scene = scene();
    scene.build(
        || {},
        |stage, _, old| {
            swap::swap(stage, &scene.target, Some(old)).unwrap();
            fs::remove_file(stage.tree().join("mine")).unwrap();
            fs::write(stage.tree().join("mine"), "another version").unwrap();
        },
    );
    let report = write(&scene.new, &scene.dest).unwrap();
    assert_eq!(report.leftovers.len(), 1);
    assert_eq!(fs::read_to_string(report.leftovers[0].join(TREE).join("mine")).unwrap(), "another version");
    assert_eq!(scene.text("mine"), "m");
}

#[test]
fn a_folder_that_is_not_provably_ours_is_left() {
    let scene = scene();
    let theirs = scene.parent().join(".bundle.netgen-tmp-1-0");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join(MARKER), "something else").unwrap();
    for (name, marker) in [(".bundle.netgen-tmp-2-0", false), (".bundle.netgen-tmp-5-0", true)] {
        fs::create_dir(scene.parent().join(name)).unwrap();
        if marker {
            fs::write(scene.parent().join(name).join(MARKER), "").unwrap();
        }
    }
    fs::create_dir(scene.parent().join(".bundle2.netgen-tmp-3-0")).unwrap();
    fs::write(scene.parent().join(".bundle2.netgen-tmp-3-0").join(MARKER), MARKER_TEXT).unwrap();
    symlink(&scene.dest, scene.parent().join(".bundle.netgen-tmp-4-0")).unwrap();
    let report = write(&scene.new, &scene.dest).unwrap();
    assert_eq!(report.leftovers, [theirs]);
    let left = [".bundle.netgen-tmp-1-0", ".bundle.netgen-tmp-4-0", ".bundle2.netgen-tmp-3-0", "bundle"];
    assert_eq!(siblings(scene.parent()), left);
    assert_eq!(scene.text("mine"), "m");
}

#[test]
fn files_saved_while_the_bundle_was_made_are_brought_over() {
    let scene = scene();
    let data = inode(&scene.dest.join("data"));
    let meanwhile = || {
        fs::write(scene.dest.join("a/late"), "l").unwrap();
        fs::write(scene.dest.join("data/new"), "n").unwrap();
        // As editors save: a new file, renamed over the old one.
        fs::write(scene.dest.join("tmp"), "m2").unwrap();
        fs::rename(scene.dest.join("tmp"), scene.dest.join("mine")).unwrap();
    };
    scene.build(meanwhile, |stage, plan, old| {
        let previous = swap::swap(stage, &scene.target, Some(old)).unwrap().unwrap();
        assert!(finish(stage, &scene.new, &scene.target, plan, Some(&previous)));
    });
    assert_eq!((scene.text("a/late"), scene.text("mine")), ("l".into(), "m2".into()));
    assert_eq!((scene.text("data/db"), scene.text("data/new")), ("d".into(), "n".into()));
    assert_eq!(inode(&scene.dest.join("data")), data);
    assert_eq!(siblings(scene.parent()), ["bundle"]);
}

#[test]
fn a_file_that_came_where_the_bundle_has_one_keeps_the_old_folder() {
    let mut scene = scene();
    scene.new = sealed(&[("a/x", "new"), ("a/fresh", "f")]);
    let meanwhile = || fs::write(scene.dest.join("a/fresh"), "mine").unwrap();
    scene.build(meanwhile, |stage, plan, old| {
        let previous = swap::swap(stage, &scene.target, Some(old)).unwrap().unwrap();
        assert!(!finish(stage, &scene.new, &scene.target, plan, Some(&previous)));
        assert_eq!(fs::read_to_string(previous.join("a/fresh")).unwrap(), "mine");
    });
    assert_eq!(scene.text("a/fresh"), "f");
}

#[test]
fn a_folder_that_somebody_replaced_is_put_back() {
    let scene = scene();
    let meanwhile = || {
        fs::rename(&scene.dest, scene.parent().join("moved")).unwrap();
        fs::create_dir(&scene.dest).unwrap();
        fs::write(scene.dest.join("theirs"), "t").unwrap();
    };
    scene.build(meanwhile, |stage, _, old| {
        let error = swap::swap(stage, &scene.target, Some(old)).unwrap_err();
        assert!(matches!(error, WriteError::Changed(_)), "{error}");
    });
    assert_eq!(names(&scene.dest), ["theirs"]);
}

#[test]
fn two_renames_do_where_the_system_cannot_exchange() {
    let scene = scene();
    scene.build(
        || {},
        |stage, plan, _| {
            let previous = swap::rename_aside(stage, &scene.target).unwrap();
            assert_eq!(scene.text("a/x"), "new");
            assert!(leftovers::reconcile(&previous, &scene.dest, &scene.new, plan, &[]).unwrap());
            stage.discard().unwrap();
        },
    );
    scene.recovers();
}

#[test]
fn two_renames_are_undone_when_the_second_fails() {
    let scene = scene();
    let before = state(&scene.dest);
    scene.build(
        || {},
        |stage, _, _| {
            fs::remove_dir_all(stage.tree()).unwrap();
            assert!(matches!(swap::rename_aside(stage, &scene.target), Err(WriteError::Io(_))));
        },
    );
    assert_eq!(state(&scene.dest), before);
}

#[test]
fn a_copy_keeps_permissions_times_and_links() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::write(&from, "x").unwrap();
    fs::set_permissions(&from, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 5_000);
    fs::File::open(&from).unwrap().set_modified(time).unwrap();
    stage::copy(&from, &to, crate::bundle::disk::Kind::File).unwrap();
    assert_eq!(
        (crate::bundle::tests::mode(&to), fs::metadata(&to).unwrap().modified().unwrap()),
        (0o640, time)
    );
    let (link, copy) = (dir.path().join("link"), dir.path().join("copy"));
    symlink("nowhere", &link).unwrap();
    stage::copy(&link, &copy, crate::bundle::disk::Kind::Link).unwrap();
    assert_eq!(fs::read_link(&copy).unwrap(), Path::new("nowhere"));
    let times = [&link, &copy].map(|path| fs::symlink_metadata(path).unwrap().modified().unwrap());
    assert_eq!(times[0], times[1]);
}

#[test]
fn a_second_writer_is_told() {
    let scene = scene();
    let lock = Lock::acquire(&scene.target).unwrap();
    let error = Lock::acquire_within(&scene.target, 2).unwrap_err();
    let me = format!("(process {})", std::process::id());
    assert!(
        error.to_string().contains("another netgen is writing") && error.to_string().ends_with(&me),
        "{error}"
    );
    drop(lock);
    // A lock file of a killed process is no lock.
    fs::write(scene.target.beside(".netgen-lock"), "").unwrap();
    scene.recovers();
}
