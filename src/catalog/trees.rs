//! The files of the binary as trees. They never change, so each is parsed once for as long as the program
//! runs; [`read_ahead`] does it for many side by side, before somebody waits for them.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use rayon::prelude::*;

use crate::diag::Sink;
use crate::embedded;
use crate::text::SourceId;
use crate::value::{self, Format, Node};

/// The source that places of a tree are of, before it is taken.
const ANY: SourceId = SourceId(0);

/// The trees by the place of the file in the binary; none for what is not well.
static TREES: LazyLock<Vec<OnceLock<Option<Node>>>> =
    LazyLock::new(|| embedded::FILES.iter().map(|_| OnceLock::new()).collect());

fn parsed(at: usize) -> Option<&'static Node> {
    let (_, text) = embedded::FILES.get(at)?;
    let parse = || {
        let mut told = Sink::new();
        value::parse(Format::Yaml, ANY, text, &mut told).filter(|_| told.is_empty())
    };
    TREES.get(at)?.get_or_init(parse).as_ref()
}

/// The tree of a file, as the source of that id; what is wrong with it is told.
pub(super) fn tree(name: &str, id: SourceId, sink: &mut Sink) -> Option<Node> {
    let at = embedded::position(name)?;
    match parsed(at) {
        Some(tree) => {
            let mut tree = tree.clone();
            tree.each_span(&mut |span| {
                if span.source == ANY {
                    span.source = id;
                }
            });
            Some(tree)
        }
        None => value::parse(Format::Yaml, id, embedded::text(name)?, sink),
    }
}

/// Parses what a manifest will want, as far as that can be seen before it is read: nothing is told, and a
/// file that is forgotten here is parsed later.
pub fn read_ahead(manifest: &Node) {
    let mut components: BTreeSet<&str> = named(manifest.get("services")).collect();
    let stacks = manifest.get("stacks").and_then(Node::as_map);
    components
        .extend(stacks.into_iter().flat_map(|map| map.iter()).flat_map(|(_, stack)| named(Some(stack))));
    let monitored = manifest.get("monitoring").is_some();
    if monitored {
        let profile = embedded::position("profiles/monitoring.yaml").and_then(parsed);
        components.extend(named(profile.and_then(|profile| profile.get("services"))));
    }
    let wanted = |path: &str| match path.split_once('/') {
        Some(("components", file)) => {
            file.split_once('/').is_some_and(|(id, file)| components.contains(id) && FILES.contains(&file))
        }
        Some(("profiles" | "dashboards", _)) => monitored && path.ends_with(".yaml"),
        _ => false,
    };
    let files = embedded::FILES.iter().enumerate().filter(|(_, (path, _))| wanted(path));
    let mut files: Vec<(usize, usize)> = files.map(|(at, (_, text))| (text.len(), at)).collect();
    // The longest first: the last one keeps nobody waiting.
    files.sort_unstable_by(|a, b| b.cmp(a));
    files.par_iter().with_max_len(1).for_each(|(_, at)| {
        parsed(*at);
    });
}

/// The components of services.
fn named(services: Option<&Node>) -> impl Iterator<Item = &str> {
    let all = services.and_then(Node::as_map).into_iter().flat_map(|map| map.iter());
    all.filter_map(|(_, service)| service.get("component")?.as_str())
}

/// The files of a component that are trees.
const FILES: [&str; 3] = ["component.yaml", "alerts.yaml", "dashboard.yaml"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceMap;

    #[test]
    fn a_tree_stands_in_its_source() {
        let name = "profiles/monitoring.yaml";
        let text = embedded::text(name).unwrap();
        let mut sources = SourceMap::default();
        sources.add("first", "");
        let id = sources.add("second", text);
        let fresh = value::parse(Format::Yaml, id, text, &mut Sink::new()).unwrap();
        assert_eq!(format!("{:?}", tree(name, id, &mut Sink::new()).unwrap()), format!("{fresh:?}"));
    }
}
