//! How a workflow is declared: by the macros, or by hand.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
};

use agno_storage::BoxFuture;
use futures_util::FutureExt;

use super::{FlowEntry, FlowSpec, Link, OnDrift, Step, StepEntry, StepOutcome, registered};
use crate::{
    context::Call,
    error::{Error, code},
    execute::{AnyState, Execute, LazyState, Settings, StateType},
    flow::{Flow, Handle},
    graph::{At, Graph},
    state::{State, StateSlot, UnreadableState},
    value::{Params, Produced, Returns, codec, fallible},
};

/// What `#[workflow]` on the struct says.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no workflow yet",
    label = "the struct has no `#[workflow]`",
    note = "put `#[workflow]` above `struct {Self}` as well"
)]
pub trait WorkflowInfo: Send + Sync + 'static {
    /// Its name, by which runs are started.
    const NAME: &'static str;
    /// What it does, in words.
    const DESCRIPTION: &'static str = "";
    /// Its version, recorded with every run.
    const VERSION: u32 = 1;
    /// What happens when a run asks for something else than it has recorded.
    const ON_DRIFT: OnDrift = OnDrift::Fail;

    /// Shows each field that says something of itself, by name. A field whose tools want another
    /// state than the workflow's keeps the runtime from being built. None by default.
    fn visit_settings(&self, visit: &mut dyn FnMut(&'static str, &dyn Settings)) {
        let _ = visit;
    }
}

/// A workflow: a struct with steps and, if their order is not simply top to bottom, a flow.
///
/// `#[workflow]` implements it. By hand it looks as in `examples/no_macro.rs`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no workflow",
    label = "neither its struct nor its `impl` block is marked",
    note = "put `#[workflow]` on `struct {Self}`, and on the `impl {Self}` block with its `#[step]` methods; fields with `#[step]` need no block"
)]
pub trait Workflow: WorkflowInfo + Sized {
    /// The typed handle that makes a call durable. `Handle` itself calls steps by name.
    type Steps: Steps;
    /// What a run is started with.
    type Input: Send + 'static;
    /// What it ends with.
    type Output: Send + 'static;

    /// Declares steps and flows.
    fn define(definition: &mut Definition<Self>);
}

/// A typed handle made from the untyped one.
pub trait Steps: Send + Sync + 'static {
    /// Wraps the untyped handle.
    fn new(handle: Handle) -> Self;
}

impl Steps for Handle {
    fn new(handle: Handle) -> Self {
        handle
    }
}

pub(crate) type StateAccess = for<'a> fn(&'a mut StateSlot) -> Box<dyn AnyState + 'a>;

type AsyncBody<W, I, R> = for<'a> fn(&'a W, &'a mut Call, I) -> BoxFuture<'a, R>;
type BlockingBody<W, I, R> = fn(&W, &mut Call, I) -> R;
type FlowBody<W, I, R> = for<'a> fn(&'a Flow<W>, I) -> BoxFuture<'a, R>;

/// Collects the steps and flows of a workflow.
pub struct Definition<W> {
    pub(crate) steps: Vec<StepEntry>,
    pub(crate) flows: Vec<FlowEntry>,
    pub(crate) state: Option<registered::StateEntry>,
    /// For the steps that take the state whatever its type is, declared before or after them.
    pub(crate) state_access: Arc<OnceLock<StateAccess>>,
    pub(crate) graph: &'static Graph,
    pub(crate) warnings: Vec<String>,
    pub(crate) uncalled_allowed: Vec<&'static str>,
    workflow: std::marker::PhantomData<fn(W)>,
}

impl<W> std::fmt::Debug for Definition<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Definition")
            .field("steps", &self.steps.len())
            .field("flows", &self.flows.len())
            .finish_non_exhaustive()
    }
}

impl<W: Workflow> Definition<W> {
    pub(crate) fn collect() -> Self {
        let mut definition = Self {
            steps: Vec::new(),
            flows: Vec::new(),
            state: None,
            state_access: Arc::default(),
            graph: &Graph::EMPTY,
            warnings: Vec::new(),
            uncalled_allowed: Vec::new(),
            workflow: std::marker::PhantomData,
        };
        W::define(&mut definition);
        definition
    }

    /// The type of the session's state.
    pub fn state<S: State>(&mut self) {
        self.state = Some(registered::StateEntry {
            check: |fields| crate::state::load::<S>(fields).map(drop),
            rules: S::FIELDS,
            kind: StateType::of::<S>(),
        });
        self.state_access
            .get_or_init(|| |slot| Box::new(LazyState::<S>::new(slot)));
    }

