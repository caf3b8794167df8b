//! The files of the first block: the genesis of execution clients, and the validator set.

use serde_json::{Map, Value, json};

use super::build::Context;
use crate::diag::{Diagnostic, codes};
use crate::emit::format::json;
use crate::identity::Registry;
use crate::lock::GenesisPins;
use crate::topology::{ExecutionGenesis, Genesis, Topology};

/// The files of the first block, as every node reads them.
#[derive(Clone, Debug)]
pub struct GenesisFiles {
    /// `genesis.json` of an Ethereum execution client.
    pub execution: Option<String>,
    /// `genesis.json` of CometBFT.
    pub consensus: Option<String>,
    /// Whether every validator has an identity; without, the consensus file is good for a look only.
    pub complete: bool,
    /// The validators as templates see them.
    pub validators: Vec<Value>,
}

/// Makes the files and compares them with the lock.
pub(super) fn build(
    cx: &mut Context<'_>,
    topology: &Topology,
    identities: &Registry,
) -> Option<GenesisFiles> {
    let genesis = topology.genesis.as_ref()?;
    let mut files = GenesisFiles { execution: None, consensus: None, complete: true, validators: Vec::new() };
    if let Some(execution) = &genesis.execution {
        let value = execution_json(cx, genesis, execution);
        files.execution = json::pretty(&value).ok();
    }
    if let Some(height) = genesis.initial_height {
        let (validators, complete) = validators(topology, identities);
        files.consensus = json::pretty(&consensus_json(topology, genesis, height, &validators)).ok();
        files.validators = validators;
        files.complete = complete;
    }
    if !cx.allow_unlocked {
        compare(cx, genesis, &files);
    }
    Some(files)
}

/// The hashes of the files.
pub fn pins(files: &GenesisFiles) -> GenesisPins {
    let pin = |text: &Option<String>| text.as_ref().map(|text| GenesisPins::pin(text));
    GenesisPins {
        execution: pin(&files.execution),
        consensus: pin(&files.consensus).filter(|_| files.complete),
    }
}

fn compare(cx: &mut Context<'_>, genesis: &Genesis, files: &GenesisFiles) {
    let (now, locked) = (pins(files), cx.lock.genesis.clone().unwrap_or_default());
    for (name, now, locked) in
        [("execution", now.execution, locked.execution), ("consensus", now.consensus, locked.consensus)]
    {
        let Some(now) = now else { continue };
        let diagnostic = match locked {
            Some(locked) if locked == now => continue,
            Some(locked) => Diagnostic::new(
                &codes::GENESIS_NOT_LOCKED,
                genesis.origin,
                format!("the {name} genesis is not the one in the lock"),
            )
            .here("gives another first block")
            .label(locked.span, "the first block that was agreed on")
            .help("undo the change: nodes that run would refuse the new block")
            .help("if the chain was never started, take `[genesis]` out of the lock and run `netgen lock`"),
            None => Diagnostic::new(
                &codes::GENESIS_NOT_LOCKED,
                genesis.origin,
                format!("the {name} genesis is not in the lock"),
            )
            .here("could change unseen")
            .help("`netgen lock` adds its hash; `--allow-unlocked` builds without, for development"),
        };
        cx.sink.push(diagnostic);
    }
}

fn execution_json(cx: &mut Context<'_>, genesis: &Genesis, execution: &ExecutionGenesis) -> Value {
    let data = cx.catalog.genesis_data(cx.sources, cx.sink);
    let mut config = Map::new();
    config.insert("chainId".to_owned(), execution.chain_id.into());
    let mut blobs = Map::new();
    let mut alloc = Map::new();
    for fork in data.forks.iter().filter(|fork| fork.fork <= execution.fork) {
        config.extend(fork.config.iter().map(|(key, value)| (key.clone(), value.clone())));
        let name = serde_json::to_value(fork.fork).unwrap_or_default();
        if let (Some(name), Some(schedule)) = (name.as_str(), &fork.blobs) {
            blobs.insert(name.to_owned(), schedule.clone());
        }
        for (address, code) in fork.contracts.iter().filter(|_| execution.system_contracts) {
            alloc.insert(format!("0x{address}"), json!({ "nonce": "0x1", "balance": "0x0", "code": code }));
        }
    }
    if !blobs.is_empty() {
        config.insert("blobSchedule".to_owned(), blobs.into());
    }
    // What the manifest gives an address wins over what the fork puts there.
    for (address, account) in &execution.alloc {
        let mut entry = Map::new();
        entry.insert("balance".to_owned(), account.balance.clone().into());
        if account.nonce > 0 {
            entry.insert("nonce".to_owned(), format!("{:#x}", account.nonce).into());
        }
        if let Some(code) = &account.code {
            entry.insert("code".to_owned(), code.clone().into());
        }
        if !account.storage.is_empty() {
            entry.insert("storage".to_owned(), json!(account.storage));
        }
        alloc.insert(format!("0x{address}"), entry.into());
    }
    alloc.sort_keys();
    json!({
        "config": config,
        "nonce": "0x0",
        "timestamp": format!("{:#x}", genesis.timestamp),
        "extraData": execution.extra_data,
        "gasLimit": format!("{:#x}", execution.gas_limit),
        "difficulty": "0x0",
        "mixHash": format!("0x{}", "0".repeat(64)),
        "coinbase": format!("0x{}", "0".repeat(40)),
        "baseFeePerGas": format!("{:#x}", execution.base_fee),
        "alloc": alloc,
    })
}

/// The validators by service name, and whether every one has an identity.
fn validators(topology: &Topology, identities: &Registry) -> (Vec<Value>, bool) {
    let mut list = Vec::new();
    let mut complete = true;
    for service in &topology.services {
        let Some(node) = service.node.map(|node| &topology.nodes[node]) else { continue };
        let voting = service.component.identities.iter().filter(|(_, identity)| identity.votes);
        for (name, _) in voting.filter(|_| node.voting_power > 0) {
            let Some(identity) = identities.get(&service.name, name) else {
                complete = false;
                continue;
            };
            let mut facts = super::peers::facts(&identity.public);
            facts.insert("name".to_owned(), node.name.clone().into());
            facts.insert("voting_power".to_owned(), node.voting_power.into());
            list.push(facts.into());
        }
    }
    (list, complete)
}

/// CometBFT, types/genesis.go: numbers of 64 bits are strings; parameters that are left out are its own.
fn consensus_json(topology: &Topology, genesis: &Genesis, height: u64, validators: &[Value]) -> Value {
    let validators: Vec<Value> = validators
        .iter()
        .map(|v| {
            json!({
                "address": v["address"],
                "pub_key": { "type": "tendermint/PubKeyEd25519", "value": v["base64"] },
                "power": v["voting_power"].to_string(),
                "name": v["name"],
            })
        })
        .collect();
    json!({
        "genesis_time": genesis.time,
        "chain_id": topology.chain.id,
        "initial_height": height.to_string(),
        "validators": validators,
        "app_hash": "",
    })
}
