//! Time lapse: a model minute passes in a second.
//!
//! Prometheus and Alertmanager have no clock that could be turned, so all durations of the generated
//! files are divided by [`FACTOR`], and nothing else is changed:
//!
//! * the values of keys that are durations (`for`, `scrape_interval`, `group_wait`, ...);
//! * in expressions, ranges (`[5m]`, `[30m:1m]`) and `offset`.
//!
//! What flows (blocks, attestations, seconds of a CPU) flows [`FACTOR`] times faster in the simulator,
//! so that as much of it falls into a range as in reality. Only what counts *by the second* would see
//! more: `rate`, `irate` and `deriv` are divided by the factor, and so is the time that
//! `predict_linear` looks ahead. Thresholds stay what they are.

use serde_yaml::Value;

/// How much faster time passes.
pub const FACTOR: u64 = 60;

/// Keys of the three formats whose values are durations.
const KEYS: &[&str] = &[
    "for",
    "keep_firing_for",
    "interval",
    "query_offset",
    "scrape_interval",
    "scrape_timeout",
    "evaluation_interval",
    "refresh_interval",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "resolve_timeout",
];

/// Functions whose result is by the second.
const BY_SECOND: &[&str] = &["rate", "irate", "deriv"];

/// Divides every duration of a YAML file of Prometheus or Alertmanager.
pub fn yaml(text: &str) -> Result<String, String> {
    let mut tree: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    walk(&mut tree)?;
    serde_yaml::to_string(&tree).map_err(|error| error.to_string())
}

fn walk(tree: &mut Value) -> Result<(), String> {
    match tree {
        Value::Mapping(entries) => {
            for (key, value) in entries.iter_mut() {
                match (key.as_str(), value.as_str()) {
                    (Some("expr"), Some(text)) => *value = expression(text)?.into(),
                    (Some(key), Some(text)) if KEYS.contains(&key) => *value = duration(text)?.into(),
                    _ => walk(value)?,
                }
            }
            Ok(())
        }
        Value::Sequence(items) => items.iter_mut().try_for_each(walk),
        _ => Ok(()),
    }
}

/// `15s` -> `250ms`.
pub fn duration(text: &str) -> Result<String, String> {
    let milliseconds = milliseconds(text)?;
    // Nothing that was a time becomes none.
    let shorter = if milliseconds == 0 { 0 } else { milliseconds.div_ceil(FACTOR) };
    Ok(format!("{shorter}ms"))
}

/// How long `1h30m` takes in the time lapse.
pub fn real(text: &str) -> Result<std::time::Duration, String> {
    milliseconds(text).map(|time| std::time::Duration::from_millis(time / FACTOR))
}

fn milliseconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no duration");
    let mut total = 0;
    let mut rest = text;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                "w" => 7 * 86_400_000,
                "y" => 365 * 86_400_000,
                _ => return Err(wrong()),
            };
        rest = &rest[unit..];
    }
    Ok(total)
}

/// Divides every duration of a PromQL expression, and what is by the second.
pub fn expression(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' | '\'' | '`' => {
                let length = string_length(rest)?;
                out.push_str(&rest[..length]);
                length
            }
            '[' => {
                let end = rest.find(']').ok_or_else(|| format!("no `]` in `{text}`"))?;
                let parts: Result<Vec<String>, String> = rest[1..end]
                    .split(':')
                    .map(|part| if part.is_empty() { Ok(String::new()) } else { duration(part.trim()) })
                    .collect();
                out.push_str(&format!("[{}]", parts?.join(":")));
                end + 1
            }
            c if c.is_ascii_alphabetic() || c == '_' || c == ':' => word(rest, &mut out)?,
            c if c.is_ascii_digit() => {
                // With its exponent, whose `e` begins no word.
                let part = |c: char| c.is_ascii_alphanumeric() || c == '.';
                let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
                out.push_str(&rest[..length]);
                length
            }
            c => {
                out.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Ok(out)
}

/// Writes the word that begins here with what belongs to it, and says how much was read.
fn word(rest: &str, out: &mut String) -> Result<usize, String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
    let (name, after) = rest.split_at(length);
    let gap = after.len() - after.trim_start().len();
    let next = &after[gap..];
    if name == "offset" {
        let sign = next.len() - next.trim_start_matches('-').len();
        let digits = next[sign..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(next.len() - sign);
        if let Ok(shorter) = duration(&next[sign..sign + digits]) {
            out.push_str(&format!("offset {}{shorter}", &next[..sign]));
            return Ok(length + gap + sign + digits);
        }
    }
    if next.starts_with('(') && (BY_SECOND.contains(&name) || name == "predict_linear") {
        let (inner, last_comma) = arguments(next)?;
        let read = length + gap + inner + 2;
        let inside = &next[1..=inner];
        if name == "predict_linear" {
            let comma = last_comma.ok_or("predict_linear with one argument")?;
            let (series, ahead) = (expression(&inside[..comma])?, expression(&inside[comma + 1..])?);
            out.push_str(&format!("predict_linear({series}, ({}) / {FACTOR})", ahead.trim()));
        } else {
            out.push_str(&format!("({name}({}) / {FACTOR})", expression(inside)?));
        }
        return Ok(read);
    }
    out.push_str(name);
    Ok(length)
}

/// The length of what stands between these parentheses, and its last comma on the first level.
fn arguments(text: &str) -> Result<(usize, Option<usize>), String> {
    let (mut depth, mut comma, mut at) = (0_u32, None, 0);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => at += string_length(&text[at..])? - 1,
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            ',' if depth == 1 => comma = Some(at - 1),
            _ => {}
        }
        if depth == 0 {
            return Ok((at - 1, comma));
        }
        at += c.len_utf8();
    }
    Err(format!("no end of `{text}`"))
}

