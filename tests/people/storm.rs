//! Answers, crashes, cancels, interrupts and resumes at random, from seeds that a failure names.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agno::{
    Answer, CrashAfter, Decision, Outcome, RequestKind, RequestQuery, RunId, RunQuery, RunStatus,
    Runtime, Storage, prelude::*,
};
use tokio::task::JoinSet;

use crate::{
    desk::{PATIENCE, open},
    kit::{id, store},
    stormy::{OUTPUT, Stormy, UNANSWERED, Watch, runtime},
};

type Checked<T = ()> = Result<T, String>;

/// Numbers that are random enough, the same for the same seed (xorshift).
#[derive(Clone)]
struct Random(Arc<AtomicU64>);

impl Random {
    fn new(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self(Arc::new(AtomicU64::new(state)))
    }

    fn below(&self, limit: u64) -> u64 {
        let step = |mut state: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^ (state << 17)
        };
        let before = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| {
                Some(step(state))
            });
        (step(before.expect("always a next one")) >> 11) % limit
    }

    fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).expect("an index")]
    }

    async fn pause(&self, below: u64) {
        tokio::time::sleep(Duration::from_millis(self.below(below))).await;
    }
}

/// What one life of the run needs.
#[derive(Clone)]
struct Life {
    watch: Watch,
    random: Random,
    troubles: u64,
}

impl Life {
    fn new(seed: u64, troubles: u64) -> Self {
        Self {
            watch: Watch::default(),
            random: Random::new(seed),
            troubles,
        }
    }

    /// Somebody at the inbox, who takes any request and is not always the first.
    async fn answer(self, runtime: Runtime) {
        loop {
            self.random.pause(6).await;
            // A process that has crashed answers nothing.
            let Ok(mut open) = runtime.requests(RequestQuery::default()).await else {
                continue;
            };
            open.retain(|request| &*request.message != UNANSWERED);
            if open.is_empty() {
                continue;
            }
            let request = self.random.one_of(&open);
            let input = request.value.as_ref().map(agno::Json::to_value);
            if let Some(place) = input.as_ref().and_then(|input| input["place"].as_str()) {
                let mut approved = self.watch.approved.lock().expect("no panic");
                approved.insert(place.to_owned());
            }
            let decision = match request.kind {
                RequestKind::Failure => Decision::Retry,
                _ => Decision::Approve,
            };
            let answered = runtime.answer(&request.id, Answer::new(decision)).await;
            if let Err(error) = answered
                && !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound)
            {
                self.watch.complain(format!("{}: {error}", request.path));
            }
        }
    }

    /// Stops the run in any way, and takes it up again.
    async fn trouble(&self, runtime: &Runtime, run: &RunId) {
        for _ in 0..self.troubles {
            self.random.pause(20).await;
            match self.random.below(4) {
                0 => drop(runtime.cancel(run).await),
                1 => drop(runtime.attach(run).await.map(|run| run.interrupt())),
                2 => drop(runtime.attach(run).await.map(|run| run.cancel())),
                _ => {}
            }
            self.random.pause(5).await;
            if let Err(error) = runtime.resume(run).await
                && error.kind() != ErrorKind::Conflict
            {
                self.watch.complain(format!("not resumed: {error}"));
            }
        }
    }

    /// One process: takes the run to its end.
    async fn live(&self, runtime: &Runtime, run: &RunId) -> Checked<Outcome> {
        if runtime.inspect(run).await.is_ok() {
            // The last process may have crashed with nothing left to do.
            if let Err(error) = runtime.resume(run).await
                && error.kind() != ErrorKind::Conflict
            {
                return Err(format!("not resumed: {error}"));
            }
        } else {
            let start = runtime.start::<Stormy>(()).run_id(run.as_str());
            start.await.expect("starts");
        }
        let mut people = JoinSet::new();
        for _ in 0..3 {
            people.spawn(self.clone().answer(runtime.clone()));
        }
        self.trouble(runtime, run).await;
        let completed = tokio::time::timeout(PATIENCE, self.settle(runtime, run)).await;
        let Ok(completed) = completed else {
            return Err(hangs(runtime).await);
        };
        completed?;
        let attached = runtime.attach(run).await;
        Ok(attached.map_err(|error| error.to_string())?.outcome().await)
    }

    /// Waits until the run completes, and takes up what a trouble left behind.
    async fn settle(&self, runtime: &Runtime, run: &RunId) -> Checked {
        loop {
            tokio::time::sleep(Duration::from_millis(3)).await;
            // It can no longer be read when the process has crashed.
            let Ok(details) = runtime.inspect(run).await else {
                continue;
            };
            match details.record.status {
                RunStatus::Completed => return Ok(()),
                RunStatus::Failed => {
                    let error = details.record.error.expect("says why");
                    return Err(format!("failed: {error:?}"));
                }
                RunStatus::Paused => {}
                _ if runtime.is_active(run) => {}
                _ => drop(runtime.resume(run).await),
            }
        }
    }

    /// What holds when the run is over.
    async fn check(&self, storage: &Arc<dyn Storage>, outcome: Outcome) -> Checked {
        let output = outcome.output.ok_or("no output")?;
        let output: Vec<String> = output.decode().map_err(|error| error.to_string())?;
        if output != OUTPUT {
            return Err(format!("it says {output:?}"));
        }
        let complaints = self.watch.complaints();
        if !complaints.is_empty() {
            return Err(complaints.join(", "));
        }
        let left = storage.requests(RequestQuery::default()).await;
        let left = left.expect("an inbox");
        if !left.is_empty() {
            return Err(format!("still asked: {left:?}"));
        }
        for run in storage.runs(RunQuery::default()).await.expect("the runs") {
            check_journal(storage, &run.id).await?;
            if self.troubles == 0 && !run.status.is_over() {
                return Err(format!("{} is {}", run.id, run.status));
            }
        }
        Ok(())
    }
}

