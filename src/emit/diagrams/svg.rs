//! A view as a picture, drawn without a browser.
//!
//! Boxes stand in boxes: regions and their hosts side by side, what is on a host in a column. Lines
//! go from side to side. All numbers are whole pixels, so the same view gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::view::{Class, Edge, Group, Item, Shape, View};
use crate::emit::format::xml::text;

/// Boxes side by side begin a new row beyond this.
const ROW: i32 = 1400;
const PAD: i32 = 14;
const GAP: i32 = 16;
const TITLE: i32 = 24;
const LINE: i32 = 15;
/// The mean width of a letter of the font, in tenths of a pixel.
const LETTER: i32 = 72;
/// With more lines than this their labels would cover everything; they remain as tooltips.
const LABELS_UP_TO: usize = 60;
/// To the right of a column: room for the lines within it and their labels.
const ROOM: i32 = 120;

#[derive(Clone, Copy)]
struct Rect {
    x: i32,
    y: i32,
    w: i32,
    h: i32,
}

impl Rect {
    fn right(self) -> i32 {
        self.x + self.w
    }
    fn middle(self) -> i32 {
        self.y + self.h / 2
    }
}

/// What goes into a box.
enum Part<'a> {
    Group(&'a Group),
    Item(&'a Item),
}

pub(super) fn write(view: &View) -> String {
    let mut drawing = Drawing::default();
    let (mut width, mut height) = (width_of(&view.title), 0);
    let mut inner = Vec::new();
    row(view.groups.iter().map(Part::Group), PAD, PAD + TITLE, &mut |part, rect| {
        width = width.max(rect.right());
        height = height.max(rect.y + rect.h);
        inner.push((part, rect));
    });
    for (part, rect) in inner {
        drawing.part(&part, rect);
    }
    for edge in &view.edges {
        drawing.edge(edge, view.edges.len() <= LABELS_UP_TO);
    }
    drawing.finish(view, width + PAD, height + PAD)
}

fn width_of(line: &str) -> i32 {
    i32::try_from(line.chars().count()).unwrap_or(i32::MAX / 100).saturating_mul(LETTER) / 10
}

fn parts(group: &Group) -> impl Iterator<Item = Part<'_>> {
    group.groups.iter().map(Part::Group).chain(group.items.iter().map(Part::Item))
}

/// Whether the parts of a group stand side by side.
fn flows(group: &Group) -> bool {
    matches!(group.kind, "region" | "interface")
}

fn column_of_items(group: &Group) -> bool {
    !flows(group) && group.items.len() > 1
}

fn size(part: &Part<'_>) -> (i32, i32) {
    match part {
        Part::Item(item) => {
            let lines = if item.detail.is_empty() { 1 } else { 2 };
            let width = width_of(&item.label).max(width_of(&item.detail)) + 2 * PAD;
            (width.max(120), lines * LINE + 14)
        }
        Part::Group(group) => {
            let (mut w, mut h) = (0, 0);
            arrange(group, 0, 0, &mut |_, rect| {
                w = w.max(rect.right());
                h = h.max(rect.y + rect.h);
            });
            let room = if column_of_items(group) { ROOM } else { PAD };
            ((w + room).max(width_of(&group.label) + 2 * PAD), h.max(TITLE) + PAD)
        }
    }
}

/// Gives every part of a group its place, the group's corner being at `x`, `y`.
fn arrange<'a>(group: &'a Group, x: i32, y: i32, put: &mut dyn FnMut(Part<'a>, Rect)) {
    let (left, top) = (x + PAD, y + TITLE + 6);
    if flows(group) {
        row(parts(group), left, top, put);
        return;
    }
    // A column is as wide as its widest part.
    let column = parts(group).map(|part| size(&part).0).max().unwrap_or(0);
    let mut at_y = top;
    for part in parts(group) {
        let (_, h) = size(&part);
        put(part, Rect { x: left, y: at_y, w: column, h });
        at_y += h + GAP;
    }
}

/// Puts parts side by side, in several rows where they need it.
fn row<'a>(parts: impl Iterator<Item = Part<'a>>, left: i32, top: i32, put: &mut dyn FnMut(Part<'a>, Rect)) {
    let (mut x, mut y, mut tallest) = (left, top, 0);
    for part in parts {
        let (w, h) = size(&part);
        if x > left && x + w > left + ROW {
            (x, y, tallest) = (left, y + tallest + GAP, 0);
        }
        put(part, Rect { x, y, w, h });
        x += w + 2 * GAP;
        tallest = tallest.max(h);
    }
}

#[derive(Default)]
struct Drawing {
    boxes: String,
    lines: String,
    places: BTreeMap<String, Rect>,
}

