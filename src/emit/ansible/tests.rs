use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::check::registry::all_rules;
use crate::diag::{Level, Levels, Rule};
use crate::template::Templates;
use crate::world::MemoryWorld;
use crate::{Input, Options, compile_to_plan};

/// Two hosts, every source of a secret, a job before a service, and texts that Ansible would evaluate.
const MANIFEST: &str = r#"
netgen: 1
network: { name: proof, chain: hoodi, environment: development }
regions: { eu-1: { provider: "Acme {{ cloud }}" } }
hosts:
  h1: { address: 192.0.2.1, region: eu-1, ssh: { user: ubuntu, port: 2222 }, labels: { note: "{{ 7 * 7 }}" } }
  h2: { address: 192.0.2.2, runtime: native }
secrets:
  env: { env: NETGEN_PROOF }
  file: { file: "plain {{ x }}.txt" }
  sops: { sops: s.enc.yaml, key: a.b }
  vault: { vault: secret/data/netgen, field: pw }
  there: { host-file: /root/there }
  shared: { generate: hex32 }
components:
  standin:
    component: standin
    summary: Stand-in
    kind: other
    version: { tested: "1" }
    image: example.org/standin
    user: "10050:10051"
    provides: { echo: { port: 7777, protocol: tcp, exposure: private } }
    settings:
      own: { type: secret, doc: own, generate: { form: password, scope: service } }
      around: { type: secret, doc: around, optional: true, content: "password = {{ value | to_json }}\n" }
      one: { type: secret, doc: one, optional: true }
      two: { type: secret, doc: two, optional: true }
      three: { type: secret, doc: three, optional: true }
      four: { type: secret, doc: four, optional: true }
      five: { type: secret, doc: five, optional: true }
    volumes: { data: { path: /data, folders: [sub] } }
    native: { program: /usr/bin/socat, package: socat }
    sources: [none]
services:
  one-a:
    component: standin
    host: h1
    settings:
      around: { secret: shared }
      one: { secret: env }
      two: { secret: file }
      three: { secret: sops }
      four: { secret: vault }
      five: { secret: there }
  one-b: { component: standin, host: h2, settings: { one: { secret: shared } } }
rollout: { canary: h2 }
"#;

fn plan(manifest: &str) -> Plan {
    plan_without(manifest, None)
}

/// A plan of a manifest that is sound but for one rule, which is switched off.
fn plan_without(manifest: &str, off: Option<&str>) -> Plan {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let mut levels = Levels::default();
    if let Some(rule) = off {
        levels.set(Rule::find(&all_rules(), rule).unwrap(), Level::Allow);
    }
    let options = Options { allow_unlocked: true, levels, ..Options::default() };
    let compilation = compile_to_plan(&world, &Input::new("network.yaml"), options);
    assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
    compilation.plan.unwrap()
}

fn files(plan: &Plan) -> BTreeMap<String, String> {
    let mut out = Artifacts::default();
    Ansible.emit(plan, &Templates::embedded(), &mut out).unwrap();
    let mut bundle = crate::bundle::Bundle::default();
    out.into_bundle(&mut bundle).unwrap();
    bundle
        .files()
        .map(|(path, file)| {
            (path.as_str().to_owned(), String::from_utf8(file.bytes().unwrap().into_owned()).unwrap())
        })
        .collect()
}

fn facts(plan: &Plan, host: &str) -> Value {
    let host = plan.topology.hosts.iter().find(|h| h.name == host).unwrap();
    let facts = host::facts(plan, &Known::of(&plan.topology), host).unwrap();
    let Value::Object(fields) = serde_json::to_value(&facts).unwrap() else { panic!("no map") };
    fields.into_iter().map(|(name, value)| (format!("{PREFIX}{name}"), value)).collect()
}

#[test]
fn playbooks_are_copied_as_they_are_and_texts_of_the_manifest_are_never_evaluated() {
    let files = files(&plan(MANIFEST));
    for (path, text) in crate::embedded::FILES.iter().filter(|(path, _)| path.starts_with("ansible/")) {
        assert_eq!(files[*path], *text, "{path}");
    }
    let vars = &files["ansible/inventory/host_vars/h1.yml"];
    assert!(files["Makefile"].contains("\ndeploy:\n\t$(call play,site.yml)\n"));
    assert!(vars.contains("note: !unsafe \"{{ 7 * 7 }}\""), "{vars}");
    assert!(vars.contains("file: !unsafe \"plain {{ x }}.txt\""), "{vars}");
    assert!(vars.contains("netgen_provider: !unsafe \"Acme {{ cloud }}\""), "{vars}");
    assert_eq!(
        files["ansible/templates/one-a/around.j2"],
        "{% set value = secrets_value %}password = {{ value | to_json }}\n"
    );
}

