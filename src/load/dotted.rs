//! Paths of values as people write them: `hosts.val-1.ssh.port`, `images."a.b"`, `routes.0.to`.

use std::ops::Range;

/// One step: a key, or the index or name of an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The key without quotes.
    pub text: String,
    /// Its bytes in the path, quotes included.
    pub range: Range<usize>,
}

/// Why a text is no path, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// In words.
    pub why: &'static str,
    /// The byte.
    pub at: usize,
}

/// Splits a path at its dots. A key with dots stands in single or double quotes.
///
/// Reads until the end, or until an `=` outside quotes; gives the steps and the byte where it ended.
///
/// # Errors
/// An empty step, a quote that is not closed, text after a closing quote.
pub fn split(text: &str) -> Result<(Vec<Step>, usize), Malformed> {
    let mut steps = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let (key, length) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = rest.get(1..).unwrap_or("");
                let Some(end) = inner.find(quote) else {
                    return Err(Malformed { why: "this quote is not closed", at });
                };
                (inner.get(..end).unwrap_or(""), end + 2)
            }
            _ => {
                let end = rest.find(['.', '=', '"', '\'']).unwrap_or(rest.len());
                (rest.get(..end).unwrap_or(""), end)
            }
        };
        if key.is_empty() {
            return Err(Malformed { why: "a key is missing here", at });
        }
        steps.push(Step { text: key.to_owned(), range: at..at + length });
        at += length;
        match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some('.') => at += 1,
            None | Some('=') => return Ok((steps, at)),
            Some(_) => return Err(Malformed { why: "a `.` or `=` is missing before this", at }),
        }
    }
}

/// The steps as one path, with quotes where they are needed.
pub fn join<'s>(steps: impl IntoIterator<Item = &'s str>) -> String {
    let quoted = steps.into_iter().map(|step| {
        let plain = !step.is_empty() && !step.contains(['.', '=', '"', '\'']);
        match (plain, step.contains('"')) {
            (true, _) => step.to_owned(),
            (false, false) => format!("\"{step}\""),
            (false, true) => format!("'{step}'"),
        }
    });
    quoted.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        split(text).unwrap().0.into_iter().map(|step| step.text).collect()
    }

    #[test]
    fn steps_and_quotes() {
        assert_eq!(keys("hosts.é-1.ssh"), ["hosts", "é-1", "ssh"]);
        assert_eq!(keys("images.\"a.b\".'c\"d'"), ["images", "a.b", "c\"d"]);
        let (steps, end) = split("a.\"b=c\"=d=e").unwrap();
        assert_eq!((steps[1].range.clone(), end), (2..7, 7));
        for bad in ["", ".a", "a..b", "a.", "a.\"b", "a\"b\"", "=x", "''"] {
            assert!(split(bad).is_err(), "{bad}");
        }
        let odd = ["a.b", "c", "d\"e"];
        assert_eq!(keys(&join(odd)), odd);
    }
}
