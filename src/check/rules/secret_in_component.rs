//! Secrets in the data of a component.

use std::collections::BTreeSet;

use crate::catalog::component::{Argument, Component, Variable, VariableWhen};
use crate::check::Cx;
use crate::diag::{Diagnostic, Level, Rule, Sink};
use crate::text::Span;

/// The rule.
pub static RULE: Rule = Rule {
    code: "NG0430",
    name: "secret-in-component",
    level: Level::Deny,
    summary: "the data of a component holds a secret value",
    docs: r##"## What
An argument or environment variable of a component of your own is named like a secret (`--db-password`, `API_TOKEN`) and has a fixed value.

## Why
It stands in the repository, in the bundle, and in the process list of the host, where every user reads it. The value is never repeated in the message.

## Bad
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  indexer:
    component: indexer
    summary: Writes blocks into a database
    kind: other
    version: { tested: 1.0.0 }
    image: registry.demo.dev/indexer
    command: [--db-user=indexer, --db-password=Eequ7aeP]
    sources: [ its documentation ]
services: { indexer: { host: a, component: indexer } }
```

As an environment variable:

```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  indexer:
    component: indexer
    summary: Writes blocks into a database
    kind: other
    version: { tested: 1.0.0 }
    image: registry.demo.dev/indexer
    environment: { DATABASE_PASSWORD: Eequ7aeP }
    sources: [ its documentation ]
services: { indexer: { host: a, component: indexer } }
```

## Good
```yaml
netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10 } }
components:
  indexer:
    component: indexer
    summary: Writes blocks into a database
    kind: other
    version: { tested: 1.0.0 }
    image: registry.demo.dev/indexer
    settings:
      password: { type: secret, doc: Password of the database, generate: { form: password, scope: service } }
    command: [--db-user=indexer, "--db-password-file={{ settings.password }}"]
    sources: [ its documentation ]
services: { indexer: { host: a, component: indexer } }
```
"##,
};

/// Words in a name that say that a secret follows.
const WORDS: &[&str] =
    &["password", "passwd", "secret", "token", "private-key", "api-key", "apikey", "mnemonic", "passphrase"];

/// Ends of a name that say that it is the place of a secret, or something about one.
const PLACES: &[&str] = &["file", "path", "dir", "url", "enabled", "ttl", "expiry", "name", "id", "env"];

/// Looks at the components of the user's own that are in use.
pub fn check(cx: &Cx<'_>, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for service in &cx.topology.services {
        let component = &service.component;
        let id = component.component.value.as_str();
        if !cx.catalog.used(id).is_some_and(|entry| entry.own) || !told.insert(id) {
            continue;
        }
        for Found { text, name, value } in found(component) {
            let place = cx.written_in(component.component.span, text);
            let start = Span::at(place.source, place.start as usize);
            sink.hide(cx.written_in(start, value));
            sink.push(
                Diagnostic::new(&RULE, place, format!("component `{id}` holds a secret value"))
                    .here(format!("`{name}` has a fixed value"))
                    .label(service.origin, "used here")
                    .help("change the secret now; add a setting of type `secret` and give the program the path of its file"),
            );
        }
    }
}

/// A fixed value of something that is named like a secret.
struct Found<'a> {
    /// The argument or the name of the variable, as written.
    text: &'a str,
    name: &'a str,
    value: &'a str,
}

fn found(component: &Component) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for argument in &component.command {
        match argument {
            Argument::One(word) => words.push(word),
            Argument::When(conditional) => words.extend(conditional.args.iter().map(String::as_str)),
        }
    }
    for (at, word) in words.iter().enumerate() {
        if !word.starts_with('-') {
            continue;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (*word, words.get(at + 1).copied().filter(|next| !next.starts_with('-'))),
        };
        if let Some(value) = value.filter(|value| is_secret(name) && is_fixed(value)) {
            found.push(Found { text: word, name, value });
        }
    }
    for (name, variable) in &component.environment {
        let (Variable::Value(value) | Variable::When(VariableWhen { value, .. })) = variable;
        if is_secret(name) && is_fixed(value) {
            found.push(Found { text: name, name, value });
        }
    }
    found
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let says = |end: &str| WORDS.iter().any(|word| end.ends_with(word));
    // `--db-password` and `--private-key-hex`, not `--tokenizer`.
    let parts = name.match_indices('-').map(|(at, _)| name.get(..at).unwrap_or("")).chain([name.as_str()]);
    parts.into_iter().any(says) && !PLACES.iter().any(|place| name.ends_with(place))
}

/// Whether a value is neither a template, nor a path, nor a switch or number.
fn is_fixed(value: &str) -> bool {
    let switch =
        ["true", "false", "yes", "no", "on", "off", "none"].contains(&value.to_ascii_lowercase().as_str());
    !(value.is_empty()
        || value.contains("{{")
        || value.starts_with('/')
        || switch
        || value.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "--db-password",
            "-rpcpassword",
            "API_TOKEN",
            "--private-key",
            "--private-key-hex",
            "--jwtsecret",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in
            ["--tokenizer", "--password-file", "--token-ttl", "--keystore", "--secrets-dir", "--max-peers"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }
}
