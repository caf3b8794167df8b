//! The examples below `--help` of every command, which are those of its manual page, too.

use clap::{Command, CommandFactory as _};

use super::args::Cli;

/// Above the examples in a help text.
pub(super) const HEADING: &str = "Examples:";

/// What it does, and the line to type.
type Example = (&'static str, &'static str);

/// The examples of each command; of a command within a command both names. `diff` has its own, among
/// what it says of its sides.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "init",
        &[
            ("answer questions; the manifest is `network.yaml`", "netgen init"),
            (
                "the same without a terminal",
                "netgen init --name demo --chain hoodi --stack node --host node-1=203.0.113.10 --yes",
            ),
        ],
    ),
    (
        "check",
        &[
            ("the manifest of this folder", "netgen check"),
            (
                "with an overlay, and warnings count as errors, as in CI",
                "netgen check -f network.yaml -f prod.yaml --deny warnings",
            ),
            ("for code scanning", "netgen check --format sarif > findings.sarif"),
            ("what another program writes", "cat network.yaml | netgen check -"),
        ],
    ),
    (
        "lock",
        &[
            ("pin what is not pinned yet", "netgen lock"),
            ("take what one tag stands for now", "netgen lock --update=postgres:18.3-alpine"),
            ("in CI: is everything pinned? Asks nobody", "netgen lock --check"),
            ("has a tag moved since?", "netgen lock --check --online"),
            ("without a network, from a list of digests", "netgen lock --offline --pins digests.txt"),
        ],
    ),
    (
        "keys",
        &[
            ("new keys into `secrets/`, their public halves into the lock", "netgen keys"),
            (
                "the same, encrypted before they touch the disk",
                "netgen keys --encrypt age --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            ),
            ("in CI: is every identity in the lock?", "netgen keys --check"),
        ],
    ),
    (
        "build",
        &[
            ("the bundle of the manifest in this folder", "netgen build"),
            (
                "another manifest into another folder",
                "netgen build network.yaml -f prod.yaml -o bundles/prod",
            ),
            (
                "in CI: is the bundle that is committed the one that the manifest gives?",
                "netgen build --check",
            ),
            ("the files of one host", "netgen build --host node-1"),
            (
                "signed, and packed for a release",
                "netgen build --archive bundle.tar.gz --sign ~/.ssh/id_ed25519",
            ),
        ],
    ),
    ("import", &[("what can be converted", "netgen import --help")]),
    (
        "import load-network",
        &[("a manifest with `schema_version: 1`", "netgen import load-network load.yaml -o network.yaml")],
    ),
    (
        "graph",
        &[
            ("a flowchart for a wiki", "netgen graph"),
            ("a picture", "netgen graph --as svg > topology.svg"),
            ("one service, and what it is bound to", "netgen graph --focus node-1-beacon"),
        ],
    ),
    (
        "analyze",
        &[
            ("everything", "netgen analyze"),
            ("for a pull request", "netgen analyze survivability --as markdown"),
            ("for a program", "netgen analyze capacity --as json"),
        ],
    ),
    ("analyze survivability", &[("what the network survives", "netgen analyze survivability network.yaml")]),
    ("analyze spof", &[("each single point of failure with its cure", "netgen analyze spof")]),
    ("analyze reachability", &[("who reaches which port", "netgen analyze reachability")]),
    ("analyze alerts", &[("who hears of which failure", "netgen analyze alerts --as markdown")]),
    ("analyze capacity", &[("what hosts need, and when disks are full", "netgen analyze capacity")]),
    ("analyze all", &[("everything, as one document", "netgen analyze all --as json")]),
    ("report", &[("a page to look at, in `report/`", "netgen report -o report")]),
    (
        "explain",
        &[
            ("a rule, with a bad and a good manifest", "netgen explain NG0210"),
            ("the same by its name", "netgen explain port-collision"),
            ("all rules", "netgen explain"),
        ],
    ),
    (
        "components",
        &[
            ("all of the catalog", "netgen components"),
            ("settings, interfaces, alerts and metrics of one", "netgen components geth"),
            ("for a program", "netgen components geth --json"),
        ],
    ),
    (
        "schema",
        &[
            ("that of the manifest", "netgen schema > network.schema.json"),
            ("all of them, for editors", "netgen schema --write .netgen"),
        ],
    ),
    (
        "show",
        &[
            ("every service, port, image and binding", "netgen show"),
            ("the whole network with every default", "netgen show --resolved"),
            ("where a value comes from", "netgen show --why hosts.node-1.address"),
        ],
    ),
    (
        "verify",
        &[
            ("is the bundle complete and untouched?", "netgen verify bundle"),
            (
                "and is it what the manifest gives, signed by one of us?",
                "netgen verify bundle --rebuild network.yaml --key allowed_signers --production",
            ),
        ],
    ),
    (
        "completions",
        &[
            (
                "bash, for this user",
                "netgen completions bash > ~/.local/share/bash-completion/completions/netgen",
            ),
            ("zsh, into a folder of `fpath`", "netgen completions zsh > ~/.zfunc/_netgen"),
            ("fish", "netgen completions fish > ~/.config/fish/completions/netgen.fish"),
            (
                "PowerShell, for this session",
                "netgen completions powershell | Out-String | Invoke-Expression",
            ),
        ],
    ),
    (
        "man",
        &[
            ("read the page", "netgen man | man -l -"),
            (
                "a page for each command, where `man netgen-build` finds it",
                "netgen man -o ~/.local/share/man/man1",
            ),
        ],
    ),
];

