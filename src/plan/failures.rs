//! What fails while the texts of one service are made. It is told afterwards, service by service, for the texts
//! of many are made at a time.

use std::ops::Range;

use super::build::Context;
use crate::diag::{Diagnostic, Sink, codes};
use crate::template::TemplateError;
use crate::text::Span;
use crate::topology::Service;

/// What failed for one service.
#[derive(Default)]
pub(super) struct Failures {
    /// What needs no look at a file to be told.
    pub(super) sink: Sink,
    /// The first text that failed: what fails after it may say nothing new.
    first: Option<Failed>,
}

struct Failed {
    what: String,
    why: String,
    place: Place,
}

/// Where it stands.
enum Place {
    /// This text of the component's file.
    Text(String),
    /// A part of a file beside the component's.
    Beside { name: String, template: String, range: Range<usize> },
}

/// The begin of a text, for a message.
fn short(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST).chain(['…']).collect()
    }
}

impl Failures {
    pub(super) fn any(&self) -> bool {
        self.first.is_some() || self.sink.has_errors()
    }

    /// A one-line text fails.
    pub(super) fn of_text(&mut self, what: &str, text: &str, error: &TemplateError) {
        self.of_content(what, text, &format!("`{}`: {}", short(text), error.message));
    }

    /// A text of the component's file fails.
    pub(super) fn of_content(&mut self, what: &str, text: &str, why: &str) {
        self.add(what, why, || Place::Text(text.to_owned()));
    }

    /// A template beside the component's file fails.
    pub(super) fn of_file(&mut self, name: &str, template: &str, what: &str, error: &TemplateError) {
        let range = error.range.clone().unwrap_or(0..0);
        self.add(what, &error.message, || Place::Beside {
            name: name.to_owned(),
            template: template.to_owned(),
            range,
        });
    }

    fn add(&mut self, what: &str, why: &str, place: impl FnOnce() -> Place) {
        if !self.any() {
            self.first = Some(Failed { what: what.to_owned(), why: why.to_owned(), place: place() });
        }
    }

    /// Tells of it; not where something failed before, for what fails after a missing setting or binding says
    /// nothing new.
    pub(super) fn tell(self, cx: &mut Context<'_>, service: &Service) {
        if cx.sink.has_errors() {
            return;
        }
        cx.sink.extend(self.sink.into_sorted());
        let Some(Failed { what, why, place }) = self.first else { return };
        let place = find(cx, service, place);
        let id = &service.component.component;
        // Our own data is sound; what the manifest gives it is not.
        let own = cx.entry(id).is_some_and(|entry| entry.own) && place.is_somewhere();
        let message = format!("`{what}` of component `{id}` fails: {why}");
        let words = format!("for service `{}`", service.name);
        let diagnostic = if own {
            let at = Diagnostic::new(&codes::BAD_TEMPLATE, place, message);
            at.here("cannot be rendered").label(service.origin, words)
        } else {
            Diagnostic::new(&codes::BAD_TEMPLATE, service.origin, message).here(words)
        };
        cx.sink.push(diagnostic.help(
            "correct the template in the component's data; `netgen components` shows settings and interfaces",
        ));
    }
}

fn find(cx: &mut Context<'_>, service: &Service, place: Place) -> Span {
    let file = service.component.component.span;
    match place {
        Place::Text(text) => {
            // Data does not remember where each text of it stood; one that is written in another way than it
            // reads is told of at the name of the component.
            let from = file.start as usize;
            let source = cx.sources.get(file.source);
            let found = source.and_then(|source| source.text().get(from..)?.find(&text));
            let at = found.filter(|_| !text.is_empty()).map(|at| from + at);
            at.map_or(file, |at| Span::new(file.source, at, at + text.len()))
        }
        Place::Beside { name, template, range } => {
            let beside = cx.sources.get(file.source).map_or("", |source| source.name()).to_owned();
            let path =
                beside.rsplit_once('/').map_or_else(|| name.clone(), |(dir, _)| format!("{dir}/{name}"));
            Span::new(cx.sources.add(path, template), range.start, range.end)
        }
    }
}
