//! A diff as plain text.

use super::super::report::{Diff, Effect, Origin};
use super::{Group, ORIGINS, by_causes, headline, judged, key_facts, of_origin, plan, sign, step};

/// So many changes of what follows are shown; the JSON form has them all.
const ROWS: usize = 30;

/// A diff as plain text.
pub fn text(diff: &Diff) -> String {
    let mut out = format!(
        "{}: {} ({}) -> {} ({})\n{}\n",
        diff.network,
        diff.old.name,
        diff.old.kind.word(),
        diff.new.name,
        diff.new.kind.word(),
        headline(diff)
    );
    if diff.is_empty() {
        return out;
    }
    for (origin, title) in ORIGINS {
        let changes = of_origin(diff, origin);
        let most = if origin == Origin::Follows { ROWS } else { usize::MAX };
        section(&mut out, title, changes.iter().take(most).map(row));
        if changes.len() > most {
            out.push_str(&format!("  and {} more\n", changes.len() - most));
        }
    }
    section(&mut out, "Blast radius", key_facts(diff));
    let touched = diff.blast.services.iter().map(|touch| {
        let why = if touch.why.is_empty() { String::new() } else { format!(": {}", touch.why.join(", ")) };
        format!("{} {} on {}: {}{why}", sign(touch.action), touch.service, touch.host, touch.effect.word())
    });
    section(&mut out, "Services", touched);
    section(&mut out, "Alerts and survivability", judged(diff));
    section(&mut out, "Rollout", plan(diff));
    let groups = by_causes(&diff.files);
    let files = groups.iter().flat_map(|(causes, files)| {
        let numbers: Vec<String> = causes.iter().map(|cause| format!("#{cause}")).collect();
        let because = format!("because of {}:", numbers.join(" "));
        std::iter::once(because).chain(files.iter().map(|file| format!("  {file}"))).collect::<Vec<_>>()
    });
    section(&mut out, "Files", files);
    out
}

fn row(group: &Group<'_>) -> String {
    let Some(change) = group.first() else { return String::new() };
    let step = step(change);
    let step = if step.is_empty() { step } else { format!(": {step}") };
    let why = if change.effect == Effect::None && change.reason.is_empty() {
        String::new()
    } else {
        format!("\n       {}: {}", change.effect.word(), group.why())
    };
    format!("{} {} {}{step}{why}", group.numbers(), sign(change.action), group.subject())
}

fn section(out: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        out.push_str(&format!("\n{title}\n"));
    }
    for line in lines {
        out.push_str(&format!("  {line}\n"));
    }
}
