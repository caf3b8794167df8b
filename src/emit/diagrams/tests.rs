//! Views: what is folded, what a focus leaves, and that no name breaks a syntax.

use super::*;
use crate::world::MemoryWorld;
use crate::{Input, Options, compile_to_plan};

fn plan(manifest: &str) -> Plan {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let done = compile_to_plan(&world, &Input::new("network.yaml"), options);
    assert!(!done.failed(), "{:?}", done.diagnostics);
    done.plan.unwrap()
}

/// `count` nodes over three regions, each with two services.
fn network(count: usize) -> Plan {
    let mut text = String::from(
        "netgen: 1\nnetwork: { name: big, chain: hoodi }\nregions: { a: {}, b: {}, c: {} }\nhosts:\n",
    );
    for n in 0..count {
        let region = ["a", "b", "c"][n % 3];
        text.push_str(&format!(
            "  h{n}: {{ address: 10.0.{}.{}, region: {region} }}\n",
            n / 250,
            n % 250 + 1
        ));
    }
    text.push_str("stacks: { one: { el: { component: geth }, other: { component: reth } } }\nnodes:\n");
    for n in 0..count {
        text.push_str(&format!("  n{n}: {{ host: h{n}, role: rpc, stack: one }}\n"));
    }
    plan(&text)
}

fn items(view: &View) -> usize {
    fn of(group: &view::Group) -> usize {
        group.items.len() + group.groups.iter().map(of).sum::<usize>()
    }
    view.groups.iter().map(of).sum()
}

#[test]
fn small_networks_are_whole_and_large_ones_folded() {
    assert_eq!(items(&View::new(&network(3).topology, None, None)), 6);
    let large = network(300).topology;
    let folded = View::new(&large, None, None);
    assert_eq!(items(&folded), 6, "two components in each of three regions");
    assert!(svg::write(&folded).len() < 20_000);
    assert_eq!(items(&View::new(&large, Some(By::Host), None)), 600);
}

#[test]
fn a_focus_shows_its_neighbours_and_no_more() {
    let plan = plan(
        "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 10.0.0.1 }, b: { address: 10.0.0.2 } }
services:
  el: { host: a, component: geth }
  other: { host: b, component: geth }
  rpc: { host: b, component: haproxy, needs: { eth-rpc: [el] } }
",
    );
    let focus = named(&plan.topology, "el").unwrap();
    let view = View::new(&plan.topology, None, Some(&focus));
    assert_eq!(items(&view), 2);
    assert_eq!(view.edges.len(), 1);
    assert!(named(&plan.topology, "nobody").is_none());
    let host = View::new(&plan.topology, Some(By::Host), named(&plan.topology, "b").as_ref());
    assert_eq!(items(&host), 3);
}

#[test]
fn an_interface_has_both_sides() {
    let plan = plan(
        "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 10.0.0.1 } }
services:
  el: { host: a, component: geth }
  rpc: { host: a, component: haproxy, needs: { eth-rpc: [el] } }
",
    );
    let view = View::new(&plan.topology, Some(By::Interface), None);
    assert_eq!((view.groups.len(), items(&view), view.edges.len()), (1, 2, 1));
}

#[test]
fn the_same_network_gives_the_same_drawing() {
    let plan = network(5);
    for syntax in [Syntax::Mermaid, Syntax::Dot, Syntax::Svg, Syntax::Json] {
        let draw = || diagram(&plan.topology, syntax, None, None).unwrap();
        assert_eq!(draw(), draw());
    }
}
