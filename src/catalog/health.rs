//! How the health of a program is asked for from outside, and what the answers mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::component::Component;
use super::sync::{SyncAnswers, SyncProtocol};
use crate::hashed::IndexMap;

/// The questions that an interface answers about the health of its program.
///
/// Whether it is alive need not be told: it is where it accepts connections, and answers where it
/// speaks HTTP. What the interface of `sync` is asked follows from its protocol, and is said here only
/// where it differs.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Health {
    /// Whether it is in sync and can serve. Without it, it does not say.
    #[serde(default)]
    pub ready: Option<Question>,
    /// Whether it can take part in consensus; asked of nodes that vote. Without it, it does not say.
    #[serde(default)]
    pub consensus: Option<Question>,
}

/// A question by HTTP and the answer that means yes.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Question {
    /// The path. Without it, the path of the interface.
    #[serde(default)]
    #[schemars(extend("examples" = ["/eth/v1/node/health"], "pattern" = "^/[!-~]*$"))]
    pub path: Option<String>,
    /// The body of a POST, in JSON. Without it, it is a GET.
    #[serde(default)]
    #[schemars(extend("pattern" = "^[ -~]+$", "examples" = [r#"{"jsonrpc":"2.0","id":1,"method":"eth_syncing","params":[]}"#]))]
    pub body: Option<String>,
    /// The status codes that mean yes: a list of numbers and ranges.
    #[serde(default = "ok")]
    #[schemars(extend("pattern" = "^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$"))]
    pub status: String,
    /// Regular expressions (PCRE) that must all be found in the body.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^[ -~]+$")))]
    pub finds: Vec<String>,
}

fn ok() -> String {
    "200".to_owned()
}

/// One of the three things that health is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// It answers.
    Live,
    /// It is in sync.
    Ready,
    /// It can take part in consensus.
    Consensus,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Live, Self::Ready, Self::Consensus];

    /// The word of its path.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ready => "ready",
            Self::Consensus => "consensus",
        }
    }
}

impl Health {
    /// The question of an aspect, where it is one of its own.
    pub fn question(&self, aspect: Aspect) -> Option<&Question> {
        match aspect {
            Aspect::Live => None,
            Aspect::Ready => self.ready.as_ref(),
            Aspect::Consensus => self.consensus.as_ref(),
        }
    }

    /// These questions, and those of `others` about what these do not ask.
    fn or(self, others: Self) -> Self {
        Self { ready: self.ready.or(others.ready), consensus: self.consensus.or(others.consensus) }
    }
}

impl Component {
    /// The questions that an interface answers: its own, and those of the protocol in which it tells
    /// how far the program is. `None` where it is not asked at all.
    pub fn health_of(&self, interface: &str) -> Option<Health> {
        let own = self.provides.get(interface)?.health.clone();
        let sync = self.sync.as_ref().filter(|sync| sync.interface.as_deref() == Some(interface));
        let usual = sync.and_then(|sync| match &sync.answers {
            SyncAnswers::Protocol(protocol) => protocol.health(),
            SyncAnswers::Metrics(_) => None,
        });
        match (own, usual) {
            (Some(own), Some(usual)) => Some(own.or(usual)),
            (own, usual) => own.or(usual),
        }
    }
}

impl SyncProtocol {
    /// What a program that speaks the protocol is asked.
    fn health(self) -> Option<Health> {
        let no = |field: &str| format!(r#""{field}"[[:space:]]*:[[:space:]]*false"#);
        let get = |path: &str, finds: Vec<String>| {
            Some(Question { path: Some(path.to_owned()), body: None, status: ok(), finds })
        };
        let call = |method: &str, find: String| {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[]}}"#);
            Some(Question { path: None, body: Some(body), status: ok(), finds: vec![find] })
        };
        let (ready, consensus) = match self {
            // In sync, it answers `false`; else with an object.
            Self::Ethereum => (call("eth_syncing", no("result")), None),
            // 200 is in sync, 206 alive and syncing. Duties need an execution client that answers and that
            // has checked the head.
            Self::Beacon => (
                get("/eth/v1/node/health", Vec::new()),
                get("/eth/v1/node/syncing", ["is_syncing", "is_optimistic", "el_offline"].map(no).to_vec()),
            ),
            // A validator is one that has voting power.
            Self::Cometbft => (
                get("/status", vec![no("catching_up")]),
                get(
                    "/status",
                    vec![no("catching_up"), r#""voting_power"[[:space:]]*:[[:space:]]*"[1-9]"#.to_owned()],
                ),
            ),
            Self::Solana => (call("getHealth", r#""result"[[:space:]]*:[[:space:]]*"ok""#.to_owned()), None),
            Self::Substrate => (call("system_health", no("isSyncing")), None),
            // Its RPC wants a password.
            Self::Bitcoin => return None,
        };
        Some(Health { ready, consensus })
    }
}

/// What is wrong with the health of a component's interfaces, each with a remedy.
pub fn problems(provides: &IndexMap<String, super::interface::Interface>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, interface) in provides {
        let Some(health) = &interface.health else { continue };
        if interface.port.is_none() {
            found.push(format!("interface `{name}` has `health` and no port where it could be asked"));
        }
        let asked = [&health.ready, &health.consensus].into_iter().flatten().next().is_some();
        if asked && interface.protocol.as_deref() != Some("http") {
            found.push(format!("interface `{name}`: only an interface with `protocol: http` can be asked"));
        }
    }
    found
}
