//! Whether a tree surely fits a schema: a look at the tree as it is, which most manifests pass.
//!
//! It knows a part of JSON Schema, and says nothing where the rest begins. What does not surely fit is left to
//! the validator, which says why; to make one takes longer than to read a small manifest.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Map, Value, json};

use crate::manifest::NamePattern;
use crate::value::{Kind, Node};

/// Keywords that judge nothing, and `$defs`, which judges where it is referred to.
const SILENT: &[&str] =
    &["$schema", "$defs", "title", "description", "default", "examples", "format", "deprecated"];

/// References that lead on to each other without end are left to the validator.
const DEEPEST: usize = 200;

/// Whether a tree surely fits a schema.
pub(super) fn fits(schema: &Value, node: &Node) -> bool {
    let look = Look { root: schema, patterns: RefCell::default() };
    look.fits(schema, node, 0) == Some(true)
}

struct Look<'s> {
    root: &'s Value,
    /// The patterns so far.
    patterns: RefCell<BTreeMap<&'s str, Option<Pattern>>>,
}

/// Who judges a pattern.
enum Pattern {
    /// One that means the same in every dialect, for texts that every dialect reads the same: to have it judged by
    /// a validator would mean to have it judged by the schema of schemas first.
    Plain(Regex),
    /// The validator.
    Other(Validator),
}

impl Pattern {
    fn new(pattern: &str) -> Option<Self> {
        const SPECIAL: [&str; 6] = ["\\", "(?", "{,", "&&", "--", "~~"];
        let nested = pattern.split('[').skip(1).any(|class| !class.contains(']'));
        let special = nested || SPECIAL.iter().any(|sign| pattern.contains(sign));
        if !special && is_printable(pattern) {
            return Regex::new(pattern).ok().map(Self::Plain);
        }
        jsonschema::validator_for(&json!({ "pattern": pattern })).ok().map(Self::Other)
    }

    fn judges(&self, text: &str) -> Option<bool> {
        match self {
            Self::Plain(regex) => is_printable(text).then(|| regex.is_match(text)),
            Self::Other(validator) => Some(validator.is_valid(&Value::String(text.to_owned()))),
        }
    }
}

/// Whether there are only signs from the space to `~`.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

impl<'s> Look<'s> {
    /// `None` where it is not sure.
    fn fits(&self, schema: &'s Value, node: &Node, depth: usize) -> Option<bool> {
        let map = match schema {
            Value::Bool(fits) => return Some(*fits),
            Value::Object(map) if depth < DEEPEST => map,
            _ => return None,
        };
        all(map.iter().map(|(keyword, wanted)| self.keyword(map, keyword, wanted, node, depth + 1)))
    }

    fn keyword(
        &self,
        schema: &'s Map<String, Value>,
        keyword: &str,
        wanted: &'s Value,
        node: &Node,
        depth: usize,
    ) -> Option<bool> {
        let branches =
            || wanted.as_array().into_iter().flatten().map(|branch| self.fits(branch, node, depth));
        match keyword {
            "$ref" => self.fits(self.root.pointer(wanted.as_str()?.strip_prefix('#')?)?, node, depth),
            "allOf" => all(branches()),
            "anyOf" => not(all(branches().map(not))),
            "oneOf" => {
                let fitting: Option<Vec<bool>> = branches().collect();
                Some(fitting?.into_iter().filter(|fits| *fits).count() == 1)
            }
            "not" => not(self.fits(wanted, node, depth)),
            "type" => match wanted {
                Value::Array(types) => not(all(types.iter().map(|name| not(is_a(name.as_str()?, node))))),
                name => is_a(name.as_str()?, node),
            },
            "const" => equals(wanted, node),
            "enum" => not(all(wanted.as_array()?.iter().map(|one| not(equals(one, node))))),
            "minimum" | "maximum" => limit(keyword, wanted, node),
            "pattern" | "minLength" | "maxLength" => match &node.kind {
                Kind::Str(text) => self.text(keyword, wanted, text),
                _ => Some(true),
            },
            "items" | "minItems" | "maxItems" | "uniqueItems" => match &node.kind {
                Kind::Seq(items) => self.list(keyword, wanted, items, depth),
                _ => Some(true),
            },
            "properties" | "required" | "additionalProperties" | "propertyNames" => match node.as_map() {
                Some(_) => self.map(schema, keyword, wanted, node, depth),
                None => Some(true),
            },
            silent => SILENT.contains(&silent).then_some(true),
        }
    }