    /// The graph, as read from the flow's source. Without one, nothing is drawn.
    pub fn graph(&mut self, graph: &'static Graph) {
        self.graph = graph;
    }

    /// Something about the source of a flow that is probably not meant so: `workflows --check` tells it. What can be
    /// seen in the definition needs no such word; see [`Runtime::warnings`](crate::Runtime::warnings).
    pub fn warning(&mut self, flow: &str, text: &str, at: At) {
        self.warnings.push(format!("flow `{flow}`, {at}: {text}"));
    }

    /// A step or sub-flow that need not be called: its author says so, by `#[allow(dead_code)]` or `#[deprecated]`.
    pub fn allow_uncalled(&mut self, name: &'static str) {
        self.uncalled_allowed.push(name);
    }

    /// A step with an asynchronous body.
    pub fn step<P: Params, R: Send + 'static, T: Send + 'static>(
        &mut self,
        step: Step,
        params: P,
        returns: Returns<R, T>,
        body: AsyncBody<W, P::Values, R>,
    ) {
        self.add_step(step, params, returns, body);
    }

    pub(super) fn add_step<P: Params, R: Send + 'static, T: Send + 'static>(
        &mut self,
        step: Step,
        params: P,
        returns: Returns<R, T>,
        body: impl for<'a> Fn(&'a W, &'a mut Call, P::Values) -> BoxFuture<'a, R>
        + Clone
        + Send
        + Sync
        + 'static,
    ) {
        let params = Arc::new(params);
        let reader = params.clone();
        let run = move |workflow: Arc<dyn Any + Send + Sync>, mut call: Call, input| {
            let params = reader.clone();
            let body = body.clone();
            let future = async move {
                let values = match params.decode(&input) {
                    Ok(values) => values,
                    Err(error) => return (call, Err(unreadable_input(&error))),
                };
                // Registered together, so the workflow is a `W`.
                let workflow = workflow.downcast::<W>().expect("the registered workflow");
                let body = AssertUnwindSafe(async { body(&workflow, &mut call, values).await });
                let result = match body.catch_unwind().await {
                    Ok(returned) => settle(&returns, returned),
                    Err(payload) => Err(panicked(&*payload)),
                };
                (call, result)
            };
            Box::pin(future) as BoxFuture<'static, (Call, StepOutcome)>
        };
        self.steps
            .push(StepEntry::new(step, params, &returns, Box::new(run)));
    }

    /// A step with a blocking body. It runs on the blocking pool and cannot be stopped: after a
    /// timeout its result is thrown away.
    pub fn step_blocking<P: Params, R: Send + 'static, T: Send + 'static>(
        &mut self,
        step: Step,
        params: P,
        returns: Returns<R, T>,
        body: BlockingBody<W, P::Values, R>,
    ) {
        let params = Arc::new(params);
        let reader = params.clone();
        let run = move |workflow: Arc<dyn Any + Send + Sync>, mut call: Call, input| {
            let params = reader.clone();
            let span = tracing::Span::current();
            let work = move || {
                let values = match params.decode(&input) {
                    Ok(values) => values,
                    Err(error) => return (call, Err(unreadable_input(&error))),
                };
                let workflow = workflow.downcast::<W>().expect("the registered workflow");
                let context = call.context.clone();
                let body = || span.in_scope(|| body(&workflow, &mut call, values));
                let body = AssertUnwindSafe(|| context.scope_blocking(body));
                let result = match std::panic::catch_unwind(body) {
                    Ok(returned) => settle(&returns, returned),
                    Err(payload) => Err(panicked(&*payload)),
                };
                (call, result)
            };
            let future = async move {
                match tokio::task::spawn_blocking(work).await {
                    Ok(done) => done,
                    // The runtime is shutting down: nobody will look at a result.
                    Err(_) => std::future::pending().await,
                }
            };
            Box::pin(future) as BoxFuture<'static, (Call, StepOutcome)>
        };
        self.steps
            .push(StepEntry::new(step, params, &returns, Box::new(run)));
    }

