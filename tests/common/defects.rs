//! What the tests of defects of real networks share: manifests, findings, and the files of a bundle.

// Every test that includes this file uses a part of it.
#![allow(dead_code)]

use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile};
use serde_json::Value;

pub const HEAD: &str = "netgen: 1
network: { name: demo, chain: hoodi }
hosts: { a: { address: 203.0.113.10, private-address: 10.0.0.1 } }
";

pub const TWO_HOSTS: &str = "netgen: 1
network: { name: demo, chain: hoodi }
hosts:
  a: { address: 203.0.113.10, private-address: 10.0.0.1 }
  b: { address: 203.0.113.11, private-address: 10.0.0.2 }
";

pub const ONCALL: &str = "secrets: { slack: { env: SLACK_WEBHOOK_URL } }
monitoring:
  host: a
  receivers: { oncall: { slack: { secret: slack, channel: '#nodes' } } }
  routes: [{ to: oncall }]
";

/// An execution client, a beacon node, a signer and its database.
pub const BASE: &str = "  el: { host: a, component: geth }
  bn: { host: a, component: lighthouse-beacon, settings: { checkpoint-sync: 'https://checkpoint-sync.hoodi.ethpandaops.io' } }
  db: { host: a, component: postgres }
  signer: { host: a, component: web3signer, needs: { sql: db } }
";

pub fn compiled(manifest: &str) -> Compilation {
    let world = MemoryWorld::new([("network.yaml", manifest)]);
    compile(&world, &Input::new("network.yaml"), Options { allow_unlocked: true, ..Options::default() })
}

/// Every finding as (code, text under its primary label, message).
pub fn findings(manifest: &str) -> Vec<(String, String, String)> {
    let compilation = compiled(manifest);
    let text = |span: netgen::text::Span| {
        compilation.sources.get(span.source).map_or("", |source| source.slice(span)).to_owned()
    };
    compilation
        .diagnostics
        .iter()
        .map(|d| (d.rule.code.to_owned(), text(d.span()), d.message.clone()))
        .collect()
}

/// The manifest is reported under this code at exactly this text, and nowhere else under this code.
#[track_caller]
pub fn caught(manifest: &str, code: &str, text: &str) {
    let found = findings(manifest);
    let at: Vec<&str> = found.iter().filter(|(c, ..)| c == code).map(|(_, text, _)| text.as_str()).collect();
    assert_eq!(at, [text], "{code}; all: {found:#?}");
}

/// The files of a bundle.
pub struct Files(pub Compilation);

impl Files {
    #[track_caller]
    pub fn of(manifest: &str) -> Self {
        let compilation = compiled(manifest);
        let errors: Vec<&str> =
            compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
        assert!(compilation.bundle.is_some(), "{errors:?}");
        Self(compilation)
    }

    pub fn paths(&self) -> Vec<String> {
        self.0.bundle.as_ref().unwrap().files().map(|(path, _)| path.to_string()).collect()
    }

    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let file = self.0.bundle.as_ref().unwrap().get(path);
        let bytes =
            file.unwrap_or_else(|| panic!("no {path} in {:?}", self.paths())).bytes().unwrap().into_owned();
        String::from_utf8(bytes).unwrap()
    }

    #[track_caller]
    pub fn yaml(&self, path: &str) -> Value {
        serde_yaml::from_str(&self.text(path)).unwrap()
    }

    #[track_caller]
    pub fn service(&self, host: &str, name: &str) -> Value {
        self.yaml(&format!("compose/{host}/compose.yaml"))["services"][name].clone()
    }

    /// Paths that begin so.
    pub fn below(&self, folder: &str) -> Vec<String> {
        self.paths().into_iter().filter(|path| path.starts_with(folder)).collect()
    }
}

/// A chain node as data, with more lines about it.
pub fn foo(more: &str) -> String {
    format!(
        "components:
  foo:
    component: foo
    summary: A chain node
    kind: chain-node
    version: {{ tested: 1.0.0 }}
    image: registry.demo.dev/foo
    provides:
      p2p: {{ port: 30333, exposure: public }}
      rpc: {{ port: 30334, protocol: http }}
      metrics: {{ port: 30335, protocol: http, path: /metrics }}
    volumes: {{ data: {{ path: /data }} }}
    sources: [ its documentation ]
{more}services: {{ foo: {{ host: a, component: foo }} }}
"
    )
}

/// The same with one alert.
pub fn with_alert(metrics: &str, expr: &str) -> String {
    let more = format!(
        "    stop: {{ grace: 2m }}
    metrics: {metrics}
    alerts:
      FooAlert:
        expr: {expr}
        for: 5m
        severity: P2
        summary: Something is wrong
        meaning: It is.
        actions: [Look.]
        test: {{ fires: [], silent: [] }}
"
    );
    format!("{HEAD}{}{ONCALL}", foo(&more))
}

pub fn words(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

pub fn proxied() -> Files {
    Files::of(&format!(
        "{TWO_HOSTS}services:
  el: {{ host: b, component: geth }}
  rpc: {{ host: a, component: haproxy, needs: {{ eth-rpc: el }} }}
{ONCALL}"
    ))
}
