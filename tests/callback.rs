//! What ansible-playbook says with the callback of the bundle: real playbooks fail in the ways that are
//! common, and each failure is one line with its cure. Needs ansible-core of `.ci/install-readers`; without
//! it the test is left out, with `NETGEN_REQUIRE_TOOLS=1` it fails.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

#[path = "common/program.rs"]
mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// (what a program or a check says, what is made of it)
const FAILURES: &[(&str, &str)] = &[
    ("write /opt/x: No space left on device", "a disk is full -- see which: df -h"),
    ("Missing sudo password", "sudo wants a password of admin -- give it with ARGS='--ask-become-pass'"),
    ("admin is not in the sudoers file.", "admin may not become root -- add admin to the group sudo"),
    (
        "8545/tcp of n1-chain is in use by socat (process 12); other",
        "port 8545/tcp of n1-chain is in use by socat (process 12) -- stop it",
    ),
    (
        "listen tcp 0.0.0.0:9000: bind: address already in use",
        "port 9000 is in use by another process -- make doctor LIMIT=",
    ),
    (
        "Bind for 0.0.0.0:3000 failed: port is already allocated",
        "port 3000 is in use by another process -- make doctor LIMIT=",
    ),
    (
        "Secret key comes from the environment variable NODE_KEY, which is not set here",
        "secret key is missing (read by n1-chain): NODE_KEY is not set on this machine -- export NODE_KEY=...",
    ),
    (
        "Secret key must be at /root/key of h1: put it there first",
        "secret key is missing (read by n1-chain): there is no /root/key on the host -- put it there",
    ),
    (
        "Could not get lock /var/lib/dpkg/lock-frontend",
        "another program installs packages on the host -- wait",
    ),
    (
        "manifest for geth:v1 not found: manifest unknown",
        "the registry no longer has an image -- netgen lock",
    ),
    (
        "Unable to start service netgen-a.service: Job for netgen-a.service failed because",
        "netgen-a.service does not start -- read why: journalctl --unit netgen-a.service",
    ),
    ("h1 has 2 threads, less than the manifest says", "h1 has 2 threads, less than the manifest says"),
];

/// (what ssh says, what is made of it); the port of the hosts is 2222.
const CONNECTIONS: &[(&str, &str)] = &[
    (
        "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @ Host key verification failed.",
        "the key of 192.0.2.7 has changed: it is another machine, or it was installed anew -- \
         if you know why: ssh-keygen -R '[192.0.2.7]:2222'",
    ),
    (
        "Host key verification failed.",
        "the key of 192.0.2.7 is not known here -- compare it and accept it: ssh -p 2222",
    ),
    (
        "admin@192.0.2.7: Permission denied (publickey).",
        "admin@192.0.2.7 takes none of the keys of this machine",
    ),
    ("connect to host 192.0.2.7 port 2222: Connection timed out", "192.0.2.7 port 2222 does not answer"),
    ("Could not resolve hostname a.b: Name or service not known", "the name 192.0.2.7 does not resolve here"),
    (
        "something else",
        "cannot be reached at 192.0.2.7 port 2222 -- try it by hand: ssh -p 2222 admin@192.0.2.7",
    ),
];

const PLAYBOOK: &str = "---
- name: Well
  hosts: good, failure
  gather_facts: false
  tasks:
    - {name: Silent, ansible.builtin.set_fact: {quiet: 1}}
    - {name: Report, ansible.builtin.debug: {msg: [line one, line two]}, run_once: true}
    - name: Rescued
      block: [{name: Once, ansible.builtin.fail: {msg: No space left on device}, when: inventory_hostname == 'good'}]
      rescue: [{name: Over, ansible.builtin.set_fact: {quiet: 2}}]
- name: Bad
  hosts: all
  gather_facts: false
  tasks:
    - {name: Fails, ansible.builtin.fail: {msg: '{{ said }}'}, when: said is defined}
    - {name: Reaches, ansible.builtin.ping: {}, when: ssh is defined}
";

