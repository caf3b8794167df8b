//! The few lines of a source that a person needs to see, cut out and made safe for a terminal.
//!
//! The graphical renderer reads a source from its first byte for every label and draws every line a
//! label covers. Given these excerpts instead, its work is bound to what is shown: a minified file
//! of one line of 5 MB costs no more than a small one.

use std::ops::Range;

use super::place::Place;
use crate::text::{LineColumn, printable, visible};

/// Lines shown above and below a labelled one.
const CONTEXT: usize = 1;
/// A label over more lines than this is drawn on its first line only.
const MAX_LINES: usize = 6;

/// Some neighbouring lines of one source with their labels.
pub(super) struct Excerpt {
    pub(super) file: String,
    /// The number of the first line, from 1.
    pub(super) first_line: usize,
    /// Lines, each with its end.
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
}

/// A label in an [`Excerpt`].
pub(super) struct Mark {
    /// Bytes of the excerpt's text.
    pub(super) range: Range<usize>,
    pub(super) remark: String,
    pub(super) primary: bool,
    /// Where it stands in the source.
    pub(super) at: LineColumn,
}

/// A label before its lines are cut out.
struct Target<'a> {
    place: &'a Place<'a>,
    bytes: Range<usize>,
    first_line: usize,
    last_line: usize,
}

