//! Panels on Grafana's grid: 24 columns, and as many lines as needed.

use crate::catalog::dashboard::PanelType;
use crate::plan::Panel;

/// The columns of the grid.
pub(super) const COLUMNS: usize = 24;

/// Panels side by side: numbers, and everything else.
const NUMBERS: usize = 6;
const OTHERS: usize = 3;

/// A place in a row, in columns and lines of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) w: usize,
    pub(super) h: usize,
}

/// The panels of a row with their places, and the height of all. Numbers come first, on lines of their own,
/// where there are several.
pub(super) fn row(panels: &[Panel]) -> (Vec<(&Panel, Place)>, usize) {
    let number = |panel: &&Panel| panel.shows.kind == PanelType::Stat;
    // A single number would be as wide as the page.
    let alone = panels.len() > 1 && panels.iter().filter(number).count() == 1;
    let (numbers, others): (Vec<&Panel>, Vec<&Panel>) =
        panels.iter().partition(|panel| number(panel) && !alone);
    let mut placed = Vec::new();
    let mut y = 0;
    for (group, across, height) in [(numbers, NUMBERS, 4), (others, OTHERS, 8)] {
        for line in lines(&group, across) {
            let mut x = 0;
            for (panel, w) in line {
                placed.push((panel, Place { x, y, w, h: height }));
                x += w;
            }
            y += height;
        }
    }
    (placed, y)
}

/// Lines of panels with their widths. Panels without a width of their own share what the others leave.
fn lines<'a>(panels: &[&'a Panel], across: usize) -> Vec<Vec<(&'a Panel, usize)>> {
    let own = |panel: &Panel| panel.shows.width.map(|width| usize::from(width).clamp(2, COLUMNS));
    if panels.iter().all(|panel| own(panel).is_none()) {
        // As even as can be: four are two and two, not three and one.
        let count = panels.len().div_ceil(across);
        let mut left = panels;
        let mut lines = Vec::new();
        for remaining in (1..=count).rev() {
            let (line, rest) = left.split_at(left.len().div_ceil(remaining).min(left.len()));
            lines.push(shared(line));
            left = rest;
        }
        return lines;
    }
    let mut lines: Vec<Vec<(&Panel, usize)>> = Vec::new();
    let mut room = 0;
    for panel in panels {
        let width = own(panel).unwrap_or(COLUMNS / across);
        match lines.last_mut().filter(|_| width <= room) {
            Some(line) => line.push((panel, width)),
            None => {
                room = COLUMNS;
                lines.push(vec![(panel, width)]);
            }
        }
        room -= width;
    }
    lines
}

/// A line filled from edge to edge.
fn shared<'a>(line: &[&'a Panel]) -> Vec<(&'a Panel, usize)> {
    let count = line.len().max(1);
    let wider = COLUMNS % count;
    line.iter()
        .enumerate()
        .map(|(index, panel)| (*panel, COLUMNS / count + usize::from(index < wider)))
        .collect()
}
