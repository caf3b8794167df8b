//! What goes wrong on real machines, done for real: the old bundle or the new one stands whole, the
//! message says which, and the next build cleans up.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use netgen::bundle::verify;

const NETGEN: &str = env!("CARGO_BIN_EXE_netgen");

/// A folder with two manifests that give two bundles, `a.yaml` and `b.yaml`.
struct Scene {
    folder: tempfile::TempDir,
    /// `SHA256SUMS` of each.
    sums: [Vec<u8>; 2],
}

impl Scene {
    fn new(example: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let text = fs::read_to_string(source.join("network.yaml")).unwrap();
        fs::copy(source.join("netgen.lock"), folder.path().join("netgen.lock")).unwrap();
        fs::write(folder.path().join("a.yaml"), &text).unwrap();
        fs::write(folder.path().join("b.yaml"), text.replace("203.0.113.10", "203.0.113.110")).unwrap();
        let mut scene = Self { folder, sums: [Vec::new(), Vec::new()] };
        for (name, at) in [("b", 1), ("a", 0)] {
            let (code, said) = scene.build(name, &[]);
            assert_eq!(code, Some(0), "{said}");
            scene.sums[at] = fs::read(scene.path("bundle/SHA256SUMS")).unwrap();
        }
        assert_ne!(scene.sums[0], scene.sums[1]);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, manifest: &str, more: &[&str]) -> Command {
        let mut command = Command::new(NETGEN);
        command.current_dir(self.folder.path()).env_clear().arg("build").arg(format!("{manifest}.yaml"));
        command.args(more).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn build(&self, manifest: &str, more: &[&str]) -> (Option<i32>, String) {
        let output = self.command(manifest, more).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Whether the bundle is the first, the second or (with a panic) none of the two.
    fn whole(&self, after: &str) -> &'static str {
        let dest = self.path("bundle");
        let faults = verify(&dest).unwrap_or_else(|error| panic!("{after}: {error}"));
        let faults: Vec<_> = faults.iter().filter(|fault| !fault.path.starts_with("data")).collect();
        assert!(faults.is_empty(), "{after}: {faults:?}");
        let sums = fs::read(dest.join("SHA256SUMS")).unwrap();
        match self.sums.iter().position(|known| *known == sums) {
            Some(0) => "a",
            Some(_) => "b",
            None => panic!("{after}: neither bundle"),
        }
    }

    /// Names beside the bundle that a build has left.
    fn leftovers(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.display().to_string()).filter(|name| name.contains("netgen-")).collect()
    }
}

