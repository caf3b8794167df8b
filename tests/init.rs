//! `netgen init`: what it writes passes `check` without a finding, it never waits where nobody can
//! answer, and it never writes over a manifest by accident.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FEES: &str = "validator.fee-recipient=0x71C7656EC7ab88b098defB751B7401B5f6d8976F";
const BACKUP: &str = "s3:https://s3.eu-central-1.amazonaws.com/hoodi-backup";

fn netgen(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netgen"));
    command.current_dir(folder).env_clear().args(args).stdin(Stdio::null()).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `check` says nothing at all of what was written.
fn assert_clean(folder: &Path, what: &str) {
    let checked = netgen(folder, &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(report["diagnostics"], serde_json::json!([]), "{what}: {report:#}");
    assert_eq!(code(&checked), 0, "{what}");
}

fn init(folder: &Path, args: &[&str]) -> Output {
    netgen(folder, &[&["init"], args].concat())
}

#[test]
fn every_combination_passes_check() {
    let mut count = 0;
    let keys = format!("validator.public-keys=0x{}", "a5c3".repeat(24));
    for chain in ["hoodi", "mainnet", "sepolia"] {
        for stack in ["node", "validator", "signer"] {
            for alerts in [None, Some("pagerduty"), Some("opsgenie"), Some("slack")] {
                let folder = tempfile::tempdir().unwrap();
                // Where real value is at stake, the rules want somebody to be told.
                if chain == "mainnet" && alerts.is_none() {
                    continue;
                }
                count += 1;
                // The two execution clients by turns.
                let component = if count % 3 == 0 { "execution=reth" } else { "execution=geth" };
                let mut args = vec!["--name", "demo", "--chain", chain, "--stack", stack];
                args.extend(["--component", component, "--admin-network", "192.0.2.0/24"]);
                args.extend(["--resources", "32,128GiB,8TiB", "--ssh-user", "ubuntu"]);
                // And one host that does everything, or two of which one may run no node.
                match count % 2 {
                    0 => args.extend(["--host", "a=9.9.9.9"]),
                    _ => args.extend([
                        "--host",
                        "a=9.9.9.9,10.1.0.1",
                        "--host",
                        "b=9.9.9.10,10.1.0.2",
                        "--nodes",
                        if alerts.is_some() || stack == "signer" { "1" } else { "2" },
                        "--data-dir",
                        "/srv/chain",
                    ]),
                }
                if stack != "node" {
                    args.extend(["--setting", FEES]);
                }
                if stack != "node" {
                    args.extend(["--backup-to", BACKUP]);
                }
                if stack == "signer" {
                    args.extend(["--setting", &keys]);
                }
                if let Some(to) = alerts {
                    args.extend(["--alerts", to, "--heartbeat", "https://hc-ping.com/demo"]);
                }
                let done = init(folder.path(), &args);
                assert_eq!(code(&done), 0, "{args:?}: {}", stderr(&done));
                assert!(stderr(&done).contains("netgen build"), "no next steps");
                assert_clean(folder.path(), &format!("{args:?}"));
            }
        }
    }
    assert_eq!(count, 33);
}

#[test]
fn the_schema_that_the_first_line_names_is_there() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&init(folder.path(), &["--host", "a=9.9.9.9", "--output", "here/demo.yaml"])), 5);
    fs::create_dir(folder.path().join("here")).unwrap();
    assert_eq!(code(&init(folder.path(), &["--host", "a=9.9.9.9", "--output", "here/demo.yaml"])), 0);
    let text = fs::read_to_string(folder.path().join("here/demo.yaml")).unwrap();
    let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
    let file = fs::read(folder.path().join("here").join(schema)).unwrap();
    assert_eq!(file, netgen(&folder.path().join("here"), &["schema"]).stdout);
    let checked = netgen(folder.path(), &["check", "here/demo.yaml"]);
    assert_eq!(code(&checked), 0, "{}", stderr(&checked));
}

