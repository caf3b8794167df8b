//! Any execution client with any consensus client and any validator client: every team that the catalog
//! can make compiles without errors, and each end is told of the other. Who can be in a team is read
//! from the catalog: a client that is added there is in the matrix.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::sync::Arc;

use netgen::catalog::component::{Component, Kind};
use netgen::catalog::setting::{Purpose, Setting, SettingType};
use netgen::catalog::{Catalog, Entry};
use netgen::diag::{Diagnostic, Sink};
use netgen::plan::{Plan, Run};
use netgen::text::SourceMap;
use netgen::topology::{Node, Service};
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile_to_plan};

const ENGINE: &str = "engine-api";
const BEACON: &str = "beacon-api";
const BUILDER: &str = "builder-api";
const SIGNER: &str = "remote-signer";
const FEES: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const RELAY: &str = "https://0xafa4c6985aa049fb79dd37010438cfebeb0f2bd42b115b89dd678dab0670c1de38da0c4e9138c9290a398ecd9a0b3110@relay.demo.dev";

/// The components of the catalog, by what they can do in a team.
struct Roles {
    execution: Vec<Arc<Entry>>,
    consensus: Vec<Arc<Entry>>,
    validator: Vec<Arc<Entry>>,
}

fn roles() -> Roles {
    let mut catalog = Catalog::built_in();
    let (world, mut sources, mut sink) = (MemoryWorld::default(), SourceMap::default(), Sink::new());
    let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
    let all: Vec<Arc<Entry>> =
        ids.iter().filter_map(|id| catalog.entry(id, &world, &mut sources, &mut sink)).collect();
    assert!(sink.is_empty());
    let of = |can: fn(&Component) -> bool| -> Vec<Arc<Entry>> {
        all.iter().filter(|entry| can(&entry.component)).cloned().collect()
    };
    Roles {
        execution: of(|c| c.kind == Kind::ExecutionClient && c.provides.contains_key(ENGINE)),
        consensus: of(|c| {
            c.kind == Kind::ConsensusClient && c.needs.contains_key(ENGINE) && c.provides.contains_key(BEACON)
        }),
        validator: of(|c| c.kind == Kind::ValidatorClient && c.needs.contains_key(BEACON)),
    }
}

/// The settings that a component cannot do without, and those that are given.
fn settings(component: &Component, given: &[(Purpose, String)]) -> String {
    let value = |setting: &Setting| match (setting.purpose, setting.kind) {
        (purpose, _) if given.iter().any(|(known, _)| Some(*known) == purpose) => {
            given.iter().find(|(known, _)| Some(*known) == purpose).map(|(_, value)| value.clone())
        }
        _ if setting.optional || setting.default.is_some() || setting.kind == SettingType::Secret => None,
        (Some(Purpose::FeeRecipient), _) => Some(format!("'{FEES}'")),
        (_, SettingType::Url) => Some("https://hoodi.beaconstate.ethstaker.cc".to_owned()),
        (_, kind) => panic!("{}: no value for a setting of type {kind:?}", component.component.value),
    };
    let all =
        component.settings.iter().filter_map(|(name, s)| value(s).map(|value| format!("{name}: {value}")));
    all.collect::<Vec<_>>().join(", ")
}

/// The switch that offers blocks of builders.
fn builder_switch(component: &Component) -> Option<&str> {
    let of_builders = |s: &Setting| {
        s.kind == SettingType::Boolean && s.when.as_ref().is_some_and(|when| when.contains(BUILDER))
    };
    component.settings.iter().find(|(_, setting)| of_builders(setting)).map(|(name, _)| name.as_str())
}

fn key(team: usize) -> String {
    format!("0x{}", format!("{:04x}", team + 1).repeat(24))
}

