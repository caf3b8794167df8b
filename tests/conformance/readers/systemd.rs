//! `systemd-analyze verify`, over all units of a host together.
//!
//! It looks for every program that a unit starts, and for every unit that a unit
//! requires. This machine is not the host, so the units are laid out in a root of
//! their own, beside systemd's units and stand-ins for what a host has. Only what
//! is listed here, or lies where operators put programs, gets a stand-in: a slip
//! in a path is still found.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::{copy, copy_tree, find, parents, read, write};

pub const READER: Reader = Reader {
    name: "systemd",
    root: Root::Bundle,
    files: |root| {
        let mut units = find(root, &["systemd/*/*"]);
        // Units beside Quadlet files may name those that Quadlet makes: they are
        // read together, by the Quadlet reader.
        units.retain(|unit| is_unit(unit) && !root.join(unit).with_file_name("quadlet").is_dir());
        units
    },
    read: |bench, input| {
        parents(input.files).iter().try_for_each(|host| {
            let root = HostRoot::new(bench)?;
            copy_tree(&input.root.join(host), &root.units())?;
            root.verify(bench)
        })
    },
};

/// Programs that a host has, once it has the packages that a bundle asks for.
const PROGRAMS: &str = "bash caddy cat chmod chown cp curl docker env false find flock gzip haproxy install ip logger \
                        mkdir mv nft podman promtool python3 rm sh sleep sysctl systemctl tar test true wg zstd";
const PROGRAM_FOLDERS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/// Where operators put programs: any name is taken there.
const OPERATOR_FOLDERS: [&str; 2] = ["/opt", "/usr/local"];

/// Services of those packages.
const SERVICES: [&str; 3] = ["containerd.service", "docker.service", "haproxy.service"];
const SERVICE: &str = "[Unit]\nDescription=Stand-in\n\n[Service]\nExecStart=/usr/bin/true\n";

/// Directives that name units. Most of them may name a unit that nobody has, and
/// systemd says nothing: a timer would then start nothing.
const NAMING: &str = "After Before BindsTo OnFailure OnSuccess PartOf RequiredBy Requires Requisite Sockets Unit \
                      UpheldBy Upholds WantedBy Wants";

/// Kinds of units that are files. The other kinds come to be without one.
const KINDS: [&str; 5] = ["path", "service", "socket", "target", "timer"];

fn is_unit(file: &Path) -> bool {
    file.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known))
}

/// A root folder like that of a host, for `--root`.
#[derive(Debug)]
pub struct HostRoot {
    folder: TempDir,
    stand_in: PathBuf,
}

impl HostRoot {
    /// A root with systemd's own units and the stand-ins for packages' services.
    pub fn new(bench: &Bench) -> Result<Self, Fault> {
        // Before the rest, which only works where systemd is.
        bench.find("systemd-analyze")?;
        let root = Self { folder: scratch()?, stand_in: bench.find("true")? };
        let stock = Path::new("/usr/lib/systemd/system");
        let entries = fs::read_dir(stock).map_err(Fault::io(format!("cannot list {}", stock.display())))?;
        // Files only: the folders tell what this machine has switched on.
        for unit in entries.filter_map(Result::ok).filter(|entry| entry.path().is_file()) {
            copy(&unit.path(), &root.stock().join(unit.file_name()))?;
        }
        SERVICES.iter().try_for_each(|service| write(&root.stock().join(service), SERVICE))?;
        root.place(Path::new("/usr/bin/true"))?;
        Ok(root)
    }

    /// The folder for the units to verify.
    pub fn units(&self) -> PathBuf {
        self.folder.path().join("etc/systemd/system")
    }

    fn stock(&self) -> PathBuf {
        self.folder.path().join("usr/lib/systemd/system")
    }

    /// Verifies all units in the folder, with each other.
    pub fn verify(&self, bench: &Bench) -> Verdict {
        let parts = find(&self.units(), &["*", "*.d/*.conf"]);
        let directives = parts.iter().map(|part| directives(&self.units().join(part)));
        let directives: Vec<Directive> = directives.collect::<Result<Vec<_>, _>>()?.concat();
        self.place_programs(&directives)?;
        let units = parts.iter().filter(|part| is_unit(part));
        let analyze = bench.tool("systemd-analyze")?.at(self.folder.path());
        // The exit code is 0 for a key that systemd does not know.
        analyze.args(["verify", "--man=no", "--root=."]).args(units).run()?.silent()?;
        self.names_exist(&directives)
    }

    fn place_programs(&self, directives: &[Directive]) -> Verdict {
        for directive in directives.iter().filter(|directive| directive.key.starts_with("Exec")) {
            let command = directive.value.trim_start_matches(['-', '@', ':', '+', '!', '|']);
            let program = Path::new(command.split_whitespace().next().unwrap_or_default().trim_matches('"'));
            let (Some(name), Some(folder)) = (program.file_name(), program.parent()) else { continue };
            let usual = PROGRAMS.split_whitespace().any(|known| name == known)
                && PROGRAM_FOLDERS.iter().any(|known| folder == Path::new(known));
            if usual || OPERATOR_FOLDERS.iter().any(|known| folder.starts_with(known)) {
                self.place(program)?;
            }
        }
        Ok(())
    }

    fn place(&self, program: &Path) -> Verdict {
        let inside = program.strip_prefix("/").unwrap_or(program);
        copy(&self.stand_in, &self.folder.path().join(inside))
    }

    fn names_exist(&self, directives: &[Directive]) -> Verdict {
        for Directive { file, key, value } in directives {
            if !NAMING.split_whitespace().any(|naming| key == naming) {
                continue;
            }
            // A name with a specifier is known only when the unit is started.
            let names =
                value.split_whitespace().filter(|name| is_unit(Path::new(name)) && !name.contains('%'));
            if let Some(name) = names.into_iter().find(|name| !self.has(name)) {
                return Err(Fault::Rejected(format!("{file}: {key}= names {name}, which does not exist")));
            }
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        let template = name.split_once('@').and_then(|(stem, instance)| {
            let (_, kind) = instance.rsplit_once('.')?;
            Some(format!("{stem}@.{kind}"))
        });
        let mut files = [Some(name.to_owned()), template].into_iter().flatten();
        files.any(|file| self.units().join(&file).exists() || self.stock().join(&file).exists())
    }
}

/// One `Key=value` line of a unit.
#[derive(Clone, Debug)]
struct Directive {
    file: String,
    key: String,
    value: String,
}

fn directives(unit: &Path) -> Result<Vec<Directive>, Fault> {
    let file = unit.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = read(unit)?.replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.starts_with(['#', ';']));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let directives = pairs.map(|(key, value)| Directive {
        file: file.clone(),
        key: key.trim().to_owned(),
        value: value.trim().to_owned(),
    });
    Ok(directives.collect())
}
