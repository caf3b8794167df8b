#![expect(clippy::string_slice, reason = "a broken place should end a test loudly")]

use proptest::prelude::*;

use super::*;
use crate::text::{SourceMap, Spanned};

fn read(format: Format, text: &str) -> (Option<Node>, Vec<crate::diag::Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let id = sources.add("test", text);
    let mut sink = Sink::new();
    let node = parse(format, id, text, &mut sink);
    (node, sink.into_sorted(), sources)
}

fn good(format: Format, text: &str) -> Node {
    let (node, found, _) = read(format, text);
    assert!(found.is_empty(), "{found:?}");
    node.unwrap()
}

/// The code and the text under the primary label of the first finding.
fn bad(format: Format, text: &str) -> (String, String) {
    let (_, found, sources) = read(format, text);
    let first = found.first().unwrap_or_else(|| panic!("nothing found in {text:?}"));
    let span = first.span();
    let slice = sources.get(span.source).map(|s| s.slice(span).to_owned()).unwrap_or_default();
    (first.rule.code.to_owned(), slice)
}

#[test]
fn three_formats_give_one_tree() {
    let yaml = good(Format::Yaml, "a: {b: [1, -2, 3.5, true, 'x']}\nc: é☃\n");
    let toml = good(Format::Toml, "c = \"é☃\"\n[a]\nb = [1, -2, 3.5, true, 'x']\n");
    let json = good(Format::Json, "{\"a\": {\"b\": [1, -2, 3.5, true, \"x\"]}, \"c\": \"é☃\"}");
    let sorted = |node: &Node| {
        let map: std::collections::BTreeMap<String, serde_json::Value> =
            serde_json::from_value(node.to_json()).unwrap();
        map
    };
    assert_eq!(sorted(&yaml), sorted(&toml));
    assert_eq!(sorted(&yaml), sorted(&json));
}

#[test]
fn spans_cut_out_the_source() {
    let text = "# é☃\nnäme: wörld # x\nlist:\n  - one\n  - 'two words'\n";
    let node = good(Format::Yaml, text);
    let cut = |span: Span| &text[span.start as usize..span.end as usize];
    let found = node.at("/näme");
    assert_eq!(cut(found.value_span), "wörld");
    assert_eq!(cut(found.key_span.unwrap()), "näme");
    assert_eq!(cut(node.at("/list/1").value_span), "'two words'");
    assert!(!node.at("/list/9/x").exact);
    let json = "{\"é\": {\"k\": 12}}";
    let node = good(Format::Json, json);
    assert_eq!(
        &json[node.at("/é/k").value_span.start as usize..node.at("/é/k").value_span.end as usize],
        "12"
    );
    let toml = "# é\n[t.u]\nk = \"v\"\n";
    let node = good(Format::Toml, toml);
    let span = node.at("/t/u/k").value_span;
    assert_eq!(&toml[span.start as usize..span.end as usize], "\"v\"");
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    let node = good(
        Format::Yaml,
        "[no, on, 22:22, 2024-01-01, 0o17, 017, 1_000, 0x1f, '1', ~, 1e3, 0xffffffffffffffffffffffffffffffffffffffff]",
    );
    let expected = serde_json::json!([
        "no",
        "on",
        "22:22",
        "2024-01-01",
        15,
        17,
        "1_000",
        31,
        "1",
        null,
        1000.0,
        "0xffffffffffffffffffffffffffffffffffffffff"
    ]);
    assert_eq!(node.to_json(), expected);
}

#[test]
fn anchors_aliases_and_merge_keys() {
    let node =
        good(Format::Yaml, "b: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\nd: {<<: [*b, {z: 9, x: 8}]}\ne: *b\n");
    assert_eq!(node.at("/c").node.to_json(), serde_json::json!({"y": 3, "x": 1}));
    assert_eq!(node.at("/d").node.to_json(), serde_json::json!({"x": 1, "y": 2, "z": 9}));
    assert!(node.at("/e").node.via.is_some());
}

