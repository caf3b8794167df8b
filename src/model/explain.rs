//! Where a value comes from: the whole chain, from the line that won to those that it replaced.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::item::{Item, Leaf, Otherwise};
use crate::load::{Giver, Loaded, dotted};
use crate::text::{SourceId, SourceMap, Span};
use crate::value::{Kind, Node, Past, split_pointer};

/// The origin of one value.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The path, with dots.
    pub path: String,
    /// The value.
    pub value: Value,
    /// What decided it; the first step won over the later ones.
    pub steps: Vec<Step>,
}

/// One step of an origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What kind of step it is.
    pub kind: StepKind,
    /// The step in words.
    pub text: String,
    /// Where it is; nothing for what stands in no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A file says it.
    Written,
    /// `--set` says it.
    Set,
    /// An alias or a merge key brought it here.
    Alias,
    /// It, or a part of it, is the value of a variable.
    Variable,
    /// It won over this value.
    Replaced,
    /// This deleted a value, so that what follows holds.
    Deleted,
    /// The file was included here.
    Included,
    /// The data of a component or chain.
    Catalog,
    /// A default of the manifest language.
    Language,
    /// A rule of the resolver.
    Rule,
    /// The lock.
    Lock,
}

/// A place for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The name of the source.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// A path that leads nowhere.
#[derive(Clone, Debug)]
pub struct NotFound {
    /// The path as far as it leads; empty for the top.
    pub parent: String,
    /// The step that is not there.
    pub step: String,
    /// The steps that are.
    pub known: Vec<String>,
}

/// The origins of the value at a path, or of every value below it, in order.
///
/// A path leads through the model, or, where that has no such value, through the merged manifest:
/// `stacks.validator` is no part of the model, and still comes from somewhere.
///
/// # Errors
/// There is no such path.
pub fn explain(
    model: Item,
    loaded: &Loaded,
    sources: &SourceMap,
    path: &[String],
) -> Result<Vec<Answer>, NotFound> {
    let teller = Teller { loaded, sources };
    let part = match find(model, path) {
        Ok(part) => part,
        Err(not_found) => {
            find(manifest(&loaded.tree, ""), path).map_err(|other| not_found.or_farther(other))?
        }
    };
    let leaves = part.leaves();
    Ok(leaves
        .into_iter()
        .map(|(below, leaf)| {
            let steps = path.iter().chain(&below).map(String::as_str);
            Answer { path: dotted::join(steps), steps: teller.steps(&leaf), value: leaf.value }
        })
        .collect())
}

impl NotFound {
    /// Of two ways the one that led farther was meant; at one fork all ways are named.
    fn or_farther(mut self, other: Self) -> Self {
        match other.parent.len().cmp(&self.parent.len()) {
            Ordering::Less => {}
            Ordering::Greater => return other,
            Ordering::Equal => {
                let new = other.known.into_iter().filter(|key| !self.known.contains(key));
                let new: Vec<String> = new.collect();
                self.known.extend(new);
            }
        }
        self
    }
}

fn find(root: Item, path: &[String]) -> Result<Item, NotFound> {
    let mut item = root;
    for (at, step) in path.iter().enumerate() {
        let known = item.keys();
        item = item.step(step).ok_or_else(|| NotFound {
            parent: dotted::join(path.iter().take(at).map(String::as_str)),
            step: step.clone(),
            known,
        })?;
    }
    Ok(item)
}

/// The merged manifest as a model: every value stands where it stands.
fn manifest(node: &Node, at: &str) -> Item {
    let below = |step: &str| format!("{at}{}", crate::value::pointer([step]));
    match &node.kind {
        Kind::Map(map) if !map.entries().is_empty() => {
            Item::Map(map.iter().map(|(key, value)| (key.to_owned(), manifest(value, &below(key)))).collect())
        }
        Kind::Seq(items) if !items.is_empty() => {
            let parts = items.iter().enumerate();
            Item::List(parts.map(|(index, item)| manifest(item, &below(&index.to_string()))).collect())
        }
        _ => Item::leaf(node.to_json(), [at.to_owned()], Otherwise::Language),
    }
}

struct Teller<'a> {
    loaded: &'a Loaded,
    sources: &'a SourceMap,
}

