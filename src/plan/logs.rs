//! Logs: what a collector is told of the services on its host, and the alerts about lines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::alerts::{Alerts, failed};
use super::build::Context;
use super::jobs::labels;
use super::parts::{self, Part};
use super::rendered::decided;
use super::renderer::Making;
use super::{Alert, JOB, Reads, Value as Number};
use crate::catalog::alerts::Absent;
use crate::catalog::logs::{Lines, LogAlert};
use crate::catalog::threshold::plain;
use crate::diag::{Diagnostic, codes};
use crate::emit::format::{alloy, promql};
use crate::manifest::quantity::Duration;
use crate::manifest::{LogDriver, Runtime};
use crate::topology::{Host, Service, ServiceId, Topology, snake};

/// The labels that tell one stream from another: those of metrics, without the severity of lines.
pub const STREAM_LABELS: [&str; 8] = ["network", "region", "host", "node", "role", "service", "team", JOB];

/// What lines of several clients have in common, by which they are found together.
pub const CONTEXT: [&str; 2] = ["slot", "height"];

/// Where the lines of a host are to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// From Docker, by its API.
    Docker,
    /// From the journal, by the name of the container.
    JournalOfContainers,
    /// From the journal, by the unit.
    JournalOfUnits,
}

fn source(topology: &Topology, host: &Host) -> Source {
    match (host.runtime, topology.logging.driver) {
        (Runtime::Native, _) => Source::JournalOfUnits,
        // Podman keeps its logs in the journal, whatever Docker does.
        (Runtime::Quadlet | Runtime::Kubernetes, _)
        | (Runtime::Compose | Runtime::SystemdDocker, LogDriver::Journald) => Source::JournalOfContainers,
        (Runtime::Compose | Runtime::SystemdDocker, LogDriver::JsonFile | LogDriver::Local) => Source::Docker,
    }
}

/// Adds `logs` to the scope of a service that reads the logs of its host.
pub(super) fn add(cx: &mut Making<'_>, topology: &Topology, id: ServiceId, scope: &mut Map<String, Value>) {
    let collector = &topology.services[id];
    if !collector.component.reads_logs {
        return;
    }
    let host = &topology.hosts[collector.host];
    let from = source(topology, host);
    let services: Vec<Value> = topology
        .services_on(host.id)
        .map(|service| {
            let found_by = match from {
                Source::Docker => Value::Null,
                Source::JournalOfContainers => format!("CONTAINER_NAME={}", service.name).into(),
                Source::JournalOfUnits => {
                    format!("_SYSTEMD_UNIT={}.service", topology.unit_name(service)).into()
                }
            };
            let mut stream = labels(topology, service);
            stream.insert(JOB.to_owned(), service.component.component.value.clone());
            json!({
                "id": alloy::name(&service.name), "name": service.name, "labels": stream,
                "journal": found_by, "lines": lines(cx, service),
            })
        })
        .collect();
    let word = if from == Source::Docker { "docker" } else { "journal" };
    scope.insert("logs".to_owned(), json!({ "source": word, "services": services }));
}

/// The form of the lines of a service; null where they have none.
fn lines(cx: &mut Making<'_>, service: &Service) -> Value {
    let Some(lines) = &service.component.logs else { return Value::Null };
    if let Some(when) = &lines.when {
        match cx.templates.eval_bool(when, json!({ "settings": snake(&service.settings) })) {
            Ok(true) => {}
            Ok(false) => return Value::Null,
            Err(error) => {
                // An expression that fails after a setting that could not be read says nothing new.
                if !cx.failures.any() {
                    let component = &service.component.component;
                    cx.failures.sink.push(
                        Diagnostic::new(
                            &codes::BAD_TEMPLATE,
                            service.origin,
                            format!("`logs` of component `{component}` fails: {}", error.message),
                        )
                        .here(format!("for service `{}`", service.name))
                        .help("correct the expression in the component's data"),
                    );
                }
                return Value::Null;
            }
        }
    }
    let Lines { when: _, format, level, time, slot, height } = lines;
    let fields = [("level", level), ("time", time), ("slot", slot), ("height", height)];
    let named: Map<String, Value> = fields
        .into_iter()
        .filter_map(|(name, field)| Some((name.to_owned(), field.clone()?.into())))
        .collect();
    let context: Map<String, Value> = CONTEXT
        .into_iter()
        .filter(|name| named.contains_key(*name))
        .map(|name| (name.to_owned(), String::new().into()))
        .collect();
    json!({
        "format": format, "fields": named, "level": level, "time": time, "context": context,
    })
}

