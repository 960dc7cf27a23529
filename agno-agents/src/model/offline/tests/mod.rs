#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "types are read for their schemas; helpers of tests"
)]

mod properties;
mod reading;
mod requests;
mod team;
mod tools;
mod typed;
mod writing;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::model::ToolSpec;

const ARTICLE: &str = "\
# Heat pumps in old houses

A heat pump moves heat from the air or the ground into a house. It needs a third of the energy that \
a gas boiler needs. In 2023 the field trial of Dr. Miara measured 77 old houses for a year. The \
heat pumps in them reached a yearly efficiency of 3.1 on average. Old houses need larger radiators, \
not new walls.

## Costs

- A heat pump for a house costs 25,000 euros before grants.
- Grants pay for up to 70 percent of the heat pump.
- The weather was fine on the day of the interview.

Subscribe to our newsletter!
";

fn search() -> ToolSpec {
    spec(
        "web_search",
        "Searches the web and answers with titles, addresses and snippets.",
        json!({ "query": { "type": "string" }, "max_results": { "type": "integer" } }),
        &["query"],
    )
}

fn read_article() -> ToolSpec {
    spec(
        "read_article",
        "Reads the article at an address.",
        json!({ "url": { "type": "string" } }),
        &["url"],
    )
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "`json!` at the call reads better"
)]
fn spec(name: &str, description: &str, properties: Value, required: &[&str]) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({ "type": "object", "properties": properties, "required": required }),
        strict: false,
    }
}

fn found() -> String {
    json!([
        {
            "title": "Heat pumps in old houses",
            "href": "https://energy.example/old-houses",
            "body": "A field trial shows that heat pumps work in old houses."
        },
        {
            "title": "The price of a heat pump",
            "href": "https://money.example/price",
            "body": "Prices of heat pumps fell by a tenth last year, and grants rose."
        },
        {
            "title": "Boilers",
            "href": "https://boilers.example/",
            "body": "Gas boilers are still sold in most countries of the continent."
        }
    ])
    .to_string()
}

fn asked(system: &str, user: &str, tools: &[ToolSpec]) -> ModelRequest {
    let mut messages = Vec::new();
    if !system.is_empty() {
        messages.push(Message::system(system));
    }
    messages.push(Message::user(user));
    ModelRequest {
        messages,
        tools: tools.to_vec(),
        ..ModelRequest::default()
    }
}

/// Runs the loop of an agent. Answers the calls made, and the last text.
fn run(mut request: ModelRequest, tool: impl Fn(&str, &Value) -> String) -> (Vec<String>, String) {
    let mut calls = Vec::new();
    for _ in 0..10 {
        let reply = Offline::reply(&request);
        let said = reply.message.clone();
        if said.tool_calls.is_empty() {
            return (calls, said.text);
        }
        request.messages.push(Message::Assistant(said.clone()));
        for call in said.tool_calls {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
            calls.push(format!("{}({arguments})", call.name));
            request.messages.push(Message::Tool {
                text: tool(&call.name, &arguments),
                call: call.id,
                name: call.name,
                is_error: false,
            });
        }
    }
    panic!("it calls for ever: {calls:?}");
}

fn web(name: &str, arguments: &Value) -> String {
    match name {
        "web_search" => found(),
        _ if arguments["url"] == "https://energy.example/old-houses" => {
            json!({ "title": "Heat pumps in old houses", "text": ARTICLE, "author": "Ada" })
                .to_string()
        }
        _ => json!({ "text": "Prices of heat pumps depend on the house." }).to_string(),
    }
}

const MARKDOWN: &str = "<your_role>\nYou research topics.\n</your_role>\n\n<additional_information>\n- \
    Use markdown to format your answers.\n</additional_information>";

fn delegate(ids: &[&str]) -> ToolSpec {
    spec(
        "delegate_task_to_member",
        "Gives a task to a member.",
        json!({ "member_id": { "type": "string", "enum": ids }, "task": { "type": "string" } }),
        &["member_id", "task"],
    )
}
