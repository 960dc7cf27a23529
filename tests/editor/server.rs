//! rust-analyzer, spoken to as an editor does: JSON-RPC on its standard input and output.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// For one answer, and for the server to have read and built everything. Nothing takes this long
/// unless it hangs.
const PATIENCE: Duration = Duration::from_secs(8 * 60);

/// What the server says when the world changed under a request: ask again.
const CONTENT_MODIFIED: i64 = -32801;
const SERVER_CANCELLED: i64 = -32802;

/// A running rust-analyzer. It ends with this value.
pub(crate) struct Server {
    process: Child,
    input: ChildStdin,
    inbox: Receiver<Value>,
    asked: i64,
    log: PathBuf,
}

/// Whether rust-analyzer answers. The name alone says nothing: rustup puts one on the path for every
/// component, installed or not.
pub(crate) fn is_installed() -> bool {
    let mut version = Command::new("rust-analyzer");
    let output = version.arg("--version").stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

impl Server {
    /// Starts it on the crate in `root` and waits until it has read and built all it needs.
    pub(crate) fn start(root: &Path, log: &Path, settings: &Value) -> Self {
        let errors = File::create(log).expect("the server's log");
        let mut command = Command::new("rust-analyzer");
        // What Cargo told this test about its own package is not true of the server's.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_") && name != "CARGO_HOME" {
                command.env_remove(name);
            }
        }
        let mut process = command
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("rust-analyzer starts");
        let input = process.stdin.take().expect("is piped");
        let output = process.stdout.take().expect("is piped");
        let (sender, inbox) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            process,
            input,
            inbox,
            asked: 0,
            log: log.to_owned(),
        };
        let uri = uri(root);
        server.ask(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": uri,
                "workspaceFolders": [{ "uri": uri, "name": "half-typed" }],
                "initializationOptions": settings,
                "capabilities": capabilities(),
            }),
        );
        server.tell("initialized", &json!({}));
        server.wait_until_ready();
        server
    }

    /// The server says itself when nothing is left to load, to build or to expand.
    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let mut doing = VecDeque::new();
        loop {
            let waiting = format!("rust-analyzer to be ready; last it said {doing:?}");
            let message = self.receive(deadline, &waiting);
            let params = &message["params"];
            match message["method"].as_str() {
                Some("experimental/serverStatus") => {
                    let health = params["health"].as_str().unwrap_or_default();
                    assert!(health != "error", "rust-analyzer is not well: {params}");
                    if params["quiescent"] == true {
                        assert_eq!(health, "ok", "rust-analyzer is not well: {params}");
                        return;
                    }
                }
                Some("$/progress") => {
                    if doing.len() == 8 {
                        doing.pop_front();
                    }
                    doing.push_back(params["value"].to_string());
                }
                _ => {}
            }
        }
    }

    /// Tells the server something.
    pub(crate) fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks the server something, again if what it knew has changed meanwhile.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.asked += 1;
            let id = self.asked;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let mut answer = loop {
                let message = self.receive(deadline, &format!("the answer to {method} {params}"));
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            match answer["error"]["code"].as_i64() {
                None => return answer["result"].take(),
                Some(CONTENT_MODIFIED | SERVER_CANCELLED) => {}
                Some(_) => panic!("{method} {params}: {}", answer["error"]),
            }
        }
    }

    /// The next message. What the server asks of its client is answered here, with nothing.
    fn receive(&mut self, deadline: Instant, waiting_for: &str) -> Value {
        let left = deadline.saturating_duration_since(Instant::now());
        let message = match self.inbox.recv_timeout(left) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => {
                panic!(
                    "waited {PATIENCE:?} for {waiting_for}\n{}",
                    self.complaints()
                )
            }
            Err(RecvTimeoutError::Disconnected) => {
                panic!(
                    "rust-analyzer ended; waited for {waiting_for}\n{}",
                    self.complaints()
                )
            }
        };
        if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
        }
        message
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let sent = write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len());
        if let Err(error) = sent.and_then(|()| self.input.flush()) {
            panic!(
                "rust-analyzer does not listen: {error}\n{}",
                self.complaints()
            );
        }
    }

    /// The end of what it wrote to standard error.
    fn complaints(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input too, but not at once.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One message, or nothing at the end.
fn read(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Those of common editors that change what the server answers.
fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "window": { "workDoneProgress": true },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
        "textDocument": {
            "completion": { "completionItem": {
                "documentationFormat": ["markdown"],
                "labelDetailsSupport": true,
                "resolveSupport": { "properties": ["documentation"] },
            } },
            "definition": { "linkSupport": true },
            "diagnostic": {},
            "hover": { "contentFormat": ["markdown"] },
            "rename": { "prepareSupport": true },
        },
        "experimental": { "serverStatusNotification": true },
    })
}
