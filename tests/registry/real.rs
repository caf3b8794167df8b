//! Debian's docker-registry on loopback, filled by skopeo.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Completion, Trial};
use netgen::registry::{Layout, Problem, Settings};
use tempfile::TempDir;

use crate::images::{add_to_layout, digest, hello, image, index};
use crate::server::{Reply, Server};
use crate::{holds, platforms, reference, resolve, settings, with_logins, words};

crate::trials! {
    digests_are_those_of_skopeo
    what_is_not_there
    a_registry_with_passwords
    a_registry_behind_a_limit_of_requests
    a_layout_that_skopeo_wrote
    the_command_locks_what_skopeo_sees
}

const PROGRAMS: [&str; 2] = ["docker-registry", "skopeo"];
const USER: &str = "me";
const PASSWORD: &str = "correct horse";
/// The password above, as bcrypt.
const HTPASSWD: &str = "me:$2b$12$/dnb/TiCl1fK74hX6OE6mOvnbCAwfAVUwBhXX46Pa8jYZLlfA8Z2W\n";

/// The trials; left out where a program is missing.
pub fn trials() -> Vec<Trial> {
    let required = std::env::var_os("NETGEN_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|program| find(program).is_none()).collect();
    let need = format!("needs {}; .ci/install-readers installs it", missing.join(" and "));
    TRIALS
        .iter()
        .map(|(name, test)| {
            let (missing, need) = (!missing.is_empty(), need.clone());
            Trial::ignorable_test(format!("real::{name}"), move || {
                if !missing {
                    test();
                    Ok(Completion::Completed)
                } else if required {
                    Err(need.into())
                } else {
                    Ok(Completion::ignored_with(format!("left out: {need}")))
                }
            })
        })
        .collect()
}

fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// A registry with a store of its own, which ends with the value.
struct Registry {
    process: Child,
    folder: TempDir,
    authority: String,
}

impl Registry {
    fn start(htpasswd: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Bound and let go: in between another process could take it, and the wait below would fail.
        let authority = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let store = folder.path().join("store");
        let mut text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: '{authority}' }}\n",
            store.display()
        );
        if let Some(htpasswd) = htpasswd {
            let path = folder.path().join("htpasswd");
            fs::write(&path, htpasswd).unwrap();
            text.push_str(&format!("auth: {{ htpasswd: {{ realm: test, path: {} }} }}\n", path.display()));
        }
        let path = folder.path().join("config.yml");
        fs::write(&path, text).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self { process, folder, authority };
        for _ in 0..500 {
            if TcpStream::connect(&registry.authority).is_ok() {
                return registry;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("docker-registry did not start");
    }

    fn image(&self, rest: &str) -> String {
        format!("{}/{rest}", self.authority)
    }

    /// Copies an image of a layout here.
    fn push(&self, layout: &Path, name: &str, to: &str) {
        let from = format!("oci:{}:{name}", layout.display());
        let to = format!("docker://{}", self.image(to));
        let login = format!("{USER}:{PASSWORD}");
        let mut arguments = vec!["copy", "--all", "--preserve-digests", "--dest-tls-verify=false"];
        arguments.extend(["--dest-creds", &login, &from, &to]);
        self.skopeo(&arguments);
    }

    /// What skopeo says of an image here.
    fn inspect(&self, image: &str, more: &[&str]) -> Vec<u8> {
        let image = format!("docker://{}", self.image(image));
        let mut arguments = vec!["inspect", "--tls-verify=false"];
        arguments.extend_from_slice(more);
        arguments.push(&image);
        self.skopeo(&arguments)
    }

    fn skopeo(&self, arguments: &[&str]) -> Vec<u8> {
        let done = Command::new("skopeo")
            .args(["--insecure-policy", "--tmpdir"])
            .arg(self.folder.path())
            .args(arguments)
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "skopeo {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may be gone already; a test that needed it has failed by then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A registry with `team/multi:1` for three platforms and `team/single:1` for one.
fn filled(htpasswd: Option<&str>) -> Registry {
    let registry = Registry::start(htpasswd);
    let layout = registry.folder.path().join("layout");
    let (a, b, c) = (hello(), image("arm64", "v8", "b"), image("arm", "v6", "c"));
    let top = index(&[("amd64", "", &a), ("arm64", "v8", &b), ("arm", "v6", &c)]);
    add_to_layout(&layout, "multi", &top, "index", &[&a, &b, &c]);
    add_to_layout(&layout, "single", &b.manifest, "manifest", &[&b]);
    registry.push(&layout, "multi", "team/multi:1");
    registry.push(&layout, "single", "team/single:1");
    registry.push(&layout, "single", "team/single:1.17.5");
    registry
}

fn digests_are_those_of_skopeo() {
    let registry = filled(None);
    let (a, b, c) = (hello(), image("arm64", "v8", "b"), image("arm", "v6", "c"));

    let resolved = resolve(settings(), &registry.image("team/multi:1")).unwrap();
    assert_eq!(resolved.digest, digest(&registry.inspect("team/multi:1", &["--raw"])));
    assert_eq!(
        resolved.platforms,
        platforms(&[
            ("linux/amd64", &a.manifest),
            ("linux/arm/v6", &c.manifest),
            ("linux/arm64", &b.manifest)
        ])
    );

    let resolved = resolve(settings(), &registry.image("team/single:1")).unwrap();
    let of_skopeo = registry.inspect("team/single:1", &["--format", "{{.Digest}}"]);
    assert_eq!(resolved.digest, String::from_utf8(of_skopeo).unwrap().trim());
    assert_eq!(resolved.digest, digest(&registry.inspect("team/single:1", &["--raw"])));
    assert_eq!(resolved.platforms, platforms(&[("linux/arm64", &b.manifest)]));
}

fn what_is_not_there() {
    let registry = filled(None);
    let error = resolve(settings(), &registry.image("team/single:2")).unwrap_err();
    holds(&words(&error), &["has no tag `2`"]);
    let error = resolve(settings(), &registry.image("team/single:v1.17.5")).unwrap_err();
    holds(&words(&error), &["has no tag `v1.17.5`", "there is a tag `1.17.5`"]);
    let error = resolve(settings(), &registry.image("team/nothing:1")).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::NotFound { repository: true, near: None }, "{error}");
}

fn login(registry: &Registry, password: &str) -> (TempDir, Settings) {
    with_logins(&format!(
        r#"{{"auths": {{"{}": {{"username": "{USER}", "password": "{password}"}}}}}}"#,
        registry.authority
    ))
}

fn a_registry_with_passwords() {
    let registry = filled(Some(HTPASSWD));
    let image = registry.image("team/multi:1");
    let (_folder, good) = login(&registry, PASSWORD);
    let resolved = resolve(good, &image).unwrap();
    let login_of_skopeo = format!("{USER}:{PASSWORD}");
    assert_eq!(
        resolved.digest,
        digest(&registry.inspect("team/multi:1", &["--raw", "--creds", &login_of_skopeo]))
    );
    let (_folder, wrong) = login(&registry, "battery staple");
    let error = resolve(wrong, &image).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Login { tried: true, trouble: None });
    assert!(!words(&error).contains("battery"), "{}", words(&error));
    let error = resolve(settings(), &image).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Login { tried: false, trouble: None });
}

