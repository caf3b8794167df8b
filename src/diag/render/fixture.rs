//! The one example that every format is shown with.

use crate::diag::{Diagnostic, Rule, Waived, codes};
use crate::text::{Source, SourceMap, Span};

pub(super) static RULES: &[&Rule] =
    &[&codes::UNKNOWN_KEY, &codes::UNKNOWN_NAME, &codes::UNBOUND_NEED, &codes::NOT_LOCKED];

static DRIFT: Rule = Rule { level: crate::diag::Level::Warn, ..codes::NOT_LOCKED };

/// Two severities, several labels, non-ASCII before a span, two sources, one without a label, and
/// one that is waived.
pub(super) fn mixed() -> (Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let manifest = sources.add(
        "network.yaml",
        "# é☃ größer\nnetwork: { name: \"ä€𝄞\", chainn: 7 }\nhosts:\n  a1: {}\n  a2: {}\n  a3: {}\n  a4: {}\nservices:\n  - { name: geth, host: a9 }\n",
    );
    let overlay = sources.add("prod/über lay.yaml", "services:\n  - geth\n");
    let at = |id, needle: &str| {
        let start = sources.get(id).map(Source::text).unwrap().find(needle).unwrap();
        Span::new(id, start, start + needle.len())
    };
    let mut waived = Diagnostic::new(&codes::UNBOUND_NEED, at(overlay, "geth"), "`geth` is bound to nothing");
    waived.waived = Some(Waived {
        reason: "the beacon node is on order".to_owned(),
        until: "2027-01-31".to_owned(),
        span: at(manifest, "hosts"),
    });
    let found = vec![
        Diagnostic::new(&codes::UNKNOWN_KEY, at(manifest, "chainn"), "`chainn` is not a key of `network`")
            .here("not known here")
            .help("did you mean `chain`?"),
        Diagnostic::new(&codes::UNKNOWN_NAME, at(manifest, "a9"), "there is no host `a9`")
            .here("named here")
            .label(at(manifest, "hosts"), "the hosts are defined here")
            .label(at(overlay, "geth"), "placed by this overlay")
            .help("name one of the hosts: `a1`, `a2`, `a3` and `a4`, or define `a9` under `hosts:` with its address")
            .help("remove the service"),
        Diagnostic::new(&DRIFT, Span::nowhere(), "image `geth` has no digest").help("run `netgen lock`"),
        waived,
    ];
    (found, sources)
}

/// Compares with a golden file and shows what was rendered.
#[track_caller]
pub(super) fn same(rendered: &str, golden: &str) {
    assert!(rendered == golden, "differs from the golden file; rendered:\n{rendered}");
}
