//! From the topology to the plan: templates of component data rendered, images pinned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::failures::Failures;
use super::kinds::Kinds;
use super::renderer::{self, Making, Renderer};
use super::scope::Shared;
use super::{
    Dashboard, GenesisFiles, Job, Plan, Run, Silenced, alerts, dashboards, genesis, jobs, logs, mesh,
    objectives, peers, waves,
};
use crate::analyze::voters::packs;
use crate::catalog::alerts::{Alert, Pack};
use crate::catalog::component::Component;
use crate::catalog::dashboard::Board;
use crate::catalog::{Catalog, Entry};
use crate::diag::{Diagnostic, Sink, codes};
use crate::hashed::IndexMap;
use crate::identity::Registry;
use crate::lock::Lock;
use crate::template::{Context as Scope, Reads, Templates};
use crate::text::SourceMap;
use crate::topology::{Service, ServiceId, Table, Topology};
use crate::world::World;

/// What making a plan reads and where it reports.
pub struct Context<'a> {
    /// The catalog, for templates, alerts and dashboards of the components in use.
    pub catalog: &'a mut Catalog,
    /// For the user's component files.
    pub world: &'a dyn World,
    /// The template engine.
    pub templates: &'a Templates,
    /// All sources so far.
    pub sources: &'a mut SourceMap,
    /// Where problems go.
    pub sink: &'a mut Sink,
    /// The pins.
    pub lock: &'a Lock,
    /// Whether images without a pin are let through.
    pub allow_unlocked: bool,
}

impl Context<'_> {
    pub(super) fn entry(&mut self, id: &str) -> Option<std::sync::Arc<Entry>> {
        self.catalog.entry(id, self.world, self.sources, self.sink)
    }

    /// The dashboards that belong to no component, by id.
    pub(super) fn boards(&mut self) -> IndexMap<String, Board> {
        self.catalog.boards(self.sources, self.sink)
    }

    /// The alerts that belong to no component.
    pub(super) fn network_alerts(&mut self, topology: &Topology) -> IndexMap<String, Alert> {
        let packs: Vec<Pack> = packs(topology).into_iter().filter(|pack| *pack != Pack::Objective).collect();
        self.catalog.network_alerts(&packs, self.sources, self.sink)
    }

    /// The alerts about error budgets.
    pub(super) fn objective_alerts(&mut self) -> IndexMap<String, Alert> {
        self.catalog.network_alerts(&[Pack::Objective], self.sources, self.sink)
    }
}

/// Makes the plan of a topology. Problems are in the sink; the plan is complete only without errors.
pub fn build(cx: &mut Context<'_>, topology: Topology) -> Plan {
    let identities = cx.lock.identities();
    let genesis = genesis::build(cx, &topology, &identities);
    let mut fully_pinned = peers::missing(&topology, &identities).next().is_none();
    let first_block = genesis_scope(&topology, genesis.as_ref());
    if !cx.allow_unlocked {
        peers::check(cx, &topology, &identities);
        mesh::check(cx, &topology, &identities);
    }
    let mesh_keys = mesh::keys(&topology, &identities);
    fully_pinned &= mesh_keys.len() == topology.mesh.as_ref().map_or(0, |mesh| mesh.members.len());
    let mut runs: Table<ServiceId, Run> = Table::with_capacity(topology.services.len());
    let rendered = render_all(cx, &topology, &identities, &first_block);
    for (service, (mut run, failures)) in topology.services.iter().zip(rendered) {
        failures.tell(cx, service);
        match pin(cx, &topology, service) {
            Some((image, pinned)) => {
                run.image = image;
                fully_pinned &= pinned;
            }
            None => fully_pinned = false,
        }
        runs.push(run);
    }
    let watch = || {
        let jobs = jobs::jobs(&topology);
        let watching = topology.monitoring.as_ref().map(|_| Watching::new(cx, &topology, &jobs));
        (jobs, watching.unwrap_or_default())
    };
    let (waves, (jobs, watching)) = rayon::join(|| waves::Waves::of(&topology), watch);
    let recordings = objectives::recordings(&topology, &jobs);
    let Watching { alerts, log_alerts, silenced, dashboards } = watching;
    Plan {
        topology,
        runs,
        mesh_keys,
        jobs,
        alerts,
        log_alerts,
        silenced,
        recordings,
        dashboards,
        genesis,
        fully_pinned,
        waves,
        cases: OnceLock::new(),
    }
}

/// What looks at the network, and what is shown of it.
#[derive(Default)]
struct Watching {
    alerts: BTreeMap<String, super::Alert>,
    log_alerts: BTreeMap<String, super::Alert>,
    silenced: Vec<Silenced>,
    dashboards: BTreeMap<String, Dashboard>,
}

