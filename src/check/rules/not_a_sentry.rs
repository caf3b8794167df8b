//! Validators that reach something else than a sentry.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::SENTRY;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0621",
    name: "not-a-sentry",
    level: Level::Deny,
    summary: "a validator that reaches something else than a sentry",
    docs: r##"## What
`peering: { sentries: ... }` gives a validator a peer that has not the role `sentry`.

## Why
A sentry keeps the validators that it knows to itself. Any other node tells its peers about them, and
then the whole network knows where to aim.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el }
  rpc-1: { host: b, role: rpc, stack: el }
peering: { sentries: { val-1: rpc-1 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 }, b: { address: 203.0.113.11 } }
stacks: { el: { execution: { component: geth } } }
nodes:
  val-1: { host: a, role: validator, stack: el }
  sentry-1: { host: b, role: sentry, stack: el }
peering: { sentries: { val-1: sentry-1 } }
```
"##,
};

/// Looks at the links of every closed node.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let topology = cx.topology;
    let Some(peering) = &topology.peering else { return };
    for (a, b) in &peering.links {
        for (node, other) in [(a, b), (b, a)] {
            let (Some(span), other) = (peering.closed.get(node), &topology.nodes[*other]) else { continue };
            if other.role == SENTRY {
                continue;
            }
            let node = &topology.nodes[*node];
            sink.push(
                Diagnostic::new(
                    &RULE,
                    *span,
                    format!("`{}` reaches `{}`, which is no sentry", node.name, other.name),
                )
                .here(format!("the peers of `{}`", node.name))
                .label(other.origin, format!("has the role `{}`", other.role))
                .help(format!("give `{}` the role `{SENTRY}`, or `{}` another peer", other.name, node.name)),
            );
        }
    }
}
