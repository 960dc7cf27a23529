//! Questions of a run that failed, was cancelled or interrupted, and was taken up again.

use std::{sync::Arc, time::Duration};

use agno::{Answer, Decision, RequestKind, RunStatus, Storage, prelude::*};

use crate::{
    desk::{PATIENCE, open, resumed, stopped, until_asked, yes},
    kit::{Ran, id, runtime, store},
    lagging::Lagging,
};

#[workflow]
#[derive(Default)]
struct Gate {
    ran: Ran,
}

#[workflow]
impl Gate {
    #[step(confirm = "Go?")]
    async fn guarded(&self) -> Result<u64> {
        self.ran.hit("guarded");
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        flow.guarded().await
    }
}

#[tokio::test]
async fn a_gate_of_a_cancelled_run_is_asked_again() {
    let runtime = runtime(&store(), Gate::default()).await;
    assert_eq!(stopped::<Gate>(&runtime).await, RunStatus::Paused);
    let cancelled = runtime.cancel(&id()).await.expect("cancels");
    assert_eq!(cancelled.status, RunStatus::Cancelled);
    assert_eq!(open(&runtime).await, []);
    assert_eq!(resumed(&runtime).await.status, RunStatus::Paused);
    assert_eq!(open(&runtime).await.len(), 1);
}

/// What a resume begins, the next one has to finish.
#[tokio::test]
async fn a_gate_is_asked_again_also_when_the_run_stops_before_it_has_been() {
    let runtime = runtime(&store(), Gate::default()).await;
    assert_eq!(stopped::<Gate>(&runtime).await, RunStatus::Paused);
    runtime.cancel(&id()).await.expect("cancels");
    let run = runtime.resume(&id()).await.expect("resumes");
    run.interrupt();
    assert_eq!(run.outcome().await.status, RunStatus::Running);
    assert_eq!(open(&runtime).await, []);
    assert_eq!(resumed(&runtime).await.status, RunStatus::Paused);
    assert_eq!(open(&runtime).await.len(), 1);
}

#[workflow]
#[derive(Default)]
struct Impatient {
    ran: Ran,
}

#[workflow]
impl Impatient {
    #[step(retry(max = 3, backoff = "1ms"))]
    async fn asks(&self, context: &StepContext) -> Result<bool> {
        if self.ran.hit("asks") == 1 {
            let soon = Duration::from_millis(20);
            let answer = tokio::time::timeout(soon, context.confirm("Well?")).await;
            return answer.unwrap_or_else(|_| bail!("no answer yet"));
        }
        context.confirm("Well?").await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        flow.asks().await
    }
}

#[tokio::test]
async fn what_one_attempt_gave_up_the_next_one_asks_again() {
    let runtime = runtime(&store(), Impatient::default()).await;
    assert_eq!(stopped::<Impatient>(&runtime).await, RunStatus::Paused);
    let asked = open(&runtime).await;
    assert_eq!(asked.len(), 1);
    let run = runtime.answer(&asked[0].id, yes()).await;
    let outcome = run.expect("answered").outcome().await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
}

