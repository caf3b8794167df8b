//! Texts and files of components, made ready to run.
//!
//! The few hundred texts of a network come again for each of its services, so the first ones are kept for as
//! long as the program runs. There is an end to that: what comes later is made ready each time it is met, so
//! no number of texts takes more memory than that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, RwLock};

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{self, CodeGenerator, Instructions, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error};

use super::guard::{self, Refused};
use super::plain::{Condition, Filling};
use super::reads::{Reads, Wanted};
use crate::hashed::HashMap;

/// The longest text with tags in it: what tags can nest is bounded by it.
const MOST_WITH_TAGS: usize = 64 << 10;
/// Bytes that the texts which are kept may take, about: far more than those of a catalog do.
const MOST_KEPT: usize = 64 << 20;
/// What a text takes besides its letters, and for each of them, about.
const TAKES: usize = 2 << 10;
const TAKES_EACH: usize = 16;

/// A text that can be run.
pub(super) struct Compiled<'s> {
    form: Form,
    name: &'s str,
    text: &'s str,
    simple: Simple<'s>,
    /// What the machine runs; made when it is needed where the text is simple.
    program: OnceLock<Program<'s>>,
    reads: Reads,
    asks: Reads,
}

/// What the machine runs.
struct Program<'s> {
    instructions: Instructions<'s>,
    blocks: BTreeMap<&'s str, Instructions<'s>>,
}

/// What can be done without the machine.
enum Simple<'s> {
    Condition(Condition),
    Filling(Filling<'s>),
    Neither,
}

/// What a text is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// One expression, whose value is wanted.
    Expression,
    /// Text with expressions and tags in it.
    Text,
}

/// Why a text cannot be run, or did not end well.
pub(super) enum Fault {
    /// It is no template, or its run failed.
    Failed(Error),
    /// It has what it may not have, and where.
    Refused(String, std::ops::Range<usize>),
}

/// A text that can be run, kept or not.
pub(super) enum Ready<'s> {
    Kept(&'static Compiled<'static>),
    Once(Box<Compiled<'s>>),
}

/// Texts that are kept.
struct Table {
    known: RwLock<Known>,
    taken: AtomicUsize,
    /// Bytes that they may take, about.
    most: usize,
}

/// By the name of their template, and by themselves.
type Known = BTreeMap<(Form, &'static str), HashMap<&'static str, &'static Compiled<'static>>>;

static KEPT: Table = Table::new(MOST_KEPT);

impl Table {
    const fn new(most: usize) -> Self {
        Self { known: RwLock::new(Known::new()), taken: AtomicUsize::new(0), most }
    }

    /// One that is kept, or a new one.
    fn ready<'s>(&self, form: Form, name: &'s str, text: &'s str, syntax: &SyntaxConfig) -> Made<'s> {
        let found = self.known.read().ok().and_then(|known| known.get(&(form, name))?.get(text).copied());
        if let Some(compiled) = found {
            return Ok(Ready::Kept(compiled));
        }
        let takes = TAKES + TAKES_EACH * text.len();
        if self.taken.fetch_add(takes, Ordering::Relaxed) + takes > self.most {
            self.taken.fetch_sub(takes, Ordering::Relaxed);
            return Ok(Ready::Once(Box::new(Compiled::of(form, name, text, syntax)?)));
        }
        let (name, text): (&'static str, &'static str) =
            (String::from(name).leak(), String::from(text).leak());
        let compiled: &'static _ = Box::leak(Box::new(Compiled::of(form, name, text, syntax)?));
        if let Ok(mut known) = self.known.write() {
            known.entry((form, name)).or_default().insert(text, compiled);
        }
        Ok(Ready::Kept(compiled))
    }
}

type Made<'s> = Result<Ready<'s>, Fault>;

impl<'s> Ready<'s> {
    /// A text that can be run: one that is kept, or a new one.
    pub(super) fn of(form: Form, name: &'s str, text: &'s str, syntax: &SyntaxConfig) -> Made<'s> {
        KEPT.ready(form, name, text, syntax)
    }

    /// What it asks for, of an expression where its value is wanted.
    pub(super) fn reads(&self) -> &Reads {
        match self {
            Self::Kept(compiled) => &compiled.reads,
            Self::Once(compiled) => &compiled.reads,
        }
    }

    /// What it asks for where only the truth of its value is wanted.
    pub(super) fn asks(&self) -> &Reads {
        match self {
            Self::Kept(compiled) => &compiled.asks,
            Self::Once(compiled) => &compiled.asks,
        }
    }

    /// Runs it. Gives the value of an expression, the text, and the fuel that it took.
    pub(super) fn run<'env>(
        &'env self,
        env: &'env Environment<'env>,
        root: Value,
        escape: Option<&'static str>,
    ) -> Result<(Option<Value>, String, u64), Fault> {
        match self {
            Self::Kept(compiled) => compiled.run(env, root, escape),
            Self::Once(compiled) => compiled.run(env, root, escape),
        }
    }

    /// The place where it stays for as long as the program runs, if it does.
    pub(super) fn place(&self) -> Option<usize> {
        match self {
            Self::Kept(compiled) => Some(std::ptr::from_ref(*compiled).addr()),
            Self::Once(_) => None,
        }
    }
}

