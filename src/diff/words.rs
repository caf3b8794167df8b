//! The words of a text, by which it is known what a changed line speaks of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The words of a text: names, addresses, numbers, versions.
pub(super) fn words(text: &str) -> BTreeSet<&str> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let trimmed = |word: &'_ str| -> Option<(usize, usize)> {
        let start = word.len() - word.trim_start_matches(['.', '-']).len();
        let end = word.trim_end_matches(['.', '-']).len();
        (start < end).then_some((start, end))
    };
    text.split(|c| !part(c))
        .filter_map(|word| trimmed(word).and_then(|(from, to)| word.get(from..to)))
        .collect()
}

/// The lines that only one of two texts has.
pub(super) fn changed_lines(old: &str, new: &str) -> String {
    let (old, new) = without_common_ends(old, new);
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in old.lines() {
        *counts.entry(line).or_default() += 1;
    }
    for line in new.lines() {
        *counts.entry(line).or_default() -= 1;
    }
    let differ: Vec<&str> =
        counts.into_iter().filter(|(_, count)| *count != 0).map(|(line, _)| line).collect();
    differ.join("\n")
}

/// What is left of two texts without the lines that both begin and end with: few lines of a long file differ.
fn without_common_ends<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = old.as_bytes().get(..same).and_then(|head| head.iter().rposition(|byte| *byte == b'\n'));
    let start = start.map_or(0, |end_of_line| end_of_line + 1);
    let (old, new) = (old.get(start..).unwrap_or(old), new.get(start..).unwrap_or(new));
    let same = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    let tail = old.as_bytes().get(old.len() - same..).unwrap_or_default();
    // It begins within a line.
    let end = tail.iter().position(|byte| *byte == b'\n').map_or(0, |end_of_line| same - end_of_line - 1);
    let without = |text: &'t str| text.get(..text.len() - end).unwrap_or(text);
    (without(old), without(new))
}

/// The words of a value that say something: no truth values, no small numbers.
pub(super) fn of_value(value: &Value) -> BTreeSet<String> {
    let mut text = String::new();
    collect(value, &mut text);
    let telling =
        |word: &&str| word.len() >= 3 && !matches!(*word, "true" | "false" | "null" | "none" | "default");
    words(&text).into_iter().filter(telling).map(str::to_owned).collect()
}

fn collect(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, text)),
        Value::Object(map) => map.values().for_each(|item| collect(item, text)),
        Value::String(word) => {
            text.push_str(word);
            text.push(' ');
        }
        Value::Number(number) => {
            text.push_str(&number.to_string());
            text.push(' ');
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_names_numbers_and_addresses() {
        let found = words("--peer=http://val-eu-1:8545/, \"10.0.0.1\" v1.2.3. -");
        assert!(["val-eu-1", "8545", "10.0.0.1", "v1.2.3", "http"].iter().all(|word| found.contains(word)));
        assert_eq!(found.len(), 6, "{found:?}");
    }

    #[test]
    fn a_line_that_both_have_is_not_changed() {
        assert_eq!(changed_lines("a\nb\nb\n", "b\nb\nc\n"), "a\nc");
        assert_eq!(changed_lines("b\nb\n", "b\n"), "b");
        assert_eq!(changed_lines("a\nb\nc\nd\n", "a\nx\nc\nd\n"), "b\nx");
        assert_eq!(changed_lines("a\nxb\nc", "a\nyb\nc"), "xb\nyb");
        assert_eq!(changed_lines("a\nc", "a\nb\nc\n"), "b");
        assert_eq!(changed_lines("ö\nü\n", "ö\nä\n"), "ä\nü");
        assert_eq!(changed_lines("a", "a\n"), "");
    }

    #[test]
    fn truth_values_say_nothing() {
        assert_eq!(of_value(&json!({ "a": true, "b": 30303, "c": ["x", "abc"] })).len(), 2);
    }
}
