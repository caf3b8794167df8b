//! The price list, and which of its machines each host is.

use std::collections::BTreeMap;

use super::HostId;
use super::resolve::{Context, Tables};
use crate::manifest::MachinePrice;
use crate::manifest::Price;
use crate::manifest::quantity::ByteSize;

/// What is paid for, and for how much.
#[derive(Clone, Debug)]
pub struct Prices {
    /// The currency, by its three letters.
    pub currency: String,
    /// Where the prices come from.
    pub source: Option<String>,
    /// What each host sends to the internet in a month.
    pub traffic: Option<ByteSize>,
    /// The kind of machine and its price, of each host that has one.
    pub hosts: BTreeMap<HostId, (String, MachinePrice)>,
    /// What else is paid every month, in the order of the list.
    pub other: Vec<(String, Price)>,
}

/// Finds the price of each host. One that names a machine without a price is reported.
pub(super) fn resolve(cx: &mut Context<'_>, tables: &Tables) -> Option<Prices> {
    let manifest = cx.manifest;
    let Some(list) = &manifest.prices else { return None };
    let mut hosts = BTreeMap::new();
    for (name, host) in &manifest.hosts {
        let (Some(machine), Some(id)) = (&host.machine, tables.host(name).map(|host| host.id)) else {
            continue;
        };
        match list.machines.get(machine.value.as_str()) {
            Some(price) => {
                hosts.insert(id, (machine.value.clone(), *price));
            }
            None => cx.unknown("machine", machine, list.machines.keys().map(|k| k.value.as_str())),
        }
    }
    Some(Prices {
        currency: list.currency.value.clone(),
        source: list.source.clone(),
        traffic: list.traffic,
        hosts,
        other: list.other.iter().map(|(name, price)| (name.value.clone(), *price)).collect(),
    })
}
