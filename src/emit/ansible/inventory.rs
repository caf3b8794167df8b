//! Who is deployed to: hosts, groups, and what they all share.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::emit::EmitError;
use crate::manifest::{Environment, Firewall};
use crate::plan::Plan;
use crate::topology::{Host, SECRETS_GROUP_ID};

/// The group that may read secret files on the hosts.
const SECRETS_GROUP: &str = "netgen-secrets";

/// Names that mean something else to Ansible.
const RESERVED: &[&str] = &["all", "localhost", "ungrouped"];

/// What is true of the whole network.
#[derive(Serialize)]
pub(super) struct Network {
    network: String,
    chain: String,
    environment: Environment,
    install_dir: String,
    secrets_group: Group,
    stack_unit: String,
    firewall: Firewall,
    rollout_wait: u64,
    /// Seconds between two blocks.
    block_time: u64,
}

/// A group of a host.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) gid: u32,
}

pub(super) fn network(plan: &Plan) -> Network {
    let topology = &plan.topology;
    Network {
        network: topology.name.clone(),
        chain: topology.chain.id.clone(),
        environment: topology.environment,
        install_dir: topology.install_dir(),
        secrets_group: Group { name: SECRETS_GROUP, gid: SECRETS_GROUP_ID },
        stack_unit: topology.stack_unit_name(),
        firewall: topology.firewall,
        rollout_wait: topology.rollout.wait.0,
        block_time: topology.chain.block_time,
    }
}

/// The inventory: every host with the way to reach it, and the groups it is in.
pub(super) fn hosts(plan: &Plan) -> Result<Value, EmitError> {
    placed(plan, |host| login(host, true))
}

/// How a host is logged in to, with its address or without.
pub(in crate::emit) fn login(host: &Host, address: bool) -> Value {
    let mut login = Map::new();
    if address {
        login.insert("ansible_host".to_owned(), host.address.clone().into());
    }
    login.insert("ansible_port".to_owned(), host.ssh_port.into());
    login.insert("ansible_user".to_owned(), host.ssh_user.clone().into());
    login.insert("ansible_become".to_owned(), true.into());
    login.into()
}

/// Every host with what is said of it, and the groups.
pub(in crate::emit) fn placed(plan: &Plan, said: impl Fn(&Host) -> Value) -> Result<Value, EmitError> {
    let topology = &plan.topology;
    let mut hosts: BTreeMap<&str, Value> = BTreeMap::new();
    // Both exist even when they are empty: the playbook names them.
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    groups.insert(CANARY.to_owned(), BTreeSet::new());
    groups.insert(OTHERS.to_owned(), BTreeSet::new());
    groups.extend(FOUND.map(|group| (group.to_owned(), BTreeSet::new())));
    for host in topology.machines() {
        if RESERVED.contains(&host.name.as_str()) {
            return Err(EmitError::unsupported(
                host.origin,
                format!("Ansible cannot have a host of the name `{}`", host.name),
                "give the host another name",
            ));
        }
        hosts.insert(&host.name, said(host));
        for group in groups_of(plan, host) {
            groups.entry(group).or_default().insert(&host.name);
        }
    }
    let children: BTreeMap<String, Value> = groups
        .into_iter()
        .map(|(group, members)| {
            let members: BTreeMap<&str, Value> = members.into_iter().map(|name| (name, json!({}))).collect();
            (group, json!({ "hosts": members }))
        })
        .collect();
    Ok(json!({ "all": { "hosts": hosts, "children": children } }))
}

const CANARY: &str = "rollout_canary";
const OTHERS: &str = "rollout_others";

/// Groups that a playbook puts hosts into while it runs; Ansible warns of a group that it does not know.
const FOUND: [&str; 3] = ["chaos_involved", "secrets_kept_here", "secrets_read_here"];

fn groups_of(plan: &Plan, host: &Host) -> BTreeSet<String> {
    let topology = &plan.topology;
    let mut groups = BTreeSet::new();
    groups.insert(if topology.rollout.canary == Some(host.id) { CANARY } else { OTHERS }.to_owned());
    groups.insert(format!("rollout_wave_{}", plan.waves.wave(host.id)));
    groups.insert(group("runtime", host.runtime.word()));
    groups.extend(host.region.map(|region| group("region", &topology.regions[region].name)));
    groups.extend(host.provider.as_deref().map(|provider| group("provider", provider)));
    for service in topology.services_on(host.id) {
        groups.insert(group("component", &service.component.component));
        groups.extend(service.node.map(|node| group("role", &topology.nodes[node].role)));
    }
    groups
}

/// A group's name must be an identifier of Python.
fn group(kind: &str, name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    format!("{kind}_{plain}")
}
