//! Pictures of dashboards show what Grafana lays out, and on pictures and page no text becomes markup.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::emit::format::hostile::strings;

fn board(title: &str, panel: &Value) -> Value {
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

/// The picture of a dashboard as Grafana reads it.
fn drawn(board: &Value) -> String {
    let board: dashboard::Part<dashboard::Dashboard> = serde_json::from_str(&board.to_string()).unwrap();
    picture::picture(&board).to_svg()
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
        let svg = drawn(&board("Peers", &panel(kind, "Peers")));
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
        well_formed(&drawn(&broken));
    }
}

#[test]
fn a_text_is_cut_where_there_is_no_room() {
    assert_eq!(sketch::fit("short", 200, 12), "short");
    let cut = sketch::fit("a rather long title of a panel", 100, 12);
    assert!(cut.ends_with('…') && sketch::width(&cut, 12) <= 106, "{cut}");
    assert_eq!(sketch::fit("anything", 0, 12), "…");
}

/// The text of an element of the page, by what its tag begins with.
fn inside<'a>(page: &'a str, tag: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(tag).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn the_policy_names_what_is_on_the_page() {
    let page = page::around(&lines::lines(&json!({ "network": { "name": "x" } })));
    let policy = inside(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let script = inside(&page, "<script>", "</script>");
    let style = inside(&page, "<style>", "</style>");
    assert!(policy.contains(&format!("script-src {};", digest(script))), "{policy}");
    assert!(policy.contains(&format!("style-src {};", digest(style))), "{policy}");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    // Nothing waits for a place any more, and what stands for itself is no place.
    assert!(!page.contains("{{"), "a place is empty");
    assert!(script.len() > 10_000 && style.len() > 5_000);
}

#[test]
fn nothing_but_data_differs_between_networks() {
    let [one, other] =
        ["x", "{{style}}</script>"].map(|name| page::around(&lines::lines(&json!({ "network": name }))));
    let fixed = |page: &str| page.replace(inside(page, "id=\"data\">", "</script>"), "");
    assert_eq!(fixed(&one), fixed(&other));
    assert_eq!(one, page::around(&lines::lines(&json!({ "network": "x" }))));
    assert!(one.len() < 100_000, "{} bytes without a network", one.len());
}

#[test]
fn the_page_reads_no_markup_and_loads_nothing() {
    let page = page::around(&lines::lines(&json!({})));
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "XMLHttpRequest",
        "import(",
        "src=",
        "url(",
        "@import",
        "https:",
        "unsafe-inline",
        "<link",
        "style=",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    // The one address is the name of a language, which nobody asks for.
    assert_eq!(page.matches("http:").count(), page.matches("http://www.w3.org/2000/svg").count());
}

proptest! {
    #[test]
    fn no_text_is_markup(text in strings()) {
        for kind in ["timeseries", "stat", "table", "state-timeline"] {
            well_formed(&drawn(&board(&text, &panel(kind, &text))));
        }
    }

    #[test]
    fn no_text_leaves_the_data(text in strings()) {
        let data = json!({ "network": { "name": text }, "services": [{ "name": text }, text] });
        let page = page::around(&lines::lines(&data));
        prop_assert_eq!(page.matches("<script").count(), 2);
        prop_assert_eq!(page.matches("</script").count(), 2);
        let block = inside(&page, "id=\"data\">\n", "</script>");
        let clean = !block.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
        prop_assert!(clean);
        prop_assert_eq!(serde_json::from_str::<Value>(block).unwrap(), data);
    }
}
