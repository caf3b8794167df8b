use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::world::MemoryWorld;

/// Loads files, the first of which is the manifest.
fn run(
    files: &[(&str, &str)],
    change: impl FnOnce(&mut Input),
) -> (Option<Loaded>, Vec<Diagnostic>, SourceMap) {
    let world = MemoryWorld::new(files.iter().copied());
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let mut input = Input::new(files[0].0);
    change(&mut input);
    let loaded = load(&world, &input, &mut sources, &mut sink);
    (loaded, sink.into_sorted(), sources)
}

fn tree(files: &[(&str, &str)], change: impl FnOnce(&mut Input)) -> Json {
    let (loaded, found, _) = run(files, change);
    assert!(found.is_empty(), "{found:#?}");
    loaded.unwrap().tree.to_json()
}

/// `code file: text under the primary label: its remark` of each finding.
fn told(found: &[Diagnostic], sources: &SourceMap) -> Vec<String> {
    found
        .iter()
        .map(|d| {
            let span = d.span();
            let place = sources
                .get(span.source)
                .map_or(String::new(), |source| format!("{}: {}", source.name(), source.slice(span)));
            format!("{} {place}", d.rule.code)
        })
        .collect()
}

fn bad(files: &[(&str, &str)], change: impl FnOnce(&mut Input)) -> Vec<String> {
    let (_, found, sources) = run(files, change);
    assert!(found.iter().all(|d| !d.help.is_empty()), "no help: {found:#?}");
    told(&found, &sources)
}

fn set(argument: &str) -> impl FnOnce(&mut Input) + '_ {
    move |input| input.sets = vec![argument.to_owned()]
}

fn var(argument: &str) -> impl FnOnce(&mut Input) + '_ {
    move |input| input.variables = vec![argument.to_owned()]
}

fn as_it_is(_: &mut Input) {}

#[test]
fn includes_lie_below_and_later_ones_win() {
    let tree = tree(
        &[
            ("net/network.yaml", "include: [a.yaml, sub/b.toml]\nx: top\n"),
            ("net/a.yaml", "x: a\ny: a\nz: a\n"),
            ("net/sub/b.toml", "include = '../c.json'\ny = 'b'\nw = 'b'\n"),
            ("net/c.json", "{\"w\": \"c\", \"v\": \"c\", \"z\": \"c\"}"),
        ],
        as_it_is,
    );
    assert_eq!(tree, json!({ "x": "top", "y": "b", "z": "c", "w": "b", "v": "c" }));
}

#[test]
fn a_file_that_two_include_never_undoes_what_one_of_them_says() {
    let files = [
        ("n.yaml", "include: [a.yaml, b.yaml]\n"),
        ("a.yaml", "include: base.yaml\nx: a\n"),
        ("b.yaml", "include: [base.yaml]\ny: b\n"),
        ("base.yaml", "x: base\ny: base\nz: base\n"),
    ];
    assert_eq!(tree(&files, as_it_is), json!({ "x": "a", "y": "b", "z": "base" }));
}

#[test]
fn overlays_lie_over_all_that_stands_before() {
    let files = [
        ("base.yaml", "include: low.yaml\nx: base\ny: base\n"),
        ("low.yaml", "x: low\ny: low\nz: low\nw: low\n"),
        ("prod/prod.json", "{\"include\": \"part.yaml\", \"y\": \"prod\", \"w\": null}"),
        ("prod/part.yaml", "y: part\nz: part\n"),
    ];
    let tree = tree(&files, |input| input.manifests.push("prod/prod.json".into()));
    assert_eq!(tree, json!({ "x": "base", "y": "prod", "z": "part" }));
}

