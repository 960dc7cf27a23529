//! Expired results that are good for the moment, or better than an error.

use std::{
    sync::{Arc, Mutex},
    time::Duration as Time,
};

use agno::{CacheMode, Error, EventKind, Outcome, RunId, prelude::*};
use tokio::sync::Notify;

use super::kit::{self, Ran, Shelf, came_to, told};

const HOUR: Time = Time::from_secs(3600);

/// What the bodies do, and what they were told.
#[derive(Clone, Default)]
struct World {
    ran: Ran,
    /// From which run of the body on it fails.
    fails_from: Option<u32>,
    /// A body begun in the background says so, and waits.
    begun: Arc<Notify>,
    goes_on: Option<Arc<Notify>>,
    keys: Arc<Mutex<Vec<String>>>,
    asks_memo: bool,
}

#[workflow]
struct News {
    world: World,
}

#[workflow]
impl News {
    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        flow.read(topic).await
    }

    #[step(cache(ttl = "1h", stale_while_revalidate = "10m", stale_if_error = "1d"))]
    async fn read(&self, topic: String, context: &StepContext) -> Result<String> {
        let world = &self.world;
        let number = world.ran.hit();
        world
            .keys
            .lock()
            .expect("no panic")
            .push(context.idempotency_key());
        if world.asks_memo {
            return context
                .memo("part", async {
                    Ok::<_, Error>(format!("{topic} {number}"))
                })
                .await;
        }
        if number > 1
            && let Some(goes_on) = &world.goes_on
        {
            world.begun.notify_one();
            goes_on.notified().await;
        }
        if world.fails_from.is_some_and(|from| number >= from) {
            bail!("the site is down");
        }
        Ok(format!("{topic} {number}"))
    }
}

async fn read(runtime: &Runtime, mode: CacheMode) -> Outcome {
    let start = runtime.start::<News>("rust".to_owned());
    start
        .cache_mode(mode)
        .await
        .expect("starts")
        .outcome()
        .await
}

async fn used(runtime: &Runtime) -> (String, u32, u32) {
    told(&read(runtime, CacheMode::Use).await)
}

/// Whether the run took something stale, and the error that it stands for.
async fn stale_of(shelf: &Shelf, run: &RunId) -> Option<(bool, Option<String>)> {
    let journal = shelf.journal_of(run).await;
    let mut events = journal.into_iter().flat_map(|entry| entry.events);
    events.find_map(|event| match event.kind {
        EventKind::StepCached { stale, error, .. } => {
            Some((stale, error.map(|error| error.message)))
        }
        _ => None,
    })
}

#[tokio::test]
async fn an_expired_result_is_answered_at_once_and_computed_anew_beside_the_run() {
    let shelf = Shelf::new();
    let world = World::default();
    let runtime = kit::runtime(
        &shelf,
        News {
            world: world.clone(),
        },
    )
    .await;
    assert_eq!(used(&runtime).await, came_to("rust 1", 1, 0));
    shelf.pass(HOUR + Time::from_secs(60));
    let stale = read(&runtime, CacheMode::Use).await;
    assert_eq!(told(&stale), came_to("rust 1", 0, 1));
    runtime.cache_idle().await;
    assert_eq!(world.ran.count(), 2);
    assert_eq!(used(&runtime).await, came_to("rust 2", 0, 1));
    assert_eq!(stale_of(&shelf, &stale.run).await, Some((true, None)));

    // It is no part of any run.
    assert_eq!(shelf.runs_of().await.len(), 3);
    let journal = shelf.journal_of(&stale.run).await;
    let steps = journal
        .iter()
        .filter(|entry| entry.kind == agno::EntryKind::Step);
    assert_eq!(steps.count(), 1);
    let keys = world.keys.lock().expect("no panic").clone();
    assert!(
        keys[0].ends_with(":read#0") && keys[1].starts_with("cache:"),
        "{keys:?}"
    );

    // Older than it may be, it is computed in the run.
    shelf.pass(HOUR + Time::from_secs(601));
    assert_eq!(used(&runtime).await, came_to("rust 3", 1, 0));
}

