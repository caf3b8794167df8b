//! The place where readers run: finds their programs, and runs them with nothing
//! of the user's own settings in reach, so that a verdict is the same everywhere.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Why a check did not say yes.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The reader read the files and refused them.
    Rejected(String),
    /// The reader is not here, or may not work here.
    Missing(String),
    /// The check itself went wrong, which says nothing about the files.
    Trouble(String),
}

impl Fault {
    /// What a person is told.
    pub fn text(&self) -> &str {
        match self {
            Self::Rejected(text) | Self::Missing(text) | Self::Trouble(text) => text,
        }
    }

    /// For `map_err`: an input or output error, with what was being done.
    pub fn io<E: std::fmt::Display>(action: impl std::fmt::Display) -> impl FnOnce(E) -> Self {
        move |error| Self::Trouble(format!("{action}: {error}"))
    }
}

/// What a reader says of some files.
pub type Verdict = Result<(), Fault>;

/// Where programs are looked for.
#[derive(Debug)]
pub struct Bench {
    folders: Vec<PathBuf>,
    search_path: OsString,
}

impl Bench {
    /// The readers' own folder comes first, so that its pinned versions win over
    /// what else is on the machine. `PATH` of a user often lacks `sbin`.
    pub fn new() -> Result<Self, Fault> {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = Vec::new();
        folders.extend(std::env::var_os("NETGEN_READERS").map(|readers| Path::new(&readers).join("bin")));
        folders.push(checkout.join("target/readers/bin"));
        folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
        folders.extend(["/usr/sbin", "/sbin", "/usr/libexec/podman"].map(PathBuf::from));
        let search_path = std::env::join_paths(&folders).map_err(Fault::io("cannot make a PATH"))?;
        Ok(Self { folders, search_path })
    }

    /// Where a program lies.
    pub fn find(&self, program: &str) -> Result<PathBuf, Fault> {
        let found = self.folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file());
        found.ok_or_else(|| Fault::Missing(format!("needs {program}; .ci/install-readers installs it")))
    }

    /// A program, ready to be told what to read.
    pub fn tool(&self, program: &str) -> Result<Tool, Fault> {
        let home = scratch()?;
        let mut command = Command::new(self.find(program)?);
        command
            .env_clear()
            .env("PATH", &self.search_path)
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        Ok(Tool { command, shown: program.to_owned(), home })
    }
}

/// A new folder that goes away with its owner.
pub fn scratch() -> Result<TempDir, Fault> {
    tempfile::tempdir().map_err(Fault::io("cannot make a temporary folder"))
}

/// A program about to be run.
#[derive(Debug)]
pub struct Tool {
    command: Command,
    shown: String,
    home: TempDir,
}

impl Tool {
    /// The folder it runs in.
    #[must_use]
    pub fn at(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// One more variable than the few it has.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self.shown.push(' ');
            self.shown.push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// Starts it, to be talked to over its standard input and output. The folder is its home, and
    /// goes away with the value.
    pub fn start(mut self) -> Result<(Child, TempDir), Fault> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = self.command.spawn().map_err(Fault::io(format!("cannot run `{}`", self.shown)))?;
        Ok((child, self.home))
    }

    /// Runs it to its end. A reader that hangs is ended, so that one cannot hold
    /// up the whole suite.
    pub fn run(mut self) -> Result<Run, Fault> {
        const TICK: Duration = Duration::from_millis(10);
        const TICKS: u32 = 30_000;
        let mut stdout = capture()?;
        let mut stderr = capture()?;
        self.command.stdout(duplicate(&stdout)?).stderr(duplicate(&stderr)?);
        let mut child = self.command.spawn().map_err(Fault::io(format!("cannot run `{}`", self.shown)))?;
        for _ in 0..TICKS {
            let status = child.try_wait().map_err(Fault::io(format!("lost `{}`", self.shown)))?;
            if let Some(status) = status {
                let home = self.home.path().to_string_lossy().into_owned();
                let (stdout, stderr) = (contents(&mut stdout)?, contents(&mut stderr)?);
                return Ok(Run { shown: self.shown, status, stdout, stderr: stderr.replace(&home, "~") });
            }
            thread::sleep(TICK);
        }
        // Whether it could be ended or not, the check is over.
        _ = child.kill();
        _ = child.wait();
        Err(Fault::Trouble(format!("`{}` did not end within {} s", self.shown, (TICK * TICKS).as_secs())))
    }
}

fn capture() -> Result<File, Fault> {
    tempfile::tempfile().map_err(Fault::io("cannot make a temporary file"))
}

fn duplicate(file: &File) -> Result<File, Fault> {
    file.try_clone().map_err(Fault::io("cannot share a temporary file"))
}

fn contents(file: &mut File) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(Fault::io("cannot read the output"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    shown: String,
    status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Run {
    /// Yes if it ended well.
    pub fn accepted(&self) -> Verdict {
        if self.status.success() { Ok(()) } else { Err(self.rejection()) }
    }

    /// Yes if it ended well and warned of nothing. For readers that let a fault
    /// pass with a warning.
    pub fn without_warning(&self) -> Verdict {
        if self.stderr.trim().is_empty() { self.accepted() } else { Err(self.rejection()) }
    }

    /// Yes if it ended well and said nothing at all. For readers whose exit code
    /// is 0 whatever they have found.
    pub fn silent(&self) -> Verdict {
        if self.stdout.trim().is_empty() { self.without_warning() } else { Err(self.rejection()) }
    }

    /// The refusal, with all that the reader said.
    pub fn rejection(&self) -> Fault {
        let said: Vec<&str> = [&self.stdout, &self.stderr].iter().map(|text| text.trim_end()).collect();
        Fault::Rejected(format!("`{}`: {}\n{}", self.shown, self.status, said.join("\n").trim()))
    }
}
