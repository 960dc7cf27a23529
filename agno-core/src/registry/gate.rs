//! What a step asks people before it runs.

use std::time::Duration;

/// A question that a person has to answer with yes before a step runs.
///
/// ```
/// use std::time::Duration;
/// use agno_core::{Gate, OnReject, OnTimeout, Step};
///
/// let gate = Gate::new("Publish this post?")
///     .timeout(Duration::from_secs(3600))
///     .on_timeout(OnTimeout::Reject)
///     .on_reject(OnReject::Fail);
/// let step = Step::new("publish").confirm(gate);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    pub(crate) message: &'static str,
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_timeout: OnTimeout,
    pub(crate) on_reject: OnReject,
}

impl Gate {
    /// Asks this, without a time limit. A no fails the step with the code `rejected`.
    pub const fn new(message: &'static str) -> Self {
        Self {
            message,
            timeout: None,
            on_timeout: OnTimeout::Fail,
            on_reject: OnReject::Fail,
        }
    }

    /// How long an answer is waited for. Default: for ever.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What happens when that time is over. Default: the step fails with the code `expired`.
    #[must_use]
    pub const fn on_timeout(mut self, on_timeout: OnTimeout) -> Self {
        self.on_timeout = on_timeout;
        self
    }

    /// What happens when the answer is no. Default: the step fails with the code `rejected`.
    #[must_use]
    pub const fn on_reject(mut self, on_reject: OnReject) -> Self {
        self.on_reject = on_reject;
        self
    }
}

/// What happens to a step whose question nobody has answered in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// The step fails with the code `expired`.
    #[default]
    Fail,
    /// As if the answer were yes.
    Approve,
    /// As if the answer were no.
    Reject,
}

/// What happens to a step when a person says no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnReject {
    /// The step fails with the code `rejected`.
    #[default]
    Fail,
    /// The call answers the default of its output.
    Skip,
    /// The run is cancelled.
    Cancel,
}
