//! An analysis as a page for people: plain text or Markdown.

mod alerts;
mod reachability;

use super::report::Analysis;
use super::survive::{
    ClusterLoss, DomainLoss, KindSummary, PairLoss, Power, SmallestSet, Survivability, ways,
};
use super::{capacity, clients, spof};
use crate::catalog::chain::Consensus;
use crate::emit::format::markdown;
use crate::manifest::quantity::Percent;

const TITLE: &str = "Survivability";

/// How many rows a table of findings shows; the JSON form has them all.
const ROWS: usize = 20;

/// How many names of a list are shown.
const NAMES: usize = 4;

/// A part of a page.
#[derive(Debug, Default)]
struct Section {
    title: String,
    lines: Vec<String>,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Below the table.
    notes: Vec<String>,
}

impl Section {
    fn head(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }
}

/// An analysis as plain text.
pub fn text(analysis: &Analysis) -> String {
    let mut out = String::new();
    for section in sections(analysis) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{}\n", section.title));
        for line in &section.lines {
            out.push_str(&format!("  {line}\n"));
        }
        if !section.rows.is_empty() {
            let head = &section.head;
            let width = |column: usize| {
                let cells = section.rows.iter().chain([head]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
            };
            let widths: Vec<usize> = (0..head.len()).map(width).collect();
            for row in [head].into_iter().chain(&section.rows) {
                let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
                let line = cells.collect::<Vec<_>>().join("  ");
                out.push_str(&format!("  {}\n", line.trim_end()));
            }
        }
        for note in &section.notes {
            out.push_str(&format!("  {note}\n"));
        }
    }
    out
}

/// An analysis as Markdown.
pub fn markdown(analysis: &Analysis) -> String {
    let mut out = format!("# {}\n", markdown::text(&analysis.network));
    for section in sections(analysis) {
        out.push_str(&format!("\n## {}\n", markdown::text(&section.title)));
        for line in &section.lines {
            out.push_str(&format!("\n{}\n", markdown::text(line)));
        }
        if !section.rows.is_empty() {
            let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
            out.push('\n');
            out.push_str(&line(section.head.iter().map(|cell| markdown::cell(cell)).collect()));
            out.push_str(&line(section.head.iter().map(|_| "---".to_owned()).collect()));
            for row in &section.rows {
                out.push_str(&line(row.iter().map(|cell| markdown::cell(cell)).collect()));
            }
        }
        for note in &section.notes {
            out.push_str(&format!("\n{}\n", markdown::text(note)));
        }
    }
    out
}

fn sections(analysis: &Analysis) -> Vec<Section> {
    let mut sections = Vec::new();
    if analysis.survivability.as_ref().is_some_and(|found| found.quorum.total == 0) {
        let lines = vec!["no node has voting power, so there is none to lose".to_owned()];
        sections.push(Section { title: TITLE.to_owned(), lines, ..Section::default() });
    } else if let Some(found) = &analysis.survivability {
        sections.push(overview(analysis, found));
        sections.extend(alone(found));
        sections.extend(together(found));
        sections.extend(clusters(found));
        sections.push(shares(found));
    }
    if let Some(found) = &analysis.single_points {
        sections.push(points("Single points of failure", &found.services, found));
        if !found.links.is_empty() {
            sections.push(points("Links that have no second", &found.links, found));
        }
    }
    sections.extend(analysis.reachability.iter().flat_map(reachability::sections));
    sections.extend(analysis.alerts.iter().flat_map(alerts::sections));
    if let Some(found) = &analysis.capacity {
        sections.push(resources(found));
    }
    sections
}

fn overview(analysis: &Analysis, found: &Survivability) -> Section {
    let quorum = &found.quorum;
    let mut lines = vec![
        format!(
            "{}: {} {} voting power; at most {} may be lost",
            analysis.chain,
            holders(found),
            quorum.total,
            quorum.tolerates
        ),
        format!("a larger loss {}", quorum.harm()),
    ];
    if let Some(from) = quorum.forks_from {
        lines.push(format!("{from} faulty voting power can fork the chain"));
    }
    if quorum.consensus == Consensus::EthereumPos {
        lines.push(
            "the stake of this network is a part of the chain's: the chain goes on without it".to_owned(),
        );
    }
    let mut head = Section::head(&["kind", "domains", "worst", "lost", "worst pair", "lost", "too much"]);
    // Where what halts can also fork, one column says both.
    let apart = quorum.forks_from.is_some_and(|from| from != quorum.tolerates + 1);
    if apart {
        head.push("can fork".to_owned());
    }
    let row = |kind: &KindSummary| {
        let none = || ("-".to_owned(), "0".to_owned());
        let worst = kind.worst.as_ref().map_or_else(none, |w| (w.name.clone(), lost(found, &w.power)));
        let pair = kind.worst_pair.as_ref().map_or_else(none, |w| {
            let bound = if w.exact { "" } else { "at least " };
            (w.names.join(" + "), format!("{bound}{}", lost(found, &w.power)))
        });
        let mut cells = vec![kind.kind.word().to_owned(), kind.domains.to_string()];
        cells.extend([worst.0, worst.1, pair.0, pair.1, set(kind.halts.as_ref())]);
        if apart {
            cells.push(set(kind.forks.as_ref()));
        }
        cells
    };
    let rows = found.kinds.iter().map(row).collect();
    Section { title: TITLE.to_owned(), lines, head, rows, notes: Vec::new() }
}

