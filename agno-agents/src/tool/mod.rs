//! Tools: functions that a model may call.

pub mod bounds;
pub(crate) mod call;
mod context;

use std::{fmt, sync::Arc, time::Duration};

use agno_core::{AnyState, BoxError, BoxFuture, Error, State, StateType};
use futures_util::FutureExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use self::context::{Dependencies, ToolContext};
use crate::{media::Media, model::ToolSpec};

/// A function that a model may call. Cheap to clone.
///
/// `#[tool]` makes one of a function; by hand it looks like this:
///
/// ```
/// use agno_agents::{Tool, ToolContext};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Sum {
///     /// The numbers to add.
///     numbers: Vec<f64>,
/// }
///
/// let sum = Tool::new("sum", "Adds numbers.", |arguments: Sum, _: ToolContext| async move {
///     Ok::<_, agno_core::Error>(arguments.numbers.iter().sum::<f64>())
/// });
/// assert_eq!(sum.name(), "sum");
/// ```
#[derive(Clone)]
pub struct Tool(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    spec: ToolSpec,
    body: Body,
    state: Option<StateType>,
    options: ToolOptions,
    cache: Option<Arc<call::Cache>>,
}

/// What is set of a tool beside its function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOptions {
    /// Longest time of a call. Default: one minute.
    pub timeout: Option<Duration>,
    /// How long an answer is used again for the same arguments, in this process. Default: not.
    pub cache: Option<Duration>,
    /// Whether it does no harm to do it twice. Default: yes. If not, its beginning is recorded
    /// ahead of it, and after a crash in the middle it "may have run" and is not called again.
    pub idempotent: bool,
    /// A question that a person has to say yes to before it is called. Default: none.
    pub confirm: Option<String>,
}

impl Default for ToolOptions {
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_secs(60)),
            cache: None,
            idempotent: true,
            confirm: None,
        }
    }
}

/// What a tool answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolAnswer {
    /// What the model reads. A text as it is, anything else as JSON; what is longer than 1 MiB is
    /// cut and says so.
    pub text: String,
    /// Pictures and the like, which the model is shown as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
}

type FreeBody =
    dyn Fn(Value, ToolContext) -> BoxFuture<'static, Result<ToolAnswer, Error>> + Send + Sync;
type StateBody = dyn for<'a> Fn(Value, ToolContext, &'a mut dyn AnyState) -> BoxFuture<'a, Result<ToolAnswer, Error>>
    + Send
    + Sync;

#[derive(Clone)]
enum Body {
    Free(Arc<FreeBody>),
    State(Arc<StateBody>),
}

/// Says that a closure takes a state of any lifetime, which rustc does not infer.
fn on_state<F>(body: F) -> F
where
    F: for<'a> Fn(
        Value,
        ToolContext,
        &'a mut dyn AnyState,
    ) -> BoxFuture<'a, Result<ToolAnswer, Error>>,
{
    body
}

impl Tool {
    /// A tool made of an asynchronous function. `A` is what the model writes: its fields' doc
    /// comments are what the model is told of them.
    pub fn new<A, R, E, F>(
        name: impl Into<String>,
        description: impl Into<String>,
        function: impl Fn(A, ToolContext) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send,
        R: Serialize + 'static,
        E: Into<BoxError>,
        F: Future<Output = Result<R, E>> + Send + 'static,
    {
        let body = move |arguments, context| -> BoxFuture<'static, Result<ToolAnswer, Error>> {
            match call::read::<A>(arguments) {
                Ok(arguments) => {
                    let answer = function(arguments, context);
                    async move { call::answer(answer.await) }.boxed()
                }
                Err(error) => std::future::ready(Err(error)).boxed(),
            }
        };
        let spec = call::spec::<A>(name.into(), description.into());
        Self::made(spec, Body::Free(Arc::new(body)), None)
    }

    /// A tool that changes the session's state. Calls of such tools do not overlap, and what a
    /// failed call changed is taken back.
    pub fn with_state<S, A, R, E>(
        name: impl Into<String>,
        description: impl Into<String>,
        function: impl for<'a> Fn(A, ToolContext, &'a mut S) -> BoxFuture<'a, Result<R, E>>
        + Send
        + Sync
        + 'static,
    ) -> Self
    where
        S: State,
        A: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + 'static,
        E: Into<BoxError> + 'static,
    {
        let function = Arc::new(function);
        let body = on_state(move |arguments, context, state| {
            call::on_state(function.clone(), arguments, context, state)
        });
        let spec = call::spec::<A>(name.into(), description.into());
        Self::made(
            spec,
            Body::State(Arc::new(body)),
            Some(StateType::of::<S>()),
        )
    }

    /// A tool whose arguments are JSON of a schema known only at run time.
    pub fn raw<E, F>(
        spec: ToolSpec,
        function: impl Fn(Value, ToolContext) -> F + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<BoxError>,
        F: Future<Output = Result<ToolAnswer, E>> + Send + 'static,
    {
        let body = move |arguments, context| {
            let answer = function(arguments, context);
            async move { answer.await.map_err(call::failed) }.boxed()
        };
        Self::made(spec, Body::Free(Arc::new(body)), None)
    }

    fn made(spec: ToolSpec, body: Body, state: Option<StateType>) -> Self {
        Self(Arc::new(Inner {
            spec,
            body,
            state,
            options: ToolOptions::default(),
            cache: None,
        }))
    }

    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Another name, for instance with a prefix.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.changed(|inner| inner.spec.name = name.into())
    }

    /// Longest time of a call. Default: one minute.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.changed(|inner| inner.options.timeout = Some(timeout))
    }

    /// Uses answers again for the same arguments of the same user, for so long, in this process.
    /// Default: not. A tool that changes the state can have none: [`AgentBuilder::build`] refuses it.
    ///
    /// [`AgentBuilder::build`]: crate::agent::AgentBuilder::build
    #[must_use]
    pub fn cache(self, ttl: Duration) -> Self {
        self.changed(|inner| {
            inner.options.cache = Some(ttl);
            inner.cache = Some(Arc::default());
        })
    }

    /// Says that doing it twice does harm: see [`ToolOptions::idempotent`].
    #[must_use]
    pub fn not_idempotent(self) -> Self {
        self.changed(|inner| inner.options.idempotent = false)
    }

    /// A person has to say yes to `question` first.
    #[must_use]
    pub fn confirm(self, question: impl Into<String>) -> Self {
        self.changed(|inner| inner.options.confirm = Some(question.into()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.spec.name
    }

    /// What the model is told of it.
    pub fn spec(&self) -> &ToolSpec {
        &self.0.spec
    }

    /// Its options.
    pub fn options(&self) -> &ToolOptions {
        &self.0.options
    }

    pub(crate) fn keeps_answers_of_state(&self) -> bool {
        self.0.state.is_some() && self.0.cache.is_some()
    }

    /// The state it changes, if it changes one.
    pub fn state(&self) -> Option<StateType> {
        self.0.state
    }
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tool({})", self.name())
    }
}
