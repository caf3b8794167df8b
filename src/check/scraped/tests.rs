use serde_json::json;

use super::*;
use crate::catalog::alerts::{AlertPack, Pack};
use crate::catalog::dashboard::Row;
use crate::catalog::{Catalog, Entry};
use crate::check::watched::Annotation;
use crate::diag::Sink;
use crate::manifest::Severity;
use crate::query::Presence;
use crate::template::Templates;
use crate::text::SourceMap;
use crate::topology::snake;
use crate::world::MemoryWorld;

/// Labels of the targets of a node; a service of the network has no `node` and `role`.
const OF_TARGET: &[&str] = &["job", "instance", "network", "region", "host", "service"];

/// What a reader of a dashboard chooses.
const CHOSEN: &str = "host=~\"$host\", service=~\"$service\"";

/// Everything that rules look for, of one expression.
fn wrong(scraped: &Scraped<'_>, asked: &Asked) -> Vec<String> {
    let title = asked.title();
    let query = match Query::read(&asked.expr) {
        Ok(query) => query,
        Err(problem) => return vec![format!("{title}: {}", problem.message)],
    };
    let mut wrong = Vec::new();
    for selector in query.selectors() {
        let Some(metric) = &selector.metric else { continue };
        if scraped.jobs_of(&selector).next().is_none() {
            wrong.push(format!("nothing is scraped as {selector:?}"));
        }
        let found = scraped.found(&selector);
        if found.is_empty() && !scraped.is_made(metric) {
            wrong.push(format!("nothing exports {metric}"));
        }
        for (_, metric, part) in found {
            let grows = part != Part::Whole || matches!(metric.kind, MetricType::Counter | MetricType::Meter);
            match selector.function.as_deref() {
                Some("rate" | "irate" | "increase" | "resets") if !grows => {
                    wrong.push("rate of a gauge".into());
                }
                Some("delta" | "idelta" | "deriv" | "predict_linear") if grows => {
                    wrong.push("delta of a counter".into());
                }
                _ => {}
            }
        }
    }
    let uses = query.label_uses(scraped).into_iter().filter(|one| one.presence == Presence::Never);
    wrong.extend(uses.map(|one| format!("no label {}", one.label)));
    wrong.extend(
        query.without_buckets(scraped).into_iter().map(|(name, _)| format!("{name} without buckets")),
    );
    let labels = query.labels(scraped);
    let absent = |label: &&str| labels.presence(label) == Presence::Never;
    let named = asked.named_labels();
    wrong.extend(named.iter().map(|(label, ..)| *label).filter(absent).map(|l| format!("a text names {l}")));
    if let What::Alert { heartbeat, silences, .. } = &asked.what {
        wrong.extend(query.never(scraped).into_iter().map(|never| format!("never: {}", never.why)));
        if !heartbeat && query.unconditional(scraped).is_some() {
            wrong.push("always fires".to_owned());
        }
        let silent = silences.iter().map(String::as_str).filter(|label| *label != "network").filter(absent);
        wrong.extend(silent.map(|label| format!("silences by {label}")));
    }
    wrong.into_iter().map(|why| format!("{title}: {why}")).collect()
}

fn alerts(
    component: Option<&str>,
    pack: &AlertPack,
    render: &impl Fn(&str, &serde_json::Value) -> String,
) -> Vec<Asked> {
    // As the network has them that says nothing about them.
    let values = |alert: &crate::catalog::alerts::Alert| -> serde_json::Value {
        let number = |threshold: &crate::catalog::alerts::Threshold| -> serde_json::Value {
            let number: f64 = render(&threshold.default.text(), &json!(null)).parse().unwrap();
            if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
        };
        alert.values.iter().map(|(name, threshold)| (name.clone(), number(threshold))).collect()
    };
    let alert = |(name, alert): (&String, &crate::catalog::alerts::Alert)| Asked {
        what: What::Alert {
            name: name.clone(),
            severity: Severity::P2,
            heartbeat: alert.heartbeat,
            silences: alert.silences.clone(),
        },
        component: component.map(str::to_owned),
        expr: render(&alert.expr, &values(alert)),
        query: None,
        origin: Span::nowhere(),
        texts: vec![Annotation {
            what: "summary",
            text: alert.summary.value.clone(),
            origin: Span::nowhere(),
        }],
    };
    pack.alerts.iter().map(alert).collect()
}

