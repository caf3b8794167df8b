//! systemd itself, as a user's manager: it loads units, and starts them for real.
//!
//! It runs in namespaces of its own, where it is the only systemd: it takes the place of no other,
//! and nothing that it starts outlives it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use netgen::emit::format::systemd::{Section, Unit, Value};
use tempfile::TempDir;

use super::written::One;
use crate::bench::{Bench, Fault, Tool, scratch};

/// Where systemd is on every host that has it.
pub const SYSTEMD: &str = "/usr/lib/systemd/systemd";

/// What [`Manager`] needs.
pub const TOOLS: &[&str] = &["timeout", "unshare", SYSTEMD, "/usr/bin/printf", "/usr/bin/env"];

/// Only root may do all of it, on most machines.
const WAYS: [&[&str]; 2] = [&["unshare"], &["sudo", "-n", "unshare"]];
const NAMESPACES: [&str; 6] =
    ["--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// Arguments: the folder of the settings, the manager, the unit to start, and programs to put in the
/// place of others, two by two.
const BEGIN: &str = r#"
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && mkdir -m 700 /run/user || exit 70
export XDG_CONFIG_HOME="$1" XDG_RUNTIME_DIR=/run/user PATH=/usr/bin:/bin
manager=$2 unit=$3
shift 3
while [ $# -gt 1 ]; do
  mount --bind "$1" "$2" || exit 70
  shift 2
done
"$manager" --user --unit="$unit"
exit $?
"#;

/// The unit that starts after all others, and ends the manager.
const END: &str = "end.service";

/// How many units make up the work of one manager.
const END_AFTER: &str = "120s";

/// A manager, and the units that it will start.
#[derive(Debug)]
pub struct Manager {
    home: TempDir,
    units: Vec<String>,
    stand_ins: Vec<(PathBuf, &'static str)>,
    outputs: Vec<PathBuf>,
}

/// On a busy machine the manager now and then cannot start a unit, or never ends. What a writer has spoiled
/// stays spoiled.
const ATTEMPTS: usize = 3;

/// What one attempt may take; it needs some seconds.
const MOST_SECONDS: &str = "60";

impl Manager {
    /// With no units yet.
    pub fn new() -> Result<Self, Fault> {
        let manager =
            Self { home: scratch()?, units: Vec::new(), stand_ins: Vec::new(), outputs: Vec::new() };
        fs::create_dir_all(manager.units_folder()).map_err(Fault::io("cannot make a folder"))?;
        Ok(manager)
    }

    /// A folder for whatever the units need.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where systemd looks for units.
    pub fn units_folder(&self) -> PathBuf {
        self.home().join("systemd/user")
    }

    /// A unit to start, which is in the folder already.
    pub fn start(&mut self, unit: impl Into<String>) {
        self.units.push(unit.into());
    }

    /// A unit to start.
    pub fn add(&mut self, unit: &str, text: &str) -> Result<(), Fault> {
        self.units.push(unit.to_owned());
        fs::write(self.units_folder().join(unit), text).map_err(Fault::io(format!("cannot write {unit}")))
    }

    /// Where the next unit prints: a file of its own, for units run side by side.
    pub fn output(&mut self) -> PathBuf {
        let output = self.home().join(format!("output{}", self.outputs.len()));
        self.outputs.push(output.clone());
        output
    }

    /// Whether every unit that was given an output has printed something.
    fn is_whole(&self) -> bool {
        self.outputs.iter().all(|output| fs::metadata(output).is_ok_and(|output| output.len() > 0))
    }

    /// A program that is in the place of another as long as the manager runs.
    pub fn stand_in(&mut self, program: PathBuf, place: &'static str) {
        self.stand_ins.push((program, place));
    }

    /// Starts all units, one after the other, and ends.
    ///
    /// A unit that cannot be loaded or that fails is no fault: what it should have done is missing.
    pub fn run(self, bench: &Bench) -> Result<TempDir, Fault> {
        let unit = Unit::new("").section(
            Section::new("Unit")
                .with("DefaultDependencies", Value::Raw("no".into()))
                .with("Wants", Value::Words(self.units.clone()))
                .with("After", Value::Words(self.units.clone()))
                .with("SuccessAction", Value::Raw("exit-force".into())),
        );
        let unit = unit.section(
            Section::new("Service")
                .with("Type", Value::Raw("oneshot".into()))
                .with("ExecStart", Value::Raw("/usr/bin/env".into())),
        );
        let text = unit.render().map_err(super::unwritten)?;
        fs::write(self.units_folder().join(END), text).map_err(Fault::io("cannot write the last unit"))?;
        let mut said = Vec::new();
        for way in WAYS {
            for attempt in 1..=ATTEMPTS {
                let run = self.begin(bench, way).and_then(Tool::run);
                match run {
                    Ok(run) if run.accepted().is_ok() => {
                        if attempt == ATTEMPTS || self.is_whole() {
                            return Ok(self.home);
                        }
                        self.outputs.iter().for_each(|output| _ = fs::remove_file(output));
                    }
                    Ok(run) => said.push(run.rejection().text().to_owned()),
                    Err(fault) => said.push(fault.text().to_owned()),
                }
            }
        }
        Err(Fault::Missing(format!("needs to run systemd in namespaces of its own: {}", said.join("\n"))))
    }

    fn begin(&self, bench: &Bench, way: &[&str]) -> Result<Tool, Fault> {
        let stand_ins =
            self.stand_ins.iter().flat_map(|(program, place)| [program.as_os_str(), OsStr::new(*place)]);
        Ok(bench
            .tool("timeout")?
            .args(["-s", "KILL", MOST_SECONDS])
            .args(way)
            .args(NAMESPACES)
            .args(["/bin/sh", "-c", BEGIN, "sh"])
            .args([self.home().as_os_str(), OsStr::new(SYSTEMD), OsStr::new(END)])
            .args(stand_ins))
    }
}

/// A service that runs once, with what it prints in a file.
pub fn service(output: &Path) -> Result<Section, Fault> {
    let output = output.to_str().ok_or_else(|| Fault::Trouble("a path that is no text".to_owned()))?;
    Ok(Section::new("Service")
        .with("Type", Value::Raw("oneshot".into()))
        .with("TimeoutStartSec", Value::Raw(END_AFTER.into()))
        .with("StandardOutput", Value::Text(format!("append:{output}"))))
}

/// The section of a unit that needs nothing of a host.
pub fn alone() -> Section {
    Section::new("Unit").with("DefaultDependencies", Value::Raw("no".into()))
}

/// What a service has printed: texts with a NUL after each.
pub fn printed(output: &Path) -> Result<Vec<String>, Fault> {
    if !output.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(output).map_err(Fault::io("cannot read the output"))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

/// Values few and small enough for one command: systemd takes lines of at most 1 MiB.
pub fn chunks<'a, 'v>(all: &'a [One<'v>]) -> Vec<&'a [One<'v>]> {
    const MOST: usize = 500;
    const MOST_BYTES: usize = 200 << 10;
    let mut chunks = Vec::new();
    let mut rest = all;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take(MOST).take_while(|one| {
            bytes += one.value.len();
            bytes <= MOST_BYTES
        });
        let (chunk, after) = rest.split_at(fits.count().max(1));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}
