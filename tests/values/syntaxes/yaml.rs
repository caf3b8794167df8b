//! YAML files, read by the readers that differ most: YAML 1.1 (PyYAML, with which Ansible reads),
//! YAML 1.2 (ruamel) and Go's (through Compose).

use std::fs;
use std::path::Path;

use netgen::emit::format::{json::for_yaml, yaml::to_yaml};
use serde_json::{Map, Value, json};

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};
use crate::values::numbers;

/// The YAML of Python.
pub const PYYAML: Syntax = Syntax {
    name: "yaml_1_1",
    tools: &["reader-python"],
    read: |bench, writer, values| read(writer, values, &|text| python(bench, "pyyaml", text)),
    mistaken: "0x10",
    refusable: too_long_a_key,
};

/// YAML as the standard has it since 2009.
pub const RUAMEL: Syntax = Syntax {
    name: "yaml_1_2",
    tools: &["reader-python"],
    read: |bench, writer, values| read(writer, values, &|text| python(bench, "ruamel", text)),
    mistaken: "0x10",
    refusable: too_long_a_key,
};

/// The YAML of programs in Go.
pub const GO: Syntax = Syntax {
    name: "yaml_go",
    tools: &["docker-compose"],
    read: |bench, writer, values| read(writer, values, &|text| go(bench, text)),
    mistaken: "0x10",
    refusable: too_long_a_key,
};

/// A key of a mapping may be 1024 characters long, and characters may be written as escapes of six.
fn too_long_a_key(value: &str) -> bool {
    value.chars().count() > 1000 / 6
}

/// Reads a document, and gives it as JSON. A key that is no text must not look like one there.
type Reader<'a> = &'a dyn Fn(&str) -> Result<Value, Fault>;

fn read(writer: Writer, values: &[String], reader: Reader<'_>) -> Result<Vec<Outcome>, Fault> {
    if writer == Writer::Naive {
        let lines: String = values.iter().map(|value| format!("- {value}\n")).collect();
        let back = reader(&format!("list:\n{lines}"))?;
        let item = |at: usize| back["list"].get(at).and_then(Value::as_str);
        let outcome = |(at, value): (usize, &String)| Outcome::of(value, [("list", item(at))]);
        return Ok(values.iter().enumerate().map(outcome).collect());
    }
    let names: Vec<String> = (0..values.len()).map(|at| format!("V{at}")).collect();
    let refused: Vec<Option<String>> =
        values.iter().map(|value| to_yaml(&json!({ value: 0 })).err().map(|e| e.to_string())).collect();
    let all = || names.iter().zip(values);
    let named: Map<String, Value> =
        all().map(|(name, value)| (name.clone(), json!([{ "in": value }, [[value]]]))).collect();
    let keys: Map<String, Value> = all()
        .zip(&refused)
        .filter(|(_, refused)| refused.is_none())
        .map(|((name, value), _)| (value.clone(), json!({ "under": name })))
        .collect();
    let numbers = numbers(values.len());
    let document = json!({ "list": values, "deep": { "named": named }, "keys": keys, "numbers": numbers });
    let mut text = to_yaml(&document).map_err(super::unwritten)?;
    // The lines that templates write.
    for (key, items) in [("in_line", json!(values)), ("numbers_in_line", json!(numbers))] {
        text.push_str(&format!("{key}: {}\n", for_yaml(&items).map_err(super::unwritten)?));
    }
    let back = reader(&text)?;
    same_numbers(&numbers, &back["numbers"])?;
    same_numbers(&numbers, &back["numbers_in_line"])?;
    let outcome = |(at, value): (usize, &String)| {
        let name = names[at].as_str();
        let deep = &back["deep"]["named"][name];
        let places = [
            ("a list", back["list"].get(at).and_then(Value::as_str)),
            ("a line", back["in_line"].get(at).and_then(Value::as_str)),
            ("a map of a list", deep.pointer("/0/in").and_then(Value::as_str)),
            ("a list of a list", deep.pointer("/1/0/0").and_then(Value::as_str)),
        ];
        match (Outcome::of(value, places), &refused[at]) {
            (Outcome::Kept, Some(why)) => Outcome::Refused(why.clone()),
            (Outcome::Kept, None) if back["keys"][value]["under"] != name => {
                Outcome::Changed { place: "a key", to: None }
            }
            (outcome, _) => outcome,
        }
    };
    Ok((0..).zip(values).map(outcome).collect())
}

/// Numbers, truth and nothing stay what they are.
fn same_numbers(written: &[Value], back: &Value) -> Result<(), Fault> {
    for (at, written) in written.iter().enumerate() {
        let back = back.get(at).unwrap_or(&Value::Null);
        let same = match written {
            Value::Number(number) if number.is_f64() => back.as_f64() == number.as_f64(),
            other => back == other,
        };
        if !same {
            return Err(Fault::Rejected(format!("{written} has become {back}")));
        }
    }
    Ok(())
}

/// A document, by one of the libraries of Python.
pub fn python(bench: &Bench, library: &str, text: &str) -> Result<Value, Fault> {
    let folder = scratch()?;
    let file = folder.path().join("values.yaml");
    fs::write(&file, text).map_err(Fault::io("cannot write"))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/values/read-yaml.py");
    let run = bench.tool("reader-python")?.args([script]).args([library]).args([file]).run()?;
    run.without_warning()?;
    super::parsed(&run.stdout)
}

/// Compose gives back what its own language has no word for, if only the key begins with `x-`.
fn go(bench: &Bench, text: &str) -> Result<Value, Fault> {
    let folder = scratch()?;
    let body = text.strip_prefix("---\n").unwrap_or(text);
    let indented: String = body.lines().map(|line| format!("  {line}\n")).collect();
    let file = format!("name: p\nservices: {{}}\nx-values:\n{indented}");
    fs::write(folder.path().join("compose.yaml"), file).map_err(Fault::io("cannot write"))?;
    let arguments = ["config", "--no-interpolate", "--format", "json"];
    let run = bench.tool("docker-compose")?.at(folder.path()).args(arguments).run()?;
    run.without_warning()?;
    let mut whole = super::parsed(&run.stdout)?;
    Ok(whole["x-values"].take())
}
