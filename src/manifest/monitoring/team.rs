//! Who owns what.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::Spanned;

/// What a team owns: a service is the team's if any of these names it. Its alerts get the label `team`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Team {
    /// All services of nodes in these roles.
    #[serde(default)]
    #[schemars(extend("examples" = [["validator"]]))]
    pub roles: Vec<Spanned<String>>,
    /// All services of these components.
    #[serde(default)]
    #[schemars(extend("examples" = [["indexer"]]))]
    pub components: Vec<Spanned<String>>,
    /// All services in these regions.
    #[serde(default)]
    pub regions: Vec<Spanned<String>>,
    /// All services of these nodes.
    #[serde(default)]
    pub nodes: Vec<Spanned<String>>,
    /// These services of the network, by the name under `services:`, or `<node>-<service>`.
    #[serde(default)]
    pub services: Vec<Spanned<String>>,
}

impl Team {
    /// Every claim, in the order of the keys.
    pub fn claims(&self) -> impl Iterator<Item = &Spanned<String>> {
        let Self { roles, components, regions, nodes, services } = self;
        [roles, components, regions, nodes, services].into_iter().flatten()
    }
}
