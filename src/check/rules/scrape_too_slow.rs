//! Scrapes that are too rare for the alerts.

use crate::check::scraped::Expression;
use crate::check::{Cx, What};
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::Duration;
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0812",
    name: "scrape-too-slow",
    level: Level::Deny,
    summary: "alerts look back over less time than two scrapes take",
    docs: r##"## What
The scrape interval is more than half of the window of an alert that needs two samples (`rate`, `increase`, `changes`, ...), or five minutes and more, after which Prometheus takes a series for gone. Four samples are better: one scrape may fail.

## Why
With fewer than two samples in its window such an expression gives nothing, and the alert never fires.

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
  scrape-interval: 4m
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
  scrape-interval: 15s
```
"##,
};

/// Functions that need two samples.
const OF_TWO: &[&str] =
    &["rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets", "predict_linear"];

/// After this time Prometheus takes a series for gone, in seconds.
const STALE: u64 = 300;

/// Finds the alerts whose windows are too short, and the shortest of them.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(scraped), Some(monitoring)) = (cx.scraped(), &cx.topology.monitoring) else { return };
    let interval = monitoring.scrape_interval;
    let written = cx.manifest.monitoring.as_ref().and_then(|monitoring| monitoring.scrape_interval.as_ref());
    let mut blind: Vec<(u64, &Expression<'_>)> = Vec::new();
    for (expression, query) in
        scraped.queries().filter(|(one, _)| !matches!(one.asked.what, What::Panel { .. }))
    {
        let of_two = query.selectors().into_iter().filter(|selector| {
            selector.function.as_ref().is_some_and(|function| OF_TWO.contains(&function.as_str()))
        });
        let shortest = of_two.filter_map(|selector| selector.window).map(|window| window.as_secs()).min();
        if let Some(window) = shortest.filter(|window| *window < interval.0.saturating_mul(2)) {
            blind.push((window, expression));
        }
    }
    let Some(written) = written else {
        // What is not written in the manifest is right; the window is not.
        for (window, expression) in blind {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    place(cx, expression, window),
                    format!(
                        "{} looks back over {} and scrapes come every {interval}",
                        expression.asked.title(),
                        Duration(window)
                    ),
                )
                .here("fewer than two samples")
                .help(format!(
                    "look back over {} or more: one scrape may fail",
                    Duration(interval.0.saturating_mul(4))
                )),
            );
        }
        return;
    };
    let shortest = blind.iter().min_by_key(|(window, _)| *window);
    let message = match shortest {
        Some(_) => format!("scrapes every {interval} are too rare for {} alerts", blind.len()),
        None if interval.0 >= STALE => format!("scrapes every {interval} leave gaps in every series"),
        None => return,
    };
    let mut diagnostic =
        Diagnostic::new(&RULE, written.span, message).here("fewer than two samples in their window");
    if let Some((window, expression)) = shortest {
        let what = format!("{} looks back over {}", expression.asked.title(), Duration(*window));
        diagnostic = diagnostic.label(place(cx, expression, *window), what);
    }
    let most = shortest.map_or(STALE, |(window, _)| *window) / 4;
    sink.push(diagnostic.help(format!("scrape every {} or more often", Duration(most.max(1)))));
}

/// The window in the text, where it is written out.
fn place(cx: &Cx<'_>, expression: &Expression<'_>, window: u64) -> Span {
    let origin = expression.asked.origin;
    let written = [Duration(window).to_string(), format!("{window}s")];
    let found = written.iter().map(|text| cx.word(origin, text)).find(|place| *place != origin);
    found.unwrap_or(origin)
}
