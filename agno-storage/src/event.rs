//! What happens in a run, as one enum with a stable JSON form.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{RecordedError, RunStatus};

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
    },
    /// A step's result was found in the cache.
    StepCached {
        /// The step.
        path: Arc<str>,
        /// The run that stored it.
        from: Arc<str>,
        /// Its age, in microseconds.
        age_micros: u64,
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
    /// The flow said something.
    Said {
        /// In words.
        message: String,
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
