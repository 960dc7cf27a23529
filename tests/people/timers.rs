//! The time of a question goes on while nobody runs.

use std::{sync::Arc, time::Duration};

use agno::{
    Answer, Decision, RequestQuery, RunStatus, Storage, prelude::*, storage::MemoryStorage,
};

use crate::kit::runtime;

const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(20);

#[workflow]
struct Timed {
    limit: Duration,
}

#[workflow]
impl Timed {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let limit = flow.workflow().limit;
        let sure = flow.confirm("Sure?").or_after(limit, true).await?;
        let raced = flow
            .race((flow.confirm("Quick?"), flow.sleep(limit)))
            .await?;
        let error = flow.confirm("Once more?").timeout(limit).settle().await?;
        let error = error.expect_err("nobody answers");
        Ok(format!("{sure} {raced:?} {}", error.code()))
    }
}

#[tokio::test]
async fn short_times_end_while_the_run_is_under_way() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Timed { limit: SHORT }).await;
    let run = runtime
        .start::<Timed>(())
        .run_id("r")
        .await
        .expect("starts");
    assert_eq!(run.await.expect("completes"), "true Second(()) expired");
    let left = runtime.requests(RequestQuery::default()).await;
    assert_eq!(left.expect("an inbox"), []);
}

#[tokio::test]
async fn a_parked_run_knows_when_it_goes_on() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let runtime = runtime(&storage, Timed { limit: LONG }).await;
    let run = runtime
        .start::<Timed>(())
        .run_id("r")
        .await
        .expect("starts");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Paused);
    let asked = runtime
        .requests(RequestQuery::default())
        .await
        .expect("an inbox");
    assert_eq!(outcome.wake_at, asked[0].deadline);
    let record = runtime.inspect(run.id()).await.expect("a run").record;
    assert_eq!(record.wake_at, asked[0].deadline);
    let run = runtime
        .answer(&asked[0].id, Answer::new(Decision::Reject))
        .await
        .expect("answered");
    let outcome = run.outcome().await;
    // Now it waits for a person or a timer, whichever comes first.
    assert_eq!(outcome.status, RunStatus::Paused);
    assert!(outcome.wake_at.is_some());
}

#[tokio::test]
async fn a_worker_takes_up_what_is_due() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let first = runtime(&storage, Timed { limit: LONG }).await;
    let run = first.start::<Timed>(()).run_id("r").await.expect("starts");
    run.outcome().await;
    let asked = first
        .requests(RequestQuery::default())
        .await
        .expect("an inbox");
    // The answer is recorded, and the process ends before the run is taken up.
    let dying = Arc::new(agno::CrashAfter::new(storage.clone(), 1, || {}));
    let second = runtime(&(dying as Arc<dyn Storage>), Timed { limit: LONG }).await;
    let answer = second.answer(&asked[0].id, Answer::new(Decision::Approve));
    let unheard = tokio::time::timeout(Duration::from_millis(100), answer).await;
    unheard.expect_err("nobody hears of it");
    let third = runtime(&storage, Timed { limit: LONG }).await;
    let worker = third.worker();
    let raced = async {
        loop {
            let open = third
                .requests(RequestQuery::default())
                .await
                .expect("an inbox");
            if open.iter().any(|request| request.message == "Quick?") {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), worker.run(raced))
        .await
        .expect("in time")
        .expect("works");
}
