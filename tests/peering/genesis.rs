//! The first block of a chain that the network starts itself.

use super::*;

const OWN: &str = "chain: own
name: A chain of our own
family: ethereum
network-id: 7331
block-time: 2
consensus: bft
sources: [ its own documentation ]
";

fn execution(alloc: &str) -> String {
    format!(
        "netgen: 1\nnetwork: {{ name: own, chain: own, environment: testnet }}\nhosts: {{ a: {{ address: 203.0.113.10 }} }}\n\
         stacks: {{ el: {{ execution: {{ component: reth }} }} }}\nnodes: {{ one: {{ host: a, role: rpc, stack: el }} }}\n\
         genesis:\n  time: 2026-12-01T12:00:00Z\n  execution:\n    alloc:\n{alloc}"
    )
}

const ALLOC: &str = "      \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\": 5000000 ether
      \"0xde709f2102306220921060314715629080e2fb77\":
        balance: 0x10
        nonce: 1
        code: \"0x6001\"
        storage: { \"0x0000000000000000000000000000000000000000000000000000000000000001\": \"0x00000000000000000000000000000000000000000000000000000000000000ff\" }
";

fn of(manifest: &str, chain: &str, lock: &str, options: Options) -> Compilation {
    let files = [("network.yaml", manifest), ("chains/own.yaml", chain), ("netgen.lock", lock)];
    compile(&world(&files), &Input::new("network.yaml"), options)
}

fn errors(manifest: &str, chain: &str) -> Vec<String> {
    let compilation = of(manifest, chain, "version = 1\n", options());
    compilation
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .map(|d| format!("{} {}", d.rule.code, d.message))
        .collect()
}

#[test]
fn an_execution_genesis_has_what_was_asked_for() {
    let compilation = of(&execution(ALLOC), OWN, "version = 1\n", options());
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{:?}", messages(&compilation)));
    let text = &bundle.get("genesis/execution.json").unwrap().bytes().unwrap();
    let genesis: serde_json::Value = serde_json::from_slice(text).unwrap();
    assert_eq!(genesis["config"]["chainId"], 7331);
    assert_eq!(genesis["config"]["pragueTime"], 0);
    assert_eq!(genesis["config"]["blobSchedule"]["prague"]["max"], 9);
    // 2026-12-01T12:00:00Z
    assert_eq!(genesis["timestamp"], format!("{:#x}", 1_796_126_400_u64));
    assert_eq!(genesis["gasLimit"], "0x1c9c380");
    let alloc = &genesis["alloc"];
    assert_eq!(alloc["0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"]["balance"], "0x422ca8b0a00a425000000");
    let contract = &alloc["0xde709f2102306220921060314715629080e2fb77"];
    assert_eq!((&contract["code"], &contract["nonce"]), (&"0x6001".into(), &"0x1".into()));
    assert_eq!(contract["storage"].as_object().unwrap().len(), 1);
    // The system contracts of the forks stand where their EIPs say.
    assert!(
        alloc["0x000f3df6d732807ef1319fb7b8bb8522d0beac02"]["code"].as_str().unwrap().starts_with("0x3373ff")
    );
    assert_eq!(alloc.as_object().unwrap().len(), 2 + 4);
    // The client begins with it.
    let compose =
        String::from_utf8(bundle.get("compose/a/compose.yaml").unwrap().bytes().unwrap().into_owned())
            .unwrap();
    assert!(compose.contains("--chain=/etc/reth/genesis.json"), "{compose}");
    assert_eq!(&bundle.get("config/a/one-execution/genesis.json").unwrap().bytes().unwrap(), text);
}

#[test]
fn geth_begins_with_it_too() {
    let manifest = execution(ALLOC).replace("component: reth", "component: geth");
    let compilation = of(&manifest, OWN, "version = 1\n", options());
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{:?}", messages(&compilation)));
    let compose =
        String::from_utf8(bundle.get("compose/a/compose.yaml").unwrap().bytes().unwrap().into_owned())
            .unwrap();
    for flag in ["--override.genesis=/etc/geth/genesis.json", "--syncmode=full", "--bootnodes="] {
        assert!(compose.contains(flag), "{flag}: {compose}");
    }
    assert!(!compose.contains("--own"), "the chain is no flag of geth: {compose}");
    assert_eq!(
        bundle.get("config/a/one-execution/genesis.json").unwrap(),
        bundle.get("genesis/execution.json").unwrap()
    );
}

#[test]
fn an_older_fork_brings_less() {
    let manifest = execution(ALLOC).replace("  execution:\n", "  execution:\n    fork: shanghai\n");
    let compilation = of(&manifest, OWN, "version = 1\n", options());
    let bundle = compilation.bundle.as_ref().unwrap();
    let genesis: serde_json::Value =
        serde_json::from_slice(&bundle.get("genesis/execution.json").unwrap().bytes().unwrap()).unwrap();
    assert_eq!(genesis["config"]["shanghaiTime"], 0);
    assert!(genesis["config"].get("cancunTime").is_none() && genesis["config"].get("blobSchedule").is_none());
    assert_eq!(genesis["alloc"].as_object().unwrap().len(), 2);
}

#[test]
fn every_mistake_in_a_genesis_is_told_at_once() {
    let alloc = "      \"0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\": 1 ether
      \"0xde709f2102306220921060314715629080e2fb77\": 1 eth
      \"0xDE709F2102306220921060314715629080E2FB77\": 1
      \"0x1234\": 1
      \"0x0000000000000000000000000000000000000001\": { balance: 1, code: \"0x123\", storage: { \"0x1\": \"0x2\" } }
";
    let found = errors(&execution(alloc).replace("2026-12-01", "2026-13-01"), OWN);
    for part in [
        "`2026-13-01T12:00:00Z` is no moment",
        "contradicts its own checksum",
        "`1 eth` is no balance",
        "stands twice",
        "`0x1234` is no address",
        "the code is no hexadecimal",
        "a slot or value of storage",
    ] {
        assert!(found.iter().any(|m| m.starts_with("NG0630") && m.contains(part)), "{part}: {found:?}");
    }
    let quoted = "      \"0x0000000000000000000000000000000000000002\": \"115792089237316195423570985008687907853269984665640564039457584007913129639936\"\n";
    assert!(errors(&execution(quoted), OWN)[0].contains("is no balance"));
}

#[test]
fn a_chain_of_somebody_else_is_not_started() {
    for id in ["1", "560048", "8453"] {
        let found = errors(&execution(ALLOC), &OWN.replace("7331", id));
        assert!(found.iter().any(|m| m.starts_with("NG0631")), "{id}: {found:?}");
    }
    for none in ["network-id: 0\n", ""] {
        let found = errors(&execution(ALLOC), &OWN.replace("network-id: 7331\n", none));
        assert!(found.iter().any(|m| m.starts_with("NG0630") && m.contains("no chain id")), "{found:?}");
    }
    let other = execution(ALLOC).replace("component: reth", "component: lost")
        + "components:\n  lost:\n    component: lost\n    summary: It\n    kind: execution-client\n    \
           version: { tested: 1.0.0 }\n    image: registry.example.net/lost\n    sources: [ none ]\n";
    assert!(errors(&other, OWN).iter().any(|m| m.starts_with("NG0633")));
    let nothing = "netgen: 1\nnetwork: { name: own, chain: own }\ngenesis: { time: 2026-12-01T12:00:00Z }\n";
    assert!(errors(nothing, OWN).iter().any(|m| m.contains("a genesis of nothing")));
}

#[test]
fn a_first_block_that_changes_is_an_error() {
    let strict = || Options::default();
    let locked = |lock: &str, manifest: &str| -> Vec<String> {
        let compilation = of(manifest, OWN, lock, strict());
        messages(&compilation).into_iter().filter(|m| m.starts_with("NG0632")).collect()
    };
    let manifest = execution(ALLOC);
    assert!(locked("version = 1\n", &manifest)[0].contains("is not in the lock"));
    let compilation = of(&manifest, OWN, "version = 1\n", options());
    let mut lock = Lock::empty();
    lock.genesis = Some(netgen::plan::pins(compilation.plan.as_ref().unwrap().genesis.as_ref().unwrap()));
    let lock = lock.to_toml();
    assert!(locked(&lock, &manifest).is_empty());
    assert!(locked(&lock, &manifest.replace("5000000 ether", "5000001 ether"))[0].contains("is not the one"));
    // The order of writing is no change.
    let (first, rest) = ALLOC.split_once('\n').unwrap();
    assert!(locked(&lock, &execution(&format!("{rest}{first}\n"))).is_empty());
}

fn bft_genesis(component: &str) -> String {
    let manifest = bft(component, "full-mesh");
    format!("{manifest}genesis: {{ time: 2026-12-01T12:00:00Z, consensus: {{ initial-height: 7 }} }}\n")
}

#[test]
fn a_validator_set_is_made_of_the_nodes_that_vote() {
    let manifest = bft_genesis("cometbft");
    let files = [
        ("network.yaml", manifest.as_str()),
        ("chains/own.yaml", CHAIN),
        ("components/cometbft/component.yaml", COMETBFT),
    ];
    let (_, bundle) = built(&files);
    let genesis: serde_json::Value = serde_json::from_str(&bundle["genesis/consensus.json"]).unwrap();
    let public = key(KeyType::Ed25519, "val-node", "validator").public();
    let expected = serde_json::json!({
        "genesis_time": "2026-12-01T12:00:00Z",
        "chain_id": "own",
        "initial_height": "7",
        "validators": [{
            "address": netgen::bundle::sha256(public.bytes())[..40].to_uppercase(),
            "pub_key": { "type": "tendermint/PubKeyEd25519", "value": public.base64() },
            "power": "10",
            "name": "val",
        }],
        "app_hash": "",
    });
    assert_eq!(genesis, expected);
    assert_eq!(bundle["config/c/rpc-node/genesis.json"], bundle["genesis/consensus.json"]);
}

#[test]
fn an_application_writes_its_own_form_of_the_validator_set() {
    let manifest = bft_genesis("malachite-app");
    let files = [
        ("network.yaml", manifest.as_str()),
        ("chains/own.yaml", CHAIN),
        ("components/malachite-app/component.yaml", MALACHITE),
    ];
    let (_, bundle) = built(&files);
    let genesis: serde_json::Value = serde_json::from_str(&bundle["config/a/val-node/genesis.json"]).unwrap();
    let validators = genesis["validator_set"]["validators"].as_array().unwrap();
    let public = key(KeyType::Ed25519, "val-node", "validator").public();
    assert_eq!(validators.len(), 1);
    assert_eq!(validators[0]["public_key"]["value"], public.base64());
    assert_eq!(validators[0]["voting_power"], 10);
}

#[test]
fn a_validator_set_of_nobody_is_an_error() {
    let manifest = bft_genesis("cometbft").replace(", voting-power: 10", "");
    let compilation = compile_to_plan(
        &world(&[
            ("network.yaml", manifest.as_str()),
            ("chains/own.yaml", CHAIN),
            ("components/cometbft/component.yaml", COMETBFT),
        ]),
        &Input::new("network.yaml"),
        options(),
    );
    assert!(
        messages(&compilation).iter().any(|m| m.contains("validator set is empty")),
        "{:?}",
        messages(&compilation)
    );
    // Parts are an error on a chain of one's own: no stranger joins them.
    let manifest = bft_genesis("cometbft").replace("full-mesh", "{ groups: { x: [val, sen], y: rpc } }");
    let compilation = compile_to_plan(
        &world(&[
            ("network.yaml", manifest.as_str()),
            ("chains/own.yaml", CHAIN),
            ("components/cometbft/component.yaml", COMETBFT),
        ]),
        &Input::new("network.yaml"),
        options(),
    );
    assert!(
        messages(&compilation)
            .iter()
            .any(|m| m.starts_with("NG0620") && m.contains("2 parts: (`rpc`), (`sen`, `val`)")),
        "{:?}",
        messages(&compilation)
    );
}
