//! When rules speak and when they keep silent: sound networks get no finding, advice about real
//! value is given only where there is some, one mistake is reported once, and no secret is shown.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use netgen::check::registry::all_rules;
use netgen::diag::render::{Format, render};
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};

fn compiled(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    compile_to_plan(
        &world,
        &Input::new("network.yaml"),
        Options { allow_unlocked: true, ..Options::default() },
    )
}

fn codes(manifest: &str) -> Vec<&'static str> {
    compiled(manifest).diagnostics.iter().map(|d| d.rule.code).collect()
}

/// Two validators in two regions on a main network, with everything that production asks for. The
/// addresses are from the range for benchmarks: those for documentation are no machines.
const SOUND: &str = "netgen: 1
network: { name: stakers, chain: mainnet, environment: production }
defaults: { ssh: { user: deploy } }
regions: { eu: { provider: hetzner }, us: { provider: aws } }
hosts:
  eu-1: { address: 198.18.0.10, private-address: 10.0.0.1, region: eu, resources: { cpus: 16, memory: 64GiB, disk: 4TiB } }
  us-1: { address: 198.18.0.20, private-address: 10.0.1.1, region: us, resources: { cpus: 16, memory: 64GiB, disk: 4TiB } }
  ops-1: { address: 198.18.0.30, private-address: 10.0.0.3, region: eu, resources: { cpus: 8, memory: 32GiB, disk: 500GiB } }
secrets:
  slack: { env: SLACK_WEBHOOK_URL }
  restic: { sops: secrets.enc.yaml, key: backup.password }
stacks:
  geth: &validator
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: https://mainnet.checkpoint.sigp.io } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', builder-proposals: true } }
    boost:
      component: mev-boost
      settings:
        relays:
          - https://0xa1559ace749633b997cb3fdacffb890aeebdb0f5a3b6aaa7eeeaf1a38af0a8fe88b9e4b1f61f236d2e64d95733327a62@relay.ultrasound.money
          - https://0x8c4ed5e24fe5c6ae21018437bde147693f68cda427cd1122cf20819c30eda7ed74f72dece09bb313f2a1855595ab677d@global.titanrelay.xyz
  reth:
    <<: *validator
    execution: { component: reth }
nodes:
  eu-1:
    host: eu-1
    role: validator
    stack: geth
    voting-power: 1
    services:
      validator:
        needs: { beacon-api: [beacon, us-1/beacon] }
        settings: { public-keys: ['0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'] }
  us-1:
    host: us-1
    role: validator
    stack: reth
    voting-power: 1
    services:
      validator:
        needs: { beacon-api: [beacon, eu-1/beacon] }
        settings: { public-keys: ['0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'] }
services:
  signer: { component: web3signer, host: ops-1, needs: { sql: signer-db } }
  signer-db: { component: postgres, host: ops-1 }
