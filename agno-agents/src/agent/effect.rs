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

/// What is recorded of the next of several equal calls, over all attempts. An error that a tool
/// returned says that the call had no effect: it is passed by, and the call may be made again.
pub(super) fn known(part: &Part, equal: &str, next: &mut u32) -> Result<Known, Error> {
    loop {
        let key = format!("{equal}.{next}");
        *next += 1;
        let recorded: Option<Outcome> = part.recall_effect(&key)?;
        match recorded {
            None => return Ok(Known::Open(key)),
            Some(done) if done.result.is_ok() => return Ok(Known::Done(Box::new(done))),
            Some(_) => {}
        }
    }
}

/// The error of a call whose end is not known, in words that a person can look for.
pub(super) fn named(call: &ToolCall, error: Error) -> Error {
    if error.code() != "may_have_run" {
        return error;
    }
    let problem = format!(
        "the process ended while the tool `{}` ran: it may have run, and it is not to run twice. \
         Look whether it took effect; it was called with {}",
        call.name,
        excerpt(&call.arguments)
    );
    Error::new("may_have_run", problem).permanent()
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
