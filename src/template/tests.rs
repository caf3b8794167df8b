use std::process::Command;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::emit::format::hostile::strings;

static FILES: &[(&str, &str)] = &[
    ("a.sh.j2", "run {{ x }} {{ list }} {{ x | raw }}\n"),
    ("print.sh.j2", "printf '%s\\0' {{ x }} {{ list }}\n"),
    ("a.cfg.j2", "log {{ x }}\n"),
    ("a.nft.j2", "accept comment {{ x | nft }} {{ list }}\n"),
    ("a.md.j2", "# {{ x }}\n| {{ x | md_cell }} | {{ x | md_code }} |\n"),
    ("a.yml.j2", "---\na:\n  - {{ x }}\n  - {{ list }}\n  - {{ x | ansible }}\n"),
    ("a.json.j2", "{\"x\": {{ x }}}\n"),
    ("a.conf.j2", "{{ x }}"),
    (
        "loop.conf.j2",
        "a\n  {% for i in list %}\n{{ i }}\n  {% endfor %}\nb: {% for i in list %}{{ i }},{% endfor +%}\nc\n",
    ),
    ("bad.sh.j2", "line\n{{ missing }}\n"),
    ("syntax.sh.j2", "{% if %}"),
    ("includes.sh.j2", "{% include 'bad.sh.j2' %}"),
    (
        "macro.sh.j2",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(x) }}{% set y %}[{{ x }}]{% endset %}{{ y }}\n",
    ),
    ("not-a-template.yaml", "{{ x }}"),
];

fn templates() -> Templates {
    Templates::from_files(FILES)
}

fn render(name: &str, x: &str) -> Result<String, TemplateError> {
    templates().render(name, json!({"x": x, "list": [x, "b", 1]}))
}

#[test]
fn values_are_quoted_for_the_file() {
    assert_eq!(render("a.sh.j2", "it's").unwrap(), "run 'it'\\''s' 'it'\\''s' b 1 it's\n");
    assert_eq!(render("a.cfg.j2", "a b").unwrap(), "log 'a b'\n");
    assert_eq!(render("a.nft.j2", "10.0.0.0/8").unwrap(), "accept comment \"10.0.0.0/8\" 10.0.0.0/8, b, 1\n");
    assert_eq!(render("a.md.j2", "a|b").unwrap(), "# a\\|b\n| a\\|b | `a|b` |\n");
    assert_eq!(render("a.conf.j2", "a'b").unwrap(), "a'b");
    assert_eq!(
        render("a.yml.j2", "{{").unwrap(),
        "---\na:\n  - \"{{\"\n  - [\"{{\",\"b\",1]\n  - !unsafe \"{{\"\n"
    );
    assert_eq!(render("macro.sh.j2", "a b").unwrap(), "<'a b'>['a b']\n");
    let said = render("a.cfg.j2", "a\nb").unwrap_err();
    assert_eq!((said.line, said.range), (1, Some(7..8)));
    assert!(said.message.contains("line break"), "{}", said.message);
}

#[test]
fn whole_lines_of_tags_leave_nothing() {
    assert_eq!(render("loop.conf.j2", "x").unwrap(), "a\nx\nb\n1\nb: x,b,1,\nc\n");
}

#[test]
fn errors_say_where() {
    let said = render("bad.sh.j2", "x").unwrap_err();
    assert_eq!((said.template.as_str(), said.line), ("bad.sh.j2", 2));
    assert_eq!(FILES[9].1.get(said.range.unwrap()), Some("missing"));
    assert!(said.message.contains("undefined"), "{}", said.message);
    let said = render("includes.sh.j2", "x").unwrap_err();
    assert_eq!((said.template.as_str(), said.line), ("bad.sh.j2", 2));
    assert_eq!(render("nowhere.j2", "x").unwrap_err().template, "nowhere.j2");
    assert!(render("not-a-template.yaml", "x").is_err());
    let broken: Vec<_> = templates().check().into_iter().map(|e| e.template).collect();
    assert_eq!(broken, ["syntax.sh.j2"]);
    assert_eq!(Templates::embedded().check(), []);
}

