//! A base of the bundle, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The objects of one cluster, each with its file, and the names of all files.
#[derive(Clone, Debug)]
pub struct Base {
    pub objects: Vec<(String, Value)>,
    files: BTreeSet<String>,
}

/// What a base may hold.
const KINDS: &[&str] = &[
    "ExternalSecret",
    "Job",
    "Kustomization",
    "Namespace",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
    "StatefulSet",
];

impl Base {
    /// The base of a region.
    pub fn of(bundle: &BTreeMap<String, String>, region: &str) -> Self {
        let folder = format!("kubernetes/{region}/");
        let mut objects = Vec::new();
        let mut files = BTreeSet::new();
        for (path, text) in bundle {
            let Some(path) = path.strip_prefix(&folder) else { continue };
            files.insert(path.to_owned());
            if path.ends_with(".yaml") && !path.starts_with("config/") {
                let documents = serde_yaml::Deserializer::from_str(text);
                objects.extend(documents.map(|one| (path.to_owned(), Value::deserialize(one).unwrap())));
            }
        }
        assert!(!objects.is_empty(), "no base of {region} among {:?}", bundle.keys());
        Self { objects, files }
    }

    pub fn of_kind<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Value> {
        self.objects.iter().map(|(_, object)| object).filter(move |object| object["kind"] == kind)
    }

    pub fn find(&self, kind: &str, name: &str) -> Option<&Value> {
        self.objects
            .iter()
            .map(|(_, object)| object)
            .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
    }

    pub fn named(&self, kind: &str, name: &str) -> &Value {
        self.find(kind, name).unwrap_or_else(|| panic!("no {kind} {name}"))
    }

    /// The templates of all pods.
    pub fn pods(&self) -> Vec<&Value> {
        self.objects
            .iter()
            .filter_map(|(_, object)| object.pointer("/spec/template"))
            .filter(|t| t["spec"]["containers"].is_array())
            .collect()
    }

    /// The pods that labels select.
    fn selected(&self, labels: &Value) -> usize {
        self.pods().iter().filter(|pod| contains(&pod["metadata"]["labels"], labels)).count()
    }

