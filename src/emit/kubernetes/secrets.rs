//! Secrets: never a value, only where it is expected.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Cx;
use crate::emit::EmitError;
use crate::manifest::{GenerateForm, Scope};
use crate::topology::{Secret, SecretSource, SecretUse, Service};

/// The key of the value in every secret.
pub(super) const KEY: &str = "value";

/// A secret of the namespace.
pub(super) struct Expected<'p> {
    pub(super) name: String,
    pub(super) secret: &'p Secret,
    /// The text around the value, with the service that reads it.
    pub(super) around: Option<(&'p Service, &'p str)>,
}

/// The name of the secret that a service reads: one a copy, and one for each text around a value. Names of the
/// manifest have no dots, so no two are the same.
fn name_of(service: &Service, used: &SecretUse, secret: &Secret) -> String {
    if used.content.is_some() {
        return format!("file.{}.{}", service.name, used.setting);
    }
    match secret.scope {
        Scope::Network => format!("network.{}", secret.name),
        Scope::Host => format!("host.{}.{}", secret.scope_key, secret.name),
        Scope::Node => format!("node.{}.{}", secret.scope_key, secret.name),
        Scope::Service => format!("service.{}.{}", secret.scope_key, secret.name),
    }
}

/// The parts of the volume of secrets of a service: each value under the name of its setting.
pub(super) fn sources(cx: &Cx<'_>, service: &Service) -> Vec<Value> {
    let topology = &cx.plan.topology;
    let source = |used: &SecretUse| {
        let name = name_of(service, used, &topology.secrets[used.secret]);
        json!({ "secret": { "name": name, "items": [{ "key": KEY, "path": used.setting }] } })
    };
    topology.secrets_of(service).map(source).collect()
}

/// The secrets that the pods of a cluster read, by name.
pub(super) fn expected<'p>(cx: &'p Cx<'_>) -> Vec<Expected<'p>> {
    let topology = &cx.plan.topology;
    let mut all: BTreeMap<String, Expected<'p>> = BTreeMap::new();
    for service in &cx.cluster.services {
        for used in topology.secrets_of(service) {
            let secret = &topology.secrets[used.secret];
            let name = name_of(service, used, secret);
            let around = used.content.as_deref().map(|content| (*service, content));
            all.entry(name.clone()).or_insert(Expected { name, secret, around });
        }
    }
    all.into_values().collect()
}

/// Where the value comes from, in words.
pub(super) fn origin(secret: &Secret) -> String {
    match &secret.source {
        SecretSource::Env(variable) => format!("variable `{variable}`"),
        SecretSource::File(file) => format!("file `{file}`"),
        SecretSource::Sops { file, key } => format!("`{}` of `{file}` (sops)", key.join(".")),
        SecretSource::Age(file) => format!("file `{file}` (age)"),
        SecretSource::Vault { path, field } => format!("`{field}` of `{path}` (Vault)"),
        SecretSource::HostFile(path) => format!("file `{path}` of the host"),
        SecretSource::Docker(name) => format!("Docker secret `{name}`"),
        SecretSource::Generate(GenerateForm::Hex32) => "made once: `openssl rand -hex 32`".to_owned(),
        SecretSource::Generate(GenerateForm::Password) => {
            "made once: 32 random letters and digits".to_owned()
        }
    }
}

/// Objects by which the External Secrets Operator makes the secrets; none without a store.
pub(super) fn external(cx: &Cx<'_>) -> Result<Vec<Value>, EmitError> {
    let Some(store) = &cx.plan.topology.kubernetes.secret_store else { return Ok(Vec::new()) };
    expected(cx).iter().map(|expected| one(cx, store, expected)).collect()
}

fn one(cx: &Cx<'_>, store: &str, expected: &Expected<'_>) -> Result<Value, EmitError> {
    let Expected { name, secret, around } = expected;
    let mut target = json!({ "name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain" });
    if let (Some((service, content)), Some(map)) = (around, target.as_object_mut()) {
        let text = go_template(content).ok_or_else(|| {
            EmitError::unsupported(
                service.origin,
                format!(
                    "the text around secret `{}` of `{}` cannot be made in a cluster",
                    secret.name, service.name
                ),
                "leave out `secret-store`, and put the secret into the namespace yourself",
            )
        })?;
        map.insert("template".to_owned(), json!({ "engineVersion": "v2", "data": { KEY: text } }));
    }
    Ok(json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": { "name": name },
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": { "kind": "ClusterSecretStore", "name": store },
            "target": target,
            "data": [{ "secretKey": KEY, "remoteRef": remote(cx, secret) }],
        },
    }))
}

/// Where the store has the value: a Vault entry where the manifest says, all else under the network and the copy.
pub(super) fn remote(cx: &Cx<'_>, secret: &Secret) -> Value {
    if let SecretSource::Vault { path, field } = &secret.source {
        return json!({ "key": path, "property": field });
    }
    let network = &cx.plan.topology.name;
    let key = match secret.scope {
        Scope::Network => format!("{network}/{}", secret.name),
        Scope::Host => format!("{network}/host/{}/{}", secret.scope_key, secret.name),
        Scope::Node => format!("{network}/node/{}/{}", secret.scope_key, secret.name),
        Scope::Service => format!("{network}/service/{}/{}", secret.scope_key, secret.name),
    };
    json!({ "key": key })
}

/// The text around a value as a template of Go; `None` for one that does more than put the value in.
fn go_template(content: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = content;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at_checked(at)?;
        let (inside, next) = after.strip_prefix("{{")?.split_once("}}")?;
        out.push_str(before);
        out.push_str(match inside.trim() {
            "value" => "{{ .value }}",
            "value | to_json" => "{{ .value | toJson }}",
            _ => return None,
        });
        rest = next;
    }
    out.push_str(rest);
    (!content.contains("{%")).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::go_template;

    #[test]
    fn texts_around_values_are_translated() {
        assert_eq!(go_template("a: {{ value | to_json }}\n").as_deref(), Some("a: {{ .value | toJson }}\n"));
        assert_eq!(go_template("{{ value }}{{value}}").as_deref(), Some("{{ .value }}{{ .value }}"));
        assert_eq!(go_template("none").as_deref(), Some("none"));
        assert_eq!(go_template("{{ value | b64encode }}"), None);
        assert_eq!(go_template("{% if value %}x{% endif %}"), None);
        assert_eq!(go_template("{{ value"), None);
    }
}
