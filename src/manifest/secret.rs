//! References to secrets: where a value comes from, never the value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a secret comes from. Exactly one source stands here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Secret {
    /// An environment variable of the machine that runs the deploy. Without it, another key says the
    /// source.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[A-Za-z_][A-Za-z0-9_]*$", "examples" = ["PAGERDUTY_ROUTING_KEY"]))]
    pub env: Option<String>,
    /// A file on the machine that runs the deploy. Without it, another key says the source.
    #[serde(default)]
    #[schemars(extend("examples" = ["secrets/pagerduty.key"]))]
    pub file: Option<String>,
    /// A file encrypted with sops, relative to the manifest; `key` says where in it. Without it,
    /// another key says the source.
    #[serde(default)]
    #[schemars(extend("examples" = ["secrets.enc.yaml"]))]
    pub sops: Option<String>,
    /// The key inside the sops file; dots go deeper. Without it, the name of the secret.
    #[serde(default)]
    #[schemars(extend("examples" = ["grafana.admin"]))]
    pub key: Option<SopsKey>,
    /// A file encrypted with age, relative to the manifest. The deploy reads the key that opens it from
    /// the file that `SOPS_AGE_KEY_FILE` names. Without it, another key says the source.
    #[serde(default)]
    #[schemars(extend("examples" = ["secrets/node-1-execution.node.hex.age"]))]
    pub age: Option<String>,
    /// A path in HashiCorp Vault; `field` says which part. Without it, another key says the source.
    #[serde(default)]
    #[schemars(extend("examples" = ["secret/data/netgen"]))]
    pub vault: Option<String>,
    /// The field of the Vault entry.
    #[serde(default)]
    #[schemars(extend("default" = "value"))]
    pub field: Option<VaultKey>,
    /// A file that is already on the host: an absolute path that the deploy only checks. Without it,
    /// another key says the source.
    #[serde(default)]
    #[schemars(extend("pattern" = "^/", "examples" = ["/etc/ethereum/jwt.hex"]))]
    pub host_file: Option<String>,
    /// A podman secret that somebody else made (`podman secret create`). Without it, another key says
    /// the source.
    #[serde(default)]
    pub docker: Option<String>,
    /// Made at the first deploy and kept. Without it, another key says the source.
    #[serde(default)]
    pub generate: Option<GenerateForm>,
    /// Who shares one copy of a generated secret.
    #[serde(default)]
    #[schemars(extend("default" = "network"))]
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
