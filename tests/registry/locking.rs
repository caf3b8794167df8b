//! `netgen lock` as it is run: what it asks, what it writes, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::images::{Image, add_to_layout, digest, hello, image, index};
use crate::server::{Reply, Seen, Server, tls_folder};
use crate::{holds, trials};

trials! {
    locking_writes_what_was_found_and_twice_changes_nothing
    building_and_checking_ask_nobody
    an_edit_of_one_line_changes_one_entry
    a_second_node_changes_nothing_about_images
    update_asks_for_one_or_for_all
    update_of_nothing_is_a_usage_error
    check_asks_nobody_and_writes_nothing
    check_online_finds_a_tag_that_moved
    offline_opens_no_connection
    an_image_without_the_platform_of_its_host
    an_image_that_is_not_there_leaves_the_lock_alone
    a_dead_registry_is_told_once
    a_layout_pins_without_a_network
    a_list_pins_and_keeps_platforms
    an_old_lock_is_read_and_nobody_is_asked
    a_merge_conflict_is_not_written_over
    a_broken_platform_is_found
    a_credential_helper_is_asked
    a_mirror_with_a_password_is_refused_and_not_repeated
    an_authority_of_its_own_is_trusted_when_it_is_named
    a_certificate_for_another_name_is_refused
    a_proxy_is_used_but_not_for_this_machine
    a_manifest_on_standard_input
    findings_are_one_document
}

const MANIFEST: &str = r#"netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
images:
  geth: "team/geth:v1.2.3"
hosts:
  a: { address: 203.0.113.10 }
services:
  el: { host: a, component: geth }
  db: { host: a, component: postgres, image: "team/postgres:16.2" }
"#;

/// Bytes by path, the newest last.
type Images = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A registry whose images tests may change.
struct Shelf {
    images: Images,
    server: Server,
}

impl Shelf {
    /// `team/geth:v1.2.3` for two platforms and `team/postgres:16.2` for one.
    fn new() -> Self {
        Self::with(|answer| Server::start(answer))
    }

    fn with(start: impl FnOnce(Box<dyn Fn(&Seen) -> Reply + Send + Sync>) -> Server) -> Self {
        let images = Images::default();
        let shelf = Arc::clone(&images);
        let server = start(Box::new(move |seen| {
            let found = shelf.lock().unwrap();
            match found.iter().rev().find(|(path, _)| *path == seen.path) {
                Some((path, bytes)) if path.contains("/blobs/") => Reply::body(bytes.clone()),
                Some((_, bytes)) => Reply::manifest(bytes.clone()),
                None => Reply::status(404),
            }
        }));
        let new = Self { images, server };
        new.put_index("team/geth", "v1.2.3", &geth("1"));
        new.put("team/postgres", "16.2", &hello());
        new
    }

    fn put(&self, repository: &str, tag: &str, image: &Image) {
        self.add(repository, tag, &image.manifest);
        let blob = format!("/v2/{repository}/blobs/{}", digest(&image.configuration));
        self.images.lock().unwrap().push((blob, image.configuration.clone()));
    }

    fn put_index(&self, repository: &str, tag: &str, images: &[Image; 2]) {
        self.add(repository, tag, &top(images));
    }

    fn add(&self, repository: &str, tag: &str, bytes: &[u8]) {
        let mut images = self.images.lock().unwrap();
        for name in [tag, &digest(bytes)] {
            images.push((format!("/v2/{repository}/manifests/{name}"), bytes.to_vec()));
        }
    }

    fn mirror(&self) -> String {
        format!("http://{}", self.server.authority())
    }
}

fn geth(version: &str) -> [Image; 2] {
    [image("amd64", "", version), image("arm64", "v8", version)]
}

fn top(images: &[Image; 2]) -> Vec<u8> {
    index(&[("amd64", "", &images[0]), ("arm64", "v8", &images[1])])
}

fn project(manifest: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("network.yaml"), manifest).unwrap();
    folder
}

/// Whoever goes past the mirror ends at a port where nobody listens: no test asks the world.
const NOWHERE: &str = "http://127.0.0.1:1";

