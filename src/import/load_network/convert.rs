//! What the template of the new manifest sees, and what is not carried over.

use serde_json::{Map, Value, json};

use super::Options;
use super::format::{Blockscout, Host, Manifest, Node, Tuning};
use super::ports::{NodePorts, STRIDE};
use super::quantity::{size, time};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Span;

const VALIDATOR: &str = "validator";

/// What is not carried over, with the line that says it and what to do.
fn lost(sink: &mut Sink, span: Span, message: &str, here: &str, help: &str) {
    sink.push(Diagnostic::new(&codes::NOT_IMPORTED, span, message).here(here).help(help));
}

pub(super) fn context(
    file: &str,
    manifest: &Manifest,
    ports: &[Option<NodePorts>],
    options: &Options,
    sink: &mut Sink,
) -> Value {
    left_out(manifest, options, sink);
    let name = file.rsplit('/').next().unwrap_or(file);
    let shared = manifest.sync.tuning();
    let followers = manifest.sync.fullnode.clone().unwrap_or_default();
    let mut sizes = Map::new();
    for (key, written) in
        [("pubsub-max-size", &manifest.p2p.pubsub_max_size), ("rpc-max-size", &manifest.p2p.rpc_max_size)]
    {
        if let Some(size) = written.as_ref().and_then(|written| size(written, sink)) {
            sizes.insert(key.to_owned(), size.into());
        }
    }
    let mut validator = settings(&shared, sink);
    // What both have is told once.
    let mut follower = settings(&followers.or(shared), &mut Sink::new());
    if let Some(own) = &manifest.sync.fullnode {
        settings(own, sink);
    }
    for settings in [&mut validator, &mut follower] {
        settings.extend(sizes.clone());
    }
    json!({
        "file": name,
        "network": { "name": manifest.network.name.value, "chain_id": manifest.network.chain_id.value },
        "genesis_time": options.genesis_time.as_ref().unwrap_or(&options.now),
        "alloc": alloc(manifest),
        "images": {
            "consensus": manifest.images.ultramarine.value,
            "execution": manifest.images.load_reth.value,
        },
        "hosts": hosts(manifest),
        "nodes": nodes(manifest, ports),
        "followers": manifest.nodes.value.iter().any(|node| node.role.value != VALIDATOR),
        "block": block(manifest),
        "validator": validator,
        "follower": follower,
        "archiver": {
            "url": manifest.archiver.provider_url.value,
            "id": manifest.archiver.provider_id.value,
        },
        "secrets": options.secrets,
        "keys": options.keys.as_ref().map(|keys| keys.trim_end_matches('/')),
        "explorer": manifest.blockscout.as_ref().and_then(|b| explorer(&b.value)),
        "monitoring_host": monitoring_host(manifest),
        "may_lose_no_host": manifest.validation.allow_unsafe_failure_domains.value,
    })
}

/// Everything that netgen has no word for.
fn left_out(manifest: &Manifest, options: &Options, sink: &mut Sink) {
    let span = manifest.engine.ipc_path_template.span;
    lost(
        sink,
        span,
        "the path of the socket is not carried over",
        "netgen puts it into the data folder of the node",
        "nothing to do, unless programs of your own use the socket",
    );
    lost(
        sink,
        manifest.exposure.metrics_bind.span,
        "the address of metrics is not carried over",
        "netgen lets Prometheus reach metrics, and nobody else",
        "nothing to do, unless programs of your own read them",
    );
    if manifest.execution.is_none() {
        lost(
            sink,
            manifest.network.chain_id.span,
            "the three accounts of development are not carried over",
            "without `execution` they have 15000 each, and everybody knows their keys",
            "name your own accounts under `genesis.execution.alloc`",
        );
    }
    if options.genesis_time.is_none() {
        lost(
            sink,
            manifest.network.chain_id.span,
            "the time of the first block is not in the file",
            &format!("taken to be {}", options.now),
            "for a chain that runs, give `--genesis-time` what `timestamp` of its genesis.json says",
        );
    }
    if options.keys.is_none() {
        lost(
            sink,
            manifest.nodes.span,
            "the keys of the nodes are not carried over",
            "`netgen keys` makes new ones, and with them another chain",
            "for a network that runs, give `--keys` its folder `bundle/private`",
        );
    }
    let Some(explorer) = &manifest.blockscout else { return };
    if explorer.value.enabled.value {
        lost(
            sink,
            explorer.value.rpc_node.span,
            "the namespaces `debug` and `trace` are not carried over",
            "JSON-RPC of this node is open to strangers",
            "let the explorer read a node of its own, and give that one `http-api: [eth, net, web3, txpool, debug, trace]`",
        );
    } else {
        lost(
            sink,
            explorer.value.enabled.span,
            "an explorer that is switched off is not carried over",
            "nothing of it is deployed",
            "switch it on before the import, if you want it",
        );
    }
}

