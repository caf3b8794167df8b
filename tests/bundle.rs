//! What becomes of a bundle after it was made: packed, signed, verified, built again in part or by
//! somebody else, compared with what is committed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a bundle says about itself as a whole.
const OWN: &[&str] = &["SHA256SUMS", "bundle.json", "network.json", "provenance.json", "report/index.html"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name).join("network.yaml")
}

struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A folder with an example, and its bundle.
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["network.yaml", "netgen.lock"] {
            fs::copy(example(name).with_file_name(file), folder.path().join(file)).unwrap();
        }
        let project = Self { folder };
        assert_eq!(project.run(&["build"]).0, 0);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Exit code, standard output, standard error.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        self.run_with(args, &[])
    }

    fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
        let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
        netgen.current_dir(self.folder.path()).env_clear().envs(environment.iter().copied()).args(args);
        told(&netgen.output().unwrap())
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(self.path(name), text.replace(from, to)).unwrap();
    }
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Mode and bytes of every file, by path.
fn tree(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().display().to_string();
            (path, (entry.metadata().unwrap().mode() & 0o7777, fs::read(entry.path()).unwrap()))
        })
        .collect()
}

#[test]
fn another_user_folder_and_day_give_the_same_bytes() {
    let here = tempfile::tempdir().unwrap();
    let manifest = example("ethereum-validator");
    let build = |command: &mut Command, manifest: &Path, out: &Path| {
        let archive = out.with_extension("tar.gz");
        command.env_clear().arg("build").arg(manifest).arg("-o").arg(out).arg("--archive").arg(&archive);
        let (code, _, said) = told(&command.output().unwrap());
        assert_eq!(code, 0, "{said}");
        (tree(out), fs::read(archive).unwrap())
    };
    let netgen = env!("CARGO_BIN_EXE_netgen");
    let first = build(&mut Command::new(netgen), &manifest, &here.path().join("first"));
    assert!(first.0.values().any(|(mode, _)| *mode == 0o755));
    // The clock of a process cannot be turned; the one use of it can be told another day.
    let mut late = Command::new("sh");
    late.args([
        "-c",
        "umask 077; TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 NETGEN_AS_OF=2027-06-30 exec \"$0\" \"$@\"",
        netgen,
    ]);
    assert!(build(&mut late, &manifest, &here.path().join("late")) == first, "another day or umask");
    // A copy elsewhere, built by a user without a name, without a home.
    let there = tempfile::Builder::new().prefix("élsewhere ").tempdir().unwrap();
    fs::set_permissions(there.path(), fs::Permissions::from_mode(0o777)).unwrap();
    for file in ["network.yaml", "netgen.lock"] {
        fs::copy(manifest.with_file_name(file), there.path().join(file)).unwrap();
    }
    let copy = there.path().join("netgen");
    fs::copy(netgen, &copy).unwrap();
    let mut other = Command::new("setpriv");
    other.args(["--reuid=54321", "--regid=54321", "--clear-groups"]).arg(&copy);
    if fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
        && Command::new("setpriv").arg("--version").output().is_ok()
    {
        other.current_dir(there.path());
        let out = there.path().join("out");
        assert!(build(&mut other, Path::new("network.yaml"), &out) == first, "another user");
        assert_eq!(fs::metadata(&out).unwrap().uid(), 54321);
    } else {
        eprintln!("left out: a build by another user needs root and setpriv");
    }
}

