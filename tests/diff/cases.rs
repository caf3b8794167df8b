//! Kinds of change: an example, what is replaced in its manifest or lock, and the worst that follows.

use netgen::diff::Effect;

/// A change.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub example: &'static str,
    pub edits: &'static [(&'static str, &'static str)],
    pub effect: Effect,
    /// Whether the page of Markdown is written down as well.
    pub all_forms: bool,
}

const fn case(
    name: &'static str,
    example: &'static str,
    effect: Effect,
    edits: &'static [(&'static str, &'static str)],
) -> Case {
    Case { name, example, edits, effect, all_forms: false }
}

const fn in_all_forms(case: Case) -> Case {
    Case { all_forms: true, ..case }
}

const MINIMAL: &str = "minimal";
const VALIDATOR: &str = "ethereum-validator";
const RUNTIMES: &str = "runtimes";
const RPC: &str = "public-rpc";
const CLUSTER: &str = "kubernetes";
const GETH: &str = "execution: { component: geth }";

pub const CASES: &[Case] = &[
    in_all_forms(case(
        "setting",
        MINIMAL,
        Effect::Restart,
        &[(GETH, "execution: { component: geth, settings: { max-peers: 30 } }")],
    )),
    case(
        "image-version",
        MINIMAL,
        Effect::Restart,
        &[("stacks:\n", "images: { geth: \"ethereum/client-go:v1.17.4\" }\nstacks:\n")],
    ),
    case(
        "image-digest",
        MINIMAL,
        Effect::Restart,
        &[(
            "sha256:523d3ba26623a619e912019068dc2784f02934070ac46bdae4d5b9df0d917814",
            "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        )],
    ),
    case(
        "port",
        MINIMAL,
        Effect::Restart,
        &[(GETH, "execution: { component: geth, ports: { p2p: 30304 } }")],
    ),
    case("port-in-the-lock", MINIMAL, Effect::Restart, &[("p2p = 30303", "p2p = 30305")]),
    case(
        "resources",
        MINIMAL,
        Effect::Restart,
        &[(GETH, "execution: { component: geth, resources: { memory: 12GiB } }")],
    ),
    case(
        "environment",
        MINIMAL,
        Effect::Restart,
        &[(GETH, "execution: { component: geth, environment: { GOGC: \"50\" } }")],
    ),
    case(
        "interface-opens",
        CLUSTER,
        Effect::None,
        &[("    host: gate-us-1\n", "    host: gate-us-1\n    expose: { rpc: public }\n")],
    ),
    case("host-address", MINIMAL, Effect::Restart, &[("203.0.113.10", "203.0.113.99")]),
    case(
        "login",
        MINIMAL,
        Effect::None,
        &[("{ address: 203.0.113.10 }", "{ address: 203.0.113.10, ssh: { user: ubuntu } }")],
    ),
    in_all_forms(case(
        "node-added",
        MINIMAL,
        Effect::None,
        &[
            ("{ address: 203.0.113.10 }", "{ address: 203.0.113.10 }\n  node-2: { address: 203.0.113.11 }"),
            ("nodes:\n", "nodes:\n  node-2: { host: node-2, role: rpc, stack: node }\n"),
        ],
    )),
    case(
        "runtime",
        MINIMAL,
        Effect::Restart,
        &[("{ address: 203.0.113.10 }", "{ address: 203.0.113.10, runtime: systemd-docker }")],
    ),
    case(
        "data-folder",
        MINIMAL,
        Effect::Recreate,
        &[("{ address: 203.0.113.10 }", "{ address: 203.0.113.10, data-dir: /srv/netgen }")],
    ),
    case("network-name", MINIMAL, Effect::Recreate, &[("name: hoodi-node", "name: hoodi-two")]),
    case(
        "chain",
        MINIMAL,
        Effect::Recreate,
        &[("chain: hoodi", "chain: sepolia"), ("hoodi.beaconstate", "sepolia.beaconstate")],
    ),
    case(
        "service-added",
        MINIMAL,
        Effect::None,
        &[(
            "nodes:\n",
            "services:\n  rpc: { component: haproxy, host: node-1, needs: { eth-rpc: node-1/execution } }\nnodes:\n",
        )],
    ),
    case(
        "unused-secret",
        MINIMAL,
        Effect::None,
        &[("stacks:\n", "secrets: { spare: { env: SPARE } }\nstacks:\n")],
    ),
    case("region", RUNTIMES, Effect::None, &[("provider: hetzner", "provider: ovh")]),
    case("container-network", RUNTIMES, Effect::Restart, &[("172.30.40.0/24", "172.30.41.0/24")]),
    case(
        "monitoring-retention",
        RUNTIMES,
        Effect::Restart,
        &[("  host: docker-1\n  receivers", "  host: docker-1\n  retention: 60d\n  receivers")],
    ),
    case(
        "secret-source",
        RUNTIMES,
        Effect::Restart,
        &[("{ env: PAGERDUTY_ROUTING_KEY }", "{ file: pagerduty.key }")],
    ),
    case(
        "provider-removed",
        RPC,
        Effect::Restart,
        &[("[rpc-eu-1/execution, rpc-us-1/execution]", "[rpc-eu-1/execution]")],
    ),
    case(
        "service-removed",
        RPC,
        Effect::Recreate,
        &[("  health: { component: haproxy-health, host: edge-eu-1 }\n", "")],
    ),
    case("firewall", RPC, Effect::Reload, &[("firewall: nftables", "firewall: ufw")]),
    case("admin-networks", RPC, Effect::Reload, &[("admin-networks: [192.0.2.0/24]", "admin-networks: []")]),
    case("mesh-removed", RPC, Effect::Restart, &[("  mesh: { subnet: 10.99.0.0/24 }\n", "")]),
    in_all_forms(case(
        "database-moves",
        VALIDATOR,
        Effect::DataLoss,
        &[(
            "signer-db:\n    component: postgres\n    host: ops-eu-1\n",
            "signer-db:\n    component: postgres\n    host: val-eu-1\n",
        )],
    )),
    case("voting-power", VALIDATOR, Effect::Reload, &[("voting-power: 60", "voting-power: 50")]),
    case(
        "alert-switched-off",
        VALIDATOR,
        Effect::Reload,
        &[(
            "  tuning:\n",
            "  tuning:\n    - alerts: [GethNoPeers]\n      off: true\n      reason: nobody acts on it\n",
        )],
    ),
    case("alert-threshold", VALIDATOR, Effect::Reload, &[("values: { least: 8 }", "values: { least: 12 }")]),
    case(
        "route",
        VALIDATOR,
        Effect::Reload,
        &[("{ severity: [P1, P2], to: oncall }", "{ severity: [P1], to: oncall }")],
    ),
    case("backup", VALIDATOR, Effect::Reload, &[("schedule: daily", "schedule: hourly")]),
    case("logging", VALIDATOR, Effect::Restart, &[("max-size: 100MiB", "max-size: 50MiB")]),
    case("rollout", VALIDATOR, Effect::None, &[("wait: 10m", "wait: 5m")]),
    case(
        "requirement",
        CLUSTER,
        Effect::None,
        &[("kubernetes:\n", "require: { max-client-share: 100% }\nkubernetes:\n")],
    ),
    case(
        "setting-in-pods",
        CLUSTER,
        Effect::Restart,
        &[(GETH, "execution: { component: geth, settings: { max-peers: 30 } }")],
    ),
    case(
        "storage-class",
        CLUSTER,
        Effect::Restart,
        &[("storage-class: local-nvme", "storage-class: network-ssd")],
    ),
];
