//! What no secret can be without. Nearly every text has none of it, and is read for that as fast as memory
//! allows: each search here is one for a few fixed texts.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Texts of which one stands in every token and every armored or extended key: see the forms of
/// [`super::credentials`]. Up to 32 are looked for at the same time.
#[rustfmt::skip] // as the forms are
const TOKENS: &[&str] = &[
    "BEGIN ", "AGE-SECRET-KEY-1", "prv", "AKIA", "ASIA",
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "pat_",
    "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glagent-", "gloas-",
    "xox", "xapp-", "AIza", "k_live_", "npm_", "_v1_", "glsa_", "glc_", "hvs.", "hvb.", "hvr.", ":AA", ".eyJ",
];

/// Parts of names of secrets in lower case, of which each name has one: those of [`super::SECRET_WORDS`], and
/// those before the digits of a private key. The last is a `k` of Unicode.
const NAMES: &[&str] =
    &["passw", "secret", "token", "priv", "apikey", "api_key", "api-key", "mnemonic", "hex", "\u{212a}"];

static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| any_of(TOKENS));

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| any_of(NAMES));

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| any_of(&["://"]));

/// Finds the first of some texts: no other search is as fast.
fn any_of(signs: &[&str]) -> Option<Regex> {
    let plain: Vec<String> = signs.iter().map(|sign| regex::escape(sign)).collect();
    Regex::new(&plain.join("|")).ok()
}

/// Whether a text with such names may hold one of the forms of [`super::credentials`].
pub(super) fn may_have_a_form(text: &str, names: &[Range<usize>]) -> bool {
    TOKEN.as_ref().is_none_or(|token| token.is_match(text)) || has_numbers(text) || has_digits(text, names)
}

/// Where `://` stands.
pub(super) fn urls(text: &str) -> impl Iterator<Item = usize> + '_ {
    URL.iter().flat_map(|sign| sign.find_iter(text)).map(|sign| sign.start())
}

/// Where parts of names of secrets stand.
pub(super) fn names(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut lower = String::new();
    let mut start = 0;
    for part in parts(text) {
        lower.clear();
        lower.push_str(part);
        lower.make_ascii_lowercase();
        let names = NAME.iter().flat_map(|name| name.find_iter(&lower));
        found.extend(names.map(|name| start + name.start()..start + name.end()));
        start += part.len();
    }
    found
}

/// A text in parts that are whole lines, so that a large one need not be copied at once.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    const ABOUT: usize = 64 << 10;
    let mut rest = text;
    std::iter::from_fn(move || {
        let line_end = |bytes: &[u8]| bytes.iter().position(|b| *b == b'\n');
        let end = rest.as_bytes().get(ABOUT..).and_then(line_end).map_or(rest.len(), |at| ABOUT + at + 1);
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// Whether a list begins with as many numbers as a key of Solana has bytes.
///
/// As many digits with a comma between two are so long that one whole block of a text lies in each such list:
/// mostly the first byte of a block says that it lies in none.
fn has_numbers(text: &str) -> bool {
    const NUMBERS: usize = 64;
    let of_list = |b: &u8| matches!(b, b'0'..=b'9' | b',' | b' ' | b'\t'..=b'\r');
    let may_be = text.as_bytes().as_chunks::<NUMBERS>().0.iter().any(|block| block.iter().all(of_list));
    may_be
        && text.match_indices('[').any(|(at, _)| {
            let mut rest = text.get(at + 1..).unwrap_or("");
            let number = |_| {
                let start = rest.trim_ascii_start();
                let digits = start.bytes().take_while(u8::is_ascii_digit).count();
                let after = start.get(digits..).unwrap_or("").trim_ascii_start();
                rest = after.strip_prefix(',').unwrap_or("");
                (1..=3).contains(&digits)
            };
            (0..NUMBERS).all(number)
        })
}

/// Whether the digits of a private key stand behind a name.
fn has_digits(text: &str, names: &[Range<usize>]) -> bool {
    let mut end = 0;
    names.iter().any(|name| {
        // Of several parts of one name the first has looked behind its end.
        if name.end <= end {
            return false;
        }
        let rest = text.get(name.end..).unwrap_or("");
        end = name.end + rest.bytes().take_while(|b| b.is_ascii_alphabetic() || b"_-".contains(b)).count();
        text.get(end..).is_some_and(are_digits_next)
    })
}

/// Whether a text goes on as it does behind the name of a private key: with a sign, and with the digits.
fn are_digits_next(text: &str) -> bool {
    const DIGITS: usize = 64;
    let Some(value) = after_quote(text).trim_start_matches(is_space).strip_prefix([':', '=']) else {
        return false;
    };
    let value = after_quote(value.trim_start_matches(is_space));
    let are = |text: &str| text.bytes().take_while(u8::is_ascii_hexdigit).take(DIGITS).count() == DIGITS;
    are(value) || value.strip_prefix("0x").or(value.strip_prefix("0X")).is_some_and(are)
}

fn after_quote(text: &str) -> &str {
    text.strip_prefix(['"', '\'']).unwrap_or(text)
}

/// White space of ASCII, as forms know it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}