/// One host and one node for each team.
fn manifest(teams: &[[&Component; 3]], signer: bool, builder: bool, more: &str) -> String {
    let mut text = "netgen: 1\nnetwork: { name: matrix, chain: hoodi }\n".to_owned();
    let mut hosts = String::from("hosts:\n  ops: { address: 198.18.255.1, private-address: 10.1.255.1 }\n");
    let mut stacks = String::from("stacks:\n");
    let mut nodes = String::from("nodes:\n");
    for (team, [execution, consensus, validator]) in teams.iter().enumerate() {
        let (high, low) = (team / 200, team % 200 + 1);
        hosts +=
            &format!("  h{team}: {{ address: 198.18.{high}.{low}, private-address: 10.1.{high}.{low} }}\n");
        let keys =
            if signer { vec![(Purpose::ValidatorKeys, format!("['{}']", key(team)))] } else { Vec::new() };
        let switch = builder_switch(validator).filter(|_| builder);
        let switch = switch.map(|name| format!(", {name}: true")).unwrap_or_default();
        stacks += &format!(
            "  s{team}:
    execution: {{ component: {} }}
    beacon: {{ component: {}, settings: {{ {} }} }}
    validator: {{ component: {}, settings: {{ {}{switch} }} }}
    boost: {{ component: mev-boost, settings: {{ relays: ['{RELAY}'] }} }}\n",
            execution.component,
            consensus.component,
            settings(consensus, &[]),
            validator.component,
            settings(validator, &keys),
        );
        nodes += &format!("  n{team}: {{ host: h{team}, role: validator, stack: s{team} }}\n");
    }
    text += &format!("{hosts}{stacks}{nodes}");
    if signer {
        text += "services:
  signer: { component: web3signer, host: ops, needs: { sql: db } }
  db: { component: postgres, host: ops }\n";
    }
    text + more
}

fn compiled(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    compile_to_plan(
        &world,
        &Input::new("network.yaml"),
        Options { allow_unlocked: true, ..Options::default() },
    )
}

fn plan(manifest: &str) -> Plan {
    let compilation = compiled(manifest);
    let errors: Vec<&Diagnostic> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    compilation.plan.unwrap()
}

/// Everything that a program is started with.
fn told(run: &Run) -> String {
    let words = run.entrypoint.iter().flatten().chain(&run.command).map(String::as_str);
    let files = run.files.iter().map(|file| file.text.as_str());
    words.chain(run.environment.values().map(String::as_str)).chain(files).collect::<Vec<_>>().join("\n")
}

struct Team<'p> {
    plan: &'p Plan,
    node: &'p Node,
}

impl Team<'_> {
    fn service(&self, local: &str) -> &Service {
        let services = self.node.services.iter().map(|id| &self.plan.topology.services[*id]);
        services.into_iter().find(|service| service.local_name == local).unwrap()
    }

    fn told(&self, local: &str) -> String {
        told(&self.plan.runs[self.service(local).id])
    }

    /// Who provides an interface to a service, first choice first.
    fn providers(&self, local: &str, interface: &str) -> Vec<&Service> {
        let consumer = self.service(local).id;
        let bound = self.plan.topology.bindings.iter();
        let bound = bound.filter(|b| b.consumer == consumer && b.interface == interface);
        bound.map(|binding| &self.plan.topology.services[binding.provider]).collect()
    }

    /// What is wrong with the links of the team.
    fn faults(&self, team: usize, signer: bool) -> Vec<String> {
        let mut faults = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{}: {what}", self.node.name));
            }
        };
        let (execution, consensus, validator) =
            (self.service("execution"), self.service("beacon"), self.service("validator"));
        let near = |service: &Service, interface: &str| {
            let port = service.listener(interface).unwrap().container_port.unwrap();
            format!("http://{}:{port}", service.name)
        };

        // Engine API: one driver, one address, one secret that both read.
        let only = |found: Vec<&Service>, service: &Service| found.len() == 1 && found[0].id == service.id;
        must(only(self.providers("beacon", ENGINE), execution), "the consensus client drives another one");
        must(self.told("beacon").contains(&near(execution, ENGINE)), "the engine URL is not told");
        let port = execution.listener(ENGINE).unwrap().container_port.unwrap().to_string();
        must(self.told("execution").contains(&port), "the engine port is not told");
        let auth = execution.component.provides[ENGINE].auth.as_deref().unwrap();
        let same = |s: &Setting| s.same_as.as_ref().is_some_and(|same| same.need == ENGINE);
        let ours = consensus.component.settings.iter().find(|(_, setting)| same(setting)).unwrap().0;
        let secret = |service: &Service, setting: &str| {
            let held = service.secrets.iter().find(|held| held.setting == setting).unwrap();
            (held.secret, held.path.clone())
        };
        let (theirs, ours) = (secret(execution, auth), secret(consensus, ours));
        must(theirs.0 == ours.0, "the two ends read different secrets");
        must(self.told("execution").contains(&theirs.1), "the execution client is not told of the secret");
        must(self.told("beacon").contains(&ours.1), "the consensus client is not told of the secret");

        // Duties.
        must(self.told("validator").contains(&near(consensus, BEACON)), "the beacon URL is not told");
        must(self.told("validator").contains(FEES), "the fee recipient is not told");
        let boost = self.service("boost");
        must(self.told("beacon").contains(&near(boost, BUILDER)), "the builder is not told");

        // Keys: at the signer, and named one by one, or in a volume that is saved.
        let signers = self.providers("validator", SIGNER);
        must(signers.len() == usize::from(signer), "another number of signers");
        for service in signers {
            let address = self.plan.topology.hosts[service.host].peer_address();
            let port = service.listener(SIGNER).unwrap().port.unwrap();
            must(self.told("validator").contains(&format!("http://{address}:{port}")), "no signer URL");
            must(self.told("validator").contains(&key(team)), "the key is not told");
        }
        let saved = validator.component.volumes.values().any(|volume| volume.backup);
        must(saved, "what was signed is not saved");
        let known = validator.component.volumes.values().any(|volume| volume.keys.is_some());
        must(known, "no volume says where the keys are");
        faults
    }
}

