//! `netgen explain`

use super::args::Explain;
use super::exit::Exit;
use super::output::Output;
use super::{Failure, Outcome};
use crate::check::reference::{self, Part};
use crate::check::registry::all_rules;
use crate::diag::{Level, Rule, did_you_mean, list_names};

pub(super) fn run(args: &Explain, output: &Output) -> Outcome {
    let rules = all_rules();
    let Some(wanted) = &args.rule else {
        let widest = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
        let line = |rule: &&Rule| {
            format!("{} {:7} {:widest$} {}\n", rule.code, rule.level.word(), rule.name, rule.summary)
        };
        let lines: String = rules.iter().map(line).collect();
        output.data(&lines);
        return Ok(Exit::Ok);
    };
    let rule = Rule::find(&rules, wanted).ok_or_else(|| unknown(wanted, &rules))?;
    let page = if output.styled_data() { styled(rule) } else { reference::page(rule, 1) };
    output.data(&page);
    Ok(Exit::Ok)
}

/// There is no such rule.
pub(super) fn unknown(wanted: &str, rules: &[&'static Rule]) -> Failure {
    let near = did_you_mean(wanted, rules.iter().flat_map(|rule| [rule.code, rule.name]));
    let hint = near.map_or_else(
        || "`netgen explain` lists all rules".to_owned(),
        |near| format!("did you mean {}?", list_names([near], 1)),
    );
    Failure::new(Exit::Usage, format!("there is no rule `{wanted}`; {hint}"))
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[36m";
const PLAIN: &str = "\x1b[0m";

/// The page for a terminal: marks become colours, and files of examples stand apart.
fn styled(rule: &Rule) -> String {
    let colour = match rule.level {
        Level::Deny => RED,
        Level::Warn | Level::Allow => YELLOW,
    };
    let mut page = format!(
        "{colour}{}{PLAIN} {BOLD}{} {}{PLAIN}\n{}\n\n",
        rule.level.word(),
        rule.code,
        rule.name,
        rule.summary
    );
    for part in reference::parts(rule.docs) {
        match part {
            Part::Heading(heading) => page.push_str(&format!("{BOLD}{heading}{PLAIN}\n")),
            Part::Text(line) => page.push_str(&format!("{}\n", code_words(&wrap(line)))),
            Part::Block { file, text, .. } => {
                if let Some(file) = file {
                    page.push_str(&format!("\n  {DIM}{file}{PLAIN}\n"));
                }
                for line in text.lines() {
                    page.push_str(&format!("    {CYAN}{line}{PLAIN}\n"));
                }
            }
        }
    }
    page
}

/// Columns of a paragraph.
const WIDTH: usize = 96;

/// Breaks a paragraph between words. Backticks do not count: they are not shown.
fn wrap(paragraph: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split(' ') {
        let width = word.chars().filter(|c| *c != '`').count();
        if column > 0 {
            let fits = column + 1 + width <= WIDTH;
            text.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        text.push_str(word);
        column += width;
    }
    text
}

/// Words between backticks in colour, without the backticks; an odd one stays.
fn code_words(line: &str) -> String {
    let pieces: Vec<&str> = line.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return line.to_owned();
    }
    let word = |(index, piece): (usize, &&str)| {
        if index.is_multiple_of(2) { (*piece).to_owned() } else { format!("{CYAN}{piece}{PLAIN}") }
    };
    pieces.iter().enumerate().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_become_colour_and_an_odd_one_stays() {
        assert_eq!(code_words("a `b` c"), format!("a {CYAN}b{PLAIN} c"));
        assert_eq!(code_words("a ` c"), "a ` c");
    }

    #[test]
    fn paragraphs_are_broken_between_words() {
        let long = "word ".repeat(60);
        let broken = wrap(long.trim());
        assert!(broken.lines().all(|line| line.len() <= WIDTH) && broken.lines().count() == 4, "{broken}");
        assert_eq!(broken.replace('\n', " "), long.trim());
        assert_eq!(wrap(""), "");
    }

    #[test]
    fn a_styled_page_says_all_that_the_plain_one_says() {
        for rule in all_rules() {
            let page = styled(rule);
            for part in reference::parts(rule.docs) {
                if let Part::Block { text, .. } = part {
                    assert!(text.lines().all(|line| page.contains(line)), "{}", rule.code);
                }
            }
            assert!(!page.contains("```"), "{}", rule.code);
        }
    }
}
