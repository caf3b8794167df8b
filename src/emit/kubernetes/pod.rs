//! The pod of a service: where it runs, as whom, with what.

use serde_json::{Value, json};

use super::{ACCOUNT, Cx, HOST, INSTANCE, QUORUM, RACK, config_name, secrets, some};
use crate::catalog::component::{Kind, Run};
use crate::catalog::interface::Transport;
use crate::emit::EmitError;
use crate::emit::format::kubernetes::{bytes, label, literal, processors};
use crate::manifest::Exposure;
use crate::manifest::quantity::Cpus;
use crate::plan::RunHealth;
use crate::topology::{Service, Volume};

/// The volume of the configuration files.
const CONFIG: &str = "netgen-config";

/// The volume of the secrets.
const SECRETS: &str = "netgen-secrets";

/// The most that a program may keep in memory as files, each place.
const TEMPORARY: u64 = 256 << 20;

/// A program that has not begun to listen after this many seconds is started anew.
const STARTS_WITHIN: u64 = 600;

/// One that listens no more for this many seconds, too.
const HANGS_FOR: u64 = 300;

/// The template of the pod.
pub(super) fn template(cx: &Cx<'_>, service: &Service) -> Result<Value, EmitError> {
    let component = &service.component;
    let host = cx.host(service);
    let mut labels = cx.labels(service);
    if let Some(class) = cx.budget.class(service.id) {
        labels.insert(QUORUM, class.to_owned());
    }
    let restart = (component.run == Run::Job).then_some("OnFailure");
    let spec = some([
        ("affinity", affinity(cx, service)),
        ("automountServiceAccountToken", false.into()),
        ("containers", json!([container(cx, service)?])),
        // Variables with the addresses of all services: the plan says by name who is spoken to.
        ("enableServiceLinks", false.into()),
        ("nodeSelector", json!({ HOST: host.name, "kubernetes.io/arch": host.architecture.word() })),
        ("restartPolicy", restart.into()),
        ("securityContext", identity(service).into()),
        ("serviceAccountName", ACCOUNT.into()),
        ("terminationGracePeriodSeconds", service.stop_timeout.0.into()),
        ("volumes", volumes(cx, service)?.into()),
    ]);
    Ok(json!({ "metadata": { "labels": labels }, "spec": spec }))
}

/// Racks are zones of the cluster: two of them in one zone would share its fate, so the pod waits instead.
/// Workers that have no zone say nothing, and are taken.
fn affinity(cx: &Cx<'_>, service: &Service) -> Value {
    let Some(rack) = &cx.host(service).rack else { return Value::Null };
    let others = json!({
        "matchExpressions": [
            { "key": RACK, "operator": "Exists" },
            { "key": RACK, "operator": "NotIn", "values": [label(rack)] },
        ],
    });
    json!({
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                { "labelSelector": others, "topologyKey": "topology.kubernetes.io/zone" },
            ],
        },
    })
}

/// The user and group of the program; the group owns its volumes.
fn identity(service: &Service) -> serde_json::Map<String, Value> {
    let user = service.component.user.as_deref().unwrap_or_default();
    let (uid, gid) = user.split_once(':').unwrap_or((user, user));
    let (uid, gid): (Option<u32>, Option<u32>) = (uid.parse().ok(), gid.parse().ok());
    some([
        ("fsGroup", gid.into()),
        // A chain has millions of files; they are looked through once.
        ("fsGroupChangePolicy", gid.map(|_| "OnRootMismatch").into()),
        ("runAsGroup", gid.into()),
        ("runAsNonRoot", true.into()),
        ("runAsUser", uid.into()),
        ("seccompProfile", json!({ "type": "RuntimeDefault" })),
    ])
}

fn container(cx: &Cx<'_>, service: &Service) -> Result<Value, EmitError> {
    let component = &service.component;
    let run = &cx.plan.runs[service.id];
    let words = |words: &[String]| -> Vec<String> { words.iter().map(|word| literal(word)).collect() };
    let env = run.environment.iter().map(|(name, value)| json!({ "name": name, "value": literal(value) }));
    let capabilities = some([("add", component.capabilities.clone().into()), ("drop", json!(["ALL"]))]);
    let health = run.healthcheck.as_ref().filter(|_| component.run == Run::Service);
    let (startup, liveness) = alive(service);
    let container = some([
        ("args", words(&run.command).into()),
        ("command", run.entrypoint.as_deref().map(words).into()),
        ("env", env.collect::<Vec<_>>().into()),
        ("image", run.image.clone().into()),
        // The digest says what it is; whatever lies on the worker under it is the same.
        ("imagePullPolicy", "IfNotPresent".into()),
        ("livenessProbe", liveness),
        ("name", component.component.value.clone().into()),
        ("ports", ports(service).into()),
        ("readinessProbe", health.map(ready).into()),
        ("resources", resources(service).into()),
        (
            "securityContext",
            json!({
                "allowPrivilegeEscalation": false, "capabilities": capabilities, "privileged": false,
                "readOnlyRootFilesystem": component.read_only,
            }),
        ),
        ("startupProbe", startup),
        ("volumeMounts", mounts(cx, service).into()),
    ]);
    Ok(container.into())
}

fn ports(service: &Service) -> Vec<Value> {
    let mut ports: Vec<(u16, Transport)> = Vec::new();
    for listener in service.listeners.iter().filter(|listener| listener.exposure != Exposure::Loopback) {
        let Some(port) = listener.container_port else { continue };
        ports.extend(listener.transports.iter().map(|transport| (port, *transport)));
    }
    ports.sort_unstable();
    ports.dedup();
    ports.into_iter().map(|(port, by)| json!({ "containerPort": port, "protocol": protocol(by) })).collect()
}

