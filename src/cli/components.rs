//! `netgen components`

use std::fmt::Write as _;

use super::args::Components as Args;
use super::exit::Exit;
use super::output::Output;
use super::world::RealWorld;
use super::{Failure, Outcome};
use crate::catalog::component::Component;
use crate::catalog::{Catalog, Entry};
use crate::diag::{Sink, did_you_mean};
use crate::text::SourceMap;

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let mut catalog = Catalog::built_in();
    catalog.add_folder(&RealWorld, "");
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let mut entry = |catalog: &mut Catalog, id: &str| catalog.entry(id, &RealWorld, &mut sources, &mut sink);
    let Some(id) = &args.id else {
        let ids: Vec<String> = catalog.ids().map(str::to_owned).collect();
        let mut text = String::new();
        for id in ids {
            let Some(entry) = entry(&mut catalog, &id) else { continue };
            let c = &entry.component;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:24} {:16} {}", id, c.version.tested, c.summary);
        }
        output.data(&text);
        return Ok(Exit::Ok);
    };
    let Some(found) = entry(&mut catalog, id) else {
        let near = did_you_mean(id, catalog.ids())
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        return Err(Failure::new(Exit::Usage, format!("there is no component `{id}`{near}")));
    };
    let text = if args.json {
        serde_json::to_string_pretty(found.component.as_ref()).unwrap_or_default() + "\n"
    } else {
        page(&found)
    };
    output.data(&text);
    Ok(Exit::Ok)
}

/// A component as a page: what it is, its settings, interfaces, metrics and alerts.
fn page(entry: &Entry) -> String {
    let c: &Component = &entry.component;
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}", c.component, c.summary);
    let image = c.image.as_deref().unwrap_or("none");
    let _ = writeln!(out, "image {image}, tested with {}", c.version.tested);
    if !c.settings.is_empty() {
        out.push_str("\nsettings\n");
    }
    for (name, setting) in &c.settings {
        let kind = serde_json::to_value(setting.kind).ok();
        let kind = kind.as_ref().and_then(|k| k.as_str()).unwrap_or_default();
        let default = match (
            &setting.default,
            setting.optional || setting.generate.is_some() || setting.same_as.is_some(),
        ) {
            (Some(value), _) => format!(" = {value}"),
            (None, true) => String::new(),
            (None, false) => " (required)".to_owned(),
        };
        let _ = writeln!(out, "  {name}: {kind}{default}\n      {}", setting.doc);
    }
    if !c.provides.is_empty() {
        out.push_str("\nprovides\n");
    }
    for (name, interface) in &c.provides {
        let transports: Vec<&str> = interface.transport.list().iter().map(|t| t.word()).collect();
        let port = interface.port.map(|p| format!(" {p}/{}", transports.join("+"))).unwrap_or_default();
        let doc = interface.doc.as_deref().unwrap_or("");
        let _ = writeln!(out, "  {name}{port} {} {doc}", interface.exposure.word());
    }
    if !c.needs.is_empty() {
        out.push_str("\nneeds\n");
    }
    for (name, need) in &c.needs {
        let words = [(need.optional, "optional"), (need.soft, "soft"), (need.many, "several")];
        let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        let how = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
        let _ = writeln!(out, "  {name}{how} {}", need.doc.as_deref().unwrap_or(""));
    }
    if !entry.alerts.alerts.is_empty() || !entry.alerts.log_alerts.is_empty() {
        out.push_str("\nalerts\n");
    }
    for (name, alert) in &entry.alerts.alerts {
        let _ = writeln!(out, "  {} {name}: {}", alert.severity.word(), alert.summary);
        for (value, threshold) in &alert.values {
            let _ = writeln!(out, "    value {value} = {}: {}", threshold.default.text(), threshold.doc);
        }
    }
    for (name, alert) in &entry.alerts.log_alerts {
        let _ = writeln!(out, "  {} {name}: {}", alert.severity.word(), alert.summary);
    }
    if !c.metrics.is_empty() {
        out.push_str("\nmetrics\n");
    }
    for (name, metric) in &c.metrics {
        let _ = writeln!(out, "  {name}: {}", metric.help);
    }
    out.push_str("\nsources\n");
    for source in &c.sources {
        let _ = writeln!(out, "  {source}");
    }
    out
}
