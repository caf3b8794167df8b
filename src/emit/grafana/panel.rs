//! One panel.

use serde_json::{Map, Value, json};

use super::{data_source, field, links, object};
use crate::catalog::dashboard::{Healthy, PanelType, Query};
use crate::plan::{Dashboard, Panel, Plan};

pub(super) fn panel(plan: &Plan, board: &Dashboard, id: usize, panel: &Panel, place: Value) -> Value {
    let shows = &panel.shows;
    let table = shows.kind == PanelType::Table;
    let targets: Vec<Value> = shows
        .queries
        .iter()
        .enumerate()
        .map(|(index, query)| {
            let legend = if query.legend.is_empty() || table { "__auto" } else { &query.legend };
            object([
                ("refId", letter(index).into()),
                ("datasource", data_source()),
                ("expr", query.expr.value.as_str().into()),
                ("legendFormat", legend.into()),
                ("instant", table.into()),
                ("range", (!table).into()),
                ("format", if table { "table" } else { "time_series" }.into()),
            ])
        })
        .collect();
    let (kind, options) = kind(shows.kind);
    let mut alerts: Vec<&str> = shows.alerts.iter().map(|name| name.value.as_str()).collect();
    alerts.retain(|name| plan.alerts.contains_key(*name));
    alerts.dedup();
    let doc: Vec<String> =
        shows.doc.iter().map(|doc| sentence(doc)).chain(field::told(&panel.limits)).collect();
    let field = object([
        ("defaults", defaults(plan, board, panel)),
        ("overrides", overrides(plan, board, panel).into()),
    ]);
    let mut out = object([
        ("id", id.into()),
        ("type", kind.into()),
        ("title", literal(&shows.title).into()),
        ("description", literal(&doc.join(" ")).into()),
        ("datasource", data_source()),
        ("gridPos", place),
        ("targets", targets.into()),
        ("options", options),
        ("fieldConfig", field),
        ("links", links::of_panel(plan, &alerts).into()),
    ]);
    if let Some(map) = out.as_object_mut().filter(|_| table) {
        map.insert("transformations".to_owned(), transformations(panel));
    }
    out
}

/// Titles may hold variables of Grafana; ours never mean one.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let next = chars.peek();
        let begins = match c {
            '$' => next.is_some_and(|next| matches!(next, '{' | '_') || next.is_ascii_alphanumeric()),
            '[' => next == Some(&'['),
            _ => false,
        };
        // A space of no width keeps apart what would begin a variable.
        out.extend(begins.then_some('\u{200b}'));
    }
    out
}

fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// The name of a query in its panel: A to Z, then AA.
fn letter(index: usize) -> String {
    let last = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    if index < 26 { last.to_string() } else { format!("{}{last}", letter(index / 26 - 1)) }
}

