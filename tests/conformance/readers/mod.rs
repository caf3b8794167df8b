//! The readers, one file a program.

use std::path::{Path, PathBuf};

use crate::bench::{Bench, Verdict};

mod alertmanager;
mod ansible;
mod caddy;
mod cloud_init;
mod compose;
mod exposure;
mod grafana;
mod graph;
mod haproxy;
mod kubernetes;
mod language_server;
mod logql;
mod manifest_schema;
mod mermaid;
mod nftables;
mod nginx;
mod packets;
mod page;
mod prometheus;
mod provenance;
mod quadlet;
mod sarif;
mod sbom;
mod sha256sum;
mod shell;
mod signature;
mod systemd;
mod wireguard;
mod yamllint;

/// All readers.
pub const ALL: &[Reader] = &[
    alertmanager::READER,
    alertmanager::ROUTES,
    ansible::INVENTORY,
    ansible::LINT,
    ansible::PLAYBOOK,
    caddy::READER,
    cloud_init::READER,
    compose::READER,
    exposure::READER,
    grafana::SDK,
    grafana::TYPES,
    graph::READER,
    haproxy::READER,
    kubernetes::READER,
    language_server::READER,
    logql::READER,
    manifest_schema::READER,
    mermaid::READER,
    nftables::READER,
    nginx::READER,
    packets::NFTABLES,
    packets::UFW,
    page::READER,
    prometheus::CONFIG,
    prometheus::RULES,
    prometheus::TESTS,
    provenance::READER,
    quadlet::READER,
    sarif::READER,
    sbom::READER,
    sha256sum::READER,
    shell::READER,
    signature::READER,
    systemd::READER,
    wireguard::READER,
    yamllint::READER,
];

/// A program that reads some of what netgen emits.
#[derive(Debug)]
pub struct Reader {
    /// Its name in the trials, and that of its folder in `broken/`.
    pub name: &'static str,
    /// Where its files are.
    pub root: Root,
    /// Which files under the root are its own, as paths from there.
    pub files: fn(&Path) -> Vec<PathBuf>,
    /// Lets it read them.
    pub read: fn(&Bench, &Input<'_>) -> Verdict,
}

/// What a reader's paths start from.
#[derive(Debug)]
pub enum Root {
    /// The bundle that netgen emits.
    Bundle,
    /// The folder of the manifest.
    Source,
}

/// What a reader is given: at least one file.
#[derive(Debug)]
pub struct Input<'a> {
    /// The bundle, or the folder of the manifest.
    pub root: &'a Path,
    /// Paths from `root`, in order.
    pub files: &'a [PathBuf],
}

impl Input<'_> {
    /// Asks for each file by itself, and stops at the first refusal.
    pub fn each(&self, ask: impl FnMut(&PathBuf) -> Verdict) -> Verdict {
        self.files.iter().try_for_each(ask)
    }
}
