//! A fork takes over what a run recorded, and nothing of who had that run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agno::{RunStatus, prelude::*};
use tokio::time::sleep;

use crate::kit::{Job, Ran, World, id, put_down, until, until_status};

/// Fails at its second part until it is repaired.
#[workflow]
#[derive(Clone)]
struct Broken {
    ran: Ran,
    is_repaired: Arc<AtomicBool>,
}

#[workflow]
impl Broken {
    #[step]
    async fn first(&self, context: &StepContext) -> u32 {
        self.ran.hit(context);
        1
    }

    #[step]
    async fn second(&self, context: &StepContext) -> Result<u32> {
        self.ran.hit(context);
        tokio::time::sleep(Duration::from_secs(10)).await;
        ensure!(self.is_repaired.load(Ordering::SeqCst), "it is broken");
        Ok(2)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        Ok(flow.first().await? + flow.second().await?)
    }
}

async fn marks(world: &World, run: &str) -> Vec<String> {
    let journal = agno::Storage::journal(&world.store, &id(run), 0).await;
    let paths = journal.expect("a journal").into_iter();
    let marks = paths.map(|entry| entry.path.to_string());
    marks.filter(|path| path.starts_with('@')).collect()
}

#[tokio::test(start_paused = true)]
async fn of_a_run_that_failed_and_was_resumed_any_worker_takes_the_fork_over() {
    let world = World::new();
    let broken = Broken {
        ran: Ran::default(),
        is_repaired: Arc::default(),
    };
    let first = world.runtime(broken.clone()).await;
    let run = first.start::<Broken>(()).run_id("r").await.expect("starts");
    assert_eq!(run.outcome().await.status, RunStatus::Failed);
    broken.is_repaired.store(true, Ordering::SeqCst);
    let second = world.runtime(broken.clone()).await;
    let run = second.resume(&id("r")).await.expect("resumes");
    assert_eq!(run.outcome().await.status, RunStatus::Completed);
    let left = marks(&world, "r").await;
    for mark in ["@over~0", "@resumed~1", "@over~1"] {
        assert!(left.iter().any(|path| path == mark), "{left:?}");
    }

    let fork = first.fork(&id("r")).from("second").run_id("f");
    fork.create_only().await.expect("forks");
    assert_eq!(marks(&world, "f").await, ["@forked"]);
    // Each claims it under a number that is one of the marks of the run it comes from.
    for taken in 0..3 {
        let worker = world.worker(broken.clone()).await;
        until("it is taken up", async || !worker.taken().is_empty()).await;
        sleep(Duration::from_secs(1)).await;
        match taken {
            2 => until_status(&first, "f", RunStatus::Completed).await,
            _ => worker.die(),
        }
    }
    // Only what the fork runs again ran, once in each process.
    assert_eq!(broken.ran.counts(), (3, 3));
    let twice = world.acknowledged.twice();
    assert!(
        twice.iter().all(|(run, _)| run.as_str() == "r"),
        "{twice:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_fork_of_a_cancelled_run_is_not_cancelled() {
    let world = World::new();
    let job = Job {
        ran: Ran::default(),
        time: Duration::from_secs(10),
    };
    let owner = world.runtime(job.clone()).await;
    let other = world.runtime(job.clone()).await;
    put_down::<Job>(&owner, "r", 3).await;
    let run = owner.resume(&id("r")).await.expect("begins");
    until("a part is done", async || {
        world.acknowledged.has("r", "work#0")
    })
    .await;
    let outcome = other.cancel(&id("r")).await.expect("is cancelled");
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert_eq!(run.outcome().await.status, RunStatus::Cancelled);
    let left = marks(&world, "r").await;
    let asked = left.iter().any(|path| path.starts_with("@cancel~"));
    assert!(asked, "{left:?}");

    let at = other.fork(&id("r")).set("work#0", json("1")).run_id("f");
    at.create_only().await.expect("forks");
    assert_eq!(marks(&world, "f").await, ["@forked"]);
    let worker = world.worker(job.clone()).await;
    until_status(&other, "f", RunStatus::Completed).await;
    assert_eq!(worker.taken().len(), 1);
    // Two parts of the first run had begun; two of the fork were left.
    assert_eq!(job.ran.counts(), (4, 1));
}

fn json(text: &str) -> agno::Json {
    agno::Json::parse(text).expect("legal JSON")
}
