use std::process::Command;

use proptest::prelude::*;

use super::super::hostile::{CORPUS, strings};
use super::*;

type Entries = Vec<(String, String, String)>;

/// systemd.syntax(7): sections, comments, continuation lines, trimming.
fn parse(unit: &str) -> Entries {
    let (mut section, mut entries, mut pending) = (String::new(), Vec::new(), String::new());
    for line in unit.split(['\n', '\r']) {
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        pending.push_str(line);
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            pending.pop();
            pending.push(' ');
            continue;
        }
        let line = std::mem::take(&mut pending);
        let line = line.trim_matches([' ', '\t']);
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line:?} in {unit}"));
        entries.push((section.clone(), key.trim().to_owned(), value.trim_matches([' ', '\t']).to_owned()));
    }
    assert_eq!(pending, "", "{unit}");
    entries
}

/// `extract_first_word` with quotes and, if wanted, C escapes, until the end.
fn split(text: &str, c_escapes: bool) -> Vec<String> {
    split_marked(text, c_escapes).into_iter().map(|(word, _)| word).collect()
}

/// The words, and how each was written.
fn split_marked(text: &str, c_escapes: bool) -> Vec<(String, String)> {
    let (mut words, mut word, mut quote, mut bare) = (Vec::new(), None::<String>, None, String::new());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        bare.push(c);
        match (c, quote) {
            ('\\', _) => {
                let next = chars.next().expect("an escape has a character");
                let mut hex = |n: usize| {
                    let digits: String = chars.by_ref().take(n).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                };
                word.get_or_insert_default().push(match next {
                    'n' if c_escapes => '\n',
                    'r' if c_escapes => '\r',
                    't' if c_escapes => '\t',
                    'a' if c_escapes => '\u{7}',
                    'b' if c_escapes => '\u{8}',
                    'f' if c_escapes => '\u{c}',
                    'v' if c_escapes => '\u{b}',
                    'x' if c_escapes => hex(2),
                    '"' | '\\' | '\'' => next,
                    other => panic!("escape \\{other} in {text}"),
                });
            }
            (c, Some(q)) if c == q => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (' ' | '\t', None) => {
                let written = std::mem::take(&mut bare).trim().to_owned();
                words.extend(word.take().map(|word| (word, written)));
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert_eq!(quote, None, "{text}");
    words.extend(word.map(|word| (word, bare)));
    words
}

fn undouble(text: &str, mark: char) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        assert!(c != mark || chars.next() == Some(mark), "live {mark} in {text}");
    }
    out
}

/// systemd.service(5) on a command line: words, `;`, specifiers, variables.
fn exec(value: &str) -> Vec<String> {
    let words = split_marked(value, true);
    // A bare `;` would start the next command.
    assert!(words.iter().all(|(_, written)| written != ";" && written != "\\;"), "{value}");
    words.iter().map(|(word, _)| undouble(&undouble(word, '%'), '$')).collect()
}

