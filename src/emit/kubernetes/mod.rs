//! Kustomize bases, one a cluster: what stands on hosts with the runtime `kubernetes`.
//!
//! A region has one cluster. A host of it is a worker, or a pool of workers, with the label
//! `netgen.dev/host=<name>`; its pods run there and nowhere else. So what the manifest says of hosts stays true
//! (what fails with them, their addresses, their memory), and a pod never moves by itself: a validator that
//! is started twice is slashed. A host is moved by moving the label.
//!
//! Each service is a stateful set of one pod. Pods of one cluster reach each other by the name of the
//! service; what others must reach has a port on the workers, of the very number that the plan gave it.

mod budget;
mod network;
mod pod;
mod readme;
mod secrets;
mod workload;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::budget::{Budget, budgets};
use super::format::kubernetes::{key, label};
use super::format::yaml::to_yaml_with_header;
use super::{Artifacts, EmitError, Emitter, header};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, RegionId, Service};

pub(super) struct Kubernetes;

/// Where the bases stand in the bundle.
const FOLDER: &str = "kubernetes";

/// The account of every pod. No pod speaks to the API of its cluster.
const ACCOUNT: &str = "netgen";

/// The most bytes of the files of a service: a config map holds one MiB.
const MOST_CONFIG: usize = 1_000_000;

impl Emitter for Kubernetes {
    fn id(&self) -> &'static str {
        "kubernetes"
    }

    fn summary(&self) -> &'static str {
        "kustomize bases, one a cluster"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let clusters = clusters(plan);
        let budgets = budgets(plan, &clusters);
        for (cluster, budget) in clusters.iter().zip(&budgets) {
            base(&Cx { plan, cluster, budget }, templates, out)?;
        }
        Ok(())
    }
}

/// A cluster of the network.
struct Cluster<'p> {
    /// The region, or `none`.
    name: &'p str,
    hosts: Vec<&'p Host>,
    /// By name.
    services: Vec<&'p Service>,
}

/// The clusters that run something, by region.
fn clusters(plan: &Plan) -> Vec<Cluster<'_>> {
    let topology = &plan.topology;
    let mut by_region: BTreeMap<Option<RegionId>, Cluster<'_>> = BTreeMap::new();
    for host in topology.hosts.iter().filter(|host| host.runtime == Runtime::Kubernetes) {
        let name = topology.region_name(host.id);
        let cluster = by_region.entry(host.region).or_insert_with(|| Cluster {
            name,
            hosts: Vec::new(),
            services: Vec::new(),
        });
        cluster.hosts.push(host);
        cluster.services.extend(topology.services_on(host.id));
    }
    let mut clusters: Vec<Cluster<'_>> =
        by_region.into_values().filter(|cluster| !cluster.services.is_empty()).collect();
    for cluster in &mut clusters {
        cluster.services.sort_by(|a, b| a.name.cmp(&b.name));
    }
    clusters
}

/// What all files of a base are made from.
struct Cx<'p> {
    plan: &'p Plan,
    cluster: &'p Cluster<'p>,
    budget: &'p Budget,
}

impl Cx<'_> {
    fn host(&self, service: &Service) -> &Host {
        &self.plan.topology.hosts[service.host]
    }

    /// The labels of all objects of a service.
    fn labels(&self, service: &Service) -> BTreeMap<&'static str, String> {
        let topology = &self.plan.topology;
        let host = self.host(service);
        let mut labels = BTreeMap::from([
            ("app.kubernetes.io/name", service.component.component.value.clone()),
            (INSTANCE, service.name.clone()),
            ("app.kubernetes.io/part-of", topology.name.clone()),
            ("app.kubernetes.io/managed-by", "netgen".to_owned()),
            (HOST, host.name.clone()),
        ]);
        if let Some(node) = service.node.map(|node| &topology.nodes[node]) {
            labels.insert("netgen.dev/node", node.name.clone());
            labels.insert("netgen.dev/role", label(&node.role));
        }
        if let Some(rack) = &host.rack {
            labels.insert(RACK, label(rack));
        }
        labels
    }

    fn meta(&self, service: &Service, name: &str) -> Value {
        json!({ "name": name, "labels": self.labels(service) })
    }
}

/// The label that tells the pods of a service from all others.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// The label of pods and workers: whose place it is.
const HOST: &str = "netgen.dev/host";

