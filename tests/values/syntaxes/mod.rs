//! The target syntaxes, a file each.

pub mod alertmanager;
pub mod ansible;
pub mod compose;
mod deployed;
mod dot;
mod haproxy;
mod json;
mod manager;
mod markdown;
mod mermaid;
mod nft;
mod prometheus;
mod promql;
mod quadlet;
mod shell;
mod systemd;
mod toml;
mod written;
mod xml;
pub mod yaml;

use netgen::emit::format::Error;

use crate::bench::{Bench, Fault};

/// All of them.
pub const ALL: &[Syntax] = &[
    compose::FILE,
    compose::ENV_FILE,
    ansible::TASK,
    ansible::INVENTORY,
    prometheus::SYNTAX,
    alertmanager::SYNTAX,
    yaml::PYYAML,
    yaml::RUAMEL,
    yaml::GO,
    json::NODE,
    json::PYTHON,
    systemd::EXEC,
    systemd::ENVIRONMENT,
    systemd::ENV_FILE,
    systemd::TEXT,
    quadlet::EXEC,
    quadlet::ENVIRONMENT,
    quadlet::LABEL,
    quadlet::TEXT,
    shell::DASH,
    shell::BASH,
    haproxy::SYNTAX,
    nft::STRING,
    nft::COMMENT,
    promql::STRING,
    promql::PATTERN,
    mermaid::SYNTAX,
    dot::SYNTAX,
    xml::SYNTAX,
    markdown::TEXT,
    markdown::HEADING,
    markdown::CELL,
    markdown::CODE,
    markdown::BLOCK,
    toml::SYNTAX,
    deployed::NATIVE_WORDS,
    deployed::NATIVE_VARIABLES,
    deployed::QUADLET_WORDS,
    deployed::QUADLET_VARIABLES,
];

/// A target syntax, with the program that reads it on a real host.
#[derive(Debug)]
pub struct Syntax {
    /// As the trials are called.
    pub name: &'static str,
    /// The programs that [`Self::read`] needs.
    pub tools: &'static [&'static str],
    /// Writes all values with a writer, in as few files as can be, and has the reader read them: one
    /// outcome a value, in their order.
    ///
    /// [`Fault::Rejected`] where the reader refuses a file: the writer has let something pass.
    #[expect(clippy::type_complexity, reason = "a name for it would say no more")]
    pub read: fn(&Bench, Writer, &[String]) -> Result<Vec<Outcome>, Fault>,
    /// A value that the reader takes, and takes for another one, where nobody quotes it.
    pub mistaken: &'static str,
    /// The values that netgen's writer may refuse. The doc comment of the function says why; any
    /// other refusal is a fault of the writer.
    pub refusable: fn(&str) -> bool,
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// The writer of netgen.
    Netgen,
    /// One that knows nothing of quoting, whose faults must be found.
    Naive,
}

/// What has become of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The reader gives back what was written.
    Kept,
    /// The writer did not write it, and says why.
    Refused(String),
    /// The reader gives back something else, or nothing.
    Changed {
        /// Where in the file.
        place: &'static str,
        /// What the reader has there.
        to: Option<String>,
    },
}

impl Outcome {
    /// Of a value that was written in some places.
    pub fn of<'a>(value: &str, places: impl IntoIterator<Item = (&'static str, Option<&'a str>)>) -> Self {
        for (place, to) in places {
            if to != Some(value) {
                return Self::Changed { place, to: to.map(str::to_owned) };
            }
        }
        Self::Kept
    }
}

/// For `map_err`: a file that can hold any text was refused.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub fn unwritten(error: Error) -> Fault {
    Fault::Rejected(error.to_string())
}

/// The JSON that a reader prints.
pub fn parsed(text: &str) -> Result<serde_json::Value, Fault> {
    serde_json::from_str(text).map_err(Fault::io("the reader prints no JSON"))
}

/// Environment files of Compose and systemd are read by line, and the two have no escape in common
/// for a line end or another control character. systemd refuses files with what Unicode keeps for
/// no text.
pub fn no_env_file_holds(value: &str) -> bool {
    let noncharacter = |c| u32::from(c) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c);
    value.chars().any(|c| (c.is_control() && c != '\t') || noncharacter(c))
}
