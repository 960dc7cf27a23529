//! R11 to R14, R18 and R20: commits, decisions, timers, the cache.

use std::{
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use agno::{
    EntryKind, EventKind, RunStatus, Source, prelude::*, storage::CacheQuery, storage::SessionKey,
};

use super::kit::{self, Ran};

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(append)]
    lines: Vec<String>,
}

#[workflow]
#[derive(Default)]
struct Whole {
    ran: Ran,
}

#[workflow(state = Notes)]
impl Whole {
    #[step]
    async fn first(&self, notes: &mut Notes, context: &StepContext) -> Result<u32> {
        context.progress("half way");
        notes.lines.push("first".to_owned());
        Ok(1)
    }

    #[step(cache(ttl = "1h"))]
    async fn second(&self, n: u32) -> Result<u32> {
        self.ran.hit("second");
        Ok(n + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let n = flow.first().await?;
        flow.second(n).await
    }
}

/// Looks into the store while it runs.
#[workflow]
struct Looks {
    storage: Arc<dyn agno::Storage>,
}

#[workflow]
impl Looks {
    #[step]
    async fn is_there(&self) -> Result<bool> {
        Ok(self.storage.run(&kit::id()).await?.is_some())
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        flow.is_there().await
    }
}

#[tokio::test]
async fn a_run_is_in_the_store_before_its_first_step_begins() {
    let storage = kit::store();
    let looks = Looks {
        storage: storage.clone(),
    };
    let outcome = kit::run(&storage, looks, ()).await;
    assert_eq!(outcome.output.expect("an output").as_str(), "true");
}

/// Its step does not end the first time.
#[workflow]
#[derive(Clone, Default)]
struct Hangs {
    has_hung: Arc<AtomicBool>,
}

#[workflow]
impl Hangs {
    #[step]
    async fn answer(&self) -> u32 {
        if !self.has_hung.swap(true, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        2
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.answer().await
    }
}

#[test]
fn who_has_the_handle_of_a_run_finds_it_after_a_crash() {
    let (storage, workflow) = (kit::store(), Hangs::default());
    let world = || {
        let builder = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        builder.expect("a runtime of tokio")
    };
    let first = world();
    first.block_on(async {
        let runtime = kit::runtime(&storage, workflow.clone()).await;
        let start = runtime.start::<Hangs>(()).run_id("r");
        start.await.expect("starts");
    });
    // Its tasks end with it, wherever they are.
    drop(first);
    workflow.has_hung.store(true, Ordering::SeqCst);
    let outcome = world().block_on(kit::resume(&storage, workflow));
    assert_eq!(outcome.output.expect("an output").as_str(), "2");
}

#[tokio::test]
async fn replay_r11_one_commit_holds_outcome_state_events_and_cache() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 1, Whole::default(), ()).await);
    let journal = kit::journal(&storage).await;
    assert_eq!(journal.len(), 1, "one step, one commit");
    assert_eq!(journal[0].output.as_ref().expect("an output").as_str(), "1");
    let kinds: Vec<_> = journal[0]
        .events
        .iter()
        .map(|event| event.kind.clone())
        .collect();
    assert!(
        matches!(kinds[0], EventKind::RunStarted { .. }),
        "{kinds:?}"
    );
    assert!(
        matches!(kinds[1], EventKind::StepStarted { attempt: 1, .. }),
        "{kinds:?}"
    );
    assert!(matches!(&kinds[2], EventKind::StepProgress { message, .. } if message == "half way"));
    assert!(
        matches!(kinds[3], EventKind::StepCompleted { .. }),
        "{kinds:?}"
    );
    let key = SessionKey {
        workflow: Arc::from("Whole"),
        session: Arc::from("default"),
    };
    let fields = storage.session(&key).await.expect("reads");
    assert_eq!(fields["lines"].value.as_str(), r#"["first"]"#);

    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, Whole::default(), ()).await);
    let cached = storage
        .cache_list(CacheQuery::default())
        .await
        .expect("reads");
    assert_eq!((cached.len(), &*cached[0].step), (1, "second"));
}

#[tokio::test]
async fn replay_r18_a_hit_is_journaled() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Whole::default()).await;
    runtime
        .start::<Whole>(())
        .await
        .expect("starts")
        .await
        .expect("completes");
    // A second run finds it in the cache, and crashes right after.
    assert!(kit::crash_after(&storage, 2, Whole::default(), ()).await);
    let journal = kit::journal(&storage).await;
    let second = journal
        .iter()
        .find(|entry| &*entry.path == "second#0")
        .expect("is recorded");
    assert_eq!(second.source, Source::Cache);
    // Whatever becomes of the cache, the run keeps what it saw.
    storage
        .cache_clear(CacheQuery::default())
        .await
        .expect("clears");
    let again = Whole::default();
    let ran = again.ran.clone();
    let outcome = kit::resume(&storage, again).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "2");
    assert_eq!(
        (
            ran.count("second"),
            outcome.steps_cached,
            outcome.steps_replayed
        ),
        (0, 0, 2)
    );
}

