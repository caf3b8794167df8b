//! `netgen keys`: what it makes, what it never touches, and what never shows.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

#[path = "common/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 }, c: { address: 203.0.113.12 } }
stacks: { el: { execution: { component: geth } }, rl: { execution: { component: reth } } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: b, role: rpc, stack: rl }
peering: full-mesh
";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("network.yaml"), MANIFEST).unwrap();
    folder
}

fn netgen(folder: &Path, args: &[&str]) -> Output {
    with(folder, args, &[])
}

fn with(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netgen"));
    command.current_dir(folder).env_clear().args(args);
    command.envs(environment.iter().copied()).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn keys_are_made_once_for_their_owner_alone() {
    let folder = project();
    let made = netgen(folder.path(), &["keys"]);
    assert_eq!(code(&made), 0, "{}", text(&made));
    let secrets = folder.path().join("secrets");
    assert_eq!(mode(&secrets), 0o700);
    let keys = files(&secrets);
    assert_eq!(
        keys.keys().map(String::as_str).collect::<Vec<_>>(),
        ["one-execution.node.hex", "two-execution.node.hex"]
    );
    for name in keys.keys() {
        assert_eq!(mode(&secrets.join(name)), 0o600, "{name}");
    }
    let lock = fs::read(folder.path().join("netgen.lock")).unwrap();
    let again = netgen(folder.path(), &["keys"]);
    assert_eq!(code(&again), 0);
    assert_eq!(files(&secrets), keys);
    assert_eq!(fs::read(folder.path().join("netgen.lock")).unwrap(), lock);
    assert_eq!(code(&netgen(folder.path(), &["keys", "--check"])), 0);
}

#[test]
fn no_secret_is_ever_shown_or_put_into_lock_or_bundle() {
    let folder = project();
    let made = netgen(folder.path(), &["keys"]);
    let built = netgen(folder.path(), &["build", "--allow-unlocked"]);
    assert_eq!(code(&built), 0, "{}", text(&built));
    let shown = text(&made) + &text(&built) + &text(&netgen(folder.path(), &["show"]));
    let keys: Vec<String> = files(&folder.path().join("secrets"))
        .into_values()
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    assert!(keys.iter().all(|key| key.len() == 64));
    let lock = fs::read_to_string(folder.path().join("netgen.lock")).unwrap();
    for key in &keys {
        assert!(!shown.contains(key) && !lock.contains(key));
        for (path, bytes) in files(&folder.path().join("bundle")) {
            assert!(!String::from_utf8_lossy(&bytes).contains(key), "{path}");
        }
    }
    // The deploy is told where the key is, and the client where it will lie.
    let vars = fs::read_to_string(folder.path().join("bundle/ansible/inventory/host_vars/a.yml")).unwrap();
    assert!(vars.contains("secrets/one-execution.node.hex"), "{vars}");
    let compose = fs::read_to_string(folder.path().join("bundle/compose/a/compose.yaml")).unwrap();
    assert!(compose.contains("--nodekey=/run/secrets/node-key"));
}

#[test]
fn what_the_lock_lacks_stops_the_build_with_its_own_code() {
    let folder = project();
    let built = netgen(folder.path(), &["build"]);
    assert_eq!(code(&built), 4);
    assert!(text(&built).contains("NG0622") && text(&built).contains("netgen keys"));
    assert_eq!(code(&netgen(folder.path(), &["keys", "--check"])), 4);
    assert!(!folder.path().join("secrets").exists() && !folder.path().join("netgen.lock").exists());
    assert_eq!(code(&netgen(folder.path(), &["build", "--allow-unlocked"])), 0);
}

#[test]
fn a_node_that_is_added_changes_nobody_elses_identity() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    let lock = |folder: &Path| -> toml::Table {
        toml::from_str(&fs::read_to_string(folder.join("netgen.lock")).unwrap()).unwrap()
    };
    let before = lock(folder.path());
    let more = MANIFEST.replace("peering:", "  another: { host: c, role: rpc, stack: rl }\npeering:");
    fs::write(folder.path().join("network.yaml"), more).unwrap();
    let made = netgen(folder.path(), &["keys"]);
    assert_eq!(code(&made), 0, "{}", text(&made));
    let after = lock(folder.path());
    let (before, after) = (before["identity"].as_table().unwrap(), after["identity"].as_table().unwrap());
    assert_eq!((before.len(), after.len()), (2, 3));
    assert!(before.iter().all(|(service, identity)| after.get(service) == Some(identity)));
    // Taking it out again takes out its entry, and leaves its key.
    fs::write(folder.path().join("network.yaml"), MANIFEST).unwrap();
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    assert_eq!(lock(folder.path())["identity"].as_table().unwrap(), before);
    assert_eq!(files(&folder.path().join("secrets")).len(), 3);
}

