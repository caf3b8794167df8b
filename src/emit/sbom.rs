//! A CycloneDX list of the images that the network runs, for scanners and for those who must say what
//! they run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::format::json::pretty;
use super::{Artifacts, EmitError, Emitter};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::ImageRef;

/// The name by which the network refers to itself in the list.
const NETWORK: &str = "network";

pub(super) struct Sbom;

impl Emitter for Sbom {
    fn id(&self) -> &'static str {
        "sbom"
    }

    fn summary(&self) -> &'static str {
        "CycloneDX list of the images"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        out.text("sbom.cdx.json", pretty(&document(plan))?);
        Ok(())
    }
}

/// CycloneDX 1.6. It has no serial number and no time: the same network gives the same list.
fn document(plan: &Plan) -> Value {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in &plan.topology.services {
        let image = plan.runs[service.id].image.as_str();
        if !image.is_empty() {
            users.entry(image).or_default().push(&service.name);
        }
    }
    let references: Vec<&str> = users.keys().copied().collect();
    let leaves = references.iter().map(|reference| json!({ "ref": reference }));
    let root = json!({ "ref": NETWORK, "dependsOn": references });
    let dependencies: Vec<Value> = std::iter::once(root).chain(leaves).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {
                "components": [
                    { "type": "application", "name": "netgen", "version": env!("CARGO_PKG_VERSION") },
                ],
            },
            "component": { "type": "application", "bom-ref": NETWORK, "name": plan.topology.name },
        },
        "components": users.iter().map(|(image, services)| component(image, services)).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

fn component(reference: &str, services: &[&str]) -> Value {
    let image = ImageRef::parse(reference).ok();
    let name = image.as_ref().map_or(reference.to_owned(), ImageRef::qualified_name);
    let tag = image.as_ref().and_then(|image| image.tag.clone());
    let digest = image.and_then(|image| image.digest);
    let mut component = json!({ "type": "container", "bom-ref": reference, "name": name });
    if let Value::Object(map) = &mut component {
        if let Some(version) = tag.as_ref().or(digest.as_ref()) {
            map.insert("version".to_owned(), json!(version));
        }
        if let Some(hex) = digest.as_ref().and_then(|digest| digest.strip_prefix("sha256:")) {
            map.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": hex }]));
        }
        map.insert("purl".to_owned(), json!(package_url(&name, tag.as_deref(), digest.as_deref())));
        let used: Vec<Value> =
            services.iter().map(|name| json!({ "name": "netgen:service", "value": name })).collect();
        map.insert("properties".to_owned(), json!(used));
    }
    component
}

/// The package URL of an image: type `oci` of the purl specification.
fn package_url(name: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let short = name.rsplit('/').next().unwrap_or(name);
    let version = digest.map(|digest| format!("@{}", digest.replace(':', "%3A"))).unwrap_or_default();
    let tag = tag.map(|tag| format!("&tag={tag}")).unwrap_or_default();
    format!("pkg:oci/{short}{version}?repository_url={name}{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_its_registry_tag_and_digest() {
        let hex = "a".repeat(64);
        let found = component(&format!("postgres:18@sha256:{hex}"), &["db", "db-2"]);
        assert_eq!(found["name"], "docker.io/library/postgres");
        assert_eq!(found["version"], "18");
        assert_eq!(found["hashes"][0]["content"], hex);
        assert_eq!(
            found["purl"],
            format!("pkg:oci/postgres@sha256%3A{hex}?repository_url=docker.io/library/postgres&tag=18")
        );
        assert_eq!(found["properties"][1]["value"], "db-2");
    }

    #[test]
    fn without_a_digest_it_says_none() {
        let found = component("registry.example.net:5000/team/app:1.2", &["app"]);
        assert_eq!(found.get("hashes"), None);
        assert_eq!(found["purl"], "pkg:oci/app?repository_url=registry.example.net:5000/team/app&tag=1.2");
    }
}