fn command(folder: &Path, mirror: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netgen"));
    command.current_dir(folder).env_clear().env("HOME", folder).env("NETGEN_REGISTRY_MIRROR", mirror);
    command.env("HTTPS_PROXY", NOWHERE);
    command.args(arguments);
    command
}

fn netgen(folder: &TempDir, shelf: &Shelf, arguments: &[&str]) -> Output {
    command(folder.path(), &shelf.mirror(), arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn ends(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    said(output)
}

fn lock(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("netgen.lock")).unwrap()
}

fn has_lock(folder: &TempDir) -> bool {
    folder.path().join("netgen.lock").exists()
}

/// A folder that is locked.
fn locked(shelf: &Shelf) -> TempDir {
    let folder = project(MANIFEST);
    ends(&netgen(&folder, shelf, &["lock"]), 0);
    folder
}

fn edit(folder: &TempDir, from: &str, to: &str) {
    let path = folder.path().join("network.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replace(from, to)).unwrap();
}

fn locking_writes_what_was_found_and_twice_changes_nothing() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let text = lock(&folder);
    let [amd64, arm64] = geth("1");
    let expected = format!(
        r#"
[image."team/geth:v1.2.3"]
digest = "{}"
platforms."linux/amd64" = "{}"
platforms."linux/arm64" = "{}"
wanted-by = ["images.geth"]

[image."team/postgres:16.2"]
digest = "{single}"
platforms."linux/amd64" = "{single}"
wanted-by = ["services.db.image"]
"#,
        digest(&top(&geth("1"))),
        digest(&amd64.manifest),
        digest(&arm64.manifest),
        single = digest(&hello().manifest),
    );
    holds(&text, &[&expected, "version = 1\ncatalog = \""]);
    let path = folder.path().join("netgen.lock");
    let before = (fs::metadata(&path).unwrap().modified().unwrap(), shelf.server.seen().len());
    let again = ends(&netgen(&folder, &shelf, &["lock"]), 0);
    holds(&again, &["2 images", "up to date"]);
    let after = (fs::metadata(&path).unwrap().modified().unwrap(), shelf.server.seen().len());
    assert_eq!(before, after, "the file was written or somebody was asked");
    assert_eq!(lock(&folder), text);
}

fn building_and_checking_ask_nobody() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let before = shelf.server.seen().len();
    for arguments in
        [&["build"] as &[&str], &["build", "--check"], &["check"], &["lock", "--check"], &["verify"]]
    {
        ends(&netgen(&folder, &shelf, arguments), 0);
    }
    assert_eq!(shelf.server.seen().len(), before);
    let compose = fs::read_to_string(folder.path().join("bundle/compose/a/compose.yaml")).unwrap();
    holds(&compose, &[&format!("team/geth:v1.2.3@{}", digest(&top(&geth("1"))))]);
}

fn an_edit_of_one_line_changes_one_entry() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let before = lock(&folder);
    let asked = shelf.server.seen().len();
    shelf.put_index("team/geth", "v1.2.4", &geth("2"));
    edit(&folder, "v1.2.3", "v1.2.4");
    ends(&netgen(&folder, &shelf, &["build"]), 4);
    ends(&netgen(&folder, &shelf, &["lock"]), 0);
    let after = lock(&folder);
    // Blocks between empty lines: the one of the image that was edited, and no other.
    let blocks = |text: &str| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (blocks(&before), blocks(&after));
    assert_eq!(old.len(), new.len());
    let changed: Vec<&String> = old.iter().zip(&new).filter(|(a, b)| a != b).map(|(a, _)| a).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(changed[0].starts_with("[image.\"team/geth:v1.2.3\"]"));
    assert!(shelf.server.lines()[asked..].iter().all(|line| line.contains("team/geth")));
    // And back again.
    edit(&folder, "v1.2.4", "v1.2.3");
    ends(&netgen(&folder, &shelf, &["lock"]), 0);
    assert_eq!(lock(&folder), before);
}