impl<'s> Compiled<'s> {
    fn of(form: Form, name: &'s str, text: &'s str, syntax: &SyntaxConfig) -> Result<Self, Fault> {
        let parsed = Parsed::of(form, name, text, syntax)?;
        let (simple, reads, asks) = match &parsed {
            Parsed::Expression(parsed) => (
                Condition::of(parsed).map_or(Simple::Neither, Simple::Condition),
                Reads::of_expr(parsed, Wanted::Value),
                Reads::of_expr(parsed, Wanted::Truth),
            ),
            Parsed::Text(parsed) => (
                Filling::of(parsed).map_or(Simple::Neither, Simple::Filling),
                Reads::of_stmt(parsed),
                Reads::default(),
            ),
        };
        // What may not stand in it is found now; a simple text has nothing of that.
        let program = match simple {
            Simple::Neither => OnceLock::from(parsed.program(name, text)?),
            Simple::Condition(_) | Simple::Filling(_) => OnceLock::new(),
        };
        Ok(Self { form, name, text, simple, program, reads, asks })
    }

    fn run<'env>(
        &'env self,
        env: &'env Environment<'env>,
        root: Value,
        escape: Option<&'static str>,
    ) -> Result<(Option<Value>, String, u64), Fault> {
        if let Some(done) = self.simple.done(&root, escape) {
            return Ok(done);
        }
        let Program { instructions, blocks } = self.program(env.syntax())?;
        let escape = escape.map_or(AutoEscape::None, |mode| AutoEscape::Custom(mode.into()));
        let mut text = String::new();
        let mut out = machinery::make_string_output(&mut text);
        let evaluated = machinery::eval(env, instructions, root, blocks, &mut out, escape);
        let (value, state) = evaluated.map_err(Fault::Failed)?;
        let fuel = state.fuel_levels().map_or(0, |(consumed, _)| consumed);
        drop(state);
        drop(out);
        Ok((value, text, fuel))
    }

    fn program(&self, syntax: &SyntaxConfig) -> Result<&Program<'s>, Fault> {
        if let Some(program) = self.program.get() {
            return Ok(program);
        }
        let made = Parsed::of(self.form, self.name, self.text, syntax)?.program(self.name, self.text)?;
        Ok(self.program.get_or_init(|| made))
    }
}

impl Simple<'_> {
    /// The value of a condition, or a text with the values in it, and fuel for it: no less than the machine
    /// would have taken.
    fn done(&self, root: &Value, escape: Option<&str>) -> Option<(Option<Value>, String, u64)> {
        match self {
            Self::Condition(condition) => {
                Some((Some(condition.value(root)?), String::new(), condition.fuel()))
            }
            Self::Filling(filling) => Some((None, filling.fill(root, escape)?, filling.fuel())),
            Self::Neither => None,
        }
    }
}

/// The syntax of a text as it was written.
enum Parsed<'s> {
    Expression(Expr<'s>),
    Text(Stmt<'s>),
}

impl<'s> Parsed<'s> {
    fn of(form: Form, name: &'s str, text: &'s str, syntax: &SyntaxConfig) -> Result<Self, Fault> {
        if form == Form::Expression {
            return parse_expr(text).map(Self::Expression).map_err(Fault::Failed);
        }
        if text.len() > MOST_WITH_TAGS && text.contains("{%") {
            let message = format!("a text with tags may have {MOST_WITH_TAGS} bytes");
            return Err(Fault::Refused(message, 0..0));
        }
        parse(text, name, syntax.clone()).map(Self::Text).map_err(Fault::Failed)
    }

    fn program(&self, name: &'s str, text: &'s str) -> Result<Program<'s>, Fault> {
        let mut generator = CodeGenerator::new(name, text);
        match self {
            Self::Expression(parsed) => generator.compile_expr(&guard::expr(parsed)),
            Self::Text(parsed) => {
                let guarded = guard::stmt(parsed).map_err(|Refused(what, span)| {
                    let range = span.start_offset as usize..span.end_offset as usize;
                    Fault::Refused(format!("{what} cannot be used in the data of a component"), range)
                })?;
                generator.compile_stmt(&guarded);
            }
        }
        let (instructions, blocks) = generator.finish();
        Ok(Program { instructions, blocks })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Context, TEXT_FUEL, environment};
    use super::*;

    #[test]
    fn no_number_of_texts_takes_more_than_some_memory() {
        let env = environment(TEXT_FUEL, false);
        let table = Table::new(8 * TAKES);
        let mut kept = 0;
        for round in 0..2 {
            for number in 0..20 {
                let text = format!("{{{{ a }}}}-{number}");
                let ready = table.ready(Form::Text, "t", &text, env.syntax());
                let Ok(ready) = ready else { panic!("{text}") };
                let done = ready.run(&env, Context::new(&json!({ "a": round })).0, None);
                let Ok((None, said, fuel)) = done else { panic!("{text}") };
                assert_eq!((said, fuel > 0), (format!("{round}-{number}"), true));
                kept += usize::from(ready.place().is_some());
            }
        }
        assert_eq!(kept, 2 * 7, "those that came first, each time");
        assert!(table.taken.load(Ordering::Relaxed) <= table.most);
    }
}
