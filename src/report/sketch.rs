//! The few shapes that pictures are made of. All numbers are whole pixels, so the same dashboard gives the
//! same bytes.

use std::fmt::Write as _;

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

/// An SVG document that grows.
#[derive(Default)]
pub(super) struct Sketch {
    out: String,
}

// Writing to a String cannot fail, so the results are let go.
impl Sketch {
    pub(super) fn rect(&mut self, class: &str, r: Rect) {
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            r.x, r.y, r.w, r.h
        );
    }

    pub(super) fn line(&mut self, class: &str, from: (i32, i32), to: (i32, i32)) {
        let _ = writeln!(
            self.out,
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    pub(super) fn polyline(&mut self, class: &str, points: &[(i32, i32)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        let _ = writeln!(self.out, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
    }

    /// A text that begins, or with the class `end` ends, or with `mid` has its middle at `x`.
    pub(super) fn text(&mut self, class: &str, x: i32, y: i32, words: &str) {
        let _ = writeln!(self.out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", text(words));
    }

    /// The same, cut where there is no room for it; the whole is a tooltip then.
    pub(super) fn fitted(&mut self, class: &str, x: i32, y: i32, room: i32, size: i32, words: &str) {
        let short = fit(words, room, size);
        if short == words {
            self.text(class, x, y, words);
            return;
        }
        let _ = writeln!(
            self.out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}<title>{}</title></text>",
            text(&short),
            text(words)
        );
    }

    pub(super) fn finish(self, width: i32, height: i32, title: &str, style: &str) -> String {
        let title = text(title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\">\n<title>{title}</title>\n\
             {style}<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            self.out
        )
    }
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