#[test]
fn without_a_terminal_all_that_is_missing_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let done = init(folder.path(), &["--stack", "signer", "--monitoring"]);
    assert_eq!(code(&done), 2);
    let text = stderr(&done);
    for flag in [
        "--host",
        "--setting validator.fee-recipient=",
        "--setting validator.public-keys=",
        "--alerts",
        "--backup-to",
    ] {
        assert!(text.contains(&format!("`{flag}")), "{flag} is not in {text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn each_wrong_flag_is_named_with_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        ["--name", "Big Name"],
        ["--chain", "hodi"],
        ["--stack", "validatr"],
        ["--component", "exection=geth"],
        ["--host", "a=9.9.9.9"],
        ["--host", "b=9.9.9.9"],
        ["--host", "c"],
        ["--setting", "beacon.target-pers=50"],
        ["--setting", "beacon.checkpoint-sync=nowhere"],
        ["--ssh-user", "root; rm"],
        ["--data-dir", "relative"],
        ["--admin-network", "10.0.0.0/99"],
    ];
    let done = init(folder.path(), args.as_flattened());
    assert_eq!(code(&done), 2);
    let text = stderr(&done);
    for words in [
        "`--name`: ",
        "`--chain`: `hodi` is not one of",
        "did you mean `hoodi`?",
        "`--stack`: ",
        "did you mean `validator`?",
        "`--component`: there is no service `exection`; did you mean `execution`?",
        "`--host`: two hosts have the address",
        "`--host`: write `name=address`",
        "there is no setting `target-pers`; did you mean `target-peers`?",
        "`--setting beacon.checkpoint-sync=...`: ",
        "`--ssh-user`: ",
        "`--data-dir`: ",
        "`--admin-network`: ",
    ] {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn hostile_answers_stay_what_they_are_or_are_refused() {
    let hostile = [
        "a\nb: c", "yes", "{{ x }}", "# c", "'", "\"", "- x", "&a", "*a", "!t x", "a: b", "\u{7}", "../x", "",
    ];
    let flags = ["--name", "--ssh-user", "--data-dir", "--heartbeat", "--output"];
    for (index, text) in hostile.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let graffiti = format!("validator.graffiti={text}");
        let args = ["--stack", "validator", "--host", "a=9.9.9.9", "--setting", FEES, "--setting", &graffiti];
        let done = init(folder.path(), &args);
        if code(&done) == 0 {
            assert_clean(folder.path(), text);
            let written = fs::read_to_string(folder.path().join("network.yaml")).unwrap();
            let manifest: serde_json::Value = serde_yaml::from_str(&written).unwrap();
            let stack = &manifest["stacks"]["validator"];
            assert_eq!(stack["validator"]["settings"]["graffiti"], *text, "{written}");
        }
        for flag in [flags[index % 5], flags[(index + 2) % 5]] {
            let folder = tempfile::tempdir().unwrap();
            let done = init(folder.path(), &["--host", "a=9.9.9.9", "--alerts", "slack", flag, text]);
            match code(&done) {
                0 => assert_clean(folder.path(), &format!("{flag} {text}")),
                2 => assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{flag} {text}"),
                other => panic!("{flag} {text:?}: exit code {other}: {}", stderr(&done)),
            }
        }
    }
}

#[test]
fn a_manifest_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("network.yaml");
    fs::write(&manifest, "mine").unwrap();
    let refused = init(folder.path(), &["--host", "a=9.9.9.9"]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("--force"));
    assert_eq!(fs::read_to_string(&manifest).unwrap(), "mine");

    // Flags that are wrong do not move it either.
    assert_eq!(code(&init(folder.path(), &["--force", "--host", "a=9.9.9.9", "--chain", "no"])), 2);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), "mine");

    for _ in 0..2 {
        let forced = init(folder.path(), &["--force", "--host", "a=9.9.9.9"]);
        assert_eq!(code(&forced), 0, "{}", stderr(&forced));
        assert_clean(folder.path(), "forced");
    }
    assert_eq!(fs::read_to_string(folder.path().join("network.yaml.bak")).unwrap(), "mine");
    assert!(folder.path().join("network.yaml.bak2").is_file());
}

#[test]
fn no_second_manifest_comes_beside_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("network.toml"), "").unwrap();
    let refused = init(folder.path(), &["--force", "--host", "a=9.9.9.9"]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("network.toml"), "{}", stderr(&refused));
    for bad in ["network.toml", "network", "x.json"] {
        assert_eq!(code(&init(folder.path(), &["--host", "a=9.9.9.9", "--output", bad])), 2, "{bad}");
    }
}

#[test]
fn chains_of_the_user_are_offered() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("chains")).unwrap();
    let chain = "chain: devnet\nname: Our devnet\nfamily: ethereum\nblock-time: 12\n\
                 consensus: ethereum-pos\ntest: true\nsources: [ours]\n";
    fs::write(folder.path().join("chains/devnet.yaml"), chain).unwrap();
    let args = ["--chain", "devnet", "--host", "a=9.9.9.9"];
    let done = init(folder.path(), &args);
    assert_eq!(code(&done), 2, "its checkpoint server is known to nobody");
    assert!(stderr(&done).contains("--setting beacon.checkpoint-sync="), "{}", stderr(&done));
    let url = "beacon.checkpoint-sync=http://10.0.0.5:5052";
    let done = init(folder.path(), &[&args[..], &["--setting", url]].concat());
    assert_eq!(code(&done), 0, "{}", stderr(&done));
    assert_clean(folder.path(), "devnet");
}

/// The same with a person at a terminal.
#[cfg(unix)]
mod terminal {
    use std::fs::{File, OpenOptions};
    use std::io::{Read as _, Write as _};
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::Duration;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::assert_clean;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// netgen on a terminal of its own.
    struct Session {
        child: Child,
        keys: File,
        screen: Receiver<Vec<u8>>,
        seen: String,
    }

