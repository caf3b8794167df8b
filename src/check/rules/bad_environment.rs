//! Environment variables that cannot be set.

use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::emit::format::is_noncharacter;
use crate::text::Spanned;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0508",
    name: "bad-environment",
    level: Level::Deny,
    summary: "an environment variable that cannot be set",
    docs: r##"## What
The name of an environment variable is not made of letters, digits and `_`, begins with a digit or with `export`, or its value has a line break or another control character.

## Why
Compose, systemd and podman read the file of variables, each in its own way; such a line is dropped or becomes two.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, environment: { GO-GC: "80" } } }
```

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, environment: { GODEBUG: "gctrace=1\nmadvdontneed=1" } } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
services: { el: { host: a, component: geth, environment: { GOGC: "80" } } }
```
"##,
};

/// Looks at the variables of services and stacks.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let placed = cx.manifest.services.values().flat_map(|service| &service.environment);
    let stacked = cx.manifest.stacks.values().flat_map(|stack| stack.values()).flat_map(|s| &s.environment);
    for (name, value) in placed.chain(stacked) {
        if let Some(why) = bad_name(name) {
            report(name, format!("`{name}` is no name of a variable"), why, sink);
        } else if let Some(c) = value.chars().find(|c| is_noncharacter(*c)) {
            // systemd refuses the whole file for one.
            report(
                value,
                format!("the value of `{name}` has U+{:04X} in it, which is no character", u32::from(c)),
                "what Unicode keeps for no text",
                sink,
            );
        } else if value.chars().any(|c| c.is_control() && c != '\t') {
            report(
                value,
                format!("the value of `{name}` is more than a line"),
                "has a control character",
                sink,
            );
        }
    }
}

fn report(place: &Spanned<String>, message: String, here: &str, sink: &mut Sink) {
    sink.push(
        Diagnostic::new(&RULE, place.span, message)
            .here(here)
            .help("a variable is `NAME: value`, on one line; put longer texts into a file of the component"),
    );
}

/// Why a text is no name of a variable, if so.
fn bad_name(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some("must begin with a letter or `_`");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some("letters, digits and `_` only");
    }
    // Readers of such files drop a leading `export`, also where it is the start of a name.
    name.starts_with("export").then_some("`export` is dropped by what reads it")
}
