//! Who hears of what, as sections of a page.

use std::collections::BTreeSet;

use super::{Section, names};
use crate::analyze::alerts::{Cell, Coverage, Heard, Row, Subject};

pub(super) fn sections(found: &Coverage) -> Vec<Section> {
    let mut sections = vec![overview(found)];
    if found.monitored {
        sections.extend(uncovered(found));
        sections.push(matrix(found));
        sections.extend(others(found));
    }
    sections
}

/// What a row is called.
fn called(row: &Row) -> String {
    let what = match row.subject {
        Subject::Network => "network".to_owned(),
        Subject::Region => "regions".to_owned(),
        Subject::Host => "hosts".to_owned(),
        Subject::Service => row.component.clone().unwrap_or_default(),
    };
    let role = row.role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
    format!("{what}{role}")
}

fn cells(found: &Coverage) -> impl Iterator<Item = (&Row, &Cell)> {
    found.rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell)))
}

fn overview(found: &Coverage) -> Section {
    let required = || cells(found).filter(|(_, cell)| cell.required);
    let open = required().filter(|(_, cell)| !cell.uncovered.is_empty()).count();
    let silent: Vec<String> =
        found.alerts.iter().filter(|heard| heard.receivers.is_empty()).map(|h| h.alert.clone()).collect();
    let unheard: Vec<String> = required()
        .filter(|(_, cell)| !cell.alerts.is_empty() && cell.alerts.iter().all(|h| h.receivers.is_empty()))
        .map(|(row, cell)| format!("{} of {}", cell.failure.word(), called(row)))
        .collect();
    let lines = if found.monitored {
        vec![
            format!(
                "{} failures must be told: {}",
                required().count(),
                if open == 0 {
                    "each has its alert".to_owned()
                } else {
                    format!("{open} have none everywhere")
                }
            ),
            format!(
                "{} alerts: {}",
                found.alerts.len(),
                if silent.is_empty() {
                    "each calls somebody".to_owned()
                } else {
                    format!("{} call nobody: {}", silent.len(), names(&silent))
                }
            ),
        ]
        .into_iter()
        .chain((!unheard.is_empty()).then(|| format!("told, and heard by nobody: {}", names(&unheard))))
        .collect()
    } else {
        vec!["the network has no monitoring: nobody hears of anything".to_owned()]
    };
    Section { title: "Alerts".to_owned(), lines, ..Section::default() }
}

fn uncovered(found: &Coverage) -> Option<Section> {
    let open = cells(found).filter(|(_, cell)| cell.required && !cell.uncovered.is_empty());
    let row = |(row, cell): (&Row, &Cell)| {
        vec![called(row), cell.failure.word().to_owned(), names(&cell.uncovered)]
    };
    let rows: Vec<Vec<String>> = open.map(row).collect();
    (!rows.is_empty()).then(|| Section {
        title: "Failures that no alert tells".to_owned(),
        head: Section::head(&["of", "failure", "where"]),
        rows,
        ..Section::default()
    })
}

fn receivers<'a>(heard: impl IntoIterator<Item = &'a Heard>) -> String {
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    for name in heard.into_iter().flat_map(|heard| &heard.receivers) {
        if known.insert(name.as_str()) {
            all.push(name.as_str());
        }
    }
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

fn matrix(found: &Coverage) -> Section {
    let row = |(row, cell): (&Row, &Cell)| {
        let silenced =
            cell.silenced.iter().map(|quiet| format!("{} silenced: {}", quiet.alert, quiet.reason));
        let alerts: Vec<String> = cell
            .alerts
            .iter()
            .map(|heard| format!("{} {}", heard.severity.word(), heard.alert))
            .chain(silenced)
            .collect();
        vec![
            called(row),
            cell.failure.word().to_owned(),
            if alerts.is_empty() { "-".to_owned() } else { alerts.join(", ") },
            receivers(&cell.alerts),
        ]
    };
    Section {
        title: "Who hears of what".to_owned(),
        head: Section::head(&["of", "failure", "alerts", "receivers"]),
        rows: cells(found).map(row).collect(),
        ..Section::default()
    }
}

/// Alerts that stand in no cell.
fn others(found: &Coverage) -> Option<Section> {
    let in_cells = cells(found).flat_map(|(_, cell)| &cell.alerts);
    let placed: BTreeSet<&str> = in_cells.map(|heard| heard.alert.as_str()).collect();
    let row = |heard: &Heard| vec![format!("{} {}", heard.severity.word(), heard.alert), receivers([heard])];
    let rows: Vec<Vec<String>> =
        found.alerts.iter().filter(|heard| !placed.contains(heard.alert.as_str())).map(row).collect();
    (!rows.is_empty()).then(|| Section {
        title: "Alerts that tell no failure of the matrix".to_owned(),
        head: Section::head(&["alert", "receivers"]),
        rows,
        ..Section::default()
    })
}