async fn hangs(runtime: &Runtime) -> String {
    let open = open(runtime).await;
    let runs = runtime.runs(RunQuery::default()).await.expect("the runs");
    let open: Vec<_> = open.iter().map(|request| &request.path).collect();
    let runs = runs.iter().map(|run| format!("{} {}", run.id, run.status));
    format!("hangs: {:?}, asked {open:?}", runs.collect::<Vec<_>>())
}

/// Its events have no gaps, and no operation counts twice.
async fn check_journal(storage: &Arc<dyn Storage>, run: &RunId) -> Checked {
    let mut journal = storage.journal(run, 0).await.expect("the journal reads");
    journal.sort_by_key(|entry| entry.seq);
    let mut next = None;
    let mut paths = BTreeSet::new();
    for entry in journal {
        if !entry.events.is_empty() {
            if next.is_some_and(|next| next != entry.first_event) {
                return Err(format!("{run}: events are missing before {}", entry.path));
            }
            next = Some(entry.first_event + entry.events.len() as u64);
        }
        if !entry.superseded && !paths.insert(entry.path.clone()) {
            return Err(format!("{run}: {} twice", entry.path));
        }
    }
    Ok(())
}

fn process() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let process = builder.worker_threads(2).enable_all().build();
    process.expect("threads")
}

/// A run through so many processes that crash, and a last one that does not.
fn survives(seed: u64, crashes: u64, troubles: u64) -> Checked {
    let life = Life::new(seed, troubles);
    let storage = store();
    for _ in 0..crashes {
        let process = process();
        let over = process.block_on(async {
            let (crash, mut crashed) = tokio::sync::watch::channel(false);
            let commits = 1 + life.random.below(70);
            let dying = CrashAfter::new(storage.clone(), commits, move || {
                crash.send_replace(true);
            });
            let runtime = runtime(Arc::new(dying), &life.watch).await;
            let run = id();
            tokio::select! {
                biased;
                _ = crashed.wait_for(|crashed| *crashed) => None,
                over = life.live(&runtime, &run) => Some(over),
            }
        });
        process.shutdown_timeout(Duration::from_millis(500));
        if let Some(over) = over {
            return ended(&life, &storage, over);
        }
    }
    let over = process().block_on(async {
        let runtime = runtime(storage.clone(), &life.watch).await;
        life.live(&runtime, &id()).await
    });
    ended(&life, &storage, over)
}

fn ended(life: &Life, storage: &Arc<dyn Storage>, over: Checked<Outcome>) -> Checked {
    process().block_on(life.check(storage, over?))
}

fn all_survive(seeds: std::ops::Range<u64>, crashes: u64, troubles: u64) {
    for seed in seeds {
        if let Err(problem) = survives(seed, crashes, troubles) {
            panic!("seed {seed}: {problem}");
        }
    }
}

#[test]
fn calm() {
    all_survive(0..8, 0, 0);
}

#[test]
fn crashes() {
    all_survive(100..112, 4, 0);
}

#[test]
fn troubles() {
    all_survive(200..208, 0, 12);
}

/// A completed run, forked at some of its operations, and the forks again.
async fn forks(seed: u64) -> Checked {
    let life = Life::new(seed, 0);
    let storage = store();
    let runtime = runtime(storage.clone(), &life.watch).await;
    let first = life.live(&runtime, &id()).await?;
    life.check(&storage, first).await?;
    let mut run = id();
    for generation in 0..6 {
        let mut operations = storage.journal(&run, 0).await.expect("the journal reads");
        operations.retain(|entry| !entry.path.contains(['@', '!']));
        let from = &life.random.one_of(&operations).path;
        let fork = runtime.fork(&run).from(&**from);
        let forked = fork.run_id(format!("f{generation}")).create_only().await;
        run = forked.map_err(|error| format!("not forked at {from}: {error}"))?;
        let over = async { life.check(&storage, life.live(&runtime, &run).await?).await };
        let over = over.await;
        over.map_err(|problem| format!("fork {generation} at {from}: {problem}"))?;
    }
    Ok(())
}

#[test]
fn forks_of_forks() {
    for seed in 300..304 {
        if let Err(problem) = process().block_on(forks(seed)) {
            panic!("seed {seed}: {problem}");
        }
    }
}
