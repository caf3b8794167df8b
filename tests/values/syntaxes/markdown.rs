//! Markdown: what a browser shows of it.

use std::fs;

use netgen::emit::format::{Error, markdown};

use super::written::Written;
use super::{Outcome, Syntax, Writer};
use crate::bench::{Bench, Fault, scratch};

const TOOLS: &[&str] = &["reader-node"];

/// Prints the texts of pages.
const SHOW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/values/syntaxes/markdown-text.mjs");

/// Text of a paragraph.
pub const TEXT: Syntax =
    Syntax { name: "markdown_text", tools: TOOLS, read: paragraph, mistaken: "*a*", refusable: |_| false };

/// Text of a heading.
pub const HEADING: Syntax =
    Syntax { name: "markdown_heading", tools: TOOLS, read: heading, mistaken: "*a*", refusable: |_| false };

/// Cells of a table.
pub const CELL: Syntax =
    Syntax { name: "markdown_cell", tools: TOOLS, read: cell, mistaken: "*a*", refusable: |_| false };

/// Code in a cell of a table.
pub const CODE: Syntax =
    Syntax { name: "markdown_code", tools: TOOLS, read: code, mistaken: "a`b", refusable: |_| false };

/// Blocks of code.
pub const BLOCK: Syntax =
    Syntax { name: "markdown_block", tools: TOOLS, read: block, mistaken: "a\n```\nb", refusable: |_| false };

fn paragraph(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let page = |text: String| Ok(format!("x{text}x\n\n"));
    shown(
        bench,
        writer,
        values,
        |value| format!("x{}x", line(value)),
        |value| page(markdown::text(value)),
        |value| format!("x{value}x\n\n"),
    )
}

fn heading(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    shown(
        bench,
        writer,
        values,
        line,
        |value| Ok(format!("## {}\n", markdown::text(value))),
        |value| format!("## {value}\n"),
    )
}

fn cell(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    let lines = |value: &str| value.lines().map(line).collect::<Vec<_>>().join("\n");
    shown(bench, writer, values, lines, |value| Ok(table(&markdown::cell(value))), table)
}

fn code(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    shown(
        bench,
        writer,
        values,
        line,
        |value| Ok(table(&markdown::code_cell(value))),
        |value| table(&format!("`{value}`")),
    )
}

fn block(bench: &Bench, writer: Writer, values: &[String]) -> Result<Vec<Outcome>, Fault> {
    // Line ends are those of a browser, which drops NUL; empty lines at the end are not told.
    let lines = |value: &str| {
        let value = value.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
        value.trim_end_matches('\n').to_owned()
    };
    shown(
        bench,
        writer,
        values,
        lines,
        |value| Ok(markdown::code_block("", value)),
        |value| format!("```\n{value}\n```\n"),
    )
}

fn table(cell: &str) -> String {
    format!("|   |\n|---|\n| {cell} |\n")
}

/// A text on one line: line ends and other control characters are shown as spaces.
fn line(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

fn shown(
    bench: &Bench,
    writer: Writer,
    values: &[String],
    wanted: impl Fn(&str) -> String,
    netgen: impl Fn(&str) -> Result<String, Error>,
    naive: impl Fn(&str) -> String,
) -> Result<Vec<Outcome>, Fault> {
    let written = Written::new(values, writer, |_, value| netgen(value), |_, value| naive(value));
    let pages: Vec<&str> = written.all().iter().map(|one| one.text).collect();
    let folder = scratch()?;
    fs::write(folder.path().join("pages.json"), serde_json::json!(pages).to_string())
        .map_err(Fault::io("cannot write the pages"))?;
    let run = bench.tool("reader-node")?.at(folder.path()).args([SHOW, "pages.json"]).run()?;
    run.accepted()?;
    let texts: Vec<String> = serde_json::from_str(&run.stdout).map_err(Fault::io("the texts are no JSON"))?;
    Ok(written.outcomes_of("the page", wanted, |at| texts.get(at).cloned()))
}
