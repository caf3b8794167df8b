//! Inventories that ask a provider.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::emit::ansible::{login, placed};
use crate::emit::format::yaml::to_yaml_with_header;
use crate::emit::{Artifacts, EmitError, header};
use crate::plan::Plan;
use crate::topology::{Host, Topology};

/// The tag of the network, and that of the host, on an instance.
const NETWORK: &str = "netgen_network";
const HOST: &str = "netgen_host";

/// A provider that can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    Aws,
    Google,
}

impl Provider {
    const ALL: [Self; 2] = [Self::Aws, Self::Google];

    /// By the words that people use for it.
    fn of(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "aws" | "ec2" | "awsec2" | "amazon" | "amazonaws" | "amazonwebservices" => Some(Self::Aws),
            "gcp" | "gce" | "google" | "googlecloud" | "googlecloudplatform" => Some(Self::Google),
            _ => None,
        }
    }

    /// The folder of its inventory, and the end of the file's name, by which the plugin knows it.
    fn file(self, network: &str) -> String {
        match self {
            Self::Aws => format!("ansible/inventory-aws/{network}.aws_ec2.yml"),
            Self::Google => format!("ansible/inventory-gcp/{network}.gcp_compute.yml"),
        }
    }
}

/// The provider that is asked for a host, if it is one that can be.
fn asked(topology: &Topology, host: &Host) -> Option<Provider> {
    let provider = Provider::of(host.provider.as_deref()?)?;
    // Google is asked project by project.
    let project = host.region.and_then(|region| topology.regions[region].project.as_ref());
    (provider == Provider::Aws || project.is_some()).then_some(provider)
}

pub(super) fn emit(plan: &Plan, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let mut any = false;
    for provider in Provider::ALL {
        let hosts: Vec<&Host> =
            topology.machines().filter(|host| asked(topology, host) == Some(provider)).collect();
        if hosts.is_empty() {
            continue;
        }
        any = true;
        let inventory = match provider {
            Provider::Aws => aws(topology, &hosts),
            Provider::Google => google(topology, &hosts),
        };
        let text = to_yaml_with_header(&explained(plan, provider), &inventory)?;
        out.text(provider.file(&topology.name), text);
    }
    if any {
        let hosts = placed(plan, |host| {
            let address = asked(topology, host).is_none();
            login(host, address)
        })?;
        out.text("ansible/inventory/placed.yml", to_yaml_with_header(&header(plan), &hosts)?);
    }
    Ok(())
}

fn explained(plan: &Plan, provider: Provider) -> String {
    let (collection, folder) = match provider {
        Provider::Aws => ("amazon.aws", "inventory-aws"),
        Provider::Google => ("google.cloud", "inventory-gcp"),
    };
    format!(
        "{}\nInstances need the tags {NETWORK} and {HOST}; the collection {collection} asks for them:\n\
         ansible-playbook -i {folder} -i inventory/placed.yml site.yml",
        header(plan)
    )
}

/// Values of a region that every host must have for the list to be whole; empty where one has none.
fn all_of<'t>(
    topology: &'t Topology,
    hosts: &[&Host],
    value: impl Fn(&'t crate::topology::Region) -> Option<&'t String>,
) -> BTreeSet<&'t str> {
    let of_hosts = hosts.iter().map(|host| host.region.and_then(|id| value(&topology.regions[id])));
    of_hosts.map(|found| found.map(String::as_str)).collect::<Option<_>>().unwrap_or_default()
}

/// What both plugins are told in the same words.
fn common(name: &str, address: &str, zone: &str) -> Value {
    json!({
        "compose": { "ansible_host": address },
        // An instance whose address cannot be told is a mistake, and no host without one.
        "strict": true,
        "keyed_groups": [{ "key": zone, "prefix": "zone", "separator": "_" }],
        "hostnames": [name],
    })
}

fn with(mut first: Value, rest: Value) -> Value {
    if let (Some(map), Value::Object(rest)) = (first.as_object_mut(), rest) {
        map.extend(rest);
    }
    first
}

fn aws(topology: &Topology, hosts: &[&Host]) -> Value {
    let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let found = common(
        &format!("tag:{HOST}"),
        "public_ip_address | default(private_ip_address, true)",
        "placement.availability_zone",
    );
    let mut inventory = json!({ "plugin": "amazon.aws.aws_ec2" });
    let regions = all_of(topology, hosts, |region| region.provider_region.as_ref());
    if !regions.is_empty() {
        inventory = with(inventory, json!({ "regions": regions }));
    }
    let filters = json!({
        "instance-state-name": "running",
        format!("tag:{NETWORK}"): topology.name,
        format!("tag:{HOST}"): names,
    });
    with(with(inventory, json!({ "filters": filters })), found)
}

fn google(topology: &Topology, hosts: &[&Host]) -> Value {
    let names: Vec<String> = hosts.iter().map(|host| format!("labels.{HOST} = {}", host.name)).collect();
    let found = common(
        &format!("labels.{HOST}"),
        "networkInterfaces[0].accessConfigs[0].natIP | default(networkInterfaces[0].networkIP)",
        "zone",
    );
    let inventory = json!({
        "plugin": "google.cloud.gcp_compute",
        "auth_kind": "application",
        "projects": all_of(topology, hosts, |region| region.project.as_ref()),
        "filters": ["status = RUNNING", format!("labels.{NETWORK} = {}", topology.name), names.join(" OR ")],
    });
    with(inventory, found)
}
