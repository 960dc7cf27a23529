//! A worker that is asked to end gives back what it has.

use std::time::Duration;

use agno::RunStatus;
use tokio::time::{Instant, sleep};

use crate::kit::{Job, LOOK, Ran, World, id, put_down, until, until_status};

fn job(seconds: u64) -> Job {
    Job {
        ran: Ran::default(),
        time: Duration::from_secs(seconds),
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_drained_worker_had_is_free_at_once() {
    let world = World::new();
    let job = job(10);
    let first = world.worker(job.clone()).await;
    for run in 0..8 {
        put_down::<Job>(&first.runtime, &format!("r{run}"), 3).await;
    }
    until("all are under way", async || job.ran.total() == 8).await;
    sleep(Duration::from_secs(4)).await;
    let begun = Instant::now();
    first.drain().await;
    // The steps that ran were finished, and no other has begun.
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(job.ran.counts(), (8, 1));
    let second = world.worker(job.clone()).await;
    let joined = Instant::now();
    until("all are taken up", async || second.taken().len() == 8).await;
    assert!(joined.elapsed() <= LOOK);
    for run in 0..8 {
        until_status(&second.runtime, &format!("r{run}"), RunStatus::Completed).await;
    }
    assert_eq!(job.ran.counts(), (24, 1), "no step ran twice");
    assert_eq!(world.acknowledged.twice(), []);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_is_free_at_once() {
    let world = World::new();
    let job = job(10);
    let first = world.runtime(job.clone()).await;
    let second = world.runtime(job.clone()).await;
    let run = first.start::<Job>(2).run_id("r").await.expect("starts");
    sleep(Duration::from_secs(3)).await;
    run.interrupt();
    assert_eq!(run.outcome().await.status, RunStatus::Running);
    let run = second.resume(&id("r")).await.expect("is free");
    assert_eq!(run.outcome().await.status, RunStatus::Completed);
    assert_eq!(job.ran.counts(), (2, 1));
}
