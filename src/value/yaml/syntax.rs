//! What is wrong with a text that is not YAML, in words of the person who wrote it.
//!
//! The reader stops where it can no longer go on; the mistake often stands a line above. These guesses
//! look at the lines around that place. They never decide whether a text is well-formed.

use std::ops::Range;

use granit_parser::ErrorKind;

use super::super::place::{char_at, visible};
use super::super::too_deep;
use crate::diag::{Diagnostic, Sink, codes, did_you_mean};
use crate::text::{SourceId, Span};

/// Reports why a text is not YAML; `at` is the byte where the reader stopped.
pub(super) fn report(id: SourceId, text: &str, at: usize, kind: &ErrorKind, sink: &mut Sink) {
    let at = text.floor_char_boundary(at.min(text.len()));
    if *kind == ErrorKind::RecursionLimitExceeded {
        too_deep(sink, span(id, char_at(text, at)));
        return;
    }
    let said = Guess { text, at }.guess(kind);
    let mut diagnostic =
        Diagnostic::new(&codes::SYNTAX, span(id, visible(text, said.place)), said.message).here(said.remark);
    if let Some((range, remark)) = said.because {
        diagnostic = diagnostic.label(span(id, range), remark);
    }
    sink.push(diagnostic.help(said.help));
}

fn span(id: SourceId, range: Range<usize>) -> Span {
    Span::new(id, range.start, range.end)
}

/// What is said about a mistake.
struct Said {
    message: String,
    place: Range<usize>,
    remark: String,
    because: Option<(Range<usize>, &'static str)>,
    help: String,
}

impl Said {
    fn new(message: impl Into<String>, place: Range<usize>, remark: &str, help: impl Into<String>) -> Self {
        Self { message: message.into(), place, remark: remark.to_owned(), because: None, help: help.into() }
    }

    fn because(mut self, place: Range<usize>, remark: &'static str) -> Self {
        self.because = Some((place, remark));
        self
    }
}

struct Guess<'t> {
    text: &'t str,
    at: usize,
}

const SEPARATED: &str = "entries between brackets are separated by `,`";

