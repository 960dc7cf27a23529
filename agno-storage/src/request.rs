//! What a run asks of people: requests, and the answers to them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Json, Place, RunId};

/// Something that a run waits for a person to answer. It is stored with the journal entry of the
/// same path and is open until it is answered, its time is over, or nothing waits for it any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Names it over all runs: derived from run and path, so asking twice is asking once.
    pub id: Arc<str>,
    /// The run that asks.
    pub run: RunId,
    /// The outermost run: the same, unless the run that asks is part of another.
    pub root: RunId,
    /// The workflow of the run that asks.
    pub workflow: Arc<str>,
    /// Its session.
    pub session: Arc<str>,
    /// The user it runs for, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
    /// Path of its journal entry: `confirm#0`, `map#0[3]/publish#0!confirm`.
    pub path: Arc<str>,
    /// What kind of answer is wanted.
    pub kind: RequestKind,
    /// The question.
    pub message: String,
    /// JSON schema of the value that an answer carries, if it carries one.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub schema: Option<Json>,
    /// What it is about: the value under review, the input of the step, the arguments of a tool.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub value: Option<Json>,
    /// When its time is over, in microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<u64>,
    /// When it was asked, in microseconds since 1970.
    pub asked_at: u64,
    /// Where in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What kind of answer a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequestKind {
    /// Yes or no.
    Confirm,
    /// A value.
    Input,
    /// One of several values.
    Choice,
    /// Any number of several values.
    Choices,
    /// A judgement on a value: approve, edit, reject, redo.
    Review,
    /// A step has failed: retry, skip, fail, or the value it should have answered.
    Failure,
    /// An agent wants to call a tool: yes or no.
    Tool,
}

impl RequestKind {
    /// The kind as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Input => "input",
            Self::Choice => "choice",
            Self::Choices => "choices",
            Self::Review => "review",
            Self::Failure => "failure",
            Self::Tool => "tool",
        }
    }

    /// What an answer to it may decide.
    pub fn decisions(self) -> &'static [Decision] {
        match self {
            Self::Confirm | Self::Tool => &[Decision::Approve, Decision::Reject],
            Self::Input | Self::Choice | Self::Choices => &[Decision::Value],
            Self::Review => &[
                Decision::Approve,
                Decision::Value,
                Decision::Reject,
                Decision::Redo,
            ],
            Self::Failure => &[
                Decision::Retry,
                Decision::Value,
                Decision::Skip,
                Decision::Fail,
            ],
        }
    }
}

impl std::fmt::Display for RequestKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// This value: what was asked for, or in place of what is under review or of what failed.
    Value,
    /// Do it again, with this feedback.
    Redo,
    /// Try the failed step again.
    Retry,
    /// Go on without the failed step, with the default of its output.
    Skip,
    /// Let the failed step fail.
    Fail,
    /// Nobody: its time was over.
    Expired,
}

impl Decision {
    /// The decision as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Value => "value",
            Self::Redo => "redo",
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Fail => "fail",
            Self::Expired => "expired",
        }
    }
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The answer to a request, as it is recorded: the output of the entry `PATH!answer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What was decided.
    pub decision: Decision,
    /// The value, if the decision carries one.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub value: Option<Json>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
    /// Who answered, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<str>>,
    /// When, in microseconds since 1970.
    pub at: u64,
}

impl Answer {
    /// A decision without a value. The time is set when it is recorded.
    pub fn new(decision: Decision) -> Self {
        Self {
            decision,
            value: None,
            feedback: None,
            by: None,
            at: 0,
        }
    }

    /// A value, as JSON.
    pub fn value(value: Json) -> Self {
        Self {
            value: Some(value),
            ..Self::new(Decision::Value)
        }
    }

    /// Says why.
    #[must_use]
    pub fn feedback(mut self, feedback: impl Into<String>) -> Self {
        self.feedback = Some(feedback.into());
        self
    }

    /// Says who.
    #[must_use]
    pub fn by(mut self, by: impl Into<Arc<str>>) -> Self {
        self.by = Some(by.into());
        self
    }
}

/// Which open requests to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RequestQuery {
    /// Only of this run.
    pub run: Option<RunId>,
    /// Only of this outermost run, its parts included.
    pub root: Option<RunId>,
    /// Only of this workflow.
    pub workflow: Option<Arc<str>>,
    /// Only of this session.
    pub session: Option<Arc<str>>,
    /// Only ids that begin so.
    pub prefix: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl RequestQuery {
    /// Whether a request fits (all but the limit).
    pub fn accepts(&self, request: &Request) -> bool {
        self.run.as_ref().is_none_or(|run| *run == request.run)
            && self.root.as_ref().is_none_or(|root| *root == request.root)
            && self
                .workflow
                .as_ref()
                .is_none_or(|w| *w == request.workflow)
            && self.session.as_ref().is_none_or(|s| *s == request.session)
            && self
                .prefix
                .as_ref()
                .is_none_or(|p| request.id.starts_with(p.as_str()))
    }
}
