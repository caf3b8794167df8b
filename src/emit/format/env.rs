//! Environment files that Compose (`env_file:`) and systemd (`EnvironmentFile=`) read alike.
//!
//! The two readers agree on three forms, tried in this order:
//! * plain, for text without any special character;
//! * single quotes, where the text has no `'` and does not end in an odd run of backslashes (for
//!   Compose `\'` is an escaped quote, for systemd it is a backslash and the end);
//! * double quotes with `\"`, `\\` and `\$`.
//!
//! `podman --env-file` knows no quotes at all: a file for it should hold [`is_plain`] values only.

use super::{Error, comment_lines};

const SYNTAX: &str = "an environment file";

/// One `NAME=value` line, with its newline.
pub fn line(name: &str, value: &str) -> Result<String, Error> {
    check_name(name)?;
    Ok(format!("{name}={}\n", quote(value)?))
}

/// A whole file: the header as comment lines, then one line a variable in the given order.
pub fn file<'a>(
    header: &str,
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<String, Error> {
    let mut out = String::new();
    for comment in comment_lines(header) {
        out.push_str(&comment);
        out.push('\n');
    }
    for (name, value) in variables {
        out.push_str(&line(name, value)?);
    }
    Ok(out)
}

/// Is this a variable name: letters, digits and `_`, not a digit first?
pub fn check_name(name: &str) -> Result<(), Error> {
    let valid = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    // dotenv readers drop a leading `export`, also where it is the start of a name.
    if valid && !name.starts_with("export") {
        Ok(())
    } else {
        Err(Error::new(SYNTAX, "it is not a variable name", name))
    }
}

/// Does the value need no quotes in any reader?
pub fn is_plain(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b))
}

fn quote(value: &str) -> Result<String, Error> {
    if value.chars().any(|c| c != '\t' && (c.is_control() || super::is_noncharacter(c))) {
        return Err(Error::new(SYNTAX, "it holds a line break or another control character", value));
    }
    if is_plain(value) {
        return Ok(value.to_owned());
    }
    let backslashes = value.len() - value.trim_end_matches('\\').len();
    if !value.contains('\'') && backslashes.is_multiple_of(2) {
        return Ok(format!("'{value}'"));
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hostile::{CORPUS, strings};
    use super::*;

    /// systemd's `parse_env_file_internal`, for one line.
    fn systemd(line: &str) -> (String, String) {
        #[derive(PartialEq)]
        enum State {
            Pre,
            Value,
            Escape,
            Single,
            Double,
            DoubleEscape,
        }
        let (name, rest) = line.strip_suffix('\n').unwrap().split_once('=').unwrap();
        let (mut state, mut out, mut trim) = (State::Pre, String::new(), None);
        for c in rest.chars() {
            assert!(c != '\n' && c != '\r');
            match state {
                State::Pre | State::Value => match c {
                    '\'' if state == State::Pre => state = State::Single,
                    '"' if state == State::Pre => state = State::Double,
                    '\\' => state = State::Escape,
                    ' ' | '\t' if state == State::Pre => {}
                    c => {
                        state = State::Value;
                        trim = matches!(c, ' ' | '\t').then(|| trim.unwrap_or(out.len()));
                        out.push(c);
                    }
                },
                State::Escape => {
                    out.push(c);
                    state = State::Value;
                }
                State::Single if c == '\'' => state = State::Pre,
                State::Double if c == '"' => state = State::Pre,
                State::Double if c == '\\' => state = State::DoubleEscape,
                State::Single | State::Double => out.push(c),
                State::DoubleEscape => {
                    if !"\"\\`$".contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                    state = State::Double;
                }
            }
        }
        assert!(state == State::Pre || state == State::Value);
        out.truncate(trim.unwrap_or(out.len()));
        (name.to_owned(), out)
    }

    /// compose-go's `dotenv`, for one line; a live `$` is an error.
    fn compose(line: &str) -> (String, String) {
        let (name, rest) = line.strip_suffix('\n').unwrap().split_once('=').unwrap();
        let rest = rest.trim_start_matches([' ', '\t']);
        let expand = |text: &str| {
            let out = text.replace("$$", "\0");
            assert!(!out.contains('$'), "{line}");
            out.replace('\0', "$")
        };
        let Some(quote) = rest.chars().next().filter(|c| "'\"".contains(*c)) else {
            let value = rest.split(" #").next().unwrap();
            return (name.to_owned(), expand(value.trim_end()));
        };
        let (mut chars, mut escaped) = (String::new(), false);
        for (at, c) in rest.char_indices().skip(1) {
            if c != quote {
                if !escaped && c == '\\' {
                    escaped = true;
                    continue;
                }
                if escaped {
                    chars.push('\\');
                }
            } else if !escaped {
                assert_eq!(rest.len(), at + 1, "{line}");
                let value = if quote == '"' { expand(&escapes(&chars)) } else { chars };
                return (name.to_owned(), value);
            }
            escaped = false;
            chars.push(c);
        }
        panic!("no end: {line}");
    }

    fn escapes(text: &str) -> String {
        let mut out = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match chars.peek() {
                Some('$') if c == '\\' => out.push_str("$$"),
                Some('\\') if c == '\\' => out.push('\\'),
                Some('"') if c == '\\' => out.push('"'),
                Some(n) if c == '\\' && "abcfnrtv0".contains(*n) => panic!("an escape in {text}"),
                _ => {
                    out.push(c);
                    continue;
                }
            }
            chars.next();
        }
        out
    }

    fn check(value: &str) {
        match line("NAME", value) {
            Ok(text) => {
                assert_eq!(systemd(&text), ("NAME".to_owned(), value.to_owned()), "{text}");
                assert_eq!(compose(&text), ("NAME".to_owned(), value.to_owned()), "{text}");
            }
            Err(_) => assert!(value.contains(|c: char| c.is_control() || super::super::is_noncharacter(c))),
        }
    }

    #[test]
    fn corpus_survives() {
        CORPUS.iter().for_each(|value| check(value));
        ["a'\\", "\\", "'\\\\'", "a\\\\", "$'", "\\$'", "'\\\"", "'#", "a #b", "\\n'"]
            .iter()
            .for_each(|v| check(v));
    }

    proptest! {
        #[test]
        fn any_text_survives(value in strings()) {
            check(&value);
        }
    }

    #[test]
    fn plain_stays_plain() {
        assert_eq!(
            file("Made.", [("URL", "http://a.b:1/x?y"), ("N", "1")]).unwrap(),
            "# Made.\nURL='http://a.b:1/x?y'\nN=1\n"
        );
        assert!(["", "1A", "a b", "a-b", "é", "export_x", "A="].iter().all(|name| line(name, "").is_err()));
    }
}
