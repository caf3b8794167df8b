//! Names and paths that a component chooses: they become files of the bundle and folders of hosts.

use std::collections::BTreeMap;

use super::component::Component;
use crate::manifest::is_device;

/// The group of alerts that belong to no component, and its file.
pub const OF_NETWORK: &str = "network";

/// The file of what is recorded, and of the alerts that read it.
pub const RECORDED: &str = "slo";

/// The job that a store asks other stores in.
pub const FEDERATED: &str = "federate";

/// Words that files and jobs of the network have where components have theirs.
const RESERVED: &[&str] = &[OF_NETWORK, RECORDED, FEDERATED];

/// What is wrong with the names and paths of a component, each with a remedy.
pub fn problems(component: &Component) -> Vec<String> {
    let mut found = Vec::new();
    let id = component.component.as_str();
    if RESERVED.contains(&id) {
        found.push(format!("`{id}` is the word for something of the network; call it `{id}-1` or the like"));
    }
    let mut files: BTreeMap<String, &str> = BTreeMap::new();
    for path in component.files.keys() {
        let name = path.rsplit('/').next().unwrap_or(path);
        if !path.starts_with('/') || climbs(path) {
            found.push(format!("the file `{}` is no absolute path without `..`", path.escape_debug()));
        }
        if !is_file_name(name) {
            found.push(format!(
                "the file `{}` must end in a name of letters, digits, `.`, `_`, `-`",
                path.escape_debug()
            ));
        }
        if let Some(first) = files.insert(name.to_ascii_lowercase(), path) {
            found.push(format!("the files `{first}` and `{path}` have one name in the bundle; rename one"));
        }
    }
    for (name, volume) in &component.volumes {
        for path in volume.folders.iter().chain(&volume.saves) {
            if path.is_empty() || path.starts_with('/') || climbs(path) || path.contains(char::is_control) {
                found.push(format!(
                    "`{}` of the volume `{name}` is no path below it; leave out `..` and a `/` at its begin",
                    path.escape_debug()
                ));
            }
        }
    }
    if let Some(backup) = component.backup.as_ref().filter(|backup| !is_file_name(&backup.name)) {
        found.push(format!(
            "the name of the backup, `{}`, must be a file name of letters, digits, `.`, `_`, `-`",
            backup.name.escape_debug()
        ));
    }
    found
}

/// Whether a path leads to where it does not seem to.
fn climbs(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// Whether a text can be the name of a file on every file system.
fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=200).contains(&name.len())
        && name.chars().all(plain)
        && !name.ends_with('.')
        && !is_device(name.split('.').next().unwrap_or(name))
}