/// Quadlet's reader, then its writer (`escapeWords`), then systemd.
fn through_quadlet(value: &str) -> Vec<String> {
    let words = split(value, true);
    let escaped = words.iter().map(|word| {
        assert!(!word.is_empty(), "{value}");
        let special = |c: char| c.is_ascii() && (c.is_whitespace() || c.is_control() || "\"'\\".contains(c));
        if !word.contains(special) {
            return word.clone();
        }
        let inner: String = word
            .chars()
            .map(|c| match c {
                '\n' => "\\n".to_owned(),
                '\\' => "\\\\".to_owned(),
                '"' => "\\\"".to_owned(),
                ' ' | '\'' => c.to_string(),
                c if special(c) => format!("\\x{:02x}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        format!("\"{inner}\"")
    });
    exec(&escaped.collect::<Vec<_>>().join(" "))
}

fn render(key: &str, value: Value) -> Result<String, Error> {
    let unit = Unit::new("Made by netgen.\\\n[Bad]\nExecStart=/bad")
        .section(Section::new("S").with("Before", Value::Raw("%n".into())).with(key.to_owned(), value))
        .section(Section::new("Last").with("After", Value::Raw("1".into())));
    unit.render()
}

/// The value as systemd's line reader gives it, after a check that nothing leaked out of it.
fn value_of(value: Value) -> Option<String> {
    let text = render("Key", value).ok()?;
    let entries = parse(&text);
    let names: Vec<_> = entries.iter().map(|(section, key, _)| (section.as_str(), key.as_str())).collect();
    assert_eq!(names, [("S", "Before"), ("S", "Key"), ("Last", "After")], "{text}");
    Some(entries[1].2.clone())
}

fn unusable(c: char) -> bool {
    c == '\0' || super::super::is_noncharacter(c)
}

fn unusable_in_containers(c: char) -> bool {
    unusable(c) || (c.is_control() && !c.is_ascii())
}

fn check_all(words: &[String]) {
    let mut argv = vec!["/usr/bin/geth".to_owned()];
    argv.extend(words.iter().cloned());
    let nul = words.iter().any(|word| word.contains(unusable));
    match value_of(Value::Exec(ExecPrefix::IgnoreFailure, argv.clone())) {
        Some(value) => assert_eq!(exec(value.strip_prefix('-').unwrap()), argv),
        None => assert!(nul),
    }
    match value_of(Value::ContainerArgs(words.to_vec())) {
        Some(value) => assert_eq!(through_quadlet(&value), words),
        None => assert!(words.iter().any(|w| w.is_empty() || w == ";" || w.contains(unusable_in_containers))),
    }
    for word in words {
        check_one(word);
    }
}

fn check_one(word: &str) {
    let control = word.contains(unusable_in_containers);
    match value_of(Value::Environment("K".into(), word.into())) {
        Some(value) => {
            let read: Vec<_> = split(&value, true).iter().map(|w| undouble(w, '%')).collect();
            assert_eq!(read, [format!("K={word}")]);
        }
        None => assert!(word.contains(unusable)),
    }
    match value_of(Value::ContainerPair("io.x/k".into(), word.into())) {
        Some(value) => assert_eq!(through_quadlet(&value), [format!("io.x/k={word}")]),
        None => assert!(control),
    }
    let edge =
        word.contains(|c: char| c.is_control() || unusable(c)) || word.trim() != word || word.ends_with('\\');
    match value_of(Value::Text(word.into())) {
        Some(value) => assert_eq!(undouble(&value, '%'), word),
        None => assert!(edge, "{word:?}"),
    }
    match value_of(Value::ContainerText(word.into())) {
        Some(value) => assert_eq!(undouble(&undouble(&value, '%'), '$'), word),
        None => assert!(edge || word.starts_with('"')),
    }
    let paths = vec![format!("/a{word}"), format!("-/{word}b")];
    match value_of(Value::Paths(paths.clone())) {
        Some(value) => {
            assert_eq!(split(&value, false).iter().map(|w| undouble(w, '%')).collect::<Vec<_>>(), paths);
        }
        None => assert!(edge),
    }
    match value_of(Value::Words(vec![word.into(), "b".into()])) {
        Some(value) => {
            let read: Vec<_> = split(&value, true).iter().map(|w| undouble(w, '%')).collect();
            assert_eq!(read, [word, "b"]);
        }
        None => assert!(word.is_empty() || word.chars().any(|c| !c.is_alphanumeric())),
    }
}

#[test]
fn corpus_survives() {
    for text in CORPUS {
        check_all(&[(*text).to_owned()]);
    }
    let all: Vec<String> =
        CORPUS.iter().filter(|word| !word.contains(unusable)).map(|w| (*w).to_owned()).collect();
    check_all(&all);
}

proptest! {
    #[test]
    fn any_words_survive(words in prop::collection::vec(strings(), 0..6)) {
        check_all(&words);
    }
}

#[test]
fn layout_is_what_people_write() {
    let argv = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let long =
        argv(&["/usr/bin/geth", "--datadir=/var/lib/geth", "--http.corsdomain=*", "--identity=it's 100%"]);
    let unit = Unit::new("Made by netgen; do not edit.")
        .section(
            Section::new("Unit")
                .with("Description", Value::Text("geth, 100% of it".into()))
                .with("After", Value::Words(argv(&["network-online.target", "docker.service"]))),
        )
        .section(
            Section::new("Service")
                .with("ExecStartPre", Value::Exec(ExecPrefix::Privileged, argv(&["/bin/true", ""])))
                .with("ExecStart", Value::Exec(ExecPrefix::None, long))
                .with("Environment", Value::Environment("A".into(), "x y".into()))
                .with("Restart", Value::Raw("on-failure".into())),
        );
    assert_eq!(
        unit.render().unwrap(),
        "# Made by netgen; do not edit.\n\n[Unit]\nDescription=geth, 100%% of it\n\
         After=network-online.target docker.service\n\n[Service]\nExecStartPre=+/bin/true \"\"\n\
         ExecStart=/usr/bin/geth --datadir=/var/lib/geth \"--http.corsdomain=*\" \"--identity=it's 100%%\"\n\
         Environment=\"A=x y\"\nRestart=on-failure\n"
    );
}

#[test]
fn refused() {
    for program in ["", "-x", "@/a", "a/b", "/a/", "/a//b", "/a/../b", "/a$b", "/a b", "!x"] {
        assert!(value_of(Value::Exec(ExecPrefix::None, vec![program.into()])).is_none(), "{program}");
    }
    assert!(value_of(Value::Exec(ExecPrefix::None, vec![])).is_none());
    assert!(value_of(Value::Path("a".into())).is_none());
    assert!(value_of(Value::Raw("a\nb=c".into())).is_none());
    assert!(render("a=b", Value::Raw("".into())).is_err());
    assert!(render("", Value::Raw("".into())).is_err());
}

/// Without these programs the tests above stand alone.
#[test]
fn systemd_itself_agrees() {
    for text in
        CORPUS.iter().filter(|text| !text.is_empty() && !text.contains('\0') && !text.starts_with('-'))
    {
        let Ok(output) = Command::new("systemd-escape").arg("--").arg(text).output() else { return };
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end_matches('\n'), unit_name_escape(text));
    }
    let words: Vec<String> = std::iter::once("/bin/true".to_owned())
        .chain(CORPUS.iter().filter(|word| !word.contains(unusable)).map(|word| (*word).to_owned()))
        .collect();
    let mut service = Section::new("Service").with("Type", Value::Raw("oneshot".into()));
    for text in words.iter().skip(1) {
        service = service.with("Environment", Value::Environment("K".into(), text.clone()));
    }
    service = service.with("ExecStart", Value::Exec(ExecPrefix::None, words));
    let unit = Unit::new("A test.")
        .section(Section::new("Unit").with("Description", Value::Text("100% \"a\" $b".into())))
        .section(service);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("netgen-test.service");
    std::fs::write(&path, unit.render().unwrap()).unwrap();
    let Ok(output) = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output() else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Where there is no cgroup or runtime folder, it cannot start at all.
    if !said.contains("Failed to initialize manager") {
        assert_eq!(said, "");
        assert!(output.status.success());
    }
}
