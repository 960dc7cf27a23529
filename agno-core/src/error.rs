//! The error of every durable call and of the runtime.

use std::{error::Error as StdError, fmt, sync::Arc};

use agno_storage::{Json, RecordedError, StoreError};
use serde::Serialize;

use crate::{bounds::StandardError, schema::InputErrors};

/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// The result of a step or flow. Any `std` error fits, by `?`, others by [`Error::wrap`], and a durable call can be returned as it
/// is. A step may return another `Result` as well, of any error that turns into a [`BoxError`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a durable call or the runtime answers when it does not succeed.
///
/// An error that a step returned is *recorded*: after a crash the flow sees an equal one, with
/// the same code, message, chain and details. Steps make errors of their own with
/// [`Error::new`]:
///
/// ```
/// use agno_core::Error;
///
/// let error = Error::new("not_found", "no page at this address").permanent();
/// assert_eq!(error.code(), "not_found");
/// assert!(!error.is_retryable());
/// ```
///
/// Every `std` error turns into one by `?`. For that to be possible it is none itself, as that of
/// `anyhow`; it turns into a [`BoxError`] where one is wanted. What is no `std` error, such as that of
/// `anyhow` or a [`BoxError`], turns into one by [`Error::wrap`].
pub struct Error(Box<Inner>);

struct Inner {
    recorded: RecordedError,
    cause: Option<Cause>,
}

enum Cause {
    Input(InputErrors),
    Store(StoreError),
    /// What `?` was given. Known to the process that met it, not to one that resumes.
    Other(BoxError),
}

/// Longest text of an error, a remark or a progress report that is stored, in bytes.
const LONGEST_TEXT: usize = 64 * 1024;

/// Largest details of an error that are stored, in bytes.
const MOST_DETAILS: usize = 1024 * 1024;

/// A text short enough to be stored with the step it belongs to.
pub(crate) fn bounded(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let cut = (0..=LONGEST_TEXT)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(cut.unwrap_or(0));
        text.push_str(" .. (cut)");
    }
    text
}

/// An [`Error`] on its way through code that wants a `std` error.
struct Boxed(Error);

/// What kind of thing went wrong. [`Error::code`] is finer and open to users' own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A step returned an error.
    Step,
    /// A step did not finish in its time.
    Timeout,
    /// A step or flow panicked.
    Panic,
    /// Two steps changed one field of the state and it has no merge rule.
    StateConflict,
    /// A step that must not run twice may have run.
    MayHaveRun,
    /// Input does not match its schema. Nothing was started.
    InvalidInput,
    /// The code asks for something else than the run has recorded.
    Drift,
    /// The flow used its calls in a way that would not survive a crash.
    Misuse,
    /// The run was cancelled.
    Cancelled,
    /// The run was stopped between two steps and can be resumed.
    Interrupted,
    /// The run waits for a person.
    Paused,
    /// A person said no.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// The run has used what it may.
    Limit,
    /// No such run, workflow or step.
    NotFound,
    /// The run exists already, with something else.
    Conflict,
    /// Another process runs it.
    Leased,
    /// The store failed.
    Store,
    /// Anything else: an error that the flow itself returned.
    Other,
}

pub(crate) mod code {
    /// Of an error that came by `?`, until the step or flow that returns it gives it its own.
    pub(crate) const UNNAMED: &str = "failed";
    pub(crate) const STEP: &str = "step_failed";
    pub(crate) const FLOW: &str = "flow_failed";
    pub(crate) const TIMEOUT: &str = "timeout";
    pub(crate) const PANIC: &str = "panic";
    pub(crate) const STATE_CONFLICT: &str = "state_conflict";
    pub(crate) const MAY_HAVE_RUN: &str = "may_have_run";
    pub(crate) const INVALID_INPUT: &str = "invalid_input";
    pub(crate) const INVALID_OUTPUT: &str = "invalid_output";
    pub(crate) const INVALID_STATE: &str = "invalid_state";
    pub(crate) const DRIFT: &str = "drift";
    pub(crate) const MISUSE: &str = "misuse";
    pub(crate) const CANCELLED: &str = "cancelled";
    /// Cancelled because its caller does not wait for it any more.
    pub(crate) const GIVEN_UP: &str = "given_up";
    pub(crate) const INTERRUPTED: &str = "interrupted";
    pub(crate) const PAUSED: &str = "paused";
    pub(crate) const NOT_FOUND: &str = "not_found_here";
    pub(crate) const CONFLICT: &str = "conflict";
    pub(crate) const STORE: &str = "store";
    pub(crate) const INVALID_ARTIFACT: &str = "invalid_artifact";
    pub(crate) const TOO_LARGE: &str = "too_large";
    /// A result is to come from the cache, which does not have it.
    pub(crate) const CACHE_MISS: &str = "cache_miss";
    pub(crate) const CRASH_LOOP: &str = "crash_loop";
    pub(crate) const TAKEN_OVER: &str = "taken_over";
    /// Another process runs it.
    pub(crate) const LEASED: &str = "leased";
    pub(crate) const REJECTED: &str = "rejected";
    pub(crate) const EXPIRED: &str = "expired";
    /// The variable of a secret is not there, or does not read.
    pub(crate) const SECRET: &str = "secret";
    pub(crate) const LIMIT: &str = "limit_exceeded";
}

