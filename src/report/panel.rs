//! The picture of one panel.

use super::dashboard::{Panel, Part, Step};
use super::sketch::{Rect, Sketch, fit, width};

const PAD: i32 = 10;
/// The colours of sketched lines.
const CURVES: usize = 4;

pub(super) fn panel(sketch: &mut Sketch, panel: &Panel, place: Rect) {
    sketch.rect("panel", place);
    let unit = unit(panel.field_config.defaults.unit.word());
    let runbooks = panel.links.len();
    let marks = match runbooks {
        0 => unit.to_owned(),
        1 => format!("{unit}  runbook ↗"),
        more => format!("{unit}  {more} runbooks ↗"),
    };
    let marks = fit(marks.trim(), place.w / 2, 11);
    sketch.text("small end", place.right() - PAD, place.y + 19, &marks);
    let room = place.w - 3 * PAD - width(&marks, 11);
    sketch.fitted("title", place.x + PAD, place.y + 19, room, 12, panel.title.word());
    let inner = place.inside(PAD, 30, PAD, PAD);
    match panel.kind.word() {
        "stat" => stat(sketch, panel, inner),
        "table" => table(sketch, panel, inner),
        "state-timeline" => timeline(sketch, panel, inner),
        _ => lines(sketch, panel, inner),
    }
}

/// What a reader calls one of Grafana's units.
fn unit(id: &str) -> &str {
    match id {
        "percentunit" | "percent" => "%",
        "bytes" => "bytes",
        "Bps" => "bytes/s",
        "reqps" => "requests/s",
        "ops" => "/s",
        "cps" => "/s",
        "short" | "" => "",
        other => other,
    }
}

