//! The grammar of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::diff::args::Diff;

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
    /// Say on standard error how long each stage took, and how much memory was needed.
    #[arg(long, global = true)]
    pub(super) timings: bool,
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
    /// A Code Quality report, which GitLab shows in a merge request.
    Gitlab,
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
    /// Write a small manifest to begin with: asks on a terminal, takes flags elsewhere.
    Init(Init),
    /// Find every mistake in a manifest; write nothing.
    #[command(visible_aliases = ["validate", "lint"])]
    Check(Source),
    /// Pin images by digest in `netgen.lock`.
    Lock(Lock),
    /// Make the keys that nodes know each other by; their public halves go into `netgen.lock`.
    Keys(Keys),
    /// Compile the manifest into a bundle.
    #[command(visible_alias = "generate")]
    Build(Build),
    /// Convert the manifest of another tool.
    Import(Import),
    /// Draw the topology.
    Graph(Graph),
    /// Prove what the network survives, find single points of failure, add up what hosts need.
    Analyze(Box<Analyze>),
    /// Show a network on one page: topology, ports, images, alerts, dashboards, and what changed.
    Report(Report),
    /// Explain a rule: what, why, a bad and a good example.
    Explain(Explain),
    /// List the components of the catalog, or show one.
    Components(Components),
    /// Print a JSON schema.
    Schema(Schema),
    /// Print the resolved network: every service, port, image and binding.
    Show(Show),
    /// Say what a change does: to services, voting power, open ports and alerts, and in which order.
    Diff(Diff),
    /// Check that a bundle is complete and untouched.
    Verify(Verify),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Print the manual page, or write one for each command.
    Man(Man),
}

/// The manifest that `netgen init` writes where nothing else is said.
pub(super) const DEFAULT_OUTPUT: &str = "network.yaml";

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The name of the network [default: that of this folder].
    #[arg(long)]
    pub(super) name: Option<String>,
    /// The chain, such as mainnet or hoodi.
    #[arg(long)]
    pub(super) chain: Option<String>,
    /// What the nodes are for: node, validator, signer.
    #[arg(long)]
    pub(super) stack: Option<String>,
    /// The component of a service that has a choice; repeat for several.
    #[arg(long, value_name = "SERVICE=COMPONENT")]
    pub(super) component: Vec<String>,
    /// A machine; repeat for several.
    #[arg(long, value_name = "NAME=ADDRESS[,PRIVATE-ADDRESS]")]
    pub(super) host: Vec<String>,
    /// How many of the hosts run a node [default: all].
    #[arg(long, value_name = "N")]
    pub(super) nodes: Option<usize>,
    /// What each host has, such as 16,64GiB,4TiB.
    #[arg(long, value_name = "CPUS,MEMORY,DISK")]
    pub(super) resources: Option<String>,
    /// A setting of a service; repeat for several.
    #[arg(long, value_name = "SERVICE.SETTING=VALUE")]
    pub(super) setting: Vec<String>,
    /// The user that logs in to the hosts [default: root].
    #[arg(long, value_name = "USER")]
    pub(super) ssh_user: Option<String>,
    /// A network from which people may log in; repeat for several.
    #[arg(long, value_name = "CIDR")]
    pub(super) admin_network: Vec<String>,
    /// The folder on the hosts for the data of all services [default: /var/lib/netgen].
    #[arg(long, value_name = "FOLDER")]
    pub(super) data_dir: Option<String>,
    /// Add metrics, alerts and dashboards; wants --alerts.
    #[arg(long, conflicts_with = "no_monitoring")]
    pub(super) monitoring: bool,
    /// Add none.
    #[arg(long, conflicts_with_all = ["alerts", "heartbeat"])]
    pub(super) no_monitoring: bool,
    /// Who is told of alerts.
    #[arg(long, value_enum, value_name = "TO")]
    pub(super) alerts: Option<super::init::AlertTo>,
    /// A URL that hears from Prometheus every few minutes, and calls you when it hears nothing.
    #[arg(long, value_name = "URL")]
    pub(super) heartbeat: Option<String>,
    /// The restic repository for state that the chain cannot give back.
    #[arg(long, value_name = "REPOSITORY")]
    pub(super) backup_to: Option<String>,
    /// The manifest to write.
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_OUTPUT, value_hint = ValueHint::FilePath)]
    pub(super) output: String,
    /// Write over a manifest that is there; it is kept as FILE.bak.
    #[arg(long)]
    pub(super) force: bool,
    /// Ask nothing, even on a terminal.
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(subcommand)]
    pub(super) from: ImportFrom,
}

#[derive(Debug, Subcommand)]
pub(super) enum ImportFrom {
    /// Of the generator that came with Load Network: YAML with `schema_version: 1`.
    LoadNetwork(ImportLoadNetwork),
}

