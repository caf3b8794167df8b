//! OCI layouts.

use std::fs;
use std::path::Path;

use netgen::registry::Layout;

use crate::images::{add_to_layout, digest, hello, image, index};
use crate::{holds, platforms, reference, trials};

trials! {
    images_are_found_by_their_names
    an_index_in_a_layout
    broken_layouts_are_told
    a_file_that_was_changed_is_told
}

fn error(folder: &Path) -> String {
    Layout::read(folder).unwrap_err().to_string()
}

fn images_are_found_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (hello(), image("arm64", "v8", "b"));
    add_to_layout(folder.path(), "docker.io/library/postgres:18", &a.manifest, "manifest", &[&a]);
    add_to_layout(folder.path(), "v1", &b.manifest, "manifest", &[&b]);
    add_to_layout(folder.path(), "team/app:v1", &b.manifest, "manifest", &[&b]);
    let layout = Layout::read(folder.path()).unwrap();
    let found = |text: &str| layout.find(&reference(text)).map(|resolved| resolved.digest.clone());
    assert_eq!(found("postgres:18"), Some(digest(&a.manifest)));
    assert_eq!(found("team/app:v1"), Some(digest(&b.manifest)));
    assert_eq!(found("docker.io/team/app:v1"), Some(digest(&b.manifest)));
    // A tag alone says nothing about the repository.
    assert_eq!(found("other/app:v1"), None);
    assert_eq!(found("postgres:17"), None);
    assert_eq!(
        layout.find(&reference("team/app:v1")).unwrap().platforms,
        platforms(&[("linux/arm64", &b.manifest)])
    );
}

fn an_index_in_a_layout() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (hello(), image("arm64", "v8", "b"));
    let top = index(&[("amd64", "", &a), ("arm64", "v8", &b)]);
    add_to_layout(folder.path(), "app:1", &top, "index", &[&a, &b]);
    let layout = Layout::read(folder.path()).unwrap();
    let resolved = layout.find(&reference("app:1")).unwrap();
    assert_eq!(resolved.digest, digest(&top));
    assert_eq!(resolved.platforms, platforms(&[("linux/amd64", &a.manifest), ("linux/arm64", &b.manifest)]));
}

fn broken_layouts_are_told() {
    let folder = tempfile::tempdir().unwrap();
    holds(&error(folder.path()), &["cannot read", "oci-layout"]);
    let image = hello();
    add_to_layout(folder.path(), "app:1", &image.manifest, "manifest", &[&image]);
    for text in [
        "",
        "{}",
        "[",
        r#"{"manifests": [{"digest": "../../etc/passwd", "annotations": {"org.opencontainers.image.ref.name": "x"}}]}"#,
    ] {
        fs::write(folder.path().join("index.json"), text).unwrap();
        holds(&error(folder.path()), &["index.json", "is not what an OCI layout has there"]);
    }
    fs::remove_file(folder.path().join("index.json")).unwrap();
    holds(&error(folder.path()), &["cannot read", "index.json"]);
}

fn a_file_that_was_changed_is_told() {
    let image = hello();
    for bytes in [&image.manifest, &image.configuration] {
        let folder = tempfile::tempdir().unwrap();
        add_to_layout(folder.path(), "app:1", &image.manifest, "manifest", &[&image]);
        let path = folder.path().join("blobs/sha256").join(&digest(bytes)["sha256:".len()..]);
        let changed = [bytes.as_slice(), b" "].concat();
        fs::write(&path, &changed).unwrap();
        holds(&error(folder.path()), &[path.to_str().unwrap(), &digest(&changed)]);
    }
}