fn faults(plan: &Plan, signer: bool) -> Vec<String> {
    let teams = plan.topology.nodes.iter();
    teams
        .flat_map(|node| {
            let team = node.name.trim_start_matches('n').parse().unwrap();
            Team { plan, node }.faults(team, signer)
        })
        .collect()
}

fn cube(roles: &Roles) -> Vec<[&Component; 3]> {
    let mut teams: Vec<[&Component; 3]> = Vec::new();
    for execution in &roles.execution {
        for consensus in &roles.consensus {
            for validator in &roles.validator {
                teams.push([&execution.component, &consensus.component, &validator.component]);
            }
        }
    }
    teams
}

#[test]
fn every_team_binds_with_keys_at_a_signer() {
    let roles = roles();
    let teams = cube(&roles);
    assert!(roles.execution.len() >= 5 && roles.consensus.len() >= 5 && roles.validator.len() >= 5);
    let plan = plan(&manifest(&teams, true, true, ""));
    assert_eq!(faults(&plan, true), Vec::<String>::new());
    // Each team has a secret of its own.
    let secrets: BTreeSet<_> = plan
        .topology
        .nodes
        .iter()
        .map(|node| {
            let execution = Team { plan: &plan, node }.service("execution").clone();
            let auth = execution.component.provides[ENGINE].auth.clone().unwrap();
            execution.secrets.iter().find(|held| held.setting == auth).unwrap().secret
        })
        .collect();
    assert_eq!(secrets.len(), teams.len());
}

#[test]
fn every_team_binds_with_keys_of_its_own() {
    let roles = roles();
    let plan = plan(&manifest(&cube(&roles), false, true, ""));
    assert_eq!(faults(&plan, false), Vec::<String>::new());
}

/// A switch that changes nothing would be a promise that is not kept.
#[test]
fn the_switches_of_validator_clients_reach_the_program() {
    let roles = roles();
    let execution: &Component = &roles.execution[0].component;
    let consensus: &Component = &roles.consensus[0].component;
    for entry in &roles.validator {
        let validator: &Component = &entry.component;
        let said = |builder: bool, more: &str| {
            let text = manifest(&[[execution, consensus, validator]], false, builder, "");
            let plan = plan(&text.replace("fee-recipient:", &format!("{more}fee-recipient:")));
            let node = plan.topology.nodes.iter().next().unwrap().clone();
            Team { plan: &plan, node: &node }.told("validator")
        };
        let plain = said(false, "");
        assert!(builder_switch(validator).is_some(), "{}", validator.component);
        assert_ne!(said(true, ""), plain, "{}: builders", validator.component);
        let guard =
            validator.settings.iter().find(|(_, s)| s.purpose == Some(Purpose::DoppelgangerProtection));
        let guard = guard.unwrap().0;
        assert_ne!(said(false, &format!("{guard}: false, ")), plain, "{}: doppelganger", validator.component);
        let graffiti =
            validator.settings.iter().find(|(_, s)| s.purpose == Some(Purpose::Graffiti)).unwrap().0;
        assert!(said(false, &format!("{graffiti}: from the matrix, ")).contains("from the matrix"));
    }
}

