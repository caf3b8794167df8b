//! Text templates. The only file that names minijinja.
//!
//! Three kinds of text are rendered here:
//! * files under `templates/` whose name ends in `.j2` ([`Templates::render`]): the name before
//!   `.j2` chooses how values are escaped, so a template never quotes a value itself;
//! * configuration files of components ([`Templates::render_text`]), by the same endings;
//! * one-line texts in component data ([`Templates::render_str`], [`Templates::eval`],
//!   [`Templates::eval_bool`]): nothing is escaped there, the writer of the target file does that.
//!
//! | name | a value goes in as | a list as |
//! |---|---|---|
//! | `*.sh.j2` | one shell word | words |
//! | `*.cfg.j2` | one HAProxy word | words |
//! | `*.nft.j2` | a bare token, else a string | `a, b` |
//! | `*.md.j2` | Markdown text | `a, b` |
//! | `*.alloy.j2` | a literal of Alloy | `["a", "b"]` |
//! | `*.yml.j2`, `*.yaml.j2`, `*.json.j2` | JSON that is also YAML | JSON |
//! | others | the text | an error |
//!
//! The data of components may be a stranger's: the last two run under a guard, see `guard`.
//!
//! `{{ x | raw }}` puts a text in as it is. A missing name, `none` and (where the table has no
//! form for it) a list or map are errors, never an empty text. Booleans are `true` and `false`;
//! mind that `~` is minijinja's own and gives `True`.
//!
//! A line that holds only a `{% tag %}` leaves nothing behind. A tag at the end of other text eats
//! the newline after it too; write `+%}` there to keep it.

mod compiled;
mod context;
mod filters;
mod guard;
mod kept;
mod plain;
mod reads;

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use self::compiled::{Fault, Form, Ready};
pub use self::context::{Context, Made, Parts, Scope, spoken};
use self::kept::Done;
pub use self::kept::{Alike, Kept};
pub use self::reads::Reads;

/// Instructions a file may take; the largest of ours take a few thousand a service.
const FILE_FUEL: u64 = 50_000_000;
/// Instructions a file of a component may take.
const OWN_FUEL: u64 = 20_000_000;
/// Instructions a component text may take.
const TEXT_FUEL: u64 = 200_000;
/// Instructions that all texts and files of components may take together: the largest networks take a tenth
/// of it.
const ALL_FUEL: u64 = 3_000_000_000;
/// Bytes that they may give together.
const ALL_BYTES: u64 = 256 << 20;
/// What a component text may lift, and a file of a component; see [`guard`].
const TEXT_WEIGHT: u64 = 64 << 20;
const OWN_WEIGHT: u64 = 256 << 20;
/// Bytes a component text may have, before and after.
const TEXT_LIMIT: usize = 64 * 1024;
/// Bytes a query may have after rendering: in a large network it may name each node.
const QUERY_LIMIT: usize = 4 * 1024 * 1024;
/// Bytes a file may have after rendering.
const FILE_LIMIT: usize = 64 * 1024 * 1024;
/// Tags that a component text may use; `set` and macros could grow a value without end.
const TEXT_TAGS: &[&str] =
    &["if", "elif", "else", "endif", "for", "endfor", "break", "continue", "raw", "endraw"];
/// The name of a component text, which has none.
const NAMELESS: &str = "<expression>";

/// What is wrong in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong, for people.
    pub message: String,
    /// The file name under `templates/`, or the component text itself.
    pub template: String,
    /// The line in it, from 1; 0 where it is not known.
    pub line: usize,
    /// The bytes in it.
    pub range: Option<Range<usize>>,
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (in {:?}, line {})", self.message, self.template, self.line)
    }
}

impl std::error::Error for TemplateError {}

/// All templates; `Send + Sync`, and each text is compiled once.
#[derive(Debug)]
pub struct Templates {
    files: Environment<'static>,
    /// For files of components.
    own: Environment<'static>,
    /// For texts of components.
    texts: Environment<'static>,
    names: Vec<&'static str>,
    /// What texts and files of components have taken so far.
    fuel: AtomicU64,
    bytes: AtomicU64,
}

impl Templates {
    /// The templates that are built into the program.
    pub fn embedded() -> Self {
        Self::from_files(crate::embedded::FILES)
    }

