//! What one process records, the process that runs the run hears.

use std::time::Duration;

use agno::{Answer, Decision, Request, RequestQuery, RunStatus, Runtime, prelude::*};
use tokio::time::{Instant, sleep};

use crate::{
    kit::{Job, LEASE, LOOK, Ran, World, id, outcome_of, record, runtime, until, until_status},
    process::State,
};

/// Asks while it works.
#[workflow]
#[derive(Clone)]
struct Busy {
    ran: Ran,
    time: Duration,
}

#[workflow]
impl Busy {
    #[step]
    async fn works(&self, context: &StepContext) -> u32 {
        self.ran.hit(context);
        tokio::time::sleep(self.time).await;
        1
    }

    #[step]
    async fn follows(&self, context: &StepContext) -> u32 {
        self.ran.hit(context);
        2
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let asks = flow
            .confirm("Sure?")
            .or_after(Duration::from_secs(360_000), false);
        let (sure, done) = flow.parallel((asks, flow.works())).await?;
        let follows = flow.follows().await?;
        Ok(u32::from(sure) * 100 + done * 10 + follows)
    }
}

fn busy(seconds: u64) -> Busy {
    Busy {
        ran: Ran::default(),
        time: Duration::from_secs(seconds),
    }
}

fn yes() -> Answer {
    Answer::new(Decision::Approve)
}

async fn open(runtime: &Runtime) -> Vec<Request> {
    let open = runtime.requests(RequestQuery::default()).await;
    open.expect("an inbox")
}

async fn asked(runtime: &Runtime) -> Request {
    until("asked", async || !open(runtime).await.is_empty()).await;
    open(runtime).await.swap_remove(0)
}

/// Whether a run's answer is delivered before its slow step is done.
async fn hears(deaf: bool) -> Duration {
    let world = World::new();
    let process = world.process();
    let process = if deaf { process.deaf() } else { process };
    let busy = busy(100);
    let owner = runtime(&process, busy.clone()).await;
    let run = owner.start::<Busy>(()).run_id("r").await.expect("starts");
    let mut events = run.events();
    let other = world.runtime(busy.clone()).await;
    let request = asked(&other).await;
    sleep(Duration::from_secs(5)).await;
    let answered = Instant::now();
    let handle = other.answer(&request.id, yes()).await.expect("answered");
    // It is not taken from who runs it.
    assert_eq!(handle.outcome().await.status, RunStatus::Running);
    let told = async {
        while let Some(event) = events.next().await.expect("reads") {
            if let agno::EventKind::RequestAnswered { .. } = event.event.kind {
                assert!(event.number.is_some());
                return Instant::now() - answered;
            }
        }
        panic!("it ended without having heard")
    };
    let after = told.await;
    assert_eq!(run.await.expect("completes"), 112);
    assert_eq!(busy.ran.counts(), (2, 1));
    after
}

