//! An editor without a window: speaks the Language Server Protocol with a server over its standard
//! input and output, with one document open at a time.

// Asking a JSON value for a key that it has not gives null.
#![allow(clippy::indexing_slicing)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Fault, Tool, Verdict};

/// How long a server may be silent, and how many messages it may send, before the one that is awaited.
const PATIENCE: Duration = Duration::from_secs(60);
const CHATTER: usize = 1000;

/// An editor with a document open.
#[derive(Debug)]
pub struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    _home: TempDir,
    uri: String,
    text: String,
    version: u64,
    requests: u64,
}

impl Editor {
    /// Starts a server and opens a document.
    pub fn open(server: Tool, path: &Path, text: &str) -> Result<Self, Fault> {
        let folder = path.parent().ok_or_else(|| Fault::Trouble("a document without a folder".to_owned()))?;
        let root = format!("file://{}", folder.display());
        let (mut child, home) = server.start()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::Trouble("the language server has no streams".to_owned()));
        };
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = next_message(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let uri = format!("file://{}", path.display());
        let mut editor =
            Self { child, input, messages, _home: home, uri, text: text.to_owned(), version: 1, requests: 0 };
        editor.request(
            "initialize",
            &json!({
                "processId": null,
                "rootUri": root,
                "workspaceFolders": [{ "uri": root, "name": "manifest" }],
                "capabilities": {
                    "textDocument": {
                        "completion": { "completionItem": {
                            "documentationFormat": ["markdown", "plaintext"],
                            "snippetSupport": true,
                        } },
                        "hover": { "contentFormat": ["markdown"] },
                    },
                    "workspace": { "configuration": true },
                },
            }),
        )?;
        editor.tell("initialized", &json!({}))?;
        let document = json!({ "uri": editor.uri, "languageId": "yaml", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", &json!({ "textDocument": document }))?;
        Ok(editor)
    }

    /// What the server says of the document that was opened or changed last: a line each.
    pub fn diagnostics(&mut self) -> Result<Vec<String>, Fault> {
        let uri = self.uri.clone();
        let published = self.await_message(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == *uri
        })?;
        let line = |found: &Value| {
            let line = found["range"]["start"]["line"].as_u64().unwrap_or_default() + 1;
            format!("line {line}: {}", found["message"].as_str().unwrap_or_default())
        };
        Ok(published["params"]["diagnostics"].as_array().into_iter().flatten().map(line).collect())
    }

    /// Replaces the text.
    pub fn change(&mut self, text: &str) -> Verdict {
        text.clone_into(&mut self.text);
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let changes = json!([{ "text": text }]);
        self.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }))
    }

    /// The names that are offered at a byte of the text.
    pub fn completions(&mut self, at: usize) -> Result<Vec<String>, Fault> {
        let answer = self.ask_at("textDocument/completion", at)?;
        let items = answer.get("items").unwrap_or(&answer).as_array().into_iter().flatten();
        Ok(items.filter_map(|item| item["label"].as_str()).map(str::to_owned).collect())
    }

    /// What is shown for a byte of the text.
    pub fn hover(&mut self, at: usize) -> Result<String, Fault> {
        let answer = self.ask_at("textDocument/hover", at)?;
        Ok(answer["contents"]["value"].as_str().unwrap_or_default().to_owned())
    }

    fn ask_at(&mut self, method: &str, at: usize) -> Result<Value, Fault> {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.matches('\n').count();
        // Positions count UTF-16 units, as the protocol has it.
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        let document = json!({ "uri": self.uri });
        let position = json!({ "line": line, "character": character });
        self.request(method, &json!({ "textDocument": document, "position": position }))
    }

    fn request(&mut self, method: &str, params: &Value) -> Result<Value, Fault> {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        let mut answer =
            self.await_message(|message| message["id"] == id && message.get("method").is_none())?;
        match answer.get("error") {
            Some(error) => Err(Fault::Trouble(format!("`{method}`: {error}"))),
            None => Ok(answer["result"].take()),
        }
    }

    fn tell(&mut self, method: &str, params: &Value) -> Verdict {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn send(&mut self, message: &Value) -> Verdict {
        let body = message.to_string();
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len());
        sent.and_then(|()| self.input.flush()).map_err(Fault::io("cannot write to the language server"))
    }

    /// The next message of a kind. The server's own questions are answered on the way, all else is
    /// passed over.
    fn await_message(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value, Fault> {
        for _ in 0..CHATTER {
            let message = self.messages.recv_timeout(PATIENCE);
            let message = message.map_err(Fault::io("no answer from the language server"))?;
            if let (Some(id), Some(method)) = (message.get("id"), message["method"].as_str()) {
                let result = match method {
                    "workspace/configuration" => settings(&message["params"]["items"]),
                    _ => Value::Null,
                };
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }))?;
            } else if wanted(&message) {
                return Ok(message);
            }
        }
        Err(Fault::Trouble("the language server talks and does not answer".to_owned()))
    }
}

/// The server would fetch a catalog of schemas from the network, which is none of ours.
fn settings(items: &Value) -> Value {
    let of = |item: &Value| match item["section"].as_str() {
        Some("yaml") => json!({ "schemaStore": { "enable": false } }),
        _ => json!({}),
    };
    items.as_array().into_iter().flatten().map(of).collect()
}

fn next_message(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

impl Drop for Editor {
    fn drop(&mut self) {
        // A server that is already gone needs no end.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
