//! The container file, built by podman. Its bases come from registries, so stand-ins take their places: a root
//! with a shell, the libraries of this machine, and a `cargo` that looks whether everything it would need is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{all_there, said};
use super::{network, root, stand_in};

/// Stands in for the build. What must not be sent to it is not there either.
const CARGO: &str = "test \"$*\" = 'install --locked --path . --root /out'
for needed in Cargo.toml Cargo.lock src/main.rs src/build.rs templates schema; do test -e $needed; done
for unwanted in .git target bundle .ci; do test ! -e $unwanted; done
mkdir -p /out/bin
cp /prebuilt /out/bin/netgen
";

fn sh(folder: &Path, line: &str) -> String {
    let done =
        Command::new("bash").current_dir(folder).args(["-euo", "pipefail", "-c", line]).output().unwrap();
    assert!(done.status.success(), "{line}: {}", said(&done));
    said(&done)
}

/// The root of the stand-in.
fn base(folder: &Path) -> PathBuf {
    let tree = folder.join("base");
    let netgen = env!("CARGO_BIN_EXE_netgen");
    fs::create_dir_all(tree.join("bin")).unwrap();
    sh(
        &tree,
        &format!(
            "mkdir -p tmp; strip -o prebuilt {netgen} || cp {netgen} prebuilt; cp \"$(command -v busybox)\" bin/busybox
             for name in sh cp mkdir rm test; do ln -s busybox bin/$name; done
             ldd {netgen} | grep -oE '/[^ ]+' | while read -r library; do cp -L --parents \"$library\" .; done"
        ),
    );
    for (name, script) in
        [("cargo", CARGO), ("apt-get", "echo apt-get \"$@\"\n"), ("git", "echo git \"$@\"\n")]
    {
        stand_in(&tree.join("bin"), name, script);
        let script = fs::read_to_string(tree.join("bin").join(name)).unwrap();
        fs::write(
            tree.join("bin").join(name),
            script.replace("#!/usr/bin/env bash\nset -euo pipefail", "#!/bin/sh\nset -eu"),
        )
        .unwrap();
    }
    tree
}

#[test]
fn the_container_file_builds_and_its_netgen_runs_as_nobody() {
    if !all_there(&["podman", "busybox", "bash"]) {
        return;
    }
    if sh(root(), "id -u").trim() != "0" {
        eprintln!("left out: podman without root, in whatever this runs");
        return;
    }
    let (home, network) = network();
    fs::remove_dir_all(network.join("bundle")).unwrap();
    fs::remove_dir_all(network.join(".git")).unwrap();
    let tree = base(home.path());
    // A storage of its own: what is on the machine stays as it is.
    let podman = format!("podman --root {0}/storage --runroot {0}/run", home.path().display());
    let image = "localhost/base:1";
    sh(home.path(), &format!("tar -C {} -c . | {podman} import --quiet - {image}", tree.display()));
    let build = format!("{podman} build --pull=never --isolation chroot");
    let bases = ["BUILDER", "CI", "BASE"].map(|name| format!("--build-arg {name}={image}")).join(" ");
    let all = sh(root(), &format!("{build} {bases} --tag localhost/netgen:1 ."));
    assert!(!all.contains("apt-get"), "the program alone needs no package: {all}");
    let all = sh(root(), &format!("{build} {bases} --target ci --tag localhost/netgen:ci ."));
    assert!(
        all.contains("apt-get install --yes --no-install-recommends ca-certificates curl git jq"),
        "{all}"
    );
    // It makes a bundle, as the user that the image names.
    let file = "FROM localhost/netgen:1\nCOPY --chown=65532:65532 . /network\n\
                RUN [\"/usr/local/bin/netgen\", \"build\"]\nRUN [\"/usr/local/bin/netgen\", \"build\", \"--check\"]\n";
    fs::write(home.path().join("Containerfile"), file).unwrap();
    let all =
        sh(home.path(), &format!("chmod -R a+rX network; {build} --no-cache --file Containerfile network"));
    assert!(all.contains("files written") && all.contains("bundle: up to date"), "{all}");
    // What no stand-in knows: the file names no base that is not asked for.
    let refused = Command::new("bash")
        .current_dir(root())
        .args(["-c", &format!("{build} --target nothing .")])
        .output();
    assert!(!refused.unwrap().status.success());
    sh(home.path(), &format!("{podman} rmi --all --force"));
}
