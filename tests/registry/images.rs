//! Tiny images, and the OCI layouts that hold them.

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// `sha256:` and hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// One image.
#[derive(Clone, Debug)]
pub struct Image {
    pub manifest: Vec<u8>,
    pub configuration: Vec<u8>,
    pub layer: Vec<u8>,
}

/// An image that differs from others by its label.
pub fn image(architecture: &str, variant: &str, label: &str) -> Image {
    // Two empty blocks: the end of a tar archive.
    let layer = vec![0; 1024];
    let variant = if variant.is_empty() { String::new() } else { format!(r#""variant":"{variant}","#) };
    let configuration = format!(
        r#"{{"architecture":"{architecture}",{variant}"os":"linux","config":{{"Labels":{{"x":"{label}"}}}},"rootfs":{{"type":"layers","diff_ids":["{}"]}},"history":[{{"created":"1970-01-01T00:00:00Z"}}]}}"#,
        digest(&layer)
    )
    .into_bytes();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}]}}"#,
        digest(&configuration),
        configuration.len(),
        digest(&layer),
        layer.len()
    )
    .into_bytes();
    Image { manifest, configuration, layer }
}

/// The image that most tests ask for.
pub fn hello() -> Image {
    image("amd64", "", "hello")
}

/// An index of images, each with its platform.
pub fn index(images: &[(&str, &str, &Image)]) -> Vec<u8> {
    let entries: Vec<String> = images
        .iter()
        .map(|(architecture, variant, image)| {
            let variant = if variant.is_empty() { String::new() } else { format!(r#","variant":"{variant}""#) };
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":{},"platform":{{"architecture":"{architecture}","os":"linux"{variant}}}}}"#,
                digest(&image.manifest),
                image.manifest.len()
            )
        })
        .collect();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
        entries.join(",")
    )
    .into_bytes()
}

/// Puts content into a layout, and names it there.
pub fn add_to_layout(folder: &Path, name: &str, top: &[u8], kind: &str, images: &[&Image]) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let put = |bytes: &[u8]| fs::write(blobs.join(&digest(bytes)["sha256:".len()..]), bytes).unwrap();
    put(top);
    for image in images {
        put(&image.manifest);
        put(&image.configuration);
        put(&image.layer);
    }
    let path = folder.join("index.json");
    let mut list: serde_json::Value = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => serde_json::json!({ "schemaVersion": 2, "manifests": [] }),
    };
    list["manifests"].as_array_mut().unwrap().push(serde_json::json!({
        "mediaType": format!("application/vnd.oci.image.{kind}.v1+json"),
        "digest": digest(top),
        "size": top.len(),
        "annotations": { "org.opencontainers.image.ref.name": name },
    }));
    fs::write(path, list.to_string()).unwrap();
}
