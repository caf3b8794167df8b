//! What is decided about alerts: every service that an alert watches is in exactly one of its rules, or
//! in none where it is switched off.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use netgen::hashed::IndexMap;
use netgen::plan::{Alert, Plan};
use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile, compile_to_plan};
use promql_parser::label::Matcher;
use promql_parser::parser::{Expr, VectorSelector, parse};
use proptest::prelude::*;

const NETWORK: &str = "netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
regions: { eu: { provider: p }, us: { provider: q } }
hosts:
  a: { address: 203.0.113.10, region: eu }
  b: { address: 203.0.113.11, region: us }
  c: { address: 203.0.113.12, region: us }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: rpc, stack: el }
  two: { host: b, role: rpc, stack: el }
  three: { host: c, role: archive, stack: el }
secrets: { pagerduty: { env: PAGERDUTY_KEY } }
monitoring:
  host: a
  receivers: { oncall: { pagerduty: { secret: pagerduty } } }
  routes: [{ to: oncall }]
";

fn plan(tuning: &str) -> Plan {
    let text = if tuning.is_empty() { NETWORK.to_owned() } else { format!("{NETWORK}  tuning:\n{tuning}") };
    let world = MemoryWorld::new([("network.yaml", text.as_str())]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let done = compile_to_plan(&world, &Input::new("network.yaml"), options);
    assert!(!done.failed(), "{:?}\n{text}", done.diagnostics);
    done.plan.unwrap()
}

fn selectors(expr: &Expr) -> Vec<VectorSelector> {
    match expr {
        Expr::VectorSelector(selector) => vec![selector.clone()],
        Expr::MatrixSelector(selector) => vec![selector.vs.clone()],
        Expr::Binary(binary) => [selectors(&binary.lhs), selectors(&binary.rhs)].concat(),
        Expr::Paren(inner) => selectors(&inner.expr),
        Expr::Aggregate(inner) => selectors(&inner.expr),
        Expr::Unary(inner) => selectors(&inner.expr),
        Expr::Call(call) => call.args.args.iter().flat_map(|arg| selectors(arg)).collect(),
        _ => Vec::new(),
    }
}

fn takes(matcher: &Matcher, labels: &IndexMap<String, String>, job: &str) -> bool {
    let value =
        if matcher.name == "job" { job } else { labels.get(&matcher.name).map_or("", String::as_str) };
    matcher.is_match(value)
}

/// The rules of an alert that take a service.
fn rules_for<'a>(plan: &'a Plan, name: &str, service: &str) -> Vec<&'a Alert> {
    let Some(alert) = plan.alerts.get(name) else { return Vec::new() };
    let (job, target) = plan
        .jobs
        .values()
        .flat_map(|job| job.targets.iter().map(move |target| (job, target)))
        .find(|(_, target)| target.labels["service"] == service)
        .unwrap();
    let mut rules = Vec::new();
    for rule in alert.variants() {
        let found = selectors(&parse(&rule.expr).unwrap());
        let taken = found.iter().filter(|one| {
            one.matchers.matchers.iter().all(|matcher| takes(matcher, &target.labels, &job.name))
        });
        match taken.count() {
            0 => {}
            // All selectors of a rule speak of the same services.
            all => {
                assert_eq!(all, found.len(), "{}", rule.expr);
                rules.push(rule);
            }
        }
    }
    rules
}

#[test]
fn a_role_has_its_own_threshold() {
    let plan = plan(
        "    - { alerts: [GethFewPeers], roles: [archive], values: { least: 2 }, severity: P4, for: 1h, reason: a closed network }\n",
    );
    let base = rules_for(&plan, "GethFewPeers", "one-execution");
    let other = rules_for(&plan, "GethFewPeers", "three-execution");
    assert_eq!((base.len(), other.len()), (1, 1));
    assert!(base[0].expr.contains("role!=\"archive\"") && base[0].expr.contains("< 4"), "{}", base[0].expr);
    assert!(other[0].expr.contains("role=\"archive\"") && other[0].expr.contains("< 2"), "{}", other[0].expr);
    assert_eq!(
        (other[0].severity.word(), other[0].hold.0, other[0].values["least"].number),
        ("P4", 3600, 2.0)
    );
    assert_eq!(other[0].decisions[0].reason, "a closed network");
}