    /// Templates from a table of (name, text); only names that end in `.j2` count.
    pub fn from_files(table: &'static [(&'static str, &'static str)]) -> Self {
        let mut files = environment(FILE_FUEL, true);
        files.set_auto_escape_callback(|name| match escaping(name) {
            Some(mode) => AutoEscape::Custom(mode.into()),
            None => AutoEscape::None,
        });
        files.set_loader(move |name| {
            let found = table.iter().find(|(file, _)| *file == name && file.ends_with(".j2"));
            Ok(found.map(|(_, text)| (*text).to_owned()))
        });
        let (mut own, mut texts) = (environment(OWN_FUEL, true), environment(TEXT_FUEL, false));
        guard::add(&mut own, OWN_WEIGHT);
        guard::add(&mut texts, TEXT_WEIGHT);
        let names = table.iter().map(|(name, _)| *name).filter(|name| name.ends_with(".j2")).collect();
        Self { files, own, texts, names, fuel: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// The names of all template files.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied()
    }

    /// Compiles every file, for a test of the embedded ones.
    pub fn check(&self) -> Vec<TemplateError> {
        self.names()
            .filter_map(|name| self.files.get_template(name).err())
            .map(|e| explain(&e, "", 0))
            .collect()
    }

    /// Renders a file.
    pub fn render(&self, name: &str, ctx: impl Serialize) -> Result<String, TemplateError> {
        let run = || {
            let template = self.files.get_template(name)?;
            let mut out = Limited { text: Vec::new(), limit: FILE_LIMIT };
            template.render_captured_to(Value::from(Serde(&ctx)), &mut out)?;
            out.into_text()
        };
        run().map_err(|error| explain(&error, name, 0))
    }

    /// Renders a file that is not built in, such as a configuration file of a component; its name
    /// decides the escaping.
    pub fn render_text(&self, name: &str, text: &str, ctx: impl Scope) -> Result<String, TemplateError> {
        let wanted = Wanted { form: Form::Text, name, text, limit: FILE_LIMIT };
        let rendered = self.guarded(&self.own, &wanted, ctx).map(|(_, rendered)| rendered);
        rendered.map_err(|error| TemplateError {
            template: name.to_owned(),
            range: error.range.and_then(|range| snap(Some(text), range)),
            ..error
        })
    }

    /// Renders a text from component data. Nothing is escaped.
    pub fn render_str(&self, text: &str, ctx: impl Scope) -> Result<String, TemplateError> {
        self.line(text, ctx, TEXT_LIMIT)
    }

    /// The same for a query, which may be longer.
    pub fn render_query(&self, text: &str, ctx: impl Scope) -> Result<String, TemplateError> {
        self.line(text, ctx, QUERY_LIMIT)
    }

    fn line(&self, text: &str, ctx: impl Scope, limit: usize) -> Result<String, TemplateError> {
        // Most arguments hold no template at all.
        if !text.contains('{') || !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            self.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
            self.is_within(text)?;
            return Ok(text.to_owned());
        }
        check_text(text)?;
        let wanted = Wanted { form: Form::Text, name: NAMELESS, text, limit };
        self.guarded(&self.texts, &wanted, ctx).map(|(_, rendered)| rendered)
    }