/// The whole grammar, with its examples.
pub(super) fn command() -> Command {
    EXAMPLES.iter().fold(Cli::command(), |command, (path, examples)| {
        let names: Vec<&str> = path.split(' ').collect();
        add(command, &names, &text(examples))
    })
}

fn add(command: Command, path: &[&str], text: &str) -> Command {
    match path.split_first() {
        None => command.after_help(text.to_owned()),
        Some((name, rest)) => command.mut_subcommand(name, |inner| add(inner, rest, text)),
    }
}

fn text(examples: &[Example]) -> String {
    let lines: Vec<String> = examples.iter().map(|(what, line)| format!("  # {what}\n  {line}")).collect();
    format!("{HEADING}\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command below this one with its path, but for `help`.
    fn all(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            all(inner, &path, found);
            found.push((path.trim_start().to_owned(), inner.clone()));
        }
    }

    fn commands() -> Vec<(String, Command)> {
        let mut found = Vec::new();
        all(&command(), "", &mut found);
        assert!(found.len() > 20);
        found
    }

    /// The lines of a help text that can be typed, without what pipes and redirections add.
    fn lines(command: &Command) -> Vec<String> {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let after = text.split_once(HEADING).map(|(_, after)| after.to_owned()).unwrap_or_default();
        let of_netgen = |line: &str| {
            let part = line.split(" | ").find(|part| part.trim_start().starts_with("netgen "))?;
            // In some a remark follows after spaces.
            let part = part.trim().split("   ").next()?;
            Some(part.split(" > ").next()?.trim().to_owned())
        };
        after.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(of_netgen).collect()
    }

    #[test]
    fn every_command_has_examples_of_its_own() {
        for (path, command) in commands() {
            let lines = lines(&command);
            assert!(!lines.is_empty(), "`netgen {path}` has no example");
            for line in lines {
                assert!(
                    line.starts_with(&format!("netgen {path}")) || path.starts_with("analyze"),
                    "{path}: {line}"
                );
            }
        }
    }

    #[test]
    fn every_example_can_be_parsed() {
        for (path, with_examples) in commands() {
            for line in lines(&with_examples) {
                let parsed = command().try_get_matches_from(line.split(' '));
                let helps = |error: &clap::Error| error.kind() == clap::error::ErrorKind::DisplayHelp;
                if let Err(error) = parsed {
                    assert!(helps(&error), "{path}: `{line}`: {error}");
                }
            }
        }
        assert!(command().try_get_matches_from(["netgen", "build", "--chek"]).is_err());
    }

    #[test]
    fn the_grammar_is_sound() {
        command().debug_assert();
    }
}