/// Who votes, with the verb.
fn holders(found: &Survivability) -> String {
    let nodes = count(found.voters, "voting node");
    let clusters = count(found.clusters.len(), "cluster");
    match (found.voters, found.clusters.len()) {
        (1, 0) => format!("{nodes} holds"),
        (_, 0) => format!("{nodes} hold"),
        (0, 1) => format!("{clusters} of nodes holds"),
        (0, _) => format!("{clusters} of nodes hold"),
        _ => format!("{nodes} and {clusters} of nodes hold"),
    }
}

/// A loss with its share.
fn lost(found: &Survivability, power: &Power) -> String {
    let percent = (power.lost * 10_000).checked_div(found.quorum.total).unwrap_or_default();
    format!("{} ({})", power.lost, Percent(u32::try_from(percent).unwrap_or(10_000)))
}

fn set(set: Option<&SmallestSet>) -> String {
    let Some(set) = set else { return "never".to_owned() };
    let size = set.domains.len();
    let count = if set.exact { size.to_string() } else { format!("{} to {size}", set.at_least) };
    format!("{count}: {}", names(&set.domains))
}

fn names(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > NAMES { format!("{shown}, and {} more", names.len() - NAMES) } else { shown }
}

fn count(count: usize, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}

fn more(shown: usize, all: usize) -> Vec<String> {
    if all > shown { vec![format!("and {} more; `--as json` lists all", all - shown)] } else { Vec::new() }
}

