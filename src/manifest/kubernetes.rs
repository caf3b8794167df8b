//! What clusters have, for hosts whose services are pods.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::text::Spanned;

/// What the clusters have that services run in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Kubernetes {
    /// The storage class of every claim. Without it, the default class of the cluster.
    #[serde(default)]
    #[schemars(extend("pattern" = DNS_NAME, "examples" = ["local-nvme"]))]
    pub storage_class: Option<Spanned<String>>,
    /// The `ClusterSecretStore` of the External Secrets Operator that secrets are taken from. Without it, the
    /// secrets must be in the namespace already; `README.md` beside the manifests lists them.
    #[serde(default)]
    #[schemars(extend("pattern" = DNS_NAME, "examples" = ["vault"]))]
    pub secret_store: Option<Spanned<String>>,
}

/// The names that objects of a cluster may have.
const DNS_NAME: &str = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$";