#[test]
fn every_wrong_include_is_told_at_its_entry() {
    let one = |text: &str| bad(&[("net/network.yaml", text), ("net/hosts.yaml", "a: 1")], as_it_is);
    assert_eq!(one("# é\ninclude: [host.yaml]"), ["NG0002 net/network.yaml: host.yaml"]);
    assert_eq!(one("include: hosts.yaml\nb: 1"), [""; 0]);
    assert_eq!(one("include: network.yaml"), ["NG0003 net/network.yaml: network.yaml"]);
    assert_eq!(one("include: sub/../network.yaml"), ["NG0003 net/network.yaml: sub/../network.yaml"]);
    assert_eq!(one("include: [../x.yaml]"), ["NG0004 net/network.yaml: ../x.yaml"]);
    assert_eq!(one("include: [a/../../x.yaml]"), ["NG0004 net/network.yaml: a/../../x.yaml"]);
    assert_eq!(one("include: /etc/passwd"), ["NG0004 net/network.yaml: /etc/passwd"]);
    assert_eq!(one("include: 5"), ["NG0005 net/network.yaml: 5"]);
    assert_eq!(one("include: ''"), ["NG0005 net/network.yaml: ''"]);
    assert_eq!(one("include: [{a: b}]"), ["NG0005 net/network.yaml: {"]);
    assert_eq!(one("include: \"https://x/y.yaml\""), ["NG0005 net/network.yaml: \"https://x/y.yaml\""]);
    assert_eq!(one("include: \"${x}.yaml\""), ["NG0005 net/network.yaml: \"${x}.yaml\""]);
    // All at once.
    let all = one("include: [../a.yaml, b.yaml, 7]");
    assert_eq!(all.iter().filter_map(|t| t.get(..6)).collect::<Vec<_>>(), ["NG0004", "NG0002", "NG0005"]);
}

#[test]
fn a_circle_names_every_entry_of_it() {
    let files = [("a.yaml", "include: b.yaml"), ("b.yaml", "include: c.yaml"), ("c.yaml", "include: b.yaml")];
    let (_, found, sources) = run(&files, as_it_is);
    assert_eq!(told(&found, &sources), ["NG0003 c.yaml: b.yaml"]);
    assert_eq!(found[0].labels.len(), 2);
    assert!(found[0].labels[1].text.contains("`c.yaml`"));
}

#[test]
fn files_that_cannot_be_read_are_told_at_the_entry() {
    let world = MemoryWorld::new([
        ("n.yaml", b"include: [latin.yaml, notes.txt]".to_vec()),
        ("latin.yaml", vec![b'a', 0xe9]),
        ("notes.txt", b"x".to_vec()),
    ]);
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    assert!(load(&world, &Input::new("n.yaml"), &mut sources, &mut sink).is_none());
    let found = sink.into_sorted();
    assert_eq!(told(&found, &sources), ["NG0001 n.yaml: latin.yaml", "NG0001 n.yaml: notes.txt"]);
}

#[test]
fn depth_and_number_of_files_are_bounded() {
    let chain: Vec<(String, String)> =
        (0..40).map(|n| (format!("{n}.yaml"), format!("include: {}.yaml", n + 1))).collect();
    let files: Vec<(&str, &str)> = chain.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    assert_eq!(bad(&files, as_it_is), ["NG0106 31.yaml: 32.yaml"]);

    let mut list = String::from("include:\n");
    let mut many = vec![];
    for n in 0..5000 {
        writeln!(list, "  - f{n}.yaml").unwrap();
        many.push((format!("f{n}.yaml"), format!("k{n}: 1")));
    }
    let mut files = vec![("n.yaml", list.as_str())];
    files.extend(many.iter().map(|(p, t)| (p.as_str(), t.as_str())));
    assert_eq!(bad(&files, as_it_is), ["NG0106 n.yaml: f4095.yaml"]);
}

#[test]
fn standard_input_is_sniffed_or_told() {
    let toml = [("-", "x = 1\n")];
    assert_eq!(tree(&toml, as_it_is), json!({ "x": 1 }));
    let (_, found, sources) = run(&[("-", "x: [")], as_it_is);
    assert!(told(&found, &sources)[0].starts_with("NG0101 <stdin>: "));
    let as_yaml = |input: &mut Input| input.format = Some(crate::value::Format::Yaml);
    assert_eq!(tree(&[("-", "x = 1")], as_yaml), json!("x = 1"));
    // Files beside it are found from the working folder.
    assert_eq!(tree(&[("-", "include: a.yaml"), ("a.yaml", "y: 2")], as_it_is), json!({ "y": 2 }));
}

const SAMPLE: &str = "# é\nhosts: {a: {address: x, tags: [p, q]}}\nimages: {a.b: old}\nroutes: [{to: t}, {to: u}]\nnamed: [{name: n, v: 1}]\n";

