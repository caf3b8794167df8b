//! What the monitoring calls outside of the network, as its programs must be told it: a URL that Prometheus
//! cannot read stops it, and a mailbox that is none is found out when an alert is to be sent.

use std::collections::BTreeMap;

use super::resolve::Context;
use crate::diag::{Diagnostic, codes};
use crate::emit::format::is_noncharacter;
use crate::manifest::{Monitoring, RemoteWrite};
use crate::text::{Span, Spanned, is_url};

/// Tells of every value that its reader would not take, or would take for another.
pub(super) fn check(cx: &mut Context<'_>, written: &Monitoring) {
    for url in written.urls() {
        let http = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        if !http || !is_url(url) {
            told(cx, url.span, "this is no URL", "`http(s)://<host>` and a path, with `%20` for a blank");
        }
    }
    for email in written.receivers.values().filter_map(|receiver| receiver.email.as_ref()) {
        if !email.to.split(',').all(is_mailbox) {
            told(cx, email.to.span, "this is no mail address", "`name@host`; several with commas in between");
        }
        if !is_mailbox(&email.from) {
            told(cx, email.from.span, "this is no mail address", "`name@host`");
        }
        if email.username.as_ref().is_some_and(|user| !is_word(user)) {
            told(cx, email.to.span, "the user at the mail server is no line of text", "`username: <name>`");
        }
    }
    for store in &written.remote_write {
        let RemoteWrite { url: _, name, tenant, user, secret: _, only, queue: _ } = store;
        let bad = |text: &&Spanned<String>| !is_word(text);
        if let Some(name) = name.as_ref().filter(bad) {
            told(cx, name.span, "this cannot be the name of a store", "one line of text");
        }
        if let Some(tenant) = tenant.as_ref().filter(bad) {
            told(cx, tenant.span, "this cannot be sent as the name of a tenant", "one line of text");
        }
        if let Some(user) = user.as_ref().filter(|user| bad(user) || user.contains(':')) {
            told(cx, user.span, "this cannot be sent as a user", "one line of text without `:`");
        }
        for metric in only.iter().filter(|metric| !is_metric(metric)) {
            told(cx, metric.span, "this is no name of a metric", "letters, digits, `_` and `:`");
        }
    }
    told_twice(cx, &written.remote_write);
}

fn told(cx: &mut Context<'_>, at: Span, what: &str, form: &str) {
    cx.sink.push(
        Diagnostic::new(&codes::INVALID_VALUE, at, what.to_owned())
            .here("its reader would not take it")
            .help(format!("write {form}")),
    );
}

/// Two stores of one name, or two that are the same, stop Prometheus.
fn told_twice(cx: &mut Context<'_>, stores: &[RemoteWrite]) {
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    let mut nameless: BTreeMap<_, Span> = BTreeMap::new();
    for store in stores {
        let RemoteWrite { url, name, tenant, user, secret, only, queue } = store;
        let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
        let (at, before, what) = match name {
            Some(name) => {
                (name.span, names.insert(name.as_str(), name.span), "two stores have the same name")
            }
            None => {
                let only: Vec<&str> = only.iter().map(|metric| metric.as_str()).collect();
                let same = (url.as_str(), text(tenant), text(user), text(secret), only, *queue);
                (url.span, nameless.insert(same, url.span), "this store is there twice")
            }
        };
        if let Some(before) = before {
            cx.sink.push(
                Diagnostic::new(&codes::DUPLICATE_NAME, at, what)
                    .here("again here")
                    .label(before, "first here")
                    .help("give each a `name` of its own, or take one away"),
            );
        }
    }
}

/// One line of text, without blanks around it.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(|c| c.is_control() || is_noncharacter(c))
}

/// `name@host`, or `Some Words <name@host>`.
fn is_mailbox(text: &str) -> bool {
    let text = text.trim_matches(' ');
    let (words, address) = match text.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
        Some((words, address)) => (words, address),
        None => ("", text),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    let dotted = |text: &str, of: &dyn Fn(char) -> bool| {
        text.split('.').all(|part| !part.is_empty() && part.chars().all(of))
    };
    let host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    words.chars().all(|c| plain(c) || c == ' ')
        && address.rsplit_once('@').is_some_and(|(name, at)| dotted(name, &plain) && dotted(at, &host))
}

/// A name that every version of Prometheus has for one.
fn is_metric(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(first) && text.chars().all(|c| first(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes() {
        for good in ["a@b.dev", "a.b+c@d-e.dev", "Ops Team <ops@b.dev>", " a@localhost", "{{x}}@b.dev"] {
            assert!(is_mailbox(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b c",
            "a@b\n",
            "a..b@c",
            ".a@b",
            "a@b.",
            "<a@b",
            "a@b>",
            "a@b@c",
            "Ops, Team <a@b>",
            "ü@b.dev",
        ] {
            assert!(!is_mailbox(bad), "{bad}");
        }
    }

    #[test]
    fn metrics() {
        for (text, is) in
            [("up", true), ("a:b_1", true), ("1a", false), ("a b", false), ("", false), (".*", false)]
        {
            assert_eq!(is_metric(text), is, "{text}");
        }
    }
}
