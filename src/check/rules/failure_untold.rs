//! Failures that no alert tells.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::alerts::{Placed, Row, Subject, untold};
use crate::analyze::voters::packs;
use crate::catalog::Catalog;
use crate::catalog::failure::Failure;
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::text::SourceMap;
use crate::topology::Service;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0817",
    name: "failure-untold",
    level: Level::Warn,
    summary: "a failure of a watched component that no alert tells",
    docs: r##"## What
A component is scraped, and no alert tells a failure that components of its kind have; or no alert tells a failure of hosts, of regions or of the network as a whole. Each sort of thing is one finding.

## Why
It fails in that way, the metrics show it, and nobody is called. `netgen analyze alerts` shows who hears of what.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: Passes requests of builders on
    kind: block-builder
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides: { metrics: { port: 26660, protocol: http, path: /metrics } }
    metrics: { foo_relays: { type: gauge, help: Relays that answer } }
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: Passes requests of builders on
    kind: block-builder
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides: { metrics: { port: 26660, protocol: http, path: /metrics } }
    metrics: { foo_relays: { type: gauge, help: Relays that answer } }
    alerts:
      FooNoRelays:
        expr: "foo_relays{ {{ selector }} } == 0"
        for: 5m
        severity: P3
        summary: No relay answers
        meaning: Blocks are built locally and earn less.
        actions: [ Look at the status pages of the relays. ]
        covers: { service: [no-upstream] }
        test:
          fires: [{ metric: foo_relays, values: "0x90" }]
          silent: [{ metric: foo_relays, values: "2x90" }]
    sources: [ documentation of Foo ]
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// More findings than this are counted.
const MOST: usize = 20;

/// One finding for each sort of thing: a component, hosts, regions, the network. That nothing watches a
/// service at all is another rule.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(monitoring) = cx.topology.monitoring.as_ref().filter(|_| cx.resolved) else { return };
    let mut open: BTreeMap<(Subject, Option<String>), Open> = BTreeMap::new();
    for row in rows(cx) {
        for cell in row.cells.into_iter().filter(|cell| cell.required) {
            let (true, Some(first)) = (row.watched, cell.uncovered.first()) else { continue };
            let found = open.entry((row.subject, row.component.clone())).or_insert_with(|| Open {
                example: first.clone(),
                things: BTreeSet::new(),
                failures: BTreeSet::new(),
            });
            found.things.extend(cell.uncovered.iter().cloned());
            found.failures.insert(cell.failure);
        }
    }
    if open.is_empty() {
        return;
    }
    let services: BTreeMap<&str, &Service> =
        cx.topology.services.iter().map(|service| (service.name.as_str(), service)).collect();
    let rest = open.len().saturating_sub(MOST);
    for ((subject, component), found) in open.into_iter().take(MOST) {
        let service = services.get(found.example.as_str()).filter(|_| subject == Subject::Service);
        let place = match subject {
            Subject::Network => monitoring.origin,
            Subject::Region => cx
                .topology
                .regions
                .iter()
                .find(|r| r.name == found.example)
                .map_or(monitoring.origin, |r| r.origin),
            Subject::Host => cx
                .topology
                .hosts
                .iter()
                .find(|h| h.name == found.example)
                .map_or(monitoring.origin, |h| h.origin),
            Subject::Service => service.map_or(monitoring.origin, |service| service.origin),
        };
        let words: Vec<&str> = found.failures.iter().map(|failure| failure.word()).collect();
        let told = list_names(words.iter().copied(), words.len());
        let unheard = match found.things.len() {
            0 | 1 => "nobody is called".to_owned(),
            all => format!("nobody is called, for {all} of them"),
        };
        let message = format!("no alert tells that {} fails by {told}", found.called(subject));
        let mut diagnostic = Diagnostic::new(&RULE, place, message).here(unheard);
        let first = words.first().copied().unwrap_or_default();
        diagnostic = match (service, &component) {
            (Some(service), Some(component)) => diagnostic
                .label(service.component.component.span, "the alerts of this component tell other failures")
                .help(if cx.catalog.used(component).is_some_and(|entry| entry.own) {
                    format!(
                        "add an alert with `covers: {{ service: [{first}] }}` to the alerts of `{component}`"
                    )
                } else {
                    format!(
                        "an alert of a component of yours that uses `{}` can tell it: \
                         `covers: {{ needs: {{ <interface>: [{first}] }} }}`",
                        service.name
                    )
                }),
            _ => diagnostic.help(format!(
                "an alert of a component of yours can tell it: `covers: {{ {}: [{first}] }}`",
                word(subject)
            )),
        };
        sink.push(diagnostic);
    }
    if rest > 0 {
        sink.push(
            Diagnostic::new(
                &RULE,
                monitoring.origin,
                format!("{rest} more components fail in ways that no alert tells"),
            )
            .here("nobody is called")
            .help("`netgen analyze alerts` lists them all"),
        );
    }
}

/// Failures of things of one sort.
struct Open {
    example: String,
    things: BTreeSet<String>,
    failures: BTreeSet<Failure>,
}

impl Open {
    fn called(&self, subject: Subject) -> String {
        match subject {
            Subject::Network => "the network".to_owned(),
            Subject::Region => format!("the region `{}`", self.example),
            Subject::Host => format!("the host `{}`", self.example),
            Subject::Service => format!("`{}`", self.example),
        }
    }
}

fn word(subject: Subject) -> &'static str {
    match subject {
        Subject::Network => "network",
        Subject::Region => "region",
        Subject::Host => "host",
        Subject::Service => "service",
    }
}

/// Who hears of what, by the alerts as their data has them.
fn rows(cx: &Cx<'_>) -> Vec<Row> {
    // Data of the binary; what is wrong with it is told where the plan is made.
    let (mut sources, mut unheard) = (SourceMap::default(), Sink::new());
    let required = Catalog::required_failures(&mut sources, &mut unheard);
    let of_network = cx.catalog.network_alerts(&packs(cx.topology), &mut sources, &mut unheard);
    let used = cx.topology.components_in_use().into_iter();
    let entries: Vec<_> = used.filter_map(|id| Some((id, cx.catalog.used(id)?))).collect();
    let placed = |name, component, severity, heartbeat, lines, covers| Placed {
        name,
        component,
        severity,
        heartbeat,
        lines,
        covers,
        // What a person switches off with a reason is not untold.
        services: None,
        silenced: None,
    };
    let mut alerts: Vec<Placed<'_>> = Vec::new();
    let of_components = entries.iter().flat_map(|(id, entry)| {
        entry.alerts.alerts.iter().map(move |(name, alert)| (Some(*id), name, alert))
    });
    for (component, name, alert) in
        of_network.iter().map(|(name, alert)| (None, name, alert)).chain(of_components)
    {
        alerts.push(placed(name, component, alert.severity, alert.heartbeat, false, &alert.covers));
    }
    for (id, entry) in entries.iter().filter(|_| cx.topology.reads_logs()) {
        for (name, alert) in &entry.alerts.log_alerts {
            alerts.push(placed(name, Some(*id), alert.severity, false, true, &alert.covers));
        }
    }
    untold(cx.topology, &alerts, &required)
}
