//! Thresholds that nobody reaches, or too few.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::topology::agreement;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0640",
    name: "cluster-threshold",
    level: Level::Deny,
    summary: "the threshold of a cluster cannot be reached, or is not safe",
    docs: r##"## What
The `threshold` of a cluster is 0, more than it has nodes, or so low that two groups of its nodes could sign different things: on Ethereum less than two thirds of the nodes, rounded up; elsewhere no more than half.

## Why
With a threshold of 2 among four nodes, two of them can sign one block and the other two another one, and the validator is slashed. With 2f+1 of 3f+1 nodes any two groups share more nodes than may be faulty. Charon and SSV choose that by default, and so does netgen. The threshold is fixed when the key is split: a number that only stands in the manifest changes nothing.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  d: { address: 203.0.113.13 }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: b, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
  four: { host: d, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three, four], threshold: 2, voting-power: 100 }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  d: { address: 203.0.113.13 }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: b, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
  four: { host: d, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three, four], threshold: 5, voting-power: 100 }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi, environment: testnet }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  d: { address: 203.0.113.13 }
stacks: { el: { execution: { component: geth } } }
nodes:
  one: { host: a, role: validator, stack: el }
  two: { host: b, role: validator, stack: el }
  three: { host: c, role: validator, stack: el }
  four: { host: d, role: validator, stack: el }
clusters:
  obol: { nodes: [one, two, three, four], threshold: 3, voting-power: 100 }
```
"##,
};

/// Compares each threshold that is written with the number of nodes.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    if !cx.resolved {
        return;
    }
    for cluster in &cx.topology.clusters {
        let Some(written) = cx.manifest.clusters.get(cluster.name.as_str()) else { continue };
        let Some(threshold) = &written.threshold else { continue };
        // A node that stands there twice is another rule's business, and the numbers are not what was meant.
        if written.nodes.len() != cluster.nodes.len() {
            continue;
        }
        let (name, nodes) = (&cluster.name, u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX));
        let (wanted, least) = (threshold.value, agreement(cx.topology.chain.consensus, nodes));
        let diagnostic = |message: String, here: String| {
            Diagnostic::new(&RULE, threshold.span, message)
                .here(here)
                .label(cluster.origin, format!("has {nodes} nodes"))
        };
        let or =
            format!("leave it out: netgen takes two thirds of the nodes, rounded up, {}", nodes - nodes / 3);
        if wanted > nodes {
            sink.push(
                diagnostic(
                    format!("cluster `{name}` needs {wanted} shares to sign, and has {nodes}"),
                    "never reached".to_owned(),
                )
                .help(format!("write the threshold that the key was split for, at most {nodes}"))
                .help(or),
            );
        } else if wanted == 0 {
            sink.push(
                diagnostic(format!("cluster `{name}` signs with nobody"), "must be at least 1".to_owned())
                    .help("write the threshold that the key was split for")
                    .help(or),
            );
        } else if wanted < least {
            sink.push(
                diagnostic(
                    format!("{wanted} of {nodes} nodes of cluster `{name}` can sign against the others"),
                    format!("at least {least} keep two groups from signing different things"),
                )
                .help(format!("split the key anew, with a threshold of {least} or more, and write that here"))
                .help("if the key was split for a higher threshold, write that one"),
            );
        }
    }
}
