//! Whether hosts are large enough: limits of memory and CPU against what a host has, and the day on
//! which its disk is full.
//!
//! Sizes and growth are those of the manifest, else those of the catalog, for a main network. A day is counted from an unnamed
//! first one, on which every volume has the size that they give: no clock is read.

use schemars::JsonSchema;
use serde::Serialize;

use crate::catalog::component::Run;
use crate::manifest::LogDriver;
use crate::topology::{Host, Service, Topology, Volume};

/// Every length of a period of growth divides so many days.
const COMMON_DAYS: u128 = 210;

/// What the hosts of a network have and need.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Capacity {
    /// Whether some sizes are upper bounds: the chain is a test network, and the catalog knows main
    /// networks.
    pub upper_bound: bool,
    /// By host.
    pub hosts: Vec<HostCapacity>,
}

/// One host.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct HostCapacity {
    /// Its name.
    pub host: String,
    /// Memory in bytes.
    pub memory: Limits,
    /// CPU in thousandths of a thread.
    pub cpu: Limits,
    /// Its disk.
    pub disk: Disk,
}

/// The limits of the services of a host together. Jobs do not count: they end before the others grow.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// What the services may use together.
    pub asked: u128,
    /// What the host has; absent where the manifest does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<u128>,
    /// Services without a limit, which may use all there is.
    pub without_limit: usize,
}

impl Limits {
    /// Whether the services may use more than there is.
    pub fn is_over(&self) -> bool {
        self.has.is_some_and(|has| self.asked > has)
    }
}

/// The disk that holds the data folder, in bytes.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Disk {
    /// What all volumes of a known size take on the first day.
    pub volumes: u128,
    /// The most that rotated container logs take; 0 where the journal of the host has them.
    pub logs: u128,
    /// How much is added in 210 days, a number of days that days, weeks and months of 30 days all divide.
    pub growth_in_210_days: u128,
    /// What the host has; absent where the manifest does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has: Option<u128>,
    /// The first day on which it does not suffice, 0 if it does not from the start; absent where that
    /// never comes or the host does not say what it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_on_day: Option<u128>,
    /// The volumes that take most, at most eight.
    pub largest: Vec<VolumeSize>,
    /// Volumes whose size nobody knows.
    pub of_unknown_size: usize,
    /// Volumes of a known size whose growth nobody knows: they count as if they did not grow.
    pub of_unknown_growth: usize,
}

/// A volume.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct VolumeSize {
    /// The service.
    pub service: String,
    /// The volume.
    pub volume: String,
    /// Bytes on the first day.
    pub size: u64,
    /// How fast it grows, as in `14GiB/week`; absent where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<String>,
}

/// How many volumes are listed for a host.
const LARGEST: usize = 8;

/// Adds it all up.
pub fn capacity(topology: &Topology) -> Capacity {
    let hosts = topology.hosts.iter().map(|host| of_host(topology, host)).collect();
    Capacity { upper_bound: topology.hosts.iter().any(|host| is_upper_bound(topology, host)), hosts }
}

fn of_host(topology: &Topology, host: &Host) -> HostCapacity {
    let running: Vec<&Service> =
        topology.services_on(host.id).filter(|service| service.component.run == Run::Service).collect();
    let resources = host.resources;
    let limits = |has: Option<u128>, limit: &dyn Fn(&Service) -> Option<u128>| Limits {
        asked: running.iter().filter_map(|service| limit(service)).sum(),
        has,
        without_limit: running.iter().filter(|service| limit(service).is_none()).count(),
    };
    HostCapacity {
        host: host.name.clone(),
        memory: limits(resources.map(|(_, memory, _)| memory.0.into()), &|s| s.memory.map(|m| m.0.into())),
        cpu: limits(resources.map(|(cpus, ..)| u128::from(cpus) * 1000), &|s| s.cpus.map(|c| c.0.into())),
        disk: disk(topology, host),
    }
}

/// Whether the catalog's sizes, which are those of main networks, count for a host of a test network.
pub fn is_upper_bound(topology: &Topology, host: &Host) -> bool {
    let known = |(_, volume): (&Service, &Volume)| volume.size.is_some() && !volume.measured;
    topology.chain.test && owned(topology, host).any(known)
}

/// The volumes on a host, each with the service that it belongs to.
fn owned<'t>(topology: &'t Topology, host: &Host) -> impl Iterator<Item = (&'t Service, &'t Volume)> {
    topology.services_on(host.id).flat_map(|service| {
        service.volumes.iter().filter(|volume| !volume.lent).map(move |volume| (service, volume))
    })
}

/// The disk of a host.
pub fn disk(topology: &Topology, host: &Host) -> Disk {
    let services = || topology.services_on(host.id);
    let owned = || owned(topology, host);
    let mut sized: Vec<(u64, &Service, &Volume)> =
        owned().filter_map(|(service, volume)| Some((volume.size?.0, service, volume))).collect();
    let volumes: u128 = sized.iter().map(|(size, ..)| u128::from(*size)).sum();
    let growth = owned().filter_map(|(_, volume)| volume.growth);
    let growth: u128 =
        growth.map(|g| u128::from(g.bytes.0) * (COMMON_DAYS / u128::from(g.every.days()))).sum();
    let logs = match (topology.logging.driver, host.runtime.is_container()) {
        (LogDriver::Journald, _) | (_, false) => 0,
        (LogDriver::JsonFile | LogDriver::Local, true) => {
            let each = u128::from(topology.logging.max_size.0) * u128::from(topology.logging.max_files);
            each * u128::try_from(services().count()).unwrap_or_default()
        }
    };
    let has = host.resources.map(|(_, _, disk)| u128::from(disk.0));
    sized.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (&a.1.name, &a.2.name).cmp(&(&b.1.name, &b.2.name))));
    Disk {
        volumes,
        logs,
        growth_in_210_days: growth,
        has,
        full_on_day: has.and_then(|has| full_on(volumes + logs, growth, has)),
        of_unknown_size: owned().filter(|(_, volume)| volume.size.is_none()).count(),
        of_unknown_growth: sized.iter().filter(|(.., volume)| volume.growth.is_none()).count(),
        largest: sized
            .into_iter()
            .take(LARGEST)
            .map(|(size, service, volume)| VolumeSize {
                service: service.name.clone(),
                volume: volume.name.clone(),
                size,
                growth: volume.growth.map(|growth| growth.to_string()),
            })
            .collect(),
    }
}

/// The first day on which `now` and what is added by then is more than `has`.
fn full_on(now: u128, growth: u128, has: u128) -> Option<u128> {
    match has.checked_sub(now) {
        None => Some(0),
        Some(_) if growth == 0 => None,
        Some(free) => Some(free * COMMON_DAYS / growth + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_first_on_which_it_does_not_suffice() {
        for (now, growth, has) in [(0, 210, 10), (5, 7, 100), (99, 1000, 100), (100, 3, 100), (1, 420, 1)] {
            let day = full_on(now, growth, has).unwrap();
            let used = |day: u128| now * COMMON_DAYS + growth * day;
            assert!(used(day) > has * COMMON_DAYS, "{now} {growth} {has}");
            assert!(used(day - 1) <= has * COMMON_DAYS, "{now} {growth} {has}");
        }
        assert_eq!(full_on(101, 1, 100), Some(0));
        assert_eq!(full_on(100, 0, 100), None);
    }
}