/// The alerts about lines of every component whose logs are read; none where nothing stores them.
pub(super) fn alerts(cx: &mut Context<'_>, topology: &Topology) -> Alerts {
    let mut done = Alerts::default();
    if !topology.reads_logs() {
        return done;
    }
    for component in topology.components_in_use() {
        let Some(entry) = cx.entry(component) else { continue };
        // Every service has lines, whether it is scraped or not.
        let targets = topology.services_of(component).map(|service| service.id).collect();
        let selector =
            format!("{JOB}={}, network={}", promql::string(component), promql::string(&topology.name));
        for (name, alert) in &entry.alerts.log_alerts {
            let parts = parts::split(topology, name, &targets, &BTreeSet::new(), &selector);
            let several = parts.len() > 1;
            let rule = |part: &Part<'_>| log_alert(name, component, alert, part, several);
            match parts.iter().map(rule).collect::<Result<Vec<_>, _>>() {
                Ok(rules) => parts::gather(&parts, rules, Reads::Lines, &mut done),
                Err(why) => failed(cx, topology, name, &why),
            }
        }
    }
    done
}

/// The alert for one part of its services.
fn log_alert(
    name: &str,
    component: &str,
    alert: &LogAlert,
    part: &Part<'_>,
    several: bool,
) -> Result<Alert, String> {
    let selector = part.selector.as_ref().map_err(ToString::to_string)?;
    let tunings = &part.tunings;
    let (hold, severity, decisions) = decided(tunings, alert.hold, alert.severity);
    let (value, threshold) = alert.threshold();
    let set = tunings.iter().find_map(|tuning| tuning.values.get(value));
    let above = set.map_or(f64::from(alert.above), |number| number.value);
    Ok(Alert {
        name: name.to_owned(),
        component: Some(component.to_owned()),
        expr: query(selector, alert, above),
        query: None,
        metrics: BTreeSet::new(),
        local: false,
        // The query is made of parts; its own place is that of the texts in the pack, which the summary tells.
        origin: alert.summary.span,
        hold,
        severity,
        values: BTreeMap::from([(
            value.to_owned(),
            Number { number: above, unit: threshold.unit, doc: threshold.doc },
        )]),
        summary: alert.summary.clone(),
        meaning: alert.meaning.clone(),
        actions: alert.actions.clone(),
        silences: Vec::new(),
        heartbeat: false,
        covers: alert.covers.clone(),
        services: several.then(|| part.services.clone()),
        decisions,
        others: Vec::new(),
        // Lines prove it, and were held against it when the pack was read.
        proofs: Vec::new(),
        absent: Absent::default(),
        fires: Vec::new(),
        silent: Vec::new(),
        lead: Duration(0),
    })
}

fn query(selector: &str, alert: &LogAlert, above: f64) -> String {
    let filter = |operator: &str, texts: &[String], between: &str| {
        let texts: Vec<String> = texts.iter().map(|text| promql::string(text)).collect();
        if texts.is_empty() { String::new() } else { format!(" {operator} {}", texts.join(between)) }
    };
    format!(
        "sum by ({}) (count_over_time({{{selector}}}{}{} [{}])) > {}",
        STREAM_LABELS.join(", "),
        filter("|=", &alert.lines, " or "),
        filter("!=", &alert.unless, " != "),
        alert.within,
        plain(above),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::logs::LogTest;
    use crate::text::{Span, Spanned};

    #[test]
    fn a_query_counts_lines_of_one_component_of_one_network() {
        let alert = LogAlert {
            lines: vec!["a \"b\"".to_owned(), "c".to_owned()],
            unless: vec!["d".to_owned(), "e".to_owned()],
            above: 3,
            within: Duration(600),
            hold: Duration(0),
            severity: crate::manifest::Severity::P3,
            summary: Spanned::new(String::new(), Span::nowhere()),
            meaning: String::new(),
            actions: Vec::new(),
            covers: crate::catalog::failure::Covers::default(),
            test: LogTest { fires: Vec::new(), silent: Vec::new() },
        };
        assert_eq!(
            query("job=\"foo\", network=\"demo\"", &alert, 3.0),
            "sum by (network, region, host, node, role, service, team, job) (count_over_time({job=\"foo\", \
             network=\"demo\"} |= \"a \\\"b\\\"\" or \"c\" != \"d\" != \"e\" [10m])) > 3"
        );
    }
}
