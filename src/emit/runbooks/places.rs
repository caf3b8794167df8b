//! Where an alert can be, what stops there, and how to look at it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::analyze::outage::{Outage, Outages};
use crate::analyze::parts::Parts;
use crate::catalog::component::{Kind, Run};
use crate::emit::EmitError;
use crate::emit::format::shell;
use crate::manifest::Runtime;
use crate::plan::{Alert, METRICS, Plan};
use crate::template::Templates;
use crate::topology::{ClusterId, Host, HostId, NodeId, Service, ServiceId, Topology};

/// A page names so many services or hosts; whoever has more looks at the dashboard first.
const MOST_ROWS: usize = 40;

/// How many names stand in one cell.
const MOST_NAMED: usize = 5;

pub(super) struct Places<'p> {
    plan: &'p Plan,
    templates: &'p Templates,
    members: BTreeMap<NodeId, Vec<ClusterId>>,
    outages: Outages<'p>,
    /// Those that stay, in the order of the topology.
    by_component: BTreeMap<&'p str, Vec<ServiceId>>,
    /// What was asked before: many alerts are about the same services, by how many those are and the first of
    /// them. Of hosts and regions each alert tells all.
    services: BTreeMap<(usize, Vec<ServiceId>), Arc<str>>,
    hosts: Option<Arc<str>>,
    regions: Option<Arc<str>>,
}

/// Where an alert can be, as text; each is empty where it cannot be there.
#[derive(Serialize)]
pub(super) struct Sections {
    regions: Arc<str>,
    hosts: Arc<str>,
    services: Arc<str>,
}

impl<'p> Places<'p> {
    pub(super) fn new(plan: &'p Plan, templates: &'p Templates, parts: &'p Parts) -> Self {
        let mut by_component: BTreeMap<&str, Vec<ServiceId>> = BTreeMap::new();
        for service in plan.topology.services.iter().filter(|s| s.component.run == Run::Service) {
            by_component.entry(&service.component.component.value).or_default().push(service.id);
        }
        Self {
            plan,
            templates,
            members: plan.topology.memberships(),
            outages: Outages::new(&plan.topology, parts),
            by_component,
            services: BTreeMap::new(),
            hosts: None,
            regions: None,
        }
    }

    pub(super) fn of(&mut self, alert: &Alert) -> Result<Sections, EmitError> {
        Ok(Sections {
            regions: self.regions(alert)?,
            hosts: self.hosts(alert)?,
            services: self.services(alert)?,
        })
    }

    fn rendered(&self, name: &str, scope: Value) -> Result<Arc<str>, EmitError> {
        Ok(self.templates.render(&format!("runbooks/{name}.md.j2"), scope)?.into())
    }

    /// How much the network can lose, in words; nothing where nobody votes.
    fn quorum(&self) -> Value {
        let Some(quorum) = self.outages.quorum() else { return Value::Null };
        json!({
            "total": quorum.total.to_string(), "tolerates": quorum.tolerates.to_string(), "harm": quorum.harm(),
        })
    }

    /// The services that an alert can be about, by region, what may be restarted first.
    fn services(&mut self, alert: &Alert) -> Result<Arc<str>, EmitError> {
        let about = |component: &str| match &alert.component {
            Some(of) => of == component,
            // An alert of a host or of a region is told by those.
            None => {
                !alert.covers.service.is_empty()
                    && alert.covers.host.is_empty()
                    && alert.covers.speaks_of(component)
                    && self.plan.jobs.contains_key(component)
            }
        };
        let of = self.by_component.iter().filter(|(component, _)| about(component));
        let mut found: Vec<ServiceId> = of.flat_map(|(_, services)| services).copied().collect();
        let total = found.len();
        if total == 0 {
            return Ok("".into());
        }
        found.sort_unstable();
        found.truncate(MOST_ROWS);
        let asked = (total, found);
        if let Some(known) = self.services.get(&asked) {
            return Ok(Arc::clone(known));
        }
        let topology = &self.plan.topology;
        let mut regions: BTreeMap<&str, Vec<(u128, &str, Value)>> = BTreeMap::new();
        let (mut signs, mut at_risk) = (false, Vec::new());
        for service in asked.1.iter().map(|id| &topology.services[*id]) {
            let (outage, row) = self.service(service)?;
            signs |= matches!(service.component.kind, Kind::ValidatorClient | Kind::Signer);
            if outage.margin.is_some_and(|margin| margin < 0) {
                at_risk.push(service.name.clone());
            }
            let region = topology.region_name(service.host);
            regions.entry(region).or_default().push((outage.power, &service.name, row));
        }
        let regions: Vec<Value> = regions
            .into_iter()
            .map(|(region, mut rows)| {
                rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
                json!({ "region": region, "rows": rows.into_iter().map(|(.., row)| row).collect::<Vec<Value>>() })
            })
            .collect();
        let scope = json!({
            "regions": regions, "more": total.saturating_sub(MOST_ROWS), "signs": signs,
            "at_risk": at_risk, "quorum": self.quorum(),
        });
        let text = self.rendered("services", scope)?;
        self.services.insert(asked, Arc::clone(&text));
        Ok(text)
    }

