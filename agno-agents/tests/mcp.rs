//! Tools of MCP servers: one on the official Python SDK, one that misbehaves, and whatever
//! `AIMOCK_MCP_URL` names.
#![cfg(feature = "mcp")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use agno_agents::{
    Tool, ToolContext,
    media::{MediaKind, MediaSource},
    tool::ToolAnswer,
    tools::mcp::{Mcp, McpError, McpServer},
};
use agno_core::Error;
use serde_json::{Value, json};

/// A Python with the MCP SDK, or `None`, said aloud.
fn python_with_sdk() -> Option<String> {
    if let Ok(python) = std::env::var("AGNO_MCP_PYTHON") {
        return Some(python);
    }
    let found = Command::new("python3").args(["-c", "import mcp"]).output();
    if found.is_ok_and(|found| found.status.success()) {
        return Some("python3".to_owned());
    }
    eprintln!(
        "SKIPPED: no MCP server to test against. `pip install mcp`, or set AGNO_MCP_PYTHON to a \
         Python that has it"
    );
    None
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn tool(server: &McpServer, name: &str) -> Tool {
    let tools = server.tools();
    let found = tools.iter().find(|tool| tool.name() == name);
    found
        .cloned()
        .unwrap_or_else(|| panic!("no {name}: {tools:?}"))
}

async fn call(tool: &Tool, arguments: Value) -> Result<ToolAnswer, Error> {
    let arguments = arguments.to_string();
    tool.call(&arguments, ToolContext::for_test(), None).await
}

/// The error of a call, which must come in time.
async fn refused(server: &McpServer, name: &str) -> Error {
    let tool = tool(server, name);
    let calling = tokio::time::timeout(Duration::from_secs(20), call(&tool, json!({})));
    let answer = calling.await.expect("no call hangs");
    answer.expect_err(name)
}

async fn text(server: &McpServer, name: &str) -> String {
    let tool = tool(server, name);
    call(&tool, json!({})).await.expect(name).text
}

async fn sdk_server() -> Option<McpServer> {
    let python = python_with_sdk()?;
    let server = Mcp::stdio(python, [script("mcp_server.py")])
        .prefix("sdk")
        .env("AGNO_GIVEN", "given")
        .inherit_env("CARGO_PKG_NAME");
    Some(server.connect().await.expect("the SDK's server"))
}

#[tokio::test]
async fn tools_of_a_real_server_are_listed_and_called() {
    let Some(server) = sdk_server().await else {
        return;
    };
    let mut names: Vec<_> = server.tools().iter().map(|t| t.name().to_owned()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "sdk_add",
            "sdk_env_dump",
            "sdk_fail",
            "sdk_image",
            "sdk_slow"
        ]
    );
    let add = tool(&server, "sdk_add");
    assert_eq!(add.spec().description, "Adds two numbers.");
    assert_eq!(add.spec().parameters["properties"]["a"]["type"], "integer");
    assert!(!add.spec().strict);
    assert!(add.options().idempotent && add.options().confirm.is_none());
    assert!(!tool(&server, "sdk_slow").options().idempotent);
    let asks = tool(&server, "sdk_fail").options().confirm.clone();
    assert!(asks.is_some_and(|question| question.contains("`fail`")));

    let sum = call(&add, json!({"a": 1, "b": 2})).await.expect("a sum");
    assert_eq!(sum.text, r#"{"result":3}"#);
    let error = call(&add, json!({"a": "one"}))
        .await
        .expect_err("no numbers");
    assert_eq!(error.code(), "tool_failed", "{error}");
    let fail = tool(&server, "sdk_fail");
    let error = call(&fail, json!({"reason": "out of ink"}))
        .await
        .expect_err("it fails");
    assert_eq!(error.code(), "tool_failed");
    assert!(error.message().contains("out of ink"), "{error}");
    assert!(matches!(error.downcast_ref(), Some(McpError::Tool { tool, .. }) if tool == "fail"));

    let painted = call(&tool(&server, "sdk_image"), json!({}))
        .await
        .expect("a picture");
    let [picture] = &painted.media[..] else {
        panic!("{painted:?}")
    };
    assert_eq!(
        (picture.kind, picture.mime.as_str()),
        (MediaKind::Image, "image/png")
    );
    let MediaSource::Base64(data) = &picture.source else {
        panic!("{picture:?}")
    };
    // The first bytes of every PNG.
    assert!(data.starts_with("iVBORw0KGgo"));
    server.close().await;
}

#[tokio::test]
async fn a_server_learns_little_of_the_environment() {
    let Some(server) = sdk_server().await else {
        return;
    };
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let told = call(&tool(&server, "sdk_env_dump"), json!({}))
        .await
        .expect("answer");
    let told: Value = serde_json::from_str(&told.text).expect("JSON");
    let told = told.get("result").unwrap_or(&told);
    assert_eq!(told["AGNO_GIVEN"], "given");
    assert_eq!(told["CARGO_PKG_NAME"], env!("CARGO_PKG_NAME"));
    assert!(told.get("PATH").is_some());
    assert!(told.get("CARGO_MANIFEST_DIR").is_none(), "{told}");
    server.close().await;
}

#[tokio::test]
async fn a_slow_call_is_given_up_and_the_server_stays() {
    let Some(python) = python_with_sdk() else {
        return;
    };
    let server = Mcp::stdio(python, [script("mcp_server.py")]).only(["slow", "add"]);
    let server = server.call_timeout(Duration::from_secs(2)).connect().await;
    let server = server.expect("the SDK's server");
    assert_eq!(server.tools().len(), 2);
    let begun = Instant::now();
    let slow = tool(&server, "mcp_slow");
    let error = call(&slow, json!({"seconds": 30}))
        .await
        .expect_err("too slow");
    assert_eq!(error.code(), "mcp_timeout", "{error}");
    assert!(error.message().contains("`slow`"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(8));
    server.close().await;
}

/// The misbehaving server, with a place where it notes each start.
struct Hostile {
    directory: tempfile::TempDir,
}

impl Hostile {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { directory }
    }

    fn mcp(&self, mode: &str) -> Mcp {
        let script = script("mcp_hostile.py");
        let args = [script.into_os_string(), mode.into(), self.marker().into()];
        Mcp::stdio("python3", args)
            .prefix("")
            .connect_timeout(Duration::from_secs(10))
            .call_timeout(Duration::from_secs(10))
    }

    async fn start(&self, mode: &str) -> McpServer {
        self.mcp(mode).connect().await.expect(mode)
    }

    fn marker(&self) -> PathBuf {
        self.directory.path().join("starts")
    }

    /// Process ids, which are those of the groups, too.
    fn starts(&self) -> Vec<u32> {
        let text = fs::read_to_string(self.marker()).unwrap_or_default();
        text.lines()
            .map(|line| line.parse().expect("a number"))
            .collect()
    }

    /// Waits until nothing is alive in any of its groups.
    fn gone(&self, within: Duration) {
        let begun = Instant::now();
        loop {
            let left: Vec<_> = self.starts().into_iter().flat_map(living).collect();
            if left.is_empty() {
                return;
            }
            assert!(begun.elapsed() < within, "still there: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Processes of a group that are alive. One that has ended and was not waited for is not.
fn living(group: u32) -> Vec<String> {
    let listed = Command::new("ps")
        .args(["-eo", "pgid=,stat=,pid=,args="])
        .output();
    let listed = listed.expect("`ps` runs").stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let of_group = listed.lines().filter(|line| {
        let mut columns = line.split_whitespace();
        let same = columns.next().is_some_and(|pgid| pgid == group.to_string());
        same && columns.next().is_some_and(|stat| !stat.starts_with('Z'))
    });
    of_group.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_server_that_does_not_speak_is_a_typed_error_in_time() {
    for (mode, code) in [
        ("silent", "mcp_timeout"),
        ("garbage", "mcp_handshake"),
        ("exits", "mcp_handshake"),
        ("pages", "mcp_malformed"),
        ("many", "mcp_malformed"),
        ("hangs", "mcp_timeout"),
        ("dies", "mcp_died"),
    ] {
        let hostile = Hostile::new();
        let begun = Instant::now();
        let mcp = hostile.mcp(mode).connect_timeout(Duration::from_secs(3));
        let error = mcp.connect().await.expect_err(mode);
        assert_eq!(error.code(), code, "{mode}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{mode}");
        hostile.gone(Duration::from_secs(5));
    }
    let missing = Mcp::stdio("/no/such/program", ["--key=sk-1"])
        .connect()
        .await;
    let error = missing.expect_err("no such program");
    assert_eq!(error.code(), "mcp_start");
    assert!(!error.to_string().contains("sk-1"), "{error}");
}

#[tokio::test]
async fn garbage_between_answers_is_passed_over_and_refusals_are_clean() {
    let hostile = Hostile::new();
    let server = hostile.start("noisy").await;
    assert_eq!(text(&server, "garbage").await, "after the garbage");
    let error = refused(&server, "refuses").await;
    assert_eq!(error.code(), "mcp_refused");
    assert!(error.message().contains("no[31m way (-32000)"), "{error}");
    let error = refused(&server, "wrong").await;
    assert!(
        ["mcp_malformed", "mcp_timeout"].contains(&error.code()),
        "{error}"
    );
    assert_eq!(text(&server, "echo").await, "start 1");
    server.close().await;
    hostile.gone(Duration::from_secs(1));
}

/// The memory that this process holds, in megabytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .expect("its size")
        .trim()
        .parse::<usize>()
        .expect("a number")
        / 1024
}

#[tokio::test]
async fn a_storm_of_notifications_is_passed_over() {
    let hostile = Hostile::new();
    let server = hostile.start("").await;
    assert_eq!(text(&server, "storm").await, "after the storm");
    assert_eq!(text(&server, "echo").await, "start 1");
    server.close().await;
    hostile.gone(Duration::from_secs(5));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn questions_without_end_fill_no_memory() {
    let hostile = Hostile::new();
    let mcp = hostile.mcp("").call_timeout(Duration::from_secs(4));
    let server = mcp.connect().await.expect("a server");
    let before = memory();
    let error = refused(&server, "asks").await;
    assert!(
        ["mcp_timeout", "mcp_died"].contains(&error.code()),
        "{error}"
    );
    let grown = memory().saturating_sub(before);
    assert!(grown < 200, "{grown} MB more");
    server.close().await;
    hostile.gone(Duration::from_secs(5));
}

#[tokio::test]
async fn schemas_that_lead_to_themselves_are_taken_as_they_are() {
    let hostile = Hostile::new();
    let server = hostile.start("cyclic").await;
    for tool in server.tools() {
        let shown = format!("{} {}", tool.name(), tool.spec().parameters);
        assert!((1..=64).contains(&tool.name().len()), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown}");
        assert!(!tool.name().contains(['.', '/']), "{shown}");
    }
    assert_eq!(server.tools().len(), 2);
    server.close().await;
}

#[tokio::test]
async fn a_message_without_end_ends_the_server_and_not_the_program() {
    for name in ["giant", "endless"] {
        let hostile = Hostile::new();
        let server = hostile.start("plain").await;
        let error = refused(&server, name).await;
        assert_eq!(error.code(), "mcp_died", "{name}: {error}");
        assert!(error.message().contains("bytes in one message"), "{error}");
        // The next call starts it again.
        assert_eq!(text(&server, "echo").await, "start 2");
        assert_eq!(hostile.starts().len(), 2);
        server.close().await;
        hostile.gone(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_call_that_never_answers_is_given_up() {
    let hostile = Hostile::new();
    let server = hostile.mcp("plain").call_timeout(Duration::from_secs(1));
    let server = server.connect().await.expect("connect");
    let error = refused(&server, "silent").await;
    assert_eq!(error.code(), "mcp_timeout");
    assert_eq!(text(&server, "echo").await, "start 1");
    server.close().await;
}

#[tokio::test]
async fn a_server_that_dies_is_started_again_once_per_call() {
    let hostile = Hostile::new();
    let server = hostile.start("plain").await;
    // It does no harm twice, so the call is made again.
    assert_eq!(text(&server, "dies_once").await, "start 2");
    // This one may have taken effect, so it is not.
    let error = refused(&server, "dies").await;
    assert_eq!(error.code(), "mcp_died");
    assert!(error.message().contains("may have taken effect"), "{error}");
    assert_eq!(hostile.starts().len(), 2);
    assert_eq!(text(&server, "echo").await, "start 3");
    server.close().await;
    hostile.gone(Duration::from_secs(1));
}

#[tokio::test]
async fn a_tool_that_is_gone_after_a_restart_is_named() {
    let hostile = Hostile::new();
    let server = hostile.start("plain").await;
    let gone = tool(&server, "garbage");
    refused(&server, "dies").await;
    let error = call(&gone, json!({})).await.expect_err("it is gone");
    assert_eq!(error.code(), "mcp_no_tool");
    assert!(
        error.message().contains("`garbage`") && error.message().contains("echo"),
        "{error}"
    );
    let names: Vec<_> = server.tools().iter().map(|t| t.name().to_owned()).collect();
    assert!(!names.contains(&"garbage".to_owned()), "{names:?}");
    server.close().await;
}

#[tokio::test]
async fn calls_at_a_time_share_one_restart() {
    let hostile = Hostile::new();
    let server = hostile.start("plain").await;
    refused(&server, "dies").await;
    let echo = tool(&server, "echo");
    let calls = (0..8).map(|_| call(&echo, json!({})));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.expect("an answer").text, "start 2");
    }
    assert_eq!(hostile.starts().len(), 2);
    server.close().await;
}

#[tokio::test]
async fn a_call_notices_the_end_though_another_process_holds_the_pipes() {
    let hostile = Hostile::new();
    let server = hostile.start("orphan").await;
    let begun = Instant::now();
    let error = refused(&server, "dies").await;
    assert_eq!(error.code(), "mcp_died", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(server);
    hostile.gone(Duration::from_secs(2));
}

#[tokio::test]
async fn closing_takes_bounded_time_and_leaves_nobody() {
    let hostile = Hostile::new();
    let server = hostile.start("stubborn").await;
    assert_eq!(
        living(hostile.starts()[0]).len(),
        2,
        "it and what it started"
    );
    let echo = tool(&server, "echo");
    let begun = Instant::now();
    server.close().await;
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
    hostile.gone(Duration::from_secs(1));
    let error = call(&echo, json!({})).await.expect_err("closed");
    assert_eq!(error.code(), "mcp_closed");
    server.close().await;
    assert_eq!(hostile.starts().len(), 1);
}

#[tokio::test]
async fn dropping_the_last_of_it_leaves_nobody() {
    let hostile = Hostile::new();
    let server = hostile.start("stubborn").await;
    let echo = tool(&server, "echo");
    drop(server);
    assert_eq!(
        call(&echo, json!({})).await.expect("a tool keeps it").text,
        "start 1"
    );
    drop(echo);
    hostile.gone(Duration::from_secs(1));
}

#[test]
fn dropping_it_after_its_runtime_leaves_nobody() {
    for server_first in [true, false] {
        let hostile = Hostile::new();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = runtime.block_on(hostile.start("stubborn"));
        assert!(!living(hostile.starts()[0]).is_empty());
        if server_first {
            drop(server);
            runtime.shutdown_background();
        } else {
            // The trap: nobody is left to poll a task that would kill it.
            runtime.shutdown_background();
            drop(server);
        }
        hostile.gone(Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a_connection_given_up_half_way_leaves_nobody() {
    let hostile = Hostile::new();
    let connecting = hostile.mcp("silent").connect();
    let given_up = tokio::time::timeout(Duration::from_secs(1), connecting).await;
    assert!(given_up.is_err());
    hostile.gone(Duration::from_secs(1));
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let mcp = Mcp::http("http://user:pass-1@127.0.0.1:9/sk-0/mcp?key=sk-1")
        .header("authorization", "Bearer sk-2")
        .header("x-api-key", "sk-3");
    let shown = format!("{mcp:?}");
    let error = mcp.connect().await.expect_err("nobody listens");
    let stdio = Mcp::stdio("program", ["--key", "sk-4"]).env("KEY", "sk-5");
    let shown = format!("{shown} {error} {error:?} {stdio:?}");
    assert!(
        !shown.contains("sk-") && !shown.contains("pass-1"),
        "{shown}"
    );
    assert!(shown.contains("http://127.0.0.1:9"), "{shown}");
    let odd = Mcp::http("ftp://host/mcp")
        .connect()
        .await
        .expect_err("no HTTP");
    assert_eq!(odd.code(), "mcp_settings");
    let odd = Mcp::http("http://h/").header("a\n", "sk-6").connect().await;
    let odd = odd.expect_err("no header");
    assert!(odd.code() == "mcp_settings" && !odd.to_string().contains("sk-6"));
}

/// An MCP server over HTTP that answers every request on a connection of its own. What becomes
/// of a `tools/call` is in the name of the tool.
async fn http_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("bind");
    let address = listener.local_addr().expect("address");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_http(stream, requests.clone()));
        }
    });
    (format!("http://{address}/mcp"), seen)
}

async fn answer_http(stream: tokio::net::TcpStream, seen: Arc<Mutex<Vec<String>>>) {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    seen.lock().expect("lock").push(head.clone());
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let reply = |status: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let result = match request["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": request["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "h", "version": "1"},
        }),
        Some("tools/list") => {
            let names = ["echo", "hangs", "cut", "status", "moves", "broken"];
            let tools = names.map(|name| json!({"name": name, "inputSchema": {}}));
            json!({ "tools": tools })
        }
        Some("tools/call") => match request["params"]["name"].as_str() {
            Some("hangs") => return tokio::time::sleep(Duration::from_secs(60)).await,
            Some("cut") => return,
            Some("status") => {
                let reply = reply("503 Service Unavailable", "{}");
                let _ = stream.write_all(reply.as_bytes()).await;
                return;
            }
            Some("moves") => {
                let reply = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.2:9/\r\n\
                             content-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(reply.as_bytes()).await;
                return;
            }
            Some("broken") => {
                let _ = stream
                    .write_all(reply("200 OK", "{\"jsonrpc\":").as_bytes())
                    .await;
                return;
            }
            _ => json!({"content": [{"type": "text", "text": "echo"}]}),
        },
        _ if head.starts_with("POST") => {
            let _ = stream.write_all(reply("202 Accepted", "").as_bytes()).await;
            return;
        }
        _ => {
            let reply = reply("405 Method Not Allowed", "");
            let _ = stream.write_all(reply.as_bytes()).await;
            return;
        }
    };
    let body = json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string();
    let _ = stream.write_all(reply("200 OK", &body).as_bytes()).await;
}

#[tokio::test]
async fn an_http_server_that_breaks_off_is_a_typed_error_and_is_reached_again() {
    let (url, seen) = http_server().await;
    let mcp = Mcp::http(url).header("x-api-key", "sk-1").prefix("");
    let server = mcp.call_timeout(Duration::from_secs(2)).connect().await;
    let server = server.expect("connect");
    assert_eq!(text(&server, "echo").await, "echo");
    for (name, code, said) in [
        ("hangs", "mcp_timeout", "`hangs`"),
        // It may have done what it was asked to.
        ("cut", "mcp_died", "may have taken effect"),
        ("status", "mcp_died", "503"),
        ("moves", "mcp_died", "307"),
        ("broken", "mcp_died", "JSON"),
    ] {
        let error = refused(&server, name).await;
        assert_eq!(error.code(), code, "{name}: {error}");
        let message = error.message();
        assert!(message.contains(said), "{name}: {message}");
        assert!(
            !message.contains("sk-1") && !message.contains("rmcp"),
            "{message}"
        );
        assert_eq!(text(&server, "echo").await, "echo", "after {name}");
    }
    let seen = seen.lock().expect("lock").clone();
    assert!(
        seen.iter().all(|head| head.contains("x-api-key: sk-1")),
        "{seen:?}"
    );
    let begun = Instant::now();
    server.close().await;
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn an_http_server_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("bind");
    let address = listener.local_addr().expect("address");
    let silent = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
        }
    });
    let mcp = Mcp::http(format!("http://{address}/mcp")).connect_timeout(Duration::from_secs(1));
    let error = mcp.connect().await.expect_err("silence");
    assert_eq!(error.code(), "mcp_timeout", "{error}");
    silent.abort();
}

#[tokio::test]
async fn tools_over_http_are_listed_and_called() {
    let Ok(url) = std::env::var("AIMOCK_MCP_URL") else {
        eprintln!("SKIPPED: AIMOCK_MCP_URL names no MCP server over HTTP");
        return;
    };
    let server = Mcp::http(url)
        .prefix("mock")
        .connect()
        .await
        .expect("connect");
    let tools = server.tools();
    assert!(!tools.is_empty());
    let first = &tools[0];
    assert!(first.name().starts_with("mock_"), "{first:?}");
    let answer = call(first, json!({})).await.expect("an answer");
    assert!(!answer.text.is_empty());
    let again = server.refresh().await.expect("refresh");
    assert_eq!(again.len(), tools.len());
    server.close().await;
    let error = call(first, json!({})).await.expect_err("closed");
    assert_eq!(error.code(), "mcp_closed");
}
