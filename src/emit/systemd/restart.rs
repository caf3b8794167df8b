//! When a service that ended is started again: soon, then less and less often, and never not at all.
//!
//! systemd gives up on a unit that is started too often (`StartLimitBurst=`), and leaves it down until
//! somebody comes. A node whose disk was full, or whose database was away for ten minutes, would stay
//! down for the night, so the limit is off and the wait keeps a program that ends at once from wearing
//! out the host. A systemd that can lengthen the wait does so.

use super::{raw, unit};
use crate::emit::format::systemd::Section;
use crate::emit::{Artifacts, EmitError};
use crate::manifest::Runtime;
use crate::plan::Plan;
use crate::topology::Host;

/// The wait before a start after an end; the only one where systemd is older than [`SINCE`]: at most
/// six starts a minute.
pub(super) const WAIT: &str = "10s";

/// The first systemd that lengthens the wait. Debian 12 and Ubuntu 22.04 have an older one, which would
/// complain of each unit with keys that it does not know.
pub(crate) const SINCE: u32 = 254;

/// The unit is started again however often it fails.
pub(super) fn never_give_up(section: Section) -> Section {
    section.with("StartLimitIntervalSec", raw("0"))
}

/// A drop-in for all services of the network: systemd looks for it by the beginning of their names.
pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let stack = plan.topology.stack_unit_name();
    let units = match host.runtime {
        Runtime::Compose => format!("{stack}.service"),
        Runtime::SystemdDocker | Runtime::Quadlet | Runtime::Native | Runtime::Kubernetes => {
            format!("{stack}-.service")
        }
    };
    let section =
        Section::new("Service").with("RestartSteps", raw("6")).with("RestartMaxDelaySec", raw("1min"));
    let text = unit(plan).section(section).render()?;
    out.text(format!("systemd/{}/since-{SINCE}/{units}.d/backoff.conf", host.name), text);
    Ok(())
}