fn alone(found: &Survivability) -> Option<Section> {
    let fatal: Vec<&DomainLoss> = found.domains.iter().filter(|domain| !domain.power.holds).collect();
    let rows: Vec<Vec<String>> = fatal
        .iter()
        .take(ROWS)
        .map(|domain| {
            let ways = ways(domain);
            let mut why: Vec<String> = ways
                .iter()
                .take(2)
                .map(|(count, way)| format!("{count} without {} of {}", way.interface, way.provider))
                .collect();
            let nodes = domain.nodes.iter().filter(|node| node.through.is_none()).count();
            let direct = nodes + domain.clusters.iter().filter(|c| c.through.is_none()).count();
            if direct > 0 {
                why.insert(0, format!("{direct} directly"));
            }
            vec![
                format!("{} {}", domain.kind.word(), domain.name),
                lost(found, &domain.power),
                domain.power.left.to_string(),
                domain.power.margin.to_string(),
                format!("{}: {}", stopped(domain), why.join(", ")),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| Section {
        title: "Too much alone".to_owned(),
        notes: more(rows.len(), fatal.len()),
        lines: Vec::new(),
        head: Section::head(&["failure", "lost", "left", "margin", "stops"]),
        rows,
    })
}

/// How many nodes and clusters a failure stops.
fn stopped(domain: &DomainLoss) -> String {
    let clusters = domain.clusters.len();
    if clusters == 0 {
        count(domain.nodes.len(), "node")
    } else if domain.nodes.is_empty() {
        count(clusters, "cluster")
    } else {
        format!("{} and {}", count(domain.nodes.len(), "node"), count(clusters, "cluster"))
    }
}

/// What the clusters can spare.
fn clusters(found: &Survivability) -> Option<Section> {
    let row = |cluster: &ClusterLoss| {
        let by: Vec<String> =
            cluster.stopped_by.iter().map(|by| format!("{} {}", by.kind.word(), by.name)).collect();
        vec![
            cluster.cluster.clone(),
            cluster.power.to_string(),
            format!("{} of {}", cluster.threshold, cluster.nodes),
            cluster.spare.to_string(),
            if by.is_empty() { "nothing".to_owned() } else { names(&by) },
        ]
    };
    let rows: Vec<Vec<String>> = found.clusters.iter().take(ROWS).map(row).collect();
    (!rows.is_empty()).then(|| Section {
        title: "Clusters".to_owned(),
        lines: vec!["a cluster goes on while no more of its nodes are lost than it can spare".to_owned()],
        head: Section::head(&["cluster", "power", "signs with", "spare", "stopped alone by"]),
        notes: more(rows.len(), found.clusters.len()),
        rows,
    })
}

fn together(found: &Survivability) -> Option<Section> {
    let row = |pair: &PairLoss| {
        let [a, b] = &pair.domains;
        vec![
            format!("{} {} + {} {}", a.kind.word(), a.name, b.kind.word(), b.name),
            lost(found, &pair.power),
            pair.power.left.to_string(),
            pair.power.margin.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = found.pairs.iter().take(ROWS).map(row).collect();
    let mut notes = more(rows.len(), found.pairs.len());
    if !found.pairs_exact {
        notes.push("the search for pairs ended at its limit: there may be worse ones".to_owned());
    }
    (!rows.is_empty() || !found.pairs_exact).then(|| Section {
        title: "Too much together, though neither is alone".to_owned(),
        lines: Vec::new(),
        head: Section::head(&["failures", "lost", "left", "margin"]),
        rows,
        notes,
    })
}

fn shares(found: &Survivability) -> Section {
    let row = |share: &clients::ClientShare| {
        let power = Power::after(&found.quorum, share.power);
        let size = match share.share {
            clients::Share::AThirdOrLess => "a third or less",
            clients::Share::MoreThanAThird => "more than a third: a mistake in it can stop agreement",
            clients::Share::MoreThanTwoThirds => "more than two thirds: a mistake in it can be agreed on",
        };
        let role = match share.role {
            crate::catalog::component::Kind::ExecutionClient => "execution",
            crate::catalog::component::Kind::ConsensusClient => "consensus",
            _ => "chain node",
        };
        vec![role.to_owned(), share.client.clone(), lost(found, &power), size.to_owned()]
    };
    Section {
        title: "Client implementations".to_owned(),
        head: Section::head(&["role", "client", "runs", "that is"]),
        rows: found.clients.iter().map(row).collect(),
        ..Section::default()
    }
}

fn points(title: &str, points: &[spof::SinglePoint], found: &spof::SinglePoints) -> Section {
    let row = |point: &spof::SinglePoint| {
        let what = match (&point.from, &point.interface) {
            (Some(from), Some(interface)) => format!("{from} -> {} ({interface})", point.service),
            _ => format!("{} on {}", point.service, point.host),
        };
        let mut cuts = Vec::new();
        if point.power > 0 {
            let clusters = point.clusters.iter().map(|name| format!("cluster {name}"));
            let mut some: Vec<String> = point.first_nodes.iter().cloned().chain(clusters).collect();
            let all = point.nodes + point.clusters.len();
            some.truncate(NAMES);
            let rest = all.saturating_sub(some.len());
            let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
            cuts.push(format!("{} voting power ({}{rest})", point.power, some.join(", ")));
        }
        if !point.entries.is_empty() {
            cuts.push(format!("entry {}", names(&point.entries)));
        }
        vec![what, cuts.join("; "), point.cure.clone()]
    };
    let rows: Vec<Vec<String>> = points.iter().take(ROWS).map(row).collect();
    let none = if found.entries.is_empty() {
        "none cuts voting power of other nodes; there are no public entries"
    } else {
        "none cuts voting power of other nodes, or a public entry"
    };
    Section {
        title: title.to_owned(),
        lines: if points.is_empty() { vec![none.to_owned()] } else { Vec::new() },
        head: Section::head(&["what", "cuts off", "cure"]),
        notes: more(rows.len(), points.len()),
        rows,
    }
}

fn resources(found: &capacity::Capacity) -> Section {
    let bytes = |bytes: u128| size(bytes);
    let cpus = |thousandths: u128| {
        let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let of = |limits: &capacity::Limits, show: &dyn Fn(u128) -> String| {
        let has = limits.has.map(|has| format!(" of {}", show(has))).unwrap_or_default();
        let over = if limits.is_over() { ", more than it has" } else { "" };
        let free = match limits.without_limit {
            0 => String::new(),
            n => format!(", {n} without limit"),
        };
        format!("{}{has}{over}{free}", show(limits.asked))
    };
    let row = |host: &capacity::HostCapacity| {
        let disk = &host.disk;
        let has = disk.has.map(|has| format!(" of {}", bytes(has))).unwrap_or_default();
        let full = match (disk.full_on_day, disk.has) {
            (Some(0), _) => "does not suffice today".to_owned(),
            (Some(day), _) => format!("day {day}"),
            (None, None) => "the host does not say what it has".to_owned(),
            (None, Some(_)) if disk.of_unknown_growth + disk.of_unknown_size == 0 => "never".to_owned(),
            (None, Some(_)) => format!(
                "not known: {} volumes without a known growth",
                disk.of_unknown_growth + disk.of_unknown_size
            ),
        };
        vec![
            host.host.clone(),
            of(&host.memory, &bytes),
            of(&host.cpu, &cpus),
            format!("{}{has}", bytes(disk.volumes + disk.logs)),
            full,
        ]
    };
    let mut notes = vec![
        "disk: volumes as large as the manifest or the catalog knows them, and the most that logs take"
            .to_owned(),
    ];
    if found.upper_bound {
        notes.push("the catalog knows main networks; on this test network volumes that `disk:` does not measure are smaller".to_owned());
    }
    Section {
        title: "Capacity".to_owned(),
        lines: Vec::new(),
        head: Section::head(&["host", "memory", "cpu", "disk", "full on"]),
        rows: found.hosts.iter().map(row).collect(),
        notes,
    }
}

/// Tenths of the largest unit that fits, rounded up so that nothing looks smaller than it is.
fn size(bytes: u128) -> String {
    let units = [(1_u128 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB")];
    let (factor, unit) = units.into_iter().find(|(factor, _)| bytes >= *factor).unwrap_or((1 << 20, "MiB"));
    let tenths = (bytes * 10).div_ceil(factor);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole}{unit}"),
        (whole, part) => format!("{whole}.{part}{unit}"),
    }
}
