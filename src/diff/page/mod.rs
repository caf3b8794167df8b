//! A diff for people: plain text, or Markdown for a pull request.

mod drawing;
mod human;
mod markdown;

use std::collections::BTreeMap;

use serde_json::Value;

pub use human::text;
pub use markdown::markdown;

use super::report::{Action, Change, Diff, Effect, FileChange, Origin, PortTouch, SubjectKind};
use super::rollout::shown;
use crate::analyze::reachability::From;
use crate::diag::list_names;
use crate::hashed::HashMap;
use crate::text::mask_secrets;

/// Characters of a value that are shown.
const LONGEST: usize = 60;

/// So many files of one folder are named one by one.
const MOST_OF_FOLDER: usize = 6;

/// The origins with their titles, in the order in which they are told.
const ORIGINS: [(Origin, &str); 4] = [
    (Origin::Author, "Changed by the author"),
    (Origin::Lock, "Changed in the lock"),
    (Origin::Moved, "Moved defaults (netgen or its catalog)"),
    (Origin::Follows, "Follows from these"),
];

/// `1 file`, `2 files`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn sign(action: Action) -> char {
    match action {
        Action::Added => '+',
        Action::Removed => '-',
        Action::Changed => '~',
    }
}

/// A value on one line; what may be a secret is not shown.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key} {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    mask_secrets(&plain).to_string()
}

/// A value, not too long.
fn value(value: &Value) -> String {
    cut(&plain(value))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Changes that are one in the eyes of a reader: the same value of several subjects.
struct Group<'d> {
    numbers: Vec<usize>,
    changes: Vec<&'d Change>,
}

impl<'d> Group<'d> {
    /// `#1 #2`; from three on `#1...#9`.
    fn numbers(&self) -> String {
        match self.numbers.as_slice() {
            [] => String::new(),
            [one] => format!("#{one}"),
            [first, second] => format!("#{first} #{second}"),
            [first, .., last] => format!("#{first}...#{last}"),
        }
    }

    /// The first of them, which speaks for all.
    fn first(&self) -> Option<&'d Change> {
        self.changes.first().copied()
    }

    /// `host val-1`, `services a, b settings.cache`.
    fn subject(&self) -> String {
        let Some(first) = self.first() else { return String::new() };
        let kind = match first.subject.kind {
            // A part of the manifest that is about all of the network bears its own name.
            SubjectKind::Network => String::new(),
            kind => format!("{} ", kind.word()),
        };
        let names: Vec<&str> = self.changes.iter().map(|change| change.subject.name.as_str()).collect();
        let shown: Vec<&str> = names.iter().take(4).copied().collect();
        let more = names.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let space = if first.value.is_empty() { "" } else { " " };
        format!("{kind}{}{more}{space}{}", shown.join(", "), first.value)
    }

    /// What they do, and why.
    fn why(&self) -> String {
        self.first().map(|change| change.reason.clone()).unwrap_or_default()
    }
}

/// `a -> b`; of lists only the items that came and went.
fn step(change: &Change) -> String {
    match (&change.old, &change.new) {
        (None, None) => String::new(),
        (None, Some(new)) => value(new),
        (Some(old), None) => format!("was {}", value(old)),
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let gone = old.iter().filter(|item| !new.contains(item)).map(|item| format!("-{}", value(item)));
            let come = new.iter().filter(|item| !old.contains(item)).map(|item| format!("+{}", value(item)));
            let items: Vec<String> = gone.chain(come).collect();
            if items.is_empty() { "another order".to_owned() } else { items.join(" ") }
        }
        (Some(old), Some(new)) => {
            let [was, is] = [old, new].map(plain);
            let same = was.chars().zip(is.chars()).take_while(|(a, b)| a == b).count();
            // Of long texts the part that differs is shown.
            let skip = if was.chars().count().max(is.chars().count()) > LONGEST {
                same.saturating_sub(12)
            } else {
                0
            };
            let part = |text: &str| {
                let rest: String = text.chars().skip(skip).collect();
                format!("{}{}", if skip > 0 { "..." } else { "" }, cut(&rest))
            };
            format!("{} -> {}", part(&was), part(&is))
        }
    }
}

fn from(from: &From) -> String {
    match from {
        From::Nobody => "nobody".to_owned(),
        From::Anyone => "anyone".to_owned(),
        From::Network => "every host of the network".to_owned(),
        From::Hosts(hosts) => list_names(hosts.iter().map(String::as_str), 4),
    }
}

/// `val-1:8545/tcp (rpc of val-1-execution) to anyone`.
fn port(touch: &PortTouch, access: Option<&From>) -> String {
    let transports: Vec<&str> = touch.transports.iter().map(|transport| transport.word()).collect();
    let access = access.map_or_else(|| "nobody".to_owned(), from);
    format!(
        "{}:{}/{} ({} of {}) to {access}",
        touch.host,
        touch.port,
        transports.join("+"),
        touch.interface,
        touch.service
    )
}

/// One line that says it all.
fn headline(diff: &Diff) -> String {
    if diff.is_empty() {
        return "nothing differs".to_owned();
    }
    let of = |origin| diff.origins.get(&origin).copied().unwrap_or(0);
    let mut parts = Vec::new();
    for (origin, word) in [
        (Origin::Author, "by the author"),
        (Origin::Lock, "in the lock"),
        (Origin::Moved, "moved"),
        (Origin::Follows, "following"),
    ] {
        if of(origin) > 0 {
            parts.push(format!("{} {word}", of(origin)));
        }
    }
    format!("{}: {} ({})", diff.effect.word(), count(diff.changes.len(), "change"), parts.join(", "))
}

