//! What a stranger hands over: the list of a bundle, an archive, a signature.

use std::io::Write as _;
use std::path::Path;

use netgen::bundle::{
    self, Bundle, BundlePath, File, Header, Input, Manifest, Sealed, SigningKey, TrustedKeys,
};

/// The moment at which keys count, in seconds since 1970.
const NOW: i64 = 1_800_000_000;
/// What is signed.
const SUMS: &[u8] = b"0000  a\n";
/// The line between the keys and the signature.
const CUT: &str = "---\n";

/// `bundle.json`: what can be read is written and read the same.
pub fn list(bytes: &[u8]) -> Result<(), String> {
    let manifest = match Manifest::parse(bytes) {
        Ok(manifest) => manifest,
        Err(reason) if reason.is_empty() => return Err("is refused without a word".to_owned()),
        Err(_) => return Ok(()),
    };
    for entry in &manifest.files {
        BundlePath::new(entry.path.as_str()).map_err(|error| format!("lets a path through: {error}"))?;
    }
    match Manifest::parse(manifest.to_json().as_bytes()) {
        Ok(again) if again == manifest => Ok(()),
        Ok(_) => Err("is another list once it is written".to_owned()),
        Err(reason) => Err(format!("cannot be read once it is written: {reason}")),
    }
}

/// An archive, or the tar file inside of one: it is refused, or taken apart without a trace of trust.
pub fn archive(bytes: &[u8]) -> Result<(), String> {
    let packed = if bytes.starts_with(&[0x1f, 0x8b]) { bytes.to_vec() } else { gzip(&mended(bytes)) };
    let tree = match bundle::open_archive(Path::new("fuzz.tar.gz"), packed.clone()) {
        Ok(tree) => tree,
        Err(error) => return one_line(&error),
    };
    for path in tree.files().map_err(|error| error.to_string())?.keys() {
        BundlePath::new(path.as_str()).map_err(|error| format!("lets a path through: {error}"))?;
    }
    match tree.verify() {
        Err(error) => one_line(&error),
        Ok(wrong) if wrong.is_empty() => genuine(&tree, &packed),
        Ok(wrong) => match wrong.iter().map(ToString::to_string).find(|line| has_control(line)) {
            Some(line) => Err(format!("commands the terminal: {line:?}")),
            None => Ok(()),
        },
    }
}

/// What is called complete and untouched is what netgen packs of these files.
fn genuine(tree: &bundle::Tree, packed: &[u8]) -> Result<(), String> {
    let manifest = tree.manifest().map_err(|error| error.to_string())?;
    let files = tree.files().map_err(|error| error.to_string())?;
    for entry in &manifest.files {
        let file = files.get(entry.path.as_str()).ok_or_else(|| format!("has no `{}`", entry.path))?;
        if file.size() != entry.size || file.mode != entry.mode {
            return Err(format!("has another `{}`", entry.path));
        }
    }
    let again = bundle::open_archive(Path::new("fuzz.tar.gz"), packed.to_vec());
    if again.is_ok_and(|again| again.verify().is_ok_and(|wrong| wrong.is_empty())) {
        Ok(())
    } else {
        Err("is right once and wrong once".to_owned())
    }
}

