//! `netgen.lock`: which digest each image reference stands for, and which port each interface got.
//!
//! A small TOML file with one table an image, sorted, so that two people who add images on two
//! branches rarely touch the same lines:
//!
//! ```toml
//! version = 1
//!
//! [image."ethereum/client-go:v1.16.9"]
//! digest = "sha256:..."
//!
//! [port.host-1.node-1-execution]
//! p2p = 30303
//! ```
//!
//! The digest is that of the index (all platforms), so one lock serves hosts of every architecture.

mod identity;
mod pins;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

pub use identity::{Identities, LockedIdentity, WantedIdentity, wanted_identities};
pub use pins::{PinList, PinListError};

use crate::diag::{Diagnostic, Sink, codes};
use crate::manifest::Ports;
use crate::schema;
use crate::text::{SourceMap, Span, Spanned};
use crate::topology::{GivenPorts, ImageRef, Listener, PortSource, Topology, is_digest};
use crate::value::{self, Format};

/// The version of the lock format that this netgen writes.
pub const VERSION: u32 = 1;

/// The lock file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "netgen lock")]
pub struct Lock {
    /// The version of the format.
    pub version: Spanned<u32>,
    /// Pins by image reference, as written in the manifest or the catalog.
    #[serde(default)]
    pub image: BTreeMap<String, Pin>,
    /// Hashes of the first block, of a chain that the network starts itself.
    #[serde(default)]
    pub genesis: Option<GenesisPins>,
    /// Public identities by service and name; `netgen keys` writes them.
    #[serde(default)]
    pub identity: Identities,
    /// Ports by host, service and interface, where the manifest gives none.
    #[serde(default)]
    pub port: GivenPorts,
}

/// What one image reference stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pin {
    /// The digest of the image index.
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub digest: Spanned<String>,
}

/// Hashes of the files of the first block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GenesisPins {
    /// SHA-256 of the genesis of execution clients.
    #[serde(default)]
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub execution: Option<Spanned<String>>,
    /// SHA-256 of the genesis of the BFT engine.
    #[serde(default)]
    #[schemars(extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
    pub consensus: Option<Spanned<String>>,
}

impl GenesisPins {
    /// The hash of a file.
    pub fn pin(text: &str) -> Spanned<String> {
        let digest = sha2::Sha256::digest(text.as_bytes());
        Spanned::nowhere(format!("sha256:{}", base16ct::lower::encode_string(&digest)))
    }

    /// These, and what others have where these have nothing: a first block that was agreed on stays.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            execution: self.execution.or(others.execution),
            consensus: self.consensus.or(others.consensus),
        }
    }
}

impl Lock {
    /// A lock without pins.
    pub fn empty() -> Self {
        Self {
            version: Spanned::nowhere(VERSION),
            image: BTreeMap::new(),
            genesis: None,
            identity: Identities::new(),
            port: GivenPorts::new(),
        }
    }

    /// Reads a lock file; problems go to the sink.
    pub fn read(name: &str, text: &str, sources: &mut SourceMap, sink: &mut Sink) -> Option<Self> {
        let id = sources.add(name, text);
        let node = value::parse(Format::Toml, id, text, sink)?;
        let before = sink.len();
        let lock: Option<Self> = schema::read(&node, sink, |_| ());
        if sink.len() > before {
            for found in sink.found_mut().iter_mut().skip(before) {
                found.rule = &codes::BAD_LOCK;
                found.help.push("`netgen lock` writes the file anew".to_owned());
            }
            return None;
        }
        let lock = lock?;
        if lock.version.value != VERSION {
            sink.push(
                Diagnostic::new(
                    &codes::BAD_LOCK,
                    lock.version.span,
                    format!("the lock has version {}, this netgen reads version {VERSION}", lock.version),
                )
                .here("newer than this netgen")
                .help("use the netgen that wrote it, or write it anew with `netgen lock`"),
            );
            return None;
        }
        identity::check(&lock.identity, sink);
        for (service, ports) in lock.port.values().flatten() {
            for (interface, port) in ports.iter().filter(|(_, port)| port.value == 0) {
                sink.push(
                    Diagnostic::new(
                        &codes::BAD_LOCK,
                        port.span,
                        format!("`{interface}` of `{service}` has port 0"),
                    )
                    .here("from 1 to 65535")
                    .help("take the line out and run `netgen lock`"),
                );
            }
        }
        for (reference, pin) in &lock.image {
            if !is_digest(&pin.digest) {
                sink.push(
                    Diagnostic::new(
                        &codes::BAD_LOCK,
                        pin.digest.span,
                        format!("`{reference}` has no valid digest"),
                    )
                    .here("not `sha256:` and 64 hex digits")
                    .help(format!(
                        "take the line out and run `netgen lock`, which finds the digest of `{reference}`"
                    )),
                );
            }
        }
        Some(lock)
    }

