//! A failing step ends as COMPLETED, differently in each container; a raising function is RUNNING
//! for ever; plain functions block the asynchronous ones.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use agno::{EventKind, RunQuery, RunStatus, prelude::*};
use tokio::sync::Semaphore;

use crate::kit::{self, Ran};

#[workflow]
#[derive(Clone, Default)]
struct Fails {
    ran: Ran,
}

#[workflow]
impl Fails {
    #[step(retry(max = 3, backoff = "1ms"))]
    async fn fails(&self) -> Result<String> {
        self.ran.hit("fails");
        bail!("boom")
    }

    #[step]
    async fn works(&self) -> Result<String> {
        Ok("works".into())
    }

    #[step]
    async fn after(&self, text: String) -> Result<String> {
        self.ran.hit("after");
        Ok(text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, place: String) -> Result<String> {
        let text = match place.as_str() {
            "parallel" => flow.parallel((flow.works(), flow.fails())).await?.1,
            "map" => flow.map([1, 2], |_| flow.fails()).await?.concat(),
            "sub-flow" => flow.group().await?,
            "race" => match flow.race((flow.fails(), flow.waits())).await? {
                Winner::First(text) | Winner::Second(text) => text,
            },
            "loop" => {
                let mut all = String::new();
                for _ in 0..3 {
                    all += &flow.fails().await?;
                }
                all
            }
            "if" => {
                if flow.works().await? == "works" {
                    flow.fails().await?
                } else {
                    String::new()
                }
            }
            "nested" => flow.call::<Alone>(()).await?,
            "flow" => bail!("boom"),
            "panic" => panic!("boom"),
            _ => flow.fails().await?,
        };
        flow.after(text).await
    }

    /// What loses each race.
    #[step]
    async fn waits(&self) -> Result<String> {
        std::future::pending().await
    }

    #[flow]
    async fn group(flow: &Flow<Self>) -> Result<String> {
        flow.works().await?;
        flow.fails().await
    }
}

#[workflow]
struct Alone;

#[workflow]
impl Alone {
    #[step]
    async fn fails(&self) -> Result<String> {
        bail!("boom")
    }
}

async fn runtime(fails: &Fails) -> Runtime {
    let builder = Runtime::builder().workflow(fails.clone()).workflow(Alone);
    builder.build().await.expect("builds")
}

async fn failure(place: &str) -> (agno::RecordedError, Fails) {
    let fails = Fails::default();
    let runtime = runtime(&fails).await;
    let run = runtime.start::<Fails>(place.to_owned()).await;
    let run = run.expect("starts");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Failed, "{place}");
    let recorded = runtime.inspect(run.id()).await.expect("is recorded").record;
    assert_eq!(recorded.status, RunStatus::Failed, "{place}");
    assert_eq!(fails.ran.count("after"), 0, "{place}: nothing comes after");
    (outcome.error.expect("says why"), fails)
}

#[tokio::test]
async fn a_failing_step_fails_the_run_and_is_told() {
    let fails = Fails::default();
    let runtime = runtime(&fails).await;
    let run = runtime.start::<Fails>("plain".to_owned()).await;
    let run = run.expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Failed);
    assert_eq!(fails.ran.count("fails"), 4, "three retries");
    assert_eq!(fails.ran.count("after"), 0);
    let (mut failed, mut ended) = (0, 0);
    let mut events = run.events();
    while let Some(event) = events.next().await.expect("reads") {
        match event.event.kind {
            EventKind::StepFailed {
                path,
                attempts,
                error,
            } => {
                assert_eq!((&*path, attempts), ("fails#0", 4));
                assert!(error.message.contains("boom"), "{}", error.message);
                failed += 1;
            }
            EventKind::RunEnded { status, .. } => {
                assert_eq!(status, RunStatus::Failed);
                ended += 1;
            }
            _ => {}
        }
    }
    assert_eq!((failed, ended), (1, 1));
}

#[tokio::test]
async fn every_container_fails_alike() {
    for (place, path) in [
        ("match", "fails#0"),
        ("parallel", "fails#0"),
        ("map", "map#0[0]/fails#0"),
        ("sub-flow", "group#0/fails#0"),
        ("race", "fails#0"),
        ("loop", "fails#0"),
        ("if", "fails#0"),
        ("nested", "call#0"),
    ] {
        let (error, _) = failure(place).await;
        assert_eq!(&*error.code, "step_failed", "{place}: {error:?}");
        assert!(error.message.contains("boom"), "{place}: {error:?}");
        // Of two that fail at once, either may be the first.
        let found = error.path.as_deref().unwrap_or_default();
        assert_eq!(found.replace("[1]", "[0]"), path, "{place}");
    }
}

#[tokio::test]
async fn a_flow_that_fails_or_panics_is_failed() {
    for (how, code) in [("flow", "flow_failed"), ("panic", "panic")] {
        let (error, _) = failure(how).await;
        assert_eq!(&*error.code, code, "{error:?}");
        assert!(error.message.contains("boom"), "{error:?}");
    }
    let runtime = runtime(&Fails::default()).await;
    let start = runtime.start::<Fails>("panic".to_owned());
    start.await.expect("starts").outcome().await;
    let running = runtime.runs(RunQuery {
        status: Some(RunStatus::Running),
        ..RunQuery::default()
    });
    assert!(running.await.expect("runs").is_empty());
}

const FUNCTIONS: u32 = 4;

/// Plain functions that wait for an asynchronous step, which waits until all of them are under way.
#[workflow]
struct Meets {
    arrived: Arc<Semaphore>,
    doors: std::sync::Mutex<Vec<Receiver<()>>>,
    open: Vec<Sender<()>>,
}

#[workflow]
impl Meets {
    #[step]
    fn blocks(&self, number: u32) -> Result<u32> {
        let door = self.doors.lock().expect("no panic").pop();
        self.arrived.add_permits(1);
        // One after the other, or in the way of `opens`, they would wait in vain.
        let opened = door
            .expect("one each")
            .recv_timeout(Duration::from_secs(60));
        ensure!(opened.is_ok(), "{number} was alone");
        Ok(number)
    }

    #[step]
    async fn opens(&self) -> Result<u32> {
        let _all = self.arrived.acquire_many(FUNCTIONS).await?;
        for door in &self.open {
            door.send(())?;
        }
        Ok(0)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let blocking = flow.map(0..FUNCTIONS, |number| flow.blocks(number));
        let (numbers, _) = flow.parallel((blocking, flow.opens())).await?;
        Ok(numbers.iter().sum())
    }
}

// On one thread: a function that blocked it would stop everything.
#[tokio::test(flavor = "current_thread")]
async fn plain_functions_overlap() {
    let (open, doors) = (0..FUNCTIONS).map(|_| channel()).unzip();
    let meets = Meets {
        arrived: Arc::new(Semaphore::new(0)),
        doors: std::sync::Mutex::new(doors),
        open,
    };
    let outcome = kit::run(&kit::store(), meets, ()).await;
    let error = outcome.error;
    let output = outcome.output.unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(output.as_str(), "6");
}