/// Trusted keys, a line `---`, a signature; and all of it as a private key.
pub fn signature(bytes: &[u8]) -> Result<(), String> {
    let _ = SigningKey::parse(bytes).map(|key| (key.fingerprint(), key.sign(SUMS)));
    let text = String::from_utf8_lossy(bytes);
    let (keys, signature) = text.split_once(CUT).unwrap_or((&text, ""));
    let keys = match TrustedKeys::parse(keys, NOW) {
        Ok(keys) => keys,
        Err((_, why)) if why.is_empty() || has_control(&why) => return Err(format!("says {why:?}")),
        Err((line, _)) if line > keys.lines().count() => return Err(format!("has no line {line}")),
        Err(_) => return Ok(()),
    };
    match keys.check(SUMS, Some(signature.as_bytes())) {
        Err(fault) => one_line(&fault),
        // The same signature over anything else is worth nothing.
        Ok(who) if keys.check(b"", Some(signature.as_bytes())).is_ok() => {
            Err(format!("{who} signs anything"))
        }
        Ok(_) => Ok(()),
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(|letter| letter.is_control() && letter != '\t')
}

/// A message about what a stranger wrote must not command the terminal.
fn one_line(error: &dyn std::fmt::Display) -> Result<(), String> {
    let text = error.to_string();
    if text.is_empty() || has_control(&text) { Err(format!("says {text:?}")) } else { Ok(()) }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A tar file with the right sum in every header: otherwise no change of one gets past its sum.
fn mended(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    let mut at = 0;
    while let Some(header) = tar.get_mut(at..at + 512) {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let size = String::from_utf8_lossy(&header[124..136]);
        let size = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).unwrap_or(0);
        at += 512 + size.min(tar.len()).next_multiple_of(512);
    }
    tar
}

fn sealed() -> Sealed {
    let mut bundle = Bundle::new();
    for (path, file) in [
        ("compose/a/compose.yml", File::regular("services: {}\n")),
        ("run.sh", File::executable("#!/bin/sh\n")),
    ] {
        bundle.insert(BundlePath::new(path).unwrap(), file).unwrap();
    }
    let inputs = vec![Input { path: "network.yaml".to_owned(), sha256: "0".repeat(64) }];
    let header = Header { network: "fuzz".to_owned(), production: false, pinned: true, inputs, part: None };
    bundle.seal(header).unwrap()
}

fn private() -> ssh_key::PrivateKey {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    ssh_key::PrivateKey::new(pair.into(), "fuzz@demo.dev").unwrap()
}

fn openssh() -> String {
    private().to_openssh(ssh_key::LineEnding::LF).unwrap().to_string()
}

/// Small archives with and without a signature, packed and as bare tar files.
pub fn archives() -> Vec<Vec<u8>> {
    let key = SigningKey::parse(openssh().as_bytes()).unwrap();
    let mut seeds = vec![
        bundle::pack(&sealed(), 0).unwrap(),
        bundle::pack(&sealed().signed(&key).unwrap(), 1_800_000_000).unwrap(),
    ];
    for packed in seeds.clone() {
        let mut tar = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut tar).unwrap();
        seeds.push(tar);
    }
    seeds
}

/// Keys as lines of both kinds with a signature that counts, and a private key.
pub fn signatures() -> Vec<Vec<u8>> {
    let key = SigningKey::parse(openssh().as_bytes()).unwrap();
    let (signature, public) = (key.sign(SUMS).unwrap(), private().public_key().to_openssh().unwrap());
    let keys = [
        format!("{public}\n"),
        format!("# who\nops@demo.dev,root namespaces=\"git,netgen-*\",valid-after=\"20260101\" {public}\n"),
        format!("* cert-authority,valid-before=\"202701010000Z\" {public}\n"),
    ];
    let mut seeds: Vec<Vec<u8>> =
        keys.iter().map(|keys| format!("{keys}{CUT}{signature}").into_bytes()).collect();
    seeds.push(openssh().into_bytes());
    seeds
}

/// The samples are what they are meant to be, so that mutation begins beyond the first check.
#[test]
fn the_samples_are_right() {
    for packed in archives().into_iter().filter(|bytes| bytes.starts_with(&[0x1f, 0x8b])) {
        let tree = bundle::open_archive(Path::new("a"), packed).unwrap();
        assert_eq!(tree.verify().unwrap(), []);
    }
    let texts = signatures();
    let text = String::from_utf8_lossy(&texts[0]);
    let (keys, signature) = text.split_once(CUT).unwrap();
    TrustedKeys::parse(keys, NOW).unwrap().check(SUMS, Some(signature.as_bytes())).unwrap();
}
