//! Spans and metrics after OpenTelemetry's conventions for generative AI, with `tracing`.
//!
//! The spans `invoke_agent NAME`, `chat MODEL` (one over all requests that an answer took, to the
//! last piece of it) and `execute_tool NAME` lie in each other as the work does, a team's members
//! in the tool call that asks them. What is recorded and not done again makes no span and no
//! measurement, but counts in what the agent used. Conversations are left out unless an agent is
//! built with [`trace_content`](crate::agent::AgentBuilder::trace_content).
//!
//! An exporter is the program's own: `examples/telemetry` shows one.

mod messages;
mod metrics;
mod names;

use std::{cell::Cell, ops::Deref, time::Instant};

use agno_core::StepContext;
use tracing::{Span, Value, field::Empty};

use crate::{
    agent::Core,
    model::{Model, ModelReply, ModelRequest},
    usage::Usage,
};

/// A span, and the measurement of its time when it ends. It ends when it is told so, or when it is
/// dropped, which for an agent and a model means that nobody waits for them any more.
pub(crate) struct Operation<'a> {
    span: Span,
    doing: Doing<'a>,
    begun: Instant,
    ended: Cell<bool>,
}

/// What is done.
enum Doing<'a> {
    Agent { name: &'a str, model: &'a dyn Model },
    Chat { model: &'a dyn Model },
    Tool { name: &'a str },
}

/// An agent answers a question.
pub(crate) fn agent_span<'a>(agent: &'a Core, step: Option<&StepContext>) -> Operation<'a> {
    let (name, model) = (&*agent.name, &*agent.model);
    let span = tracing::info_span!(
        "invoke_agent",
        { names::SPAN_NAME } = format!("{} {name}", names::INVOKE_AGENT),
        { names::SPAN_KIND } = "internal",
        { names::SPAN_STATUS } = Empty,
        { names::OPERATION } = names::INVOKE_AGENT,
        { names::PROVIDER } = model.provider(),
        { names::REQUEST_MODEL } = model.name(),
        { names::AGENT } = name,
        { names::CONVERSATION } = step.map(StepContext::session_id),
        { names::INPUT_TOKENS } = Empty,
        { names::OUTPUT_TOKENS } = Empty,
        { names::CACHE_READ_TOKENS } = Empty,
        { names::CACHE_CREATION_TOKENS } = Empty,
        { names::ERROR } = Empty,
    );
    Operation::new(span, Doing::Agent { name, model })
}

/// A model answers one turn, repetitions of the request included.
pub(crate) fn chat_span(model: &dyn Model) -> Operation<'_> {
    let span = tracing::info_span!(
        "chat",
        { names::SPAN_NAME } = format!("{} {}", names::CHAT, model.name()),
        { names::SPAN_KIND } = "client",
        { names::SPAN_STATUS } = Empty,
        { names::OPERATION } = names::CHAT,
        { names::PROVIDER } = model.provider(),
        { names::REQUEST_MODEL } = model.name(),
        { names::RESPONSE_MODEL } = Empty,
        { names::RESPONSE_ID } = Empty,
        { names::FINISH_REASONS } = Empty,
        { names::INPUT_TOKENS } = Empty,
        { names::OUTPUT_TOKENS } = Empty,
        { names::CACHE_READ_TOKENS } = Empty,
        { names::CACHE_CREATION_TOKENS } = Empty,
        { names::FIRST_CHUNK } = Empty,
        { names::INPUT_MESSAGES } = Empty,
        { names::OUTPUT_MESSAGES } = Empty,
        { names::TOOL_DEFINITIONS } = Empty,
        { names::ERROR } = Empty,
    );
    Operation::new(span, Doing::Chat { model })
}

/// A tool works. The model may have made up its name: one that no tool can have is left out.
pub(crate) fn tool_span<'a>(tool: &'a str, call: &str) -> Operation<'a> {
    let name = if can_be_a_name(tool) {
        tool
    } else {
        names::OTHER
    };
    let span = tracing::info_span!(
        "execute_tool",
        { names::SPAN_NAME } = format!("{} {name}", names::EXECUTE_TOOL),
        { names::SPAN_KIND } = "internal",
        { names::SPAN_STATUS } = Empty,
        { names::OPERATION } = names::EXECUTE_TOOL,
        { names::TOOL } = name,
        { names::TOOL_CALL } = call,
        { names::TOOL_TYPE } = "function",
        { names::ERROR } = Empty,
    );
    Operation::new(span, Doing::Tool { name })
}

