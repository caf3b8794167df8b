//! Schema errors as diagnostics: each with the place in the source, and in words of the language.

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::diag::{Diagnostic, Rule, Sink, codes, list_names};
use crate::manifest::quantity;
use crate::text::Span;
use crate::value::Node;

/// Reports every difference between a tree and a schema. Gives the JSON pointers of the values that
/// do not belong: without them the rest may still be read, so that its problems are found too.
pub fn validate(node: &Node, schema: &Value, sink: &mut Sink) -> Vec<String> {
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        // A schema of ours that does not compile is a defect; a test compiles every one of them.
        Err(error) => {
            sink.push(Diagnostic::new(&codes::BAD_COMPONENT, Span::nowhere(), format!("schema: {error}")));
            return Vec::new();
        }
    };
    let instance = node.to_json();
    let mut wrong = Vec::new();
    for error in validator.iter_errors(&instance) {
        report(node, schema, &error, sink);
        let path = error.instance_path().as_str();
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                wrong.extend(unexpected.iter().map(|key| format!("{path}/{}", escape(key))));
            }
            // A quantity is read from its text; without it the rest can be.
            Kind::Pattern { pattern } if quantity::PATTERNS.contains(&pattern.as_str()) => {
                wrong.push(path.to_owned());
            }
            // The value is there but for what it lacks, or but for its name.
            Kind::Required { .. } | Kind::PropertyNames { .. } | Kind::Pattern { .. } => {}
            _ => wrong.push(path.to_owned()),
        }
    }
    wrong
}

/// Takes out what cannot be read without keys that are missing, so that the rest can be: the entry of
/// a map, then the map that needs that entry, and so on. Gives the pointers of what was taken out;
/// `None` where the whole tree would have to go.
pub fn prune_lacking(node: &mut Node, schema: &Value) -> Option<Vec<String>> {
    let validator = jsonschema::validator_for(schema).ok()?;
    let mut taken = Vec::new();
    for _ in 0..crate::value::MAX_DEPTH {
        let instance = node.to_json();
        let lacking: Vec<String> = validator
            .iter_errors(&instance)
            .filter(|error| matches!(error.kind(), Kind::Required { .. }))
            .map(|error| error.instance_path().as_str().to_owned())
            .collect();
        if lacking.is_empty() {
            return Some(taken);
        }
        if lacking.iter().any(String::is_empty) {
            return None;
        }
        node.prune(&lacking);
        taken.extend(lacking);
    }
    None
}

fn report(node: &Node, schema: &Value, error: &ValidationError<'_>, sink: &mut Sink) {
    let path = error.instance_path().as_str();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, error);
            for key in unexpected {
                let found = node.at(&format!("{path}/{}", escape(key)));
                let span = found.key_span.unwrap_or(found.value_span);
                sink.push(
                    Diagnostic::new(&codes::UNKNOWN_KEY, span, format!("unknown key `{key}`{}", of(path)))
                        .here("no such key")
                        .suggest(key, known.iter().map(String::as_str)),
                );
            }
        }
        Kind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let found = node.at(path);
            let span = found.key_span.unwrap_or_else(|| start_of(found.value_span));
            let mut diagnostic =
                Diagnostic::new(&codes::MISSING_KEY, span, format!("key `{key}` is missing{}", of(path)))
                    .here("lacks it");
            if let Some(doc) = description(schema, error, key) {
                diagnostic = diagnostic.help(format!("`{key}`: {doc}"));
            }
            sink.push(diagnostic);
        }
        Kind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().unwrap_or_default().to_owned();
            let found = node.at(&format!("{path}/{}", escape(&name)));
            let span = found.key_span.unwrap_or(found.value_span);
            sink.push(
                Diagnostic::new(&codes::INVALID_VALUE, span, format!("`{name}` is no valid name"))
                    .here("lower-case letters, digits and `-`, at most 63")
                    .help("names become paths, unit names and container names"),
            );
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            one_of(node, schema, error, context, sink);
        }
        kind => {
            let (rule, wanted) = plain(kind, schema, error);
            let found = node.at(path);
            let mut diagnostic =
                Diagnostic::new(rule, found.value_span, format!("{} must be {wanted}", subject(path)))
                    .here(describe(error.instance()));
            if let (Kind::Enum { options }, Some(word)) = (kind, error.instance().as_str()) {
                let options: Vec<&str> =
                    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                diagnostic = diagnostic.suggest(word, options);
            }
            if let Some(examples) = examples(schema, error) {
                diagnostic = diagnostic.help(format!("for example {examples}"));
            }
            sink.push(diagnostic);
        }
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
    if words.len() == context.len() {
        let listed = list_names(words.iter().copied(), 12);
        let mut diagnostic = Diagnostic::new(
            &codes::INVALID_VALUE,
            found.value_span,
            format!("{} must be one of {listed}", subject(path)),
        )
        .here(describe(error.instance()));
        if let Some(word) = error.instance().as_str() {
            diagnostic = diagnostic.suggest(word, words);
        }
        sink.push(diagnostic);
        return;
    }
    // The branch that got deepest into the value is the one that was meant.
    let depth = |errors: &Vec<ValidationError<'static>>| {
        errors.iter().map(|e| e.instance_path().as_str().matches('/').count()).max().unwrap_or(0)
    };
    let here = path.matches('/').count();
    match context.iter().max_by_key(|errors| depth(errors)).filter(|errors| depth(errors) > here) {
        Some(errors) => errors.iter().for_each(|inner| report(node, schema, inner, sink)),
        None => {
            let forms: Vec<String> = context
                .iter()
                .filter_map(|errors| errors.first())
                .map(|inner| plain(inner.kind(), schema, inner).1)
                .collect();
            sink.push(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    found.value_span,
                    format!("{} must be {}", subject(path), forms.join(" or ")),
                )
                .here(describe(error.instance())),
            );
        }
    }
}