#[tokio::test(start_paused = true)]
async fn an_answer_reaches_a_run_that_is_under_way_elsewhere() {
    let after = hears(false).await;
    assert!(after < LOOK, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn it_does_so_at_the_next_renewal_if_the_hint_is_lost() {
    let after = hears(true).await;
    assert!(after <= LEASE / 3, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_wakes_a_parked_run_on_any_worker() {
    let world = World::new();
    let busy = busy(1);
    let first = world.worker(busy.clone()).await;
    let run = first.runtime.start::<Busy>(()).run_id("r").await;
    let outcome = run.expect("starts").outcome().await;
    assert_eq!(outcome.status, RunStatus::Paused);
    first.die();
    let second = world.worker(busy.clone()).await;
    // From a process that runs nothing.
    let desk = world.runtime(busy.clone()).await;
    let request = asked(&desk).await;
    let answered = Instant::now();
    let detached = desk.answer_detached(&request.id, yes()).await;
    detached.expect("answered");
    until_status(&desk, "r", RunStatus::Completed).await;
    assert!(answered.elapsed() <= LOOK);
    assert_eq!(second.taken().len(), 1);
    assert_eq!(busy.ran.counts(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn one_of_the_answerer_and_a_worker_takes_the_run_up() {
    for round in 0..10 {
        let world = World::new();
        let busy = busy(1);
        let first = world.runtime(busy.clone()).await;
        let run = first.start::<Busy>(()).run_id("r").await.expect("starts");
        assert_eq!(run.outcome().await.status, RunStatus::Paused);
        drop((run, first));
        let worker = world.worker(busy.clone()).await;
        let desk = world.runtime(busy.clone()).await;
        let request = asked(&desk).await;
        sleep(Duration::from_millis(round * 70)).await;
        desk.answer(&request.id, yes()).await.expect("answered");
        until_status(&desk, "r", RunStatus::Completed).await;
        assert_eq!(busy.ran.counts(), (2, 1));
        assert_eq!(world.acknowledged.twice(), []);
        drop(worker);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_answer_is_refused_whoever_runs_the_run() {
    let world = World::new();
    let busy = busy(50);
    let owner = world.runtime(busy.clone()).await;
    let run = owner.start::<Busy>(()).run_id("r").await.expect("starts");
    let one = world.runtime(busy.clone()).await;
    let other = world.runtime(busy.clone()).await;
    let request = asked(&one).await;
    let no = Answer::new(Decision::Reject);
    let (first, second) = tokio::join!(
        one.answer(&request.id, yes()),
        other.answer(&request.id, no)
    );
    assert!(first.is_ok() != second.is_ok(), "the first one counts");
    let refused = first.and(second).expect_err("one is refused");
    assert_eq!(refused.kind(), agno::ErrorKind::Conflict, "{refused}");
    run.await.expect("completes");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_takes_effect_where_the_run_is() {
    let world = World::new();
    let job = Job {
        ran: Ran::default(),
        time: Duration::from_secs(100),
    };
    let owner = world.runtime(job.clone()).await;
    let run = owner.start::<Job>(3).run_id("r").await.expect("starts");
    sleep(Duration::from_secs(2)).await;
    let other = world.runtime(job.clone()).await;
    let asked = Instant::now();
    let outcome = other.cancel(&id("r")).await.expect("is cancelled");
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert!(asked.elapsed() <= LEASE / 3 + LOOK);
    assert_eq!(run.outcome().await.status, RunStatus::Cancelled);
    assert_eq!(job.ran.total(), 1);
    // As any run that was cancelled, it can be resumed, here as well.
    let resumed = other.resume(&id("r")).await.expect("resumes");
    assert_eq!(resumed.outcome().await.status, RunStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_outlives_who_runs_the_run_and_who_asked() {
    let world = World::new();
    let job = Job {
        ran: Ran::default(),
        time: Duration::from_secs(100),
    };
    let process = world.process();
    let owner = runtime(&process, job.clone()).await;
    let run = owner.start::<Job>(3).run_id("r").await.expect("starts");
    sleep(Duration::from_secs(2)).await;
    process.set(State::Hung);
    let asks = world.runtime(job.clone()).await;
    let asked = tokio::time::timeout(Duration::from_secs(1), asks.cancel(&id("r"))).await;
    asked.expect_err("it waits");
    drop((run, asks));
    let worker = world.worker(job.clone()).await;
    until_status(&worker.runtime, "r", RunStatus::Cancelled).await;
    assert_eq!(job.ran.total(), 1, "nothing has begun since");
    // Who waits that long cancels it alone.
    let process = world.process();
    let owner = runtime(&process, job.clone()).await;
    let run = owner.start::<Job>(3).run_id("s").await.expect("starts");
    sleep(Duration::from_secs(2)).await;
    process.set(State::Hung);
    let asks = world.runtime(Job { ..job.clone() }).await;
    let began = Instant::now();
    let outcome = asks.cancel(&id("s")).await.expect("is cancelled");
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert!(began.elapsed() <= LEASE + LOOK);
    let fence = record(&asks, "s").await.fence;
    process.set(State::Alive);
    assert_eq!(run.outcome().await.status, RunStatus::Running);
    assert_eq!(record(&asks, "s").await.fence, fence);
    assert_eq!(outcome_of(&asks, "s").await.status, RunStatus::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_cancelled_at_once_from_anywhere() {
    let world = World::new();
    let busy = busy(1);
    let first = world.runtime(busy.clone()).await;
    let run = first.start::<Busy>(()).run_id("r").await.expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Paused);
    let other = world.runtime(busy.clone()).await;
    let asked = Instant::now();
    let outcome = other.cancel(&id("r")).await.expect("is cancelled");
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert_eq!(open(&first).await, []);
    let error = first.cancel(&id("r")).await;
    assert_eq!(error.expect("is so already").status, RunStatus::Cancelled);
}
