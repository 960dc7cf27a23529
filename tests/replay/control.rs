//! R8 to R10: control, one call at a time, combinations.

use std::{sync::Arc, time::Duration};

use agno::{RunStatus, prelude::*};
use tokio::sync::Notify;

use super::kit::{self, Ran};

#[workflow]
#[derive(Default)]
struct Swallows {
    ran: Ran,
}

#[workflow]
impl Swallows {
    #[step]
    async fn waits(&self, begun: bool) -> Result<u32> {
        self.ran.hit("waits");
        if begun {
            std::future::pending::<()>().await;
        }
        Ok(1)
    }

    #[step(on_error = "pause")]
    async fn pauses(&self, n: u32) -> Result<u32> {
        if self.ran.hit("pauses") == 1 {
            bail!("not yet");
        }
        Ok(n)
    }

    #[step]
    async fn swallowed(&self) -> Result<u32> {
        self.ran.hit("swallowed");
        Ok(0)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, hangs: bool) -> Result<u32> {
        match flow.waits(hangs).await {
            Ok(_) => {}
            Err(_) => return flow.swallowed().await,
        }
        match flow.pauses(2).await {
            Ok(n) => Ok(n),
            Err(_) => flow.swallowed().await,
        }
    }
}

#[tokio::test]
async fn replay_r08_cancelling_never_appears_as_an_error() {
    let storage = kit::store();
    let workflow = Swallows::default();
    let ran = workflow.ran.clone();
    let runtime = kit::runtime(&storage, workflow).await;
    let run = runtime
        .start::<Swallows>(true)
        .run_id("r")
        .await
        .expect("starts");
    while ran.count("waits") == 0 {
        tokio::task::yield_now().await;
    }
    run.cancel();
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert_eq!(ran.count("swallowed"), 0);
    // Who wants it after all takes it up where it was.
    let run = runtime.resume(&kit::id()).await.expect("resumes");
    while ran.count("waits") == 1 {
        tokio::task::yield_now().await;
    }
    run.cancel();
    assert_eq!(run.outcome().await.status, RunStatus::Cancelled);
    assert_eq!(ran.count("swallowed"), 0);
}

#[tokio::test]
async fn replay_r08_a_pause_never_appears_as_an_error() {
    let storage = kit::store();
    let workflow = Swallows::default();
    let ran = workflow.ran.clone();
    let runtime = kit::runtime(&storage, workflow).await;
    let run = runtime
        .start::<Swallows>(false)
        .run_id("r")
        .await
        .expect("starts");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Paused);
    assert!(outcome.error.expect("says why").message.contains("not yet"));
    let outcome = runtime
        .resume(&kit::id())
        .await
        .expect("resumes")
        .outcome()
        .await;
    assert_eq!(outcome.status, RunStatus::Completed);
    assert_eq!(
        (
            ran.count("waits"),
            ran.count("pauses"),
            ran.count("swallowed")
        ),
        (1, 2, 0)
    );
}

/// Its first step ends when it is let go.
#[workflow]
#[derive(Clone, Default)]
struct Held {
    ran: Ran,
    entered: Arc<Notify>,
    let_go: Arc<Notify>,
}

#[workflow]
impl Held {
    #[step]
    async fn first(&self) -> u32 {
        self.ran.hit("first");
        self.entered.notify_one();
        self.let_go.notified().await;
        1
    }

    #[step]
    async fn second(&self, n: u32) -> u32 {
        self.ran.hit("second");
        n + 1
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let n = flow.first().await?;
        flow.second(n).await
    }
}

#[tokio::test]
async fn replay_r08_an_interrupted_run_can_be_resumed() {
    let storage = kit::store();
    let workflow = Held::default();
    let runtime = kit::runtime(&storage, workflow.clone()).await;
    let run = runtime.start::<Held>(()).run_id("r").await.expect("starts");
    workflow.entered.notified().await;
    run.interrupt();
    workflow.let_go.notify_one();
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Running, "it is not over");
    assert_eq!(
        outcome.error.expect("says why").code.as_ref(),
        "interrupted"
    );
    assert_eq!(workflow.ran.count("second"), 0);
    let outcome = kit::resume(&storage, workflow.clone()).await;
    assert_eq!(outcome.status, RunStatus::Completed);
    assert_eq!(
        workflow.ran.count("first"),
        1,
        "what had begun was seen through"
    );
}

#[workflow]
struct Careless;