impl Error {
    /// An error with a code to match on and a message for people. Retryable, until
    /// [`permanent`](Self::permanent) says otherwise.
    pub fn new(code: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self::recorded_with(code.into(), message.into())
    }

    fn recorded_with(code: Arc<str>, message: String) -> Self {
        let message = bounded(message);
        Self(Box::new(Inner {
            recorded: RecordedError {
                code,
                message,
                chain: Vec::new(),
                retryable: true,
                path: None,
                details: None,
            },
            cause: None,
        }))
    }

    /// An error with a code, made of another one, which [`downcast_ref`](Self::downcast_ref) finds
    /// until the error has been recorded and read back. It may be a [`BoxError`], or what turns
    /// into one, as that of `anyhow` does.
    ///
    /// ```
    /// use agno_core::{BoxError, Error, Result};
    ///
    /// fn even(number: u32) -> Result<u32, BoxError> {
    ///     if number % 2 == 0 { Ok(number) } else { Err("odd".into()) }
    /// }
    ///
    /// fn half(number: u32) -> Result<u32> {
    ///     let even = even(number).map_err(|error| Error::wrap("not_even", error))?;
    ///     Ok(even / 2)
    /// }
    /// assert_eq!(half(3).expect_err("is odd").code(), "not_even");
    /// ```
    pub fn wrap(code: &'static str, error: impl Into<BoxError>) -> Self {
        Self::from_boxed(error.into(), code)
    }

    /// Says that trying again will not help: `retry` passes it by.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.0.recorded.retryable = false;
        self
    }

    /// Adds details that are recorded with the error. What cannot be written as JSON, or is larger
    /// than 1 MiB, is left out.
    #[must_use]
    pub fn with_details(mut self, details: &impl Serialize) -> Self {
        let details = Json::encode(details).ok();
        self.0.recorded.details = details.filter(|details| details.len() <= MOST_DETAILS);
        self
    }

    /// The stable word: `step_failed`, `timeout`, `panic`, `drift`, .., or the step's own.
    pub fn code(&self) -> &str {
        &self.0.recorded.code
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self.code() {
            code::TIMEOUT => ErrorKind::Timeout,
            code::PANIC => ErrorKind::Panic,
            code::STATE_CONFLICT => ErrorKind::StateConflict,
            code::MAY_HAVE_RUN => ErrorKind::MayHaveRun,
            code::INVALID_INPUT => ErrorKind::InvalidInput,
            code::DRIFT => ErrorKind::Drift,
            code::MISUSE => ErrorKind::Misuse,
            code::CANCELLED | code::GIVEN_UP => ErrorKind::Cancelled,
            code::INTERRUPTED => ErrorKind::Interrupted,
            code::PAUSED => ErrorKind::Paused,
            code::REJECTED => ErrorKind::Rejected,
            code::EXPIRED => ErrorKind::Expired,
            code::LIMIT => ErrorKind::Limit,
            code::NOT_FOUND => ErrorKind::NotFound,
            code::CONFLICT => ErrorKind::Conflict,
            code::LEASED => ErrorKind::Leased,
            code::STORE | code::TAKEN_OVER => ErrorKind::Store,
            code::FLOW => ErrorKind::Other,
            _ => ErrorKind::Step,
        }
    }

    /// What happened, in words.
    pub fn message(&self) -> &str {
        &self.0.recorded.message
    }

    /// The messages of the errors behind this one, outermost first.
    pub fn chain(&self) -> &[String] {
        &self.0.recorded.chain
    }

    /// The path of the step that failed: `map#0[3]/read#0`.
    pub fn path(&self) -> Option<&str> {
        self.0.recorded.path.as_deref()
    }

    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        self.0.recorded.retryable
    }

    /// What the step added with [`with_details`](Self::with_details).
    pub fn details(&self) -> Option<&Json> {
        self.0.recorded.details.as_ref()
    }

    /// The problems of an input, when that is what went wrong.
    pub fn input_errors(&self) -> Option<&InputErrors> {
        match &self.0.cause {
            Some(Cause::Input(errors)) => Some(errors),
            _ => None,
        }
    }

    /// The store's error, when that is what went wrong.
    pub fn store_error(&self) -> Option<&StoreError> {
        match &self.0.cause {
            Some(Cause::Store(error)) => Some(error),
            _ => None,
        }
    }

    /// The error as it is recorded.
    pub fn to_recorded(&self) -> RecordedError {
        self.0.recorded.clone()
    }

    pub(crate) fn from_recorded(recorded: RecordedError) -> Self {
        Self(Box::new(Inner {
            recorded,
            cause: None,
        }))
    }

    pub(crate) fn at(mut self, path: &Arc<str>) -> Self {
        self.0.recorded.path.get_or_insert_with(|| path.clone());
        self
    }

    pub(crate) fn with_chain(mut self, chain: Vec<String>) -> Self {
        self.0.recorded.chain = chain.into_iter().take(32).map(bounded).collect();
        self
    }

    /// The error that `?` was given, if this process met it and it is a `T`.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        match &self.0.cause {
            Some(Cause::Other(error)) => error.downcast_ref(),
            Some(Cause::Input(errors)) => (errors as &dyn StdError).downcast_ref(),
            Some(Cause::Store(error)) => (error as &dyn StdError).downcast_ref(),
            None => None,
        }
    }

    /// What the body of a step or flow returned. An [`Error`] keeps its code; anything else gets
    /// `code`. The texts of the sources become the chain.
    pub(crate) fn from_boxed(error: BoxError, code: &'static str) -> Self {
        let error = match error.downcast::<Boxed>() {
            Ok(boxed) => return boxed.0.named(code),
            Err(other) => other,
        };
        let mut chain = Vec::new();
        let mut inner = None;
        let mut source = error.source();
        while let Some(cause) = source {
            chain.push(cause.to_string());
            inner = inner.or_else(|| cause.downcast_ref::<Boxed>());
            source = cause.source();
        }
        let mut own = Self::new(code, error.to_string()).with_chain(chain);
        if let Some(Boxed(inner)) = inner {
            own.0.recorded.path.clone_from(&inner.0.recorded.path);
            own.0.recorded.retryable = inner.is_retryable();
        }
        own.0.cause = Some(Cause::Other(error));
        own
    }

    /// Gives an error that came by `?` the code of where it came to.
    fn named(mut self, code: &'static str) -> Self {
        if self.code() == code::UNNAMED {
            self.0.recorded.code = Arc::from(code);
        }
        self
    }

    pub(crate) fn input(errors: InputErrors) -> Self {
        let mut error = Self::new(code::INVALID_INPUT, errors.to_string()).permanent();
        error.0.cause = Some(Cause::Input(errors));
        error
    }
}

