//! Manifests that come close to a rule and are sound: it must stay silent. A rule that cries over
//! them would be switched off, and then miss the real mistake.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use netgen::diag::Severity;
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile_to_plan};

/// The codes that a manifest gets; the rest is put behind the head.
fn codes(head: &str, rest: &str, lock: Option<&str>) -> Vec<(&'static str, Severity, String)> {
    let mut files = vec![("network.yaml", format!("{head}{rest}"))];
    files.extend(lock.map(|lock| ("netgen.lock", lock.to_owned())));
    let world = MemoryWorld::new(files);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let found = compile_to_plan(&world, &Input::new("network.yaml"), options).diagnostics;
    found.into_iter().map(|d| (d.rule.code, d.severity, d.message)).collect()
}

const HEAD: &str = "netgen: 1\nnetwork: { name: near, chain: hoodi }\n";
const TESTNET: &str = "netgen: 1\nnetwork: { name: near, chain: hoodi, environment: testnet }\n";
const DEVELOPMENT: &str = "netgen: 1\nnetwork: { name: near, chain: hoodi, environment: development }\n";
const PRODUCTION: &str = "netgen: 1\nnetwork: { name: near, chain: hoodi, environment: production }\n";

const BEACON: &str =
    "component: lighthouse-beacon, settings: { checkpoint-sync: \"https://hoodi.beaconstate.ethstaker.cc\" }";

/// The rule is silent, and nothing else is an error: the example is sound.
fn quiet_under(head: &str, code: &str, rest: &str) {
    quiet_with(head, code, rest, None);
}

fn quiet_with(head: &str, code: &str, rest: &str, lock: Option<&str>) {
    let rest = rest.replace("BEACON", BEACON);
    let found = codes(head, &rest, lock);
    let wrong: Vec<_> =
        found.iter().filter(|(found, severity, _)| *found == code || *severity == Severity::Error).collect();
    assert!(wrong.is_empty(), "{code}: {wrong:?} in\n{head}{rest}");
}

fn quiet(code: &str, rest: &str) {
    quiet_under(HEAD, code, rest);
}

/// The rule is broken: the near miss beside it is near indeed.
fn broken_under(head: &str, code: &str, rest: &str) {
    let rest = rest.replace("BEACON", BEACON);
    let found = codes(head, &rest, None);
    assert!(found.iter().any(|(found, ..)| *found == code), "{code} is not in {found:?} of\n{head}{rest}");
}

fn broken(code: &str, rest: &str) {
    broken_under(HEAD, code, rest);
}

#[test]
fn hosts_and_addresses() {
    // One machine may be reached by one address from everywhere.
    quiet(
        "NG0211",
        "hosts: { a: { address: 10.0.0.1, private-address: 10.0.0.1 } }\nservices: { el: { host: a, component: geth } }\n",
    );
    // The exporter of the monitoring is a task.
    quiet(
        "NG0215",
        "hosts: { a: { address: 10.0.0.1 }, b: { address: 10.0.0.2 } }\nservices: { el: { host: a, component: geth } }\nmonitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }\n",
    );
    quiet_under(
        DEVELOPMENT,
        "NG0216",
        "hosts: { a: { address: \"::1\" } }\nservices: { el: { host: a, component: geth } }\n",
    );
    broken("NG0216", "hosts: { a: { address: LocalHost } }\n");
    broken_under(DEVELOPMENT, "NG0216", "hosts: { a: { address: 224.0.0.1 } }\n");
    broken(
        "NG0217",
        "hosts: { a: { address: 203.0.113.1 } }\nsecurity: { admin-networks: [\"::ffff:192.0.2.0/120\"] }\n",
    );
    for head in [HEAD, TESTNET] {
        quiet_under(
            head,
            "NG0218",
            "hosts: { a: { address: 203.0.113.10 } }\nservices: { el: { host: a, component: geth } }\n",
        );
    }
    broken_under(PRODUCTION, "NG0218", "hosts: { a: { address: \"2001:db8::1\" } }\n");
}

#[test]
fn a_misspelt_host_is_not_idle_too() {
    let found = codes(
        HEAD,
        "hosts: { frankfurt-1: { address: 203.0.113.10 } }\nservices: { el: { host: frankfrut-1, component: geth } }\n",
        None,
    );
    let found: Vec<&str> = found.iter().map(|(code, ..)| *code).collect();
    assert_eq!(found, ["NG0201"]);
}