require: { max-client-share: 100% }
monitoring:
  host: ops-1
  slo: { availability: 99.9%, window: 30d }
  receivers:
    team: { slack: { secret: slack, channel: '#validators' } }
    watchdog: { webhook: { url: https://watchdog.stakers.dev/ping } }
  heartbeat: watchdog
  routes: [{ to: team }]
backup: { to: 's3:https://s3.eu-central-1.amazonaws.com/stakers-backup', password: { secret: restic } }
security: { admin-networks: [192.0.2.0/24] }
";

#[test]
fn a_sound_network_has_no_finding() {
    let found = compiled(SOUND);
    let messages: Vec<&str> = found.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert!(messages.is_empty(), "{messages:#?}");
}

/// Each line changes the sound network in one place and names the one rule that must speak.
#[test]
fn one_mistake_in_a_sound_network_is_one_finding() {
    let keys = "'0x".to_owned() + &"b".repeat(96) + "'";
    let other = "'0x".to_owned() + &"a".repeat(96) + "'";
    let changes: &[(&str, &str, &str)] = &[
        (&keys, &other, "NG0450"),
        ("security: { admin-networks: [192.0.2.0/24] }\n", "", "NG0410"),
        ("  heartbeat: watchdog\n", "", "NG0806"),
        ("    stack: geth\n    voting-power: 1\n", "    stack: geth\n", "NG0603"),
        ("builder-proposals: true", "builder-boost-factor: 90", "NG0250"),
        ("https://mainnet.checkpoint.sigp.io", "https://hoodi.checkpoint.sigp.io", "NG0429"),
        ("Ef1BeAed'", "Ef1BeAee'", "NG0425"),
        ("disk: 500GiB", "disk: 20GiB", "NG0704"),
        ("window: 30d", "window: 90d", "NG0816"),
        ("availability: 99.9%", "availability: 100%", "NG0815"),
        ("  routes: [{ to: team }]", "  routes: [{ severity: [P1, P2], to: team }]", "NG0803"),
        ("routes: [{ to: team }]", "routes: [{ to: team }]\n  scrape-interval: 4m", "NG0812"),
        ("max-client-share: 100%", "survives: { host: 0 }", "NG0605"),
        ("security: {", "logging: { max-size: 50GiB }\nsecurity: {", "NG0705"),
        ("password: { secret: restic } }", "password: { secret: restic }, keep: 1h }", "NG0423"),
        ("{ component: geth }", "{ component: geth, settings: { cache: 20GiB } }", "NG0702"),
        ("{ component: geth }", "{ component: geth, settings: { http-api: [eth, engine] } }", "NG0408"),
        (
            "{ component: geth }",
            "{ component: geth, environment: { RPC: 'https://a.b/?apikey=aaaaaaaaaa' } }",
            "NG0414",
        ),
    ];
    for (from, to, code) in changes {
        assert!(SOUND.contains(from), "{from}");
        let changed = SOUND.replacen(from, to, 1);
        let found = codes(&changed);
        let mut kinds = found.clone();
        kinds.dedup();
        // The watchdog that nobody uses any more is a finding of its own, rightly.
        kinds.retain(|kind| !(*code == "NG0806" && *kind == "NG0802"));
        // Scrapes so far apart blind the short windows of objectives too.
        kinds.retain(|kind| !(*code == "NG0812" && *kind == "NG0845"));
        assert_eq!(kinds, [*code], "{from} -> {to}: {found:?}");
    }
}

/// The same network for play gets no advice about real value.
#[test]
fn advice_about_real_value_needs_real_value() {
    let bare = "netgen: 1
network: { name: n, chain: CHAIN }
defaults: { ssh: { user: deploy } }
hosts: { a: { address: 198.18.0.10 }, b: { address: 198.18.0.11 } }
services: { el: { hosts: all, component: geth } }
";
    assert_eq!(codes(&bare.replace("CHAIN", "hoodi")), [""; 0]);
    for at_stake in ["mainnet", "hoodi, environment: production"] {
        let found = codes(&bare.replace("CHAIN", at_stake));
        assert_eq!(found, ["NG0410", "NG0807", "NG0706"], "{at_stake}");
    }
    for play in
        ["mainnet, environment: development", "mainnet, environment: testnet", "hoodi, environment: staging"]
    {
        assert_eq!(codes(&bare.replace("CHAIN", play)), [""; 0], "{play}");
    }
}

/// A misspelt name is one finding: what is missing because of it is not reported again.
#[test]
fn a_broken_reference_brings_no_advice_with_it() {
    let broken = SOUND.replace("services:\n  signer: {", "services:\n  signer: { image: 'not an image',");
    assert_eq!(codes(&broken), ["NG0303"]);
    let misspelt = SOUND.replace("needs: { sql: signer-db }", "needs: { sql: signer-bd }");
    let found = codes(&misspelt);
    assert!(found.iter().all(|code| code.starts_with("NG02")), "{found:?}");
    let lost_node = SOUND.replace("    host: us-1\n", "    host: us-2\n");
    let found = codes(&lost_node);
    assert!(found.iter().all(|code| code.starts_with("NG02")), "{found:?}");
}

#[test]
fn no_format_shows_a_secret() {
    let manifest = "netgen: 1
network: { name: n, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
secrets: { slack: { env: SLACK } }
components:
  foo:
    component: foo
    summary: Foo
    kind: other
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    command: [--api-token, 'hunter2-argument']
    sources: [ foo ]
services:
  el: { host: a, component: geth, environment: { API_TOKEN: 'hunter2-é-variable' } }
  foo: { host: a, component: foo, environment: { URL: 'https://x.dev/?token=hunter2-query' } }
  db: { host: a, component: postgres, settings: { password: 'hunter2-setting' } }
";
    let found = compiled(manifest);
    assert!(found.diagnostics.len() > 3);
    for format in [Format::Human { width: 200, color: false }, Format::Json, Format::Sarif, Format::Github] {
        let text = render(format, &found.diagnostics, &found.sources, &all_rules());
        assert!(!text.contains("hunter2"), "{text}");
    }
    // Masking keeps every place.
    let masked = found.sources.iter().map(|(_, source)| source.text().len()).max().unwrap();
    assert!(masked >= manifest.len());
}

/// What a voter needs counts, unless another provider can take over.
#[test]
fn a_fallback_elsewhere_keeps_the_voters_up() {
    let network = |needs: &str| {
        let mut text = "netgen: 1
network: { name: n, chain: hoodi, environment: testnet }
require: { survives: { host: 1 } }
stacks:
  v:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: https://hoodi.beaconstate.ethstaker.cc } }
    validator:
      component: lighthouse-validator
      needs: { beacon-api: NEEDS }
      settings: { fee-recipient: '0x8943545177806ed17b9f23f0a21ee5948ecaa776' }
hosts:
"
        .replace("NEEDS", needs);
        let names = ["a", "b", "c", "d"];
        for (index, name) in names.iter().enumerate() {
            text.push_str(&format!(
                "  {name}: {{ address: 203.0.113.{index}, private-address: 10.0.0.{index} }}\n"
            ));
        }
        text.push_str("nodes:\n");
        for name in names {
            text.push_str(&format!(
                "  n{name}: {{ host: {name}, role: validator, stack: v, voting-power: 1 }}\n"
            ));
        }
        text
    };
    assert_eq!(codes(&network("[beacon]")), [""; 0]);
    assert!(!codes(&network("[na/beacon, nb/beacon]")).contains(&"NG0609"));
    assert_eq!(codes(&network("[na/beacon]")), ["NG0609"]);
}
