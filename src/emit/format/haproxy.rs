//! Words of an HAProxy configuration.
//!
//! HAProxy splits a line at spaces; single quotes keep everything, double quotes keep all but
//! `"`, `\` and `$` (which names an environment variable there).

use std::borrow::Cow;

use super::Error;

/// One word of a line.
pub fn quote(word: &str) -> Result<Cow<'_, str>, Error> {
    if word.chars().any(|c| c.is_control()) {
        return Err(Error::new(
            "an HAProxy word",
            "it holds a line break or another control character",
            word,
        ));
    }
    // A word of 64 KiB does not fit HAProxy's line buffer; 2048 is its limit for a whole line.
    if word.len() > 2000 {
        return Err(Error::new("an HAProxy word", "it is longer than HAProxy's line buffer", word));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,*?!<>()[]{}|&;~^".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return Ok(Cow::Borrowed(word));
    }
    if !word.contains('\'') {
        return Ok(Cow::Owned(format!("'{word}'")));
    }
    let mut out = String::from("\"");
    for c in word.chars() {
        if matches!(c, '"' | '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Ok(Cow::Owned(out))
}

/// Is this a name for a section, server or ACL (`[A-Za-z0-9_.:-]+`)?
pub fn check_name(name: &str) -> Result<(), Error> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || b"_.:-".contains(&b);
    if !name.is_empty() && name.bytes().all(valid) {
        Ok(())
    } else {
        Err(Error::new("an HAProxy name", "only letters, digits and _.:- are allowed", name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hostile::strings;
    use super::*;

    /// The manual's section 2.2, for one line.
    fn split(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match (c, quote) {
                (c, Some(q)) if c == q => quote = None,
                ('"' | '\'', None) => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (c, Some('\'')) => word.get_or_insert_default().push(c),
                ('\\', _) => word.get_or_insert_default().push(chars.next().unwrap()),
                ('$', Some('"')) => panic!("a variable in {line}"),
                ('#', None) => break,
                (' ', None) => words.extend(word.take()),
                (c, _) => word.get_or_insert_default().push(c),
            }
        }
        assert_eq!(quote, None);
        words.extend(word);
        words
    }

    proptest! {
        #[test]
        fn words_survive(a in strings(), b in strings()) {
            if let (Ok(x), Ok(y)) = (quote(&a), quote(&b)) {
                prop_assert_eq!(split(&format!("acl {x} {y} end")), vec!["acl".to_owned(), a, b, "end".to_owned()]);
            } else {
                let held = format!("{a}{b}");
                prop_assert!(held.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn plain_stays_plain() {
        assert_eq!(quote("hdr(host)").unwrap(), "hdr(host)");
        assert_eq!(quote("").unwrap(), "''");
        assert_eq!(quote("a b").unwrap(), "'a b'");
        assert_eq!(quote("it's $x").unwrap(), "\"it's \\$x\"");
        assert!(quote("a\nb").is_err() && check_name("a b").is_err() && check_name("").is_err());
        check_name("be_eth-rpc.1").unwrap();
    }
}
