//! Steps that ask while they work.

use std::{sync::Arc, time::Duration};

use agno::{
    Answer, Decision, Json, RequestQuery, RunStatus, Storage, prelude::*, storage::MemoryStorage,
};

use crate::kit::{Ran, runtime};

#[workflow]
struct Asking {
    ran: Ran,
}

#[workflow]
impl Asking {
    #[step(timeout = "200ms")]
    async fn work(&self, context: &StepContext) -> Result<String> {
        let bought = context
            .memo("bought", async {
                self.ran.hit("bought");
                Ok::<_, Error>("dear".to_owned())
            })
            .await?;
        let yes = context.confirm("May I?").await?;
        let name: String = context.ask("Whose?").await?;
        Ok(format!("{bought} {yes} {name}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.work().await
    }
}

#[tokio::test]
async fn a_step_that_asks_is_taken_up_with_its_memos() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let ran = Ran::default();
    let first = runtime(&storage, Asking { ran: ran.clone() }).await;
    let run = first.start::<Asking>(()).run_id("r").await.expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Paused);
    drop(first);
    // Longer than the step's time: waiting for a person is not counted.
    tokio::time::sleep(Duration::from_millis(250)).await;
    let second = runtime(&storage, Asking { ran: ran.clone() }).await;
    for answer in [
        Answer::new(Decision::Approve),
        Answer::value(Json::parse("\"Anna's\"").expect("JSON")),
    ] {
        let mut open = second
            .requests(RequestQuery::default())
            .await
            .expect("an inbox");
        assert_eq!(open.len(), 1);
        let run = second
            .answer(&open.remove(0).id, answer)
            .await
            .expect("answered");
        run.outcome().await;
    }
    let run = second.attach(run.id()).await.expect("a run");
    let output: String = run.await.expect("completes").decode().expect("a text");
    assert_eq!(output, "dear true Anna's");
    assert_eq!(ran.count("bought"), 1);
}

#[tokio::test]
async fn without_a_run_there_is_nobody_to_ask() {
    let context = StepContext::for_test();
    let error = context.confirm("May I?").await.expect_err("nobody");
    assert_eq!(error.code(), "nobody_to_ask");
}
