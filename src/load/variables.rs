//! Variables: what is declared, and which value each has.
//!
//! The command line wins over the environment, and that over the default. A value is never expanded
//! again, so no variable can grow without bound.

use std::collections::BTreeMap;

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{ENVIRONMENT_PREFIX, Input};
use super::set::flow_value;
use super::substitute::{contains_variable, literal};
use crate::diag::{Diagnostic, Sink, codes};
use crate::manifest::{Variable, VariableType, Variables};
use crate::schema;
use crate::text::{SourceMap, Span, Spanned};
use crate::value::{self, Entry, Format, Kind, Map, Node};

/// The key that declares variables.
const VARIABLES: &str = "variables";

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Giver {
    /// A `--var` argument.
    Argument(Span),
    /// An environment variable of this name.
    Environment(String),
    /// The declaration.
    Default(Span),
}

/// A variable with its value.
#[derive(Clone, Debug)]
pub struct Value {
    /// The value; `None` where it was reported that there is none that can be used.
    pub(super) node: Option<Node>,
    /// Where it comes from.
    pub giver: Giver,
    /// Where the variable is declared.
    pub declared: Span,
}

/// The declared variables by name.
pub type Values = BTreeMap<String, Value>;

/// The part of a manifest that declares variables; its schema is that of the declarations.
#[derive(Deserialize, JsonSchema)]
struct Declarations {
    #[serde(default)]
    variables: Variables,
}

/// Takes the declarations out of a tree and finds the value of each variable. Values are in the
/// given order of preference; what does not fit is reported.
pub(super) fn take(tree: &mut Node, input: &Input, sources: &mut SourceMap, sink: &mut Sink) -> Values {
    let declared = match &mut tree.kind {
        Kind::Map(map) => map.take(VARIABLES).map(|entry| decode(entry, sink)).unwrap_or_default(),
        _ => Declared::default(),
    };
    check_names(&declared.variables, sink);
    let arguments = arguments(&declared.variables, &input.variables, sources, sink);
    let mut values = Values::new();
    for (name, variable) in &declared.variables {
        let giver = match (arguments.get(name.value.as_str()), &variable.default) {
            (Some((span, _)), _) => Some(Giver::Argument(*span)),
            (None, default) => {
                let key = environment_name(name);
                match (input.environment.contains_key(&key), default) {
                    (true, _) => Some(Giver::Environment(key)),
                    (false, Some(default)) => Some(Giver::Default(default.span)),
                    (false, None) => None,
                }
            }
        };
        let Some(giver) = giver else {
            unset(name, variable, sink);
            let giver = Giver::Default(name.span);
            values.insert(name.value.clone(), Value { node: None, giver, declared: name.span });
            continue;
        };
        let pattern = pattern(variable, sink);
        let default = declared.defaults.get(name.value.as_str()).cloned();
        let mut judge = Judge { name, variable, pattern: pattern.as_ref(), sink };
        // A default is judged even where another value wins: it is what the next person gets.
        let default = default.and_then(|node| judge.fit(node, &Giver::Default(Span::nowhere())));
        judge.enumeration();
        let node = match &giver {
            Giver::Argument(_) => arguments.get(name.value.as_str()).and_then(|(_, text)| {
                let from = text.len() - text.split_once('=').map_or(0, |(_, value)| value.len());
                judge.text(text, from, &giver)
            }),
            Giver::Environment(key) => {
                input.environment.get(key).and_then(|text| judge.text(text, 0, &giver))
            }
            Giver::Default(_) => default,
        };
        values.insert(name.value.clone(), Value { node, giver, declared: name.span });
    }
    // A declaration that could not be read still is one: its uses are no findings of their own.
    for (name, span) in declared.broken {
        let giver = Giver::Default(span);
        values.entry(name).or_insert(Value { node: None, giver, declared: span });
    }
    values
}

/// `NETGEN_VAR_` and the name in upper case, `_` for `-`.
fn environment_name(name: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", name.to_ascii_uppercase().replace('-', "_"))
}

#[derive(Default)]
struct Declared {
    variables: Variables,
    /// The defaults as trees.
    defaults: BTreeMap<String, Node>,
    /// Names whose declarations cannot be read.
    broken: Vec<(String, Span)>,
}

fn decode(entry: Entry, sink: &mut Sink) -> Declared {
    let names: Vec<(String, Span)> = entry
        .value
        .as_map()
        .map(|map| map.entries().iter().map(|e| (e.key.value.clone(), e.key.span)).collect())
        .unwrap_or_default();
    let defaults = entry.value.as_map().into_iter().flat_map(Map::iter);
    let defaults =
        defaults.filter_map(|(name, node)| Some((name.to_owned(), node.get("default")?.clone()))).collect();
    let mut whole = Map::default();
    let span = entry.value.span;
    let _ = whole.insert(entry.key, entry.value);
    let mut node = Node::new(Kind::Map(whole), span);
    let before = sink.len();
    let wrong = schema::validate(&node, &schema::of::<Declarations>(), sink);
    let well_formed = sink.len() == before;
    node.prune(&wrong);
    match value::decode::<Declarations>(&node) {
        Ok(declarations) => {
            let variables = declarations.variables;
            let broken = names.into_iter().filter(|(name, _)| !variables.contains_key(name.as_str()));
            Declared { broken: broken.collect(), variables, defaults }
        }
        Err(error) => {
            if well_formed {
                sink.push(Diagnostic::new(&codes::INVALID_VALUE, error.span, error.message));
            }
            Declared { broken: names, ..Declared::default() }
        }
    }
}

