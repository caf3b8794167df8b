//! From flags and answers to a draft. Each answer is put into the draft at once, and taken only if the
//! rules of `netgen check` find nothing that they did not find before it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::Offers;
use super::draft::Draft;
use super::judge::{Counts, count, findings, first_new};
use super::terminal::{self, Question};
use crate::catalog::component::Component;
use crate::cli::Failure;
use crate::cli::args::Init as Args;
use crate::cli::exit::Exit;
use crate::cli::world::RealWorld;
use crate::diag::{did_you_mean, list_names};

/// Who answers, and how closely each answer is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// A person on a terminal.
    Person,
    /// The flags; the whole is judged by the caller.
    Nobody,
    /// The flags again, each judged by itself, so that the one that is wrong can be named.
    Flags,
}

/// Puts an answer into a draft, or says why it is none.
pub(super) type Apply<'f> = &'f dyn Fn(&mut Draft, &str) -> Result<(), String>;

/// One run through all questions.
pub(super) struct Interview<'a> {
    pub(super) args: &'a Args,
    pub(super) offers: &'a mut Offers,
    /// The path of the manifest to be: what lies beside it counts.
    path: &'a str,
    pub(super) interactive: bool,
    pub(super) draft: Draft,
    /// Whether the rules judge each answer, and not only the whole.
    pub(super) strict: bool,
    /// Off while something is chosen from a list, which may need later answers to be right.
    pub(super) judge: bool,
    /// What an answer is compared with, where that is not the draft itself.
    pub(super) basis: Option<Draft>,
    /// How often each rule speaks of the draft, where that was looked at.
    counted: Option<Counts>,
    /// What is wrong with flags, when there is nobody to ask.
    pub(super) problems: Vec<String>,
    /// Whether an answer is missing; then the rules may speak of that.
    incomplete: bool,
}

impl<'a> Interview<'a> {
    pub(super) fn new(
        args: &'a Args,
        offers: &'a mut Offers,
        path: &'a str,
        asking: Asking,
        draft: Draft,
    ) -> Self {
        let (interactive, strict) = (asking == Asking::Person, asking != Asking::Nobody);
        Self {
            args,
            offers,
            path,
            interactive,
            draft,
            strict,
            judge: true,
            basis: None,
            counted: None,
            problems: Vec::new(),
            incomplete: false,
        }
    }

    /// A question that is answered with yes or no; yes where nothing is said.
    pub(super) fn yes(&mut self, text: &str) -> Result<bool, Failure> {
        let options = vec![("yes".to_owned(), String::new()), ("no".to_owned(), String::new())];
        let answer = std::cell::Cell::new(true);
        self.choose(
            &Question {
                text: text.to_owned(),
                options,
                default: Some("yes".to_owned()),
                ..Question::default()
            },
            None,
            &|_, word| {
                answer.set(word == "yes");
                Ok(())
            },
        )?;
        Ok(answer.get())
    }

    /// A text with a default that need not be written.
    pub(super) fn text(
        &mut self,
        flag: &str,
        text: &str,
        given: Option<&str>,
        default: Option<String>,
        apply: Apply<'_>,
    ) -> Result<(), Failure> {
        let shown = default.clone();
        let question = Question { flag: flag.into(), text: text.into(), default, ..Question::default() };
        self.put(&question, given.map(str::to_owned), &|draft, answer| {
            apply(draft, if Some(answer) == shown.as_deref() { "" } else { answer })
        })
    }

    /// A question that may stay open unless a rule wants it answered: a sample shows whether one does.
    pub(super) fn wanted(
        &mut self,
        flag: &str,
        text: &str,
        given: Option<String>,
        sample: &str,
        apply: Apply<'_>,
    ) -> Result<(), Failure> {
        let needed = || {
            let (mut with, mut without) = (self.draft.clone(), self.draft.clone());
            let tried = apply(&mut without, "").and_then(|()| apply(&mut with, sample));
            tried.is_ok() && self.is_better(&with, &without)
        };
        let needed = self.strict && given.is_none() && needed();
        let question = Question {
            flag: flag.to_owned(),
            text: text.to_owned(),
            default: None,
            optional: !needed,
            ..Question::default()
        };
        self.put(&question, given, apply)
    }

