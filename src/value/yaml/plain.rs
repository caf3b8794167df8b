//! Plain scalars by the core schema of YAML 1.2. The build script reads them with this file, too: nothing else of
//! the crate is named here.

/// What a plain scalar is.
pub enum Plain {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number that fits 64 bits with a sign.
    Int(i64),
    /// A whole number above that.
    UInt(u64),
    /// A finite number.
    Float(f64),
    /// Text.
    Text,
}

/// Whether it has the form of a number that is not finite.
pub fn not_finite(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-']);
    [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&bare) || matches!(number(text), Some(None))
}

/// Reads one.
pub fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        _ => {}
    }
    number(text).flatten().unwrap_or(Plain::Text)
}

/// `None`: not in the form of a number. `Some(None)`: in the form of one, and not finite in 64 bits.
fn number(text: &str) -> Option<Option<Plain>> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
                return None;
            }
            // A longer one is an address or a hash: text, as people mean it.
            let small = i64::from_str_radix(digits, radix).ok().map(Plain::Int);
            return small.or_else(|| u64::from_str_radix(digits, radix).ok().map(Plain::UInt)).map(Some);
        }
    }
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Most text is seen to be none at once.
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => body.split_at_checked(at).map(|(m, e)| (m, e.get(1..)))?,
        None => (body, None),
    };
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(w, p)| (w, Some(p)));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    if !(digits(whole) && part.is_none_or(digits)) || (whole.is_empty() && part.is_none_or(str::is_empty)) {
        return None;
    }
    if let Some(exponent) = exponent {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if power.is_empty() || !digits(power) {
            return None;
        }
    }
    if part.is_none() && exponent.is_none() {
        let plus = text.strip_prefix('+').unwrap_or(text);
        return Some(plus.parse().map(Plain::Int).or_else(|_| plus.parse().map(Plain::UInt)).ok());
    }
    Some(text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Plain::Float))
}