#[test]
fn mistakes_point_at_the_place() {
    assert_eq!(bad(Format::Yaml, "a: 1\na: 2\n"), ("NG0102".into(), "a".into()));
    assert_eq!(bad(Format::Json, "{\"a\": 1, \"a\": 2}"), ("NG0102".into(), "\"a\"".into()));
    assert_eq!(bad(Format::Yaml, "a: .inf\n"), ("NG0104".into(), ".inf".into()));
    assert_eq!(bad(Format::Yaml, "a: !thing x\n").0, "NG0101");
    assert_eq!(bad(Format::Yaml, "a: 1\n---\nb: 2\n").0, "NG0101");
    assert_eq!(bad(Format::Yaml, "a:\n\t- b\n").0, "NG0101");
    assert_eq!(bad(Format::Json, "{\"a\": 1,}").0, "NG0101");
    assert_eq!(bad(Format::Json, "// x\n{}").0, "NG0101");
    assert_eq!(bad(Format::Toml, "a = \n").0, "NG0101");
    assert_eq!(bad(Format::Yaml, "a: &a [*a]\n").0, "NG0101");
    assert_eq!(bad(Format::Yaml, "a: *none\n").0, "NG0101");
    assert_eq!(bad(Format::Yaml, "? [a]\n: 1\n").0, "NG0101");
}

#[test]
fn attacks_end_soon() {
    let bomb = (0..40).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |mut text, i| {
        let list = vec![format!("*a{i}"); 9].join(",");
        text.push_str(&format!("a{}: &a{} [{list}]\n", i + 1, i + 1));
        text
    });
    assert_eq!(bad(Format::Yaml, &bomb).0, "NG0106");
    for format in [Format::Yaml, Format::Json, Format::Toml] {
        let (node, found, _) = read(
            format,
            &format!("{}{}", if format == Format::Toml { "a=" } else { "" }, "[".repeat(100_000)),
        );
        assert!(node.is_none() && !found.is_empty(), "{format:?}");
    }
    let deep: String = (0..20_000).map(|i| format!("{}a:\n", " ".repeat(i.min(300)))).collect();
    assert!(read(Format::Yaml, &deep).0.is_none());
    assert!(good(Format::Yaml, "").as_map().unwrap().entries().is_empty());
    assert_eq!(good(Format::Yaml, "\u{feff}a: 1\r\nb: 2\r\n").to_json(), serde_json::json!({"a": 1, "b": 2}));
}

#[test]
fn decoding_keeps_places() {
    #[derive(serde::Deserialize)]
    struct T {
        map: crate::hashed::IndexMap<Spanned<String>, Spanned<u16>>,
        opt: Option<Spanned<String>>,
        list: Vec<Spanned<bool>>,
    }
    let text = "map: {é: 7}\nopt: x\nlist: [true]\n";
    let decoded: T = decode(&good(Format::Yaml, text)).unwrap();
    let cut = |span: Span| &text[span.start as usize..span.end as usize];
    let (key, value) = decoded.map.first().unwrap();
    assert_eq!((cut(key.span), cut(value.span), value.value), ("é", "7", 7));
    assert_eq!(cut(decoded.opt.unwrap().span), "x");
    assert_eq!(cut(decoded.list[0].span), "true");
    let wrong = good(Format::Yaml, "map: {a: 99999}\nopt: ~\nlist: []\n");
    let error = decode::<T>(&wrong).err().unwrap();
    assert_eq!((error.span.start, error.span.end), (9, 14));
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC*") {
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            let _ = read(format, &text);
        }
    }

    #[test]
    fn no_syntax_soup_makes_a_parser_panic(text in "[\\[\\]{}:,&*a-c0-9 \n\t\"'!<|>#-]{0,120}") {
        for format in [Format::Yaml, Format::Json, Format::Toml] {
            let _ = read(format, &text);
        }
    }

    #[test]
    fn json_text_reads_the_same_in_json_and_yaml(value in json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let json = read(Format::Json, &text).0.unwrap().to_json();
        prop_assert_eq!(&json, &value);
        let yaml = read(Format::Yaml, &text).0.unwrap().to_json();
        prop_assert_eq!(yaml, json);
    }
}

/// Maps with every kind of scalar; keys that YAML would merge are left out.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[ -~é☃]{0,12}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-zé]{1,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z]{1,5}", value, 0..4)
        .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))
}