    fn text(&self, keyword: &str, wanted: &'s Value, text: &str) -> Option<bool> {
        match keyword {
            "pattern" => self.matches(wanted.as_str()?, text),
            "minLength" => Some(text.chars().count() as u64 >= wanted.as_u64()?),
            _ => Some(text.chars().count() as u64 <= wanted.as_u64()?),
        }
    }

    fn matches(&self, pattern: &'s str, text: &str) -> Option<bool> {
        if pattern == NamePattern::REGEX {
            return Some(NamePattern::matches(text));
        }
        let mut patterns = self.patterns.borrow_mut();
        patterns.entry(pattern).or_insert_with(|| Pattern::new(pattern)).as_ref()?.judges(text)
    }

    fn list(&self, keyword: &str, wanted: &'s Value, items: &[Node], depth: usize) -> Option<bool> {
        match keyword {
            "items" => all(items.iter().map(|item| self.fits(wanted, item, depth))),
            "minItems" => Some(items.len() as u64 >= wanted.as_u64()?),
            "maxItems" => Some(items.len() as u64 <= wanted.as_u64()?),
            _ if *wanted == Value::Bool(false) || items.len() < 2 => Some(true),
            _ => {
                let texts: Option<BTreeSet<&str>> = items.iter().map(Node::as_str).collect();
                Some(texts?.len() == items.len())
            }
        }
    }

    fn map(
        &self,
        schema: &'s Map<String, Value>,
        keyword: &str,
        wanted: &'s Value,
        node: &Node,
        depth: usize,
    ) -> Option<bool> {
        let entries = || node.as_map().into_iter().flat_map(|map| map.entries());
        match keyword {
            "properties" => {
                let properties = wanted.as_object()?;
                all(entries().map(|entry| match properties.get(entry.key.value.as_str()) {
                    Some(property) => self.fits(property, &entry.value, depth),
                    None => Some(true),
                }))
            }
            "required" => all(wanted.as_array()?.iter().map(|key| Some(node.get(key.as_str()?).is_some()))),
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let known = |key: &str| known.is_some_and(|known| known.contains_key(key));
                let others = entries().filter(|entry| !known(&entry.key.value));
                all(others.map(|entry| self.fits(wanted, &entry.value, depth)))
            }
            _ => all(entries().map(|entry| {
                let name = Node::new(Kind::Str(entry.key.value.clone()), entry.key.span);
                self.fits(wanted, &name, depth)
            })),
        }
    }
}

/// Whether all hold; one that does not hold decides whatever the others are.
fn all(judged: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut sure = true;
    for one in judged {
        match one {
            Some(true) => {}
            Some(false) => return Some(false),
            None => sure = false,
        }
    }
    sure.then_some(true)
}

fn not(judged: Option<bool>) -> Option<bool> {
    judged.map(|holds| !holds)
}

fn is_a(name: &str, node: &Node) -> Option<bool> {
    Some(match (name, &node.kind) {
        // One without a fraction is an integer.
        ("integer", Kind::Float(_)) => return None,
        ("null", kind) => matches!(kind, Kind::Null),
        ("boolean", kind) => matches!(kind, Kind::Bool(_)),
        ("integer", kind) => matches!(kind, Kind::Int(_) | Kind::UInt(_)),
        ("number", kind) => matches!(kind, Kind::Int(_) | Kind::UInt(_) | Kind::Float(_)),
        ("string", kind) => matches!(kind, Kind::Str(_)),
        ("array", kind) => matches!(kind, Kind::Seq(_)),
        ("object", kind) => matches!(kind, Kind::Map(_)),
        _ => return None,
    })
}

