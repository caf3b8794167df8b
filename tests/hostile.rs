//! Input that attacks: whatever the file, netgen says clearly what is wrong with it, in bounded time and
//! memory.
//!
//! Every case runs the program itself, with an address space of 3 GiB where the system can limit it: a
//! crash, a hang and a full memory are all seen.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]
// A run that never ends must be ended.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run may take. The largest cases need some seconds in a debug build.
const MOST: Duration = Duration::from_secs(60);

/// How much of the largest cases is tried: a debug build does a tenth of it in the same time.
const SHARE: usize = if cfg!(debug_assertions) { 10 } else { 1 };

struct Run {
    code: Option<i32>,
    text: String,
}

impl Run {
    /// Asserts a refusal with a code of a rule and a text.
    fn refused(&self, rule: &str, text: &str) {
        // What cannot be read at all has an exit code of its own.
        let expected = if self.text.contains("NG0001") { 5 } else { 1 };
        assert_eq!(self.code, Some(expected), "{}", self.shown());
        assert!(self.text.contains(rule) && self.text.contains(text), "{rule} {text}: {}", self.shown());
    }

    fn shown(&self) -> String {
        self.text.chars().take(2000).collect()
    }
}

/// Runs `check` on a file.
fn check(folder: &Path, args: &[&str]) -> Run {
    let program = env!("CARGO_BIN_EXE_netgen");
    let mut command = if cfg!(unix) {
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -v 3145728; exec \"$@\"", "sh", program]);
        limited
    } else {
        Command::new(program)
    };
    command.arg("check").args(args).current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin");
    let out = folder.join("out.txt");
    let file = fs::File::create(&out).unwrap();
    let mut child =
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > MOST {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{args:?} runs for more than {MOST:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = String::from_utf8_lossy(&fs::read(&out).unwrap()).into_owned();
    assert!(!text.contains("panicked") && !text.contains("stack overflow"), "{args:?}: {text}");
    assert!(status.code().is_some_and(|code| code < 70), "{args:?} ends with {status}: {text}");
    Run { code: status.code(), text }
}

/// Writes a file and checks it.
fn refuse(name: &str, bytes: &[u8]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    check(folder.path(), &[name])
}

const HEAD: &str = "netgen: 1\nnetwork: { name: hostile, chain: hoodi, environment: testnet }\n";

/// A sound network with one more section.
fn with(section: &str) -> String {
    format!(
        "{HEAD}hosts: {{ a: {{ address: 203.0.113.10 }} }}\nstacks: {{ el: {{ execution: {{ component: geth }} }} }}\nnodes: {{ one: {{ host: a, role: rpc, stack: el }} }}\n{section}"
    )
}

#[test]
fn the_frame_of_these_tests_is_sound() {
    let run = refuse("network.yaml", with("").as_bytes());
    assert_eq!(run.code, Some(0), "{}", run.shown());
}

#[test]
fn alias_bombs() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    refuse("network.yaml", bomb.as_bytes()).refused("NG0106", "aliases expand too far");
    let merge = "a0: &a0 { x: 1 }\n".to_owned()
        + &(1..40)
            .map(|level| {
                format!("a{level}: &a{level} {{ <<: [*a{0}, *a{0}], k{level}: [*a{0}, *a{0}] }}\n", level - 1)
            })
            .collect::<String>();
    refuse("network.yaml", merge.as_bytes()).refused("NG0106", "aliases expand too far");
    refuse("network.yaml", b"a: &a [*a]\n").refused("NG0101", "alias");
    refuse("network.yaml", b"&a k: &b { x: *b }\n").refused("NG0101", "alias");
}

