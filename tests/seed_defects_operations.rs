//! Defects that real deployments of blockchain networks had, one test each: about security, keys, quorum, shutdown
//! and resources. Either the manifest that shows the defect is refused, at
//! the right words, or the bundle proves that it cannot be written down at all.
//!
//! The names are those of a catalogue of such defects: L and B are two BFT chains, E is a stack of
//! Ethereum validators.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/defects.rs"]
mod defects;

use defects::{BASE, Files, HEAD, ONCALL, TWO_HOSTS, caught, findings, foo, proxied, words};

// ---- the first BFT chain -----------------------------------------------------------------------

/// The port with `debug` and `trace` was open to the world.
#[test]
fn l13_debug_api_open_to_the_world() {
    let open = format!(
        "{HEAD}services:
  el: {{ host: a, component: geth, settings: {{ http-api: [eth, net, web3, txpool, debug, trace] }}, expose: {{ eth-rpc: public }} }}
"
    );
    caught(&open, "NG0407", "debug");
    caught(&open, "NG0401", "public");
    let behind_a_proxy = format!(
        "{HEAD}services:
  el: {{ host: a, component: geth, settings: {{ http-api: [eth, debug] }} }}
  rpc: {{ host: a, component: haproxy, expose: {{ rpc: public }}, needs: {{ eth-rpc: el }}, settings: {{ rate-limit: 50 }} }}
"
    );
    caught(&behind_a_proxy, "NG0407", "debug");
}

/// A variable stood in an environment file and was never handed to the container.
#[test]
fn l14_every_variable_reaches_its_container() {
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, runtime: compose }
  b: { address: 203.0.113.11, runtime: systemd-docker }
  c: { address: 203.0.113.12, runtime: quadlet }
services: { el: { hosts: all, component: geth, environment: { RUST_LOG: info } } }
";
    let files = Files::of(manifest);
    assert_eq!(files.service("a", "el-a")["env_file"][0], "env/el-a.env");
    assert!(files.text("compose/a/env/el-a.env").lines().any(|line| line == "RUST_LOG=info"));
    let all = |host: &str| -> String {
        files.below(&format!("systemd/{host}/")).iter().map(|p| files.text(p)).collect()
    };
    assert!(all("b").contains("--env=RUST_LOG=info"), "{}", all("b"));
    assert!(all("c").contains("Environment=RUST_LOG=info"), "{}", all("c"));
}

/// The lock said that a node had a token because the file of tokens existed.
#[test]
fn l16_a_host_lists_only_secrets_that_its_services_read() {
    let manifest = format!(
        "{TWO_HOSTS}secrets: {{ admin: {{ env: GRAFANA_ADMIN }} }}
services:
  grafana: {{ host: a, component: grafana, settings: {{ admin-password: {{ secret: admin }} }} }}
  prometheus: {{ host: a, component: prometheus }}
  el: {{ host: b, component: geth }}
"
    );
    let files = Files::of(&manifest);
    let names = |host: &str| -> Vec<String> {
        let vars = files.yaml(&format!("ansible/inventory/host_vars/{host}.yml"));
        let secrets = vars["netgen_secrets"].as_array().unwrap().clone();
        secrets.iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("a"), ["admin"]);
    assert_eq!(names("b"), ["jwt"]);
}

const BFT: &str = "chains:
  loadnet: { chain: loadnet, name: Loadnet, family: loadnet, block-time: 1, consensus: bft, sources: [ its documentation ] }
stacks: { el: { execution: { component: geth } } }
";

fn bft(hosts: &[&str], nodes: &[(&str, &str)]) -> String {
    let mut text =
        format!("netgen: 1\nnetwork: {{ name: demo, chain: loadnet, environment: testnet }}\n{BFT}hosts:\n");
    for (index, host) in hosts.iter().enumerate() {
        text.push_str(&format!("  {host}: {{ address: 203.0.113.{} }}\n", 10 + index));
    }
    text.push_str("nodes:\n");
    for (index, (node, host)) in nodes.iter().enumerate() {
        text.push_str(&format!(
            "  {node}: {{ host: {host}, role: validator, stack: el, voting-power: 1, services: {{ execution: {{ ports: {{ p2p: {} }} }} }} }}\n",
            30303 + index
        ));
    }
    text
}