#[test]
fn an_archive_holds_the_bundle_and_nothing_of_the_day() {
    let project = Project::new("minimal");
    assert_eq!(project.run(&["build", "--archive", "out/b.tar.gz"]).0, 0);
    let first = fs::read(project.path("out/b.tar.gz")).unwrap();
    let before = fs::metadata(project.path("out/b.tar.gz")).unwrap().modified().unwrap();
    assert_eq!(project.run(&["build", "--archive", "out/b.tar.gz"]).0, 0);
    assert_eq!(fs::metadata(project.path("out/b.tar.gz")).unwrap().modified().unwrap(), before);
    let (code, _, said) =
        project.run(&["verify", "out/b.tar.gz", "--rebuild", "network.yaml", "--production"]);
    assert_eq!((code, said.contains("every byte as `network.yaml` gives it")), (0, true), "{said}");
    let dated = [("SOURCE_DATE_EPOCH", "1767225600")];
    assert_eq!(project.run_with(&["build", "--archive", "dated.tar.gz"], &dated).0, 0);
    assert_ne!(fs::read(project.path("dated.tar.gz")).unwrap(), first);
    assert_eq!(project.run(&["verify", "dated.tar.gz"]).0, 0);
    assert_eq!(project.run(&["build", "--check", "--archive", "out/b.tar.gz"]).0, 0);
    let (code, said, _) = project.run(&["build", "--check", "--archive", "dated.tar.gz"]);
    assert_eq!((code, said.as_str()), (3, "dated.tar.gz: out of date\n"));
    // What GNU tar makes of it is the bundle.
    let unpacked =
        Command::new("tar").args(["xzf", "out/b.tar.gz"]).current_dir(project.folder.path()).status();
    assert!(unpacked.unwrap().success());
    assert!(tree(&project.path("hoodi-node")) == tree(&project.path("bundle")));
    fs::write(project.path("cut.tar.gz"), &first[..first.len() / 2]).unwrap();
    let (code, _, said) = project.run(&["verify", "cut.tar.gz"]);
    assert_eq!((code, said.contains("cannot be unpacked")), (5, true), "{said}");
}

#[test]
fn a_rebuild_sees_what_the_digests_do_not() {
    let project = Project::new("minimal");
    assert_eq!(project.run(&["verify", "--rebuild", "network.yaml"]).0, 0);
    // A bundle that is sound in itself, and not that of the manifest.
    let set = ["--set", "hosts.node-1.address=203.0.113.77"];
    assert_eq!(project.run(&[&["build", "-o", "other"], set.as_slice()].concat()).0, 0);
    assert_eq!(project.run(&["verify", "other"]).0, 0);
    let (code, said, _) = project.run(&["verify", "other", "--rebuild", "network.yaml"]);
    assert_eq!(code, 1);
    assert!(said.contains("`ansible/inventory/hosts.yml` is not what the manifest gives"), "{said}");
    assert_eq!(
        project.run(&[&["verify", "other", "--rebuild", "network.yaml"], set.as_slice()].concat()).0,
        0
    );
    let (code, _, said) = project.run(&["verify", "--set", "a=b"]);
    assert_eq!((code, said.contains("--rebuild")), (2, true), "{said}");
}

/// A key of OpenSSH; `None`, with a note, where there is no `ssh-keygen`.
fn keygen(project: &Project, name: &str, passphrase: &str) -> Option<()> {
    let path = project.path(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f"])
        .arg(path)
        .status();
    if made.is_err() {
        let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!required, "needs ssh-keygen");
        eprintln!("left out: no ssh-keygen here");
    }
    made.ok().map(|status| assert!(status.success()))
}

