//! Markdown (CommonMark and GitHub's tables): text, table cells, code, links.

use std::borrow::Cow;

/// Text in a paragraph, heading or list item: shows as it is, on one line.
pub fn text(text: &str) -> String {
    let line: &str = &one_line(text);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::with_capacity(line.len());
    // Most signs stand for themselves, and go out as they come.
    let mut from = 0;
    let mut plain = |out: &mut String, at: usize, after: usize| {
        out.push_str(line.get(from..at).unwrap_or_default());
        from = after;
    };
    for (at, c) in line.char_indices() {
        let after = at + c.len_utf8();
        match c {
            '&' => {
                plain(&mut out, at, after);
                out.push_str("&amp;");
            }
            '<' => {
                plain(&mut out, at, after);
                out.push_str("&lt;");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '#' | '|' | '~' | '$' | '!' => {
                plain(&mut out, at, at);
                out.push('\\');
            }
            // Where a line starts, these make a list, a heading or a rule.
            '-' | '+' | '=' if at == 0 => out.push('\\'),
            '.' | ')' if at == digits && at > 0 && !line.get(after..).is_some_and(continues) => {
                plain(&mut out, at, at);
                out.push('\\');
            }
            // White space at an edge would be dropped, by some readers that of any script.
            c if (at == 0 || after == line.len()) && is_space(c) => {
                plain(&mut out, at, after);
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            _ => {}
        }
    }
    plain(&mut out, line.len(), line.len());
    out
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// After `1.`, only white space or the end makes a list.
fn continues(rest: &str) -> bool {
    rest.chars().next().is_some_and(|c| !c.is_whitespace())
}

/// Text in a table cell; line breaks become `<br>`.
pub fn cell(cell: &str) -> String {
    cell.lines().map(text).collect::<Vec<_>>().join("<br>")
}

/// A code span: the backticks are as many as it takes. Empty text gives no span.
pub fn code(code: &str) -> String {
    let code = one_line(code);
    if code.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&code) + 1);
    // One space on each side is dropped by readers, unless the span is all spaces.
    let edge = |c| code.starts_with(c) || code.ends_with(c);
    let pad = edge('`') || (edge(' ') && !code.trim_matches(' ').is_empty());
    let pad = if pad { " " } else { "" };
    format!("{fence}{pad}{code}{pad}{fence}")
}

/// A code span in a table cell, where `|` must be escaped even in code.
pub fn code_cell(code_text: &str) -> String {
    if code_text.contains("\\|") {
        // Readers disagree on the three characters `\\|` in a cell; escaped text has one meaning.
        return format!("<code>{}</code>", text(code_text));
    }
    code(code_text).replace('|', "\\|")
}

/// A fenced code block, with its newline.
pub fn code_block(language: &str, body: &str) -> String {
    let fence = "`".repeat(longest_run(body).max(2) + 1);
    let language: String =
        language.chars().filter(|c| c.is_ascii_alphanumeric() || "+-_".contains(*c)).collect();
    let newline = if body.is_empty() || body.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{body}{newline}{fence}\n")
}

/// A link; the address is percent-encoded where Markdown would see an end or a break.
pub fn link(shown: &str, address: &str) -> String {
    let mut out = String::new();
    for c in address.chars() {
        if c.is_control() || c.is_whitespace() || "<>\\()[]\"'`*|".contains(c) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    format!("[{}](<{out}>)", text(shown))
}

/// Every reader treats some control characters as line breaks and none shows them.
fn one_line(text: &str) -> Cow<'_, str> {
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(ends) { text.replace(ends, " ").into() } else { text.into() }
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hostile::strings;
    use super::*;

    /// CommonMark's inline rules for text; asserts that nothing special is left bare.
    fn read(markdown: &str) -> String {
        assert!(
            !markdown.starts_with([' ', '-', '+', '#', '>', '=']) && !markdown.ends_with(' '),
            "{markdown}"
        );
        let mut out = String::new();
        let mut rest = markdown.chars();
        while let Some(c) = rest.next() {
            match c {
                '\\' => {
                    let next = rest.next().unwrap();
                    assert!(next.is_ascii_punctuation());
                    out.push(next);
                }
                '&' => {
                    let entity: String = rest.by_ref().take_while(|c| *c != ';').collect();
                    out.push(match entity.as_str() {
                        "amp" => '&',
                        "lt" => '<',
                        code => {
                            let code = code.strip_prefix('#').unwrap().parse().unwrap();
                            let c = char::from_u32(code).unwrap();
                            assert!(is_space(c), "{markdown}");
                            c
                        }
                    });
                }
                c => {
                    assert!(!"`*_[]<>|#~".contains(c), "{markdown}");
                    out.push(c);
                }
            }
        }
        out
    }

    fn read_code(markdown: &str) -> String {
        let run = |text: &str| text.len() - text.trim_start_matches('`').len();
        let fence = run(markdown);
        assert!(fence > 0 && markdown.ends_with(&"`".repeat(fence)) && markdown.len() > 2 * fence);
        let inner = markdown.get(fence..markdown.len() - fence).unwrap();
        assert!(longest_run(inner) < fence && !inner.starts_with('`') && !inner.ends_with('`'), "{markdown}");
        let padded = inner.starts_with(' ') && inner.ends_with(' ') && inner.contains(|c| c != ' ');
        if padded { inner.get(1..inner.len() - 1).unwrap().to_owned() } else { inner.to_owned() }
    }

    proptest! {
        #[test]
        fn text_survives(input in strings()) {
            prop_assert_eq!(read(&text(&input)), one_line(&input));
            let cells: Vec<String> = cell(&input).split("<br>").map(read).collect();
            prop_assert_eq!(cells.join("\n"), input.lines().map(one_line).collect::<Vec<_>>().join("\n"));
        }

        #[test]
        fn code_survives(input in strings()) {
            prop_assume!(!input.is_empty());
            prop_assert_eq!(read_code(&code(&input)), one_line(&input));
            let cell = code_cell(&input);
            match cell.strip_prefix("<code>") {
                Some(rest) => prop_assert_eq!(read(rest.strip_suffix("</code>").unwrap()), one_line(&input)),
                None => prop_assert_eq!(read_code(&cell.replace("\\|", "|")), one_line(&input)),
            }
            let block = code_block("sh\n", &input);
            let fence = block.split_once("sh\n").unwrap().0;
            let body = block.strip_prefix(&format!("{fence}sh\n")).unwrap().strip_suffix(&format!("{fence}\n")).unwrap();
            prop_assert_eq!(body.strip_suffix('\n').unwrap_or(body), input.strip_suffix('\n').unwrap_or(&input));
            prop_assert!(longest_run(&input) < fence.len());
        }

        #[test]
        fn links_stay_links(input in strings()) {
            let markdown = link("a", &input);
            let inner = markdown.strip_prefix("[a](<").unwrap().strip_suffix(">)").unwrap();
            prop_assert!(!inner.contains(|c: char| "<>\\".contains(c) || c.is_whitespace() || c.is_control()));
        }
    }

    #[test]
    fn plain_stays_plain() {
        assert_eq!(text("val-eu-1: 3 of 4 (75%)"), "val-eu-1: 3 of 4 (75%)");
        assert_eq!(text("203.0.113.10"), "203.0.113.10");
        assert_eq!(text("1. <b> | a_b"), "1\\. &lt;b> \\| a\\_b".replace("b>", "b\\>"));
        assert_eq!(
            (code("a`b"), code("`"), code_cell("a|b")),
            ("``a`b``".into(), "`` ` ``".into(), "`a\\|b`".into())
        );
        assert_eq!(link("x", "https://a.b/c?d=e&f"), "[x](<https://a.b/c?d=e&f>)");
    }
}