/// Whether a text can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn check_names(variables: &Variables, sink: &mut Sink) {
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for name in variables.keys() {
        if !is_name(name) {
            sink.push(
                Diagnostic::new(
                    &codes::BAD_VARIABLE,
                    name.span,
                    format!("`{name}` is no name of a variable"),
                )
                .here("letters, digits, `_` and `-`, a letter or `_` first, at most 63")
                .help("`${name}` and an environment variable must be able to say it"),
            );
        }
        if let Some(first) = taken.insert(environment_name(name), name.span) {
            sink.push(
                Diagnostic::new(
                    &codes::BAD_VARIABLE,
                    name.span,
                    format!("`{name}` and another variable are both `{}`", environment_name(name)),
                )
                .here("the same name in the environment")
                .label(first, "as this one has")
                .help("rename one of them"),
            );
        }
    }
}

/// The `--var` arguments by name; the last of several wins.
fn arguments(
    variables: &Variables,
    given: &[String],
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> BTreeMap<String, (Span, String)> {
    let mut found = BTreeMap::new();
    for argument in given {
        let (name, value) = argument.split_once('=').map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let id = sources.add(format!("--var {name}"), argument.as_str());
        let span = Span::new(id, 0, name.len());
        if value.is_none() {
            sink.push(
                Diagnostic::new(&codes::VARIABLE_VALUE, span, "`--var` takes a name and a value")
                    .here("`=` and a value are missing")
                    .help("write `--var name=value`"),
            );
        } else if !variables.contains_key(name) {
            sink.push(
                Diagnostic::new(&codes::UNKNOWN_VARIABLE, span, format!("there is no variable `{name}`"))
                    .here("not declared")
                    .suggest(name, variables.keys().map(|k| k.value.as_str()))
                    .help("the manifest declares them under `variables:`"),
            );
        } else {
            let whole = Span::new(id, 0, argument.len());
            found.insert(name.to_owned(), (whole, argument.clone()));
        }
    }
    found
}

fn unset(name: &Spanned<String>, variable: &Variable, sink: &mut Sink) {
    let what = variable.description.as_deref().map_or("no default", |text| text);
    sink.push(
        Diagnostic::new(&codes::UNSET_VARIABLE, name.span, format!("variable `{name}` has no value"))
            .here(what.to_owned())
            .help(format!(
                "give one: `--var {name}=<value>`, `{}=<value>` in the environment, or a `default:` here",
                environment_name(name)
            )),
    );
}

fn pattern(variable: &Variable, sink: &mut Sink) -> Option<Regex> {
    let written = variable.pattern.as_ref()?;
    if variable.kind.value != VariableType::String {
        sink.push(
            Diagnostic::new(&codes::BAD_VARIABLE, written.span, "only text can match a pattern")
                .here("does not belong here")
                .label(variable.kind.span, "this is not `string`")
                .help("take `pattern` out, or write `type: string`"),
        );
        return None;
    }
    match Regex::new(written) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let why = match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                other => other.to_string().lines().last().unwrap_or_default().trim().to_owned(),
            };
            sink.push(
                Diagnostic::new(&codes::BAD_VARIABLE, written.span, "this is no regular expression")
                    .here(why)
                    .help("for example `^[a-z]+-[0-9]$`"),
            );
            None
        }
    }
}

/// Judges values of one variable.
struct Judge<'a> {
    name: &'a Spanned<String>,
    variable: &'a Variable,
    pattern: Option<&'a Regex>,
    sink: &'a mut Sink,
}

