//! Components and chains of the user's own: inline, and from folders beside the manifest.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};

/// A file of the worked example of the README, as it stands there.
fn of_readme(path: &str) -> String {
    let example = include_str!("../README.md").split("\n## Adding a component\n").nth(1).unwrap();
    let from = example.find(&format!("```yaml\n# {path}\n")).unwrap();
    example[from..].split("```").nth(1).unwrap().split_once('\n').unwrap().1.to_owned()
}

const MANIFEST: &str = "netgen: 1
network: { name: foo, chain: foo }
hosts: { a: { address: 203.0.113.10 } }
stacks: { foo: { node: { component: foochain } } }
nodes: { one: { host: a, role: validator, stack: foo, voting-power: 1 } }
monitoring: { host: a, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
";

fn run(files: &[(&str, &str)]) -> Compilation {
    let world = MemoryWorld::new(files.iter().map(|(path, text)| (*path, *text)));
    compile(&world, &Input::new("net/network.yaml"), Options { allow_unlocked: true, ..Options::default() })
}

fn text(compilation: &Compilation, path: &str) -> String {
    let messages: Vec<&str> = compilation.diagnostics.iter().map(|d| d.message.as_str()).collect();
    let bundle = compilation.bundle.as_ref().unwrap_or_else(|| panic!("{messages:?}"));
    String::from_utf8(bundle.get(path).unwrap_or_else(|| panic!("no {path}")).bytes().unwrap().into_owned())
        .unwrap()
}

#[test]
fn the_component_of_the_readme_works_from_a_folder() {
    let (component, chain) = (of_readme("components/foochain/component.yaml"), of_readme("chains/foo.yaml"));
    let files = [
        ("net/chains/foo.yaml", chain.as_str()),
        ("net/components/foochain/component.yaml", component.as_str()),
    ];
    // First to the letter, then with all that netgen can know of it.
    let manifest = of_readme("network.yaml");
    let compilation = run(&[files[0], files[1], ("net/network.yaml", manifest.as_str())]);
    assert!(compilation.diagnostics.is_empty(), "{:?}", compilation.diagnostics);
    assert!(text(&compilation, "compose/b/compose.yaml").contains("two-node"));
    let compilation = run(&[files[0], files[1], ("net/network.yaml", MANIFEST)]);
    let compose = text(&compilation, "compose/a/compose.yaml");
    assert!(compose.contains("registry.example.net/foochain:1.4.2"));
    assert!(compose.contains("--external-address=203.0.113.10:26656"));
    let targets = text(&compilation, "prometheus/targets/foochain.json");
    assert!(targets.contains("one-node:26660"));
    let manifest = text(&compilation, "bundle.json");
    assert!(manifest.contains("components/foochain/component.yaml") && manifest.contains("chains/foo.yaml"));
    let firewall = text(&compilation, "firewall/a/nftables.conf");
    assert!(firewall.contains("proto-dst 26656") && !firewall.contains("26657"));
}

#[test]
fn the_same_component_works_inline() {
    let indented: String =
        of_readme("components/foochain/component.yaml").lines().map(|line| format!("    {line}\n")).collect();
    let manifest = format!("{MANIFEST}components:\n  foochain:\n{indented}");
    let compilation =
        run(&[("net/network.yaml", &manifest), ("net/chains/foo.yaml", &of_readme("chains/foo.yaml"))]);
    assert!(text(&compilation, "compose/a/compose.yaml").contains("--max-peers=40"));
}

#[test]
fn broken_component_data_points_into_its_file() {
    let component =
        of_readme("components/foochain/component.yaml").replace("kind: chain-node", "kind: chain-nod");
    let compilation = run(&[
        ("net/network.yaml", MANIFEST),
        ("net/chains/foo.yaml", &of_readme("chains/foo.yaml")),
        ("net/components/foochain/component.yaml", &component),
    ]);
    let finding = compilation.diagnostics.iter().find(|d| d.rule.code == "NG0208").unwrap();
    let source = compilation.sources.get(finding.span().source).unwrap();
    assert_eq!(source.name(), "net/components/foochain/component.yaml");
    assert_eq!(source.slice(finding.span()), "chain-nod");
}

#[test]
fn secrets_never_reach_the_bundle() {
    let secret = "hunter2-hunter2";
    let manifest = MANIFEST.replace(
        "{ component: foochain }",
        &format!("{{ component: foochain, environment: {{ API_TOKEN: {secret} }} }}"),
    );
    let component = of_readme("components/foochain/component.yaml");
    let compilation = run(&[
        ("net/network.yaml", &manifest),
        ("net/chains/foo.yaml", &of_readme("chains/foo.yaml")),
        ("net/components/foochain/component.yaml", &component),
    ]);
    assert!(compilation.bundle.is_none());
    assert!(compilation.diagnostics.iter().any(|d| d.rule.code == "NG0402"));
    for finding in &compilation.diagnostics {
        let words = finding.labels.iter().map(|l| &l.text).chain(&finding.help).chain([&finding.message]);
        assert!(words.into_iter().all(|text| !text.contains(secret)));
    }
}

/// Settings that nobody sets by default, each of them set: their conditions and arguments hold.
#[test]
fn optional_settings_can_be_set() {
    let manifest = "netgen: 1
network: { name: all, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
secrets: { admin: { env: ADMIN } }
services:
  el:
    host: a
    component: geth
    settings: { ws: true, ws-origins: ['*'], http-cors: ['*'], bootnodes: ['enode://00@203.0.113.9:30303'] }
  bn:
    host: a
    component: lighthouse-beacon
    settings:
      checkpoint-sync: https://checkpoint-sync.hoodi.ethpandaops.io
      target-peers: 80
      boot-nodes: ['enr:-x']
  vc:
    host: a
    component: lighthouse-validator
    settings:
      fee-recipient: '0x8943545177806ed17b9f23f0a21ee5948ecaa776'
      graffiti: hello world
      gas-limit: 60000000
      builder-proposals: true
      builder-boost-factor: 100
  prometheus:
    host: a
    component: prometheus
    settings: { retention: 10d, retention-size: 50GiB, external-url: https://prometheus.internal }
  grafana:
    host: a
    component: grafana
    settings: { root-url: https://grafana.internal, admin-password: { secret: admin } }
monitoring: { host: a, retention: 5d, receivers: { people: { webhook: { url: https://hooks.demo.dev/a } } }, routes: [{ to: people }] }
";
    let compilation = run(&[("net/network.yaml", manifest)]);
    let compose = text(&compilation, "compose/a/compose.yaml");
    for argument in
        ["--ws", "--target-peers=80", "--graffiti=hello world", "retention.time=864000s", "retention.size="]
    {
        assert!(compose.contains(argument), "{argument}\n{compose}");
    }
}
