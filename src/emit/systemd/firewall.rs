//! The unit that loads the ruleset of a host at boot, before anything listens.

use super::hardening::{self, Reach};
use super::{exec, install, raw, text, unit, write};
use crate::emit::format::systemd::{Section, Value};
use crate::emit::{Artifacts, EmitError};
use crate::manifest::Firewall;
use crate::plan::Plan;
use crate::topology::Host;

pub(super) fn emit(plan: &Plan, host: &Host, out: &mut Artifacts) -> Result<(), EmitError> {
    let topology = &plan.topology;
    if topology.firewall != Firewall::Nftables {
        return Ok(());
    }
    let rules = format!("{}/nftables.conf", topology.install_dir());
    let head = Section::new("Unit")
        .with("Description", text(format!("firewall of {}", topology.name)))
        .with("DefaultDependencies", raw("no"))
        .with("Wants", Value::Words(vec!["network-pre.target".to_owned()]))
        .with("Before", Value::Words(vec!["network-pre.target".to_owned(), "shutdown.target".to_owned()]))
        .with("Conflicts", Value::Words(vec!["shutdown.target".to_owned()]))
        .with("After", Value::Words(vec!["local-fs.target".to_owned()]))
        .with("ConditionPathExists", Value::Path(rules.clone()));
    let service = Section::new("Service")
        .with("Type", raw("oneshot"))
        .with("RemainAfterExit", raw("yes"))
        .with("ExecStart", exec(["/usr/sbin/nft", "--file", rules.as_str()]));
    let service = hardening::own(service, Reach::PacketFilter);
    let file = unit(plan).section(head).section(service).section(install());
    write(out, host, &format!("{}.service", topology.firewall_unit_name()), &file)
}
