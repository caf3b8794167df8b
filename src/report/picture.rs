//! The picture of one dashboard.

use serde_json::Value;

use super::panel::panel;
use super::sketch::{Drawing, Rect, Sketch, width};
use super::{list, word};

const MARGIN: i32 = 16;
/// A column and a line of Grafana's grid.
const COLUMN: i32 = 48;
const LINE: i32 = 32;
const GAP: i32 = 8;
const COLUMNS: i32 = 24;
/// Title, description and variables.
const HEAD: i32 = 112;

pub(super) fn picture(board: &Value) -> Drawing {
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
    sketch.finish(right + MARGIN, bottom + MARGIN, word(board, "/title"))
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
