//! Who is called: routes, hours, teams, inhibition and runbooks, judged by an evaluator of our own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "routing/manager.rs"]
mod manager;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use manager::{Labels, Manager};
use netgen::check::registry::all_rules;
use netgen::diag::{Level, Levels};
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile};
use proptest::prelude::*;

const BASE: &str = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
regions: { eu: { provider: p }, us: { provider: q } }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1, region: eu }
  b: { address: 203.0.113.11, private-address: 10.0.0.2, region: us }
services:
  el: { host: a, component: geth }
  el2: { host: b, component: reth }
monitoring:
  host: a
  teams: { protocol: { components: [geth] }, infra: { components: [node-exporter] } }
  times:
    office: { days: [mon-fri], from: '08:00', to: '18:00' }
    night: { from: '22:00', to: '06:00' }
  receivers:
    ra: { webhook: { url: 'https://hooks.demo.dev/a' } }
    rb: { webhook: { url: 'https://hooks.demo.dev/b' } }
    rc: { webhook: { url: 'https://hooks.demo.dev/c' } }
";

/// The files of a bundle. Only errors of these rules are let through: what is built must be right even
/// where somebody let a finding pass.
fn built(manifest: &str, let_through: &[&str]) -> BTreeMap<String, String> {
    let mut levels = Levels::default();
    for rule in all_rules().into_iter().filter(|rule| let_through.contains(&rule.code)) {
        levels.set(rule, Level::Allow);
    }
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, levels, ..Options::default() };
    let compilation = compile(&world, &Input::new("network.yaml"), options);
    let errors: Vec<String> = compilation
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .map(|d| format!("{} {}", d.rule.code, d.message))
        .collect();
    let bundle = compilation.bundle.unwrap_or_else(|| panic!("{errors:?}\n{manifest}"));
    bundle
        .files()
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect()
}

