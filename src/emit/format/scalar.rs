//! Texts and numbers of YAML, with quotes where a reader needs them. The only file that names `serde_saphyr`.
//!
//! serde-saphyr decides which single-line strings need quotes (`yes`, `22:22`, dates, `<<`, ...);
//! it was measured against four readers. It is asked only where there is a doubt: most texts are words and
//! paths, which no reader can take for anything else. What this file adds:
//! * a multi-line string becomes a block only where the block is plain to read and every reader
//!   agrees on it; all others are double-quoted;
//! * no line ends with a space, so `yamllint` and `git diff --check` stay silent;
//! * keys that a reader would refuse (longer than a simple key may be) are errors.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_saphyr::{DoubleQuoted, SerializerOptions};

use super::block::Problem;

/// Columns that serde-saphyr indents the lines of a block by, in a document of nothing else.
const BLOCK: usize = 2;

/// Adds a text as a value, with the line end. The lines of a block stand at `column`.
pub(super) fn value(out: &mut String, text: &str, column: usize) -> Result<(), Problem> {
    // Without a way out in the middle many bytes are looked at in one step.
    let fits = |bytes: &[u8]| bytes.iter().fold(true, |all, b| all & matches!(b, b' '..=b'~' if *b != b'#'));
    if is_plain(text, fits) {
        out.push_str(text);
        out.push('\n');
        return Ok(());
    }
    let lines = text.contains('\n');
    if is_digits(text) || (text.starts_with(MARKS) && !lines) || (lines && !reads_well(text)) {
        return quoted(out, text);
    }
    let judged = judged(&text)?;
    let mut lines = judged.lines();
    out.push_str(lines.next().unwrap_or(""));
    out.push('\n');
    for line in lines {
        // serde-saphyr indents empty lines, too. No other line of a block ends with a space.
        let line = line.trim_end_matches(' ');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', column.saturating_sub(BLOCK)));
            out.push_str(line);
        }
        out.push('\n');
    }
    Ok(())
}

/// Adds a text in double quotes, with the line end.
pub(super) fn quoted(out: &mut String, text: &str) -> Result<(), Problem> {
    if !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        out.push_str(&judged(&DoubleQuoted(text))?);
        return Ok(());
    }
    out.push('"');
    for part in text.split_inclusive(['"', '\\']) {
        let plain = part.strip_suffix(['"', '\\']).unwrap_or(part);
        out.push_str(plain);
        if let Some(sign) = part.get(plain.len()..).filter(|sign| !sign.is_empty()) {
            out.extend(["\\", sign]);
        }
    }
    out.push_str("\"\n");
    Ok(())
}

/// Adds a text as a key, without the colon.
pub(super) fn key(out: &mut String, text: &str) -> Result<(), Problem> {
    let fits = |b: &u8| matches!(b, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'..=b'/');
    if is_plain(text, |bytes| bytes.iter().all(fits)) {
        out.push_str(text);
        return Ok(());
    }
    let width = |c: char| match c {
        ' '..='~' if c != '"' && c != '\\' && c != '\'' => 1,
        c if c.is_alphanumeric() => 1,
        _ => 6,
    };
    if text.chars().map(width).sum::<usize>() > LONGEST_KEY {
        return Err(Problem::new("the key is longer than readers allow", text));
    }
    let entry = judged(&Entry(text))?;
    out.push_str(entry.strip_suffix(Entry::REST).unwrap_or(&entry));
    Ok(())
}

/// A number with a point.
pub(super) fn float(value: f64) -> Result<String, Problem> {
    let mut text = judged(&value)?;
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// A simple key may be 1024 characters long (YAML 1.1 and 1.2); escapes take up to six each.
const LONGEST_KEY: usize = 1000;

/// What begins with one of these is never plain.
const MARKS: [char; 17] =
    [',', ':', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', ' '];

/// Words that mean something else than themselves to some reader, in any case of letters.
const WORDS: &[&str] = &["null", "true", "false", "nan", "inf", "yes", "no", "on", "off", "y", "n"];

/// Whether a text is the same to every reader without quotes, beyond doubt. With `fits` it says whether all bytes
/// are of those that it may have, from the space to `~`.
///
/// What begins with a letter or a slash is no number, date, sign or mark; what begins with a digit is no number
/// or date where it has a letter that none of those has. A colon before a space or at the end makes a key, and a
/// space at the end is lost.
fn is_plain(text: &str, fits: impl Fn(&[u8]) -> bool) -> bool {
    const LONGEST: usize = 5;
    let bytes = text.as_bytes();
    let begins = match bytes {
        [b'/', ..] => true,
        [b'0'..=b'9', rest @ ..] => {
            rest.iter().any(|b| matches!(b, b'g'..=b'n' | b'p'..=b's' | b'u'..=b'w' | b'y'))
        }
        [b'-', b'-', first, ..] | [first, ..] => first.is_ascii_alphabetic(),
        [] => false,
    };
    let all_apart = || !bytes.contains(&b':') || bytes.windows(2).all(|pair| pair != b": ");
    begins
        && bytes.len() <= LONGEST_KEY
        && fits(bytes)
        && all_apart()
        && !matches!(bytes, [.., b' ' | b':'])
        && (bytes.len() > LONGEST || !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)))
}

/// Whether a text is only digits, or with points between them: some reader takes each such for a number.
fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// May this multi-line text stand as a literal block?
///
/// A block that starts with white space or holds a line end that cannot be seen is a trap for
/// people, and the first is one for libyaml and Go too (a leading tab).
pub(super) fn reads_well(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    !body.starts_with([' ', '\t', '\n'])
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.contains("\n\n\n\n")
        && body.split('\n').all(|line| !line.ends_with(char::is_whitespace))
        && !body.chars().any(|c| c != '\n' && c != '\t' && c.is_control())
}

/// A document of one scalar, as serde-saphyr writes it.
pub(super) fn judged<T: Serialize>(value: &T) -> Result<String, Problem> {
    // The options struct is non_exhaustive, so it is changed and not built.
    let mut options = SerializerOptions::default();
    options.prefer_block_scalars = true;
    options.compact_list_indent = false;
    options.folded_wrap_chars = usize::MAX;
    options.min_fold_chars = usize::MAX;
    let mut out = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut out, value, options)
        .map_err(|error| Problem::new(&error.to_string(), ""))?;
    Ok(out)
}

/// A map of one key, which is what is asked about.
struct Entry<'a>(&'a str);

impl Entry<'_> {
    const REST: &'static str = ": null\n";
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &())?;
        map.end()
    }
}
