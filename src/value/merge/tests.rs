#![expect(clippy::string_slice, reason = "a broken place should end a test loudly")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::text::SourceMap;
use crate::value::{Format, parse};

/// Sources laid over each other, with what was found.
fn merged(texts: &[&str]) -> (Node, Vec<Diagnostic>, SourceMap) {
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let mut tree: Option<Node> = None;
    for (at, text) in texts.iter().enumerate() {
        let id = sources.add(format!("{at}.yaml"), *text);
        let node = parse(Format::Yaml, id, text, &mut sink).unwrap();
        match &mut tree {
            None => tree = Some(node),
            Some(tree) => overlay(tree, node, &mut sink),
        }
    }
    (tree.unwrap(), sink.into_sorted(), sources)
}

fn good(texts: &[&str]) -> (Node, SourceMap) {
    let (node, found, sources) = merged(texts);
    assert!(found.is_empty(), "{found:?}");
    (node, sources)
}

/// `file: text` under a span.
fn cut(sources: &SourceMap, span: Span) -> String {
    let source = sources.get(span.source).unwrap();
    format!("{}: {}", source.name(), source.slice(span))
}

#[test]
fn maps_merge_and_everything_else_is_replaced() {
    let (node, _) = good(&[
        "hosts: {a: {x: 1, y: [1, 2]}, b: {x: 2}}\nlist: [1, 2, 3]\nnames: one\n",
        "hosts: {a: {y: [3]}, c: {x: 3}}\nlist: []\nnames: [one, two]\n",
    ]);
    let expected = json!({
        "hosts": { "a": { "x": 1, "y": [3] }, "b": { "x": 2 }, "c": { "x": 3 } },
        "list": [], "names": ["one", "two"],
    });
    assert_eq!(node.to_json(), expected);
}

#[test]
fn spans_stay_true_to_their_file() {
    let base = "# é☃ 世界\nhösts: {ä: {x: älpha, y: old}}\n";
    let (node, sources) = good(&[base, "# ☃\nhösts:\n  ä: {y: nëw}\n  ö: {z: added}\n"]);
    let value = |pointer: &str| cut(&sources, node.at(pointer).value_span);
    assert_eq!(value("/hösts/ä/x"), "0.yaml: älpha");
    assert_eq!(value("/hösts/ä/y"), "1.yaml: nëw");
    assert_eq!(value("/hösts/ö/z"), "1.yaml: added");
    let key = |pointer: &str| cut(&sources, node.at(pointer).key_span.unwrap());
    assert_eq!(key("/hösts/ä"), "0.yaml: ä");
    assert_eq!(key("/hösts/ö"), "1.yaml: ö");
}

#[test]
fn what_was_replaced_is_remembered() {
    let (node, sources) = good(&["a: {k: one}", "a: {k: two}", "a: {k: three}"]);
    let past = node.at("/a/k").node.past.clone().unwrap();
    let replaced: Vec<String> = past.replaced.iter().map(|span| cut(&sources, *span)).collect();
    assert_eq!(replaced, ["1.yaml: two", "0.yaml: one"]);
}

#[test]
fn null_deletes_and_is_remembered() {
    let (node, sources) = good(&["a: {k: one, l: 2}", "a: {k: null}"]);
    assert_eq!(node.to_json(), json!({ "a": { "l": 2 } }));
    let deleted = &node.at("/a").node.past.as_ref().unwrap().deleted[0];
    assert_eq!((deleted.key.as_str(), cut(&sources, deleted.value)), ("k", "0.yaml: one".to_owned()));
    assert_eq!(cut(&sources, deleted.by), "1.yaml: null");
}

#[test]
fn a_null_that_deletes_nothing_is_an_error() {
    let (node, found, sources) = merged(&["hosts: {val-1: {}}", "hosts: {vla-1: null}"]);
    assert_eq!(node.to_json(), json!({ "hosts": { "val-1": {} } }));
    assert_eq!(found[0].rule.code, "NG0111");
    assert_eq!(cut(&sources, found[0].span()), "1.yaml: null");
    assert_eq!(found[0].help, ["did you mean `val-1`?"]);
    // Below something new there is nothing either: the name of the new thing is misspelt.
    let (node, found, _) = merged(&["hosts: {val-1: {region: eu}}", "hosts: {vla-1: {region: null, x: 1}}"]);
    assert_eq!(node.to_json()["hosts"]["vla-1"], json!({ "x": 1 }));
    assert_eq!((found[0].rule.code, found.len()), ("NG0111", 1));
    assert_eq!(found[0].help, ["did you mean `val-1`?"]);
}

