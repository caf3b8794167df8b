//! XML, for SVG: text of elements and attributes, read by Expat.

use std::fs;

use netgen::emit::format::xml;
use serde_json::Value;

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Text in both places.
pub const SYNTAX: Syntax =
    Syntax { name: "xml", tools: &["reader-python"], read, mistaken: "&amp;", refusable: |_| false };

const READ: &str = "\
import json, sys, xml.etree.ElementTree as tree
items = tree.parse(sys.argv[1]).getroot()
json.dump({item.get('n'): [item.text or '', item.get('v')] for item in items}, sys.stdout)
";

/// XML 1.0 has no way to hold control characters and two that are no characters, and readers of
/// attributes make spaces of line ends.
fn held(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c })
        .collect()
}

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let written = Written::new(values, writer, |_, value| Ok(xml::text(value)), |_, value| value.to_owned());
    let folder = scratch()?;
    let items: String = written
        .all()
        .iter()
        .map(|one| format!("<i n=\"{}\" v=\"{}\">{}</i>\n", one.at, one.text, one.text))
        .collect();
    fs::write(folder.path().join("values.xml"), format!("<values>\n{items}</values>\n"))
        .map_err(Fault::io("cannot write the file"))?;
    let run = bench.tool("reader-python")?.at(folder.path()).args(["-c", READ, "values.xml"]).run()?;
    run.accepted()?;
    let found: Value = super::parsed(&run.stdout)?;
    let at = |place: usize| {
        let found = &found;
        move |at: usize| found[at.to_string()][place].as_str().map(str::to_owned)
    };
    let elements = written.outcomes_of("an element", held, at(0));
    let attributes = written.outcomes_of("an attribute", held, at(1));
    let worse = |(one, other)| if one == Outcome::Kept { other } else { one };
    Ok(elements.into_iter().zip(attributes).map(worse).collect())
}
