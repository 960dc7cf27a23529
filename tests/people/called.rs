//! Called runs that wait, and whose caller goes on, fails or is cancelled without them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use agno::{CrashAfter, RunStatus, Runtime, Storage, prelude::*};

use crate::{
    desk::{
        PATIENCE, nested, open, record, resumed, stopped, until, until_asked, until_nested_is_over,
        until_status, work, yes,
    },
    kit::{Ran, id, store},
    lagging::Lagging,
};

#[derive(Clone, Copy, Debug)]
enum Case {
    Asks,
    LosesTheRace,
    BesideSlow,
    BesideFailing,
    SleepsAndLoses,
    GivenUp,
}

#[workflow]
#[derive(Clone)]
struct Caller {
    case: Case,
    ran: Ran,
}

#[workflow]
impl Caller {
    #[step]
    async fn slow(&self, millis: u64) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(millis)
    }

    #[step]
    async fn fails(&self) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bail!("broken")
    }

    /// The first attempt gives up the run that it called.
    #[step(retry(max = 2, backoff = "1ms"))]
    async fn impatient(&self, context: &StepContext) -> Result<u64> {
        let attempt = self.ran.hit("impatient");
        tokio::select! {
            biased;
            done = context.call::<Dozes>(100) => done,
            () = tokio::time::sleep(Duration::from_millis(50)), if attempt == 1 => bail!("too slow"),
        }
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        match flow.workflow().case {
            Case::Asks => {
                flow.call::<Asks>(3600).await?;
            }
            Case::LosesTheRace => {
                flow.race((flow.call::<Asks>(3600), flow.slow(300))).await?;
            }
            Case::BesideSlow => {
                flow.parallel((flow.call::<Asks>(3600), flow.slow(3000)))
                    .await?;
            }
            Case::BesideFailing => {
                flow.parallel((flow.call::<Asks>(6), flow.fails())).await?;
            }
            Case::SleepsAndLoses => {
                flow.race((flow.call::<Dozes>(3000), flow.slow(20))).await?;
                flow.slow(1).await?;
            }
            Case::GivenUp => {
                flow.impatient().await?;
            }
        }
        Ok(1)
    }
}

#[workflow]
#[derive(Clone)]
struct Asks;

#[workflow]
impl Asks {
    #[flow]
    async fn run(flow: &Flow<Self>, seconds: u64) -> Result<bool> {
        let limit = Duration::from_secs(seconds);
        flow.confirm("Inner?").timeout(limit).await
    }
}

#[workflow]
#[derive(Clone)]
struct Dozes;

#[workflow]
impl Dozes {
    #[step]
    async fn doze(&self, millis: u64) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(millis)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, millis: u64) -> Result<u64> {
        flow.doze(millis).await
    }
}

async fn runtime(storage: Arc<dyn Storage>, case: Case) -> Runtime {
    let ran = Ran::default();
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Caller { case, ran })
        .workflow(Asks)
        .workflow(Dozes);
    builder.build().await.expect("fits together")
}

#[tokio::test(start_paused = true)]
async fn one_that_lost_a_race_is_cancelled() {
    let runtime = runtime(store(), Case::LosesTheRace).await;
    assert_eq!(stopped::<Caller>(&runtime).await, RunStatus::Completed);
    until_nested_is_over(&runtime).await;
    assert_eq!(nested(&runtime).await[0].status, RunStatus::Cancelled);
}

