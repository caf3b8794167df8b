//! Decisions about alerts that cannot be carried out.

use crate::check::Cx;
use crate::check::tuning::{Known, known, tunings};
use crate::diag::{Diagnostic, Level, Rule, Sink, list_names};
use crate::text::{Span, Spanned};
use crate::topology::Tuning;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0825",
    name: "bad-tuning",
    level: Level::Deny,
    summary: "a decision about alerts that cannot be carried out",
    docs: r##"## What
An entry of `monitoring.tuning` names an alert or a value that is not there, sets a value beyond what makes sense, says nothing, or would switch off the alert that shows that alerts arrive.

## Why
A threshold that was meant to be lowered stays as it was, or an alert goes on waking people, and nobody notices. `netgen analyze alerts` lists the alerts of a network.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  tuning:
    - { alerts: [GethFewPeers], values: { last: 2 }, reason: a closed network of three nodes }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
  tuning:
    - { alerts: [GethFewPeers], values: { least: 2 }, reason: a closed network of three nodes }
```
"##,
};

/// Looks at each tuning for itself.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let known = known(cx);
    for tuning in tunings(cx) {
        if tuning.values.is_empty() && tuning.severity.is_none() && tuning.hold.is_none() && !tuning.off {
            sink.push(
                Diagnostic::new(&RULE, tuning.origin, "this entry decides nothing")
                    .here("neither a value nor a severity nor a time")
                    .help("add `values`, `severity`, `for` or `off: true`, or remove the entry"),
            );
        }
        let mut holders = Vec::new();
        for name in &tuning.alerts {
            match known.get(&name.value) {
                Some(found) => holders.push((name, found)),
                None => sink.push(
                    Diagnostic::new(&RULE, name.span, format!("this network has no alert `{name}`"))
                        .here("no such alert")
                        .suggest(&name.value, known.keys().map(String::as_str))
                        .help("`netgen analyze alerts` lists the alerts of the network"),
                ),
            }
        }
        for (name, found) in &holders {
            whole(tuning, name, found, sink);
        }
        for (value, number) in &tuning.values {
            of_value(tuning, value, number.value, number.span, &holders, sink);
        }
    }
}

type Holder<'a> = (&'a Spanned<String>, &'a Known);

/// What holds for the alert as a whole.
fn whole(tuning: &Tuning, name: &Spanned<String>, found: &Known, sink: &mut Sink) {
    let bad = |message: String| Diagnostic::new(&RULE, name.span, message);
    if found.heartbeat && tuning.off {
        sink.push(
            bad(format!("`{name}` cannot be switched off"))
                .here("it shows that alerts arrive at all")
                .help("send it to nobody by leaving out `monitoring.heartbeat`; remove it from this entry"),
        );
    } else if found.heartbeat && (tuning.severity.is_some() || tuning.hold.is_some()) {
        sink.push(
            bad(format!("`{name}` always fires"))
                .here("it has no threshold and no time to wait")
                .help("remove it from this entry"),
        );
    }
    let some = tuning.services.as_ref().is_some_and(|services| !found.targets.is_subset(services));
    if some && !found.splits {
        sink.push(
            bad(format!("`{name}` is one for all services")).here("cannot differ between services").help(
                "put `{{ selector }}` into the label matchers of its `expr`, or decide for the whole network",
            ),
        );
    }
}

fn of_value(tuning: &Tuning, value: &str, number: f64, place: Span, holders: &[Holder<'_>], sink: &mut Sink) {
    let having: Vec<_> =
        holders.iter().filter_map(|(name, found)| Some((name, found.values.get(value)?))).collect();
    if having.is_empty() && !holders.is_empty() {
        let known: Vec<&str> =
            holders.iter().flat_map(|(_, found)| found.values.keys().map(String::as_str)).collect();
        let names: Vec<&str> = holders.iter().map(|(name, _)| name.value.as_str()).collect();
        let diagnostic =
            Diagnostic::new(&RULE, place, format!("`{}` has no value `{value}`", names.join("`, `")))
                .here("no such value")
                .label(tuning.origin, "the alert");
        sink.push(if known.is_empty() {
            diagnostic.help("it has no values; `severity`, `for` and `off` can be set")
        } else {
            let list = list_names(known.iter().copied(), 6);
            diagnostic.suggest(value, known).help(format!("its values are {list}"))
        });
    }
    for (name, threshold) in having {
        if let Err(why) = threshold.takes(number) {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place,
                    format!("`{value}` of `{name}` cannot be {}", threshold.unit.written(number)),
                )
                .here(why)
                .label(name.span, format!("here `{value}` is {}", threshold.doc))
                .help("correct the number"),
            );
        }
    }
}
