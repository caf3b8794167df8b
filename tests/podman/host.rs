//! The host, and what can be asked of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml::Value;
use tempfile::TempDir;

/// What `.ci/install-readers` installs for this.
const PROGRAMS: [&str; 9] =
    ["podman", "crun", "netavark", "iptables", "docker-registry", "busybox", "nsenter", "unshare", "ip"];

/// Programs of podman that are on no search path.
const HELPERS: [&str; 2] = ["/usr/lib/podman", "/usr/libexec/podman"];

/// The key that the stand-in wants: 64 hex digits.
pub const NODE_KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

/// Where the bundle is installed.
const INSTALLED: &str = "/opt/netgen/containers";

/// What is on this machine.
pub struct Tools {
    compose: PathBuf,
    busybox: PathBuf,
}

impl Tools {
    /// Finds them; what is missing, if something is.
    pub fn find() -> Result<Self, String> {
        let readers = std::env::var_os("NETGEN_READERS").map(PathBuf::from);
        let readers = readers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        folders.extend(["/usr/sbin", "/sbin"].iter().chain(&HELPERS).map(PathBuf::from));
        folders.push(readers.join("bin"));
        let find =
            |program: &str| folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file());
        let missing: Vec<&str> = PROGRAMS
            .into_iter()
            .chain(["docker-compose"])
            .filter(|program| find(program).is_none())
            .collect();
        // An image that holds nothing else has no libraries for it.
        let alone =
            |path: &PathBuf| !Command::new("ldd").arg(path).output().is_ok_and(|ldd| ldd.status.success());
        match (find("docker-compose"), find("busybox").filter(alone)) {
            (Some(compose), Some(busybox)) if missing.is_empty() => {
                let root_user = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
                if root_user { Ok(Self { compose, busybox }) } else { Err("needs root".to_owned()) }
            }
            (_, None) => Err("needs busybox-static; .ci/install-readers installs it".to_owned()),
            _ => Err(format!("needs {}; .ci/install-readers installs it", missing.join(", "))),
        }
    }
}

/// What a command did.
pub struct Done {
    /// Whether it ended well.
    pub good: bool,
    /// What it wrote to its standard output.
    pub said: String,
    /// That and what it wrote to its standard error.
    pub all: String,
}

impl Done {
    fn new(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let all = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        Self { good: output.status.success(), said, all }
    }

    /// The same, if it ended well.
    pub fn well(self) -> Self {
        assert!(self.good, "{}", self.all);
        self
    }
}

/// A host with podman behind the socket of Docker. It ends with the value.
pub struct Host {
    folder: TempDir,
    compose: PathBuf,
}

