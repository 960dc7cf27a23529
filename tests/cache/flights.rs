//! One computation at a time, among all processes that share a store.

use std::{sync::Arc, time::Duration as Time};

use agno::{
    Outcome, RunStatus,
    prelude::*,
    storage::{CacheKey, CacheQuery},
};
use tokio::time::Instant;

use super::kit::{self, Ran, Shelf, came_to, told};

const LEASE: Time = Time::from_secs(30);

#[workflow]
#[derive(Clone, Default)]
struct Slow {
    ran: Ran,
}

#[workflow]
impl Slow {
    #[flow]
    async fn run(flow: &Flow<Self>, seconds: u64) -> Result<String> {
        flow.work(seconds).await
    }

    #[step(cache(ttl = "1d", scope = "global"))]
    async fn work(&self, seconds: u64) -> String {
        let number = self.ran.hit();
        tokio::time::sleep(Time::from_secs(seconds)).await;
        format!("{seconds} {number}")
    }
}

async fn outcome(runtime: &Runtime, seconds: u64) -> Outcome {
    let run = runtime.start::<Slow>(seconds).await.expect("starts");
    run.outcome().await
}

#[tokio::test(start_paused = true)]
async fn of_two_processes_one_computes_and_the_other_waits_for_what_is_stored() {
    // Also when it takes much longer than a lease.
    for seconds in [2, 100] {
        let shelf = Shelf::leased(LEASE);
        let slow = Slow::default();
        let one = kit::runtime(&shelf, slow.clone()).await;
        let other = kit::runtime(&shelf, slow.clone()).await;
        let (first, second) = tokio::join!(outcome(&one, seconds), outcome(&other, seconds));
        let text = format!("{seconds} 1");
        let mut both = [told(&first), told(&second)];
        both.sort();
        assert_eq!(both, [came_to(&text, 0, 1), came_to(&text, 1, 0)]);
        // It was given back after the result was durable.
        let log = shelf.log();
        let stored = log.iter().position(|what| *what == "stored");
        let ended = log.iter().position(|what| *what == "ended");
        assert!(
            stored.is_some() && (ended.is_none() || stored < ended),
            "{log:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cancelled_hands_over() {
    let shelf = Shelf::leased(LEASE);
    let slow = Slow::default();
    let one = kit::runtime(&shelf, slow.clone()).await;
    let other = kit::runtime(&shelf, slow.clone()).await;
    let leader = one.start::<Slow>(20).await.expect("starts");
    let begun = Instant::now();
    while slow.ran.count() == 0 {
        tokio::task::yield_now().await;
    }
    let cancelled = async {
        tokio::time::sleep(Time::from_secs(1)).await;
        leader.cancel();
        leader.outcome().await
    };
    let (cancelled, second) = tokio::join!(cancelled, outcome(&other, 20));
    assert_eq!(cancelled.status, RunStatus::Cancelled);
    assert_eq!(told(&second), came_to("20 2", 1, 0));
    // Without waiting for the lease to end.
    let took = begun.elapsed();
    assert!(took < Time::from_secs(25), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_dies_hands_over_when_its_lease_ends() {
    let shelf = Shelf::leased(LEASE);
    let slow = Slow::default();
    let runtime = kit::runtime(&shelf, slow.clone()).await;
    outcome(&runtime, 1).await;
    let [listing] = &shelf.listed(CacheQuery::default()).await[..] else {
        panic!("one result is stored");
    };
    let mut key = CacheKey([0; 32]);
    for (index, byte) in key.0.iter_mut().enumerate() {
        let digits = &listing.key[index * 2..index * 2 + 2];
        *byte = u8::from_str_radix(digits, 16).expect("hexadecimal digits");
    }
    let storage = runtime.storage();
    storage
        .cache_clear(CacheQuery::default())
        .await
        .expect("clears");
    let led = storage
        .begin_flight(key, "a process that has died", LEASE)
        .await;
    assert!(led.expect("begins"));
    let begun = Instant::now();
    assert_eq!(told(&outcome(&runtime, 1).await), came_to("1 2", 1, 0));
    let took = begun.elapsed();
    // The lease, the computation, and at most a second until it was seen.
    assert!(
        took >= LEASE && took < LEASE + Time::from_secs(3),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn in_one_process_many_runs_compute_a_result_once() {
    for shelf in [Shelf::new(), Shelf::leased(LEASE)] {
        let slow = Slow::default();
        let runtime = Arc::new(kit::runtime(&shelf, slow.clone()).await);
        let runs = (0..20).map(|_| outcome(&runtime, 3));
        let outcomes = futures_util::future::join_all(runs).await;
        assert_eq!(slow.ran.count(), 1);
        assert_eq!(
            outcomes
                .iter()
                .map(|outcome| outcome.steps_cached)
                .sum::<u32>(),
            19
        );
    }
}
