//! Providers that are named twice.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0233",
    name: "repeated-provider",
    level: Level::Deny,
    summary: "a need names one provider twice",
    docs: r##"## What
The list of a need holds the same service twice, perhaps under two names.

## Why
The fallback is the service itself; a load balancer with two servers of one name does not start.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks: { full: { execution: { component: geth } } }
nodes: { one: { host: a, role: rpc, stack: full } }
services: { rpc: { host: a, component: haproxy, needs: { eth-rpc: [one/execution, one-execution] } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
stacks: { full: { execution: { component: geth } } }
nodes: { one: { host: a, role: rpc, stack: full } }
services: { rpc: { host: a, component: haproxy, needs: { eth-rpc: [one/execution] } } }
```
"##,
};

/// Bindings are sorted by consumer and interface, so repetitions of one need are counted together.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let (mut need, mut seen) = (None, BTreeMap::new());
    for binding in &cx.topology.bindings {
        if need.replace((binding.consumer, &binding.interface))
            != Some((binding.consumer, &binding.interface))
        {
            seen.clear();
        }
        let Some(first) = seen.get(&binding.provider).copied() else {
            seen.insert(binding.provider, binding.origin);
            continue;
        };
        let (consumer, provider) =
            (&cx.topology.services[binding.consumer], &cx.topology.services[binding.provider]);
        sink.push_once(
            Diagnostic::new(
                &RULE,
                binding.origin,
                format!("`{}` has `{}` as `{}` twice", consumer.name, provider.name, binding.interface),
            )
            .here("named again here")
            .label(first, "named first here")
            .help("take one of the two out, or name another service"),
        );
    }
}
