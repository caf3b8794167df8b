//! systemd unit files, timers and podman quadlets.
//!
//! A unit file has one line syntax and several value syntaxes, one for each kind of key, so every
//! value states its kind ([`Value`]) and gets the escaping that systemd undoes for that kind:
//! `%` starts a specifier nearly everywhere, `$` a variable in command lines only, quotes and
//! backslashes count in lists and command lines but not in plain texts.
//!
//! The `Container...` kinds are for quadlet keys. Quadlet unquotes them once and puts the words on
//! an `ExecStart=` line of its own making, where systemd expands `%` and `$` again.

use std::borrow::Cow;

use super::{Error, comment_lines};

const SYNTAX: &str = "a systemd unit";

/// A unit file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Written as comment lines at the top.
    pub header: String,
    /// The sections in the order of the file.
    pub sections: Vec<Section>,
}

/// One `[Name]` section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The name without brackets.
    pub name: Cow<'static, str>,
    /// The keys in the order of the file; a key may stand more than once.
    pub entries: Vec<(Cow<'static, str>, Value)>,
}

/// A value and the way systemd reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Trusted text that is right as it stands: specifiers (`%n`), numbers, time spans, `true`.
    Raw(Cow<'static, str>),
    /// Text that systemd does not split: `Description=`, `User=`.
    Text(String),
    /// One absolute path that systemd does not split: `WorkingDirectory=`, `EnvironmentFile=`.
    Path(String),
    /// Absolute paths that systemd splits: `ReadWritePaths=`; each may start with `-` or `+`.
    Paths(Vec<String>),
    /// Plain tokens: `After=`, `CapabilityBoundingSet=`.
    Words(Vec<String>),
    /// A command line of `ExecStart=` and its like.
    Exec(ExecPrefix, Vec<String>),
    /// One variable of `Environment=` in `[Service]`.
    Environment(String, String),
    /// The arguments of `Exec=` in a quadlet's `[Container]`.
    ContainerArgs(Vec<String>),
    /// Text that quadlet does not split: `Image=`, `PublishPort=`, `Volume=`, `HealthCmd=`.
    ContainerText(String),
    /// One `name=value` of a quadlet: `Environment=`, `Label=`, `Annotation=`, `Sysctl=`.
    ContainerPair(String, String),
}

/// What systemd does with a command besides running it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecPrefix {
    /// Nothing.
    #[default]
    None,
    /// `-`: a failure counts as success.
    IgnoreFailure,
    /// `+`: runs with full privileges.
    Privileged,
    /// `!`: runs with elevated privileges, but sandboxed.
    Elevated,
}

impl Unit {
    /// A unit without sections.
    pub fn new(header: impl Into<String>) -> Self {
        Self { header: header.into(), sections: Vec::new() }
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The text of the file.
    pub fn render(&self) -> Result<String, Error> {
        let mut out = String::new();
        for line in comment_lines(&self.header) {
            out.push_str(&line);
            out.push('\n');
        }
        for section in &self.sections {
            check_name(&section.name)?;
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(["[", section.name.as_ref(), "]\n"]);
            for (key, value) in &section.entries {
                check_name(key)?;
                let value = value.render(key.len())?;
                if !value.is_ascii() && value.contains(super::is_noncharacter) {
                    return Err(Error::new(SYNTAX, "systemd takes it for broken UTF-8", &value));
                }
                out.extend([key.as_ref(), "=", value.as_ref(), "\n"]);
            }
        }
        Ok(out)
    }
}

impl Section {
    /// An empty section.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), entries: Vec::new() }
    }

    /// Adds a key.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.entries.push((key.into(), value));
        self
    }
}

/// Section names and keys: letters, digits and `-`.
fn check_name(name: &str) -> Result<(), Error> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        Ok(())
    } else {
        Err(Error::new(SYNTAX, "it is not the name of a section or key", name))
    }
}

impl Value {
    /// Most values of a unit are the same as in every other one: they are not copied.
    fn render(&self, key_width: usize) -> Result<Cow<'_, str>, Error> {
        Ok(Cow::Owned(match self {
            Self::Raw(text) => return one_line(text).map(Cow::Borrowed),
            Self::Text(text) => one_line(text)?.replace('%', "%%"),
            Self::Path(path) => {
                check_absolute(path)?;
                one_line(path)?.replace('%', "%%")
            }
            Self::Paths(paths) => {
                let mut words = Vec::with_capacity(paths.len());
                for path in paths {
                    check_absolute(path.trim_start_matches(['-', '+']))?;
                    // Some of these lists know `\"` and `\\` in quotes, but no `\t`.
                    if one_line(path)?.contains('\t') {
                        return Err(Error::new(SYNTAX, "the path holds a tab", path));
                    }
                    words.push(quoted(path, Expand::Specifiers)?);
                }
                words.join(" ")
            }
            Self::Words(words) => {
                let tokens: Result<Vec<_>, _> = words.iter().map(|word| token(word)).collect();
                tokens?.join(" ")
            }
            Self::Exec(prefix, argv) => {
                let mut words = Vec::with_capacity(argv.len());
                for (at, word) in argv.iter().enumerate() {
                    if at == 0 {
                        check_program(word)?;
                    }
                    words.push(quoted(word, Expand::All)?);
                }
                if words.is_empty() {
                    return Err(Error::new(SYNTAX, "the command is empty", ""));
                }
                format!("{}{}", prefix.mark(), lines(&words, key_width))
            }
            Self::Environment(name, value) => {
                super::env::check_name(name)?;
                quoted(&format!("{name}={value}"), Expand::Specifiers)?
            }
            Self::ContainerArgs(args) => {
                let words: Result<Vec<_>, _> = args.iter().map(|word| container_word(word)).collect();
                lines(&words?, key_width)
            }
            Self::ContainerText(text) => {
                check_container(text)?;
                if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
                    return Err(Error::new(SYNTAX, "quadlet would take its quotes away", text));
                }
                one_line(text)?.replace('%', "%%").replace('$', "$$")
            }
            Self::ContainerPair(name, value) => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./".contains(&b);
                if name.is_empty() || !name.bytes().all(plain) {
                    return Err(Error::new(SYNTAX, "it is not the name of a variable or label", name));
                }
                container_word(&format!("{name}={value}"))?
            }
        }))
    }
}