#[test]
fn nesting() {
    const DEEP: usize = 100_000;
    for (name, text) in [
        ("flow-list.yaml", "[".repeat(DEEP)),
        ("flow-map.yaml", "{a: ".repeat(DEEP)),
        ("flow-closed.yaml", "[".repeat(DEEP) + &"]".repeat(DEEP)),
        ("block-list.yaml", "- ".repeat(DEEP)),
        ("block-map.yaml", (0..3000).map(|n| " ".repeat(n) + "a:\n").collect()),
        ("question.yaml", "? ".repeat(DEEP)),
        ("list.json", "[".repeat(DEEP)),
        ("map.json", "{\"a\":".repeat(DEEP)),
        ("list.toml", "a = ".to_owned() + &"[".repeat(DEEP)),
        ("map.toml", "a = ".to_owned() + &"{a = ".repeat(DEEP)),
        ("key.toml", "a.".repeat(DEEP) + "a = 1"),
        ("header.toml", "[".to_owned() + &"a.".repeat(DEEP) + "a]"),
    ] {
        let run = refuse(name, text.as_bytes());
        assert_eq!(run.code, Some(1), "{name}: {}", run.shown());
        assert!(run.text.contains("NG0106") || run.text.contains("NG0101"), "{name}: {}", run.shown());
    }
}

#[test]
fn large_files() {
    for (name, unit) in [
        ("big.yaml", "# nothing but this\n"),
        ("big.toml", "# nothing but this\n"),
        ("big.json", "          \n"),
    ] {
        let text = unit.repeat((100 << 20) / unit.len());
        refuse(name, text.as_bytes()).refused("NG0106", "at most");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("huge.yaml")).unwrap().set_len(1 << 40).unwrap();
    check(folder.path(), &["huge.yaml"]).refused("NG0001", "MiB");
}

#[test]
fn a_list_of_millions() {
    let text = format!("{HEAD}hosts: [{}]\n", "1,".repeat(2_000_000 / SHARE));
    refuse("network.yaml", text.as_bytes()).refused("NG0104", "must be a map");
}

#[test]
fn long_lines() {
    let text = with(&format!("labels: {}\n", "é".repeat(5_000_000)));
    let run = refuse("network.yaml", text.as_bytes());
    run.refused("NG0103", "unknown key `labels`");
    assert!(run.text.len() < 10_000, "{} bytes", run.text.len());
    let key = "k".repeat(1_000_000);
    let run = refuse("network.yaml", with(&format!("{key}: 1\n")).as_bytes());
    assert_eq!(run.code, Some(1));
    assert!(run.text.len() < 10_000, "{} bytes of report", run.text.len());
    let run = refuse(
        "network.json",
        format!("{{\"netgen\": 1, \"network\": {{}}, {}", "\"a\": 1, ".repeat(500_000)).as_bytes(),
    );
    assert_eq!(run.code, Some(1));
    assert!(run.text.len() < 10_000, "{} bytes of report", run.text.len());
}

#[test]
fn encodings() {
    refuse("utf16.yaml", &[0xff, 0xfe, b'n', 0, b'e', 0]).refused("NG0001", "UTF-8");
    refuse("latin1.yaml", b"netgen: 1\nnetwork: { name: z\xfcrich, chain: hoodi }\n")
        .refused("NG0001", "latin1.yaml:2:19");
    refuse("overlong.yaml", b"a: \xc0\xaf\n").refused("NG0001", "UTF-8");
    refuse("surrogate.yaml", b"a: \xed\xa0\x80\n").refused("NG0001", "UTF-8");
    let bom = format!("\u{feff}{}", with(""));
    for (name, text) in [
        ("bom.yaml", bom.clone()),
        ("crlf.yaml", with("").replace('\n', "\r\n")),
        ("bom-crlf.yaml", bom.replace('\n', "\r\n")),
    ] {
        let run = refuse(name, text.as_bytes());
        assert_eq!(run.code, Some(0), "{name}: {}", run.shown());
    }
    let json = "\u{feff}{ \"netgen\": 1, \"network\": { \"name\": \"a\", \"chain\": \"hodi\" } }";
    refuse("bom.json", json.as_bytes()).refused("NG0201", "bom.json:1:");
    let toml = "\u{feff}netgen = 1\r\nnetwork = { name = \"a\", chain = \"hodi\" }\r\n";
    refuse("bom.toml", toml.as_bytes()).refused("NG0201", "bom.toml:2:");
    refuse("bom-inside.yaml", format!("{HEAD}\u{feff}hosts: 1\n").as_bytes()).refused("NG0101", "");
    // A lone CR ends a line in YAML; the place is right as a byte, whatever line it is called.
    let run = refuse("cr.yaml", with("regoins: {}\n").replace('\n', "\r").as_bytes());
    run.refused("NG0103", "regoins");
}