#[test]
fn private_addresses() {
    const TWO: &str = "services: { el: { host: a, component: geth }, rpc: { host: b, component: haproxy, needs: { eth-rpc: el } } }\n";
    let with = |hosts: &str| {
        format!(
            "regions: {{ eu: {{ provider: one }}, us: {{ provider: two }} }}\nhosts: {{ {hosts} }}\n{TWO}"
        )
    };
    // A network that spans both is declared on both.
    quiet(
        "NG0219",
        &with(
            "a: { address: 203.0.113.1, private-address: 100.64.0.1, region: eu }, b: { address: 203.0.113.2, private-address: 100.64.0.2, region: us }",
        ),
    );
    // One site.
    quiet(
        "NG0219",
        &with(
            "a: { address: 10.0.0.1, region: eu }, b: { address: 10.0.0.2, region: eu }, c: { address: 10.0.0.3, region: us }",
        ),
    );
    // Public addresses only.
    quiet(
        "NG0219",
        &with("a: { address: 203.0.113.1, region: eu }, b: { address: 203.0.113.2, region: us }"),
    );
    let apart = with("a: { address: 10.0.0.1, region: eu }, b: { address: 10.0.1.1, region: us }");
    quiet_under(DEVELOPMENT, "NG0219", &apart);
    broken("NG0219", &apart);
    // Somebody else filters, in one region.
    let outside = with(
        "a: { address: 203.0.113.1, private-address: 10.0.0.1, region: eu }, b: { address: 203.0.113.2, region: eu }",
    );
    quiet("NG0219", &format!("{outside}security: {{ firewall: external }}\n"));
    broken("NG0219", &outside);
    // A host outside that calls ten others is one finding.
    let many: String = (1..=10)
        .map(|n| format!("h{n}: {{ address: 203.0.113.{n}, private-address: 10.0.0.{n} }}, "))
        .collect();
    let rest = format!("hosts: {{ {many} ops: {{ address: 198.51.100.1 }} }}\nmonitoring: {{ host: ops }}\n");
    let found = codes(TESTNET, &rest, None);
    assert_eq!(found.iter().filter(|(code, ..)| *code == "NG0219").count(), 1, "{found:?}");

    // Ranges that a private address may be from.
    for private in ["10.1.1.1", "fd12::1", "100.100.1.1", "192.0.2.1"] {
        quiet(
            "NG0238",
            &format!(
                "hosts: {{ a: {{ address: 203.0.113.1, private-address: \"{private}\" }} }}\nservices: {{ el: {{ host: a, component: geth }} }}\n"
            ),
        );
    }
}

#[test]
fn names_and_families() {
    // A program that resolves names itself.
    quiet(
        "NG0220",
        "hosts: { a: { address: 203.0.113.1, private-address: 10.0.0.1 }, b: { address: node.demo-chain.org, private-address: 10.0.0.2 } }\nservices: { el: { host: a, component: geth }, rpc: { host: b, component: haproxy, needs: { eth-rpc: el } } }\n",
    );
    // A host that nobody has to let in.
    quiet(
        "NG0221",
        "hosts: { a: { address: 203.0.113.1 }, b: { address: node.demo-chain.org } }\nservices: { el: { host: a, component: geth }, watch: { host: b, component: node-exporter } }\n",
    );
    // `peers` lets in every host.
    broken(
        "NG0221",
        "hosts: { a: { address: 203.0.113.1 }, b: { address: node.demo-chain.org } }\nservices: { el: { host: a, component: geth, expose: { p2p: peers } }, watch: { host: b, component: node-exporter } }\n",
    );
    const TWO: &str = "services: { el: { host: a, component: geth }, rpc: { host: b, component: haproxy, needs: { eth-rpc: el } } }\n";
    let families =
        format!("hosts: {{ a: {{ address: \"2001:db8::1\" }}, b: {{ address: 203.0.113.2 }} }}\n{TWO}");
    broken("NG0237", &families);
    quiet("NG0237", &format!("{families}security: {{ firewall: external }}\n"));
    quiet(
        "NG0237",
        &format!(
            "hosts: {{ a: {{ address: \"2001:db8::1\" }}, b: {{ address: 203.0.113.2, private-address: \"fd00::2\" }} }}\n{TWO}"
        ),
    );
    // Other networks, other racks.
    quiet(
        "NG0235",
        "regions: { eu: { provider: aws }, us: { provider: aws-us } }\nhosts: { a: { address: 10.0.0.1, region: eu, rack: r1 }, b: { address: 10.0.0.2, region: us, rack: R-1 } }\nservices: { el: { hosts: [a, b], component: geth } }\n",
    );
    broken("NG0235", "hosts: { a: { address: 10.0.0.1, rack: r1 }, b: { address: 10.0.0.2, rack: R-1 } }\n");
    quiet(
        "NG0236",
        "hosts: { all-1: { address: 10.0.0.1 } }\nservices: { el: { host: all-1, component: geth } }\n",
    );
}