impl<'t> Guess<'t> {
    fn guess(&self, kind: &ErrorKind) -> Said {
        let open = self.open();
        match kind {
            ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabAtBlockScalarStart => self.tab(),
            ErrorKind::SimpleKeyExpected => self.no_colon(self.line(self.at)),
            ErrorKind::MappingValueNotAllowed | ErrorKind::ExpectedBlockMappingKey => self.misplaced_key(),
            ErrorKind::ExpectedBlockSequenceEntry => Said::new(
                "a key stands among the entries of a list",
                self.word(self.at),
                "entries begin with `- `",
                "write `- ` before it, or indent it as its entry is",
            ),
            ErrorKind::BlockSequenceEntryNotAllowed => {
                let rest = self.rest_of_line(self.at);
                let item = self.slice(&rest).trim_start_matches(['-', ' ']);
                Said::new(
                    "a list cannot begin on the line of its key",
                    rest.clone(),
                    "`- ` belongs on a line of its own",
                    format!("write `[{item}]`, or begin a new line before `-`"),
                )
            }
            ErrorKind::UnknownAnchor => self.unknown_anchor(),
            ErrorKind::UnexpectedCharacter { character } => self.unexpected(*character),
            ErrorKind::MissingAnchorOrAliasName => self.quote_it(self.slice(&char_at(self.text, self.at))),
            ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
                let quote = match &open {
                    Some(Open::Quote(at)) => *at,
                    _ => self.at,
                };
                let sign = self.slice(&char_at(self.text, quote));
                Said::new(
                    "a quote is opened and not closed",
                    self.rest_of_line(quote),
                    "begins here",
                    format!("write `{sign}` at the end of the text"),
                )
            }
            ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
                let key = self.word(self.at);
                if matches!(open, Some(Open::Bracket(..))) && self.slice(&char_at(self.text, key.end)) == ":"
                {
                    return self.in_brackets(open.as_ref());
                }
                Said::new(
                    "text stands after a closing quote",
                    self.value(self.at),
                    "outside the quotes",
                    "put all of the value in quotes; `''` is one `'` inside single quotes, `\\\"` is one `\"` inside double quotes",
                )
            }
            ErrorKind::UnknownQuotedScalarEscape => self.escape(),
            ErrorKind::InvalidBlockScalarHeader => self.quote_it(self.slice(&char_at(self.text, self.at))),
            ErrorKind::CommentNotSeparated => Said::new(
                "a comment needs a space before `#`",
                self.rest_of_line(self.at),
                "stands close to the value",
                "write ` #`, or put the value in quotes",
            ),
            ErrorKind::MisplacedFlowCollectionEnd => {
                let sign = self.slice(&char_at(self.text, self.at));
                Said::new(
                    format!("`{sign}` closes nothing"),
                    char_at(self.text, self.at),
                    "no bracket is open here",
                    format!("take it out, or put text that holds `{sign}` in quotes"),
                )
            }
            ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
                let end = self.text.get(self.at..).and_then(|rest| rest.find(*close)).map(|n| self.at + n);
                let said = Said::new(
                    format!("`{open}` is closed by `{close}`"),
                    char_at(self.text, self.at),
                    "opened here",
                    format!("close it with `{}`", closing(*open)),
                );
                match end {
                    Some(end) => said.because(char_at(self.text, end), "closed here"),
                    None => said,
                }
            }
            ErrorKind::UnclosedFlowCollection { open } => self.unclosed(self.at, *open),
            ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::InvalidFlowScalarIndent
            | ErrorKind::BlockEntryInFlowCollection => self.in_brackets(open.as_ref()),
            _ => self.plain(kind),
        }
    }

    /// Nothing better is known than what the reader says.
    fn plain(&self, kind: &ErrorKind) -> Said {
        let name = format!("{kind:?}");
        let name = name.split(['{', '(']).next().unwrap_or_default().trim();
        let mut words = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        Said::new(
            "this is not well-formed YAML",
            char_at(self.text, self.at),
            &words,
            "look at the lines above too; text with special characters belongs in quotes",
        )
    }

    fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or("")
    }

    /// The line around an offset, without its end.
    fn line(&self, at: usize) -> Range<usize> {
        let before = self.text.get(..at).unwrap_or("");
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        let rest = self.text.get(start..).unwrap_or("");
        start..start + rest.find('\n').unwrap_or(rest.len())
    }

    /// The last line before an offset's line that says something.
    fn line_above(&self, at: usize) -> Option<Range<usize>> {
        let mut line = self.line(at);
        while line.start > 0 {
            line = self.line(line.start - 1);
            let content = self.slice(&line).trim();
            if !content.is_empty() && !content.starts_with('#') {
                return Some(line);
            }
        }
        None
    }

    /// A line without its indentation, comment and trailing spaces.
    fn content(&self, line: &Range<usize>) -> Range<usize> {
        let text = self.slice(line);
        let start = line.start + (text.len() - text.trim_start().len());
        let text = self.slice(&(start..line.end));
        let text = text.find(" #").and_then(|at| text.get(..at)).unwrap_or(text);
        start..start + text.trim_end().len()
    }

    fn indent(&self, line: &Range<usize>) -> usize {
        self.content(line).start - line.start
    }

    fn rest_of_line(&self, at: usize) -> Range<usize> {
        let rest = self.slice(&(at..self.line(at).end));
        at..at + rest.trim_end().len()
    }

    /// The word at an offset, up to a space or a sign of flow style.
    fn word(&self, at: usize) -> Range<usize> {
        let rest = self.slice(&(at..self.line(at).end));
        at..at + rest.find([' ', ',', '}', ']', ':']).unwrap_or(rest.len())
    }

    /// A plain value at an offset, up to the end of its entry.
    fn value(&self, at: usize) -> Range<usize> {
        let rest = self.slice(&(at..self.line(at).end));
        let rest = rest.find([',', '}', ']']).and_then(|end| rest.get(..end)).unwrap_or(rest);
        let rest = rest.find(" #").and_then(|end| rest.get(..end)).unwrap_or(rest);
        at..at + rest.trim_end().len()
    }

    fn tab(&self) -> Said {
        let from = self.line(self.at.saturating_sub(1)).start;
        let lines = self.text.get(from..).unwrap_or("");
        let mut start = from;
        for line in lines.split_inclusive('\n').take(3) {
            let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
            if let Some(tab) = line.get(..blank).and_then(|indent| indent.find('\t')) {
                let (tab, end) = (start + tab, start + blank);
                let help = "indent with spaces, not with tabs";
                return Said::new("a tab indents this line", tab..end, "a tab", help);
            }
            start += line.len();
        }
        Said::new("a tab stands where YAML takes none", char_at(self.text, self.at), "a tab", "write spaces")
    }

    /// A line that should be `key: value` and has no `: `.
    fn no_colon(&self, line: Range<usize>) -> Said {
        let content = self.content(&line);
        let words = self.slice(&content);
        match words.split_once(':') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => Said::new(
                "a space is missing after `:`",
                content,
                "read as one word",
                format!("write `{key}: {value}`"),
            ),
            _ => {
                let (key, value) = words.split_once(' ').unwrap_or((words, ""));
                let help = format!("write `{key}:{}{value}`", if value.is_empty() { "" } else { " " });
                Said::new("a `:` is missing after a key", content, "no `:` on this line", help)
            }
        }
    }

    /// A `key:` where none can stand.
    fn misplaced_key(&self) -> Said {
        let line = self.line(self.at);
        let content = self.content(&line);
        let words = self.slice(&content);
        if let Some(colon) = words.find(": ").filter(|colon| content.start + colon < self.at) {
            let value = content.start + colon + 2..content.end;
            let text = self.slice(&value);
            return Said::new(
                "a second `: ` stands on one line",
                value,
                "the value of the first key",
                format!("put a value that holds `: ` in quotes: `\"{text}\"`"),
            );
        }
        if words.starts_with("- ") {
            return Said::new(
                "an entry of a list stands among the keys of a map",
                content,
                "an entry",
                "give the list a key of its own, or write `key: value`",
            );
        }
        let Some(above) = self.line_above(self.at) else { return self.no_colon(line) };
        let upper = self.slice(&self.content(&above));
        let has_key = upper.ends_with(':') || upper.contains(": ");
        if !has_key && !upper.starts_with("- ") && !upper.ends_with(['}', ']', '"', '\'']) {
            return self.no_colon(above);
        }
        let (own, theirs) = (self.indent(&line), self.indent(&above));
        let key = self.word(content.start);
        if own > theirs {
            return Said::new(
                "this line is indented deeper than the one above, which has a value already",
                key,
                "deeper",
                format!("indent it with {theirs} spaces like the line above"),
            )
            .because(self.word(self.content(&above).start), "the line above");
        }
        let fitting = self.indents_above(line.start, own);
        Said::new(
            "this line is indented like none of the lines above that it could belong to",
            key,
            &format!("{own} spaces"),
            format!("indent it with {fitting} spaces"),
        )
        .because(self.word(self.content(&above).start), "the line above")
    }

    /// The indentations of the lines above that are still open, nearest to `own` first.
    fn indents_above(&self, start: usize, own: usize) -> String {
        let mut open: Vec<usize> = Vec::new();
        for line in self.text.get(..start).unwrap_or("").split_inclusive('\n') {
            let content = line.trim_start_matches(' ');
            if content.trim().is_empty() || content.starts_with('#') {
                continue;
            }
            let indent = line.len() - content.len();
            open.retain(|known| *known < indent);
            open.push(indent);
        }
        open.sort_by_key(|indent| indent.abs_diff(own));
        let nearest: Vec<String> = open.iter().take(2).map(usize::to_string).collect();
        nearest.join(" or ")
    }

    fn unknown_anchor(&self) -> Said {
        let place = self.word(self.at);
        let name = self.slice(&place).trim_start_matches('*');
        let anchors: Vec<&str> = self
            .text
            .split([' ', '\n', '[', '{'])
            .filter_map(|word| word.trim_end().strip_prefix('&'))
            .filter(|word| !word.is_empty())
            .collect();
        let help = match did_you_mean(name, anchors.iter().copied()) {
            Some(near) => format!("did you mean `*{near}`?"),
            None => format!("define it above with `&{name}`, or put text that begins with `*` in quotes"),
        };
        Said::new(format!("the alias `*{name}` names no anchor above it"), place, "no such anchor", help)
    }

    fn unexpected(&self, character: char) -> Said {
        if character.is_control() {
            return Said::new(
                format!("the control character U+{:04X} stands in the file", u32::from(character)),
                char_at(self.text, self.at),
                "cannot be seen",
                "take it out; in double quotes it can be written as an escape",
            );
        }
        self.quote_it(&character.to_string())
    }

    fn quote_it(&self, sign: &str) -> Said {
        let value = self.value(self.at);
        let text = self.slice(&value);
        Said::new(
            format!("plain text cannot begin with `{sign}`"),
            value,
            "has a meaning of its own in YAML",
            format!("put it in quotes: `\"{text}\"`"),
        )
    }

    fn escape(&self) -> Said {
        let rest = self.text.get(self.at..).unwrap_or("");
        let mut letters = rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            if letter != '\\' {
                continue;
            }
            let Some((_, next)) = letters.next() else { break };
            if !"0abt\tnvfre \"/\\N_LPxuU\n\r".contains(next) {
                let place = self.at + at..self.at + at + 1 + next.len_utf8();
                return Said::new(
                    format!("`\\{next}` is no escape sequence"),
                    place,
                    "in double quotes",
                    "write `\\\\` for one backslash, or use single quotes",
                );
            }
        }
        self.plain(&ErrorKind::UnknownQuotedScalarEscape)
    }

    fn unclosed(&self, at: usize, open: char) -> Said {
        Said::new(
            format!("`{open}` is not closed"),
            char_at(self.text, at),
            "opened here",
            format!("write `{}` where it ends", closing(open)),
        )
    }

    /// Between brackets something else than `,` or the end stands.
    fn in_brackets(&self, open: Option<&Open>) -> Said {
        let line = self.line(self.at);
        let bracket = match open {
            Some(Open::Bracket(at, sign)) => Some((*at, *sign)),
            _ => None,
        };
        if let Some((at, sign)) = bracket
            && !self.slice(&line).trim_start().starts_with(closing(sign))
            && at < line.start
            && self.indent(&line) <= self.indent(&self.line(at))
        {
            let place = self.word(self.content(&line).start);
            return self.unclosed(at, sign).because(place, "this does not look like a part of it");
        }
        // The reader stops behind a key that should not be there: it begins after the last space.
        let before = self.slice(&(line.start..self.at));
        let start = match self.slice(&char_at(self.text, self.at)) {
            ":" => line.start + before.rfind([' ', ',', '{', '[']).map_or(0, |n| n + 1),
            _ => self.at,
        };
        let place = self.word(start);
        let word = self.slice(&place);
        let said = Said::new(
            if word.is_empty() {
                "a `,` is missing".to_owned()
            } else {
                format!("a `,` is missing before `{word}`")
            },
            place,
            "a new entry",
            SEPARATED,
        );
        match bracket {
            Some((at, _)) => said.because(char_at(self.text, at), "opened here"),
            None => said,
        }
    }

    /// What is still open at the place where the reader stopped: a quote, or the innermost bracket.
    fn open(&self) -> Option<Open> {
        let mut brackets: Vec<(usize, char)> = Vec::new();
        let mut quote: Option<(usize, char)> = None;
        let mut before = '\n';
        // Where a value may begin, a quote opens; inside a plain word it is a letter.
        let mut fresh = true;
        let mut comment = false;
        let mut letters = self.text.get(..self.at).unwrap_or("").char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if comment {
                comment = letter != '\n';
            } else if let Some((_, sign)) = quote {
                if sign == '"' && letter == '\\' {
                    letters.next();
                } else if letter == sign {
                    if sign == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'') {
                        letters.next();
                    } else {
                        quote = None;
                    }
                }
                continue;
            } else {
                match letter {
                    '#' if before.is_whitespace() => comment = true,
                    '"' | '\'' if fresh => quote = Some((at, letter)),
                    '[' | '{' if fresh || !brackets.is_empty() => brackets.push((at, letter)),
                    ']' | '}' => {
                        brackets.pop();
                    }
                    _ => {}
                }
            }
            fresh = match letter {
                '\n' | ':' | ',' | '[' | '{' | '-' => true,
                _ => fresh && letter.is_whitespace(),
            };
            before = letter;
        }
        match quote {
            Some((at, _)) => Some(Open::Quote(at)),
            None => brackets.last().map(|(at, sign)| Open::Bracket(*at, *sign)),
        }
    }
}

enum Open {
    Quote(usize),
    Bracket(usize, char),
}

fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}
