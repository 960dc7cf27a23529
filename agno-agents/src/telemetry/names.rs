//! Names of OpenTelemetry's conventions for generative AI.
//!
//! Source: `open-telemetry/semantic-conventions-genai`, `docs/gen-ai` (spans of inference, agents
//! and tools, and metrics), which is in development: a name that changes there changes here, and
//! nowhere else. `server.address` and `server.port` are left out, since a
//! [`Model`](crate::Model) does not tell where it is.

// What is done: attribute, then its values.
pub(super) const OPERATION: &str = "gen_ai.operation.name";
pub(super) const INVOKE_AGENT: &str = "invoke_agent";
pub(super) const CHAT: &str = "chat";
pub(super) const EXECUTE_TOOL: &str = "execute_tool";

// Who does it.
pub(super) const PROVIDER: &str = "gen_ai.provider.name";
pub(super) const AGENT: &str = "gen_ai.agent.name";
pub(super) const CONVERSATION: &str = "gen_ai.conversation.id";
pub(super) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(super) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(super) const RESPONSE_ID: &str = "gen_ai.response.id";
/// A list. `tracing` has none, so it is JSON in text.
pub(super) const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
/// In seconds.
pub(super) const FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";

// What it took, in tokens. Those of the cache are among the input.
pub(super) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(super) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub(super) const CACHE_READ_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
pub(super) const CACHE_CREATION_TOKENS: &str = "gen_ai.usage.cache_creation.input_tokens";

// Tools.
pub(super) const TOOL: &str = "gen_ai.tool.name";
pub(super) const TOOL_CALL: &str = "gen_ai.tool.call.id";
pub(super) const TOOL_TYPE: &str = "gen_ai.tool.type";

// What was said, only where it is asked for: JSON in text.
pub(super) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub(super) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
pub(super) const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";

/// Why it failed: an error's code. From the general conventions, where it is stable.
pub(super) const ERROR: &str = "error.type";
/// For what has no name of a few: from the general conventions.
pub(super) const OTHER: &str = "_OTHER";

// What `tracing-opentelemetry` makes of a span: its name, its kind, whether it failed.
pub(super) const SPAN_NAME: &str = "otel.name";
pub(super) const SPAN_KIND: &str = "otel.kind";
pub(super) const SPAN_STATUS: &str = "otel.status_code";

// Metrics, with the prefix by which `tracing-opentelemetry` knows a histogram. Durations are in
// seconds.
pub(super) const TOKEN_USAGE: &str = "histogram.gen_ai.client.token.usage";
/// `input` or `output`.
pub(super) const TOKEN_TYPE: &str = "gen_ai.token.type";
pub(super) const CHAT_DURATION: &str = "histogram.gen_ai.client.operation.duration";
pub(super) const CHAT_FIRST_CHUNK: &str = "histogram.gen_ai.client.operation.time_to_first_chunk";
pub(super) const AGENT_DURATION: &str = "histogram.gen_ai.invoke_agent.duration";
pub(super) const TOOL_DURATION: &str = "histogram.gen_ai.execute_tool.duration";
