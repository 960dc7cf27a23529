//! Computes expired results anew beside the runs: `stale_while_revalidate`.
//!
//! Nothing of it is in a run's journal. The body runs once, in a task of its own, with a context
//! that belongs to no run; what it returns replaces the expired result, if nobody has stored
//! another meanwhile. A process that ends in the middle has changed nothing, or has removed a
//! result that had expired.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agno_storage::{
    CacheEntry, CacheKey, CacheQuery, Json, Portable, SessionFields, Storage, StoreError,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Fill, StepCache};
use crate::{
    clock::now_micros,
    context::{Call, Of, StepContext},
    engine::{cell::locked, step::timed_out},
    error::{Error, code},
    flow::RunInfo,
    registry::{Registered, StepEntry},
    runtime::Shared,
    state::StateSlot,
};

/// As many results are computed anew at a time. What does not find room is left to the next call.
const MOST: usize = 16;

/// What goes on beside the runs of a runtime.
pub(crate) struct Background {
    /// Keys whose results are being computed anew.
    refreshing: Mutex<HashSet<CacheKey>>,
    /// Steps that need their run.
    in_run: Mutex<HashSet<(Arc<str>, &'static str)>>,
    /// The store replaces no result outside of a run.
    is_off: AtomicBool,
    /// Cancelled when what is under way is given up.
    given_up: Mutex<CancellationToken>,
    tasks: watch::Sender<usize>,
}

impl Default for Background {
    fn default() -> Self {
        Self {
            refreshing: Mutex::default(),
            in_run: Mutex::default(),
            is_off: AtomicBool::new(false),
            given_up: Mutex::default(),
            tasks: watch::Sender::new(0),
        }
    }
}

impl Background {
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        struct Task(watch::Sender<usize>);
        impl Drop for Task {
            fn drop(&mut self) {
                self.0.send_modify(|tasks| *tasks -= 1);
            }
        }
        self.tasks.send_modify(|tasks| *tasks += 1);
        let task = Task(self.tasks.clone());
        tokio::spawn(async move {
            let _task = task;
            work.await;
        });
    }

    pub(super) async fn idle(&self) {
        let mut tasks = self.tasks.subscribe();
        // The sender is in `self`: it is not gone.
        let _ = tasks.wait_for(|tasks| *tasks == 0).await;
    }

    pub(super) fn give_up(&self) {
        let given_up = std::mem::take(&mut *locked(&self.given_up));
        given_up.cancel();
    }

    /// Whether a step's result can be computed without its run, as far as is known.
    pub(super) fn takes(&self, registered: &Registered, entry: &StepEntry) -> bool {
        !self.is_off.load(Ordering::Relaxed)
            && entry.executable.is_none()
            && entry.step.gate.is_none()
            && !entry.step.at_most_once
            && !locked(&self.in_run).contains(&(registered.name.clone(), entry.step.name))
    }
}

/// A computation outside of its run, as its context sees it.
pub(crate) struct Refresh {
    pub(crate) info: Arc<RunInfo>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) token: CancellationToken,
    pub(crate) idempotency_key: String,
    needs_run: AtomicBool,
}

impl Refresh {
    /// The step has asked for what only a run has: its result is not taken.
    pub(crate) fn needs_run(&self) -> Error {
        self.needs_run.store(true, Ordering::Release);
        let problem = "an expired result is being computed anew beside the runs, without memos, \
                       questions, history and other workflows: the next call computes it in its run";
        Error::new(code::MISUSE, problem).permanent()
    }
}

/// What is to be computed anew.
pub(in crate::engine) struct Renewal {
    pub(in crate::engine) shared: Arc<Shared>,
    pub(in crate::engine) storage: Arc<dyn Storage>,
    pub(in crate::engine) registered: Arc<Registered>,
    /// The step's number in the registry.
    pub(in crate::engine) index: usize,
    pub(in crate::engine) input: Json,
    pub(in crate::engine) view: Arc<SessionFields>,
    pub(in crate::engine) timeout: Option<Duration>,
    pub(in crate::engine) info: Arc<RunInfo>,
    pub(in crate::engine) path: Arc<str>,
    pub(in crate::engine) fill: Fill,
    pub(in crate::engine) expired: CacheEntry,
}

