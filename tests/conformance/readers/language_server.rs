//! The language server that editors ask about YAML, with the schema that the manifest's first line
//! names: it must be content with the manifest and know its first key.
//!
//! `network.probes.yaml` beside a manifest says what else it must answer. Each probe is one of
//!
//! * `hover` (a text that the manifest holds once) and `shows` (what is said of its first letter);
//! * `after` (a text that the manifest holds once), `type` (what is typed there, `|` for the cursor)
//!   and `offers` (names that must be offered), `refuses` (words of a diagnostic) or `accepts: true`.

use std::path::Path;

use serde::Deserialize;

use super::{Reader, Root};
use crate::bench::{Bench, Fault, Verdict};
use crate::editor::Editor;
use crate::files::{find, read};

pub const READER: Reader = Reader {
    name: "language-server",
    root: Root::Source,
    files: |root| find(root, &["network.yaml"]),
    read: |bench, input| input.each(|manifest| check(bench, &input.root.join(manifest))),
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Probe {
    hover: String,
    shows: Vec<String>,
    after: String,
    r#type: String,
    offers: Vec<String>,
    refuses: String,
    accepts: bool,
}

fn check(bench: &Bench, manifest: &Path) -> Verdict {
    let manifest = manifest.canonicalize().map_err(Fault::io("cannot find the manifest"))?;
    let text = read(&manifest)?;
    let server = bench.tool("yaml-language-server")?.args(["--stdio"]);
    let mut editor = Editor::open(server, &manifest, &text)?;
    let found = editor.diagnostics()?;
    if !found.is_empty() {
        return Err(Fault::Rejected(found.join("\n")));
    }
    let first = "netgen:";
    Probe { hover: first.to_owned(), shows: vec!["version".to_owned()], ..Probe::default() }
        .ask(&mut editor, &text)?;
    let probes = manifest.with_extension("probes.yaml");
    if !probes.is_file() {
        return Ok(());
    }
    let probes: Vec<Probe> =
        serde_yaml::from_str(&read(&probes)?).map_err(Fault::io("cannot read the probes"))?;
    probes.iter().try_for_each(|probe| probe.ask(&mut editor, &text))
}

impl Probe {
    fn ask(&self, editor: &mut Editor, text: &str) -> Verdict {
        if !self.hover.is_empty() {
            let shown = editor.hover(place(text, &self.hover)?)?;
            let missing = self.shows.iter().find(|words| !shown.contains(words.as_str()));
            return missing.map_or(Ok(()), |words| {
                Err(Fault::Rejected(format!("over `{}` it does not say `{words}` but:\n{shown}", self.hover)))
            });
        }
        let at = place(text, &self.after)? + self.after.len();
        let cursor = at + place(&self.r#type, "|")?;
        let (before, after) = text.split_at(at);
        editor.change(&format!("{before}{}{after}", self.r#type.replace('|', "")))?;
        let found = editor.diagnostics()?;
        let offered = editor.completions(cursor)?;
        // Back to what it was, for the next probe.
        editor.change(text)?;
        editor.diagnostics()?;
        if let Some(name) = self.offers.iter().find(|name| !offered.contains(name)) {
            return Err(Fault::Rejected(format!("it does not offer `{name}` but {offered:?}")));
        }
        if self.accepts && !found.is_empty() {
            return Err(Fault::Rejected(format!("it refuses `{}`: {found:?}", self.r#type.trim())));
        }
        if self.refuses.is_empty() || found.iter().any(|line| line.contains(&self.refuses)) {
            return Ok(());
        }
        Err(Fault::Rejected(format!("it does not refuse with `{}` but says {found:?}", self.refuses)))
    }
}

/// The byte at which a text begins that stands exactly once.
fn place(text: &str, part: &str) -> Result<usize, Fault> {
    let mut found = text.match_indices(part);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        _ => Err(Fault::Trouble(format!("`{part}` does not stand exactly once"))),
    }
}
