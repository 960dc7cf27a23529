//! An agent with the tools of an MCP server: a process on the official Python SDK, and aimock over
//! HTTP.

use agno::{Agent, model::OpenAi, tools::mcp::Mcp};
use serde_json::json;

use super::server::{FIXTURES, Request, Server, named};

/// A server with a tool `add`.
const DESK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/desk.py");

/// The model wants the sum of 19 and 23 from the desk, and says what it is.
async fn answers_with(server: &Server, desk: Mcp, sum: &str) {
    let desk = desk.prefix("desk").connect().await.expect("it runs");
    let model = OpenAi::builder("m").base_url(server.url("/v1"));
    let agent = Agent::builder("Clerk")
        .model(model.build().expect("fits"))
        .tools(desk.tools())
        .build()
        .expect("fits");
    let reply = agent.run("Ask the desk").reply().await.expect("answers");
    assert_eq!(reply.output, "It is 42.");
    assert_eq!(reply.tools.len(), 1);
    assert!(!reply.tools[0].is_error, "{:?}", reply.tools);
    assert_eq!(reply.tools[0].answer, sum);
    desk.close().await;

    let journal = server.journal();
    let asked = |it: &&Request| it.0["path"] == "/v1/chat/completions";
    let asked: Vec<_> = journal.iter().filter(asked).collect();
    assert_eq!(asked.len(), 2);
    let offered = &asked[0].0["body"]["tools"][0]["function"];
    assert_eq!(offered["name"], "desk_add");
    assert_eq!(offered["description"], "Adds two numbers.");
    let required = json!(["a", "b"]);
    assert_eq!(offered["parameters"]["required"], required, "{offered}");
    let told = asked[1].messages("tool").next().expect("an answer");
    assert_eq!(told["content"], sum);
}

#[tokio::test]
async fn tools_of_a_process_on_the_python_sdk() {
    let (Some(server), Some(python)) = (
        Server::aimock(),
        named("AGNO_MCP_PYTHON", "the Python SDK of MCP"),
    ) else {
        return;
    };
    // The SDK answers with a value of the type that the tool declares.
    answers_with(&server, Mcp::stdio(python, [DESK]), r#"{"result":42}"#).await;
}

#[tokio::test]
async fn tools_of_a_server_over_http() {
    let add = json!({
        "name": "add",
        "description": "Adds two numbers.",
        "inputSchema": {
            "type": "object",
            "properties": { "a": { "type": "integer" }, "b": { "type": "integer" } },
            "required": ["a", "b"]
        },
        "result": "42"
    });
    let Some(server) = Server::aimock_with(&json!({
        "llm": { "fixtures": FIXTURES },
        "mcp": { "tools": [add] }
    })) else {
        return;
    };
    answers_with(&server, Mcp::http(server.url("/mcp")), "42").await;
}