/// Whatever is asked of a client in a team, something asks: its health, its metrics, how far it is.
#[test]
fn every_client_is_asked() {
    let roles = roles();
    for entry in roles.execution.iter().chain(&roles.consensus).chain(&roles.validator) {
        let (component, id) = (&entry.component, &entry.component.component);
        assert!(component.healthcheck.is_some(), "{id}: no health check");
        assert!(
            component.provides.contains_key("metrics") && !component.metrics.is_empty(),
            "{id}: no metrics"
        );
        assert!(!entry.alerts.alerts.is_empty(), "{id}: no alerts");
        assert!(component.user.as_ref().is_some_and(|user| !user.starts_with("0:")), "{id}: root");
        assert!(component.stop.grace.0 >= 30, "{id}: no time to end");
        assert!(!component.sources.is_empty(), "{id}: no sources");
        if component.kind != Kind::ValidatorClient {
            assert!(component.sync.is_some(), "{id}: nobody knows how far it is");
        }
    }
}

/// What cannot be is refused, with the line that says so.
#[test]
fn teams_that_cannot_be_are_refused() {
    let roles = roles();
    let execution: &Component = &roles.execution[0].component;
    let validator: &Component = &roles.validator[0].component;
    for entry in &roles.consensus {
        let consensus: &Component = &entry.component;
        let one = manifest(&[[execution, consensus, validator]], false, false, "");
        let codes = |text: &str| -> Vec<&'static str> {
            compiled(text).diagnostics.iter().filter(|d| d.is_error()).map(|d| d.rule.code).collect()
        };
        assert!(codes(&one).is_empty());
        // Two consensus clients drive one execution client.
        let second = format!(
            "    second: {{ component: {}, settings: {{ {} }}, needs: {{ engine-api: execution }} }}\n",
            consensus.component,
            settings(consensus, &[]),
        );
        let two = one.replace("    boost:", &format!("{second}    boost:"));
        assert!(!codes(&two).is_empty(), "{}", consensus.component);
        // None to drive, none to ask.
        let alone = one.replace(&format!("    execution: {{ component: {} }}\n", execution.component), "");
        assert!(!codes(&alone).is_empty(), "{}", consensus.component);
    }
}

/// A validator client that is bound and told of nothing.
const DEAF: &str = "components:
  deaf:
    component: deaf
    summary: Hears nothing
    kind: validator-client
    version: { tested: 1.0.0 }
    image: registry.example.net/deaf
    needs: { beacon-api: { many: true } }
    settings:
      fee-recipient: { type: ethereum-address, purpose: fee-recipient, doc: Where the fees go }
      builder-proposals: { type: boolean, default: false, doc: Builders }
    volumes: { data: { path: /data, size: 1GiB, backup: true } }
    command: [run]
    sources: [ invented ]
";

#[test]
fn a_client_that_is_told_of_nothing_is_found() {
    let roles = roles();
    let team: [&Component; 3] =
        [&roles.execution[0].component, &roles.consensus[0].component, &roles.validator[0].component];
    let sound = manifest(&[team], false, false, DEAF);
    assert_eq!(faults(&plan(&sound), false), Vec::<String>::new());
    let deaf = sound.replace(&format!("component: {},", team[2].component), "component: deaf,");
    assert_eq!(
        faults(&plan(&deaf), false),
        [
            "n0: the beacon URL is not told",
            "n0: the fee recipient is not told",
            "n0: no volume says where the keys are",
        ]
    );
}