impl Judge<'_> {
    /// The value that a text from outside says, beginning at a byte of it.
    fn text(&mut self, text: &str, from: usize, giver: &Giver) -> Option<Node> {
        let span = match giver {
            Giver::Argument(span) => Span { start: span.start.saturating_add(offset(from)), ..*span },
            _ => Span::nowhere(),
        };
        let value = text.get(from..).unwrap_or("");
        if self.variable.kind.value == VariableType::String {
            return self.fit(Node::new(Kind::Str(value.to_owned()), span), giver);
        }
        let mut quiet = Sink::new();
        let parsed = match giver {
            Giver::Argument(span) => flow_value(span.source, text, from, &mut quiet),
            _ => value::parse(Format::Yaml, span.source, value, &mut quiet),
        };
        match parsed {
            Some(node) if !value.trim().is_empty() => self.fit(node, giver),
            _ => {
                self.refuse(span, giver, &format!("must be {}", self.wanted()), "nothing that can be read");
                None
            }
        }
    }

    /// The value, if it may be one of this variable.
    fn fit(&mut self, node: Node, giver: &Giver) -> Option<Node> {
        if !has_type(self.variable.kind.value, &node) {
            let here = format!("this is {}", node.type_name());
            self.refuse(node.place(), giver, &format!("must be {}", self.wanted()), &here);
            return None;
        }
        if let (Some(pattern), Some(text)) = (self.pattern, node.as_str())
            && !pattern.is_match(text)
        {
            let message = format!("must match `{pattern}`");
            self.refuse(node.place(), giver, &message, "does not match");
            return None;
        }
        let json = node.to_json();
        if !self.variable.values.is_empty() && !self.variable.values.iter().any(|known| known.value == json) {
            let known: Vec<String> = self.variable.values.iter().map(|value| plain(&value.value)).collect();
            let listed = crate::diag::list_names(known.iter().map(String::as_str), 12);
            let word = node.as_str().unwrap_or("").to_owned();
            let near = crate::diag::did_you_mean(&word, known.iter().map(String::as_str));
            let near = near.map(|near| format!("did you mean `{near}`?"));
            self.refuse_with(node.place(), giver, &format!("must be one of {listed}"), "none of these", near);
            return None;
        }
        if let Giver::Default(_) = giver
            && contains_variable(&node)
        {
            self.sink.push(
                Diagnostic::new(&codes::MISPLACED_VARIABLE, node.place(), "a default takes no variables")
                    .here("is put in as it stands")
                    .help("write `$${` for a literal `${`, or put both variables where the value is used"),
            );
            return None;
        }
        Some(match giver {
            Giver::Default(_) => literal(node),
            _ => node,
        })
    }

    /// Reports words of `enum` that have another type.
    fn enumeration(&mut self) {
        for value in &self.variable.values {
            let fits = match (self.variable.kind.value, &value.value) {
                (VariableType::String, serde_json::Value::String(_))
                | (VariableType::Boolean, serde_json::Value::Bool(_))
                | (VariableType::Number, serde_json::Value::Number(_))
                | (VariableType::List, serde_json::Value::Array(_)) => true,
                (VariableType::Integer, serde_json::Value::Number(n)) => n.is_i64() || n.is_u64(),
                _ => false,
            };
            if !fits {
                self.sink.push(
                    Diagnostic::new(
                        &codes::BAD_VARIABLE,
                        value.span,
                        format!("`{}` can never have this value", self.name),
                    )
                    .here(format!("must be {}", wanted(self.variable.kind.value)))
                    .label(self.variable.kind.span, "because of its type")
                    .help("change the value or the type"),
                );
            }
        }
    }

    fn wanted(&self) -> &'static str {
        wanted(self.variable.kind.value)
    }

    fn refuse(&mut self, span: Span, giver: &Giver, must: &str, here: &str) {
        self.refuse_with(span, giver, must, here, None);
    }

    /// The value is pointed at where it stands in an argument or a file. What the environment holds is
    /// not shown: the declaration is.
    fn refuse_with(&mut self, span: Span, giver: &Giver, must: &str, here: &str, help: Option<String>) {
        let name = self.name;
        let mut diagnostic = match giver {
            Giver::Environment(key) => Diagnostic::new(
                &codes::VARIABLE_VALUE,
                name.span,
                format!("variable `{name}` {must}, which `{key}` in the environment is not"),
            )
            .here("declared here"),
            Giver::Argument(_) | Giver::Default(_) => {
                Diagnostic::new(&codes::VARIABLE_VALUE, span, format!("variable `{name}` {must}"))
                    .here(here)
                    .label(self.variable.kind.span, "declared here")
            }
        };
        diagnostic.help.extend(help);
        if let Some(description) = &self.variable.description {
            diagnostic = diagnostic.help(format!("`{name}`: {description}"));
        } else if diagnostic.help.is_empty() {
            diagnostic = diagnostic.help(match giver {
                Giver::Default(_) => "change the default, or the declaration".to_owned(),
                _ => "give another value, or change the declaration".to_owned(),
            });
        }
        self.sink.push(diagnostic);
    }
}

fn offset(from: usize) -> u32 {
    u32::try_from(from).unwrap_or(u32::MAX)
}

fn has_type(kind: VariableType, node: &Node) -> bool {
    match (kind, &node.kind) {
        (VariableType::String, Kind::Str(_))
        | (VariableType::Integer, Kind::Int(_) | Kind::UInt(_))
        | (VariableType::Number, Kind::Int(_) | Kind::UInt(_) | Kind::Float(_))
        | (VariableType::Boolean, Kind::Bool(_)) => true,
        (VariableType::List, Kind::Seq(items)) => items.iter().all(|item| item.as_str().is_some()),
        _ => false,
    }
}

fn wanted(kind: VariableType) -> &'static str {
    match kind {
        VariableType::String => "text",
        VariableType::Integer => "a whole number",
        VariableType::Number => "a number",
        VariableType::Boolean => "`true` or `false`",
        VariableType::List => "a list of text",
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
