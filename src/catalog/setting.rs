//! Settings of a component: typed, documented, with defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hashed::IndexMap;
use crate::manifest::{GenerateForm, Scope};

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SettingType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of `values`.
    Enum,
    /// `90s`, `10m`; templates see whole seconds.
    Duration,
    /// `32GiB`; templates see bytes.
    Size,
    /// An absolute URL with scheme and host.
    Url,
    /// `0x` and 40 hex digits.
    EthereumAddress,
    /// A list of text.
    List,
    /// A list of URLs.
    UrlList,
    /// A reference to a secret: `{ secret: name }`. Templates see the path of its file.
    Secret,
}

/// The words of an `enum`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Words {
    /// Each word with one line that explains it.
    Explained(IndexMap<String, String>),
    /// The words alone.
    Plain(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

impl Words {
    /// Each word with its explanation; empty text where there is none.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let (explained, plain) = match self {
            Self::Explained(words) => (Some(words), None),
            Self::Plain(words) => (None, Some(words)),
        };
        let explained = explained.into_iter().flatten().map(|(word, text)| (word.as_str(), text.as_str()));
        explained.chain(plain.into_iter().flatten().map(|word| (word.as_str(), "")))
    }

    /// The words alone.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(word, _)| word)
    }

    /// Whether a word is one of them.
    pub fn contains(&self, word: &str) -> bool {
        self.words().any(|known| known == word)
    }
}

/// One setting.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Setting {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: SettingType,
    /// One line for people.
    pub doc: String,
    /// Used where the manifest says nothing. A setting without a default is required,
    /// unless it is `optional`.
    #[serde(default)]
    pub default: Option<Value>,
    /// May be left out even though it has no default; templates then see `none`.
    #[serde(default)]
    pub optional: bool,
    /// The words of an `enum`.
    #[serde(default)]
    pub values: Words,
    /// The least number, inclusive. Without it, there is no lower limit.
    #[serde(default)]
    pub min: Option<i64>,
    /// The greatest number, inclusive. Without it, there is no upper limit.
    #[serde(default)]
    pub max: Option<i64>,
    /// For `secret`: where the file is mounted (template over `chain.id`). Without it, `/run/secrets/` and
    /// the name.
    #[serde(default)]
    #[schemars(extend("examples" = ["/run/secrets/jwt", "/run/secrets/{{ chain.id }}.json"]))]
    pub path: Option<String>,
    /// For `secret`: the text of the file, with `{{ value }}` for the secret (`{{ value | to_json }}`
    /// for a quoted form). Rendered on the host, never in the bundle. Without it, the secret alone.
    #[serde(default)]
    pub content: Option<String>,
    /// For `secret`: how it is made where the manifest defines no secret of that name.
    #[serde(default)]
    pub generate: Option<Generate>,
    /// For `secret`: the same secret as that setting of the provider of a need.
    #[serde(default)]
    pub same_as: Option<SameAs>,
    /// For `secret`: how a program that keeps the value itself is told of another one. Without it, it
    /// reads the new value at its next start.
    #[serde(default)]
    pub rotate: Option<Rotate>,
    /// What it means, for rules that hold for every component. Without it, no such rule looks at it.
    #[serde(default)]
    pub purpose: Option<Purpose>,
    /// An expression over `settings` and `needs`: where it does not hold, the setting has no effect.
    /// `needs.<interface>` is none when unbound; `needs.<interface>.bound` lists the interfaces for
    /// which the first provider has a provider of its own. Without it, the setting always has one.
    #[serde(default)]
    pub when: Option<String>,
    /// Another setting that it must not be larger than. Without it, there is none.
    #[serde(default)]
    pub at_most: Option<String>,
    /// For a list: its words are parts of an API, and switch them on.
    #[serde(default)]
    pub opens: Option<Opens>,
}

/// What a setting means, whatever it is called in one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Public keys that this service signs for.
    ValidatorKeys,
    /// Whether it listens for a second copy of its keys before it signs (a boolean).
    DoppelgangerProtection,
    /// Whether it refuses to sign what contradicts what it signed before (a boolean).
    SlashingProtection,
    /// Whether it begins a new signing history where it finds none (a boolean).
    NewSlashingProtection,
    /// The account that earns.
    FeeRecipient,
    /// Text in proposed blocks.
    Graffiti,
    /// Addresses to find peers with.
    Peers,
    /// Relays that offer blocks, each as `https://<public key>@<host>`.
    Relays,
    /// Web origins whose pages may call its API from a browser.
    BrowserOrigins,
    /// Most requests of one client; 0 is no limit.
    RateLimit,
    /// A DNS name for which it gets a certificate from an authority.
    PublicName,
    /// The mail address that the authority writes to.
    Contact,
    /// Memory that it takes for sure, beside what it needs to run.
    Memory,
    /// Disk space that it may take.
    Disk,
    /// How much of the chain is kept: other values than the default need less disk.
    History,
}

/// The parts of an API that a setting switches on.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Opens {
    /// The interfaces on which they are offered.
    pub on: Vec<String>,
    /// Words by which a stranger can stop, overload or take over the program.
    #[serde(default)]
    pub dangerous: Vec<String>,
    /// Words that never belong there, since a port with its own authentication has them.
    #[serde(default)]
    pub never: Vec<String>,
}

/// A secret that netgen's deploy makes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Generate {
    /// What is made.
    pub form: GenerateForm,
    /// Who shares it.
    #[serde(default)]
    pub scope: Scope,
}

/// Tells a program that runs that a secret, which it keeps itself, has another value from now on.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rotate {
    /// The program and its arguments (templates), run in the container. They hold no secret.
    pub command: Vec<String>,
    /// What it reads from standard input, with `{{ value }}` for the new secret (filters of Ansible may
    /// quote it). Rendered on the host, never in the bundle.
    pub input: String,
}

/// Points at a setting of a provider.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SameAs {
    /// The need.
    pub need: String,
    /// The setting of its provider.
    pub setting: String,
}