/// Two validators passed with a remark; four of which one host held two were refused.
#[test]
fn l20_fewer_than_four_validators_and_two_of_four_on_one_host() {
    caught(&bft(&["a", "b"], &[("node-0", "a"), ("node-1", "b")]), "NG0602", "node-0");
    let crowded =
        bft(&["a", "b", "c"], &[("node-0", "a"), ("node-1", "a"), ("node-2", "b"), ("node-3", "c")]);
    caught(&crowded, "NG0601", "node-0");
    let spread =
        bft(&["a", "b", "c", "d"], &[("node-0", "a"), ("node-1", "b"), ("node-2", "c"), ("node-3", "d")]);
    assert!(!findings(&spread).iter().any(|(code, ..)| code.starts_with("NG06")));
}

/// In a network of one node the bootnodes were that node.
#[test]
fn l21_a_node_with_only_itself_as_a_bootnode() {
    let enode = format!("enode://{}@203.0.113.10:30303", "ab".repeat(64));
    let manifest = format!(
        "{HEAD}services: {{ el: {{ host: a, component: geth, settings: {{ bootnodes: ['{enode}'] }} }} }}\n"
    );
    caught(&manifest, "NG0608", &enode);
}

/// Answers of 500 MiB were asked for over a connection that let 100 MiB through.
#[test]
fn l24_a_size_above_the_size_that_limits_it() {
    let component = "    settings:
      max-response-size: { type: size, default: 10MiB, at-most: rpc-max-size, doc: Largest answer }
      rpc-max-size: { type: size, default: 10MiB, doc: Largest message }
    stop: { grace: 2m }
";
    let manifest = format!("{HEAD}{}", foo(component)).replace(
        "{ host: a, component: foo }",
        "{ host: a, component: foo, settings: { max-response-size: 500MiB, rpc-max-size: 100MiB } }",
    );
    caught(&manifest, "NG0709", "500MiB");
}

// ---- the second BFT chain ----------------------------------------------------------------------

/// The entrypoint passed flags that the program did not have, and no subcommand.
#[test]
fn b03_the_command_is_what_the_component_says_and_nothing_else() {
    let component = "    settings: { key-file: { type: text, default: /data/key, doc: The key } }
    command: [validator, '--port={{ provides.p2p.port }}', '--rpc-port={{ provides.rpc.port }}', '--key-file={{ settings.key_file }}']
    stop: { grace: 2m }
";
    let manifest = format!("{HEAD}{}", foo(component));
    let files = Files::of(&manifest);
    assert_eq!(
        words(&files.service("a", "foo")["command"]),
        ["validator", "--port=30333", "--rpc-port=30334", "--key-file=/data/key"]
    );
    let unknown = manifest.replace(
        "{ host: a, component: foo }",
        "{ host: a, component: foo, settings: { metrics-port: 9090 } }",
    );
    caught(&unknown, "NG0204", "metrics-port");
}

/// Metrics were at one port, and scrapes, health checks and probes at another.
#[test]
fn b04_one_number_for_the_program_the_scrape_and_the_health_check() {
    let component = "    command: ['--metrics={{ provides.metrics.bind }}:{{ provides.metrics.port }}']
    healthcheck: { command: [wget, -q, 'http://127.0.0.1:{{ provides.metrics.port }}/health'] }
    stop: { grace: 2m }
";
    let manifest = format!("{HEAD}{}{ONCALL}", foo(component))
        .replace("{ host: a, component: foo }", "{ host: a, component: foo, ports: { metrics: 9090 } }");
    // Prometheus listens on 9090 too; both are inside containers and do not meet.
    let files = Files::of(&manifest);
    let service = files.service("a", "foo");
    assert_eq!(words(&service["command"]), ["--metrics=0.0.0.0:9090"]);
    assert_eq!(words(&service["healthcheck"]["test"]).last(), Some(&"http://127.0.0.1:9090/health"));
    assert!(files.text("prometheus/targets/foo.json").contains("\"foo:9090\""));
}

/// The load balancer asked the RPC port for a path that did not exist: every server was down.
#[test]
fn b05_backends_are_checked_with_a_request_that_they_answer() {
    let config = proxied().text("config/a/rpc/haproxy.cfg");
    assert!(
        config.contains("http-check send meth POST uri / ") && config.contains("eth_syncing"),
        "{config}"
    );
    assert!(!config.contains("/health "), "{config}");
}

