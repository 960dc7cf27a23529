//! Workflows that call workflows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use agno::{CrashAfter, Outcome, RunQuery, RunStatus, Runtime, Storage, prelude::*};

use crate::kit::{Ran, id, store};

#[workflow]
#[derive(Clone, Default)]
struct Outer {
    ran: Ran,
}

#[workflow]
impl Outer {
    #[step]
    async fn begin(&self, number: u32) -> Result<u32> {
        self.ran.hit("begin");
        Ok(number + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, number: u32) -> Result<u32> {
        let number = flow.begin(number).await?;
        let sum = flow.call::<Inner>(number).await?;
        let both = flow.parallel((flow.call::<Inner>(sum), flow.call::<Inner>(1)));
        let (left, right) = both.await?;
        let broken = flow.call::<Inner>(0).settle().await?;
        let error = broken.expect_err("zero is refused");
        ensure!(error.path() == Some("call#3"), "at {:?}", error.path());
        Ok(left + right)
    }
}

#[workflow]
#[derive(Clone, Default)]
struct Inner {
    ran: Ran,
}

#[workflow]
impl Inner {
    #[step]
    async fn double(&self, number: u32) -> Result<u32> {
        self.ran.hit(&format!("double {number}"));
        ensure!(number > 0, "zero");
        Ok(number * 2)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, number: u32) -> Result<u32> {
        let doubled = flow.double(number).await?;
        flow.double(doubled).await
    }
}

async fn runtime(storage: Arc<dyn Storage>, ran: &Ran) -> Runtime {
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Outer { ran: ran.clone() })
        .workflow(Inner { ran: ran.clone() });
    builder.build().await.expect("fits together")
}

async fn to_the_end(runtime: &Runtime) -> Outcome {
    let run = match runtime.inspect(&id()).await {
        Ok(_) => runtime.resume(&id()).await.expect("resumes"),
        Err(_) => {
            let start = runtime.start::<Outer>(1);
            start.run_id("r").await.expect("starts").into_json()
        }
    };
    run.outcome().await
}

#[tokio::test]
async fn a_called_workflow_is_a_run_of_its_own() {
    let storage = store();
    let ran = Ran::default();
    let runtime = runtime(storage.clone(), &ran).await;
    let outcome = to_the_end(&runtime).await;
    // ((1 + 1) * 4) * 4 + 1 * 4
    assert_eq!(outcome.output.expect("completes").as_str(), "36");
    let called = runtime.runs(RunQuery {
        parent: Some(id()),
        ..RunQuery::default()
    });
    let called = called.await.expect("runs");
    assert_eq!(called.len(), 4);
    for run in &called {
        let parent = run.parent.as_ref().expect("has a caller");
        assert_eq!((&parent.run, parent.depth), (&id(), 1));
    }
    let failed = called
        .iter()
        .filter(|run| run.status == RunStatus::Failed)
        .count();
    assert_eq!(failed, 1);
    let outermost = runtime.runs(RunQuery {
        outermost: true,
        ..RunQuery::default()
    });
    assert_eq!(outermost.await.expect("runs").len(), 1);
}

#[tokio::test]
async fn a_crash_after_any_commit_of_any_of_them_repeats_nothing_recorded() {
    for commits in 1.. {
        let storage = store();
        let ran = Ran::default();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let first = runtime(Arc::new(dying), &ran).await;
        let dead = tokio::select! {
            outcome = to_the_end(&first) => {
                assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
                false
            }
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            assert!(commits > 15, "only {commits} commits");
            break;
        }
        let second = runtime(storage.clone(), &ran).await;
        let outcome = to_the_end(&second).await;
        let error = outcome.error;
        let output = outcome
            .output
            .unwrap_or_else(|| panic!("after {commits}: {error:?}"));
        assert_eq!(output.as_str(), "36", "after {commits} commits");
        let total: u32 = [
            "begin",
            "double 2",
            "double 4",
            "double 8",
            "double 16",
            "double 1",
            "double 0",
        ]
        .iter()
        .map(|step| ran.count(step))
        .sum();
        // Seven kinds, eight or nine runs of them, and at most two under way.
        assert!(total <= 11, "after {commits} commits: {total}");
    }
}

/// Three levels, the innermost with a hundred steps at once.
#[workflow]
#[derive(Clone, Default)]
struct Top {
    begun: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

#[workflow]
impl Top {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.call::<Middle>(()).await
    }
}

#[workflow]
struct Middle;

#[workflow]
impl Middle {
    #[step]
    async fn prepare(&self) -> Result<()> {
        Ok(())
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.prepare().await?;
        flow.call::<Bottom>(()).await
    }
}

#[workflow]
#[derive(Clone)]
struct Bottom(Top);

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[workflow]
impl Bottom {
    #[step]
    async fn forever(&self, number: u32) -> Result<u32> {
        let _dropped = Dropped(self.0.dropped.clone());
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
        Ok(number)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let all = flow.map(0..100, |number| flow.forever(number)).await?;
        Ok(all.len() as u32)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_ends_three_levels_and_a_hundred_steps_and_leaves_an_honest_record() {
    let storage = store();
    let top = Top::default();
    let build = || {
        Runtime::builder()
            .storage(storage.clone())
            .workflow(top.clone())
            .workflow(Middle)
            .workflow(Bottom(top.clone()))
            .build()
    };
    let runtime = build().await.expect("fits together");
    let run = runtime.start::<Top>(()).run_id("r").await.expect("starts");
    while top.begun.load(Ordering::SeqCst) < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let asked = Instant::now();
    let outcome = runtime.cancel(run.id()).await.expect("cancels");
    println!("cancelled in {:?}", asked.elapsed());
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert_eq!(top.dropped.load(Ordering::SeqCst), 100);
    let runs = runtime.runs(RunQuery::default()).await.expect("runs");
    assert_eq!(runs.len(), 3);
    for run in &runs {
        assert_eq!(run.status, RunStatus::Cancelled, "{}", run.id);
    }
    // It can be taken up: what was finished is not done again.
    let second = build().await.expect("fits together");
    let run = second.resume(run.id()).await.expect("resumes");
    while top.begun.load(Ordering::SeqCst) < 200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    run.cancel();
    run.outcome().await;
    let middle = runs
        .iter()
        .find(|run| &*run.workflow == "Middle")
        .expect("called");
    let journal = storage.journal(&middle.id, 0).await.expect("a journal");
    let prepared = journal
        .iter()
        .filter(|entry| &*entry.path == "prepare#0")
        .count();
    assert_eq!(prepared, 1);
}

#[workflow]
struct Endless;

#[workflow]
impl Endless {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.call::<Endless>(()).await
    }
}

#[tokio::test]
async fn a_workflow_that_calls_itself_without_end_fails() {
    let builder = Runtime::builder().storage(store()).workflow(Endless);
    let runtime = builder.build().await.expect("fits together");
    let run = runtime.start::<Endless>(()).await.expect("starts");
    let error = run.await.expect_err("too deep");
    assert!(error.to_string().contains("runs deep"), "{error}");
}
