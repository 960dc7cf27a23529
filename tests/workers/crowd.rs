//! Many runs, shared by some workers.

use std::time::Duration;

use agno::{RunQuery, RunStatus, prelude::*};

use crate::{
    kit::{Job, Ran, World, put_down, until, works},
    process::Process,
};

async fn completed(world: &World) -> usize {
    let query = RunQuery {
        status: Some(RunStatus::Completed),
        ..RunQuery::default()
    };
    let runs = agno::Storage::runs(&world.store, query).await;
    runs.expect("reads").len()
}

fn job(millis: u64) -> Job {
    Job {
        ran: Ran::default(),
        time: Duration::from_millis(millis),
    }
}

#[tokio::test(start_paused = true)]
async fn four_workers_share_500_runs() {
    let world = World::new();
    let job = job(700);
    let outside = world.runtime(job.clone()).await;
    for run in 0..250 {
        put_down::<Job>(&outside, &format!("early{run}"), 3).await;
    }
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(world.worker(job.clone()).await);
    }
    for run in 0..250 {
        put_down::<Job>(&outside, &format!("late{run}"), 3).await;
    }
    until("all are over", async || completed(&world).await == 500).await;
    assert_eq!(job.ran.counts(), (1500, 1), "each body ran once");
    assert_eq!(world.acknowledged.twice(), []);
    let taken: Vec<_> = workers.iter().map(|worker| worker.taken().len()).collect();
    assert_eq!(taken.iter().sum::<usize>(), 500);
    assert!(taken.iter().all(|taken| *taken > 50), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_queue_is_not_read_again_for_each_run() {
    const RUNS: usize = 2000;
    let world = World::new();
    let job = job(0);
    let process = world.process();
    let outside = world.runtime(job.clone()).await;
    for run in 0..RUNS {
        put_down::<Job>(&outside, &format!("r{run}"), 1).await;
    }
    let worker = works(process.clone(), job, 4).await;
    until("all are over", async || completed(&world).await == RUNS).await;
    assert!(process.read() < 3 * RUNS, "{} heads read", process.read());
    drop(worker);
}

/// A workflow that only some workers have.
#[workflow]
#[derive(Clone)]
struct Foreign {}

#[workflow]
impl Foreign {
    #[step]
    fn done(&self) -> u32 {
        1
    }
}

#[tokio::test(start_paused = true)]
async fn runs_of_others_are_left_to_them_and_hide_nothing() {
    let world = World::new();
    let foreign = world.runtime(Foreign {}).await;
    for run in 0..300 {
        put_down::<Foreign>(&foreign, &format!("f{run}"), ()).await;
    }
    let job = job(1);
    let outside = world.runtime(job.clone()).await;
    for run in 0..10 {
        put_down::<Job>(&outside, &format!("r{run}"), 1).await;
    }
    idle(&world.process(), job.clone()).await;
    assert_eq!(completed(&world).await, 10);
    assert_eq!(job.ran.counts(), (10, 1));
    idle(&world.process(), Foreign {}).await;
    assert_eq!(completed(&world).await, 310);
}

/// Works until nothing is due.
async fn idle<W: agno::Workflow>(process: &Process, workflow: W) {
    let runtime = crate::kit::runtime(process, workflow).await;
    let worker = runtime.worker().until_idle(true);
    worker.run(std::future::pending()).await.expect("works");
}