#[test]
fn ports() {
    const NATIVE: &str = "hosts: { a: { address: 203.0.113.1, runtime: native } }\n";
    const DOCKER: &str = "hosts: { a: { address: 203.0.113.1 } }\n";
    let low = "services: { el: { host: a, component: geth, ports: { eth-rpc: 80 } } }\n";
    quiet("NG0222", &format!("{DOCKER}{low}"));
    broken("NG0222", &format!("{NATIVE}{low}"));
    for port in [32_767, 61_000] {
        quiet(
            "NG0223",
            &format!(
                "{DOCKER}services: {{ el: {{ host: a, component: geth, ports: {{ p2p: {port} }} }} }}\n"
            ),
        );
    }
    for port in [32_768, 60_999] {
        broken(
            "NG0223",
            &format!(
                "{DOCKER}services: {{ el: {{ host: a, component: geth, ports: {{ p2p: {port} }} }} }}\n"
            ),
        );
    }
    // Inside the network of the containers nobody else takes it.
    quiet(
        "NG0223",
        &format!("{DOCKER}services: {{ el: {{ host: a, component: geth, ports: {{ eth-rpc: 40000 }} }} }}\n"),
    );
    // sshd speaks TCP; and what is not published takes no port of the host.
    quiet(
        "NG0224",
        "hosts: { a: { address: 203.0.113.1, ssh: { port: 9001 } } }\nservices: { el: { host: a, component: geth }, bn: { host: a, BEACON } }\n",
    );
    quiet(
        "NG0224",
        "hosts: { a: { address: 203.0.113.1, ssh: { port: 8545 } } }\nservices: { el: { host: a, component: geth } }\n",
    );
    broken(
        "NG0224",
        "ports: fixed\nhosts: { a: { address: 203.0.113.1, ssh: { port: 9000 } } }\nservices: { el: { host: a, component: geth }, bn: { host: a, BEACON } }\n",
    );
    // HTTP and WebSocket on one port, TCP and UDP of one number, and what the catalog joins.
    quiet(
        "NG0225",
        &format!(
            "{DOCKER}services: {{ el: {{ host: a, component: geth, settings: {{ ws: true }}, ports: {{ eth-ws: 8545 }} }} }}\n"
        ),
    );
    quiet(
        "NG0225",
        &format!("{DOCKER}services: {{ el: {{ host: a, component: reth, ports: {{ metrics: 9200 }} }} }}\n"),
    );
    quiet("NG0225", &format!("{DOCKER}services: {{ prom: {{ host: a, component: prometheus }} }}\n"));
    broken(
        "NG0225",
        &format!(
            "ports: fixed\n{DOCKER}services: {{ el: {{ host: a, component: reth, ports: {{ discovery: 30303 }} }} }}\n"
        ),
    );
}

