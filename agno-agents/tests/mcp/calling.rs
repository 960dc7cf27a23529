//! Calls of a server's tools.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use agno_agents::{Tool, ToolContext, tool::ToolAnswer, tools::mcp::McpServer};
use agno_core::Error;
use serde_json::{Value, json};

pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

pub(crate) fn tool(server: &McpServer, name: &str) -> Tool {
    let tools = server.tools();
    let found = tools.iter().find(|tool| tool.name() == name);
    found
        .cloned()
        .unwrap_or_else(|| panic!("no {name}: {tools:?}"))
}

pub(crate) async fn call(tool: &Tool, arguments: Value) -> Result<ToolAnswer, Error> {
    let arguments = arguments.to_string();
    tool.call(&arguments, ToolContext::for_test(), None).await
}

/// The error of a call, which must come in time.
pub(crate) async fn refused(server: &McpServer, name: &str) -> Error {
    let tool = tool(server, name);
    let calling = tokio::time::timeout(Duration::from_secs(20), call(&tool, json!({})));
    let answer = calling.await.expect("no call hangs");
    answer.expect_err(name)
}

pub(crate) async fn text(server: &McpServer, name: &str) -> String {
    let tool = tool(server, name);
    call(&tool, json!({})).await.expect(name).text
}
