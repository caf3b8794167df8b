//! The same findings in four formats: each well-formed, all of one mind.

use netgen::Compilation;
use netgen::check::registry::all_rules;
use netgen::diag::render::{Format, render};
use serde_json::Value;

/// What every format says of a finding: code, file, line. A finding in no file has neither.
type Fact = (String, String, u64);

/// Compares the formats; the error says how they differ.
pub fn compare(compiled: &Compilation) -> Result<(), String> {
    let text = |format| render(format, &compiled.diagnostics, &compiled.sources, &all_rules());
    let facts = compiled
        .diagnostics
        .iter()
        .map(|d| {
            let place = compiled.sources.get(d.span().source);
            let line = place.map_or(0, |s| s.lines().position(s.text(), d.span().start).line);
            let file = place.map_or(String::new(), |s| s.name().to_owned());
            (d.rule.code.to_owned(), file, u64::try_from(line).unwrap())
        })
        .collect::<Vec<Fact>>();
    for (name, said) in [
        ("json", json(&text(Format::Json))?),
        ("sarif", sarif(&text(Format::Sarif))?),
        ("github", github(&text(Format::Github))?),
        ("human", human(&text(Format::Human { width: 1000, color: false }))),
    ] {
        if said != facts {
            return Err(format!("{name} says {said:?} where {facts:?} was found"));
        }
    }
    Ok(())
}

fn str_of(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no text"))
}

fn json(text: &str) -> Result<Vec<Fact>, String> {
    let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let all = report["diagnostics"].as_array().ok_or("no list of diagnostics")?;
    all.iter()
        .map(|finding| {
            let first = &finding["labels"][0];
            if first.is_null() {
                return Ok((str_of(&finding["code"])?, String::new(), 0));
            }
            let line = first["start"]["line"].as_u64().ok_or("no line")?;
            Ok((str_of(&finding["code"])?, str_of(&first["file"])?, line))
        })
        .collect()
}

fn sarif(text: &str) -> Result<Vec<Fact>, String> {
    let log: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if log["version"] != "2.1.0" {
        return Err(format!("SARIF version {}", log["version"]));
    }
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().ok_or("no rules")?;
    run["results"]
        .as_array()
        .ok_or("no results")?
        .iter()
        .map(|result| {
            let code = str_of(&result["ruleId"])?;
            let index =
                result["ruleIndex"].as_u64().and_then(|at| usize::try_from(at).ok()).ok_or("no index")?;
            if rules.get(index).is_none_or(|rule| rule["id"] != code.as_str()) {
                return Err(format!("rule {index} is not {code}"));
            }
            str_of(&result["message"]["text"])?;
            let place = &result["locations"][0]["physicalLocation"];
            if place.is_null() {
                return Ok((code, String::new(), 0));
            }
            let file = str_of(&place["artifactLocation"]["uri"])?;
            Ok((code, file, place["region"]["startLine"].as_u64().ok_or("no line")?))
        })
        .collect()
}

/// One line is one command: `::error file=...,line=...,title=CODE name::message`.
fn github(text: &str) -> Result<Vec<Fact>, String> {
    text.lines()
        .map(|line| {
            let (head, message) = line
                .strip_prefix("::")
                .and_then(|rest| rest.split_once("::"))
                .ok_or_else(|| format!("no command: {line}"))?;
            let (word, properties) = head.split_once(' ').ok_or("no properties")?;
            if !["error", "warning", "notice"].contains(&word) || message.is_empty() {
                return Err(format!("not an annotation: {line}"));
            }
            let property = |name: &str| {
                properties.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            };
            let code = property("title").and_then(|title| title.split(' ').next()).ok_or("no title")?;
            let line = property("line").map_or(Ok(0), str::parse).map_err(|_| "no number")?;
            Ok((code.to_owned(), property("file").unwrap_or_default().to_owned(), line))
        })
        .collect()
}

/// The head of a finding is `error NG0103 unknown-key`, and its place stands below as `[file:line:column]`.
fn human(text: &str) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["error" | "warning", code, _] = words.as_slice() {
            facts.push(((*code).to_owned(), String::new(), 0));
        }
        let place = line.split_once("─[").and_then(|(_, rest)| rest.strip_suffix(']'));
        if let (Some(place), Some(last)) = (place, facts.last_mut().filter(|fact| fact.2 == 0)) {
            let mut parts = place.rsplitn(3, ':');
            let (_, line) = (parts.next(), parts.next());
            last.2 = line.and_then(|line| line.parse().ok()).unwrap_or(0);
            last.1 = parts.next().unwrap_or_default().to_owned();
        }
    }
    facts
}
