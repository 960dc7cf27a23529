//! Settings of agents in files and in a store.

mod extra;
mod files;
mod stores;
mod tools;

use agno_agents::{AgentSettings, model::ToolChoice};
use serde_json::json;

/// Settings with every field.
fn whole() -> AgentSettings {
    AgentSettings {
        name: "Researcher".into(),
        role: Some("Finds things out".into()),
        description: Some("Searches the web.".into()),
        instructions: vec!["Search before you answer.".into()],
        expected_output: Some("Three bullet points.".into()),
        model: Some("openai:gpt-5-mini".into()),
        markdown: Some(true),
        tool_call_limit: Some(8),
        parallel_tools: Some(2),
        history: Some(3),
        temperature: Some(0.5),
        max_tokens: Some(1000),
        tools: Some(vec!["search".into(), "read".into()]),
        tool_choice: Some(ToolChoice::Tool("search".into())),
        extra: json!({"reasoning_effort": "low"})
            .as_object()
            .cloned()
            .expect("an object"),
    }
}
