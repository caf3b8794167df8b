//! Logins: tokens, name and password, and where they are sent.

use netgen::registry::{Client, Problem};

use crate::images::{digest, hello};
use crate::server::{Reply, Seen, Server, good};
use crate::{holds, reference, resolve, settings, trials, with_logins, words};

trials! {
    a_stranger_gets_a_token
    a_token_serves_its_repository_and_no_other
    a_token_that_is_over_is_renewed
    a_login_is_changed_for_a_token
    a_refresh_token_is_changed_for_a_token
    a_login_that_the_token_server_refuses
    a_token_that_is_refused_is_no_endless_game
    name_and_password
    a_wrong_password
    no_login_where_one_is_wanted
    a_login_that_cannot_be_read_is_told
    a_token_server_without_tls_is_not_trusted
    a_token_that_is_none
}

const TOKEN: &str = "tOkEn.of-the_test";

/// A token server that wants this login, if any.
fn token_server(login: Option<&'static str>) -> Server {
    Server::start(move |seen| {
        if seen.header("authorization") != login {
            return Reply::status(401);
        }
        Reply::body(format!(r#"{{"token": "{TOKEN}", "expires_in": 60}}"#))
    })
}

/// A registry that wants tokens of such a server.
fn registry(tokens: &Server) -> Server {
    let realm = format!("http://{}/token", tokens.authority());
    Server::start(move |seen| guarded(seen, &realm, TOKEN))
}

fn guarded(seen: &Seen, realm: &str, token: &str) -> Reply {
    let repository = seen.path.trim_start_matches("/v2/").split("/manifests").next().unwrap();
    if seen.header("authorization") == Some(&format!("Bearer {token}")) {
        return good(seen);
    }
    Reply::status(401).header(
        "WWW-Authenticate",
        format!(r#"Bearer realm="{realm}",service="test registry",scope="repository:{repository}:pull""#),
    )
}

fn a_stranger_gets_a_token() {
    let tokens = token_server(None);
    let registry = registry(&tokens);
    let resolved = resolve(settings(), &registry.image("team/app:1")).unwrap();
    assert_eq!(resolved.digest, digest(&hello().manifest));
    assert_eq!(tokens.lines(), ["GET /token?service=test%20registry&scope=repository%3Ateam%2Fapp%3Apull"]);
    // Refused once, and the token goes with everything after that.
    assert_eq!(registry.seen().len(), 4);
}

fn a_token_serves_its_repository_and_no_other() {
    let tokens = token_server(None);
    let registry = registry(&tokens);
    let client = Client::new(settings());
    for image in ["a:1", "a:2", "b:1"] {
        client.resolve(&reference(&registry.image(image))).unwrap();
    }
    assert_eq!(tokens.seen().len(), 2);
    let of_b: Vec<_> = registry.seen().into_iter().filter(|seen| seen.path.contains("/b/")).collect();
    assert_eq!(of_b[0].header("authorization"), None);
}

fn a_token_that_is_over_is_renewed() {
    let tokens = {
        let count = std::sync::atomic::AtomicUsize::new(0);
        Server::start(move |_| {
            let count = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::body(format!(r#"{{"access_token": "token-{count}"}}"#))
        })
    };
    let realm = format!("http://{}/token", tokens.authority());
    // The first token is good for HEAD only.
    let registry = Server::start(move |seen| {
        guarded(seen, &realm, if seen.method == "HEAD" { "token-0" } else { "token-1" })
    });
    resolve(settings(), &registry.image("app:1")).unwrap();
    assert_eq!(tokens.seen().len(), 2);
}

fn a_login_is_changed_for_a_token() {
    // me:hunter2
    let tokens = token_server(Some("Basic bWU6aHVudGVyMg=="));
    let registry = registry(&tokens);
    let config = format!(r#"{{"auths": {{"{}": {{"auth": "bWU6aHVudGVyMg=="}}}}}}"#, registry.authority());
    let (_folder, settings) = with_logins(&config);
    resolve(settings, &registry.image("app:1")).unwrap();
    assert!(tokens.lines()[0].ends_with("&account=me"), "{:?}", tokens.lines());
    // The registry itself never sees the password.
    assert!(
        registry.seen().iter().all(|seen| !seen.header("authorization").unwrap_or("").starts_with("Basic"))
    );
}

fn a_refresh_token_is_changed_for_a_token() {
    let tokens = Server::start(|seen| {
        let good = seen.method == "POST" && seen.body.contains("refresh_token=refresh-me");
        if good { Reply::body(format!(r#"{{"access_token": "{TOKEN}"}}"#)) } else { Reply::status(401) }
    });
    let registry = registry(&tokens);
    let config = format!(r#"{{"auths": {{"{}": {{"identitytoken": "refresh-me"}}}}}}"#, registry.authority());
    let (_folder, settings) = with_logins(&config);
    resolve(settings, &registry.image("app:1")).unwrap();
    holds(&tokens.seen()[0].body, &["grant_type=refresh_token", "client_id=netgen", "scope=repository"]);
    // Nothing secret in a URL: servers write those down.
    assert_eq!(tokens.lines(), ["POST /token"]);
}

fn a_login_that_the_token_server_refuses() {
    let tokens = token_server(Some("Basic other"));
    let registry = registry(&tokens);
    let config = format!(r#"{{"auths": {{"{}": {{"auth": "bWU6aHVudGVyMg=="}}}}}}"#, registry.authority());
    let (_folder, settings) = with_logins(&config);
    let error = resolve(settings, &registry.image("app:1")).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Login { tried: true, trouble: None });
    holds(&words(&error), &["refuses the login for `app`", "log in again with `docker login 127.0.0.1"]);
    assert!(!words(&error).contains("hunter2") && !words(&error).contains("bWU6"), "{}", words(&error));
    // As a stranger it is told to log in.
    let error = resolve(crate::settings(), &registry.image("app:1")).unwrap_err();
    holds(&words(&error), &["wants a login for `app`", "log in with `docker login 127.0.0.1"]);
}

fn a_token_that_is_refused_is_no_endless_game() {
    let tokens = token_server(None);
    let realm = format!("http://{}/token", tokens.authority());
    let registry = Server::start(move |seen| guarded(seen, &realm, "another"));
    let error = resolve(settings(), &registry.image("app:1")).unwrap_err();
    assert!(matches!(error.failures[0].problem, Problem::Login { .. }), "{error}");
    assert_eq!((registry.seen().len(), tokens.seen().len()), (2, 1));
}

/// A registry that wants name and password.
fn with_password(authorization: &'static str) -> Server {
    Server::start(move |seen| match seen.header("authorization") {
        Some(sent) if sent == authorization => good(seen),
        _ => Reply::status(401).header("WWW-Authenticate", r#"Basic realm="a, b""#),
    })
}

fn name_and_password() {
    let registry = with_password("Basic bWU6aHVudGVyMg==");
    let config = format!(
        r#"{{"auths": {{"http://{}/": {{"username": "me", "password": "hunter2"}}}}}}"#,
        registry.authority()
    );
    let (_folder, settings) = with_logins(&config);
    resolve(settings, &registry.image("app:1")).unwrap();
    // Not before it was asked for.
    assert_eq!(registry.seen()[0].header("authorization"), None);
    assert_eq!(registry.seen().len(), 4);
}

fn a_wrong_password() {
    let registry = with_password("Basic other");
    let config = format!(r#"{{"auths": {{"{}": {{"auth": "bWU6aHVudGVyMg=="}}}}}}"#, registry.authority());
    let (_folder, settings) = with_logins(&config);
    let error = resolve(settings, &registry.image("app:1")).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Login { tried: true, trouble: None });
    // A wrong password is not tried again and again: accounts get locked.
    assert_eq!(registry.seen().len(), 2);
    assert!(!words(&error).contains("hunter2") && !words(&error).contains("bWU6"), "{}", words(&error));
}

fn no_login_where_one_is_wanted() {
    let registry = with_password("Basic other");
    let (_folder, settings) = with_logins(r#"{"auths": {"ghcr.io": {"auth": "bWU6aHVudGVyMg=="}}}"#);
    let error = resolve(settings, &registry.image("app:1")).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Login { tried: false, trouble: None });
    // The login to another registry stays at home.
    assert!(registry.seen().iter().all(|seen| seen.header("authorization").is_none()));
}

fn a_login_that_cannot_be_read_is_told() {
    let registry = with_password("Basic other");
    let config = format!(r#"{{"credHelpers": {{"{}": "no-such-helper"}}}}"#, registry.authority());
    let (_folder, settings) = with_logins(&config);
    let error = resolve(settings, &registry.image("app:1")).unwrap_err();
    holds(&words(&error), &["the credential helper `docker-credential-no-such-helper` cannot be started"]);
}

fn a_token_server_without_tls_is_not_trusted() {
    let registry = Server::start(|_| {
        Reply::status(401).header("WWW-Authenticate", r#"Bearer realm="http://192.0.2.1/token""#)
    });
    let config = format!(r#"{{"auths": {{"{}": {{"auth": "bWU6aHVudGVyMg=="}}}}}}"#, registry.authority());
    let (_folder, settings) = with_logins(&config);
    let error = resolve(settings, &registry.image("app:1")).unwrap_err();
    holds(&words(&error), &["`192.0.2.1` would be asked without TLS"]);
}

fn a_token_that_is_none() {
    for answer in ["", "{}", r#"{"token": ""}"#, r#"{"token": "a\r\nX-Evil: 1"}"#, r#"{"token": 7}"#] {
        let tokens = Server::start(move |_| Reply::body(answer));
        let registry = registry(&tokens);
        let error = resolve(settings(), &registry.image("app:1")).unwrap_err();
        holds(&words(&error), &["hands out no token"]);
    }
}