#[test]
fn signatures_of_netgen_and_of_ssh_keygen_are_the_same_thing() {
    let project = Project::new("minimal");
    let Some(()) = keygen(&project, "alice", "") else { return };
    keygen(&project, "bob", "").unwrap();
    keygen(&project, "locked", "secret").unwrap();
    let shell = |script: &str| {
        let status = Command::new("sh").args(["-ec", script]).current_dir(project.folder.path()).output();
        status.unwrap().status.success()
    };
    let (code, _, said) = project.run(&["verify", "--key", "alice.pub"]);
    assert_eq!((code, said.contains("there is no signature")), (1, true), "{said}");
    assert_eq!(project.run(&["build", "--sign", "alice", "--archive", "b.tar.gz"]).0, 0);
    for bundle in ["bundle", "b.tar.gz"] {
        let (code, _, said) = project.run(&["verify", bundle, "--key", "alice.pub"]);
        assert_eq!((code, said.contains("signed by alice (SHA256:")), (0, true), "{said}");
        assert_eq!(project.run(&["verify", bundle, "--key", "bob.pub"]).0, 1);
    }
    assert!(project.run(&["verify"]).2.contains("signed, but by whom was not checked"));
    assert!(shell("printf 'ops namespaces=\"netgen-bundle\" %s\\n' \"$(cat alice.pub)\" > signers"));
    let check = "ssh-keygen -Y verify -f signers -I ops -n netgen-bundle -s bundle/SHA256SUMS.sig < bundle/SHA256SUMS";
    assert!(shell(check));
    assert_eq!(project.run(&["verify", "--key", "signers"]).0, 0);
    // Keys of other kinds may stand in the list, and what they sign is for `ssh-keygen` to check.
    let others = "for kind in ecdsa rsa; do ssh-keygen -q -t $kind -N '' -f $kind; echo \"dev $(cat $kind.pub)\"; done > all; cat signers >> all";
    assert!(shell(others));
    assert_eq!(project.run(&["verify", "--key", "all"]).0, 0);
    for kind in ["ecdsa", "rsa"] {
        let sign = format!(
            "rm bundle/SHA256SUMS.sig; ssh-keygen -q -Y sign -n netgen-bundle -f {kind} bundle/SHA256SUMS"
        );
        assert!(shell(&sign));
        assert_eq!(project.run(&["verify"]).0, 0, "{kind}");
        let (code, _, said) = project.run(&["verify", "--key", "all"]);
        assert_eq!(
            (code, said.contains("`ssh-keygen -Y verify -n netgen-bundle` checks it")),
            (1, true),
            "{said}"
        );
    }
    assert_eq!(project.run(&["build", "--sign", "alice"]).0, 0);
    assert_eq!(project.run(&["verify", "--key", "all"]).0, 0);
    // A signature goes with what it signs.
    assert_eq!(project.run(&["build"]).0, 0);
    assert!(project.path("bundle/SHA256SUMS.sig").exists());
    project.edit("network.yaml", "203.0.113.10", "203.0.113.11");
    assert_eq!(project.run(&["build"]).0, 0);
    assert!(!project.path("bundle/SHA256SUMS.sig").exists());
    // The other way round, with a key that netgen does not open itself.
    let (code, _, said) = project.run(&["build", "--sign", "locked"]);
    assert_eq!((code, said.contains("ssh-keygen -Y sign -n netgen-bundle")), (2, true), "{said}");
    assert!(shell("ssh-keygen -q -Y sign -n netgen-bundle -f bob bundle/SHA256SUMS"));
    let (code, _, said) = project.run(&["verify", "--key", "bob.pub"]);
    assert_eq!((code, said.contains("signed by bob")), (0, true), "{said}");
    assert_eq!(project.run(&["build", "--check"]).0, 0);
    assert!(shell("rm bundle/SHA256SUMS.sig; ssh-keygen -q -Y sign -n git -f bob bundle/SHA256SUMS"));
    let (code, said, _) = project.run(&["verify"]);
    assert_eq!((code, said.contains("was made for `git`")), (1, true), "{said}");
}

