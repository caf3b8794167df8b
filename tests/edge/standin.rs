//! Stand-ins for clients: they answer what clients answer, by the state that a test sets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

/// How a client is.
pub const GONE: u16 = 0;
pub const SYNCING: u16 = 1;
pub const SYNCED: u16 = 2;
/// In sync, with nothing to take part in consensus with.
pub const IDLE: u16 = 3;

/// A client on a port of this machine.
pub struct Client {
    state: Arc<AtomicU16>,
}

impl Client {
    pub fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let state = Arc::new(AtomicU16::new(SYNCED));
        let seen = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let seen = seen.clone();
                // One that is gone hangs up before it says a word.
                if let (Ok(stream), true) = (stream, seen.load(Ordering::SeqCst) != GONE) {
                    std::thread::spawn(move || answer(stream, port, seen.load(Ordering::SeqCst)));
                }
            }
        });
        Self { state }
    }

    pub fn set(&self, state: u16) {
        self.state.store(state, Ordering::SeqCst);
    }
}

fn answer(stream: TcpStream, port: u16, state: u16) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, text) = reply(first.split(' ').nth(1)?, &String::from_utf8_lossy(&body), port, state);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
        .ok()
}

fn reply(path: &str, body: &str, port: u16, state: u16) -> (u16, String) {
    let synced = state != SYNCING;
    match path {
        "/eth/v1/node/health" => (if synced { 200 } else { 206 }, String::new()),
        "/eth/v1/node/syncing" => {
            let data =
                format!(r#""is_syncing":{},"is_optimistic":{},"el_offline":false"#, !synced, state == IDLE);
            (200, format!(r#"{{"data":{{"head_slot":"1",{data}}}}}"#))
        }
        "/metrics" => {
            let keys = u8::from(state != IDLE);
            // As long as the metrics of a client are.
            let text = "# HELP something else\n".repeat(4000);
            (200, format!("{text}vc_validators_enabled_count {keys}\n{text}vc_beacon_nodes_synced_count 1\n"))
        }
        "/status" => {
            let sync = format!(r#""sync_info":{{"latest_block_height":"7","catching_up":{}}}"#, !synced);
            let power = if state == IDLE { 0 } else { 10 };
            (200, format!(r#"{{"result":{{{sync},"validator_info":{{"voting_power":"{power}"}}}}}}"#))
        }
        _ if body.contains("eth_syncing") => {
            let result = if synced { "false" } else { r#"{"currentBlock":"0x1"}"# };
            (200, format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#))
        }
        _ => (200, format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{port}"}}"#)),
    }
}
