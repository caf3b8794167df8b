//! What `netgen graph` draws, in every syntax and grouping, before Mermaid, Graphviz and librsvg.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict, scratch};
use crate::files::find;
use crate::samples::here;

pub const READER: Reader = Reader {
    name: "graph",
    root: Root::Source,
    files: |root| find(root, &["netgen.lock", "drawing.mmd", "drawing.dot", "drawing.svg"]),
    read: |bench, input| {
        input.each(|file| {
            let path = input.root.join(file);
            if file.ends_with("netgen.lock") { draw(bench, &path) } else { look(bench, &path) }
        })
    },
};

fn draw(bench: &Bench, lock: &Path) -> Verdict {
    let manifest = lock.with_file_name("network.yaml");
    let folder = scratch()?;
    for (syntax, ending) in [("mermaid", "mmd"), ("dot", "dot"), ("svg", "svg")] {
        for by in ["host", "region", "interface"] {
            let mut netgen = Command::new(env!("CARGO_BIN_EXE_netgen"));
            netgen.env_clear().arg("graph").arg(&manifest).args(["--as", syntax, "--by", by]);
            let output = netgen.output().map_err(Fault::io("cannot run netgen"))?;
            let drawing = folder.path().join(format!("{by}.{ending}"));
            fs::write(&drawing, &output.stdout).map_err(Fault::io("cannot write the drawing"))?;
            look(bench, &drawing)?;
        }
    }
    Ok(())
}

fn look(bench: &Bench, drawing: &Path) -> Verdict {
    let run = match drawing.extension().and_then(|ending| ending.to_str()) {
        Some("mmd") => bench.tool("mermaid-node")?.args([here().join("mermaid-parse.mjs")]).args([drawing]),
        Some("dot") => bench.tool("dot")?.args(["-Tcanon"]).args([drawing]),
        _ => bench.tool("rsvg-convert")?.args(["--format=png"]).args([drawing]),
    };
    run.run()?.accepted()
}