impl StepCache {
    /// Computes an expired result anew, unless somebody does.
    pub(in crate::engine) fn refresh(renewal: Renewal) {
        let shared = renewal.shared.clone();
        let background = &shared.cache.background;
        let key = renewal.fill.key;
        let mut refreshing = locked(&background.refreshing);
        if refreshing.len() >= MOST || !refreshing.insert(key) {
            return;
        }
        drop(refreshing);
        struct Refreshing(Arc<Shared>, CacheKey);
        impl Drop for Refreshing {
            fn drop(&mut self) {
                locked(&self.0.cache.background.refreshing).remove(&self.1);
            }
        }
        let refreshing = Refreshing(shared.clone(), key);
        background.spawn(async move {
            let _refreshing = refreshing;
            let step = renewal.fill.step.clone();
            match renewal.run().await {
                Ok(()) => {}
                Err(error) => tracing::warn!(step = &*step, %error, "a cached result stays stale"),
            }
        });
    }
}

impl Renewal {
    async fn run(self) -> Result<(), Error> {
        let cache = &self.shared.cache;
        let key = self.fill.key;
        let Some(mut lead) = cache.flights.try_lead(key) else {
            return Ok(());
        };
        if let Some(lease) = self.storage.lease() {
            let flights = &cache.flights;
            if !flights
                .announce(&mut lead, &self.storage, key, lease)
                .await?
            {
                return Ok(());
            }
        }
        // Another was as fast.
        if self.storage.cached(key, now_micros()).await?.is_some() {
            return Ok(());
        }
        let token = locked(&cache.background.given_up).child_token();
        let refresh = Arc::new(Refresh {
            info: self.info.clone(),
            storage: self.storage.clone(),
            token: token.clone(),
            idempotency_key: format!("cache:{}:{}", key.to_hex(), self.expired.stored_at),
            needs_run: AtomicBool::new(false),
        });
        let of = Of::Refresh(refresh.clone());
        let context = StepContext::new(self.path.clone(), 1, now_micros(), of);
        let computed = tokio::select! {
            biased;
            () = token.cancelled() => None,
            computed = self.compute(&refresh, &context) => Some(computed),
        };
        context.end();
        if refresh.needs_run.load(Ordering::Acquire) {
            let name = self.registered.step_at(self.index).step.name;
            tracing::debug!(step = name, "is computed anew in its runs from now on");
            locked(&cache.background.in_run).insert((self.registered.name.clone(), name));
            return Ok(());
        }
        match computed {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(output)) => self.store(output).await,
        }
    }

    async fn compute(&self, refresh: &Refresh, context: &StepContext) -> Result<Json, Error> {
        let entry = self.registered.step_at(self.index);
        if let Some(double) = self.shared.double(entry.step.name) {
            return double(&self.input);
        }
        let call = Call {
            state: StateSlot::new(self.view.clone()),
            context: context.clone(),
        };
        let workflow = self.registered.workflow.clone();
        let running = context.scope((entry.run)(workflow, call, self.input.clone()));
        let (call, outcome) = match self.timeout {
            None => running.await,
            Some(limit) => tokio::time::timeout(limit, running)
                .await
                .map_err(|_| timed_out(limit, false))?,
        };
        let output = outcome?.json;
        let changes = call
            .state
            .changes(|| Arc::from(refresh.idempotency_key.as_str()));
        match changes {
            Ok(changes) if changes.delta.is_empty() => Ok(output),
            _ => Err(refresh.needs_run()),
        }
    }

    /// Replaces the expired result, unless another has.
    async fn store(&self, output: Json) -> Result<(), Error> {
        let now = now_micros();
        let Some(entry) = self.fill.entry(&self.expired.run, &output, now) else {
            return Ok(());
        };
        let key = self.fill.key;
        let import = || {
            let piece = Portable::Cached(key, Box::new(entry.clone()));
            self.storage.import(piece)
        };
        let imported = match import().await {
            Err(StoreError::Occupied { .. }) => {
                let expired = CacheQuery {
                    key: Some(key.to_hex()),
                    expired_at: Some(now),
                    ..CacheQuery::default()
                };
                self.storage.cache_clear(expired).await?;
                import().await
            }
            imported => imported,
        };
        match imported {
            Ok(_) => {
                StepCache::added(&self.shared, &self.storage, output.len());
                Ok(())
            }
            // Another has stored one meanwhile.
            Err(StoreError::Occupied { .. }) => Ok(()),
            Err(StoreError::Unsupported { .. }) => {
                let background = &self.shared.cache.background;
                background.is_off.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