#[tokio::test]
async fn a_rejected_gate_is_asked_again() {
    let ran = Ran::default();
    let runtime = runtime(&store(), Gate { ran: ran.clone() }).await;
    stopped::<Gate>(&runtime).await;
    let no = Answer::new(Decision::Reject);
    let run = runtime.answer(&open(&runtime).await[0].id, no).await;
    let outcome = run.expect("answered").outcome().await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert_eq!(resumed(&runtime).await.status, RunStatus::Paused);
    assert_eq!(open(&runtime).await.len(), 1);
    assert_eq!(ran.count("guarded"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_while_the_run_parks_counts() {
    let lagging = Arc::new(Lagging::default());
    let storage: Arc<dyn Storage> = lagging.clone();
    let runtime = runtime(&storage, Gate::default()).await;
    lagging.park.set(200);
    let run = runtime.start::<Gate>(()).run_id("r").await.expect("starts");
    until_asked(&runtime, 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    run.cancel();
    assert_eq!(run.outcome().await.status, RunStatus::Cancelled);
}

/// The process ends between the answer and the taking up: a worker finds the run.
#[tokio::test(start_paused = true)]
async fn a_run_that_parks_while_it_is_answered_is_due() {
    let lagging = Arc::new(Lagging::default());
    let storage: Arc<dyn Storage> = lagging.clone();
    let runtime = runtime(&storage, Gate::default()).await;
    lagging.park.set(200);
    lagging.answer.set(400);
    lagging.answered.set(10_000);
    let run = runtime.start::<Gate>(()).run_id("r").await.expect("starts");
    until_asked(&runtime, 1).await;
    let request = open(&runtime).await[0].id.clone();
    // It reads the run as under way, and is written after the run has parked.
    let answering = tokio::spawn({
        let runtime = runtime.clone();
        async move {
            runtime
                .answer(&request, Answer::new(Decision::Approve))
                .await
        }
    });
    assert_eq!(run.outcome().await.status, RunStatus::Paused);
    tokio::time::sleep(Duration::from_secs(2)).await;
    answering.abort();
    assert_eq!(open(&runtime).await, [], "the answer is recorded");
    let due = storage.run(run.id()).await.expect("reads");
    assert!(due.is_some_and(|run| run.wake_at.is_some()));
}

#[workflow]
#[derive(Default)]
struct Siblings {
    ran: Ran,
}

#[workflow]
impl Siblings {
    #[step(confirm = "Go?")]
    async fn guarded(&self) -> Result<u64> {
        Ok(1)
    }

    #[step]
    async fn fails_once(&self) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        ensure!(self.ran.hit("fails") > 1, "broken");
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let both = flow.parallel((flow.guarded(), flow.fails_once())).await?;
        Ok(both.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_whose_sibling_failed_is_asked_again() {
    let runtime = runtime(&store(), Siblings::default()).await;
    assert_eq!(stopped::<Siblings>(&runtime).await, RunStatus::Failed);
    assert_eq!(resumed(&runtime).await.status, RunStatus::Paused);
    let asked = open(&runtime).await;
    assert_eq!(asked.len(), 1);
    let run = runtime.answer(&asked[0].id, yes()).await;
    let outcome = run.expect("answered").outcome().await;
    assert_eq!(outcome.status, RunStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_gate_beside_an_interrupted_step_is_still_asked() {
    let runtime = runtime(&store(), Siblings::default()).await;
    let start = runtime.start::<Siblings>(()).run_id("r");
    let run = start.await.expect("starts");
    until_asked(&runtime, 1).await;
    run.interrupt();
    assert_eq!(run.outcome().await.status, RunStatus::Running);
    // The step that was interrupted fails once, which is no end of the question either.
    assert_eq!(resumed(&runtime).await.status, RunStatus::Failed);
    assert_eq!(resumed(&runtime).await.status, RunStatus::Paused);
    assert_eq!(open(&runtime).await.len(), 1);
}

#[workflow]
#[derive(Default)]
struct Once {
    ran: Ran,
}

#[workflow]
impl Once {
    #[step(at_most_once, on_error = "pause")]
    async fn once(&self) -> Result<u64> {
        ensure!(self.ran.hit("once") > 1, "not charged");
        Ok(7)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        flow.once().await
    }
}

#[tokio::test]
async fn a_step_at_most_once_runs_again_when_a_person_says_so() {
    let runtime = runtime(&store(), Once::default()).await;
    assert_eq!(stopped::<Once>(&runtime).await, RunStatus::Paused);
    let retry = Answer::new(Decision::Retry);
    let run = runtime.answer(&open(&runtime).await[0].id, retry).await;
    let outcome = run.expect("answered").outcome().await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
}

#[workflow]
#[derive(Default)]
struct Attempts {
    ran: Ran,
}

#[workflow]
impl Attempts {
    #[step(retry(max = 2, backoff = "1ms"))]
    async fn fails_once(&self, context: &StepContext) -> Result<bool> {
        let yes = context.confirm("Sure?").await?;
        ensure!(self.ran.hit("fails") > 1, "flaky");
        Ok(yes)
    }

    /// Keeps the run under way, so that the attempts follow each other in one process.
    #[step]
    async fn slow(&self) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(600)).await;
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        Ok(flow.parallel((flow.fails_once(), flow.slow())).await?.0)
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_attempt_has_the_answer_of_the_last() {
    let ran = Ran::default();
    let runtime = runtime(&store(), Attempts { ran: ran.clone() }).await;
    let start = runtime.start::<Attempts>(()).run_id("r");
    let run = start.await.expect("starts");
    until_asked(&runtime, 1).await;
    let asked = open(&runtime).await.remove(0);
    runtime.answer(&asked.id, yes()).await.expect("answered");
    let outcome = tokio::time::timeout(PATIENCE, run.outcome()).await;
    let outcome = outcome.expect("the next attempt does not wait");
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(ran.count("fails"), 2);
}

#[workflow]
struct Short;

#[workflow]
impl Short {
    #[step(retry(max = 2, backoff = "1ms"))]
    async fn asks(&self, context: &StepContext) -> Result<bool> {
        let question = context.question(RequestKind::Confirm, "Quick?");
        let answer = question.timeout(Duration::from_millis(20)).ask().await?;
        ensure!(answer.decision == Decision::Approve, "nobody is there");
        Ok(true)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        flow.asks().await
    }
}

#[tokio::test]
async fn the_next_attempt_knows_that_nobody_answered() {
    let runtime = runtime(&store(), Short).await;
    let run = runtime.start::<Short>(()).run_id("r").await;
    let outcome = tokio::time::timeout(PATIENCE, run.expect("starts").outcome()).await;
    let outcome = outcome.expect("ends");
    assert_eq!(outcome.status, RunStatus::Failed);
    let error = outcome.error.expect("says why");
    assert!(error.message.contains("nobody is there"), "{error:?}");
}
