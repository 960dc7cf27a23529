//! What a flow is written against: the handle that makes calls durable.

mod call;
mod handle;
mod history;
mod nested;
mod order;
mod parallel;
mod people;
mod race;
mod scope;
mod successor;

use std::{marker::PhantomData, ops::Deref, panic::Location, sync::Arc, time::Duration};

use agno_storage::{Json, Place};
pub use call::{Durable, DurableCall, MapCall, Settled, StepCall};
pub use handle::Handle;
pub(crate) use handle::RunInfo;
pub use history::PastRun;
pub use nested::WorkflowCall;
pub use parallel::Branches;
pub use people::{PersonCall, Review};
pub use race::{Contenders, Never, RaceCall, Winner};

use crate::{
    clock::now_micros,
    error::Error,
    op::{Container, Op},
    registry::{Steps, Workflow},
};

/// The durable side of a workflow, as its flow sees it. It dereferences to the workflow's own
/// handle, so `flow.search(topic)` is the durable call of the step `search`.
///
/// A flow runs again from the top after a crash; what is recorded is returned without running.
/// So a flow does nothing itself that it would not want to do twice: it asks steps, and takes
/// time and chance from here.
pub struct Flow<W: Workflow> {
    steps: W::Steps,
    handle: Handle,
    workflow: PhantomData<fn(W)>,
}