#[tokio::test]
async fn one_that_lost_is_over_after_a_crash_too() {
    let mut crashes = 0;
    for commits in 1.. {
        let storage = store();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let first = runtime(Arc::new(dying), Case::SleepsAndLoses).await;
        let dead = tokio::select! {
            _ = stopped::<Caller>(&first) => false,
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            break;
        }
        crashes += 1;
        let second = runtime(storage, Case::SleepsAndLoses).await;
        let outcome = resumed(&second).await;
        assert_eq!(outcome.status, RunStatus::Completed, "after {commits}");
        until_nested_is_over(&second).await;
    }
    assert!(crashes > 3, "only {crashes} commits");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_paused_is_cancelled_with_its_caller() {
    let runtime = runtime(store(), Case::BesideSlow).await;
    let start = runtime.start::<Caller>(()).run_id("r");
    let _run = start.await.expect("starts");
    let paused = async || {
        let nested = nested(&runtime).await;
        nested.iter().any(|run| run.status == RunStatus::Paused)
    };
    until("the called run is paused", paused).await;
    let cancelled = runtime.cancel(&id()).await.expect("cancels");
    assert_eq!(cancelled.status, RunStatus::Cancelled);
    assert!(nested(&runtime).await[0].status.is_over());
    assert_eq!(open(&runtime).await, []);
}

#[tokio::test]
async fn a_caller_goes_on_when_the_one_it_waits_for_is_cancelled() {
    let runtime = runtime(store(), Case::Asks).await;
    assert_eq!(stopped::<Caller>(&runtime).await, RunStatus::Paused);
    let inner = nested(&runtime).await.remove(0);
    let cancelled = runtime.cancel(&inner.id).await.expect("cancels");
    assert_eq!(cancelled.status, RunStatus::Cancelled);
    let goes_on = async || {
        let caller = record(&runtime).await;
        caller.status != RunStatus::Paused || caller.wake_at.is_some()
    };
    until("the caller knows", goes_on).await;
    work(&runtime).await;
    until_status(&runtime, RunStatus::Failed).await;
}

#[tokio::test(start_paused = true)]
async fn the_next_attempt_does_not_join_the_one_that_the_last_gave_up() {
    let lagging = Arc::new(Lagging::default());
    let runtime = runtime(lagging.clone(), Case::GivenUp).await;
    lagging.end.set(50);
    assert_eq!(stopped::<Caller>(&runtime).await, RunStatus::Completed);
}

/// Its time goes on when its caller has failed, and a worker that finds it due has nobody to wake.
#[tokio::test]
async fn a_worker_is_done_with_one_whose_caller_failed() {
    let runtime = runtime(store(), Case::BesideFailing).await;
    assert_eq!(stopped::<Caller>(&runtime).await, RunStatus::Failed);
    let due = async || {
        let nested = nested(&runtime).await.remove(0);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = u64::try_from(now.expect("after 1970").as_micros()).expect("fits");
        nested.status.is_over() || nested.wake_at.is_some_and(|due| due < now)
    };
    until("over or due", due).await;
    let taken_up = Arc::new(AtomicU64::new(0));
    let told = taken_up.clone();
    let worker = runtime.worker().until_idle(true).on_taken_up(move |_| {
        told.fetch_add(1, Ordering::SeqCst);
    });
    let worked = tokio::time::timeout(PATIENCE, worker.run(std::future::pending())).await;
    worked.expect("becomes idle").expect("works");
    let taken_up = taken_up.load(Ordering::SeqCst);
    assert!(taken_up <= 2, "taken up {taken_up} times");
}

#[workflow]
#[derive(Clone)]
struct Outer;

#[workflow]
impl Outer {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let both = flow.parallel((flow.call::<Gated>(1), flow.call::<Gated>(2)));
        let (left, right) = both.await?;
        Ok(left + right)
    }
}

#[workflow]
#[derive(Clone)]
struct Gated;

#[workflow]
impl Gated {
    #[step(confirm = "Go?")]
    async fn guarded(&self, number: u64) -> Result<u64> {
        Ok(number)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, number: u64) -> Result<u64> {
        flow.guarded(number).await?;
        flow.guarded(number + 10).await
    }
}

#[tokio::test]
async fn detached_answers_reach_them_by_a_worker() {
    let builder = Runtime::builder().workflow(Outer).workflow(Gated);
    let runtime = builder.storage(store()).build().await;
    let runtime = runtime.expect("fits together");
    assert_eq!(stopped::<Outer>(&runtime).await, RunStatus::Paused);
    for _ in 0..2 {
        until_asked(&runtime, 2).await;
        for request in open(&runtime).await {
            let answered = runtime.answer_detached(&request.id, yes()).await;
            answered.expect("answered");
        }
        work(&runtime).await;
    }
    assert_eq!(record(&runtime).await.status, RunStatus::Completed);
}
