//! `netgen lock`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use super::args::Lock as Args;
use super::exit::Exit;
use super::output::Output;
use super::world::{RealWorld, input};
use super::{Failure, Outcome};
use crate::diag::{Severity, Sink, list_names};
use crate::lock::{Lock, Pin, PinList, given_ports, wanted};
use crate::plan::pins as pins_of;
use crate::text::{SourceMap, Spanned};
use crate::world::World as _;
use crate::{Options, compile_to_plan};

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let input = input(&args.source)?;
    let options = Options { renew_lock: true, ..args.source.lints.options(true)? };
    let compilation = compile_to_plan(&RealWorld, &input, options);
    let exit = output.findings(&compilation);
    let (Exit::Ok, Some(plan)) = (exit, &compilation.plan) else { return Ok(exit) };
    let wanted = wanted(&plan.topology);
    let old = read(&input.lock, output)?;
    let pins = pins(args)?;

    let mut image = BTreeMap::new();
    let mut missing = Vec::new();
    for reference in wanted.keys() {
        match pins.get(reference).map(String::as_str).or_else(|| old.digest(reference)) {
            Some(digest) => {
                image.insert(reference.clone(), Pin { digest: Spanned::nowhere(digest.to_owned()) });
            }
            None => missing.push(reference.as_str()),
        }
    }
    if !missing.is_empty() {
        return Err(Failure::new(
            Exit::Lock,
            format!(
                "no digest is known for {}; give a list with `--pins <file>`: one `reference sha256:...` a line",
                list_names(missing.iter().copied(), 20)
            ),
        ));
    }
    let genesis =
        plan.genesis.as_ref().map(|files| old.genesis.clone().unwrap_or_default().or(pins_of(files)));
    let mut new = Lock {
        version: Spanned::nowhere(crate::lock::VERSION),
        image,
        genesis,
        identity: old.identity,
        port: given_ports(&plan.topology),
    };
    new.keep_identities(&plan.topology);
    let text = new.to_toml();
    let current = RealWorld.read(&input.lock).ok();
    if current.as_deref() == Some(text.as_bytes()) {
        output.note(&format!("{}: {}, up to date", input.lock, content(&new)));
        return Ok(Exit::Ok);
    }
    if args.check {
        return Err(Failure::new(
            Exit::Lock,
            format!("{} is out of date; `netgen lock` writes it anew", input.lock),
        ));
    }
    replace(Path::new(&input.lock), &text)?;
    output.note(&format!("{}: {}", input.lock, content(&new)));
    Ok(Exit::Ok)
}

fn content(lock: &Lock) -> String {
    let ports: usize = lock.port.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum();
    format!("{} images, {ports} ports", lock.image.len())
}

fn read(path: &str, output: &Output) -> Result<Lock, Failure> {
    let Ok(bytes) = RealWorld.read(path) else { return Ok(Lock::empty()) };
    let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
    let lock = Lock::read(path, &String::from_utf8_lossy(&bytes), &mut sources, &mut sink);
    if sink.count(Severity::Error) > 0 {
        output.note(&format!("{path} cannot be used and is written anew"));
        return Ok(Lock::empty());
    }
    Ok(lock.unwrap_or_else(Lock::empty))
}

fn pins(args: &Args) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::new();
    for path in &args.pins {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(Exit::Io, format!("cannot read `{shown}`: {error}")))?;
        let list = PinList::parse(&text).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(|error| format!("`{shown}` {error}")).collect();
            Failure::new(Exit::Usage, lines.join("\n"))
        })?;
        all.extend(list.0);
    }
    Ok(all)
}

/// Writes beside and renames, so that a crash leaves the old lock whole.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(Exit::Io, format!("cannot write `{}`: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".netgen.lock").tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