    /// Takes one of the options, with a hint at the nearest one.
    pub(super) fn choose(
        &mut self,
        question: &Question,
        given: Option<String>,
        apply: Apply<'_>,
    ) -> Result<(), Failure> {
        let options = question.options.clone();
        self.judge = false;
        let done = self.put(question, given, &|draft, answer| {
            if options.iter().any(|(word, _)| word == answer) {
                return apply(draft, answer);
            }
            let words = || options.iter().map(|(word, _)| word.as_str());
            let near = did_you_mean(answer, words()).map(|near| format!("; did you mean `{near}`?"));
            let near = near.unwrap_or_default();
            Err(format!("`{answer}` is not one of {}{near}", list_names(words(), 20)))
        });
        self.judge = true;
        done
    }

    /// Puts an answer into the draft: the one of the flag, else one from the terminal, asked until it
    /// is right, else the default.
    pub(super) fn put(
        &mut self,
        question: &Question,
        given: Option<String>,
        apply: Apply<'_>,
    ) -> Result<(), Failure> {
        if let Some(answer) = given {
            if let Err(why) = self.try_put(&answer, apply) {
                let problem = format!("`{}`: {why}", question.flag);
                if !self.interactive {
                    self.problems.push(problem);
                    return Ok(());
                }
                terminal::say(&format!("  {problem}"));
            } else {
                return Ok(());
            }
        }
        if !self.interactive {
            match &question.default {
                Some(default) => {
                    if let Err(why) = self.try_put(default, apply) {
                        self.problems.push(format!("`{}`: {why}", question.flag));
                    }
                }
                None if question.optional => {}
                None => self.missing(&question.flag, &question.text),
            }
            return Ok(());
        }
        loop {
            let failed = |error: io::Error| Failure::new(Exit::Io, format!("cannot ask: {error}"));
            let Some(answer) = terminal::ask(question).map_err(failed)? else {
                return Err(Failure::new(Exit::Usage, "no more answers; nothing was written"));
            };
            if answer.is_empty() && !question.optional {
                terminal::say("  this needs an answer");
                continue;
            }
            match self.try_put(&answer, apply) {
                Ok(()) => return Ok(()),
                Err(why) => terminal::say(&format!("  {why}")),
            }
        }
    }

    fn try_put(&mut self, answer: &str, apply: Apply<'_>) -> Result<(), String> {
        let mut next = self.draft.clone();
        apply(&mut next, answer)?;
        if !self.strict || !self.judge || self.incomplete {
            self.counted = None;
        } else {
            let before = match (&self.basis, self.counted.take()) {
                (Some(basis), _) => count(&findings(basis, self.path)),
                (None, Some(counted)) => counted,
                (None, None) => count(&findings(&self.draft, self.path)),
            };
            let after = findings(&next, self.path);
            if let Some(finding) = first_new(&before, &after) {
                let help: String = finding.help.iter().map(|help| format!("\n  help: {help}")).collect();
                let why = format!("{}{help}", finding.message);
                return Err(why);
            }
            self.counted = Some(count(&after));
        }
        self.draft = next;
        Ok(())
    }

    /// Whether a rule speaks less often of the first draft than of the second.
    pub(super) fn is_better(&self, first: &Draft, second: &Draft) -> bool {
        let found = |draft: &Draft| findings(draft, self.path);
        first_new(&count(&found(first)), &found(second)).is_some()
    }

    pub(super) fn missing(&mut self, flag: &str, what: &str) {
        self.incomplete = true;
        self.problems.push(format!("`{flag}` is missing: {what}"));
    }

    pub(super) fn component(&mut self, id: &str) -> Option<Arc<Component>> {
        let Offers { catalog, sources, sink, .. } = self.offers;
        catalog.entry(id, &RealWorld, sources, sink).map(|entry| entry.component.clone())
    }

    /// `key=value` flags.
    pub(super) fn pairs(&mut self, flag: &str, given: &[String]) -> BTreeMap<String, String> {
        let mut pairs = BTreeMap::new();
        for text in given {
            match text.split_once('=') {
                Some((key, value)) => {
                    pairs.insert(key.trim().to_owned(), value.trim().to_owned());
                }
                None => self.problems.push(format!("`{flag} {text}`: write `name=value`")),
            }
        }
        pairs
    }
}