/// The name of a kind of panel, and what it is told beside its data.
pub(super) fn kind(kind: PanelType) -> (&'static str, Value) {
    let legend = json!({ "calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true });
    let tooltip = json!({ "mode": "multi", "sort": "desc" });
    match kind {
        PanelType::TimeSeries => ("timeseries", json!({ "legend": legend, "tooltip": tooltip })),
        PanelType::Stat => (
            "stat",
            json!({
                "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
                "colorMode": "value", "graphMode": "none", "textMode": "auto", "justifyMode": "auto",
                "orientation": "auto", "wideLayout": true, "showPercentChange": false,
                "percentChangeColorMode": "standard",
            }),
        ),
        PanelType::Table => ("table", json!({ "showHeader": true, "cellHeight": "sm", "frameIndex": 0 })),
        PanelType::StateTimeline => (
            "state-timeline",
            json!({
                "mergeValues": true, "showValue": "never", "rowHeight": 0.8, "alignValue": "left",
                "legend": { "calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": false },
                "tooltip": tooltip,
            }),
        ),
    }
}

/// The labels that a legend names, in order.
fn labels(legend: &str) -> Vec<&str> {
    legend.split("{{").skip(1).filter_map(|part| Some(part.split_once("}}")?.0.trim())).collect()
}

fn defaults(plan: &Plan, board: &Dashboard, panel: &Panel) -> Value {
    let shows = &panel.shows;
    let lines = shows.kind == PanelType::TimeSeries;
    let judged = panel.limits.iter().any(|limit| limit.side != crate::catalog::bound::Side::At);
    let fine = if lines { "transparent" } else { "green" };
    let mut of_series: Vec<&str> = Vec::new();
    if shows.kind != PanelType::Table {
        for label in shows.queries.iter().flat_map(|query| labels(&query.legend)) {
            if !of_series.contains(&label) {
                of_series.push(label);
            }
        }
    }
    let network = links::network_of(plan, board);
    let links: Vec<Value> = of_series
        .into_iter()
        .filter_map(|label| links::of_label(plan, label, &format!("${{__field.labels.{label}}}"), &network))
        .collect();
    let custom = match shows.kind {
        PanelType::TimeSeries => json!({
            "drawStyle": "line", "lineWidth": 1, "fillOpacity": 5, "showPoints": "never", "spanNulls": false,
            "thresholdsStyle": { "mode": if judged { "line+area" } else { "off" } },
        }),
        PanelType::StateTimeline => json!({ "fillOpacity": 80, "lineWidth": 0 }),
        PanelType::Table => json!({ "align": "auto", "cellOptions": { "type": "auto" }, "inspect": false }),
        PanelType::Stat => json!({}),
    };
    // A line that nothing judges has no thresholds to be painted.
    let healthy = shows.healthy.filter(|_| !lines);
    let colour = if lines { "palette-classic" } else { "thresholds" };
    let mut defaults = object([
        ("unit", json!(shows.unit)),
        ("color", object([("mode", colour.into())])),
        ("thresholds", field::thresholds(&panel.limits, healthy, fine)),
        ("mappings", json!(field::mappings(&panel.limits, shows.healthy, shows.words.as_ref()))),
        ("custom", custom),
        ("links", links.into()),
    ]);
    let whole = shows.unit == "percentunit" && shows.healthy == Some(Healthy::All);
    if let Some(map) = defaults.as_object_mut().filter(|_| whole) {
        map.extend([("min".to_owned(), json!(0)), ("max".to_owned(), json!(1))]);
    }
    defaults
}

/// The heading of the column that holds the values of a query.
fn heading(query: &Query) -> &str {
    if query.legend.is_empty() { "value" } else { &query.legend }
}

fn overrides(plan: &Plan, board: &Dashboard, panel: &Panel) -> Vec<Value> {
    let shows = &panel.shows;
    let table = shows.kind == PanelType::Table;
    let mut overrides = Vec::new();
    let mut add = |matcher: &str, options: &str, properties: Vec<(&str, Value)>| {
        let properties: Vec<Value> =
            properties.into_iter().map(|(id, value)| object([("id", id.into()), ("value", value)])).collect();
        if !properties.is_empty() {
            overrides.push(json!({
                "matcher": { "id": matcher, "options": options }, "properties": properties,
            }));
        }
    };
    if !table {
        for (index, query) in shows.queries.iter().enumerate() {
            let unit = query.unit.as_ref().map(|unit| ("unit", json!(unit)));
            add("byFrameRefID", &letter(index), unit.into_iter().collect());
        }
        return overrides;
    }
    let own = links::network_of(plan, board);
    let of_row = shows.columns.iter().any(|label| label == "network");
    let network = if of_row { "var-network=${__data.fields.network}" } else { own.as_str() };
    for label in &shows.columns {
        let mut properties = Vec::new();
        let to_board = links::of_label(plan, label, "${__value.text}", network);
        let to_runbook = (label == "alertname").then(|| links::runbook(plan, "${__value.text}")).flatten();
        let to_runbook = to_runbook.map(|url| json!({ "title": "Runbook", "url": url, "targetBlank": true }));
        let to: Vec<Value> = to_board.into_iter().chain(to_runbook).collect();
        if !to.is_empty() {
            properties.push(("links", json!(to)));
        }
        if label == "severity" {
            properties.push(("mappings", json!(field::severities())));
            properties.push(("custom.cellOptions", json!({ "type": "color-text" })));
        }
        add("byName", label, properties);
    }
    for query in &shows.queries {
        let mut properties: Vec<(&str, Value)> = Vec::new();
        properties.extend(query.unit.as_ref().map(|unit| ("unit", json!(unit))));
        let healthy = query.healthy.or(shows.healthy);
        if healthy.is_some() || !panel.limits.is_empty() {
            properties.push(("thresholds", field::thresholds(&panel.limits, healthy, "green")));
            properties.push(("custom.cellOptions", json!({ "type": "color-text" })));
        }
        if let Some(words) = &shows.words {
            properties.push(("mappings", json!(field::mappings(&panel.limits, healthy, Some(words)))));
        }
        add("byName", heading(query), properties);
    }
    overrides
}

/// One table of all queries, with the labels that are asked for in front.
fn transformations(panel: &Panel) -> Value {
    let shows = &panel.shows;
    let (mut renamed, mut places) = (Map::new(), Map::new());
    let mut names: Vec<String> = shows.columns.clone();
    for (index, query) in shows.queries.iter().enumerate() {
        // A column is called plainly `Value` while the other queries have nothing.
        let plain = (index == 0).then(|| "Value".to_owned());
        for name in plain.into_iter().chain([format!("Value #{}", letter(index))]) {
            renamed.insert(name.clone(), json!(heading(query)));
            names.push(name);
        }
    }
    for (index, name) in names.iter().enumerate() {
        places.insert(name.clone(), json!(index));
    }
    let organize = json!({
        "id": "organize",
        "options": { "excludeByName": { "Time": true }, "indexByName": places, "renameByName": renamed },
    });
    let merge = json!({ "id": "merge", "options": {} });
    if shows.columns.is_empty() {
        return json!([merge, organize]);
    }
    let only = json!({ "id": "filterFieldsByName", "options": { "include": { "names": names } } });
    json!([merge, only, organize])
}
