//! `netgen import`

use super::args::{Import, ImportFrom, ImportLoadNetwork};
use super::exit::Exit;
use super::init::files;
use super::lints::now;
use super::output::Output;
use super::world::RealWorld;
use super::{Failure, Outcome};
use crate::diag::Sink;
use crate::import::load_network;
use crate::text::SourceMap;
use crate::world::World as _;

pub(super) fn run(args: &Import, output: &Output) -> Outcome {
    match &args.from {
        ImportFrom::LoadNetwork(args) => load_network(args, output),
    }
}

fn load_network(args: &ImportLoadNetwork, output: &Output) -> Outcome {
    if let Some(path) = &args.output {
        files::may_write(path, args.force)?;
    }
    let text = read(&args.file)?;
    let genesis_time = args.genesis_time.as_deref().map(moment).transpose()?;
    let options = load_network::Options {
        genesis_time,
        now: written(jiff::Timestamp::from_second(now()).unwrap_or_default()),
        secrets: args.secrets.clone(),
        keys: args.keys.clone(),
    };
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let converted = load_network::import(&args.file, &text, &options, &mut sources, &mut sink);
    sources.mask_suspects();
    output.diagnostics(&sink.into_sorted(), &sources);
    let Some(manifest) = converted else { return Ok(Exit::Findings) };
    match &args.output {
        None => output.data(&manifest),
        Some(path) => {
            if let Some(kept) = files::write(path, &manifest, args.force)? {
                output.note(&format!("{path}: the one from before is {kept}"));
            }
            output.note(&format!("{path}: written; next: netgen check {path}"));
        }
    }
    Ok(Exit::Ok)
}

fn read(path: &str) -> Result<String, Failure> {
    let failed = |why: String| Failure::new(Exit::Io, format!("cannot read `{path}`: {why}"));
    let bytes = RealWorld.read(path).map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))
}

/// A moment: RFC 3339, or the seconds since 1970 of a genesis file, in decimal or hexadecimal.
fn moment(text: &str) -> Result<String, Failure> {
    let seconds = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let moment = match seconds {
        Some(seconds) => jiff::Timestamp::from_second(seconds).ok(),
        None => text.parse().ok(),
    };
    moment.map(written).ok_or_else(|| {
        let text = format!(
            "--genesis-time {text}: write it as 2026-12-01T12:00:00Z, or as `timestamp` of genesis.json"
        );
        Failure::new(Exit::Usage, text)
    })
}

fn written(moment: jiff::Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
