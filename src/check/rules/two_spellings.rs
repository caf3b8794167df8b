//! One failure domain under two names.

use std::collections::BTreeMap;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Spanned;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0235",
    name: "two-spellings",
    level: Level::Warn,
    summary: "one provider or rack is spelled in two ways",
    docs: r##"## What
The names of two providers, or of two racks of one region, differ only in case, spaces or signs: `Hetzner` and `hetzner`.

## Why
They count as two failure domains: `survives: { provider: 1 }` is then proved for a network that stands at one provider. In the inventory they fall into one group.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: { provider: Hetzner }, us: { provider: hetzner } }
hosts:
  eu-1: { address: 203.0.113.10, region: eu }
  us-1: { address: 198.51.100.10, region: us }
services: { el: { hosts: [eu-1, us-1], component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
regions: { eu: { provider: hetzner }, us: { provider: hetzner } }
hosts:
  eu-1: { address: 203.0.113.10, region: eu }
  us-1: { address: 198.51.100.10, region: us }
services: { el: { hosts: [eu-1, us-1], component: geth } }
```
"##,
};

/// Compares names by their letters and digits.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let manifest = cx.manifest;
    let mut seen: BTreeMap<(String, String), &Spanned<String>> = BTreeMap::new();
    let of_regions = manifest.regions.values().filter_map(|region| region.provider.as_ref());
    let of_hosts = manifest.hosts.values().filter_map(|host| host.provider.as_ref());
    let providers = of_regions.chain(of_hosts).map(|name| ("provider".to_owned(), name));
    let racks = manifest.hosts.values().filter_map(|host| {
        let region = host.region.as_ref().map_or("none", |region| region.value.as_str());
        Some((format!("rack of region `{region}`"), host.rack.as_ref()?))
    });
    for (kind, name) in providers.chain(racks) {
        let letters =
            name.value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let first = *seen.entry((kind.clone(), letters)).or_insert(name);
        if first.value != name.value {
            sink.push(
                Diagnostic::new(&RULE, name.span, format!("`{name}` and `{first}` may be one {kind}"))
                    .here("counts as another failure domain")
                    .label(first.span, "spelled like this before")
                    .help(format!("write `{first}`, or a name that is clearly another")),
            );
        }
    }
}