/// The length of the string that begins here, with its quotes.
fn string_length(text: &str) -> Result<usize, String> {
    let quote = text.chars().next();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != Some('`') => escaped = true,
            c if Some(c) == quote => return Ok(at + c.len_utf8()),
            _ => {}
        }
    }
    Err(format!("no end of the string `{text}`"))
}

crate::trials! {
    durations_are_divided_and_nothing_else
    what_is_by_the_second_is_divided
    files_keep_all_but_durations
}

fn durations_are_divided_and_nothing_else() {
    for (before, after) in [
        ("up == 0", "up == 0"),
        ("changes(a{b=\"rate(x[5m])\"}[1h30m]) > 5", "changes(a{b=\"rate(x[5m])\"}[90000ms]) > 5"),
        ("a offset 1h unless a offset -5m", "a offset 60000ms unless a offset -5000ms"),
        ("max_over_time(b[1h:1m]) + 3e9 * 86400", "max_over_time(b[60000ms:1000ms]) + 3e9 * 86400"),
        ("c{offset=\"5m\"}", "c{offset=\"5m\"}"),
        ("sum without (d, rate) (e)", "sum without (d, rate) (e)"),
        ("count_over_time(f[10ms])", "count_over_time(f[1ms])"),
    ] {
        assert_eq!(expression(before).as_deref(), Ok(after));
    }
    assert_eq!(duration("0s").as_deref(), Ok("0ms"));
    assert!(duration("soon").is_err() && expression("a[soon]").is_err() && expression("rate(a").is_err());
}

fn what_is_by_the_second_is_divided() {
    for (before, after) in [
        ("1 / rate(a{b=\")\"}[5m])", "1 / (rate(a{b=\")\"}[5000ms]) / 60)"),
        ("sum (irate (a[1m])) > 20", "sum ((irate(a[1000ms]) / 60)) > 20"),
        ("rate(a[1h]) / rate(b[1h])", "(rate(a[60000ms]) / 60) / (rate(b[60000ms]) / 60)"),
        (
            "predict_linear(a{b=\",\"}[6h], 3 * 86400) < 0",
            "predict_linear(a{b=\",\"}[360000ms], (3 * 86400) / 60) < 0",
        ),
        ("increase(a[5m])", "increase(a[5000ms])"),
    ] {
        assert_eq!(expression(before).as_deref(), Ok(after));
    }
}

fn files_keep_all_but_durations() {
    let before = "groups:\n- name: for\n  rules:\n  - alert: A\n    expr: rate(a[5m]) > 1\n    for: 3m\n    labels:\n      severity: P1\n    annotations:\n      summary: 5m\n";
    let after = "groups:\n- name: for\n  rules:\n  - alert: A\n    expr: (rate(a[5000ms]) / 60) > 1\n    for: 3000ms\n    labels:\n      severity: P1\n    annotations:\n      summary: 5m\n";
    assert_eq!(yaml(before).as_deref(), Ok(after));
}
