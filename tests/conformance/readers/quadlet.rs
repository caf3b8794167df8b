//! Podman's own generator turns Quadlet files into units, and systemd then reads
//! those together with the plain units of the same host.

use std::path::Path;

use super::systemd::HostRoot;
use super::{Input, Reader, Root};
use crate::bench::{Bench, Fault, Verdict};
use crate::files::{copy, find, parents};

pub const READER: Reader = Reader {
    name: "quadlet",
    root: Root::Bundle,
    files: |root| find(root, &["systemd/*/quadlet/*"]),
    read: |bench, input| {
        // The generator passes over a file whose kind it does not know.
        if let Some(file) = input.files.iter().find(|file| !is_quadlet(file)) {
            return Err(Fault::Rejected(format!("{}: Quadlet reads no such kind of file", file.display())));
        }
        parents(input.files).iter().try_for_each(|folder| check(bench, input, folder))
    },
};

const KINDS: [&str; 7] = ["build", "container", "image", "kube", "network", "pod", "volume"];

fn is_quadlet(file: &Path) -> bool {
    file.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known))
}

fn check(bench: &Bench, input: &Input<'_>, folder: &Path) -> Verdict {
    let root = HostRoot::new(bench)?;
    let quadlets = input.root.join(folder);
    let host = quadlets.parent().unwrap_or(&quadlets);
    for unit in find(host, &["*", "*.d/*.conf"]) {
        copy(&host.join(&unit), &root.units().join(&unit))?;
    }
    let generator = bench.tool("quadlet")?.env("QUADLET_UNIT_DIRS", &quadlets);
    // It ends with 0 for an image whose name it would have to guess.
    generator.args(["-no-kmsg-log".as_ref(), root.units().as_os_str()]).run()?.silent()?;
    root.verify(bench)
}
