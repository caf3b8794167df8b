//! Compose files: YAML whose every `$` is meant.
//!
//! Compose replaces `$VAR` and `${VAR}` in every string value of a file, whatever its quotes; `$$`
//! is a literal `$`. Keys are not touched by it, so they are not escaped.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::Error;
use super::block::Reader;

/// A string whose `${VAR}` Compose must fill in when it starts the project.
///
/// The only way to a live `$` in a Compose file; in other formats this is the plain string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpolated(pub String);

impl Serialize for Interpolated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(super::block::INTERPOLATED, &self.0)
    }
}

/// A literal text as Compose must see it.
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.contains('$') { Cow::Owned(text.replace('$', "$$")) } else { Cow::Borrowed(text) }
}

/// Escapes every string value of a document in place; keys stay as they are.
pub fn escape_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = escape(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(escape_value),
        Value::Object(map) => map.values_mut().for_each(escape_value),
        _ => {}
    }
}

/// A Compose file: [`super::yaml::to_yaml_with_header`] with all values escaped but [`Interpolated`].
pub fn to_yaml_with_header<T: Serialize + ?Sized>(header: &str, value: &T) -> Result<String, Error> {
    super::yaml::document(header, Reader::Compose, value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::hostile::strings;
    use super::*;

    /// Compose's rule; every `$` that is not doubled would be a variable, and is an error here.
    fn unescape(text: &str) -> Option<String> {
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            out.push(c);
            if c == '$' && chars.next() != Some('$') {
                return None;
            }
        }
        Some(out)
    }

    fn unescape_value(value: &Value) -> Value {
        match value {
            Value::String(text) => unescape(text).unwrap_or_else(|| panic!("live $ in {text:?}")).into(),
            Value::Array(items) => items.iter().map(unescape_value).collect(),
            Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), unescape_value(v))).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn values_survive(text in strings(), key in strings()) {
            let value = json!({"a": [text, {key: text}], "n": 1});
            let mut escaped = value.clone();
            escape_value(&mut escaped);
            prop_assert_eq!(&unescape_value(&escaped), &value);
            let yaml = to_yaml_with_header("x", &value).unwrap();
            prop_assert_eq!(unescape_value(&serde_yaml::from_str(&yaml).unwrap()), value);
        }
    }

    #[test]
    fn only_the_marked_string_is_live() {
        let interpolated = Interpolated("${PASSWORD:?}".to_owned());
        let yaml = to_yaml_with_header("", &[("a$b", &interpolated)]).unwrap();
        assert_eq!(yaml, "---\n- - a$$b\n  - ${PASSWORD:?}\n");
    }
}
