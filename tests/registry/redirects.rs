//! Where redirects lead, and what goes along.

use crate::images::{digest, hello};
use crate::server::{Reply, Server, good};
use crate::{holds, resolve, settings, trials, with_logins, words};

trials! {
    a_login_does_not_go_to_another_server
    a_login_does_not_come_back_either
    a_login_stays_on_the_same_server
    another_server_that_wants_a_login_gets_none
    a_redirect_to_plain_http_is_not_followed
    a_circle_ends
}

/// me:pass
const LOGIN: &str = "Basic bWU6cGFzcw==";

fn login_to(server: &Server) -> (tempfile::TempDir, netgen::registry::Settings) {
    with_logins(&format!(r#"{{"auths": {{"{}": {{"auth": "bWU6cGFzcw=="}}}}}}"#, server.authority()))
}

fn challenge() -> Reply {
    Reply::status(401).header("WWW-Authenticate", "Basic realm=x")
}

fn a_login_does_not_go_to_another_server() {
    for status in [301, 302, 303, 307, 308] {
        // Blobs lie in a store elsewhere, as they often do.
        let store = Server::good();
        let elsewhere = format!("http://{}/store/{}", store.authority(), digest(&hello().configuration));
        let registry = Server::start(move |seen| match seen.header("authorization") {
            Some(LOGIN) if seen.path.contains("/blobs/") => {
                Reply::status(status).header("Location", elsewhere.clone())
            }
            Some(LOGIN) => good(seen),
            _ => challenge(),
        });
        let (_folder, settings) = login_to(&registry);
        resolve(settings, &registry.image("app:1")).unwrap();
        assert_eq!(store.seen().len(), 1);
        assert_eq!(store.seen()[0].header("authorization"), None);
        assert!(registry.seen().iter().any(|seen| seen.header("authorization") == Some(LOGIN)));
    }
}

fn a_login_does_not_come_back_either() {
    // A server in between must not get to say where on the first server the login is sent.
    let home = std::sync::Arc::new(std::sync::OnceLock::<String>::new());
    let known = std::sync::Arc::clone(&home);
    let between = Server::start(move |seen| {
        Reply::status(307).header("Location", format!("http://{}/back{}", known.get().unwrap(), seen.path))
    });
    let address = between.authority();
    let registry = Server::start(move |seen| match seen.header("authorization") {
        _ if seen.path.starts_with("/back/") => good(seen),
        Some(LOGIN) => Reply::status(307).header("Location", format!("http://{address}{}", seen.path)),
        _ => challenge(),
    });
    home.set(registry.authority()).unwrap();
    let (_folder, settings) = login_to(&registry);
    resolve(settings, &registry.image("app:1")).unwrap();
    let back: Vec<_> = registry.seen().into_iter().filter(|seen| seen.path.starts_with("/back/")).collect();
    assert_eq!(back.len(), 3);
    assert!(back.iter().all(|seen| seen.header("authorization").is_none()));
}

fn a_login_stays_on_the_same_server() {
    let registry = Server::start(|seen| match seen.header("authorization") {
        Some(LOGIN) if seen.path.starts_with("/v2/app/") => {
            Reply::status(307).header("Location", seen.path.replace("/v2/app/", "/v2/moved/app/"))
        }
        Some(LOGIN) => good(seen),
        _ => challenge(),
    });
    let (_folder, settings) = login_to(&registry);
    resolve(settings, &registry.image("app:1")).unwrap();
}

fn another_server_that_wants_a_login_gets_none() {
    let greedy = Server::start(|_| challenge());
    let address = greedy.authority();
    let registry =
        Server::start(move |_| Reply::status(307).header("Location", format!("http://{address}/x")));
    let (_folder, settings) = with_logins(&format!(
        r#"{{"auths": {{"{}": {{"auth": "bWU6cGFzcw=="}}, "{}": {{"auth": "bWU6cGFzcw=="}}}}}}"#,
        registry.authority(),
        greedy.authority()
    ));
    let error = resolve(settings, &registry.image("app:1")).unwrap_err();
    holds(&words(&error), &["it wants a login of its own"]);
    assert!(greedy.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

fn a_redirect_to_plain_http_is_not_followed() {
    let registry = Server::start(|_| Reply::status(302).header("Location", "http://192.0.2.1/x"));
    let error = resolve(settings(), &registry.image("app:1")).unwrap_err();
    holds(&words(&error), &["`192.0.2.1` would be asked without TLS"]);
}

fn a_circle_ends() {
    let registry = Server::start(|seen| Reply::status(302).header("Location", seen.path.clone()));
    let error = resolve(settings(), &registry.image("app:1")).unwrap_err();
    holds(&words(&error), &["there is always another one"]);
    assert_eq!(registry.seen().len(), 6);
}
