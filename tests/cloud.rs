//! Inventories that ask a provider, and what new machines are told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/findings.rs"]
mod findings;

use std::collections::BTreeMap;

use findings::options;
use netgen::world::MemoryWorld;
use netgen::{Input, compile};
use serde_json::{Value, json};

const MANIFEST: &str = "
netgen: 1
network: { name: mixed, chain: hoodi, environment: testnet }
regions:
  us: { provider: AWS, provider-region: us-east-1 }
  de: { provider: aws }
  be: { provider: google-cloud, project: acme-validators, provider-region: europe-west1 }
  nl: { provider: gcp }
  fi: { provider: hetzner }
defaults: { ssh: { user: ubuntu, import-keys: [gh:octocat] } }
hosts:
  us-1: { address: 203.0.113.10, region: us, ssh: { user: ops, port: 2222 } }
  be-1: { address: 203.0.113.11, region: be, data-dir: /srv/netgen, data-disk: LABEL=netgen-data }
  nl-1: { address: 203.0.113.12, region: nl }
  fi-1: { address: 203.0.113.13, region: fi, ssh: { user: root } }
  pod-1: { address: 203.0.113.14, region: us, runtime: kubernetes }
stacks: { el: { execution: { component: geth } } }
nodes:
  us-1: { host: us-1, role: rpc, stack: el }
  be-1: { host: be-1, role: rpc, stack: el }
";

fn files(manifest: &str) -> BTreeMap<String, String> {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let compilation = compile(&world, &Input::new("network.yaml"), options());
    let bundle = compilation.bundle.unwrap_or_else(|| panic!("{:?}", compilation.diagnostics));
    bundle
        .files()
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect()
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn instances_are_found_by_their_tags() {
    let files = files(MANIFEST);
    let aws = yaml(&files["ansible/inventory-aws/mixed.aws_ec2.yml"]);
    assert_eq!(aws["plugin"], "amazon.aws.aws_ec2");
    assert_eq!(aws["hostnames"], json!(["tag:netgen_host"]));
    assert_eq!(aws["filters"]["tag:netgen_network"], "mixed");
    // A pod is on no machine that Ansible logs in to.
    assert_eq!(aws["filters"]["tag:netgen_host"], json!(["us-1"]));
    assert_eq!(aws["regions"], json!(["us-east-1"]));
    assert!(aws["compose"]["ansible_host"].as_str().unwrap().starts_with("public_ip_address"));
    let google = yaml(&files["ansible/inventory-gcp/mixed.gcp_compute.yml"]);
    assert_eq!(google["plugin"], "google.cloud.gcp_compute");
    assert_eq!(google["projects"], json!(["acme-validators"]));
    assert_eq!(google["hostnames"], json!(["labels.netgen_host"]));
    // Without a project nobody can be asked.
    assert_eq!(google["filters"][2], "labels.netgen_host = be-1");
    assert_eq!(google["auth_kind"], "application");
    for inventory in [&aws, &google] {
        for key in inventory.as_object().unwrap().keys() {
            let known = [
                "plugin",
                "hostnames",
                "filters",
                "regions",
                "projects",
                "auth_kind",
                "compose",
                "keyed_groups",
                "strict",
            ];
            assert!(known.contains(&key.as_str()), "{key}");
        }
    }
}

/// One host of a provider that says not where: it may be anywhere.
#[test]
fn a_region_without_a_name_widens_the_question() {
    let more = "  de-1: { host: de-1, role: rpc, stack: el }\n";
    let manifest =
        MANIFEST.replace("stacks:", "  de-1: { address: 203.0.113.15, region: de }\nstacks:") + more;
    let aws = yaml(&files(&manifest)["ansible/inventory-aws/mixed.aws_ec2.yml"]);
    assert!(aws.get("regions").is_none(), "{aws}");
}

#[test]
fn hosts_keep_their_names_and_groups() {
    let files = files(MANIFEST);
    let placed = yaml(&files["ansible/inventory/placed.yml"]);
    let fixed = yaml(&files["ansible/inventory/hosts.yml"]);
    assert_eq!(placed["all"]["children"], fixed["all"]["children"]);
    let (placed, fixed) = (&placed["all"]["hosts"], &fixed["all"]["hosts"]);
    for (name, host) in fixed.as_object().unwrap() {
        assert!(files.contains_key(&format!("ansible/inventory/host_vars/{name}.yml")), "{name}");
        let asked = ["us-1", "be-1"].contains(&name.as_str());
        assert_eq!(placed[name].get("ansible_host").is_none(), asked, "{name}");
        assert_eq!(placed[name]["ansible_user"], host["ansible_user"]);
    }
    assert_eq!(placed.as_object().unwrap().len(), fixed.as_object().unwrap().len());
    // Nobody reads the others unless he is told to.
    assert!(!files["ansible/ansible.cfg"].contains("inventory-"));
}

#[test]
fn without_a_known_provider_there_is_nothing_to_ask() {
    let manifest = MANIFEST.replace("AWS", "ovh").replace("provider: google-cloud", "provider: ovh");
    let files = files(&manifest);
    assert!(files.keys().all(|path| !path.contains("inventory-") && !path.ends_with("placed.yml")));
}

#[test]
fn new_machines_are_told_who_logs_in_and_no_secret() {
    let files = files(MANIFEST);
    let of = |host: &str| {
        let text = &files[&format!("cloud-init/{host}/user-data")];
        assert_eq!(text.lines().next(), Some("#cloud-config"));
        yaml(text)
    };
    let us = of("us-1");
    assert_eq!(us["user"]["name"], "ops");
    assert_eq!(us["ssh_import_id"], json!(["gh:octocat"]));
    assert_eq!(us["write_files"][0]["content"], "Port 2222\n");
    assert!(us.get("mounts").is_none());
    let be = of("be-1");
    assert_eq!(be["mounts"][0][0], "/dev/disk/by-label/netgen-data");
    assert_eq!(be["mounts"][0][1], "/srv/netgen");
    assert!(be["mounts"][0][3].as_str().unwrap().contains("nofail"));
    assert!(be.get("write_files").is_none());
    assert_eq!(of("fi-1")["disable_root"], false);
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("cloud-init/")) {
        for word in ["fs_setup", "disk_setup", "mkfs", "password:", "chpasswd", "PRIVATE KEY"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
    assert!(!files.contains_key("cloud-init/pod-1/user-data"));
}
