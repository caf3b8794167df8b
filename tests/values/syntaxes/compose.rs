//! Compose files, read by Compose v2.

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
    let named: Map<String, Value> =
        values.iter().enumerate().map(|(at, value)| (format!("V{at}"), json!(value))).collect();
    let test: Vec<&str> = std::iter::once("CMD").chain(values.iter().map(String::as_str)).collect();
    let service = json!({
        "image": "image",
        "environment": named,
        "command": values,
        "entrypoint": values,
        "labels": named,
        "healthcheck": { "test": test },
    });
    let text = match writer {
        Writer::Netgen => project(&service).map_err(super::unwritten)?,
        Writer::Naive => {
            let lines = values.iter().enumerate().map(|(at, value)| format!("      V{at}: {value}\n"));
            format!(
                "name: p\nservices:\n  s:\n    image: image\n    environment:\n{}",
                lines.collect::<String>()
            )
        }
    };
    let back = config(bench, &[("compose.yaml", text)])?;
    let at = |place: &str, key: &dyn Fn() -> String| {
        back.pointer(&format!("{place}/{}", key())).and_then(unescaped)
    };
    let outcome = |(index, value): (usize, &String)| {
        let name = || format!("V{index}");
        let word = || index.to_string();
        let tested = || (index + 1).to_string();
        let mut places = vec![("environment", at("/environment", &name))];
        if writer == Writer::Netgen {
            places.extend([
                ("command", at("/command", &word)),
                ("entrypoint", at("/entrypoint", &word)),
                ("labels", at("/labels", &name)),
                ("healthcheck", at("/healthcheck/test", &tested)),
            ]);
        }
        Outcome::of(value, places.iter().map(|(place, to)| (*place, to.as_deref())))
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
    let service = json!({ "image": "image", "env_file": ["v.env"] });
    let text = project(&service).map_err(super::unwritten)?;
    let variables = lines.iter().filter_map(|line| line.as_deref().ok()).collect();
    let back = config(bench, &[("compose.yaml", text), ("v.env", variables)])?;
    let outcome = |((at, value), line): ((usize, &String), &Result<String, Error>)| match line {
        Err(error) => Outcome::Refused(error.to_string()),
        Ok(_) => {
            let to = back.pointer(&format!("/environment/V{at}")).and_then(unescaped);
            Outcome::of(value, [("env_file", to.as_deref())])
        }
    };
    Ok(values.iter().enumerate().zip(&lines).map(outcome).collect())
}

fn project(service: &Value) -> Result<String, Error> {
    compose::to_yaml_with_header("", &json!({ "name": "p", "services": { "s": service } }))
}

/// The service as Compose has understood it.
fn config(bench: &Bench, files: &[(&str, String)]) -> Result<Value, Fault> {
    let folder = scratch()?;
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).map_err(Fault::io("cannot write"))?;
    }
    let run = bench.tool("docker-compose")?.at(folder.path()).args(["config", "--format", "json"]).run()?;
    run.without_warning()?;
    let mut whole: Value = super::parsed(&run.stdout)?;
    Ok(whole["services"]["s"].take())
}

/// What Compose prints may be read by Compose again, so it doubles every `$`.
fn unescaped(value: &Value) -> Option<String> {
    value.as_str().map(|text| text.replace("$$", "$"))
}
