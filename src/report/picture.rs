//! The picture of one dashboard.

use serde_json::Value;

use super::panel::panel;
use super::sketch::{Rect, Sketch, width};
use super::{list, word};

const MARGIN: i32 = 16;
/// A column and a line of Grafana's grid.
const COLUMN: i32 = 48;
const LINE: i32 = 32;
const GAP: i32 = 8;
const COLUMNS: i32 = 24;
/// Title, description and variables.
const HEAD: i32 = 112;

pub(super) fn picture(board: &Value) -> String {
    let mut sketch = Sketch::default();
    let right = MARGIN + COLUMNS * COLUMN - GAP;
    head(&mut sketch, board, right);
    let mut bottom = HEAD;
    for one in list(board, "/panels") {
        let at = |name: &str| {
            let number = one.pointer("/gridPos").and_then(|place| place.get(name)).and_then(Value::as_i64);
            number.and_then(|number| i32::try_from(number).ok()).unwrap_or(0).clamp(0, 100_000)
        };
        let place = Rect {
            x: MARGIN + at("x") * COLUMN,
            y: HEAD + at("y") * LINE,
            w: at("w") * COLUMN - GAP,
            h: at("h") * LINE - GAP,
        };
        bottom = bottom.max(place.bottom());
        if word(one, "/type") == "row" {
            sketch.text("row", place.x, place.y + 18, &format!("▾ {}", word(one, "/title")));
            sketch.line("rule", (place.x, place.bottom()), (right, place.bottom()));
        } else {
            panel(&mut sketch, one, place);
        }
    }
    sketch.finish(right + MARGIN, bottom + MARGIN, word(board, "/title"), STYLE)
}

fn head(sketch: &mut Sketch, board: &Value, right: i32) {
    sketch.text("head", MARGIN, 32, word(board, "/title"));
    sketch.fitted("doc", MARGIN, 54, right - MARGIN - 300, 13, word(board, "/description"));
    sketch.text("note end", right, 30, "layout preview: nothing here is data");
    let (from, refresh) = (word(board, "/time/from"), word(board, "/refresh"));
    sketch.text("small end", right, 52, &format!("{from} to now, every {refresh}"));
    let mut x = MARGIN;
    for variable in list(board, "/templating/list") {
        let (name, current) = (word(variable, "/name"), word(variable, "/current/text"));
        let words = format!("{name}: {current} ▾");
        let w = width(&words, 12) + 20;
        sketch.rect("chip", Rect { x, y: 68, w, h: 26 });
        sketch.text("value", x + 10, 85, &words);
        x += w + GAP;
    }
    let mut end = right;
    for link in list(board, "/links").iter().rev() {
        let words = format!("{} ↗", word(link, "/title"));
        let w = width(&words, 12) + 20;
        end -= w;
        sketch.rect("chip", Rect { x: end, y: 68, w, h: 26 });
        sketch.text("link", end + 10, 85, &words);
        end -= GAP;
    }
}

/// The colours are those that Grafana gives to the names in thresholds, on a light ground.
const STYLE: &str = "<style>
text { fill: #1f2430; font-size: 12px }
.ground { fill: #f4f5f7 }
.head { font-size: 22px; font-weight: 600 }
.doc { font-size: 13px; fill: #4b5263 }
.note { font-size: 12px; font-weight: 600; fill: #8a5a00 }
.small { font-size: 11px; fill: #5c6473 }
.tiny { font-size: 10px; fill: #5c6473 }
.end { text-anchor: end }
.mid { text-anchor: middle }
.row { font-size: 14px; font-weight: 600 }
.rule { stroke: #c9ced8 }
.chip { fill: #ffffff; stroke: #c9ced8; rx: 4px }
.value { font-size: 12px }
.link { font-size: 12px; fill: #1f60c4 }
.panel { fill: #ffffff; stroke: #d9dde5; rx: 3px }
.title { font-size: 12px; font-weight: 600 }
.axis { stroke: #b8bfcc }
.grid { stroke: #eceef2 }
.big { font-size: 30px; font-weight: 600 }
.cell { fill: #e3e6ec; rx: 2px }
.to { fill: #b7cdf0; rx: 2px }
.curve { fill: none; stroke-width: 1.5; stroke-dasharray: 5 3; opacity: 0.75 }
.c0 { stroke: #3d71d9 } .c1 { stroke: #8f5fd0 } .c2 { stroke: #128a8a } .c3 { stroke: #a8577e }
.k0 { fill: #3d71d9 } .k1 { fill: #8f5fd0 } .k2 { fill: #128a8a } .k3 { fill: #a8577e }
.band { opacity: 0.16 } .solid { opacity: 0.85 }
.red { fill: #d63a4a } .orange { fill: #ef7d1a } .yellow { fill: #e0b400 } .green { fill: #2f9e5a }
.blue { fill: #3d71d9 } .text { fill: #8a92a3 } .transparent { fill: none }
.limit { stroke-width: 1.5; fill: none }
.sred { stroke: #d63a4a } .sorange { stroke: #ef7d1a } .syellow { stroke: #c99f00 } .sblue { stroke: #3d71d9 }
.sgreen { stroke: #2f9e5a } .stext { stroke: #8a92a3 } .stransparent { stroke: none }
</style>
";