#[test]
fn a_failure_is_one_line_with_its_cure() {
    let Some(ansible) = ansible() else {
        assert!(std::env::var_os("NETGEN_REQUIRE_TOOLS").is_none(), "needs ansible-playbook");
        eprintln!("left out: needs ansible-playbook");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut inventory = "all:\n  hosts:\n    good: {ansible_connection: local}\n".to_owned();
    let mut failing = String::new();
    for (index, (said, _)) in FAILURES.iter().enumerate() {
        let said = serde_json::Value::from(*said);
        writeln!(inventory, "    f{index}: {{ansible_connection: local, said: {said}}}").unwrap();
        write!(failing, "f{index}: {{}}, ").unwrap();
    }
    for (index, (said, _)) in CONNECTIONS.iter().enumerate() {
        // A stand-in for ssh, which says it and ends as ssh does.
        let program = folder.path().join(format!("ssh{index}"));
        program::write(&program, format!("#!/bin/sh\nprintf '%s\\n' '{said}' >&2\nexit 255\n"));
        writeln!(
            inventory,
            "    c{index}: {{ansible_host: 192.0.2.7, ansible_port: 2222, ssh: 1, ansible_ssh_executable: {}}}",
            program.display()
        )
        .unwrap();
    }
    inventory.push_str(&format!("  children: {{failure: {{hosts: {{{failing}}}}}}}\n"));
    inventory.push_str(
        "  vars:\n    ansible_user: admin\n    netgen_secrets: [{name: key, path: /key}]\n    \
         netgen_secret_readers: {/key: [n1-chain]}\n",
    );
    let project = folder.path().join("bundle/ansible");
    fs::create_dir_all(project.join("callback_plugins")).unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/ansible");
    for file in ["ansible.cfg", "callback_plugins/netgen.py"] {
        fs::copy(own.join(file), project.join(file)).unwrap();
    }
    fs::write(project.join("inventory"), inventory).unwrap();
    fs::write(project.join("try.yml"), PLAYBOOK).unwrap();
    // The lock of a manifest that was locked anew after the build.
    fs::write(folder.path().join("netgen.lock"), "new").unwrap();
    let made = r#"{"inputs": [{"path": "manifest", "sha256": ""}, {"path": "netgen.lock", "sha256": "00"}]}"#;
    fs::write(folder.path().join("bundle/bundle.json"), made).unwrap();
    let output = Command::new(ansible)
        .arg("try.yml")
        .current_dir(&project)
        .env("ANSIBLE_NOCOLOR", "1")
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let has = |text: &str| assert!(lines.iter().any(|line| line.starts_with(text)), "{text}\n{said}");
    has("NOTE: netgen.lock changed since this bundle was built -- make it anew: netgen build");
    has("PLAY [Well]  0%  ");
    assert!(lines.contains(&"line one") && lines.contains(&"line two"), "{said}");
    assert!(!said.contains("ok: ["), "what is well is left out: {said}");
    for (index, (text, what)) in FAILURES.iter().enumerate() {
        has(&format!("FAILED f{index}: Fails: {what}"));
        has(&format!("fatal: [f{index}]: FAILED! => "));
        let first = text.split_whitespace().next().unwrap();
        assert!(
            said.contains(&format!("msg: {first}")) || said.contains(&format!("msg: '{first}")),
            "{text}: {said}"
        );
        let told = lines.iter().filter(|line| line.contains(&format!("f{index}")) && line.contains(what));
        assert!(told.count() >= 2, "it stands at the end too: {what}\n{said}");
    }
    for (index, (_, what)) in CONNECTIONS.iter().enumerate() {
        has(&format!("FAILED c{index}: Reaches: {what}"));
        has(&format!("fatal: [c{index}]: UNREACHABLE! => "));
    }
    let recap = lines.iter().position(|line| line.starts_with("PLAY RECAP")).unwrap();
    let after = &lines.get(recap + 1..).unwrap();
    assert!(after.iter().any(|line| line.starts_with("f0 ") && line.contains("failed=1")), "{said}");
    assert!(!after.iter().any(|line| line.starts_with("good: ")), "what was rescued is over: {said}");
}

fn ansible() -> Option<PathBuf> {
    let given = std::env::var_os("NETGEN_READERS").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers");
    let folders = given.into_iter().chain([own]);
    folders.map(|folder| folder.join("bin/ansible-playbook")).find(|program| program.is_file())
}
