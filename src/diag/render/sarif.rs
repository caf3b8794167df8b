//! SARIF 2.1.0: for code scanning services and editors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::place::{Place, places};
use crate::diag::{Diagnostic, Rule, Severity, Waived};
use crate::text::SourceMap;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A SARIF log with one run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

/// An exception that the manifest makes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
    byte_offset: usize,
    byte_length: usize,
}

impl Log {
    /// A log of findings in the order they are given; `rules` become the rules of the tool.
    pub fn new(diagnostics: &[Diagnostic], sources: &SourceMap, rules: &[&'static Rule]) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let index: BTreeMap<&str, usize> =
            rules.iter().enumerate().map(|(at, rule)| (rule.code, at)).collect();
        Self {
            schema: SCHEMA,
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "netgen",
                        version,
                        semantic_version: version,
                        rules: rules.iter().map(|rule| Descriptor::new(rule)).collect(),
                    },
                },
                column_kind: "unicodeCodePoints",
                results: diagnostics.iter().map(|d| Outcome::new(d, sources, &index)).collect(),
            }],
        }
    }
}

impl Descriptor {
    fn new(rule: &Rule) -> Self {
        let what = section(rule.docs, "What").unwrap_or(rule.summary);
        Self {
            id: rule.code,
            name: pascal_case(rule.name),
            short_description: Text::plain(rule.summary),
            full_description: Text::plain(what),
            help: Text { text: rule.docs.to_owned(), markdown: Some(rule.docs.to_owned()) },
            default_configuration: Configuration { level: rule.level.word() },
        }
    }
}

impl Outcome {
    fn new(diagnostic: &Diagnostic, sources: &SourceMap, index: &BTreeMap<&str, usize>) -> Self {
        let mut message = diagnostic.message.clone();
        for help in &diagnostic.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let (primary, related): (Vec<_>, Vec<_>) =
            places(diagnostic, sources).into_iter().partition(|place| place.primary);
        let mut locations: Vec<_> = primary.iter().map(|place| Location::new(place, None)).collect();
        if locations.is_empty() {
            // GitHub refuses a result without a location: it goes to the first input as a whole.
            locations.extend(sources.iter().take(1).map(|(_, source)| Location::whole(source.name())));
        }
        Self {
            rule_id: diagnostic.rule.code,
            rule_index: index.get(diagnostic.rule.code).copied(),
            level: level(diagnostic.severity),
            message: Text::message(&message),
            locations,
            related_locations: related
                .iter()
                .enumerate()
                .map(|(at, p)| Location::new(p, Some(at + 1)))
                .collect(),
            suppressions: diagnostic.waived.iter().map(Suppression::new).collect(),
        }
    }
}

impl Suppression {
    fn new(waived: &Waived) -> Self {
        let justification = format!("{} (until {})", waived.reason, waived.until);
        Self { kind: "inSource", status: "accepted", justification }
    }
}

impl Location {
    fn new(place: &Place<'_>, id: Option<usize>) -> Self {
        let (start, end) = (place.start(), place.end());
        Self {
            id,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: uri(place.source.name()) },
                region: Some(Region {
                    start_line: start.line,
                    start_column: start.column,
                    end_line: end.line,
                    end_column: end.column,
                    byte_offset: place.bytes.start,
                    byte_length: place.bytes.len(),
                }),
            },
            message: (!place.remark.is_empty()).then(|| Text::message(place.remark)),
        }
    }

    fn whole(file: &str) -> Self {
        let artifact_location = ArtifactLocation { uri: uri(file) };
        Self {
            id: None,
            physical_location: PhysicalLocation { artifact_location, region: None },
            message: None,
        }
    }
}

impl Text {
    fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), markdown: None }
    }

    /// The text of a result: there `{0}` is a placeholder, so braces are doubled (3.11.5).
    fn message(text: &str) -> Self {
        Self { text: text.replace('{', "{{").replace('}', "}}"), markdown: None }
    }
}

fn level(severity: Severity) -> &'static str {
    // The words of the two formats happen to be the same; a third severity must decide here.
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The text under `## <title>`, up to the next heading.
fn section<'a>(docs: &'a str, title: &str) -> Option<&'a str> {
    let (_, rest) = docs.split_once(&format!("## {title}\n"))?;
    let text = rest.split("\n## ").next().unwrap_or(rest).trim();
    (!text.is_empty()).then_some(text)
}

/// `unbound-need` to `UnboundNeed`.
fn pascal_case(kebab: &str) -> String {
    kebab
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

/// A path as a URI reference: bytes outside the unreserved set are percent-encoded, `:` too, so that
/// no first folder can pass for a scheme. An absolute path gets the `file` scheme.
fn uri(path: &str) -> String {
    let mut text = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.strip_prefix("./").unwrap_or(path).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(byte.into());
            }
            b'\\' if cfg!(windows) => text.push('/'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap, rules: &[&'static Rule]) -> String {
    // Strings and numbers only: the serializer has nothing to refuse.
    let mut text = serde_json::to_string_pretty(&Log::new(diagnostics, sources, rules)).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::diag::codes;
    use crate::text::Span;

    #[test]
    fn the_mixed_example() {
        let (found, sources) = fixture::mixed();
        let text = render(&found, &sources, fixture::RULES).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        fixture::same(&text, include_str!("golden/mixed.sarif"));
    }

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("./net works/ü:1%.yaml"), "net%20works/%C3%BC%3A1%25.yaml");
        assert_eq!(uri("../shared.yaml"), "../shared.yaml");
        assert_eq!(uri("/srv/a b.yaml"), "file:///srv/a%20b.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }

    #[test]
    fn braces_are_doubled_and_a_rule_outside_the_list_has_no_index() {
        let found = Diagnostic::new(&codes::SYNTAX, Span::nowhere(), "`{{ x }}` is not closed");
        let log = Log::new(&[found], &SourceMap::default(), &[&codes::TOO_LARGE]);
        let result = &log.runs[0].results[0];
        assert_eq!(result.message.text, "`{{{{ x }}}}` is not closed");
        assert_eq!(result.rule_index, None);
        assert!(result.locations.is_empty());
    }

    #[test]
    fn every_rule_is_described() {
        for rule in codes::ALL {
            let descriptor = Descriptor::new(rule);
            assert!(!descriptor.full_description.text.contains("##"), "{}", rule.code);
            assert!(descriptor.name.chars().all(|c| c.is_ascii_alphanumeric()), "{}", rule.code);
        }
    }
}