#[test]
fn what_is_off_is_in_no_rule_and_said_in_the_file() {
    let some = "    - { alerts: [GethFewPeers], nodes: [two], off: true, until: 2027-03-01, reason: it dials out only }\n";
    let one = plan(some);
    assert!(rules_for(&one, "GethFewPeers", "two-execution").is_empty());
    assert_eq!(rules_for(&one, "GethFewPeers", "one-execution").len(), 1);
    assert_eq!(one.silenced[0].reason, "it dials out only (until 2027-03-01)");
    let placed = one.placed();
    assert!(placed.iter().any(|alert| alert.silenced == Some("it dials out only (until 2027-03-01)")));
    let none = plan(&some.replace("nodes: [two], ", ""));
    assert!(!none.alerts.contains_key("GethFewPeers") && none.silenced[0].everywhere);

    let text = format!("{NETWORK}  tuning:\n{some}");
    let world = MemoryWorld::new([("network.yaml", text.as_str())]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let bundle = compile(&world, &Input::new("network.yaml"), options).bundle.unwrap();
    let files: BTreeMap<String, String> = bundle
        .files()
        .map(|(path, file)| (path.to_string(), String::from_utf8_lossy(&file.bytes().unwrap()).into_owned()))
        .collect();
    assert!(
        files["prometheus/rules/geth.yml"]
            .contains("# GethFewPeers is switched off for two-execution: it dials out only")
    );
    assert!(
        files["prometheus/tests/geth_test.yml"].contains("GethFewPeers is switched off: it dials out only")
    );
}

fn tunings() -> impl Strategy<Value = Vec<String>> {
    let filter = prop_oneof![
        Just(String::new()),
        prop_oneof![Just("rpc"), Just("archive")].prop_map(|role| format!("roles: [{role}], ")),
        prop_oneof![Just("one"), Just("two"), Just("three")].prop_map(|node| format!("nodes: [{node}], ")),
        prop_oneof![Just("eu"), Just("us")].prop_map(|region| format!("regions: [{region}], ")),
        prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(|host| format!("hosts: [{host}], ")),
    ];
    // Each sets something else, so that none contradicts another.
    let kinds = ["values: { least: 2 }", "severity: P4", "for: 1h"];
    proptest::collection::vec(proptest::option::of(filter), 3).prop_map(move |filters| {
        let one = |(filter, what): (Option<String>, &str)| {
            filter.map(|filter| {
                format!("    - {{ alerts: [GethFewPeers], {filter}{what}, reason: for the test }}\n")
            })
        };
        filters.into_iter().zip(kinds).filter_map(one).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_service_is_in_one_rule(tunings in tunings(), off in proptest::option::of(0_usize..3)) {
        let nodes = ["one", "two", "three"];
        let mut text = tunings.concat();
        if let Some(off) = off.filter(|_| tunings.is_empty()) {
            text = format!("    - {{ alerts: [GethFewPeers], nodes: [{}], off: true, reason: for the test }}\n", nodes[off]);
        }
        let plan = plan(&text);
        for (at, node) in nodes.iter().enumerate() {
            let found = rules_for(&plan, "GethFewPeers", &format!("{node}-execution"));
            let expected = usize::from(!(tunings.is_empty() && off == Some(at)));
            prop_assert_eq!(found.len(), expected, "{} of {}", node, text);
        }
        // A service that the manifest does not know yet is in a rule as well.
        if off.is_none() {
            let alert = &plan.alerts["GethFewPeers"];
            let stranger: IndexMap<String, String> = [("service", "new"), ("role", "new"), ("node", "new"), ("host", "new"), ("region", "new")]
                .into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let taken = alert.variants().filter(|rule| {
                selectors(&parse(&rule.expr).unwrap()).iter().all(|one| one.matchers.matchers.iter().all(|m| takes(m, &stranger, "geth")))
            });
            prop_assert_eq!(taken.count(), 1, "{}", text);
        }
    }
}