#[derive(Debug, Args)]
pub(super) struct ImportLoadNetwork {
    /// The manifest to convert; `-` is standard input.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) file: String,
    /// The manifest to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<String>,
    /// Write over a manifest that is there; it is kept as FILE.bak.
    #[arg(long, requires = "output")]
    pub(super) force: bool,
    /// When the chain begins, such as 2026-12-01T12:00:00Z; of a chain that runs, the `timestamp` of its
    /// genesis.json [default: now].
    #[arg(long, value_name = "TIME")]
    pub(super) genesis_time: Option<String>,
    /// The file with the tokens, encrypted with sops.
    #[arg(long, value_name = "FILE", default_value = "secrets.sops.yaml")]
    pub(super) secrets: String,
    /// The folder `bundle/private` of a network that runs: its keys are kept [default: new keys].
    #[arg(long, value_name = "FOLDER")]
    pub(super) keys: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Source {
    /// The manifest; `-` is standard input [default: NETGEN_MANIFEST, or network.yaml, .yml, .toml or
    /// .json in this folder].
    // The variable is read later: with `--file` alone it must not add a manifest.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) manifest: Option<String>,
    #[command(flatten)]
    pub(super) changes: Changes,
    #[command(flatten)]
    pub(super) lints: Lints,
}

/// What is laid over a manifest, and the lock.
#[derive(Clone, Debug, Args)]
pub(super) struct Changes {
    /// A manifest, or an overlay that is laid over those before it; may be repeated.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) file: Vec<String>,
    /// Change one value, after all files: `hosts.val-1.region=eu`; `null` deletes; may be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Give a value to a variable of the manifest; may be repeated. NETGEN_VAR_<NAME> does the same.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) var: Vec<String>,
    /// The format of standard input and of files without a known ending.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) input_format: Option<InputFormat>,
    /// The lock [default: netgen.lock beside the first manifest].
    #[arg(long, env = "NETGEN_LOCK", value_hint = ValueHint::FilePath)]
    pub(super) lock: Option<String>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InputFormat {
    /// YAML 1.2.
    Yaml,
    /// TOML 1.0.
    Toml,
    /// JSON.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The folder of the bundle.
    #[arg(long, short, default_value = "bundle", env = "NETGEN_OUT")]
    pub(super) out: PathBuf,
    /// Write nothing; show the difference and exit with 3 if the bundle is not what the manifest says.
    #[arg(long)]
    pub(super) check: bool,
    /// Only these groups of files, named like the folders of a bundle: compose, prometheus, ...
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Only the files of this host; may be repeated.
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub(super) host: Vec<String>,
    /// Pack the bundle into a `.tar.gz` file as well.
    #[arg(long, value_name = "FILE")]
    pub(super) archive: Option<PathBuf>,
    /// Write an in-toto statement that names every file that was read, with its digest.
    #[arg(long, value_name = "FILE")]
    pub(super) provenance: Option<PathBuf>,
    /// Sign the bundle with an Ed25519 key of OpenSSH.
    #[arg(long, value_name = "KEY", env = "NETGEN_SIGN")]
    pub(super) sign: Option<PathBuf>,
    /// Where it is remembered what was built from what, so that nothing is compiled where nothing changed;
    /// `off` for nowhere [default: the folder `netgen` where this user has caches].
    #[arg(long, value_name = "DIR", env = "NETGEN_CACHE")]
    pub(super) cache: Option<PathBuf>,
    /// Let images without a digest through, for development; the bundle says so.
    #[arg(long)]
    pub(super) allow_unlocked: bool,
    #[command(flatten)]
    pub(super) source: Source,
}

#[derive(Debug, Args)]
pub(super) struct Lock {
    /// Ask for every image again, or for one: a reference, a repository or a service; may be repeated.
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["check", "offline"]
    )]
    pub(super) update: Vec<String>,
    /// A list of digests: a reference and a digest a line; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub(super) pins: Vec<PathBuf>,
    /// An OCI image layout whose entries bear whole references; may be repeated.
    #[arg(long, value_name = "FOLDER")]
    pub(super) from_layout: Vec<PathBuf>,
    /// Write nothing and ask nobody; exit with 4 if an image is not pinned or a pin is not used.
    #[arg(long)]
    pub(super) check: bool,
    /// With --check: ask the registries, and exit with 4 if a tag stands for another image now.
    #[arg(long, requires = "check", conflicts_with = "offline")]
    pub(super) online: bool,
    /// Open no connection; what is not pinned is an error.
    #[arg(long)]
    pub(super) offline: bool,
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    pub(super) registries: Registries,
}