fn manager(files: &BTreeMap<String, String>) -> Manager {
    Manager(serde_yaml::from_str(&files["alertmanager/alertmanager.yml"]).unwrap())
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

// ---- the routes of a manifest, as its documentation says them -----------------------------------

#[derive(Clone, Debug)]
struct Line {
    severity: Vec<&'static str>,
    region: Vec<&'static str>,
    team: Vec<&'static str>,
    component: Vec<&'static str>,
    /// The key and the name of the time.
    hours: Option<(&'static str, &'static str)>,
    to: Vec<&'static str>,
}

const SEVERITIES: [&str; 4] = ["P1", "P2", "P3", "P4"];
const REGIONS: [&str; 2] = ["eu", "us"];
const TEAMS: [&str; 2] = ["protocol", "infra"];
const COMPONENTS: [&str; 3] = ["geth", "reth", "node-exporter"];

fn some(names: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![2 => Just(Vec::new()), 1 => prop::sample::subsequence(names, 1..names.len())]
}

fn line() -> impl Strategy<Value = Line> {
    let hours = prop_oneof![
        2 => Just(None),
        1 => (prop::sample::select(&["during", "outside"][..]), prop::sample::select(&["office", "night"][..])).prop_map(Some),
    ];
    let to = prop::sample::subsequence(&["ra", "rb", "rc"][..], 1..=2);
    (some(&SEVERITIES), some(&REGIONS), some(&TEAMS), some(&COMPONENTS), hours, to).prop_map(
        |(severity, region, team, component, hours, to)| Line {
            severity,
            region,
            team,
            component,
            hours,
            to,
        },
    )
}

impl Line {
    fn yaml(&self) -> String {
        let mut keys = Vec::new();
        for (key, names) in [
            ("severity", &self.severity),
            ("region", &self.region),
            ("team", &self.team),
            ("component", &self.component),
            ("to", &self.to),
        ] {
            if !names.is_empty() {
                keys.push(format!("{key}: [{}]", names.join(", ")));
            }
        }
        keys.extend(self.hours.map(|(key, time)| format!("{key}: {time}")));
        format!("    - {{ {} }}\n", keys.join(", "))
    }

    fn takes(&self, labels: &Labels, day: usize, minute: u16) -> bool {
        let asked = |key: &str, names: &[&str]| {
            names.is_empty() || labels.get(key).is_some_and(|own| names.contains(&own.as_str()))
        };
        let now = self.hours.is_none_or(|(key, time)| {
            let inside = match time {
                "office" => day < 5 && (480..1080).contains(&minute),
                _ => !(360..1320).contains(&minute),
            };
            inside == (key == "during")
        });
        now && asked("severity", &self.severity)
            && asked("region", &self.region)
            && asked("team", &self.team)
            && asked("component", &self.component)
    }
}

/// The first line that takes an alert at that hour, or the last.
fn meant(lines: &[Line], labels: &Labels, day: usize, minute: u16) -> BTreeSet<String> {
    let (last, narrow) = lines.split_last().unwrap();
    let line = narrow.iter().find(|line| line.takes(labels, day, minute)).unwrap_or(last);
    line.to.iter().map(|to| (*to).to_owned()).collect()
}

fn all_labels() -> Vec<Labels> {
    let mut all = Vec::new();
    for severity in SEVERITIES {
        for region in ["", "eu", "us"] {
            for team in ["", "protocol", "infra"] {
                for component in ["", "geth", "reth", "node-exporter"] {
                    all.push(labels(&[
                        ("alertname", "Any"),
                        ("severity", severity),
                        ("region", region),
                        ("team", team),
                        ("component", component),
                    ]));
                }
            }
        }
    }
    all
}

/// Both sides of every edge of both times, on a working day and on the days around the weekend.
fn moments() -> Vec<(usize, u16)> {
    let minutes = [0, 359, 360, 479, 480, 720, 1079, 1080, 1319, 1320, 1439];
    [0, 4, 5, 6].into_iter().flat_map(|day| minutes.map(|minute| (day, minute))).collect()
}

/// What lets a random list of routes be built that a person would be told about.
const OF_ROUTES: [&str; 2] = ["NG0802", "NG0803"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn the_tree_calls_whom_the_manifest_says(lines in prop::collection::vec(line(), 1..7)) {
        let mut lines = lines;
        // The last one takes the rest at every hour.
        lines.last_mut().unwrap().hours = None;
        let routes: String = lines.iter().map(Line::yaml).collect();
        let files = built(&format!("{BASE}  routes:\n{routes}"), &OF_ROUTES);
        let manager = manager(&files);
        for labels in all_labels() {
            let mut ever = BTreeSet::new();
            for (day, minute) in moments() {
                let wanted = meant(&lines, &labels, day, minute);
                prop_assert_eq!(
                    manager.called(&labels, day, minute), wanted.clone(),
                    "{:?} on day {} at {}:{:02} of\n{}", labels, day, minute / 60, minute % 60, routes
                );
                ever.extend(wanted);
            }
            // Whoever is in the way is called at some hour: no route is there for nothing.
            let way: BTreeSet<String> = manager.receivers(&labels).into_iter().collect();
            prop_assert!(way.is_superset(&ever));
        }
        // The list for amtool says what is in the way.
        for line in files["alertmanager/tests/routes.txt"].lines().filter(|line| !line.starts_with('#')) {
            let (to, rest) = line.split_once(' ').unwrap();
            let labels: Labels = rest.split(' ').map(|pair| pair.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(manager.receivers(&labels).join(","), to, "{}", line);
        }
    }
}

const ROUTES: &str = "  routes:
    - { severity: [P1], to: [ra, rb] }
    - { team: [protocol], during: office, to: rb }
    - { region: [us], outside: night, to: rc, repeat: 2h }
    - { to: ra }
";

/// An alert that an hour takes from one route is not lost: the test of the test.
#[test]
fn a_tree_that_loses_alerts_is_noticed() {
    let mut files = built(&format!("{BASE}{ROUTES}"), &[]);
    let config = files.get_mut("alertmanager/alertmanager.yml").unwrap();
    let whole = manager(&BTreeMap::from([("alertmanager/alertmanager.yml".to_owned(), config.clone())]));
    let alert = labels(&[("severity", "P2"), ("team", "protocol"), ("region", "eu")]);
    assert_eq!(whole.called(&alert, 5, 720), BTreeSet::from(["ra".to_owned()]));
    assert_eq!(whole.called(&alert, 0, 720), BTreeSet::from(["rb".to_owned()]));
    // As everybody writes it first: the route is muted and nothing goes on.
    *config = config.replace("continue: true", "continue: false");
    let lossy = manager(&files);
    assert_eq!(lossy.called(&alert, 5, 720), BTreeSet::new());
}

#[test]
fn the_tree_is_as_it_was() {
    let files = built(&format!("{BASE}{ROUTES}"), &[]);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/routing/alertmanager.yml");
    let shown = &files["alertmanager/alertmanager.yml"];
    if std::env::var_os("NETGEN_UPDATE").is_some() {
        fs::write(&golden, shown).unwrap();
    }
    assert_eq!(*shown, fs::read_to_string(golden).unwrap());
}

/// Labels of targets and of rules, by which routes find the team.
#[test]
fn the_team_is_on_targets_and_on_alerts_that_add_up() {
    let files = built(&format!("{BASE}{ROUTES}"), &[]);
    assert!(files["prometheus/targets/geth.json"].contains("\"team\": \"protocol\""));
    assert!(!files["prometheus/targets/reth.json"].contains("\"team\""));
    let rules = |group: &str| -> Vec<serde_yaml::Value> {
        let file: serde_yaml::Value =
            serde_yaml::from_str(&files[&format!("prometheus/rules/{group}.yml")]).unwrap();
        file["groups"][0]["rules"].as_sequence().unwrap().clone()
    };
    assert!(rules("geth").iter().all(|rule| rule["labels"]["team"] == "protocol"));
    assert!(rules("reth").iter().chain(&rules("network")).all(|rule| rule["labels"].get("team").is_none()));
    // A job of one component tells it even in alerts of the network.
    assert!(rules("network").iter().all(|rule| rule["labels"]["component"] == "{{ $labels.job }}"));
}

#[test]
fn how_alerts_are_gathered_follows_from_the_time_to_respond() {
    let pace = |respond: &str, severity: &str| -> [String; 3] {
        let manifest = format!("{BASE}  respond: {{ {respond} }}\n{ROUTES}");
        let manager = manager(&built(&manifest, &[]));
        let branches = manager.0["route"]["routes"].as_sequence().unwrap();
        let wanted = format!("severity=\"{severity}\"");
        let branch = branches.iter().find(|branch| branch["matchers"][0] == wanted.as_str()).unwrap();
        ["group_wait", "group_interval", "repeat_interval"]
            .map(|key| branch[key].as_str().unwrap().to_owned())
    };
    assert_eq!(pace("", "P1"), ["0s", "1m", "1h"]);
    assert_eq!(pace("", "P2"), ["30s", "5m", "4h"]);
    assert_eq!(pace("", "P3"), ["5m", "30m", "1d"]);
    assert_eq!(pace("P1: 30m, P2: 1h", "P1"), ["0s", "5m", "4h"]);
    assert_eq!(pace("P2: 6m", "P2"), ["6s", "1m", "1h"]);
}

#[test]
fn who_silences_whom() {
    let manager = manager(&built(&format!("{BASE}{ROUTES}"), &[]));
    let alert = |name: &str, severity: &str, more: &[(&str, &str)]| {
        let mut all = labels(&[("alertname", name), ("severity", severity), ("network", "demo")]);
        all.extend(labels(more));
        all
    };
    let on_a = [("host", "a"), ("region", "eu")];
    let host = alert("HostDown", "P2", &on_a);
    let el = [("host", "a"), ("region", "eu"), ("service", "el")];
    // A dead host silences its services, a dead region its hosts, a dead service its own metrics.
    assert!(manager.silenced(&alert("ServiceDown", "P2", &el), &host));
    assert!(manager.silenced(&host, &alert("RegionDown", "P1", &[("region", "eu")])));
    assert!(manager.silenced(&alert("GethFewPeers", "P3", &el), &alert("ServiceDown", "P2", &el)));
    // Others do not.
    assert!(!manager.silenced(&alert("GethFewPeers", "P3", &[("host", "b"), ("service", "x")]), &host));
    // Two alerts without a label are not equal in it.
    let bare = alert("ScrapeTargetsMissing", "P2", &[]);
    for source in ["HostDown", "RegionDown", "ServiceDown"] {
        for severity in SEVERITIES {
            assert!(!manager.silenced(&bare, &alert(source, severity, &[])), "{source}");
        }
    }
    // What is more urgent than the one that speaks is told all the same.
    assert!(!manager.silenced(&alert("QuorumLost", "P1", &on_a), &host));
    // Nobody silences itself elsewhere, and nothing the heartbeat.
    let down = |service: &str| alert("HostDown", "P2", &[("host", "a"), ("service", service)]);
    assert!(!manager.silenced(&down("x"), &down("y")));
    let heartbeat = alert("NetgenWatchdog", "P4", &[("host", "a"), ("region", "eu"), ("service", "el")]);
    for source in ["HostDown", "RegionDown", "ServiceDown"] {
        for severity in SEVERITIES {
            assert!(!manager.silenced(&heartbeat, &alert(source, severity, &el)), "{source}");
        }
    }
}

// ---- runbooks ----------------------------------------------------------------------------------

/// Every `](target)` of a page.
fn links(page: &str) -> Vec<&str> {
    page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect()
}

/// What is wrong with the runbooks of a bundle.
fn dead_links(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut dead = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("prometheus/rules/")) {
        let file: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        for rule in file["groups"][0]["rules"].as_sequence().unwrap() {
            let url = rule["annotations"]["runbook_url"].as_str().unwrap();
            if !files.contains_key(url) {
                dead.push(format!("{path}: {url}"));
            }
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("runbooks/")) {
        let gone = |link: &&str| !files.contains_key(&format!("runbooks/{link}"));
        dead.extend(links(text).into_iter().filter(gone).map(|link| format!("{path}: {link}")));
    }
    dead
}

#[test]
fn every_alert_links_to_its_runbook() {
    let mut files = built(&format!("{BASE}{ROUTES}"), &[]);
    assert_eq!(dead_links(&files), [""; 0]);
    assert!(files["runbooks/README.md"].contains("(HostDown.md)"));
    files.remove("runbooks/HostDown.md");
    assert!(dead_links(&files).len() > 2);
}

#[test]
fn a_runbook_says_what_it_means_here() {
    let voters: String = (1..=4)
        .map(|n| format!("  n{n}: {{ host: h{n}, role: validator, stack: s, voting-power: 1 }}\n"))
        .collect();
    let hosts: String = (1..=4)
        .map(|n| format!("  h{n}: {{ address: 203.0.113.{n}, private-address: 10.0.0.{n}, region: eu, ssh: {{ user: deploy, port: 2222 }} }}\n"))
        .collect();
    let keys = "a".repeat(96);
    let manifest = format!(
        "netgen: 1
network: {{ name: demo, chain: hoodi, environment: testnet }}
regions: {{ eu: {{ provider: p }} }}
hosts:
{hosts}stacks:
  s:
    execution: {{ component: geth }}
    beacon: {{ component: lighthouse-beacon, settings: {{ checkpoint-sync: 'https://hoodi.beaconstate.ethstaker.cc' }} }}
    validator: {{ component: lighthouse-validator, settings: {{ fee-recipient: '0x8943545177806ed17b9f23f0a21ee5948ecaa776', public-keys: ['0x{keys}'] }} }}
nodes:
{voters}monitoring:
  host: h1
  teams: {{ protocol: {{ roles: [validator] }} }}
  times: {{ office: {{ days: [mon-fri], from: '08:00', to: '18:00', zone: Europe/Berlin }} }}
  receivers:
    oncall: {{ webhook: {{ url: 'https://hooks.demo.dev/a' }} }}
    day: {{ webhook: {{ url: 'https://hooks.demo.dev/b' }} }}
  routes: [{{ severity: [P2, P3, P4], team: [protocol], during: office, to: day }}, {{ to: oncall }}]
"
    );
    let files = built(&manifest, &["NG0450", "NG0451", "NG0602", "NG0601"]);
    assert_eq!(dead_links(&files), [""; 0]);
    let page = &files["runbooks/GethChainStalled.md"];
    for wanted in [
        "ssh -p 2222 deploy@203.0.113.2",
        "sudo docker logs --tail 200 n2-execution",
        "sudo docker restart n2-execution",
        "The network has 4 voting power and can lose 1 of it",
        "the network goes on; nothing more that votes may stop",
        // Who stops with it, found over the bindings.
        "n2-beacon, n2-validator",
        "day: during office; oncall: outside office",
        "act within 30m",
        "`netgen-component-geth`",
        "curl -sS http://10.0.0.2:",
    ] {
        assert!(page.contains(wanted), "{wanted} is not in\n{page}");
    }
    let signer = files.iter().find(|(path, _)| path.starts_with("runbooks/LighthouseValidator")).unwrap().1;
    assert!(signer.contains("two signers are slashed"), "{signer}");
    assert!(!page.contains("two signers are slashed"));
    assert!(files["runbooks/RegionDown.md"].contains("too much: 3 above what the network can lose"));
    assert!(files["runbooks/HostDown.md"].contains("| h3 | eu |"));
    let index = &files["runbooks/README.md"];
    assert!(index.contains("## P1: act within 5m, at any hour") && index.contains("| protocol |"), "{index}");
}

/// A page of a large network can still be read.
#[test]
fn a_runbook_is_bounded() {
    let hosts: String = (1..=60)
        .map(|n| format!("  h{n}: {{ address: 203.0.113.{n}, private-address: 10.0.0.{n} }}\n"))
        .collect();
    let manifest = format!(
        "netgen: 1\nnetwork: {{ name: demo, chain: hoodi, environment: testnet }}\nhosts:\n{hosts}services: {{ el: {{ hosts: all, component: geth }} }}
monitoring:
  host: h1
  receivers: {{ oncall: {{ webhook: {{ url: 'https://hooks.demo.dev/a' }} }} }}
  routes: [{{ to: oncall }}]
"
    );
    let files = built(&manifest, &[]);
    assert!(files["runbooks/GethChainStalled.md"].contains("and 20 more; "));
    assert!(files["runbooks/HostDown.md"].contains("and 20 more."));
    assert!(
        files.iter().filter(|(path, _)| path.starts_with("runbooks/")).all(|(_, page)| page.len() < 60_000)
    );
}
