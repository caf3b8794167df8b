//! `netgen report`: the page in a bundle is the one that the bundle gives, and what it can be asked for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "common/examples.rs"]
mod common;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of an example with its bundle.
struct Project(tempfile::TempDir);

impl Project {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = root().join("examples").join(name);
        common::copy_inputs(&source, folder.path());
        let project = Self(folder);
        let unlocked = common::has_unlocked(&source).then_some("--allow-unlocked");
        let arguments: Vec<&str> = ["build", "--quiet"].into_iter().chain(unlocked).collect();
        assert_eq!(project.run(&arguments).0, 0);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let done = Command::new(env!("CARGO_BIN_EXE_netgen"))
            .current_dir(self.0.path())
            .env_clear()
            .args(args)
            .output()
            .unwrap();
        (done.status.code().unwrap(), String::from_utf8_lossy(&done.stderr).into_owned())
    }

    fn page(&self, args: &[&str]) -> String {
        let (code, said) = self.run(&[&["report", "-o", "page.html"], args].concat());
        assert_eq!(code, 0, "{said}");
        fs::read_to_string(self.path("page.html")).unwrap()
    }
}

fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn bundle_and_manifest_give_one_page() {
    for (name, boards) in [("minimal", false), ("ethereum-validator", true)] {
        let project = Project::new(name);
        let built = fs::read_to_string(project.path("bundle/report/index.html")).unwrap();
        assert_eq!(project.run(&["build", "--archive", "bundle.tar.gz", "--quiet"]).0, 0);
        for side in ["bundle", "bundle.tar.gz", "network.yaml"] {
            assert!(project.page(&[side]) == built, "{name}: {side} gives another page");
        }
        assert!(project.page(&[]) == built, "{name}: the manifest of the folder gives another page");
        let data = data(&built);
        assert_eq!(data["boards"].as_array().unwrap().is_empty(), !boards);
        assert!(data.get("diff").is_none());
        // What the page shows is what the bundle says.
        let network = fs::read_to_string(project.path("bundle/network.json")).unwrap();
        let network: Value = serde_json::from_str(&network).unwrap();
        let names = |list: &str| -> Vec<&str> {
            data[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
        };
        for list in ["hosts", "services", "nodes"] {
            let known = network["values"][list].as_object();
            let known: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names(list), known, "{name}: {list}");
        }
        for list in ["ports", "alerts", "survives", "needs"] {
            assert_eq!(data[list].as_array().unwrap().len(), network[list].as_array().unwrap().len());
        }
    }
}

#[test]
fn a_folder_gets_the_pictures_too() {
    let project = Project::new("ethereum-validator");
    let (code, said) = project.run(&["report", "bundle", "-o", "out"]);
    assert_eq!((code, said.contains("dashboards")), (0, true), "{said}");
    let boards = fs::read_dir(project.path("bundle/grafana/dashboards")).unwrap();
    for board in boards.map(|entry| entry.unwrap().path()) {
        let picture = project.path("out").join(board.file_stem().unwrap()).with_extension("svg");
        assert!(fs::read_to_string(picture).unwrap().starts_with("<svg "));
    }
    let page = fs::read(project.path("out/index.html")).unwrap();
    assert!(page == fs::read(project.path("bundle/report/index.html")).unwrap());
}

#[test]
fn the_page_shows_what_is_otherwise() {
    let project = Project::new("ethereum-validator");
    let same = data(&project.page(&["--against", "bundle"]));
    assert_eq!(same["diff"]["changes"], Value::Array(Vec::new()));
    assert_eq!(same["diff"]["files"], Value::Array(Vec::new()));
    let manifest = project.path("network.yaml");
    let text = fs::read_to_string(&manifest).unwrap();
    let changed = text.replace("max-peers: 50", "max-peers: 60").replace("203.0.113.40", "203.0.113.44");
    assert_ne!(text, changed);
    fs::write(&manifest, changed).unwrap();
    let diff = &data(&project.page(&["--against", "bundle"]))["diff"];
    let services = diff["blast"]["services"].as_array().unwrap();
    assert!(services.iter().any(|touch| touch["service"] == "val-eu-1-execution"), "{diff}");
    // The page is a record of the whole network, and says so as a file that differs.
    let page = diff["files"].as_array().unwrap().iter().find(|file| file["path"] == "report/index.html");
    assert!(page.is_some_and(|file| !file["causes"].as_array().unwrap().is_empty()), "{diff}");
}

#[test]
fn what_cannot_be_shown_is_told() {
    let project = Project::new("minimal");
    let cases: [(&[&str], i32, &str); 4] = [
        (&["report", "bundle", "--set", "network.name=x"], 2, "is no manifest"),
        (&["report", "bundel"], 5, "bundel"),
        (&["report", "--against", "bundel"], 5, "bundel"),
        (&["report", "bundle", "-o", "network.yaml/page.html"], 5, "network.yaml"),
    ];
    for (args, wanted, word) in cases {
        let (code, said) = project.run(args);
        assert_eq!((code, said.contains(word)), (wanted, true), "{args:?}: {said}");
    }
    let edited = project.path("bundle/network.json");
    let text = fs::read_to_string(&edited).unwrap();
    fs::write(&edited, text.replace("hoodi-node", "hoodi-edon")).unwrap();
    assert_eq!(project.run(&["report", "bundle"]).0, 1);
}
