//! What the loss of one place takes with it elsewhere.

use super::quorum_at_risk;
use crate::analyze::prove::{Proof, Prover};
use crate::check::Cx;
use crate::diag::{Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0609",
    name: "shared-dependency",
    level: Level::Deny,
    summary: "validators that must survive a failure depend on one place",
    docs: r##"## What
The voting power itself is spread well enough, but the services of the voters cannot do without something that fails all at once: a signer, its database, a beacon node, everything on one host, in one region, of one provider. A need with a second provider in its list counts only when both are lost. The same failures are looked at as for `quorum-at-risk`.

## Why
A proof that counts machines and not what they need is none: the host with the signer goes down, and every validator in every region stands still.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 203.0.113.11, private-address: 10.0.0.2 }
  c: { address: 203.0.113.12, private-address: 10.0.0.3 }
  d: { address: 203.0.113.13, private-address: 10.0.0.4 }
  ops: { address: 203.0.113.14, private-address: 10.0.0.5 }
stacks:
  validator:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
nodes:
  one: { host: a, role: validator, stack: validator, voting-power: 25 }
  two: { host: b, role: validator, stack: validator, voting-power: 25 }
  three: { host: c, role: validator, stack: validator, voting-power: 25 }
  four: { host: d, role: validator, stack: validator, voting-power: 25 }
services:
  db: { host: ops, component: postgres }
  signer: { host: ops, component: web3signer, needs: { sql: db } }
require: { survives: { host: 1 } }
```

Three validators on three hosts, which are no help: all sign with one signer.

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10 }
  b: { address: 203.0.113.11 }
  c: { address: 203.0.113.12 }
  ops: { address: 203.0.113.13 }
components:
  key-vault:
    component: key-vault
    summary: Signs for validators
    kind: signer
    version: { tested: "1.0" }
    image: registry.example.net/key-vault
    provides: { vault-api: { port: 9000, protocol: http } }
    volumes: { history: { path: /var/lib/key-vault, backup: true } }
    sources: [ "the documentation of Key Vault" ]
  chain:
    component: chain
    summary: A node of the chain
    kind: chain-node
    version: { tested: "1.0" }
    image: registry.example.net/chain
    needs: { vault-api: {} }
    sources: [ "the documentation of the chain" ]
stacks: { node: { chain: { component: chain } } }
nodes:
  one: { host: a, role: validator, stack: node, voting-power: 1 }
  two: { host: b, role: validator, stack: node, voting-power: 1 }
  three: { host: c, role: validator, stack: node, voting-power: 1 }
services:
  vault: { component: key-vault, host: ops }
require: { survives: { signer: 1 } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 203.0.113.11, private-address: 10.0.0.2 }
  c: { address: 203.0.113.12, private-address: 10.0.0.3 }
  d: { address: 203.0.113.13, private-address: 10.0.0.4 }
  ops: { address: 203.0.113.14, private-address: 10.0.0.5 }
stacks:
  validator:
    execution: { component: geth }
    beacon: { component: lighthouse-beacon, settings: { checkpoint-sync: "https://checkpoint-sync.hoodi.ethpandaops.io" } }
    validator: { component: lighthouse-validator, settings: { fee-recipient: "0x8943545177806ed17b9f23f0a21ee5948ecaa776" } }
nodes:
  one: { host: a, role: validator, stack: validator, voting-power: 25 }
  two: { host: b, role: validator, stack: validator, voting-power: 25 }
  three: { host: c, role: validator, stack: validator, voting-power: 25 }
  four: { host: d, role: validator, stack: validator, voting-power: 25 }
require: { survives: { host: 1 } }
```
"##,
};

/// Lets everything stop that cannot do without what failed, where the voters alone would go on.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let asked = quorum_at_risk::asked(cx.topology);
    if !cx.resolved || asked.is_empty() {
        return;
    }
    let (voters, all) = (Prover::of_voters(cx.topology), Prover::new(cx.topology));
    for (kind, count, span) in asked {
        // What the voting power itself does not survive is said by the other rule.
        if voters.survives(kind, count as usize) == Proof::Holds {
            quorum_at_risk::report(&RULE, cx.topology, &all, (kind, count, span), sink);
        }
    }
}
