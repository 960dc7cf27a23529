//! The server on the official Python SDK.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use agno_agents::{
    media::{MediaKind, MediaSource},
    tools::mcp::{Mcp, McpError, McpServer},
};
use serde_json::{Value, json};

use super::calling::{call, script, tool};

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