impl ExecPrefix {
    fn mark(self) -> &'static str {
        match self {
            Self::None => "",
            Self::IgnoreFailure => "-",
            Self::Privileged => "+",
            Self::Elevated => "!",
        }
    }
}

/// Text for which the line syntax is enough: nothing that a reader would trim or join.
fn one_line(text: &str) -> Result<&str, Error> {
    let refuse = |reason| Err(Error::new(SYNTAX, reason, text));
    let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    if !is_plain && text.chars().any(|c| c != '\t' && c.is_control()) {
        return refuse("it holds a line break or another control character");
    }
    if text.trim() != text {
        return refuse("it starts or ends with white space, which systemd drops");
    }
    if text.ends_with('\\') {
        return refuse("it ends with a backslash, which continues the line");
    }
    Ok(text)
}

fn check_absolute(path: &str) -> Result<(), Error> {
    if path.starts_with('/') { Ok(()) } else { Err(Error::new(SYNTAX, "the path is not absolute", path)) }
}

fn token(word: &str) -> Result<String, Error> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "\"'\\".contains(c);
    if word.is_empty() || word.contains(bad) {
        return Err(Error::new(
            SYNTAX,
            "a word of a list is empty or holds a space, quote or backslash",
            word,
        ));
    }
    Ok(word.replace('%', "%%"))
}

/// The first word of a command is special to systemd: prefixes, no variables, a path that it tidies.
fn check_program(program: &str) -> Result<(), Error> {
    let bad = program.is_empty()
        || program.starts_with(['@', '-', ':', '+', '!', '|'])
        || program.ends_with('/')
        || program.contains("//")
        || program.contains(|c: char| c == '$' || c.is_control() || c.is_whitespace())
        || (program.contains('/') && !program.starts_with('/'))
        || program.split('/').any(|part| part == "." || part == "..");
    if bad { Err(Error::new(SYNTAX, "it is not the path or name of a program", program)) } else { Ok(()) }
}

/// What systemd expands in a word after it has taken the quotes away.
#[derive(Clone, Copy, PartialEq)]
enum Expand {
    Specifiers,
    All,
}

/// One word in systemd's C-like quoting: bare where nothing in it is special, else in double quotes.
fn quoted(word: &str, expand: Expand) -> Result<String, Error> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@,+%$~".contains(&b);
    let bare = !word.is_empty() && word.bytes().all(plain);
    if bare && !word.contains(['%', '$']) {
        return Ok(word.to_owned());
    }
    let mut out = String::with_capacity(word.len() + 2);
    if !bare {
        out.push('"');
    }
    for c in word.chars() {
        match c {
            '\0' => return Err(Error::new(SYNTAX, "it holds a NUL character", word)),
            '%' => out.push_str("%%"),
            '$' if expand == Expand::All => out.push_str("$$"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    if !bare {
        out.push('"');
    }
    Ok(out)
}

fn check_container(text: &str) -> Result<(), Error> {
    // Quadlet writes U+0080 as the byte `\x80`, which is no UTF-8; no one needs the others.
    if text.chars().any(|c| c.is_control() && !c.is_ascii()) {
        return Err(Error::new(SYNTAX, "it holds a control character", text));
    }
    Ok(())
}

fn container_word(word: &str) -> Result<String, Error> {
    check_container(word)?;
    if word.is_empty() {
        return Err(Error::new(SYNTAX, "quadlet drops an empty argument and all after it", word));
    }
    if word == ";" {
        return Err(Error::new(SYNTAX, "quadlet passes it on unquoted, where it ends the command", word));
    }
    quoted(word, Expand::All)
}

/// Longer command lines go one word a line, so that a review diff shows the word that changed.
const WIDTH: usize = 100;

fn lines(words: &[String], key_width: usize) -> String {
    let line = words.join(" ");
    if words.len() < 3 || line.chars().count() + key_width < WIDTH { line } else { words.join(" \\\n  ") }
}

/// `systemd-escape`: any text as a part of a unit name.
pub fn unit_name_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'/' => out.push('-'),
            b'.' if at == 0 => out.push_str("\\x2e"),
            b if b.is_ascii_alphanumeric() || b":_.".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out
}

#[cfg(test)]
#[path = "systemd_tests.rs"]
mod tests;
