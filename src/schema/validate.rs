//! Schema errors as diagnostics: each with the place in the source, and in words of the language.

use std::collections::BTreeSet;

use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind as Kind};
use serde_json::Value;

use super::guess;
use super::lookup::{belongs_under, described, known_keys, schema_at};
use super::words::{describe, documentation, help_for, of, remark, subject, wanted};
use crate::diag::{Diagnostic, Sink, codes, did_you_mean, list_names};
use crate::manifest::NamePattern;
use crate::text::Span;
use crate::value::{Found, Kind as NodeKind, Node, pointer_below};

/// Reports every difference between a tree and a schema. Gives the JSON pointers of the values that
/// do not belong: without them the rest may still be read, so that its problems are found too.
pub(super) fn validate(validator: &Validator, node: &Node, schema: &Value, sink: &mut Sink) -> Vec<String> {
    if let Some(first) = of_another_tool(node, schema) {
        sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, first, "this is no manifest of netgen")
                .here("none of the keys is known")
                .help("a manifest begins with `netgen: 1`; `netgen schema` prints all of the language"),
        );
        return vec![String::new()];
    }
    differences(validator, node, schema, Some(sink))
}

/// The first key of a map of which no key is known: one sentence says more than one for each.
pub(super) fn of_another_tool(node: &Node, schema: &Value) -> Option<Span> {
    let map = node.as_map()?;
    let known = schema.get("properties")?.as_object()?;
    let first = map.entries().first()?;
    let foreign =
        |key: &str| !known.contains_key(key) && did_you_mean(key, known.keys().map(String::as_str)).is_none();
    (map.entries().len() > 1 && map.iter().all(|(key, _)| foreign(key))).then_some(first.key.span)
}

/// The pointers of all values that do not fit; into `sink`, where there is one, why.
pub(super) fn differences(
    validator: &Validator,
    node: &Node,
    schema: &Value,
    mut sink: Option<&mut Sink>,
) -> Vec<String> {
    let instance = node.to_json();
    let mut wrong = Vec::new();
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&instance).collect();
    let unexpected: BTreeSet<(&str, &str)> = errors
        .iter()
        .filter_map(|error| match error.kind() {
            Kind::AdditionalProperties { unexpected } => Some((error, unexpected)),
            _ => None,
        })
        .flat_map(|(error, keys)| keys.iter().map(|key| (error.instance_path().as_str(), key.as_str())))
        .collect();
    for error in &errors {
        let path = error.instance_path().as_str();
        if let Some(sink) = sink.as_deref_mut() {
            let misspelt = match error.kind() {
                // A key that is there but misspelt is not missing.
                Kind::Required { property } => property.as_str().is_some_and(|property| {
                    let from = unexpected.range((path, "")..);
                    let mut here = from.take_while(|(parent, _)| *parent == path);
                    here.any(|(_, key)| did_you_mean(key, [property]).is_some())
                }),
                _ => false,
            };
            if !misspelt {
                report(node, schema, error, sink);
            }
        }
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                wrong.extend(unexpected.iter().map(|key| pointer_below(path, key)));
            }
            // A thing with a wrong name is there nevertheless: references to it are right.
            Kind::PropertyNames { .. } => {}
            Kind::Pattern { pattern } if *pattern == NamePattern::REGEX => {}
            _ => wrong.push(path.to_owned()),
        }
    }
    wrong
}

fn report(node: &Node, schema: &Value, error: &ValidationError<'_>, sink: &mut Sink) {
    let path = error.instance_path().as_str();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, error);
            for key in unexpected {
                // `password: ...` where the place of a secret belongs.
                if path.starts_with("/secrets/") {
                    sink.hide(node.at(&pointer_below(path, key)).value_span);
                }
                sink.push(unknown_key(node, schema, path, key, &known));
            }
        }
        Kind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let found = node.at(path);
            let remark = match found.key_span {
                Some(_) => "lacks it".to_owned(),
                None => format!("no `{key}` beside it"),
            };
            let help = match described(schema, &pointer_below(path, key)) {
                Some(doc) => format!("`{key}`: {doc}"),
                None => format!("add `{key}: ...`"),
            };
            sink.push(
                Diagnostic::new(
                    &codes::MISSING_KEY,
                    name_of(&found),
                    format!("key `{key}` is missing{}", of(path)),
                )
                .here(remark)
                .help(help),
            );
        }
        Kind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().unwrap_or_default().to_owned();
            let found = node.at(&pointer_below(path, &name));
            let span = found.key_span.unwrap_or(found.value_span);
            let diagnostic =
                Diagnostic::new(&codes::INVALID_VALUE, span, format!("`{name}` is no valid name"));
            sink.push(match inner.kind() {
                Kind::Pattern { pattern } if *pattern != NamePattern::REGEX => {
                    let wanted = wanted(inner.kind(), schema, inner);
                    diagnostic.here(remark(inner.kind(), inner.instance())).help(format!("write {wanted}"))
                }
                _ => named(diagnostic, &name),
            });
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            one_of(node, schema, error, context, sink);
        }
        kind => {
            let found = node.at(path);
            let message = format!("{} must be {}", subject(path), wanted(kind, schema, error));
            let diagnostic = Diagnostic::new(&codes::INVALID_VALUE, place_of(&found), message);
            let name = error.instance().as_str();
            match (kind, name) {
                (Kind::Pattern { pattern }, Some(name)) if *pattern == NamePattern::REGEX => {
                    sink.push(named(diagnostic, name));
                }
                _ => {
                    let diagnostic = diagnostic.here(remark(kind, error.instance()));
                    let diagnostic = help_for(diagnostic, kind, schema, error);
                    // Text where a secret is to be named may be the secret.
                    let secret = path.starts_with("/secrets/") || names_secret(schema, error);
                    let text = secret && matches!(kind, Kind::Type { .. }) && name.is_some();
                    if text {
                        sink.hide(found.value_span);
                    }
                    sink.push(diagnostic);
                }
            }
        }
    }
}