#[test]
fn container_networks() {
    let one = |subnet: &str, networks: &str| {
        format!(
            "networks: {{ back: {{ subnet: \"{subnet}\" }} }}\nhosts: {{ a: {{ address: 203.0.113.1, private-address: 10.20.0.1 }} }}\nservices: {{ el: {{ host: a, component: geth, networks: {networks} }} }}\n"
        )
    };
    quiet("NG0226", &one("10.21.0.0/16", "[back]"));
    broken("NG0226", &one("10.0.0.0/8", "[back]"));
    // Docker has nothing to choose there.
    quiet("NG0227", &one("172.18.0.0/24", "[back]"));
    broken("NG0227", &one("172.18.0.0/24", "[back, default]"));
    quiet("NG0227", &one("172.19.0.0/24", "[back, default]"));
    quiet("NG0227", &one("172.17.0.0/24", "[back]").replace("10.20.0.1 }", "10.20.0.1, runtime: quadlet }"));
    broken("NG0227", &one("10.88.9.0/24", "[back]").replace("10.20.0.1 }", "10.20.0.1, runtime: quadlet }"));
    // Four addresses: one is left for a container.
    quiet("NG0228", &one("172.30.0.0/30", "[back]"));
    for private in ["100.64.0.0/24", "fd00:1::/64", "192.168.1.0/24"] {
        quiet("NG0229", &one(private, "[back]"));
    }
    broken("NG0229", &one("192.169.1.0/24", "[back]"));
    broken("NG0229", &one("10.0.0.0/7", "[back]"));
    quiet(
        "NG0230",
        "hosts: { a: { address: 203.0.113.1 } }\nservices: { el: { host: a, component: geth } }\nsecurity: { admin-networks: [192.0.2.7/32, \"2001:db8::/32\"] }\n",
    );
}

#[test]
fn internal_networks() {
    const HEADS: &str = "networks: { back: { internal: true } }\n";
    quiet(
        "NG0231",
        &format!(
            "{HEADS}hosts: {{ a: {{ address: 203.0.113.1, runtime: quadlet }} }}\nservices: {{ el: {{ host: a, component: geth, networks: [back] }} }}\n"
        ),
    );
    // Nothing of it is published.
    quiet(
        "NG0231",
        &format!(
            "{HEADS}hosts: {{ a: {{ address: 203.0.113.1 }} }}\nservices: {{ db: {{ host: a, component: postgres, networks: [back] }} }}\n"
        ),
    );
    // Both in the same network.
    quiet(
        "NG0232",
        &format!(
            "{HEADS}hosts: {{ a: {{ address: 203.0.113.1 }} }}\nservices: {{ db: {{ host: a, component: postgres, networks: [back] }}, watch: {{ host: a, component: postgres-exporter, networks: [back] }} }}\n"
        ),
    );
}

#[test]
fn providers() {
    const HOSTS: &str = "hosts: { a: { address: 203.0.113.1, private-address: 10.0.0.1, region: eu }, b: { address: 203.0.113.2, private-address: 10.0.0.2, region: us } }\nregions: { eu: {}, us: {} }\n";
    // A proxy uses all of its backends.
    quiet(
        "NG0234",
        &format!(
            "{HOSTS}services: {{ one: {{ host: a, component: geth }}, two: {{ host: b, component: geth }}, rpc: {{ host: b, component: haproxy, needs: {{ eth-rpc: [one, two] }} }} }}\n"
        ),
    );
}

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn images() {
    let geth = |image: &str| {
        format!(
            "images: {{ geth: \"{image}\" }}\nhosts: {{ a: {{ address: 203.0.113.1 }} }}\nservices: {{ el: {{ host: a, component: geth }} }}\n"
        )
    };
    quiet("NG0305", &geth(&format!("ethereum/client-go:release@{A}")));
    for tag in ["v1.17.5", "v1.17.5-amd64", "v1.18.0-unstable-9f8e7d6c", "20260101", "sha-1f2e3d4"] {
        quiet("NG0305", &geth(&format!("ethereum/client-go:{tag}")));
    }
    quiet_under(DEVELOPMENT, "NG0306", &geth("localhost:5000/client-go:v1.17.5"));
    quiet("NG0306", &geth("localhost-registry.demo-chain.org/client-go:v1.17.5"));
    broken("NG0306", &geth("127.0.0.1:5000/client-go:v1.17.5"));
    // The same digest in both places.
    let lock = format!("version = 1\n\n[image.\"ethereum/client-go:v1.17.5\"]\ndigest = \"{A}\"\n");
    quiet_with(HEAD, "NG0307", &geth(&format!("ethereum/client-go:v1.17.5@{A}")), Some(&lock));
    // The same image in a mirror.
    let mirror = format!("{lock}\n[image.\"mirror.demo-chain.org/client-go:v1.17.5\"]\ndigest = \"{A}\"\n");
    quiet_with(HEAD, "NG0308", &geth("ethereum/client-go:v1.17.5"), Some(&mirror));
    // Two components of one program.
    quiet(
        "NG0309",
        "images: { lighthouse-beacon: \"sigp/lighthouse:v8.2.2\", lighthouse-validator: \"sigp/lighthouse:v8.2.2\" }\nhosts: { a: { address: 203.0.113.1 } }\nstacks: { full: { el: { component: geth }, bn: { BEACON }, vc: { component: lighthouse-validator, settings: { fee-recipient: \"0x000000000000000000000000000000000000dEaD\" } } } }\nnodes: { one: { host: a, role: rpc, stack: full } }\n",
    );
    // A fork counts for itself, and a commit is no version.
    quiet("NG0310", &geth("0xdemo/bor:v2.2.9"));
    quiet("NG0310", &geth("ethereum/client-go:9f8e7d6"));
    broken("NG0310", &geth("ethereum/client-go:v2.0.0"));
    quiet("NG0311", &geth("ethereum/client-go:v1.17.5-amd64"));
    quiet(
        "NG0311",
        &geth("ethereum/client-go:v1.17.5-arm64")
            .replace("203.0.113.1 }", "203.0.113.1, architecture: arm64 }"),
    );
    broken(
        "NG0311",
        &geth("ethereum/client-go:amd64-v1.17.5")
            .replace("203.0.113.1 }", "203.0.113.1, architecture: arm64 }"),
    );
}