    /// The hosts that an alert can be about, with what stops on each.
    fn hosts(&mut self, alert: &Alert) -> Result<Arc<str>, EmitError> {
        let topology = &self.plan.topology;
        // A component with a pack of its own is looked at as a service.
        if alert.covers.host.is_empty() || alert.component.is_some() {
            return Ok("".into());
        }
        if let Some(known) = &self.hosts {
            return Ok(Arc::clone(known));
        }
        let rows: Vec<Value> = topology
            .hosts
            .iter()
            .take(MOST_ROWS)
            .map(|host| {
                let outage = self.outages.of(host.services.iter().copied());
                json!({
                    "host": host.name, "region": topology.region_name(host.id), "login": login(host),
                    "services": host.services.len(), "with": self.names(&outage.services),
                    "power": outage.power.to_string(), "then": self.then(&outage),
                })
            })
            .collect();
        let more = topology.hosts.len().saturating_sub(MOST_ROWS);
        let text = self.rendered("hosts", json!({ "rows": rows, "more": more }))?;
        Ok(Arc::clone(self.hosts.insert(text)))
    }

    /// The regions that an alert can be about.
    fn regions(&mut self, alert: &Alert) -> Result<Arc<str>, EmitError> {
        let topology = &self.plan.topology;
        if alert.covers.region.is_empty() {
            return Ok("".into());
        }
        if let Some(known) = &self.regions {
            return Ok(Arc::clone(known));
        }
        let mut hosts: BTreeMap<&str, Vec<HostId>> = BTreeMap::new();
        for host in &topology.hosts {
            hosts.entry(topology.region_name(host.id)).or_default().push(host.id);
        }
        let more = hosts.len().saturating_sub(MOST_ROWS);
        let rows: Vec<Value> = hosts
            .into_iter()
            .take(MOST_ROWS)
            .map(|(region, hosts)| {
                let services = hosts.iter().flat_map(|host| topology.hosts[*host].services.iter().copied());
                let outage = self.outages.of(services);
                let hosts = hosts.iter().map(|host| topology.hosts[*host].name.as_str());
                json!({
                    "region": region, "hosts": listed(hosts), "with": self.names(&outage.services),
                    "power": outage.power.to_string(), "then": self.then(&outage),
                })
            })
            .collect();
        let text = self.rendered("regions", json!({ "rows": rows, "more": more }))?;
        Ok(Arc::clone(self.regions.insert(text)))
    }

    fn names(&self, services: &[ServiceId]) -> String {
        listed(services.iter().map(|id| self.plan.topology.services[*id].name.as_str()))
    }

    /// What may be stopped while something is down.
    fn then(&self, outage: &Outage) -> String {
        let Some((quorum, margin)) = self.outages.quorum().zip(outage.margin) else {
            return "nobody votes here".to_owned();
        };
        match margin {
            ..0 => format!("too much: {} above what the network can lose; it {}", -margin, quorum.harm()),
            0 => "the network goes on; nothing more that votes may stop".to_owned(),
            _ => format!("the network goes on; {margin} more of {} may stop", quorum.total),
        }
    }

    fn service(&mut self, service: &Service) -> Result<(Outage, Value), EmitError> {
        let topology = &self.plan.topology;
        let outage = self.outages.of([service.id]);
        let host = &topology.hosts[service.host];
        let Commands { logs, state, restart, health } = self.commands(service, host)?;
        let row = json!({
            "service": service.name, "host": host.name,
            "node": service.node.map_or("", |node| topology.nodes[node].name.as_str()),
            "login": login(host), "logs": logs, "state": state, "restart": restart, "health": health,
            "metrics": metrics(self.plan, service), "used_by": self.used_by(service),
            "with": self.names(&outage.services), "votes": self.power(service),
            "power": outage.power.to_string(), "then": self.then(&outage),
        });
        Ok((outage, row))
    }

