//! What Alertmanager runs as a template of Go: channels, addresses.

use std::fs;

use netgen::emit::format::promql::template_text;

use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

/// Text of a receiver, rendered as for a notification.
pub const SYNTAX: Syntax =
    Syntax { name: "alertmanager", tools: &["amtool"], read, mistaken: "{{ 42 }}", refusable: |_| false };

/// Stands between the values, and in none of them.
const BETWEEN: &str = "\u{E001}";

fn read(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let written: Vec<String> = values
        .iter()
        .map(|value| match writer {
            Writer::Netgen => template_text(value),
            Writer::Naive => value.clone(),
        })
        .collect();
    let back = rendered(bench, &written)?;
    let to = |at: usize| back.get(at).map(String::as_str);
    Ok(values.iter().enumerate().map(|(at, value)| Outcome::of(value, [("a template", to(at))])).collect())
}

/// The texts that Alertmanager makes of templates.
pub fn rendered(bench: &Bench, templates: &[String]) -> Result<Vec<String>, Fault> {
    if templates.is_empty() {
        return Ok(Vec::new());
    }
    let folder = scratch()?;
    // All of them together are too long for an argument.
    let file = format!("{{{{ define \"all\" }}}}{}{{{{ end }}}}", templates.join(BETWEEN));
    fs::write(folder.path().join("values.tmpl"), file).map_err(Fault::io("cannot write"))?;
    let arguments = ["template", "render", "--template.glob=values.tmpl"];
    let text = ["--template.text={{ template \"all\" . }}"];
    let run = bench.tool("amtool")?.at(folder.path()).args(arguments).args(text).run()?;
    run.without_warning()?;
    Ok(run.stdout.split(BETWEEN).map(str::to_owned).collect())
}
