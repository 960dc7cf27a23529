//! Runs workflows, in a program of one's own.

mod artifacts;
mod begin;
mod called;
mod cancel;
mod crash;
mod definitions;
mod diff;
mod due;
mod events;
mod explain;
mod factories;
mod fingerprint;
mod fork;
mod handle;
mod initial;
mod limits;
mod metrics;
mod open;
mod owned;
pub(crate) mod path;
mod people;
mod prune;
mod resolve;
mod resume;
mod retention;
mod run_id;
mod sessions;
mod start;
mod worker;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use agno_storage::{
    Entry, EventPolicy, Json, Limits, Retention, RunId, RunInput, RunQuery, RunRecord, RunStatus,
    SessionFields, SessionKey, Storage, StoreConfig,
};
pub(crate) use called::Called;
pub use crash::CrashAfter;
pub use definitions::{Stage, WorkflowDefinition};
pub use diff::{OperationDiff, Reason, RunDiff, RunSide, ValueDiff, Verdict};
pub use events::EventStream;
pub use explain::{
    CacheExplanation, CacheFinding, CacheQuestion, CacheUse, NearestResult, PartDiff,
};
pub use factories::{Made, Registry};
pub use fingerprint::{Change, Fingerprint, StepFingerprint};
pub use fork::Fork;
pub use handle::{Outcome, RunHandle};
pub use metrics::{RunMetrics, StepMetrics};
use open::Store;
pub use open::open;
pub use prune::{Prune, PrunedRun};
pub use resolve::Resolution;
pub use retention::Removed;
pub use sessions::{SessionDetails, SessionMetrics, SessionSummary};
pub use start::{Start, StartJson};
pub use worker::Worker;

use crate::{
    engine::{StepCache, check_events},
    error::{Error, code},
    graph::Graph,
    nearest::nearest,
    registry::{Registered, Workflow, WorkflowSummary},
    schema::InputSchema,
};

/// A step's stand-in: takes the input as JSON, answers the output as JSON.
pub(crate) type Double = Arc<dyn Fn(&Json) -> Result<Json, Error> + Send + Sync>;

/// What all runs of a runtime share.
pub(crate) struct Shared {
    pub(crate) cache: StepCache,
    doubles: HashMap<String, Double>,
    active: Mutex<HashMap<RunId, handle::Active>>,
    /// Held while a run of a given id is begun or taken up: nobody begins it twice.
    beginning: tokio::sync::Mutex<()>,
    due: due::Due,
    owned: owned::Owned,
    /// A run was written down for a worker, which may be looking elsewhere at that moment.
    pending: tokio::sync::Notify,
}

impl Shared {
    pub(crate) fn double(&self, step: &str) -> Option<&Double> {
        if self.doubles.is_empty() {
            None
        } else {
            self.doubles.get(step)
        }
    }
}

/// As many bytes of cached results are kept, if nobody says otherwise.
const CACHE_LIMIT: u64 = 256 * 1024 * 1024;

/// Runs workflows over a store. Cheap to clone.
///
/// ```ignore
/// let runtime = Runtime::builder().store("sled:./.agno").workflow(Article::from_env()).build().await?;
/// let run = runtime.start::<Article>(topic).session("alice").await?;
/// let url = run.await?;
/// ```
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    storage: Arc<dyn Storage>,
    workflows: BTreeMap<Arc<str>, Arc<Registered>>,
    first: Option<Arc<str>>,
    shared: Arc<Shared>,
    /// Of runs that name none.
    limits: Option<Limits>,
    events: Option<EventPolicy>,
    retaining: retention::Retaining,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.cache.give_up();
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("store", &self.0.storage.location())
            .field("workflows", &self.0.workflows.keys())
            .finish()
    }
}

/// Puts a [`Runtime`] together.
#[must_use = "a builder does nothing until `build`"]
pub struct RuntimeBuilder {
    store: Store,
    workflows: Vec<Result<Registered, Error>>,
    doubles: HashMap<String, Double>,
    limits: Option<Limits>,
    events: Option<EventPolicy>,
    retention: Option<Retention>,
    cache_limit: u64,
    secrets: Vec<Arc<str>>,
}

impl std::fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuntimeBuilder")
            .field("workflows", &self.workflows.len())
            .finish_non_exhaustive()
    }
}

impl RuntimeBuilder {
    /// The store, by URL: `memory:`, `sled:DIRECTORY`, `postgres://..`, a directory, a configuration
    /// file; all of them are listed at [`StoreConfig::parse`]. What such a file says of retention
    /// holds, unless [`retention`](Self::retention) says otherwise. Default: `memory:`.
    pub fn store(mut self, url: impl Into<String>) -> Self {
        self.store = Store::Url(url.into());
        self
    }

