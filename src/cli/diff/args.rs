//! The grammar of `netgen diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::args::{Form, Lints};

#[derive(Debug, Args)]
#[command(
    after_help = "A side is a manifest, the folder or the archive of a bundle, a lock (the manifest of the \
    other side with it), or `git:REV`, with `:PATH` for a file or a folder of that revision.\n\n\
    Examples:\n  \
    netgen diff git:main                        what this working copy changes\n  \
    netgen diff bundle                          what a deploy of the manifest here would change\n  \
    netgen diff git:v1 git:v2 --as markdown     a comment for a pull request\n  \
    netgen diff git:HEAD:netgen.lock netgen.lock\n  \
    netgen diff git:main --fail-on data-loss,exposure"
)]
pub(in crate::cli) struct Diff {
    /// What was.
    #[arg(value_name = "OLD")]
    pub(in crate::cli) old: String,
    /// What will be [default: the manifest, as for `build`].
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: Option<String>,
    /// The manifest of two locks [default: the one beside NEW].
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) manifest: Option<String>,
    /// An overlay that is laid over the manifest of both sides, on each as it is there; may be repeated.
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) file: Vec<String>,
    /// Change one value of the manifests of both sides; may be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub(in crate::cli) set: Vec<String>,
    /// Give a value to a variable of the manifests of both sides; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(in crate::cli) var: Vec<String>,
    /// How the diff is written; `--format` is for findings.
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = Form::Human, env = "NETGEN_AS")]
    pub(in crate::cli) form: Form,
    /// Exit with 3 if the sides differ.
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
    /// Exit with 1 if the change does one of these.
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', env = "NETGEN_FAIL_ON")]
    pub(in crate::cli) fail_on: Vec<FailOn>,
    /// Write the waves as variables of the playbooks: `make roll ARGS="-e @$PWD/FILE"`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) rollout: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) lints: Lints,
}

/// What a change must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// State that must be kept is not there any more.
    DataLoss,
    /// A program is made anew, or worse.
    Recreate,
    /// A program stops, or worse.
    Restart,
    /// A port is open to anyone that was not.
    Exposure,
    /// More voting power stops at once than the chain survives.
    Quorum,
    /// An alert is gone, or calls nobody any more.
    AlertLost,
    /// A default moved: another netgen, or other data in its catalog.
    Moved,
}
