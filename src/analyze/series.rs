//! How much the collectors of metrics have to hold: series, samples, memory, disk.

use crate::catalog::component::Component;
use crate::topology::{Service, Topology};

/// Series of one target whose component does not say how many it exports. An assumption, on the safe
/// side for most exporters; clients of a chain export some thousands.
pub const SERIES_OF_A_TARGET: u64 = 5000;

/// Memory of one series in bytes, with its samples of the last hours and room for queries. Published
/// figures go from 2 KiB to 9 KiB.
pub const MEMORY_OF_A_SERIES: u64 = 8 << 10;

/// Disk of one sample in bytes. The documentation of Prometheus says 1 to 2.
pub const DISK_OF_A_SAMPLE: u64 = 2;

/// What one collector has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Its targets.
    pub targets: u64,
    /// Series at a time.
    pub series: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Bytes of disk when the retention is reached.
    pub disk: u64,
}

/// What a collector has to hold. Of shards by hash each has an equal part, about.
pub fn load(topology: &Topology, collector: &Service) -> Option<Load> {
    let monitoring = topology.monitoring.as_ref()?;
    let shards = topology.shards();
    let by_hash = collector.shard.is_some() && shards.iter().all(|shard| shard.region.is_none());
    let parts = if by_hash { u64::try_from(shards.len()).unwrap_or(1).max(1) } else { 1 };
    let (mut targets, mut series) = (0_u64, 0_u64);
    for target in topology.providers(collector.id, crate::topology::METRICS) {
        targets += 1;
        series = series.saturating_add(of_component(&topology.services[target].component));
    }
    let (targets, series) = (targets.div_ceil(parts), series.div_ceil(parts));
    let samples = u128::from(series) * u128::from(monitoring.retention.0)
        / u128::from(monitoring.scrape_interval.0.max(1));
    Some(Load {
        targets,
        series,
        memory: series.saturating_mul(MEMORY_OF_A_SERIES),
        disk: u64::try_from(samples * u128::from(DISK_OF_A_SAMPLE)).unwrap_or(u64::MAX),
    })
}

fn of_component(component: &Component) -> u64 {
    component.series.map_or(SERIES_OF_A_TARGET, u64::from)
}
