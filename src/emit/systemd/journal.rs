//! How much of the disk the journal may take: what the manifest lets services log, and a share for the
//! host itself.

use super::{raw, unit};
use crate::emit::format::systemd::Section;
use crate::emit::{Artifacts, EmitError};
use crate::manifest::quantity::ByteSize;
use crate::manifest::{LogDriver, Runtime};
use crate::plan::Plan;
use crate::topology::{Host, Topology};

/// For the kernel, sshd and the other units of the host.
const OF_THE_HOST: u64 = 512 * ByteSize::MIB;

/// Less than this is of no use when something has to be found out.
const LEAST: u64 = 128 * ByteSize::MIB;

/// Never more than this part of the disk.
const PART_OF_DISK: u64 = 10;

/// The name of the file among those of the journal.
pub(crate) fn file_name(topology: &Topology) -> String {
    format!("{}.conf", topology.stack_unit_name())
}

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    let cap = format!("{}M", most(topology, host) / ByteSize::MIB);
    let section = Section::new("Journal").with("SystemMaxUse", raw(cap));
    let text = unit(plan).section(section).render()?;
    out.text(format!("systemd/{}/journald/{}", host.name, file_name(topology)), text);
    Ok(())
}

/// The most that the journal of a host may take, in bytes.
fn most(topology: &Topology, host: &Host) -> u64 {
    let logging = topology.logging;
    let in_journal = match host.runtime {
        Runtime::Compose | Runtime::SystemdDocker => logging.driver == LogDriver::Journald,
        Runtime::Quadlet | Runtime::Native => true,
        Runtime::Kubernetes => false,
    };
    let services = if in_journal { host.services.len() as u64 } else { 0 };
    let each = logging.max_size.0.saturating_mul(logging.max_files.into());
    let wanted = services.saturating_mul(each).saturating_add(OF_THE_HOST);
    let disk = host.resources.map(|(_, _, disk)| disk.0 / PART_OF_DISK);
    disk.map_or(wanted, |disk| wanted.min(disk)).max(LEAST)
}
