//! The child that runs workflows for as long as it lives, beginning with what the one before it left.

use std::{path::Path, sync::Arc, time::Duration};

use agno::{Answer, Decision, Error, Outcome, RequestQuery, RunQuery, RunStatus, Runtime};
use agno_storage::{CacheQuery, Json, Portable, PortableRun, RunId, Storage, StoreError};

use crate::{
    commits,
    effects::Effects,
    errand::{Called, Errand, Job, text},
    told::{Told, tell},
};

/// Entries of a large commit.
const LARGE: u64 = 150;
/// More interrupted runs than these are finished before new ones begin.
const CROWD: usize = 12;
/// Runs that go on at the same time.
const LANES: u64 = 4;
/// Runs of workflows that are over and kept, and of those that are one large commit.
const KEPT: [usize; 2] = [16, 3];

/// Never returns unless something fails that should not.
///
/// # Errors
///
/// What failed.
pub async fn work(storage: Arc<dyn Storage>, effects: &Path) -> Result<(), Error> {
    let storage: Arc<dyn Storage> = Arc::new(Told::new(storage));
    tell("open");
    let effects = Arc::new(Effects::open(effects)?);
    let runtime = Runtime::builder()
        .storage(storage.clone())
        .workflow(Errand {
            effects: effects.clone(),
        })
        .workflow(Called { effects })
        .build()
        .await?;
    let mut tasks = tokio::task::JoinSet::new();
    let left = interrupted(&runtime).await?;
    // What is killed within milliseconds leaves more than it finishes: no more until that is done.
    let crowded = left.len() > CROWD;
    let taken_up = tokio::sync::Semaphore::new(if crowded { 0 } else { 1 });
    let taken_up = Arc::new(taken_up);
    match storage.lease() {
        None => drop(tasks.spawn(take_up(runtime.clone(), left, taken_up.clone()))),
        // What a killed child had is free when its leases are over: a worker waits for that.
        Some(_) => {
            let worker = runtime.worker().on_taken_up(|run| {
                let run = run.clone();
                tokio::spawn(async move { tell_how_it_ended(&run.outcome().await) });
            });
            tasks.spawn(async move { worker.run(std::future::pending()).await });
            let (runtime, taken_up) = (runtime.clone(), taken_up.clone());
            tasks.spawn(again_and_again("waiting", move || {
                wait_for_the_crowd(runtime.clone(), taken_up.clone())
            }));
        }
    }
    for lane in 0..LANES {
        let (runtime, taken_up) = (runtime.clone(), taken_up.clone());
        tasks.spawn(async move {
            drop(taken_up.acquire().await?);
            again_and_again("errands", || run_errands(runtime.clone(), lane)).await
        });
    }
    let answering = runtime.clone();
    tasks.spawn(again_and_again("answers", move || {
        answer(answering.clone())
    }));
    let tidied = storage.clone();
    tasks.spawn(again_and_again("tidying", move || {
        tidy(runtime.clone(), tidied.clone())
    }));
    tasks.spawn(again_and_again("beside", move || beside(storage.clone())));
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Does it, and begins anew where it met what may happen.
async fn again_and_again<T: Future<Output = Result<(), Error>>>(
    what: &str,
    task: impl Fn() -> T,
) -> Result<(), Error> {
    loop {
        match task().await {
            // It looked at a run that was just removed. Whether one is lost, the ledger knows.
            Err(error) if is_gone(&error) => {}
            // A call has tried for as long as a lease, and said so. A program goes on when it likes.
            Err(error) if is_away(&error) => tell(&format!("away {what}: {error}")),
            ended => return ended,
        }
    }
}

/// A store that several share may be away for a while.
fn is_away(error: &Error) -> bool {
    matches!(error.store_error(), Some(StoreError::Unavailable { .. }))
}

/// Old runs are removed while others look at them.
fn is_gone(error: &Error) -> bool {
    error.code().starts_with("not_found")
}

/// Runs that go on by themselves once they are taken up.
async fn interrupted(runtime: &Runtime) -> Result<Vec<RunId>, Error> {
    let query = RunQuery {
        workflow: Some("Errand".into()),
        outermost: true,
        ..RunQuery::default()
    };
    let mut runs = runtime.runs(query).await?;
    runs.retain(|run| !run.status.is_over() && run.status != RunStatus::Paused);
    Ok(runs.into_iter().map(|run| run.id).collect())
}

/// Goes on with what was interrupted.
async fn take_up(
    runtime: Runtime,
    left: Vec<RunId>,
    taken_up: Arc<tokio::sync::Semaphore>,
) -> Result<(), Error> {
    let mut handles = Vec::new();
    for run in left {
        let taken_up = runtime.take_up(&run).await;
        handles.push(match taken_up {
            Err(error) if is_gone(&error) => continue,
            // Killed so often within milliseconds that it got no further: as a person would.
            Err(error) if error.code() == "crash_loop" => match runtime.resume(&run).await {
                Err(error) if is_gone(&error) => continue,
                resumed => resumed?,
            },
            taken_up => taken_up?,
        });
    }
    for handle in handles {
        let outcome = handle.outcome().await;
        tell(&format!("taken-up {} {:?}", handle.id(), outcome.status));
    }
    taken_up.add_permits(1);
    Ok(())
}

/// Until a worker has finished what is more than a crowd.
async fn wait_for_the_crowd(
    runtime: Runtime,
    taken_up: Arc<tokio::sync::Semaphore>,
) -> Result<(), Error> {
    while interrupted(&runtime).await?.len() > CROWD {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    taken_up.add_permits(1);
    Ok(())
}

async fn run_errands(runtime: Runtime, lane: u64) -> Result<(), Error> {
    for round in 0.. {
        let seed = fastrand::u64(..) >> 16;
        let long = lane == 0 && round % 4 == 0;
        let job = Job {
            seed,
            width: seed % 5,
            bytes: match seed % 40 {
                0 => 200_000,
                1..4 => 20_000,
                n => 200 + n as usize * 100,
            },
            asks: seed.is_multiple_of(6),
            length: if long { 30 } else { seed % 3 },
        };
        let handle = runtime.start::<Errand>(job).session("shared").await?;
        let (id, outcome) = (handle.id().clone(), handle.outcome().await);
        tell_how_it_ended(&outcome);
        if long && outcome.status == RunStatus::Completed {
            let fork = runtime
                .fork(&id)
                .from("count#9")
                // One that no other fork has begun with a state of its own.
                .session(format!("fork-of-{id}"))
                .await;
            let fork = match fork {
                Err(error) if is_gone(&error) => continue,
                fork => fork?,
            };
            tell_how_it_ended(&fork.outcome().await);
        }
    }
    Ok(())
}

/// A run ends well, or waits. In a store that several share it may also stop while that is away, and goes on
/// once its lease is over.
fn tell_how_it_ended(outcome: &Outcome) {
    let (run, code) = (
        &outcome.run,
        outcome.error.as_ref().map(|error| &*error.code),
    );
    match (outcome.status, code) {
        (RunStatus::Completed | RunStatus::Paused, _) => {}
        (RunStatus::Running, Some("store" | "taken_over")) => {
            tell(&format!("stopped {run}: {:?}", outcome.error));
        }
        _ => tell(&format!("unexpected {run} {outcome:?}")),
    }
}

/// Answers whatever is asked.
async fn answer(runtime: Runtime) -> Result<(), Error> {
    loop {
        for request in runtime.requests(RequestQuery::default()).await? {
            // Somebody else's are of runs that the direct commits made.
            if &*request.workflow != "Errand" {
                continue;
            }
            let yes = Answer::new(Decision::Approve);
            match runtime.answer(&request.id, yes).await {
                Ok(_) => {}
                Err(error) if error.kind() == agno::ErrorKind::Conflict => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Removes old runs and, now and then, what is cached.
async fn tidy(runtime: Runtime, storage: Arc<dyn Storage>) -> Result<(), Error> {
    loop {
        tokio::time::sleep(Duration::from_millis(4)).await;
        let all = RunQuery {
            whole: true,
            ..RunQuery::default()
        };
        let runs = runtime.runs(all).await?;
        let (roots, called): (Vec<_>, Vec<_>) =
            runs.into_iter().partition(|run| run.id == *run.root());
        let over = roots
            .into_iter()
            .filter(|run| run.status.is_over() && !run.id.as_str().starts_with(IMPORTED));
        let (direct, errands): (Vec<_>, Vec<_>) = over.partition(|run| &*run.workflow == "direct");
        let old = errands.into_iter().skip(KEPT[0]);
        for root in old.chain(direct.into_iter().skip(KEPT[1])) {
            // The caller first: while it is there it can be resumed, and would make them anew.
            let called = called.iter().filter(|run| *run.root() == root.id);
            for run in std::iter::once(&root).chain(called) {
                match storage.delete_run(&run.id).await {
                    Ok(_) => {}
                    Err(StoreError::RunNotOver { .. }) => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if fastrand::u8(..) < 16 {
            storage.cache_clear(CacheQuery::default()).await?;
        }
    }
}

/// What no workflow does: large commits, definitions, imports.
async fn beside(storage: Arc<dyn Storage>) -> Result<(), Error> {
    let left = RunQuery {
        workflow: Some("direct".into()),
        status: Some(RunStatus::Running),
        ..RunQuery::default()
    };
    for run in storage.runs(left).await? {
        commits::finish(&*storage, &run.id).await?;
    }
    for round in 0_u32.. {
        let name = format!("direct-{:x}", fastrand::u64(..));
        let run = RunId::new(&name)?;
        commits::large(&*storage, &run, LARGE).await?;
        if round.is_multiple_of(8) {
            let body = Json::encode(&text(fastrand::u64(..) % 8, 1000))?;
            storage.save_definition("plan", "plan", body, None).await?;
        }
        import_a_copy(&*storage, &run).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Runs of this beginning are removed by who imports them, and by nobody else.
const IMPORTED: &str = "imported-";

/// Takes a run over as an import does, and removes the one before.
async fn import_a_copy(storage: &dyn Storage, run: &RunId) -> Result<(), Error> {
    let earlier = RunQuery {
        prefix: Some(IMPORTED.to_owned()),
        ..RunQuery::default()
    };
    for earlier in storage.runs(earlier).await? {
        storage.delete_run(&earlier.id).await?;
    }
    let (Some(mut head), Some(input)) = (storage.run(run).await?, storage.input(run).await?) else {
        return Ok(());
    };
    let (output, entries) = (storage.output(run).await?, storage.journal(run, 0).await?);
    if output.is_none() || entries.len() as u64 != LARGE {
        // It went while it was read.
        return Ok(());
    }
    head.id = RunId::new(format!("{IMPORTED}{run}"))?;
    let piece = PortableRun {
        head,
        input,
        output,
        entries,
        requests: Vec::new(),
    };
    match storage.import(Portable::Run(Box::new(piece))).await {
        Ok(_) | Err(StoreError::Unsupported { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
