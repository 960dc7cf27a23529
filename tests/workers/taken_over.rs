//! A process that dies or hangs loses its runs, to whoever looks for them next.

use std::time::Duration;

use agno::{ErrorKind, RunStatus, prelude::*, storage::RunUpdate};
use agno::{Storage, storage::Commit};
use tokio::time::{Instant, sleep};

use crate::{
    kit::{
        Job, LEASE, LOOK, Ran, World, id, outcome_of, put_down, record, runtime, until,
        until_status, works,
    },
    process::State,
};

fn job(seconds: u64) -> Job {
    Job {
        ran: Ran::default(),
        time: Duration::from_secs(seconds),
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_worker_is_replaced_within_its_lease() {
    let world = World::new();
    let job = job(30);
    let first = world.worker(job.clone()).await;
    put_down::<Job>(&first.runtime, "r", 3).await;
    until("the first part is done", async || {
        world.acknowledged.has("r", "work#0")
    })
    .await;
    sleep(Duration::from_secs(7)).await;
    let second = world.worker(job.clone()).await;
    sleep(LEASE * 2).await;
    assert_eq!(second.taken(), [], "the first one lives");
    let died = Instant::now();
    first.die();
    until_status(&second.runtime, "r", RunStatus::Completed).await;
    let taken = second.taken();
    assert_eq!(taken.len(), 1);
    let waited = taken[0].1 - died;
    assert!(waited <= LEASE + LOOK, "{waited:?}");
    // The second part, or the third, was under way, and ran again. What was done did not.
    assert_eq!(job.ran.counts(), (3, 2));
    assert_eq!(job.ran.total(), 4);
    assert_eq!(world.acknowledged.twice(), []);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_hung_writes_nothing_more() {
    let world = World::new();
    let job = job(5);
    let first = world.worker(job.clone()).await;
    put_down::<Job>(&first.runtime, "r", 4).await;
    until("a part is done", async || {
        world.acknowledged.has("r", "work#1")
    })
    .await;
    let zombie = first.runtime.attach(&id("r")).await.expect("a run");
    sleep(Duration::from_secs(1)).await;
    let second = world.worker(job.clone()).await;
    first.process.set(State::Hung);
    until("another one has it", async || !second.taken().is_empty()).await;
    let written = first.process.commits();
    first.process.set(State::Alive);
    let lost = zombie.outcome().await;
    assert_eq!(lost.status, RunStatus::Running);
    let error = lost.error.expect("a reason");
    assert_eq!(&*error.code, "taken_over", "{}", error.message);
    let done = outcome_of(&second.runtime, "r").await;
    assert_eq!(done.status, RunStatus::Completed);
    assert_eq!(done.output.expect("an output").as_str(), "10");
    assert_eq!(first.process.commits(), written, "not a word of it");
    assert_eq!(world.acknowledged.twice(), []);
    // Only what was under way ran twice.
    assert_eq!(job.ran.total(), 5);
    assert_eq!(record(&second.runtime, "r").await.fence, 3);
}

#[tokio::test(start_paused = true)]
async fn a_run_stops_before_its_lease_has_ended() {
    let world = World::new();
    let process = world.process();
    let own = runtime(&process, job(1000)).await;
    let run = own.start::<Job>(1).run_id("r").await.expect("starts");
    sleep(LEASE * 3).await;
    let cut_off = Instant::now();
    process.set(State::Offline);
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Running);
    assert_eq!(&*outcome.error.expect("a reason").code, "taken_over");
    let waited = cut_off.elapsed();
    assert!(waited < LEASE, "{waited:?}: another process may have it");
    // It was cut off in the middle of the time between two renewals.
    assert!(waited > LEASE / 2, "{waited:?}");
}

/// Its attempts fail, and nothing is recorded between them.
#[workflow]
#[derive(Clone)]
struct Stubborn {
    ran: Ran,
}

#[workflow]
impl Stubborn {
    #[step]
    fn before(&self) -> u32 {
        1
    }

    #[step(retry(max = 30, backoff = "1s", max_delay = "1s", jitter = false))]
    async fn tries(&self, context: &StepContext) -> Result<u32> {
        self.ran.hit(context);
        bail!("not yet")
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.before().await?;
        flow.tries().await
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_when_little_is_left_of_the_lease() {
    let world = World::new();
    let process = world.process();
    let ran = Ran::default();
    let own = runtime(&process, Stubborn { ran: ran.clone() }).await;
    let run = own.start::<Stubborn>(()).run_id("r").await.expect("starts");
    until("it has begun", async || process.commits() > 1).await;
    process.set(State::Offline);
    run.outcome().await;
    // A third of the lease is left after eight seconds.
    let begun = ran.total();
    assert!((5..=9).contains(&begun), "{begun} attempts");
    process.set(State::Alive);
    let run = own.resume(&id("r")).await.expect("resumes");
    assert_eq!(run.outcome().await.status, RunStatus::Failed);
    assert!(ran.total() > begun);
}

#[tokio::test(start_paused = true)]
async fn a_short_absence_of_the_store_stops_nothing() {
    let world = World::new();
    let process = world.process();
    let job = job(40);
    let own = runtime(&process, job.clone()).await;
    let run = own.start::<Job>(1).run_id("r").await.expect("starts");
    sleep(Duration::from_secs(1)).await;
    for _ in 0..5 {
        process.set(State::Offline);
        sleep(LEASE / 3).await;
        process.set(State::Alive);
        sleep(LEASE / 4).await;
    }
    assert_eq!(run.await.expect("completes"), 1);
    assert_eq!(job.ran.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_waits_for_a_store_that_is_away() {
    let world = World::new();
    let job = job(1);
    let process = world.process();
    process.set(State::Offline);
    let worker = works(process, job.clone(), 4).await;
    sleep(LEASE).await;
    let other = world.runtime(job.clone()).await;
    put_down::<Job>(&other, "r", 1).await;
    sleep(LEASE).await;
    assert_eq!(worker.taken(), []);
    worker.process.set(State::Alive);
    until_status(&other, "r", RunStatus::Completed).await;
}

#[tokio::test(start_paused = true)]
async fn what_another_process_runs_cannot_be_resumed() {
    let world = World::new();
    let job = job(100);
    let first = world.runtime(job.clone()).await;
    let run = first.start::<Job>(1).run_id("r").await.expect("starts");
    sleep(Duration::from_secs(1)).await;
    let second = world.runtime(job.clone()).await;
    let refused = second.resume(&id("r")).await.expect_err("is leased");
    assert_eq!(
        (refused.code(), refused.kind()),
        ("leased", ErrorKind::Leased)
    );
    assert!(refused.message().contains("process 2"), "{refused}");
    // Nor begun again under its name: the same run is answered, as it stands.
    let same = second.start::<Job>(1).run_id("r").await.expect("the same");
    assert_eq!(same.outcome().await.status, RunStatus::Running);
    assert_eq!(run.await.expect("completes"), 1);
    assert_eq!(job.ran.total(), 1);
    let again = second.resume(&id("r")).await.expect("is over");
    assert_eq!(again.outcome().await.status, RunStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn of_two_who_take_up_a_run_at_once_one_has_it() {
    let world = World::new();
    for round in 0..20 {
        let run = format!("r{round}");
        let job = job(1);
        let one = world.runtime(job.clone()).await;
        let other = world.runtime(job.clone()).await;
        put_down::<Job>(&one, &run, 2).await;
        let (id, hand) = (id(&run), async |runtime: &agno::Runtime| {
            match runtime.take_up(&id(&run)).await {
                Ok(run) => run.outcome().await.status == RunStatus::Completed,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Leased, "{error}");
                    false
                }
            }
        });
        let (first, second) = tokio::join!(hand(&one), hand(&other));
        assert!(first != second, "{id}: {first} {second}");
        assert_eq!(job.ran.counts(), (2, 1));
    }
    assert_eq!(world.acknowledged.twice(), []);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_while_somebody_claims_it_stays_ended() {
    let world = World::new();
    let job = job(1);
    let owner = world.runtime(job.clone()).await;
    let run = owner.start::<Job>(1).run_id("r").await.expect("starts");
    sleep(Duration::from_millis(500)).await;
    let lagging = world.process().lagging(Duration::from_secs(5));
    let late = runtime(&lagging, job.clone()).await;
    let taken = late.take_up(&id("r")).await.expect("is over");
    assert_eq!(taken.outcome().await.status, RunStatus::Completed);
    assert_eq!(run.await.expect("completes"), 1);
    let fence = record(&late, "r").await.fence;
    assert_eq!(fence, 1, "nobody has claimed it");
    assert_eq!(job.ran.total(), 1);
}

/// A run whose time has come is due for anybody.
#[tokio::test(start_paused = true)]
async fn a_timer_wakes_a_run_on_any_worker() {
    let world = World::new();
    let first = world.runtime(Sleeper {}).await;
    let run = first
        .start::<Sleeper>(())
        .run_id("r")
        .await
        .expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Paused);
    let asks = record(&first, "r").await;
    assert!(asks.wake_at.is_some());
    // The hour of the clock on the wall is over, and who has parked the run is gone.
    drop((run, first));
    let mut commit = Commit::new(id("r"), asks.fence);
    commit.update = Some(Box::new(RunUpdate {
        wake_at: Some(1),
        ..RunUpdate::new(RunStatus::Paused, 1)
    }));
    let worker = world.worker(Sleeper {}).await;
    world.store.commit(commit).await.expect("is due");
    until("it is taken up", async || !worker.taken().is_empty()).await;
}

#[workflow]
struct Sleeper {}

#[workflow]
impl Sleeper {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        let hour = Duration::from_secs(3600);
        flow.confirm("Sure?").or_after(hour, true).await
    }
}
