//! How far a program is along its chain: who is asked, and in which language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::component::Component;

/// Who tells how far a program is along its chain.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SyncStatus {
    /// The interface that answers, over HTTP. Without it, `command` asks.
    #[serde(default)]
    #[schemars(extend("examples" = ["eth-rpc", "beacon-api", "metrics"]))]
    pub interface: Option<String>,
    /// A client of the program and its arguments (templates), run beside it; the method is added at the
    /// end. Without it, `interface` is asked.
    #[serde(default)]
    pub command: Vec<String>,
    /// How it is asked: a protocol by its name, or the names of metrics.
    pub answers: SyncAnswers,
}

/// What the answer looks like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SyncAnswers {
    /// A protocol that is known.
    Protocol(SyncProtocol),
    /// Metrics, for programs that speak none of the protocols.
    Metrics(SyncMetrics),
}

/// A protocol in which the height, the target and the peers can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SyncProtocol {
    /// JSON-RPC of Ethereum: `eth_syncing`, `eth_blockNumber`, `net_peerCount`.
    Ethereum,
    /// The Beacon API: `/eth/v1/node/syncing`, `/eth/v1/node/peer_count`. Heights are slots.
    Beacon,
    /// RPC of `CometBFT`: `/status`, `/net_info`.
    Cometbft,
    /// RPC of Bitcoin, by `command`: `getblockchaininfo`, `getnetworkinfo`.
    Bitcoin,
    /// JSON-RPC of Solana: `getSlot`, `getHealth`, `getClusterNodes`. Heights are slots.
    Solana,
    /// JSON-RPC of Substrate: `system_health`, `system_syncState`.
    Substrate,
}

/// The metrics that tell how far a program is; each is one of `metrics`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SyncMetrics {
    /// The height it has reached.
    pub height: String,
    /// The height it is on its way to. Without it, no target is told.
    #[serde(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How many peers it has. Without it, no peers are told.
    #[serde(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peers: Option<String>,
    /// Above 0 while it catches up. Without it, it does so while `target` is above `height`.
    #[serde(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub syncing: Option<String>,
}

impl SyncMetrics {
    fn names(&self) -> impl Iterator<Item = &String> {
        [Some(&self.height), self.target.as_ref(), self.peers.as_ref(), self.syncing.as_ref()]
            .into_iter()
            .flatten()
    }
}

/// What is wrong with the way in which a component is asked, each with a remedy.
pub fn problems(component: &Component) -> Vec<String> {
    let Some(sync) = &component.sync else { return Vec::new() };
    let mut found = Vec::new();
    let by_command = sync.answers == SyncAnswers::Protocol(SyncProtocol::Bitcoin);
    match (&sync.interface, sync.command.is_empty()) {
        (Some(_), false) => found.push("`sync` has `interface` and `command`; keep one of them".to_owned()),
        (None, true) => found.push("`sync` names nobody to ask; add `interface`".to_owned()),
        (None, false) if !by_command => {
            found.push(
                "`sync` asks by `command`, which only `answers: bitcoin` does; name an `interface`"
                    .to_owned(),
            );
        }
        (Some(_), true) if by_command => {
            found.push(
                "`sync` with `answers: bitcoin` needs `command`, since its RPC wants a password".to_owned(),
            );
        }
        _ => {}
    }
    if let Some(name) = &sync.interface {
        match component.provides.get(name) {
            None => found.push(format!("`sync` names the interface `{name}`, which is not provided")),
            Some(interface) if !interface.speaks_http() => {
                found.push(format!("`sync` asks the interface `{name}`, whose protocol is not `http`"));
            }
            Some(_) => {}
        }
    }
    if let SyncAnswers::Metrics(metrics) = &sync.answers {
        let unknown = metrics.names().filter(|name| !component.metrics.contains_key(*name));
        found.extend(
            unknown.map(|name| format!("`sync` reads the metric `{name}`, which is not under `metrics`")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::catalog::tests::complaints;

    fn said(sync: &str) -> Vec<String> {
        complaints("sync", sync)
    }

    #[test]
    fn who_is_asked_must_be_able_to_answer() {
        for good in [
            "{ interface: rpc, answers: ethereum }",
            "{ command: [own-cli], answers: bitcoin }",
            "{ interface: rpc, answers: { height: own_height } }",
        ] {
            assert!(said(good).is_empty(), "{good}: {:?}", said(good));
        }
        for (bad, word) in [
            ("{ answers: ethereum }", "names nobody to ask"),
            ("{ interface: rcp, answers: ethereum }", "`rcp`, which is not provided"),
            ("{ interface: p2p, answers: ethereum }", "is not `http`"),
            ("{ interface: rpc, command: [a], answers: bitcoin }", "keep one"),
            ("{ command: [a], answers: ethereum }", "name an `interface`"),
            ("{ interface: rpc, answers: bitcoin }", "needs `command`"),
            ("{ interface: rpc, answers: { height: own_hight } }", "`own_hight`"),
        ] {
            let said = said(bad);
            assert!(said.len() == 1 && said[0].contains(word), "{bad}: {said:?}");
        }
    }
}
