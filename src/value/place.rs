//! Places that can be underlined, for readers that point between letters.

use std::ops::Range;

/// A range that covers something that can be seen: where it covers nothing, the letter there, or the
/// last one before it.
pub(super) fn visible(text: &str, range: Range<usize>) -> Range<usize> {
    let range = text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end);
    if text.get(range.clone()).is_some_and(|covered| !covered.trim_matches(['\n', '\r']).is_empty()) {
        return range;
    }
    let next = char_at(text, range.start);
    if text.get(next.clone()).is_some_and(|letter| !letter.trim().is_empty()) {
        return next;
    }
    let before = text.get(..range.start).unwrap_or("").trim_end();
    let last = before.chars().next_back().map_or(0, char::len_utf8);
    before.len() - last..before.len()
}

/// The letter at an offset; nothing at the end of the text.
pub(super) fn char_at(text: &str, at: usize) -> Range<usize> {
    at..text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8())
}

/// The token that follows an offset, blanks left out: text in quotes, a sign, or a word.
pub(super) fn token_after(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or("");
    let start = at + (rest.len() - rest.trim_start().len());
    let rest = text.get(start..).unwrap_or("").lines().next().unwrap_or("");
    let first = rest.chars().next().unwrap_or(' ');
    let length = if first == '"' || first == '\'' {
        rest.match_indices(first).nth(1).map_or(rest.len(), |(end, _)| end + 1)
    } else if first.is_alphanumeric() {
        rest.find(|c: char| !(c.is_alphanumeric() || "._-+".contains(c))).unwrap_or(rest.len())
    } else {
        first.len_utf8().min(rest.len())
    };
    start..start + length
}
