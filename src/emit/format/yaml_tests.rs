use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::hostile::{CORPUS, strings};
use super::super::scalar;
use super::*;

/// A string in every place a string can stand.
fn places(text: &str) -> Value {
    json!({
        "value": text,
        "list": [text, [text, [text]], {"in list": text, "second": 1}],
        "map": {"nested": {"deep": text, "after": text}},
        "keys": {text: text, "other": {text: [text]}},
        "last": text,
    })
}

fn read(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"))
}

fn lint(yaml: &str) {
    assert!(yaml.starts_with("---\n") && yaml.ends_with('\n') && !yaml.ends_with("\n\n"), "{yaml:?}");
    for line in yaml.lines() {
        assert!(!line.ends_with([' ', '\t']), "trailing space: {yaml:?}");
    }
}

/// The whole document as serde-saphyr writes it, but for what [`scalar`] says of blocks and line ends.
fn reference(value: &Value) -> String {
    struct Styled<'a>(&'a Value);

    impl Serialize for Styled<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Value::String(text) if text.contains('\n') && !scalar::reads_well(text) => {
                    serde_saphyr::DoubleQuoted(text).serialize(serializer)
                }
                Value::Array(items) => serializer.collect_seq(items.iter().map(Styled)),
                Value::Object(map) => {
                    serializer.collect_map(map.iter().map(|(key, item)| (key, Styled(item))))
                }
                other => other.serialize(serializer),
            }
        }
    }

    let text = scalar::judged(&Styled(value)).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(' ')).collect();
    format!("---\n{}\n", lines.join("\n"))
}

/// Any tree of texts, numbers, lists and maps.
fn trees() -> impl Strategy<Value = Value> {
    let words = || {
        prop_oneof![
            strings(),
            "[a-z]{1,6}",
            "[0-9][0-9.]{0,8}",
            "[-a-zA-Z0-9_./:=# ]{1,12}",
            "[a-z ]{1,5}(\n[ a-z]{0,5}){1,4}"
        ]
    };
    let leaf = prop_oneof![
        words().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        (-1e9..1e9_f64).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((words(), inner), 0..5)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

#[test]
fn corpus_survives() {
    for text in CORPUS {
        let value = places(text);
        let yaml = to_yaml(&value).unwrap();
        lint(&yaml);
        assert_eq!(read(&yaml), value, "{yaml}");
    }
}

proptest! {
    #[test]
    fn any_text_survives(text in strings(), other in strings()) {
        let mut value = places(&text);
        value["other"] = places(&other);
        let yaml = to_yaml(&value).unwrap();
        lint(&yaml);
        prop_assert_eq!(read(&yaml), value, "{}", yaml);
    }

    #[test]
    fn the_layout_is_that_of_serde_saphyr(tree in trees()) {
        prop_assert_eq!(to_yaml(&tree).unwrap(), reference(&tree));
    }

    #[test]
    fn any_number_survives(float in any::<f64>(), signed: i64, unsigned: u64, small: f32) {
        prop_assume!(float.is_finite() && small.is_finite());
        let value = json!([float, signed, unsigned, true, null, {"a": [], "b": {}}]);
        let yaml = to_yaml(&value).unwrap();
        let back = read(&yaml);
        prop_assert_eq!(back[0].as_f64(), Some(float), "{}", yaml);
        prop_assert_eq!(back[1].as_i64(), Some(signed));
        prop_assert_eq!(back[2].as_u64(), Some(unsigned));
        prop_assert_eq!(&back.as_array().unwrap()[3..], &value.as_array().unwrap()[3..]);
        let back: f32 = serde_yaml::from_str(&to_yaml(&small).unwrap()).unwrap();
        prop_assert_eq!(back, small);
    }

    #[test]
    fn a_header_is_only_a_comment(header in strings()) {
        let yaml = to_yaml_with_header(&header, &json!({"a": 1})).unwrap();
        lint(&yaml);
        prop_assert_eq!(read(&yaml), json!({"a": 1}), "{}", yaml);
    }
}

#[test]
fn layout_is_what_people_write() {
    let value = json!({
        "services": {"geth": {
            "image": "ethereum/client-go:v1.16.9",
            "command": ["--datadir=/data", "--http"],
            "ports": ["22:22", "8545:8545"],
            "restart": "no",
            "on": "yes",
            "script": "set -e\n\nrun it\n",
            "long": "word ".repeat(60).trim_end(),
            "empty": {}, "none": [], "nothing": null,
        }},
    });
    let yaml = to_yaml_with_header("Made by netgen.\n\nDo not edit.", &value).unwrap();
    let want = format!(
        r#"---
# Made by netgen.
#
# Do not edit.
services:
  geth:
    image: ethereum/client-go:v1.16.9
    command:
      - --datadir=/data
      - --http
    ports:
      - "22:22"
      - 8545:8545
    restart: "no"
    "on": "yes"
    script: |
      set -e

      run it
    long: {}
    empty: {{}}
    none: []
    nothing: null
"#,
        "word ".repeat(60).trim_end()
    );
    assert_eq!(yaml, want);
}

#[test]
fn what_no_reader_takes_is_an_error() {
    assert_eq!(to_yaml(&f64::NAN).unwrap_err().reason, "it is not a finite number");
    assert!(to_yaml(&BTreeMap::from([("k".repeat(2000), 1)])).unwrap_err().reason.contains("longer"));
    assert!(to_yaml(&BTreeMap::from([(vec![1], 1)])).unwrap_err().reason.contains("key must be"));
    assert_eq!(to_yaml(&u128::MAX).unwrap_err().reason, "the number is too large");
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    assert_eq!(to_yaml(&deep).unwrap_err().reason, "it is nested too deeply");

    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", 1), ("a", 2)])
        }
    }
    assert_eq!(to_yaml(&Twice).unwrap_err().reason, "the key appears twice");
}