#[workflow]
#[derive(Default)]
struct FailsFast {
    ran: Ran,
}

#[workflow(state = Notes)]
impl FailsFast {
    #[step]
    async fn fails(&self) -> Result<u32> {
        self.ran.hit("fails");
        bail!("no luck")
    }

    /// Goes on when its sibling has long failed.
    #[step]
    async fn slow(&self, notes: &mut Notes) -> Result<u32> {
        self.ran.hit("slow");
        tokio::time::sleep(Duration::from_millis(50)).await;
        notes.lines.push("late".to_owned());
        Ok(1)
    }

    #[step]
    async fn instead(&self, why: String) -> Result<String> {
        self.ran.hit("instead");
        Ok(why)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        match flow.parallel((flow.slow(), flow.fails())).await {
            Ok(_) => bail!("it cannot succeed"),
            Err(error) => flow.instead(error.message().to_owned()).await,
        }
    }
}

#[tokio::test]
async fn replay_r12_a_failure_decides_and_a_decided_container_starts_nothing() {
    for commits in 1.. {
        let storage = kit::store();
        let workflow = FailsFast::default();
        let ran = workflow.ran.clone();
        let dead = kit::crash_after(&storage, commits, workflow, ()).await;
        if !dead {
            assert!(commits >= 3, "a failure, a step and the end");
            break;
        }
        let again = FailsFast { ran: ran.clone() };
        let outcome = kit::resume(&storage, again).await;
        assert_eq!(
            outcome.output.expect("completes").as_str(),
            r#""no luck""#,
            "{commits}"
        );
        assert_eq!(
            (ran.count("fails"), ran.count("slow"), ran.count("instead")),
            (1, 1, 1)
        );
        let key = SessionKey {
            workflow: Arc::from("FailsFast"),
            session: Arc::from("default"),
        };
        let fields = storage.session(&key).await.expect("reads");
        assert!(fields.is_empty(), "the loser changed nothing: {fields:?}");
        assert!(!kit::paths(&storage).await.contains(&"slow#0".to_owned()));
    }
}

#[workflow]
struct Shared {
    ran: Ran,
    gate: Arc<tokio::sync::Semaphore>,
}

#[workflow]
impl Shared {
    #[step(cache(ttl = "1h", scope = "global"))]
    async fn costly(&self, n: u32) -> Result<u32> {
        self.ran.hit("costly");
        self.gate.acquire().await?.forget();
        Ok(n * 2)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.costly(n).await
    }
}

#[tokio::test]
async fn replay_r12_a_cancelled_leader_of_a_single_flight_promotes_a_follower() {
    let storage = kit::store();
    let ran = Ran::default();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let workflow = Shared {
        ran: ran.clone(),
        gate: gate.clone(),
    };
    let runtime = kit::runtime(&storage, workflow).await;
    let leader = runtime.start::<Shared>(21).await.expect("starts");
    while ran.count("costly") == 0 {
        tokio::task::yield_now().await;
    }
    let followers: Vec<_> = {
        let mut started = Vec::new();
        for _ in 0..8 {
            started.push(runtime.start::<Shared>(21).await.expect("starts"));
        }
        started
    };
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ran.count("costly"), 1, "the others wait for the first");
    leader.cancel();
    leader.outcome().await;
    gate.add_permits(1);
    let mut run = 0;
    let mut cached = 0;
    for follower in followers {
        let outcome = follower.outcome().await;
        assert_eq!(outcome.output.expect("completes").as_str(), "42");
        run += outcome.steps_run;
        cached += outcome.steps_cached;
    }
    assert_eq!((run, cached, ran.count("costly")), (1, 7, 2));
}

#[workflow]
struct Sleeps;

#[workflow]
impl Sleeps {
    #[step]
    async fn after(&self) -> Result<u32> {
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.sleep(Duration::from_millis(400)).await?;
        flow.after().await
    }
}

#[tokio::test]
async fn replay_r13_a_timer_goes_on_where_it_was() {
    let storage = kit::store();
    let begun = Instant::now();
    assert!(kit::crash_after(&storage, 1, Sleeps, ()).await);
    let journal = kit::journal(&storage).await;
    let recorded_after = begun.elapsed();
    assert_eq!(
        journal[0].kind,
        EntryKind::Timer,
        "recorded before the wait"
    );
    assert!(recorded_after < Duration::from_millis(400));
    let outcome = kit::resume(&storage, Sleeps).await;
    let waited = begun.elapsed();
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert!(
        waited >= Duration::from_millis(400),
        "it waited out its time: {waited:?}"
    );
    let end = kit::journal(&storage)
        .await
        .pop()
        .expect("an end")
        .finished_at;
    let until: u64 = journal[0]
        .output
        .as_ref()
        .expect("a deadline")
        .decode()
        .expect("a time");
    assert!(
        end >= until && end - until < 390_000,
        "it did not begin to wait anew"
    );
}