#[test]
fn a_stale_bundle_is_shown_line_by_line() {
    let project = Project::new("minimal");
    project.edit("network.yaml", "203.0.113.10", "203.0.113.99");
    let (code, said, _) = project.run(&["build", "--check"]);
    assert_eq!(code, 3);
    assert!(said.starts_with("SHA256SUMS: out of date\nansible/inventory/"), "{said}");
    assert!(said.contains("--- ansible/inventory/hosts.yml\n+++ ansible/inventory/hosts.yml\n@@"), "{said}");
    assert!(said.contains("203.0.113.10\n+") && said.contains("203.0.113.99"), "{said}");
    assert!(!said.contains("--- SHA256SUMS"), "digests say nothing");
    // For programs the findings are the data.
    let (code, data, report) = project.run(&["build", "--check", "--format", "json"]);
    assert!(code == 3 && serde_json::from_str::<serde_json::Value>(&data).is_ok() && report.contains("+++ "));
    assert_eq!(project.run(&["build"]).0, 0);

    // Somebody's own edit, with a password in it, and an escape that would move a terminal.
    let compose = "bundle/compose/node-1/compose.yaml";
    let text = project.text(compose);
    fs::write(project.path(compose), format!("{text}x-note: \u{1b}[2J\nDB_PASSWORD: hunter2\n")).unwrap();
    fs::write(project.path("bundle/diagrams/topology.mmd"), [0, 159, 146, 150]).unwrap();
    fs::remove_file(project.path("bundle/ansible/down.yml")).unwrap();
    fs::write(project.path("bundle/mine.txt"), "").unwrap();
    let (code, said, remarks) = project.run(&["build", "--check"]);
    assert_eq!(code, 3);
    for line in [
        "ansible/down.yml: missing\n",
        "compose/node-1/compose.yaml: edited by hand\n",
        "diagrams/topology.mmd: edited by hand\n",
        "diagrams/topology.mmd: no text to compare\n",
        "-DB_PASSWORD: *******\n",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("hunter2") && !said.contains('\u{1b}') && !said.contains("mine.txt"), "{said}");
    assert!(remarks.contains("mine.txt: not written by netgen"), "{remarks}");
}

#[test]
fn a_report_of_differences_has_an_end() {
    let project = Project::new("ethereum-validator");
    for (path, _) in tree(&project.path("bundle")) {
        if path.starts_with("runbooks/") || path.starts_with("grafana/") {
            fs::write(project.path("bundle").join(path), "a line\n".repeat(1000)).unwrap();
        }
    }
    let (code, said, _) = project.run(&["build", "--check"]);
    assert_eq!(code, 3);
    assert!(said.lines().count() < 1000, "{} lines", said.lines().count());
    assert!(said.contains(" more lines of ") && said.contains(" more files differ)"), "{said}");
}

#[test]
fn parts_go_into_the_bundle_that_is_there() {
    let project = Project::new("ethereum-validator");
    project.edit("network.yaml", "203.0.113.10", "203.0.113.99");
    let before = tree(&project.path("bundle"));
    assert_eq!(project.run(&["build", "--only", "compose,firewall", "--host", "val-eu-1"]).0, 0);
    let after = tree(&project.path("bundle"));
    let changed: Vec<&String> =
        after.iter().filter(|(path, file)| before.get(*path) != Some(file)).map(|(path, _)| path).collect();
    assert!(
        changed.iter().all(|path| {
            ["compose/val-eu-1/", "firewall/val-eu-1/"].iter().any(|folder| path.starts_with(folder))
                || OWN.contains(&path.as_str())
        }),
        "{changed:?}"
    );
    assert!(changed.len() > 3, "{changed:?}");
    assert_eq!(project.run(&["verify"]).0, 0);
    let (code, _, said) = project.run(&["verify", "--production"]);
    assert_eq!((code, said.contains("parts that do not fit together")), (1, true), "{said}");
    assert_eq!(project.run(&["verify", "--rebuild", "network.yaml"]).0, 1);
    assert_eq!(project.run(&["build", "--check"]).0, 3);
    assert_eq!(project.run(&["build", "--check", "--only", "compose,firewall", "--host", "val-eu-1"]).0, 0);
    // All parts together are a whole bundle again.
    assert_eq!(project.run(&["build"]).0, 0);
    assert_eq!(project.run(&["verify", "--production", "--rebuild", "network.yaml"]).0, 0);

    assert_eq!(project.run(&["build", "-o", "part", "--only", "prometheus"]).0, 0);
    assert!(project.path("part/prometheus").exists() && !project.path("part/compose").exists());
    assert_eq!(project.run(&["verify", "part", "--rebuild", "network.yaml"]).0, 0);
    let (code, _, said) = project.run(&["verify", "part", "--production"]);
    assert_eq!((code, said.contains("is a part of a bundle")), (1, true), "{said}");
    for (args, near) in [(["--only", "promethues"], "`prometheus`"), (["--host", "val-eu1"], "`val-eu-1`")] {
        let (code, _, said) = project.run(&[&["build"], args.as_slice()].concat());
        assert_eq!((code, said.contains(near)), (2, true), "{said}");
    }
}

