//! Workflow commands of GitHub Actions: each finding becomes an annotation on a line of the change.
//!
//! One line is one command, so the message carries its further labels and helps as `%0A` lines.

use super::place::places;
use crate::diag::Diagnostic;
use crate::text::SourceMap;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    diagnostics.iter().filter(|d| d.waived.is_none()).map(|d| command(d, sources)).collect()
}

fn command(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let places = places(diagnostic, sources);
    let mut properties = Vec::new();
    let mut message = diagnostic.message.clone();
    for place in &places {
        let (file, start, end) = (place.source.name(), place.start(), place.end());
        if !place.primary {
            message.push_str(&format!("\n{file}:{}:{}: {}", start.line, start.column, place.remark));
            continue;
        }
        if !place.remark.is_empty() {
            message.push_str(&format!("\n{}", place.remark));
        }
        properties.push(format!("file={}", property(file)));
        properties.push(format!("line={}", start.line));
        properties.push(format!("endLine={}", end.line));
        properties.push(format!("col={}", start.column));
        // GitHub takes an end column only within one line.
        if start.line == end.line {
            properties.push(format!("endColumn={}", end.column));
        }
    }
    for help in &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let rule = diagnostic.rule;
    properties.push(format!("title={}", property(&format!("{} {}", rule.code, rule.name))));
    format!("::{} {}::{}\n", diagnostic.severity.word(), properties.join(","), data(&message))
}

/// Escapes the text of a command, as the runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property, which also ends at `:` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::diag::codes;
    use crate::text::Span;

    #[test]
    fn the_mixed_example() {
        let (found, sources) = fixture::mixed();
        fixture::same(&render(&found, &sources), include_str!("golden/mixed.github"));
    }

    #[test]
    fn no_text_can_start_a_command_of_its_own() {
        let mut sources = SourceMap::default();
        let id = sources.add("a,b:c%\n.yaml", "x: 1\ny: 2\n");
        let found = Diagnostic::new(&codes::SYNTAX, Span::new(id, 0, 9), "100%\r\n::error::x");
        assert_eq!(
            render(&[found], &sources),
            "::error file=a%2Cb%3Ac%25%0A.yaml,line=1,endLine=2,col=1,title=NG0101 syntax::100%25%0D%0A::error::x\n"
        );
    }
}
