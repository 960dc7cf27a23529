//! The seam for a person who confirms what a model wants done.

use agno_core::{BoxFuture, Error};
use serde::{Deserialize, Serialize};

/// Somebody who can be asked before a tool with
/// [`ToolOptions::confirm`](crate::tool::ToolOptions::confirm) is called. Without one, an agent
/// that works in a step of a run puts the question into the run's inbox, and the run waits for the
/// answer; outside of a run such a tool is never called: the agent fails with
/// `confirmation_required`.
pub trait Confirm: Send + Sync + 'static {
    /// Asks. The answer is recorded in a step: it is not asked for again after a crash.
    fn confirm<'a>(&'a self, request: &'a ConfirmRequest)
    -> BoxFuture<'a, Result<Decision, Error>>;
}

impl<F> Confirm for F
where
    F: Fn(&ConfirmRequest) -> Decision + Send + Sync + 'static,
{
    fn confirm<'a>(
        &'a self,
        request: &'a ConfirmRequest,
    ) -> BoxFuture<'a, Result<Decision, Error>> {
        let decision = self(request);
        Box::pin(std::future::ready(Ok(decision)))
    }
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfirmRequest {
    /// The tool's question.
    pub question: String,
    /// The agent that wants to call it.
    pub agent: String,
    /// The tool.
    pub tool: String,
    /// What the model wants to call it with. Untrusted text.
    pub arguments: String,
    /// The step it works in, if it does: run and path.
    pub step: Option<(String, String)>,
}

/// What the person says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Call it.
    Approve,
    /// Do not call it. The model is told why.
    Reject {
        /// Why.
        reason: String,
    },
}
