//! What an agent's step said in earlier runs of the session.

use agno_core::{Error, Json};
use serde_json::Value;

use super::{Record, instructions::prompt};
use crate::message::Message;

/// The last exchanges of the agent's step, as messages. Read once and recorded, since another run
/// may end while this one goes on.
pub(super) async fn remembered(record: &Record, runs: usize) -> Result<Vec<Message>, Error> {
    const KEY: &str = "history";
    let Some(context) = record.context() else {
        return Ok(Vec::new());
    };
    if let Some(recorded) = record.recall(KEY)? {
        return Ok(recorded);
    }
    let mut messages = Vec::new();
    for exchange in context.history(runs).await? {
        messages.push(Message::user(asked(&exchange.input)));
        messages.push(Message::assistant(prompt(&exchange.output)));
    }
    record.record(KEY, &messages).await?;
    Ok(messages)
}

/// A step's input as it was asked: the value itself where there is one parameter.
fn asked(input: &Json) -> String {
    match input.to_value() {
        Value::Object(fields) if fields.len() == 1 => {
            fields.values().next().map(prompt).unwrap_or_default()
        }
        other => prompt(&other),
    }
}
