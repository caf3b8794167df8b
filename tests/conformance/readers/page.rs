//! Chromium, driven as people use the page of a report: filter, sort, zoom, keyboard, light and dark, print.
//! Nothing may be asked of anybody, and the console stays empty.

use std::path::Path;
use std::process::Command;

use super::{Reader, Root};
use crate::bench::{Fault, Verdict, scratch};
use crate::files::{copy, find};
use crate::samples::{checkout, here};

pub const READER: Reader = Reader {
    name: "page",
    root: Root::Bundle,
    // A mutant is what is changed in the page of an example: a sample that stays up to date.
    files: |root| find(root, &["report/index.html", "report/*.mutant.json"]),
    read: |bench, input| {
        input.each(|file| {
            let folder = scratch()?;
            let page = folder.path().join("index.html");
            let chromium = bench.find("chromium")?;
            let tool = bench.tool("reader-node")?.at(folder.path());
            let tool = tool.args([here().join("page-drive.mjs"), chromium, page.clone()]);
            if file.extension().is_some_and(|end| end == "json") {
                let against =
                    file.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("against"));
                page_of_an_example(&page, against)?;
                return tool.args([input.root.join(file)]).run()?.accepted();
            }
            copy(&input.root.join(file), &page)?;
            tool.run()?.accepted()
        })
    },
};

fn page_of_an_example(page: &Path, against: bool) -> Verdict {
    let manifest = |name: &str| checkout().join("examples").join(name).join("network.yaml");
    let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
    netgen.env_clear().arg("report").arg(manifest("cosmos-sentry")).arg("-o").arg(page).arg("--quiet");
    if against {
        // What is otherwise than in another network altogether: every part of a diff has something to show.
        netgen.arg("--against").arg(manifest("minimal"));
    }
    let done = netgen.output().map_err(Fault::io("cannot run netgen"))?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(()) } else { Err(Fault::Trouble(format!("no page: {said}"))) }
}
