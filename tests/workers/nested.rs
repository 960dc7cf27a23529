//! Called runs move with their caller.

use std::time::Duration;

use agno::{Answer, Decision, RequestQuery, RunQuery, RunRecord, RunStatus, Runtime, prelude::*};
use tokio::time::{Instant, sleep};

use crate::{
    kit::{LEASE, LOOK, Ran, Works, World, id, put_down, until, until_status},
    process::{Process, State},
};

/// Works, calls a run that works and may ask, and works again.
#[workflow]
#[derive(Clone)]
struct Caller {
    ran: Ran,
}

#[workflow]
impl Caller {
    #[step]
    async fn part(&self, context: &StepContext, part: u32) -> u32 {
        self.ran.hit(context);
        tokio::time::sleep(Duration::from_secs(5)).await;
        part
    }

    #[step]
    async fn beside(&self, context: &StepContext) -> u32 {
        self.ran.hit(context);
        tokio::time::sleep(Duration::from_secs(60)).await;
        1000
    }

    #[flow]
    async fn run(flow: &Flow<Self>, asks: bool) -> Result<u32> {
        let before = flow.part(1).await?;
        let (called, beside) = flow
            .parallel((flow.call::<Called>(asks), flow.beside()))
            .await?;
        Ok(before + called + beside + flow.part(2).await?)
    }
}

#[workflow]
#[derive(Clone)]
struct Called {
    ran: Ran,
}

#[workflow]
impl Called {
    #[step]
    async fn inner(&self, context: &StepContext, part: u32) -> u32 {
        self.ran.hit(context);
        tokio::time::sleep(Duration::from_secs(5)).await;
        part
    }

    #[flow]
    async fn run(flow: &Flow<Self>, asks: bool) -> Result<u32> {
        let mut sum = flow.inner(10).await?;
        if asks {
            let sure = flow.confirm("Sure?").await?;
            sum += u32::from(sure);
        }
        for part in [20, 30] {
            sum += flow.inner(part).await?;
        }
        Ok(sum)
    }
}

async fn runtime(process: &Process, ran: &Ran) -> Runtime {
    let builder = Runtime::builder()
        .storage(std::sync::Arc::new(process.clone()))
        .workflow(Caller { ran: ran.clone() })
        .workflow(Called { ran: ran.clone() });
    builder.build().await.expect("they fit together")
}

async fn worker(world: &World, ran: &Ran) -> Works {
    let process = world.process();
    let runtime = runtime(&process, ran).await;
    Works::begin(process, runtime, 16)
}

async fn called(runtime: &Runtime) -> Vec<RunRecord> {
    let query = RunQuery {
        parent: Some(id("r")),
        ..RunQuery::default()
    };
    runtime.runs(query).await.expect("reads")
}

#[tokio::test(start_paused = true)]
async fn a_called_run_survives_the_move() {
    let world = World::new();
    let ran = Ran::default();
    let first = worker(&world, &ran).await;
    put_down::<Caller>(&first.runtime, "r", false).await;
    until("the called run has begun", async || {
        !called(&first.runtime).await.is_empty()
    })
    .await;
    let inner = called(&first.runtime).await.swap_remove(0).id;
    until("its first step is done", async || {
        world.acknowledged.has(inner.as_str(), "inner#0")
    })
    .await;
    sleep(Duration::from_secs(2)).await;
    // It hangs, so that it meets its successor.
    first.process.set(State::Hung);
    let second = worker(&world, &ran).await;
    until("it is taken up", async || !second.taken().is_empty()).await;
    sleep(Duration::from_secs(1)).await;
    let written = first.process.commits();
    first.process.set(State::Alive);
    until_status(&second.runtime, "r", RunStatus::Completed).await;
    assert_eq!(first.process.commits(), written);
    let output = second
        .runtime
        .inspect(&id("r"))
        .await
        .expect("a run")
        .output;
    assert_eq!(output.expect("an output").as_str(), "1063");
    assert_eq!(called(&second.runtime).await.len(), 1);
    assert_eq!(world.acknowledged.twice(), []);
    // `beside` and the second step of the called run were under way.
    assert_eq!(ran.counts(), (6, 2));
    assert_eq!(ran.total(), 8);
}

#[tokio::test(start_paused = true)]
async fn both_are_given_back_together() {
    let world = World::new();
    let ran = Ran::default();
    let first = worker(&world, &ran).await;
    put_down::<Caller>(&first.runtime, "r", false).await;
    until("the called run works", async || ran.total() == 3).await;
    sleep(Duration::from_secs(1)).await;
    first.drain().await;
    let second = worker(&world, &ran).await;
    let joined = Instant::now();
    until("it is taken up", async || !second.taken().is_empty()).await;
    assert!(joined.elapsed() <= LOOK);
    until_status(&second.runtime, "r", RunStatus::Completed).await;
    assert_eq!(ran.counts(), (6, 1), "the steps under way were finished");
}

/// The called run is parked, its caller works: who answers is neither.
#[tokio::test(start_paused = true)]
async fn an_answer_to_a_parked_called_run_reaches_its_caller() {
    let world = World::new();
    let ran = Ran::default();
    let first = worker(&world, &ran).await;
    put_down::<Caller>(&first.runtime, "r", true).await;
    let desk = runtime(&world.process(), &ran).await;
    let is_parked = async || {
        let called = called(&desk).await;
        called.iter().any(|run| run.status == RunStatus::Paused)
    };
    until("the called run is parked", is_parked).await;
    let open = desk.requests(RequestQuery::default()).await;
    let open = open.expect("an inbox");
    let answered = Instant::now();
    let answer = Answer::new(Decision::Approve);
    desk.answer(&open[0].id, answer).await.expect("answered");
    until("the called run goes on", async || !is_parked().await).await;
    assert!(answered.elapsed() <= LEASE / 3);
    until_status(&desk, "r", RunStatus::Completed).await;
    let output = desk.inspect(&id("r")).await.expect("a run").output;
    assert_eq!(output.expect("an output").as_str(), "1064");
    assert_eq!(ran.counts(), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn a_called_run_is_cancelled_where_its_caller_is() {
    for asks in [false, true] {
        let world = World::new();
        let ran = Ran::default();
        let first = worker(&world, &ran).await;
        put_down::<Caller>(&first.runtime, "r", asks).await;
        let desk = runtime(&world.process(), &ran).await;
        let stands = async || {
            let wanted = match asks {
                true => RunStatus::Paused,
                false => RunStatus::Running,
            };
            called(&desk).await.iter().any(|run| run.status == wanted)
        };
        until("the called run stands there", stands).await;
        let inner = called(&desk).await.swap_remove(0).id;
        let asked = Instant::now();
        let outcome = desk.cancel(&inner).await.expect("is cancelled");
        assert_eq!(outcome.status, RunStatus::Cancelled);
        // Its caller hears of it as of any failure.
        until_status(&desk, "r", RunStatus::Failed).await;
        assert!(asked.elapsed() <= LEASE / 3 + LOOK, "{asks}");
        let error = desk.inspect(&id("r")).await.expect("a run").record.error;
        assert_eq!(&*error.expect("a reason").code, "cancelled");
    }
}
