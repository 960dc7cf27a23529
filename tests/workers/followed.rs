//! Looking on at a run that another process has.

use std::time::Duration;

use agno::{EventKind, EventStream, NumberedEvent, RunStatus};
use tokio::time::{Instant, sleep, timeout};

use crate::kit::{Job, LEASE, LOOK, PATIENCE, Ran, World, id, put_down, until, until_status};

fn job(seconds: u64) -> Job {
    Job {
        ran: Ran::default(),
        time: Duration::from_secs(seconds),
    }
}

/// All that is told, to its end.
async fn told(mut events: EventStream) -> Vec<NumberedEvent> {
    let all = async {
        let mut told = Vec::new();
        while let Some(event) = events.next().await.expect("reads") {
            told.push(event);
        }
        told
    };
    timeout(PATIENCE, all).await.expect("it ends")
}

fn completed(told: &[NumberedEvent]) -> usize {
    let is_end =
        |event: &&NumberedEvent| matches!(event.event.kind, EventKind::StepCompleted { .. });
    told.iter().filter(is_end).count()
}

#[tokio::test(start_paused = true)]
async fn a_run_is_followed_from_one_process_to_the_next_and_to_its_end() {
    let world = World::new();
    let job = job(20);
    let desk = world.runtime(job.clone()).await;
    let first = world.worker(job.clone()).await;
    put_down::<Job>(&desk, "r", 4).await;
    until("it is taken up", async || !first.taken().is_empty()).await;
    let following = tokio::spawn(told(desk.follow(&id("r"), 0)));
    sleep(Duration::from_secs(30)).await;
    let details = desk.inspect(&id("r")).await.expect("a run");
    assert!(!details.is_active);
    let holder = details.held_by.expect("somebody has it");
    assert!(holder.contains("process"), "{holder}");
    let second = world.worker(job.clone()).await;
    first.die();
    until_status(&desk, "r", RunStatus::Completed).await;
    assert_eq!(second.taken().len(), 1);
    let told = following.await.expect("no panic");
    let details = desk.inspect(&id("r")).await.expect("a run");
    assert_eq!(details.held_by, None);
    // Each once, in order, and nothing left out.
    let numbers =
        |events: &[NumberedEvent]| -> Vec<_> { events.iter().map(|event| event.number).collect() };
    assert_eq!(numbers(&told), numbers(&details.events()));
    assert_eq!(completed(&told), 4);
    let last = &told.last().expect("it ended").event.kind;
    assert!(matches!(last, EventKind::RunEnded { .. }), "{last:?}");
    // Who comes back goes on after what it saw; a handle of the run tells the same.
    let handle = desk.attach(&id("r")).await.expect("a run");
    let rest = self::told(handle.events_from(3)).await;
    assert_eq!(numbers(&rest), numbers(&told)[3..]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_told_soon() {
    let world = World::new();
    let job = job(10);
    let owner = world.runtime(job.clone()).await;
    let desk = world.runtime(job.clone()).await;
    let begun = Instant::now();
    let run = owner.start::<Job>(3).run_id("r").await.expect("starts");
    sleep(Duration::from_secs(1)).await;
    let mut events = desk.follow(&id("r"), 0);
    let mut parts = 0;
    while let Some(event) = events.next().await.expect("reads") {
        if let EventKind::StepCompleted { .. } = event.event.kind {
            parts += 1;
            let late = begun.elapsed() - job.time * parts;
            assert!(late <= LOOK, "{late:?}");
        }
    }
    assert_eq!(parts, 3);
    assert_eq!(run.await.expect("completes"), 6);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_goes_on_with_has_stopped() {
    let world = World::new();
    let job = job(100);
    let desk = world.runtime(job.clone()).await;
    let first = world.worker(job.clone()).await;
    put_down::<Job>(&desk, "r", 1).await;
    until("it is taken up", async || !first.taken().is_empty()).await;
    let following = tokio::spawn(told(desk.follow(&id("r"), 0)));
    first.die();
    let died = Instant::now();
    let told = following.await.expect("no panic");
    assert_eq!(completed(&told), 0);
    assert!(!told.is_empty());
    // Somebody may have taken it until then.
    assert!(died.elapsed() > LEASE, "{:?}", died.elapsed());
    assert!(died.elapsed() < LEASE * 2, "{:?}", died.elapsed());
    let mut none = desk.follow(&id("missing"), 0);
    assert!(none.next().await.expect("reads").is_none());
}
