//! The `Makefile` of a bundle: it is run by make, with a stand-in for what it calls.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};
use tempfile::TempDir;

const MANIFEST: &str = "netgen: 1
network: { name: own, chain: hoodi, environment: development }
hosts: { h1: { address: 192.0.2.1 } }
services: { one: { component: node-exporter, host: h1 } }
";

struct Front {
    root: TempDir,
    playbooks: Vec<String>,
}

impl Front {
    fn new() -> Self {
        let world = MemoryWorld::new([("network.yaml", MANIFEST)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let compilation = compile(&world, &Input::new("network.yaml"), options);
        let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{:?}", compilation.diagnostics));
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("ansible")).unwrap();
        fs::write(root.path().join("Makefile"), bundle.get("Makefile").unwrap().bytes().unwrap()).unwrap();
        // It says what it is given, a line for each argument.
        let program = root.path().join("ansible-playbook");
        fs::write(&program, "#!/bin/sh\nbasename \"$PWD\"\nprintf '%s\\n' \"$@\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let names = bundle.files().filter_map(|(path, _)| path.as_str().strip_prefix("ansible/"));
        let playbooks = names.filter_map(|name| name.strip_suffix(".yml")).filter(|name| !name.contains('/'));
        Self { playbooks: playbooks.map(str::to_owned).collect(), root }
    }

    fn make(&self, arguments: &[&str]) -> Output {
        let program = format!("ANSIBLE_PLAYBOOK={}", self.root.path().join("ansible-playbook").display());
        let mut make = Command::new("make");
        make.current_dir(self.root.path()).arg("--silent").arg(program).args(arguments);
        make.env_remove("MAKEFLAGS").env("HOST", "a-shell").env("CONFIRM", "own").output().unwrap()
    }

    fn said(&self, arguments: &[&str]) -> Vec<String> {
        let output = self.make(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

#[test]
fn every_playbook_has_a_target() {
    let front = Front::new();
    assert!(front.playbooks.len() > 10, "{:?}", front.playbooks);
    let help = front.said(&["help"]).join("\n");
    assert_eq!(help, front.said(&[]).join("\n"), "help is what make alone says");
    for playbook in &front.playbooks {
        let target = if playbook == "site" { "deploy".to_owned() } else { playbook.replace('_', "-") };
        assert!(help.contains(&format!("\n  {target} ")), "{target}: {help}");
        assert_eq!(front.said(&[&target]), ["ansible".to_owned(), format!("{playbook}.yml")]);
        let look = front.make(&["--just-print", &target, "LIMIT=h1", "DRY_RUN=1"]);
        let look = String::from_utf8(look.stdout).unwrap();
        assert!(look.contains(&format!("{playbook}.yml --limit 'h1' --check --diff")), "{look}");
    }
}

#[test]
fn what_is_given_arrives_as_it_is() {
    let front = Front::new();
    let hostile = r#"it's "$(shell id)" \ `id`; $HOME, a  b"#;
    let said =
        front.said(&["logs", &format!("SERVICE={hostile}"), "LIMIT=all:!h'1 $x", "DRY_RUN=0", "ARGS=-K -v"]);
    let json = said.iter().find(|line| line.starts_with('{')).unwrap();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(value, serde_json::json!({ "netgen_service": hostile }));
    assert_eq!(said, ["ansible", "logs.yml", "--limit", "all:!h'1 $x", "-e", json, "-K", "-v"]);
    let said = front.said(&["down", "CONFIRM="]);
    assert_eq!(said, ["ansible", "down.yml"], "a variable of the environment confirms nothing");
}

#[test]
fn a_misspelt_variable_is_an_error() {
    let output = Front::new().make(&["deploy", "LIMITS=h1"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("there is no variable LIMITS"), "{said}");
    assert!(output.stdout.is_empty());
}
