//! The same law through the whole compiler: hostile text in every place of a manifest that takes any
//! text arrives where it is read, or a finding points at it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use serde_json::{Map, Value, json};

use crate::bench::{Bench, Fault, scratch};
use crate::judge::{Tally, shown};
use crate::syntaxes::{alertmanager, ansible, compose, no_env_file_holds, yaml};

/// The programs that read what comes out.
pub const TOOLS: &[&str] = &["docker-compose", "reader-python", "ansible", "amtool", "promtool"];

/// A place of the manifest that takes any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Environment,
    Argument,
    Label,
    Channel,
    Mailbox,
    Reason,
    Runbook,
    Server,
    Store,
    Tenant,
    User,
    Url,
}

/// The most of them in one manifest: a reason is for a whole alert.
const ROUND: &[(Place, usize)] = &[
    (Place::Environment, 30),
    (Place::Argument, 30),
    (Place::Label, 20),
    (Place::Channel, 10),
    (Place::Mailbox, 8),
    (Place::Reason, 1),
    (Place::Runbook, 1),
    (Place::Server, 6),
    (Place::Store, 1),
    (Place::Tenant, 6),
    (Place::User, 6),
    (Place::Url, 6),
];

/// How many manifests are built, how many values they take, and how far apart the values of one stand.
const ROUNDS: usize = 5;
pub const CASES: usize = ROUNDS * 125;
const STRIDE: usize = 7;

/// How often a manifest may be refused until nothing in it is: of a list, a finding tells the first item.
const TRIES: usize = 40;

/// A shorter reason would be none.
const BECAUSE: &str = "because ";

/// Where runbooks are: an address, of which the value is the end.
const RUNBOOKS: &str = "https://runbooks.demo.dev/";

/// The text that a place has: the value, in the words that the place asks for.
fn text(place: Place, value: &str) -> String {
    match place {
        Place::Reason => format!("{BECAUSE}{value}"),
        Place::Runbook | Place::Url => format!("{RUNBOOKS}{value}"),
        Place::Mailbox => format!("{value}@demo.dev"),
        Place::Server => format!("{value}:587"),
        _ => value.to_owned(),
    }
}

/// The same as it arrives.
fn arriving(place: Place, value: &str) -> String {
    let text = text(place, value);
    match place {
        // Blanks around a sentence are no part of it, as after a block of YAML.
        Place::Reason => text.trim().to_owned(),
        // The name of the page follows.
        Place::Runbook => text.trim_end_matches('/').to_owned(),
        _ => text,
    }
}

/// What a place may refuse: a variable and an argument are one line, and an argument is not empty; an address
/// has letters of its own; what is sent as a header is one line, without blanks around it.
fn refusable(place: Place, value: &str) -> bool {
    let only = |others: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c));
    let no_line =
        value.is_empty() || value.trim() != value || value.contains('\t') || no_env_file_holds(value);
    match place {
        Place::Environment => no_env_file_holds(value),
        Place::Argument => value.is_empty() || value.contains('\t') || no_env_file_holds(value),
        Place::Label | Place::Channel | Place::Reason => false,
        Place::Runbook | Place::Url => {
            value.contains('%') || value.chars().any(|c| c.is_whitespace() || c.is_control())
        }
        Place::Mailbox => value.is_empty() || value.contains("..") || !only("!#$%&'*+/=?^_`{|}~-"),
        Place::Server => value.is_empty() || !only("-._"),
        Place::Store | Place::Tenant => no_line,
        Place::User => no_line || value.contains(':'),
    }
}

/// Builds a few manifests of the values, and holds what is read against them.
pub fn every_place(bench: &Bench, values: &[String]) -> Result<Tally, Fault> {
    // Pieces alone and pieces in a row take turns, so that each place gets of both.
    let mut values = (0..values.len()).map(|at| &values[at * STRIDE % values.len()]);
    let mut tally = Tally { kept: 0, refused: 0 };
    for _ in 0..ROUNDS {
        let mut slots = Vec::new();
        for (place, count) in ROUND {
            slots.extend(values.by_ref().take(*count).map(|value| (*place, value.as_str())));
        }
        let (refused, compilation) = built(&mut slots, manifest)?;
        tally.refused += refused;
        let folder = scratch()?;
        let sealed = compilation.bundle.ok_or_else(|| Fault::Trouble("no bundle".to_owned()))?;
        netgen::bundle::write(&sealed, folder.path()).map_err(Fault::io("cannot write the bundle"))?;
        let found = read(bench, folder.path(), &slots)?;
        tally.kept += held(&slots, &found)?;
    }
    Ok(tally)
}

