//! Blueprints: the stacks that `netgen init` offers, as data in `templates/init/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Catalog, built_in};
use crate::diag::Sink;
use crate::embedded;
use crate::hashed::IndexMap;
use crate::text::SourceMap;

/// A stack to begin with: what a node runs, what all nodes share, and what only people can answer.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Blueprint {
    /// The name of the stack in the manifest; the file has the same name.
    pub stack: String,
    /// One line: what one gets.
    pub summary: String,
    /// The family of chains that it is for.
    pub family: String,
    /// The role of its nodes.
    pub role: String,
    /// Whether its nodes have a say in consensus.
    #[serde(default)]
    pub votes: bool,
    /// The services of a node.
    pub services: IndexMap<String, Part>,
    /// Services of the whole network, on one host.
    #[serde(default)]
    pub shared: IndexMap<String, Part>,
    /// Settings that have no good default.
    #[serde(default)]
    pub ask: Vec<Question>,
    /// What is left to do by hand, a line each.
    #[serde(default)]
    pub next: Vec<String>,
    /// Where each fact was verified.
    pub sources: Vec<String>,
}

/// One service of a blueprint.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Part {
    /// The component, or several to choose from; the first is the default.
    pub component: OneOrMore,
    /// Ports by interface, where two services of the blueprint on one host would take the same.
    #[serde(default)]
    pub ports: IndexMap<String, u16>,
}

/// One id or several.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them, in order.
    pub fn list(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// A setting to ask for.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Question {
    /// The service.
    pub service: String,
    /// The setting of its component.
    pub setting: String,
    /// An answer of the right form. It is never written: with it, other answers are judged before this
    /// one is given.
    #[serde(default)]
    pub example: Option<String>,
    /// A usual answer, by the id of the chain.
    #[serde(default)]
    pub by_chain: IndexMap<String, String>,
}

impl Catalog {
    /// All blueprints, by name.
    pub fn blueprints(sources: &mut SourceMap, sink: &mut Sink) -> Vec<Blueprint> {
        let files = embedded::FILES.iter().filter(|(path, _)| path.starts_with("init/"));
        files.filter_map(|(path, _)| built_in(path, sources, sink)).collect()
    }
}
