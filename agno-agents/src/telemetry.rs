//! Spans after OpenTelemetry's conventions for generative AI, as `tracing` fields.
//!
//! The names are those of `open-telemetry/semantic-conventions-genai`, which is still in
//! development: they stand in this file and nowhere else. An exporter is the program's own:
//! `examples/telemetry.rs` shows one. Conversations are left out unless an agent is built with
//! [`trace_content`](crate::agent::AgentBuilder::trace_content).

use agno_core::StepContext;
use tracing::{Span, field::Empty};

use crate::{
    agent::Core,
    model::{Model, ModelReply, ModelRequest},
    usage::Usage,
};

/// An agent answers a question.
pub(crate) fn agent_span(agent: &Core, step: Option<&StepContext>) -> Span {
    tracing::info_span!(
        "invoke_agent",
        otel.name = format!("invoke_agent {}", agent.name),
        otel.kind = "internal",
        gen_ai.operation.name = "invoke_agent",
        gen_ai.provider.name = agent.model.provider(),
        gen_ai.request.model = agent.model.name(),
        gen_ai.agent.name = &*agent.name,
        gen_ai.conversation.id = step.map(StepContext::session_id),
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        error.type = Empty,
    )
}

/// A model answers one turn, repetitions of the request included.
pub(crate) fn chat_span(model: &dyn Model) -> Span {
    tracing::info_span!(
        "chat",
        otel.name = format!("chat {}", model.name()),
        otel.kind = "client",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = model.provider(),
        gen_ai.request.model = model.name(),
        gen_ai.response.model = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.client.time_to_first_chunk = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
        error.type = Empty,
    )
}

/// A tool works.
pub(crate) fn tool_span(tool: &str, call: &str) -> Span {
    tracing::info_span!(
        "execute_tool",
        otel.name = format!("execute_tool {tool}"),
        otel.kind = "internal",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = tool,
        gen_ai.tool.call.id = call,
        gen_ai.tool.type = "function",
        error.type = Empty,
    )
}

/// It failed, with a stable word.
pub(crate) fn failed(span: &Span, code: &str) {
    span.record("error.type", code);
}

/// What was used.
pub(crate) fn used(span: &Span, usage: &Usage) {
    span.record("gen_ai.usage.input_tokens", usage.input_tokens);
    span.record("gen_ai.usage.output_tokens", usage.output_tokens);
}

/// The conversation, where the program wants it traced.
pub(crate) fn content(span: &Span, request: &ModelRequest) {
    if let Ok(messages) = serde_json::to_string(&request.messages) {
        span.record("gen_ai.input.messages", messages);
    }
}

/// A turn's answer.
pub(crate) fn replied(span: &Span, reply: &ModelReply, content: bool) {
    used(span, &reply.usage);
    span.record("gen_ai.response.model", reply.model.as_str());
    if let Some(id) = &reply.id {
        span.record("gen_ai.response.id", id.as_str());
    }
    span.record("gen_ai.response.finish_reasons", reply.finish.as_str());
    let usage = &reply.usage;
    span.record(
        "gen_ai.usage.cache_read.input_tokens",
        usage.cache_read_tokens,
    );
    span.record(
        "gen_ai.usage.cache_creation.input_tokens",
        usage.cache_write_tokens,
    );
    if let Some(first) = reply.first_micros {
        #[expect(clippy::cast_precision_loss, reason = "seconds, for a chart")]
        span.record("gen_ai.client.time_to_first_chunk", first as f64 / 1e6);
    }
    if content && let Ok(message) = serde_json::to_string(&reply.message) {
        span.record("gen_ai.output.messages", message);
    }
}