/// How registries are asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub(super) struct Registries {
    /// A server to ask first, for Docker Hub or for HOST; may be repeated.
    // Read later: a message of clap would repeat a password that stands in it.
    #[arg(
        long,
        value_name = "[HOST=]URL",
        value_delimiter = ',',
        env = "NETGEN_REGISTRY_MIRROR",
        hide_env_values = true
    )]
    pub(super) registry_mirror: Vec<String>,
    /// A host, with a port or without, that may be spoken to without TLS; may be repeated.
    #[arg(long, value_name = "HOST", value_delimiter = ',', env = "NETGEN_INSECURE_REGISTRY")]
    pub(super) insecure_registry: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(flatten)]
    pub(super) source: Source,
    /// The folder of the keys, below that of the manifest [default: secrets beside the manifest].
    #[arg(long, short, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// Encrypt new keys; the plain key never touches the disk.
    #[arg(long, value_enum)]
    pub(super) encrypt: Option<Encrypt>,
    /// Who can decrypt them: an age recipient. sops has its own rules where none is given.
    #[arg(long, value_name = "RECIPIENT")]
    pub(super) recipient: Vec<String>,
    /// The age key that opens encrypted keys which are not in the lock.
    #[arg(long, value_name = "FILE", env = "SOPS_AGE_KEY_FILE")]
    pub(super) age_key_file: Option<String>,
    /// The public half of a key that the manifest keeps elsewhere, in hexadecimal.
    #[arg(long, value_name = "SERVICE/IDENTITY=HEX")]
    pub(super) public: Vec<String>,
    /// Write nothing; exit with 4 if an identity is not in the lock.
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Encrypt {
    /// The program age.
    Age,
    /// The program sops.
    Sops,
}

#[derive(Debug, Args)]
#[command(after_help = "What is shown is a manifest, the folder or the archive of a bundle, or git:REV.\n\n\
    Examples:\n  \
    netgen report bundle -o index.html                     the page that stands in the bundle, too\n  \
    netgen report bundle -o index.html --against git:main  with what is otherwise than there\n  \
    netgen report -o report                                the page, and a picture of each dashboard")]
pub(super) struct Report {
    #[command(flatten)]
    pub(super) source: Source,
    /// The page; or a folder, for the page and a picture of each dashboard.
    #[arg(long, short, value_name = "FILE", default_value = "report")]
    pub(super) out: PathBuf,
    /// Show what is otherwise than in this: a bundle, its archive, a manifest, or git:REV.
    #[arg(long, value_name = "OTHER")]
    pub(super) against: Option<String>,
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
    /// Write every schema, and the reference of all rules, into a folder.
    #[arg(long, value_name = "FOLDER")]
    pub(super) write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// The manifest.
    Network,
    /// A part of a manifest: an overlay, an included file, or one with variables.
    Overlay,
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
    /// The output of `analyze --as json`.
    Analysis,
    /// The output of `diff --as json`.
    Diff,
    /// `network.json`.
    ResolvedNetwork,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Analyze {
    #[command(subcommand)]
    pub(super) topic: Option<AnalyzeTopic>,
    #[command(flatten)]
    pub(super) all: AnalyzeInput,
}

#[derive(Debug, Subcommand)]
pub(super) enum AnalyzeTopic {
    /// What the voting power survives: every failure domain, every pair, the smallest sets that are too much.
    Survivability(AnalyzeInput),
    /// Single points of failure, each with what would cure it.
    #[command(visible_alias = "single-points")]
    Spof(AnalyzeInput),
    /// Who reaches which port of every host, and that every binding and every peer gets through.
    Reachability(AnalyzeInput),
    /// Who hears of which failure: failure by component, its alerts, their receivers.
    Alerts(AnalyzeInput),
    /// Memory, CPU and disk of every host, and the day on which the disk is full.
    Capacity(AnalyzeInput),
    /// All of it; the same as no topic.
    All(AnalyzeInput),
}

#[derive(Debug, Args)]
pub(super) struct AnalyzeInput {
    #[command(flatten)]
    pub(super) source: Source,
    /// How the analysis is written; `--format` is for findings.
    #[arg(long = "as", value_name = "FORM", value_enum, default_value_t = Form::Human, env = "NETGEN_AS")]
    pub(super) form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people, on a terminal.
    Human,
    /// One JSON document; see `netgen schema analysis`.
    Json,
    /// For people, in a pull request or a wiki.
    Markdown,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    pub(super) source: Source,
    /// Only this host.
    #[arg(long, conflicts_with_all = ["resolved", "why"])]
    pub(super) host: Option<String>,
    /// Print the whole model, with every default filled in.
    #[arg(long)]
    pub(super) resolved: bool,
    /// Say where a value of the model comes from: `services.rpc.settings.max-peers`.
    #[arg(long, value_name = "PATH", conflicts_with = "resolved")]
    pub(super) why: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The bundle: its folder, or an archive of it.
    #[arg(default_value = "bundle")]
    pub(super) bundle: PathBuf,
    /// Refuse a part of a bundle, and images that are not pinned.
    #[arg(long)]
    pub(super) production: bool,
    /// Refuse a bundle that none of these keys has signed: a public key file, or allowed signers as
    /// for `ssh-keygen`.
    #[arg(long, value_name = "FILE", env = "NETGEN_KEY")]
    pub(super) key: Option<PathBuf>,
    /// Build this manifest in memory, and refuse a bundle that differs in any byte.
    #[arg(long, value_name = "MANIFEST", value_hint = ValueHint::FilePath)]
    pub(super) rebuild: Option<String>,
    #[command(flatten)]
    pub(super) changes: Changes,
    #[command(flatten)]
    pub(super) lints: Lints,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write a page for each command, such as netgen-build.1, into a folder.
    #[arg(long, short, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(super) out: Option<PathBuf>,
}
