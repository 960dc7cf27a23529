//! A tool as a server offers it, made fit for a model.

use std::collections::HashSet;

use rmcp::model::Tool as Offered;
use serde_json::Value;

use super::{Mcp, McpError, clean, names};
use crate::model::ToolSpec;

/// Longest description of a tool, in characters.
const LONGEST_DESCRIPTION: usize = 4_000;
/// Longest description of a parameter, in characters.
const LONGEST_REMARK: usize = 1_000;
/// Largest schema of a tool's parameters, in bytes.
const LARGEST_SCHEMA: usize = 128 * 1024;

/// A tool that a model is offered.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// The server's name for it.
    pub(super) remote: String,
    pub(super) spec: ToolSpec,
    /// Calling it twice does no harm.
    pub(super) repeatable: bool,
    /// It is declared to destroy.
    pub(super) destructive: bool,
}

/// What of a server's tools the program takes, in the server's order.
pub(super) fn take(settings: &Mcp, offered: Vec<Offered>) -> Result<Vec<Offer>, McpError> {
    let server = settings.label();
    let mut seen = HashSet::new();
    let mut tools: Vec<Offered> = offered
        .into_iter()
        .filter(|tool| {
            let first = seen.insert(tool.name.to_string());
            if !first {
                let name = clean(&tool.name, 80);
                tracing::warn!(%server, tool = name, "an MCP server names a tool twice");
            }
            first
        })
        .collect();
    if let Some(only) = &settings.only {
        if let Some(missing) = only.iter().find(|name| !seen.contains(*name)) {
            return Err(McpError::NoTool {
                server,
                tool: missing.clone(),
                known: tools.iter().map(|tool| clean(&tool.name, 80)).collect(),
            });
        }
        tools.retain(|tool| only.iter().any(|name| *name == tool.name));
    }
    let remote: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    let local = names::local(&settings.prefix, &remote);
    tools
        .iter()
        .map(|tool| {
            let name = local.get(&*tool.name).cloned().unwrap_or_default();
            offer(settings, tool, name)
        })
        .collect()
}

fn offer(settings: &Mcp, tool: &Offered, name: String) -> Result<Offer, McpError> {
    let mut parameters = tool.schema_as_json_value();
    clean_remarks(&mut parameters);
    if let Some(schema) = parameters.as_object_mut() {
        // Some servers leave it out where there are no parameters.
        schema
            .entry("type")
            .or_insert_with(|| Value::from("object"));
    }
    let size = parameters.to_string().len();
    if size > LARGEST_SCHEMA {
        return Err(McpError::Malformed {
            server: settings.label(),
            what: "its tools".to_owned(),
            message: format!(
                "the schema of `{name}` has {size} bytes, the most is {LARGEST_SCHEMA}: leave \
                 it out with `only`"
            ),
        });
    }
    let annotations = tool.annotations.as_ref();
    let declared = |hint: Option<bool>| settings.hints && hint == Some(true);
    let read_only = declared(annotations.and_then(|hints| hints.read_only_hint));
    let idempotent = declared(annotations.and_then(|hints| hints.idempotent_hint));
    let destructive = declared(annotations.and_then(|hints| hints.destructive_hint));
    let title = annotations.and_then(|hints| hints.title.as_deref());
    let description = [tool.description.as_deref(), tool.title.as_deref(), title];
    let description = description
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    Ok(Offer {
        remote: tool.name.to_string(),
        spec: ToolSpec {
            description: clean(description.unwrap_or(&name).trim(), LONGEST_DESCRIPTION),
            name,
            parameters,
            strict: false,
        },
        repeatable: read_only || idempotent,
        destructive: destructive && !read_only,
    })
}

/// Cleans the texts of a schema that are meant for the model. Its depth is the JSON parser's.
fn clean_remarks(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(clean_remarks),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if matches!(key.as_str(), "description" | "title") => {
                        *text = clean(text, LONGEST_REMARK);
                    }
                    other => clean_remarks(other),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(settings: &Mcp, tools: Value) -> Result<Vec<Offer>, McpError> {
        take(settings, serde_json::from_value(tools).expect("tools"))
    }

    #[test]
    fn what_a_server_writes_is_cut_and_cleaned() {
        let settings = Mcp::http("http://localhost/mcp");
        let long = "x".repeat(9_000);
        let tools = json!([{
            "name": "wri\u{1b}te",
            "description": format!("a\u{1b}[31m\u{202e}b\n{long}"),
            "inputSchema": {
                "properties": {"description": {"type": "string", "description": "c\u{7}d"}},
            },
        }, { "name": "wri\u{1b}te", "inputSchema": {} }]);
        let offers = taken(&settings, tools).expect("offers");
        let [offer] = &offers[..] else {
            panic!("a name that stands twice is one tool: {offers:?}")
        };
        assert_eq!(offer.spec.name, "mcp_wri_te");
        assert_eq!(offer.remote, "wri\u{1b}te");
        assert!(offer.spec.description.starts_with("a[31mb\nxx"));
        assert_eq!(
            offer.spec.description.chars().count(),
            LONGEST_DESCRIPTION + 1
        );
        let parameters = &offer.spec.parameters;
        assert_eq!(parameters["properties"]["description"]["description"], "cd");
        assert_eq!(parameters["type"], "object");
    }

    #[test]
    fn a_schema_that_is_too_large_is_named() {
        let settings = Mcp::http("http://localhost/mcp").prefix("a");
        let names: Vec<_> = (0..20_000).map(|n| format!("option{n}")).collect();
        let tools = json!([{ "name": "b", "inputSchema": { "required": names } }]);
        let error = taken(&settings, tools).expect_err("too large");
        assert!(error.to_string().contains("`a_b`"), "{error}");
    }

    #[test]
    fn hints_decide_what_a_crash_may_repeat_and_what_is_asked_for() {
        let cases = [
            (json!(null), false, false),
            (json!({}), false, false),
            (json!({"readOnlyHint": true}), true, false),
            (
                json!({"readOnlyHint": true, "destructiveHint": true}),
                true,
                false,
            ),
            (json!({"idempotentHint": true}), true, false),
            (
                json!({"idempotentHint": true, "destructiveHint": true}),
                true,
                true,
            ),
            (json!({"destructiveHint": true}), false, true),
            (json!({"destructiveHint": false}), false, false),
        ];
        for (hints, repeatable, destructive) in cases {
            let mut tool = json!({ "name": "a", "inputSchema": {} });
            if !hints.is_null() {
                tool["annotations"] = hints.clone();
            }
            let settings = Mcp::http("http://localhost/mcp");
            let offers = taken(&settings, json!([tool])).expect("offers");
            let told = (offers[0].repeatable, offers[0].destructive);
            assert_eq!(told, (repeatable, destructive), "{hints}");
            let offers = taken(&settings.ignore_hints(), json!([tool])).expect("offers");
            assert_eq!(
                (offers[0].repeatable, offers[0].destructive),
                (false, false)
            );
        }
    }

    #[test]
    fn a_tool_that_is_asked_for_and_not_there_is_named() {
        let settings = Mcp::http("http://localhost/mcp").only(["b", "c"]);
        let tools = json!([{ "name": "a", "inputSchema": {} }, { "name": "b", "inputSchema": {} }]);
        let error = taken(&settings, tools.clone()).expect_err("no c");
        assert!(
            matches!(&error, McpError::NoTool { tool, .. } if tool == "c"),
            "{error:?}"
        );
        let offers = taken(&settings.only(["b"]), tools).expect("b");
        assert_eq!(offers.len(), 1);
    }
}