#[test]
fn component_texts() {
    let t = templates();
    let ctx = Context::new(&json!({
        "provides": {"engine-api": {"port": 8551}}, "yes": true, "none": null, "list": ["a b", 2], "m": {"k": 1}, "e": [],
        "name": "it's", "hosts": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
    }));
    let ok = |text: &str| t.render_str(text, &ctx).unwrap();
    assert_eq!(ok("--authrpc.port={{ provides[\"engine-api\"].port }}"), "--authrpc.port=8551");
    assert_eq!(ok("--x={{ yes }} {{ name }}"), "--x=true it's");
    assert_eq!(ok("{{ hosts | map(attribute='ip') | join(',') }}"), "10.0.0.1,10.0.0.2");
    assert_eq!(ok("{{ [yes, 1, 'a'] | join('-') }}{{ yes | string }}"), "true-1-atrue");
    assert_eq!(ok("{% if yes %}a{% else %}b{% endif %}\n"), "a\n");
    assert_eq!(ok("plain $x %y 'z'"), "plain $x %y 'z'");
    assert_eq!(
        ok("{{ '5m' | duration_seconds }} {{ '1h30m' | duration_seconds }} {{ 7 | duration_seconds }}"),
        "300 5400 7"
    );
    assert_eq!(ok("{{ 'a\\nb\\n\\nc' | indent(2) }}"), "a\n  b\n\n  c");
    for (text, word) in [
        ("{{ missing }}", "undefined"),
        ("{{ none }}", "none"),
        ("{{ list }}", "join"),
        ("{{ m }}", "map"),
        ("a {{ name", "syntax error"),
        ("{{ name | nofilter }}", "unknown filter"),
        ("{{ '5x' | duration_seconds }}", "duration"),
        ("{% set a = 1 %}", "not allowed"),
        ("{%- macro f() %}{% endmacro %}", "not allowed"),
        ("{% include 'text:x' %}", "not allowed"),
        ("{{ 'a' | indent(1000000000000) }}", "too wide"),
        ("{{ 'a' | format(1) }}", "unknown filter"),
    ] {
        let said = t.render_str(text, &ctx).unwrap_err();
        assert!(said.message.contains(word), "{text}: {said}");
        assert_eq!(said.template, text);
        assert!(said.range.is_some_and(|range| text.get(range).is_some()), "{text}");
    }
}

#[test]
fn conditions_and_values() {
    let t = templates();
    let ctx = json!({"on": true, "off": false, "none": null, "list": [1], "e": [], "text": "false", "n": 0});
    let is = |text: &str| t.eval_bool(text, &ctx);
    for (text, want) in [
        ("{{ on }}", true),
        ("on", true),
        (" {{ off }} ", false),
        ("not off", true),
        ("none", false),
        ("list", true),
        ("e", false),
        ("{{ n > 0 or on }}", true),
        ("text == 'false'", true),
        ("on is defined and on", true),
        ("missing is defined", false),
    ] {
        assert_eq!(is(text), Ok(want), "{text}");
    }
    for text in [
        "text",
        "n",
        "missing",
        "{{ missing }}",
        "",
        "{{ }}",
        "{{ on }} and {{ on }}",
        "on and",
        "{% if on %}",
    ] {
        let said = is(text).unwrap_err();
        assert!(said.range.clone().is_some_and(|range| text.get(range).is_some()), "{text}: {said:?}");
    }
    let said = is("  {{ 1 + missing }}").unwrap_err();
    assert!(said.range.as_ref().is_some_and(|r| r.start >= 4), "{said:?}");
    assert_eq!(t.eval("{{ n + 30303 }}", &ctx), Ok(json!(30303)));
    assert_eq!(t.eval("list", &ctx), Ok(json!([1])));
    assert_eq!(t.eval("{{ text }}", &ctx), Ok(json!("false")));
    assert!(t.eval("missing", &ctx).is_err());
}