    /// The services that use it, whether or not they can do without.
    fn used_by(&self, service: &Service) -> String {
        let consumers =
            self.plan.topology.consumers(service.id).filter(|(interface, _)| *interface != METRICS);
        let ids: BTreeSet<ServiceId> = consumers.map(|(_, by)| by).collect();
        self.names(&ids.into_iter().collect::<Vec<_>>())
    }

    /// The voting power of its node, alone and in clusters.
    fn power(&self, service: &Service) -> String {
        let topology = &self.plan.topology;
        let own = service.node.map_or(0, |node| topology.nodes[node].voting_power);
        let clusters =
            service.node.and_then(|node| self.members.get(&node)).into_iter().flatten().map(|id| {
                let cluster = &topology.clusters[*id];
                let (needed, nodes) = (cluster.needed, cluster.nodes.len());
                format!(
                    "cluster {}: {} while {needed} of {nodes} nodes are up",
                    cluster.name, cluster.voting_power
                )
            });
        let own = Some(own.to_string()).filter(|_| own > 0);
        let power: Vec<String> = own.into_iter().chain(clusters).collect();
        if power.is_empty() { "0".to_owned() } else { power.join("; ") }
    }

    fn commands(&self, service: &Service, host: &Host) -> Result<Commands, EmitError> {
        let unit = self.plan.topology.unit_name(service);
        let name = &service.name;
        if host.runtime == Runtime::Kubernetes {
            return self.in_cluster(service);
        }
        let engine = match host.runtime {
            Runtime::Compose | Runtime::SystemdDocker => Some("docker"),
            Runtime::Quadlet => Some("podman"),
            Runtime::Native | Runtime::Kubernetes => None,
        };
        let health = match (&self.plan.runs[service.id].healthcheck, engine) {
            (None, _) => String::new(),
            (Some(check), None) => shell::join(&check.command)?,
            (Some(check), Some(engine)) => {
                format!("sudo {engine} exec {name} {}", shell::join(&check.command)?)
            }
        };
        let by_systemd = host.runtime != Runtime::Compose;
        Ok(Commands {
            logs: if by_systemd {
                format!("sudo journalctl -u {unit} -n 200")
            } else {
                format!("sudo docker logs --tail 200 {name}")
            },
            state: if by_systemd {
                format!("systemctl status {unit}")
            } else {
                format!("sudo docker inspect --format '{{{{json .State}}}}' {name}")
            },
            restart: if by_systemd {
                format!("sudo systemctl restart {unit}")
            } else {
                format!("sudo docker restart {name}")
            },
            health,
        })
    }
}

impl Places<'_> {
    /// A pod is spoken to through its cluster.
    fn in_cluster(&self, service: &Service) -> Result<Commands, EmitError> {
        let topology = &self.plan.topology;
        let kubectl = format!("kubectl --namespace {}", topology.namespace());
        let pod = match service.component.run {
            Run::Job => format!("--selector app.kubernetes.io/instance={}", service.name),
            Run::Service => format!("{}-0", service.name),
        };
        let health = match &self.plan.runs[service.id].healthcheck {
            Some(check) => format!("{kubectl} exec {}-0 -- {}", service.name, shell::join(&check.command)?),
            None => String::new(),
        };
        Ok(Commands {
            logs: format!("{kubectl} logs --tail 200 {pod}"),
            state: format!("{kubectl} describe pod {pod}"),
            restart: format!("{kubectl} delete pod {pod}"),
            health,
        })
    }
}

struct Commands {
    logs: String,
    state: String,
    restart: String,
    health: String,
}

fn login(host: &Host) -> String {
    if !host.runtime.is_logged_in_to() {
        return format!("kubectl describe nodes --selector netgen.dev/host={}", host.name);
    }
    format!("ssh -p {} {}@{}", host.ssh_port, host.ssh_user, host.address)
}

/// How the metrics are read from the host that scrapes them; nothing where only its containers can.
fn metrics(plan: &Plan, service: &Service) -> String {
    let Some(job) = plan.jobs.get(&service.component.component.value) else { return String::new() };
    let topology: &Topology = &plan.topology;
    let target = job.targets.iter().find(|target| target.service == service.id);
    let reached = target.into_iter().flat_map(|target| &target.addresses).find(|(by, _)| {
        let by = &topology.services[**by];
        by.host != service.host || by.on_host_network(&topology.hosts[by.host])
    });
    reached
        .map_or_else(String::new, |(_, address)| format!("curl -sS {}://{address}{}", job.scheme, job.path))
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let mut text = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMED {
        text.push_str(&format!(" and {} more", names.len() - MOST_NAMED));
    }
    text
}