#[test]
fn a_lost_lock_is_made_again_from_the_keys() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    let lock = folder.path().join("netgen.lock");
    let before = fs::read(&lock).unwrap();
    fs::remove_file(&lock).unwrap();
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    assert_eq!(fs::read(&lock).unwrap(), before);
}

/// Each of these keys is a reason to stop; all are named at once, and nothing is written.
#[test]
fn keys_that_cannot_be_used_are_errors_and_stay() {
    let folder = project();
    let secrets = folder.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    let put = |name: &str, text: &str, mode: u32| {
        let path = secrets.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let secret = "11".repeat(32);
    put("one-execution.node.hex", &secret[..40], 0o600);
    put("two-execution.node.hex", &secret, 0o644);
    let before = files(&secrets);
    let refused = netgen(folder.path(), &["keys"]);
    assert_eq!(code(&refused), 1);
    let said = text(&refused);
    assert!(said.contains("one-execution.node.hex") && said.contains("has not the form"), "{said}");
    assert!(said.contains("two-execution.node.hex") && said.contains("0644"), "{said}");
    assert!(!said.contains(&secret[..40]));
    assert_eq!(files(&secrets), before);
    assert!(!folder.path().join("netgen.lock").exists());
    // A good key of the user's own is taken as it is.
    fs::remove_file(secrets.join("one-execution.node.hex")).unwrap();
    put("two-execution.node.hex", &format!("0x{secret}\n"), 0o600);
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    let lock = fs::read_to_string(folder.path().join("netgen.lock")).unwrap();
    // The public key of 0x1111...: a known point.
    assert!(lock.contains("034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa"), "{lock}");
    // Another key in its place contradicts the lock.
    put("two-execution.node.hex", &"22".repeat(32), 0o600);
    let refused = netgen(folder.path(), &["keys"]);
    assert_eq!(code(&refused), 1);
    assert!(text(&refused).contains("another identity"), "{}", text(&refused));
}

#[test]
fn a_lock_that_contradicts_itself_is_told_with_its_line() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    let lock = folder.path().join("netgen.lock");
    let text_of_lock = fs::read_to_string(&lock).unwrap();
    let peer_id = text_of_lock.split("peer-id = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    fs::write(
        &lock,
        text_of_lock.replacen(&peer_id, "16Uiu2HAmDxrqPnD6xitN8MxPHnqwugqd3jbJxqMKdRZSxf52b34j", 1),
    )
    .unwrap();
    let checked = netgen(folder.path(), &["check"]);
    assert_eq!(code(&checked), 1);
    assert!(text(&checked).contains("`peer-id` does not belong to the public key"), "{}", text(&checked));
    assert!(text(&checked).contains("netgen.lock:"), "{}", text(&checked));
}

#[test]
fn netgen_lock_keeps_identities() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["keys"])), 0);
    let pins = format!(
        "ethereum/client-go:v1.17.5 sha256:{a}\nghcr.io/paradigmxyz/reth:v2.5.1 sha256:{a}\n",
        a = "a".repeat(64)
    );
    fs::write(folder.path().join("pins"), pins).unwrap();
    let locked = netgen(folder.path(), &["lock", "--pins", "pins"]);
    assert_eq!(code(&locked), 0, "{}", text(&locked));
    assert_eq!(code(&netgen(folder.path(), &["keys", "--check"])), 0);
    let built = netgen(folder.path(), &["build"]);
    assert_eq!(code(&built), 0, "{}", text(&built));
    assert_eq!(code(&netgen(folder.path(), &["lock", "--check"])), 0);
}

