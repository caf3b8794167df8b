//! A report for reviewers: every dashboard as a picture of its layout, and every query as text.
//!
//! The pictures are drawn from the same JSON that the bundle holds, so they show what Grafana will lay out:
//! places, titles, units, thresholds, legends, columns and links. There is no data in them, and what stands
//! for data is drawn as a sketch.

mod page;
mod panel;
mod picture;
mod sketch;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::emit::boards;
use crate::plan::Plan;

/// A file of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The report of a network: `index.html`, which needs no other file, and an SVG file for each dashboard.
/// Empty where there are no dashboards.
pub fn report(plan: &Plan) -> Vec<File> {
    let boards = boards(plan);
    if boards.is_empty() {
        return Vec::new();
    }
    let pictures: Vec<(&str, &Value, String)> =
        boards.iter().map(|(id, board)| (*id, board, picture::picture(board))).collect();
    let index = File { name: "index.html".to_owned(), text: page::page(&plan.topology.name, &pictures) };
    let files = pictures.into_iter().map(|(id, _, text)| File { name: format!("{id}.svg"), text });
    std::iter::once(index).chain(files).collect()
}

/// A text at a place in a JSON document; empty where there is none.
fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A list at a place in a JSON document; empty where there is none.
fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
