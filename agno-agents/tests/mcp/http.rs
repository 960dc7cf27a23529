//! Servers over HTTP.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use agno_agents::tools::mcp::Mcp;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::calling::{call, refused, text};

/// An MCP server over HTTP that answers every request on a connection of its own. What becomes
/// of a `tools/call` is in the name of the tool.
async fn http_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
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

async fn answer_http(stream: TcpStream, seen: Arc<Mutex<Vec<String>>>) {
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
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
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
