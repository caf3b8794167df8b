//! Versions that the catalog does not speak for.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0310",
    name: "untested-version",
    level: Level::Warn,
    summary: "a version for which the component's data was not made",
    docs: r##"## What
The tag of an image is a version outside the range that the component's data is expected to hold for. Images of another repository count their versions in their own way, and are left out.

## Why
Flags, ports, health checks and metrics come from that data. An older or a much newer program may refuse a flag, or export its metrics under other names, so that no alert fires.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.10.26" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
images: { geth: "ethereum/client-go:v1.17.5" }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Reports each place in the manifest that names such a version. Tags that are no version say nothing.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in cx.topology.services.iter().filter(|service| service.image_origin.is_somewhere()) {
        let component = &service.component;
        let (Some(range), Some(tag)) = (&component.version.range, &service.image.tag) else { continue };
        // A fork counts its versions in its own way.
        if component.image.as_ref() != Some(&service.image.name) {
            continue;
        }
        let Some(version) = version(tag) else { continue };
        if holds(range, &version) != Some(false) || !told.insert(service.image_origin) {
            continue;
        }
        sink.push(
            Diagnostic::new(
                &RULE,
                service.image_origin,
                format!("the data of `{}` was not made for `{tag}`", component.component),
            )
            .here(format!("outside `{range}`"))
            .help(format!(
                "take a version inside; `{}` was tested. Or bring data of your own in `components/{}/`",
                component.version.tested, component.component
            )),
        );
    }
}

/// The numbers of a tag: `v1.17.5-alpine` is 1, 17, 5. `None` where it has no dot: a date, a commit, a branch.
fn version(tag: &str) -> Option<Vec<u64>> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (numbers, rest) = text.split_at_checked(end)?;
    let separated = rest.is_empty() || rest.starts_with(['-', '_', '+']);
    if !separated || !numbers.contains('.') {
        return None;
    }
    numbers.split('.').map(|part| part.parse().ok()).collect()
}

/// Whether a version lies in a range such as `>=1.16, <2`; `None` where the range cannot be read.
fn holds(range: &str, version: &[u64]) -> Option<bool> {
    let mut all = true;
    for part in range.split(',').map(str::trim) {
        let end = part.find(|c: char| c.is_ascii_digit())?;
        let (operator, bound) = part.split_at_checked(end)?;
        let bound: Vec<u64> = bound.split('.').map(|n| n.parse().ok()).collect::<Option<_>>()?;
        let order = compare(version, &bound);
        all &= match operator.trim() {
            ">=" => order.is_ge(),
            ">" => order.is_gt(),
            "<=" => order.is_le(),
            "<" => order.is_lt(),
            "=" => order.is_eq(),
            _ => return None,
        };
    }
    Some(all)
}

/// Compares number by number; what is missing is 0.
fn compare(a: &[u64], b: &[u64]) -> std::cmp::Ordering {
    let at = |numbers: &[u64], index: usize| numbers.get(index).copied().unwrap_or(0);
    (0..a.len().max(b.len()))
        .map(|index| at(a, index).cmp(&at(b, index)))
        .find(|o| o.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_ranges() {
        assert_eq!(version("v1.17.5"), Some(vec![1, 17, 5]));
        assert_eq!(version("18.3-alpine"), Some(vec![18, 3]));
        for tag in ["latest", "20240101", "9f8e7d6", "v1", "1.2rc1", "1."] {
            assert_eq!(version(tag), None, "{tag}");
        }
        assert_eq!(holds(">=1.16, <2", &[1, 16, 0]), Some(true));
        assert_eq!(holds(">=1.16, <2", &[2, 0, 0]), Some(false));
        assert_eq!(holds(">=1.16, <2", &[1, 9]), Some(false));
        assert_eq!(holds("~1.2", &[1, 2]), None);
    }
}
