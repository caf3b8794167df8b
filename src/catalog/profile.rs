//! Profiles: services that a section of the manifest adds, as data in `templates/profiles/`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The services that come with `monitoring:`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// By service name. A service of that name in the manifest takes its place.
    pub services: IndexMap<String, ProfileService>,
}

/// One service of a profile.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProfileService {
    /// The component.
    pub component: String,
    /// Where it runs.
    pub on: ProfilePlace,
}

/// Where a service of a profile runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProfilePlace {
    /// On the host of the monitoring section.
    MonitoringHost,
    /// On every host.
    EveryHost,
    /// On the host of every shard of the monitoring section; nowhere without any.
    EveryShard,
}