#[test]
fn rollouts() {
    let nodes = |a: u32, b: u32, rollout: &str| {
        format!(
            "hosts: {{ a: {{ address: 10.0.0.1 }}, b: {{ address: 10.0.0.2 }} }}\nstacks: {{ el: {{ el: {{ component: geth }} }} }}\nnodes: {{ one: {{ host: a, role: validator, stack: el, voting-power: {a} }}, two: {{ host: b, role: validator, stack: el, voting-power: {b} }} }}\nrollout: {{ {rollout} }}\n"
        )
    };
    quiet("NG0503", &nodes(50, 50, "canary: a"));
    quiet("NG0503", &nodes(0, 50, "canary: a"));
    broken("NG0503", &nodes(51, 50, "canary: a"));
    quiet("NG0505", &nodes(1, 1, "canary: a"));
    quiet("NG0505", &nodes(1, 1, "canary: a, wait: 100s"));
    broken("NG0505", &nodes(1, 1, "canary: a, wait: 99s"));
    // Nobody follows a lone host.
    let lone = "hosts: { a: { address: 10.0.0.1 } }\nservices: { el: { host: a, component: geth } }\nrollout: { canary: a, wait: 0s }\n";
    quiet("NG0504", lone);
    quiet("NG0505", lone);
}

#[test]
fn state_and_logins() {
    for head in [HEAD, TESTNET] {
        quiet_under(
            head,
            "NG0507",
            "hosts: { a: { address: 10.0.0.1, ssh: { user: root } } }\nservices: { el: { host: a, component: geth } }\n",
        );
    }
    quiet(
        "NG0502",
        "hosts: { a: { address: 10.0.0.1, data-dir: /mnt/tmp } }\nservices: { el: { host: a, component: geth } }\n",
    );
    quiet(
        "NG0508",
        "hosts: { a: { address: 10.0.0.1 } }\nservices: { el: { host: a, component: geth, environment: { _X1: \"a\\tb\" } } }\n",
    );
    broken(
        "NG0508",
        "hosts: { a: { address: 10.0.0.1 } }\nservices: { el: { host: a, component: geth, environment: { exported: a } } }\n",
    );
}

#[test]
fn a_mistake_that_runs_on_many_hosts_is_one_finding() {
    let hosts: String = (1..=20).map(|n| format!("h{n}: {{ address: 10.0.0.{n} }}, ")).collect();
    let rest = format!(
        "hosts: {{ {hosts} }}\nservices: {{ el: {{ hosts: all, component: geth, image: \"ethereum/client-go:v1.10.0-arm64\", ports: {{ p2p: 40000, metrics: 8551 }} }} }}\n"
    );
    let found = codes(HEAD, &rest, None);
    let found: Vec<&str> = found.iter().map(|(code, ..)| *code).collect();
    assert_eq!(found, ["NG0310", "NG0311", "NG0223", "NG0225"]);
}

