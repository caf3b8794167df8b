//! The hosts, and what can be asked of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// How many hosts the network has.
pub const HOSTS: usize = 3;

/// What `.ci/install-readers` installs for this.
const PROGRAMS: [&str; 5] = ["systemd-nspawn", "ip", "ssh", "ssh-keygen", "unshare"];

/// The key that the stand-in wants: 64 hex digits.
const NODE_KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

/// What is on this machine.
pub struct Tools {
    ansible: PathBuf,
    root: PathBuf,
}

impl Tools {
    /// Finds them; what is missing, if something is.
    pub fn find() -> Result<Self, String> {
        let mut folders: Vec<PathBuf> =
            std::env::var_os("NETGEN_READERS").map(PathBuf::from).into_iter().collect();
        folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path =
            |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
        let mut missing: Vec<&str> = PROGRAMS.into_iter().filter(|program| !on_path(program)).collect();
        let ansible = folders.iter().map(|f| f.join("bin/ansible-playbook")).find(|p| p.is_file());
        let root = folders
            .iter()
            .map(|f| f.join("hosts/root"))
            .find(|p| p.join("usr/bin/chronyd").exists() || p.join("usr/sbin/chronyd").is_file());
        match (ansible, root) {
            (Some(ansible), Some(root)) if missing.is_empty() => {
                // Without these rights no host can be booted.
                let root_user = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
                if root_user { Ok(Self { ansible, root }) } else { Err("needs root".to_owned()) }
            }
            (ansible, root) => {
                missing.extend(ansible.is_none().then_some("ansible-playbook"));
                missing.extend(root.is_none().then_some("the root of a host"));
                Err(format!("needs {}; .ci/install-readers installs it", missing.join(", ")))
            }
        }
    }
}

/// Hosts that run. They end with the value.
pub struct Cluster {
    folder: TempDir,
    ansible: PathBuf,
}

/// What a playbook did.
pub struct Play {
    /// All that it said.
    pub output: String,
    /// Whether it ended well.
    pub good: bool,
    /// What it changed, as `host: task: item`.
    pub changed: BTreeSet<String>,
    /// The paths on hosts of which a difference was shown.
    pub differences: BTreeSet<String>,
    /// Tasks that changed or failed, by host.
    pub counts: BTreeMap<String, Counts>,
}

/// The last lines of a playbook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub ok: usize,
    pub changed: usize,
    pub failed: usize,
}