fn a_second_node_changes_nothing_about_images() {
    let shelf = Shelf::new();
    let stacked = r#"netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.20 }
stacks:
  node:
    execution: { component: geth, image: "team/geth:v1.2.3" }
nodes:
  n1: { host: a, role: rpc, stack: node }
"#;
    let folder = project(stacked);
    ends(&netgen(&folder, &shelf, &["lock"]), 0);
    holds(&lock(&folder), &["wanted-by = [\"stacks.node.execution.image\"]"]);
    let images = |text: &str| text.split("\n[port").next().unwrap().to_owned();
    let before = images(&lock(&folder));
    edit(&folder, "  n1: {", "  n2: { host: b, role: rpc, stack: node }\n  n1: {");
    let asked = shelf.server.seen().len();
    ends(&netgen(&folder, &shelf, &["lock"]), 0);
    assert_eq!(images(&lock(&folder)), before);
    assert_eq!(shelf.server.seen().len(), asked);
}

fn update_asks_for_one_or_for_all() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let before = lock(&folder);
    let (new_geth, new_db) = (geth("moved"), image("amd64", "", "moved"));
    shelf.put_index("team/geth", "v1.2.3", &new_geth);
    shelf.put("team/postgres", "16.2", &new_db);
    ends(&netgen(&folder, &shelf, &["lock"]), 0);
    assert_eq!(lock(&folder), before, "a plain lock leaves what is pinned");
    for name in ["team/geth:v1.2.3", "team/geth", "docker.io/team/geth", "el"] {
        fs::write(folder.path().join("netgen.lock"), &before).unwrap();
        let told = ends(&netgen(&folder, &shelf, &["lock", &format!("--update={name}")]), 0);
        holds(&told, &["team/geth:v1.2.3: sha256:", " -> sha256:"]);
        holds(&lock(&folder), &[&digest(&top(&new_geth)), &digest(&hello().manifest)]);
    }
    ends(&netgen(&folder, &shelf, &["lock", "--update"]), 0);
    holds(&lock(&folder), &[&digest(&top(&new_geth)), &digest(&new_db.manifest)]);
}

fn update_of_nothing_is_a_usage_error() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let told = ends(&netgen(&folder, &shelf, &["lock", "--update=team/gett"]), 2);
    holds(&told, &["did you mean `team/geth"]);
}

fn check_asks_nobody_and_writes_nothing() {
    let shelf = Shelf::new();
    let folder = project(MANIFEST);
    let told = ends(&netgen(&folder, &shelf, &["lock", "--check"]), 4);
    holds(
        &told,
        &["NG0301", "`team/geth:v1.2.3` has no digest", "network.yaml:4", "network.yaml:9", "netgen lock"],
    );
    assert!(!has_lock(&folder) && shelf.server.seen().is_empty());
    let folder = locked(&shelf);
    let asked = shelf.server.seen().len();
    // An image that is no longer used.
    edit(&folder, "component: postgres, image: \"team/postgres:16.2\"", "component: geth");
    let before = lock(&folder);
    let told = ends(&netgen(&folder, &shelf, &["lock", "--check"]), 4);
    holds(&told, &["out of date", "team/postgres:16.2: no longer used"]);
    assert_eq!((lock(&folder), shelf.server.seen().len()), (before, asked));
}

fn check_online_finds_a_tag_that_moved() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let before = lock(&folder);
    let asked = shelf.server.seen().len();
    ends(&netgen(&folder, &shelf, &["lock", "--check", "--online"]), 0);
    // One request an image, and no body.
    let lines = shelf.server.lines();
    assert_eq!(lines.len(), asked + 2);
    assert!(lines[asked..].iter().all(|line| line.starts_with("HEAD ")), "{lines:?}");
    shelf.put_index("team/geth", "v1.2.3", &geth("moved"));
    let told = ends(&netgen(&folder, &shelf, &["lock", "--check", "--online"]), 4);
    let line = before.lines().position(|line| line.contains(&digest(&top(&geth("1"))))).unwrap() + 1;
    holds(
        &told,
        &[
            "NG0314",
            &format!("netgen.lock:{line}:"),
            &digest(&top(&geth("1"))),
            &digest(&top(&geth("moved"))),
            "netgen lock --update=team/geth:v1.2.3",
        ],
    );
    assert!(!told.contains("postgres:16.2` stands"), "{told}");
    assert_eq!(lock(&folder), before);
}

