//! What a manifest says about itself: other files to read first, and variables.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::names::Names;
use crate::hashed::IndexMap;
use crate::text::Spanned;

/// Files that this one is laid over.
pub type Include = Names;

/// The variables of a manifest, by name.
pub type Variables = IndexMap<Spanned<String>, Variable>;

/// A value that is given from outside.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Variable {
    /// What it may be.
    #[serde(rename = "type")]
    pub kind: Spanned<VariableType>,
    /// The value where nobody gives one. Without it, a value must be given.
    #[serde(default)]
    #[schemars(with = "Option<AnyScalar>")]
    pub default: Option<Spanned<Value>>,
    /// One line for people: what it is for. Without it, its name must say enough.
    #[serde(default)]
    pub description: Option<String>,
    /// The only values that it may have.
    #[serde(default, rename = "enum")]
    #[schemars(with = "Vec<AnyScalar>", length(min = 1))]
    pub values: Vec<Spanned<Value>>,
    /// A regular expression that text must match. Without it, any text will do.
    #[serde(default)]
    #[schemars(extend("examples" = ["^eu-"]))]
    pub pattern: Option<Spanned<String>>,
}

/// The type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VariableType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list of text. It stands for a whole value only, not inside a text.
    List,
}

/// Text, a number, a truth value, or a list of text.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum AnyScalar {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A list.
    List(Vec<String>),
}