#[test]
fn control_characters() {
    for (name, text) in [
        ("nul.yaml", "netgen: 1\0\n"),
        ("escape.yaml", "netgen: 1\n\u{1b}[2J: 1\n"),
        ("nul.json", "{\"netgen\": 1\0}"),
        ("nul.toml", "netgen = 1\0\n"),
        ("quoted.yaml", "netgen: 1\nnetwork: { name: \"a\\0\\e[2J\", chain: hoodi }\n"),
        ("bidi.yaml", "netgen: 1\nnetwork: { name: \"a\u{202e}b\u{2066}\", chain: hoodi }\n"),
        ("bidi-key.yaml", "netgen: 1\nnetwork: { name: a, chain: hoodi }\n\"ho\u{202e}sts\": {}\n"),
        ("zero-width.yaml", "netgen: 1\nnetwork: { name: a, chain: hoodi }\nho\u{200b}sts: {}\n"),
        ("separator.yaml", "netgen: 1\nnetwork: { name: \"a\u{2028}b\", chain: hoodi }\n"),
    ] {
        let run = refuse(name, text.as_bytes());
        assert_eq!(run.code, Some(1), "{name}: {}", run.shown());
        let bad = ['\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{2028}'];
        assert!(!run.text.contains(bad), "{name} reaches the terminal: {:?}", run.shown());
    }
}

#[test]
fn words_that_other_readers_take_for_values() {
    for word in [
        "no",
        "on",
        "Off",
        "yes",
        "22:22",
        "1e3",
        "0x10",
        "010",
        "2026-11-21T10:00:00",
        "1_000",
        "~",
        ".5",
        "=",
        "<<",
    ] {
        let run = refuse("network.yaml", format!("{HEAD}hosts: {{ a: {{ address: {word} }} }}\n").as_bytes());
        assert_eq!(
            run.code,
            Some(if ["no", "on", "Off", "yes"].contains(&word) { 0 } else { 1 }),
            "{word}: {}",
            run.shown()
        );
    }
    for number in [
        "99999999999999999999",
        "-1",
        "1e999",
        ".nan",
        "-.inf",
        "0x1FFFFFFFFFFFFFFFFF",
        "1.5",
        "9223372036854775808",
    ] {
        let text =
            format!("{HEAD}nodes: {{ a: {{ host: h, role: rpc, stack: s, voting-power: {number} }} }}\n");
        let run = refuse("network.yaml", text.as_bytes());
        assert_eq!(run.code, Some(1), "{number}: {}", run.shown());
    }
    for number in ["1e999", "-1e999", "123456789012345678901234567890"] {
        let run = refuse("network.json", format!("{{\"netgen\": {number}}}").as_bytes());
        assert_eq!(run.code, Some(1), "{number}: {}", run.shown());
    }
    for number in ["inf", "nan", "99999999999999999999", "0xFFFFFFFFFFFFFFFFFF"] {
        refuse("network.toml", format!("netgen = {number}\n").as_bytes()).refused("NG01", "netgen");
    }
}

