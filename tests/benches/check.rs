//! How long `check` takes on networks of 10, 100, 1000 and 10,000 nodes: `cargo bench`.
//!
//! Each size is compiled to the plan in this process, as `netgen check` does it. Numbers are of
//! processor time, so that a busy machine does not change them much. With `--assert`, 100 nodes must take
//! less than 50 ms, and ten times the nodes at most 15 times as long.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
// The one place where time is measured.
#![allow(clippy::disallowed_methods)]

#[path = "workload.rs"]
mod workload;

use std::time::{Duration, Instant};

use netgen::world::MemoryWorld;
use netgen::{Input, Options, compile_to_plan};

/// What 100 nodes may cost.
const BUDGET: Duration = Duration::from_millis(50);
/// Ten times the nodes may cost this much more.
const GROWTH: u32 = 15;

/// The processor time of this process so far.
fn processor_time() -> Duration {
    // utime and stime, in ticks of 10 ms, are too coarse for one run: the caller repeats it.
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    nanoseconds.map_or_else(|| START.with(|start| start.elapsed()), Duration::from_nanos)
}

thread_local! {
    static START: Instant = Instant::now();
}

fn check(text: &str) {
    let world = MemoryWorld::new([("network.json", text)]);
    let options = Options { allow_unlocked: true, ..Options::default() };
    let compiled = compile_to_plan(&world, &Input::new("network.json"), options);
    if let Some(found) = compiled.diagnostics.iter().find(|found| found.is_error()) {
        panic!("{}: {}", found.rule.code, found.message);
    }
}

/// The shortest of some runs.
fn measure(text: &str, runs: usize) -> Duration {
    let once = || {
        let begun = processor_time();
        check(text);
        processor_time() - begun
    };
    (0..runs).map(|_| once()).min().unwrap()
}

fn main() {
    let assert = std::env::args().any(|argument| argument == "--assert");
    let most = std::env::var("NETGEN_BENCH_NODES").map_or(10_000, |nodes| nodes.parse().unwrap());
    let mut before: Option<Duration> = None;
    for (nodes, runs) in [(10, 20), (100, 20), (1000, 5), (10_000, 1)] {
        if nodes > most {
            break;
        }
        let text = workload::json(nodes);
        let took = measure(&text, runs);
        println!("{nodes:6} nodes, {:4} KiB: {took:?}", text.len() >> 10);
        if assert && nodes == 100 {
            assert!(took < BUDGET, "100 nodes take {took:?}");
        }
        if let Some(before) = before.filter(|_| assert && nodes > 100) {
            assert!(took < before * GROWTH, "{nodes} nodes take {took:?}, a tenth of them {before:?}");
        }
        before = Some(took);
    }
}