/// A number of a threshold, as the panel shows it.
fn shown(value: f64, unit_id: &str) -> String {
    let value = if unit_id == "percentunit" { value * 100.0 } else { value };
    let mut text = format!("{value:.4}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    let unit = unit(unit_id);
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

fn steps(panel: &Panel) -> &[Part<Step>] {
    &panel.field_config.defaults.thresholds.steps
}

fn judged(steps: &[Part<Step>]) -> bool {
    steps.len() > 1
}

/// The legends, with what stands for a label in angles.
fn legends(panel: &Panel) -> Vec<String> {
    let legend = |text: &str| match text {
        "" | "__auto" => "all together".to_owned(),
        text => text.replace("{{", "‹").replace("}}", "›"),
    };
    panel.targets.iter().map(|target| legend(target.legend_format.word())).collect()
}

fn lines(sketch: &mut Sketch, panel: &Panel, inner: Rect) {
    let legends = legends(panel);
    let plot = inner.inside(8, 4, 4, 26);
    let (left, base) = (plot.x, plot.bottom());
    for quarter in 1..4 {
        let y = plot.y + plot.h * quarter / 4;
        sketch.line("grid", (left, y), (plot.right(), y));
    }
    let steps = steps(panel);
    let paints = panel.field_config.defaults.custom.thresholds_style.mode.word() != "off";
    let well = if paints && judged(steps) { bands(sketch, panel, steps, plot) } else { plot };
    for (index, _) in legends.iter().enumerate().take(CURVES) {
        sketch.polyline(&format!("curve c{index}"), &curve(well, index));
    }
    sketch.line("axis", (left, plot.y), (left, base));
    sketch.line("axis", (left, base), (plot.right(), base));
    let mut x = inner.x;
    for (index, legend) in legends.iter().enumerate() {
        let room = inner.right() - x - 14;
        let more = legends.len() - index;
        if index > 0 && (room < width(legend, 11) || index >= CURVES) {
            sketch.text("tiny", x, inner.bottom() - 1, &format!("+{more}"));
            break;
        }
        let legend = fit(legend, room - if more > 1 { 24 } else { 0 }, 11);
        sketch.rect(&format!("k{index}"), Rect { x, y: inner.bottom() - 7, w: 10, h: 3 });
        sketch.text("small", x + 14, inner.bottom() - 1, &legend);
        x += 26 + width(&legend, 11);
    }
}

/// Paints the thresholds, and gives the band in which all is well.
fn bands(sketch: &mut Sketch, panel: &Panel, steps: &[Part<Step>], plot: Rect) -> Rect {
    let unit = panel.field_config.defaults.unit.word();
    let count = i32::try_from(steps.len()).unwrap_or(1).max(1);
    // What is well gets half of the plot, the other steps share the rest.
    let other = plot.h / 2 / (count - 1).max(1);
    let mut bottom = plot.bottom();
    let mut well = plot;
    let mut below = "transparent";
    for step in steps {
        let fine = matches!(step.color.word(), "transparent" | "green" | "text");
        let h = if fine { plot.h / 2 } else { other };
        let band = Rect { x: plot.x, y: bottom - h, w: plot.w, h };
        if fine {
            well = band;
        } else {
            sketch.rect(&format!("band {}", step.color.word()), band);
        }
        if let Some(from) = step.value.0 {
            // A border has the colour of the side on which an alert fires.
            let colour = if fine { below } else { step.color.word() };
            sketch.line(&format!("limit s{colour}"), (plot.x, bottom), (plot.right(), bottom));
            sketch.text("tiny end", plot.right() - 4, bottom - 4, &shown(from, unit));
        }
        below = step.color.word();
        bottom -= h;
    }
    well
}

/// A line that looks like none that was ever measured: the same teeth everywhere.
fn curve(within: Rect, index: usize) -> Vec<(i32, i32)> {
    const TEETH: i32 = 12;
    let index = i32::try_from(index).unwrap_or(0);
    let level = within.y + within.h * (index + 1) / 5;
    let depth = (within.h / 12).clamp(2, 8);
    (0..=TEETH)
        .map(|tooth| {
            let up = (tooth + index) % 2 == 0;
            (within.x + within.w * tooth / TEETH, level + if up { -depth } else { depth })
        })
        .collect()
}

fn stat(sketch: &mut Sketch, panel: &Panel, inner: Rect) {
    let middle = inner.x + inner.w / 2;
    let strip = 22;
    let centre = inner.y + (inner.h - strip) / 2 + 2;
    sketch.text("big mid text", middle, centre, "—");
    let legend = legends(panel).join(", ");
    if !legend.starts_with("all together") {
        let legend = fit(&format!("one for each {legend}"), inner.w, 11);
        sketch.text("small mid", middle, inner.bottom() - strip - 4, &legend);
    }
    scale(sketch, panel, inner.inside(0, inner.h - 16, 0, 0));
}

/// The words for values, or the thresholds from left to right.
fn scale(sketch: &mut Sketch, panel: &Panel, strip: Rect) {
    let words = mappings(panel);
    let steps = steps(panel);
    let unit = panel.field_config.defaults.unit.word();
    let parts: Vec<(String, String)> = if !words.is_empty() {
        words
    } else if judged(steps) {
        let label = |step: &Step| match step.value.0 {
            None => String::new(),
            Some(from) if from > 0.0 && from < 0.001 => "above zero".to_owned(),
            Some(from) => format!("from {}", shown(from, unit)),
        };
        steps.iter().map(|step| (step.color.word().to_owned(), label(step))).collect()
    } else {
        return;
    };
    let share = strip.w / i32::try_from(parts.len()).unwrap_or(1).max(1);
    let mut x = strip.x;
    for (colour, label) in parts {
        sketch.rect(&format!("solid {colour}"), Rect { x, y: strip.bottom() - 4, w: share - 2, h: 4 });
        sketch.fitted("tiny", x, strip.bottom() - 7, share - 4, 10, &label);
        x += share;
    }
}

/// The words for values, with their colours.
fn mappings(panel: &Panel) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for mapping in panel.field_config.defaults.mappings.iter() {
        for (value, words) in mapping.options.iter() {
            let text = words.text.get().map_or_else(|| format!("at {value}"), str::to_owned);
            found.push((words.color.get().unwrap_or("text").to_owned(), text));
        }
    }
    found
}

fn timeline(sketch: &mut Sketch, panel: &Panel, inner: Rect) {
    let label = fit(&legends(panel).join(", "), inner.w / 3, 11);
    let left = inner.x + width(&label, 11).max(40) + 12;
    let words = mappings(panel);
    let foot = if words.is_empty() { 0 } else { 22 };
    let rows = ((inner.h - foot) / 26).clamp(1, 12);
    for row in 0..rows {
        let y = inner.y + 4 + row * 26;
        let faint = if row == 0 { "small" } else { "tiny" };
        sketch.text(faint, inner.x, y + 13, if row == 0 { &label } else { "…" });
        sketch.rect("cell", Rect { x: left, y, w: inner.right() - left, h: 18 });
    }
    if foot > 0 {
        scale(sketch, panel, inner.inside(0, inner.h - 16, 0, 0));
    }
}

fn table(sketch: &mut Sketch, panel: &Panel, inner: Rect) {
    let columns = columns(panel);
    let weights: Vec<i32> = columns.iter().map(|column| width(&column.name, 13).max(44) + 28).collect();
    let all: i32 = weights.iter().sum::<i32>().max(1);
    let rows = ((inner.h - 24) / 26).clamp(1, 12);
    let mut x = inner.x;
    for (column, weight) in columns.iter().zip(weights) {
        let share = weight * inner.w / all;
        let room = share - 12;
        let heading = if column.links { "link" } else { "title" };
        let marks = if column.judged { 20 } else { 0 };
        sketch.fitted(heading, x, inner.y + 12, room - marks, 12, &column.name);
        if column.judged {
            // Its values have colours: a mark beside the heading, and none that could pass for a value.
            let mark = x + width(&fit(&column.name, room - 20, 12), 13) + 6;
            sketch.rect("solid green", Rect { x: mark, y: inner.y + 4, w: 5, h: 8 });
            sketch.rect("solid red", Rect { x: mark + 5, y: inner.y + 4, w: 5, h: 8 });
        }
        for row in 0..rows {
            let y = inner.y + 28 + row * 26;
            let w = room * (9 - (row * 2) % 5) / 10;
            let class = if column.links { "to" } else { "cell" };
            sketch.rect(class, Rect { x, y, w: w.max(8), h: 10 });
        }
        x += share;
    }
    sketch.line("axis", (inner.x, inner.y + 19), (inner.right(), inner.y + 19));
}

/// A column of a table.
struct Column {
    name: String,
    links: bool,
    judged: bool,
}

/// The columns that the transformations leave, in their order.
fn columns(panel: &Panel) -> Vec<Column> {
    let Some(organize) = panel.transformations.iter().find(|one| one.id.word() == "organize") else {
        return Vec::new();
    };
    let (index, renamed) = (&organize.options.index_by_name, &organize.options.rename_by_name);
    let mut places: Vec<(i64, &str)> =
        index.iter().map(|(name, place)| (place.0.unwrap_or(i64::MAX), name.as_str())).collect();
    places.sort_unstable();
    let mut columns: Vec<Column> = Vec::new();
    for (_, name) in places {
        let other = renamed.iter().find(|(old, _)| old == name).and_then(|(_, new)| new.get());
        let name = other.unwrap_or(name);
        if columns.iter().any(|column| column.name == name) {
            continue;
        }
        let overrides = panel.field_config.overrides.iter();
        let own =
            overrides.filter(|one| one.matcher.options.word() == name).flat_map(|one| one.properties.iter());
        let has = |id: &str| own.clone().any(|property| property.id.word() == id);
        columns.push(Column {
            name: name.to_owned(),
            links: has("links"),
            judged: has("thresholds") || has("mappings"),
        });
    }
    columns
}