#[test]
fn what_yaml_can_do_and_a_manifest_cannot() {
    refuse("two.yaml", format!("{HEAD}---\n{HEAD}").as_bytes()).refused("NG0101", "second document");
    refuse("tag.yaml", format!("{HEAD}hosts: !!python/object/new:os.system [ls]\n").as_bytes())
        .refused("NG0101", "!!python/object/new:os.system");
    refuse("binary.yaml", format!("{HEAD}hosts: !!binary aGVsbG8=\n").as_bytes())
        .refused("NG0101", "!!binary");
    refuse("local.yaml", format!("{HEAD}hosts: !include hosts.yaml\n").as_bytes())
        .refused("NG0101", "!include");
    refuse("directive.yaml", format!("%YAML 1.1\n---\n{HEAD}%TAG ! x\n").as_bytes()).refused("NG0", "");
    refuse("duplicate.yaml", format!("{HEAD}hosts: {{}}\nhosts: {{}}\n").as_bytes())
        .refused("NG0102", "first here");
    refuse("merge.yaml", format!("{HEAD}<<: 1\n").as_bytes()).refused("NG0101", "<<");
    // Merge keys and anchors on keys are fine.
    let text = with("").replace("a: { address", "&name a: { <<: { address: 1.2.3.4 }, address");
    let run = refuse("anchors.yaml", text.as_bytes());
    assert_eq!(run.code, Some(0), "{}", run.shown());
}

#[test]
fn nothing_in_the_file() {
    for (name, text) in [
        ("empty.yaml", ""),
        ("blank.yaml", " \n\n \n"),
        ("comment.yaml", "# only this\n"),
        ("null.yaml", "~\n"),
        ("start.yaml", "---\n"),
        ("empty.json", ""),
        ("blank.json", "\n\n"),
        ("null.json", "null"),
        ("empty.toml", ""),
        ("comment.toml", "# only this\n"),
    ] {
        let run = refuse(name, text.as_bytes());
        assert_eq!(run.code, Some(1), "{name}: {}", run.shown());
        assert!(run.text.contains("NG010"), "{name}: {}", run.shown());
        assert!(run.text.contains("help:"), "{name} gives no help: {}", run.shown());
    }
}

#[test]
fn many_mistakes() {
    let hosts: String = (0..10_000).map(|n| format!("  h{n}: {{ adress: 203.0.113.10 }}\n")).collect();
    let text = format!("{HEAD}hosts:\n{hosts}");
    let run = refuse("network.yaml", text.as_bytes());
    run.refused("NG0103", "and 9900 more");
    assert!(run.text.len() < 100_000, "{} bytes of report", run.text.len());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("network.yaml"), &text).unwrap();
    for format in ["json", "sarif", "github"] {
        let run = check(folder.path(), &["network.yaml", "--format", format]);
        assert_eq!(run.code, Some(1));
        assert!(run.text.matches("NG0103").count() >= 10_000, "{format} is cut");
    }
}

#[test]
fn large_networks() {
    let services: String =
        (0..20_000 / SHARE).map(|n| format!("    s{n}: {{ component: geth }}\n")).collect();
    let text = format!(
        "{HEAD}ports: fixed\nhosts: {{ a: {{ address: 203.0.113.10 }} }}\nnodes: {{ one: {{ host: a, role: rpc, stack: el }} }}\nstacks:\n  el:\n{services}"
    );
    let run = refuse("network.yaml", text.as_bytes());
    run.refused("NG0210", "is taken twice");
    // A hundred thousand services that are all wrong in the same way.
    let services: String =
        (0..100_000 / SHARE).map(|n| format!("    s{n}: {{ component: gteh }}\n")).collect();
    let text = format!(
        "{HEAD}hosts: {{ a: {{ address: 203.0.113.10 }} }}\nstacks:\n  el:\n{services}nodes: {{ one: {{ host: a, role: rpc, stack: el }} }}\n"
    );
    refuse("network.yaml", text.as_bytes()).refused("NG0202", "did you mean `geth`?");
}