fn equals(wanted: &Value, node: &Node) -> Option<bool> {
    match (wanted, &node.kind) {
        (Value::String(wanted), Kind::Str(text)) => Some(wanted == text),
        (Value::Bool(wanted), Kind::Bool(value)) => Some(wanted == value),
        (Value::Number(wanted), Kind::Int(value)) => Some(wanted.as_i64()? == *value),
        (Value::String(_) | Value::Bool(_), Kind::Seq(_) | Kind::Map(_) | Kind::Null)
        | (Value::String(_), Kind::Bool(_) | Kind::Int(_) | Kind::UInt(_) | Kind::Float(_))
        | (Value::Bool(_) | Value::Number(_), Kind::Str(_)) => Some(false),
        _ => None,
    }
}

fn limit(keyword: &str, wanted: &Value, node: &Node) -> Option<bool> {
    let value = match &node.kind {
        Kind::Int(value) => value.cmp(&wanted.as_i64()?),
        Kind::Float(value) => value.partial_cmp(&wanted.as_f64()?)?,
        Kind::UInt(_) => return None,
        _ => return Some(true),
    };
    Some(if keyword == "minimum" { value.is_ge() } else { value.is_le() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sink;
    use crate::text::SourceMap;
    use crate::value::{Format, parse};

    fn tree(text: &str) -> Node {
        let id = SourceMap::default().add("x", text);
        parse(Format::Yaml, id, text, &mut Sink::new()).unwrap()
    }

    /// What it says is what the validator says.
    #[test]
    fn it_is_never_wrong() {
        let schemas = [
            json!({ "type": "object", "properties": { "a": { "type": "integer", "minimum": 2, "maximum": 5 } },
                    "additionalProperties": false, "required": ["a"] }),
            json!({ "additionalProperties": { "$ref": "#/$defs/x" }, "$defs": { "x": { "enum": ["y", 1, null] } } }),
            json!({ "anyOf": [{ "type": "string" }, { "type": "object", "required": ["a"] }] }),
            json!({ "oneOf": [{ "const": "a" }, { "type": "string", "maxLength": 2 }, { "type": "number" }] }),
            json!({ "not": { "type": ["array", "null"] }, "propertyNames": { "pattern": "^[a-z]+$" } }),
            json!({ "properties": { "a": { "items": { "minLength": 2 }, "minItems": 1, "maxItems": 2,
                    "uniqueItems": true } } }),
            json!({ "propertyNames": NamePattern::schema(), "allOf": [true, { "maxProperties": 1 }] }),
            json!({ "properties": { "a": { "pattern": "^[x.]+$", "minimum": 2, "maximum": 4.5 } } }),
            json!({ "properties": { "a": { "pattern": "." } } }),
            json!({ "properties": { "a": { "pattern": "\\d" } } }),
            json!(false),
        ];
        let trees = [
            "{}",
            "a: 1",
            "a: 2",
            "a: 5",
            "a: 6",
            "a: 2.0",
            "a: 2.5",
            "a: 9.5",
            "a: x",
            "a: y",
            "a: null",
            "a: [xx]",
            "a: [xx, xx]",
            "a: [xx, yy]",
            "a: [xx, 1]",
            "a: [1, 1]",
            "a: []",
            "a: {b: 1}",
            "A: 1",
            "aux: y",
            "a-b: y",
            "{a: 2, b: y}",
            "'x y': 1",
            "a: '1'",
            "a: true",
            "ab",
            "abc",
            "1",
            "1.5",
            "true",
            "[a]",
            "null",
        ];
        let mut sure = 0;
        for schema in &schemas {
            let validator = jsonschema::validator_for(schema).unwrap();
            for text in trees {
                let node = tree(text);
                let look = Look { root: schema, patterns: RefCell::default() };
                if let Some(fits) = look.fits(schema, &node, 0) {
                    assert_eq!(fits, validator.is_valid(&node.to_json()), "{schema} {text}");
                    sure += 1;
                }
            }
        }
        assert!(sure > 200, "{sure}");
    }
}
