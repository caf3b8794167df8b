//! Where in a text the parser lost its way. It does not say so itself.

use promql_parser::parser;

use super::Problem;

/// Longer texts are searched no further.
const MOST_WORDS: usize = 400;

/// What is wrong, and at which word: the first one that does not go on from what could be read.
pub(super) fn problem(text: &str, message: &str) -> Problem {
    let words = words(text);
    let known_words = if words.len() > MOST_WORDS { &[] } else { words.as_slice() };
    let named = message.split('\'').nth(1).filter(|name| !name.is_empty());
    let named = named.and_then(|name| known_words.iter().rposition(|(_, word)| *word == name));
    let at = named.or_else(|| first_wrong(text, known_words));
    let found = at.and_then(|at| words.get(at).copied());
    let message = match found {
        Some((_, word)) if message == "invalid promql query" => format!("unexpected `{word}`"),
        None if message == "invalid promql query" => "it ends too early".to_owned(),
        _ => message.replace('\'', "`"),
    };
    let earlier = found.map_or(0, |(start, word)| {
        known_words.iter().filter(|(before, other)| *before < start && *other == word).count()
    });
    Problem { message, word: found.map(|(_, word)| word.to_owned()), earlier }
}

/// Seconds that no length of time has: the parser ends the program at such, and at what is no number.
const ENDLESS: f64 = 1e15;

/// What is wrong with a length of time that is written as a number of seconds: in brackets, or behind `offset`.
pub(super) fn endless(text: &str) -> Option<Problem> {
    let mut open = 0_usize;
    let mut behind_offset = false;
    for (_, word) in words(text) {
        match word {
            "[" => open += 1,
            "]" => open = open.saturating_sub(1),
            "+" | "-" => continue,
            _ if (open > 0 || behind_offset) && word.split(':').any(is_endless) => {
                let message = format!("no length of time has `{word}` seconds");
                return Some(Problem { message, word: Some(word.to_owned()), earlier: 0 });
            }
            _ => {}
        }
        behind_offset = word.eq_ignore_ascii_case("offset");
    }
    None
}

fn is_endless(word: &str) -> bool {
    if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        let end = word.find(|c: char| !"0123456789.eE".contains(c)).unwrap_or(word.len());
        let seconds = word.get(..end).and_then(|number| number.parse::<f64>().ok());
        // `1e+30`: the word ends at the sign, and is no number.
        return seconds.is_none_or(|seconds| seconds >= ENDLESS);
    }
    // Infinity, and what is no number.
    word.parse::<f64>().is_ok()
}

/// What can follow in the middle of an expression: an operand, a condition, a text, a length of time.
const GOES_ON: &[&str] = &["", " x", "=\"x\"", "\"x\"", " 5m"];

/// The word after the longest beginning from which an expression can go on.
fn first_wrong(text: &str, words: &[(usize, &str)]) -> Option<usize> {
    for (at, (start, word)) in words.iter().enumerate().rev() {
        let beginning = text.get(..start + word.len())?;
        let mut open = Vec::new();
        for (_, word) in words.iter().take(at + 1) {
            match *word {
                "(" => open.push(')'),
                "[" => open.push(']'),
                "{" => open.push('}'),
                ")" | "]" | "}" => drop(open.pop()),
                _ => {}
            }
        }
        let closing: String = open.into_iter().rev().collect();
        if GOES_ON.iter().any(|more| parser::parse(&format!("{beginning}{more}{closing}")).is_ok()) {
            return words.get(at + 1).map(|_| at + 1);
        }
    }
    None
}

/// Words, strings and signs with their places.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '.';
        let length = match first {
            '"' | '\'' | '`' => string(rest, first),
            '=' | '!' | '<' | '>' => rest.find(|c: char| !"=!<>~".contains(c)).unwrap_or(rest.len()),
            c if part(c) => rest.find(|c: char| !part(c)).unwrap_or(rest.len()),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let length = length.max(first.len_utf8());
        if !first.is_whitespace() && first != '#' {
            words.extend(rest.get(..length).map(|word| (at, word)));
        }
        at += length;
    }
    words
}

fn string(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote != '`' {
            chars.next();
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    rest.len()
}
