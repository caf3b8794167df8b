//! Stateful sets, jobs and claims.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::network::headless;
use super::pod;
use super::{Cx, selector, some};
use crate::catalog::component::Run;
use crate::emit::EmitError;
use crate::emit::format::kubernetes::bytes;
use crate::topology::{Service, Volume};

/// A claim is made once, and many storage classes cannot enlarge it: it holds what a year adds.
const CLAIMED_DAYS: u128 = 365;

/// A job that fails waits longer each time, up to six minutes; its database may take a while to come up.
const TRIES: u32 = 20;

pub(super) fn objects(cx: &Cx<'_>, service: &Service) -> Result<Vec<Value>, EmitError> {
    let template = pod::template(cx, service)?;
    let own = service.volumes.iter().filter(|volume| !volume.lent);
    match service.component.run {
        Run::Service => {
            let claims =
                own.map(|volume| claim_of(cx, service, volume, None)).collect::<Result<Vec<_>, _>>()?;
            Ok(vec![stateful_set(cx, service, template, claims)])
        }
        Run::Job => {
            let claims = own.map(|volume| claim_of(cx, service, volume, Some(service.claim(&volume.name))));
            let mut objects = claims.collect::<Result<Vec<_>, _>>()?;
            objects.push(job(cx, service, &template)?);
            Ok(objects)
        }
    }
}

fn stateful_set(cx: &Cx<'_>, service: &Service, template: Value, claims: Vec<Value>) -> Value {
    // Each service is a set of its own, so no set knows of the others: a change of all would restart all at
    // once. Who has votes is restarted by who deletes its pod.
    let strategy = if cx.budget.class(service.id).is_some() { "OnDelete" } else { "RollingUpdate" };
    let spec = some([
        ("persistentVolumeClaimRetentionPolicy", json!({ "whenDeleted": "Retain", "whenScaled": "Retain" })),
        // A pod that never becomes ready can still be replaced by a better one.
        ("podManagementPolicy", "Parallel".into()),
        ("replicas", 1.into()),
        ("selector", selector(&service.name)),
        ("serviceName", headless(service).into()),
        ("template", template),
        ("updateStrategy", json!({ "type": strategy })),
        ("volumeClaimTemplates", claims.into()),
    ]);
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": cx.meta(service, &service.name), "spec": spec,
    })
}

/// The template of a job cannot change, so that another template is another job: its name ends in a digest.
fn job(cx: &Cx<'_>, service: &Service, template: &Value) -> Result<Value, EmitError> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(template).map_err(|error| EmitError::internal(error.to_string()))?);
    for file in &cx.plan.runs[service.id].files {
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(&file.text);
    }
    let digest: String = hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": cx.meta(service, &format!("{}-{digest}", service.name)),
        "spec": { "backoffLimit": TRIES, "template": template },
    }))
}

/// The claim of a volume: a template in a stateful set, or, with a name, an object.
fn claim_of(
    cx: &Cx<'_>,
    service: &Service,
    volume: &Volume,
    name: Option<String>,
) -> Result<Value, EmitError> {
    let size = claimed(volume).ok_or_else(|| {
        EmitError::unsupported(
            service.origin,
            format!("the claim of `{}` of `{}` has no size", volume.name, service.name),
            format!("say how much it takes: `disk: {{ {}: {{ size: 100GiB }} }}`", volume.name),
        )
    })?;
    let class = cx.plan.topology.kubernetes.storage_class.clone();
    let spec = some([
        ("accessModes", json!(["ReadWriteOnce"])),
        ("resources", json!({ "requests": { "storage": bytes(size) } })),
        ("storageClassName", class.into()),
    ]);
    Ok(match name {
        None => json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": volume.name }, "spec": spec,
        }),
        Some(name) => json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": cx.meta(service, &name), "spec": spec,
        }),
    })
}

/// What is claimed for a volume, in whole GiB.
fn claimed(volume: &Volume) -> Option<u64> {
    const GIB: u128 = 1 << 30;
    let growth = volume
        .growth
        .map_or(0, |growth| u128::from(growth.bytes.0) * CLAIMED_DAYS / u128::from(growth.every.days()));
    let size = u128::from(volume.size?.0) + growth;
    u64::try_from(size.div_ceil(GIB).max(1) * GIB).ok()
}
