//! What a bundle takes, and what it says about itself.

use super::sealed;
use crate::bundle::{Bundle, BundlePath, File, Header, InsertError, Manifest, Mode};

fn path(text: &str) -> BundlePath {
    BundlePath::new(text).unwrap()
}

fn insert(first: &str, second: &str) -> Result<(), InsertError> {
    let mut bundle = Bundle::new();
    bundle.insert(path(first), File::regular("1")).unwrap();
    let result = bundle.insert(path(second), File::regular("2"));
    assert_eq!(bundle.len(), 1 + usize::from(result.is_ok()));
    result
}

#[test]
fn paths_that_clash_are_refused_with_both_names() {
    assert_eq!(insert("a/b", "a/b"), Err(InsertError::Duplicate(path("a/b"))));
    assert_eq!(insert("a/b", "a/B"), Err(InsertError::Case(path("a/b"), path("a/B"))));
    assert_eq!(insert("a/b", "A/c"), Err(InsertError::Case(path("a/b"), path("A/c"))));
    assert_eq!(insert("a/b", "A"), Err(InsertError::Case(path("a/b"), path("A"))));
    assert_eq!(insert("a", "a/b"), Err(InsertError::FileAndFolder(path("a"), path("a/b"))));
    assert_eq!(insert("a/b/c", "a"), Err(InsertError::FileAndFolder(path("a"), path("a/b/c"))));
    assert_eq!(insert("a/b", "a/b-c"), Ok(()));
    assert_eq!(insert("a", "a.b"), Ok(()));
    assert_eq!(
        insert("a", "a/b").unwrap_err().to_string(),
        "`a` is a file, and `a/b` needs a folder of that name"
    );
}

#[test]
fn its_own_files_have_their_names_to_themselves() {
    for name in ["bundle.json", "SHA256SUMS", "sha256sums/x"] {
        let mut bundle = Bundle::new();
        bundle.insert(path(name), File::regular("")).unwrap();
        let header =
            Header { network: String::new(), production: true, pinned: true, inputs: Vec::new(), part: None };
        assert!(bundle.seal(header).is_err(), "{name}");
    }
}

#[test]
fn bundle_json_and_sums() {
    let bundle = sealed(&[("run.sh", "#!/bin/sh\n"), ("a/x.yaml", "x: 1\n"), ("a-b", "")]);
    let json = String::from_utf8(bundle.get("bundle.json").unwrap().bytes().unwrap().into_owned()).unwrap();
    let expected = r#"{
  "schema_version": 1,
  "generator": {
    "name": "netgen",
    "version": "VERSION"
  },
  "network": "testnet",
  "production": false,
  "pinned": true,
  "inputs": [
    {
      "path": "network.yaml",
      "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    }
  ],
  "files": [
    {
      "path": "a-b",
      "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "size": 0,
      "mode": "0644"
    },
    {
      "path": "a/x.yaml",
      "sha256": "X",
      "size": 5,
      "mode": "0644"
    },
    {
      "path": "run.sh",
      "sha256": "RUN",
      "size": 10,
      "mode": "0755"
    }
  ]
}
"#
    .replace("VERSION", env!("CARGO_PKG_VERSION"))
    .replace("\"X\"", &format!("\"{}\"", crate::bundle::sha256(b"x: 1\n")))
    .replace("\"RUN\"", &format!("\"{}\"", crate::bundle::sha256(b"#!/bin/sh\n")));
    assert_eq!(json, expected);
    assert_eq!(&Manifest::parse(json.as_bytes()).unwrap(), bundle.manifest());
    let sums = String::from_utf8(bundle.get("SHA256SUMS").unwrap().bytes().unwrap().into_owned()).unwrap();
    let listed: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(listed, ["a-b", "a/x.yaml", "bundle.json", "run.sh"]);
    let schema = serde_json::to_value(schemars::schema_for!(Manifest)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&serde_json::from_str(&json).unwrap()), "{schema:#}");
}

#[test]
fn the_digest_sees_path_mode_and_content() {
    let digest = |path: &str, mode, bytes: &str| {
        let mut bundle = Bundle::new();
        bundle.insert(BundlePath::new(path).unwrap(), File::new(bytes, mode)).unwrap();
        bundle.digest()
    };
    let one = digest("a", Mode::Regular, "b");
    assert_eq!(one, digest("a", Mode::Regular, "b"));
    for other in [
        digest("ab", Mode::Regular, ""),
        digest("a", Mode::Executable, "b"),
        digest("a", Mode::Regular, "c"),
        Bundle::new().digest(),
    ] {
        assert_ne!(one, other);
    }
    assert_eq!(sealed(&[("a", "1"), ("b", "2")]).digest(), sealed(&[("b", "2"), ("a", "1")]).digest());
}

#[test]
fn a_manifest_that_is_not_ours_is_refused() {
    let ours = sealed(&[("a", "1")]).manifest().to_json();
    for (from, to, word) in [
        ("\"schema_version\": 1", "\"schema_version\": 2", "known is 1"),
        ("\"netgen\"", "\"other\"", "not written by netgen"),
        ("\"path\": \"a\"", "\"path\": \"../a\"", "`..`"),
        ("\"0644\"", "\"0777\"", "0777"),
        ("{", "", "at line"),
    ] {
        let error = Manifest::parse(ours.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
    assert!(Manifest::parse(&[0xff, 0]).is_err());
}
