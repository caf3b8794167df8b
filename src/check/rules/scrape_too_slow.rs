//! Scrapes that are too rare for the alerts.

use serde_json::json;

use crate::check::Cx;
use crate::check::scraped::Expression;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::manifest::quantity::Duration;
use crate::topology::snake;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0812",
    name: "scrape-too-slow",
    level: Level::Deny,
    summary: "alerts look back over less time than two scrapes take",
    docs: r##"## What
The scrape interval is more than half of the window of an alert that needs two samples (`rate`, `increase`, `changes`, ...), or five minutes and more, after which Prometheus takes a series for gone.

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

/// Finds the alert with the shortest window.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (Some(scraped), Some(written)) = (cx.scraped(), &cx.manifest.monitoring) else { return };
    let Some(interval) = &written.scrape_interval else { return };
    let alerts = scraped.expressions.iter().filter(|expression| expression.alert);
    let blind: Vec<(u64, &Expression<'_>, &str)> = alerts
        .filter_map(|alert| {
            let of_two = alert
                .query
                .selectors
                .iter()
                .filter(|s| s.function.as_deref().is_some_and(|function| OF_TWO.contains(&function)));
            let windows = of_two
                .filter_map(|s| Some((seconds(cx, alert, s.window.as_deref()?)?, s.window.as_deref()?)));
            let (window, text) = windows.min_by_key(|(window, _)| *window)?;
            (window < interval.value.0.saturating_mul(2)).then_some((window, alert, text))
        })
        .collect();
    let shortest = blind.iter().min_by_key(|(window, ..)| *window);
    let message = match shortest {
        Some(_) => format!("scrapes every {interval} are too rare for {} alerts", blind.len()),
        None if interval.value.0 >= STALE => format!("scrapes every {interval} leave gaps in every series"),
        None => return,
    };
    let mut diagnostic =
        Diagnostic::new(&RULE, interval.span, message).here("fewer than two samples in their window");
    if let Some((window, alert, text)) = shortest {
        let what = format!("{} looks back over {}", alert.what, Duration(*window));
        diagnostic = diagnostic.label(alert.place(cx, text), what);
    }
    let most = shortest.map_or(STALE, |(window, ..)| *window) / 4;
    sink.push(diagnostic.help(format!("scrape every {} or more often", Duration(most.max(1)))));
}

/// The length of a window, parts of which may be a template.
fn seconds(cx: &Cx<'_>, alert: &Expression<'_>, window: &str) -> Option<u64> {
    let chain = &cx.topology.chain;
    let scope = json!({
        "chain": { "block_time": chain.block_time, "slots_per_epoch": chain.slots_per_epoch },
        "settings": snake(&alert.service.settings),
    });
    let text = cx.templates.render_str(window, scope).ok()?;
    Duration::parse(text.trim()).map(|duration| duration.0)
}