impl Cluster {
    /// Boots the hosts, each with the stand-in installed.
    pub fn boot(tools: &Tools) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let programs = folder.path().join("files/usr/local/bin");
        fs::create_dir_all(&programs).unwrap();
        fs::copy(here().join("standin.py"), programs.join("chain-standin")).unwrap();
        let cluster = Self { folder, ansible: tools.ansible.clone() };
        let booted =
            cluster.script("up").arg(&tools.root).arg(cluster.path()).arg(HOSTS.to_string()).output();
        let booted = booted.unwrap();
        assert!(booted.status.success(), "{}\n{}", said(&booted), cluster.logs());
        cluster
    }

    /// The folder beside which the bundle lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn script(&self, verb: &str) -> Command {
        let mut command = Command::new(here().join("cluster"));
        command.arg(verb);
        command
    }

    /// Runs a playbook of the bundle.
    pub fn play(&self, playbook: &str, more: &[&str]) -> Play {
        self.play_with(playbook, more, &[])
    }

    /// The same, with variables of the environment.
    pub fn play_with(&self, playbook: &str, more: &[&str], environment: &[(&str, &str)]) -> Play {
        let output = self.playing(playbook, more).envs(environment.iter().copied()).output().unwrap();
        Play::read(said(&output), output.status.success())
    }

    /// The command that runs a playbook of the bundle.
    pub fn playing(&self, playbook: &str, more: &[&str]) -> Command {
        let mut command = self.script("run");
        command
            .arg(&self.ansible)
            .arg("--private-key")
            .arg(self.path().join("key"))
            // A container has the clock of this machine and cannot say whether it is right.
            .args(["-e", "netgen_require_time_sync=false", playbook])
            .args(more)
            .current_dir(self.path().join("bundle/ansible"))
            .env("HOME", self.path())
            .env("PROVING_NODE_KEY", NODE_KEY)
            .env("ANSIBLE_HOST_KEY_CHECKING", "false")
            .env("ANSIBLE_SSH_CONTROL_PATH_DIR", self.path().join("ssh"))
            .env("ANSIBLE_NOCOLOR", "1")
            // What is read here is what Ansible itself says.
            .env("ANSIBLE_STDOUT_CALLBACK", "default");
        command
    }

    /// Runs a command on a host (1, 2, ...) and gives what it said.
    pub fn on(&self, host: usize, command: &str) -> String {
        let output = self.ssh(host, command);
        assert!(output.status.success(), "h{host}: {command}\n{}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Whether a command on a host ends well.
    pub fn holds_on(&self, host: usize, command: &str) -> bool {
        self.ssh(host, command).status.success()
    }

    /// Whether a command ends well on the machine that deploys, which is no host of the network.
    pub fn holds_outside(&self, command: &str) -> bool {
        self.script("run").args(["bash", "-c", command]).output().unwrap().status.success()
    }

    fn ssh(&self, host: usize, command: &str) -> Output {
        let mut ssh = self.script("run");
        ssh.arg("ssh").arg("-i").arg(self.path().join("key"));
        for option in
            ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"]
        {
            ssh.args(["-o", option]);
        }
        ssh.arg(format!("root@10.231.0.{}", 10 + host)).arg(command).output().unwrap()
    }

    fn logs(&self) -> String {
        (1..=HOSTS)
            .map(|i| fs::read_to_string(self.path().join(format!("h{i}.log"))).unwrap_or_default())
            .collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.script("down").arg(self.path()).arg(HOSTS.to_string()).output();
    }
}

impl Play {
    fn read(output: String, good: bool) -> Self {
        let (mut changed, mut counts, mut task) = (BTreeSet::new(), BTreeMap::new(), String::new());
        let mut differences = BTreeSet::new();
        for line in output.lines() {
            if let Some(name) = line.strip_prefix("TASK [").and_then(|rest| rest.split_once(']')) {
                name.0.clone_into(&mut task);
            } else if let Some(rest) = line.strip_prefix("changed: [") {
                let (host, item) = rest.split_once(']').unwrap();
                changed.insert(format!("{host}: {task}{item}"));
            } else if let Some(path) = line.strip_prefix("+++ after: ") {
                // Else it is a file of this machine that is copied.
                if ["/opt/", "/etc/"].iter().any(|root| path.starts_with(root)) {
                    differences.insert(path.to_owned());
                }
            } else if let Some((host, numbers)) = line.split_once(" : ok=") {
                let number = |key: &str| {
                    let numbers = format!("ok={numbers}");
                    let mut words = numbers.split_whitespace().filter_map(|word| word.split_once('='));
                    words.find(|(name, _)| *name == key).unwrap().1.parse::<usize>().unwrap()
                };
                let failed = number("failed") + number("unreachable");
                counts.insert(
                    host.trim().to_owned(),
                    Counts { ok: number("ok"), changed: number("changed"), failed },
                );
            }
        }
        Self { output, good, changed, differences, counts }
    }

    /// The same, if it ended well.
    pub fn well(self) -> Self {
        assert!(self.good && self.counts.len() == HOSTS, "{}", self.output);
        self
    }

    /// What a task changed, as `host: item`.
    pub fn changed_by(&self, task: &str) -> Vec<String> {
        let of_task = |line: &String| {
            let (host, rest) = line.split_once(": ")?;
            let item =
                rest.strip_prefix(task)?.trim_start_matches(" => (item=").trim_end().trim_end_matches(')');
            Some(format!("{host}: {item}"))
        };
        self.changed.iter().filter_map(of_task).collect()
    }
}

/// Builds the bundle of the manifest, with some of its text replaced.
pub fn build(cluster: &Cluster, replace: &[(&str, &str)]) {
    let mut text = fs::read_to_string(here().join("network.yaml")).unwrap();
    for (from, to) in replace {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let manifest = cluster.path().join("network.yaml");
    fs::write(&manifest, text).unwrap();
    fs::create_dir_all(cluster.path().join("chains")).unwrap();
    fs::copy(here().join("chains/proving.yaml"), cluster.path().join("chains/proving.yaml")).unwrap();
    let bundle = cluster.path().join("bundle");
    netgen(["lock".as_ref(), "--offline".as_ref(), manifest.as_os_str()]);
    netgen(["build".as_ref(), "--quiet".as_ref(), "-o".as_ref(), bundle.as_os_str(), manifest.as_os_str()]);
}

fn netgen<const N: usize>(arguments: [&OsStr; N]) {
    let output = Command::new(env!("CARGO_BIN_EXE_netgen")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
