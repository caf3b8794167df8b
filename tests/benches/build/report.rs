//! What was measured, as tables, and what was promised.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::Run;

/// What one size took.
pub struct Row {
    pub nodes: usize,
    pub files: usize,
    pub bytes: u64,
    pub floor: Run,
    pub from_json: Run,
    pub from_yaml: Run,
    /// A second build, with nothing changed.
    pub again: Run,
    pub check: Run,
    pub analyze: Run,
    pub diff: Run,
}

/// A stage of one run.
#[derive(Clone, Debug)]
pub struct Stage {
    pub name: String,
    pub took: Duration,
}

/// Where the table stands in the README.
const MARKS: [&str; 2] = ["<!-- benchmark: begin -->\n", "<!-- benchmark: end -->"];

/// Reads what `--timings` says: stages, and the most memory in bytes.
pub fn parse_timings(text: &str) -> (Vec<Stage>, u64) {
    let (mut stages, mut memory) = (Vec::new(), 0);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(number), Some("ms"), Some(name)) => {
                let seconds = number.parse::<f64>().unwrap() / 1000.0;
                stages.push(Stage { name: name.to_owned(), took: Duration::from_secs_f64(seconds) });
            }
            (Some(number), Some("kB"), _) => memory = number.parse::<u64>().unwrap() << 10,
            _ => {}
        }
    }
    (stages, memory)
}

impl Row {
    fn times_floor(&self, run: &Run) -> f64 {
        run.took.as_secs_f64() / self.floor.took.as_secs_f64()
    }
}

/// The table of the README.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| nodes | files | floor | build, JSON | build, YAML | again | check | analyze | diff | memory |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for row in rows {
        let cell = |run: &Run| format!("{} ({:.2})", shown(run.took), row.times_floor(run));
        let _ = writeln!(
            text,
            "| {} | {}, {:.1} MB | {} | {} | {} | {} | {} | {} | {} | {:.0} kB a node |",
            row.nodes,
            row.files,
            row.bytes as f64 / 1e6,
            shown(row.floor.took),
            cell(&row.from_json),
            cell(&row.from_yaml),
            cell(&row.again),
            shown(row.check.took),
            shown(row.analyze.took),
            shown(row.diff.took),
            memory_a_node(row),
        );
    }
    text
}

fn memory_a_node(row: &Row) -> f64 {
    row.from_json.memory as f64 / 1000.0 / row.nodes as f64
}

fn shown(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1000.0;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.2} s", took.as_secs_f64())
    }
}

/// Each stage of a build by size, and how it grows from one size to the next: 1 is linear.
pub fn stages(rows: &[Row]) -> String {
    let mut text = String::from("stage");
    for row in rows {
        let _ = write!(text, "{:>13}", row.nodes);
    }
    text.push_str("   exponent\n");
    let Some(last) = rows.last() else { return text };
    for stage in &last.from_json.stages {
        let of = |row: &Row| row.from_json.stages.iter().find(|other| other.name == stage.name).cloned();
        let _ = write!(text, "{:<24}", stage.name);
        for row in rows {
            let _ = write!(text, "{:>13}", of(row).map_or_else(String::new, |stage| shown(stage.took)));
        }
        let grows = exponent(rows, |row| of(row).map_or(Duration::ZERO, |stage| stage.took));
        let _ = writeln!(text, "   {}", grows.map_or_else(String::new, |grows| format!("{grows:.2}")));
    }
    text
}

/// By which power of the size the time of the two largest grows; `None` for what is too short to tell.
fn exponent(rows: &[Row], took: impl Fn(&Row) -> Duration) -> Option<f64> {
    let [.., small, large] = rows else { return None };
    let (less, more) = (took(small).as_secs_f64(), took(large).as_secs_f64());
    let growth = (more / less).ln() / (large.nodes as f64 / small.nodes as f64).ln();
    (less > 0.005).then_some(growth)
}

/// What should hold and does not.
pub fn broken_promises(rows: &[Row]) -> Vec<String> {
    let mut broken = Vec::new();
    for row in rows {
        let nodes = row.nodes;
        let mut promise = |what: &str, found: f64, most: f64| {
            if found > most {
                broken.push(format!("{nodes} nodes, {what}: {found:.3}, at most {most}"));
            }
        };
        let milliseconds = |run: &Run| run.took.as_secs_f64() * 1000.0;
        match nodes {
            10 => promise("build, ms", milliseconds(&row.from_json), 10.0),
            100 => promise("check, ms", milliseconds(&row.check), 20.0),
            10_000 => {
                promise("check, ms", milliseconds(&row.check), 500.0);
                promise("memory a node, kB", memory_a_node(row), 40.0);
            }
            _ => {}
        }
        if nodes >= 1_000 {
            promise("build from JSON by floor", row.times_floor(&row.from_json), 1.5);
            promise("build from YAML by floor", row.times_floor(&row.from_yaml), 2.0);
            promise("build again by floor", row.times_floor(&row.again), 0.5);
        }
    }
    for (what, of) in RUNS {
        if let Some(grows) = exponent(rows, |row| of(row).took).filter(|grows| *grows > 1.05) {
            broken.push(format!("{what} grows with the power {grows:.2} of the size, at most 1.05"));
        }
    }
    broken
}

type OfRow = fn(&Row) -> &Run;
const RUNS: [(&str, OfRow); 4] = [
    ("build", |row| &row.from_json),
    ("check", |row| &row.check),
    ("analyze", |row| &row.analyze),
    ("diff", |row| &row.diff),
];

/// Puts the table into the README.
pub fn into_readme(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    std::fs::write(&path, format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])).unwrap();
}