#[test]
fn set_changes_one_value() {
    let with = |argument: &str| tree(&[("n.yaml", SAMPLE)], set(argument));
    assert_eq!(with("hosts.a.address=203.0.113.7")["hosts"]["a"]["address"], "203.0.113.7");
    assert_eq!(with("hosts.a.tags=[r]")["hosts"]["a"]["tags"], json!(["r"]));
    assert_eq!(with("hosts.a={ cpus: 4 }")["hosts"]["a"]["cpus"], 4);
    assert_eq!(with("hosts.a={ cpus: 4 }")["hosts"]["a"]["address"], "x");
    assert_eq!(with("hosts.b.address='a,b = c'")["hosts"]["b"]["address"], "a,b = c");
    assert_eq!(with("images.\"a.b\"=new:v1")["images"]["a.b"], "new:v1");
    assert_eq!(with("routes.1.to=z")["routes"], json!([{ "to": "t" }, { "to": "z" }]));
    assert_eq!(with("routes.0=null")["routes"], json!([{ "to": "u" }]));
    assert_eq!(with("named.n.v=2")["named"], json!([{ "name": "n", "v": 2 }]));
    assert_eq!(with("hosts.a.address=null")["hosts"]["a"], json!({ "tags": ["p", "q"] }));
    assert_eq!(with("hosts.a.address=''")["hosts"]["a"]["address"], "");
    assert_eq!(with("x.y.z=0x10")["x"]["y"]["z"], 16);
}

#[test]
fn the_last_set_wins_and_all_come_after_files() {
    let files = [("n.yaml", "x: 1"), ("o.yaml", "x: 2")];
    let found = tree(&files, |input| {
        input.manifests.push("o.yaml".into());
        input.sets = vec!["x=3".into(), "x=4".into()];
    });
    assert_eq!(found, json!({ "x": 4 }));
}

#[test]
fn a_wrong_set_is_pointed_at_in_the_argument() {
    let with = |argument: &str| bad(&[("n.yaml", SAMPLE)], set(argument));
    assert_eq!(with("hosts.a"), ["NG0112 --set hosts.a: hosts.a"]);
    assert_eq!(with("hosts..a=1"), ["NG0112 --set: ."]);
    assert_eq!(with("=1"), ["NG0112 --set: ="]);
    assert_eq!(with("x="), ["NG0112 --set x: "]);
    assert_eq!(with("x=  "), ["NG0112 --set x: "]);
    assert_eq!(with("hosts.a.address.é=1"), ["NG0112 --set hosts.a.address.é: é"]);
    assert_eq!(with("hosts.a.address.é.x=1"), ["NG0112 --set hosts.a.address.é.x: é"]);
    assert_eq!(with("routes.2.to=1"), ["NG0112 --set routes.2.to: 2"]);
    assert_eq!(with("named.m=1"), ["NG0112 --set named.m: m"]);
    assert_eq!(with("hosts.a=é"), ["NG0110 --set hosts.a: é"]);
    assert_eq!(with("hosts.b=null"), ["NG0111 --set hosts.b: null"]);
    assert_eq!(with("hosst.b.c=null"), ["NG0111 --set hosst.b.c: hosst"]);
    let (_, found, sources) = run(&[("n.yaml", SAMPLE)], set("é=[1"));
    assert!(told(&found, &sources)[0].starts_with("NG0101 --set é"), "{found:?}");
    assert!(!with(&format!("{}x=1", "a.".repeat(40))).is_empty());
}

#[test]
fn values_of_arguments_have_their_bytes() {
    let (loaded, _, sources) = run(&[("n.yaml", SAMPLE)], set("hosts.é.address={ x: [1, wörld] }"));
    let tree = loaded.unwrap().tree;
    let span = tree.at("/hosts/é/address/x/1").value_span;
    assert_eq!(sources.get(span.source).unwrap().slice(span), "wörld");
    let key = tree.at("/hosts/é").key_span.unwrap();
    assert_eq!(sources.get(key.source).unwrap().slice(key), "é");
}

const VARIABLES: &str = "# é
variables:
  region: { type: string, default: eu, enum: [eu, us] }
  peers: { type: integer, default: 40 }
  share: { type: number, default: 0.5 }
  archive: { type: boolean, default: false }
  relays: { type: list, default: [a, b] }
  rack-name: { type: string, default: r1, pattern: '^r[0-9]$' }