#[test]
fn work_is_bounded() {
    let t = templates();
    for text in [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in range(9000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
        "{{ range(100000) | join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') | replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
        "{{ 'x' * 100000000000 }}",
        "{{ [1] * 100000000000 }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ 1 / 0 }}",
        "{{ 1 % 0 }}",
        "{{ -9223372036854775808 // -1 | abs }}{{ x }}",
    ] {
        assert!(t.render_str(text, json!({})).is_err(), "{text}");
    }
    let doubled = "{% set a = 'xxxxxxxxxxxxxxxx' %}".to_owned() + &"{% set a = a ~ a %}".repeat(40);
    let said = t.render_text("a.conf.j2", &doubled, json!({})).unwrap_err();
    assert!(said.message.contains("too large") && said.range.is_some(), "{said:?}");
    let said = t.render_text("a.conf.j2", "ab\n{% include 'a.sh.j2' %}", json!({})).unwrap_err();
    assert!(said.message.contains("`include` cannot be used") && said.range.unwrap().start >= 3);
    assert_eq!(t.render_text("a.conf.j2", "{% set a = 'b' %}{{ a ~ 2 * 3 }}\n", json!({})).unwrap(), "b6\n");
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(t.render_str(&deep, json!({})).is_err());
    assert!(t.render_str(&"{{ 1 }}".repeat(20_000), json!({})).is_err());
}

#[test]
fn a_query_may_name_each_node_of_a_large_network() {
    let t = templates();
    let ctx = json!({ "names": vec!["a-validator-with-a-name"; 10_000].join("|") });
    let query = "up{node=~\"{{ names }}\"}";
    assert!(t.render_query(query, &ctx).unwrap().len() > 200_000);
    assert!(t.render_str(query, &ctx).unwrap_err().message.contains("too long"));
    let all = "{{ names }}".repeat(30);
    assert!(t.render_query(&all, &ctx).unwrap_err().message.contains("too long"));
}

fn assert_shared<T: Send + Sync>(_: &T) {}

#[test]
fn threads_may_share() {
    let t = templates();
    assert_shared(&t);
    assert_shared(&Context::new(&1));
    std::thread::scope(|scope| {
        for n in 0..4 {
            let t = &t;
            scope.spawn(move || {
                for i in 0..50 {
                    assert_eq!(
                        t.render_str("{{ n }}-{{ 1 }}", json!({"n": n * i})).unwrap(),
                        format!("{}-1", n * i)
                    );
                }
            });
        }
    });
}

fn read_json(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

proptest! {
    #[test]
    fn no_text_panics(text in strings(), x in strings()) {
        let t = templates();
        let ctx = json!({"x": x});
        for text in [text.clone(), format!("{{{{ {text} }}}}"), format!("{{% if {text} %}}a{{% endif %}}"), format!("{{{{ x | {text} }}}}")] {
            for said in [
                t.render_str(&text, &ctx).err(),
                t.eval_bool(&text, &ctx).err(),
                t.eval(&text, &ctx).err(),
            ].into_iter().flatten() {
                let range = said.range.clone();
                prop_assert!(range.is_none_or(|range| text.get(range).is_some()), "{:?}", said);
            }
        }
        prop_assert_eq!(t.render_str("{{ x }}", &ctx).unwrap(), x);
    }

    #[test]
    fn yaml_and_json_files_hold_what_went_in(x in strings()) {
        let json = read_json(&render("a.json.j2", &x).unwrap());
        prop_assert_eq!(&json["x"], &json!(x));
        let yaml: serde_yaml::Value = serde_yaml::from_str(&render("a.yml.j2", &x).unwrap()).unwrap();
        let items = yaml["a"].as_sequence().unwrap();
        prop_assert_eq!(items[0].as_str(), Some(x.as_str()));
        prop_assert_eq!(items[1][0].as_str(), Some(x.as_str()));
        let last = match &items[2] {
            serde_yaml::Value::Tagged(tagged) => &tagged.value,
            other => other,
        };
        prop_assert_eq!(last.as_str(), Some(x.as_str()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn scripts_hold_what_went_in(x in strings()) {
        let x = x.replace('\0', "");
        let script = render("print.sh.j2", &x).unwrap();
        let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{x}\0{x}\0b\0{}\0", 1));
    }
}

#[test]
fn a_context_takes_one_more_value() {
    let templates = Templates::embedded();
    let context = Context::new(&json!({ "a": { "b": 1 }, "item": 0 }));
    let more = context.with("item", &json!({ "name": "x" }));
    assert_eq!(templates.render_str("{{ a.b }}{{ item.name }}", &more).unwrap(), "1x");
    assert!(templates.eval_bool("item.name == 'x'", &more).unwrap());
    assert_eq!(templates.render_str("{{ item }}", &context).unwrap(), "0");
}

/// Texts and conditions that need no machine give what it gives, errors among that.
#[test]
fn what_needs_no_machine_is_what_the_machine_makes_of_it() {
    let templates = templates();
    let contexts = [
        json!({ "a": { "b": "x", "n": 1.5, "yes": true, "none": null, "list": [1], "empty": "" }, "c": 7 }),
        json!({ "a": { "b": "y", "n": 2, "yes": false, "none": 0, "list": [], "empty": {} }, "c": null }),
        json!({ "a": null }),
        json!({ "a": { "b": "z".repeat(40 << 10) }, "c": "x" }),
        json!({}),
    ];
    for text in
        ["{{ a.b }}", "-{{ a.n }}/{{ c }}", "{{ a.yes }}{{ a.b }}", "{{ a.none }}", "{{ a.list }}", "{{ a }}"]
    {
        let by_machine = format!("{{% if true %}}{text}{{% endif %}}");
        for context in contexts.iter().chain(&contexts) {
            let (here, there) =
                (templates.render_str(text, context), templates.render_str(&by_machine, context));
            assert_eq!(here.map_err(|e| e.message), there.map_err(|e| e.message), "{text} {context}");
        }
    }
    for text in [
        "a.yes",
        "not a.yes",
        "a.b == 'x'",
        "a.b != 'x'",
        "a.n == 2",
        "a.none is none",
        "a.none is not none",
        "c is none",
        "a.yes and a.list",
        "a.list or c",
        "a.empty or a.b == c",
        "a.list == a.list",
        "a.gone or a.yes",
        "a",
        "'x'",
    ] {
        let by_machine = format!("({text}) if true else false");
        for context in contexts.iter().chain(&contexts) {
            let error = |e: TemplateError| e.message;
            let (here, there) =
                (templates.eval_bool(text, context), templates.eval_bool(&by_machine, context));
            assert_eq!(here.map_err(error), there.map_err(error), "{text} {context}");
            let (here, there) = (templates.eval(text, context), templates.eval(&by_machine, context));
            assert_eq!(here.map_err(error), there.map_err(error), "{text} {context}");
        }
    }
}

/// A scope that has only what a text asks for is as good as the whole.
#[test]
fn parts_of_a_scope_are_enough() {
    let templates = templates();
    let whole = json!({ "needs": { "a": { "url": "u", "port": 1 }, "b": null }, "peers": ["p"] });
    let part_of = |reads: &Reads| {
        let mut scope = Parts::new(reads);
        for (name, value) in whole.as_object().unwrap() {
            scope.add(name, |reads| match value {
                Json::Object(map) => {
                    let mut inner = Parts::new(reads);
                    for (name, value) in map {
                        inner.add(name, |reads| match value {
                            Json::Object(map) => {
                                let mut inner = Parts::new(reads);
                                map.iter().for_each(|(name, value)| inner.add(name, |_| value));
                                serde_json::to_value(inner.done()).unwrap()
                            }
                            other => other.clone(),
                        });
                    }
                    serde_json::to_value(inner.done()).unwrap()
                }
                other => other.clone(),
            });
        }
        scope.done()
    };
    for text in
        ["needs.a", "needs.b", "not needs.a", "needs.a is none", "needs.b is none", "needs.a and peers"]
    {
        let part = part_of(&templates.reads(Asking::Condition(text)));
        assert_eq!(templates.eval_bool(text, &part), templates.eval_bool(text, &whole), "{text}");
    }
    for text in [
        "{{ needs.a.url }}",
        "{{ needs.a | length }}",
        "{% for k in needs %}{{ k }}{% endfor %}",
        "{{ peers[0] }}",
    ] {
        let part = part_of(&templates.reads(Asking::Line(text)));
        assert_eq!(templates.render_str(text, &part), templates.render_str(text, &whole), "{text}");
    }
    let all = templates.reads(Asking::File("x.j2", "{% include 'y' %}"));
    assert!(all.is_whole(), "of what does not compile everything is asked for");
}
