//! `.ci/size`: a program that grew is seen.

use std::process::Command;

use super::root;
use super::tools::said;

#[test]
fn a_program_that_grew_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join("program");
    let run = |bytes: u64| {
        std::fs::File::create(&program).unwrap().set_len(bytes).unwrap();
        Command::new(root().join(".ci/size")).arg(&program).arg("4").output().unwrap()
    };
    let small = run(4 << 20);
    assert!(small.status.success(), "{}", said(&small));
    let large = run((4 << 20) + 1);
    assert_eq!(large.status.code(), Some(1), "{}", said(&large));
    assert!(said(&large).contains("too large"), "{}", said(&large));
}