#[test]
fn a_map_never_replaces_anything_else() {
    for (base, over) in [("a: {b: 1}", "a: text"), ("a: [1]", "a: {b: 1}"), ("a: 1", "a: {b: 1}")] {
        let (node, found, sources) = merged(&[base, over]);
        assert_eq!(found.len(), 1, "{base} {over}");
        assert_eq!(found[0].rule.code, "NG0110");
        let files: Vec<String> =
            found[0].labels.iter().map(|l| cut(&sources, l.span)[..6].to_owned()).collect();
        assert_eq!(files, ["1.yaml", "0.yaml"]);
        let (alone, _) = good(&[base]);
        assert_eq!(node.to_json(), alone.to_json());
    }
    // The whole file is no map.
    assert_eq!(merged(&["a: 1", "[a]"]).1[0].rule.code, "NG0110");
}

#[test]
fn lists_of_named_things_merge_by_name() {
    let (node, _) = good(&[
        "l: [{name: a, x: 1}, {name: b, x: 2}]\ni: [{id: p, x: 1}]",
        "l: [{name: c, x: 3}, {name: a, y: 4}]\ni: [{id: p, x: 2}]",
    ]);
    let expected = json!({
        "l": [{ "name": "a", "x": 1, "y": 4 }, { "name": "b", "x": 2 }, { "name": "c", "x": 3 }],
        "i": [{ "id": "p", "x": 2 }],
    });
    assert_eq!(node.to_json(), expected);
    // One item without a name: the list is an order, and is replaced.
    let (node, _) = good(&["l: [{name: a}, {x: 1}]", "l: [{name: b}]"]);
    assert_eq!(node.to_json(), json!({ "l": [{ "name": "b" }] }));
}

#[test]
fn a_name_that_stands_twice_is_an_error() {
    for (base, over) in
        [("l: [{name: a}, {name: a}]", "l: [{name: b}]"), ("l: [{name: a}]", "l: [{name: b}, {name: b}]")]
    {
        let (_, found, sources) = merged(&[base, over]);
        assert_eq!((found.len(), found[0].rule.code), (1, "NG0110"));
        let texts: Vec<String> =
            found[0].labels.iter().map(|l| cut(&sources, l.span)[8..].to_owned()).collect();
        assert!(texts == ["a", "a"] || texts == ["b", "b"], "{texts:?}");
    }
}

#[test]
fn an_empty_file_says_nothing() {
    for empty in ["", "~", "# only a comment\n", "{}"] {
        let (node, _) = good(&["a: {b: [1]}", empty]);
        assert_eq!(node.to_json(), json!({ "a": { "b": [1] } }), "{empty:?}");
    }
}

#[test]
fn large_maps_are_merged_whole() {
    // Large enough to be felt if a key were searched for among all others.
    let count = 10_000;
    let hosts = |value: &str| -> String {
        let lines = (0..count).map(|n| format!("  h{n}: {{ address: {value}, region: eu }}\n"));
        std::iter::once("hosts:\n".to_owned()).chain(lines).collect()
    };
    let nulls: String = (0..count).map(|n| format!("  h{n}: {{ region: null }}\n")).collect();
    let gone: String = (0..count / 2).map(|n| format!("  h{n}: null\n")).collect();
    let unknown: String = (0..count / 2).map(|n| format!("  x{n}: null\n")).collect();
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let mut read = |text: &str| {
        let id = sources.add("x", text);
        parse(Format::Yaml, id, text, &mut Sink::new()).unwrap()
    };
    let mut base = read(&hosts("1.2.3.4"));
    let overs = [
        read(&hosts("4.3.2.1")),
        read(&format!("hosts:\n{nulls}")),
        read(&format!("hosts:\n{gone}{unknown}")),
    ];
    for over in overs {
        overlay(&mut base, over, &mut sink);
    }
    assert_eq!(base.get("hosts").unwrap().as_map().unwrap().entries().len(), count - count / 2);
    assert_eq!(sink.len(), count / 2);
}

