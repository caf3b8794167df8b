//! Archives: the same bytes for the same bundle, and nothing in one that is not seen.

use std::io::Read as _;

use proptest::prelude::*;

use super::sealed;
use crate::bundle::{Fault, open, pack};

/// A bundle with a path that is longer than a plain header of an archive holds.
fn packed() -> Vec<u8> {
    let long = format!("{}/x.yaml", "deep/".repeat(60).trim_end_matches('/'));
    pack(&sealed(&[("a/b/x.yaml", "x: 1\n"), ("run.sh", "#!/bin/sh\n"), (&long, "deep")]), 0).unwrap()
}

fn faults(bytes: &[u8]) -> Result<Vec<Fault>, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.tar.gz");
    std::fs::write(&path, bytes).unwrap();
    let tree = open(&path).map_err(|error| error.to_string())?;
    let wrong = tree.verify().map_err(|error| error.to_string())?;
    Ok(wrong.into_iter().map(|mismatch| mismatch.fault).collect())
}

#[test]
fn the_same_bundle_is_the_same_archive() {
    assert_eq!(packed(), packed());
    assert_eq!(faults(&packed()), Ok(vec![]));
    let dated = pack(&sealed(&[("a", "1")]), 1_700_000_000).unwrap();
    assert_eq!(faults(&dated), Ok(vec![]));
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(packed().as_slice()).read_to_end(&mut tar).unwrap();
    let mut names = Vec::new();
    for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        names.push(entry.path().unwrap().display().to_string());
    }
    assert_eq!(names.first().map(String::as_str), Some("testnet/"));
    let mut sorted = names.clone();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len());
}

#[test]
fn what_is_no_archive_is_refused() {
    for bytes in [b"".as_slice(), b"not gzip at all", &[0x1f, 0x8b, 8, 0]] {
        assert!(faults(bytes).unwrap_err().contains("is not a netgen bundle"), "{bytes:?}");
    }
    // Several streams one after another are one.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &vec![0_u8; 64 << 20]).unwrap();
    let bomb = gzip.finish().unwrap().repeat(17);
    assert!(faults(&bomb).unwrap_err().contains("unpacks to more than 1024 MiB"));
}

fn compressed(tar: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::best();
    let mut gzip = flate2::GzBuilder::new().operating_system(255).write(Vec::new(), level);
    std::io::Write::write_all(&mut gzip, tar).unwrap();
    gzip.finish().unwrap()
}

/// The archive again, with each entry changed by `change` or left out.
fn repacked(change: impl Fn(&str, &mut tar::Header, &mut Vec<u8>) -> bool) -> Vec<u8> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(packed().as_slice()).read_to_end(&mut tar).unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut header = entry.header().clone();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if change(&name, &mut header, &mut bytes) {
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, &name, bytes.as_slice()).unwrap();
        }
    }
    compressed(&builder.into_inner().unwrap())
}

#[test]
fn what_is_changed_inside_is_named() {
    assert_eq!(faults(&repacked(|_, _, _| true)), Ok(vec![]));
    let size = |name: &str, _: &mut tar::Header, bytes: &mut Vec<u8>| {
        if name.ends_with("run.sh") {
            bytes.push(b'!');
        }
        true
    };
    assert_eq!(faults(&repacked(size)), Ok(vec![Fault::Size { expected: 10, found: 11 }]));
    assert_eq!(faults(&repacked(|name, _, _| !name.ends_with("run.sh"))), Ok(vec![Fault::Missing]));
    let mode = |name: &str, header: &mut tar::Header, _: &mut Vec<u8>| {
        if name.ends_with("run.sh") {
            header.set_mode(0o4755);
        }
        true
    };
    let found = faults(&repacked(mode)).unwrap();
    assert!(matches!(found.as_slice(), [Fault::Mode { found: 0o4755, .. }]), "{found:?}");
    let owner = |_: &str, header: &mut tar::Header, _: &mut Vec<u8>| {
        header.set_uid(1000);
        true
    };
    assert_eq!(faults(&repacked(owner)), Ok(vec![Fault::Wrapping]));
    let link = |name: &str, header: &mut tar::Header, bytes: &mut Vec<u8>| {
        if name.ends_with("run.sh") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_link_name("/etc/passwd").unwrap();
            bytes.clear();
        }
        true
    };
    assert_eq!(faults(&repacked(link)), Ok(vec![Fault::NotAFile]));
    // A file with holes that claims to be as large as a disk.
    let sparse = |name: &str, header: &mut tar::Header, _: &mut Vec<u8>| {
        if name.ends_with("run.sh") {
            header.set_entry_type(tar::EntryType::GNUSparse);
            let gnu = header.as_gnu_mut().unwrap();
            gnu.realsize.copy_from_slice(b"77777777777\0");
            gnu.sparse[0].offset.copy_from_slice(b"00000000000\0");
            gnu.sparse[0].numbytes.copy_from_slice(b"00000000012\0");
            gnu.sparse[1].offset.copy_from_slice(b"77777777777\0");
            gnu.sparse[1].numbytes.copy_from_slice(b"00000000000\0");
        }
        true
    };
    assert_eq!(faults(&repacked(sparse)), Ok(vec![Fault::NotAFile]));
}

#[test]
fn any_byte_of_an_archive() {
    let whole = packed();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        assert_ne!(faults(&bytes), Ok(vec![]), "byte {at} of {}", bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The digest of the outer format does not see this: it is made anew.
    #[test]
    fn any_byte_inside_of_an_archive(at in any::<prop::sample::Index>(), bits in 1_u8..) {
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(packed().as_slice()).read_to_end(&mut tar).unwrap();
        let at = at.index(tar.len());
        tar[at] ^= bits;
        prop_assert!(faults(&compressed(&tar)) != Ok(vec![]), "byte {} of {}", at, tar.len());
    }

    #[test]
    fn anything_after_an_archive(more in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut bytes = packed();
        bytes.extend(more);
        prop_assert!(faults(&bytes) != Ok(vec![]));
    }
}