    /// The value of one expression, `{{ x }}` or bare `x`, with its type kept.
    pub fn eval(&self, text: &str, ctx: impl Scope) -> Result<serde_json::Value, TemplateError> {
        let value = self.value_of(text, &ctx)?;
        let json = if value.is_undefined() {
            Err(Error::from(ErrorKind::UndefinedError))
        } else {
            serde_json::to_value(&value).map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))
        };
        json.map_err(|error| whole(&error, text))
    }

    /// The truth of a condition, `{{ x }}` or bare `x`.
    ///
    /// A boolean is itself, `none` is false, a list or map is true if it holds anything. Text and
    /// numbers are errors: whether `"false"` or `0` was meant as true cannot be told.
    pub fn eval_bool(&self, text: &str, ctx: impl Scope) -> Result<bool, TemplateError> {
        let value = self.value_of(text, &ctx)?;
        let kind = value.kind();
        match kind {
            ValueKind::Bool | ValueKind::None | ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
                Ok(value.is_true())
            }
            ValueKind::Undefined => Err(whole(&Error::from(ErrorKind::UndefinedError), text)),
            _ => {
                let message = format!("a condition must be true or false, this is a {kind}; compare it");
                Err(whole(&Error::new(ErrorKind::InvalidOperation, message), text))
            }
        }
    }

    fn value_of(&self, text: &str, ctx: &impl Scope) -> Result<Value, TemplateError> {
        check_text(text)?;
        let (expression, offset) = expression_of(text)?;
        let wanted = Wanted { form: Form::Expression, name: NAMELESS, text: expression, limit: TEXT_LIMIT };
        let done = self.guarded(&self.texts, &wanted, ctx);
        let value = done.map(|(value, _)| value.unwrap_or_default());
        value.map_err(|error| TemplateError {
            template: text.to_owned(),
            range: error.range.and_then(|range| snap(Some(text), range.start + offset..range.end + offset)),
            ..error
        })
    }

    /// What a text asks for of its scope; everything where it does not compile.
    pub fn reads(&self, text: Asking<'_>) -> Reads {
        let ready =
            |form, name, text, env: &Environment<'static>| Ready::of(form, name, text, env.syntax()).ok();
        let of_expression = |text| {
            let (expression, _) = expression_of(text).ok()?;
            ready(Form::Expression, NAMELESS, expression, &self.texts)
        };
        let found = match text {
            Asking::Line(text) if !text.contains('{') => Some(Reads::default()),
            Asking::Line(text) if check_text(text).is_err() => None,
            Asking::Line(text) => {
                ready(Form::Text, NAMELESS, text, &self.texts).map(|ready| ready.reads().clone())
            }
            Asking::Condition(text) => of_expression(text).map(|ready| ready.asks().clone()),
            Asking::Value(text) => of_expression(text).map(|ready| ready.reads().clone()),
            Asking::File(name, text) => {
                ready(Form::Text, name, text, &self.own).map(|ready| ready.reads().clone())
            }
        };
        found.unwrap_or_else(Reads::everything)
    }

    /// Whether all components together have taken no more than they may.
    fn is_within(&self, text: &str) -> Result<(), TemplateError> {
        let (fuel, bytes) = (self.fuel.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        if fuel <= ALL_FUEL && bytes <= ALL_BYTES {
            return Ok(());
        }
        let message = "the templates of all components take too much together";
        Err(whole(&Error::new(ErrorKind::OutOfFuel, message), text))
    }

    /// Runs a text or file of a component, within all limits.
    fn guarded(
        &self,
        env: &Environment<'static>,
        wanted: &Wanted<'_>,
        ctx: impl Scope,
    ) -> Result<(Option<Value>, String), TemplateError> {
        let Wanted { form, name, text, limit } = *wanted;
        let failed = |message: &str, range: Range<usize>| {
            let error = whole(&Error::new(ErrorKind::InvalidOperation, message.to_owned()), text);
            Err(TemplateError { range: snap(Some(text), range), ..error })
        };
        self.is_within(text)?;
        let faulty = |fault: Fault| match fault {
            Fault::Failed(error) => Err(explain(&error, text, 0)),
            Fault::Refused(what, range) => failed(&what, range),
        };
        let ready = match Ready::of(form, name, text, env.syntax()) {
            Ok(ready) => ready,
            Err(fault) => return faulty(fault),
        };
        let kept = ctx.kept().filter(|kept| kept.is_for(&ready));
        if let Some(done) = kept.and_then(|kept| kept.find(&ready)) {
            return Ok(self.charge(done));
        }
        match ready.run(env, ctx.context().0, escaping(name)) {
            Ok((_, rendered, fuel)) if rendered.len() > limit => {
                self.charge(Done { value: None, text: rendered, fuel });
                failed("the output is too long", 0..text.len())
            }
            Ok((value, rendered, fuel)) => {
                let done = Done { value, text: rendered, fuel };
                kept.iter().for_each(|kept| kept.keep(&ready, &done));
                Ok(self.charge(done))
            }
            Err(fault) => {
                self.fuel.fetch_add(env.fuel().unwrap_or(0), Ordering::Relaxed);
                faulty(fault)
            }
        }
    }

    /// Adds what a text took to what all have taken, whoever ran it.
    fn charge(&self, done: Done) -> (Option<Value>, String) {
        self.fuel.fetch_add(done.fuel, Ordering::Relaxed);
        self.bytes.fetch_add(done.text.len() as u64, Ordering::Relaxed);
        (done.value, done.text)
    }
}

/// A text of a component, by the way in which it is used.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'t> {
    /// For [`Templates::render_str`].
    Line(&'t str),
    /// For [`Templates::eval_bool`].
    Condition(&'t str),
    /// For [`Templates::eval`].
    Value(&'t str),
    /// For [`Templates::render_text`]: the name and the text.
    File(&'t str, &'t str),
}

/// A text or file of a component, and how long it may become.
struct Wanted<'t> {
    form: Form,
    name: &'t str,
    text: &'t str,
    limit: usize,
}

/// The expression in `{{ ... }}` or the bare text, and where it starts.
fn expression_of(text: &str) -> Result<(&str, usize), TemplateError> {
    let start = text.len() - text.trim_start().len();
    let Some(inner) = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
        return Ok((text, 0));
    };
    if inner.contains("}}") && inner.contains("{{") {
        return Err(whole(&Error::new(ErrorKind::SyntaxError, "this must be one expression"), text));
    }
    Ok((inner, start + 2))
}