/// The panels of the dashboard of a component; `head` are the rows that each has.
fn panels(entry: &Entry, head: &[Row], render: &impl Fn(&str, &serde_json::Value) -> String) -> Vec<Asked> {
    let rows = head.iter().chain(entry.dashboard.iter().flat_map(|board| &board.rows));
    let queries =
        rows.flat_map(|row| &row.panels).flat_map(|panel| panel.queries.iter().map(move |q| (panel, q)));
    let asked = queries.map(|(panel, query)| Asked {
        what: What::Panel { title: format!("{}/{}", entry.component.component, panel.title) },
        component: Some(entry.component.component.value.clone()),
        expr: render(&query.expr, &json!(null)),
        query: None,
        origin: Span::nowhere(),
        texts: vec![Annotation { what: "legend", text: query.legend.clone(), origin: Span::nowhere() }],
    });
    asked.collect()
}

/// The whole catalog, everything in it scraped.
fn with_catalog(look: impl FnOnce(&Scraped<'_>, &[Asked], &[std::sync::Arc<Entry>], &Templates)) {
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let (world, templates) = (MemoryWorld::default(), Templates::embedded());
    let mut catalog = Catalog::built_in();
    let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
    let entries: Vec<_> =
        ids.iter().map(|id| catalog.entry(id, &world, &mut sources, &mut sink).unwrap()).collect();
    let boards = catalog.boards(&mut sources, &mut sink);
    let head: Vec<Row> =
        boards.into_values().filter(|board| board.each_component).flat_map(|board| board.rows).collect();
    assert!(!head.is_empty() && sink.is_empty(), "{:?}", sink.into_sorted());
    // Alerts about objectives read what is recorded for those of one network.
    let of_network = Pack::ALL.iter().filter(|pack| **pack != Pack::Objective);
    let packs: Vec<AlertPack> =
        of_network.map(|pack| catalog.alert_pack(pack.file(), &mut sources, &mut sink)).collect();
    let targets: Vec<(String, bool)> = OF_TARGET.iter().map(|label| ((*label).to_owned(), true)).collect();
    let mut scraped = Scraped::default();
    let exporters = entries.iter().filter(|entry| !entry.component.metrics.is_empty());
    for entry in exporters {
        scraped.add_job(&entry.component.component.value, &targets, entry.component.metrics.iter());
    }
    let render = |selector: String, job: Option<&str>, settings: serde_json::Value| {
        let (templates, job) = (&templates, job.map(str::to_owned));
        move |text: &str, value: &serde_json::Value| {
            let scope = json!({
                "chain": { "id": "demo", "name": "demo", "block_time": 12, "slots_per_epoch": 32 },
                "selector": selector, "settings": settings, "job": job,
                "chosen": CHOSEN, "firing": "alertstate=\"firing\"",
                "network": { "name": "demo", "environment": "testnet", "nodes": 4, "hosts": 4, "regions": 2,
                    "validators": 4, "voting_power": 4, "smallest_disk": 1_u64 << 40 },
                "monitoring": { "scrape_interval": 15, "retention": 2_592_000 },
                "backup": { "rpo": 115_200 },
                "voting": { "up": "sum(up)", "at_stake": "sum by (host) (up)", "total": "4", "needed": "3" },
                "value": value,
            });
            templates.render_str(text, scope).unwrap_or_else(|error| panic!("{text}: {}", error.message))
        }
    };
    let network = render("network=\"demo\"".to_owned(), None, json!(null));
    let mut asked: Vec<Asked> = packs.iter().flat_map(|pack| alerts(None, pack, &network)).collect();
    for entry in &entries {
        let id = entry.component.component.value.as_str();
        let defaults = entry
            .component
            .settings
            .iter()
            .map(|(name, setting)| (name.clone(), setting.default.clone().unwrap_or_default()));
        let settings = serde_json::Value::Object(snake(&defaults.collect()));
        asked.extend(alerts(Some(id), &entry.alerts, &render(format!("job=\"{id}\""), None, settings)));
        let selector = format!("job=\"{id}\", {CHOSEN}");
        let head = if entry.component.metrics.is_empty() { &[][..] } else { &head };
        asked.extend(panels(entry, head, &render(selector, Some(id), json!(null))));
    }
    look(&scraped, &asked, &entries, &templates);
}

/// What rules find in components of users must not be true of our own, whichever are in use.
#[test]
fn the_catalog_keeps_its_own_rules() {
    with_catalog(|scraped, asked, entries, templates| {
        assert!(asked.len() > 150, "{}", asked.len());
        let mut found: Vec<String> = asked.iter().flat_map(|asked| wrong(scraped, asked)).collect();
        let all = entries.iter().map(|entry| &entry.component);
        for (component, name, setting) in all.flat_map(|c| c.settings.iter().map(move |(n, s)| (c, n, s))) {
            let Some(when) = &setting.when else { continue };
            let values = component
                .settings
                .iter()
                .map(|(name, s)| (name.clone(), s.default.clone().unwrap_or_default()));
            let settings = snake(&values.collect());
            for provider in [json!(null), json!({ "service": "x", "bound": [] })] {
                let needs: serde_json::Map<String, serde_json::Value> =
                    component.needs.keys().map(|n| (n.replace('-', "_"), provider.clone())).collect();
                if let Err(error) = templates.eval_bool(when, json!({ "settings": settings, "needs": needs }))
                {
                    found.push(format!("{name}: {}", error.message));
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
    });
}

/// So what the test above finds of them holds in every network.
#[test]
fn panels_of_the_catalog_ask_their_own_job_alone() {
    with_catalog(|_, asked, _, _| {
        let panels = asked.iter().filter(|asked| matches!(asked.what, What::Panel { .. }));
        let mut count = 0;
        for asked in panels {
            let job = asked.component.as_deref().unwrap();
            for selector in Query::read(&asked.expr).unwrap().selectors() {
                let own = selector
                    .matchers
                    .iter()
                    .any(|matcher| matcher.label == "job" && matcher.is_equality() && matcher.value == job);
                let of_alerts = selector.metric.as_deref().is_some_and(|name| OF_ALERTS.contains(&name));
                assert!(own || of_alerts, "{}: {}", asked.title(), asked.expr);
                count += 1;
            }
        }
        assert!(count > 300, "{count}");
    });
}

/// The tests of the catalog can fail: each of these mistakes in an alert of the catalog is found.
#[test]
fn mistakes_in_the_catalog_are_found() {
    with_catalog(|scraped, asked, _, _| {
        let alert = |expr: &str, text: &str| {
            let mut alert =
                asked.iter().find(|one| one.is_alert() && one.component.is_some()).unwrap().clone();
            alert.expr = expr.to_owned();
            alert.texts[0].text = text.to_owned();
            wrong(scraped, &alert).len()
        };
        assert_eq!(alert("up == 0", "{{ $labels.host }}"), 0);
        for (expr, text) in [
            ("up == = 0", ""),
            ("rate(up_to_date[5m]) > 1", ""),
            ("up{job=\"nobody\"} == 0", ""),
            ("up{nobody=\"x\"} == 0", ""),
            ("sum by (nobody) (up) == 0", ""),
            ("up == 0", "{{ $labels.nobody }}"),
            ("sum(up) == 0", "{{ $labels.host }}"),
            ("count(up) == 0", ""),
            ("up", ""),
            ("histogram_quantile(0.9, up) > 1", ""),
        ] {
            assert!(alert(expr, text) > 0, "{expr} {text}");
        }
    });
}

/// A recording rule is a metric with the labels of its result.
#[test]
fn recording_rules_are_metrics() {
    let record = |name: &str, expr: &str| Asked {
        what: What::Record { name: name.to_owned(), labels: Vec::new() },
        component: None,
        expr: expr.to_owned(),
        query: None,
        origin: Span::nowhere(),
        texts: Vec::new(),
    };
    let watched = Watched {
        jobs: Vec::new(),
        asked: vec![
            record("role:up:ratio", "avg by (role) (up)"),
            record("all:up:ratio", "min by (role, host) (role:up:ratio)"),
        ],
    };
    let mut scraped = Scraped::default();
    scraped.add_job("x", &[("job".to_owned(), true), ("host".to_owned(), true)], std::iter::empty());
    scraped.read(&watched, |_| (None, true));
    assert!(scraped.is_made("role:up:ratio") && !scraped.is_made("role:up:rato"));
    let labels = |metric: &str| Query::read(metric).unwrap().labels(&scraped);
    assert_eq!(labels("role:up:ratio").presence("role"), Presence::Maybe);
    assert_eq!(labels("role:up:ratio").presence("host"), Presence::Never);
    assert_eq!(labels("all:up:ratio").presence("host"), Presence::Never);
}
