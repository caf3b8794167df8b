//! The few shapes that pictures are made of. All numbers are whole pixels, so the same dashboard gives the
//! same bytes.

use std::fmt::Write as _;

use serde::Serialize;

use crate::embedded;
use crate::emit::format::xml::text;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) w: i32,
    pub(super) h: i32,
}

impl Rect {
    pub(super) fn right(self) -> i32 {
        self.x + self.w
    }

    pub(super) fn bottom(self) -> i32 {
        self.y + self.h
    }

    /// The same without so many pixels at the left, top, right and bottom.
    pub(super) fn inside(self, left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self {
            x: self.x + left,
            y: self.y + top,
            w: (self.w - left - right).max(0),
            h: (self.h - top - bottom).max(0),
        }
    }
}

/// A shape, with its class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Shape {
    /// `["r", class, x, y, width, height]`
    Rect(char, String, [i32; 4]),
    /// `["l", class, x1, y1, x2, y2]`
    Line(char, String, [i32; 4]),
    /// `["p", class, [x, y, x, y, ...]]`
    Polyline(char, String, Vec<i32>),
    /// `["t", class, x, y, text, the whole text where it is cut]`
    Text(char, String, [i32; 2], String, Option<String>),
}

/// A drawing that grows.
#[derive(Default)]
pub(super) struct Sketch {
    shapes: Vec<Shape>,
}

impl Sketch {
    pub(super) fn rect(&mut self, class: &str, r: Rect) {
        self.shapes.push(Shape::Rect('r', class.to_owned(), [r.x, r.y, r.w, r.h]));
    }

    pub(super) fn line(&mut self, class: &str, from: (i32, i32), to: (i32, i32)) {
        self.shapes.push(Shape::Line('l', class.to_owned(), [from.0, from.1, to.0, to.1]));
    }

    pub(super) fn polyline(&mut self, class: &str, points: &[(i32, i32)]) {
        let points = points.iter().flat_map(|(x, y)| [*x, *y]).collect();
        self.shapes.push(Shape::Polyline('p', class.to_owned(), points));
    }

    /// A text that begins, or with the class `end` ends, or with `mid` has its middle at `x`.
    pub(super) fn text(&mut self, class: &str, x: i32, y: i32, words: &str) {
        self.shapes.push(Shape::Text('t', class.to_owned(), [x, y], words.to_owned(), None));
    }

    /// The same, cut where there is no room for it; the whole is a tooltip then.
    pub(super) fn fitted(&mut self, class: &str, x: i32, y: i32, room: i32, size: i32, words: &str) {
        let short = fit(words, room, size);
        let whole = (short != words).then(|| words.to_owned());
        self.shapes.push(Shape::Text('t', class.to_owned(), [x, y], short, whole));
    }

    pub(super) fn finish(self, width: i32, height: i32, title: &str) -> Drawing {
        Drawing { title: title.to_owned(), width, height, shapes: self.shapes }
    }
}

/// A drawing that is done: data for the page, or a file of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Drawing {
    title: String,
    width: i32,
    height: i32,
    shapes: Vec<Shape>,
}

// Writing to a String cannot fail, so the results are let go.
impl Drawing {
    /// An SVG file that needs no other.
    pub(super) fn to_svg(&self) -> String {
        let (title, width, height) = (text(&self.title), self.width, self.height);
        let style = embedded::text("report/dashboard.css").unwrap_or_default();
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\">\n<title>{title}</title>\n\
             <style>\n{style}</style>\n<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n"
        );
        for shape in &self.shapes {
            svg_shape(&mut out, shape);
        }
        out.push_str("</svg>\n");
        out
    }
}

fn svg_shape(out: &mut String, shape: &Shape) {
    let _ = match shape {
        Shape::Rect(_, class, [x, y, w, h]) => {
            writeln!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>")
        }
        Shape::Line(_, class, [x1, y1, x2, y2]) => {
            writeln!(out, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
        }
        Shape::Polyline(_, class, points) => {
            let points: Vec<String> = points.iter().map(i32::to_string).collect();
            writeln!(out, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "))
        }
        Shape::Text(_, class, [x, y], words, whole) => {
            let whole = whole.as_ref().map(|whole| format!("<title>{}</title>", text(whole)));
            let (words, whole) = (text(words), whole.unwrap_or_default());
            writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{words}{whole}</text>")
        }
    };
}

/// The width of a text in pixels, about; wide letters are taken for all.
pub(super) fn width(words: &str, size: i32) -> i32 {
    let tenths = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | '(' | ')' | '[' | ']' | ' ' => 34,
        'f' | 't' | 'r' | '-' | '/' | '"' => 42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 92,
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => 60,
        c if c.is_ascii() => 70,
        _ => 80,
    };
    let sum: i32 = words.chars().map(tenths).fold(0, i32::saturating_add);
    sum.saturating_mul(size) / 100
}

/// As much of a text as there is room for, with an ellipsis where some is left out.
pub(super) fn fit(words: &str, room: i32, size: i32) -> String {
    if width(words, size) <= room {
        return words.to_owned();
    }
    let mut kept = String::new();
    for c in words.chars() {
        kept.push(c);
        if width(&kept, size) + size > room {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}