impl Error {
    pub(crate) fn store(error: StoreError) -> Self {
        let code = match &error {
            StoreError::RunNotFound { .. } => code::NOT_FOUND,
            StoreError::RunExists { .. } | StoreError::DefinitionConflict { .. } => code::CONFLICT,
            StoreError::InvalidName { .. } | StoreError::Config(_) => code::INVALID_INPUT,
            StoreError::TooLarge { .. } => code::TOO_LARGE,
            StoreError::Fenced { .. } => code::TAKEN_OVER,
            StoreError::Leased { .. } => code::LEASED,
            _ => code::STORE,
        };
        let mut own = Self::new(code, error.to_string()).permanent();
        own.0.cause = Some(Cause::Store(error));
        own
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            Some(path) => write!(f, "step `{path}`: {}", self.message()),
            None => f.write_str(self.message()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} [{}]", self.code())?;
        for cause in self.chain() {
            write!(f, "\n  caused by: {cause}")?;
        }
        Ok(())
    }
}

/// Of any `std::error::Error` that is `Send`, `Sync` and `'static`.
impl<E: StandardError> From<E> for Error {
    fn from(error: E) -> Self {
        match error.boxed().downcast::<StoreError>() {
            Ok(error) => Self::store(*error),
            Err(other) => Self::from_boxed(other, code::UNNAMED),
        }
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Boxed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.0.cause {
            Some(Cause::Store(error)) => Some(error),
            Some(Cause::Input(errors)) => Some(errors),
            Some(Cause::Other(error)) => Some(&**error),
            None => None,
        }
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.0.recorded == other.0.recorded
    }
}

/// Returns an error from a step or flow: a text with arguments, or any error value.
///
/// ```
/// use agno_core::{bail, Result};
///
/// fn check(words: u32) -> Result<()> {
///     if words == 0 {
///         bail!("a report of {words} words says nothing");
///     }
///     Ok(())
/// }
/// assert!(check(0).is_err());
/// ```
#[macro_export]
macro_rules! bail {
    ($text:literal $(, $argument:expr)* $(,)?) => {
        return ::core::result::Result::Err(::core::convert::Into::into(
            $crate::Error::new("failed", $crate::__private::std::format!($text $(, $argument)*)),
        ))
    };
    ($error:expr $(,)?) => {
        return ::core::result::Result::Err(::core::convert::Into::into($error))
    };
}

/// Returns an error from a step or flow unless a condition holds.
///
/// ```
/// use agno_core::{ensure, Result};
///
/// fn check(words: u32) -> Result<()> {
///     ensure!(words > 0, "a report of {words} words says nothing");
///     Ok(())
/// }
/// assert!(check(0).is_err());
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($error:tt)+) => {
        if !$condition {
            $crate::bail!($($error)+);
        }
    };
}
