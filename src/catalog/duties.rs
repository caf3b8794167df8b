//! What a program does for consensus: how it tells when it proposes, and that it takes part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::component::Component;
use super::interface::Interface;
use crate::hashed::IndexMap;
use crate::manifest::quantity::Duration;

/// The duties of a program that signs for validators. A roll-out restarts it when it has none at hand,
/// and goes on when it takes part again.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Duties {
    /// Who tells when it proposes a block next. Without it, it is restarted at any time.
    #[serde(default)]
    pub proposals: Option<Proposals>,
    /// What tells that it takes part. Without it, nobody asks.
    #[serde(default)]
    pub done: Option<Done>,
}

/// Who tells which validator proposes next.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Proposals {
    /// An interface of its own, or one that it needs: then its providers are asked in their order.
    #[schemars(extend("examples" = ["beacon-api", "rpc"]))]
    pub interface: String,
    /// The protocol.
    pub answers: ProposalProtocol,
}

/// A protocol in which the next proposals can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalProtocol {
    /// The Beacon API: the proposers of this epoch and of the next one, by their public keys. Those of
    /// the program are in settings that hold validator keys, and in the `keys` of its volumes.
    Beacon,
    /// RPC of `CometBFT`: whether the node itself proposes the block that is being agreed on.
    Cometbft,
}

/// What grows with every duty that is done, from 0 at each start.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Done {
    /// The interface that exports it.
    #[serde(default = "metrics")]
    pub interface: String,
    /// One of `metrics`; all series with the labels count together.
    pub metric: String,
    /// Labels that the series must have.
    #[serde(default)]
    pub labels: IndexMap<String, String>,
    /// After a start, the first duty is done within this time.
    #[schemars(extend("examples" = ["15m"]))]
    pub within: Duration,
}

fn metrics() -> String {
    "metrics".to_owned()
}

/// What is wrong with the duties of a component, each with a remedy.
pub fn problems(component: &Component) -> Vec<String> {
    let Some(duties) = &component.duties else { return Vec::new() };
    let http = |name: &str| component.provides.get(name).is_some_and(Interface::speaks_http);
    let mut found = Vec::new();
    if let Some(proposals) = &duties.proposals {
        let name = &proposals.interface;
        if !http(name) && !component.needs.contains_key(name) {
            found.push(format!("`duties` asks `{name}`, which is neither provided over HTTP nor needed"));
        }
    }
    if let Some(done) = &duties.done {
        let name = &done.interface;
        if !http(name) {
            found.push(format!("`duties` reads metrics at `{name}`, which is not provided over HTTP"));
        }
        match component.metrics.get(&done.metric) {
            None => found
                .push(format!("`duties` reads the metric `{}`, which is not under `metrics`", done.metric)),
            Some(metric) => {
                let unknown = done.labels.keys().filter(|label| !metric.labels.contains(label));
                found.extend(unknown.map(|label| {
                    format!("`duties` reads the label `{label}`, which `{}` does not have", done.metric)
                }));
            }
        }
    }
    if duties.proposals.is_none() && duties.done.is_none() {
        found.push("`duties` says nothing; add `proposals` or `done`".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::catalog::tests::complaints;

    #[test]
    fn who_is_asked_must_be_able_to_answer() {
        for good in [
            "{ proposals: { interface: rpc, answers: cometbft } }",
            "{ done: { interface: rpc, metric: own_height, labels: { chain: a }, within: 1m } }",
        ] {
            assert!(complaints("duties", good).is_empty(), "{good}: {:?}", complaints("duties", good));
        }
        for (bad, word) in [
            ("{}", "says nothing"),
            ("{ proposals: { interface: rcp, answers: cometbft } }", "`rcp`, which is neither provided"),
            ("{ proposals: { interface: p2p, answers: beacon } }", "`p2p`, which is neither provided"),
            ("{ done: { metric: own_height, within: 1m } }", "at `metrics`, which is not provided"),
            ("{ done: { interface: rpc, metric: own_hight, within: 1m } }", "`own_hight`"),
            ("{ done: { interface: rpc, metric: own_height, labels: { b: c }, within: 1m } }", "label `b`"),
        ] {
            let said = complaints("duties", bad);
            assert!(said.len() == 1 && said[0].contains(word), "{bad}: {said:?}");
        }
    }
}
