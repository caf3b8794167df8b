//! Other stores: what is written to them, and shards that are read from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::share::Relabel;
use crate::emit::format::promql::regex_escape;
use crate::manifest::Queue;
use crate::topology::RemoteStore;

/// The header by which Mimir, Thanos and Loki tell tenants apart.
const TENANT: &str = "X-Scope-OrgID";

#[derive(Serialize)]
pub(super) struct RemoteWrite {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basic_auth: Option<BasicAuth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization: Option<Authorization>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    write_relabel_configs: Vec<Relabel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_config: Option<QueueConfig>,
}

#[derive(Serialize)]
struct BasicAuth {
    username: String,
    password_file: String,
}

#[derive(Serialize)]
struct Authorization {
    credentials_file: String,
}

#[derive(Serialize)]
struct QueueConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_shards: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_samples_per_send: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct RemoteRead {
    url: String,
    read_recent: bool,
}

/// The stores of the manifest. One that federates leaves out what its shards write themselves.
pub(super) fn writes(stores: &[RemoteStore], federates: bool) -> Vec<RemoteWrite> {
    stores.iter().map(|store| write(store, federates)).collect()
}

fn write(store: &RemoteStore, federates: bool) -> RemoteWrite {
    let RemoteStore { url, name, tenant, user, secret, only, queue, origin: _ } = store;
    let path = || secret.as_ref().map(|used| used.path.clone());
    let mut relabel = Vec::new();
    if federates {
        relabel.push(Relabel::drop_labelled("shard"));
    }
    if !only.is_empty() {
        let names: Vec<String> = only.iter().map(|metric| regex_escape(metric)).collect();
        relabel.push(Relabel::keep("__name__", names.join("|")));
    }
    let Queue { max_shards, capacity, samples_per_send } = *queue;
    let queue = QueueConfig { capacity, max_shards, max_samples_per_send: samples_per_send };
    let is_set = capacity.is_some() || max_shards.is_some() || samples_per_send.is_some();
    let basic = |user: &String| Some(BasicAuth { username: user.clone(), password_file: path()? });
    RemoteWrite {
        url: url.clone(),
        name: name.clone(),
        headers: tenant.iter().map(|tenant| (TENANT, tenant.clone())).collect(),
        basic_auth: user.as_ref().and_then(basic),
        authorization: path()
            .filter(|_| user.is_none())
            .map(|credentials_file| Authorization { credentials_file }),
        write_relabel_configs: relabel,
        queue_config: is_set.then_some(queue),
    }
}

/// Queries see the series of the shards too, also those that only a shard has.
pub(super) fn reads(shards: Vec<String>) -> Vec<RemoteRead> {
    let url = |address: String| format!("http://{address}/api/v1/read");
    shards.into_iter().map(|address| RemoteRead { url: url(address), read_recent: true }).collect()
}