/// Refuses what could make a component text grow without bounds.
fn check_text(text: &str) -> Result<(), TemplateError> {
    if text.len() > TEXT_LIMIT {
        return Err(whole(&Error::new(ErrorKind::SyntaxError, "the text is too long"), text));
    }
    if !text.contains('%') {
        return Ok(());
    }
    for (at, mark) in text.match_indices("{%") {
        let tag = text.get(at + mark.len()..).unwrap_or("");
        let tag = tag.trim_start_matches(['-', '+']).trim_start();
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        if !TEXT_TAGS.contains(&name.as_str()) {
            let message = format!("the tag {name:?} is not allowed here; only {}", TEXT_TAGS.join(", "));
            let error = Error::new(ErrorKind::SyntaxError, message);
            let range = Some(at..at + mark.len());
            return Err(TemplateError { range, ..whole(&error, text) });
        }
    }
    Ok(())
}

fn escaping(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix(".j2")?;
    Some(match name.rsplit_once('.')?.1 {
        "sh" => "sh",
        "cfg" => "cfg",
        "nft" => "nft",
        "alloy" => "alloy",
        "md" => "md",
        "yml" | "yaml" | "json" => "json",
        _ => return None,
    })
}

/// `lines`: do lines that hold only a tag vanish? In a one-line text every character counts.
fn environment(fuel: u64, lines: bool) -> Environment<'static> {
    let mut env = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(lines).lstrip_blocks(lines).keep_trailing_newline(true);
    // Building fails for clashing delimiters only, and these are the default ones.
    if let Ok(syntax) = syntax.build() {
        env.set_syntax(syntax);
    }
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    // Without it errors carry no range.
    env.set_debug(true);
    env.set_fuel(Some(fuel));
    env.set_formatter(|out, state, value| {
        let mode = match state.auto_escape() {
            AutoEscape::None => None,
            AutoEscape::Custom(mode) => Some(mode.as_ref()),
            AutoEscape::Json => Some("json"),
            _ => Some("html"),
        };
        out.write_str(&filters::escape(mode, value)?).map_err(Error::from)
    });
    filters::add(&mut env);
    env
}

/// An output that stops at a limit.
struct Limited {
    text: Vec<u8>,
    limit: usize,
}

impl Limited {
    fn into_text(self) -> Result<String, Error> {
        String::from_utf8(self.text).map_err(|e| Error::new(ErrorKind::WriteFailure, e.to_string()))
    }
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.limit {
            return Err(io::Error::other("the output is too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An error without a place of its own: the whole text is to blame.
fn whole(error: &Error, text: &str) -> TemplateError {
    TemplateError { line: 1, range: Some(0..text.len()), ..explain(error, text, 0) }
}

/// `fallback` names the template where the error does not; `offset` is where an expression starts
/// in the text that the user wrote.
fn explain(error: &Error, fallback: &str, offset: usize) -> TemplateError {
    // An error in an included file hides the one that says where and why.
    let mut deepest = error;
    let mut source = std::error::Error::source(error);
    let mut cause = String::new();
    while let Some(inner) = source {
        match inner.downcast_ref::<Error>() {
            Some(inner) => deepest = inner,
            None => cause = format!(": {inner}"),
        }
        source = inner.source();
    }
    let message = match deepest.detail() {
        Some(detail) => format!("{}: {detail}{cause}", deepest.kind()),
        None => format!("{}{cause}", deepest.kind()),
    };
    let template = match deepest.name() {
        Some(NAMELESS) | None => fallback,
        Some(name) => name,
    };
    // An expression is a part of the text that the user wrote; all others bring their own source.
    let in_expression = matches!(deepest.name(), Some(NAMELESS) | None);
    let source = if in_expression { Some(fallback) } else { deepest.template_source() };
    TemplateError {
        message,
        template: template.to_owned(),
        line: deepest.line().unwrap_or(0),
        range: deepest.range().and_then(|range| snap(source, range.start + offset..range.end + offset)),
    }
}

/// minijinja points at one byte for a character that it does not know; a range must be sliceable.
fn snap(source: Option<&str>, range: Range<usize>) -> Option<Range<usize>> {
    let Some(text) = source else { return Some(range) };
    let start = (0..=range.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at))?;
    let end = (range.end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    Some(start..end.max(start))
}

#[cfg(test)]
mod tests;
