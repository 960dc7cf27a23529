//! What a run may use, over crashes and called runs.

use std::time::Duration;

use agno::{
    Agent, EntryKind, Limits, Outcome, Price, Prices, Runtime, Usage,
    model::{Reply, Scripted},
    prelude::*,
};

use super::kit::{self, Ran};

#[workflow]
struct Inner {
    ran: Ran,
}

#[workflow]
impl Inner {
    #[step]
    async fn inside(&self, n: u32) -> u32 {
        self.ran.hit("inside");
        n
    }

    #[step]
    async fn for_ever(&self) -> u32 {
        self.ran.hit("for_ever");
        std::future::pending().await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, count: u32) -> Result<u32> {
        for n in 0..count {
            flow.inside(n).await?;
        }
        match count {
            0 => flow.for_ever().await,
            count => Ok(count),
        }
    }
}

#[workflow]
struct Outer {
    ran: Ran,
}

#[workflow]
impl Outer {
    #[step(retry(max = 2, backoff = "1ms"))]
    async fn outside(&self, n: u32) -> Result<u32> {
        // Attempts are not steps.
        ensure!(
            self.ran.hit("outside").is_multiple_of(2),
            "every second time"
        );
        Ok(n)
    }

    /// Handles whatever its calls answer: a limit is not to be handled.
    #[flow]
    async fn run(flow: &Flow<Self>, count: u32) -> Result<u32> {
        let first = flow.outside(1).await.unwrap_or_default();
        let inner = flow.call::<Inner>(count).await.unwrap_or_default();
        let last = flow.outside(2).await.unwrap_or_default();
        Ok(first + inner + last)
    }
}

async fn runtime(storage: &std::sync::Arc<dyn agno::Storage>, ran: &Ran) -> Runtime {
    Runtime::builder()
        .storage(storage.clone())
        .workflow(Outer { ran: ran.clone() })
        .workflow(Inner { ran: ran.clone() })
        .build()
        .await
        .expect("they fit together")
}

fn steps(steps: u64) -> Limits {
    Limits {
        steps: Some(steps),
        ..Limits::default()
    }
}

#[track_caller]
fn is_over(outcome: &Outcome, what: &str) {
    let error = outcome.error.as_ref().expect("it failed");
    assert_eq!(outcome.status, agno::RunStatus::Failed, "{error:?}");
    assert_eq!(&*error.code, "limit_exceeded", "{}", error.message);
    assert!(error.message.contains(what), "{}", error.message);
    assert!(!error.retryable);
}

/// Outside, inside 0, 1, 2, outside: five steps of two runs. With four allowed, the fifth does
/// not begin, wherever the process ended before.
#[tokio::test]
async fn called_runs_and_crashes_share_one_budget() {
    for commits in 1.. {
        let (storage, ran) = (kit::store(), Ran::default());
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let dying: std::sync::Arc<dyn agno::Storage> = std::sync::Arc::new(dying);
        let first = runtime(&dying, &ran).await;
        let start = first.start::<Outer>(3).run_id("r").limits(steps(4));
        let run = start.await.expect("starts");
        let dead = tokio::select! {
            outcome = run.outcome() => {
                is_over(&outcome, "steps: 4 of 4");
                false
            }
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        run.cancel();

        let second = runtime(&storage, &ran).await;
        let run = second.resume(&kit::id()).await.expect("resumes");
        is_over(&run.outcome().await, "steps: 4 of 4");
        let steps_of = |id: &'static str| {
            let storage = storage.clone();
            async move {
                let query = agno::RunQuery {
                    prefix: Some(id.to_owned()),
                    ..agno::RunQuery::default()
                };
                let mut count = 0;
                for run in storage.runs(query).await.expect("reads") {
                    let journal = storage.journal(&run.id, 0).await.expect("reads");
                    count += journal.iter().filter(|e| e.kind == EntryKind::Step).count();
                }
                count
            }
        };
        assert_eq!(steps_of("r").await, 4, "after {commits} commits");

        // As it stands, nothing more.
        let again = second.resume(&kit::id()).await.expect("resumes");
        is_over(&again.outcome().await, "steps: 4 of 4");
        assert_eq!(steps_of("r").await, 4);

        second
            .set_limits(&kit::id(), steps(5))
            .await
            .expect("is kept");
        let raised = second.resume(&kit::id()).await.expect("resumes");
        assert_eq!(
            raised.outcome().await.output.map(|json| json.to_string()),
            Some("6".to_owned()),
            "after {commits} commits"
        );
        assert_eq!(steps_of("r").await, 5, "nothing ran twice");
        if !dead {
            assert!(commits > 5, "it ended at commit {commits}");
            break;
        }
    }
}

