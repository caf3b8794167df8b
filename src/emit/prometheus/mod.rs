//! Prometheus: its configuration, scrape targets, alert rules, and the proof that every alert fires.

mod config;
mod objectives;
mod proof;
mod remote;
mod rules;
mod share;

use std::collections::BTreeMap;

use self::share::Share;
use super::format::{json, yaml};
use super::{Artifacts, EmitError, Emitter, header};
use crate::catalog::names::{FEDERATED, OF_NETWORK, RECORDED};
use crate::plan::{Alert, Plan, Reads, RecordingGroup, Silenced};
use crate::template::Templates;
use crate::topology::Service;

/// The tree that a metrics store mounts.
const TREE: &str = "prometheus";

pub(super) struct Prometheus;

impl Emitter for Prometheus {
    fn id(&self) -> &'static str {
        TREE
    }

    fn summary(&self) -> &'static str {
        "Prometheus: configuration, scrape targets, alert rules and their tests"
    }

    fn emit(&self, plan: &Plan, _: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let share = Share::new(plan);
        for store in plan.topology.collectors().filter(|s| s.component.artifacts.contains_key(TREE)) {
            collector(plan, &share, store, out)?;
        }
        Ok(())
    }
}

/// All files of one service that collects.
fn collector(plan: &Plan, share: &Share<'_>, store: &Service, out: &mut Artifacts) -> Result<(), EmitError> {
    let folder = format!("{TREE}/{}", plan.topology.own_folder(store));
    let text = yaml::to_yaml_with_header(&header(plan), &config::config(plan, store, share))?;
    out.text(format!("{folder}prometheus.yml"), text);
    for job in share.jobs(store) {
        let targets = json::pretty(&config::targets(job, store.id))?;
        out.text(format!("{folder}targets/{}.json", job.name), targets);
    }
    let shards = share.shards(store);
    if !shards.is_empty() {
        let targets = json::pretty(&config::shards(shards))?;
        out.text(format!("{folder}targets/{FEDERATED}.json"), targets);
    }
    let groups: Vec<_> = groups(plan, share.alerts(store), Reads::Scraped).into_iter().collect();
    out.each(&groups, |(group, of), out| {
        out.text(format!("{folder}rules/{group}.yml"), rule_file(plan, group, of)?);
        let tests = proof::tests(group, &of.alerts, &of.silenced)?;
        out.text(
            format!("{folder}tests/{group}_test.yml"),
            yaml::to_yaml_with_header(&header(plan), &tests)?,
        );
        Ok(())
    })?;
    if store.shard.is_none() { recordings(plan, &folder, out) } else { Ok(()) }
}

/// The alerts of one file.
#[derive(Default)]
pub(super) struct Group<'a> {
    alerts: Vec<&'a Alert>,
    silenced: Vec<&'a Silenced>,
}

/// What is switched off of the alerts that read such.
fn switched_off(plan: &Plan, reads: Reads) -> Vec<&Silenced> {
    plan.silenced.iter().filter(|silenced| silenced.reads == reads).collect()
}

/// What is recorded, with the alerts that read it, in one file.
fn recordings(plan: &Plan, folder: &str, out: &mut Artifacts) -> Result<(), EmitError> {
    if plan.recordings.is_empty() {
        return Ok(());
    }
    let readers: Vec<&Alert> = plan.alerts.values().filter(|alert| reads(plan, alert).is_some()).collect();
    let groups = plan.recordings.iter().map(|group| {
        let of_group: Vec<&Alert> =
            readers.iter().copied().filter(|alert| reads(plan, alert) == Some(&group.name)).collect();
        rules::recording_group(plan, group, &of_group)
    });
    let text = yaml::to_yaml_with_header(
        &rules::header(plan, &switched_off(plan, Reads::Recorded)),
        &rules::RuleFile { groups: groups.collect() },
    )?;
    out.text(format!("{folder}rules/{RECORDED}.yml"), text);
    let text = yaml::to_yaml_with_header(
        &header(plan),
        &proof::tests(RECORDED, &readers, &switched_off(plan, Reads::Recorded))?,
    )?;
    out.text(format!("{folder}tests/{RECORDED}_test.yml"), text);
    let text = yaml::to_yaml_with_header(&header(plan), &objectives::tests(plan, RECORDED)?)?;
    out.text(format!("{folder}tests/{RECORDED}_values_test.yml"), text);
    Ok(())
}

/// The last group that records what an alert reads; `None` for one that reads nothing recorded.
fn reads<'p>(plan: &'p Plan, alert: &Alert) -> Option<&'p String> {
    let recorded = |group: &&RecordingGroup| group.rules.iter().any(|r| alert.metrics.contains(&r.name));
    plan.recordings.iter().rev().find(recorded).map(|group| &group.name)
}

/// The text of the file of a group.
pub(super) fn rule_file(plan: &Plan, name: &str, group: &Group<'_>) -> Result<String, EmitError> {
    let rules = rules::RuleFile { groups: vec![rules::group_of(plan, name, &group.alerts)] };
    Ok(yaml::to_yaml_with_header(&rules::header(plan, &group.silenced), &rules)?)
}

/// The alerts by file, with those of `what` that are switched off: one a component, and one for the network; without those that read what is
/// recorded.
pub(super) fn groups<'p>(
    plan: &'p Plan,
    alerts: impl Iterator<Item = &'p Alert>,
    what: Reads,
) -> BTreeMap<String, Group<'p>> {
    let mut groups: BTreeMap<String, Group<'p>> = BTreeMap::new();
    let group = |component: &Option<String>| component.clone().unwrap_or_else(|| OF_NETWORK.to_owned());
    for alert in alerts.filter(|alert| reads(plan, alert).is_none()) {
        groups.entry(group(&alert.component)).or_default().alerts.push(alert);
    }
    for silenced in switched_off(plan, what) {
        groups.entry(group(&silenced.component)).or_default().silenced.push(silenced);
    }
    groups
}
