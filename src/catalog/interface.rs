//! Interfaces: what a component offers to others and what it needs of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::health::Health;
use crate::manifest::Exposure;

/// The transport of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Transport {
    /// `tcp` or `udp`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// One transport or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Transports {
    /// One of them.
    One(Transport),
    /// A list.
    Many(Vec<Transport>),
}

impl Default for Transports {
    fn default() -> Self {
        Self::One(Transport::Tcp)
    }
}

impl Transports {
    /// The transports, each once, TCP first.
    pub fn list(&self) -> Vec<Transport> {
        let mut list = match self {
            Self::One(one) => vec![*one],
            Self::Many(many) => many.clone(),
        };
        list.sort_unstable();
        list.dedup();
        list
    }
}

/// Something a component offers.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Interface {
    /// The default port. Without it, the interface only orders starts or lends a volume.
    #[serde(default)]
    pub port: Option<u16>,
    /// The port inside the container where the program cannot be told another one.
    #[serde(default)]
    pub fixed_port: bool,
    /// TCP unless said otherwise.
    #[serde(default)]
    pub transport: Transports,
    /// The scheme of the URL that consumers get. Without it, `tcp`.
    #[serde(default)]
    #[schemars(extend("examples" = ["http", "ws", "grpc", "postgresql"]))]
    pub protocol: Option<String>,
    /// The path of the URL. Without it, none.
    #[serde(default)]
    #[schemars(extend("examples" = ["/metrics"]))]
    pub path: Option<String>,
    /// Who may reach it.
    #[serde(default = "private")]
    pub exposure: Exposure,
    /// The setting (of type `secret`) that both ends must share. Without it, nothing is shared.
    #[serde(default)]
    pub auth: Option<String>,
    /// The volume that is lent to those who need this interface. Without it, none is.
    #[serde(default)]
    pub volume: Option<String>,
    /// An expression over the settings; not offered where it is false or empty. Without it, it is
    /// always offered.
    #[serde(default)]
    #[schemars(extend("examples" = ["settings.ws"]))]
    pub when: Option<String>,
    /// People look at it in a browser: it is published on the loopback address of its host at
    /// least, so that an SSH tunnel reaches it.
    #[serde(default)]
    pub ui: bool,
    /// Who reads along or speaks it can sign, take data, or steer the program. It must not cross an
    /// open network without encryption.
    #[serde(default)]
    pub sensitive: bool,
    /// The port at which strangers look for it. Without it, they are told.
    #[serde(default)]
    pub found_at: Option<u16>,
    /// At most one service may use it.
    #[serde(default)]
    pub exclusive: bool,
    /// Nothing can be changed through it: a copy that follows another provider. Without it, who connects may
    /// write.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// How the health of the program is asked for here. Without it, it is not asked here.
    #[serde(default)]
    pub health: Option<Health>,
    /// One line: what it is for. Without it, its name must say enough.
    #[serde(default)]
    pub doc: Option<String>,
}

impl Interface {
    /// Whether it is asked by HTTP, encrypted or not.
    pub fn speaks_http(&self) -> bool {
        matches!(self.protocol.as_deref(), Some("http" | "https"))
    }
}

fn private() -> Exposure {
    Exposure::Private
}

/// Something a component needs.
///
/// `optional` says whether it may be bound to nothing at all; `soft` says what happens when it was
/// bound and every provider of it stops.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Need {
    /// Whether it runs without.
    #[serde(default)]
    pub optional: bool,
    /// It may be left unbound where this other need, which stands before it, is bound. Without it, only
    /// `optional` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["json-rpc"]))]
    pub unless: Option<String>,
    /// Whether it keeps doing its duty while no provider of it is up: a beacon node without its block
    /// builder, a metrics store without one of its targets. Any other need, once bound, is hard: when
    /// the last provider stops, the component counts as stopped too.
    #[serde(default)]
    pub soft: bool,
    /// Whether it takes several providers: a fallback list in order, or backends of a proxy.
    #[serde(default)]
    pub many: bool,
    /// Binds every provider in the whole network (a metrics store and its scrape targets).
    #[serde(default)]
    pub every: bool,
    /// Whether the first provider must be up before it starts.
    #[serde(default = "wait")]
    pub wait: bool,
    /// The interface of its own at which it takes requests that it passes on to the providers. Without
    /// it, it passes none on.
    #[serde(default)]
    #[schemars(extend("examples" = ["rpc"]))]
    pub forwards: Option<String>,
    /// The provider keeps what was signed, so that nothing is signed twice.
    #[serde(default)]
    pub signing_history: bool,
    /// It changes what the provider keeps, so a provider that is only read does not serve. Without it, it only
    /// reads; a signing history is always changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writes: bool,
    /// One line: what it is for. Without it, its name must say enough.
    #[serde(default)]
    pub doc: Option<String>,
}

impl Need {
    /// Whether it changes what the provider keeps.
    pub fn changes(&self) -> bool {
        self.writes || self.signing_history
    }
}

fn wait() -> bool {
    true
}