impl Host {
    /// Starts it, and fills its registry.
    pub fn start(tools: &Tools) -> Self {
        let host = Self { folder: tempfile::tempdir().unwrap(), compose: tools.compose.clone() };
        let started = Command::new(here().join("engine")).arg("up").arg(host.path()).output().unwrap();
        Done::new(&started).well();
        // One layer: a shell, and what the stand-ins run.
        let root = host.path().join("image");
        for folder in ["bin", "data", "dev", "etc", "proc", "run", "sys", "tmp"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::copy(&tools.busybox, root.join("bin/busybox")).unwrap();
        for applet in ["sh", "cat", "httpd", "id", "mkdir", "sed", "sleep", "stat", "tr", "wc", "wget"] {
            std::os::unix::fs::symlink("busybox", root.join("bin").join(applet)).unwrap();
        }
        fs::copy(here().join("image/standin"), root.join("bin/standin")).unwrap();
        let archive = host.path().join("image.tar");
        let archive = archive.to_str().unwrap();
        host.run(&["tar", "--mode=a+rX", "-C", root.to_str().unwrap(), "-cf", archive, "."]).well();
        for image in ["node:1.0.0", "job:1.0.0", "old:1.0.0"] {
            // They differ by their label alone, so that each has a digest of its own.
            let (here, label) = (format!("localhost/{image}"), format!("LABEL name={image}"));
            host.run(&["podman", "import", "--quiet", "--change", &label, archive, &here]).well();
            let there = format!("docker://127.0.0.1:5000/standin/{image}");
            host.run(&["podman", "push", "--tls-verify=false", &here, &there]).well();
            host.run(&["podman", "rmi", &here]).well();
        }
        host
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command on the host.
    pub fn run(&self, words: &[&str]) -> Done {
        let output = Command::new(here().join("engine"))
            .arg("run")
            .arg(self.path())
            .args(words)
            .env("HOME", self.path())
            .env("NODE_KEY", NODE_KEY)
            .current_dir(self.path())
            .output()
            .unwrap();
        Done::new(&output)
    }

    /// Runs a command on the host as a user that is nobody there.
    pub fn run_as(&self, user: &str, words: &[&str]) -> Done {
        let options = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"];
        self.run(&[&options, words].concat())
    }

    /// Runs a command in a container.
    pub fn exec(&self, container: &str, words: &[&str]) -> Done {
        self.run(&[&["podman", "exec", container], words].concat())
    }

    /// What podman says of a container.
    pub fn inspect(&self, container: &str, format: &str) -> String {
        let words = ["podman", "container", "inspect", "--format", format, container];
        self.run(&words).well().said.trim().to_owned()
    }

    /// What the host answers over HTTP.
    pub fn answer(&self, at: &str) -> String {
        self.run(&["curl", "-sSf", "-m", "5", &format!("http://{at}")]).well().said
    }

    /// A file of the state of a service.
    pub fn state_of(&self, service: &str, file: &str) -> String {
        let path = format!("/var/lib/netgen/containers/{service}/{file}");
        self.run(&["cat", &path]).well().said.trim().to_owned()
    }

    /// Where the secret lies on the host.
    pub fn secret(&self) -> String {
        let facts = self.facts();
        facts["netgen_secrets"][0]["path"].as_str().unwrap().to_owned()
    }

    fn bundle(&self) -> PathBuf {
        self.path().join("bundle")
    }

    fn facts(&self) -> Value {
        let path = self.bundle().join("ansible/inventory/host_vars/h1.yml");
        serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Builds the bundle, and does what its roles do on a host: folders, secrets, files.
    pub fn install(&self) {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let manifest = fs::read_to_string(here().join("network.yaml")).unwrap();
        fs::write(self.path().join("network.yaml"), manifest.replace("ARCHITECTURE", architecture)).unwrap();
        let netgen = env!("CARGO_BIN_EXE_netgen");
        self.run(&[netgen, "lock", "--registry-mirror", "http://127.0.0.1:5000", "network.yaml"]).well();
        self.run(&[netgen, "build", "--quiet", "-o", "bundle", "network.yaml"]).well();
        let facts = self.facts();
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        for folder in facts["netgen_folders"].as_sequence().unwrap() {
            let (owner, group) = (text(folder, "owner"), text(folder, "group"));
            let mode = text(folder, "mode");
            self.run(&["install", "-d", "-o", &owner, "-g", &group, "-m", &mode, &text(folder, "path")])
                .well();
        }
        for folder in facts["netgen_secret_folders"].as_sequence().unwrap() {
            self.run(&["install", "-d", "-g", "10900", "-m", "0750", folder.as_str().unwrap()]).well();
        }
        fs::write(self.path().join("key"), format!("{NODE_KEY}\n")).unwrap();
        self.run(&["install", "-g", "10900", "-m", "0440", "key", &self.secret()]).well();
        for tree in facts["netgen_trees"].as_sequence().unwrap() {
            let (from, to) = (self.bundle().join(text(tree, "from")), text(tree, "to"));
            if !from.is_dir() || to.starts_with("/etc/") {
                continue;
            }
            self.run(&["mkdir", "-p", &to]).well();
            self.run(&["cp", "-rT", from.to_str().unwrap(), &to]).well();
        }
        self.lower_limits();
    }

    fn limit(&self) -> String {
        self.run(&["bash", "-c", "ulimit -Hn"]).well().said.trim().to_owned()
    }

    /// A machine may be unable to grant the open files that the bundle asks for.
    fn lower_limits(&self) {
        let most = self.limit();
        let limits = |name: &str| {
            format!("  {name}:\n    ulimits: {{ nofile: {{ soft: {most}, hard: {most} }}, nproc: 4096 }}\n")
        };
        let text = format!("services:\n{}{}{}", limits("job"), limits("first"), limits("second"));
        fs::write(self.path().join("limits.yaml"), text).unwrap();
    }

    /// Whether a user in some group reads the secret in a container.
    pub fn reads_secret(&self, user: &str, group: &str) -> bool {
        let mount = format!("{}:/run/secrets/key:ro", self.secret());
        let image = self.inspect("first", "{{.ImageName}}");
        let most = self.limit();
        let limits = [format!("--ulimit=nofile={most}:{most}"), "--ulimit=nproc=4096:4096".to_owned()];
        let container = ["podman", "run", "--rm", "--cap-drop=all", "--network=none", &limits[0], &limits[1]];
        let who = ["--user", user, "--group-add", group, "--volume", &mount, &image];
        self.run(&[&container[..], &who, &["cat", "/run/secrets/key"]].concat()).good
    }

    /// Runs a command of the unit of the host; of several with that key, the last.
    pub fn unit(&self, key: &str) -> Done {
        let unit = self.bundle().join("systemd/h1/netgen-containers.service");
        let unit = fs::read_to_string(unit).unwrap().replace("\\\n", " ");
        let mut lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        let line = lines.next_back().unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["/usr/bin/docker", "compose", "--file", "compose.yaml", rest @ ..] = words.as_slice() else {
            panic!("{line}");
        };
        let (folder, limits) = (format!("{INSTALLED}/compose"), self.path().join("limits.yaml"));
        let compose = self.compose.to_str().unwrap();
        let compose =
            ["env", "-C", &folder, compose, "--file", "compose.yaml", "--file", limits.to_str().unwrap()];
        self.run(&[&compose, rest].concat())
    }

    /// Lets the timer's script remove images, a week later.
    pub fn prunes(&self) {
        let known = self.path().join("known");
        fs::create_dir_all(&known).unwrap();
        // Docker's command is not on every machine; podman takes the same words.
        let script = fs::read_to_string(self.bundle().join("systemd/h1/bin/prune")).unwrap();
        assert!(script.contains("engine=/usr/bin/docker"), "{script}");
        let path = self.path().join("prune");
        fs::write(&path, script.replace("engine=/usr/bin/docker", "engine=podman")).unwrap();
        let prune = || self.run(&["bash", path.to_str().unwrap(), known.to_str().unwrap()]).well().said;
        let there = |image: &str| self.run(&["podman", "image", "exists", image]).good;
        let named: Vec<String> = ["job", "first"].map(|name| self.inspect(name, "{{.ImageName}}")).into();
        // An image of the last release, one that a container of somebody uses, and one of somebody's.
        let pull = |image: &str| self.run(&["podman", "pull", "--quiet", image]).well();
        let (old, foreign) = ("docker.io/standin/old:1.0.0", "docker.io/standin/job:1.0.0");
        pull(old);
        self.run(&["podman", "create", "--name", "user", old, "/bin/sleep", "1"]).well();
        fs::write(known.join("old"), format!("{old}\n")).unwrap();
        assert_eq!(prune(), "");
        assert!(there(old), "it was named a moment ago");

        self.run(&[
            "find",
            known.to_str().unwrap(),
            "-type",
            "f",
            "-exec",
            "touch",
            "-d",
            "8 days ago",
            "{}",
            "+",
        ])
        .well();
        assert_eq!(prune(), format!("kept {old}\n"));
        assert!(there(old), "a container uses it");

        self.run(&["podman", "rm", "user"]).well();
        pull(foreign);
        // The same image as one that is named, under another name of old.
        fs::write(known.join("alias"), format!("{foreign}\n")).unwrap();
        self.run(&["touch", "-d", "8 days ago", known.join("alias").to_str().unwrap()]).well();
        assert_eq!(prune(), format!("removed {old}\n"));
        assert!(!there(old) && there(foreign));
        assert!(named.iter().all(|image| there(image)), "{named:?}");
        assert_eq!(fs::read_dir(&known).unwrap().count(), 2, "only what is named is remembered");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = Command::new(here().join("engine")).arg("down").arg(self.path()).output();
    }
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/podman")
}
