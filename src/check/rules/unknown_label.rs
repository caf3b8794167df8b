//! Labels that no series has.

use crate::check::scraped::Expression;
use crate::check::{Cx, What};
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::query::{LabelUse, Labels, Presence, Where};
use crate::text::Span;
use std::collections::BTreeSet;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0821",
    name: "unknown-label",
    level: Level::Deny,
    summary: "an expression or its text names a label that no series has",
    docs: r##"## What
A matcher, `by`, `on`, `group_left`, a function of labels, the summary of an alert (`{{ $labels.x }}`), its `silences` or the legend of a panel (`{{x}}`) names a label that cannot be there.

The labels of a series are those under `metrics:` of the component that exports it, and those of every target: `job`, `instance`, `network`, `region`, `host`, `node`, `role`, `service`. The labels of a result follow from the aggregations and matches around the series.

## Why
A matcher on such a label finds nothing, and the alert never fires. Grouped by it, all series fall into one. In a text there is a gap where the name of the host should be, at 3 in the morning.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides:
      p2p: { port: 26656, exposure: public }
      metrics: { port: 26660, protocol: http, path: /metrics }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head, labels: [fork] } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'foo_height{ {{ selector }}, forks="main" } < 1'
        for: 5m
        severity: P2
        summary: Something is wrong
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides:
      p2p: { port: 26656, exposure: public }
      metrics: { port: 26660, protocol: http, path: /metrics }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'sum by (region) (foo_height{ {{ selector }} }) == 0'
        for: 5m
        severity: P2
        summary: "{{ $labels.host }} is stuck"
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
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
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides:
      p2p: { port: 26656, exposure: public }
      metrics: { port: 26660, protocol: http, path: /metrics }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head, labels: [fork] } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'foo_height{ {{ selector }}, fork="main" } < 1'
        for: 5m
        severity: P2
        summary: Something is wrong
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  foo:
    component: foo
    summary: A node of the Foo chain
    kind: chain-node
    version: { tested: 1.0.0 }
    image: registry.demo.dev/foo
    provides:
      p2p: { port: 26656, exposure: public }
      metrics: { port: 26660, protocol: http, path: /metrics }
    volumes: { data: { path: /data } }
    stop: { grace: 2m }
    metrics: { foo_height: { type: gauge, help: Height of the head } }
    sources: [ documentation of Foo ]
    alerts:
      FooAlert:
        expr: 'sum by (region, host) (foo_height{ {{ selector }} }) == 0'
        for: 5m
        severity: P2
        summary: "{{ $labels.host }} is stuck"
        meaning: The node is stuck.
        actions: [Restart it.]
        test: { fires: [], silent: [] }
services: { foo: { host: a, component: foo } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
```
"##,
};

/// Labels that a rule gets beside those of its result.
const OF_RULES: &[&str] = &["network", "severity", "component", "alertname"];

/// Looks at every label that is named.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let Some(scraped) = cx.scraped() else { return };
    let mut told = BTreeSet::new();
    for (expression, query) in scraped.queries() {
        for one in query.label_uses(scraped).into_iter().filter(|one| one.presence == Presence::Never) {
            let place = expression.place(cx, &one.label);
            if told.insert((place, one.label.clone())) {
                sink.push(in_query(expression, &one, place));
            }
        }
        let labels = query.labels(scraped);
        let absent = |label: &str| labels.presence(label) == Presence::Never;
        for (label, words, text) in expression.asked.named_labels() {
            if !absent(label) {
                continue;
            }
            let place = if text.origin.is_somewhere() {
                cx.within(text.origin, &words)
            } else {
                cx.written_in(expression.asked.origin, &words)
            };
            if told.insert((place, label.to_owned())) {
                let what = format!("the {} of {}", text.what, expression.asked.title());
                sink.push(in_text(expression, query.drops(label, scraped), label, &labels, &what, place));
            }
        }
        if let What::Alert { silences, .. } = &expression.asked.what {
            for label in silences.iter().filter(|label| !OF_RULES.contains(&label.as_str()) && absent(label))
            {
                let what = format!("`silences` of {}", expression.asked.title());
                let place = cx.written_in(expression.asked.origin, label);
                sink.push(in_text(expression, query.drops(label, scraped), label, &labels, &what, place));
            }
        }
    }
}

/// A label inside the expression.
fn in_query(expression: &Expression<'_>, one: &LabelUse, place: Span) -> Diagnostic {
    let LabelUse { label, known, .. } = one;
    let title = expression.asked.title();
    let message = match &one.place {
        Where::Matcher(Some(metric)) => format!("{title}: `{metric}` has no label `{label}`"),
        Where::Matcher(None) => format!("{title}: no series has the label `{label}`"),
        Where::By => format!("{title} groups by the label `{label}`, which is not there"),
        Where::On => format!("{title} matches on the label `{label}`, which neither side has"),
        Where::Group => format!("{title} takes over the label `{label}`, which the other side does not have"),
        Where::Argument(function) => {
            format!("{title} gives `{function}` the label `{label}`, which is not there")
        }
    };
    let mut diagnostic = Diagnostic::new(&RULE, place, message).here("no such label here");
    if let Some(service) = expression.service {
        diagnostic = diagnostic.label(service.origin, format!("scraped as `{}`", expression.component()));
    }
    if let Where::Matcher(Some(metric)) = &one.place {
        diagnostic = diagnostic
            .suggest(label, known.iter().map(String::as_str))
            .help(format!("if `{metric}` has it, add it to its `labels:` under `metrics:`"));
        return diagnostic;
    }
    if known.is_empty() {
        return diagnostic.help(format!("leave `{label}` out: there are no labels at this point"));
    }
    diagnostic.suggest(label, known.iter().map(String::as_str))
}

/// A label of the result.
fn in_text(
    expression: &Expression<'_>,
    dropped: bool,
    label: &str,
    labels: &Labels,
    what: &str,
    place: Span,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        &RULE,
        place,
        format!("{what} names the label `{label}`, which the result does not have"),
    )
    .here("nothing will stand here")
    .label(expression.asked.origin, result(labels));
    if let Some(service) = expression.service.filter(|_| !expression.asked.origin.is_somewhere()) {
        diagnostic = diagnostic.label(service.origin, format!("scraped as `{}`", expression.component()));
    }
    if dropped {
        return diagnostic.help(format!("an aggregation drops it: add `{label}` after `by`"));
    }
    if labels.names().next().is_none() {
        return diagnostic.help(format!("leave `{label}` out, or ask for series that have it"));
    }
    diagnostic.suggest(label, labels.names())
}

fn result(labels: &Labels) -> String {
    match labels.names().next() {
        None => "its result has no labels".to_owned(),
        Some(_) => format!("its result has {}", list_names(labels.names(), 8)),
    }
}
