//! Metrics as events: each has a field that begins with `histogram.`, which
//! `tracing-opentelemetry`'s `MetricsLayer` takes for a measurement, and its other fields for the
//! measurement's attributes. They have a target and the lowest level, so that they stay out of
//! logs.

use tracing::{Level, event};

use super::{Doing, names};
use crate::model::ModelReply;

const TARGET: &str = "agno::metrics";

/// Something ended.
pub(super) fn duration(doing: &Doing<'_>, seconds: f64, error: Option<&str>) {
    match doing {
        Doing::Agent { name, model } => event!(
            target: TARGET,
            Level::TRACE,
            { names::AGENT_DURATION } = seconds,
            { names::OPERATION } = names::INVOKE_AGENT,
            { names::AGENT } = *name,
            { names::PROVIDER } = model.provider(),
            { names::REQUEST_MODEL } = model.name(),
            { names::ERROR } = error,
        ),
        Doing::Chat { model } => event!(
            target: TARGET,
            Level::TRACE,
            { names::CHAT_DURATION } = seconds,
            { names::OPERATION } = names::CHAT,
            { names::PROVIDER } = model.provider(),
            { names::REQUEST_MODEL } = model.name(),
            { names::ERROR } = error,
        ),
        Doing::Tool { name } => event!(
            target: TARGET,
            Level::TRACE,
            { names::TOOL_DURATION } = seconds,
            { names::OPERATION } = names::EXECUTE_TOOL,
            // Names that a model makes up would be a time series each.
            { names::TOOL } = if error == Some("tool_unknown") { names::OTHER } else { *name },
            { names::TOOL_TYPE } = "function",
            { names::ERROR } = error,
        ),
    }
}

/// A model answered.
pub(super) fn replied(doing: &Doing<'_>, reply: &ModelReply) {
    let Doing::Chat { model } = doing else {
        return;
    };
    let tokens = |kind: &str, tokens: u64| {
        event!(
            target: TARGET,
            Level::TRACE,
            { names::TOKEN_USAGE } = tokens,
            { names::TOKEN_TYPE } = kind,
            { names::OPERATION } = names::CHAT,
            { names::PROVIDER } = model.provider(),
            { names::REQUEST_MODEL } = model.name(),
            { names::RESPONSE_MODEL } = reply.model.as_str(),
        );
    };
    tokens("input", reply.usage.input_tokens);
    tokens("output", reply.usage.output_tokens);
    if let Some(first) = reply.first_micros {
        event!(
            target: TARGET,
            Level::TRACE,
            { names::CHAT_FIRST_CHUNK } = super::seconds(first),
            { names::OPERATION } = names::CHAT,
            { names::PROVIDER } = model.provider(),
            { names::REQUEST_MODEL } = model.name(),
            { names::RESPONSE_MODEL } = reply.model.as_str(),
        );
    }
}
