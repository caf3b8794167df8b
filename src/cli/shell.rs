//! `netgen completions` and `netgen man`

use clap::CommandFactory as _;

use super::args::{Cli, Completions};
use super::exit::Exit;
use super::output::Output;
use super::{Failure, Outcome};

pub(super) fn completions(args: &Completions, output: &Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "netgen", &mut script);
    output.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Ok)
}

pub(super) fn man(output: &Output) -> Outcome {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::new(Exit::Io, format!("cannot render the manual page: {error}")))?;
    output.data(&String::from_utf8_lossy(&page));
    Ok(Exit::Ok)
}
