//! cloud-init's own schema of user data, which it applies at the first boot too, and then only warns.

use super::{Reader, Root};
use crate::files::find;

pub const READER: Reader = Reader {
    name: "cloud-init",
    root: Root::Bundle,
    files: |root| find(root, &["cloud-init/*/user-data"]),
    read: |bench, input| {
        input.each(|file| {
            bench
                .tool("cloud-init")?
                .at(input.root)
                .args(["schema", "--config-file"])
                .args([file])
                .run()?
                .accepted()
        })
    },
};
