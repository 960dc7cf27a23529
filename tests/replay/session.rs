//! R15 and R16: the state of a session.

use std::sync::Arc;

use agno::{RunStatus, Storage, prelude::*, storage::SessionKey};

use super::kit::{self, Ran};

#[data]
#[derive(Default, State)]
struct Counts {
    #[merge(sum)]
    total: u64,
    #[merge(append)]
    log: Vec<String>,
    plain: u32,
}

#[workflow]
struct Adding;

#[workflow(state = Counts)]
impl Adding {
    #[step]
    async fn add(&self, counts: &mut Counts, by: u32) -> Result<u32> {
        for _ in 0..by {
            counts.total += 1;
            tokio::task::yield_now().await;
        }
        counts.log.push(format!("added {by}"));
        Ok(by)
    }

    #[step]
    async fn set(&self, counts: &mut Counts, to: u32) -> Result<u32> {
        counts.plain = to;
        tokio::task::yield_now().await;
        Ok(to)
    }

    #[step]
    async fn fails(&self, counts: &mut Counts) -> Result<u32> {
        counts.total += 1_000_000;
        bail!("and takes its changes along")
    }

    #[flow]
    async fn run(flow: &Flow<Self>, how: String) -> Result<u64> {
        match how.as_str() {
            "parallel" => {
                flow.map([300; 8], |by| flow.add(by)).await?;
            }
            "conflict" => {
                flow.parallel((flow.set(1), flow.set(2))).await?;
            }
            "one after another" => {
                flow.set(1).await?;
                flow.map([2, 3], |to| flow.set(to)).limit(1).await?;
            }
            "failing" => {
                let _ = flow.fails().await;
                flow.add(1).await?;
            }
            _ => {
                flow.add(300).await?;
            }
        }
        Ok(flow.state().total)
    }
}

async fn field(storage: &Arc<dyn Storage>, workflow: &str, name: &str) -> String {
    let key = SessionKey {
        workflow: Arc::from(workflow),
        session: Arc::from("default"),
    };
    let fields = storage.session(&key).await.expect("reads");
    fields
        .get(name)
        .map(|field| field.value.as_str().to_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn replay_r15_eight_parallel_steps_lose_nothing() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Adding, "parallel".to_owned()).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "2400");
    assert_eq!(field(&storage, "Adding", "total").await, "2400");
}

#[tokio::test]
async fn replay_r15_eight_runs_of_one_session_lose_nothing() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Adding).await;
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(
            runtime
                .start::<Adding>("one".to_owned())
                .await
                .expect("starts"),
        );
    }
    for run in runs {
        run.await.expect("completes");
    }
    assert_eq!(field(&storage, "Adding", "total").await, "2400");
    let log = field(&storage, "Adding", "log").await;
    assert_eq!(log.matches("added 300").count(), 8);
}

#[tokio::test]
async fn replay_r15_a_conflicting_write_is_refused_and_names_both() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Adding, "conflict".to_owned()).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(
        (outcome.status, code),
        (RunStatus::Failed, "state_conflict")
    );
    for part in ["`plain`", "set#0", "set#1"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert_ne!(field(&storage, "Adding", "plain").await, "");
}

#[tokio::test]
async fn replay_r15_one_after_another_is_no_conflict() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Adding, "one after another".to_owned()).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(field(&storage, "Adding", "plain").await, "3");
}

#[tokio::test]
async fn replay_r15_a_failed_step_changes_nothing() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Adding, "failing".to_owned()).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "1");
}

#[tokio::test]
async fn replay_r15_a_resumed_run_sees_the_state_it_saw() {
    let whole = kit::store();
    let expected = kit::run(&whole, Adding, "parallel".to_owned()).await.output;
    for commits in 1..=9 {
        let storage = kit::store();
        assert!(kit::crash_after(&storage, commits, Adding, "parallel".to_owned()).await);
        // Another run of the session comes in between: not this run's to see.
        let runtime = kit::runtime(&storage, Adding).await;
        let other = runtime
            .start::<Adding>("one".to_owned())
            .await
            .expect("starts");
        other.await.expect("completes");
        let outcome = kit::resume(&storage, Adding).await;
        if commits < 9 {
            assert_eq!(outcome.output, expected, "{commits}: {:?}", outcome.error);
        }
        assert_eq!(field(&storage, "Adding", "total").await, "2700");
    }
}

// The same session seen by another version of the program.
#[data]
#[derive(Default, State)]
struct NewCounts {
    #[merge(sum)]
    total: u64,
    added_later: Option<String>,
}

#[workflow(name = "Adding")]
struct Newer;

#[workflow(state = NewCounts)]
impl Newer {
    #[step]
    async fn add(&self, counts: &mut NewCounts, by: u64) -> Result<u64> {
        counts.total += by;
        counts.added_later = Some("set".to_owned());
        Ok(counts.total)
    }
}

#[tokio::test]
async fn replay_r15_missing_fields_are_default_and_unknown_ones_survive() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Adding).await;
    let first = runtime
        .start::<Adding>("one".to_owned())
        .await
        .expect("starts");
    first.await.expect("completes");
    let runtime = kit::runtime(&storage, Newer).await;
    let total = runtime
        .start::<Newer>(5)
        .await
        .expect("starts")
        .await
        .expect("completes");
    assert_eq!(total, 305);
    assert!(
        field(&storage, "Adding", "log").await.contains("added 300"),
        "unknown to it"
    );
    assert_eq!(field(&storage, "Adding", "added_later").await, r#""set""#);
}

macro_rules! conflicting {
    ($State:ident, $Workflow:ident, $(#[$rule:meta])?) => {
        #[data]
        #[derive(Default, State)]
        struct $State {
            $(#[$rule])?
            best: u32,
        }

        #[workflow(name = "Conflicting")]
        #[derive(Default)]
        struct $Workflow {
            ran: Ran,
        }

        #[workflow(state = $State)]
        impl $Workflow {
            #[step]
            async fn offer(&self, state: &mut $State, n: u32) -> Result<u32> {
                self.ran.hit("offer");
                tokio::task::yield_now().await;
                state.best = state.best.max(n);
                Ok(n)
            }

            #[flow]
            async fn run(flow: &Flow<Self>) -> Result<u32> {
                let offers = flow.map([3, 9, 5], |n| flow.offer(n)).await?;
                Ok(offers.iter().sum())
            }
        }
    };
}

conflicting!(NoRule, Conflicting,);
conflicting!(WithRule, Repaired, #[merge(max)]);

#[tokio::test]
async fn replay_r16_a_conflict_keeps_the_output_and_merges_again_without_running() {
    let storage = kit::store();
    let workflow = Conflicting::default();
    let ran = workflow.ran.clone();
    let outcome = kit::run(&storage, workflow, ()).await;
    assert_eq!(kit::failure(&outcome).0, "state_conflict");
    let ran_before = ran.count("offer");
    let journal = kit::journal(&storage).await;
    let kept = journal
        .iter()
        .filter(|e| e.error.is_some() && e.output.is_some())
        .count();
    assert_eq!(kept, 1, "the output is recorded beside the conflict");
    let outcome = kit::resume(&storage, Repaired { ran: ran.clone() }).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "17");
    // The step whose change did not merge is not run again; one that was cut off may be.
    assert!(
        ran.count("offer") <= ran_before + 1,
        "{ran_before} -> {}",
        ran.count("offer")
    );
    assert_eq!(field(&storage, "Conflicting", "best").await, "9");
}
