//! A diff as a comment on a pull request: a short summary, all else folded away.

use super::super::report::{Diff, Effect, Origin};
use super::drawing::drawing;
use super::{ORIGINS, by_causes, headline, judged, key_facts, of_origin, plan, sign, step};
use crate::emit::format::markdown::{cell, code, code_block, text};

/// A comment has 65536 characters at most, on GitHub; all parts together stay below.
const MOST_OF_ALL: usize = 60_000;
/// Rows of one table.
const ROWS: usize = 100;

/// A diff as Markdown.
pub fn markdown(diff: &Diff) -> String {
    let mut out = format!("### {}: {}\n", text(&diff.network), text(&headline(diff)));
    out.push_str(&format!(
        "\n{} ({}) → {} ({})\n",
        code(&diff.old.name),
        diff.old.kind.word(),
        code(&diff.new.name),
        diff.new.kind.word()
    ));
    if diff.is_empty() {
        return out;
    }
    out.push('\n');
    for fact in key_facts(diff) {
        out.push_str(&format!("- {}\n", text(&fact)));
    }
    let worst = ORIGINS.iter().flat_map(|(origin, _)| of_origin(diff, *origin));
    let worst = worst.filter(|group| group.first().is_some_and(|change| change.effect >= Effect::Recreate));
    for group in worst.take(5) {
        let effect = group.first().map(|change| change.effect.word()).unwrap_or_default();
        out.push_str(&format!("- **{effect}**: {}: {}\n", text(&group.subject()), text(&group.why())));
    }
    let mut parts = Vec::new();
    for (origin, title) in ORIGINS {
        let changes = of_origin(diff, origin);
        let rows = changes.iter().filter_map(|group| {
            let change = group.first()?;
            let what = format!("{} {}", sign(change.action), group.subject());
            Some(vec![group.numbers(), what, step(change), change.effect.word().to_owned(), group.why()])
        });
        let number = changes.iter().map(|group| group.changes.len()).sum::<usize>();
        let title = format!("{title}: {number}");
        parts.push(folded(
            &title,
            &table(&["#", "what", "value", "effect", "why"], rows),
            origin == Origin::Author,
        ));
    }
    let touched = diff.blast.services.iter().map(|touch| {
        let name = format!("{} {}", sign(touch.action), touch.service);
        vec![name, touch.host.clone(), touch.effect.word().to_owned(), touch.why.join(", ")]
    });
    let title = format!("Services: {}", diff.blast.services.len());
    parts.push(folded(&title, &table(&["service", "host", "effect", "what differs"], touched), false));
    let picture = drawing(diff);
    if !picture.is_empty() {
        parts.push(folded("The changed part", &code_block("mermaid", &picture), false));
    }
    parts.push(folded("Alerts and survivability", &list(&judged(diff)), false));
    parts.push(folded(&format!("Rollout in {} waves", diff.rollout.waves.len()), &list(&plan(diff)), false));
    let groups = by_causes(&diff.files);
    let files = groups.iter().flat_map(|(causes, files)| {
        let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
        let causes = causes.join(", ");
        files.iter().map(move |file| vec![file.clone(), causes.clone()])
    });
    parts.push(folded(
        &format!("Files: {}", diff.files.len()),
        &table(&["file", "because of"], files),
        false,
    ));
    for part in parts {
        if out.len() + part.len() > MOST_OF_ALL {
            out.push_str("\nThe rest is too long for a comment; `netgen diff --as json` has it all.\n");
            break;
        }
        out.push_str(&part);
    }
    out
}

/// A part that opens at a click; nothing where it is empty.
fn folded(title: &str, body: &str, open: bool) -> String {
    if body.is_empty() {
        return String::new();
    }
    let open = if open { " open" } else { "" };
    format!("\n<details{open}><summary>{}</summary>\n\n{body}\n</details>\n", text(title))
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {}\n", text(line.trim_start()))).collect()
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(head.iter().map(|cell| (*cell).to_owned()).collect());
    out.push_str(&line(head.iter().map(|_| "---".to_owned()).collect()));
    for row in rows.iter().take(ROWS) {
        out.push_str(&line(row.iter().map(|text| cell(text)).collect()));
    }
    if rows.len() > ROWS {
        out.push_str(&format!("\nand {} more\n", rows.len() - ROWS));
    }
    out
}
