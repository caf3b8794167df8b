//! Ansible: what it makes of the inventory, of the playbooks, and what its linter
//! says. All of them write beside what they read, so they get a copy.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;

use super::{Input, Reader, Root};
use crate::bench::{Bench, Fault, Tool, scratch};
use crate::files::{copy_tree, find, read};
use crate::samples::here;

/// An inventory file that Ansible cannot parse is only a warning to it, and the
/// hosts in it are gone, unless it is told that this is a failure.
pub const INVENTORY: Reader = Reader {
    name: "ansible-inventory",
    root: Root::Bundle,
    files: |root| find(root, &["ansible/inventory", "ansible/inventory/**/*"]),
    read: |bench, input| {
        let project = Project::copy(input.root)?;
        let inventory = project.tool(bench, "ansible-inventory")?;
        inventory.args(["-i", "inventory", "--list"]).run()?.without_warning()
    },
};

/// A play for a group that the inventory does not have is only a warning too.
pub const PLAYBOOK: Reader = Reader {
    name: "ansible-playbook",
    root: Root::Bundle,
    files: playbooks,
    read: |bench, input| {
        let project = Project::copy(input.root)?;
        let playbook = project.tool(bench, "ansible-playbook")?.args(["-i", "inventory", "--syntax-check"]);
        playbook.args(from_project(input)).run()?.without_warning()
    },
};

/// The linter, in its strictest profile. It gets our configuration by name, so
/// that a bundle cannot switch rules off for itself.
pub const LINT: Reader = Reader {
    name: "ansible-lint",
    root: Root::Bundle,
    files: playbooks,
    read: |bench, input| {
        // All bundles have the same playbooks and roles, and the linter takes long: it reads them once.
        let work = digest(input.root)?;
        if LINTED.lock().is_ok_and(|linted| linted.contains(&work)) {
            return Ok(());
        }
        let project = Project::copy(input.root)?;
        let lint = project.tool(bench, "ansible-lint")?;
        let lint =
            lint.args(["--offline", "--nocolor", "--project-dir", ".", "--profile", "production", "-c"]);
        lint.args([here().join("ansible-lint.yaml")]).run()?.accepted()?;
        if let Ok(mut linted) = LINTED.lock() {
            linted.insert(work);
        }
        Ok(())
    },
};

/// What the linter has accepted.
static LINTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A digest of all that the linter judges. Inventories are data to it: `yamllint` reads those.
fn digest(root: &Path) -> Result<String, Fault> {
    let mut whole = String::new();
    for file in find(root, &["ansible/*.yml", "ansible/**/*.yml", "ansible/**/*.py"]) {
        // `inventory`, and those of clouds beside it.
        if !file.to_string_lossy().starts_with("ansible/inventory") {
            whole += &format!("{}\n{}\n", file.display(), read(&root.join(&file))?);
        }
    }
    Ok(netgen::bundle::sha256(whole.as_bytes()))
}

fn playbooks(root: &Path) -> Vec<PathBuf> {
    let mut files = find(root, &["ansible/*.yml", "ansible/playbooks/*.yml"]);
    // The list of collections is no playbook.
    files.retain(|file| !file.ends_with("requirements.yml"));
    files
}

fn from_project(input: &Input<'_>) -> Vec<PathBuf> {
    let files = input.files.iter().filter_map(|file| file.strip_prefix("ansible").ok());
    files.map(Path::to_path_buf).collect()
}

/// A copy of a bundle's `ansible/`.
struct Project(TempDir);

impl Project {
    fn copy(root: &Path) -> Result<Self, Fault> {
        let folder = scratch()?;
        copy_tree(&root.join("ansible"), folder.path())?;
        Ok(Self(folder))
    }

    fn tool(&self, bench: &Bench, program: &str) -> Result<Tool, Fault> {
        let tool = bench.tool(program)?.at(self.0.path());
        Ok(tool.env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "true").env("ANSIBLE_NOCOLOR", "true"))
    }
}
