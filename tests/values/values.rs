//! Hostile values, the same ones for the same seed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What some reader takes for more than text. A value is one of these, or several in a row.
pub const PIECES: &[&str] = &[
    // Every printable character of ASCII that is no letter and no digit.
    "!",
    "\"",
    "#",
    "$",
    "%",
    "&",
    "'",
    "(",
    ")",
    "*",
    "+",
    ",",
    "-",
    ".",
    "/",
    ":",
    ";",
    "<",
    "=",
    ">",
    "?",
    "@",
    "[",
    "\\",
    "]",
    "^",
    "_",
    "`",
    "{",
    "|",
    "}",
    "~",
    // White space and line ends of all kinds.
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\u{B}",
    "\u{C}",
    "\u{85}",
    "\u{A0}",
    "\u{2028}",
    "\u{2029}",
    "\u{3000}",
    // Characters that cannot be seen, or that change how others are seen.
    "\0",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\u{1B}",
    "\u{7F}",
    "\u{80}",
    "\u{9F}",
    "\u{AD}",
    "\u{200B}",
    "\u{200E}",
    "\u{200F}",
    "\u{202E}",
    "\u{2066}",
    "\u{FEFF}",
    "\u{FFFD}",
    "\u{FFFE}",
    "\u{FFFF}",
    "\u{FDD0}",
    "\u{E000}",
    "\u{10FFFF}",
    // Text of other scripts, beyond the first plane too.
    "ä",
    "é",
    "e\u{301}",
    "עברית",
    "مرحبا",
    "漢字",
    "🙂",
    "👩\u{200D}🚀",
    "𝔘",
    "ſ",
    "İ",
    // Other types than text, to one reader or another.
    "yes",
    "no",
    "on",
    "off",
    "y",
    "N",
    "true",
    "False",
    "null",
    "Null",
    "none",
    "nan",
    ".nan",
    ".inf",
    "-.INF",
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "0o17",
    "0x10",
    "0b11",
    "1_000",
    "1e3",
    "1E-3",
    "1.",
    ".5",
    "-0",
    "1e400",
    "99999999999999999999",
    "22:22",
    "190:20:30.15",
    "2024-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "<<",
    // Templates, variables and substitutions.
    "{{ x }}",
    "{{",
    "}}",
    "{% raw %}",
    "{% endraw %}",
    "{#",
    "#}",
    "$HOME",
    "${HOME}",
    "${X:-y}",
    "${X:?}",
    "$$",
    "$(id)",
    "`id`",
    "$1",
    "${",
    "%n",
    "%%",
    "%h",
    "%(a)s",
    "%{a}",
    "{env:X}",
    "<%= x %>",
    "{{`",
    "{{ $labels.a }}",
    // Pieces of syntax.
    "- ",
    "---",
    "...",
    ": ",
    " #",
    "#x",
    "//",
    "/* ",
    " */",
    "<!--",
    "-->",
    "<br>",
    "</script>",
    "&amp;",
    "]]>",
    "[x]",
    "{a: b}",
    "? ",
    "!!str",
    "!unsafe ",
    "*a",
    "&a",
    "|-",
    ">+",
    "@a",
    "a=b",
    "key: value",
    "a\\",
    "\\n",
    "\\0",
    "\\x41",
    "\\u0041",
    "\\$",
    "\\\"",
    "\\'",
    "\\\n",
    "''",
    "\"\"",
    "'\"'\"'",
    "-x",
    "--help",
    "../..",
    "*",
    "export ",
    "end",
    "EOF",
    // What stands in between.
    "a",
    "b",
    "x y",
    "word",
    "42",
];

/// How many of the values are as long as [`LONG`].
const LONG_ONES: usize = 4;

/// The length of a long value, in bytes, at least.
const LONG: usize = 64 << 10;

/// How many pieces the other values have, at most.
const MOST_PIECES: usize = 10;

/// This many different values, of which the first are the empty one and every piece alone.
pub fn values(seed: u64, count: usize) -> Vec<String> {
    let mut random = Random(seed);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let alone = std::iter::once("").chain(PIECES.iter().copied()).map(str::to_owned);
    let long: Vec<String> = (0..LONG_ONES).map(|_| random.value(|value, _| value.len() < LONG)).collect();
    for value in alone.chain(long) {
        if seen.insert(value.clone()) {
            found.push(value);
        }
    }
    while found.len() < count {
        let pieces = 2 + random.below(MOST_PIECES - 1);
        let value = random.value(|_, so_far| so_far < pieces);
        if seen.insert(value.clone()) {
            found.push(value);
        }
    }
    found
}

/// This many numbers, truth values and nothings, of which the first are those at the ends.
pub fn numbers(count: usize) -> Vec<Value> {
    let ends =
        [0.0, -0.0, 0.1, 1e21, 1e-7, 1.5e300, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e16, 1e15, 100.0];
    let mut found: Vec<Value> = ends.into_iter().map(Value::from).collect();
    found.extend([json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(0), json!(-1), json!(null)]);
    found.extend([json!(true), json!(false)]);
    let mut random = Random(0);
    while found.len() < count {
        let bits = random.next();
        // A float that is no number becomes a null.
        found.push(match bits % 3 {
            0 => json!(bits),
            1 => json!(bits.cast_signed()),
            _ => json!(f64::from_bits(random.next())),
        });
    }
    found
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    /// Pieces in a row, as long as more are wanted of a value with that many.
    fn value(&mut self, more: impl Fn(&str, usize) -> bool) -> String {
        let mut value = String::new();
        let mut pieces = 0;
        while more(&value, pieces) {
            value.push_str(PIECES[self.below(PIECES.len())]);
            pieces += 1;
        }
        value
    }
}
