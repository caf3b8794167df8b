//! Text of strangers on a terminal.

/// Text without characters that command a terminal; line ends and tabs stay.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { visible(c) }).collect()
}

/// The same on one line, for a text within a sentence.
pub fn printable_line(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A source may be anybody's: its escape sequences and text-direction overrides are shown, not obeyed.
pub fn visible(letter: char) -> char {
    match letter {
        '\t' => letter,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\tb\nc\u{202e}d\u{85}"), "a␛[2J\tb\nc\u{fffd}d\u{fffd}");
        assert_eq!(printable_line("a\nerror: b"), "a␊error: b");
    }
}
