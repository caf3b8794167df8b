//! Alertmanager: who is called for what, and which alerts speak for others.

mod inhibition;
mod proof;
mod receivers;
mod routes;
mod times;

use serde::Serialize;

use super::format::yaml;
use super::{Artifacts, EmitError, Emitter, header};
use crate::plan::Plan;
use crate::template::Templates;

const TREE: &str = "alertmanager";

/// The receiver that calls nobody.
const NOBODY: &str = "nobody";

pub(super) struct Alertmanager;

impl Emitter for Alertmanager {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Alertmanager: routes, receivers, inhibition, and the tests of the routes"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(monitoring) = &plan.topology.monitoring else { return Ok(()) };
        let config = Config {
            route: routes::tree(plan, monitoring)?,
            time_intervals: times::times(monitoring),
            receivers: receivers::receivers(monitoring)?,
            inhibit_rules: inhibition::rules(plan),
        };
        out.text(format!("{TREE}/alertmanager.yml"), yaml::to_yaml_with_header(&header(plan), &config)?);
        out.text(format!("{TREE}/tests/routes.txt"), proof::list(plan, monitoring));
        out.script(format!("{TREE}/tests/run.sh"), proof::SCRIPT);
        Ok(())
    }
}

#[derive(Serialize)]
struct Config {
    route: routes::RouteFile,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    time_intervals: Vec<times::NamedTime>,
    receivers: Vec<receivers::ReceiverFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inhibit_rules: Vec<inhibition::Inhibition>,
}

/// A matcher `label="value"`; values are names of ours.
fn equals(label: &str, value: &str) -> String {
    format!("{label}=\"{value}\"")
}
