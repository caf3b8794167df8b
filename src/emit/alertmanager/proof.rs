//! The proof of the routes: who must be called for each set of labels, for `amtool config routes test`.
//!
//! What is expected follows from the manifest and not from the tree, so it is a second opinion on it.

use std::collections::BTreeSet;

use super::NOBODY;
use crate::plan::Plan;
use crate::topology::{AlertLabels, Monitoring};

/// Reads the list beside it. The tool has no clock: it names every receiver that is called at some hour.
pub(super) const SCRIPT: &str = r##"#!/bin/sh
# Asks amtool for the receivers of every alert in routes.txt: run.sh [<path of amtool>].
# Only braces would look like something that is left to be filled in.
# shellcheck disable=SC2250
set -eu

amtool=amtool
[ "$#" -eq 0 ] || amtool="$1"
cd "$(dirname "$0")"
count=0
wrong=0
while read -r expected labels; do
  case "$expected" in '' | '#'*) continue ;; *) ;; esac
  count=$((count + 1))
  # The labels are words without white space, each an argument.
  # shellcheck disable=SC2086
  if ! "$amtool" config routes test --config.file=../alertmanager.yml \
    "--verify.receivers=$expected" $labels >/dev/null 2>&1; then
    wrong=$((wrong + 1))
    # shellcheck disable=SC2086
    found="$("$amtool" config routes test --config.file=../alertmanager.yml $labels 2>/dev/null)" || found="an error"
    echo "expected $expected, found $found: $labels" >&2
  fi
done <routes.txt
echo "$count routes tested, $wrong wrong"
[ "$count" -gt 0 ] && [ "$wrong" -eq 0 ]
"##;

/// One line for each set of labels that routes can tell apart: the receivers, then the labels.
pub(super) fn list(plan: &Plan, monitoring: &Monitoring) -> String {
    let mut out = String::from("# Who is called at some hour, then the labels of the alert.\n");
    let mut told = BTreeSet::new();
    let kinds = plan.topology.alert_kinds();
    for alert in plan.every_alert() {
        if alert.heartbeat {
            let to = monitoring.heartbeat.as_deref().unwrap_or(NOBODY);
            out.push_str(&format!(
                "{to} alertname={} network={} severity={}\n",
                alert.name,
                plan.topology.name,
                alert.severity.word()
            ));
            continue;
        }
        for labels in kinds.labels(alert.severity, alert.component.as_deref()) {
            if told.insert(labels) {
                out.push_str(&line(plan, monitoring, &alert.name, labels));
            }
        }
    }
    out
}

fn line(plan: &Plan, monitoring: &Monitoring, name: &str, labels: AlertLabels<'_>) -> String {
    let mut to: Vec<&str> =
        monitoring.takers(labels).iter().flat_map(|taker| &taker.route.to).map(String::as_str).collect();
    if to.is_empty() {
        to.push(NOBODY);
    }
    let AlertLabels { severity, region, team, component } = labels;
    let mut line = format!(
        "{} alertname={name} network={} severity={}",
        to.join(","),
        plan.topology.name,
        severity.word()
    );
    for (label, value) in [("region", region), ("team", team), ("component", component)] {
        if let Some(value) = value {
            line.push_str(&format!(" {label}={value}"));
        }
    }
    line.push('\n');
    line
}