#[tokio::test]
async fn one_at_a_time_computes_a_result_anew() {
    let shelf = Shelf::new();
    let world = World {
        goes_on: Some(Arc::default()),
        ..World::default()
    };
    let runtime = kit::runtime(
        &shelf,
        News {
            world: world.clone(),
        },
    )
    .await;
    used(&runtime).await;
    shelf.pass(HOUR + Time::from_secs(60));
    assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
    world.begun.notified().await;
    for _ in 0..5 {
        assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
    }
    assert_eq!(world.ran.count(), 2);
    world.goes_on.as_ref().expect("it waits").notify_one();
    runtime.cache_idle().await;
    assert_eq!(used(&runtime).await, came_to("rust 2", 0, 1));
}

#[tokio::test]
async fn a_process_that_ends_in_the_middle_has_changed_nothing() {
    let shelf = Shelf::new();
    let world = World {
        goes_on: Some(Arc::default()),
        ..World::default()
    };
    let runtime = kit::runtime(
        &shelf,
        News {
            world: world.clone(),
        },
    )
    .await;
    used(&runtime).await;
    shelf.pass(HOUR + Time::from_secs(60));
    assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
    world.begun.notified().await;
    // While the body works: it is given up, and its context says so.
    drop(runtime);
    let next = World {
        ran: world.ran.clone(),
        ..World::default()
    };
    let runtime = kit::runtime(&shelf, News { world: next }).await;
    assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
    runtime.cache_idle().await;
    assert_eq!(used(&runtime).await, came_to("rust 3", 0, 1));
    world.goes_on.as_ref().expect("it waits").notify_one();
    assert_eq!(world.keys.lock().expect("no panic").len(), 2);
}

#[test]
fn a_crash_while_the_new_result_is_stored_leaves_nothing_that_is_half_written() {
    let shelf = Shelf::new();
    let world = World::default();
    let process = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("threads")
    };
    let first = process();
    first.block_on(async {
        let runtime = kit::runtime(
            &shelf,
            News {
                world: world.clone(),
            },
        )
        .await;
        used(&runtime).await;
        shelf.pass(HOUR + Time::from_secs(60));
        shelf.hold_imports();
        assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
        // Until the body has run, and its result waits for the store.
        while world.ran.count() < 2 {
            tokio::task::yield_now().await;
        }
    });
    drop(first);
    process().block_on(async {
        let runtime = kit::runtime(
            &shelf,
            News {
                world: world.clone(),
            },
        )
        .await;
        assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
        let verified = runtime.storage().verify().await.expect("reads");
        assert!(verified.problems.is_empty(), "{:?}", verified.problems);
        assert_eq!(shelf.outputs().await, 1);
    });
}

#[tokio::test]
async fn a_step_with_memos_is_computed_in_its_runs_once_that_is_known() {
    let shelf = Shelf::new();
    let world = World {
        asks_memo: true,
        ..World::default()
    };
    let runtime = kit::runtime(
        &shelf,
        News {
            world: world.clone(),
        },
    )
    .await;
    assert_eq!(used(&runtime).await, came_to("rust 1", 1, 0));
    shelf.pass(HOUR + Time::from_secs(60));
    assert_eq!(used(&runtime).await, came_to("rust 1", 0, 1));
    runtime.cache_idle().await;
    // It began, asked for a memo, and was given up.
    assert_eq!(world.ran.count(), 2);
    assert_eq!(used(&runtime).await, came_to("rust 3", 1, 0));
    assert_eq!(used(&runtime).await, came_to("rust 3", 0, 1));
}

#[tokio::test]
async fn a_stale_result_takes_the_place_of_an_error() {
    let shelf = Shelf::new();
    let world = World {
        fails_from: Some(2),
        ..World::default()
    };
    let runtime = kit::runtime(
        &shelf,
        News {
            world: world.clone(),
        },
    )
    .await;
    assert_eq!(used(&runtime).await, came_to("rust 1", 1, 0));
    shelf.pass(HOUR + 2 * HOUR);
    let outcome = read(&runtime, CacheMode::Use).await;
    assert_eq!(
        (told(&outcome).0, outcome.steps_cached),
        ("rust 1".to_owned(), 1)
    );
    assert_eq!(world.ran.count(), 2);
    let stale = stale_of(&shelf, &outcome.run).await;
    assert_eq!(stale, Some((true, Some("the site is down".to_owned()))));
    // Who asks for a new one hears of the error.
    let refreshed = read(&runtime, CacheMode::Refresh).await;
    assert_eq!(told(&refreshed).0, "step_failed");
    shelf.pass(24 * HOUR);
    assert_eq!(used(&runtime).await.0, "step_failed");
}
