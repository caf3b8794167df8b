//! What makes a manifest of that format wrong: what its own generator refuses, and what netgen must.

use std::collections::BTreeMap;

use super::format::{Blockscout, Manifest};
use crate::diag::{Diagnostic, Sink, codes};
use crate::identity::{AddressError, address};
use crate::manifest::NamePattern;
use crate::manifest::amount::Amount;
use crate::text::{Span, Spanned};

const ROLES: [&str; 3] = ["validator", "fullnode", "rpc"];
const ALLOCATIONS: [&str; 2] = ["host-block", "by-index"];

pub(super) fn check(manifest: &Manifest, sink: &mut Sink) {
    let Manifest { schema_version, network, engine, ports, sync, archiver, .. } = manifest;
    if schema_version.value != 1 {
        invalid(schema_version.span, format!("version {schema_version} of the format is not known"))
            .here("only 1 is")
            .help("ask for a newer netgen")
            .tell(sink);
    }
    name(&network.name, "network", sink);
    if network.chain_id.value == 0 {
        invalid(network.chain_id.span, "a chain has no id 0")
            .here("0")
            .help("take the number of the network")
            .tell(sink);
    }
    word(&engine.mode, &["ipc"], "engine.mode", sink);
    if !engine.ipc_path_template.value.contains("{node_id}") {
        invalid(engine.ipc_path_template.span, "two nodes of one host would share a socket")
            .here("without `{node_id}`")
            .help("put `{node_id}` into the path")
            .tell(sink);
    }
    word(&ports.allocation, &ALLOCATIONS, "ports.allocation", sink);
    truth(&sync.enabled, "sync.enabled", sink);
    truth(&archiver.enabled, "archiver.enabled", sink);
    for text in [&archiver.provider_url, &archiver.provider_id] {
        if text.value.trim().is_empty() {
            invalid(text.span, "validators need an archive").here("empty").help("name it").tell(sink);
        }
    }
    accounts(manifest, sink);
    places(manifest, sink);
    if let Some(explorer) = &manifest.blockscout {
        self::explorer(manifest, &explorer.value, sink);
    }
}

/// A finding that is being written.
struct Finding(Diagnostic);

impl Finding {
    fn here(self, text: &str) -> Self {
        Self(self.0.here(text))
    }
    fn help(self, text: &str) -> Self {
        Self(self.0.help(text))
    }
    fn tell(self, sink: &mut Sink) {
        sink.push(self.0);
    }
}

fn invalid(span: Span, message: impl Into<String>) -> Finding {
    Finding(Diagnostic::new(&codes::INVALID_VALUE, span, message))
}

fn truth(written: &Spanned<bool>, key: &str, sink: &mut Sink) {
    if !written.value {
        invalid(written.span, format!("`{key}` cannot be `false`"))
            .here("the clients do not run without")
            .help("write `true`")
            .tell(sink);
    }
}

fn word(written: &Spanned<String>, known: &[&str], key: &str, sink: &mut Sink) {
    if !known.contains(&written.value.as_str()) {
        sink.push(
            Diagnostic::new(&codes::INVALID_VALUE, written.span, format!("`{key}` cannot be `{written}`"))
                .here("not a word of the format")
                .suggest(written, known.iter().copied())
                .help(format!("one of {}", known.join(", "))),
        );
    }
}

fn name(written: &Spanned<String>, what: &str, sink: &mut Sink) {
    if !NamePattern::matches(written) {
        let mut finding = Diagnostic::new(
            &codes::INVALID_VALUE,
            written.span,
            format!("`{written}` cannot be the name of a {what}"),
        )
        .here("not 1 to 63 of `a-z`, `0-9` and `-`");
        finding = match NamePattern::nearest(written) {
            Some(nearest) => finding.help(format!("write `{nearest}`")),
            None => finding.help("it becomes paths, units and containers"),
        };
        sink.push(finding);
    }
}

fn accounts(manifest: &Manifest, sink: &mut Sink) {
    let Some(execution) = &manifest.execution else { return };
    if execution.alloc.value.is_empty() {
        invalid(execution.alloc.span, "nobody has anything in the first block")
            .here("empty")
            .help("name an account, or leave out `execution`")
            .tell(sink);
    }
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    for account in &execution.alloc.value {
        match address(&account.address) {
            Ok(digits) => twice(&mut first, digits, &account.address, "address", sink),
            Err(AddressError::Form) => {
                invalid(account.address.span, format!("`{}` is no address", account.address))
                    .here("not `0x` and 40 digits")
                    .help("copy it from the wallet, and keep it in quotes")
                    .tell(sink);
            }
            Err(AddressError::Checksum(right)) => {
                invalid(account.address.span, format!("`{}` contradicts its own checksum", account.address))
                    .here("a digit is wrong, or the case")
                    .help(&format!("the digits as they are would be `{right}`"))
                    .tell(sink);
            }
        }
        if let Err(why) = Amount::parse(&account.balance_wei) {
            invalid(account.balance_wei.span, format!("`{}` is no balance", account.balance_wei))
                .here(why)
                .help("write wei in decimal, in quotes")
                .tell(sink);
        }
    }
}

