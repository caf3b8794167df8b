//! Dashboards: `dashboard.yaml` beside `component.yaml`, and those of the network in `templates/dashboards/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Spanned;

/// The file `dashboard.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen dashboard")]
pub struct Dashboard {
    /// The title.
    pub title: String,
    /// Rows of panels.
    pub rows: Vec<Row>,
}

/// A dashboard of no single component.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Board {
    /// The title.
    pub title: String,
    /// What it is for, in one line.
    pub doc: String,
    /// Its place in the list of all; the first one is where people begin.
    pub order: u32,
    /// What a reader may choose, each within the ones before it. Without `network`, it shows the
    /// network of the manifest only.
    #[serde(default)]
    pub variables: Vec<Choice>,
    /// It exists only in networks that have this.
    #[serde(default)]
    pub when: Option<Feature>,
    /// Rows that components give to it stand after its own.
    #[serde(default)]
    pub takes: Option<Place>,
    /// There is one for each component that is scraped; the component's own rows stand after these.
    #[serde(default)]
    pub each_component: bool,
    /// Rows of panels.
    pub rows: Vec<Row>,
}

/// A label of every series, by which a reader chooses what a dashboard shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Any number of networks.
    Networks,
    /// One network.
    Network,
    /// Regions.
    Region,
    /// Hosts.
    Host,
    /// Nodes.
    Node,
    /// Services.
    Service,
}

impl Choice {
    /// The label, which is also the name of the variable.
    pub fn label(self) -> &'static str {
        match self {
            Self::Networks | Self::Network => "network",
            Self::Region => "region",
            Self::Host => "host",
            Self::Node => "node",
            Self::Service => "service",
        }
    }

    /// Whether several values can be chosen at once.
    pub fn several(self) -> bool {
        self != Self::Network
    }
}

/// What not every network has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Nodes or clusters with voting power.
    VotingPower,
    /// Clusters.
    Clusters,
    /// An objective, under `monitoring.slo`.
    Slo,
}

/// A dashboard of the network that takes rows of components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// That of the whole network.
    Network,
    /// That of a node.
    Node,
    /// That of a host.
    Host,
}

/// A row of panels under one heading.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// The heading.
    pub title: String,
    /// It also stands on these dashboards of the network. Rows of one heading are one row there, and
    /// panels of one title one panel, whichever components they come from.
    #[serde(default)]
    pub on: Vec<Place>,
    /// The panels, left to right.
    pub panels: Vec<Panel>,
}

/// How a panel shows its queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PanelType {
    /// Lines over time.
    TimeSeries,
    /// The last value, large.
    Stat,
    /// The last values as a table.
    Table,
    /// Bands over time, one a series, whose colour is the value.
    StateTimeline,
}

/// What is well, where no alert has to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Healthy {
    /// One: all of them, or yes.
    All,
    /// Zero: none of them, or no.
    None,
    /// More than zero: something is left.
    Some,
}

/// One panel.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Panel {
    /// The title.
    pub title: String,
    /// How it is shown.
    #[serde(rename = "type")]
    pub kind: PanelType,
    /// A Grafana unit id: `short`, `bytes`, `percentunit`, `s`.
    #[serde(default = "short")]
    pub unit: String,
    /// The queries.
    pub queries: Vec<Query>,
    /// One line under the title. Without it, none.
    #[serde(default)]
    pub doc: Option<String>,
    /// The alerts of the same component that judge what is shown. Their thresholds become those of the
    /// panel, and their runbooks its links.
    #[serde(default)]
    pub alerts: Vec<Spanned<String>>,
    /// What is well, where no alert says it. Without it, no value is better than another.
    #[serde(default)]
    pub healthy: Option<Healthy>,
    /// Words for zero and for one, such as `[down, up]`. Without them, the number is shown.
    #[serde(default)]
    pub words: Option<[String; 2]>,
    /// The labels that a table shows, in order. Without them, all.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The width, in 24ths. Without it, the panels of a row share its width.
    #[serde(default)]
    #[schemars(range(min = 2, max = 24))]
    pub width: Option<u8>,
    /// It exists only in networks that have this. Without it, in all.
    #[serde(default)]
    pub when: Option<Feature>,
}

fn short() -> String {
    "short".to_owned()
}

/// One query of a panel.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Query {
    /// PromQL (template); `{{ selector }}` is the matcher of the job and of the dashboard's variables.
    pub expr: Spanned<String>,
    /// Grafana legend such as `{{node}}`; not a template of netgen. In a table, the heading of the column.
    #[serde(default)]
    pub legend: String,
    /// The unit of this query. Without it, that of the panel.
    #[serde(default)]
    pub unit: Option<String>,
    /// What is well for this query. Without it, what the panel says.
    #[serde(default)]
    pub healthy: Option<Healthy>,
}
