//! Questions and answers, line by line: prompts on standard error, answers from standard input.
//!
//! Plain lines and no library that draws menus: they work on a serial console, through `ssh` without a
//! terminal type, and with a screen reader, and they add nothing to what a build must trust.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Whether a person can be asked.
pub(super) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// One question.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    /// The flag that answers it beforehand.
    pub(super) flag: String,
    /// What is asked.
    pub(super) text: String,
    /// Words to choose from, each explained; empty where any text may stand.
    pub(super) options: Vec<(String, String)>,
    /// What an empty line stands for.
    pub(super) default: Option<String>,
    /// Whether an empty answer is one.
    pub(super) optional: bool,
}

/// Asks once. `None` at the end of the input.
pub(super) fn ask(question: &Question) -> io::Result<Option<String>> {
    let mut err = io::stderr().lock();
    let Question { text, options, default, optional, .. } = question;
    writeln!(err)?;
    let shown = match (default, optional) {
        (Some(default), _) => format!(" [{default}]"),
        (None, true) => " [none]".to_owned(),
        (None, false) => String::new(),
    };
    // Words that need no explanation fit on the line.
    let plain = options.iter().all(|(_, doc)| doc.is_empty());
    if options.is_empty() {
        write!(err, "{text}{shown}: ")?;
    } else if plain {
        let words: Vec<&str> = options.iter().map(|(word, _)| word.as_str()).collect();
        write!(err, "{text}, {}{shown}: ", words.join(" or "))?;
    } else {
        writeln!(err, "{text}")?;
        let width = options.iter().map(|(word, _)| word.len()).max().unwrap_or_default();
        for (number, (word, doc)) in (1..).zip(options) {
            writeln!(err, "  {number}  {word:width$}  {doc}")?;
        }
        write!(err, "number or name{shown}: ")?;
    }
    err.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        writeln!(err)?;
        return Ok(None);
    }
    let answer = line.trim();
    let by_number = answer.parse::<usize>().ok().and_then(|number| options.get(number.checked_sub(1)?));
    let by_letter = || options.iter().find(|(word, _)| plain && word.get(..1) == Some(answer));
    let chosen = by_number.or_else(by_letter);
    Ok(Some(match (chosen, default) {
        (Some((word, _)), _) => word.clone(),
        (None, Some(default)) if answer.is_empty() => default.clone(),
        _ => answer.to_owned(),
    }))
}

/// Says why an answer is not taken, or what happens now.
pub(super) fn say(text: &str) {
    // A terminal that went away is noticed at the next question.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
