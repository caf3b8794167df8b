//! `provenance.json`: an in-toto statement that says by what, and from what, a bundle was made.
//!
//! Statement v1 of in-toto, predicate v1 of SLSA provenance. It names no machine, user, path or time,
//! so it is one of the reproducible files. What a variable of the manifest is set to shows nowhere
//! but in what it does: not even as a hash, for a short value could be guessed from one.

use serde::Serialize;
use serde_json::{Value, json};

use super::manifest::{GENERATOR, Header, Input};
use super::part::Part;
use super::{Bundle, BundlePath, File, InsertError};

/// The name of the file.
pub const PROVENANCE: &str = "provenance.json";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// Package URLs name what has no page on the web.
const BUILD_TYPE: &str = "pkg:generic/netgen#bundle/v1";

/// A statement about files.
#[derive(Debug, Serialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<Descriptor>,
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: Value,
}

/// A named thing with its digest: `ResourceDescriptor` of in-toto.
#[derive(Debug, Serialize)]
struct Descriptor {
    name: String,
    digest: Digest,
}

#[derive(Debug, Serialize)]
struct Digest {
    sha256: String,
}

impl Descriptor {
    fn new(name: &str, sha256: String) -> Self {
        Self { name: name.to_owned(), digest: Digest { sha256 } }
    }

    fn of(input: &Input) -> Self {
        Self::new(&input.path, input.sha256.clone())
    }
}

impl Statement {
    /// What a build with these parameters made of these inputs.
    fn new(subject: Vec<Descriptor>, parameters: &Value, inputs: &[Input]) -> Self {
        let mut inputs: Vec<&Input> = inputs.iter().collect();
        inputs.sort();
        let dependencies: Vec<Descriptor> = inputs.into_iter().map(Descriptor::of).collect();
        let version = env!("CARGO_PKG_VERSION");
        let predicate = json!({
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": parameters,
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {
                    "id": format!("pkg:generic/{GENERATOR}@{version}"),
                    "version": { GENERATOR: version },
                },
            },
        });
        Self { kind: STATEMENT, subject, predicate_type: PREDICATE, predicate }
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists: the serializer has nothing to refuse.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// How a build was asked for: the names of what was changed from outside, never a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The places that `--set` changed.
    pub sets: Vec<String>,
    /// The names of the variables that were given a value.
    pub variables: Vec<String>,
    /// Every file that was read, by its path below the manifest's folder (or its name alone), with the
    /// SHA-256 of its bytes.
    pub sources: Vec<Input>,
}

impl Request {
    /// A statement that stands beside a bundle and says from which files it was made. The one inside
    /// is the same however a network is spread over files; this one is not.
    pub fn statement(&self, header: &Header, subject: &[Input]) -> Statement {
        let mut parameters = parameters(header);
        if let Value::Object(map) = &mut parameters {
            map.insert("set".to_owned(), json!(self.sets));
            map.insert("variables".to_owned(), json!(self.variables));
        }
        Statement::new(subject.iter().map(Descriptor::of).collect(), &parameters, &self.sources)
    }
}

fn parameters(header: &Header) -> Value {
    let mut parameters = json!({
        "network": header.network,
        "production": header.production,
        "pinned": header.pinned,
    });
    if let (Some(part), Value::Object(map)) = (&header.part, &mut parameters) {
        map.insert("part".to_owned(), json!(part));
    }
    parameters
}

impl Bundle {
    /// Adds `provenance.json`, about the files that are there. In a part only the files of that part
    /// were made by this build.
    ///
    /// # Errors
    /// The name is taken.
    pub fn attest(&mut self, header: &Header) -> Result<(), InsertError> {
        let made = |path: &BundlePath| header.part.as_ref().is_none_or(|part: &Part| part.has(path));
        let files = self.files().filter(|(path, _)| made(path));
        let subject = files.map(|(path, file)| Descriptor::new(path.as_str(), file.sha256())).collect();
        let statement = Statement::new(subject, &parameters(header), &header.inputs);
        self.insert(BundlePath::constant(PROVENANCE), File::regular(statement.to_json()))
    }
}