fn offline_opens_no_connection() {
    let shelf = Shelf::new();
    let folder = project(MANIFEST);
    let told = ends(&netgen(&folder, &shelf, &["lock", "--offline"]), 4);
    holds(&told, &["`team/geth:v1.2.3`", "`team/postgres:16.2`", "--pins FILE", "--from-layout FOLDER"]);
    assert!(shelf.server.seen().is_empty() && !has_lock(&folder));
    let folder = locked(&shelf);
    let asked = shelf.server.seen().len();
    ends(&netgen(&folder, &shelf, &["lock", "--offline"]), 0);
    assert_eq!(shelf.server.seen().len(), asked);
}

fn an_image_without_the_platform_of_its_host() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    edit(&folder, "203.0.113.10 }", "203.0.113.10, architecture: arm64 }");
    // geth is there for both, postgres for amd64 alone.
    for arguments in [&["check"] as &[&str], &["build"], &["lock"], &["lock", "--update"]] {
        let told = ends(&netgen(&folder, &shelf, arguments), 1);
        holds(
            &told,
            &["NG0312", "`team/postgres:16.2` does not exist for linux/arm64", "this host is arm64"],
        );
        assert!(!told.contains("team/geth:v1.2.3` does not exist"), "{told}");
    }
    // Nothing is written where it is found out by asking, either.
    fs::remove_file(folder.path().join("netgen.lock")).unwrap();
    ends(&netgen(&folder, &shelf, &["lock"]), 1);
    assert!(!has_lock(&folder));
    // Once it has been published, the lock can be mended.
    let both = [hello(), image("arm64", "v8", "new")];
    shelf.put_index("team/postgres", "16.2", &both);
    ends(&netgen(&folder, &shelf, &["lock"]), 0);
}

fn an_image_that_is_not_there_leaves_the_lock_alone() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let before = lock(&folder);
    edit(&folder, "v1.2.3", "v9");
    let told = ends(&netgen(&folder, &shelf, &["lock"]), 5);
    // The mirror does not have it, and Docker Hub cannot be reached from here.
    holds(&told, &["NG0313", "network.yaml:4:", "`team/geth:v9`", "has no tag `v9`"]);
    assert_eq!(lock(&folder), before);
}

fn a_dead_registry_is_told_once() {
    let shelf = Shelf::new();
    let manifest = MANIFEST.replace("team/", "registry.invalid/team/");
    let folder = project(&manifest);
    let told = ends(&netgen(&folder, &shelf, &["lock"]), 5);
    assert_eq!(told.matches("`registry.invalid` cannot be reached").count(), 1, "{told}");
    holds(&told, &["registry.invalid/team/geth:v1.2.3", "registry.invalid/team/postgres:16.2"]);
}

fn a_layout_pins_without_a_network() {
    let shelf = Shelf::new();
    let folder = project(MANIFEST);
    let layout = folder.path().join("images");
    let images = geth("1");
    add_to_layout(&layout, "docker.io/team/geth:v1.2.3", &top(&images), "index", &[&images[0], &images[1]]);
    let arguments = ["lock", "--offline", "--from-layout", "images"];
    let told = ends(&netgen(&folder, &shelf, &arguments), 4);
    holds(&told, &["`team/postgres:16.2` has no digest", "the layouts hold `docker.io/team/geth:v1.2.3`"]);
    let db = hello();
    add_to_layout(&layout, "team/postgres:16.2", &db.manifest, "manifest", &[&db]);
    ends(&netgen(&folder, &shelf, &arguments), 0);
    assert!(shelf.server.seen().is_empty());
    // The same as from the registry.
    assert_eq!(lock(&folder), lock(&locked(&shelf)));
}

fn a_list_pins_and_keeps_platforms() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let before = lock(&folder);
    let asked = shelf.server.seen().len();
    let list =
        |geth: &str| format!("team/geth:v1.2.3 {geth}\nteam/postgres:16.2@{}\n", digest(&hello().manifest));
    fs::write(folder.path().join("pins"), list(&digest(&top(&geth("1"))))).unwrap();
    ends(&netgen(&folder, &shelf, &["lock", "--pins", "pins"]), 0);
    assert_eq!(lock(&folder), before);
    fs::write(folder.path().join("pins"), list(&digest(b"another"))).unwrap();
    ends(&netgen(&folder, &shelf, &["lock", "--pins", "pins"]), 0);
    holds(&lock(&folder), &[&digest(b"another")]);
    assert!(!lock(&folder).contains(&digest(&geth("1")[0].manifest)), "platforms of another image");
    assert_eq!(shelf.server.seen().len(), asked);
}

