//! A program that runs beside the test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How much of a log is shown.
const LAST_LINES: usize = 40;

/// A running program, which ends with the value.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    log: PathBuf,
    /// Whether its end is wanted.
    stopped: bool,
}

impl Program {
    /// Starts it, with a log in the folder.
    pub fn start(name: &str, folder: &Path, program: &Path, arguments: &[String]) -> Self {
        let log = folder.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", folder)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        Self { name: name.to_owned(), child, log, stopped: false }
    }

    /// Asks it to read its configuration again.
    pub fn reload(&self) {
        // A shell has `kill` built in; the program may be missing.
        let command = format!("kill -HUP {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }

    /// Ends it without notice, as a power cut would.
    pub fn kill(&mut self) {
        self.stopped = true;
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// That it ended by itself, which it should not.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().unwrap()?;
        (!self.stopped).then(|| format!("{} ended: {status}", self.name))
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(LAST_LINES);
        format!("---- {}, the end of its log\n{}\n", self.name, lines[from..].join("\n"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a program lies: the first of its names that is there. `PATH` of a user often lacks `sbin`.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from)).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|path| path.is_file())
}
