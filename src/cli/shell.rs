//! `netgen completions` and `netgen man`

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use super::args::{Completions, Man as ManArgs};
use super::exit::Exit;
use super::help;
use super::output::Output;
use super::{Failure, Outcome};

pub(super) fn completions(args: &Completions, output: &Output) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::command(), "netgen", &mut script);
    output.data(&String::from_utf8_lossy(&script));
    Ok(Exit::Ok)
}

pub(super) fn man(args: &ManArgs, output: &Output) -> Outcome {
    let mut command = help::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.out else {
        let page = page(&command)
            .map_err(|error| Failure::new(Exit::Io, format!("cannot render the manual page: {error}")))?;
        output.data(&String::from_utf8_lossy(&page));
        return Ok(Exit::Ok);
    };
    let count = write(&command, folder)
        .map_err(|error| Failure::new(Exit::Io, format!("cannot write `{}`: {error}", folder.display())))?;
    output.note(&format!("{}: {count} pages written", folder.display()));
    Ok(Exit::Ok)
}

/// Writes the pages of a command and of all within it; gives how many.
fn write(command: &Command, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(Man::new(command.clone()).get_filename()), page(command)?)?;
    command.get_subcommands().try_fold(1, |count, inner| Ok(count + write(inner, folder)?))
}

/// The page of one command, in the macros of man(7).
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let version = env!("CARGO_PKG_VERSION");
    // The library's own title says the version where the date belongs.
    let title = format!(".TH {} 1 \"\" \"netgen {version}\" \"netgen\"\n", roff(name));
    let mut page = title.into_bytes();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    // What stands below `--help` has lines that must stay as they are.
    if let Some(text) = command.get_after_help() {
        page.extend(sections(&text.to_string()).into_bytes());
    }
    Ok(page)
}

/// The remarks below a help text, and its examples line by line.
fn sections(text: &str) -> String {
    let (remarks, examples) = text.split_once(help::HEADING).unwrap_or((text, ""));
    let mut page = String::new();
    if !remarks.trim().is_empty() {
        page.push_str(&format!(".SH NOTES\n{}\n", roff(remarks.trim())));
    }
    if !examples.trim().is_empty() {
        page.push_str(&format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", roff(examples.trim_matches('\n'))));
    }
    page
}

/// Text as it is: no character is a request or an escape of roff, and what is typed can be copied.
fn roff(text: &str) -> String {
    let line = |line: &str| {
        let line = line.strip_prefix("  ").unwrap_or(line);
        let plain =
            line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga");
        let plain = plain.replace('~', "\\(ti").replace('^', "\\(ha");
        if plain.starts_with('.') { format!("\\&{plain}") } else { plain }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_request() {
        assert_eq!(roff("  .so /etc/passwd\n'x\n\\fB a-b"), "\\&.so /etc/passwd\n\\(aqx\n\\efB a\\-b");
    }

    #[test]
    fn remarks_and_examples_are_sections() {
        let page =
            sections("A side is a manifest.\n\nExamples:\n  netgen diff bundle   what a deploy changes");
        assert!(page.starts_with(".SH NOTES\nA side is a manifest.\n.SH EXAMPLES\n.nf\nnetgen diff bundle"));
        assert!(page.ends_with(".fi\n"));
    }
}
