//! Pictures of dashboards: what Grafana lays out is on them, and no text becomes markup.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::emit::format::hostile::strings;

fn board(title: &str, panel: Value) -> Value {
    json!({
        "title": title, "description": title, "time": { "from": "now-6h" }, "refresh": "30s",
        "templating": { "list": [{ "name": "host", "current": { "text": title } }] },
        "links": [{ "title": title }],
        "panels": [{ "type": "row", "title": title, "gridPos": { "h": 1, "w": 24, "x": 0, "y": 0 } }, panel],
    })
}

fn panel(kind: &str, title: &str) -> Value {
    json!({
        "type": kind, "title": title, "gridPos": { "h": 8, "w": 12, "x": 12, "y": 1 },
        "targets": [{ "legendFormat": title, "expr": title }, { "legendFormat": "{{host}}" }],
        "fieldConfig": {
            "defaults": {
                "unit": "percentunit",
                "thresholds": { "steps": [
                    { "color": "transparent", "value": null }, { "color": "orange", "value": 0.05 },
                ] },
                "custom": { "thresholdsStyle": { "mode": "line+area" } },
            },
            "overrides": [{ "matcher": { "id": "byName", "options": "host" }, "properties": [{ "id": "links" }] }],
        },
        "links": [{ "title": "Runbook" }],
        "transformations": [{ "id": "organize", "options": {
            "indexByName": { "host": 0, "Value": 1, "Value #A": 2 },
            "renameByName": { "Value": title, "Value #A": title },
        } }],
    })
}

/// The elements of an SVG document, checked for balance: every `<` begins one of ours.
fn well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        let name = tag.split([' ', '/', '\n']).find(|word| !word.is_empty()).unwrap();
        assert!(
            ["svg", "title", "style", "rect", "text", "line", "polyline"].contains(&name),
            "<{name}> in {svg}"
        );
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_picture_shows_what_is_laid_out() {
    for (kind, wanted) in [
        ("timeseries", vec!["Peers", "5 %", "‹host›", "limit sorange", "band orange"]),
        ("stat", vec!["Peers", "from 5 %", "one for each Peers, ‹host›"]),
        ("table", vec!["Peers", "class=\"link\"", "host"]),
        ("state-timeline", vec!["Peers"]),
    ] {
        let svg = picture::picture(&board("Peers", panel(kind, "Peers")));
        well_formed(&svg);
        for word in
            wanted.into_iter().chain(["layout preview: nothing here is data", "runbook ↗", "host: Peers ▾"])
        {
            assert!(svg.contains(word), "{word} in {svg}");
        }
        // The column of 48 pixels, and the head above the grid.
        assert!(svg.contains("class=\"panel\" x=\"592\" y=\"144\" width=\"568\" height=\"248\""), "{svg}");
    }
}

#[test]
fn a_dashboard_of_another_form_is_drawn_as_far_as_it_goes() {
    for broken in [json!(null), json!({ "panels": 1 }), json!({ "panels": [{}, { "gridPos": { "w": -4 } }] })]
    {
        well_formed(&picture::picture(&broken));
    }
}

#[test]
fn a_text_is_cut_where_there_is_no_room() {
    assert_eq!(sketch::fit("short", 200, 12), "short");
    let cut = sketch::fit("a rather long title of a panel", 100, 12);
    assert!(cut.ends_with('…') && sketch::width(&cut, 12) <= 106, "{cut}");
    assert_eq!(sketch::fit("anything", 0, 12), "…");
}

proptest! {
    #[test]
    fn no_text_is_markup(text in strings()) {
        for kind in ["timeseries", "stat", "table", "state-timeline"] {
            let board = board(&text, panel(kind, &text));
            let svg = picture::picture(&board);
            well_formed(&svg);
            let page = page::page(&text, &[("x", &board, svg)]);
            prop_assert!(!page.contains("<script"));
        }
    }
}
