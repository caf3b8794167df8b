//! What `netgen build --check` shows: which files differ and why, and the lines.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use similar::TextDiff;

use crate::bundle::{
    BUNDLE_JSON, BundlePath, Comparison, NETWORK_JSON, PROVENANCE, REPORT_PAGE, SHA256SUMS, SIGNATURE, Sealed,
};
use crate::hashed::HashSet;
use crate::text::mask_secrets;

/// Lines of difference that are shown of one file, and of all.
const MOST_OF_ONE: usize = 60;
const MOST_OF_ALL: usize = 600;
/// A longer file is not compared line by line.
const MOST_BYTES: u64 = 1 << 20;
/// Files that only say what the others are: their lines say nothing more.
const BY_DIGEST: &[&str] = &[BUNDLE_JSON, NETWORK_JSON, PROVENANCE, REPORT_PAGE, SHA256SUMS, SIGNATURE];

/// The report; empty where there is no difference.
pub(super) fn text(comparison: &Comparison, sealed: &Sealed, dir: &Path) -> String {
    let mut text = names(comparison);
    let (mut left, mut unseen) = (MOST_OF_ALL, 0);
    for path in comparison.changed().into_iter().filter(|path| !BY_DIGEST.contains(&path.as_str())) {
        if left == 0 {
            unseen += 1;
            continue;
        }
        let lines = lines(path, sealed, dir);
        let shown = MOST_OF_ONE.min(left).min(lines.len());
        text.push('\n');
        text.extend(lines.iter().take(shown).flat_map(|line| [line.as_str(), "\n"]));
        if lines.len() > shown {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "({} more lines of {path})", lines.len() - shown);
        }
        left -= shown;
    }
    if unseen > 0 {
        let _ = writeln!(text, "\n({unseen} more files differ)");
    }
    text
}

/// One line a file that is not what it should be, and why.
fn names(comparison: &Comparison) -> String {
    let groups = [
        ("missing", &comparison.missing),
        ("left over", &comparison.extra),
        ("out of date", &comparison.outdated),
        ("edited by hand", &comparison.hand_edited),
    ];
    let mut lines: Vec<String> = groups
        .iter()
        .flat_map(|(word, paths)| paths.iter().map(move |path| format!("{path}: {word}\n")))
        .collect();
    lines.sort();
    lines.concat()
}

/// Whether somebody else's line ends are all that differs, as Git makes them on some machines.
pub(super) fn line_ends_only(there: &str, wanted: &str) -> bool {
    there.len() != wanted.len() && there.replace("\r\n", "\n") == wanted
}

/// A text with its secrets masked, but for the lines that netgen itself wrote: they hold none, and a
/// masked one would look like a change.
fn masked(there: &str, wanted: &str) -> String {
    let ours: HashSet<&str> = wanted.split_inclusive('\n').collect();
    let hidden = mask_secrets(there);
    let lines = there.split_inclusive('\n').zip(hidden.split_inclusive('\n'));
    lines.map(|(plain, hidden)| if ours.contains(plain) { plain } else { hidden }).collect()
}

/// A unified difference from the file that stands there to the one that should, without line ends.
/// What somebody wrote into a file by hand may be a secret.
fn lines(path: &BundlePath, sealed: &Sealed, dir: &Path) -> Vec<String> {
    let place = dir.join(path.as_str());
    let there = fs::metadata(&place)
        .ok()
        .filter(|meta| meta.is_file() && meta.len() <= MOST_BYTES)
        .and_then(|_| fs::read(&place).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let wanted =
        sealed.get(path.as_str()).and_then(|file| String::from_utf8(file.bytes().ok()?.into_owned()).ok());
    let (Some(there), Some(wanted)) = (there, wanted) else {
        return vec![format!("{path}: no text to compare")];
    };
    if [&there, &wanted].iter().any(|text| text.contains('\0')) {
        return vec![format!("{path}: no text to compare")];
    }
    if there == wanted {
        return vec![format!("{path}: other permissions")];
    }
    if line_ends_only(&there, &wanted) {
        return vec![format!("{path}: other line ends")];
    }
    let there = masked(&there, &wanted);
    let diff = TextDiff::from_lines(there.as_str(), wanted.as_str());
    let text = diff.unified_diff().context_radius(3).header(path.as_str(), path.as_str()).to_string();
    // A control character would reach the terminal.
    let plain =
        |line: &str| line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    text.lines().map(plain).collect()
}
