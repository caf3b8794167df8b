//! The past of the network: for one window of its objectives nothing has failed.
//!
//! Windows of error budgets look back by days. To a Prometheus that has just begun, the failures of the
//! test would be all that ever happened.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use netgen::plan::Plan;

use crate::lapse;
use crate::program::find;

/// Writes blocks of metrics into a folder that no Prometheus uses yet.
pub fn write(plan: &Plan, folder: &Path) {
    let monitoring = plan.topology.monitoring.as_ref().unwrap();
    let window = lapse::real(&monitoring.slo.as_ref().unwrap().window.to_string()).unwrap();
    let step = lapse::real(&monitoring.scrape_interval.to_string()).unwrap();
    let now = now();
    let begin = now - u64::try_from(window.as_millis()).unwrap();
    let mut text = Vec::new();
    for rule in plan.recordings.iter().flat_map(|group| &group.rules) {
        // What is made of the series of targets; all windows are made of it.
        if rule.reads.is_empty() {
            continue;
        }
        assert_eq!(rule.labels["slo"], "availability", "the past of another objective is not known");
        let labels: Vec<String> =
            rule.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        let (name, labels) = (&rule.name, labels.join(","));
        writeln!(text, "# TYPE {name} gauge").unwrap();
        for at in (begin..now).step_by(usize::try_from(step.as_millis()).unwrap()) {
            writeln!(text, "{name}{{{labels}}} 0 {}.{:03}", at / 1000, at % 1000).unwrap();
        }
    }
    text.extend_from_slice(b"# EOF\n");
    let file = folder.with_extension("txt");
    fs::write(&file, text).unwrap();
    let status = Command::new(find(&["promtool"]).unwrap())
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
        .args([&file, folder])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "promtool makes no blocks");
}

/// Milliseconds since 1970.
#[allow(clippy::disallowed_methods)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}