/// Whether the map that belongs here holds the name of a secret.
fn names_secret(schema: &Value, error: &ValidationError<'_>) -> bool {
    schema_at(schema, error).and_then(|s| s.get("properties")?.get("secret")).is_some()
}

fn unknown_key(node: &Node, schema: &Value, path: &str, key: &str, known: &[String]) -> Diagnostic {
    let found = node.at(&pointer_below(path, key));
    let span = found.key_span.unwrap_or(found.value_span);
    let diagnostic = Diagnostic::new(&codes::UNKNOWN_KEY, span, format!("unknown key `{key}`{}", of(path)))
        .here("no such key");
    let near = did_you_mean(key, known.iter().map(String::as_str));
    match belongs_under(schema, path, key) {
        Some(parent) if near.is_none() => diagnostic.help(format!("`{key}` belongs under `{parent}:`")),
        _ if near.is_none() && !path.is_empty() && described(schema, &pointer_below("", key)).is_some() => {
            diagnostic.help(format!("`{key}` belongs at the top of the manifest, not indented"))
        }
        _ => {
            let diagnostic = diagnostic.suggest(key, known.iter().map(String::as_str));
            if near.is_none() && known.iter().any(|known| known == "settings") {
                return diagnostic.help("settings of the component belong under `settings:`");
            }
            diagnostic
        }
    }
}

/// What is said of every name that cannot be one.
fn named(diagnostic: Diagnostic, name: &str) -> Diagnostic {
    diagnostic.here(NamePattern::wanted(name)).help(NamePattern::help(name))
}

/// The key of a thing; of the whole manifest and of an element of a list, its first key.
fn name_of(found: &Found<'_>) -> Span {
    let first = match &found.node.kind {
        NodeKind::Map(map) => map.entries().first().map(|entry| entry.key.span),
        _ => None,
    };
    found.key_span.or(first).unwrap_or_else(|| start_of(found.value_span))
}

/// The value; its key, where there is none.
fn place_of(found: &Found<'_>) -> Span {
    match found.key_span {
        Some(key) if found.value_span.is_empty() => key,
        _ => found.value_span,
    }
}

/// Several forms are allowed, and none fits: words of an enumeration, or the form that came nearest.
fn one_of(
    node: &Node,
    schema: &Value,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    sink: &mut Sink,
) {
    let words: Vec<&str> = context
        .iter()
        .flatten()
        .filter_map(|e| match e.kind() {
            Kind::Constant { expected_value } => expected_value.as_str(),
            _ => None,
        })
        .collect();
    let path = error.instance_path().as_str();
    let found = node.at(path);
    let said = |wanted: &str, remark: &str| {
        Diagnostic::new(
            &codes::INVALID_VALUE,
            place_of(&found),
            format!("{} must be {wanted}", subject(path)),
        )
        .here(remark)
    };
    if words.len() == context.len() {
        let listed = list_names(words.iter().copied(), 12);
        let word = error.instance().as_str();
        let here = if word.is_some() { "not one of them" } else { &describe(error.instance()) };
        let diagnostic = said(&format!("one of {listed}"), here);
        let near = word.and_then(|word| guess::word(word, words));
        sink.push(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(documentation(schema, path)),
        });
        return;
    }
    // The branch that got deepest into the value is the one that was meant.
    let depth = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().map(|e| e.instance_path().as_str().matches('/').count()).max().unwrap_or(0)
    };
    let here = path.matches('/').count();
    match context.iter().max_by_key(|errors| depth(errors)).filter(|errors| depth(errors) > here) {
        Some(errors) => errors.iter().for_each(|inner| report(node, schema, inner, sink)),
        None if !words.is_empty() && unknown_variant(node, schema, error, context, sink) => {}
        None => {
            let mut forms: Vec<String> = Vec::new();
            for inner in context.iter().filter_map(|errors| errors.first()) {
                let form = wanted(inner.kind(), schema, inner);
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
            let near = error.instance().as_str().and_then(|word| guess::word(word, words));
            let diagnostic = said(&forms.join(" or "), &describe(error.instance()));
            sink.push(match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(documentation(schema, path)),
            });
        }
    }
}

/// A map with one key that says which form it is: the key is none of those that there are.
fn unknown_variant(
    node: &Node,
    schema: &Value,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    sink: &mut Sink,
) -> bool {
    let Some(map) = error.instance().as_object() else { return false };
    let known: Vec<String> = context
        .iter()
        .flatten()
        .filter(|inner| matches!(inner.kind(), Kind::AdditionalProperties { .. }))
        .flat_map(|inner| known_keys(schema, inner))
        .collect();
    let path = error.instance_path().as_str();
    let unknown: Vec<&String> = map.keys().filter(|key| !known.contains(key)).collect();
    if known.is_empty() || unknown.is_empty() {
        return false;
    }
    for key in unknown {
        let found = node.at(&pointer_below(path, key));
        let span = found.key_span.unwrap_or(found.value_span);
        sink.push(
            Diagnostic::new(&codes::UNKNOWN_KEY, span, format!("unknown key `{key}`{}", of(path)))
                .here("no such key")
                .suggest(key, known.iter().map(String::as_str)),
        );
    }
    true
}

/// The first byte of a span, so that a missing key does not underline a whole map.
fn start_of(span: Span) -> Span {
    Span { end: span.start.saturating_add(1).min(span.end), ..span }
}
