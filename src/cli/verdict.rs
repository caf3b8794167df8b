//! The last line of `netgen build --check`: what is wrong with the bundle, and the command that cures it.

use std::env;
use std::fs;
use std::path::Path;

use super::difference::line_ends_only;
use crate::bundle::{self, Comparison, Sealed};
use crate::text::mask_secrets;

/// Why a bundle is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is none, in this folder.
    Absent(String),
    /// Another netgen made it, of this version.
    OtherVersion(String),
    /// So many files have other line ends, and else nothing differs.
    LineEnds(usize),
    /// So many files were edited by hand.
    Edited(usize),
    /// The manifest, the lock or a file beside them has changed.
    Stale,
}

impl Verdict {
    pub(super) fn new(comparison: &Comparison, sealed: &Sealed, dir: &Path) -> Self {
        if Self::is_absent(comparison) {
            return Self::Absent(dir.display().to_string());
        }
        let edited = &comparison.hand_edited;
        let by_git = edited.iter().filter(|path| {
            let there = fs::read_to_string(dir.join(path.as_str()));
            let wanted =
                sealed.get(path.as_str()).and_then(|file| std::str::from_utf8(file.in_memory()?).ok());
            matches!((there, wanted), (Ok(there), Some(wanted)) if line_ends_only(&there, wanted))
        });
        let by_git = by_git.count();
        let made_by = bundle::open(dir).and_then(|tree| tree.manifest()).map(|made| made.generator.version);
        match made_by {
            _ if by_git > 0 && by_git == edited.len() => Self::LineEnds(by_git),
            _ if edited.len() > by_git => Self::Edited(edited.len() - by_git),
            Ok(version) if version != env!("CARGO_PKG_VERSION") => Self::OtherVersion(version),
            _ => Self::Stale,
        }
    }

    /// Whether nothing of a bundle stands there.
    pub(super) fn is_absent(comparison: &Comparison) -> bool {
        comparison.changed().is_empty()
            && comparison.extra.is_empty()
            && comparison.foreign.is_empty()
            && comparison.missing.iter().any(|path| path.as_str() == bundle::BUNDLE_JSON)
    }

    /// The sentence, with the command.
    pub(super) fn message(&self, manifests: &str, cure: &str) -> String {
        match self {
            Self::Absent(dir) => format!("there is no bundle at `{dir}`; {cure} writes it"),
            Self::OtherVersion(version) => format!(
                "the bundle is of netgen {version}, and this is {}; {cure} writes it anew, and `netgen diff` \
                 says what that changes",
                env!("CARGO_PKG_VERSION")
            ),
            Self::LineEnds(count) => format!(
                "{} other line ends, as Git writes them for some; put `bundle/** -text` into \
                 `.gitattributes`, with the folder of this bundle, then {cure} writes them anew",
                files(*count, "has", "have")
            ),
            Self::Edited(count) => format!(
                "{} edited by hand; what it should say belongs into `{manifests}`, and {cure} writes the \
                 bundle anew, without the edits",
                files(*count, "was", "were")
            ),
            Self::Stale => format!(
                "the bundle is not what `{manifests}` says; {cure} writes it anew, to be committed with it"
            ),
        }
    }
}

fn files(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 file {one}") } else { format!("{count} files {many}") }
}

/// The command of this process without `--check`, to be typed. One that may hold a secret is not repeated.
pub(super) fn cure() -> String {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--check").collect();
    command(&arguments)
        .map_or_else(|| "the same command without `--check`".to_owned(), |command| format!("`{command}`"))
}

fn command(arguments: &[String]) -> Option<String> {
    let words: Vec<String> = std::iter::once("netgen".to_owned())
        .chain(arguments.iter().map(|argument| quoted(argument)))
        .collect();
    let line = words.join(" ");
    let given = |option: &str| arguments.iter().any(|a| a == option || a.starts_with(&format!("{option}=")));
    let hides = given("--var") || given("--set") || *mask_secrets(&line) != *line;
    (!hides && !line.contains(['`', '\n'])).then_some(line)
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+~".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Option<String> {
        command(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_command_can_be_typed() {
        assert_eq!(of(&["build"]).unwrap(), "netgen build");
        assert_eq!(
            of(&["build", "-f", "our net.yaml", "-o", "it's"]).unwrap(),
            r"netgen build -f 'our net.yaml' -o 'it'\''s'"
        );
    }

    #[test]
    fn values_are_not_repeated() {
        assert_eq!(of(&["build", "--var", "token=abc"]), None);
        assert_eq!(of(&["build", "--set=a.b=c"]), None);
        assert_eq!(of(&["build", "https://me:pass@example.net/x"]), None);
    }

    #[test]
    fn every_message_names_a_command() {
        let all = [
            Verdict::Absent("bundle".to_owned()),
            Verdict::OtherVersion("0.0.1".to_owned()),
            Verdict::LineEnds(2),
            Verdict::Edited(1),
            Verdict::Stale,
        ];
        for verdict in all {
            let message = verdict.message("network.yaml", "`netgen build`");
            assert!(message.contains("`netgen build`") && !message.ends_with('.'), "{message}");
        }
    }
}