#[test]
fn depth_that_passes_can_be_read() {
    let mut deep = json!("x");
    for _ in 0..90 {
        deep = json!([{ "a": [] }, deep]);
    }
    assert_eq!(read(&to_yaml(&deep).unwrap()), deep);
}

#[test]
fn serde_shapes() {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Shape {
        UnitLike,
        New(u8),
        Pair(u8, u8),
        Full { a: Option<u8> },
    }
    let yaml = to_yaml(&(Shape::UnitLike, Shape::New(1), Shape::Pair(1, 2), Shape::Full { a: None }, 'x'));
    assert_eq!(
        read(&yaml.unwrap()),
        json!(["unit-like", {"new": 1}, {"pair": [1, 2]}, {"full": {"a": null}}, "x"])
    );
    assert_eq!(to_yaml(&BTreeMap::from([(80, "a"), (443, "b")])).unwrap(), "---\n80: a\n443: b\n");
}

fn tag_of(yaml: &str) -> (String, String) {
    let serde_yaml::Value::Tagged(tagged) = serde_yaml::from_str(yaml).unwrap() else { panic!("{yaml}") };
    (tagged.tag.to_string(), tagged.value.as_str().unwrap().to_owned())
}

#[test]
fn ansible_text_is_tagged() {
    for text in CORPUS {
        let yaml = to_yaml(&Unsafe((*text).to_owned())).unwrap();
        assert_eq!(tag_of(&yaml), ("!unsafe".to_owned(), (*text).to_owned()), "{yaml}");
    }
    let data = json!({"motd": "{{ x }}\n", "plain": "a", "list": ["{% if %}", "{#"], "{{ key }}": 1});
    assert_eq!(
        variables("", "", &data).unwrap(),
        "---\nmotd: !unsafe \"{{ x }}\\n\"\nplain: a\nlist:\n  - !unsafe \"{% if %}\"\n  - !unsafe \"{#\"\n\"{{ key }}\": 1\n"
    );
    assert_eq!(serde_json::to_value(Unsafe("{{".to_owned())).unwrap(), json!("{{"));
}

/// PyYAML is what Ansible reads with; where it is not installed, the libyaml tests above stand alone.
#[test]
fn pyyaml_agrees() {
    let program = "import sys, json, yaml\n\
        L = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)\n\
        for doc in json.load(sys.stdin):\n    a, b = yaml.load(doc[0], L), yaml.load(doc[0], yaml.SafeLoader)\n    assert a == b == doc[1], (doc, a, b)\n";
    let probe = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        return;
    }
    let mut documents: Vec<(String, Value)> = Vec::new();
    for text in CORPUS {
        documents.push((to_yaml(&places(text)).unwrap(), places(text)));
    }
    for number in [0.0, -0.0, 0.1, 1e21, 1e-7, 1.5e300, 5e-324, 123456789.0, f64::MAX] {
        documents.push((to_yaml(&json!([number])).unwrap(), json!([number])));
    }
    let mut child = Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(&documents).unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
}