#[test]
fn circles_of_needs() {
    let nodes = 500;
    let component = "component: ring\nsummary: A link\nkind: other\nversion: { tested: 1.0.0 }\nimage: ghcr.io/acme/ring\nuser: \"1:1\"\nprovides: { link: { port: 9100 } }\nneeds: { link: { doc: The next one } }\nsources: [ here ]\n";
    let mut text = format!("{HEAD}hosts: {{ a: {{ address: 203.0.113.10 }} }}\nservices:\n");
    for n in 0..nodes {
        let next = (n + 1) % nodes;
        text.push_str(&format!(
            "  r{n}: {{ component: ring, host: a, ports: {{ link: {} }}, needs: {{ link: r{next} }} }}\n",
            10_000 + n
        ));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("components/ring")).unwrap();
    fs::write(folder.path().join("components/ring/component.yaml"), component).unwrap();
    fs::write(folder.path().join("network.yaml"), text).unwrap();
    check(folder.path(), &["network.yaml"]).refused("NG0206", "wait for each other");
    // A component that comes with itself ends, too.
    let own = component
        .replace("needs: { link: { doc: The next one } }", "companions: { again: { component: ring } }");
    fs::write(folder.path().join("components/ring/component.yaml"), own).unwrap();
    fs::write(
        folder.path().join("network.yaml"),
        format!("{HEAD}hosts: {{ a: {{ address: 203.0.113.10 }} }}\nservices: {{ ring: {{ component: ring, host: a }} }}\n"),
    )
    .unwrap();
    check(folder.path(), &["network.yaml"]);
}

#[test]
fn templates_without_an_end() {
    let loops = "command: [ \"{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}\" ]\n";
    let component = format!(
        "component: busy\nsummary: Never done\nkind: other\nversion: {{ tested: 1.0.0 }}\nimage: ghcr.io/acme/busy\nuser: \"1:1\"\nsources: [ here ]\n{loops}"
    );
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("components/busy")).unwrap();
    fs::write(folder.path().join("components/busy/component.yaml"), component).unwrap();
    fs::write(
        folder.path().join("network.yaml"),
        format!("{HEAD}hosts: {{ a: {{ address: 203.0.113.10 }} }}\nservices: {{ busy: {{ component: busy, host: a }} }}\n"),
    )
    .unwrap();
    check(folder.path(), &["network.yaml"]).refused("NG0207", "command");
}

#[path = "hostile/components.rs"]
mod components;

#[cfg(unix)]
mod files {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("dir.yaml")).unwrap();
        check(path, &["dir.yaml"]).refused("NG0001", "folder");
        check(path, &["missing.yaml"]).refused("NG0001", "missing.yaml");
        symlink("loop.yaml", path.join("loop.yaml")).unwrap();
        check(path, &["loop.yaml"]).refused("NG0001", "loop.yaml");
        symlink("b.yaml", path.join("a.yaml")).unwrap();
        symlink("a.yaml", path.join("b.yaml")).unwrap();
        check(path, &["a.yaml"]).refused("NG0001", "a.yaml");
        let made = Command::new("mkfifo").arg(path.join("pipe.yaml")).status();
        if made.is_ok_and(|status| status.success()) {
            check(path, &["pipe.yaml"]).refused("NG0001", "regular file");
        }
        symlink("/dev/zero", path.join("zero.yaml")).unwrap();
        check(path, &["zero.yaml"]).refused("NG0001", "regular file");
        fs::write(path.join("network.txt"), HEAD).unwrap();
        check(path, &["network.txt"]).refused("NG0001", "ending");
        let twice = "x".repeat(300) + ".yaml";
        check(path, &[&twice]).refused("NG0001", "xxx");
    }

    #[test]
    fn what_may_not_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("network.yaml");
        fs::write(&file, HEAD).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
        if fs::read(&file).is_ok() {
            // The superuser reads everything.
            return;
        }
        check(folder.path(), &["network.yaml"]).refused("NG0001", "network.yaml");
    }

    #[test]
    fn folders_in_circles() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("network.yaml"), with("")).unwrap();
        fs::create_dir(path.join("components")).unwrap();
        symlink("..", path.join("components/up")).unwrap();
        symlink("self", path.join("components/self")).unwrap();
        symlink("/dev/zero", path.join("netgen.lock")).unwrap();
        check(path, &["network.yaml"]).refused("NG0001", "netgen.lock");
        fs::remove_file(path.join("netgen.lock")).unwrap();
        let run = check(path, &["network.yaml"]);
        assert_eq!(run.code, Some(0), "{}", run.shown());
    }
}
