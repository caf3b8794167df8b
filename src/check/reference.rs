//! The pages of the rules as one document, and the parts of a page for those who show it.

use super::registry::all_rules;
use crate::diag::Rule;

/// The file beside the schemas that holds every page.
pub const FILE: &str = "RULES.md";

/// One piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A heading: What, Why, Bad, Good.
    Heading(&'a str),
    /// A line of text; empty between two paragraphs.
    Text(&'a str),
    /// A file of an example: its path, if it is not the manifest; its syntax; its text.
    Block {
        /// The path beside the manifest.
        file: Option<&'a str>,
        /// The first word behind the fence: the ending of a manifest.
        syntax: &'a str,
        /// The lines, each with its newline.
        text: String,
    },
}

/// Splits the page of a rule. A fence that is never closed runs to the end.
pub fn parts(docs: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut lines = docs.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let mut words = info.split_whitespace();
            let syntax = words.next().unwrap_or("");
            let file = words.find_map(|word| word.strip_prefix("file="));
            let mut text = String::new();
            for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                text.push_str(line);
                text.push('\n');
            }
            parts.push(Part::Block { file, syntax, text });
        } else if let Some(heading) = line.strip_prefix("## ") {
            parts.push(Part::Heading(heading));
        } else {
            parts.push(Part::Text(line));
        }
    }
    parts
}

/// The page of one rule in Markdown, with headings from `level` on.
pub fn page(rule: &Rule, level: usize) -> String {
    let (outer, inner) = ("#".repeat(level), "#".repeat(level + 1));
    let severity = rule.level.word();
    let mut page = format!("{outer} {} {}\n\n{severity}: {}\n\n", rule.code, rule.name, rule.summary);
    for part in parts(rule.docs) {
        match part {
            Part::Heading(heading) => page.push_str(&format!("{inner} {heading}\n")),
            Part::Text(line) => page.push_str(&format!("{line}\n")),
            Part::Block { file, syntax, text } => {
                if let Some(file) = file {
                    page.push_str(&format!("\n`{file}`:\n\n"));
                }
                page.push_str(&format!("```{syntax}\n{text}```\n"));
            }
        }
    }
    page
}

/// Every rule: a table, then the pages. The text of [`FILE`].
pub fn document() -> String {
    let rules = all_rules();
    let mut text = String::from(
        "# Rules\n\n\
         Everything that netgen reports, by code. `netgen explain CODE` prints one page. The bad and the good\n\
         manifests are the tests of the rule. Written by `netgen schema --write schema`.\n\n\
         | code | name | level | what is reported |\n|---|---|---|---|\n",
    );
    for rule in &rules {
        let (code, name) = (rule.code, rule.name);
        let anchor = format!("{}-{name}", code.to_lowercase());
        let severity = rule.level.word();
        text.push_str(&format!("| [{code}](#{anchor}) | {name} | {severity} | {} |\n", rule.summary));
    }
    for rule in rules {
        text.push('\n');
        text.push_str(&page(rule, 2));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_inside_a_block_stay_what_they_are() {
        let docs = "## Bad\n```yaml file=a/b.yaml\n## no heading\n```\n";
        let block =
            Part::Block { file: Some("a/b.yaml"), syntax: "yaml", text: "## no heading\n".to_owned() };
        assert_eq!(parts(docs), [Part::Heading("Bad"), block]);
    }

    #[test]
    fn every_rule_has_a_line_and_a_page() {
        let text = document();
        for rule in all_rules() {
            assert!(text.contains(&format!("| [{}](#", rule.code)), "{}", rule.code);
            assert!(text.contains(&format!("\n## {} {}\n", rule.code, rule.name)), "{}", rule.code);
        }
    }
}
