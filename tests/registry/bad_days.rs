//! Servers that answer late, wrongly, or not at all.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use netgen::registry::{Client, Problem};

use crate::images::{digest, hello, image};
use crate::server::{Manner, Reply, Seen, Server, good};
use crate::{holds, reference, resolve, settings, trials, with_mirrors, words};

trials! {
    a_lie_in_the_announcement_names_both_digests
    a_lie_beside_the_body_names_both_digests
    a_configuration_that_is_another_is_a_lie
    a_lying_mirror_is_not_passed_over
    a_body_that_breaks_off
    a_body_without_an_end_by_size
    a_body_without_an_end_by_time
    a_server_that_never_answers
    a_port_where_nobody_listens
    a_name_that_does_not_exist
    something_that_is_not_http
    a_page_instead_of_a_manifest
    a_chart_instead_of_an_image
    a_tag_that_is_not_there
    a_tag_that_is_nearly_there
    a_repository_that_is_not_there
    a_right_that_is_missing
    a_moment_of_weakness_passes
    weakness_without_an_end_is_told
    a_limit_of_requests_with_a_wait_passes
    a_limit_of_requests_without_a_wait_passes
    a_server_that_is_away_says_for_how_long
    a_long_wait_is_not_waited_for_and_nobody_asks_again
    words_from_far_away_are_not_repeated
}

fn fails(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Server, Problem, String) {
    let server = Server::start(answer);
    let error = resolve(settings(), &server.image("team/app:1.2")).unwrap_err();
    let words = words(&error);
    let failure = error.failures.last().unwrap().clone();
    (server, failure.problem, words)
}

fn other() -> Vec<u8> {
    image("amd64", "", "other").manifest
}

fn a_lie_in_the_announcement_names_both_digests() {
    let said = digest(&hello().manifest);
    let announced = said.clone();
    let (_, problem, words) = fails(move |seen| match seen.method.as_str() {
        "HEAD" => Reply::status(200).header("Docker-Content-Digest", announced.clone()),
        _ => Reply::body(other()),
    });
    assert_eq!(problem, Problem::Lie { said: said.clone(), sent: digest(&other()) });
    holds(&words, &[&said, &digest(&other()), "do not deploy"]);
}

fn a_lie_beside_the_body_names_both_digests() {
    let said = digest(&hello().manifest);
    let (_, problem, _) = fails(move |seen| match seen.method.as_str() {
        "HEAD" => Reply::status(404),
        _ => Reply::body(other()).header("Docker-Content-Digest", digest(&hello().manifest)),
    });
    assert_eq!(problem, Problem::Lie { said, sent: digest(&other()) });
}

fn a_configuration_that_is_another_is_a_lie() {
    let forged = image("arm64", "", "forged").configuration;
    let sent = digest(&forged);
    let (_, problem, _) = fails(move |seen| match seen.path.contains("/blobs/") {
        true => Reply::body(forged.clone()),
        false => good(seen),
    });
    assert_eq!(problem, Problem::Lie { said: digest(&hello().configuration), sent });
}

fn a_lying_mirror_is_not_passed_over() {
    let origin = Server::good();
    let mirror = Server::start(|seen| match seen.method.as_str() {
        "HEAD" => Reply::status(200).header("Docker-Content-Digest", digest(&hello().manifest)),
        _ => Reply::body(other()),
    });
    let mirrors = [format!("{}=http://{}", origin.authority(), mirror.authority())];
    let error = resolve(with_mirrors(&mirrors), &origin.image("app:1")).unwrap_err();
    assert!(matches!(error.failures[0].problem, Problem::Lie { .. }), "{error}");
    assert!(origin.seen().is_empty());
}

fn a_body_that_breaks_off() {
    let (server, problem, words) = fails(|seen| good(seen).manner(Manner::BrokenOff));
    assert_eq!(problem, Problem::Truncated, "{words}");
    // HEAD, and GET four times.
    assert_eq!(server.seen().len(), 5);
}

fn a_body_without_an_end_by_size() {
    let (_, problem, words) = fails(|seen| match seen.method.as_str() {
        "HEAD" => good(seen),
        _ => Reply::status(200).manner(Manner::Flood),
    });
    assert!(matches!(problem, Problem::TooLarge(_)), "{words}");
    holds(&words, &["4 MiB"]);
}

fn a_body_without_an_end_by_time() {
    let started = Instant::now();
    let (_, problem, words) = fails(|seen| match seen.method.as_str() {
        "HEAD" => good(seen),
        _ => Reply::status(200).manner(Manner::Drip),
    });
    assert_eq!(problem, Problem::Slow, "{words}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

fn a_server_that_never_answers() {
    let started = Instant::now();
    let server = Server::start(|_| Reply::status(200).manner(Manner::Silent));
    let client = Client::new(settings());
    let error = client.resolve(&reference(&server.image("app:1"))).unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Slow);
    holds(&words(&error), &["does not answer in time", "--registry-mirror", "--pins"]);
    // Twice, and that is known from then on.
    assert_eq!(server.seen().len(), 2);
    client.resolve(&reference(&server.image("other:1"))).unwrap_err();
    assert_eq!(server.seen().len(), 2);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

fn a_port_where_nobody_listens() {
    // Bound and let go: nobody listens there now.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = resolve(settings(), &format!("{address}/app:1")).unwrap_err();
    assert!(matches!(error.failures[0].problem, Problem::Unreachable(_)), "{error}");
    holds(&words(&error), &["cannot be reached: connection refused", &address.to_string()]);
}

fn a_name_that_does_not_exist() {
    let error = resolve(settings(), "registry.invalid/app:1").unwrap_err();
    holds(&words(&error), &["`registry.invalid` cannot be reached"]);
}

fn something_that_is_not_http() {
    let (_, problem, _) = fails(|_| Reply::status(200).manner(Manner::Noise));
    assert!(matches!(problem, Problem::Malformed(_)), "{problem:?}");
}

fn a_page_instead_of_a_manifest() {
    let (_, problem, words) = fails(|_| Reply::body("<html>Please log in to the hotel network</html>"));
    assert_eq!(problem, Problem::Malformed("it is not JSON".to_owned()));
    holds(&words, &["no proxy answers in its place"]);
}

fn a_chart_instead_of_an_image() {
    let chart = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"{}"}},"layers":[]}}"#,
        digest(b"")
    );
    let (_, problem, words) = fails(move |_| Reply::manifest(chart.clone()));
    assert_eq!(problem, Problem::NotAnImage("`application/vnd.cncf.helm.config.v1+json`".to_owned()));
    holds(&words, &["`team/app:1.2` is no container image"]);
}