#[test]
fn keys_are_never_put_into_a_bundle_or_far_away() {
    let folder = project();
    assert_eq!(code(&netgen(folder.path(), &["build", "--allow-unlocked"])), 0);
    for out in ["bundle", "bundle/keys", "/", ".."] {
        let refused = netgen(folder.path(), &["keys", "--out", out]);
        assert_eq!(code(&refused), 2, "{out}: {}", text(&refused));
    }
    assert_eq!(code(&netgen(folder.path(), &["keys", "--out", "deep/keys"])), 0);
    let lock = fs::read_to_string(folder.path().join("netgen.lock")).unwrap();
    assert!(lock.contains("file = \"deep/keys/one-execution.node.hex\""), "{lock}");
}

#[test]
fn a_key_that_the_manifest_keeps_itself_is_only_read() {
    let folder = project();
    let declared =
        MANIFEST.replace("peering:", "secrets: { mine: { file: my.key }, far: { env: FAR } }\npeering:");
    let declared = declared
        .replace(
            "el: { execution: { component: geth } }",
            "el: { execution: { component: geth, settings: { node-key: { secret: mine } } } }",
        )
        .replace(
            "rl: { execution: { component: reth } }",
            "rl: { execution: { component: reth, settings: { node-key: { secret: far } } } }",
        );
    fs::write(folder.path().join("network.yaml"), declared).unwrap();
    let key = folder.path().join("my.key");
    fs::write(&key, "11".repeat(32)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = netgen(folder.path(), &["keys"]);
    assert_eq!(code(&refused), 1);
    assert!(text(&refused).contains("--public two-execution/node="), "{}", text(&refused));
    let public = "034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa";
    let told = netgen(folder.path(), &["keys", "--public", &format!("two-execution/node={public}")]);
    assert_eq!(code(&told), 0, "{}", text(&told));
    assert!(!folder.path().join("secrets").exists());
    let lock = fs::read_to_string(folder.path().join("netgen.lock")).unwrap();
    assert_eq!(lock.matches(public).count(), 2);
    let bad = netgen(folder.path(), &["keys", "--public", "two-execution/node=02ff"]);
    assert_eq!(code(&bad), 2);
}

/// A program that stands in for sops: it keeps what it was told, and gives back the same text turned
/// around, which is encryption enough for a test.
fn fake_sops(folder: &Path) -> String {
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    let script = "#!/bin/sh\nprintf '%s\\n' \"$*\" >> \"${0%/*}/calls\"\n\
        case $1 in\n\
        encrypt) printf '{\"data\":\"'; rev /dev/stdin | tr -d '\\n'; printf '\"}\\n' ;;\n\
        decrypt) for last; do :; done; sed 's/.*\"data\":\"//; s/\"}//' \"$last\" | rev | tr -d '\\n' ;;\n\
        esac\n";
    program::write(&bin.join("sops"), script);
    format!("{}:/usr/bin:/bin", bin.display())
}

#[test]
fn keys_for_sops_are_never_plain_on_the_disk() {
    let folder = project();
    let path = fake_sops(folder.path());
    let environment = [("PATH", path.as_str())];
    let made = with(folder.path(), &["keys", "--encrypt", "sops", "--recipient", "age1xyz"], &environment);
    assert_eq!(code(&made), 0, "{}", text(&made));
    let keys = files(&folder.path().join("secrets"));
    assert_eq!(
        keys.keys().map(String::as_str).collect::<Vec<_>>(),
        ["one-execution.node.sops.json", "two-execution.node.sops.json"]
    );
    let calls = fs::read_to_string(folder.path().join("bin/calls")).unwrap();
    assert!(calls.contains("--age age1xyz") && calls.contains("--input-type binary"), "{calls}");
    assert!(calls.contains("--filename-override") && calls.contains("secrets/one-execution.node.sops.json"));
    let lock = fs::read_to_string(folder.path().join("netgen.lock")).unwrap();
    assert!(lock.contains("sops = \"secrets/one-execution.node.sops.json\""), "{lock}");
    // The deploy decrypts it on the machine that deploys.
    let built = netgen(folder.path(), &["build", "--allow-unlocked"]);
    assert_eq!(code(&built), 0, "{}", text(&built));
    let vars = fs::read_to_string(folder.path().join("bundle/ansible/inventory/host_vars/a.yml")).unwrap();
    assert!(vars.contains("source: sops") && vars.contains("secrets/one-execution.node.sops.json"), "{vars}");
    // Without the lock the public half comes out of the encrypted file again.
    fs::remove_file(folder.path().join("netgen.lock")).unwrap();
    let again = with(folder.path(), &["keys"], &environment);
    assert_eq!(code(&again), 0, "{}", text(&again));
    assert_eq!(fs::read_to_string(folder.path().join("netgen.lock")).unwrap(), lock);
    assert_eq!(files(&folder.path().join("secrets")), keys);
}

#[test]
fn a_program_that_encrypts_nothing_is_not_believed() {
    let folder = project();
    let path = fake_sops(folder.path());
    fs::write(folder.path().join("bin/sops"), "#!/bin/sh\ncat /dev/stdin\n").unwrap();
    let made = with(folder.path(), &["keys", "--encrypt", "sops"], &[("PATH", path.as_str())]);
    assert_eq!(code(&made), 5, "{}", text(&made));
    assert!(text(&made).contains("not encrypted"));
    assert!(files(folder.path()).keys().all(|name| !name.starts_with("secrets/")));
}

#[test]
fn a_program_that_is_missing_is_named() {
    let folder = project();
    let args = ["keys", "--encrypt", "sops", "--recipient", "age1xyz"];
    let made = with(folder.path(), &args, &[("PATH", "/nonexistent")]);
    assert_eq!(code(&made), 5);
    assert!(text(&made).contains("`sops` is not installed"), "{}", text(&made));
    assert_eq!(code(&netgen(folder.path(), &["keys", "--encrypt", "age"])), 2);
    assert_eq!(code(&netgen(folder.path(), &["keys", "--recipient", "age1x"])), 2);
    assert_eq!(code(&netgen(folder.path(), &["keys", "--encrypt", "age", "--recipient", "--help"])), 2);
}

/// With the real program, where it is installed.
#[test]
fn keys_for_age_open_with_the_real_age() {
    let folder = project();
    let Ok(made) = Command::new("age-keygen").arg("-o").arg(folder.path().join("age.key")).output() else {
        assert!(std::env::var_os("NETGEN_REQUIRE_TOOLS").is_none(), "age is not installed");
        return;
    };
    let recipient = String::from_utf8(made.stderr).unwrap();
    let recipient = recipient.trim().rsplit(' ').next().unwrap();
    let environment = [("PATH", "/usr/local/bin:/usr/bin:/bin")];
    let args = ["keys", "--encrypt", "age", "--recipient", recipient];
    let made = with(folder.path(), &args, &environment);
    assert_eq!(code(&made), 0, "{}", text(&made));
    let secrets = folder.path().join("secrets");
    for (name, bytes) in files(&secrets) {
        assert!(name.ends_with(".hex.age"), "{name}");
        assert!(bytes.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"));
        assert_eq!(mode(&secrets.join(name)), 0o600);
    }
    let lock = folder.path().join("netgen.lock");
    let before = fs::read(&lock).unwrap();
    fs::remove_file(&lock).unwrap();
    let closed = with(folder.path(), &["keys"], &environment);
    assert_eq!(code(&closed), 1);
    assert!(text(&closed).contains("--age-key-file"), "{}", text(&closed));
    let opened = with(folder.path(), &["keys", "--age-key-file", "age.key"], &environment);
    assert_eq!(code(&opened), 0, "{}", text(&opened));
    assert_eq!(fs::read(&lock).unwrap(), before);
}
