//! Credential helpers: programs that keep logins in the key ring of the system.
//!
//! `docker-credential-<name> get` reads a server and prints `{"Username": .., "Secret": ..}`.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::credentials::{Found, Login};

/// More than any login is long.
const MOST_BYTES: u64 = 64 << 10;
/// How often it is looked whether a helper has ended.
const TICK: Duration = Duration::from_millis(20);
/// What helpers print where they know no login; by their protocol it is no failure.
const NOT_FOUND: &str = "credentials not found";
/// The user that stands for a refresh token.
const IDENTITY: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    username: String,
    secret: String,
}

/// Asks the helper for the login to a server, and gives it `patience` to answer.
pub(super) fn ask(name: &str, server: &str, patience: Duration) -> Found {
    // The name comes from a file: it must not become a path.
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Found::Trouble("the name of a credential helper is wrong".to_owned());
    }
    let program = format!("docker-credential-{name}");
    let trouble = |why: &str| Found::Trouble(format!("the credential helper `{program}` {why}"));
    let spawned = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else { return trouble("cannot be started") };
    let input = child.stdin.take();
    let output = child.stdout.take();
    let (sender, receiver) = mpsc::channel();
    let server = server.to_owned();
    // A thread of its own: the helper may hand its output on to a child that never closes it.
    thread::spawn(move || {
        if let Some(mut input) = input {
            // One that does not want to read may answer all the same.
            let _ = writeln!(input, "{server}");
        }
        let mut text = String::new();
        let read = output.map(|output| output.take(MOST_BYTES).read_to_string(&mut text));
        let _ = sender.send(if matches!(read, Some(Ok(_))) { text } else { String::new() });
    });
    let Some(status) = wait(&mut child, patience) else { return trouble("does not answer") };
    let text = receiver.recv_timeout(patience.min(Duration::from_secs(1))).unwrap_or_default();
    if !status.success() {
        let unknown = text.to_lowercase().contains(NOT_FOUND);
        return if unknown { Found::Nothing } else { trouble("fails") };
    }
    match serde_json::from_str::<Reply>(&text) {
        Ok(reply) if reply.secret.is_empty() => Found::Nothing,
        Ok(reply) if reply.username == IDENTITY => Found::Login(Login::Identity(reply.secret)),
        Ok(reply) => Found::Login(Login::Password { user: reply.username, password: reply.secret }),
        Err(_) => trouble("prints no login"),
    }
}

/// How the program ended; ended by us where it takes too long.
fn wait(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let ticks = patience.as_millis() / TICK.as_millis();
    for _ in 0..=ticks {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        thread::sleep(TICK);
    }
    // It may have ended by itself in this moment.
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for name in ["../evil", "a/b", "a b", "$(x)"] {
            let Found::Trouble(why) = ask(name, "x", TICK) else { panic!("{name}") };
            assert!(!why.contains(name), "{why}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn one_that_never_ends_is_ended() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        assert_eq!(wait(&mut child, TICK * 5), None);
        // It is gone, and was waited for.
        assert!(child.try_wait().unwrap().is_some());
        let mut child = Command::new("true").spawn().unwrap();
        assert!(wait(&mut child, Duration::from_secs(10)).unwrap().success());
    }
}
