//! Profiles: services that a section of the manifest adds, as data in `templates/profiles/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hashed::IndexMap;

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
    /// A key of the section; the service comes with it only. Without it, it always comes.
    #[serde(default)]
    pub when: Option<String>,
    /// Settings whose values stand in the section: setting -> path with dots, such as `logs.retention`. What
    /// the section does not say is not set.
    #[serde(default)]
    pub settings: IndexMap<String, String>,
}

/// Where a service of a profile runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProfilePlace {
    /// On the host of the monitoring section.
    MonitoringHost,
    /// On the host of the logs, which is that of the monitoring section unless it says otherwise.
    LogsHost,
    /// On every host.
    EveryHost,
    /// On the host of every shard of the monitoring section; nowhere without any.
    EveryShard,
}