/// The label of pods: the rack of their host.
const RACK: &str = "netgen.dev/rack";

/// The label of pods whose loss costs votes.
const QUORUM: &str = "netgen.dev/quorum";

/// A selector of the pods of a service.
fn selector(service: &str) -> Value {
    json!({ "matchLabels": { INSTANCE: service } })
}

fn base(cx: &Cx<'_>, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    files.insert("namespace.yaml".to_owned(), vec![namespace(cx), account(cx)]);
    files.insert("network-policies.yaml".to_owned(), network::defaults());
    let budgets = cx.budget.objects();
    if !budgets.is_empty() {
        files.insert("disruption-budgets.yaml".to_owned(), budgets);
    }
    let external = secrets::external(cx)?;
    if !external.is_empty() {
        files.insert("external-secrets.yaml".to_owned(), external);
    }
    let mut maps = Vec::new();
    for service in &cx.cluster.services {
        let mut objects = workload::objects(cx, service)?;
        objects.extend(network::objects(cx, service)?);
        files.insert(format!("services/{}.yaml", service.name), objects);
        maps.extend(config(cx, service, out)?);
    }
    let kustomization = kustomization(cx, files.keys(), maps);
    files.insert("kustomization.yaml".to_owned(), vec![kustomization]);
    for (path, objects) in files {
        let mut text = String::new();
        for (at, object) in objects.iter().enumerate() {
            let header = if at == 0 { header(cx.plan) } else { String::new() };
            text.push_str(&to_yaml_with_header(&header, object)?);
        }
        out.text(cx.path(&path), text);
    }
    out.text(cx.path("README.md"), readme::text(cx, templates)?);
    Ok(())
}

impl Cx<'_> {
    fn path(&self, file: &str) -> String {
        format!("{FOLDER}/{}/{file}", self.cluster.name)
    }
}

fn namespace(cx: &Cx<'_>) -> Value {
    let mut labels = BTreeMap::new();
    for mode in ["enforce", "audit", "warn"] {
        labels.insert(format!("pod-security.kubernetes.io/{mode}"), "restricted");
        labels.insert(format!("pod-security.kubernetes.io/{mode}-version"), "latest");
    }
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": cx.plan.topology.namespace(), "labels": labels },
    })
}

fn account(cx: &Cx<'_>) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
        "metadata": { "name": ACCOUNT, "labels": { "app.kubernetes.io/part-of": cx.plan.topology.name } },
    })
}

/// The generator of the config map of a service, whose files are written beside it; none without files.
fn config(cx: &Cx<'_>, service: &Service, out: &mut Artifacts) -> Result<Option<Value>, EmitError> {
    let files = &cx.plan.runs[service.id].files;
    if files.is_empty() {
        return Ok(None);
    }
    let size: usize = files.iter().map(|file| file.text.len()).sum();
    if size > MOST_CONFIG {
        return Err(EmitError::unsupported(
            service.origin,
            format!("the files of `{}` have {size} bytes; a config map holds one MiB", service.name),
            "place the service on a host with another runtime",
        ));
    }
    let mut sources = Vec::new();
    for file in files {
        let path = format!("config/{}/{}", service.name, key(&file.name)?);
        out.text(cx.path(&path), file.text.clone());
        sources.push(path);
    }
    Ok(Some(json!({ "name": config_name(service), "files": sources })))
}

fn config_name(service: &Service) -> String {
    format!("{}-config", service.name)
}

/// The names of config maps end in a digest of what they hold: a changed file is a changed pod.
fn kustomization<'f>(cx: &Cx<'_>, files: impl Iterator<Item = &'f String>, maps: Vec<Value>) -> Value {
    let files: Vec<&String> = files.collect();
    let mut whole = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "namespace": cx.plan.topology.namespace(), "resources": files,
    });
    if let (Some(map), false) = (whole.as_object_mut(), maps.is_empty()) {
        let labels = json!({
            "app.kubernetes.io/managed-by": "netgen", "app.kubernetes.io/part-of": cx.plan.topology.name,
        });
        map.insert("configMapGenerator".to_owned(), maps.into());
        map.insert("generatorOptions".to_owned(), json!({ "labels": labels }));
    }
    whole
}

/// A map without what is empty: no key of Kubernetes means anything by standing there with nothing in it.
fn some(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    entries.into_iter().filter(|(_, value)| !empty(value)).map(|(k, v)| (k.to_owned(), v)).collect()
}