#[test]
fn hosts_are_in_groups_by_all_that_they_are() {
    let inventory = inventory::hosts(&plan(MANIFEST)).unwrap();
    let expected = json!({
        "ansible_host": "192.0.2.1", "ansible_port": 2222, "ansible_user": "ubuntu", "ansible_become": true,
    });
    assert_eq!(inventory["all"]["hosts"]["h1"], expected);
    let groups = inventory["all"]["children"].as_object().unwrap();
    let members =
        |group: &str| groups[group]["hosts"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members("component_standin"), ["h1", "h2"]);
    assert_eq!(members("region_eu_1"), ["h1"]);
    assert_eq!(members("provider_acme____cloud___"), ["h1"]);
    assert_eq!(members("runtime_native"), ["h2"]);
    assert_eq!(members("rollout_canary"), ["h2"]);
    assert_eq!(members("rollout_others"), ["h1"]);
    assert_eq!([members("rollout_wave_0"), members("rollout_wave_1")], [["h2"], ["h1"]]);
    for group in groups.keys() {
        assert!(group.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{group}");
    }
}

#[test]
fn a_host_cannot_have_a_name_that_means_something_to_ansible() {
    let plan = plan_without(&MANIFEST.replace("h1", "localhost"), Some("reserved-name"));
    let error = inventory::hosts(&plan).unwrap_err();
    assert_eq!(error.message, "Ansible cannot have a host of the name `localhost`");
    assert!(error.span.is_somewhere());
}

#[test]
fn every_source_of_a_secret_is_named_and_no_value() {
    let secrets = &facts(&plan(MANIFEST), "h1")["netgen_secrets"];
    let root = "/etc/netgen/proof/secrets";
    assert_eq!(
        *secrets,
        json!([
            { "name": "env", "path": format!("{root}/network/env"), "source": "env", "variable": "NETGEN_PROOF" },
            { "name": "file", "path": format!("{root}/network/file"), "source": "file", "file": "plain {{ x }}.txt" },
            { "name": "shared", "path": format!("{root}/network/shared"), "source": "generate",
              "length": 64, "characters": "0123456789abcdef", "shared": true, "kept": "shared" },
            { "name": "sops", "path": format!("{root}/network/sops"), "source": "sops",
              "file": "s.enc.yaml", "key": "[\"a\"][\"b\"]" },
            { "name": "vault", "path": format!("{root}/network/vault"), "source": "vault",
              "vault": "secret/data/netgen", "field": "pw" },
            { "name": "own", "path": format!("{root}/services/one-a/own"), "source": "generate",
              "length": 32, "characters": "ascii_letters,digits", "shared": false, "kept": "one-a/own" },
            { "name": "there", "path": "/root/there", "source": "host-file" },
        ])
    );
}

#[test]
fn folders_of_secrets_are_ours_only_and_outermost_first() {
    let facts = facts(&plan(MANIFEST), "h1");
    let root = "/etc/netgen/proof/secrets";
    assert_eq!(
        facts["netgen_secret_folders"],
        json!([
            root,
            format!("{root}/network"),
            format!("{root}/services"),
            format!("{root}/services/one-a")
        ])
    );
    assert_eq!(
        facts["netgen_secret_files"],
        json!([{ "path": format!("{root}/services/one-a/around.conf"), "from": format!("{root}/network/shared"),
                 "template": "templates/one-a/around.j2" }])
    );
}

#[test]
fn compose_is_reloaded_and_containers_are_restarted_for_their_secrets() {
    let facts = facts(&plan(MANIFEST), "h1");
    let unit = &facts["netgen_units"][0];
    assert_eq!((&unit["name"], &unit["apply"]), (&json!("netgen-proof.service"), &json!("reloaded")));
    let told = facts["netgen_told"].as_array().unwrap();
    // And the journal, of its cap.
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["argv"], json!(["docker", "container", "restart", "one-a"]));
    assert!(told[0]["files"].as_array().unwrap().contains(&json!("/root/there")));
    assert_eq!(facts["netgen_users"], json!([]), "containers need no accounts");
}

