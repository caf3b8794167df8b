//! What the catalog says of components that contradict themselves.

use crate::{Input, Options, compile_to_plan, world::MemoryWorld};

/// What is said of a component that has this under a key, about that key.
pub(super) fn complaints(key: &str, value: &str) -> Vec<String> {
    let manifest = format!(
        "netgen: 1\nnetwork: {{ name: own, chain: hoodi, environment: development }}\n\
         hosts: {{ h1: {{ address: 192.0.2.1 }} }}\n\
         services: {{ a: {{ component: own, host: h1 }} }}\n\
         components:\n  own:\n    component: own\n    summary: Own\n    kind: chain-node\n    \
         version: {{ tested: \"1\" }}\n    image: example.org/own\n    \
         provides: {{ rpc: {{ port: 1, protocol: http }}, p2p: {{ port: 2 }} }}\n    \
         metrics: {{ own_height: {{ type: gauge, help: Height, labels: [chain] }} }}\n    sources: [ none ]\n    {key}: {value}\n"
    );
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let diagnostics = compile_to_plan(&world, &Input::new("network.yaml"), options).diagnostics;
    let about = diagnostics.iter().map(|d| d.message.clone()).filter(|m| m.contains(&format!("`{key}`")));
    about.map(|message| message.replace("component `own`: ", "")).collect()
}
