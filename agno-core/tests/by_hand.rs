//! A workflow declared by hand, through the public builder: what the macros expand to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use agno_core::{
    CrashAfter, Definition, Flow, FlowSpec, Handle, Result, RunStatus, Runtime, Step, Workflow,
    WorkflowInfo, codec, fallible, param,
};
use agno_storage::{MemoryStorage, Storage};
use futures_util::FutureExt;

#[derive(Default)]
struct Counting {
    ran: Arc<[AtomicU32; 2]>,
}

impl Counting {
    async fn length(&self, text: String) -> Result<u64> {
        self.ran[0].fetch_add(1, Ordering::SeqCst);
        Ok(text.len() as u64)
    }

    async fn double(&self, number: u64) -> Result<u64> {
        self.ran[1].fetch_add(1, Ordering::SeqCst);
        Ok(number * 2)
    }

    async fn run(flow: &Flow<Self>, text: String) -> Result<u64> {
        let length = flow.step::<_, u64>("length", (text,)).await?;
        let (one, two) = flow
            .parallel((
                flow.step::<_, u64>("double", (length,)),
                flow.step::<_, u64>("double", (length + 1,)),
            ))
            .await?;
        let more = flow
            .map([1, 2, 3], |n: u64| flow.step::<_, u64>("double", (n,)))
            .limit(2)
            .await?;
        Ok(one + two + more.iter().sum::<u64>())
    }
}

impl WorkflowInfo for Counting {
    const NAME: &'static str = "Counting";
}

impl Workflow for Counting {
    type Steps = Handle;
    type Input = String;
    type Output = u64;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("length"),
            (param("text", codec::<String>()),),
            fallible::<Result<u64>, _>(codec()),
            |workflow, _, (text,)| Box::pin(workflow.length(text)),
        );
        definition.step(
            Step::new("double"),
            (param("number", codec::<u64>()),),
            fallible::<Result<u64>, _>(codec()),
            |workflow, _, (number,)| Box::pin(workflow.double(number)),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("text", codec::<String>()),),
            fallible::<Result<u64>, _>(codec()),
            |flow, (text,)| Box::pin(Counting::run(flow, text)),
        );
    }
}

#[tokio::test]
async fn runs_to_its_output() {
    let runtime = Runtime::builder()
        .workflow(Counting::default())
        .build()
        .await
        .expect("builds");
    let run = runtime
        .start::<Counting>("hello".to_owned())
        .await
        .expect("starts");
    let id = run.id().clone();
    assert_eq!(run.await.expect("completes"), 10 + 12 + 12);
    let details = runtime.inspect(&id).await.expect("is stored");
    assert_eq!(details.record.status, RunStatus::Completed);
    let paths: Vec<_> = details
        .journal
        .iter()
        .map(|entry| entry.path.to_string())
        .collect();
    assert_eq!(paths[0], "length#0", "{paths:?}");
    assert_eq!(details.output.expect("an output").as_str(), "34");
}

#[tokio::test]
async fn a_crash_after_any_commit_repeats_no_recorded_step() {
    for crash_at in 1.. {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let workflow = Counting::default();
        let ran = workflow.ran.clone();
        let (crashed, mut is_crashed) = tokio::sync::watch::channel(false);
        let dying = CrashAfter::new(storage.clone(), crash_at, move || {
            crashed.send_replace(true);
        });
        let first = Runtime::builder()
            .storage(Arc::new(dying))
            .workflow(workflow)
            .build()
            .await
            .expect("builds");
        let run = first
            .start::<Counting>("hello".to_owned())
            .run_id("r")
            .await
            .expect("starts");
        let finished = tokio::select! {
            outcome = run.outcome() => Some(outcome),
            _ = is_crashed.wait_for(|crashed| *crashed) => None,
        };
        if let Some(outcome) = finished {
            assert_eq!(outcome.status, RunStatus::Completed);
            assert_eq!(crash_at, 8, "six steps and the end are seven commits");
            break;
        }
        run.cancel();
        let id = run.id().clone();
        let journal = storage.journal(&id, 0).await.expect("reads");
        let recorded = journal
            .iter()
            .filter(|e| e.kind == agno_core::EntryKind::Step)
            .count();

        let again = Counting { ran: ran.clone() };
        let second = Runtime::builder()
            .storage(storage.clone())
            .workflow(again)
            .build()
            .await
            .expect("builds");
        let resumed = second.resume(&id).await.expect("resumes");
        let outcome = resumed.outcome().await;
        assert_eq!(
            outcome.status,
            RunStatus::Completed,
            "{crash_at}: {:?}",
            outcome.error
        );
        assert_eq!(outcome.output.expect("an output").as_str(), "34");
        if recorded == 6 && journal.iter().any(|entry| entry.path.starts_with("@ended")) {
            // The crash came after the commit that ended the run: nothing is left to do.
            assert_eq!(outcome.steps_run, 0);
            continue;
        }
        assert_eq!(outcome.steps_replayed as usize, recorded, "at {crash_at}");
        assert_eq!(outcome.steps_run as usize, 6 - recorded, "at {crash_at}");
    }
}

#[tokio::test]
async fn a_workflow_that_is_not_registered_is_told_with_what_registers_it() -> Result<()> {
    let runtime = Runtime::builder().build().await?;
    let started = runtime.start::<Counting>("four".to_owned()).await;
    let error = started.expect_err("is not registered");
    assert_eq!(error.code(), "not_found_here");
    assert_eq!(
        error.message(),
        "no workflow `Counting`. None is registered; add `Counting` with `.workflow(..)`"
    );
    Ok(())
}

#[test]
fn without_tokio_a_runtime_is_an_error() {
    let built = Runtime::builder().workflow(Counting::default()).build();
    let error = built.now_or_never().expect("ends at once");
    let error = error.expect_err("has no tokio");
    assert_eq!(
        error.message(),
        "a runtime needs tokio: build and use it under `#[tokio::main]`"
    );
}
