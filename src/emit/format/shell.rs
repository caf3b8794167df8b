//! Words of a POSIX shell.

use std::borrow::Cow;

use super::Error;

/// Words that mean something where a command is expected.
const RESERVED: &[&str] = &[
    "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select",
    "then", "time", "until", "while",
];

/// One word: as it is where that is safe in every position, else in single quotes.
pub fn quote(word: &str) -> Result<Cow<'_, str>, Error> {
    if word.contains('\0') {
        return Err(Error::new("a shell word", "it holds a NUL character", word));
    }
    if is_plain(word) {
        return Ok(Cow::Borrowed(word));
    }
    Ok(Cow::Owned(format!("'{}'", word.replace('\'', "'\\''"))))
}

/// A command line: every word quoted, one space between.
pub fn join<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<String, Error> {
    let mut line = String::new();
    for (at, word) in words.into_iter().enumerate() {
        if at > 0 {
            line.push(' ');
        }
        line.push_str(&quote(word.as_ref())?);
    }
    Ok(line)
}

fn is_plain(word: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b);
    // `NAME=x` as a first word is an assignment and not a command.
    let assigns = word
        .split_once('=')
        .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+".contains(&b)));
    !word.is_empty() && word.bytes().all(safe) && !assigns && !RESERVED.contains(&word)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::super::hostile::{CORPUS, strings};
    use super::*;

    /// What `/bin/sh` makes of the words, in three positions: argument, command word, here too.
    fn through_sh(words: &[String]) -> Vec<String> {
        let line = join(words).unwrap();
        let script = format!("f() {{ printf '%s\\0' \"$@\"; }}\nf {line}\n");
        let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{script}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[test]
    fn corpus_survives_the_real_shell() {
        let words: Vec<String> =
            CORPUS.iter().filter(|word| !word.contains('\0')).map(|word| (*word).to_owned()).collect();
        assert_eq!(through_sh(&words), words);
        assert!(quote("a\0b").is_err());
    }

    #[test]
    fn a_word_is_never_syntax() {
        // Each must be looked up as a command, so the shell says "not found" (127).
        for word in ["if", "x=1", "{", "}", "!", "a=b", "~/x", "A+=1", "time", "[[", "*", "#x", "$x"] {
            let script = format!("PATH=/nowhere; {} 2>/dev/null", quote(word).unwrap());
            let status = Command::new("/bin/sh").args(["-c", &script]).status().unwrap();
            assert_eq!(status.code(), Some(127), "{word}");
        }
    }

    #[test]
    fn plain_stays_plain() {
        let words = ["geth", "--datadir=/data", "--x=", "a b", "", "it's", "http://h:1/p", "if", "K=V"];
        assert_eq!(
            join(words).unwrap(),
            "geth --datadir=/data --x= 'a b' '' 'it'\\''s' http://h:1/p 'if' 'K=V'"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_words_survive_the_real_shell(words in prop::collection::vec(strings(), 1..12)) {
            let words: Vec<String> = words.iter().map(|word| word.replace('\0', "")).collect();
            prop_assert_eq!(through_sh(&words), words);
        }
    }
}