fn kill(mut child: Child) {
    // SIGKILL; one that has ended already is fine, too.
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn killed_at_any_moment() {
    let scene = Scene::new("ethereum-validator");
    fs::create_dir(scene.path("bundle/data")).unwrap();
    fs::write(scene.path("bundle/data/db"), "blocks").unwrap();
    let mut interrupted = 0;
    let mut seen = [0, 0];
    // From the first file that is written to the kill. It grows after a kill that came too early and
    // shrinks after one that came too late, so most fall around the swap, on a machine of any speed.
    let mut delay = Duration::from_millis(2);
    for round in 0..90_u32 {
        // Each begins with a bundle that is not the one that it writes.
        let next = if scene.whole("before") == "a" { "b" } else { "a" };
        let child = scene.command(next, &["--archive", "bundle.tar.gz"]).spawn().unwrap();
        if round % 3 == 0 {
            thread::sleep(Duration::from_millis(4) * round);
        } else {
            for _ in 0..100_000 {
                if scene.leftovers().iter().any(|name| name.contains("-tmp")) {
                    break;
                }
                thread::sleep(Duration::from_micros(50));
            }
            thread::sleep(delay);
        }
        kill(child);
        let found = scene.whole(&format!("round {round}"));
        if round % 3 != 0 {
            delay = delay.mul_f64(if found == next { 0.7 } else { 1.25 });
        }
        seen[usize::from(found == next)] += 1;
        interrupted += usize::from(!scene.leftovers().is_empty());
        assert_eq!(fs::read_to_string(scene.path("bundle/data/db")).unwrap(), "blocks", "round {round}");
        if scene.path("bundle.tar.gz").exists() {
            assert!(verify(&scene.path("bundle.tar.gz")).unwrap().is_empty(), "round {round}");
        }
    }
    assert!(interrupted > 10 && seen[0] > 5 && seen[1] > 5, "the kills missed: {interrupted}, {seen:?}");
    for name in ["a", "b"] {
        let (code, said) = scene.build(name, &["--archive", "bundle.tar.gz"]);
        assert_eq!((code, scene.whole(name)), (Some(0), name), "{said}");
        assert_eq!(scene.leftovers(), [""; 0]);
    }
    assert_eq!(fs::read_to_string(scene.path("bundle/data/db")).unwrap(), "blocks");
}

#[test]
fn a_limit_that_kills_leaves_the_old_bundle() {
    let scene = Scene::new("ethereum-validator");
    // A file longer than the limit ends the process, as a quota does that sends a signal.
    let status = Command::new("sh")
        .args(["-c", "ulimit -c 0; ulimit -f 8; exec \"$0\" build b.yaml", NETGEN])
        .current_dir(scene.folder.path())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    assert_eq!(scene.whole("the limit"), "a");
    assert_eq!(scene.build("b", &[]).0, Some(0));
    assert_eq!((scene.whole("the next build"), scene.leftovers().len()), ("b", 0));
}

/// Runs a shell script where it may mount; `None`, with a note, where it may not.
fn with_mounts(folder: &Path, script: &str) -> Option<String> {
    let probe = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: mounting needs root and unshare");
        return None;
    }
    let output = Command::new("unshare")
        .args(["-m", "sh", "-ec", script, NETGEN])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

#[test]
fn a_full_disk_leaves_the_old_bundle() {
    let scene = Scene::new("ethereum-validator");
    // Room for one bundle, then less and less for the second: it runs out at many places.
    let script = r#"
        mkdir disk; mount -t tmpfs -o size=8m none disk
        "$0" build a.yaml -o disk/b --quiet
        for free in 4 8 16 40 80 160 320 640; do
            left=$(df -k --output=avail disk | tail -1)
            head -c $(((left - free) * 1024)) /dev/zero > disk/filler
            if "$0" build b.yaml -o disk/b --archive disk/b.tar.gz --quiet 2> said; then echo "done $free"; else
                echo "code $? $(cat said)"
                rm disk/filler
                "$0" verify disk/b
                "$0" build a.yaml -o disk/b --check --quiet
            fi
            rm -f disk/filler disk/b.tar.gz
            "$0" build b.yaml -o disk/b --quiet
            "$0" verify disk/b --rebuild b.yaml
            "$0" build a.yaml -o disk/b --quiet
            ls -A disk
        done
    "#;
    let Some(said) = with_mounts(scene.folder.path(), script) else { return };
    let refused = said.lines().filter(|line| line.starts_with("code 5 error: cannot")).count();
    let standing = said.lines().filter(|line| line.contains("the old bundle stands whole")).count();
    assert!(refused >= 3 && refused == standing, "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    let others: Vec<&str> =
        said.lines().filter(|l| !l.starts_with("code") && !l.starts_with("done")).collect();
    assert!(others.iter().all(|name| *name == "b"), "something is left: {said}");
}

#[test]
fn a_folder_that_cannot_be_written_to() {
    let scene = Scene::new("minimal");
    let script = r#"
        mkdir -p ro/deep; "$0" build a.yaml -o ro/bundle --quiet
        mount --bind ro ro; mount -o remount,ro,bind ro
        "$0" build a.yaml -o ro/bundle --quiet && echo "unchanged is fine"
        "$0" build b.yaml -o ro/bundle --quiet 2>&1 || echo "code $?"
        "$0" build b.yaml -o ro/deep/new --quiet 2>&1 || echo "code $?"
        "$0" verify ro/bundle --rebuild a.yaml --quiet && echo "a stands"
    "#;
    if let Some(said) = with_mounts(scene.folder.path(), script) {
        assert!(said.starts_with("unchanged is fine\nerror: cannot create"), "{said}");
        assert!(
            said.contains("Read-only file system")
                && said.contains("; the old bundle stands whole\ncode 5\n"),
            "{said}"
        );
        assert!(said.contains("; nothing was written\ncode 5\na stands\n"), "{said}");
    }
    // The same by permissions, for somebody who is bound by them.
    fs::set_permissions(scene.folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let program = scene.path("netgen");
    let mut command = if root {
        // The folder of the build may not be open to others.
        fs::copy(NETGEN, &program).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=54321", "--regid=54321", "--clear-groups"]).arg(&program);
        command
    } else {
        Command::new(NETGEN)
    };
    let output = command.args(["build", "b.yaml"]).current_dir(scene.folder.path()).output();
    fs::set_permissions(scene.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(5), "{said}");
            assert!(
                said.contains("Permission denied") && said.contains("the old bundle stands whole"),
                "{said}"
            );
        }
        Err(error) => eprintln!("left out: no setpriv here: {error}"),
    }
    assert_eq!(scene.whole("read-only"), "a");
}

#[test]
fn a_file_where_a_folder_must_be() {
    let scene = Scene::new("minimal");
    fs::write(scene.path("file"), "mine").unwrap();
    for out in ["file", "file/below"] {
        let (code, said) = scene.build("b", &["-o", out]);
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains("`file") && said.contains("; nothing was"), "{said}");
    }
    assert_eq!(fs::read_to_string(scene.path("file")).unwrap(), "mine");
    let (code, said) = scene.build("b", &["--archive", "bundle"]);
    assert_eq!((code, said.contains("is a folder")), (Some(5), true), "{said}");
    assert_eq!(scene.whole("an archive that cannot be written"), "b");
    assert!(said.contains("the new bundle stands whole"), "{said}");
    // Inside of the bundle, where a folder of the next one has to be.
    fs::rename(scene.path("bundle/compose"), scene.path("moved")).unwrap();
    fs::write(scene.path("bundle/compose"), "mine").unwrap();
    let (code, said) = scene.build("a", &[]);
    assert_eq!(code, Some(5));
    assert!(said.contains("`compose` in the bundle folder was not written by netgen"), "{said}");
    assert!(said.contains("the old bundle"), "{said}");
    assert_eq!(fs::read_to_string(scene.path("bundle/compose")).unwrap(), "mine");
    fs::remove_file(scene.path("bundle/compose")).unwrap();
    assert_eq!(scene.build("a", &[]).0, Some(0));
    assert_eq!((scene.whole("after"), scene.leftovers().len()), ("a", 0));
}

#[test]
fn builds_at_once_wait_for_each_other() {
    let scene = Scene::new("minimal");
    for _ in 0..3 {
        let children: Vec<Child> = ["a", "b", "a", "b", "a", "b"]
            .iter()
            .map(|name| scene.command(name, &[]).spawn().unwrap())
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        scene.whole("six at once");
        assert_eq!(scene.leftovers(), [""; 0]);
    }
    // One that holds on: the next waits, and goes on when it is let.
    let next = if scene.whole("before") == "a" { "b" } else { "a" };
    let lock = fs::File::create(scene.path(".bundle.netgen-lock")).unwrap();
    lock.lock().unwrap();
    let mut child = scene.command(next, &[]).spawn().unwrap();
    thread::sleep(Duration::from_millis(1500));
    assert!(child.try_wait().unwrap().is_none(), "it did not wait");
    assert_ne!(scene.whole("while waiting"), next);
    drop(lock);
    assert!(child.wait().unwrap().success());
    assert_eq!((scene.whole("after the wait"), scene.leftovers().len()), (next, 0));
}