fn an_old_lock_is_read_and_nobody_is_asked() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let old: String = lock(&folder)
        .lines()
        .filter(|line| !["catalog", "platforms", "wanted-by"].iter().any(|key| line.starts_with(key)))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(folder.path().join("netgen.lock"), &old).unwrap();
    let asked = shelf.server.seen().len();
    ends(&netgen(&folder, &shelf, &["build"]), 0);
    let told = ends(&netgen(&folder, &shelf, &["lock"]), 0);
    holds(&told, &["2 of them without platforms", "netgen lock --update"]);
    holds(&lock(&folder), &["wanted-by = [\"images.geth\"]", &digest(&top(&geth("1")))]);
    assert_eq!(shelf.server.seen().len(), asked);
}

fn a_merge_conflict_is_not_written_over() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let conflict = format!("<<<<<<< HEAD\n{}=======\n>>>>>>> other\n", lock(&folder));
    fs::write(folder.path().join("netgen.lock"), &conflict).unwrap();
    let asked = shelf.server.seen().len();
    for arguments in [&["lock"] as &[&str], &["lock", "--check"], &["lock", "--update"], &["build"]] {
        let told = ends(&netgen(&folder, &shelf, arguments), 4);
        holds(
            &told,
            &["NG0302", "a merge conflict was left in the file", "netgen.lock:1:", "git checkout --ours"],
        );
        assert!(!told.contains("writes the file anew"), "{told}");
    }
    assert_eq!((lock(&folder), shelf.server.seen().len()), (conflict, asked));
}

fn a_broken_platform_is_found() {
    let shelf = Shelf::new();
    let folder = locked(&shelf);
    let good = digest(&geth("1")[1].manifest);
    let broken = lock(&folder).replace(&good, "sha256:12");
    let line = broken.lines().position(|line| line.contains("sha256:12\"")).unwrap() + 1;
    fs::write(folder.path().join("netgen.lock"), broken).unwrap();
    let told = ends(&netgen(&folder, &shelf, &["check"]), 1);
    holds(&told, &["NG0302", &format!("netgen.lock:{line}:")]);
}

