//! TOML configuration of components: templates put their texts in as JSON.

use std::fs;

use netgen::emit::format::json;
use serde_json::Value;

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Basic strings, read by Python's own reader.
pub const SYNTAX: Syntax =
    Syntax { name: "toml", tools: &["reader-python"], read, mistaken: "\\n", refusable: |_| false };

const READ: &str = "\
import json, sys, tomllib
json.dump(tomllib.load(open(sys.argv[1], 'rb')), sys.stdout)
";

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let netgen = |_, value: &str| json::for_yaml(&Value::from(value));
    let written = Written::new(values, writer, netgen, |_, value| format!("\"{value}\""));
    let folder = scratch()?;
    let lines: String = written.all().iter().map(|one| format!("v{} = {}\n", one.at, one.text)).collect();
    fs::write(folder.path().join("values.toml"), lines).map_err(Fault::io("cannot write the file"))?;
    let run = bench.tool("reader-python")?.at(folder.path()).args(["-c", READ, "values.toml"]).run()?;
    run.accepted()?;
    let found: Value = super::parsed(&run.stdout)?;
    Ok(written.outcomes("a string", |at| found[format!("v{at}")].as_str().map(str::to_owned)))
}