/// An admin page without a login was published.
#[test]
fn b14_no_admin_page_of_the_load_balancer() {
    let files = proxied();
    let config = files.text("config/a/rpc/haproxy.cfg");
    assert!(
        !config.contains("stats admin") && !config.contains("stats uri") && !config.contains("stats enable")
    );
    assert!(!files.service("a", "rpc")["ports"].to_string().contains("8404"));
    let opened = format!(
        "{TWO_HOSTS}services:
  el: {{ host: b, component: geth }}
  rpc: {{ host: a, component: haproxy, needs: {{ eth-rpc: el }}, expose: {{ metrics: public }} }}
"
    );
    caught(&opened, "NG0401", "public");
}

/// Manifests of one region had probes, those of others not; secrets were named that nobody defined;
/// metrics were on a public load balancer.
#[test]
fn b18_every_host_is_complete_and_every_secret_is_delivered() {
    let manifest = format!(
        "{TWO_HOSTS}stacks: {{ el: {{ execution: {{ component: geth }} }} }}
nodes:
  one: {{ host: a, role: rpc, stack: el }}
  two: {{ host: b, role: rpc, stack: el }}
"
    );
    let files = Files::of(&manifest);
    for (host, name) in [("a", "one-execution"), ("b", "two-execution")] {
        let service = files.service(host, name);
        assert!(service["healthcheck"]["test"].is_array(), "{name}");
        assert!(!service["ports"].to_string().contains("6060"), "{name}");
        let vars = files.text(&format!("ansible/inventory/host_vars/{host}.yml"));
        let mounts = service["volumes"].as_array().unwrap().iter().filter_map(|v| v["source"].as_str());
        for secret in mounts.filter(|source| source.contains("/secrets/")) {
            assert!(vars.contains(secret), "{secret} is not delivered to {host}");
        }
    }
}

/// The program took SIGINT only and was killed after ten seconds.
#[test]
fn b20_the_signal_and_the_time_to_stop() {
    let manifest = format!("{HEAD}{}", foo("    stop: { signal: SIGINT, grace: 2m }\n"));
    let service = Files::of(&manifest).service("a", "foo");
    assert_eq!(service["stop_signal"], "SIGINT");
    assert_eq!(service["stop_grace_period"], "120s");
    caught(&format!("{HEAD}{}", foo("")), "NG0707", "foo");
}

// ---- the stack of Ethereum validators ----------------------------------------------------------

/// `engine` stood among the parts of the API on the shared, public port.
#[test]
fn e03_the_engine_api_on_the_shared_port() {
    let manifest = format!(
        "{HEAD}services: {{ el: {{ host: a, component: geth, settings: {{ http-api: [eth, net, web3, engine] }} }} }}\n"
    );
    caught(&manifest, "NG0408", "engine");
}

/// The key manager API, the beacon API and the user interfaces were published.
#[test]
fn e04_the_key_manager_api_is_published() {
    let vc = "  vc: { host: a, component: lighthouse-validator, expose: { validator-api: public }, settings: { fee-recipient: '0x8943545177806ed17b9f23f0a21ee5948ecaa776', validator-api: true } }\n";
    let alone = BASE.split("  db:").next().unwrap();
    caught(&format!("{HEAD}services:\n{alone}{vc}"), "NG0401", "public");
    let files = Files::of(&format!("{HEAD}services:\n{BASE}{ONCALL}"));
    for name in ["grafana", "prometheus", "alertmanager"] {
        let ports = files.service("a", name)["ports"].clone();
        assert!(
            ports.as_array().unwrap().iter().all(|port| port.to_string().contains("127.0.0.1")),
            "{ports}"
        );
    }
    assert!(
        files.service("a", "bn")["ports"].as_array().unwrap().iter().all(|p| !p.to_string().contains("5052"))
    );
}