#[cfg(unix)]
fn a_credential_helper_is_asked() {
    let guarded = |seen: &Seen| match seen.header("authorization") {
        // me:hunter2
        Some("Basic bWU6aHVudGVyMg==") => crate::server::good(seen),
        _ => Reply::status(401).header("WWW-Authenticate", "Basic realm=x"),
    };
    let server = Server::start(guarded);
    let folder = project(MANIFEST);
    let config = format!(r#"{{"credHelpers": {{"{}": "test"}}}}"#, server.authority());
    fs::create_dir(folder.path().join(".docker")).unwrap();
    fs::write(folder.path().join(".docker/config.json"), config).unwrap();
    let program = folder.path().join("docker-credential-test");
    let run = |script: &str| {
        crate::program::write(&program, script);
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let mirror = format!("http://{}", server.authority());
        command(folder.path(), &mirror, &["lock"]).env("PATH", path).output().unwrap()
    };
    let asks = "#!/bin/sh\n[ \"$1\" = get ] || exit 1\nread server\necho \"$server\" > asked\n";
    let told = ends(&run(&format!("{asks}echo '{{\"Username\":\"me\",\"Secret\":\"wrong-one\"}}'\n")), 5);
    holds(&told, &["the mirror was asked before", "refuses the login"]);
    assert!(!told.contains("wrong-one"), "{told}");
    let told = ends(&run(&format!("{asks}echo \"hunter2 is not for you\"; exit 1\n")), 5);
    assert!(!told.contains("hunter2"), "{told}");
    ends(&run(&format!("{asks}echo '{{\"Username\":\"me\",\"Secret\":\"hunter2\"}}'\n")), 0);
    assert_eq!(fs::read_to_string(folder.path().join("asked")).unwrap().trim(), server.authority());
    assert!(!lock(&folder).contains("hunter2"));
}

fn a_mirror_with_a_password_is_refused_and_not_repeated() {
    let folder = project(MANIFEST);
    let mirror = "https://me:hunter2@mirror.example.net";
    for done in [
        command(folder.path(), mirror, &["lock"]).output().unwrap(),
        command(folder.path(), "", &["lock", "--registry-mirror", mirror]).output().unwrap(),
        command(folder.path(), mirror, &["lock", "--help"]).output().unwrap(),
    ] {
        assert!(!said(&done).contains("hunter2"), "{}", said(&done));
    }
    let refused = ends(&command(folder.path(), mirror, &["lock"]).output().unwrap(), 2);
    holds(&refused, &["--registry-mirror", "docker login"]);
    let plain = command(folder.path(), "http://mirror.example.net", &["lock"]).output().unwrap();
    holds(&ends(&plain, 2), &["--insecure-registry mirror.example.net"]);
}

fn an_authority_of_its_own_is_trusted_when_it_is_named() {
    let shelf = Shelf::with(|answer| Server::with_tls("trusted", answer));
    let mirror = format!("https://{}", shelf.server.authority());
    let folder = project(MANIFEST);
    let done = command(folder.path(), &mirror, &["lock"])
        .env("SSL_CERT_FILE", tls_folder().join("authority.pem"))
        .output()
        .unwrap();
    ends(&done, 0);
    assert!(!shelf.server.seen().is_empty());
}

fn a_certificate_for_another_name_is_refused() {
    let shelf = Shelf::with(|answer| Server::with_tls("other-name", answer));
    let mirror = format!("https://{}", shelf.server.authority());
    let folder = project(MANIFEST);
    let done = command(folder.path(), &mirror, &["lock"])
        .env("SSL_CERT_FILE", tls_folder().join("authority.pem"))
        .output()
        .unwrap();
    holds(&ends(&done, 5), &["its certificate is for"]);
    assert!(shelf.server.seen().is_empty());
}

fn a_proxy_is_used_but_not_for_this_machine() {
    let shelf = Shelf::new();
    let proxy = Server::start(|_| Reply::status(403));
    let run = |manifest: &str, without: &str| {
        let folder = project(manifest);
        let url = format!("http://{}", proxy.authority());
        command(folder.path(), &shelf.mirror(), &["lock"])
            .env("HTTPS_PROXY", url)
            .env("NO_PROXY", without)
            .output()
            .unwrap()
    };
    ends(&run(MANIFEST, ""), 0);
    assert!(proxy.seen().is_empty(), "{:?}", proxy.lines());
    let elsewhere = MANIFEST.replace("team/", "registry.invalid/team/");
    holds(&ends(&run(&elsewhere, "registry.invalid"), 5), &["its name is not known"]);
    assert!(proxy.seen().is_empty(), "{:?}", proxy.lines());
    holds(&ends(&run(&elsewhere, ""), 5), &["`registry.invalid` cannot be reached: the proxy refuses it"]);
    assert!(proxy.lines().iter().all(|line| line == "CONNECT registry.invalid:443"), "{:?}", proxy.lines());
}

fn a_manifest_on_standard_input() {
    let shelf = Shelf::new();
    let folder = project(MANIFEST);
    let done = command(folder.path(), &shelf.mirror(), &["lock", "-", "--lock", "other.lock"])
        .stdin(Stdio::from(fs::File::open(folder.path().join("network.yaml")).unwrap()))
        .output()
        .unwrap();
    ends(&done, 0);
    holds(&fs::read_to_string(folder.path().join("other.lock")).unwrap(), &["team/geth:v1.2.3"]);
}

fn findings_are_one_document() {
    let shelf = Shelf::new();
    let folder = project(&MANIFEST.replace("v1.2.3", "v9"));
    for arguments in [&["lock", "--format", "json"] as &[&str], &["lock", "--check", "--format", "json"]] {
        let done = netgen(&folder, &shelf, arguments);
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert!(!report["diagnostics"].as_array().unwrap().is_empty());
        assert!(done.stderr.is_empty(), "{}", said(&done));
    }
}
