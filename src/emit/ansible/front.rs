//! The front of the playbooks: a `Makefile` with a target for each.
//!
//! What a target does and which variables it takes is read from the comment at the top of its
//! playbook, so a playbook that is added has its target at once.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::emit::{Artifacts, EmitError, header};
use crate::plan::Plan;
use crate::template::{Context, Templates};

/// What people call a playbook where that is not its name.
const CALLED: &[(&str, &str)] = &[("site", "deploy")];

const VARIABLE: &str = "netgen_";

/// What the person who deploys may set in every playbook.
const SETTINGS: &str = "ansible/inventory/group_vars/all/settings.yml";

/// One target.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Target {
    name: String,
    playbook: String,
    /// Its line of `make help`, as one word of the shell in a recipe.
    help: String,
}

/// A variable of playbooks: `HOST`, which gives `netgen_host`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Variable {
    make: String,
    ansible: String,
}

impl Variable {
    /// `netgen_<name>`.
    fn new(name: &str) -> Self {
        Self { make: name.to_ascii_uppercase(), ansible: format!("{VARIABLE}{name}") }
    }
}

pub(super) fn makefile(plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
    let playbooks: Vec<(&str, &str)> =
        crate::embedded::FILES.iter().filter_map(|(path, text)| Some((playbook(path)?, *text))).collect();
    let settings = crate::embedded::FILES.iter().filter(|(path, _)| *path == SETTINGS);
    let mut variables = variables(&playbooks);
    variables.extend(settings.flat_map(|(_, text)| set(text)));
    let scope = Context::new(&serde_json::json!({
        "header": header(plan),
        "unpinned": plan.unpinned_images(),
        "targets": targets(&playbooks),
        "variables": variables,
    }));
    out.text("Makefile", templates.render("front/Makefile.j2", &scope)?);
    Ok(())
}

/// `doctor` for `ansible/doctor.yml`; what lies deeper is no playbook.
fn playbook(path: &str) -> Option<&str> {
    let name = path.strip_prefix(super::PROJECT)?.strip_suffix(".yml")?;
    (!name.contains('/')).then_some(name)
}

/// The comment at the top of a playbook, line by line.
fn comment(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().skip_while(|line| *line == "---");
    lines.map_while(|line| line.strip_prefix('#')).map(str::trim)
}

fn targets(playbooks: &[(&str, &str)]) -> Vec<Target> {
    let longest = playbooks.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut targets: Vec<Target> = playbooks
        .iter()
        .map(|(name, text)| {
            let called = CALLED.iter().find(|(own, _)| own == name).map_or(*name, |(_, called)| called);
            let target = called.replace('_', "-");
            let first = comment(text).next().unwrap_or_default();
            let summary = first.split(": ansible-playbook").next().unwrap_or_default();
            let mut help = format!("{target:longest$}  {}", summary.trim_end_matches(['.', ':']));
            for variable in named(text) {
                help.push_str(&format!("  [{}=..]", variable.make));
            }
            Target { name: target, playbook: format!("{name}.yml"), help: word(&help) }
        })
        .collect();
    targets.sort();
    targets
}

/// One word of the shell in a recipe of make.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('$', "$$"))
}

/// The variables that the comment of a playbook says can be given to it, in its order.
fn named(text: &str) -> Vec<Variable> {
    let mut found = Vec::new();
    for line in comment(text) {
        for (at, _) in line.match_indices(VARIABLE) {
            let rest = line.get(at + VARIABLE.len()..).unwrap_or_default();
            let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let given = after.starts_with('=') && !name.is_empty();
            let variable = Variable::new(name);
            if given && !found.contains(&variable) {
                found.push(variable);
            }
        }
    }
    found
}

/// The variables that a file of settings gives a value.
fn set(text: &str) -> impl Iterator<Item = Variable> {
    let names = text.lines().filter_map(|line| line.strip_prefix(VARIABLE)?.split_once(':'));
    names.map(|(name, _)| Variable::new(name))
}

fn variables(playbooks: &[(&str, &str)]) -> BTreeSet<Variable> {
    playbooks.iter().flat_map(|(_, text)| named(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_its_playbook_says_of_itself() {
        let text = "---\n# Brings it's state back: ansible-playbook restore_drill.yml -e netgen_host=<host>\n\
                    # -e netgen_repair=yes, -e netgen_host=x: $more.\n\n- name: netgen_other=\n";
        let found = targets(&[("restore_drill", text), ("site", "---\n# Deploys it. All of it\n")]);
        let said: Vec<(&str, &str, &str)> =
            found.iter().map(|t| (t.name.as_str(), t.playbook.as_str(), t.help.as_str())).collect();
        assert_eq!(
            said,
            [
                ("deploy", "site.yml", "'deploy         Deploys it. All of it'"),
                (
                    "restore-drill",
                    "restore_drill.yml",
                    r"'restore-drill  Brings it'\''s state back  [HOST=..]  [REPAIR=..]'"
                ),
            ]
        );
        assert_eq!(word("a $b"), "'a $$b'");
    }

    #[test]
    fn settings_can_be_given_too() {
        let found: Vec<Variable> = set("# netgen_no: x\nnetgen_trial: 60\nother: 1\n").collect();
        assert_eq!(found, [Variable::new("trial")]);
    }

    #[test]
    fn every_playbook_says_what_it_does() {
        for (path, text) in crate::embedded::FILES {
            if playbook(path).is_some() {
                let first = comment(text).next().unwrap_or_default();
                assert!(first.len() > 20, "{path} begins with `{first}`");
            }
        }
    }
}