    /// The store, put together in code.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> agno_core::Result<()> {
    /// use agno_core::{Runtime, storage::DirectoryConfig};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path();
    /// let store = DirectoryConfig::sled(path).cache_bytes(128 << 20);
    /// let runtime = Runtime::builder().store_config(store).build().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn store_config(mut self, store: impl Into<StoreConfig>) -> Self {
        self.store = Store::Config(store.into());
        self
    }

    /// A store that is open already.
    pub fn storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.store = Store::Ready(storage);
        self
    }

    /// Adds a workflow. Runs are started by its type or by its name.
    pub fn workflow<W: Workflow>(mut self, workflow: W) -> Self {
        self.workflows.push(Registered::new(workflow));
        self
    }

    /// What a run may use that is started without limits of its own. Default: as much as it wants.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Which events of a run are stored and told that is started without a policy of its own: see
    /// [`Start::events`]. Default: all.
    pub fn events(mut self, policy: EventPolicy) -> Self {
        self.events = Some(policy);
        self
    }

    /// What is kept, and for how long: see [`Runtime::start_retention`]. Default: everything, for good.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// The environment variables that a [`Secret`](crate::Secret) may be read from when a reference to
    /// it is read back, from an input or a journal. They hold for the whole process. Default: none.
    pub fn secrets(mut self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.secrets.extend(names.into_iter().map(Into::into));
        self
    }

    /// How many bytes of cached results the store is to keep. After a sixteenth of that was added,
    /// those that were stored first are removed in the background. A [`retention`](Self::retention)
    /// that bounds them says it for both. Default: 256 MiB.
    pub fn cache_limit(mut self, bytes: u64) -> Self {
        self.cache_limit = bytes;
        self
    }

    /// For tests: `double` stands in for every step of this name.
    #[cfg(feature = "testing")]
    pub fn replace_step<I, O>(
        mut self,
        step: impl Into<String>,
        double: impl Fn(I) -> Result<O, Error> + Send + Sync + 'static,
    ) -> Self
    where
        I: serde::de::DeserializeOwned,
        O: serde::Serialize,
    {
        let misfit = |error: serde_json::Error| {
            Error::new(code::MISUSE, format!("the double does not fit: {error}")).permanent()
        };
        let double: Double = Arc::new(move |input: &Json| {
            Json::encode(&double(input.decode().map_err(misfit)?)?).map_err(misfit)
        });
        self.doubles.insert(step.into(), double);
        self
    }

    /// Opens the store and checks the workflows.
    ///
    /// # Errors
    ///
    /// When the store does not open (another process has it, for one), two workflows have one
    /// name, a workflow declared by hand does not fit together, or tokio does not run.
    pub async fn build(self) -> Result<Runtime, Error> {
        if tokio::runtime::Handle::try_current().is_err() {
            let problem = "a runtime needs tokio: build and use it under `#[tokio::main]`";
            return Err(Error::new(code::MISUSE, problem).permanent());
        }
        if let Some(policy) = &self.events {
            check_events(policy)?;
        }
        crate::secret::declare(&self.secrets)?;
        let mut workflows = BTreeMap::new();
        let mut first = None;
        for registered in self.workflows {
            let registered = Arc::new(registered?);
            let name = registered.name.clone();
            first.get_or_insert_with(|| name.clone());
            if workflows.insert(name.clone(), registered).is_some() {
                let problem =
                    format!("two workflows are called `{name}`: give one a `name = \"..\"`");
                return Err(Error::new(code::MISUSE, problem).permanent());
            }
        }
        let (storage, said) = self.store.open().await?;
        let retention = self.retention.or(said);
        let kept = retention.as_ref().and_then(|kept| kept.cache_bytes);
        let shared = Shared {
            cache: StepCache::new(kept.unwrap_or(self.cache_limit)),
            doubles: self.doubles,
            active: Mutex::default(),
            beginning: tokio::sync::Mutex::default(),
            due: due::Due::default(),
            owned: owned::Owned::default(),
            pending: tokio::sync::Notify::new(),
        };
        let inner = Inner {
            storage,
            workflows,
            first,
            shared: Arc::new(shared),
            limits: self.limits,
            events: self.events,
            retaining: retention::Retaining::default(),
        };
        let runtime = Runtime(Arc::new(inner));
        if let Some(retention) = retention {
            runtime.start_retention(retention);
        }
        Ok(runtime)
    }
}

