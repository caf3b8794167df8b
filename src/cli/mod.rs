//! The command line: one file a subcommand. The only layer with a real world, a terminal and exit codes.

mod analyze;
mod args;
mod build;
mod check;
mod components;
mod diff;
mod difference;
mod exit;
mod explain;
mod graph;
mod help;
mod import;
mod init;
mod keys;
mod lints;
mod lock;
mod memory;
mod output;
mod progress;
mod report;
mod schema;
mod shell;
mod show;
mod timings;
mod verdict;
mod verify;
mod version;
mod witness;
mod world;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use self::args::{Cli, Command};
use self::exit::Exit;
use self::output::Output;

/// Runs the command of this process and gives its exit code.
pub fn main() -> ExitCode {
    if let Some(exit) = version::answer(std::env::args_os().skip(1)) {
        return exit.code();
    }
    let cli = Cli::from_arg_matches(&help::command().get_matches()).unwrap_or_else(|error| error.exit());
    let output = Output::new(&cli.global, timings::start(cli.global.timings));
    let exit = match &cli.command {
        Command::Init(args) => init::run(args, &output),
        Command::Check(args) => check::run(args, &output),
        Command::Lock(args) => lock::run(args, &output),
        Command::Keys(args) => keys::run(args, &output),
        Command::Build(args) => build::run(args, &output),
        Command::Import(args) => import::run(args, &output),
        Command::Graph(args) => graph::run(args, &output),
        Command::Analyze(args) => analyze::run(args, &output),
        Command::Diff(args) => diff::run(args, &output),
        Command::Report(args) => report::run(args, &output),
        Command::Explain(args) => explain::run(args, &output),
        Command::Components(args) => components::run(args, &output),
        Command::Schema(args) => schema::run(args, &output),
        Command::Show(args) => show::run(args, &output),
        Command::Verify(args) => verify::run(args, &output),
        Command::Completions(args) => shell::completions(args, &output),
        Command::Man(args) => shell::man(args, &output),
    };
    let exit = exit.unwrap_or_else(|error| {
        output.error(&error.message);
        error.exit
    });
    timings::tell(cli.global.timings, &output);
    exit.code()
}

/// Why a command ends early.
struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

type Outcome = Result<Exit, Failure>;
