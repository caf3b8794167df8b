use super::*;
use crate::diag::Sink;
use crate::embedded;
use crate::text::Spanned;
use crate::value::{Format, Kind, Map, Node, parse};

/// What stands in a list or a map.
fn inside(mut taped: Taped<'_>) -> Values<'_> {
    taped.head();
    taped.values()
}

/// The tree that a tape stands for.
fn tree(taped: Taped<'_>) -> Node {
    let kind = match taped.shape() {
        Shape::Null => Kind::Null,
        Shape::Bool(value) => Kind::Bool(value),
        Shape::Int(value) => Kind::Int(value),
        Shape::UInt(value) => Kind::UInt(value),
        Shape::Float(value) => Kind::Float(value),
        Shape::Str(value) => Kind::Str(value.to_owned()),
        Shape::Seq(_) => {
            let mut values = inside(taped);
            Kind::Seq(std::iter::from_fn(|| values.item()).map(tree).collect())
        }
        Shape::Map(_) => {
            let mut values = inside(taped);
            let mut map = Map::default();
            while let Some((name, span, value)) = values.entry() {
                let _ = map.insert(Spanned::new(name.to_owned(), span), tree(value));
            }
            Kind::Map(map)
        }
    };
    Node::new(kind, taped.span())
}

fn places(mut tree: Node) -> Vec<Span> {
    let mut all = Vec::new();
    tree.each_span(&mut |span| all.push(*span));
    all
}

#[test]
fn a_tape_is_the_tree_of_its_file() {
    let data = embedded::FILES.iter().filter(|(name, _)| name.ends_with(".yaml"));
    let mut count = 0;
    for (name, text) in data {
        let id = SourceId(7);
        let tape = embedded::tape(name).unwrap();
        let parsed = parse(Format::Yaml, id, text, &mut Sink::new()).unwrap();
        let taped = tree(Taped::new(tape, text, id));
        assert!(taped.to_json() == parsed.to_json(), "{name}");
        assert!(places(taped) == places(parsed), "{name}");
        count += 1;
    }
    assert!(count > 100, "{count}");
}

/// Nothing is taken for granted, though the build script wrote it.
#[test]
fn a_broken_tape_is_read_to_its_end() {
    let name = "profiles/monitoring.yaml";
    let (text, tape) = (embedded::text(name).unwrap(), embedded::tape(name).unwrap());
    for end in 0..tape.len() {
        tree(Taped::new(&tape[..end], text, SourceId(0)));
    }
}
