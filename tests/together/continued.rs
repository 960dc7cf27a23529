//! Runs that go on as new ones.

use std::sync::Arc;

use agno::{CrashAfter, RunId, RunQuery, RunStatus, Runtime, Storage, prelude::*};

use crate::kit::{Ran, id, store};

#[workflow]
#[derive(Clone, Default)]
struct Rounds {
    ran: Ran,
}

#[workflow]
impl Rounds {
    #[step]
    async fn add(&self, sum: u32, round: u32) -> Result<u32> {
        self.ran.hit(&format!("add {round}"));
        Ok(sum + round)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, round: u32, sum: u32) -> Result<u32> {
        let sum = flow.add(sum, round).await?;
        if round < 4 {
            return flow.continue_as_new((round + 1, sum)).await;
        }
        Ok(sum)
    }
}

#[workflow]
struct Around;

#[workflow]
impl Around {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.call::<Rounds>((1, 100)).await
    }
}

async fn runtime(storage: Arc<dyn Storage>, ran: &Ran) -> Runtime {
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Around)
        .workflow(Rounds { ran: ran.clone() });
    builder.build().await.expect("fits together")
}

#[tokio::test]
async fn who_waits_for_the_first_is_answered_by_the_last() {
    let storage = store();
    let runtime = runtime(storage.clone(), &Ran::default()).await;
    let run = runtime
        .start::<Rounds>((1, 0))
        .run_id("r")
        .await
        .expect("starts");
    assert_eq!(run.await.expect("completes"), 10);
    let mut runs = runtime.runs(RunQuery::default()).await.expect("runs");
    runs.sort_by(|a, b| a.id.cmp(&b.id));
    let ids: Vec<_> = runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["r", "r.n2", "r.n3", "r.n4"]);
    for (run, next) in runs.iter().zip(&ids[1..]) {
        assert_eq!(run.status, RunStatus::Completed);
        assert_eq!(run.continued_as, RunId::new(next).ok());
        let journal = storage.journal(&run.id, 0).await.expect("a journal");
        let steps = journal.iter().filter(|e| e.kind == agno::EntryKind::Step);
        assert_eq!(steps.count(), 1, "a journal of its own");
    }
    let again = runtime.resume(&id()).await.expect("resumes");
    assert_eq!(again.await.expect("the last").as_str(), "10");
}

#[tokio::test]
async fn a_crash_after_any_commit_loses_no_round_and_begins_none_twice() {
    for commits in 1.. {
        let storage = store();
        let ran = Ran::default();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let first = runtime(Arc::new(dying), &ran).await;
        let whole = async {
            let run = first.start::<Around>(()).run_id("r").await.expect("starts");
            run.await.expect("completes")
        };
        let dead = tokio::select! {
            sum = whole => {
                assert_eq!(sum, 110);
                false
            }
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            assert!(commits > 10, "only {commits} commits");
            break;
        }
        let second = runtime(storage.clone(), &ran).await;
        let run = match second.inspect(&id()).await {
            Ok(_) => second.resume(&id()).await.expect("resumes"),
            Err(_) => continue,
        };
        let sum = run.await.expect("completes");
        assert_eq!(sum.as_str(), "110", "after {commits} commits");
        for round in 1..=4 {
            let times = ran.count(&format!("add {round}"));
            assert!(
                (1..=2).contains(&times),
                "after {commits}: {round} {times} times"
            );
        }
        let runs = second.runs(RunQuery::default()).await.expect("runs");
        assert_eq!(runs.len(), 5, "after {commits} commits");
    }
}