#[test]
fn sound_logs_are_left_alone() {
    const HOSTS: &str = "hosts: { a: { address: 10.0.0.1, resources: { cpus: 8, memory: 32GiB, disk: 100GiB } } }\n\
        services: { el: { host: a, component: geth } }\nsecrets: { pd: { env: PD }, keys: { env: KEYS } }\n";
    let with = |logs: &str| {
        format!(
            "{HOSTS}monitoring: {{ host: a, logs: {logs}, receivers: {{ p: {{ pagerduty: {{ secret: pd }} }} }}, routes: [{{ to: p }}] }}\n"
        )
    };
    // To the last byte, and not at all on this disk.
    quiet("NG0855", &with("{ retention: 10d, daily: 10GiB }"));
    let keys = "credentials: { secret: keys }";
    quiet(
        "NG0855",
        &with(&format!(
            "{{ retention: 1000d, daily: 10GiB, store: {{ s3: 'https://s3.eu-west-3.amazonaws.com/b', {keys} }} }}"
        )),
    );
    broken("NG0855", &with("{ retention: 11d, daily: 10GiB }"));
    // A machine at AWS has a role.
    quiet("NG0856", &with("{ store: { s3: 'https://s3.eu-west-3.amazonaws.com/b' } }"));
    broken("NG0856", &with("{ store: { s3: 'https://s3.amazonaws.com.example.net/b' } }"));
    for near in ["10.0.0.9:9000", "minio", "[fd00::9]:9000"] {
        quiet("NG0857", &with(&format!("{{ store: {{ s3: 'http://{near}/b', {keys} }} }}")));
    }
}

#[test]
fn decisions_about_alerts() {
    let head = "netgen: 1\nnetwork: { name: near, chain: hoodi, environment: testnet }\nhosts: { a: { address: 10.0.0.1 } }\nstacks: { el: { execution: { component: geth } } }\nnodes: { one: { host: a, role: rpc, stack: el } }\nsecrets: { pd: { env: PD_KEY } }\nmonitoring:\n  host: a\n  receivers: { oncall: { pagerduty: { secret: pd } } }\n  routes: [{ to: oncall }]\n  tuning:\n";
    // At the bound, and a heartbeat that is not touched.
    quiet_under(
        head,
        "NG0825",
        "    - { alerts: [GethFewPeers], values: { least: 2 }, reason: a closed network }\n",
    );
    broken_under(
        head,
        "NG0825",
        "    - { alerts: [GethFewPeers], values: { least: 2.5 }, reason: a closed network }\n",
    );
    // One alert of the entry has the value, the other has none.
    quiet_under(
        head,
        "NG0825",
        "    - { alerts: [GethFewPeers, GethNoPeers], values: { least: 2 }, reason: a closed network }\n",
    );
    // The exporter of the host is no service of the node, but stands on the host.
    quiet_under(
        head,
        "NG0826",
        "    - { alerts: [HostClockSkew], hosts: [a], severity: P4, reason: a test host }\n",
    );
    broken_under(
        head,
        "NG0826",
        "    - { alerts: [HostClockSkew], nodes: [one], severity: P4, reason: a test host }\n",
    );
    // Both say the same, or speak of different things.
    let pair = |second: &str| {
        format!(
            "    - {{ alerts: [GethFewPeers], severity: P4, reason: a closed network }}\n    - {{ alerts: [GethFewPeers], nodes: [one], {second}, reason: a closed network }}\n"
        )
    };
    quiet_under(head, "NG0828", &pair("severity: P4"));
    quiet_under(head, "NG0828", &pair("for: 2h"));
    broken_under(head, "NG0828", &pair("severity: P3"));
    broken_under(head, "NG0828", &pair("off: true"));
}

