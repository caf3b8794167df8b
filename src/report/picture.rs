//! The picture of one dashboard.

use super::dashboard::{Dashboard, Whole};
use super::panel::panel;
use super::sketch::{Drawing, Rect, Sketch, width};

const MARGIN: i32 = 16;
/// A column and a line of Grafana's grid.
const COLUMN: i32 = 48;
const LINE: i32 = 32;
const GAP: i32 = 8;
const COLUMNS: i32 = 24;
/// Title, description and variables.
const HEAD: i32 = 112;

pub(super) fn picture(board: &Dashboard) -> Drawing {
    let mut sketch = Sketch::default();
    let right = MARGIN + COLUMNS * COLUMN - GAP;
    head(&mut sketch, board, right);
    let mut bottom = HEAD;
    let at =
        |number: Whole| number.0.and_then(|number| i32::try_from(number).ok()).unwrap_or(0).clamp(0, 100_000);
    for one in board.panels.iter() {
        let grid = &one.grid_pos;
        let place = Rect {
            x: MARGIN + at(grid.x) * COLUMN,
            y: HEAD + at(grid.y) * LINE,
            w: at(grid.w) * COLUMN - GAP,
            h: at(grid.h) * LINE - GAP,
        };
        bottom = bottom.max(place.bottom());
        if one.kind.word() == "row" {
            sketch.text("row", place.x, place.y + 18, &format!("▾ {}", one.title.word()));
            sketch.line("rule", (place.x, place.bottom()), (right, place.bottom()));
        } else {
            panel(&mut sketch, one, place);
        }
    }
    sketch.finish(right + MARGIN, bottom + MARGIN, board.title.word())
}

fn head(sketch: &mut Sketch, board: &Dashboard, right: i32) {
    sketch.text("head", MARGIN, 32, board.title.word());
    sketch.fitted("doc", MARGIN, 54, right - MARGIN - 300, 13, board.description.word());
    sketch.text("note end", right, 30, "layout preview: nothing here is data");
    let (from, refresh) = (board.time.from.word(), board.refresh.word());
    sketch.text("small end", right, 52, &format!("{from} to now, every {refresh}"));
    let mut x = MARGIN;
    for variable in board.templating.list.iter() {
        let (name, current) = (variable.name.word(), variable.current.text.word());
        let words = format!("{name}: {current} ▾");
        let w = width(&words, 12) + 20;
        sketch.rect("chip", Rect { x, y: 68, w, h: 26 });
        sketch.text("value", x + 10, 85, &words);
        x += w + GAP;
    }
    let mut end = right;
    for link in board.links.iter().rev() {
        let words = format!("{} ↗", link.title.word());
        let w = width(&words, 12) + 20;
        end -= w;
        sketch.rect("chip", Rect { x: end, y: 68, w, h: 26 });
        sketch.text("link", end + 10, 85, &words);
        end -= GAP;
    }
}