#[workflow]
struct Fatal;

#[workflow]
impl Fatal {
    #[step]
    async fn first(&self) -> Result<u32> {
        Ok(1)
    }

    #[step]
    async fn hangs(&self, n: u32) -> Result<u32> {
        std::future::pending::<()>().await;
        Ok(n)
    }
}

#[tokio::test]
async fn replay_r13_a_step_that_ends_its_process_does_not_loop_for_ever() {
    let storage = kit::store();
    let chain = || Fatal;
    assert!(kit::crash_after(&storage, 1, chain(), ()).await);
    let mut given_up = None;
    for _ in 0..50 {
        // A process that dies in the step: resumed, and gone.
        let runtime = kit::runtime(&storage, chain()).await;
        match runtime.resume(&kit::id()).await {
            Ok(run) => drop(run),
            Err(error) => {
                given_up = Some(error);
                break;
            }
        }
    }
    let error = given_up.expect("it is given up");
    assert_eq!(error.code(), "crash_loop");
    let record = storage
        .run(&kit::id())
        .await
        .expect("reads")
        .expect("is there");
    assert_eq!(record.status, RunStatus::Failed);
    assert!(record.resumes >= 10);
    // After a repair it can be resumed.
    assert!(
        kit::runtime(&storage, chain())
            .await
            .resume(&kit::id())
            .await
            .is_ok()
    );
}

#[workflow]
#[derive(Default)]
struct Blocking {
    ran: Ran,
    done: Arc<AtomicBool>,
}

#[workflow]
impl Blocking {
    #[step(timeout = "40ms")]
    fn stuck(&self, context: &StepContext) -> Result<u32> {
        self.ran.hit("stuck");
        while !context.is_cancelled() {
            std::thread::yield_now();
        }
        self.done.store(true, Ordering::SeqCst);
        Ok(1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        flow.stuck().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_r14_a_late_result_of_a_blocking_step_is_thrown_away() {
    let storage = kit::store();
    let workflow = Blocking::default();
    let done = workflow.done.clone();
    let outcome = kit::run(&storage, workflow, ()).await;
    assert_eq!(kit::failure(&outcome).0, "timeout");
    assert_eq!(
        outcome.error.as_ref().expect("an error").path.as_deref(),
        Some("stuck#0")
    );
    while !done.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    let journal = kit::journal(&storage).await;
    let stuck = journal
        .iter()
        .find(|entry| &*entry.path == "stuck#0")
        .expect("is recorded");
    assert!(stuck.output.is_none() && stuck.error.is_some());
}

macro_rules! versioned {
    ($Version:ident, $version:literal, $Output:ty) => {
        #[workflow(name = "Versioned")]
        #[derive(Default)]
        struct $Version {
            ran: Ran,
        }

        #[workflow]
        impl $Version {
            #[step(cache(key = "n", scope = "global"), version = $version)]
            async fn costly(&self, n: u32, note: String) -> Result<$Output> {
                self.ran.hit("costly");
                Ok((n as $Output) + (note.len() as $Output) * (0 as $Output))
            }

            #[flow]
            async fn run(flow: &Flow<Self>, n: u32, note: String) -> Result<f64> {
                Ok(flow.costly(n, note).await? as f64)
            }
        }
    };
}

versioned!(Version1, 1, u32);
versioned!(Version2, 2, u32);
versioned!(OtherShape, 1, f64);

#[tokio::test]
async fn replay_r20_the_key_holds_version_input_and_shape() {
    async fn runs<W>(storage: &Arc<dyn agno::Storage>, workflow: W, n: u32, note: &str) -> u32
    where
        W: agno::Workflow<Input = (u32, String)>,
    {
        let runtime = kit::runtime(storage, workflow).await;
        let run = runtime
            .start::<W>((n, note.to_owned()))
            .await
            .expect("starts");
        run.outcome().await.steps_run
    }
    let storage = kit::store();
    assert_eq!(
        runs(&storage, Version1::default(), 1, "a").await,
        1,
        "the first runs"
    );
    assert_eq!(
        runs(&storage, Version1::default(), 1, "b").await,
        0,
        "the key is `n` only"
    );
    assert_eq!(
        runs(&storage, Version1::default(), 2, "a").await,
        1,
        "another input"
    );
    assert_eq!(
        runs(&storage, Version2::default(), 1, "a").await,
        1,
        "another version"
    );
    assert_eq!(
        runs(&storage, OtherShape::default(), 1, "a").await,
        1,
        "another output"
    );
}