/// How many of the values are read as they were written: all of them, or it is a fault.
fn held(slots: &[(Place, &str)], found: &BTreeMap<Place, Vec<String>>) -> Result<usize, Fault> {
    for (place, all) in found {
        let wanted: Vec<String> = of(slots, *place).map(|value| arriving(*place, value)).collect();
        if let Some((wanted, found)) = wanted.iter().zip(all).find(|(wanted, found)| wanted != found) {
            let (wanted, found) = (shown(wanted), shown(found));
            return Err(Fault::Rejected(format!("{place:?}: {wanted} has become {found}")));
        }
        if wanted.len() != all.len() {
            let counts = format!("{place:?}: {} of {} arrive", all.len(), wanted.len());
            return Err(Fault::Rejected(counts));
        }
    }
    Ok(slots.len())
}

fn of<'a>(slots: &'a [(Place, &'a str)], place: Place) -> impl Iterator<Item = &'a str> {
    slots.iter().filter(move |(of, _)| *of == place).map(|(_, value)| *value)
}

/// Takes out what is refused, until the rest is built.
fn built(
    slots: &mut Vec<(Place, &str)>,
    manifest: fn(&[(Place, &str)]) -> Value,
) -> Result<(usize, Compilation), Fault> {
    let before = slots.len();
    for _ in 0..TRIES {
        let text = serde_json::to_string_pretty(&manifest(slots)).map_err(Fault::io("no JSON"))?;
        let world = MemoryWorld::new([("network.json", text)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let compilation = compile(&world, &Input::new("network.json"), options);
        if !compilation.failed() {
            return Ok((before - slots.len(), compilation));
        }
        for finding in compilation.diagnostics.iter().filter(|finding| finding.is_error()) {
            let span = finding.span();
            let source = compilation.sources.get(span.source);
            let under = source.map_or("", |source| source.slice(span));
            let pointed: Value = serde_json::from_str(under).unwrap_or_else(|_| json!(under));
            let at = slots
                .iter()
                .position(|(place, value)| pointed == json!(in_manifest(&self::text(*place, value))));
            let told = || format!("{} {}, at {}", finding.rule.code, finding.message, shown(under));
            let Some(at) = at else {
                return Err(Fault::Rejected(format!("no value is pointed at: {}", told())));
            };
            let (place, value) = slots.remove(at);
            if !refusable(place, value) {
                let value = shown(value);
                return Err(Fault::Rejected(format!("{value} may not be refused in {place:?}: {}", told())));
            }
        }
    }
    Err(Fault::Rejected(format!("after {TRIES} rounds there still is something to refuse")))
}

/// A variable of the manifest is written `${name}`, and the text `${` is `$${`.
fn in_manifest(text: &str) -> String {
    text.replace("${", "$${")
}

fn manifest(slots: &[(Place, &str)]) -> Value {
    let texts = |place: Place| of(slots, place).map(move |value| in_manifest(&text(place, value)));
    let named = |place: Place| -> Map<String, Value> {
        texts(place).enumerate().map(|(at, text)| (format!("V{at}"), json!(text))).collect()
    };
    let arguments: Vec<String> = texts(Place::Argument).collect();
    let mut receivers: Map<String, Value> = texts(Place::Channel)
        .enumerate()
        .map(|(at, text)| (format!("c{at}"), json!({ "slack": { "secret": "slack", "channel": text } })))
        .collect();
    receivers.extend(texts(Place::Mailbox).enumerate().map(|(at, text)| {
        let mailbox = json!({ "to": text, "from": "a@demo.dev", "smarthost": "mail.demo.dev:587" });
        (format!("m{at}"), json!({ "email": mailbox }))
    }));
    receivers.extend(texts(Place::Server).enumerate().map(|(at, text)| {
        let mailbox = json!({ "to": "a@demo.dev", "from": "a@demo.dev", "smarthost": text });
        (format!("s{at}"), json!({ "email": mailbox }))
    }));
    receivers.insert("oncall".to_owned(), json!({ "slack": { "secret": "slack", "channel": "#nodes" } }));
    let everyone: Vec<&String> = receivers.keys().collect();
    let routes = json!([{ "to": everyone }]);
    let tuning: Vec<Value> = texts(Place::Reason)
        .map(|text| json!({ "alerts": ["HostMemoryLow"], "severity": "P3", "reason": text }))
        .collect();
    let mut monitoring = json!({
        "host": "a",
        "routes": routes,
        "receivers": receivers,
        "tuning": tuning,
        "remote-write": stores(&texts),
    });
    if let Some(url) = texts(Place::Runbook).next() {
        monitoring["runbook-url"] = json!(url);
    }
    json!({
        "netgen": 1,
        "network": { "name": "demo", "chain": "hoodi", "environment": "development" },
        "hosts": { "a": {
            "address": "203.0.113.10",
            "private-address": "10.0.0.1",
            "labels": named(Place::Label),
        } },
        "components": { "foo": {
            "component": "foo",
            "summary": "A chain node",
            "kind": "chain-node",
            "version": { "tested": "1.0.0" },
            "image": "registry.demo.dev/foo",
            "provides": { "p2p": { "port": 30333, "exposure": "public" } },
            "settings": { "words": { "type": "list", "doc": "Words of the command" } },
            "command": [{ "each": "settings.words", "args": ["{{ item }}"] }],
            "sources": ["its documentation"],
        } },
        "services": { "foo": {
            "host": "a",
            "component": "foo",
            "settings": { "words": arguments },
            "environment": named(Place::Environment),
        } },
        "secrets": { "slack": { "env": "SLACK_WEBHOOK_URL" } },
        "monitoring": monitoring,
    })
}

/// A store for each value that one takes; no two of them are the same.
fn stores<I: Iterator<Item = String>>(texts: &dyn Fn(Place) -> I) -> Vec<Value> {
    let at = |kind: &str, at: usize| format!("https://{kind}{at}.demo.dev/push");
    let named = texts(Place::Store).enumerate().map(|(n, text)| json!({ "url": at("n", n), "name": text }));
    let lent = texts(Place::Tenant).enumerate().map(|(n, text)| json!({ "url": at("t", n), "tenant": text }));
    let used = texts(Place::User)
        .enumerate()
        .map(|(n, text)| json!({ "url": at("u", n), "user": text, "secret": "slack" }));
    let called =
        texts(Place::Url).enumerate().map(|(n, text)| json!({ "url": text, "name": format!("url-{n}") }));
    named.chain(lent).chain(used).chain(called).collect()
}

/// What the readers find in the bundle, in the order of the manifest.
fn read(
    bench: &Bench,
    bundle: &Path,
    slots: &[(Place, &str)],
) -> Result<BTreeMap<Place, Vec<String>>, Fault> {
    let services = compose::config(bench, &bundle.join("compose/a"))?;
    let service = &services["foo"];
    let labels = ansible::seen(bench, &bundle.join("ansible/inventory"), "a", "netgen_labels")?;
    let load = |path: &str| {
        let text = fs::read_to_string(bundle.join(path)).map_err(Fault::io(format!("no {path}")))?;
        yaml::python(bench, "pyyaml", &text)
    };
    let receivers = load("alertmanager/alertmanager.yml")?["receivers"].take();
    let called = |kind: &str, of: &str, key: &str| -> Vec<String> {
        let own = |receiver: &&Value| {
            receiver["name"].as_str().is_some_and(|name| name != "oncall" && name.starts_with(of))
        };
        let own = receivers.as_array().into_iter().flatten().filter(own);
        own.filter_map(|receiver| receiver[kind][0][key].as_str()).map(str::to_owned).collect()
    };
    let to = |kind: &str, of: &str, key: &str| alertmanager::rendered(bench, &called(kind, of, key));
    let check = |tool: &str, arguments: &[&str], file: &str| -> Result<(), Fault> {
        bench.tool(tool)?.at(bundle).args(arguments).args([file]).run()?.accepted()
    };
    check("amtool", &["check-config"], "alertmanager/alertmanager.yml")?;
    check("promtool", &["check", "config", "--syntax-only"], "prometheus/prometheus.yml")?;
    let stores = load("prometheus/prometheus.yml")?["remote_write"].take();
    let written = |of: &str, key: &[&str]| -> Vec<String> {
        let stores = stores.as_array().into_iter().flatten();
        let own = stores.filter(|store| store["url"].as_str().is_some_and(|url| url.starts_with(of)));
        let at = |store: &Value| key.iter().try_fold(store.clone(), |value, key| value.get(key).cloned());
        own.filter_map(|store| Some(at(store)?.as_str()?.to_owned())).collect()
    };
    let (mut reasons, mut runbooks) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(bundle.join("prometheus/rules")).map_err(Fault::io("no rules"))? {
        let path = entry.map_err(Fault::io("no rules"))?.path();
        let text = fs::read_to_string(&path).map_err(Fault::io("no rules"))?;
        let rules = yaml::python(bench, "pyyaml", &text)?;
        let groups = rules["groups"].as_array().into_iter().flatten();
        let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
        for annotations in rules.map(|rule| &rule["annotations"]) {
            reasons.extend(annotations["tuned"].as_str().map(str::to_owned));
            runbooks.extend(annotations["runbook_url"].as_str().map(str::to_owned));
        }
    }
    // All alerts have the same address, up to the name of the page.
    let mut runbooks: Vec<String> = alertmanager::rendered(bench, &runbooks)?
        .iter()
        .filter_map(|page| Some(page.strip_suffix(".md")?.rsplit_once('/')?.0.to_owned()))
        .collect();
    runbooks.dedup();
    if of(slots, Place::Runbook).next().is_none() {
        runbooks.clear();
    }
    Ok(BTreeMap::from([
        (Place::Environment, named(&service["environment"])),
        (Place::Argument, strings(&service["command"])),
        (Place::Label, named(&labels)),
        (Place::Channel, to("slack_configs", "c", "channel")?),
        (Place::Mailbox, to("email_configs", "m", "to")?),
        (Place::Server, called("email_configs", "s", "smarthost")),
        (Place::Store, written("https://n", &["name"])),
        (Place::Tenant, written("https://t", &["headers", "X-Scope-OrgID"])),
        (Place::User, written("https://u", &["basic_auth", "username"])),
        (Place::Url, written(RUNBOOKS, &["url"])),
        (Place::Reason, alertmanager::rendered(bench, &reasons)?),
        (Place::Runbook, runbooks),
    ]))
}

/// `V0`, `V1`, ... as long as there are such.
fn named(map: &Value) -> Vec<String> {
    (0..).map_while(|at| Some(map.get(format!("V{at}"))?.as_str()?.to_owned())).collect()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The trials of the check itself.
pub const TRIALS: &[(&str, fn())] = &[
    ("a_changed_value_is_told", a_changed_value_is_told),
    ("a_finding_elsewhere_is_told", a_finding_elsewhere_is_told),
    ("a_refusal_without_cause_is_told", a_refusal_without_cause_is_told),
];

fn a_changed_value_is_told() {
    let slots = [(Place::Channel, "{{ a }}"), (Place::Channel, "b")];
    let told = |all: &[&str]| {
        let all = all.iter().map(|text| (*text).to_owned()).collect();
        held(&slots, &BTreeMap::from([(Place::Channel, all)])).map_err(|fault| fault.text().to_owned())
    };
    assert_eq!(told(&["{{ a }}", "b"]), Ok(2));
    assert_eq!(told(&["", "b"]), Err("Channel: \"{{ a }}\" has become \"\"".to_owned()));
    assert_eq!(told(&["{{ a }}"]), Err("Channel: 1 of 2 arrive".to_owned()));
}

fn a_finding_elsewhere_is_told() {
    let without_host = |slots: &[(Place, &str)]| {
        let mut manifest = manifest(slots);
        manifest["services"]["foo"]["host"] = json!("nowhere");
        manifest
    };
    let fault = built(&mut vec![(Place::Label, "a")], without_host).unwrap_err();
    assert!(fault.text().starts_with("no value is pointed at: "), "{}", fault.text());
}

fn a_refusal_without_cause_is_told() {
    let as_host = |slots: &[(Place, &str)]| {
        let mut manifest = manifest(slots);
        manifest["services"]["foo"]["host"] = json!(slots[0].1);
        manifest
    };
    let fault = built(&mut vec![(Place::Label, "nowhere")], as_host).unwrap_err();
    assert!(fault.text().contains("\"nowhere\" may not be refused in Label"), "{}", fault.text());
}
