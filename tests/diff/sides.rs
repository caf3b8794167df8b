//! What a side may be: manifests, bundles, archives, locks and revisions of git; and the exit codes.

use std::fs;
use std::path::Path;
use std::process::Command;

const HOSTS: &str = "hosts:\n  node-1: { address: 203.0.113.10 }\n";

const MANIFEST: &str = "netgen: 1
include: [hosts.yaml]
network: { name: demo, chain: hoodi, environment: testnet }
stacks: { node: { execution: { component: geth } } }
nodes: { node-1: { host: node-1, role: rpc, stack: node } }
";

struct Done {
    code: i32,
    out: String,
    err: String,
}

fn run(program: &str, folder: &Path, arguments: &[&str]) -> Done {
    let done = Command::new(program)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env_remove("NETGEN_AS")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) }
}

fn netgen(folder: &Path, arguments: &[&str]) -> Done {
    run(env!("CARGO_BIN_EXE_netgen"), folder, arguments)
}

fn git(folder: &Path, arguments: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let done = run("git", folder, &[&who, arguments].concat());
    assert_eq!(done.code, 0, "git {arguments:?}: {}", done.err);
}

/// A repository whose manifest is in a folder of it, and includes another file.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let nets = folder.path().join("nets");
    fs::create_dir(&nets).unwrap();
    fs::write(nets.join("network.yaml"), MANIFEST).unwrap();
    fs::write(nets.join("hosts.yaml"), HOSTS).unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    folder
}

#[test]
fn a_revision_is_read_with_what_it_includes() {
    let folder = repository();
    let nets = folder.path().join("nets");
    let same = netgen(&nets, &["diff", "git:HEAD", "--exit-code"]);
    assert_eq!(same.code, 0, "{} {}", same.out, same.err);
    assert!(same.out.contains("nothing differs"), "{}", same.out);

    fs::write(nets.join("hosts.yaml"), HOSTS.replace(".10", ".77")).unwrap();
    for old in
        ["git:HEAD", "git:main", "git:HEAD:nets/network.yaml", "git:HEAD:./network.yaml", "git:HEAD:nets"]
    {
        let done = netgen(&nets, &["diff", old, "--exit-code"]);
        assert_eq!(done.code, 3, "{old}: {}", done.err);
        assert!(done.out.contains("203.0.113.10 -> 203.0.113.77"), "{old}: {}", done.out);
    }
    // From the top of the repository, and both sides from git.
    let done = netgen(folder.path(), &["diff", "git:HEAD", "nets/network.yaml", "--exit-code"]);
    assert_eq!(done.code, 3, "{}", done.err);
    git(folder.path(), &["commit", "-q", "-a", "-m", "two"]);
    let done = netgen(folder.path(), &["diff", "git:HEAD~1:nets", "git:HEAD:nets", "--as", "markdown"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.starts_with("### demo: restart") && done.out.contains("<details"), "{}", done.out);
}

#[test]
fn what_is_no_revision_is_refused() {
    let folder = repository();
    let nets = folder.path().join("nets");
    let outside = ["git:HEAD:../../etc", "git:HEAD:a/../../b"];
    for old in ["git:nothing", "git:--help", "git:", "git:HEAD:nets/none.yaml", outside[0], outside[1]] {
        let done = netgen(&nets, &["diff", old, "network.yaml"]);
        assert!(
            [1, 2, 5].contains(&done.code) && !done.err.is_empty() && done.out.is_empty(),
            "{old}: {} {}",
            done.code,
            done.err
        );
    }
    // A link of a revision is not followed.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", nets.join("link.yaml")).unwrap();
        fs::write(nets.join("network.yaml"), MANIFEST.replace("hosts.yaml", "link.yaml")).unwrap();
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-q", "-m", "link"]);
        fs::write(nets.join("network.yaml"), MANIFEST).unwrap();
        let done = netgen(&nets, &["diff", "git:HEAD", "network.yaml"]);
        assert_ne!(done.code, 0);
        assert!(done.err.contains("link"), "{}", done.err);
    }
}

#[test]
fn bundles_archives_and_locks_are_sides() {
    let folder = repository();
    let nets = folder.path().join("nets");
    let locked = |digest: char| {
        format!(
            "version = 1\n\n[image.\"ethereum/client-go:v1.17.5\"]\ndigest = \"sha256:{}\"\n\n\
             [port.node-1.node-1-execution]\np2p = 30303\n",
            digest.to_string().repeat(64)
        )
    };
    fs::write(nets.join("netgen.lock"), locked('1')).unwrap();
    let built = netgen(&nets, &["build", "-o", "bundle", "--archive", "bundle.tar.gz"]);
    assert_eq!(built.code, 0, "{}", built.err);
    for old in ["bundle", "bundle.tar.gz", "network.yaml"] {
        let done = netgen(&nets, &["diff", old, "--exit-code"]);
        assert_eq!(done.code, 0, "{old}: {} {}", done.out, done.err);
    }
    // The lock of a revision against the one that stands here.
    git(folder.path(), &["add", "nets/netgen.lock", "nets/bundle"]);
    git(folder.path(), &["commit", "-q", "-m", "locked"]);
    fs::write(nets.join("netgen.lock"), locked('2')).unwrap();
    for old in ["git:HEAD:nets/netgen.lock", "git:HEAD:nets/bundle", "bundle", "git:HEAD"] {
        let done = netgen(
            &nets,
            &["diff", old, "netgen.lock", "--exit-code", "--as", "json", "--manifest", "network.yaml"],
        );
        assert_eq!(done.code, 3, "{old}: {} {}", done.out, done.err);
        let diff: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(diff["changes"][0]["origin"], "lock", "{old}: {}", done.out);
        assert_eq!(diff["changes"][0]["value"], "digest", "{old}");
        assert_eq!(diff["effect"], "restart", "{old}");
    }
    // A bundle that was edited by hand is no side.
    fs::write(nets.join("bundle/Makefile"), "all:\n").unwrap();
    let done = netgen(&nets, &["diff", "bundle"]);
    assert!(done.code == 1 && done.err.contains("netgen verify"), "{} {}", done.code, done.err);
}

#[test]
fn a_change_can_be_refused() {
    let folder = repository();
    let nets = folder.path().join("nets");
    let exposed = format!(
        "{}services: {{ rpc: {{ component: haproxy, host: node-1, needs: {{ eth-rpc: node-1/execution }}, \
         expose: {{ rpc: public }} }} }}\n",
        MANIFEST.replace("component: geth }", "component: geth, settings: { max-peers: 30 } }")
    );
    fs::write(nets.join("network.yaml"), exposed).unwrap();
    let done = netgen(&nets, &["diff", "git:HEAD", "--fail-on", "data-loss,exposure"]);
    assert!(done.code == 1 && done.err.contains("8080"), "{} {}", done.code, done.err);
    let done = netgen(&nets, &["diff", "git:HEAD", "--fail-on", "data-loss,quorum,alert-lost,moved"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let done = netgen(&nets, &["diff", "git:HEAD", "--fail-on", "restart"]);
    assert_eq!(done.code, 1, "{}", done.err);

    let done = netgen(&nets, &["diff", "git:HEAD", "--rollout", "rollout.json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let plan: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(nets.join("rollout.json")).unwrap()).unwrap();
    assert_eq!(plan, serde_json::json!({ "netgen_rollout": [["node-1"]] }));
}
