//! The grammar of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Compiles one manifest of a blockchain network into a bundle of deploy artifacts.
#[derive(Debug, Parser)]
#[command(name = "netgen", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 ok; 1 errors found; 2 usage; 3 out of date (--check); \
    4 lock missing or stale; 5 files cannot be read or written.")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Global {
    /// How findings are shown.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, env = "NETGEN_FORMAT")]
    pub(super) format: Format,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "NETGEN_COLOR")]
    pub(super) color: Color,
    /// Say nothing when all is well; warnings are not shown.
    #[arg(long, short, global = true, env = "NETGEN_QUIET")]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Human,
    /// One JSON document; see `netgen schema diagnostics`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub shows in a pull request.
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find every mistake in a manifest; write nothing.
    #[command(visible_aliases = ["validate", "lint"])]
    Check(Source),
    /// Pin images by digest in `netgen.lock`.
    Lock(Lock),
    /// Compile the manifest into a bundle.
    #[command(visible_alias = "generate")]
    Build(Build),
    /// Draw the topology.
    Graph(Graph),
    /// Explain a rule: what, why, a bad and a good example.
    Explain(Explain),
    /// List the components of the catalog, or show one.
    Components(Components),
    /// Print a JSON schema.
    Schema(Schema),
    /// Print the resolved network: every service, port, image and binding.
    Show(Show),
    /// Check that a bundle is complete and untouched.
    Verify(Verify),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Print the manual page.
    Man,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Source {
    /// The manifest [default: network.yaml, .yml, .toml or .json in this folder].
    #[arg(env = "NETGEN_MANIFEST")]
    pub(super) manifest: Option<String>,
    /// The lock [default: netgen.lock beside the manifest].
    #[arg(long, env = "NETGEN_LOCK")]
    pub(super) lock: Option<String>,
    #[command(flatten)]
    pub(super) lints: Lints,
}

/// How findings are judged.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct Lints {
    /// Make a rule an error, by code or name; `warnings` stands for every warning.
    #[arg(long, value_name = "RULE", value_delimiter = ',', env = "NETGEN_DENY")]
    pub(super) deny: Vec<String>,
    /// Make a rule a warning.
    #[arg(long, value_name = "RULE", value_delimiter = ',', env = "NETGEN_WARN")]
    pub(super) warn: Vec<String>,
    /// Leave a rule out.
    #[arg(long, value_name = "RULE", value_delimiter = ',', env = "NETGEN_ALLOW")]
    pub(super) allow: Vec<String>,
    /// The day that waivers are compared with, as YYYY-MM-DD [default: today, or SOURCE_DATE_EPOCH].
    #[arg(long, value_name = "DAY", env = "NETGEN_AS_OF")]
    pub(super) as_of: Option<String>,
    /// The moment of the build, in seconds since 1970.
    #[arg(long, hide = true, env = "SOURCE_DATE_EPOCH")]
    pub(super) source_date_epoch: Option<i64>,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    pub(super) source: Source,
    /// The folder of the bundle.
    #[arg(long, short, default_value = "bundle", env = "NETGEN_OUT")]
    pub(super) out: PathBuf,
    /// Write nothing; exit with 3 if the bundle is not what the manifest says.
    #[arg(long)]
    pub(super) check: bool,
    /// Let images without a digest through, for development; the bundle says so.
    #[arg(long)]
    pub(super) allow_unlocked: bool,
}

#[derive(Debug, Args)]
pub(super) struct Lock {
    #[command(flatten)]
    pub(super) source: Source,
    /// A list of digests: a reference and a digest a line.
    #[arg(long, value_name = "FILE")]
    pub(super) pins: Vec<PathBuf>,
    /// Write nothing; exit with 4 if an image is not pinned or a pin is not used.
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Debug, Args)]
pub(super) struct Graph {
    #[command(flatten)]
    pub(super) source: Source,
    /// What to draw it with.
    #[arg(long = "as", value_name = "SYNTAX", value_enum, default_value_t = GraphSyntax::Mermaid)]
    pub(super) syntax: GraphSyntax,
    /// How to group it [default: by host; by region where there is too much to see].
    #[arg(long, value_enum)]
    pub(super) by: Option<GraphBy>,
    /// Only this service, node or host, and what it is bound to.
    #[arg(long, value_name = "NAME")]
    pub(super) focus: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphSyntax {
    /// A Mermaid flowchart.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
    /// A picture.
    Svg,
    /// Data.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphBy {
    /// Every service on its host.
    Host,
    /// Regions, with one item for each role and component.
    Region,
    /// Each interface with those who use and those who provide it.
    Interface,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code such as NG0210, or a name such as port-collision; without one, all are listed.
    pub(super) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Components {
    /// A component to show.
    #[arg(value_name = "COMPONENT")]
    pub(super) id: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which schema.
    #[arg(value_enum, default_value_t = SchemaName::Network)]
    pub(super) name: SchemaName,
    /// Write every schema into a folder.
    #[arg(long, value_name = "FOLDER")]
    pub(super) write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// The manifest.
    Network,
    /// A component file.
    Component,
    /// An alert pack.
    Alerts,
    /// A dashboard.
    Dashboard,
    /// A chain file.
    Chain,
    /// The lock.
    Lock,
    /// `bundle.json`.
    Bundle,
    /// The output of `--format json`.
    Diagnostics,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    pub(super) source: Source,
    /// Only this host.
    #[arg(long)]
    pub(super) host: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The folder of the bundle.
    #[arg(default_value = "bundle")]
    pub(super) bundle: PathBuf,
    /// Refuse a bundle with images that are not pinned.
    #[arg(long)]
    pub(super) production: bool,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}