/// A proxy that refuses some requests before it passes them on.
fn limited(registry: &Registry, refusals: usize, refusal: Reply) -> Server {
    let (target, count) = (registry.authority.clone(), AtomicUsize::new(0));
    Server::start(move |seen| {
        if count.fetch_add(1, Ordering::SeqCst) < refusals {
            return refusal.clone();
        }
        let mut stream = TcpStream::connect(&target).unwrap();
        let accept = seen.header("accept").unwrap_or("*/*");
        write!(
            stream,
            "{} {} HTTP/1.0\r\nHost: {target}\r\nAccept: {accept}\r\n\r\n",
            seen.method, seen.path
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut reply = Reply::body(&bytes[end + 4..]);
        reply.status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let kept = ["docker-content-digest", "content-type"];
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            if kept.contains(&name.to_ascii_lowercase().as_str()) {
                reply = reply.header(name, value);
            }
        }
        reply
    })
}

fn a_registry_behind_a_limit_of_requests() {
    let registry = filled(None);
    let expected = digest(&registry.inspect("team/multi:1", &["--raw"]));
    for refusal in [Reply::status(429), Reply::status(429).header("Retry-After", "1")] {
        let proxy = limited(&registry, 2, refusal);
        assert_eq!(resolve(settings(), &proxy.image("team/multi:1")).unwrap().digest, expected);
    }
    let proxy = limited(&registry, usize::MAX, Reply::status(429).header("Retry-After", "900"));
    let error = resolve(settings(), &proxy.image("team/multi:1")).unwrap_err();
    holds(&words(&error), &["takes no more requests", "wait 900 s"]);
}

fn the_command_locks_what_skopeo_sees() {
    let registry = filled(Some(HTPASSWD));
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
images: { geth: "team/multi:1" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
"#;
    fs::write(folder.path().join("network.yaml"), manifest).unwrap();
    let netgen = |login: &str| {
        let config = format!(r#"{{"auths": {{"{}": {{{login}}}}}}}"#, registry.authority);
        fs::create_dir_all(folder.path().join(".docker")).unwrap();
        fs::write(folder.path().join(".docker/config.json"), config).unwrap();
        Command::new(env!("CARGO_BIN_EXE_netgen"))
            .args(["lock", "--registry-mirror", &format!("http://{}", registry.authority)])
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path())
            // Past the mirror there is nothing.
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .output()
            .unwrap()
    };
    let refused = netgen(r#""username": "me", "password": "battery staple""#);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(5), "{said}");
    holds(&said, &["refuses the login"]);
    assert!(!said.contains("battery"), "{said}");
    assert!(!folder.path().join("netgen.lock").exists());
    let locked = netgen(&format!(r#""username": "{USER}", "password": "{PASSWORD}""#));
    assert!(locked.status.success(), "{}", String::from_utf8_lossy(&locked.stderr));
    let login = format!("{USER}:{PASSWORD}");
    let of_skopeo = digest(&registry.inspect("team/multi:1", &["--raw", "--creds", &login]));
    let lock = fs::read_to_string(folder.path().join("netgen.lock")).unwrap();
    holds(
        &lock,
        &[&format!("[image.\"team/multi:1\"]\ndigest = \"{of_skopeo}\"\nplatforms.\"linux/amd64\"")],
    );
    assert!(!lock.contains(PASSWORD), "{lock}");
}

fn a_layout_that_skopeo_wrote() {
    let registry = filled(None);
    let folder = registry.folder.path().join("taken along");
    let from = format!("docker://{}", registry.image("team/multi:1"));
    let to = format!("oci:{}:{}", folder.display(), registry.image("team/multi:1"));
    registry.skopeo(&["copy", "--all", "--preserve-digests", "--src-tls-verify=false", &from, &to]);
    let layout = Layout::read(&folder).unwrap();
    let image = reference(&registry.image("team/multi:1"));
    assert_eq!(layout.find(&image), Some(&resolve(settings(), &registry.image("team/multi:1")).unwrap()));
}
