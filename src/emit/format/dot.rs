//! Graphviz DOT: quoted strings.

/// A quoted string of DOT that stands for exactly this text. Line breaks become centred lines.
///
/// Inside quotes only `"` and `\` mean something; `\` would start an escape such as `\N`.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Graphviz reads entities in labels.
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_string_or_starts_an_escape() {
        assert_eq!(string(r#"a"b\N"#), r#""a\"b\\N""#);
        assert_eq!(string("a\nb\u{7}&lt;"), r#""a\nb &amp;lt;""#);
    }
}