fn unknown(code: &str) -> Reply {
    Reply { status: 404, ..Reply::body(format!(r#"{{"errors":[{{"code":"{code}","message":"x"}}]}}"#)) }
}

fn a_tag_that_is_not_there() {
    let (server, _, words) = fails(|_| unknown("MANIFEST_UNKNOWN"));
    holds(&words, &[&format!("`team/app` on `{}` has no tag `1.2`", server.authority()), "check the tag"]);
    assert_eq!(server.lines()[2..], ["GET /v2/team/app/tags/list"]);
}

fn a_tag_that_is_nearly_there() {
    let (_, _, words) = fails(|seen| match seen.path.ends_with("/tags/list") {
        true => Reply::body(r#"{"name":"team/app","tags":["0.9","\u001b[31m1.2","v1.2","v2"]}"#),
        false => unknown("MANIFEST_UNKNOWN"),
    });
    holds(&words, &["has no tag `1.2`", "there is a tag `v1.2`"]);
}

fn a_repository_that_is_not_there() {
    let (server, _, words) = fails(|_| unknown("NAME_UNKNOWN"));
    holds(&words, &[&format!("`{}` has no repository `team/app`", server.authority())]);
}

fn a_right_that_is_missing() {
    let (server, problem, words) = fails(|_| Reply::status(403));
    assert_eq!(problem, Problem::Forbidden);
    holds(&words, &["does not let this login read `team/app`", "docker login 127.0.0.1"]);
    assert_eq!(server.seen().len(), 1);
}

/// Good after some bad answers.
fn after(bad: usize, reply: Reply) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    let count = AtomicUsize::new(0);
    move |seen| if count.fetch_add(1, Ordering::SeqCst) < bad { reply.clone() } else { good(seen) }
}

fn a_moment_of_weakness_passes() {
    for status in [500, 502, 503, 504] {
        let server = Server::start(after(3, Reply::status(status)));
        assert_eq!(resolve(settings(), &server.image("app:1")).unwrap().digest, digest(&hello().manifest));
        assert_eq!(server.seen().len(), 3 + 3);
    }
}

fn weakness_without_an_end_is_told() {
    let reply = Reply { status: 503, ..unknown("UNAVAILABLE") };
    let (server, problem, words) = fails(after(usize::MAX, reply));
    assert!(matches!(problem, Problem::Status { status: 503, .. }));
    holds(&words, &["answers 503", "try again later"]);
    assert_eq!(server.seen().len(), 4);
}

fn a_limit_of_requests_with_a_wait_passes() {
    let server = Server::start(after(1, Reply::status(429).header("Retry-After", "1")));
    let started = Instant::now();
    resolve(settings(), &server.image("app:1")).unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(server.seen().len(), 1 + 3);
}

fn a_limit_of_requests_without_a_wait_passes() {
    let server = Server::start(after(2, Reply::status(429)));
    resolve(settings(), &server.image("app:1")).unwrap();
    assert_eq!(server.seen().len(), 2 + 3);
}

fn a_server_that_is_away_says_for_how_long() {
    let server = Server::start(after(1, Reply::status(503).header("Retry-After", "1")));
    let started = Instant::now();
    resolve(settings(), &server.image("app:1")).unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

fn a_long_wait_is_not_waited_for_and_nobody_asks_again() {
    let server = Server::start(|_| Reply::status(429).header("Retry-After", "21600"));
    let client = Client::new(settings());
    let started = Instant::now();
    let error = client.resolve(&reference(&server.image("app:1"))).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(error.failures[0].problem, Problem::RateLimit(Some(21600)));
    holds(
        &words(&error),
        &["takes no more requests for now", "21600 s", "docker login", "--registry-mirror", "--pins"],
    );
    client.resolve(&reference(&server.image("other:1"))).unwrap_err();
    assert_eq!(server.seen().len(), 1);
}

fn words_from_far_away_are_not_repeated() {
    let (_, _, words) = fails(|seen| match seen.method.as_str() {
        "HEAD" => Reply::status(404),
        _ => Reply {
            status: 418,
            ..Reply::body(r#"{"errors":[{"code":"\u001b[31mX","message":"hunter2"},{"code":"TEAPOT"}]}"#)
        },
    });
    holds(&words, &["answers 418 (TEAPOT)"]);
    assert!(!words.contains('\u{1b}') && !words.contains("hunter2"), "{words}");
}