/// What a reader must know first, a line each.
fn key_facts(diff: &Diff) -> Vec<String> {
    let blast = &diff.blast;
    let stops = blast.services.iter().filter(|touch| touch.effect >= Effect::Restart).count();
    let mut facts = vec![format!(
        "{} on {}; {} touched, {stops} of them stopped and started",
        count(diff.files.len(), "file"),
        count(blast.hosts.len(), "host"),
        count(blast.services.len(), "service"),
    )];
    if let Some(power) = &blast.power {
        let total = power.after.max(1);
        facts.push(format!(
            "voting power: {} of {} ({}%) restarts, at most {} at once; margin {} before, {} during, {} after",
            power.restarted,
            power.after,
            power.restarted.saturating_mul(100) / total,
            power.down,
            power.margin_before,
            power.margin_during,
            power.margin_after
        ));
        if power.before != power.after {
            facts.push(format!("voting power in all: {} -> {}", power.before, power.after));
        }
        if power.margin_during < 0 {
            facts.push("NO order of the hosts keeps the quorum: too much stops at once".to_owned());
        }
    }
    facts.extend(blast.opened.iter().map(|touch| format!("opens {}", port(touch, touch.after.as_ref()))));
    facts.extend(blast.closed.iter().map(|touch| format!("closes {}", port(touch, touch.before.as_ref()))));
    facts
}

/// Alerts and survivability, a line each.
fn judged(diff: &Diff) -> Vec<String> {
    let blast = &diff.blast;
    let mut lines = Vec::new();
    for (word, alerts) in [("gained", &blast.alerts_gained), ("lost", &blast.alerts_lost)] {
        if !alerts.is_empty() {
            let names = list_names(alerts.iter().map(|touch| touch.alert.as_str()), 8);
            lines.push(format!("alerts {word}: {}: {names}", alerts.len()));
        }
    }
    for touch in &blast.survivability {
        let said = |one: &Option<crate::model::Survives>| match one {
            None => "none of it".to_owned(),
            Some(one) => {
                let verdict = if one.margin < 0 { "too much" } else { "survived" };
                let worst = one.worst.as_deref().unwrap_or("any");
                format!("{worst} stops {} ({verdict}, margin {}) of {}", one.lost, one.margin, one.domains)
            }
        };
        lines.push(format!("worst {}: {} -> {}", touch.kind.word(), said(&touch.before), said(&touch.after)));
    }
    lines
}

/// The roll-out, a line each.
fn plan(diff: &Diff) -> Vec<String> {
    let rollout = &diff.rollout;
    let mut lines = Vec::new();
    if !rollout.retired.is_empty() {
        let names = list_names(rollout.retired.iter().map(String::as_str), 6);
        lines.push(format!("first, on all hosts: {names} end"));
    }
    for (number, wave) in (1..).zip(&rollout.waves) {
        let hosts = list_names(wave.hosts.iter().map(String::as_str), 6);
        let what = if wave.services.is_empty() {
            "nothing stops".to_owned()
        } else {
            format!("{} restart", list_names(wave.services.iter().map(String::as_str), 4))
        };
        let margin = match wave.margin {
            Some(margin) if wave.lost > 0 => format!("; {} voting power down, margin {margin}", wave.lost),
            _ => String::new(),
        };
        lines.push(format!("wave {number}: {hosts}: {what}{margin}; at most {}", shown(wave.at_most)));
        lines.push(format!("  then: {}", wave.gates.join("; ")));
    }
    if !rollout.waves.is_empty() {
        lines.push(format!("at most {} in all", shown(rollout.at_most)));
        let id = rollout.rollback.get(..12).unwrap_or_default();
        lines.push(format!("back to bundle {id} with `make rollback`"));
    }
    lines.extend(rollout.beyond_rollback.iter().map(|what| format!("not brought back by that: {what}")));
    lines
}

/// The changes of an origin; those that say the same of several subjects are one.
fn of_origin(diff: &Diff, origin: Origin) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<(SubjectKind, &str, Effect, &str, String), usize> = HashMap::default();
    for (number, change) in (1..).zip(&diff.changes).filter(|(_, change)| change.origin == origin) {
        let said = format!("{:?} {}", change.action, step(change));
        let key = (change.subject.kind, change.value.as_str(), change.effect, change.reason.as_str(), said);
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => {
                group.numbers.push(number);
                group.changes.push(change);
            }
            None => groups.push(Group { numbers: vec![number], changes: vec![change] }),
        }
    }
    groups
}

/// Paths by folder, and by what happened to them.
type Folders<'a> = BTreeMap<(&'a str, Action), Vec<&'a str>>;

/// Files with the same causes, as (causes, lines): many files of one folder are one line.
fn by_causes(files: &[FileChange]) -> Vec<(&[usize], Vec<String>)> {
    let mut groups: BTreeMap<&[usize], Folders<'_>> = BTreeMap::new();
    for file in files {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let group = groups.entry(file.causes.as_slice()).or_default();
        group.entry((folder, file.action)).or_default().push(&file.path);
    }
    let lines = |folders: Folders<'_>| {
        let of_folder = |((folder, action), paths): ((&str, Action), Vec<&str>)| {
            let sign = sign(action);
            if paths.len() > MOST_OF_FOLDER {
                return vec![format!("{sign} {folder}/: {}", count(paths.len(), "file"))];
            }
            paths.into_iter().map(|path| format!("{sign} {path}")).collect()
        };
        folders.into_iter().flat_map(of_folder).collect()
    };
    groups.into_iter().map(|(causes, folders)| (causes, lines(folders))).collect()
}