/// Cuts out what `places` point at, the primary place first, else source by source and by position.
/// Lines are at most `columns` characters long.
pub(super) fn excerpts(places: &[Place<'_>], columns: usize) -> Vec<Excerpt> {
    let mut found = Vec::new();
    let mut done: Vec<*const _> = Vec::new();
    for place in places {
        let source = std::ptr::from_ref(place.source);
        if done.contains(&source) {
            continue;
        }
        done.push(source);
        let mut targets: Vec<Target<'_>> =
            places.iter().filter(|p| std::ptr::eq(p.source, place.source)).map(Target::new).collect();
        targets.sort_by_key(|target| (target.bytes.start, target.bytes.end));
        let mut groups: Vec<Vec<Target<'_>>> = Vec::new();
        for target in targets {
            match groups.last_mut() {
                Some(group) if belongs(group, &target, columns) => group.push(target),
                _ => groups.push(vec![target]),
            }
        }
        groups.sort_by_key(|group| !group.iter().any(|target| target.place.primary));
        found.extend(groups.iter().map(|group| cut(group, columns)));
    }
    found
}

impl<'a> Target<'a> {
    fn new(place: &'a Place<'a>) -> Self {
        let text = place.source.text();
        let mut bytes = place.bytes.clone();
        let covered = text.get(bytes.clone()).unwrap_or_default();
        // The spans of blocks run up to the next token: the blank lines before it are no part of them.
        let solid = covered.trim_end();
        let mut lines = solid.match_indices('\n').map(|(at, _)| at);
        let first_end = lines.next();
        let extra = usize::from(first_end.is_some()) + lines.take(MAX_LINES).count();
        if let Some(first_end) = first_end {
            bytes.end = bytes.start + if extra < MAX_LINES { solid.len() } else { first_end };
        } else if covered.contains('\n') {
            bytes.end = bytes.start + solid.len();
        }
        let first_line = place.start().line;
        let last_line = first_line + if extra < MAX_LINES { extra } else { 0 };
        Self { place, bytes, first_line, last_line }
    }
}

/// Whether a label is near enough to a group to be shown in one piece with it.
fn belongs(group: &[Target<'_>], target: &Target<'_>, columns: usize) -> bool {
    let last_line = group.iter().map(|t| t.last_line).max().unwrap_or(0);
    if target.first_line > last_line + 2 * CONTEXT + 1 {
        return false;
    }
    // On a line that must be cut, only labels that fit the cut can share it.
    let text = target.place.source.text();
    let far = |other: &Target<'_>| {
        other.last_line == target.first_line && target.bytes.start - other.bytes.start > columns / 2
    };
    !(group.iter().any(far) && is_long(text, &line_at(text, target.bytes.start), columns))
}

fn cut(group: &[Target<'_>], columns: usize) -> Excerpt {
    let (Some(first), Some(last)) = (group.first(), group.iter().max_by_key(|t| t.last_line)) else {
        return Excerpt { file: String::new(), first_line: 1, text: String::new(), marks: Vec::new() };
    };
    let source = first.place.source;
    let text = source.text();
    let mut first_line = first.first_line;
    let mut line = line_at(text, first.bytes.start);
    for _ in 0..CONTEXT.min(first_line - 1) {
        line = line_at(text, line.start.saturating_sub(1));
        first_line -= 1;
    }
    let mut out = Lines { text: String::new(), moved: Vec::new(), columns };
    for number in first_line..=last.last_line + CONTEXT {
        let marked: Vec<&Range<usize>> = group
            .iter()
            .filter(|t| t.first_line <= number && number <= t.last_line)
            .map(|t| &t.bytes)
            .collect();
        // The empty rest after the last line end is worth a line only when something points there.
        if marked.is_empty() && line.is_empty() && line.end >= text.len() {
            break;
        }
        out.push(text, &line, &marked);
        if line.end >= text.len() {
            break;
        }
        line = line_at(text, line.end + 1);
    }
    let marks = group
        .iter()
        .map(|target| Mark {
            range: out.moved(target.bytes.start)
                ..out.moved(target.bytes.end).max(out.moved(target.bytes.start)),
            remark: printable(target.place.remark),
            primary: target.place.primary,
            at: target.place.start(),
        })
        .collect();
    Excerpt { file: printable(source.name()), first_line, text: out.text, marks }
}

/// Excerpt lines, and where each byte of the source went.
struct Lines {
    text: String,
    /// Offset in the source, offset in the excerpt; both rise.
    moved: Vec<(usize, usize)>,
    columns: usize,
}

impl Lines {
    fn push(&mut self, text: &str, line: &Range<usize>, marked: &[&Range<usize>]) {
        let shown = self.window(text, line, marked);
        if shown.start > line.start {
            self.text.push('…');
        }
        let content = text.get(shown.clone()).unwrap_or_default();
        // The `\r` of a Windows line end is part of the end.
        let content =
            if shown.end == line.end { content.strip_suffix('\r').unwrap_or(content) } else { content };
        for (at, letter) in content.char_indices() {
            self.moved.push((shown.start + at, self.text.len()));
            self.text.push(visible(letter));
        }
        if shown.end < line.end {
            self.text.push('…');
        }
        self.moved.push((shown.start + content.len(), self.text.len()));
        self.text.push('\n');
    }

    /// The part of a line that is shown: all of it, or a cut around its first label.
    fn window(&self, text: &str, line: &Range<usize>, marked: &[&Range<usize>]) -> Range<usize> {
        if !is_long(text, line, self.columns) {
            return line.clone();
        }
        let first = marked.iter().map(|range| range.start).min().unwrap_or(line.start).max(line.start);
        let before = text.get(line.start..first).unwrap_or_default();
        let start =
            before.char_indices().rev().nth(self.columns / 4).map_or(line.start, |(at, _)| line.start + at);
        // Where the line ends soon after the label, there is room for more before it.
        let tail = text.get(first..line.end).unwrap_or_default();
        let spare = (self.columns - self.columns / 4).saturating_sub(tail.chars().take(self.columns).count());
        let earlier = text.get(line.start..start).unwrap_or_default();
        let start = match spare.checked_sub(1) {
            Some(more) => {
                earlier.char_indices().rev().nth(more).map_or(line.start, |(at, _)| line.start + at)
            }
            None => start,
        };
        let rest = text.get(start..line.end).unwrap_or_default();
        let end = rest.char_indices().nth(self.columns).map_or(line.end, |(at, _)| start + at);
        start..end
    }

    /// Where an offset of the source went; for one that is not shown, the next that is.
    fn moved(&self, offset: usize) -> usize {
        let at = self.moved.partition_point(|(from, _)| *from < offset);
        self.moved.get(at).or(self.moved.last()).map_or(0, |(_, to)| *to)
    }
}

/// The line around an offset, without its end.
fn line_at(text: &str, offset: usize) -> Range<usize> {
    let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find('\n').map_or(text.len(), |at| offset + at);
    start..end
}

fn is_long(text: &str, line: &Range<usize>, columns: usize) -> bool {
    text.get(line.clone()).unwrap_or_default().chars().nth(columns).is_some()
}
