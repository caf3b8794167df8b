//! Exceptions that the manifest makes: which finding each of them lets through, and whether it still may.

use super::registry::{all_rules, can_be_waived};
use crate::diag::{Diagnostic, Level, Rule, Sink, Waived, codes};
use crate::manifest::{Date, Waiver};
use crate::text::Span;
use crate::value::{Kind, Node};

/// Marks the findings that a waiver lets through. Reports waivers that are wrong, over or of no use.
///
/// `root` is the tree that the manifest was read from. Without a day nothing is ever over.
pub fn apply(waivers: &[Waiver], root: &Node, as_of: Option<Date>, sink: &mut Sink) {
    let rules = all_rules();
    // Where the network could not be resolved, rules may be silent that would have spoken.
    let broken = sink.found_mut().iter().any(|found| found.is_error() && !can_be_waived(found.rule));
    let mut said = Vec::new();
    for waiver in waivers {
        let Some(rule) = rule_of(waiver, &rules, &mut said) else { continue };
        let Some(part) = part_of(waiver, root, &mut said) else { continue };
        let covers = |found: &Diagnostic| {
            found.rule == rule
                && part.as_ref().is_none_or(|part| found.labels.iter().any(|label| part.holds(label.span)))
        };
        let mut covered = sink.found_mut().iter_mut().filter(|found| covers(found)).peekable();
        if covered.peek().is_none() {
            if !broken && sink.level_of(rule) != Level::Allow {
                said.push(unused(waiver, rule));
            }
        } else if as_of.is_some_and(|today| *waiver.until < today) {
            said.push(expired(waiver, rule, as_of));
        } else {
            for found in covered {
                found.waived.get_or_insert_with(|| Waived {
                    reason: waiver.reason.value.clone(),
                    until: waiver.until.to_string(),
                    span: waiver.rule.span,
                });
            }
        }
    }
    sink.extend(said);
}

fn rule_of(waiver: &Waiver, rules: &[&'static Rule], said: &mut Vec<Diagnostic>) -> Option<&'static Rule> {
    let wanted = waiver.rule.as_str();
    let bad = |message| Diagnostic::new(&codes::BAD_WAIVER, waiver.rule.span, message);
    let Some(rule) = Rule::find(rules, wanted) else {
        let known = rules.iter().filter(|rule| can_be_waived(rule)).flat_map(|rule| [rule.code, rule.name]);
        said.push(
            bad(format!("there is no rule `{wanted}`"))
                .here("no such rule")
                .suggest(wanted, known)
                .help("`netgen explain` lists all rules"),
        );
        return None;
    };
    if !can_be_waived(rule) {
        said.push(
            bad(format!("`{}` cannot be waived", rule.name))
                .here("without it there is nothing to build from")
                .help("correct what it finds, and remove the waiver"),
        );
        return None;
    }
    Some(rule)
}

/// The part of the manifest that a waiver holds for.
struct Part<'a> {
    key: Option<Span>,
    node: &'a Node,
}

impl Part<'_> {
    /// Whether a place lies in it. Parts that were merged from several files are held piece by piece.
    fn holds(&self, place: Span) -> bool {
        self.key.is_some_and(|key| within(place, key)) || inside(place, self.node)
    }
}

fn inside(place: Span, node: &Node) -> bool {
    within(place, node.span)
        || match &node.kind {
            Kind::Map(map) => {
                map.entries().iter().any(|entry| within(place, entry.key.span) || inside(place, &entry.value))
            }
            Kind::Seq(items) => items.iter().any(|item| inside(place, item)),
            _ => false,
        }
}

fn within(inner: Span, outer: Span) -> bool {
    inner.source == outer.source && outer.start <= inner.start && inner.end <= outer.end
}

/// `Some(None)`: the whole manifest. `None`: there is no such place.
fn part_of<'a>(waiver: &Waiver, root: &'a Node, said: &mut Vec<Diagnostic>) -> Option<Option<Part<'a>>> {
    let Some(at) = &waiver.at else { return Some(None) };
    let mut part = Part { key: None, node: root };
    for step in at.split('.') {
        let next = match &part.node.kind {
            Kind::Map(map) => {
                map.entry(step).map(|entry| Part { key: Some(entry.key.span), node: &entry.value })
            }
            Kind::Seq(items) => {
                step.parse::<usize>().ok().and_then(|n| items.get(n)).map(|node| Part { key: None, node })
            }
            _ => None,
        };
        let Some(next) = next else {
            let known = part.node.as_map().into_iter().flat_map(|map| map.iter().map(|(key, _)| key));
            said.push(
                Diagnostic::new(
                    &codes::BAD_WAIVER,
                    at.span,
                    format!("the manifest has no `{}`", at.as_str()),
                )
                .here(format!("nothing is called `{step}` there"))
                .suggest(step, known),
            );
            return None;
        };
        part = next;
    }
    Some(Some(part))
}

fn unused(waiver: &Waiver, rule: &Rule) -> Diagnostic {
    let place = waiver.at.as_ref().map(|at| format!(" at `{}`", at.as_str())).unwrap_or_default();
    Diagnostic::new(
        &codes::UNUSED_WAIVER,
        waiver.rule.span,
        format!("nothing that `{}` finds{place} is let through", rule.name),
    )
    .here("this waiver has no use")
    .help("remove it")
}

fn expired(waiver: &Waiver, rule: &Rule, as_of: Option<Date>) -> Diagnostic {
    let today = as_of.map(|day| format!("today is {day}")).unwrap_or_default();
    Diagnostic::new(
        &codes::EXPIRED_WAIVER,
        waiver.until.span,
        format!("the waiver of `{}` is over since {}", rule.name, waiver.until.value),
    )
    .here(today)
    .label(waiver.reason.span, "it was made for this reason")
    .help("correct what the rule finds, or give a later day with a reason that holds")
    .help("to build what was built before, say so: `--as-of YYYY-MM-DD`")
}
