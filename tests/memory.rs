//! Builds of what was built before: nothing is compiled where nothing changed, and everything where anything did.

#![allow(clippy::unwrap_used)]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// A folder with a manifest, its lock, its bundle, and what is remembered of it.
struct Desk(tempfile::TempDir);

/// What a build did.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Built {
    code: i32,
    /// Whether it was compiled.
    compiled: bool,
    /// Whether all files were read and held against what they should be.
    read: bool,
    data: String,
    /// Standard error without what stages took.
    said: String,
}

/// An unused region is a warning.
const MANIFEST: &str = "netgen: 1
network: { name: demo, chain: hoodi }
variables: { place: { type: string, default: 203.0.113.10 } }
regions: { eu: {}, us: {} }
hosts: { a: { region: eu, address: \"${place}\" } }
services: { el: { host: a, component: geth } }
";

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("network.yaml", MANIFEST);
        let first = desk.build(&[]);
        assert!(
            first.compiled && first.code == 0 && first.said.contains("region `us` is never used"),
            "{first:?}"
        );
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn netgen(&self, arguments: &[&str]) -> Command {
        let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
        netgen.current_dir(self.0.path()).env_clear().env("XDG_CACHE_HOME", self.path("cache"));
        netgen.args(["build", "--allow-unlocked", "--timings", "--as-of", "2026-03-01"]).args(arguments);
        netgen
    }

    fn build(&self, arguments: &[&str]) -> Built {
        built(&self.netgen(arguments).output().unwrap())
    }

    /// Every file of the bundle and when it was written.
    fn bundle(&self) -> Vec<(PathBuf, SystemTime)> {
        let files = walkdir::WalkDir::new(self.path("bundle")).sort_by_file_name();
        let seen = |entry: walkdir::DirEntry| {
            (entry.path().to_owned(), entry.metadata().unwrap().modified().unwrap())
        };
        files.into_iter().map(|entry| seen(entry.unwrap())).collect()
    }

    fn remembered(&self) -> Vec<PathBuf> {
        fs::read_dir(self.path("cache/netgen"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect()
    }
}

fn built(done: &Output) -> Built {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stderr = text(&done.stderr);
    let is_stage = |line: &&str| matches!(line.split_whitespace().nth(1), Some("ms" | "kB"));
    let stage = |name: &str| stderr.lines().any(|line| line.ends_with(&format!(" ms  {name}")));
    let (compiled, read) = (stage("resolve"), stage("write"));
    let said = stderr.lines().filter(|line| !is_stage(line)).collect::<Vec<_>>().join("\n");
    Built { code: done.status.code().unwrap(), compiled, read, data: text(&done.stdout), said }
}

#[test]
fn what_stands_is_not_compiled_and_said_the_same_of() {
    let desk = Desk::new();
    let before = desk.bundle();
    let again = desk.build(&[]);
    assert!(!again.compiled && again.said.contains("nothing changed"), "{again:?}");
    assert!(again.said.contains("region `us` is never used"), "{again:?}");
    assert_eq!(desk.bundle(), before);
    let anew = desk.build(&["--cache", "off"]);
    assert_eq!(Built { compiled: false, ..anew }, again);
    let seen = desk.build(&[]);
    assert_eq!(Built { read: true, ..seen.clone() }, again);
    assert!(!seen.read, "what was found right is not read again");
    let checked = desk.build(&["--check"]);
    assert!(!checked.compiled && checked.code == 0 && checked.said.contains("up to date"), "{checked:?}");
}

#[test]
fn whatever_is_asked_otherwise_is_compiled() {
    let desk = Desk::new();
    for arguments in [
        &["--set", "network.name=other"] as &[&str],
        &["--var", "place=203.0.113.11"],
        &["--as-of", "2026-03-02"],
        &["--deny", "unused-definition"],
        &["--format", "json"],
        &["--quiet"],
        &["--only", "compose"],
        &["-o", "elsewhere"],
        &["--lock", "other.lock"],
        &["--archive", "bundle.tar.gz"],
        &["--provenance", "statement.json"],
    ] {
        let arguments: Vec<&str> = arguments.iter().copied().filter(|word| *word != "--as-of").collect();
        let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
        let day = arguments.iter().find(|word| word.starts_with("2026-")).copied();
        netgen.current_dir(desk.0.path()).env_clear().env("XDG_CACHE_HOME", desk.path("cache"));
        netgen.args(["build", "--allow-unlocked", "--timings", "--as-of", day.unwrap_or("2026-03-01")]);
        netgen.args(arguments.iter().filter(|word| Some(**word) != day));
        let done = built(&netgen.output().unwrap());
        assert!(done.compiled, "{arguments:?}: {done:?}");
        // What was asked before is asked again.
        let _ = desk.build(&[]);
        assert!(!desk.build(&[]).compiled);
    }
    let given = built(&desk.netgen(&[]).env("NETGEN_VAR_PLACE", "203.0.113.12").output().unwrap());
    assert!(given.compiled, "{given:?}");
}

#[test]
fn whatever_changed_is_compiled() {
    let desk = Desk::new();
    let own = "component: mine\ntitle: Mine\n";
    let changes: [(&str, &dyn Fn()); 5] = [
        ("manifest", &|| desk.write("network.yaml", &MANIFEST.replace("demo", "d"))),
        ("lock", &|| desk.write("netgen.lock", "version = 1\n")),
        ("components", &|| desk.write("components/mine/component.yaml", own)),
        ("edited", &|| {
            let file = desk.path("bundle/Makefile");
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replacen('e', "E", 1)).unwrap();
        }),
        ("gone", &|| fs::remove_file(desk.path("bundle/network.json")).unwrap()),
    ];
    for (name, change) in changes {
        assert!(!desk.build(&[]).compiled, "{name}");
        change();
        let done = desk.build(&[]);
        assert!(done.compiled, "{name}: {done:?}");
        let _ = desk.build(&[]);
    }
    desk.write("bundle/own.txt", "mine");
    for read in [true, false] {
        let kept = desk.build(&[]);
        assert!(!kept.compiled && kept.read == read, "{kept:?}");
        assert!(kept.said.contains("own.txt: not written by netgen, kept"), "{kept:?}");
    }
    let told = desk.build(&["--check"]);
    assert!(!told.compiled && told.said.contains("own.txt: not written by netgen, and no part"), "{told:?}");
    fs::create_dir(desk.path(".bundle.netgen-tmp-1")).unwrap();
    assert!(desk.build(&[]).read, "what a killed run left is looked after");
}

#[test]
#[cfg(unix)]
fn a_file_that_was_changed_under_its_old_time_is_made_again() {
    let desk = Desk::new();
    let _ = (desk.build(&[]), desk.build(&[]));
    let quick = desk.build(&[]);
    assert!(!quick.compiled && !quick.read, "{quick:?}");
    let path = desk.path("bundle/Makefile");
    let (text, time) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
    fs::write(&path, vec![b'#'; text.len()]).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    let done = desk.build(&[]);
    assert!(done.compiled && done.said.contains("was edited by hand"), "{done:?}");
    assert_eq!(fs::read(&path).unwrap(), text);
}

#[test]
#[cfg(unix)]
fn a_file_with_another_mode_is_compiled() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    fs::set_permissions(desk.path("bundle/network.json"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(desk.build(&[]).compiled && !desk.build(&[]).compiled);
}

#[test]
fn another_program_compiles() {
    let desk = Desk::new();
    let copy = desk.path("netgen");
    let install = || program::write(&copy, fs::read(env!("CARGO_BIN_EXE_netgen")).unwrap());
    install();
    let build = || {
        let mut netgen = Command::new(&copy);
        netgen.current_dir(desk.0.path()).env_clear().env("XDG_CACHE_HOME", desk.path("cache"));
        netgen.args(["build", "--allow-unlocked", "--timings", "--as-of", "2026-03-01"]);
        built(&netgen.output().unwrap()).compiled
    };
    assert!(build() && !build());
    fs::remove_file(&copy).unwrap();
    install();
    assert!(build(), "it is another one at the same place");
}

#[test]
fn findings_that_fail_and_what_cannot_be_asked_again_are_not_remembered() {
    let desk = Desk::new();
    desk.write("network.yaml", "netgen: 1\nnetwork: { name: demo, chain: hodi }\n");
    for _ in 0..2 {
        let failed = desk.build(&[]);
        assert!(failed.compiled && failed.code == 1, "{failed:?}");
    }
    let piped = || {
        let manifest = fs::File::open(desk.path("piped.yaml")).unwrap();
        built(&desk.netgen(&["-", "-o", "piped"]).stdin(manifest).output().unwrap())
    };
    desk.write("piped.yaml", MANIFEST);
    assert!(piped().compiled && piped().compiled);
}

#[test]
fn a_broken_memory_and_none_at_all_do_no_harm() {
    let desk = Desk::new();
    let [file] = desk.remembered().try_into().unwrap();
    fs::write(&file, "{").unwrap();
    assert!(desk.build(&[]).compiled && !desk.build(&[]).compiled);
    let homeless = |folder: &Path| {
        let mut netgen = desk.netgen(&[]);
        built(&netgen.env_remove("XDG_CACHE_HOME").env("HOME", folder).output().unwrap())
    };
    desk.write("file", "");
    assert!(homeless(&desk.path("file")).compiled && homeless(Path::new("")).compiled);
    let lost = desk.build(&["-o", "lost"]);
    assert!(lost.compiled && desk.remembered().len() == 2, "{lost:?}");
    fs::remove_dir_all(desk.path("lost")).unwrap();
    desk.write("network.yaml", &MANIFEST.replace("demo", "d"));
    assert!(desk.build(&[]).compiled && desk.remembered() == [file]);
}
