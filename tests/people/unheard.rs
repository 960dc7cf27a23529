//! An answer that is recorded counts, although nobody comes to hand it in.

use std::{sync::Arc, time::Duration};

use agno::{
    Answer, CrashAfter, Decision, RequestQuery, RunStatus, Storage, prelude::*,
    storage::MemoryStorage,
};
use tokio::sync::Notify;

use crate::kit::runtime;

#[workflow]
#[derive(Clone, Default)]
struct Beside {
    done: Arc<Notify>,
}

#[workflow]
impl Beside {
    #[step]
    async fn work(&self) -> Result<u32> {
        self.done.notified().await;
        Ok(7)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<(bool, u32)> {
        flow.parallel((flow.confirm("Go on?"), flow.work())).await
    }
}

#[tokio::test]
async fn a_run_that_is_about_to_park_finds_its_answer() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let beside = Beside::default();
    let owner = runtime(&storage, beside.clone()).await;
    let run = owner.start::<Beside>(()).run_id("r").await.expect("starts");
    let asked = loop {
        let open = owner.requests(RequestQuery::default()).await;
        match open.expect("an inbox").pop() {
            Some(asked) => break asked,
            None => tokio::task::yield_now().await,
        }
    };
    // Who answers is gone as soon as the answer is on disk.
    let dying: Arc<dyn Storage> = Arc::new(CrashAfter::new(storage.clone(), 1, || {}));
    let other = runtime(&dying, beside.clone()).await;
    let answer = other.answer(&asked.id, Answer::new(Decision::Approve));
    let unheard = tokio::time::timeout(Duration::from_millis(50), answer).await;
    unheard.expect_err("nobody hears of it");
    // Now there is nothing left to do but wait.
    beside.done.notify_one();
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(outcome.output.expect("both").as_str(), "[true,7]");
}