a: ${region}
b: ${peers}
c: ${share}
d: ${archive}
e: ${relays}
f: \"é ${region}-${peers}/${share} $${region} $5 ${archive}\"
g: [\"${rack-name}\"]
";

#[test]
fn variables_have_types() {
    let plain = tree(&[("n.yaml", VARIABLES)], as_it_is);
    let expected = json!({
        "a": "eu", "b": 40, "c": 0.5, "d": false, "e": ["a", "b"],
        "f": "é eu-40/0.5 ${region} $5 false", "g": ["r1"],
    });
    assert_eq!(plain, expected);
    let given = tree(&[("n.yaml", VARIABLES)], |input| {
        input.variables =
            ["region=us", "peers=7", "archive=true", "relays=[x]", "share=2"].map(str::to_owned).to_vec();
        input.environment.insert("NETGEN_VAR_RACK_NAME".into(), "r2".into());
        input.environment.insert("NETGEN_VAR_PEERS".into(), "8".into());
        input.environment.insert("NETGEN_VAR_OTHER".into(), "not ours".into());
    });
    let expected = json!({
        "a": "us", "b": 7, "c": 2, "d": true, "e": ["x"],
        "f": "é us-7/2 ${region} $5 true", "g": ["r2"],
    });
    assert_eq!(given, expected);
}

#[test]
fn wrong_values_are_told_where_they_are_given() {
    let with = |argument: &str| bad(&[("n.yaml", VARIABLES)], var(argument));
    assert_eq!(with("region=ue"), ["NG0115 --var region: ue"]);
    assert_eq!(with("peers=é"), ["NG0115 --var peers: é"]);
    assert_eq!(with("peers="), ["NG0115 --var peers: "]);
    assert_eq!(with("peers=[1"), ["NG0115 --var peers: [1"]);
    assert_eq!(with("archive=yes"), ["NG0115 --var archive: yes"]);
    assert_eq!(with("relays=x"), ["NG0115 --var relays: x"]);
    assert_eq!(with("rack-name=r10"), ["NG0115 --var rack-name: r10"]);
    assert_eq!(with("peers"), ["NG0115 --var peers: peers"]);
    assert_eq!(with("peer=1"), ["NG0113 --var peer: peer"]);
    let (_, found, _) = run(&[("n.yaml", VARIABLES)], var("peer=1"));
    assert!(found[0].help.contains(&"did you mean `peers`?".to_owned()));
    // What the environment holds is not repeated.
    let (_, found, sources) = run(&[("n.yaml", VARIABLES)], |input| {
        input.environment.insert("NETGEN_VAR_PEERS".into(), "hunter2".into());
    });
    assert_eq!(told(&found, &sources), ["NG0115 n.yaml: peers"]);
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[test]
fn wrong_declarations_are_told() {
    let one = |text: &str| bad(&[("n.yaml", text)], as_it_is);
    assert_eq!(one("variables: {a: {type: integer, default: x}}"), ["NG0115 n.yaml: x"]);
    assert_eq!(one("variables: {a: {type: string}}"), ["NG0114 n.yaml: a"]);
    assert_eq!(one("variables: {a: {type: string, default: ''}}"), [""; 0]);
    assert_eq!(one("variables: {9a: {type: string, default: ''}}"), ["NG0116 n.yaml: 9a"]);
    assert_eq!(
        one("variables: {a-b: {type: string, default: ''}, A_B: {type: string, default: ''}}"),
        ["NG0116 n.yaml: A_B"]
    );
    assert_eq!(one("variables: {a: {type: string, pattern: '(', default: ''}}"), ["NG0116 n.yaml: '('"]);
    assert_eq!(one("variables: {a: {type: integer, pattern: x, default: 1}}"), ["NG0116 n.yaml: x"]);
    assert_eq!(one("variables: {a: {type: integer, enum: [1, x], default: 1}}"), ["NG0116 n.yaml: x"]);
    assert_eq!(one("variables: {a: {type: string, default: '${b}'}}"), ["NG0117 n.yaml: '${b}'"]);
    let found = run(&[("n.yaml", "variables: {a: {typ: string}}\nx: ${a}")], as_it_is).1;
    assert_eq!(found.iter().map(|d| d.rule.code).collect::<Vec<_>>(), ["NG0105", "NG0103"]);
    let found = run(&[("n.yaml", "variables: 5\nx: 1")], as_it_is).1;
    assert_eq!(found.iter().map(|d| d.rule.code).collect::<Vec<_>>(), ["NG0104"]);
}

#[test]
fn wrong_uses_are_told_at_their_own_bytes() {
    let head = "variables: {a: {type: string, default: x}, l: {type: list, default: []}}\n";
    let one = |text: &str| bad(&[("n.yaml", &format!("{head}{text}"))], as_it_is);
    assert_eq!(one("x: 'é ${a} ${aa}'"), ["NG0113 n.yaml: ${aa}"]);
    assert_eq!(one("x: ${b c}"), ["NG0113 n.yaml: ${b c}"]);
    assert_eq!(one("x: '${a'"), ["NG0113 n.yaml: '${a'"]);
    assert_eq!(one("x: ${}"), ["NG0113 n.yaml: ${}"]);
    assert_eq!(one("x: '- ${l}'"), ["NG0117 n.yaml: ${l}"]);
    assert_eq!(one("'${a}-1': 5"), ["NG0117 n.yaml: '${a}-1'"]);
    assert_eq!(one("x: {y: [z, '${q}', '${r}']}"), ["NG0113 n.yaml: ${q}", "NG0113 n.yaml: ${r}"]);
    let (_, found, _) = run(&[("n.yaml", "x: ${a}")], as_it_is);
    assert!(found[0].help.iter().any(|help| help.contains("$${a}")));
    // What is given is never expanded again.
    let twice = "variables: {a: {type: string, default: x}}\nx: ${a}";
    assert_eq!(tree(&[("n.yaml", twice)], var("a=${a}")), json!({ "x": "${a}" }));
}

#[test]
fn expansion_is_bounded() {
    let text = format!(
        "variables: {{a: {{type: string, default: {}}}}}\nx: [{}]",
        "y".repeat(1 << 20),
        "'${a}', ".repeat(100)
    );
    assert_eq!(bad(&[("n.yaml", &text)], as_it_is), ["NG0106 n.yaml: '${a}'"]);
}

#[test]
fn findings_about_a_variable_say_where_its_value_comes_from() {
    let text = "variables: {a: {type: string}, b: {type: string}}\nx: ${a}\ny: ${b}";
    let (loaded, mut found, _) = run(&[("n.yaml", text)], var("a=hello"));
    let loaded = loaded.unwrap();
    assert_eq!(found.len(), 1, "b has no value");
    let span = |pointer: &str| loaded.tree.at(pointer).value_span;
    found.push(Diagnostic::new(&codes::INVALID_VALUE, span("/x"), "x is wrong"));
    found.push(Diagnostic::new(&codes::INVALID_VALUE, span("/y"), "follows from b"));
    let shown = loaded.explain(found);
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[1].labels[1].text, "the value of `a`");
    assert_eq!(loaded.behind(span("/x")).collect::<Vec<_>>(), [shown[1].labels[1].span]);
    assert_eq!(loaded.behind(loaded.tree.span).count(), 0);
}

proptest! {
    /// However a network is cut into files, it is one network.
    #[test]
    fn includes_and_one_file_are_the_same(
        keys in prop::collection::btree_map("[a-e]", prop::collection::btree_map("[a-e]", any::<i16>(), 0..4), 1..5),
        cut in any::<u64>(),
    ) {
        let whole = serde_json::to_value(&keys).unwrap().to_string();
        let mut parts = [serde_json::Map::new(), serde_json::Map::new(), serde_json::Map::new()];
        for (at, (key, inner)) in keys.iter().enumerate() {
            for part in &mut parts {
                part.entry(key.clone()).or_insert_with(|| json!({}));
            }
            for (inner_at, (name, value)) in inner.iter().enumerate() {
                let chosen = (cut.rotate_left(u32::try_from(at * 5 + inner_at).unwrap()) % 3) as usize;
                parts[chosen][key][name] = json!(value);
            }
        }
        let [mut first, second, third] = parts;
        first.insert("include".into(), json!(["b.json", "c.json"]));
        let (first, second, third) = (json!(first).to_string(), json!(second).to_string(), json!(third).to_string());
        let (one, found, _) = run(&[("n.json", &whole)], as_it_is);
        prop_assert!(found.is_empty());
        let (many, found, _) = run(&[("n.json", &first), ("b.json", &second), ("c.json", &third)], as_it_is);
        prop_assert!(found.is_empty());
        prop_assert_eq!(one.unwrap().canonical(), many.unwrap().canonical());
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No argument makes it panic.
    #[test]
    fn no_argument_is_too_odd(path in ".{0,20}", value in ".{0,20}") {
        let _ = run(&[("n.yaml", SAMPLE)], set(&format!("{path}={value}")));
        let _ = run(&[("n.yaml", VARIABLES)], var(&format!("peers={value}")));
        let _ = run(&[("n.yaml", VARIABLES)], var(&format!("{path}={value}")));
    }
}
