//! Loki: alert rules about lines of logs, in the form that its ruler reads from a folder.

use std::collections::BTreeMap;

use super::format::yaml;
use super::prometheus::{RuleFile, group_of, rules_header, switched_off};
use super::{Artifacts, EmitError, Emitter};
use crate::plan::{Alert, Plan, Reads, Silenced};
use crate::template::Templates;

/// The tree that a store of logs mounts.
const TREE: &str = "loki";

/// The folder of the one tenant of a store without tenants.
const TENANT: &str = "fake";

pub(super) struct Loki;

impl Emitter for Loki {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Loki: alert rules about lines of logs"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let mut groups: BTreeMap<&str, (Vec<&Alert>, Vec<&Silenced>)> = BTreeMap::new();
        for alert in plan.log_alerts.values() {
            groups.entry(alert.component.as_deref().unwrap_or_default()).or_default().0.push(alert);
        }
        for silenced in switched_off(plan, Reads::Lines) {
            groups.entry(silenced.component.as_deref().unwrap_or_default()).or_default().1.push(silenced);
        }
        for (group, (alerts, silenced)) in groups {
            let rules = RuleFile { groups: vec![group_of(plan, group, &alerts)] };
            let text = yaml::to_yaml_with_header(&rules_header(plan, &silenced), &rules)?;
            out.text(format!("{TREE}/rules/{TENANT}/{group}.yml"), text);
        }
        Ok(())
    }
}