    /// What is wrong, one line each.
    pub fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut names = BTreeSet::new();
        for (_, object) in &self.objects {
            let kind = object["kind"].as_str().unwrap_or_default();
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            if !KINDS.contains(&kind) {
                wrong.push(format!("unknown kind `{kind}`"));
            }
            if kind != "Kustomization"
                && kind != "ExternalSecret"
                && (!is_label(name) || !names.insert((kind, name)))
            {
                wrong.push(format!("{kind} has the name `{name}`"));
            }
            quantities(object, &mut wrong);
            match kind {
                "StatefulSet" => self.stateful_set(name, object, &mut wrong),
                "Job" => self.pod(name, &object["spec"]["template"], &[], &mut wrong),
                "Service" => self.service(name, object, &mut wrong),
                "NetworkPolicy" => self.policy(name, object, &mut wrong),
                "PodDisruptionBudget" => self.budget(name, object, &mut wrong),
                "Kustomization" => self.kustomization(object, &mut wrong),
                _ => {}
            }
        }
        let budgets: Vec<&Value> = self.of_kind("PodDisruptionBudget").collect();
        for pod in self.pods() {
            let of = |budget: &&&Value| {
                contains(&pod["metadata"]["labels"], &budget["spec"]["selector"]["matchLabels"])
            };
            if budgets.iter().filter(of).count() > 1 {
                wrong.push("two budgets select one pod, so the pod can never be evicted".to_owned());
            }
        }
        wrong
    }

    fn stateful_set(&self, name: &str, set: &Value, wrong: &mut Vec<String>) {
        let spec = &set["spec"];
        let labels = &spec["template"]["metadata"]["labels"];
        if !contains(labels, &spec["selector"]["matchLabels"])
            || self.selected(&spec["selector"]["matchLabels"]) != 1
        {
            wrong.push(format!("`{name}` selects other pods than its own"));
        }
        let governing = self.find("Service", spec["serviceName"].as_str().unwrap_or_default());
        if !governing.is_some_and(|service| {
            service["spec"]["clusterIP"] == "None" && contains(labels, &service["spec"]["selector"])
        }) {
            wrong.push(format!("`{name}` has no headless service"));
        }
        let claims: Vec<&str> = spec["volumeClaimTemplates"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|claim| claim["metadata"]["name"].as_str())
            .collect();
        self.pod(name, &spec["template"], &claims, wrong);
    }

    fn pod(&self, name: &str, template: &Value, claims: &[&str], wrong: &mut Vec<String>) {
        let spec = &template["spec"];
        let context = &spec["securityContext"];
        if context["runAsNonRoot"] != true || context["runAsUser"] == 0 {
            wrong.push(format!("`{name}` may be root"));
        }
        if !spec["nodeSelector"]["netgen.dev/host"].is_string() {
            wrong.push(format!("`{name}` runs anywhere"));
        }
        let account = spec["serviceAccountName"].as_str().unwrap_or_default();
        if self
            .find("ServiceAccount", account)
            .is_none_or(|found| found["automountServiceAccountToken"] != false)
        {
            wrong.push(format!("`{name}` has no account without a token"));
        }
        let volumes: Vec<&Value> = spec["volumes"].as_array().into_iter().flatten().collect();
        let known: BTreeSet<&str> = volumes
            .iter()
            .filter_map(|volume| volume["name"].as_str())
            .chain(claims.iter().copied())
            .collect();
        let mut used = BTreeSet::new();
        let mut paths = BTreeSet::new();
        for mount in spec["containers"][0]["volumeMounts"].as_array().into_iter().flatten() {
            let volume = mount["name"].as_str().unwrap_or_default();
            if !known.contains(volume) {
                wrong.push(format!("`{name}` has no volume `{volume}`"));
            }
            used.insert(volume);
            if !paths.insert(mount["mountPath"].as_str()) {
                wrong.push(format!("`{name}` mounts twice at {}", mount["mountPath"]));
            }
        }
        if let Some(idle) = known.difference(&used).next() {
            wrong.push(format!("`{name}` mounts volume `{idle}` nowhere"));
        }
        for volume in volumes {
            if let Some(map) = volume.pointer("/configMap/name").and_then(Value::as_str)
                && !self.config_maps().contains_key(map)
            {
                wrong.push(format!("`{name}` reads no config map of the base: `{map}`"));
            }
            if let Some(claim) = volume.pointer("/persistentVolumeClaim/claimName").and_then(Value::as_str)
                && !self.claims().contains(claim)
            {
                wrong.push(format!("`{name}` mounts a claim that nobody makes: `{claim}`"));
            }
        }
        let Some(map) = spec["volumes"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|v| v.pointer("/configMap/name")?.as_str())
        else {
            return;
        };
        let keys = self.config_maps().remove(map).unwrap_or_default();
        for mount in spec["containers"][0]["volumeMounts"].as_array().into_iter().flatten() {
            let key = mount["subPath"].as_str().unwrap_or_default();
            if mount["name"] == "netgen-config" && !keys.contains(key) {
                wrong.push(format!("`{name}` reads `{key}`, which no file has"));
            }
        }
    }

    /// Config maps, with their keys.
    fn config_maps(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let generators = self
            .of_kind("Kustomization")
            .flat_map(|whole| whole["configMapGenerator"].as_array().into_iter().flatten());
        generators
            .filter_map(|map| {
                let files =
                    map["files"].as_array()?.iter().filter_map(|file| file.as_str()?.rsplit('/').next());
                Some((map["name"].as_str()?, files.collect()))
            })
            .collect()
    }

    /// Claims, those of stateful sets among them.
    fn claims(&self) -> BTreeSet<String> {
        let made = self
            .of_kind("PersistentVolumeClaim")
            .filter_map(|claim| claim["metadata"]["name"].as_str().map(str::to_owned));
        let of_sets = self.of_kind("StatefulSet").flat_map(|set| {
            let name = set["metadata"]["name"].as_str().unwrap_or_default();
            let templates = set["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten();
            templates
                .filter_map(move |claim| Some(format!("{}-{name}-0", claim["metadata"]["name"].as_str()?)))
        });
        made.chain(of_sets).collect()
    }

    fn service(&self, name: &str, service: &Value, wrong: &mut Vec<String>) {
        let count = self.selected(&service["spec"]["selector"]);
        if count != 1 {
            wrong.push(format!("service `{name}` selects {count} pods"));
        }
        let mut seen = BTreeSet::new();
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            let listens = |pod: &&Value| {
                contains(&pod["metadata"]["labels"], &service["spec"]["selector"])
                    && pod["spec"]["containers"][0]["ports"].as_array().into_iter().flatten().any(|own| {
                        own["containerPort"] == port["targetPort"] && own["protocol"] == port["protocol"]
                    })
            };
            if count == 1 && !self.pods().iter().any(listens) {
                wrong.push(format!("service `{name}`: no container listens on {}", port["targetPort"]));
            }
            if !seen.insert(port["name"].to_string()) || !is_label(port["name"].as_str().unwrap_or_default())
            {
                wrong.push(format!("service `{name}` has the port name {}", port["name"]));
            }
        }
    }

    fn policy(&self, name: &str, policy: &Value, wrong: &mut Vec<String>) {
        let mut selectors = vec![&policy["spec"]["podSelector"]];
        for side in ["ingress", "egress"] {
            for rule in policy["spec"][side].as_array().into_iter().flatten() {
                let peers = rule["from"].as_array().or(rule["to"].as_array()).into_iter().flatten();
                let here = peers.filter(|peer| peer.get("namespaceSelector").is_none());
                selectors.extend(here.filter_map(|peer| peer.get("podSelector")));
            }
        }
        for selector in selectors {
            if self.selected(&selector["matchLabels"]) == 0 {
                wrong.push(format!("policy `{name}` selects no pod by {selector}"));
            }
        }
    }

    fn budget(&self, name: &str, budget: &Value, wrong: &mut Vec<String>) {
        let pods = self.selected(&budget["spec"]["selector"]["matchLabels"]);
        if pods == 0 {
            wrong.push(format!("budget `{name}` selects no pod"));
        }
        if budget["spec"]["minAvailable"].as_u64().is_some_and(|least| least > pods as u64) {
            wrong.push(format!("budget `{name}` wants more than there are"));
        }
    }

    fn kustomization(&self, whole: &Value, wrong: &mut Vec<String>) {
        let listed = |values: &Value| -> BTreeSet<String> {
            values.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        let resources = listed(&whole["resources"]);
        let mut sources: BTreeSet<String> = BTreeSet::new();
        for map in whole["configMapGenerator"].as_array().into_iter().flatten() {
            sources.extend(listed(&map["files"]));
        }
        let known: BTreeSet<String> = resources.union(&sources).cloned().collect();
        let read: BTreeSet<String> = self
            .files
            .iter()
            .filter(|file| *file != "kustomization.yaml" && *file != "README.md")
            .cloned()
            .collect();
        for path in known.symmetric_difference(&read) {
            wrong.push(format!("listed or there, but not both: {path}"));
        }
    }
}

/// Whether labels have all the wanted ones. No wanted ones select everything.
fn contains(labels: &Value, wanted: &Value) -> bool {
    let none = Map::new();
    wanted.as_object().unwrap_or(&none).iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn is_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Looks at each quantity: memory, processors, storage.
fn quantities(value: &Value, wrong: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let quantity = ["memory", "cpu", "storage", "sizeLimit"].contains(&key.as_str());
                if let (true, Some(text)) = (quantity, value.as_str()) {
                    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                    let unit = text.strip_prefix(digits).unwrap_or_default();
                    let number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
                    if !number || !["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"].contains(&unit) {
                        wrong.push(format!("`{text}` is no quantity"));
                    }
                }
                quantities(value, wrong);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| quantities(item, wrong)),
        _ => {}
    }
}