/// A transport as the API spells it.
pub(super) fn protocol(transport: Transport) -> String {
    transport.word().to_uppercase()
}

/// Memory is a limit and set aside in full, for who runs out of it is killed. Processors are set aside and
/// not limited: a node that is held back misses its turn.
fn resources(service: &Service) -> serde_json::Map<String, Value> {
    let memory = service.memory.map(|memory| bytes(memory.0));
    let cpu = service.cpus.map(|Cpus(thousandths)| processors(thousandths));
    some([
        ("limits", some([("memory", memory.clone().into())]).into()),
        ("requests", some([("cpu", cpu.into()), ("memory", memory.into())]).into()),
    ])
}

/// Whether it is ready, by its own check: that decides how many may be evicted, and nothing is restarted for it.
fn ready(health: &RunHealth) -> Value {
    let command: Vec<String> = health.command.iter().map(|word| literal(word)).collect();
    json!({
        "exec": { "command": command },
        "failureThreshold": health.retries.max(1), "periodSeconds": health.interval.0.max(1),
        "timeoutSeconds": health.timeout.0.max(1),
    })
}

/// Startup and liveness: whether the program listens. A client of a chain has neither: while it syncs, repairs
/// or upgrades its database it may be silent for hours, and killing it begins that anew. It ends by itself
/// when it cannot go on.
fn alive(service: &Service) -> (Value, Value) {
    let component = &service.component;
    let syncs = matches!(component.kind, Kind::ExecutionClient | Kind::ConsensusClient | Kind::ChainNode);
    let listens = service.listeners.iter().find(|listener| {
        listener.transports.contains(&Transport::Tcp) && listener.exposure != Exposure::Loopback
    });
    let Some(port) = listens.and_then(|listener| listener.container_port) else {
        return (Value::Null, Value::Null);
    };
    if syncs || component.run == Run::Job {
        return (Value::Null, Value::Null);
    }
    let wait = component.healthcheck.as_ref().map_or(0, |health| health.start_period.0);
    let probe = |period: u64, within: u64| {
        json!({
            "tcpSocket": { "port": port }, "periodSeconds": period, "timeoutSeconds": 5,
            "failureThreshold": within.div_ceil(period),
        })
    };
    (probe(10, STARTS_WITHIN.max(2 * wait)), probe(30, HANGS_FOR))
}

/// The claim of a volume that another service lends.
fn lent(cx: &Cx<'_>, service: &Service, volume: &Volume) -> Option<String> {
    let topology = &cx.plan.topology;
    let need = service.component.volumes.get(&volume.name)?.from.as_deref()?;
    let lender = topology.providers(service.id, need).next().map(|id| &topology.services[id])?;
    Some(lender.claim(lender.listener(need)?.volume.as_ref()?))
}

fn volumes(cx: &Cx<'_>, service: &Service) -> Result<Vec<Value>, EmitError> {
    let mut volumes = Vec::new();
    for volume in &service.volumes {
        let claim = match (volume.lent, service.component.run) {
            (true, _) => lent(cx, service, volume).ok_or_else(|| {
                EmitError::internal(format!("nobody lends `{}` to `{}`", volume.name, service.name))
            })?,
            (false, Run::Job) => service.claim(&volume.name),
            // The stateful set makes it.
            (false, Run::Service) => continue,
        };
        volumes.push(json!({ "name": volume.name, "persistentVolumeClaim": { "claimName": claim } }));
    }
    if !cx.plan.runs[service.id].files.is_empty() {
        volumes.push(
            json!({ "name": CONFIG, "configMap": { "name": config_name(service), "defaultMode": 0o444 } }),
        );
    }
    let secrets = secrets::sources(cx, service);
    if !secrets.is_empty() {
        volumes.push(json!({ "name": SECRETS, "projected": { "defaultMode": 0o440, "sources": secrets } }));
    }
    for at in 0..service.component.tmpfs.len() {
        let memory = json!({ "medium": "Memory", "sizeLimit": bytes(TEMPORARY) });
        volumes.push(json!({ "name": temporary(at), "emptyDir": memory }));
    }
    Ok(volumes)
}

fn temporary(at: usize) -> String {
    format!("netgen-tmp-{at}")
}

fn mounts(cx: &Cx<'_>, service: &Service) -> Vec<Value> {
    let mut mounts = Vec::new();
    for volume in &service.volumes {
        let mut mount = json!({ "name": volume.name, "mountPath": volume.path });
        if let (true, Some(map)) = (volume.lent, mount.as_object_mut()) {
            map.insert("readOnly".to_owned(), true.into());
        }
        mounts.push(mount);
        // The kubelet makes a folder that is mounted by itself.
        for folder in &volume.folders {
            let path = format!("{}/{folder}", volume.path);
            mounts.push(json!({ "name": volume.name, "mountPath": path, "subPath": folder }));
        }
    }
    for file in &cx.plan.runs[service.id].files {
        mounts
            .push(json!({ "name": CONFIG, "mountPath": file.path, "subPath": file.name, "readOnly": true }));
    }
    for used in cx.plan.topology.secrets_of(service) {
        mounts.push(
            json!({ "name": SECRETS, "mountPath": used.path, "subPath": used.setting, "readOnly": true }),
        );
    }
    for (at, path) in service.component.tmpfs.iter().enumerate() {
        mounts.push(json!({ "name": temporary(at), "mountPath": path }));
    }
    mounts
}

/// What every selector of the pod's service names.
pub(super) fn instance(service: &Service) -> Value {
    json!({ INSTANCE: service.name })
}