/// It failed, with a stable word.
pub(crate) fn failed(operation: &Operation<'_>, code: &str) {
    operation.end(Some(code));
}

/// An agent answered, and used so much.
pub(crate) fn used(operation: &Operation<'_>, usage: &Usage) {
    operation.used(usage);
    operation.end(None);
}

/// What a model is asked, where the program wants it traced.
pub(crate) fn content(operation: &Operation<'_>, request: &ModelRequest) {
    if operation.span.is_disabled() {
        return;
    }
    let messages = messages::input(&request.messages);
    operation.record(names::INPUT_MESSAGES, messages.as_str());
    if !request.tools.is_empty() {
        let tools = messages::tools(&request.tools);
        operation.record(names::TOOL_DEFINITIONS, tools.as_str());
    }
}

/// A model answered. The words only where the program wants them traced.
pub(crate) fn replied(operation: &Operation<'_>, reply: &ModelReply, content: bool) {
    operation.used(&reply.usage);
    operation.record(names::RESPONSE_MODEL, reply.model.as_str());
    if let Some(id) = &reply.id {
        operation.record(names::RESPONSE_ID, id.as_str());
    }
    let finish = serde_json::json!([reply.finish]).to_string();
    operation.record(names::FINISH_REASONS, finish.as_str());
    if let Some(first) = reply.first_micros {
        operation.record(names::FIRST_CHUNK, seconds(first));
    }
    if content && !operation.span.is_disabled() {
        let message = messages::output(reply);
        operation.record(names::OUTPUT_MESSAGES, message.as_str());
    }
    metrics::replied(&operation.doing, reply);
    operation.end(None);
}

impl<'a> Operation<'a> {
    fn new(span: Span, doing: Doing<'a>) -> Self {
        Self {
            span,
            doing,
            begun: Instant::now(),
            ended: Cell::new(false),
        }
    }

    /// A field that the span was not made with would be lost without a word.
    fn record(&self, name: &'static str, value: impl Value) {
        debug_assert!(
            self.span.is_disabled() || self.span.has_field(name),
            "the span is not made with `{name}`"
        );
        self.span.record(name, value);
    }

    fn used(&self, usage: &Usage) {
        self.record(names::INPUT_TOKENS, usage.input_tokens);
        self.record(names::OUTPUT_TOKENS, usage.output_tokens);
        self.record(names::CACHE_READ_TOKENS, usage.cache_read_tokens);
        self.record(names::CACHE_CREATION_TOKENS, usage.cache_write_tokens);
    }

    fn end(&self, error: Option<&str>) {
        if self.ended.replace(true) {
            return;
        }
        if let Some(code) = error {
            self.record(names::ERROR, code);
            self.record(names::SPAN_STATUS, "error");
        }
        let took = self.begun.elapsed().as_secs_f64();
        self.span
            .in_scope(|| metrics::duration(&self.doing, took, error));
    }
}

impl Deref for Operation<'_> {
    type Target = Span;

    fn deref(&self) -> &Span {
        &self.span
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        let error = match self.doing {
            _ if std::thread::panicking() => Some("panic"),
            // Nobody tells of a tool that did what it was asked.
            Doing::Tool { .. } => None,
            Doing::Agent { .. } | Doing::Chat { .. } => Some("cancelled"),
        };
        self.end(error);
    }
}

/// As [`ToolSpec::name`](crate::model::ToolSpec::name) has it.
fn can_be_a_name(tool: &str) -> bool {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (1..=64).contains(&tool.len()) && tool.chars().all(of_a_name)
}

#[expect(clippy::cast_precision_loss, reason = "for a chart")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use tracing::{Event, Metadata, Subscriber, span};

    use super::{chat_span, names};
    use crate::model::Scripted;

    /// Takes every span and keeps none.
    struct All;

    impl Subscriber for All {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, _: &Event<'_>) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    /// `tracing` drops such a value before any subscriber sees it. With this, every test that
    /// traces finds it.
    #[test]
    #[should_panic(expected = "the span is not made with `gen_ai.tool.name`")]
    fn a_field_that_a_span_is_not_made_with_is_a_mistake() {
        tracing::subscriber::with_default(All, || {
            let model = Scripted::new(["unused"]);
            chat_span(&model).record(names::TOOL, "weather");
        });
    }
}
