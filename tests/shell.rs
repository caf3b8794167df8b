//! What a person meets at the prompt: completions, pages for man, examples in the help, progress.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::print_stderr
)]

#[path = "common/tools.rs"]
mod tools;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tools::{all_there, path_with, program, said};

fn netgen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netgen")).env_clear().args(arguments).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let output = netgen(arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with the smallest example, and the completion script of a shell.
fn with_script(shell: &str, name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text(&["completions", shell])).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    for file in ["network.yaml", "netgen.lock"] {
        fs::copy(example.join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// What a shell offers, asked in its own words; `None` where there is no such shell.
fn offers(shell: &str, folder: &Path, arguments: &[&str]) -> Option<String> {
    let run = program(shell)?.at(folder).env("TERM", "dumb").args(arguments).run().unwrap();
    assert!(run.accepted().is_ok(), "{}", run.rejection().text());
    Some(run.stdout)
}

#[test]
fn bash_completes() {
    let folder = with_script("bash", "netgen.bash");
    let ask = r#"source ./netgen.bash
for words in "netgen bu" "netgen build --ch" "netgen check --format " "netgen analyze surv"; do
  COMP_WORDS=(); read -ra COMP_WORDS <<<"$words"; [[ $words != *" " ]] || COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  _netgen netgen "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
  echo "$words => ${COMPREPLY[*]}"
done
complete -p netgen"#;
    let Some(offered) = offers("bash", folder.path(), &["--noprofile", "--norc", "-c", ask]) else { return };
    assert!(offered.contains("netgen bu => build\n"), "{offered}");
    assert!(offered.contains("netgen build --ch => --check\n"), "{offered}");
    assert!(offered.contains("human json sarif github gitlab"), "{offered}");
    assert!(offered.contains("netgen analyze surv => survivability\n"), "{offered}");
    // Where the script has no word of its own, bash offers files.
    assert!(offered.contains("complete ") && offered.contains("-o default"), "{offered}");
}

#[test]
fn fish_completes() {
    let folder = with_script("fish", "netgen.fish");
    let ask = "source ./netgen.fish
for line in 'netgen bu' 'netgen build --ch' 'netgen check --format ' 'netgen analyze surv' 'netgen check netw'
  echo \"$line => \"(complete --do-complete \"$line\" | string split -f1 \\t | string join ' ')
end";
    let Some(offered) = offers("fish", folder.path(), &["--no-config", "-c", ask]) else { return };
    assert!(offered.contains("netgen bu => build\n"), "{offered}");
    assert!(offered.contains("netgen build --ch => --check\n"), "{offered}");
    assert!(
        offered.contains("github") && offered.contains("gitlab") && offered.contains("sarif"),
        "{offered}"
    );
    assert!(offered.contains("netgen analyze surv => survivability\n"), "{offered}");
    assert!(offered.contains("network.yaml"), "{offered}");
}

#[test]
fn zsh_completes() {
    let folder = with_script("zsh", "_netgen");
    // The completion of zsh runs in its line editor alone, so a shell on a terminal of its own is typed to.
    let ask = r#"zmodload zsh/zpty
zpty -b z zsh -f -i
type_in() { zpty -w z "$1"; }
type_in 'fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d ./dump; unsetopt beep; PS1=; bindkey "^I" complete-word'
type_in 'zstyle ":completion:*" verbose no; LISTMAX=1000; stty columns 200; print rea""dy'
local out seen=; repeat 100 { zpty -r -t z out && seen+=$out; [[ $seen == *ready* ]] && break; sleep 0.1 }
for words in "netgen bu" "netgen build --chec" "netgen check --format gitl" "netgen analyze surv" "netgen check netw"; do
  zpty -n -w z "$words"$'\t'; sleep 0.7; zpty -n -w z $'\x15'
  seen=; repeat 20 { zpty -r -t z out && seen+=$out || sleep 0.05 }
  print -r -- "$words => ${seen}"
done
zpty -d z"#;
    let Some(offered) = offers("zsh", folder.path(), &["-f", "-c", ask]) else { return };
    for whole in
        ["netgen build ", "--check", "--format gitlab", "analyze survivability", "check network.yaml"]
    {
        assert!(offered.contains(whole), "{whole}: {offered:?}");
    }
}

#[test]
fn powershell_has_every_command() {
    // No PowerShell is in Debian; this holds the script against the commands.
    let script = text(&["completions", "powershell"]);
    assert!(script.contains("Register-ArgumentCompleter -Native -CommandName 'netgen'"));
    for command in commands() {
        let key = format!("'netgen;{}'", command.replace(' ', ";"));
        assert!(script.contains(&key), "{key}");
    }
}

/// Every command as the help lists it, with those within others.
fn commands() -> Vec<String> {
    let listed = |arguments: &[&str]| -> Vec<String> {
        let help = text(arguments);
        let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
        let lines = list.lines().take_while(|line| line.starts_with("  "));
        let names =
            lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    };
    let mut all = Vec::new();
    for name in listed(&["-h"]) {
        all.extend(listed(&[&name, "-h"]).iter().map(|inner| format!("{name} {inner}")));
        all.push(name);
    }
    assert!(all.len() > 20, "{all:?}");
    all
}

#[test]
fn pages_for_man_are_sound() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    text(&["man", "--out", pages.to_str().unwrap()]);
    assert_eq!(fs::read(pages.join("netgen.1")).unwrap(), netgen(&["man"]).stdout);
    let names: Vec<String> =
        commands().iter().map(|name| format!("netgen-{}.1", name.replace(' ', "-"))).collect();
    for name in &names {
        let page = fs::read_to_string(pages.join(name)).unwrap_or_else(|_| panic!("no page {name}"));
        assert!(page.contains(".SH EXAMPLES"), "{name}");
    }
    assert_eq!(fs::read_dir(&pages).unwrap().count(), names.len() + 1);
    // A sample that they must find fault with.
    let broken = pages.join("broken.1");
    fs::write(&broken, ".TH broken 1\n.SH NAME\nbroken \\- x\n.nosuch request\n\\*[nosuch]\n").unwrap();
    for page in names.iter().map(|name| pages.join(name)).chain([pages.join("netgen.1"), broken.clone()]) {
        let is_broken = page == broken;
        if let Some(groff) = program("groff") {
            let run = groff.args(["-ww", "-man", "-Tutf8", "-z"]).args([&page]).run().unwrap();
            assert_eq!(run.silent().is_ok(), !is_broken, "{}", run.rejection().text());
        }
        if let Some(mandoc) = program("mandoc") {
            let run = mandoc.args(["-T", "lint", "-W", "error"]).args([&page]).run().unwrap();
            // What it has no word for it calls unsupported or an error.
            assert_eq!(run.accepted().is_ok(), !is_broken, "{}", run.rejection().text());
        }
        if let Some(man) = program("man") {
            let run = man.env("MANWIDTH", "80").args(["--warnings", "-l"]).args([&page]).run().unwrap();
            assert_eq!(run.without_warning().is_ok(), !is_broken, "{}", run.rejection().text());
            if page.ends_with("netgen-build.1") {
                assert!(run.stdout.contains("netgen build --check\n"), "{}", run.stdout);
            }
        }
    }
}

/// What needs more than this folder: a registry, a person, a key, another tool's manifest, a revision.
const NOT_HERE: &[&str] = &[
    "netgen init",
    "netgen lock",
    "netgen lock --update=postgres:18.3-alpine",
    "netgen lock --check --online",
    "netgen lock --offline --pins digests.txt",
    "netgen keys --encrypt age",
    "netgen build --archive bundle.tar.gz --sign",
    "netgen import load-network",
    "netgen verify bundle --rebuild network.yaml --key",
    "netgen diff git:",
    "netgen report",
    "netgen completions",
    "netgen man",
];

#[test]
fn every_example_of_the_help_runs() {
    if !all_there(&["sh"]) {
        return;
    }
    let mut run = 0;
    for command in commands() {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = text(&words);
        let (_, examples) =
            help.split_once("Examples:\n").unwrap_or_else(|| panic!("`{command}` has no examples"));
        for line in
            examples.lines().map(str::trim).filter(|line| line.contains("netgen ") && !line.starts_with('#'))
        {
            let line = line.split("   ").next().unwrap();
            if NOT_HERE.iter().any(|start| {
                line == *start
                    || (start.matches(' ').count() > 0 && line.starts_with(&format!("{start} ")))
                    || (start.ends_with(':') && line.starts_with(start))
            }) {
                continue;
            }
            let folder = with_script("bash", "unused");
            fs::write(folder.path().join("prod.yaml"), "hosts: { node-1: { provider: somebody } }\n")
                .unwrap();
            let sh = |line: &str| {
                Command::new("sh")
                    .current_dir(folder.path())
                    .env_clear()
                    .env("PATH", path_with(folder.path()))
                    .args(["-e", "-c", line])
                    .output()
                    .unwrap()
            };
            if line.starts_with("netgen init") {
                fs::remove_file(folder.path().join("network.yaml")).unwrap();
            } else {
                assert!(sh("netgen build --quiet").status.success());
            }
            if line == "netgen keys --check" {
                assert!(sh("netgen keys --quiet").status.success());
            }
            // Advice of rules is not what is tried here.
            let done = sh(&line.replace(" --deny warnings", ""));
            assert!(done.status.success(), "`{line}`: {}", said(&done));
            run += 1;
        }
    }
    assert!(run > 20, "only {run} examples run");
}

/// A command whose work takes long, because what it reads comes late; gives what the terminal showed.
fn on_a_terminal(arguments: &str, term: &str) -> Option<String> {
    let folder = with_script("bash", "unused");
    let netgen = env!("CARGO_BIN_EXE_netgen");
    let line = format!("(sleep 2; cat network.yaml) | {netgen} {arguments}");
    let script = program("script")?.at(folder.path()).env("TERM", term);
    Some(script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).run().unwrap().stdout)
}

#[test]
fn long_work_is_seen_on_a_terminal_only() {
    let Some(seen) = on_a_terminal("check -", "xterm") else { return };
    assert!(seen.contains("checking ... 1 s"), "{seen:?}");
    // The line is gone before the result stands there.
    let end = seen.rfind("\r\u{1b}[2K").unwrap();
    assert!(seen[end..].contains(": ok") && !seen[end..].contains("checking"), "{seen:?}");
    for (arguments, term) in [
        ("check - --quiet", "xterm"),
        ("check - --format json", "xterm"),
        ("check -", "dumb"),
        ("check - 2>&1 | cat", "xterm"),
    ] {
        let seen = on_a_terminal(arguments, term).unwrap();
        assert!(!seen.contains("checking"), "{arguments} {term}: {seen:?}");
    }
}
