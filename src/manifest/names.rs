//! Names, and places where one name or several may stand.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use crate::text::Spanned;

/// The form of every name: it becomes a path, a unit, a container and a host name.
pub struct NamePattern;

impl NamePattern {
    /// The most letters of a name: those of a DNS label.
    pub const MOST: usize = 63;

    /// The pattern as a regular expression of JSON Schema. A name of a device is none: Windows opens the
    /// device instead of a file or folder of that name, so no bundle with it can be checked out there.
    pub const REGEX: &'static str =
        "^(?!(aux|con|nul|prn|com[0-9]|lpt[0-9])$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

    /// The schema of a name.
    pub fn schema() -> serde_json::Value {
        serde_json::json!({ "type": "string", "pattern": Self::REGEX })
    }

    /// What a text that is no name must be instead, in a few words.
    pub fn wanted(text: &str) -> &'static str {
        if is_device(text) {
            "the name of a device on Windows"
        } else {
            "lower-case letters, digits and `-`, at most 63"
        }
    }

    /// What to do about a text that is no name.
    pub fn help(text: &str) -> String {
        const USE: &str = "names become paths, units and containers";
        match Self::nearest(text) {
            Some(near) => format!("did you mean `{near}`? {USE}"),
            None => USE.to_owned(),
        }
    }

    /// The name that a text which is none comes nearest to; `None` where nothing of it is left.
    pub fn nearest(text: &str) -> Option<String> {
        let mut name = String::new();
        for letter in text.chars().flat_map(char::to_lowercase) {
            match letter {
                'a'..='z' | '0'..='9' => name.push(letter),
                'ä' | 'æ' => name.push_str("ae"),
                'ö' | 'œ' | 'ø' => name.push_str("oe"),
                'ü' => name.push_str("ue"),
                'ß' => name.push_str("ss"),
                'à' | 'á' | 'â' | 'ã' | 'å' => name.push('a'),
                'ç' => name.push('c'),
                'è' | 'é' | 'ê' | 'ë' => name.push('e'),
                'ì' | 'í' | 'î' | 'ï' => name.push('i'),
                'ñ' => name.push('n'),
                'ò' | 'ó' | 'ô' | 'õ' => name.push('o'),
                'ù' | 'ú' | 'û' => name.push('u'),
                // A letter of another script: a guess would be another word.
                _ if letter.is_alphanumeric() => return None,
                _ if letter.is_ascii() && !name.ends_with('-') => name.push('-'),
                _ => {}
            }
        }
        let name: String = name.trim_matches('-').chars().take(Self::MOST).collect();
        let name = if is_device(&name) { name + "-1" } else { name.trim_end_matches('-').to_owned() };
        Self::matches(&name).then_some(name)
    }

    /// Whether a text has the form.
    pub fn matches(name: &str) -> bool {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=Self::MOST).contains(&name.len())
            && name.chars().all(inner)
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !is_device(name)
    }
}

/// Whether Windows takes a name for that of a device, whatever the case of its letters.
pub fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("com").or_else(|| name.strip_prefix("lpt")) {
        Some(number) => number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()),
        None => ["aux", "con", "nul", "prn"].contains(&name.as_str()),
    }
}

/// One name or a list of names.
#[derive(Clone, Debug, Default)]
pub struct Names(pub Vec<Spanned<String>>);

/// `all`, or one host, or a list of hosts.
#[derive(Clone, Debug)]
pub enum Hosts {
    /// Every host of the manifest.
    All,
    /// These hosts.
    Named(Vec<Spanned<String>>),
}

enum Inner {
    One(String),
    Many(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InnerVisitor;
        impl<'de> Visitor<'de> for InnerVisitor {
            type Value = Inner;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Inner, E> {
                Ok(Inner::One(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Inner, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(Inner::Many(names))
            }
        }
        deserializer.deserialize_any(InnerVisitor)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, span } = Spanned::<Inner>::deserialize(deserializer)?;
        Ok(Self(match value {
            Inner::One(name) => vec![Spanned::new(name, span)],
            Inner::Many(names) => names,
        }))
    }
}

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Names(names) = Names::deserialize(deserializer)?;
        Ok(match names.as_slice() {
            [one] if one.value == "all" => Self::All,
            _ => Self::Named(names),
        })
    }
}

fn one_or_many(description: &str) -> Schema {
    json_schema!({
        "description": description,
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ],
    })
}

impl JsonSchema for Names {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        one_or_many("One name or a list of names.")
    }
}

impl JsonSchema for Hosts {
    fn schema_name() -> Cow<'static, str> {
        "Hosts".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        one_or_many("A host, a list of hosts, or `all`.")
    }
}
