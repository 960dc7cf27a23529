//! Workflows as steps: fields, and calls from inside a step.

use std::sync::Arc;

use agno::{
    Answer, CrashAfter, Decision, Nested, Outcome, RequestQuery, RunQuery, RunStatus, Runtime,
    Storage, prelude::*,
};

use crate::kit::{Ran, id, store};

#[workflow]
#[derive(Clone, Default)]
struct Check {
    ran: Ran,
}

#[workflow]
impl Check {
    #[step(confirm = "Is it right?")]
    async fn check(&self, text: String) -> Result<String> {
        self.ran.hit("check");
        Ok(format!("{text}, checked"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<String> {
        flow.check(text).await
    }
}

/// Two workflows after each other, and nothing else.
#[workflow]
struct Both {
    #[step]
    first: Nested<Check>,
    #[step]
    second: Nested<Check>,
}

#[workflow]
struct Within;

#[workflow]
impl Within {
    #[step]
    async fn work(&self, text: String, context: &StepContext) -> Result<String> {
        let first = context.call::<Check>(text).await?;
        context.call::<Check>(first).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, text: String) -> Result<String> {
        flow.work(text).await
    }
}

const EXPECTED: &str = "it, checked, checked";

async fn runtime(storage: Arc<dyn Storage>, ran: &Ran) -> Runtime {
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Both {
            first: Nested::new(),
            second: Nested::new(),
        })
        .workflow(Within)
        .workflow(Check { ran: ran.clone() });
    builder.build().await.expect("fits together")
}

async fn to_the_end<W>(runtime: &Runtime) -> Outcome
where
    W: agno::Workflow<Input = String>,
{
    let mut outcome = match runtime.inspect(&id()).await {
        Ok(_) => {
            runtime
                .resume(&id())
                .await
                .expect("resumes")
                .outcome()
                .await
        }
        Err(_) => {
            let start = runtime.start::<W>("it".to_owned()).run_id("r");
            start.await.expect("starts").outcome().await
        }
    };
    while outcome.status == RunStatus::Paused {
        let open = runtime.requests(RequestQuery::default()).await;
        let open = open.expect("an inbox");
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].root, id());
        let yes = Answer::new(Decision::Approve);
        let run = runtime.answer(&open[0].id, yes).await.expect("answered");
        assert_eq!(*run.id(), id());
        outcome = run.outcome().await;
    }
    outcome
}

async fn holds<W>()
where
    W: agno::Workflow<Input = String>,
{
    for commits in 1.. {
        let storage = store();
        let ran = Ran::default();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let first = runtime(Arc::new(dying), &ran).await;
        let dead = tokio::select! {
            outcome = to_the_end::<W>(&first) => {
                assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
                assert_eq!(ran.count("check"), 2);
                false
            }
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            assert!(commits > 10, "only {commits} commits");
            break;
        }
        let second = runtime(storage.clone(), &ran).await;
        let outcome = to_the_end::<W>(&second).await;
        let error = outcome.error;
        let output = outcome
            .output
            .unwrap_or_else(|| panic!("after {commits}: {error:?}"));
        assert_eq!(output.decode::<String>().expect("a text"), EXPECTED);
        let called = second.runs(RunQuery {
            parent: Some(id()),
            ..RunQuery::default()
        });
        let called = called.await.expect("runs");
        assert_eq!(called.len(), 2, "after {commits} commits");
        assert!(called.iter().all(|run| run.status == RunStatus::Completed));
    }
}

#[tokio::test]
async fn fields_that_are_workflows() {
    holds::<Both>().await;
}

#[tokio::test]
async fn workflows_that_a_step_calls() {
    holds::<Within>().await;
}