/// A tree as JSON: maps with few keys, so that they meet.
fn tree(nulls: bool) -> impl Strategy<Value = Value> {
    let scalar = if nulls {
        prop_oneof![Just(Value::Null), any::<i8>().prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from)]
            .boxed()
    } else {
        prop_oneof![any::<i8>().prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from)].boxed()
    };
    let leaf = prop_oneof![
        3 => scalar,
        1 => prop::collection::vec(any::<i8>(), 0..3).prop_map(Value::from),
    ];
    let inner = leaf.prop_recursive(4, 24, 4, |inner| {
        prop::collection::btree_map("[a-d]", inner, 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    });
    prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn lay(base: &Value, over: &Value) -> (Value, Vec<Diagnostic>) {
    let (node, found, _) = merged(&[&base.to_string(), &over.to_string()]);
    (node.to_json(), found)
}

/// The documented merge, said in another way: RFC 7396, but for maps that meet something else.
fn oracle(base: &mut Value, over: &Value) {
    let (Value::Object(map), Value::Object(changes)) = (&mut *base, over) else { return };
    for (key, change) in changes {
        match (map.get_mut(key), change) {
            (_, Value::Null) => {
                map.shift_remove(key);
            }
            (Some(old), _) if old.is_object() && change.is_object() => oracle(old, change),
            (Some(old), _) if old.is_null() || !(old.is_object() || change.is_object()) => {
                old.clone_from(change);
            }
            (Some(_), _) => {}
            (None, _) => {
                let mut change = change.clone();
                without_nulls(&mut change);
                map.insert(key.clone(), change);
            }
        }
    }
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(without_nulls);
    }
}

proptest! {
    #[test]
    fn an_empty_overlay_changes_nothing(base in tree(true)) {
        let (merged, found) = lay(&base, &json!({}));
        prop_assert_eq!(merged, base);
        prop_assert!(found.is_empty());
    }

    #[test]
    fn a_tree_over_nothing_is_itself(over in tree(false)) {
        let (merged, found) = lay(&json!({}), &over);
        prop_assert_eq!(merged, over);
        prop_assert!(found.is_empty());
    }

    #[test]
    fn a_tree_over_itself_is_itself(base in tree(false)) {
        let (merged, found) = lay(&base, &base);
        prop_assert_eq!(merged, base);
        prop_assert!(found.is_empty());
    }

    #[test]
    fn it_is_what_the_documentation_says(base in tree(true), over in tree(true)) {
        let (merged, _) = lay(&base, &over);
        let mut expected = base;
        oracle(&mut expected, &over);
        prop_assert_eq!(merged, expected);
    }

    #[test]
    fn the_order_of_pairs_does_not_matter(a in tree(false), b in tree(false), c in tree(false)) {
        let (ab, first) = lay(&a, &b);
        let (bc, second) = lay(&b, &c);
        let (left, third) = lay(&ab, &c);
        let (right, fourth) = lay(&a, &bc);
        // Only where no map met something else.
        prop_assume!(first.is_empty() && second.is_empty() && third.is_empty() && fourth.is_empty());
        prop_assert_eq!(left, right);
    }

    #[test]
    fn every_value_has_the_place_where_it_is_written(base in tree(false), over in tree(false)) {
        let (node, _, sources) = merged(&[&base.to_string(), &over.to_string()]);
        let mut nodes = vec![&node];
        while let Some(node) = nodes.pop() {
            match &node.kind {
                Kind::Map(map) => {
                    for entry in map.entries() {
                        let key = sources.get(entry.key.span.source).unwrap().slice(entry.key.span);
                        prop_assert_eq!(key, Value::from(entry.key.value.clone()).to_string());
                        nodes.push(&entry.value);
                    }
                }
                _ => {
                    let text = sources.get(node.span.source).unwrap().slice(node.span);
                    let written: Value = serde_json::from_str(text).unwrap();
                    prop_assert_eq!(written, node.to_json());
                }
            }
        }
    }
}

#[test]
fn an_alias_that_replaces_is_pointed_at_where_it_stands() {
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let mut read = |text: &str| {
        let id = sources.add("x", text);
        parse(Format::Yaml, id, text, &mut sink).unwrap()
    };
    let mut base = read("a: {k: 1}");
    let over = read("x: &v 2\na: *v");
    let mut found = Sink::new();
    overlay(&mut base, over, &mut found);
    let found = found.into_sorted();
    assert_eq!(cut(&sources, found[0].span()), "x: *v");
}
