//! The changed part of the network as a Mermaid flowchart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::report::{Action, Diff, Effect, ServiceTouch};
use crate::emit::format::mermaid::{Ids, label};

/// More services are no picture any more.
const MOST: usize = 60;

/// What happens to a service, with its colours: fill and line.
const CLASSES: [(&str, &str, &str); 6] = [
    ("added", "#dcfce7", "#15803d"),
    ("removed", "#e5e7eb", "#4b5563"),
    ("reload", "#dbeafe", "#1d4ed8"),
    ("restart", "#fef3c7", "#b45309"),
    ("recreate", "#ffedd5", "#c2410c"),
    ("lost", "#fee2e2", "#b91c1c"),
];

/// The services that are touched, on their hosts, and who uses whom among them. Empty where none is, or
/// where they are too many to see.
// Writing to a String cannot fail, so the results are let go.
pub(super) fn drawing(diff: &Diff) -> String {
    let services = &diff.blast.services;
    if services.is_empty() || services.len() > MOST {
        return String::new();
    }
    let mut ids = Ids::default();
    let mut hosts: BTreeMap<&str, Vec<&ServiceTouch>> = BTreeMap::new();
    for touch in services {
        hosts.entry(&touch.host).or_default().push(touch);
    }
    let mut out = String::from("flowchart LR\n");
    for (host, services) in &hosts {
        let _ = writeln!(out, "  subgraph {}[{}]", ids.id(&format!("host {host}")), label(host));
        for touch in services {
            let text = label(&format!("{}\n{}", touch.service, said(touch)));
            let _ = writeln!(
                out,
                "    {}[{text}]:::{}",
                ids.id(&format!("service {}", touch.service)),
                class(touch)
            );
        }
        out.push_str("  end\n");
    }
    let drawn = |name: &str| services.iter().any(|touch| touch.service == name);
    for binding in diff.blast.bindings.iter().filter(|binding| drawn(&binding.from) && drawn(&binding.to)) {
        let arrow = match binding.action {
            Some(Action::Added) => "==>",
            Some(Action::Removed) => "-.->",
            _ => "-->",
        };
        let (from, to) = (format!("service {}", binding.from), format!("service {}", binding.to));
        let _ = writeln!(out, "  {} {arrow}|{}| {}", ids.id(&from), label(&binding.interface), ids.id(&to));
    }
    for (class, fill, line) in CLASSES {
        let _ = writeln!(out, "  classDef {class} fill:{fill},stroke:{line},color:#111827");
    }
    out
}

fn class(touch: &ServiceTouch) -> &'static str {
    match (touch.action, touch.effect) {
        (_, Effect::DataLoss) => "lost",
        (Action::Removed, _) => "removed",
        (Action::Added, _) => "added",
        (_, Effect::Recreate) => "recreate",
        (_, Effect::Restart) => "restart",
        (_, Effect::Reload | Effect::None) => "reload",
    }
}

fn said(touch: &ServiceTouch) -> &'static str {
    match (touch.action, touch.effect) {
        (Action::Added, Effect::None) => "new",
        (Action::Removed, effect) if effect < Effect::DataLoss => "gone",
        (_, effect) => effect.word(),
    }
}