#[tokio::test]
async fn a_called_run_that_is_out_of_budget_is_no_failure_of_the_call() {
    let (storage, ran) = (kit::store(), Ran::default());
    let runtime = runtime(&storage, &ran).await;
    let start = runtime.start::<Outer>(3).run_id("r").limits(steps(2));
    let outcome = start.await.expect("starts").outcome().await;
    is_over(&outcome, "steps: 2 of 2");
    assert_eq!(ran.count("inside"), 1);
    let journal = kit::journal(&storage).await;
    let returned = journal.iter().find(|e| e.path.ends_with("!result"));
    assert!(returned.is_none(), "the call has not returned");
}

#[tokio::test(start_paused = true)]
async fn a_step_is_dropped_when_the_time_is_used_up() {
    let (storage, ran) = (kit::store(), Ran::default());
    let runtime = runtime(&storage, &ran).await;
    let limits = Limits {
        active_micros: Some(3_600_000_000),
        ..Limits::default()
    };
    // The step that hangs is that of the called run.
    let run = runtime.start::<Outer>(0).run_id("r").limits(limits);
    let run = run.await.expect("starts");
    is_over(&run.outcome().await, "active time");
    assert_eq!(ran.count("for_ever"), 1);
    let query = agno::RunQuery {
        parent: Some(kit::id()),
        ..agno::RunQuery::default()
    };
    let called = storage.runs(query).await.expect("reads");
    assert_eq!(called.len(), 1);
    assert_eq!(called[0].status, agno::RunStatus::Failed);
}

#[tokio::test(start_paused = true)]
async fn more_time_can_be_given_to_a_run_under_way() {
    let (storage, ran) = (kit::store(), Ran::default());
    let runtime = runtime(&storage, &ran).await;
    let hours = |hours: u64| Limits {
        active_micros: Some(hours * 3_600_000_000),
        ..Limits::default()
    };
    let run = runtime.start::<Outer>(0).run_id("r").limits(hours(1));
    let run = run.await.expect("starts");
    tokio::time::sleep(Duration::from_secs(1_800)).await;
    runtime
        .set_limits(&kit::id(), hours(3))
        .await
        .expect("is kept");
    let began = tokio::time::Instant::now();
    is_over(&run.outcome().await, "of 10800s");
    assert!(began.elapsed() >= Duration::from_secs(8_000));
}

#[workflow]
struct Ask {
    agent: Agent,
}

#[workflow]
impl Ask {
    #[step]
    async fn put(&self, question: String, context: &StepContext) -> Result<String> {
        self.agent.run(question).context(context).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, rounds: u32) -> Result<u32> {
        for round in 0..rounds {
            flow.put(round.to_string()).await?;
        }
        Ok(rounds)
    }
}

fn asking() -> (Scripted, Ask) {
    let model = Scripted::answering(|_, _| {
        Reply::text("yes").usage(Usage {
            input_tokens: 60,
            output_tokens: 40,
            ..Usage::default()
        })
    });
    let agent = Agent::builder("A")
        .model(model.clone())
        .prices(Prices::new().model("scripted", Price::new(10_000.0, 10_000.0)))
        .build()
        .expect("fits");
    (model, Ask { agent })
}

/// A hundred tokens and one unit of money a turn.
#[tokio::test]
async fn what_models_take_is_counted_over_crashes() {
    let tokens = Limits {
        tokens: Some(250),
        ..Limits::default()
    };
    let cost = Limits {
        cost: Some(2.5),
        ..Limits::default()
    };
    for (limits, what) in [(tokens, "tokens: 300 of 250"), (cost, "cost: 3 of 2.5")] {
        for commits in 1.. {
            let storage = kit::store();
            let (crash, mut crashed) = tokio::sync::watch::channel(false);
            let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
                crash.send_replace(true);
            });
            let builder = Runtime::builder().storage(std::sync::Arc::new(dying));
            let first = builder.workflow(asking().1).limits(limits).build();
            let first = first.await.expect("fits");
            let run = first.start::<Ask>(5).run_id("r").await.expect("starts");
            let dead = tokio::select! {
                outcome = run.outcome() => { is_over(&outcome, what); false }
                _ = crashed.wait_for(|crashed| *crashed) => true,
            };
            run.cancel();
            // The limits are the run's, whatever the second program's default.
            let (model, ask) = asking();
            let outcome = kit::resume(&storage, ask).await;
            is_over(&outcome, what);
            let turns = kit::journal(&storage).await;
            let turns = turns.iter().filter(|e| e.path.ends_with("turn.1")).count();
            assert_eq!(turns, 3, "the third turn is paid for, and kept");
            if !dead {
                assert_eq!(model.requests().len(), 0, "nothing more is bought");
                assert!(commits > 4);
                break;
            }
        }
    }
}
