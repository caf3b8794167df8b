//! Loki: alert rules about lines of logs, in the form that its ruler reads from a folder.

use std::collections::BTreeMap;

use super::format::yaml;
use super::prometheus::{RuleFile, group_of};
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::{Alert, Plan};
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
        let mut groups: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
        for alert in plan.log_alerts.values() {
            groups.entry(alert.component.as_deref().unwrap_or_default()).or_default().push(alert);
        }
        for (group, alerts) in groups {
            let rules = RuleFile { groups: vec![group_of(plan, group, &alerts)] };
            let text = yaml::to_yaml_with_header(&header(plan), &rules)?;
            out.text(format!("{TREE}/rules/{TENANT}/{group}.yml"), text);
        }
        Ok(())
    }
}
