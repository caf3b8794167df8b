//! Text for a terminal; the only file that names miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, ThemeStyles,
};
use miette::{SourceCode, SourceSpan, SpanContents, ThemeCharacters};

use super::count;
use super::excerpt::{Excerpt, excerpts};
use super::place::places;
use crate::diag::{Diagnostic, Severity};
use crate::text::{SourceMap, printable};

/// Below this, nothing readable can be drawn.
const MIN_WIDTH: usize = 40;
/// Findings that are drawn; the rest is counted.
const MOST_SHOWN: usize = 100;
/// Columns that line numbers and the frame take.
const GUTTER: usize = 10;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap, width: usize, color: bool) -> String {
    let width = width.max(MIN_WIDTH);
    let styles = if color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_links(false)
        .without_cause_chain()
        .without_syntax_highlighting();
    let mut text = String::new();
    let shown = shown(diagnostics);
    for diagnostic in &shown {
        let report = Report::new(diagnostic, sources, width - GUTTER);
        // Writing to a String does not fail, and the snippets hold every range they are asked for;
        // if it fails nevertheless, the message is not lost.
        if handler.render_report(&mut text, &report).is_err() {
            text.push_str(&report.message);
            text.push('\n');
        }
        for help in &diagnostic.help {
            wrap_help(&mut text, &printable(help), width, color);
        }
        text.push('\n');
    }
    let standing = diagnostics.iter().filter(|d| d.waived.is_none()).count();
    if standing > shown.len() {
        let more = standing - shown.len();
        text.push_str(&format!("and {more} more; `--format json` shows every finding\n"));
    }
    text.push_str(&summary(diagnostics));
    text
}

/// The findings that are drawn, in their order: no person reads thousands. Errors go before warnings.
fn shown(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let standing: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.waived.is_none()).collect();
    let errors = standing.iter().filter(|d| d.severity == Severity::Error).count().min(MOST_SHOWN);
    let mut room = [(Severity::Error, errors), (Severity::Warning, MOST_SHOWN - errors)];
    let mut fits = |severity: Severity| {
        let left = room.iter_mut().find(|(of, left)| *of == severity && *left > 0);
        left.map(|(_, left)| *left -= 1).is_some()
    };
    standing.into_iter().filter(|d| fits(d.severity)).collect()
}

/// The counts, and once how to learn more.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let counts: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .map(|severity| (count(diagnostics, severity), severity.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    let mut standing = diagnostics.iter().filter(|d| d.waived.is_none());
    let worst = diagnostics.iter().find(|d| d.is_error()).or(standing.next());
    worst.map_or_else(String::new, |worst| {
        format!("{}; `netgen explain {}` tells more\n", counts.join(", "), worst.rule.code)
    })
}

/// miette shows one help a report; findings have several.
fn wrap_help(text: &mut String, help: &str, width: usize, color: bool) {
    const INDENT: &str = "        ";
    text.push_str(if color { "  \u{1b}[36mhelp: \u{1b}[0m" } else { "  help: " });
    let mut column = INDENT.len();
    for (at, paragraph) in help.lines().enumerate() {
        if at > 0 {
            text.push('\n');
            text.push_str(INDENT);
            column = INDENT.len();
        }
        for (at, word) in paragraph.split(' ').enumerate() {
            let length = word.chars().count();
            if at > 0 && column + 1 + length > width {
                text.push('\n');
                text.push_str(INDENT);
                column = INDENT.len();
            } else if at > 0 {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += length;
        }
    }
    text.push('\n');
}

/// A finding in the words of miette.
#[derive(Debug)]
struct Report {
    code: String,
    message: String,
    severity: Severity,
    snippets: Snippets,
}

impl Report {
    fn new(diagnostic: &Diagnostic, sources: &SourceMap, columns: usize) -> Self {
        let rule = diagnostic.rule;
        Self {
            code: format!("{} {} {}", diagnostic.severity.word(), rule.code, rule.name),
            message: printable(&diagnostic.message),
            severity: diagnostic.severity,
            snippets: Snippets::new(excerpts(&places(diagnostic, sources), columns)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippets)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.snippets.parts.iter().flat_map(|(base, excerpt)| {
            excerpt.marks.iter().map(move |mark| {
                let remark = (!mark.remark.is_empty()).then(|| mark.remark.clone());
                let span = (base + mark.range.start, mark.range.len());
                if mark.primary {
                    LabeledSpan::new_primary_with_span(remark, span)
                } else {
                    LabeledSpan::new_with_span(remark, span)
                }
            })
        })))
    }
}

/// All excerpts of one finding, laid one after another in one range of offsets, each with its own
/// file name and line numbers. A range over two of them does not exist, so miette draws each alone.
struct Snippets {
    parts: Vec<(usize, Excerpt)>,
}

impl Snippets {
    fn new(excerpts: Vec<Excerpt>) -> Self {
        let mut next = 0;
        let parts = excerpts
            .into_iter()
            .map(|excerpt| {
                let base = next;
                next += excerpt.text.len() + 1;
                (base, excerpt)
            })
            .collect();
        Self { parts }
    }
}

impl fmt::Debug for Snippets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snippets").field("parts", &self.parts.len()).finish()
    }
}