/// The groups of `--only` are the emitters, and each writes where its name says; and all that is named
/// after a host is known to be.
#[test]
fn every_file_belongs_to_the_group_of_its_emitter() {
    let groups: Vec<&str> = netgen::emit::EMITTERS.iter().map(|emitter| emitter.id()).collect();
    for name in ["ethereum-validator", "minimal", "runtimes"] {
        let snapshot = root().join("snapshots").join(name);
        let paths: Vec<String> = tree(&snapshot).into_keys().collect();
        let hosts: Vec<&str> = paths
            .iter()
            .filter_map(|path| path.strip_prefix("ansible/inventory/host_vars/")?.strip_suffix(".yml"))
            .collect();
        assert!(!hosts.is_empty());
        for path in &paths {
            let own = OWN.contains(&path.as_str());
            assert!(own || groups.contains(&netgen::bundle::group(path)), "{path}");
            for host in &hosts {
                let named =
                    path.split('/').any(|part| part == *host || part.strip_suffix(".yml") == Some(*host));
                let part = netgen::bundle::Part::new(&[], &[(*host).to_owned()]);
                assert_eq!(
                    part.has(&netgen::bundle::BundlePath::new(path).unwrap()),
                    named,
                    "{path} of {host}"
                );
            }
        }
    }
}

#[test]
fn a_statement_names_every_file_and_no_machine_or_value() {
    let project = Project::new("minimal");
    fs::write(
        project.path("more.yaml"),
        "variables: { v: { type: string } }\nnetwork: { environment: \"${v}\" }\n",
    )
    .unwrap();
    let path = project.path("network.yaml");
    let full = path.to_str().unwrap();
    let args = [
        "build",
        full,
        "-f",
        "more.yaml",
        "--var",
        "v=testnet",
        "--set",
        "hosts.node-1.ssh.port=2222",
        "--provenance",
        "p.json",
    ];
    let (code, _, said) = project.run(&args);
    assert_eq!(code, 0, "{said}");
    let text = project.text("p.json");
    let statement: serde_json::Value = serde_json::from_str(&text).unwrap();
    let build = &statement["predicate"]["buildDefinition"];
    assert_eq!(build["externalParameters"]["set"], serde_json::json!(["hosts.node-1.ssh.port"]));
    assert_eq!(build["externalParameters"]["variables"], serde_json::json!(["v"]));
    let names: Vec<&str> = build["resolvedDependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["more.yaml", "netgen.lock", "network.yaml"]);
    assert!(!text.contains(project.folder.path().to_str().unwrap()) && !text.contains("2222"), "{text}");
    // In the bundle too: no path of this machine.
    for (path, (_, bytes)) in tree(&project.path("bundle")) {
        assert!(!String::from_utf8_lossy(&bytes).contains(project.folder.path().to_str().unwrap()), "{path}");
    }
}

#[test]
fn a_secret_stops_the_build_and_is_not_shown() {
    let project = Project::new("minimal");
    let before = tree(&project.path("bundle"));
    let key = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
    project.edit(
        "network.yaml",
        "component: geth }",
        &format!("component: geth, environment: {{ UPLOAD_ID: {key} }} }}"),
    );
    for format in ["human", "json", "sarif", "github"] {
        let (code, data, said) = project.run(&["build", "--format", format]);
        assert_eq!(code, 1);
        let said = data + &said;
        assert!(said.contains("NG0470") && said.contains("compose/node-1/"), "{said}");
        assert!(!said.contains(&key), "{said}");
    }
    assert!(tree(&project.path("bundle")) == before);
    let waiver =
        "waivers: [{ rule: secret-in-bundle, reason: an example of the vendor, until: 2099-01-01 }]\n";
    let text = project.text("network.yaml");
    fs::write(project.path("network.yaml"), text + waiver).unwrap();
    let (code, _, said) = project.run(&["build"]);
    assert_eq!((code, said.contains(&key)), (0, false), "{said}");
}
