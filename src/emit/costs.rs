//! What the network costs in a month, from the price list of the manifest.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Artifacts, EmitError, Emitter};
use crate::manifest::quantity::ByteSize;
use crate::manifest::{MachinePrice, Price};
use crate::plan::Plan;
use crate::template::Templates;
use crate::topology::{Host, Prices};

const GIB: u64 = 1 << 30;
const MONTHS: u64 = 12;

pub(super) struct Costs;

impl Emitter for Costs {
    fn id(&self) -> &'static str {
        "costs"
    }

    fn summary(&self) -> &'static str {
        "an estimate of the costs, from the price list of the manifest"
    }

    fn emit(&self, plan: &Plan, templates: &Templates, out: &mut Artifacts) -> Result<(), EmitError> {
        let Some(prices) = &plan.topology.prices else { return Ok(()) };
        out.text("costs/estimate.md", templates.render("costs/estimate.md.j2", estimate(plan, prices))?);
        Ok(())
    }
}

/// What one host costs in a month.
struct Row {
    machine: Price,
    disk: Price,
    traffic: Price,
}

impl Row {
    fn of(host: &Host, price: &MachinePrice, sent: Option<ByteSize>) -> Self {
        let gib = |each: Option<Price>, size: Option<ByteSize>| {
            each.zip(size).map_or(Price::default(), |(each, size)| each.times(size.0, GIB))
        };
        let disk = host.resources.map(|(_, _, disk)| disk);
        Self { machine: price.month, disk: gib(price.disk, disk), traffic: gib(price.traffic, sent) }
    }

    fn sum(&self) -> Price {
        self.machine.plus(self.disk).plus(self.traffic)
    }
}

fn estimate(plan: &Plan, prices: &Prices) -> Value {
    let topology = &plan.topology;
    let (mut hosts, mut without) = (Vec::new(), Vec::new());
    let mut regions: BTreeMap<&str, (u64, Price)> = BTreeMap::new();
    let mut total = Price::default();
    for host in &topology.hosts {
        let Some((machine, price)) = prices.hosts.get(&host.id) else {
            without.push(host.name.as_str());
            continue;
        };
        let row = Row::of(host, price, prices.traffic);
        let region = topology.region_name(host.id);
        let of_region = regions.entry(region).or_default();
        *of_region = (of_region.0 + 1, of_region.1.plus(row.sum()));
        total = total.plus(row.sum());
        hosts.push(json!({
            "name": host.name, "region": region, "provider": host.provider.as_deref().unwrap_or("-"),
            "kind": machine, "machine": row.machine.to_string(), "disk": row.disk.to_string(),
            "traffic": row.traffic.to_string(), "sum": row.sum().to_string(),
        }));
    }
    let other = prices.other.iter().map(|(name, price)| {
        total = total.plus(*price);
        json!({ "name": name, "sum": price.to_string() })
    });
    let other: Vec<Value> = other.collect();
    let regions: Vec<Value> = regions
        .into_iter()
        .map(|(name, (count, sum))| json!({ "name": name, "hosts": count, "sum": sum.to_string() }))
        .collect();
    json!({
        "network": topology.name, "currency": prices.currency, "source": prices.source,
        "sent": prices.traffic.map(|size| size.to_string()), "hosts": hosts, "regions": regions,
        "other": other, "without": without, "month": total.to_string(),
        "year": total.times(MONTHS, 1).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use crate::world::MemoryWorld;
    use crate::{Input, Options, compile};

    const MANIFEST: &str = "netgen: 1
network: { name: demo, chain: hoodi, environment: development }
regions: { eu: { provider: acme } }
hosts:
  a: { address: 203.0.113.10, region: eu, machine: small, resources: { cpus: 8, memory: 32GiB, disk: 100GiB } }
  b: { address: 203.0.113.11, machine: box, resources: { cpus: 8, memory: 32GiB, disk: 100GiB } }
  c: { address: 203.0.113.12 }
services: { el: { hosts: all, component: geth, settings: { cache: 1GiB } } }
prices:
  currency: EUR
  source: asked on the phone
  traffic: 200GiB
  machines:
    small: { month: 10.005, disk: 0.08, traffic: 0.01 }
    box: { month: 40 }
  other: { mail: 2.5 }
";

    #[test]
    fn sums_are_right() {
        let world = MemoryWorld::new([("network.yaml", MANIFEST)]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let compiled = compile(&world, &Input::new("network.yaml"), options);
        let bundle = compiled.bundle.unwrap();
        let text = String::from_utf8(bundle.get("costs/estimate.md").unwrap().bytes().unwrap().into_owned())
            .unwrap();
        for part in [
            "| a | eu | acme | small | 10.01 | 8.00 | 2.00 | 20.01 |",
            "| b | none | \\- | box | 40.00 | 0.00 | 0.00 | 40.00 |",
            "| eu | 1 | 20.01 |",
            "| mail | 2.50 |",
            "**62.51 EUR**",
            "**750.06 EUR**",
            "asked on the phone",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(text.contains("Not counted: c"), "{text}");
    }

    #[test]
    fn a_machine_without_a_price_is_an_error_and_no_machine_a_warning() {
        let world = MemoryWorld::new([("network.yaml", MANIFEST.replace("machine: box", "machine: bocks"))]);
        let options = Options { allow_unlocked: true, ..Options::default() };
        let found = compile(&world, &Input::new("network.yaml"), options).diagnostics;
        let said: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
        assert!(said.contains(&"there is no machine `bocks`"), "{said:?}");
        assert!(said.contains(&"host `c` has no price"), "{said:?}");
    }
}
