//! `systemd-analyze security`: how much of the host each unit can reach, from 0 to 10.
//!
//! It judges files alone, so this machine need not run what it judges. The numbers are printed: what
//! is gained or lost shows in a log.

use std::io::Write as _;
use std::path::Path;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict};
use crate::files::{find, read};

pub const READER: Reader = Reader {
    name: "exposure",
    root: Root::Bundle,
    files: |root| find(root, &["systemd/*/netgen-*.service"]),
    read: |bench, input| input.each(|unit| judge(bench, &input.root.join(unit), unit)),
};

/// The most that a unit may be exposed, in tenths.
const MOST: u32 = 30;

/// The same for a unit of netgen's own that does one thing for the host, with no network.
const MOST_APART: u32 = 20;

fn judge(bench: &Bench, unit: &Path, shown: &Path) -> Verdict {
    let apart = read(unit)?.lines().any(|line| line == "PrivateNetwork=yes");
    let most = if apart { MOST_APART } else { MOST };
    let analyze = bench.tool("systemd-analyze")?;
    let threshold = format!("--threshold={most}");
    let analyze = analyze.args(["security", "--offline=true", "--no-pager", &threshold]);
    let run = analyze.args([unit]).run()?;
    let exposure =
        run.stdout.lines().find_map(|line| line.split_once("exposure level for ")).map(|(_, rest)| rest);
    let Some((_, level)) = exposure.and_then(|rest| rest.split_once(": ")) else {
        return Err(Fault::Trouble(format!("no exposure in what it said:\n{}{}", run.stdout, run.stderr)));
    };
    let level = level.split_whitespace().next().unwrap_or_default();
    // Nowhere to report a standard error that cannot be written to.
    _ = writeln!(
        std::io::stderr(),
        "exposure {level} of at most {}.{}: {}",
        most / 10,
        most % 10,
        shown.display()
    );
    run.without_warning()
}
