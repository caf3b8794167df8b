//! What a quantity in another notation probably means.

use serde_json::Value;

use crate::diag::did_you_mean;
use crate::manifest::quantity::{ByteSize, Duration, Percent};

/// Words of other tools, and the word that netgen has for the same thing.
const SYNONYMS: &[(&str, &str)] = &[
    ("x86_64", "amd64"),
    ("x64", "amd64"),
    ("aarch64", "arm64"),
    ("docker-compose", "compose"),
    ("docker", "compose"),
    ("podman", "quadlet"),
    ("systemd", "systemd-docker"),
    ("nightly", "daily"),
    ("critical", "P1"),
    ("page", "P1"),
    ("warning", "P3"),
    ("internal", "private"),
    ("localhost", "loopback"),
    ("internet", "public"),
    ("iptables", "nftables"),
    ("firewalld", "nftables"),
    ("journal", "journald"),
];

/// The word of an enumeration that is meant: a near one, or what another tool calls otherwise.
pub(crate) fn word<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let words: Vec<&str> = words.into_iter().collect();
    let lower = written.to_lowercase();
    let meant = SYNONYMS.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| *ours);
    let same = words.iter().find(|word| Some(**word) == meant);
    same.copied().or_else(|| did_you_mean(written, words))
}

/// What to do about a number or truth value where text belongs.
pub(crate) fn quoted(value: &Value) -> String {
    match value {
        // `1.10` was read as 1.1: only the file knows how it was written.
        Value::Number(number) if number.is_f64() => "put it in quotes, as it stands there".to_owned(),
        value => format!("put it in quotes: `\"{value}\"`"),
    }
}

/// What to write for a word that other readers of YAML take for a truth value.
pub(crate) fn truth(text: &str) -> Option<String> {
    let meant = match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" => "true",
        "no" | "off" | "n" | "false" => "false",
        _ => return None,
    };
    Some(format!("write `{meant}`; `{text}` is text"))
}

/// The right form of a quantity that was written as other tools write it; `form` is the name of its type.
pub(crate) fn quantity(form: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.replace([' ', '_'], "").replace(',', "."),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    if number.is_empty() {
        return None;
    }
    match form {
        "Duration" => duration(number, &unit.to_lowercase()),
        "ByteSize" => size(number, &unit.to_lowercase()),
        "Percent" => percent(number, unit),
        _ => None,
    }
}

fn duration(number: &str, unit: &str) -> Option<String> {
    let unit = match unit {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => return Some(format!("{}d", number.parse::<u64>().ok()?.checked_mul(7)?)),
        "y" | "year" | "years" => return Some(format!("{}d", number.parse::<u64>().ok()?.checked_mul(365)?)),
        _ => return None,
    };
    let text = format!("{number}{unit}");
    Duration::parse(&text).map(|_| text)
}

fn size(number: &str, unit: &str) -> Option<String> {
    let units = [("", "GiB"), ("k", "KiB"), ("m", "MiB"), ("g", "GiB"), ("t", "TiB")];
    let letter = unit.trim_end_matches("ib").trim_end_matches(['b', 'i']);
    let (_, unit) = units.into_iter().find(|(known, _)| *known == letter)?;
    if let Some((whole, part)) = number.split_once('.') {
        // `1.5TiB` is `1536GiB`: the next smaller unit, where it comes out even.
        let smaller = match unit {
            "TiB" => "GiB",
            "GiB" => "MiB",
            "MiB" => "KiB",
            _ => return None,
        };
        let places = u32::try_from(part.len()).ok().filter(|places| *places <= 3)?;
        let scale = 10_u64.pow(places);
        let value = whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part.parse().ok()?)?;
        let value = value.checked_mul(1024)?;
        return value.is_multiple_of(scale).then(|| format!("{}{smaller}", value / scale));
    }
    let text = format!("{number}{unit}");
    ByteSize::parse(&text).map(|_| text)
}

fn percent(number: &str, unit: &str) -> Option<String> {
    if unit == "%" {
        let text = format!("{number}%");
        return Percent::parse(&text).map(|_| text);
    }
    if !unit.is_empty() {
        return None;
    }
    // `0.999` is a fraction, `66` a share that lacks its sign.
    let text = match number.split_once('.') {
        Some(("0", part)) => {
            let digits = format!("{part:0<2}");
            let (whole, rest) = digits.split_at_checked(2)?;
            let whole = whole.trim_start_matches('0');
            let whole = if whole.is_empty() { "0" } else { whole };
            if rest.is_empty() { format!("{whole}%") } else { format!("{whole}.{rest}%") }
        }
        _ => format!("{number}%"),
    };
    Percent::parse(&text).map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_notations() {
        for (form, written, meant) in [
            ("Duration", serde_json::json!(600), Some("600s")),
            ("Duration", serde_json::json!("30 days"), Some("30d")),
            ("Duration", serde_json::json!("2w"), Some("14d")),
            ("Duration", serde_json::json!("500ms"), None),
            ("Duration", serde_json::json!("soon"), None),
            ("ByteSize", serde_json::json!("32Gi"), Some("32GiB")),
            ("ByteSize", serde_json::json!("16g"), Some("16GiB")),
            ("ByteSize", serde_json::json!("100 MiB"), Some("100MiB")),
            ("ByteSize", serde_json::json!("1.5TiB"), Some("1536GiB")),
            ("ByteSize", serde_json::json!(500), Some("500GiB")),
            ("ByteSize", serde_json::json!("0.001KiB"), None),
            ("Percent", serde_json::json!(0.999), Some("99.9%")),
            ("Percent", serde_json::json!(66), Some("66%")),
            ("Percent", serde_json::json!("99,9%"), Some("99.9%")),
            ("Percent", serde_json::json!("150%"), None),
        ] {
            assert_eq!(quantity(form, &written).as_deref(), meant, "{written}");
        }
    }
}
