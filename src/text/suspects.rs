//! Text that may be a secret, found without understanding the file.
//!
//! What a rule finds in a manifest that can be read is masked exactly. This is for files that cannot:
//! a misplaced quote must not print the password that stands beside it.

use std::ops::Range;

use super::signs;

/// Parts of names whose values are secrets, in lower case with `_` between words.
pub const SECRET_WORDS: &[&str] =
    &["password", "passwd", "secret", "token", "private_key", "api_key", "apikey", "mnemonic"];

/// Whether a name says that its value is a secret. `..._file` names a file.
pub fn names_a_secret(name: &str) -> bool {
    let plain = name.to_lowercase().replace('-', "_");
    !plain.ends_with("_file") && SECRET_WORDS.iter().any(|word| plain.contains(word))
}

/// The values of names that say they are secrets, as ranges of bytes.
pub fn suspects(text: &str) -> Vec<Range<usize>> {
    suspects_of(text, &signs::names(text))
}

/// The same, where it is known what [`signs::names`] has found.
pub(super) fn suspects_of(text: &str, names: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Every name of a secret holds a sign, and no sign reaches beyond the name that it is in.
    let holds_sign = |name: &Range<usize>| {
        let next = names.partition_point(|sign| sign.start < name.start);
        names.get(next).is_some_and(|sign| sign.end <= name.end)
    };
    // Inside a block of text that is one value, no line is looked at again.
    let mut block_until = 0;
    let mut next = 0;
    for sign in names {
        if sign.start < next {
            continue;
        }
        let start = text.get(..sign.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let rest = text.get(sign.start..).unwrap_or("");
        let end = sign.start + rest.find('\n').unwrap_or(rest.len());
        next = (end + 1).min(text.len());
        let mut at = start.max(block_until);
        while let Some((name, value)) = next_entry(text, at, end) {
            at = value.end;
            let Some(name) = text.get(name.clone()).filter(|_| holds_sign(&name)) else { continue };
            // `secret: name` refers to one, as `secrets:` defines some.
            if !names_a_secret(name) || matches!(name, "secret" | "secrets") || value.is_empty() {
                continue;
            }
            if text.get(value.clone()).is_some_and(|value| value.starts_with(['|', '>'])) {
                block_until = block_end(text, start, next);
                found.push(value.start..block_until);
                break;
            }
            found.push(value);
        }
    }
    found
}

/// The next `name: value` or `name = value` of a line: where the name and the value stand. The value ends after
/// the sign.
fn next_entry(text: &str, from: usize, end: usize) -> Option<(Range<usize>, Range<usize>)> {
    let line = text.get(from..end)?;
    let sign = from + line.bytes().position(|b| matches!(b, b':' | b'='))?;
    let before = text.get(from..sign)?.trim_end().trim_end_matches(['"', '\'']);
    let name = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next()?;
    let name = from + before.len() - name.len()..from + before.len();
    let rest = text.get(sign + 1..end)?;
    let start = sign + 1 + (rest.len() - rest.trim_start().len());
    let value = text.get(start..end)?;
    let mut letters = value.chars();
    let length = match letters.next() {
        // A map, a list, an alias, a comment: no text of its own.
        None | Some('{' | '[' | '*' | '#' | '&' | '!') => 0,
        Some(quote @ ('"' | '\'')) => letters.as_str().find(quote).map_or(value.len(), |at| at + 2),
        Some(_) => value.bytes().position(|b| matches!(b, b',' | b'}' | b']' | b'#')).unwrap_or(value.len()),
    };
    Some((name, start..start + length))
}

/// Where a block of text ends: before the next line that is not indented further than its key, which
/// stands in the line from `start` to `end`.
fn block_end(text: &str, start: usize, end: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = text.get(start..end).map_or(0, indent);
    let inside = text.get(end..).unwrap_or("").split_inclusive('\n');
    let length: usize =
        inside.take_while(|line| line.trim().is_empty() || indent(line) > own).map(str::len).sum();
    end + length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        suspects(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn values_of_secret_names_are_found_in_every_syntax() {
        assert_eq!(found("db-password: hunter2\n"), ["hunter2"]);
        assert_eq!(found("  { user: a, password: \"hun, ter\", port: 5 }"), ["\"hun, ter\""]);
        assert_eq!(found("API_TOKEN = 'abc' # x"), ["'abc'"]);
        assert_eq!(found("{\"é\": 1, \"private-key\": \"0xaa\"}"), ["\"0xaa\""]);
        assert_eq!(found("a: 1\nmnemonic: |\n  one two\n  three\nnext: 2"), ["|\n  one two\n  three\n"]);
        assert_eq!(found("token: 'not closed"), ["'not closed"]);
    }

    #[test]
    fn references_are_not() {
        let text = "secrets:\n  db-password: { env: DB }\npassword: { secret: repo }\nx: { secret: y }\npassword_file: /run/x\ntoken:\n";
        assert!(found(text).is_empty(), "{:?}", found(text));
    }
}
