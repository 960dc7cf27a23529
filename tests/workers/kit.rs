//! Processes with their workers, and the workflow that they run.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use agno::{
    Outcome, RunId, RunRecord, RunStatus, Runtime, Workflow, prelude::*, storage::MemoryStorage,
};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use crate::process::{Acknowledged, Process, State};

pub(crate) const LEASE: Duration = Duration::from_secs(12);

/// How long a worker looks away at most.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3600);

/// Counts how often the body of a step ran, by its idempotency key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran(Arc<Mutex<BTreeMap<String, u32>>>);

impl Ran {
    pub(crate) fn hit(&self, context: &StepContext) {
        let mut counts = self.0.lock().expect("no panic");
        *counts
            .entry(context.idempotency_key().to_owned())
            .or_default() += 1;
    }

    /// How many bodies ran, and how often the one did that ran most.
    pub(crate) fn counts(&self) -> (usize, u32) {
        let counts = self.0.lock().expect("no panic");
        (counts.len(), counts.values().copied().max().unwrap_or(0))
    }

    /// How often bodies ran, all together.
    pub(crate) fn total(&self) -> u32 {
        self.0.lock().expect("no panic").values().sum()
    }
}

/// Does one part after the other, each in its time.
#[workflow]
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) ran: Ran,
    pub(crate) time: Duration,
}

#[workflow]
impl Job {
    #[step]
    async fn work(&self, context: &StepContext, part: u32) -> u32 {
        self.ran.hit(context);
        tokio::time::sleep(self.time).await;
        part
    }

    #[flow]
    async fn run(flow: &Flow<Self>, parts: u32) -> Result<u32> {
        let mut sum = 0;
        for part in 1..=parts {
            sum += flow.work(part).await?;
        }
        Ok(sum)
    }
}

/// The processes of a test.
pub(crate) struct World {
    pub(crate) store: MemoryStorage,
    pub(crate) acknowledged: Acknowledged,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryStorage::with_lease(LEASE),
            acknowledged: Acknowledged::default(),
        }
    }

    pub(crate) fn process(&self) -> Process {
        Process::new(&self.store, &self.acknowledged)
    }

    /// A runtime in a process of its own.
    pub(crate) async fn runtime<W: Workflow>(&self, workflow: W) -> Runtime {
        runtime(&self.process(), workflow).await
    }

    /// A worker in a process of its own.
    pub(crate) async fn worker<W: Workflow>(&self, workflow: W) -> Works {
        works(self.process(), workflow, 16).await
    }
}

pub(crate) async fn runtime<W: Workflow>(process: &Process, workflow: W) -> Runtime {
    let builder = Runtime::builder().storage(Arc::new(process.clone()));
    let built = builder.workflow(workflow).build().await;
    built.expect("the workflow fits together")
}

pub(crate) async fn works<W: Workflow>(process: Process, workflow: W, limit: usize) -> Works {
    let runtime = runtime(&process, workflow).await;
    Works::begin(process, runtime, limit)
}

/// A worker of a process.
pub(crate) struct Works {
    pub(crate) process: Process,
    pub(crate) runtime: Runtime,
    taken: Arc<Mutex<Vec<(RunId, Instant)>>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<()>>,
}

impl Works {
    pub(crate) fn begin(process: Process, runtime: Runtime, limit: usize) -> Self {
        let taken = Arc::<Mutex<Vec<_>>>::default();
        let takes = taken.clone();
        let worker = runtime.worker().limit(limit).on_taken_up(move |run| {
            let mut taken = takes.lock().expect("no panic");
            taken.push((run.id().clone(), Instant::now()));
        });
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let until = async {
                // Dropped with the test.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            worker.run(until).await
        });
        Self {
            process,
            runtime,
            taken,
            stop,
            task,
        }
    }

    /// What it has taken up, and when.
    pub(crate) fn taken(&self) -> Vec<(RunId, Instant)> {
        self.taken.lock().expect("no panic").clone()
    }

    /// Ends as a process does that is killed.
    pub(crate) fn die(&self) {
        self.process.set(State::Hung);
    }

    /// Ends as a process does that is asked to.
    pub(crate) async fn drain(self) {
        self.stop.send_replace(true);
        self.task.await.expect("no panic").expect("the store reads");
    }
}

pub(crate) fn id(run: &str) -> RunId {
    RunId::new(run).expect("a legal id")
}

/// Puts a run down for the workers.
pub(crate) async fn put_down<W: Workflow>(runtime: &Runtime, run: &str, input: W::Input) {
    let put_down = runtime.start::<W>(input).run_id(run).detached();
    put_down.await.expect("is put down");
}

pub(crate) async fn record(runtime: &Runtime, run: &str) -> RunRecord {
    runtime.inspect(&id(run)).await.expect("a run").record
}

/// Waits until the condition holds.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, holds).await;
    in_time.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) async fn until_status(runtime: &Runtime, run: &str, wanted: RunStatus) {
    let reached = async || record(runtime, run).await.status == wanted;
    until(&format!("{run} is {wanted}"), reached).await;
}

/// What the run is under way for in this process.
pub(crate) async fn outcome_of(runtime: &Runtime, run: &str) -> Outcome {
    let attached = runtime.attach(&id(run)).await.expect("a run");
    attached.outcome().await
}
