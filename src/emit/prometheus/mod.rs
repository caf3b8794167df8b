//! Prometheus: its configuration, scrape targets, alert rules, and the proof that every alert fires.

mod config;
mod proof;
mod rules;

pub(super) use rules::{RuleFile, group_of};

use std::collections::BTreeMap;

use super::format::{json, yaml};
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::{Alert, Plan};
use crate::template::Templates;
use crate::topology::Service;

/// The tree that a metrics store mounts.
const TREE: &str = "prometheus";

/// The group of alerts that belong to no component.
const NETWORK: &str = "network";

pub(super) struct Prometheus;

impl Emitter for Prometheus {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Prometheus: configuration, scrape targets, alert rules and their tests"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(store) = store(plan)? else { return Ok(()) };
        let text = yaml::to_yaml_with_header(&header(plan), &config::config(plan, store))?;
        out.text(format!("{TREE}/prometheus.yml"), text);
        for job in plan.jobs.values() {
            out.text(
                format!("{TREE}/targets/{}.json", job.name),
                json::pretty(&config::targets(job, store.id))?,
            );
        }
        for (group, alerts) in groups(plan) {
            let rules = rules::RuleFile { groups: [rules::group_of(plan, &group, &alerts)] };
            let text = yaml::to_yaml_with_header(&header(plan), &rules)?;
            out.text(format!("{TREE}/rules/{group}.yml"), text);
            let text = yaml::to_yaml_with_header(&header(plan), &proof::tests(&group, &alerts)?)?;
            out.text(format!("{TREE}/tests/{group}_test.yml"), text);
        }
        Ok(())
    }
}

/// The service that mounts the tree.
fn store(plan: &Plan) -> Result<Option<&Service>, EmitError> {
    let mut stores = plan.topology.services.iter().filter(|s| s.component.artifacts.contains_key(TREE));
    match (stores.next(), stores.next()) {
        (Some(_), Some(second)) => Err(EmitError::unsupported(
            second.origin,
            format!("`{}` is a second service that scrapes", second.name),
            "keep one; targets are written for one service that scrapes",
        )),
        (first, _) => Ok(first),
    }
}

/// The alerts by file: one a component, and one for the network.
fn groups(plan: &Plan) -> BTreeMap<String, Vec<&Alert>> {
    let mut groups: BTreeMap<String, Vec<&Alert>> = BTreeMap::new();
    for alert in plan.alerts.values() {
        let group = alert.component.clone().unwrap_or_else(|| NETWORK.to_owned());
        groups.entry(group).or_default().push(alert);
    }
    groups
}
