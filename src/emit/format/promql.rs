//! PromQL: string literals, RE2 patterns, names; and literal text in Prometheus templates.

use super::Error;

/// A string literal in double quotes; PromQL uses Go's escapes.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    // Nearly all are names and numbers.
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        out.push_str(text);
        out.push('"');
        return out;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            // U+FFFD stands for broken UTF-8 in Go, and PromQL's lexer stops at it.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFD}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The pattern that matches exactly this text, not yet a string literal.
pub fn regex_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The string literal of a pattern that matches any one of the texts (`=~` is anchored already).
///
/// For no texts it is the pattern that matches nothing.
pub fn any_of<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> String {
    let patterns: Vec<String> = texts.into_iter().map(|text| regex_escape(text.as_ref())).collect();
    // An empty pattern would match a missing label.
    if patterns.is_empty() { string("[^\\s\\S]") } else { string(&patterns.join("|")) }
}

/// How a label is compared in a [`selector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// `label="text"`
    Is(String),
    /// `label!="text"`
    IsNot(String),
    /// `label=~"a|b"`, each text taken literally.
    AnyOf(Vec<String>),
    /// `label!~"a|b"`, each text taken literally.
    NoneOf(Vec<String>),
}

/// A vector selector: `metric{label="text",...}`; the metric name may be empty if a label is given.
pub fn selector(metric: &str, labels: &[(&str, Match)]) -> Result<String, Error> {
    if !metric.is_empty() || labels.is_empty() {
        check_metric(metric)?;
    }
    let labels = matchers(labels)?;
    Ok(if labels.is_empty() { metric.to_owned() } else { format!("{metric}{{{labels}}}") })
}

/// What stands between the braces of a selector: `label="text",...`.
pub fn matchers(labels: &[(&str, Match)]) -> Result<String, Error> {
    let mut parts = Vec::with_capacity(labels.len());
    for (name, wanted) in labels {
        if *name != "__name__" {
            check_label(name)?;
        }
        let (operator, literal) = match wanted {
            Match::Is(text) => ("=", string(text)),
            Match::IsNot(text) => ("!=", string(text)),
            Match::AnyOf(texts) => ("=~", any_of(texts)),
            Match::NoneOf(texts) => ("!~", any_of(texts)),
        };
        parts.push(format!("{name}{operator}{literal}"));
    }
    Ok(parts.join(","))
}

/// Is this a metric name (`[a-zA-Z_:][a-zA-Z0-9_:]*`)?
pub fn check_metric(name: &str) -> Result<(), Error> {
    check(name, |b| b == b':', "it is not a metric name")
}

/// Is this a label name (`[a-zA-Z_][a-zA-Z0-9_]*`) that a user may set (not `__...`)?
pub fn check_label(name: &str) -> Result<(), Error> {
    if name.starts_with("__") {
        return Err(Error::new(
            "PromQL",
            "label names with two leading underscores are Prometheus' own",
            name,
        ));
    }
    check(name, |_| false, "it is not a label name")
}

fn check(name: &str, extra: fn(u8) -> bool, reason: &'static str) -> Result<(), Error> {
    let start = |b: u8| b.is_ascii_alphabetic() || b == b'_' || extra(b);
    let valid =
        name.bytes().next().is_some_and(start) && name.bytes().all(|b| start(b) || b.is_ascii_digit());
    if valid { Ok(()) } else { Err(Error::new("PromQL", reason, name)) }
}

/// Literal text for an annotation or label of a rule, which Prometheus runs as a Go template.
///
/// The result may stand before and after template actions: a brace at its end is escaped too, as
/// it would join the `{{` that follows.
pub fn template_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('{', Some('{')) => {
                chars.next();
                out.push_str("{{\"{{\"}}");
            }
            ('{', None) => out.push_str("{{\"{\"}}"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hostile::strings;
    use super::*;

    /// Go's `strconv.Unquote` for the escapes in use.
    fn unquote(literal: &str) -> String {
        let inner = literal.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let mut out = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            assert!(c != '"' && !c.is_control(), "{literal}");
            if c != '\\' {
                out.push(c);
                continue;
            }
            let kind = chars.next().unwrap();
            let mut hex = |n| {
                let digits: String = chars.by_ref().take(n).collect();
                char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
            };
            out.push(match kind {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'x' => hex(2),
                'u' => hex(4),
                '"' | '\\' => kind,
                other => panic!("\\{other} in {literal}"),
            });
        }
        out
    }

    /// Go's `text/template` for text and string actions only.
    fn run(template: &str) -> String {
        let (mut out, mut rest) = (String::new(), template);
        while let Some((text, action)) = rest.split_once("{{") {
            let (action, after) = action.split_once("\"}}").unwrap();
            out.push_str(text);
            out.push_str(action.strip_prefix('"').unwrap());
            rest = after;
        }
        out + rest
    }

    proptest! {
        #[test]
        fn strings_survive(text in strings()) {
            prop_assert_eq!(unquote(&string(&text)), text);
        }

        #[test]
        fn template_text_survives(before in strings(), text in strings()) {
            prop_assert_eq!(run(&template_text(&text)), text.as_str());
            let both = template_text(&before) + "{{\"x\"}}" + &template_text(&text);
            prop_assert_eq!(run(&both), format!("{before}x{text}"));
        }

        #[test]
        fn patterns_match_only_their_text(text in strings()) {
            let mut plain = String::new();
            let pattern = regex_escape(&text);
            let mut chars = pattern.chars();
            while let Some(c) = chars.next() {
                prop_assert!(!c.is_ascii_punctuation() || !".+*?()|[]{}^$".contains(c), "{}", pattern);
                plain.push(if c == '\\' { chars.next().unwrap() } else { c });
            }
            prop_assert_eq!(plain, text);
        }
    }

    #[test]
    fn selectors() {
        let any = Match::AnyOf(vec!["a.b".into(), "c|d".into()]);
        assert_eq!(
            selector("up", &[("job", Match::Is("a\"b".into())), ("instance", any)]).unwrap(),
            r#"up{job="a\"b",instance=~"a\\.b|c\\|d"}"#
        );
        assert_eq!(selector("up", &[]).unwrap(), "up");
        assert_eq!(selector("", &[("a", Match::NoneOf(vec![]))]).unwrap(), r#"{a!~"[^\\s\\S]"}"#);
        for (metric, label) in [("", ""), ("1a", "a"), ("a-b", "a"), ("a", "a:b"), ("a", "é"), ("a", "__x")]
        {
            assert!(check_metric(metric).is_err() || check_label(label).is_err(), "{metric} {label}");
        }
        check_metric("chain:head_block:rate5m").unwrap();
        assert_eq!(template_text("{{ $value }} {"), r#"{{"{{"}} $value }} {{"{"}}"#);
    }
}