/// A network with the receivers `day` and `oncall`, and what stands under `monitoring:` beside them.
fn routed(more: &str) -> String {
    format!(
        "regions: {{ eu: {{}}, us: {{}} }}
hosts: {{ a: {{ address: 203.0.113.1, private-address: 10.0.0.1, region: eu }}, b: {{ address: 203.0.113.2, private-address: 10.0.0.2, region: us }} }}
services: {{ el: {{ host: a, component: geth }}, el2: {{ host: b, component: reth }} }}
monitoring:
  host: a
  receivers: {{ day: {{ webhook: {{ url: https://hooks.demo.dev/d }} }}, oncall: {{ webhook: {{ url: https://hooks.demo.dev/o }} }} }}
  teams: {{ protocol: {{ components: [geth] }}, infra: {{ regions: [us] }} }}
  times: {{ office: {{ days: [mon-fri], from: '08:00', to: '18:00', zone: America/Argentina/Buenos_Aires }}, noon: {{ from: '12:00', to: '12:00', days: [wed] }} }}
{more}"
    )
}

#[test]
fn routes_of_alerts() {
    // A receiver for a severity of which there is no alert today is not forgotten.
    quiet("NG0802", &routed("  routes: [{ severity: [P4], to: day }, { to: oncall }]\n"));
    // Two routes with opposite hours take everything; nothing is left for a third.
    let both = "{ during: office, to: day }, { outside: office, to: oncall }";
    quiet("NG0802", &routed("  routes: [{ during: office, to: day }, { to: oncall }]\n"));
    broken("NG0802", &routed(&format!("  routes: [{both}, {{ to: oncall }}]\n")));
    // Other hours are other alerts.
    quiet(
        "NG0802",
        &routed("  routes: [{ during: office, to: day }, { during: noon, to: oncall }, { to: oncall }]\n"),
    );
    // The same alerts by other words.
    broken(
        "NG0802",
        &routed(
            "  routes: [{ team: [protocol], to: oncall }, { team: [protocol], component: [geth], to: day }, { to: oncall }]\n",
        ),
    );
    quiet(
        "NG0802",
        &routed(
            "  routes: [{ team: [protocol], component: [geth], to: day }, { team: [protocol], to: oncall }, { to: oncall }]\n",
        ),
    );
    // A receiver twice, and two receivers at once.
    quiet("NG0802", &routed("  routes: [{ severity: [P1], to: [oncall, day] }, { to: day }]\n"));
    // What no region has falls through both regions.
    broken("NG0803", &routed("  routes: [{ region: [eu], to: day }, { region: [us], to: oncall }]\n"));
    quiet(
        "NG0803",
        &routed("  routes: [{ region: [eu], to: day }, { region: [us], to: oncall }, { to: oncall }]\n"),
    );
    quiet(
        "NG0803",
        &routed("  routes: [{ severity: [P1, P2], to: oncall }, { severity: [P3, P4], to: day }]\n"),
    );
}

#[test]
fn teams_hours_and_times_to_respond() {
    let routes = "  routes: [{ team: [protocol], during: office, to: day }, { to: oncall }]\n";
    quiet("NG0835", &routed(routes));
    broken("NG0835", &routed(routes).replace("regions: [us] }", "regions: [eu] }"));
    // A team may name a service twice; it is still one team.
    quiet("NG0835", &routed(routes).replace("components: [geth] }", "components: [geth], services: [el] }"));
    quiet("NG0836", &routed(routes));
    broken("NG0836", &routed("  routes: [{ severity: [P1], to: oncall }, { outside: office, to: day }]\n"));
    quiet("NG0837", &routed(routes));
    broken("NG0837", &routed(routes).replace("Buenos_Aires", "Buenos-Aires"));
    // A file of that name would not be found on a host.
    broken("NG0837", &routed(routes).replace("America/Argentina/Buenos_Aires", "utc"));
    quiet("NG0837", &routed(routes).replace("America/Argentina/Buenos_Aires", "Etc/GMT+3"));
    let respond = |text: &str| routed(&format!("  respond: {{ {text} }}\n{routes}"));
    quiet("NG0838", &respond("P1: 30m, P2: 30m"));
    broken("NG0838", &respond("P2: 1m"));
    broken("NG0838", &respond("P1: 0s"));
    // Nobody has to be called in a network for play.
    let alone = "hosts: { a: { address: 203.0.113.1 } }\nservices: { el: { host: a, component: geth } }\nmonitoring: { host: a }\n";
    quiet_under(DEVELOPMENT, "NG0801", alone);
    broken("NG0801", alone);
}
