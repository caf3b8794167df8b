//! What a roll-out asks validators before it stops them: when they propose, and what they have done.
//! The program that asks is that of the bundle; who answers is a stand-in. Needs `python3`: without it
//! the tests are left out, with `NETGEN_REQUIRE_TOOLS=1` they fail.

// The stand-in has the clock of the program that asks it.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// Slots are long enough that none passes while a test runs on a busy machine.
const SLOT: u64 = 600;
const EPOCH: u64 = 4;

/// A client that knows these answers, by path; everything else is not found.
fn client(answers: Vec<(String, String)>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &answers);
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, answers: &[(String, String)]) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut line = String::from("-");
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).ok()?;
    }
    let path = first.split(' ').nth(1)?;
    let found = answers.iter().find(|(known, _)| known == path);
    let (status, text) = found.map_or((404, ""), |(_, text)| (200, text.as_str()));
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
        .ok()
}

/// A beacon node in whose current epoch these keys propose, each so many slots from now.
fn beacon(proposals: &[(&str, u64)]) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    // The middle of the first slot of an epoch.
    let slot = 100 * EPOCH;
    let genesis = now - slot * SLOT - SLOT / 2;
    let duty = |(key, ahead): &(&str, u64)| json!({ "pubkey": key, "slot": (slot + ahead).to_string() });
    let duties: Vec<Value> = proposals.iter().map(duty).collect();
    let (this, next) = duties
        .into_iter()
        .partition::<Vec<_>, _>(|duty| duty["slot"].as_str().unwrap().parse::<u64>().unwrap() < slot + EPOCH);
    let at = |epoch: u64| format!("/eth/v1/validator/duties/proposer/{epoch}");
    let data = |value: Value| json!({ "data": value }).to_string();
    client(vec![
        ("/eth/v1/beacon/genesis".into(), data(json!({ "genesis_time": genesis.to_string() }))),
        (
            "/eth/v1/config/spec".into(),
            data(json!({ "SECONDS_PER_SLOT": SLOT.to_string(), "SLOTS_PER_EPOCH": EPOCH.to_string() })),
        ),
        (at(100), data(json!(this))),
        (at(101), data(json!(next))),
    ])
}