impl<W: Workflow> Flow<W> {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            steps: W::Steps::new(handle.clone()),
            handle,
            workflow: PhantomData,
        }
    }

    /// The workflow, for reading its configuration. Its steps are called on the flow.
    ///
    /// # Panics
    ///
    /// Never: a flow is made for the workflow it was registered with.
    pub fn workflow(&self) -> &W {
        let workflow = self.handle.0.registered.workflow.downcast_ref::<W>();
        workflow.expect("the registered workflow")
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        &self.handle.0.info.run
    }

    /// The session's name.
    pub fn session_id(&self) -> &str {
        &self.handle.0.info.session
    }

    /// The user the run is for, if one was named.
    pub fn user_id(&self) -> Option<&str> {
        self.handle.0.info.user.as_deref()
    }

    /// What the run was started with beside its input, as a type: see
    /// [`Start::metadata`](crate::Start::metadata). A run without any has an empty object.
    ///
    /// # Errors
    ///
    /// When it does not read as a `T`.
    pub fn metadata<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        self.handle.0.info.metadata()
    }

    /// Runs calls at the same time and answers all their outputs, in order. The first that fails
    /// ends the others, and its error is the answer.
    ///
    /// ```ignore
    /// let (news, issues) = flow.parallel((flow.news(topic.clone()), flow.issues(topic))).await?;
    /// ```
    #[track_caller]
    pub fn parallel<B: Branches>(&self, branches: B) -> Durable<B::Output> {
        let gathered = branches.gather();
        let id = self
            .handle
            .identify(Container::Parallel.as_str(), Location::caller());
        let op = gathered.ops.map(|ops| Op::All {
            id,
            kind: Container::Parallel,
            ops,
            limit: None,
        });
        Durable::new(self.handle.clone(), op, gathered.decode)
    }

    /// Runs one call per item and answers all outputs, in the order of the items. The closure is
    /// asked at once, in order; how many run at a time is for
    /// [`limit`](MapCall::limit). The first that fails ends the others.
    ///
    /// Items must come in the same order each time: those of a `HashMap` or a `HashSet` are refused, with code `misuse`.
    ///
    /// ```ignore
    /// let pages = flow.map(sources, |source| flow.read(source)).limit(4).await?;
    /// ```
    #[track_caller]
    pub fn map<I, C: DurableCall>(
        &self,
        items: impl IntoIterator<Item = I>,
        mut call: impl FnMut(I) -> C,
    ) -> MapCall<C::Output> {
        let id = self
            .handle
            .identify(Container::Map.as_str(), Location::caller());
        let items = items.into_iter();
        let mut ops: Result<Vec<_>, Error> = order::check(&items).map(|()| Vec::new());
        let mut decoders = Vec::new();
        for (index, item) in items.enumerate() {
            let scope = self.handle.enter(&format!("{}[{index}]/", id.path));
            let (op, decode) = call(item).into_pending().split();
            drop(scope);
            decoders.push(decode);
            match (&mut ops, op) {
                (Ok(ops), Ok(op)) => ops.push(op),
                (ops @ Ok(_), Err(error)) => *ops = Err(error),
                (Err(_), _) => {}
            }
        }
        MapCall::new(self.handle.clone(), id, ops, decoders)
    }

    /// Waits. The deadline is recorded first, so that a crash does not start the wait anew.
    #[track_caller]
    pub fn sleep(&self, duration: Duration) -> Durable<()> {
        let id = self.handle.identify("sleep", Location::caller());
        let op = Op::Sleep { id, duration };
        Durable::new(self.handle.clone(), Ok(op), Box::new(|_| Ok(())))
    }

    /// Now. Recorded, so that a resumed run sees the same time.
    #[track_caller]
    pub fn now(&self) -> std::time::SystemTime {
        let id = self.handle.identify("now", Location::caller());
        let make = || Json::encode(&now_micros()).unwrap_or_else(|_| Json::null());
        let micros = self.handle.0.engine.value(&id, &make);
        std::time::UNIX_EPOCH + Duration::from_micros(micros.decode().unwrap_or_default())
    }

    /// A random number, 0 up to but not 1: the same one after a crash. Not for secrets.
    #[track_caller]
    pub fn random(&self) -> f64 {
        fastrand::Rng::with_seed(self.seed("random", Location::caller())).f64()
    }

    /// A random index below `bound`: the same one after a crash. Not for secrets. Zero when
    /// `bound` is.
    #[track_caller]
    pub fn random_below(&self, bound: usize) -> usize {
        let mut random = fastrand::Rng::with_seed(self.seed("random", Location::caller()));
        random.usize(..bound.max(1))
    }

    /// A random id (version 4): the same one after a crash.
    #[track_caller]
    pub fn uuid(&self) -> uuid::Uuid {
        let id = self.handle.identify("uuid", Location::caller());
        let bytes = self.handle.0.engine.random(&id);
        let mut short = [0; 16];
        short.copy_from_slice(&bytes[..16]);
        uuid::Builder::from_random_bytes(short).into_uuid()
    }

    fn seed(&self, name: &'static str, at: &'static Location<'static>) -> u64 {
        let id = self.handle.identify(name, at);
        let bytes = self.handle.0.engine.random(&id);
        let mut short = [0; 8];
        short.copy_from_slice(&bytes[..8]);
        u64::from_le_bytes(short)
    }

    /// Guards a change of the flow under runs that are under way: `true` takes the new way, for
    /// runs that begin after the change and those that have not come to this place; `false` the
    /// old way, for runs that have recorded something behind it. The answer is recorded and the
    /// same for all of the flow, or of the item of a `map`, also in the rounds of a loop. Names
    /// are never used a second time.
    ///
    /// ```ignore
    /// if flow.patched("check the facts") {
    ///     flow.check(draft.clone()).await?;
    /// }
    /// ```
    ///
    /// Once no run of the old way is left, the old way and the call can go: a mark that nobody
    /// asks for is no drift.
    pub fn patched(&self, name: &str) -> bool {
        let is_short = (1..=100).contains(&name.len());
        if !is_short || name.chars().any(|c| c.is_control() || "!/~".contains(c)) {
            self.handle.0.engine.misuse(format!(
                "`{}` is no name of a patch: 1 to 100 bytes without control characters, `!`, `/` \
                 and `~`",
                name.escape_debug().take(100).collect::<String>()
            ));
            return true;
        }
        let scope = self.handle.0.scopes.current();
        self.handle.0.engine.patched(&scope, name)
    }

    /// Tells people something: an event, said once and not again after a crash.
    #[track_caller]
    pub fn say(&self, message: impl Into<String>) {
        let id = self.handle.identify("say", Location::caller());
        self.handle.0.engine.say(&id, message.into());
    }
}

impl<W: Workflow> Deref for Flow<W> {
    type Target = W::Steps;
    fn deref(&self) -> &W::Steps {
        &self.steps
    }
}

impl<W: Workflow> std::fmt::Debug for Flow<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flow<{}>({})", W::NAME, self.run_id())
    }
}

pub(crate) fn place(at: &'static Location<'static>) -> Place {
    Place {
        file: at.file().into(),
        line: at.line(),
        column: at.column(),
    }
}

impl Handle {
    fn enter(&self, prefix: &str) -> scope::Entered<'_> {
        self.0.scopes.enter(Arc::from(prefix))
    }
}
