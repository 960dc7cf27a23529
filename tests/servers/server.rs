//! Servers as processes: started on a free port, ended with the test.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The scripts of aimock.
pub(crate) const FIXTURES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/aimock.json");

/// Ends the server when it is told to, when the server ends, and when the test that holds the
/// other end of its input is gone, however that came.
const GUARD: &str = r#"{ "$0" "$@" </dev/null; kill -KILL 0; } & read -r _; kill -KILL 0"#;

/// A server, which ends with this value.
pub(crate) struct Server {
    process: Child,
    port: u16,
    log: TempDir,
}

impl Server {
    /// aimock with the scripts of `tests/fixtures`, or nothing if it is not named: skip the test.
    pub(crate) fn aimock() -> Option<Self> {
        Self::aimock_with(&json!({ "llm": { "fixtures": FIXTURES } }))
    }

    /// The same with a pause before each piece of an answer.
    pub(crate) fn slow_aimock(pause: Duration) -> Option<Self> {
        let latency = u64::try_from(pause.as_millis()).expect("is short");
        Self::aimock_with(&json!({ "llm": { "fixtures": FIXTURES, "latency": latency } }))
    }

    /// The same with settings of its own.
    pub(crate) fn aimock_with(settings: &Value) -> Option<Self> {
        let program = named("AIMOCK_BIN", "aimock")?;
        let mut settings = settings.clone();
        // What no script is for is an error.
        settings["strict"] = true.into();
        let folder = tempfile::tempdir().expect("is created");
        let file = folder.path().join("aimock.json");
        std::fs::write(&file, settings.to_string()).expect("is written");
        Some(Self::start(&program, |port| {
            let port = port.to_string();
            let file = file.as_os_str();
            ["--port".as_ref(), port.as_ref(), "--config".as_ref(), file]
                .map(OsStr::to_owned)
                .into()
        }))
    }

    /// vidaimock, or nothing if it is not named: skip the test.
    pub(crate) fn vidaimock() -> Option<Self> {
        let program = named("VIDAIMOCK_BIN", "vidaimock")?;
        Some(Self::start(&program, |port| {
            let port = port.to_string();
            // It would listen on every address of the machine.
            let arguments = ["--host", "127.0.0.1", "--port", &port];
            arguments.iter().map(OsString::from).collect()
        }))
    }

    /// Starts a program and waits until its port answers.
    fn start(program: &OsString, arguments: impl Fn(u16) -> Vec<OsString>) -> Self {
        // Between the look for a free port and its use another process may take it.
        for _ in 0..5 {
            let log = tempfile::tempdir().expect("is created");
            let port = free_port();
            let output = File::create(log.path().join("log")).expect("is created");
            let process = Command::new("sh")
                .args(["-c", GUARD])
                .arg(program)
                .args(arguments(port))
                .current_dir(log.path())
                .process_group(0)
                .stdin(Stdio::piped())
                .stdout(output.try_clone().expect("is a file"))
                .stderr(output)
                .spawn()
                .expect("sh starts");
            let mut server = Self { process, port, log };
            if server.answers() {
                return server;
            }
            eprintln!("{program:?} did not start: {}", server.said());
        }
        panic!("{program:?} does not start");
    }

    /// Whether it comes up. Not if it ends before.
    fn answers(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if self.process.try_wait().expect("is a child").is_some() {
                return false;
            }
            if TcpStream::connect(self.address()).is_ok() {
                // Another process may have it, and ours may be about to give up.
                thread::sleep(Duration::from_millis(50));
                return self.process.try_wait().expect("is a child").is_none();
            }
            thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.log.path().join("log")).unwrap_or_default()
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// The requests that aimock was sent, in order.
    pub(crate) fn journal(&self) -> Vec<Request> {
        let journal = self.ask("GET", "/__aimock/journal");
        let entries: Vec<Value> = serde_json::from_str(&journal).expect("a journal");
        entries.into_iter().map(Request).collect()
    }

    /// Makes aimock forget them.
    pub(crate) fn forget(&self) {
        self.ask("POST", "/__aimock/reset/journal");
    }

    fn ask(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("it runs");
        // Of this version, so that the answer comes in one piece and ends with the connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
            self.address()
        );
        stream.write_all(request.as_bytes()).expect("is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("is a text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("has a head");
        assert!(head.contains(" 200 "), "{path}: {answer}");
        body.to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The guard reads the end of its input, and ends its group.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A request in aimock's journal.
pub(crate) struct Request(pub(crate) Value);

impl Request {
    /// The turn it asks for, from 1: one more than the answers it holds. aimock reads an answer
    /// over the Responses interface as a message for each of its parts, which stand together.
    pub(crate) fn turn(&self) -> usize {
        let messages = self.all_messages();
        let answers = messages.chunk_by(|one, next| one["role"] == next["role"]);
        1 + answers.filter(|it| it[0]["role"] == "assistant").count()
    }

    /// Its messages of a role.
    pub(crate) fn messages<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Value> {
        let messages = self.all_messages().iter();
        messages.filter(move |it| it["role"] == role)
    }

    fn all_messages(&self) -> &[Value] {
        let messages = self.0["body"]["messages"].as_array();
        messages.unwrap_or_else(|| panic!("no messages in {}", self.0))
    }

    /// Whether pieces were asked for.
    pub(crate) fn streamed(&self) -> bool {
        self.0["body"]["stream"] == true
    }
}

/// A program that the environment names. Otherwise it says that the test is skipped.
pub(crate) fn named(variable: &str, what: &str) -> Option<OsString> {
    let program = std::env::var_os(variable).filter(|program| !program.is_empty());
    if program.is_none() {
        println!("skipped: {what} is not there: {variable} is not set (cargo xtask test --all)");
    }
    program
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it has one").port()
}