    /// The digest of a reference.
    pub fn digest(&self, reference: &str) -> Option<&str> {
        self.image.get(reference).map(|pin| pin.digest.value.as_str())
    }

    /// Every digest with its place, by reference.
    pub fn pins(&self) -> BTreeMap<String, Spanned<String>> {
        self.image.iter().map(|(reference, pin)| (reference.clone(), pin.digest.clone())).collect()
    }

    /// The references of one repository that are pinned.
    pub fn tags_of(&self, name: &str) -> Vec<String> {
        self.image
            .keys()
            .filter(|reference| ImageRef::parse(reference).is_ok_and(|image| image.name == name))
            .cloned()
            .collect()
    }

    /// The text of the file.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Written by `netgen lock`: the digest of every image, so that a tag that moves changes nothing,\n\
             # and the ports that were given, so that a host or node that is added moves none.\n",
        );
        text.push_str(&format!("version = {VERSION}\n"));
        for (reference, pin) in &self.image {
            // A JSON string is a TOML string; writing one cannot fail.
            let key = serde_json::to_string(reference).unwrap_or_default();
            text.push_str(&format!("\n[image.{key}]\ndigest = \"{}\"\n", pin.digest));
        }
        if let Some(genesis) = &self.genesis {
            text.push_str("\n[genesis]\n");
            for (name, hash) in [("execution", &genesis.execution), ("consensus", &genesis.consensus)] {
                if let Some(hash) = hash {
                    text.push_str(&format!("{name} = \"{hash}\"\n"));
                }
            }
        }
        text.push_str(&identity::to_toml(&self.identity));
        for (host, services) in &self.port {
            for (service, ports) in services {
                text.push_str(&format!("\n[port.{host}.{service}]\n"));
                for (interface, port) in ports {
                    text.push_str(&format!("{interface} = {port}\n"));
                }
            }
        }
        text
    }
}

/// The image references that a network needs, each with one place that asked for it.
pub fn wanted(topology: &Topology) -> BTreeMap<String, Span> {
    let mut wanted = BTreeMap::new();
    for service in &topology.services {
        let image = &service.image;
        let container = topology.hosts[service.host].runtime.is_container();
        if container && !image.name.is_empty() && image.digest.is_none() {
            let place =
                if service.image_origin.is_somewhere() { service.image_origin } else { service.origin };
            wanted.entry(image.unpinned()).or_insert(place);
        }
    }
    wanted
}

/// The ports that a lock must hold: published ones that neither the manifest nor a fixed policy gives.
pub fn given_ports(topology: &Topology) -> GivenPorts {
    let mut given = GivenPorts::new();
    for service in &topology.services {
        for listener in service.listeners.iter().filter(|listener| is_given(topology, listener)) {
            let Some(port) = listener.port else { continue };
            let host = topology.hosts[service.host].name.clone();
            let ports = given.entry(host).or_default().entry(service.name.clone()).or_default();
            ports.insert(listener.interface.clone(), Spanned::nowhere(port));
        }
    }
    given
}

fn is_given(topology: &Topology, listener: &Listener) -> bool {
    let by_policy = matches!(listener.port_source, PortSource::Manifest | PortSource::Block);
    topology.ports == Ports::Stable && listener.publish.is_some() && !by_policy
}

/// Reports ports that the lock does not hold: they could move with the next node that is added.
pub fn check_ports(topology: &Topology, sink: &mut Sink) {
    let new = |listener: &&Listener| {
        is_given(topology, listener) && !matches!(listener.port_source, PortSource::Lock(_))
    };
    let mut services =
        topology.services.iter().filter(|service| service.listeners.iter().any(|l| new(&l))).peekable();
    let Some(first) = services.peek() else { return };
    let (origin, name) = (first.origin, first.name.clone());
    let Some(listener) = first.listeners.iter().find(new) else { return };
    let example = format!("`{}` of `{name}`", listener.interface);
    let count = services.flat_map(|service| service.listeners.iter().filter(new)).count();
    let message = match count {
        1 => format!("the port of {example} is not in the lock"),
        _ => format!("{count} ports are not in the lock, such as that of {example}"),
    };
    sink.push(
        Diagnostic::new(&codes::PORT_NOT_LOCKED, origin, message)
            .here("may get another port when something is added")
            .help("run `netgen lock`, and commit `netgen.lock`"),
    );
}