impl SourceCode for Snippets {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let (base, excerpt) = self
            .parts
            .iter()
            .find(|(base, excerpt)| *base <= start && end <= base + excerpt.text.len())
            .ok_or(MietteError::OutOfBounds)?;
        let whole = SourceSpan::from((*base, excerpt.text.len()));
        let count = excerpt.text.lines().count();
        let mark = excerpt.marks.iter().find(|mark| base + mark.range.start == start);
        // Without context lines, miette asks for the position that stands above the snippet.
        let (line, column) = match mark {
            Some(mark) if lines_before == 0 => (mark.at.line - 1, mark.at.column - 1),
            _ => (excerpt.first_line - 1, 0),
        };
        let (name, data) = (excerpt.file.clone(), excerpt.text.as_bytes());
        Ok(Box::new(MietteSpanContents::new_named(name, data, whole, line, column, count)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::diag::codes;
    use crate::text::{SourceId, Span};

    fn plain(found: &[Diagnostic], sources: &SourceMap) -> String {
        render(found, sources, 80, false)
    }

    fn one(text: &str, range: std::ops::Range<usize>) -> String {
        let mut sources = SourceMap::default();
        let id = sources.add("a.yaml", text);
        let span = Span::new(id, range.start, range.end);
        plain(&[Diagnostic::new(&codes::SYNTAX, span, "wrong").here("here")], &sources)
    }

    #[test]
    fn the_mixed_example() {
        let (found, sources) = fixture::mixed();
        fixture::same(&plain(&found, &sources), include_str!("golden/mixed.txt"));
    }

    #[test]
    fn the_mixed_example_in_colour() {
        let (found, sources) = fixture::mixed();
        let text = render(&found, &sources, 80, true).replace('\u{1b}', "ESC");
        fixture::same(&text, include_str!("golden/mixed.color"));
    }

    #[test]
    fn nothing_found_is_no_text() {
        assert_eq!(plain(&[], &SourceMap::default()), "");
    }

    #[test]
    fn the_underline_stands_below_the_text() {
        let text = one("é☃: [größe, x]\n", 17..18);
        assert!(text.contains("[a.yaml:1:13]"), "{text}");
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.contains("größe")).unwrap();
        let shown = lines[at].chars().position(|c| c == 'x');
        assert_eq!(lines[at + 1].chars().position(|c| c == '┬'), shown, "{text}");
    }

    #[test]
    fn the_end_of_the_text_and_an_empty_text_can_be_labelled() {
        for (text, at) in [("", 0), ("a: 1", 4), ("a: 1\n", 5), ("a: 1\r\n", 6)] {
            let shown = one(text, at..at);
            assert!(shown.contains("here"), "{text:?}\n{shown}");
            assert!(shown.contains("▲"), "{text:?}\n{shown}");
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_label() {
        let text = format!("{}NEEDLE{}", "ä".repeat(5000), "b".repeat(5000));
        let shown = one(&text, 10_000..10_006);
        assert!(shown.contains("NEEDLE") && shown.contains("[a.yaml:1:5001]"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        assert_eq!(shown.matches('…').count(), 2, "{shown}");
    }

    #[test]
    fn a_label_over_many_lines_shows_its_first() {
        let text = "block:\n".to_owned() + &"  x: 1\n".repeat(1000);
        let shown = one(&text, 0..text.len());
        assert!(shown.lines().count() < 12, "{shown}");
        assert!(one("a:\n  b: 1\n\n\nc: 2\n", 0..12).contains("╰─"));
    }

    #[test]
    fn far_labels_of_one_file_are_two_snippets() {
        let mut sources = SourceMap::default();
        let text = "x: 1\n".repeat(100);
        let id = sources.add("a.yaml", text);
        let found = Diagnostic::new(&codes::SYNTAX, Span::new(id, 250, 251), "wrong")
            .here("b")
            .label(Span::new(id, 450, 451), "c");
        let shown = plain(&[found], &sources);
        assert!(shown.contains("[a.yaml:51:1]") && shown.contains("[a.yaml:91:1]"), "{shown}");
        assert!(shown.lines().count() < 20, "{shown}");
    }

    #[test]
    fn a_source_cannot_command_the_terminal() {
        let shown = one("a: \u{1b}[2J\u{202e}x\rb\n", 0..1);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains('\r'), "{shown}");
    }

    #[test]
    fn no_span_breaks_it() {
        let text = "é\r\n\t☃ 𝄞\n\rx";
        let mut sources = SourceMap::default();
        let id = sources.add("a.yaml", text);
        let mut found = vec![
            Diagnostic::new(&codes::SYNTAX, Span::new(SourceId(77), 1, 2), "no such source"),
            Diagnostic::new(&codes::SYNTAX, Span::nowhere(), ""),
        ];
        for start in 0..=text.len() + 1 {
            for end in start..=text.len() + 1 {
                found.push(
                    Diagnostic::new(&codes::SYNTAX, Span::new(id, start, end), "a\nb")
                        .label(Span::new(id, end, end + 1), "one\ntwo")
                        .label(Span::new(id, 0, start), "x"),
                );
            }
        }
        for width in [0, 40, 1000] {
            let shown = render(&found, &sources, width, true);
            assert!(!shown.contains("Failed to read"), "{shown}");
        }
    }

    #[test]
    fn a_huge_source_costs_no_more_than_what_is_shown() {
        for text in ["key: value\n".repeat(500_000), "{\"é\": [1, 2]}, ".repeat(330_000)] {
            let mut sources = SourceMap::default();
            let length = text.len();
            let id = sources.add("huge.yaml", text);
            let found: Vec<_> = (0..200)
                .map(|i| length / 200 * i)
                .map(|at| {
                    Diagnostic::new(&codes::SYNTAX, Span::new(id, at, at + 4), "wrong")
                        .label(Span::new(id, length - 9, length - 5), "because of this")
                })
                .collect();
            let shown = plain(&found, &sources);
            assert!(shown.len() < 400 * 1000, "{}", shown.len());
        }
    }
}
