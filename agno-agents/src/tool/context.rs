//! What a tool knows beside its arguments.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::Arc,
};

use agno_core::StepContext;

use crate::media::Media;

/// What a tool knows beside its arguments. Nothing in it comes from the model: who the user is,
/// for one, is the program's to say.
#[derive(Clone, Debug)]
pub struct ToolContext {
    pub(crate) step: Option<StepContext>,
    pub(crate) agent: Arc<str>,
    pub(crate) call: Arc<str>,
    pub(crate) key: Arc<str>,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) dependencies: Dependencies,
    pub(crate) media: Arc<[Media]>,
}

impl ToolContext {
    /// For calling a tool from a step of one's own, without a model. Its key is the step's.
    pub fn in_step(step: &StepContext) -> Self {
        Self {
            key: Arc::from(step.idempotency_key()),
            step: Some(step.clone()),
            agent: Arc::from(""),
            ..Self::for_test()
        }
    }

    /// For calling a tool's function in a unit test.
    pub fn for_test() -> Self {
        Self {
            step: None,
            agent: Arc::from("test"),
            call: Arc::from("call"),
            key: Arc::from("test"),
            session: None,
            user: None,
            dependencies: Dependencies::default(),
            media: Arc::from([]),
        }
    }

    /// With something that [`dependency`](Self::dependency) finds, for a unit test.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, dependency: T) -> Self {
        self.dependencies.insert(dependency);
        self
    }

    /// The name of the agent that calls.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The model's name for the call.
    pub fn call(&self) -> &str {
        &self.call
    }

    /// The step that the agent works in; `None` when it works alone. Memos, and agents that are
    /// given it, belong to this call: after a crash they are found again, whichever calls before
    /// it are not made again.
    pub fn step(&self) -> Option<&StepContext> {
        self.step.as_ref()
    }

    /// The session's name, in a workflow, or as the program says it.
    pub fn session_id(&self) -> Option<&str> {
        let of_run = self.step.as_ref().map(StepContext::session_id);
        of_run.or(self.session.as_deref())
    }

    /// The user the run is for, if one was named by the program.
    pub fn user_id(&self) -> Option<&str> {
        let of_run = self.step.as_ref().and_then(StepContext::user_id);
        of_run.or(self.user.as_deref())
    }

    /// A key for services that accept one: the same when the call is repeated after a crash.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// What the program gave the agent for its tools: a client, a connection.
    pub fn dependency<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.dependencies.get()
    }

    /// Pictures and files of the conversation.
    pub fn media(&self) -> &[Media] {
        &self.media
    }
}

/// What a program gives an agent for its tools, one value per type.
#[derive(Clone, Default)]
pub struct Dependencies(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Dependencies {
    /// Adds a value, in place of an earlier one of its type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of a type.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dependencies({})", self.0.len())
    }
}