impl Teller<'_> {
    fn steps(&self, leaf: &Leaf) -> Vec<Step> {
        let mut steps = Vec::new();
        let written = leaf.written.iter().find(|pointer| self.loaded.tree.at(pointer).exact);
        if let Some(pointer) = written {
            self.written(pointer, &mut steps);
        } else {
            steps.push(otherwise(&leaf.otherwise));
            for pointer in &leaf.written {
                self.deleted(pointer, &mut steps);
            }
        }
        steps
    }

    /// The chain of a value that the manifest has.
    fn written(&self, pointer: &str, steps: &mut Vec<Step>) {
        let node = self.loaded.tree.at(pointer).node;
        let by_set = self.loaded.sets.contains(&node.span.source);
        let (kind, word) = if by_set { (StepKind::Set, "set") } else { (StepKind::Written, "written") };
        steps.push(self.at(kind, format!("{word} here{}", self.quoted(node)), node.span));
        for name in node.past.iter().flat_map(|past| &past.variables) {
            steps.extend(self.variable(name));
        }
        let mut included = BTreeSet::new();
        self.included(node.span.source, &mut included, steps);
        // What was replaced, copied or put in as a whole has its history further up.
        let mut above = Some(pointer.to_owned());
        while let Some(pointer) = above {
            let part = self.loaded.tree.at(&pointer).node;
            if let Some(via) = part.via {
                steps.push(self.at(StepKind::Alias, "brought here by an alias or merge key".to_owned(), via));
            }
            for span in part.past.iter().flat_map(|past| &past.replaced) {
                let text = self.cut(*span).map(|text| format!(" `{text}`")).unwrap_or_default();
                steps.push(self.at(StepKind::Replaced, format!("replaced{text}"), *span));
                self.included(span.source, &mut included, steps);
            }
            above = split_pointer(&pointer).map(|(parent, _)| parent.to_owned());
        }
    }

    /// What an overlay deleted at a place, or around it.
    fn deleted(&self, pointer: &str, steps: &mut Vec<Step>) {
        let mut rest = pointer;
        while let Some((parent, key)) = split_pointer(rest) {
            let found = self.loaded.tree.at(parent);
            if found.exact {
                let past: Option<&Past> = found.node.past.as_deref();
                for deleted in past.into_iter().flat_map(|past| &past.deleted).filter(|d| d.key == key) {
                    steps.push(self.at(StepKind::Deleted, format!("`{key}` deleted here"), deleted.by));
                    let text = self.cut(deleted.value).map(|text| format!(" `{text}`")).unwrap_or_default();
                    steps.push(self.at(StepKind::Replaced, format!("was{text}"), deleted.value));
                }
                return;
            }
            rest = parent;
        }
    }

    fn variable(&self, name: &str) -> Option<Step> {
        let giver = &self.loaded.variables.get(name)?.giver;
        Some(match giver {
            Giver::Argument(span) => {
                self.at(StepKind::Variable, format!("variable `{name}`, given here"), *span)
            }
            Giver::Default(span) => {
                self.at(StepKind::Variable, format!("variable `{name}`, its default"), *span)
            }
            Giver::Environment(key) => Step {
                kind: StepKind::Variable,
                text: format!("variable `{name}`, given by `{key}` in the environment"),
                place: None,
            },
        })
    }

    /// The entries that brought in a file, innermost first; each file once.
    fn included(&self, source: SourceId, told: &mut BTreeSet<SourceId>, steps: &mut Vec<Step>) {
        let mut source = source;
        while let Some(entry) = self.loaded.included_by.get(&source).filter(|_| told.insert(source)) {
            let name = self.sources.get(source).map_or("", |s| s.name());
            steps.push(self.at(StepKind::Included, format!("`{name}` is included here"), *entry));
            source = entry.source;
        }
    }

    fn at(&self, kind: StepKind, text: String, span: Span) -> Step {
        let place = self.sources.get(span.source).map(|source| {
            let position = source.lines().position(source.text(), span.start);
            Place { file: source.name().to_owned(), line: position.line, column: position.column }
        });
        Step { kind, text, place }
    }

    /// The text as it is written, where it is not the value itself.
    fn quoted(&self, node: &Node) -> String {
        let made = node.past.as_ref().is_some_and(|past| !past.variables.is_empty());
        match self.cut(node.span).filter(|_| made) {
            Some(text) => format!(": `{text}`"),
            None => String::new(),
        }
    }

    /// The beginning of what stands at a place, on one line.
    fn cut(&self, span: Span) -> Option<String> {
        const MOST: usize = 60;
        let text = self.sources.get(span.source)?.slice(span);
        let line = text.lines().next()?.trim();
        let short: String = line.chars().take(MOST).collect();
        let more = short.len() < line.len() || text.lines().nth(1).is_some();
        (!short.is_empty()).then(|| if more { format!("{short} ...") } else { short })
    }
}

fn otherwise(origin: &Otherwise) -> Step {
    let (kind, text) = match origin {
        Otherwise::Component { id, key, optional } => {
            let default = if *optional { ", or its default" } else { "" };
            (StepKind::Catalog, format!("from the catalog: `{key}` of component `{id}`{default}"))
        }
        Otherwise::Chain(id) => (StepKind::Catalog, format!("from the catalog: chain `{id}`")),
        Otherwise::Language => (StepKind::Language, "default of the manifest language".to_owned()),
        Otherwise::Lock => (StepKind::Lock, "pinned in the lock".to_owned()),
        Otherwise::Rule(rule) => (StepKind::Rule, format!("by rule: {rule}")),
    };
    Step { kind, text, place: None }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        writeln!(f, "{} = {value}", self.path)?;
        for step in &self.steps {
            match &step.place {
                Some(Place { file, line, column }) => writeln!(f, "  {file}:{line}:{column}: {}", step.text)?,
                None => writeln!(f, "  {}", step.text)?,
            }
        }
        Ok(())
    }
}
