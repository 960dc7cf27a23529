//! Tools that must not be called twice: their beginning is on disk ahead of them.

use agno_core::{Error, Part};

use super::calls::{Outcome, excerpt};
use crate::message::ToolCall;

/// What is known of such a call when the model wants it.
pub(super) enum Known {
    /// It was made, and this came of it.
    Done(Box<Outcome>),
    /// It was not, and is to be recorded under this key.
    Open(String),
}

/// What earlier attempts recorded of a call. An error that a tool returned says that the call had
/// no effect, so another attempt may make it again, under a key of its own.
pub(super) fn known(part: &Part, key: &str) -> Result<Known, Error> {
    let attempt = part.context().attempt();
    let mut key = key.to_owned();
    loop {
        let recorded: Option<Outcome> = part.recall_effect(&key)?;
        match recorded {
            None => return Ok(Known::Open(key)),
            Some(done) if done.result.is_ok() || done.attempt == attempt => {
                return Ok(Known::Done(Box::new(done)));
            }
            Some(failed) => key = format!("{key}.after-{}", failed.attempt),
        }
    }
}

/// A call that did not end by itself may have had its effect.
pub(super) fn unknown_end(call: &ToolCall, error: &Error) -> Option<Error> {
    if !matches!(error.code(), "tool_timeout" | "tool_panic") {
        return None;
    }
    let problem = format!(
        "the tool `{}` may have run, and it is not to run twice: {}. Look whether it took effect; \
         it was called with {}",
        call.name,
        error.message(),
        excerpt(&call.arguments)
    );
    Some(Error::new("may_have_run", problem).permanent())
}