#[test]
fn native_services_have_accounts_packages_and_a_unit_each() {
    let facts = facts(&plan(MANIFEST), "h2");
    assert_eq!(facts["netgen_users"], json!([{ "name": "netgen-10050", "uid": 10050, "gid": 10051 }]));
    assert_eq!(facts["netgen_packages"], json!(["socat"]));
    let unit = &facts["netgen_units"][0];
    assert_eq!((&unit["name"], &unit["apply"]), (&json!("netgen-proof-one-b.service"), &json!("restarted")));
    assert_eq!((&unit["ready"][0]["service"], &unit["ready"][0]["image"]), (&json!("one-b"), &Value::Null));
    let files = unit["files"].as_array().unwrap();
    assert!(files.contains(&json!("/etc/netgen/proof/secrets/network/shared")), "a new secret restarts it");
    let state = "/var/lib/netgen/proof/one-b";
    let folders = facts["netgen_folders"].as_array().unwrap();
    for path in [format!("{state}/data"), format!("{state}/data/sub")] {
        let expected = json!({ "path": path, "owner": "10050", "group": "10051", "mode": "0700" });
        assert!(folders.contains(&expected), "{folders:?}");
    }
}

#[test]
fn the_folders_above_a_path() {
    let (deep, top) = (host::ancestors("/var/lib/netgen"), host::ancestors("/"));
    assert_eq!(deep, ["/", "/var", "/var/lib", "/var/lib/netgen"]);
    assert_eq!(top, ["/"]);
}

#[test]
fn who_is_asked_how_far_a_node_is_and_what_a_wipe_keeps() {
    const CHAIN: &str = r#"
netgen: 1
network: { name: far, chain: hoodi, environment: development }
hosts:
  boxes: { address: 192.0.2.1, private-address: 10.0.0.1 }
  bare: { address: 192.0.2.2, runtime: native }
stacks:
  two: { execution: { component: own }, beacon: { component: own, settings: { from: "https://u@Check.Example.net:1/x" } } }
  one: { chain: { component: own } }
  cli: { chain: { component: bit } }
nodes:
  n1: { host: boxes, role: rpc, stack: two }
  n2: { host: bare, role: rpc, stack: one }
  n3: { host: bare, role: rpc, stack: cli }
components:
  own:
    component: own
    summary: Own
    kind: chain-node
    version: { tested: "1" }
    image: registry.example.com:5000/own
    user: "10060:10060"
    provides: { rpc: { port: 8545, protocol: http, path: /rpc } }
    settings: { from: { type: url, doc: from, optional: true } }
    native: { program: /usr/bin/own }
    volumes: { data: { path: /data }, keys: { path: /keys, backup: true } }
    sync: { interface: rpc, answers: ethereum }
    sources: [ none ]
  bit:
    component: bit
    summary: Bit
    kind: chain-node
    version: { tested: "1" }
    image: example.org/bit
    user: "10061:10061"
    identities: { vote: { key: ed25519, format: hex, setting: key, votes: true } }
    settings: { key: { type: secret, doc: key, path: /run/secrets/key, optional: true } }
    native: { program: /usr/bin/bit }
    volumes: { data: { path: /data } }
    sync: { command: [/usr/bin/bit-cli, "-datadir={{ volume.data }}"], answers: bitcoin }
    sources: [ none ]
"#;
    let plan = plan(CHAIN);
    let (boxes, bare) = (facts(&plan, "boxes"), facts(&plan, "bare"));
    let container = json!({ "scheme": "http", "port": 8545, "path": "/rpc" });
    assert_eq!(boxes["netgen_sync"][0]["label"], "n1/beacon");
    assert_eq!(boxes["netgen_sync"][0]["container"], container);
    let data = "/var/lib/netgen/far/n3-chain/data";
    assert_eq!(
        bare["netgen_sync"],
        json!([
            { "label": "n2", "service": "n2-chain", "answers": "ethereum", "url": "http://127.0.0.1:8545/rpc" },
            { "label": "n3", "service": "n3-chain", "answers": "bitcoin", "command": [
                "setpriv", "--reuid=10061", "--regid=10061", "--clear-groups", "/usr/bin/bit-cli", format!("-datadir={data}")
            ] },
        ])
    );
    let names: Vec<&str> =
        boxes["netgen_names"].as_array().unwrap().iter().map(|name| name["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["check.example.net", "registry.example.com"]);
    let kept: Vec<bool> = bare["netgen_state"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state["kept"].as_bool().unwrap())
        .collect();
    // Data of the one, its keys, and what the one that votes has signed.
    assert_eq!(kept, [false, true, true]);
}
