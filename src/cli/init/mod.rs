//! `netgen init`: a small manifest that passes `netgen check` without a finding.

mod draft;
pub(super) mod files;
mod interview;
mod judge;
mod questions;
mod terminal;

pub(super) use self::draft::AlertTo;
use self::draft::Draft;
use self::interview::{Asking, Interview};
use self::judge::findings;
use super::args::{Init as Args, SchemaName};
use super::exit::Exit;
use super::output::Output;
use super::schema;
use super::world::RealWorld;
use super::{Failure, Outcome};
use crate::catalog::Catalog;
use crate::catalog::blueprint::Blueprint;
use crate::catalog::chain::Chain;
use crate::diag::{Diagnostic, Sink};
use crate::hashed::IndexMap;
use crate::load::{folder_of, join};
use crate::manifest::{Environment, NamePattern};
use crate::text::SourceMap;

/// What can be chosen from.
struct Offers {
    catalog: Catalog,
    chains: Vec<Chain>,
    blueprints: Vec<Blueprint>,
    sources: SourceMap,
    sink: Sink,
}

impl Offers {
    fn new(folder: &str) -> Self {
        let mut catalog = Catalog::built_in();
        catalog.add_folder(&RealWorld, folder);
        let (mut sources, mut sink) = (SourceMap::default(), Sink::new());
        let ids: Vec<String> = catalog.chain_ids().map(str::to_owned).collect();
        let chains =
            ids.iter().filter_map(|id| catalog.chain(id, &RealWorld, &mut sources, &mut sink)).collect();
        let blueprints = Catalog::blueprints(&mut sources, &mut sink);
        Self { catalog, chains, blueprints, sources, sink }
    }

    /// The draft before any answer: a test network, and the first stack for it.
    fn draft(&self) -> Option<Draft> {
        let fits = |chain: &&Chain| self.blueprints.iter().any(|b| b.family == chain.family);
        let fitting = || self.chains.iter().filter(fits);
        let chain = fitting().find(|chain| chain.test).or_else(|| fitting().next())?;
        let blueprint = self.blueprints.iter().find(|b| b.family == chain.family)?.clone();
        Some(Draft {
            name: usual_name(),
            chain: chain.id.clone(),
            environment: if chain.test { Environment::Testnet } else { Environment::Production },
            blueprint,
            components: IndexMap::default(),
            settings: IndexMap::default(),
            hosts: Vec::new(),
            nodes: None,
            resources: None,
            ssh_user: None,
            data_dir: None,
            admin_networks: Vec::new(),
            alerts: None,
            heartbeat: None,
            backup: None,
        })
    }
}

/// The name of the working folder where it can be a name.
fn usual_name() -> String {
    let folder = std::env::current_dir().ok();
    let name = folder.as_ref().and_then(|path| path.file_name()).and_then(|name| name.to_str());
    let name = name.map(|name| name.to_ascii_lowercase().replace(['_', ' ', '.'], "-"));
    name.filter(|name| NamePattern::matches(name)).unwrap_or_else(|| "my-network".to_owned())
}

pub(super) fn run(args: &Args, output: &Output) -> Outcome {
    let path = args.output.as_str();
    // Before anybody is asked anything.
    files::may_write(path, args.force)?;
    let interactive = !args.yes && terminal::is_interactive();
    let mut offers = Offers::new(folder_of(path));
    let Some(begin) = offers.draft() else {
        return Err(Failure::new(Exit::Findings, "no chain has a stack to begin with"));
    };
    if !interactive {
        let draft = from_flags(args, &mut offers, path, &begin)?;
        return write(args, &draft, output);
    }
    let mut draft = begin;
    loop {
        let mut interview = Interview::new(args, &mut offers, path, Asking::Person, draft);
        interview.run()?;
        draft = interview.draft;
        let left = findings(&draft, path);
        if left.is_empty() {
            return write(args, &draft, output);
        }
        let left = lines(&left);
        terminal::say(&format!("\nThese answers do not go together:\n{left}\n\nOnce more, from the start:"));
    }
}

/// The draft that the flags give, which must be right as a whole.
fn from_flags(args: &Args, offers: &mut Offers, path: &str, begin: &Draft) -> Result<Draft, Failure> {
    let mut interview = Interview::new(args, offers, path, Asking::Nobody, begin.clone());
    if interview.run().is_ok() && findings(&interview.draft, path).is_empty() {
        return Ok(interview.draft);
    }
    let mut interview = Interview::new(args, offers, path, Asking::Flags, begin.clone());
    interview.run()?;
    let left = lines(&findings(&interview.draft, path));
    Err(Failure::new(
        Exit::Findings,
        format!("nothing was written: with these answers `netgen check` would find\n{left}"),
    ))
}

fn lines(findings: &[Diagnostic]) -> String {
    let line = |finding: &Diagnostic| {
        let help: String = finding.help.iter().map(|help| format!("\n  help: {help}")).collect();
        format!("{} {}{help}", finding.rule.code, finding.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn write(args: &Args, draft: &Draft, output: &Output) -> Outcome {
    let path = args.output.as_str();
    let text = draft.text().map_err(|error| Failure::new(Exit::Findings, error))?;
    let kept = files::write(path, &text, args.force)?;
    let schema_path = join(folder_of(path), draft::SCHEMA);
    let schema = crate::schema::to_text(&schema::of(SchemaName::Network, folder_of(path), output));
    files::write_generated(&schema_path, &schema)?;
    if let Some(kept) = kept {
        output.note(&format!("{path}: the one from before is {kept}"));
    }
    output.note(&format!("{path}: written, with {schema_path} for your editor"));
    output.note(&next_steps(path, draft));
    Ok(Exit::Ok)
}

fn next_steps(path: &str, draft: &Draft) -> String {
    let named = if path == super::args::DEFAULT_OUTPUT { String::new() } else { format!(" {path}") };
    let mut lines = vec![
        "next:".to_owned(),
        format!("  netgen check{named}                    after every change"),
        format!("  netgen lock{named} --pins <digests>    pins every image"),
        format!("  netgen build{named}                    writes the bundle"),
    ];
    lines.extend(draft.blueprint.next.iter().map(|line| format!("  {line}")));
    lines.join("\n")
}