    impl Session {
        fn start(folder: &Path, args: &[&str]) -> Self {
            let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            grantpt(&near).unwrap();
            unlockpt(&near).unwrap();
            let name = ptsname(&near, Vec::new()).unwrap().into_string().unwrap();
            let far = OpenOptions::new().read(true).write(true).open(name).unwrap();
            let far: OwnedFd = far.into();
            let child = Command::new(env!("CARGO_BIN_EXE_netgen"))
                .current_dir(folder)
                .env_clear()
                .arg("init")
                .args(args)
                .stdin(Stdio::from(far.try_clone().unwrap()))
                .stdout(Stdio::null())
                .stderr(Stdio::from(far))
                .spawn()
                .unwrap();
            let keys = File::from(near);
            let mut reader = keys.try_clone().unwrap();
            let (sender, screen) = channel();
            // A terminal whose other end is closed is an error to read, which ends the thread.
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = reader.read(&mut buffer) {
                    let _ = sender.send(buffer[..count].to_vec());
                }
            });
            Self { child, keys, screen, seen: String::new() }
        }

        /// Waits for words on the screen that were not there at the last wait.
        fn expect(&mut self, words: &str) -> &mut Self {
            loop {
                if let Some(at) = self.seen.find(words) {
                    self.seen.drain(..at + words.len());
                    return self;
                }
                match self.screen.recv_timeout(PATIENCE) {
                    Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                    Err(_) => panic!("`{words}` did not come; the screen shows:\n{}", self.seen),
                }
            }
        }

        fn answer(&mut self, line: &str) -> &mut Self {
            self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
            self
        }

        fn end(mut self) -> i32 {
            self.child.wait().unwrap().code().unwrap()
        }
    }

    #[test]
    fn a_person_is_asked_and_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::start(folder.path(), &[]);
        session.expect("Name of the network").answer("Not A Name");
        session.expect("name").expect("Name of the network").answer("demo");
        session.expect("Chain").expect("hoodi").answer("hodi");
        session.expect("did you mean `hoodi`?").answer("1");
        session.expect("What the nodes are for").expect("number or name [node]").answer("validator");
        session.expect("Component of `execution`").expect("[geth]").answer("");
        session.expect("checkpoint").expect("[https://").answer("");
        session.expect("fee-recipient").answer("me");
        session.expect("40 hex digits").expect("fee-recipient").answer("");
        session.expect("this needs an answer").answer("0x71C7656EC7ab88b098defB751B7401B5f6d8976F");
        session.expect("A host").answer("a=300.0.0.1");
        session.expect("neither an IP address nor a DNS name").expect("A host").answer("a=9.9.9.9,10.1.0.1");
        session.expect("One more host").answer("b=9.9.9.9");
        session.expect("two hosts have the address").expect("One more host").answer("b=9.9.9.10,10.1.0.2");
        session.expect("One more host").answer("");
        session.expect("run a node").expect("[2]").answer("3");
        session.expect("1 to 2").expect("run a node").answer("1");
        session.expect("What each host has").answer("many");
        session.expect("write `cpus,memory,disk`").expect("What each host has").answer("32,128GiB,8TiB");
        session.expect("User that logs in").expect("[root]").answer("ubuntu");
        session.expect("Networks from which").answer("192.0.2.0/24, 10.0.0.0/8");
        session.expect("Folder on the hosts").expect("[/var/lib/netgen]").answer("");
        session.expect("Metrics, alerts").answer("");
        session.expect("Who is told").answer("slack");
        session.expect("URL that hears").answer("https://hc-ping.com/demo");
        session.expect("Restic repository").answer(super::BACKUP);
        session.expect("network.yaml: written");
        session.expect("next:").expect("netgen lock");
        assert_eq!(session.end(), 0);
        assert_clean(folder.path(), "the answers of a person");
        let text = std::fs::read_to_string(folder.path().join("network.yaml")).unwrap();
        for words in
            ["name: demo", "user: ubuntu", "private-address", "10.0.0.0/8", "host: b", "slack", "8TiB"]
        {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        assert!(!text.contains("data-dir"), "a default is not written:\n{text}");
    }

    #[test]
    fn flags_answer_beforehand_and_a_wrong_one_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let args = ["--name", "demo", "--chain", "hodi", "--stack", "node", "--component", "execution=reth"];
        let more = ["--host", "a=9.9.9.9", "--no-monitoring", "--data-dir", "/srv/x", "--ssh-user", "me"];
        let mut session = Session::start(folder.path(), &[&args[..], &more].concat());
        session.expect("did you mean `hoodi`?").expect("number or name").answer("hoodi");
        session.expect("checkpoint").answer("");
        session.expect("What each host has").answer("");
        session.expect("Networks from which").answer("");
        session.expect("Restic repository").answer("");
        session.expect("written");
        assert_eq!(session.end(), 0);
        assert_clean(folder.path(), "flags and answers");
    }

    #[test]
    fn the_end_of_the_input_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::start(folder.path(), &[]);
        session.expect("Name of the network");
        session.keys.write_all(b"\x04").unwrap();
        session.expect("nothing was written");
        assert_eq!(session.end(), 2);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn yes_asks_nothing_on_a_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = Session::start(folder.path(), &["--yes", "--host", "a=9.9.9.9", "--name", "demo"]);
        session.expect("written");
        assert_eq!(session.end(), 0);
        assert_clean(folder.path(), "--yes");
    }
}