/// `ExecReload=docker compose pull && docker compose up -d`: there is no shell, `&&` is an argument.
#[test]
fn e07_no_shell_operators_in_units() {
    let manifest = "netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, runtime: compose }
  b: { address: 203.0.113.11, runtime: systemd-docker }
  c: { address: 203.0.113.12, runtime: quadlet }
  d: { address: 203.0.113.13, runtime: native }
services: { el: { hosts: all, component: geth } }
";
    let files = Files::of(manifest);
    let mut commands = 0;
    for path in files.below("systemd/") {
        for line in files.text(&path).lines().filter(|line| line.starts_with("Exec")) {
            commands += 1;
            for operator in [" && ", " || ", " | ", " ; ", " > "] {
                assert!(!line.contains(operator), "{path}: {line}");
            }
        }
    }
    assert!(commands > 4);
}

/// A file of one program belonged to the user of another, and state was mounted read-only.
#[test]
fn e08_each_program_has_its_own_user_and_its_state_is_writable() {
    let files = Files::of(&format!(
        "{HEAD}services:\n{BASE}  vc: {{ host: a, component: lighthouse-validator, settings: {{ fee-recipient: '0x8943545177806ed17b9f23f0a21ee5948ecaa776', public-keys: ['0x{}'] }} }}\n{ONCALL}",
        "ab".repeat(48)
    ));
    let (vc, grafana) = (files.service("a", "vc"), files.service("a", "grafana"));
    assert_ne!(vc["user"], grafana["user"]);
    let mounts = vc["volumes"].as_array().unwrap();
    let at = |target: &str| mounts.iter().find(|mount| mount["target"] == target).unwrap();
    assert_eq!(at("/etc/lighthouse/validator_definitions.yml")["read_only"], true);
    assert_ne!(at("/var/lib/lighthouse")["read_only"], true);
}

/// The password of the database was an argument of the signer.
#[test]
fn e10_a_password_on_the_command_line() {
    let component = "    command: [eth2, --slashing-protection-db-password=YourSecurePassword]\n    stop: { grace: 2m }\n";
    caught(
        &format!("{HEAD}{}", foo(component)),
        "NG0430",
        // The value is masked wherever it could be shown.
        "--slashing-protection-db-password=******************",
    );
    let files = Files::of(&format!("{HEAD}services:\n{BASE}"));
    let command = files.service("a", "signer")["command"].to_string();
    assert!(command.contains("--config-file=/run/secrets/") && !command.contains("password="), "{command}");
    let variables = files.text("compose/a/env/db.env");
    assert!(
        variables.contains("POSTGRES_PASSWORD_FILE=") && !variables.contains("POSTGRES_PASSWORD="),
        "{variables}"
    );
}

/// Flags were recommended that the program does not have.
#[test]
fn e14_a_flag_that_the_program_does_not_have() {
    let manifest =
        format!("{HEAD}services: {{ el: {{ host: a, component: geth, settings: {{ prune: snap }} }} }}\n");
    caught(&manifest, "NG0204", "prune");
}

/// The client's own slashing protection was switched off: safe only while one database knows all.
#[test]
fn e15_keys_without_slashing_protection() {
    let off = "components:
  keeper:
    component: keeper
    summary: A signer
    kind: signer
    version: { tested: 1.0.0 }
    image: registry.demo.dev/keeper
    provides: { remote-signer: { port: 9000, protocol: http }, metrics: { port: 9001, protocol: http } }
    settings: { slashing-protection: { type: boolean, default: true, purpose: slashing-protection, doc: Refuse to sign twice } }
    volumes: { history: { path: /history, backup: true } }
    sources: [ its documentation ]
services: { keeper: { host: a, component: keeper, settings: { slashing-protection: false } } }
";
    caught(&format!("{HEAD}{off}"), "NG0454", "false");
    let key = format!("0x{}", "ab".repeat(48));
    let vc = |name: &str| {
        format!(
            "  {name}: {{ host: a, component: lighthouse-validator, settings: {{ fee-recipient: '0x8943545177806ed17b9f23f0a21ee5948ecaa776', public-keys: ['{key}'] }} }}\n"
        )
    };
    caught(&format!("{HEAD}services:\n{BASE}{}{}", vc("one"), vc("two")), "NG0450", &key);
    let copies = format!(
        "{TWO_HOSTS}services:\n  db: {{ hosts: [a, b], component: postgres }}\n  signer: {{ hosts: [a, b], component: web3signer }}\n"
    );
    caught(&copies, "NG0451", "signer");
}
