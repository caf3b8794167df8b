//! What of a component must outlive its host, and how it is saved and brought back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the state of a service is saved where its files cannot be copied while it runs: a command inside
/// it whose output is the backup. The files of its volumes are then left out.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BackupMethod {
    /// The program and its arguments (templates), run in the container; the backup is its standard output.
    pub command: Vec<String>,
    /// The file name of one backup, without the date.
    pub name: String,
    /// How a backup is proved to be readable: arguments that read it from standard input and change
    /// nothing. Without it, only its size is looked at.
    #[serde(default)]
    pub check: Option<Vec<String>>,
    /// How a backup is brought back: arguments that read it from standard input.
    #[serde(default)]
    pub restore: Option<Vec<String>>,
}

/// Files that hold keys which sign for validators: two live copies of one get it slashed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KeyFiles {
    /// The names of the files, anywhere below the volume, with `*` for any text.
    #[schemars(extend("examples" = ["keystore-*.json"]))]
    pub files: String,
    /// The field of a JSON file that has the public key, by which a key is known wherever it lies.
    /// Without it, a key is known by the digest of its file.
    #[serde(default)]
    #[schemars(extend("examples" = ["pubkey"]))]
    pub field: Option<String>,
}
