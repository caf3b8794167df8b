//! How it asks: what goes over the wire when all goes well.

use std::collections::BTreeSet;

use netgen::registry::{Client, each};

use crate::images::{digest, hello, image, index};
use crate::server::{Reply, Server, good};
use crate::{platforms, reference, resolve, settings, trials, with_mirrors};

trials! {
    head_first_then_the_digest_that_was_announced
    an_index_gives_its_platforms
    a_single_image_says_its_platform_in_its_configuration
    a_server_without_head_is_asked_for_the_whole
    a_head_without_a_digest_is_followed_by_a_get_of_the_tag
    the_current_digest_costs_one_request
    a_tag_that_moves_in_between_does_not_mix
    a_mirror_is_asked_first_and_alone_if_it_knows
    a_mirror_that_does_not_know_is_no_end
    a_dead_mirror_is_told_of_when_all_fail
    many_at_once_come_back_in_order
}

fn head_first_then_the_digest_that_was_announced() {
    let server = Server::good();
    let resolved = resolve(settings(), &server.image("team/app:1.2")).unwrap();
    let hello = hello();
    assert_eq!(resolved.digest, digest(&hello.manifest));
    assert_eq!(
        server.lines(),
        [
            "HEAD /v2/team/app/manifests/1.2".to_owned(),
            format!("GET /v2/team/app/manifests/{}", digest(&hello.manifest)),
            format!("GET /v2/team/app/blobs/{}", digest(&hello.configuration)),
        ]
    );
    let seen = server.seen();
    for kind in [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ] {
        assert!(seen[0].header("accept").unwrap().split(", ").any(|accepted| accepted == kind), "{kind}");
    }
    assert!(seen[0].header("user-agent").unwrap().starts_with("netgen/"));
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()));
}

fn an_index_gives_its_platforms() {
    let (a, b) = (image("amd64", "", "a"), image("arm64", "v8", "b"));
    let top = index(&[("amd64", "", &a), ("arm64", "v8", &b)]);
    let sent = top.clone();
    let server = Server::start(move |_| Reply::manifest(sent.clone()));
    let resolved = resolve(settings(), &server.image("app:1")).unwrap();
    assert_eq!(resolved.digest, digest(&top));
    assert_eq!(resolved.platforms, platforms(&[("linux/amd64", &a.manifest), ("linux/arm64", &b.manifest)]));
    assert_eq!(server.seen().len(), 2);
}

fn a_single_image_says_its_platform_in_its_configuration() {
    let image = image("arm", "v6", "x");
    let served = image.clone();
    let server = Server::start(move |seen| {
        if seen.path.contains("/blobs/") {
            Reply::body(served.configuration.clone())
        } else {
            Reply::manifest(served.manifest.clone())
        }
    });
    let resolved = resolve(settings(), &server.image("app")).unwrap();
    assert_eq!(resolved.platforms, platforms(&[("linux/arm/v6", &image.manifest)]));
    assert_eq!(server.lines()[0], "HEAD /v2/app/manifests/latest");
}

fn a_server_without_head_is_asked_for_the_whole() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "HEAD" => Reply::status(405),
        _ => good(seen),
    });
    let resolved = resolve(settings(), &server.image("app:1")).unwrap();
    assert_eq!(resolved.digest, digest(&hello().manifest));
    assert_eq!(server.lines()[1], "GET /v2/app/manifests/1");
}

fn a_head_without_a_digest_is_followed_by_a_get_of_the_tag() {
    let server = Server::start(|seen| {
        let mut reply = good(seen);
        reply.headers.clear();
        reply
    });
    let resolved = resolve(settings(), &server.image("app:1")).unwrap();
    assert_eq!(resolved.digest, digest(&hello().manifest));
    assert_eq!(server.lines()[1], "GET /v2/app/manifests/1");
}

fn the_current_digest_costs_one_request() {
    let server = Server::good();
    let client = Client::new(settings());
    let now = client.current_digest(&reference(&server.image("app:1"))).unwrap();
    assert_eq!(now, digest(&hello().manifest));
    assert_eq!(server.lines(), ["HEAD /v2/app/manifests/1"]);
}

fn a_tag_that_moves_in_between_does_not_mix() {
    // The tag has moved when the second request comes; the digest of the first is still there.
    let old = hello();
    let new = image("amd64", "", "new");
    let server = Server::start(move |seen| {
        if seen.path.ends_with(&digest(&old.manifest)) || seen.method == "HEAD" {
            Reply::manifest(old.manifest.clone())
        } else if seen.path.contains("/blobs/") {
            Reply::body(old.configuration.clone())
        } else {
            Reply::manifest(new.manifest.clone())
        }
    });
    assert_eq!(resolve(settings(), &server.image("app:1")).unwrap().digest, digest(&hello().manifest));
}

fn a_mirror_is_asked_first_and_alone_if_it_knows() {
    let (origin, mirror) = (Server::good(), Server::good());
    let mirrors = [format!("{}=http://{}/copies", origin.authority(), mirror.authority())];
    resolve(with_mirrors(&mirrors), &origin.image("app:1")).unwrap();
    assert!(origin.seen().is_empty());
    assert_eq!(mirror.lines()[0], "HEAD /v2/copies/app/manifests/1");
}

fn a_mirror_that_does_not_know_is_no_end() {
    for status in [401, 403, 404, 500] {
        let (origin, mirror) = (Server::good(), Server::start(move |_| Reply::status(status)));
        let mirrors = [format!("{}=http://{}", origin.authority(), mirror.authority())];
        let resolved = resolve(with_mirrors(&mirrors), &origin.image("app:1")).unwrap();
        assert_eq!(resolved.digest, digest(&hello().manifest));
        assert!(!mirror.seen().is_empty());
    }
}

fn a_dead_mirror_is_told_of_when_all_fail() {
    let origin = Server::start(|_| Reply::status(404));
    let mirror = Server::start(|_| Reply::status(403));
    let mirrors = [format!("{}=http://{}", origin.authority(), mirror.authority())];
    let error = resolve(with_mirrors(&mirrors), &origin.image("app:1")).unwrap_err();
    assert!(error.to_string().contains(&origin.authority()), "{error}");
    let help = error.help().join("\n");
    assert!(help.contains(&format!("the mirror was asked before: `{}`", mirror.authority())), "{help}");
}

fn many_at_once_come_back_in_order() {
    let server = Server::start(|seen| {
        let tag: u64 = seen.path.rsplit('/').next().unwrap().parse().unwrap();
        // The first take longest.
        std::thread::sleep(std::time::Duration::from_millis(40 - tag));
        Reply::manifest(format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{tag}"}}}}"#))
    });
    let client = Client::new(settings());
    let images: Vec<_> = (0..40).map(|tag| reference(&server.image(&format!("app:{tag}")))).collect();
    let digests: Vec<String> =
        each(&images, |image| client.current_digest(image).unwrap(), |_| {}).into_iter().collect();
    let expected: Vec<String> = (0..40)
        .map(|tag| {
            digest(
                format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{tag}"}}}}"#).as_bytes(),
            )
        })
        .collect();
    assert_eq!(digests, expected);
    assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), 40);
}