/// Outside the flow's own body, where the lint does not look.
async fn joined(flow: &Flow<Careless>) -> Result<()> {
    let both = futures_util::future::join(
        std::future::IntoFuture::into_future(flow.one()),
        std::future::IntoFuture::into_future(flow.two()),
    );
    let _ = both.await;
    Ok(())
}

async fn dropped_in_the_middle(flow: &Flow<Careless>) -> Result<()> {
    let call = std::future::IntoFuture::into_future(flow.never());
    let _ = tokio::time::timeout(Duration::from_millis(10), call).await;
    Ok(())
}

async fn never_awaited(flow: &Flow<Careless>) -> Result<()> {
    let call = flow.one();
    drop(call);
    Ok(())
}

async fn elsewhere(flow: &Flow<Careless>) -> Result<()> {
    let call = std::future::IntoFuture::into_future(flow.one());
    // The task's answer never comes: the call belongs to this run, not to the task.
    let _ = tokio::spawn(call).await;
    Ok(())
}

#[workflow]
impl Careless {
    #[step]
    async fn one(&self) -> Result<u32> {
        tokio::task::yield_now().await;
        Ok(1)
    }

    #[step]
    async fn two(&self) -> Result<u32> {
        Ok(2)
    }

    #[step]
    async fn never(&self) -> Result<u32> {
        std::future::pending().await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, how: String) -> Result<()> {
        match how.as_str() {
            "joined" => joined(flow).await,
            "dropped" => dropped_in_the_middle(flow).await,
            "never awaited" => never_awaited(flow).await,
            _ => elsewhere(flow).await,
        }
    }
}

async fn misused(how: &str, part: &str) {
    let outcome = kit::run(&kit::store(), Careless, how.to_owned()).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(
        (outcome.status, code),
        (RunStatus::Failed, "misuse"),
        "{how}: {message}"
    );
    assert!(message.contains(part), "{how}: {message}");
}

#[tokio::test]
async fn replay_r09_two_calls_at_once_stop_the_run() {
    misused("joined", "flow.parallel").await;
}

#[tokio::test]
async fn replay_r09_a_call_dropped_in_the_middle_stops_the_run() {
    misused("dropped", "`timeout`").await;
}

#[tokio::test]
async fn replay_r09_a_call_that_is_never_awaited_stops_the_run() {
    misused("never awaited", "control.rs").await;
}

#[tokio::test]
async fn replay_r09_a_call_awaited_elsewhere_stops_the_run() {
    misused("elsewhere", "outside its own run").await;
}

#[workflow]
#[derive(Default)]
struct Nested {
    ran: Ran,
}

#[workflow]
impl Nested {
    #[step]
    async fn leaf(&self, n: u32) -> Result<u32> {
        self.ran.hit(&format!("leaf {n}"));
        Ok(n)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let rows = flow.map([0, 10], |n| flow.row(n)).await?;
        let (sum, (), more) = flow
            .parallel((
                flow.leaf(rows.iter().sum()),
                flow.sleep(Duration::from_millis(1)),
                flow.map([100, 200], |n| flow.leaf(n)).limit(1),
            ))
            .await?;
        Ok(sum + more.iter().sum::<u32>())
    }

    #[flow]
    async fn row(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let (a, b) = flow.parallel((flow.leaf(n + 1), flow.leaf(n + 2))).await?;
        flow.sleep(Duration::from_millis(1)).await?;
        let c = flow.map([n + 3], |n| flow.leaf(n)).await?;
        Ok(a + b + c[0])
    }
}

#[tokio::test]
async fn replay_r10_every_combination_works_in_every_other_and_survives_a_crash() {
    let whole = kit::run(&kit::store(), Nested::default(), ()).await;
    let expected = whole.output.expect("completes");
    let mut crashes = 0;
    for commits in 1.. {
        let storage = kit::store();
        let workflow = Nested::default();
        let ran = workflow.ran.clone();
        if !kit::crash_after(&storage, commits, workflow, ()).await {
            break;
        }
        crashes += 1;
        let before = kit::paths(&storage).await.len() as u32;
        let outcome = kit::resume(&storage, Nested { ran: ran.clone() }).await;
        assert_eq!(
            outcome.output.as_ref(),
            Some(&expected),
            "{commits}: {:?}",
            outcome.error
        );
        if outcome.steps_replayed + outcome.steps_run > 0 {
            assert_eq!(
                (outcome.steps_replayed, outcome.steps_run),
                (before, 9 - before)
            );
        }
    }
    assert!(crashes > 10, "only {crashes} commits");
}
