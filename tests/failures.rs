//! Steps that fail in every way, and what a repair makes of their runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{EventKind, Outcome, RunId, RunStatus, Storage, prelude::*, storage::MemoryStorage};

#[derive(Debug, thiserror::Error)]
#[error("page 7 cannot be read")]
struct Unreadable(#[source] std::io::Error);

#[derive(Default)]
struct Machine {
    repaired: bool,
    first: Arc<AtomicU32>,
}

#[workflow]
struct Fragile {
    machine: Machine,
}

#[workflow]
impl Fragile {
    #[step]
    async fn first(&self) -> u32 {
        self.machine.first.fetch_add(1, Ordering::SeqCst)
    }

    #[step]
    async fn panics(&self) -> u32 {
        assert!(self.machine.repaired, "the wheel came off");
        1
    }

    #[step]
    fn panics_blocking(&self) -> u32 {
        assert!(self.machine.repaired, "the other wheel came off");
        2
    }

    #[step]
    async fn errs(&self) -> Result<u32> {
        if !self.machine.repaired {
            Err(Unreadable(std::io::Error::other("disk on fire")))?;
        }
        Ok(3)
    }

    #[step(timeout = "30ms")]
    async fn hangs(&self) -> Result<u32> {
        if !self.machine.repaired {
            std::future::pending::<()>().await;
        }
        Ok(4)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, how: String) -> Result<u32> {
        flow.first().await?;
        match how.as_str() {
            "panic" => flow.panics().await,
            "panic blocking" => flow.panics_blocking().await,
            "error" => flow.errs().await,
            "hang" => flow.hangs().await,
            "in a map" => Ok(flow.map([()], |()| flow.errs()).await?[0]),
            "flow panics" if !flow.workflow().machine.repaired => panic!("the flow fell over"),
            _ => Ok(9),
        }
    }
}

async fn fails_and_is_repaired(how: &str, code: &str, path: Option<&str>, says: &str) -> Outcome {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let first = Arc::new(AtomicU32::new(0));
    let program = |repaired| {
        let machine = Machine {
            repaired,
            first: first.clone(),
        };
        Runtime::builder()
            .storage(storage.clone())
            .workflow(Fragile { machine })
            .build()
    };
    let runtime = program(false).await.expect("builds");
    let run = runtime
        .start::<Fragile>(how.to_owned())
        .run_id("r")
        .await
        .expect("starts");
    let outcome = run.outcome().await;
    let error = outcome.error.clone().expect("an error");
    assert_eq!(
        (outcome.status, &*error.code),
        (RunStatus::Failed, code),
        "{error:?}"
    );
    assert_eq!(error.path.as_deref(), path);
    assert!(error.message.contains(says), "{}", error.message);

    let id = RunId::new("r").expect("an id");
    let repaired = program(true).await.expect("builds");
    let again = repaired.resume(&id).await.expect("resumes").outcome().await;
    assert_eq!(again.status, RunStatus::Completed, "{:?}", again.error);
    assert_eq!(
        first.load(Ordering::SeqCst),
        1,
        "what had finished did not run again"
    );
    assert_eq!(again.steps_replayed, 1);
    outcome
}

#[tokio::test]
async fn a_step_that_panics() {
    fails_and_is_repaired("panic", "panic", Some("panics#0"), "the wheel came off").await;
}

#[tokio::test]
async fn a_blocking_step_that_panics() {
    let path = Some("panics_blocking#0");
    fails_and_is_repaired("panic blocking", "panic", path, "the other wheel").await;
}

#[tokio::test]
async fn a_step_that_returns_an_error_shows_its_cause() {
    let outcome = fails_and_is_repaired("error", "step_failed", Some("errs#0"), "page 7").await;
    assert_eq!(outcome.error.expect("an error").chain, ["disk on fire"]);
}

#[tokio::test]
async fn a_step_that_hangs_past_its_timeout() {
    fails_and_is_repaired("hang", "timeout", Some("hangs#0"), "30ms").await;
}

#[tokio::test]
async fn a_failure_inside_a_map() {
    let path = Some("map#0[0]/errs#0");
    fails_and_is_repaired("in a map", "step_failed", path, "page 7").await;
}

#[tokio::test]
async fn a_flow_that_panics() {
    fails_and_is_repaired("flow panics", "panic", None, "the flow fell over").await;
}

#[workflow]
struct Retries {
    failures: u32,
    tried: Arc<AtomicU32>,
}

#[workflow]
impl Retries {
    #[step(retry(max = 3, backoff = "10s"))]
    async fn flaky(&self, permanent: bool) -> Result<u32> {
        let attempt = self.tried.fetch_add(1, Ordering::SeqCst) + 1;
        if attempt > self.failures {
            return Ok(attempt);
        }
        let error = Error::new("busy", format!("attempt {attempt}"));
        Err(if permanent { error.permanent() } else { error })
    }

    #[step(on_error = "skip")]
    async fn optional(&self) -> Result<Option<String>> {
        bail!("not today")
    }

    #[flow]
    async fn run(flow: &Flow<Self>, permanent: bool) -> Result<u32> {
        let skipped = flow.optional().await?;
        ensure!(skipped.is_none(), "the default of an option is none");
        flow.flaky(permanent).await
    }
}

async fn retried(failures: u32, permanent: bool) -> (Outcome, Vec<EventKind>, u32) {
    let tried = Arc::new(AtomicU32::new(0));
    let workflow = Retries {
        failures,
        tried: tried.clone(),
    };
    let runtime = Runtime::builder()
        .workflow(workflow)
        .build()
        .await
        .expect("builds");
    let run = runtime.start::<Retries>(permanent).await.expect("starts");
    let outcome = run.outcome().await;
    let details = runtime.inspect(run.id()).await.expect("is stored");
    let events = details
        .events()
        .into_iter()
        .map(|event| event.event.kind)
        .collect();
    (outcome, events, tried.load(Ordering::SeqCst))
}

#[tokio::test(start_paused = true)]
async fn retries_take_no_time_when_time_is_paused_and_all_of_them_when_not() {
    let begun = tokio::time::Instant::now();
    let (outcome, events, tried) = retried(3, false).await;
    assert_eq!(
        (outcome.status, tried),
        (RunStatus::Completed, 4),
        "3 retries are 4 attempts"
    );
    assert!(
        begun.elapsed() <= Duration::from_secs(60),
        "10 s, 20 s and 30 s at most"
    );
    let retrying = events
        .iter()
        .filter(|e| matches!(e, EventKind::StepRetrying { .. }))
        .count();
    assert_eq!(retrying, 3);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, EventKind::StepSkipped { .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_fails_the_run() {
    let (outcome, _, tried) = retried(4, false).await;
    let error = outcome.error.expect("an error");
    assert_eq!((outcome.status, tried), (RunStatus::Failed, 4));
    assert_eq!(
        (&*error.code, error.message.as_str()),
        ("busy", "attempt 4"),
        "the user's own code"
    );
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_is_not_retried() {
    let (outcome, _, tried) = retried(4, true).await;
    assert_eq!((outcome.status, tried), (RunStatus::Failed, 1));
}

#[tokio::test]
async fn many_resumes_and_starts_of_one_run_are_one_run() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let first = Arc::new(AtomicU32::new(0));
    let machine = Machine {
        repaired: false,
        first: first.clone(),
    };
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Fragile { machine });
    let runtime = builder.build().await.expect("builds");
    let start = || runtime.start::<Fragile>("hang".to_owned()).run_id("r");
    let (one, two) = tokio::join!(start().into_future(), start().into_future());
    let (one, two) = (one.expect("starts"), two.expect("joins"));
    assert_eq!(one.outcome().await.status, RunStatus::Failed);
    assert_eq!(two.outcome().await.status, RunStatus::Failed);
    assert_eq!(first.load(Ordering::SeqCst), 1);

    let id = RunId::new("r").expect("an id");
    let resumes = (0..10).map(|_| runtime.resume(&id));
    for run in futures_util::future::join_all(resumes).await {
        run.expect("joins").outcome().await;
    }
    let record = runtime.inspect(&id).await.expect("is stored").record;
    assert_eq!((record.resumes, first.load(Ordering::SeqCst)), (1, 1));

    let other = runtime
        .start::<Fragile>("error".to_owned())
        .run_id("r")
        .await;
    assert_eq!(
        other.expect_err("other input").kind(),
        agno::ErrorKind::Conflict
    );
}

#[workflow]
struct Countdown;

#[workflow]
impl Countdown {
    #[step]
    async fn next(&self, left: u32) -> Result<u32> {
        Ok(left.saturating_sub(1))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, left: u32) -> Result<u32> {
        flow.down(left).await
    }

    #[flow]
    async fn down(flow: &Flow<Self>, left: u32) -> Result<u32> {
        let left = flow.next(left).await?;
        if left == 0 {
            return Ok(0);
        }
        let mut below = flow.map(vec![left], |left| flow.down(left)).await?;
        Ok(below.remove(0) + 1)
    }
}

/// Each flow takes some of the thread's stack: before that ends there is an error.
#[tokio::test]
async fn a_flow_that_calls_itself_too_deep_is_an_error() {
    let runtime = Runtime::builder()
        .workflow(Countdown)
        .storage(Arc::new(MemoryStorage::new()))
        .build()
        .await
        .expect("build");
    let deep = runtime.start::<Countdown>(32).await.expect("start");
    assert_eq!(deep.await.expect("an answer"), 31);
    let deeper = runtime.start::<Countdown>(33).await.expect("start");
    let error = deeper.await.expect_err("too deep");
    assert_eq!(error.code(), "misuse");
    assert!(error.to_string().contains("32 flows deep"), "{error}");
    assert!(error.to_string().contains("down"), "{error}");
}

/// The map is made where the macro does not see it.
fn counted(words: Vec<String>) -> std::collections::HashMap<String, u32> {
    words.into_iter().map(|word| (word, 1)).collect()
}

#[workflow]
struct Counting;

#[workflow]
impl Counting {
    #[step]
    async fn note(&self, word: String) -> String {
        word
    }

    #[flow]
    async fn run(flow: &Flow<Self>, words: Vec<String>) -> Result<usize> {
        let noted = flow
            .map(counted(words), |(word, _)| flow.note(word))
            .await?;
        Ok(noted.len())
    }
}

#[tokio::test]
async fn a_map_in_the_order_of_hashes_is_refused_before_a_step_runs() {
    let runtime = Runtime::builder().workflow(Counting).build().await;
    let runtime = runtime.expect("a runtime");
    let run = runtime.start::<Counting>(vec!["a".to_owned(), "b".to_owned()]);
    let run = run.await.expect("it starts");
    let id = run.id().clone();
    let error = run.await.expect_err("it has no order");
    assert_eq!(error.code(), "misuse", "{error}");
    assert!(error.to_string().contains("`BTreeMap`"), "{error}");
    let journal = runtime.storage().journal(&id, 0).await.expect("journal");
    assert!(journal.iter().all(|entry| !entry.path.contains("note")));
}