/// What the program of the bundle finds; `None` where the test is left out.
fn ask(question: &Value) -> Option<Value> {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/ansible/roles/sync_status/files/ask.py");
    let Ok(done) =
        Command::new("python3").arg(program).arg(json!([question]).to_string()).arg("docker").output()
    else {
        assert!(std::env::var_os("NETGEN_REQUIRE_TOOLS").is_none(), "python3 is needed");
        eprintln!("left out: needs python3");
        return None;
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(serde_json::from_slice::<Value>(&done.stdout).unwrap()[0].clone())
}

fn validator(beacons: &[String], keys: &[&str], folder: Option<&Path>) -> Value {
    let folders = folder.map(|path| json!({ "path": path, "files": "keystore-*.json", "field": "pubkey" }));
    let at: Vec<Value> = beacons.iter().map(|url| json!({ "url": url, "service": "beacon" })).collect();
    let folders: Vec<Value> = folders.into_iter().collect();
    json!({
        "label": "n1", "answers": "duties",
        "proposals": { "answers": "beacon", "at": at, "keys": keys, "folders": folders },
    })
}

/// The place of a key that is made of one digit.
fn key(digit: char) -> String {
    format!("0x{}", digit.to_string().repeat(96))
}

#[test]
fn the_next_proposal_of_own_keys_is_told() {
    let (own, other) = (key('a'), key('b'));
    let near = |told: &Value, slots: u64| {
        let seconds = told["next"].as_u64().unwrap();
        let expected = slots * SLOT - SLOT / 2;
        assert!(seconds <= expected && seconds + SLOT / 2 > expected, "{told}");
    };
    // In this epoch, with another one before it; then only in the next one.
    for (proposals, slots) in
        [(vec![(other.as_str(), 1), (own.as_str(), 2)], 2), (vec![(own.as_str(), 5), (own.as_str(), 6)], 5)]
    {
        let Some(told) =
            ask(&validator(&[beacon(&proposals)], &[&own.to_uppercase().replace("0X", "0x")], None))
        else {
            return;
        };
        near(&told, slots);
    }
    // The slot that is now: it may still be at it.
    let told = ask(&validator(&[beacon(&[(&own, 0)])], &[&own], None)).unwrap();
    assert_eq!(told["next"], 0);
    // Only others.
    let told = ask(&validator(&[beacon(&[(&other, 1)])], &[&own], None)).unwrap();
    assert_eq!(told["next"], Value::Null);
    // A node that does not answer leaves it to the next one; where none answers nobody proposes.
    let gone = "http://127.0.0.1:1".to_owned();
    let told = ask(&validator(&[gone.clone(), beacon(&[(&own, 1)])], &[&own], None)).unwrap();
    near(&told, 1);
    let told = ask(&validator(&[gone], &[&own], None)).unwrap();
    assert_eq!(told, json!({ "label": "n1", "answers": "duties", "done": null, "next": null }));
}

#[test]
fn keys_are_also_found_in_keystores() {
    let folder = tempfile::tempdir().unwrap();
    let below: PathBuf = folder.path().join("validators/one");
    fs::create_dir_all(&below).unwrap();
    fs::write(below.join("keystore-1.json"), format!(r#"{{"pubkey": "{}"}}"#, "c".repeat(96))).unwrap();
    fs::write(below.join("keystore-2.json"), "no json").unwrap();
    fs::write(below.join("other.json"), format!(r#"{{"pubkey": "{}"}}"#, "d".repeat(96))).unwrap();
    let next = |digit| ask(&validator(&[beacon(&[(&key(digit), 0)])], &[], Some(folder.path())));
    let Some(told) = next('c') else { return };
    assert_eq!(told["next"], 0);
    assert_eq!(next('d').unwrap()["next"], Value::Null);
}

#[test]
fn a_block_that_is_being_agreed_on_is_told() {
    let comet = |proposer: &str| {
        client(vec![
            ("/status".into(), json!({ "result": { "validator_info": { "address": "AA" } } }).to_string()),
            (
                "/consensus_state".into(),
                json!({ "result": { "round_state": { "proposer": { "address": proposer } } } }).to_string(),
            ),
        ])
    };
    let mut question = validator(&[comet("AA")], &[], None);
    question["proposals"]["answers"] = "cometbft".into();
    let Some(told) = ask(&question) else { return };
    assert_eq!(told["next"], 0);
    question["proposals"]["at"][0]["url"] = comet("BB").into();
    assert_eq!(ask(&question).unwrap()["next"], Value::Null);
}

#[test]
fn duties_that_are_done_are_counted_by_their_labels() {
    let text = "# TYPE signed_total counter\n\
                signed_total{status=\"success\",kind=\"a } b\"} 3\n\
                signed_total{kind=\"c\",status=\"success\"} 4\n\
                signed_total{status=\"slashable\"} 5\n\
                signed_totals{status=\"success\"} 6\n";
    let url = client(vec![("/metrics".into(), text.to_owned())]);
    let question = |labels: Value| {
        json!({
            "label": "n1", "answers": "duties",
            "done": {
                "url": format!("{url}/metrics"), "service": "keys", "metric": "signed_total", "labels": labels,
            },
        })
    };
    let Some(told) = ask(&question(json!({ "status": "success" }))) else { return };
    assert_eq!(told["done"], 7.0);
    assert_eq!(ask(&question(json!({}))).unwrap()["done"], 12.0);
    // Nothing was done yet; that is another thing than no answer.
    assert_eq!(ask(&question(json!({ "status": "never" }))).unwrap()["done"], 0);
    let mut gone = question(json!({}));
    gone["done"]["url"] = "http://127.0.0.1:1".into();
    assert_eq!(ask(&gone).unwrap()["done"], Value::Null);
}
