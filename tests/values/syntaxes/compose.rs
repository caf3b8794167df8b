//! Compose files, read by Compose v2.

use std::fs;
use std::path::Path;

use netgen::emit::format::{Error, compose, env};
use serde_json::{Map, Value, json};

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Values of all the kinds of a service, and label names.
pub const FILE: Syntax = Syntax {
    name: "compose",
    tools: &["docker-compose"],
    read: file,
    mistaken: "a$$b",
    refusable: |_| false,
};

/// The file of a service's environment.
pub const ENV_FILE: Syntax = Syntax {
    name: "compose_env_file",
    tools: &["docker-compose"],
    read: env_file,
    mistaken: "a #b",
    refusable: super::no_env_file_holds,
};

fn file(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let names: Vec<String> = (0..values.len()).map(|at| format!("V{at}")).collect();
    let named: Map<String, Value> =
        names.iter().zip(values).map(|(name, value)| (name.clone(), json!(value))).collect();
    let test = [&["CMD".to_owned()], values].concat();
    let text = match writer {
        Writer::Netgen => project(&json!({
            "image": "image",
            "environment": named,
            "command": values,
            "entrypoint": values,
            "labels": named,
            "healthcheck": { "test": test },
        })),
        Writer::Naive => {
            let words: String = values.iter().map(|value| format!("    - {value}\n")).collect();
            Ok(format!("name: p\nservices:\n  s:\n    image: image\n    command:\n{words}"))
        }
    };
    let back = service(bench, &[("compose.yaml", text.map_err(super::unwritten)?)])?;
    let word = |key: &str, at: usize| back[key].get(at).and_then(Value::as_str);
    let named = |key: &str, at: usize| back[key].get(&names[at]).and_then(Value::as_str);
    let outcome = |(at, value): (usize, &String)| {
        let command = ("command", word("command", at));
        if writer == Writer::Naive {
            return Outcome::of(value, [command]);
        }
        let test = back["healthcheck"]["test"].get(at + 1).and_then(Value::as_str);
        let places = [
            command,
            ("entrypoint", word("entrypoint", at)),
            ("environment", named("environment", at)),
            ("labels", named("labels", at)),
            ("healthcheck", test),
        ];
        Outcome::of(value, places)
    };
    Ok(values.iter().enumerate().map(outcome).collect())
}

fn env_file(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let lines: Vec<Result<String, Error>> = values
        .iter()
        .enumerate()
        .map(|(at, value)| match writer {
            Writer::Netgen => env::line(&format!("V{at}"), value),
            Writer::Naive => Ok(format!("V{at}={value}\n")),
        })
        .collect();
    let text = project(&json!({ "image": "image", "env_file": ["v.env"] })).map_err(super::unwritten)?;
    let variables = lines.iter().filter_map(|line| line.as_deref().ok()).collect();
    let back = service(bench, &[("compose.yaml", text), ("v.env", variables)])?;
    let outcome = |((at, value), line): ((usize, &String), &Result<String, Error>)| match line {
        Err(error) => Outcome::Refused(error.to_string()),
        Ok(_) => {
            let to = back["environment"].get(format!("V{at}")).and_then(Value::as_str);
            Outcome::of(value, [("env_file", to)])
        }
    };
    Ok(values.iter().enumerate().zip(&lines).map(outcome).collect())
}

fn project(service: &Value) -> Result<String, Error> {
    compose::to_yaml_with_header("", &json!({ "name": "p", "services": { "s": service } }))
}

/// The service as Compose has understood it.
fn service(bench: &Bench, files: &[(&str, String)]) -> Result<Value, Fault> {
    let folder = scratch()?;
    for (name, text) in files {
        fs::write(folder.path().join(name), text).map_err(Fault::io("cannot write"))?;
    }
    Ok(config(bench, folder.path())?["s"].take())
}

/// The services of a project as Compose has understood them.
pub fn config(bench: &Bench, folder: &Path) -> Result<Value, Fault> {
    let run = bench.tool("docker-compose")?.at(folder).args(["config", "--format", "json"]).run()?;
    run.without_warning()?;
    let mut whole = super::parsed(&run.stdout)?;
    let mut services = whole["services"].take();
    unescape(&mut services);
    Ok(services)
}

/// What Compose prints may be read by Compose again, so it doubles every `$`.
fn unescape(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("$$", "$"),
        Value::Array(items) => items.iter_mut().for_each(unescape),
        Value::Object(map) => map.values_mut().for_each(unescape),
        _ => {}
    }
}
