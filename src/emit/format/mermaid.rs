//! Mermaid: label text and node ids.
//!
//! A label is text for four readers in a row: Mermaid's lexer, its entity decoder, a Markdown
//! renderer and a browser. So everything but letters, digits and a few harmless marks goes out as
//! a numeric entity (`#35;`), which only the last of them turns back.

use std::collections::{BTreeMap, BTreeSet};

/// A label with its quotes: `["` + text + `"]` and the like. Line breaks become `<br/>`, or stay.
pub fn label(text: &str) -> String {
    let text = label_text(text);
    // Mermaid's lexer knows no empty string.
    if text.is_empty() { "\" \"".to_owned() } else { format!("\"{text}\"") }
}

/// The inside of a quoted label.
pub fn label_text(text: &str) -> String {
    // Where a label has a `<br/>`, Mermaid breaks the line at a `\n` of the text as well, even one of
    // entities.
    let line_break = if text.contains("\\n") { "\n" } else { "<br/>" };
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            out.push_str(line_break);
        }
        label_line(line.trim(), &mut out);
    }
    out
}

fn label_line(line: &str, out: &mut String) {
    let chars: Vec<char> = line.chars().collect();
    for (at, c) in chars.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied();
        let after = chars.get(at + 1).copied();
        let inside_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let harmless = match c {
            ' ' | ',' | '(' | '=' => true,
            // `1. a` and `1) a` would be a list, a leading `-` or `+` too.
            '.' | ')' => !chars.iter().take(at).all(char::is_ascii_digit) || after.is_some_and(|c| c != ' '),
            '-' | '+' => before.is_some(),
            // `__a__` would be bold; `http://` would be a link.
            '_' => inside_word(before) && inside_word(after),
            ':' => after != Some('/'),
            '/' => before != Some('/') && after != Some('/'),
            c if c.is_ascii() => c.is_ascii_alphanumeric(),
            // Mermaid writes its placeholders for entities with these.
            'ﬂ' | '°' | '¶' | 'ß' => false,
            c => !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}'),
        };
        if c == '$' && before == Some('$') {
            // Two of them begin a formula: between them goes a space of no width.
            out.push_str("#8203;");
        }
        if harmless {
            out.push(c);
        } else if c.is_control() {
            // A browser shows nothing for these, or refuses them.
            out.push(' ');
        } else {
            out.push_str(&format!("#{};", u32::from(c)));
        }
    }
}

/// Node ids for names: safe in Mermaid, unique, and the same for the same order of calls.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    by_name: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Ids {
    /// The id of a name; a name always has the same one.
    ///
    /// All ids start with `n_`: a node called `end`, `style_x` or `o` breaks a flowchart.
    pub fn id(&mut self, name: &str) -> String {
        if let Some(id) = self.by_name.get(name) {
            return id.clone();
        }
        let safe: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let base = format!("n_{safe}");
        let mut id = base.clone();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{base}_{number}");
            number += 1;
        }
        self.by_name.insert(name.to_owned(), id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hostile::strings;
    use super::*;

    /// Mermaid's and the browser's decoding; asserts that no reader before it sees anything special.
    fn decode(label: &str) -> String {
        let mut out = String::new();
        for (at, line) in label.replace('\n', "<br/>").split("<br/>").enumerate() {
            if at > 0 {
                out.push('\n');
            }
            let mut rest = line;
            while let Some((text, entity)) = rest.split_once('#') {
                let (code, after) = entity.split_once(';').unwrap();
                out.push_str(text);
                out.push(char::from_u32(code.parse().unwrap()).unwrap());
                rest = after;
            }
            out.push_str(rest);
            let bare: String =
                line.split('#').map(|part| part.split_once(';').map_or(part, |p| p.1)).collect();
            assert!(
                !bare.contains(|c: char| "\"`<>&{}[]\\*%$|~!@^;".contains(c) || c.is_control()),
                "{label}"
            );
        }
        out
    }

    fn normal(text: &str) -> String {
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let lines: Vec<String> =
            text.trim().lines().map(|line| line.trim().chars().map(clean).collect()).collect();
        lines.join("\n")
    }

    proptest! {
        #[test]
        fn labels_survive(text in strings()) {
            let text = text.replace('\u{200B}', "");
            prop_assert_eq!(decode(&label_text(&text)).replace('\u{200B}', ""), normal(&text));
        }

        #[test]
        fn ids_are_safe_and_unique(names in prop::collection::btree_set(strings(), 0..20)) {
            let mut ids = Ids::default();
            let made: BTreeSet<String> = names.iter().map(|name| ids.id(name)).collect();
            prop_assert_eq!(made.len(), names.len());
            for name in &names {
                let id = ids.id(name);
                prop_assert!(id.starts_with("n_") && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
                prop_assert_eq!(ids.id(name), id);
            }
        }
    }

    #[test]
    fn names_stay_readable() {
        assert_eq!(label("val-eu-1 (geth)\n203.0.113.10:8545"), "\"val-eu-1 (geth)<br/>203.0.113.10:8545\"");
        assert_eq!(label("$$x$$"), "\"#36;#8203;#36;x#36;#8203;#36;\"");
        assert_eq!(label("a\n\\n"), "\"a\n#92;n\"");
        assert_eq!(label("1. a #b"), "\"1#46; a #35;b\"");
        assert_eq!(label("\n"), "\" \"");
        let mut ids = Ids::default();
        let made = ["end", "a-b", "a_b", "a_b_2", "a.b"].map(|name| ids.id(name));
        assert_eq!(made, ["n_end", "n_a_b", "n_a_b_2", "n_a_b_2_2", "n_a_b_3"]);
    }
}
