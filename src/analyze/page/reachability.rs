//! Who reaches what, as sections of a page: a matrix of hosts where it fits, and a line for each port.

use std::collections::BTreeSet;

use super::{Section, more, names};
use crate::analyze::reachability::{From, OpenPort, Reachability};
use crate::topology::Obstacle;

/// How many ports are listed.
const PORTS: usize = 100;

/// How many hosts a matrix shows; with more it is too wide to be read.
const MATRIX: usize = 8;

/// How many names of a list of faults are shown.
const FAULTS: usize = 20;

pub(super) fn sections(found: &Reachability) -> Vec<Section> {
    let open: Vec<&OpenPort> = found.ports.iter().filter(|port| port.from != From::Nobody).collect();
    let mut sections = vec![overview(found, open.len())];
    sections.extend(blocked(found));
    if found.hosts.len() <= MATRIX && !open.is_empty() {
        sections.push(matrix(found, &open));
    }
    if !open.is_empty() {
        sections.push(ports(&open));
    }
    sections
}

fn overview(found: &Reachability, open: usize) -> Section {
    let by = |from: &From| found.ports.iter().filter(|port| port.from == *from).count();
    let (anyone, network) = (by(&From::Anyone), by(&From::Network));
    let (connections, private) = (&found.connections, &found.private);
    let mut lines = vec![
        format!(
            "{} published ports: {anyone} open to anyone, {network} to every host of the network, {} to those \
             who use them, {} to their own host alone",
            found.ports.len(),
            open - anyone - network,
            found.ports.len() - open,
        ),
        format!(
            "{} bindings within hosts, {} between hosts, {} from peer to peer: {}",
            connections.within_hosts,
            connections.between_hosts,
            connections.peers,
            match connections.blocked.len() {
                0 => "all of them get through".to_owned(),
                blocked => format!("{blocked} do not get through"),
            }
        ),
        format!(
            "{} private interfaces (engine, signer, metrics, admin, database): {}",
            private.interfaces,
            match private.exposed.len() {
                0 => "no stranger is let in to any of them".to_owned(),
                exposed => format!("strangers are let in to {exposed}"),
            }
        ),
    ];
    lines.extend(private.exposed.iter().take(FAULTS).map(|port| format!("open to strangers: {port}")));
    lines.extend(
        private
            .on_trust
            .iter()
            .take(FAULTS)
            .map(|port| format!("only a firewall that netgen does not set up is before it: {port}")),
    );
    let told = private.exposed.len().min(FAULTS) + private.on_trust.len().min(FAULTS);
    let notes = more(told, private.exposed.len() + private.on_trust.len());
    Section { title: "Reachability".to_owned(), lines, notes, ..Section::default() }
}

fn blocked(found: &Reachability) -> Option<Section> {
    let all = &found.connections.blocked;
    let row = |blocked: &crate::analyze::reachability::Blocked| {
        let why = match blocked.obstacle {
            Obstacle::NotPublished => "not published where it could be reached",
            Obstacle::Filtered => "the firewall does not let it in",
        };
        vec![blocked.from.clone(), format!("{} of {}", blocked.interface, blocked.to), why.to_owned()]
    };
    let rows: Vec<Vec<String>> = all.iter().take(FAULTS).map(row).collect();
    (!rows.is_empty()).then(|| Section {
        title: "Connections that are not made".to_owned(),
        head: Section::head(&["from", "to", "why"]),
        notes: more(rows.len(), all.len()),
        rows,
        ..Section::default()
    })
}

/// Rows connect, columns listen.
fn matrix(found: &Reachability, open: &[&OpenPort]) -> Section {
    let cell = |from: Option<&String>, at: usize| {
        let let_in = |port: &&&OpenPort| match (&port.from, from) {
            (From::Anyone, _) | (From::Network, Some(_)) => true,
            (From::Hosts(hosts), Some(from)) => hosts.contains(from),
            (From::Nobody | From::Network | From::Hosts(_), _) => false,
        };
        let ports: BTreeSet<u16> =
            open.iter().filter(|port| port.at == at).filter(let_in).map(|port| port.port).collect();
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        if ports.is_empty() { "-".to_owned() } else { ports.join(" ") }
    };
    let row = |name: &str, from: Option<&String>| {
        let cells = found
            .hosts
            .iter()
            .enumerate()
            .map(|(at, host)| if Some(host) == from { ".".to_owned() } else { cell(from, at) });
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let mut rows: Vec<Vec<String>> = vec![row("anyone", None)];
    rows.extend(found.hosts.iter().map(|host| row(host, Some(host))));
    Section {
        title: "From host (rows) to host (columns)".to_owned(),
        head: std::iter::once("from".to_owned()).chain(found.hosts.iter().cloned()).collect(),
        rows,
        ..Section::default()
    }
}

fn ports(open: &[&OpenPort]) -> Section {
    let row = |port: &&OpenPort| {
        let transports: Vec<&str> = port.transports.iter().map(|transport| transport.word()).collect();
        let from = match &port.from {
            From::Nobody => "nobody".to_owned(),
            From::Anyone => "anyone".to_owned(),
            From::Network => "every host of the network".to_owned(),
            From::Hosts(hosts) => names(hosts),
        };
        vec![
            port.host.clone(),
            format!("{}/{}", port.port, transports.join("+")),
            format!("{} of {}", port.interface, port.service),
            port.address.clone(),
            from,
        ]
    };
    let rows: Vec<Vec<String>> = open.iter().take(PORTS).map(row).collect();
    Section {
        title: "Ports that others reach".to_owned(),
        head: Section::head(&["host", "port", "what", "published on", "let in"]),
        notes: more(rows.len(), open.len()),
        rows,
        ..Section::default()
    }
}
