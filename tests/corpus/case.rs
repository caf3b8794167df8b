//! A case of the corpus: its files, and what it says must be found.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use netgen::diag::{Diagnostic, Severity};
use netgen::text::SourceMap;
use netgen::world::MemoryWorld;
use netgen::{Compilation, Input, Options, compile, compile_to_plan};

/// One bad manifest.
pub struct Case {
    /// `<area>/<name>`.
    pub name: String,
    /// The path of the manifest inside the corpus.
    pub manifest: String,
    /// Where the golden output stands.
    pub golden: PathBuf,
    pub expected: Vec<Expected>,
    /// Whether it says why several errors are right.
    pub why: bool,
    /// Whether it is about `build` and not about `check`.
    pub build: bool,
    pub exit: i32,
    /// Text that no report may show.
    pub secret: Option<String>,
    pub files: Vec<(String, Vec<u8>)>,
}

/// A finding that must be there.
pub struct Expected {
    pub severity: Severity,
    code: String,
    before: String,
    marked: String,
    after: String,
    file: Option<String>,
}

impl Expected {
    fn new(severity: Severity, code: &str, text: &str) -> Self {
        let text = text.replace(r"\\", "\0").replace(r"\n", "\n").replace(r"\t", "\t").replace('\0', r"\");
        let (before, rest) = text.split_once('«').unwrap_or(("", &text));
        let (marked, after) = rest.split_once('»').unwrap_or((rest, ""));
        let code = code.to_owned();
        Self { severity, code, before: before.into(), marked: marked.into(), after: after.into(), file: None }
    }

    /// Whether a finding is the one. Its text is taken from the files: a secret is masked in the sources.
    pub fn is(&self, found: &Diagnostic, sources: &SourceMap, files: &[(String, Vec<u8>)]) -> bool {
        if found.rule.code != self.code || found.severity != self.severity {
            return false;
        }
        let span = found.span();
        let Some(source) = sources.get(span.source) else { return self.marked == "nowhere" };
        let (start, end) = (span.start as usize, span.end as usize);
        let file = files.iter().find(|(name, _)| name == source.name());
        let written = file.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
        let text = written.unwrap_or_else(|| source.text().to_string());
        let parts = text.get(..start).zip(text.get(start..end)).zip(text.get(end..));
        let at = parts.is_some_and(|((before, marked), after)| {
            !marked.is_empty()
                && before.ends_with(&self.before)
                && marked == self.marked
                && after.starts_with(&self.after)
        });
        at && self.file.as_ref().is_none_or(|file| source.name().ends_with(file.as_str()))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, before, marked, after, .. } = self;
        write!(f, "{} {code} at {before:?} «{marked:?}» {after:?}", severity.word())
    }
}

impl Case {
    /// A case of one file that is not on disk.
    pub fn of(manifest: &str, text: &str) -> Self {
        let files = vec![(manifest.to_owned(), text.as_bytes().to_vec())];
        Self::new(manifest.to_owned(), manifest.to_owned(), PathBuf::new(), files, text)
    }

    fn new(
        name: String,
        manifest: String,
        golden: PathBuf,
        files: Vec<(String, Vec<u8>)>,
        header: &str,
    ) -> Self {
        let mut case = Self {
            name,
            manifest,
            golden,
            expected: Vec::new(),
            why: false,
            build: false,
            exit: -1,
            secret: None,
            files,
        };
        for line in header.lines() {
            let Some(directive) = line.trim_start_matches('\u{feff}').trim().strip_prefix("# ") else {
                continue;
            };
            if let Some((head, text)) = directive.split_once(": ") {
                match head.split_once(' ') {
                    Some(("error", code)) => case.expected.push(Expected::new(Severity::Error, code, text)),
                    Some(("warning", code)) => {
                        case.expected.push(Expected::new(Severity::Warning, code, text));
                    }
                    _ => {}
                }
                match head {
                    "why" => case.why = true,
                    "secret" => case.secret = Some(text.to_owned()),
                    "run" => case.build = text == "build",
                    "exit" => case.exit = text.parse().unwrap(),
                    "file" => {
                        if let Some(last) = case.expected.last_mut() {
                            last.file = Some(text.to_owned());
                        }
                    }
                    _ => {}
                }
            }
        }
        if case.exit < 0 {
            case.exit = i32::from(case.expected.iter().any(|e| e.severity == Severity::Error));
        }
        case
    }

    /// What the library says about it.
    pub fn compile(&self) -> Compilation {
        let world = MemoryWorld::new(self.files.iter().cloned());
        let input = Input::new(self.manifest.as_str());
        if self.build {
            compile(&world, &input, Options::default())
        } else {
            compile_to_plan(&world, &input, Options { allow_unlocked: true, ..Options::default() })
        }
    }
}

/// The folder of the corpus.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn is_manifest(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["yaml", "yml", "toml", "json"].iter().any(|known| ending == *known))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Every file below a folder.
fn files_below(folder: &Path, into: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

/// Every case, by name.
pub fn cases() -> Vec<Case> {
    let root = folder();
    let relative = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    let mut found = Vec::new();
    for area in entries(&root).into_iter().filter(|path| path.is_dir()) {
        for path in entries(&area) {
            let mut files = Vec::new();
            let manifest = if path.is_dir() {
                files_below(&path, &mut files);
                let network = |file: &&PathBuf| file.file_stem().is_some_and(|stem| stem == "network");
                files
                    .iter()
                    .find(network)
                    .unwrap_or_else(|| panic!("{} has no manifest", path.display()))
                    .clone()
            } else if is_manifest(&path) {
                files.push(path.clone());
                path.clone()
            } else {
                continue;
            };
            // Every directive stands in the manifest or in a file of its own.
            let mut header = String::from_utf8_lossy(&fs::read(&manifest).unwrap()).into_owned();
            header.push('\n');
            header.push_str(&fs::read_to_string(path.with_extension("expect")).unwrap_or_default());
            let files = files.iter().map(|file| (relative(file), fs::read(file).unwrap())).collect();
            let name = relative(&path.with_extension(""));
            let golden = path.with_extension("txt");
            found.push(Case::new(name, relative(&manifest), golden, files, &header));
        }
    }
    found
}
