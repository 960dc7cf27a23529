//! An MCP server over standard input and output, with one tool. It writes messages to a file, a
//! JSON object a line, in place of sending them.
//!
//! MCP over stdio is JSON-RPC, one message a line: <https://modelcontextprotocol.io>.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, Write},
    path::Path,
    process::ExitCode,
};

use serde_json::{Value, json};

/// The argument that makes this program a server.
pub(crate) const COMMAND: &str = "whatsapp-server";
/// Its tool.
pub(crate) const TOOL: &str = "send_whatsapp_notification";

/// Answers until its input ends.
pub(crate) fn serve(outbox: &Path) -> ExitCode {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        // What has no id is a notification, and wants no answer.
        let Some(id) = message.get("id") else {
            continue;
        };
        let method = message["method"].as_str().unwrap_or_default();
        let mut reply = json!({"jsonrpc": "2.0", "id": id});
        match answer(method, &message["params"], outbox) {
            Some(result) => reply["result"] = result,
            None => reply["error"] = json!({"code": -32601, "message": "there is no such method"}),
        }
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{reply}").and_then(|()| out.flush());
        if written.is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn answer(method: &str, params: &Value, outbox: &Path) -> Option<Value> {
    Some(match method {
        "initialize" => json!({
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "whatsapp-outbox", "version": "1.0.0"},
        }),
        "ping" => json!({}),
        "tools/list" => json!({"tools": [tool()]}),
        "tools/call" => {
            let done = match params["name"].as_str() {
                Some(TOOL) => send(&params["arguments"], outbox),
                _ => Err("there is no such tool".to_owned()),
            };
            let is_error = done.is_err();
            let text = done.unwrap_or_else(|problem| problem);
            json!({"content": [{"type": "text", "text": text}], "isError": is_error})
        }
        _ => return None,
    })
}

fn tool() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "name": TOOL,
        "description": "Sends a WhatsApp message to the team that takes over customers.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "instance": text("The account that sends."),
                "number": text("The customer's telephone number."),
                "message": text("The text."),
            },
            "required": ["instance", "number", "message"],
        },
        "annotations": {"readOnlyHint": false, "destructiveHint": false},
    })
}

/// Writes a message, and tells which of them it is.
fn send(arguments: &Value, outbox: &Path) -> Result<String, String> {
    let wanted = ["instance", "number", "message"];
    if let Some(missing) = wanted.iter().find(|name| !arguments[**name].is_string()) {
        return Err(format!("`{missing}` is missing"));
    }
    let told = |error: io::Error| format!("{}: {error}", outbox.display());
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(outbox)
        .map_err(told)?;
    writeln!(file, "{arguments}")
        .and_then(|()| file.sync_all())
        .map_err(told)?;
    Ok(format!("sent, by {}", outbox.display()))
}
