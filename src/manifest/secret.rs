//! References to secrets: where a value comes from, never the value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a secret comes from. Exactly one source stands here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Secret {
    /// An environment variable of the machine that runs the deploy.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub env: Option<String>,
    /// A file on the machine that runs the deploy.
    #[serde(default)]
    pub file: Option<String>,
    /// A file encrypted with sops, relative to the manifest.
    #[serde(default)]
    pub sops: Option<String>,
    /// The key inside the sops file; dots go deeper.
    #[serde(default)]
    pub key: Option<SopsKey>,
    /// A file encrypted with age, relative to the manifest. The deploy reads the key that opens it from
    /// the file that `SOPS_AGE_KEY_FILE` names.
    #[serde(default)]
    pub age: Option<String>,
    /// A path in HashiCorp Vault, as `secret/data/netgen`.
    #[serde(default)]
    pub vault: Option<String>,
    /// The field of the Vault entry.
    #[serde(default)]
    pub field: Option<VaultKey>,
    /// A file that is already on the host: an absolute path that the deploy only checks.
    #[serde(default)]
    #[schemars(extend("pattern" = "^/"))]
    pub host_file: Option<String>,
    /// A Docker secret that somebody else made (`docker secret create`).
    #[serde(default)]
    pub docker: Option<String>,
    /// Made at the first deploy and kept.
    #[serde(default)]
    pub generate: Option<GenerateForm>,
    /// Who shares one copy of a generated secret.
    #[serde(default)]
    pub scope: Option<Scope>,
}

/// A key path in a sops file.
pub type SopsKey = String;
/// A field name in Vault.
pub type VaultKey = String;

/// The form of a generated secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GenerateForm {
    /// 32 random bytes as 64 hex digits.
    Hex32,
    /// 32 random letters and digits.
    Password,
}

/// Who shares one copy of a secret.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everyone in the network.
    #[default]
    Network,
    /// The services of one host.
    Host,
    /// The services of one node.
    Node,
    /// One service.
    Service,
}