impl Watching {
    fn new(cx: &mut Context<'_>, topology: &Topology, jobs: &BTreeMap<String, Job>) -> Self {
        let ground = alerts::Ground::new(topology, jobs);
        let mut all = alerts::alerts(cx, &ground);
        objectives::alerts(cx, topology, jobs, &ground, &mut all);
        let (alerts, mut silenced) = all;
        let dashboards = dashboards::dashboards(cx, topology, jobs, &alerts);
        let (log_alerts, off) = logs::alerts(cx, topology);
        silenced.extend(off);
        Self { alerts, log_alerts, silenced, dashboards }
    }
}

/// The texts of every service, side by side, and what failed in each.
fn render_all(
    cx: &mut Context<'_>,
    topology: &Topology,
    identities: &Registry,
    first_block: &Value,
) -> Vec<(Run, Failures)> {
    let ids: BTreeSet<&str> = topology.services.iter().map(|s| s.component.component.as_str()).collect();
    let entries: BTreeMap<&str, _> = ids.into_iter().filter_map(|id| Some((id, cx.entry(id)?))).collect();
    let templates = cx.templates;
    let shared = Shared::new(topology, first_block);
    let mut components: BTreeMap<&str, &Component> = BTreeMap::new();
    for service in &topology.services {
        components.entry(&service.component.component).or_insert(&service.component);
    }
    let reads: BTreeMap<&str, Reads> = components
        .into_par_iter()
        .map(|(id, component)| {
            (id, renderer::reads(templates, component, entries.get(id).map(AsRef::as_ref)))
        })
        .collect();
    let everything = Reads::everything();
    let kinds = Kinds::new(topology);
    let of = |service: &Service| {
        let entry = entries.get(service.component.component.as_str());
        let entry = entry.map(AsRef::as_ref);
        let reads = reads.get(service.component.component.as_str()).unwrap_or(&everything);
        let kind = kinds.of(service);
        let mut making = Making { templates, entry, reads, kind, failures: Failures::default() };
        let run = Renderer::new(&mut making, &shared, topology, identities, service).run();
        (run, making.failures)
    };
    topology.services.as_slice().par_iter().map(of).collect()
}

/// The first block as templates see it.
fn genesis_scope(topology: &Topology, files: Option<&GenesisFiles>) -> Value {
    let (Some(genesis), Some(files)) = (&topology.genesis, files) else { return Value::Null };
    json!({
        "time": genesis.time, "execution": files.execution, "consensus": files.consensus,
        "validators": files.validators,
    })
}

/// The image with its digest, and whether it has one.
fn pin(cx: &mut Context<'_>, topology: &Topology, service: &Service) -> Option<(String, bool)> {
    let image = &service.image;
    if !topology.hosts[service.host].runtime.is_container() {
        return Some((String::new(), true));
    }
    let place = if service.image_origin.is_somewhere() { service.image_origin } else { service.origin };
    if image.name.is_empty() {
        if !service.image_origin.is_somewhere() {
            cx.sink.push(
                Diagnostic::new(
                    &codes::BAD_IMAGE,
                    service.origin,
                    format!("component `{}` has no public image", service.component.component),
                )
                .here("runs in a container")
                .help(format!("name one: `images: {{ {}: <reference> }}`", service.component.component)),
            );
        }
        return None;
    }
    if let Some(digest) = &image.digest {
        return Some((image.pinned(digest), true));
    }
    if let Some(digest) = cx.lock.digest(&image.unpinned()) {
        return Some((image.pinned(digest), true));
    }
    if cx.allow_unlocked {
        return Some((image.unpinned(), false));
    }
    let mut diagnostic = Diagnostic::new(
        &codes::NOT_LOCKED,
        place,
        format!("image `{}` has no digest in the lock", image.unpinned()),
    )
    .here(format!("wanted by `{}`", service.name))
    .help("`netgen lock` adds it; `--allow-unlocked` builds without, for development");
    let tags = cx.lock.tags_of(&image.name);
    if !tags.is_empty() {
        diagnostic = diagnostic
            .help(format!("the lock pins {}", crate::diag::list_names(tags.iter().map(String::as_str), 4)));
    }
    cx.sink.push(diagnostic);
    None
}

/// The last part of a path: the name of a configuration file in the bundle.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The scope of texts that speak of a whole job and not of one service. Whoever renders one adds the `selector`
/// and, where it is for one component, the `settings`.
pub(super) fn job_scope(topology: &Topology) -> Scope {
    let smallest_disk =
        topology.hosts.iter().filter_map(|host| host.resources.map(|(_, _, disk)| disk.0)).min();
    Scope::new(&json!({
        "network": {
            "name": topology.name, "environment": topology.environment.word(),
            "nodes": topology.nodes.len(), "hosts": topology.hosts.len(), "regions": topology.regions.len(),
            "validators": topology.validators(),
            "voting_power": u64::try_from(topology.voting_power()).unwrap_or(u64::MAX),
            "smallest_disk": smallest_disk,
        },
        "chain": super::scope::chain(topology),
        "settings": null,
        "monitoring": super::scope::monitoring(topology),
        "backup": topology.backup.as_ref().map(|backup| json!({ "rpo": backup.rpo().0 })),
    }))
}