// Writing to a String cannot fail, so the results are let go.
impl Drawing {
    fn part(&mut self, part: &Part<'_>, rect: Rect) {
        let group = match part {
            Part::Item(item) => return self.item(item, rect),
            Part::Group(group) => group,
        };
        let Rect { x, y, w, h } = rect;
        let _ = writeln!(
            self.boxes,
            "<rect class=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"8\"/>\n\
             <text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
            group.kind,
            x + PAD,
            y + TITLE - 6,
            text(&group.label)
        );
        let mut inner = Vec::new();
        arrange(group, x, y, &mut |part, rect| inner.push((part, rect)));
        for (part, rect) in inner {
            self.part(&part, rect);
        }
    }

    fn item(&mut self, item: &Item, rect: Rect) {
        let Rect { x, y, w, h } = rect;
        let radius = match item.shape {
            Shape::Box => 4,
            Shape::Store => 10,
            Shape::Round => h / 2,
        };
        let middle = x + w / 2;
        let _ = writeln!(
            self.boxes,
            "<rect class=\"item {}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{radius}\"/>\n\
             <text class=\"name\" x=\"{middle}\" y=\"{}\">{}</text>",
            item.class.word(),
            y + 7 + LINE - 4,
            text(&item.label)
        );
        if !item.detail.is_empty() {
            let _ = writeln!(
                self.boxes,
                "<text class=\"detail\" x=\"{middle}\" y=\"{}\">{}</text>",
                y + 7 + 2 * LINE - 4,
                text(&item.detail)
            );
        }
        self.places.insert(item.id.clone(), rect);
    }

    fn edge(&mut self, edge: &Edge, labelled: bool) {
        let (Some(from), Some(to)) = (self.places.get(&edge.from), self.places.get(&edge.to)) else { return };
        let (from, to) = (*from, *to);
        let (y1, y2) = (from.middle(), to.middle());
        // From the right side to the left one, or the other way; within a column around its right side.
        let (x1, x2, bend1, bend2) = if to.x >= from.right() {
            (from.right(), to.x, 1, -1)
        } else if to.right() <= from.x {
            (from.x, to.right(), -1, 1)
        } else {
            (from.right(), to.right(), 1, 1)
        };
        // Within a column a longer line bulges further, so that lines do not lie on each other.
        let around = bend1 == bend2;
        let reach =
            if around { (24 + (y2 - y1).abs() / 8).min(ROOM - 20) } else { ((x2 - x1).abs() / 2).max(30) };
        let (c1, c2) = (x1 + bend1 * reach, x2 + bend2 * reach);
        let class = if edge.fallback { "edge fallback" } else { "edge" };
        let _ = writeln!(
            self.lines,
            "<path class=\"{class}\" d=\"M{x1} {y1} C{c1} {y1} {c2} {y2} {x2} {y2}\" \
             marker-end=\"url(#arrow)\"><title>{}</title></path>",
            text(&edge.label)
        );
        if labelled && !edge.label.is_empty() {
            // The middle of the curve.
            let (x, y) = ((x1 + 3 * c1 + 3 * c2 + x2) / 8, (y1 + y2) / 2 + 3);
            let (class, x) = if around { ("label beside", x + 3) } else { ("label", x) };
            let _ = writeln!(
                self.lines,
                "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
                text(&edge.label)
            );
        }
    }

    fn finish(self, view: &View, width: i32, height: i32) -> String {
        let title = text(&view.title);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\">\n<title>{title}</title>\n"
        );
        out.push_str(STYLE);
        for (class, fill, line) in Class::COLOURS {
            let _ = writeln!(out, ".{} {{ fill: {fill}; stroke: {line} }}", class.word());
        }
        let _ = write!(
            out,
            "</style>\n<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#475569\"/></marker></defs>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
             <text class=\"head\" x=\"{PAD}\" y=\"{}\">{title}</text>\n",
            PAD + 10
        );
        out.push_str(&self.boxes);
        out.push_str(&self.lines);
        out.push_str("</svg>\n");
        out
    }
}

const STYLE: &str = "<style>
text { fill: #111827; font-size: 12px }
.head { font-size: 15px; font-weight: 600 }
.title { font-size: 12px; font-weight: 600; fill: #374151 }
.name, .detail, .label { text-anchor: middle }
.detail { font-size: 10px; fill: #4b5563 }
.label { font-size: 9px; fill: #334155; paint-order: stroke; stroke: #ffffff; stroke-width: 3px }
.beside { text-anchor: start }
.region { fill: #f8fafc; stroke: #94a3b8 }
.host { fill: #ffffff; stroke: #94a3b8 }
.node { fill: #f8fafc; stroke: #cbd5e1; stroke-dasharray: 4 3 }
.interface { fill: #ffffff; stroke: #94a3b8 }
.edge { fill: none; stroke: #64748b; stroke-width: 1.2 }
.fallback { stroke-dasharray: 5 4 }
";