fn settings(tuning: &Tuning, sink: &mut Sink) -> Map<String, Value> {
    let Tuning { parallel_requests, request_timeout, max_request_size, max_response_size, batch_size } =
        tuning;
    let mut map = Map::new();
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    add("sync-parallel-requests", parallel_requests.as_ref().map(|n| n.value.into()));
    add("sync-request-timeout", request_timeout.as_ref().and_then(|t| time(t, sink)).map(Value::from));
    add("sync-max-request", max_request_size.as_ref().and_then(|s| size(s, sink)).map(Value::from));
    add("sync-max-response", max_response_size.as_ref().and_then(|s| size(s, sink)).map(Value::from));
    add("sync-batch", batch_size.as_ref().map(|n| n.value.into()));
    map
}

fn alloc(manifest: &Manifest) -> Value {
    let accounts = manifest.execution.iter().flat_map(|execution| &execution.alloc.value);
    accounts.map(|a| json!({ "address": a.address.value, "wei": a.balance_wei.value })).collect()
}

fn hosts(manifest: &Manifest) -> Value {
    let host = |h: &Host| json!({ "id": h.id.value, "address": h.public_ip.value, "user": h.ssh_user.value });
    manifest.hosts.value.iter().map(host).collect()
}

fn nodes(manifest: &Manifest, ports: &[Option<NodePorts>]) -> Value {
    let nodes = manifest.nodes.value.iter().zip(ports);
    let node = |(node, ports): (&Node, &Option<NodePorts>)| {
        json!({
            "id": node.id.value,
            "host": node.host.value,
            "role": node.role.value,
            "votes": node.role.value == VALIDATOR,
            "ports": ports,
        })
    };
    nodes.map(node).collect()
}

/// The stride and the bases, where ports are given in blocks; the template knows the usual bases.
fn block(manifest: &Manifest) -> Value {
    let ports = &manifest.ports;
    if ports.allocation.value != "host-block" {
        return Value::Null;
    }
    json!({
        "stride": ports.host_block_stride.as_ref().map_or(STRIDE, |stride| stride.value),
        "bases": [
            ports.el.http.value,
            ports.el.authrpc.as_ref().map_or(8551, |port| port.value),
            ports.el.p2p.value,
            ports.el.metrics.value,
            ports.cl.p2p.value,
            ports.cl.mempool.value,
            ports.cl.metrics.value,
        ],
    })
}

fn explorer(explorer: &Blockscout) -> Option<Value> {
    let ssl = explorer.ssl.as_ref().filter(|_| explorer.enabled.value)?;
    Some(json!({
        "host": explorer.host.value,
        "node": explorer.rpc_node.value,
        "domain": explorer.domains.explorer.value,
        "stats": explorer.domains.stats.value,
        "rpc": explorer.domains.rpc.value,
        "email": ssl.email.value,
    }))
}

/// The host of the explorer, else the last one without a validator, else the last one.
fn monitoring_host(manifest: &Manifest) -> Option<&str> {
    let explorer = manifest.blockscout.as_ref().filter(|explorer| explorer.value.enabled.value);
    let votes = |host: &str| {
        manifest.nodes.value.iter().any(|node| node.host.value == host && node.role.value == VALIDATOR)
    };
    let names = || manifest.hosts.value.iter().map(|host| host.id.value.as_str()).rev();
    explorer
        .map(|explorer| explorer.value.host.value.as_str())
        .or_else(|| names().find(|host| !votes(host)))
        .or_else(|| names().next())
}
