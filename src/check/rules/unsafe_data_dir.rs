//! State in places that are not for state.

use std::collections::BTreeSet;

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Spanned;

/// Folders with what lies in them, and what becomes of state there.
const UNSAFE: &[(&str, &str)] = &[
    ("/bin", "belongs to the system"),
    ("/boot", "belongs to the system"),
    ("/etc", "holds the configuration of the system"),
    ("/lib", "belongs to the system"),
    ("/lib64", "belongs to the system"),
    ("/opt/netgen", "is written anew by each deploy"),
    ("/proc", "is no disk"),
    ("/sbin", "belongs to the system"),
    ("/sys", "is no disk"),
    ("/usr/bin", "belongs to the system"),
    ("/usr/lib", "belongs to the system"),
    ("/usr/sbin", "belongs to the system"),
    ("/usr/share", "belongs to the system"),
    ("/var/lib/containers", "belongs to podman"),
    ("/var/lib/docker", "belongs to Docker"),
    ("/var/lock", "is lost at the next boot"),
    ("/var/tmp", "is emptied from time to time"),
];

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0502",
    name: "unsafe-data-dir",
    level: Level::Deny,
    summary: "state would lie in a folder that is not for state",
    docs: r##"## What
`data-dir` is the root, a folder of the system, of a container runtime or of the deploy, one that is emptied from time to time (`/var/tmp`), or a path with `.` or `..` in it.

## Why
Databases, keys and slashing protection lie there. An upgrade, `docker system prune` or the next deploy takes them away or changes their owners, and a validator without its slashing protection may sign twice.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
defaults: { data-dir: /var/lib/docker/netgen }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, data-dir: /srv/../etc } }
services: { el: { host: a, component: geth } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
defaults: { data-dir: /mnt/nvme0/netgen }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth } }
```
"##,
};

/// Looks at every data folder that the manifest names.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let of_hosts = cx.manifest.hosts.values().filter_map(|host| host.data_dir.as_ref());
    let mut told = BTreeSet::new();
    for written in cx.manifest.defaults.data_dir.iter().chain(of_hosts) {
        let Some(why) = unsafe_place(written).filter(|_| told.insert(written.span)) else { continue };
        sink.push(report(written, why));
    }
}

fn report(written: &Spanned<String>, why: &str) -> Diagnostic {
    Diagnostic::new(&RULE, written.span, format!("`{written}` is no place for state"))
        .here(why)
        .help("take a folder on a lasting disk, such as `/var/lib/netgen` or `/mnt/<disk>/netgen`")
}

/// Why a folder is not for state, if so.
fn unsafe_place(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Some("is the root of the host");
    }
    if parts.iter().any(|part| *part == "." || *part == "..") {
        return Some("leads somewhere else than it says");
    }
    let plain = format!("/{}", parts.join("/"));
    let inside = |folder: &str| {
        plain == folder || plain.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    UNSAFE.iter().find(|(folder, _)| inside(folder)).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for path in [
            "/",
            "//",
            "/var/tmp",
            "/var/tmp/x",
            "/var/lib/docker/volumes",
            "/a/../b",
            "//etc//x",
            "/opt/netgen/",
        ] {
            assert!(unsafe_place(path).is_some(), "{path}");
        }
        for path in [
            "/var/lib/netgen",
            "/usr/local/netgen",
            "/tmpfs",
            "/mnt/tmp",
            "/opt/netgen-data",
            "/home/x",
            "/data",
        ] {
            assert!(unsafe_place(path).is_none(), "{path}");
        }
    }
}