/// Reports a name that was there before.
fn twice(
    first: &mut BTreeMap<String, Span>,
    key: String,
    written: &Spanned<String>,
    what: &str,
    sink: &mut Sink,
) {
    match first.get(&key) {
        Some(before) => sink.push(
            Diagnostic::new(&codes::DUPLICATE_NAME, written.span, format!("{what} `{written}` stands twice"))
                .here("the second time")
                .label(*before, "the first time")
                .help("keep one of the two, or rename one"),
        ),
        None => _ = first.insert(key, written.span),
    }
}

fn places(manifest: &Manifest, sink: &mut Sink) {
    let (hosts, nodes) = (&manifest.hosts, &manifest.nodes);
    for (empty, span, what) in
        [(hosts.value.is_empty(), hosts.span, "host"), (nodes.value.is_empty(), nodes.span, "node")]
    {
        if empty {
            invalid(span, format!("there is no {what}")).here("empty").help("add one").tell(sink);
        }
    }
    let (mut seen, mut addresses) = (BTreeMap::new(), BTreeMap::new());
    for host in &hosts.value {
        name(&host.id, "host", sink);
        twice(&mut seen, host.id.value.clone(), &host.id, "host", sink);
        // Each host has ports of its own only where its address is its own.
        twice(&mut addresses, host.public_ip.value.clone(), &host.public_ip, "address", sink);
        for text in [&host.public_ip, &host.ssh_user] {
            if text.value.trim().is_empty() {
                invalid(text.span, format!("`{}` cannot be reached", host.id))
                    .here("empty")
                    .help("say the address and the user")
                    .tell(sink);
            }
        }
    }
    let mut names = BTreeMap::new();
    for node in &nodes.value {
        name(&node.id, "node", sink);
        twice(&mut names, node.id.value.clone(), &node.id, "node", sink);
        known(&node.host, seen.keys().map(String::as_str), "host", sink);
        word(&node.role, &ROLES, "role", sink);
    }
    if !nodes.value.is_empty() && !nodes.value.iter().any(|node| node.role.value == "validator") {
        invalid(nodes.span, "there is no validator")
            .here("nobody would make the first block")
            .help("give a node `role: validator`")
            .tell(sink);
    }
}

fn known<'a>(
    written: &Spanned<String>,
    names: impl Iterator<Item = &'a str> + Clone,
    what: &str,
    sink: &mut Sink,
) {
    if !names.clone().any(|name| name == written.value) {
        sink.push(
            Diagnostic::new(&codes::UNKNOWN_NAME, written.span, format!("{what} `{written}` does not exist"))
                .here("not defined")
                .suggest(written, names)
                .help(format!("name one of the {what}s of this file")),
        );
    }
}

fn explorer(manifest: &Manifest, explorer: &Blockscout, sink: &mut Sink) {
    if !explorer.enabled.value {
        return;
    }
    known(&explorer.host, manifest.hosts.value.iter().map(|host| host.id.value.as_str()), "host", sink);
    known(&explorer.rpc_node, manifest.nodes.value.iter().map(|node| node.id.value.as_str()), "node", sink);
    for domain in [&explorer.domains.explorer, &explorer.domains.stats, &explorer.domains.rpc] {
        if domain.value.trim().is_empty() {
            invalid(domain.span, "a domain is missing").here("empty").help("name it").tell(sink);
        }
    }
    match &explorer.ssl {
        Some(ssl) if ssl.enabled.value => {
            if ssl.email.value.trim().is_empty() {
                invalid(ssl.email.span, "the authority has nobody to write to")
                    .here("empty")
                    .help("give an address that people read")
                    .tell(sink);
            }
        }
        without => {
            let span = without.as_ref().map_or(explorer.domains.explorer.span, |ssl| ssl.enabled.span);
            invalid(span, "an explorer without TLS is not carried over")
                .here("open to whoever is on the way")
                .help("add `ssl: { enabled: true, email: ... }`: certificates come by themselves")
                .tell(sink);
        }
    }
}