/// What a plain constraint wants, in words.
fn plain(kind: &Kind, schema: &Value, error: &ValidationError<'_>) -> (&'static Rule, String) {
    let text = match kind {
        Kind::Type { kind: TypeKind::Single(wanted) } => type_words(&wanted.to_string()),
        Kind::Type { kind: TypeKind::Multiple(_) } => "of another type".to_owned(),
        Kind::Enum { options } => {
            let words = options.as_array().into_iter().flatten().filter_map(Value::as_str);
            format!("one of {}", list_names(words, 12))
        }
        Kind::Constant { expected_value } => format!("`{expected_value}`"),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MinItems { limit } => format!("a list of at least {limit}"),
        Kind::MaxItems { limit } => format!("a list of at most {limit}"),
        Kind::MinLength { limit } => format!("at least {limit} letters"),
        Kind::MaxLength { limit } => format!("at most {limit} letters"),
        Kind::Pattern { pattern } => match schema_at(schema, error).and_then(|s| s.get("description")) {
            Some(Value::String(doc)) => format!("written like this: {}", first_line(doc)),
            _ if pattern == crate::manifest::NamePattern::REGEX => {
                "a name of lower-case letters, digits and `-`".to_owned()
            }
            _ => format!("text of the form `{pattern}`"),
        },
        Kind::UniqueItems => "a list without repetitions".to_owned(),
        other => format!("valid (`{}`)", other.keyword()),
    };
    (&codes::INVALID_VALUE, text)
}

fn type_words(name: &str) -> String {
    match name {
        "object" => "a map (`key: value`)",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        _ => "another type",
    }
    .to_owned()
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing stands here".to_owned(),
        Value::Bool(b) => format!("this is the truth value `{b}`"),
        Value::Number(n) => format!("this is the number {n}"),
        // Long text is not repeated, and text where a map belongs may be a secret.
        Value::String(text) if text.chars().count() <= 40 => "this is text".to_owned(),
        Value::String(text) => format!("this is text of {} letters", text.chars().count()),
        Value::Array(_) => "this is a list".to_owned(),
        Value::Object(_) => "this is a map".to_owned(),
    }
}

/// The schema that holds the failed keyword.
fn schema_at<'s>(schema: &'s Value, error: &ValidationError<'_>) -> Option<&'s Value> {
    let path = error.schema_path().as_str();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema.pointer(parent)
}

fn known_keys(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    schema_at(schema, error)
        .and_then(|s| s.get("properties"))
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

fn description(schema: &Value, error: &ValidationError<'_>, key: &str) -> Option<String> {
    let property = schema_at(schema, error)?.get("properties")?.get(key)?;
    Some(first_line(property.get("description")?.as_str()?).to_owned())
}

fn examples(schema: &Value, error: &ValidationError<'_>) -> Option<String> {
    let examples = schema_at(schema, error)?.get("examples")?.as_array()?;
    let texts: Vec<String> = examples.iter().take(3).map(|e| format!("`{}`", plain_text(e))).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

/// ` of hosts.a` for a path; nothing at the top.
fn of(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" in `{}`", dotted(path)) }
}

fn subject(path: &str) -> String {
    if path.is_empty() { "the manifest".to_owned() } else { format!("`{}`", dotted(path)) }
}

fn dotted(pointer: &str) -> String {
    let parts: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    parts.join(".")
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The first byte of a span, so that a missing key does not underline a whole map.
fn start_of(span: Span) -> Span {
    Span { end: span.start.saturating_add(1).min(span.end), ..span }
}