/// A run with everything that is recorded of it.
#[derive(Clone, Debug)]
pub struct RunDetails {
    /// Its head.
    pub record: RunRecord,
    /// What it was started with.
    pub input: RunInput,
    /// Its output, when it completed.
    pub output: Option<Json>,
    /// Its journal, in order of commit.
    pub journal: Vec<Entry>,
    /// The session's state, as it is now.
    pub state: SessionFields,
    /// Whether this runtime is running it.
    pub is_active: bool,
    /// The process that is running it in place of this one, in words, in a store that several share.
    pub held_by: Option<String>,
}

impl Runtime {
    /// Puts a runtime together.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder {
            store: Store::Url("memory:".to_owned()),
            workflows: Vec::new(),
            doubles: HashMap::new(),
            limits: None,
            events: None,
            retention: None,
            cache_limit: CACHE_LIMIT,
            secrets: Vec::new(),
        }
    }

    /// Resolves when nothing of the step cache goes on beside the runs: no expired result is
    /// computed anew, and no old one removed. What is still under way when the runtime is dropped
    /// is given up.
    pub async fn cache_idle(&self) {
        self.0.shared.cache.idle().await;
    }

    /// The store.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.0.storage
    }

    /// The workflows, by name.
    pub fn workflows(&self) -> Vec<WorkflowSummary> {
        self.0
            .workflows
            .values()
            .map(|registered| registered.summary())
            .collect()
    }

    /// The name of the workflow that was added first.
    pub fn default_workflow(&self) -> Option<&str> {
        self.0.first.as_deref()
    }

    /// The schema that a workflow's input is checked against.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with the nearest name.
    pub fn input_schema(&self, workflow: &str) -> Result<&InputSchema, Error> {
        self.find(workflow)
            .map(|registered| registered.input_schema())
    }

    /// The graph of a workflow.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with the nearest name.
    pub fn graph(&self, workflow: &str) -> Result<&'static Graph, Error> {
        self.find(workflow).map(|registered| registered.graph)
    }

    /// What a workflow says that is probably not meant so: a step or sub-flow that no flow calls, a flow that cannot end,
    /// an option without effect. Only what is certain; of flows without a graph nothing is known.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with the nearest name.
    pub fn warnings(&self, workflow: &str) -> Result<Vec<String>, Error> {
        self.find(workflow).map(|registered| registered.warnings())
    }

    /// Runs of this store, newest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn runs(&self, query: RunQuery) -> Result<Vec<RunRecord>, Error> {
        Ok(self.0.storage.runs(query).await?)
    }

    /// Whether this runtime is running it. A run that is `running` and not active was interrupted.
    pub fn is_active(&self, id: &RunId) -> bool {
        self.active(id).is_some()
    }

    /// Everything that is recorded of a run.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run, or the
    /// store's own error.
    pub async fn inspect(&self, id: &RunId) -> Result<RunDetails, Error> {
        let storage = &self.0.storage;
        let Some(record) = storage.run(id).await? else {
            return Err(agno_storage::StoreError::RunNotFound { run: id.clone() }.into());
        };
        let key = SessionKey {
            workflow: record.workflow.clone(),
            session: record.session.clone(),
        };
        let input = storage.input(id).await?;
        let is_active = self.is_active(id);
        let held_by = match record.status {
            RunStatus::Running if !is_active => {
                let holders = storage.holders(vec![id.clone()]).await?;
                holders.into_iter().next().map(|holder| holder.name)
            }
            _ => None,
        };
        Ok(RunDetails {
            input: input.unwrap_or(RunInput {
                input: Json::null(),
                state: None,
            }),
            output: storage.output(id).await?,
            journal: storage.journal(id, 0).await?,
            state: storage.session(&key).await?,
            is_active,
            held_by,
            record,
        })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// The workflow that code names by its type, which the runtime may not have been given.
    pub(crate) fn registered<W: Workflow>(&self) -> Result<Arc<Registered>, Error> {
        self.find(W::NAME).cloned().map_err(|missing| {
            let missing = missing.message();
            let problem = format!("{missing}; add `{}` with `.workflow(..)`", W::NAME);
            Error::new(code::NOT_FOUND, problem).permanent()
        })
    }

    fn find(&self, workflow: &str) -> Result<&Arc<Registered>, Error> {
        if let Some(found) = self.0.workflows.get(workflow) {
            return Ok(found);
        }
        let names: Vec<&str> = self.0.workflows.keys().map(|name| &**name).collect();
        let guess = nearest(workflow, names.iter().copied())
            .map(|name| format!(", did you mean `{name}`?"))
            .unwrap_or_else(|| ".".to_owned());
        let known = match names.as_slice() {
            [] => "None is registered".to_owned(),
            names => format!("There are: {}", names.join(", ")),
        };
        let problem = format!("no workflow `{workflow}`{guess} {known}");
        Err(Error::new(code::NOT_FOUND, problem).permanent())
    }
}
