//! The hooks, run by the real pre-commit on a repository with a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Bench, all_there, git, path_with, said};
use super::{edit, network, root};

/// A repository that offers the hooks of this project. What is built of it is a program that says its name
/// and its arguments, for the real one takes minutes.
fn offered(home: &Path) -> (PathBuf, String) {
    let folder = home.join("netgen");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::copy(root().join(".pre-commit-hooks.yaml"), folder.join(".pre-commit-hooks.yaml")).unwrap();
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"netgen\"\nversion = \"0.0.1\"\nedition = \"2021\"\n",
    )
    .unwrap();
    let program = r#"fn main() {
        println!("built: {:?}", std::env::args().skip(1).collect::<Vec<_>>());
        std::process::exit(1);
    }"#;
    fs::write(folder.join("src/main.rs"), program).unwrap();
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "--all"]);
    git(&folder, &["commit", "--quiet", "--message", "hooks"]);
    let commit = git(&folder, &["rev-parse", "HEAD"]);
    (folder, commit)
}

struct Desk {
    home: tempfile::TempDir,
    folder: PathBuf,
}

impl Desk {
    fn new(hooks: &str) -> Self {
        let (home, folder) = network();
        let (netgen, commit) = offered(home.path());
        let config =
            format!("repos:\n  - repo: {}\n    rev: {commit}\n    hooks:\n{hooks}", netgen.display());
        fs::write(folder.join(".pre-commit-config.yaml"), config).unwrap();
        git(&folder, &["add", "--all"]);
        git(&folder, &["commit", "--quiet", "--message", "hooks"]);
        Self { home, folder }
    }

    /// Stages everything and lets the hooks see it; gives whether they let it pass, and what they said.
    fn run(&self) -> (bool, String) {
        git(&self.folder, &["add", "--all"]);
        // The toolchain itself: its front has settings in the real home.
        let cargo = Path::new(env!("CARGO")).parent().unwrap();
        let pre_commit = Bench::new().unwrap().find("pre-commit").unwrap();
        let done = Command::new(pre_commit)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", path_with(cargo))
            .env("HOME", self.home.path())
            .env("PRE_COMMIT_HOME", self.home.path().join("cache"))
            .env("CARGO_HOME", self.home.path().join("cargo"))
            .env("LC_ALL", "C.UTF-8")
            .args(["run", "--color", "never"])
            .output()
            .unwrap();
        (done.status.success(), said(&done))
    }

    fn commit(&self) {
        git(&self.folder, &["add", "--all"]);
        git(&self.folder, &["commit", "--quiet", "--no-verify", "--message", "more"]);
    }
}

/// How often a verdict stands at the end of a hook's line.
fn count(said: &str, verdict: &str) -> usize {
    said.lines().filter(|line| line.starts_with("netgen ") && line.ends_with(verdict)).count()
}

#[test]
fn a_mistake_is_not_committed() {
    if !all_there(&["pre-commit", "git"]) {
        return;
    }
    let desk = Desk::new(
        "      - id: netgen-check-system\n      - id: netgen-lock-check-system\n      - id: netgen-build-check-system\n",
    );
    // What is no part of a network concerns no hook.
    fs::write(desk.folder.join("NOTES.txt"), "x").unwrap();
    let (passes, said) = desk.run();
    assert!(passes && count(&said, "Skipped") == 3, "{said}");
    desk.commit();
    // A good change with its bundle.
    edit(&desk.folder.join("network.yaml"), "203.0.113.10", "203.0.113.11");
    let (passes, said) = desk.run();
    assert!(!passes && count(&said, "Passed") == 2 && count(&said, "Failed") == 1, "{said}");
    assert!(said.contains("203.0.113.11") && said.contains("`netgen build` writes it anew"), "{said}");
    let build =
        Command::new(env!("CARGO_BIN_EXE_netgen")).current_dir(&desk.folder).arg("build").output().unwrap();
    assert!(build.status.success());
    let (passes, said) = desk.run();
    assert!(passes && count(&said, "Passed") == 3, "{said}");
    desk.commit();
    // A typo.
    edit(&desk.folder.join("network.yaml"), "chain: hoodi", "chain: hodi");
    let (passes, said) = desk.run();
    assert!(!passes && said.contains("NG0201") && said.contains("did you mean `hoodi`?"), "{said}");
    git(&desk.folder, &["checkout", "--quiet", "HEAD", "."]);
    // An edit in the bundle concerns the hook of the bundle alone.
    let makefile = desk.folder.join("bundle/Makefile");
    let text = fs::read_to_string(&makefile).unwrap();
    fs::write(&makefile, text + "# mine\n").unwrap();
    let (passes, said) = desk.run();
    assert!(!passes && count(&said, "Skipped") == 2 && count(&said, "Failed") == 1, "{said}");
    assert!(said.contains("1 file was edited by hand"), "{said}");
}

#[test]
fn a_manifest_of_several_files_is_read_once_and_whole() {
    if !all_there(&["pre-commit", "git"]) {
        return;
    }
    let desk = Desk::new(
        "      - id: netgen-check-system\n        files: ^networks/b/\n        args: [networks/b/network.yaml]\n",
    );
    let folder = desk.folder.join("networks/b");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(desk.folder.join("network.yaml"), folder.join("network.yaml")).unwrap();
    fs::copy(desk.folder.join("netgen.lock"), folder.join("netgen.lock")).unwrap();
    edit(&folder.join("network.yaml"), "netgen: 1", "netgen: 1\ninclude: hosts.yaml");
    fs::write(folder.join("hosts.yaml"), "hosts: { node-1: { provider: somebody } }\n").unwrap();
    let (passes, said) = desk.run();
    assert!(passes && count(&said, "Passed") == 1, "{said}");
    desk.commit();
    // The file that changed is no manifest by itself; what it does to the network is what counts.
    fs::write(folder.join("hosts.yaml"), "hosts: { node-1: { provider: somebody, regoin: eu } }\n").unwrap();
    let (passes, said) = desk.run();
    assert!(!passes && said.contains("hosts.yaml:1:") && said.contains("regoin"), "{said}");
    git(&desk.folder, &["checkout", "--quiet", "HEAD", "."]);
    // The other network is none of its business.
    edit(&desk.folder.join("network.yaml"), "chain: hoodi", "chain: hodi");
    let (passes, said) = desk.run();
    assert!(passes && count(&said, "Skipped") == 1, "{said}");
}

#[test]
fn netgen_is_built_where_it_is_not_there() {
    if !all_there(&["pre-commit", "git"]) {
        return;
    }
    let desk = Desk::new("      - id: netgen-check\n        args: [--deny, warnings]\n");
    edit(&desk.folder.join("network.yaml"), "203.0.113.10", "203.0.113.11");
    let (passes, said) = desk.run();
    assert!(!passes && said.contains(r#"built: ["check", "--deny", "warnings"]"#), "{said}");
}
