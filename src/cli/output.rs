//! What a person or a program sees: data on standard output, everything else on standard error.

use std::io::{IsTerminal, Write as _};

use super::args::{Color, Format, Global};
use super::exit::Exit;
use crate::Compilation;
use crate::check::registry::all_rules;
use crate::diag::render::{self, render};
use crate::diag::{Diagnostic, Severity, codes};
use crate::stages::Stages;
use crate::text::{SourceMap, printable};

/// Columns of a report where the terminal does not say.
const WIDTH: usize = 100;

pub(super) struct Output {
    format: Format,
    color: bool,
    /// Whether text on standard output may have colours.
    styled: bool,
    quiet: bool,
    stages: Stages,
}

/// The terminal of a person who watches. Only [`Output::screen`] makes one.
#[derive(Clone, Copy)]
pub(super) struct Screen(());

impl Screen {
    /// A line that is not there.
    pub(super) const EMPTY: &str = "";

    /// Shows a line in place of the one before.
    pub(super) fn show(self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
    }
}

impl Output {
    pub(super) fn new(global: &Global, stages: Stages) -> Self {
        let color = |terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let asked_off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !asked_off && terminal
            }
        };
        Self {
            format: global.format,
            color: color(std::io::stderr().is_terminal()),
            styled: color(std::io::stdout().is_terminal()),
            quiet: global.quiet,
            stages,
        }
    }

    /// Where stages are measured.
    pub(super) fn stages(&self) -> &Stages {
        &self.stages
    }

    /// How long stages took, to standard error; asked for, so `--quiet` does not matter.
    pub(super) fn timings(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Whether a page on standard output may have colours.
    pub(super) fn styled_data(&self) -> bool {
        self.styled
    }

    /// Data, to standard output. A reader that went away is no error of ours.
    pub(super) fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// What is wrong, for people: data, unless the findings are.
    pub(super) fn report(&self, text: &str) {
        if self.format == Format::Human {
            self.data(text);
        } else {
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
        }
    }

    /// A remark for people, to standard error; not with `--quiet`.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet && self.format == Format::Human {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// Where lines can be shown that go away again; none where nobody watches.
    pub(super) fn screen(&self) -> Option<Screen> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let watched = !self.quiet && self.format == Format::Human && !dumb && std::io::stderr().is_terminal();
        watched.then_some(Screen(()))
    }

    /// A line for people that the next one replaces; nothing where nobody watches. Empty, it goes away.
    pub(super) fn live(&self, text: &str) {
        if let Some(screen) = self.screen() {
            screen.show(text);
        }
    }

    /// An error outside any source. It can quote what a stranger wrote.
    pub(super) fn error(&self, text: &str) {
        let text = printable(text);
        let _ = writeln!(std::io::stderr().lock(), "error: {text}");
    }

    /// The findings of a run and the exit code that follows from them.
    pub(super) fn findings(&self, compilation: &Compilation) -> Exit {
        self.diagnostics(&compilation.diagnostics, &compilation.sources);
        let errors = || compilation.diagnostics.iter().filter(|d| d.is_error());
        if errors().next().is_none() {
            Exit::Ok
        } else if errors().all(|d| d.rule == &codes::UNREADABLE) {
            // Nothing is wrong with the manifest but that it cannot be had.
            Exit::Io
        } else {
            Exit::Findings
        }
    }

    /// Findings, in the format that was asked for.
    pub(super) fn diagnostics(&self, all: &[Diagnostic], sources: &SourceMap) {
        self.rendered(&self.render(all, sources));
    }

    /// Findings as text, in the format that was asked for; empty where there is nothing to say.
    pub(super) fn render(&self, all: &[Diagnostic], sources: &SourceMap) -> String {
        let shown: Vec<Diagnostic> =
            all.iter().filter(|d| !self.quiet || d.severity == Severity::Error).cloned().collect();
        let format = match self.format {
            Format::Human => render::Format::Human { width: WIDTH, color: self.color },
            Format::Json => render::Format::Json,
            Format::Sarif => render::Format::Sarif,
            Format::Github => render::Format::Github,
            Format::Gitlab => render::Format::Gitlab,
        };
        if self.format == Format::Human && shown.is_empty() {
            return String::new();
        }
        render(format, &shown, sources, &all_rules())
    }

    /// Shows what [`Self::render`] gave.
    pub(super) fn rendered(&self, text: &str) {
        match self.format {
            Format::Human => {
                let _ = std::io::stderr().lock().write_all(text.as_bytes());
            }
            // For programs the findings are the data.
            Format::Json | Format::Sarif | Format::Github | Format::Gitlab => self.data(text),
        }
    }

    /// What the look of findings depends on.
    pub(super) fn look(&self) -> (Format, bool, bool) {
        (self.format, self.color, self.quiet)
    }
}
