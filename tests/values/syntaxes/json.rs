//! JSON files, read by a browser's parser, as dashboards are, and by that of Python.

use std::fs;

use netgen::emit::format::json::pretty;
use serde_json::{Map, Value, json};

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// JavaScript's.
pub const NODE: Syntax = Syntax {
    name: "json_javascript",
    tools: &["reader-node"],
    read: |bench, writer, values| read(bench, writer, values, "reader-node", NODE_SCRIPT),
    mistaken: "\\n",
    refusable: |_| false,
};

/// Python's.
pub const PYTHON: Syntax = Syntax {
    name: "json_python",
    tools: &["reader-python"],
    read: |bench, writer, values| read(bench, writer, values, "reader-python", PYTHON_SCRIPT),
    mistaken: "\\n",
    refusable: |_| false,
};

// What is printed has no character beyond ASCII, so that nothing is left to how they are written.
const NODE_SCRIPT: &str = r"
const text = require('fs').readFileSync('values.json', 'utf8');
const escape = (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0');
process.stdout.write(JSON.stringify(JSON.parse(text)).replace(/[^ -~]/g, escape));
";

const PYTHON_SCRIPT: &str =
    "import json, sys\njson.dump(json.load(open('values.json', encoding='utf-8')), sys.stdout)";

fn read(
    bench: &Bench,
    writer: Writer,
    values: &[String],
    program: &str,
    script: &str,
) -> Result<Vec<Outcome>, Fault> {
    let names: Vec<String> = (0..values.len()).map(|at| format!("V{at}")).collect();
    let keys: Map<String, Value> =
        values.iter().zip(&names).map(|(value, name)| (value.clone(), json!(name))).collect();
    let text = match writer {
        Writer::Netgen => pretty(&json!({ "list": values, "keys": keys })).map_err(super::unwritten)?,
        Writer::Naive => {
            let items: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
            format!("{{ \"list\": [{}] }}", items.join(", "))
        }
    };
    let folder = scratch()?;
    fs::write(folder.path().join("values.json"), text).map_err(Fault::io("cannot write"))?;
    let flag = if program == "reader-node" { "-e" } else { "-c" };
    let run = bench.tool(program)?.at(folder.path()).args([flag, script]).run()?;
    run.without_warning()?;
    let back = super::parsed(&run.stdout)?;
    let outcome = |(at, value): (usize, &String)| {
        let kept = Outcome::of(value, [("a list", back["list"].get(at).and_then(Value::as_str))]);
        let named = back["keys"][value.as_str()].as_str();
        if kept == Outcome::Kept && writer == Writer::Netgen && named != Some(&names[at]) {
            return Outcome::Changed { place: "a key", to: None };
        }
        kept
    };
    Ok(values.iter().enumerate().map(outcome).collect())
}
