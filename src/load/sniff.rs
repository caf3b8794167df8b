//! The format of a text that has no file name.

use crate::value::Format;

/// Tells the format by the first line that is neither empty nor a comment: `{` begins JSON where the
/// whole text is JSON, `[table]` and `key = value` are TOML, all else is YAML.
pub(super) fn format_of(text: &str) -> Format {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else { return Format::Yaml };
    if first.starts_with('{') {
        // YAML may begin so too; only real JSON is read as JSON.
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok();
        return if is_json { Format::Json } else { Format::Yaml };
    }
    if first.starts_with('[') && first.split('#').next().is_some_and(|table| table.trim_end().ends_with(']'))
    {
        return Format::Toml;
    }
    let key = first.split(['=', ':']).next().unwrap_or("");
    if first.get(key.len()..).is_some_and(|rest| rest.starts_with('=')) { Format::Toml } else { Format::Yaml }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_tells() {
        for (text, format) in [
            ("netgen: 1\n", Format::Yaml),
            ("# netgen = 1\n\nnetgen: 1\n", Format::Yaml),
            ("# x\nnetgen = 1\n", Format::Toml),
            ("[network]\nname = \"x\"\n", Format::Toml),
            ("{\"netgen\": 1}", Format::Json),
            ("\u{feff}{\"netgen\": 1}", Format::Json),
            ("{netgen: 1}", Format::Yaml),
            ("--- # a document\nnetgen: 1", Format::Yaml),
            ("url: http://x?a=b", Format::Yaml),
            ("", Format::Yaml),
        ] {
            assert_eq!(format_of(text), format, "{text:?}");
        }
    }
}