    /// A step that is a field: `#[step] writer: Agent`. It takes its input under the name `input`,
    /// and the session's state if the workflow has one and the step is not cached: the key of a
    /// cached result does not hold the state.
    ///
    /// ```
    /// # use agno_core::{AnyState, Error, Execute, Settings, StepContext};
    /// use agno_core::{Definition, Handle, Link, Step, Workflow, WorkflowInfo, codec, param};
    ///
    /// # struct Agent;
    /// # impl Settings for Agent {}
    /// # impl Execute for Agent {
    /// #     type Input = String;
    /// #     type Output = String;
    /// #     async fn execute(&self, input: String, _: &StepContext, _: Option<&mut dyn AnyState>) -> Result<String, Error> {
    /// #         Ok(input)
    /// #     }
    /// # }
    /// struct Content {
    ///     researcher: Agent,
    ///     writer: Agent,
    /// }
    ///
    /// impl WorkflowInfo for Content {
    ///     const NAME: &'static str = "Content Creation";
    /// }
    ///
    /// impl Workflow for Content {
    ///     type Steps = Handle;
    ///     type Input = String;
    ///     type Output = String;
    ///
    ///     fn define(definition: &mut Definition<Self>) {
    ///         definition.execute(Step::new("researcher"), |content| &content.researcher);
    ///         definition.execute(Step::new("writer"), |content| &content.writer);
    ///         definition.chain((param("input", codec()),), ["researcher", "writer"]);
    ///     }
    /// }
    /// ```
    pub fn execute<T: Execute>(&mut self, step: Step, field: fn(&W) -> &T) {
        self.execute_with(step, field, fallible(codec()));
    }

    /// The same, with what becomes of its result: `fallible(codec()).or_default()` answers the
    /// default of the output when the step has failed, which is `on_error = "skip"`.
    pub fn execute_with<T: Execute>(
        &mut self,
        step: Step,
        field: fn(&W) -> &T,
        returns: Returns<Result<T::Output, Error>, T::Output>,
    ) {
        self.add_executable(step, field, returns);
    }

    /// The flow that a run begins with.
    pub fn flow<P: Params<Input = W::Input>, R: Send + 'static>(
        &mut self,
        spec: FlowSpec,
        params: P,
        returns: Returns<R, W::Output>,
        body: FlowBody<W, P::Values, R>,
    ) {
        let entry = self.flow_entry(spec, params, returns, body);
        self.flows.insert(0, entry);
    }

    /// A named group of steps, called from a flow like a step.
    pub fn subflow<P: Params, R: Send + 'static, T: Send + 'static>(
        &mut self,
        spec: FlowSpec,
        params: P,
        returns: Returns<R, T>,
        body: FlowBody<W, P::Values, R>,
    ) {
        let entry = self.flow_entry(spec, params, returns, body);
        self.flows.push(entry);
    }

    /// No flow: the steps run in this order, each output feeding the next input unless its
    /// [`Link`] says otherwise. The parameters are what a run is started with: those of the first
    /// step.
    ///
    /// ```ignore
    /// definition.chain((param("topic", codec()),), ["search", "write"]);
    /// ```
    pub fn chain<P: Params<Input = W::Input>>(
        &mut self,
        params: P,
        steps: impl IntoIterator<Item = impl Into<Link>>,
    ) {
        let links = steps.into_iter().map(Into::into).collect();
        self.flows.insert(0, FlowEntry::chain(params, links));
    }

    fn flow_entry<P: Params, R: Send + 'static, T: Send + 'static>(
        &self,
        spec: FlowSpec,
        params: P,
        returns: Returns<R, T>,
        body: FlowBody<W, P::Values, R>,
    ) -> FlowEntry {
        let params = Arc::new(params);
        let reader = params.clone();
        let run = move |handle: Handle, input| {
            let params = reader.clone();
            let future = async move {
                let values = params
                    .decode(&input)
                    .map_err(|error| unreadable_input(&error))?;
                let flow = Flow::<W>::new(handle);
                let body = AssertUnwindSafe(async { body(&flow, values).await });
                match body.catch_unwind().await {
                    Ok(returned) => settle_with(&returns, returned, code::FLOW),
                    Err(payload) => Err(panicked(&*payload)),
                }
            };
            Box::pin(future) as BoxFuture<'static, Result<Produced, Error>>
        };
        FlowEntry::new(spec, params, &returns, Box::new(run))
    }
}

fn settle<R, T: Send + 'static>(returns: &Returns<R, T>, returned: R) -> StepOutcome {
    settle_with(returns, returned, code::STEP)
}

fn settle_with<R, T: Send + 'static>(
    returns: &Returns<R, T>,
    returned: R,
    code: &'static str,
) -> Result<Produced, Error> {
    match (returns.split)(returned) {
        Ok(value) => returns.codec.produce(&value),
        Err(error) => Err(Error::from_boxed(error, code)),
    }
}

fn unreadable_input(error: &serde_json::Error) -> Error {
    Error::new(
        code::INVALID_INPUT,
        format!("the input does not read back as it was written: {error}"),
    )
    .permanent()
}

pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Error {
    if let Some(UnreadableState(reason)) = payload.downcast_ref() {
        return Error::new(code::INVALID_STATE, reason.clone()).permanent();
    }
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "a value that is no text".to_owned());
    Error::new(code::PANIC, format!("panicked: {text}"))
}
