//! Where logs are kept, how long, and how much that is.

use super::resolve::{Context, Tables};
use super::{HostId, Topology};
use crate::manifest::quantity::{ByteSize, Duration};
use crate::text::Span;

const DEFAULT_RETENTION: Duration = Duration(14 * 86_400);
const DAY: u64 = 86_400;

/// The logs of every service, in one place.
#[derive(Clone, Debug)]
pub struct Logs {
    /// The host that stores them.
    pub host: HostId,
    /// How long they are kept.
    pub retention: Duration,
    /// What is stored in a day.
    pub daily: Option<ByteSize>,
    /// The object store that keeps them; `None`: the disk of the host.
    pub store: Option<LogStore>,
    /// Where it is defined.
    pub origin: Span,
}

/// An object store for logs.
#[derive(Clone, Debug)]
pub struct LogStore {
    /// Endpoint and bucket.
    pub s3: String,
    /// The region of the bucket.
    pub region: Option<String>,
    /// Whether keys are given; else the machine has a role.
    pub has_keys: bool,
}

impl Topology {
    /// Whether something reads the lines of the services.
    pub fn reads_logs(&self) -> bool {
        self.services.iter().any(|service| service.component.reads_logs)
    }
}

impl Logs {
    /// What the disk of the host must hold in the end; `None` where it is not known, or not on that disk.
    pub fn on_disk(&self) -> Option<ByteSize> {
        let daily = self.daily.filter(|_| self.store.is_none())?;
        Some(ByteSize(daily.0.saturating_mul(self.retention.0.div_ceil(DAY))))
    }
}

/// The host may be unknown: that is reported where services are placed.
pub(super) fn resolve(cx: &Context<'_>, tables: &Tables, home: HostId) -> Option<Logs> {
    let written = cx.manifest.monitoring.as_ref()?.logs.as_ref()?;
    let host = written.host.as_ref().and_then(|host| tables.host(host)).map_or(home, |host| host.id);
    let section = cx.tree.get("monitoring").and_then(|monitoring| monitoring.get("logs"));
    Some(Logs {
        host,
        retention: written.retention.as_ref().map_or(DEFAULT_RETENTION, |d| d.value),
        daily: written.daily.as_ref().map(|size| size.value),
        store: written.store.as_ref().map(|store| LogStore {
            s3: store.s3.value.clone(),
            region: store.region.as_ref().map(|region| region.value.clone()),
            has_keys: store.credentials.is_some(),
        }),
        origin: section.map_or_else(Span::nowhere, |section| section.span),
    })
}
