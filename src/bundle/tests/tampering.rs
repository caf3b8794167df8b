//! Whatever is done to a bundle in a folder is found, and the file is named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{names, sealed};
use crate::bundle::{open, write};

#[derive(Clone, Debug)]
enum Harm {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Append(u8),
    Mode(u32),
    Remove,
    Rename(String),
    Copy(String),
    Link,
    Folder(String),
}

fn harm() -> impl Strategy<Value = Harm> {
    let name = || "[a-z]{1,6}(/[a-z]{1,6})?";
    prop_oneof![
        (any::<prop::sample::Index>(), 1_u8..).prop_map(|(at, bits)| Harm::Flip(at, bits)),
        any::<prop::sample::Index>().prop_map(Harm::Cut),
        any::<u8>().prop_map(Harm::Append),
        (0_u32..0o7777).prop_map(Harm::Mode),
        Just(Harm::Remove),
        name().prop_map(Harm::Rename),
        name().prop_map(Harm::Copy),
        Just(Harm::Link),
        name().prop_map(Harm::Folder),
    ]
}

/// Does it, if it can be done and changes anything. Gives the path that must be named.
fn inflict(dest: &Path, file: &str, harm: &Harm) -> Option<PathBuf> {
    let path = dest.join(file);
    let mut bytes = fs::read(&path).unwrap();
    let new = |name: &str| {
        let there = dest.join(name);
        fs::create_dir_all(there.parent()?).ok()?;
        (!there.exists()).then_some(there)
    };
    match harm {
        Harm::Flip(at, bits) => {
            let at = (!bytes.is_empty()).then(|| at.index(bytes.len()))?;
            bytes[at] ^= bits;
            fs::write(&path, bytes).unwrap();
        }
        Harm::Cut(at) => {
            let at = (!bytes.is_empty()).then(|| at.index(bytes.len()))?;
            fs::write(&path, &bytes[..at]).unwrap();
        }
        Harm::Append(byte) => {
            bytes.push(*byte);
            fs::write(&path, bytes).unwrap();
        }
        Harm::Mode(mode) => {
            let before = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            // Somebody else than root could not read it any more.
            let mode = mode | 0o400;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            return (before != mode).then(|| file.into());
        }
        Harm::Remove => fs::remove_file(&path).unwrap(),
        Harm::Rename(name) => fs::rename(&path, new(name)?).unwrap(),
        Harm::Copy(name) => {
            fs::copy(&path, new(name)?).unwrap();
            return Some(name.into());
        }
        Harm::Link => {
            let elsewhere = dest.parent().unwrap().join("elsewhere");
            fs::rename(&path, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        }
        Harm::Folder(name) => {
            fs::create_dir(new(name)?).ok()?;
            return Some(name.into());
        }
    }
    Some(file.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn whatever_is_done_is_found_and_named(file in any::<prop::sample::Index>(), harm in harm()) {
        let dir = tempfile::tempdir().unwrap();
        let dest = dir.path().join("bundle");
        let files = [("a/b/x.yaml", "x: 1\n"), ("run.sh", "#!/bin/sh\n"), ("empty", "")];
        write(&sealed(&files), &dest).unwrap();
        let names = names(&dest);
        let file = &names[file.index(names.len())];
        if let Some(wanted) = inflict(&dest, file, &harm) {
            match open(&dest).unwrap().verify() {
                Ok(found) => {
                    let named = found.iter().any(|found| found.path == wanted);
                    // A list of digests is told by the lines that are wrong in it.
                    let listed = file == "SHA256SUMS" && !found.is_empty();
                    prop_assert!(named || listed, "{harm:?} of {file}: {found:?}");
                }
                // Without a list of files nothing more can be said.
                Err(error) => prop_assert!(file == "bundle.json", "{error}"),
            }
        }
    }
}
