//! Certificates. `tls/` holds some that are good for a hundred years, and their keys: for tests.

use netgen::registry::{Problem, insecure_host};

use crate::server::{Server, good, tls_folder};
use crate::{holds, resolve, settings, trials, with_mirrors, words};

trials! {
    a_self_signed_certificate_is_refused
    a_self_signed_certificate_is_refused_even_where_plain_http_is_allowed
    an_authority_that_the_machine_does_not_know_is_refused
    a_server_without_tls_is_told
    plain_http_is_not_spoken_unless_it_was_allowed
}

fn a_self_signed_certificate_is_refused() {
    let server = Server::with_tls("self-signed", good);
    let mirrors = [format!("registry.invalid=https://{}", server.authority())];
    let error = resolve(with_mirrors(&mirrors), "registry.invalid/app:1").unwrap_err();
    assert!(matches!(error.failures[0].problem, Problem::Tls(_)), "{error:?}");
    assert!(server.seen().is_empty());
}

fn a_self_signed_certificate_is_refused_even_where_plain_http_is_allowed() {
    let server = Server::with_tls("self-signed", good);
    let mut settings = settings();
    settings.places.insecure.insert(insecure_host("127.0.0.1").unwrap());
    let error = resolve(settings, &server.image("app:1")).unwrap_err();
    holds(&words(&error), &["no safe connection", "certificate", "SSL_CERT_FILE"]);
    assert!(server.seen().is_empty());
}

fn an_authority_that_the_machine_does_not_know_is_refused() {
    assert!(tls_folder().join("authority.pem").is_file());
    let server = Server::with_tls("trusted", good);
    let error = resolve(settings(), &server.image("app:1")).unwrap_err();
    holds(&words(&error), &["not from an authority that this machine trusts"]);
}

fn a_server_without_tls_is_told() {
    let server = Server::good();
    let mirrors = [format!("registry.invalid=https://{}", server.authority())];
    let error = resolve(with_mirrors(&mirrors), "registry.invalid/app:1").unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Plain);
    holds(&error.failures[0].help().join("\n"), &["--insecure-registry 127.0.0.1"]);
    assert!(server.seen().is_empty());
}

fn plain_http_is_not_spoken_unless_it_was_allowed() {
    // An address for documentation: a connection would take until the limit of time.
    let mirrors = ["registry.invalid=http://192.0.2.1".to_owned()];
    let started = std::time::Instant::now();
    let error = resolve(with_mirrors(&mirrors), "registry.invalid/app:1").unwrap_err();
    assert_eq!(error.failures[0].problem, Problem::Plain);
    assert!(started.elapsed() < std::time::Duration::from_secs(1));
}
