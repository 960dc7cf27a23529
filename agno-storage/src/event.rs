//! What happens in a run, as one enum with a stable JSON form.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Decision, RecordedError, RequestKind, RunId, RunStatus};

/// One event of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// An event with its place in the run's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberedEvent {
    /// Position in the run's stored stream, from 0. `None` for an event that is told live, ahead
    /// of the commit that stores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. The names are stable; fields may be added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The run began.
    RunStarted {
        /// Its workflow.
        workflow: Arc<str>,
    },
    /// The run was taken up again.
    RunResumed {
        /// How often it was, counting this time.
        resumes: u32,
    },
    /// The run ended, or stopped to wait.
    RunEnded {
        /// How.
        status: RunStatus,
        /// Why, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    },
    /// An attempt at a step began.
    StepStarted {
        /// The step.
        path: Arc<str>,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// An attempt failed and another follows.
    StepRetrying {
        /// The step.
        path: Arc<str>,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Pause before the next, in milliseconds.
        delay_ms: u64,
        /// Why it failed.
        error: EventError,
    },
    /// A step finished.
    StepCompleted {
        /// The step.
        path: Arc<str>,
        /// Attempts made.
        attempts: u32,
        /// From first attempt to result, in microseconds.
        micros: u64,
        /// Of a step with a cache: why nothing was taken from it, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_miss: Option<Arc<str>>,
    },
    /// A step's result was found in the cache.
    StepCached {
        /// The step.
        path: Arc<str>,
        /// The run that stored it.
        from: Arc<str>,
        /// Its age, in microseconds.
        age_micros: u64,
        /// It had expired, and was good enough for the moment.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stale: bool,
        /// Why a new one could not be computed, if that is why it was taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    },
    /// A step returned its recorded result without running. Told live, never stored.
    StepReplayed {
        /// The step.
        path: Arc<str>,
    },
    /// A step failed and its default took its place.
    StepSkipped {
        /// The step.
        path: Arc<str>,
        /// Why.
        error: EventError,
    },
    /// A step failed for good.
    StepFailed {
        /// The step.
        path: Arc<str>,
        /// Attempts made.
        attempts: u32,
        /// Why.
        error: EventError,
    },
    /// A step told how far it is.
    StepProgress {
        /// The step.
        path: Arc<str>,
        /// In words.
        message: String,
        /// Part that is done, 0 to 1, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fraction: Option<f64>,
    },
    /// The flow waits for a timer.
    TimerStarted {
        /// The timer.
        path: Arc<str>,
        /// When it ends, in microseconds since 1970.
        until: u64,
    },
    /// Calls began that run at the same time: parallel, map or race.
    ContainerStarted {
        /// The container.
        path: Arc<str>,
        /// `parallel`, `map` or `race`.
        container: Arc<str>,
        /// How many calls.
        count: u64,
    },
    /// Calls that ran at the same time are over.
    ContainerEnded {
        /// The container.
        path: Arc<str>,
        /// The branch that won a race, from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        winner: Option<u64>,
        /// Why, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    },
    /// A sub-flow began.
    SubflowStarted {
        /// The sub-flow.
        path: Arc<str>,
    },
    /// A sub-flow is over.
    SubflowEnded {
        /// The sub-flow.
        path: Arc<str>,
        /// Why, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<EventError>,
    },
    /// Another workflow was called.
    WorkflowCalled {
        /// The call.
        path: Arc<str>,
        /// Its workflow.
        workflow: Arc<str>,
        /// Its run, whose own events say more.
        run: RunId,
    },
    /// A called workflow is over.
    WorkflowReturned {
        /// The call.
        path: Arc<str>,
        /// Its run.
        run: RunId,
        /// How it ended.
        status: RunStatus,
    },
    /// Something happened in a called workflow. Told live; stored with its own run.
    Inner {
        /// The call.
        path: Arc<str>,
        /// Its run.
        run: RunId,
        /// What.
        event: Box<Event>,
    },
    /// A person is asked.
    RequestOpened {
        /// Path of the request.
        path: Arc<str>,
        /// Its id in the inbox.
        request: Arc<str>,
        /// What kind of answer is wanted.
        wants: RequestKind,
        /// The question.
        message: String,
        /// When its time is over, in microseconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<u64>,
    },
    /// A person has answered, or the time for it was over.
    RequestAnswered {
        /// Path of the request.
        path: Arc<str>,
        /// Its id in the inbox.
        request: Arc<str>,
        /// What was decided.
        decision: Decision,
        /// Who answered, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Arc<str>>,
    },
    /// The flow took a branch, as its graph and the operations that followed show.
    BranchTaken {
        /// Scope of the flow, empty for the entry.
        scope: Arc<str>,
        /// `if` or `match`.
        construct: Arc<str>,
        /// Condition or value, as written.
        on: Arc<str>,
        /// `then`, `else`, or the pattern of the arm.
        branch: Arc<str>,
    },
    /// A loop began another round.
    LoopRound {
        /// Scope of the flow, empty for the entry.
        scope: Arc<str>,
        /// Its head, as written.
        head: Arc<str>,
        /// Which round, from 1.
        round: u64,
    },
    /// The run was forked off another.
    RunForked {
        /// The other run.
        from: RunId,
        /// The first operation that was not taken over.
        path: Arc<str>,
    },
    /// A step told something of its own.
    Custom {
        /// The step.
        path: Arc<str>,
        /// Its name.
        name: Arc<str>,
        /// What it carries.
        data: serde_json::Value,
    },
    /// The flow said something.
    Said {
        /// In words.
        message: String,
    },
    /// Something happened inside an agent or a team.
    Agent {
        /// The step it works in.
        path: Arc<str>,
        /// Its name.
        agent: Arc<str>,
        /// The team it works for, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        team: Option<Arc<str>>,
        /// What.
        what: AgentEvent,
    },
}

/// What happened inside an agent. The names are stable; fields may be added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgentEvent {
    /// It began.
    Started {
        /// Its model.
        model: Arc<str>,
    },
    /// A piece of its answer, as the model writes it. Told live, never stored.
    Content {
        /// The piece.
        text: String,
    },
    /// What the model has written in this turn is void: the turn begins anew.
    Reset {
        /// Why.
        reason: String,
    },
    /// The model finished a turn.
    Turn {
        /// Which, from 1.
        turn: u32,
        /// The model that answered.
        model: Arc<str>,
        /// Tokens it read.
        input_tokens: u64,
        /// Tokens it wrote.
        output_tokens: u64,
        /// What that cost, if prices are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        /// How long it took, in microseconds.
        micros: u64,
    },
    /// The model's reply did not fit the wanted type, and it was asked to mend it.
    Repair {
        /// Where and why it did not fit.
        problem: String,
    },
    /// A tool began.
    ToolStarted {
        /// Its name.
        tool: Arc<str>,
        /// The model's name for the call.
        call: Arc<str>,
        /// What it was called with, cut to a line.
        arguments: String,
    },
    /// A tool answered.
    ToolCompleted {
        /// Its name.
        tool: Arc<str>,
        /// The model's name for the call.
        call: Arc<str>,
        /// How long it took, in microseconds.
        micros: u64,
    },
    /// A tool failed. The model was told.
    ToolFailed {
        /// Its name.
        tool: Arc<str>,
        /// The model's name for the call.
        call: Arc<str>,
        /// Why.
        error: EventError,
    },
    /// It answered.
    Completed {
        /// Turns of the model.
        turns: u32,
        /// Tokens its models read.
        input_tokens: u64,
        /// Tokens its models wrote.
        output_tokens: u64,
        /// What that cost, if prices are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        /// How long it took, in microseconds.
        micros: u64,
    },
    /// It failed.
    Failed {
        /// Why.
        error: EventError,
    },
}

/// An error in brief, as events carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventError {
    /// The stable word.
    pub code: Arc<str>,
    /// What happened.
    pub message: String,
}

impl From<&RecordedError> for EventError {
    fn from(error: &RecordedError) -> Self {
        Self {
            code: error.code.clone(),
            message: error.message.clone(),
        }
    }
}
