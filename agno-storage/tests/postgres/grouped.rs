//! Commits of many runs at once, which share statements.

use std::{sync::Arc, time::Duration};

use agno_storage::{PostgresStorage, RunId, RunStatus, Storage, StoreError};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::kit::{assert_sound, claim, client, end, options, schema, started, step, url};

/// More than wait for one group.
const RUNS: usize = 200;
const STEPS: usize = 12;

/// With one connection all but the first of those that commit at once have to wait.
async fn narrow(url: &str, schema: &str) -> Arc<PostgresStorage> {
    let options = options(url, schema).connections(1);
    Arc::new(options.open().await.expect("open"))
}

async fn runs(store: &PostgresStorage) -> Vec<RunId> {
    let names: Vec<_> = (0..RUNS).map(|run| format!("run-{run}")).collect();
    join_all(names.iter().map(|name| started(store, name))).await
}

async fn paths(store: &PostgresStorage, run: &RunId) -> Vec<String> {
    let journal = store.journal(run, 0).await.expect("journal");
    let numbers: Vec<_> = journal.iter().map(|entry| entry.seq).collect();
    let all: Vec<_> = (1..=journal.len() as u64).collect();
    assert_eq!(numbers, all, "{run}");
    journal.iter().map(|entry| entry.path.to_string()).collect()
}

fn all_paths() -> Vec<String> {
    (0..STEPS).map(|number| format!("step#{number}")).collect()
}

#[tokio::test]
async fn each_run_gets_the_numbers_of_its_own() {
    let Some(url) = url() else { return };
    let schema = schema();
    let store = narrow(&url, &schema).await;
    let runs = runs(&store).await;
    join_all(runs.iter().map(async |run| {
        for number in 0..STEPS {
            let ack = store.commit(step(run, 1, number)).await.expect("a step");
            assert_eq!((ack.seq, ack.fence), (number as u64 + 1, 1), "{run}");
        }
    }))
    .await;
    for run in &runs {
        assert_eq!(paths(&store, run).await, all_paths());
    }
    let transactions = format!("select count(distinct xmin::text) from {schema}.agno_entry");
    let row = client(&url).await.query_one(&transactions, &[]).await;
    let transactions: i64 = row.expect("a count").get(0);
    let commits = (RUNS * STEPS) as i64;
    assert!(transactions < commits / 4, "{transactions} of {commits}");
    assert_sound(&*store).await;
}

/// What is refused in a group is refused as it would be alone, and takes nobody with it.
#[tokio::test]
async fn who_is_refused_is_told_why_and_the_others_are_written() {
    let Some(url) = url() else { return };
    let schema = schema();
    let (store, other) = (narrow(&url, &schema).await, narrow(&url, &schema).await);
    let runs = runs(&store).await;
    let refused = |place: usize| match place % 10 {
        3 => Some("fenced"),
        5 => Some("recorded"),
        7 => Some("gone"),
        _ => None,
    };
    for (place, run) in runs.iter().enumerate() {
        match refused(place) {
            Some("fenced") => {
                let held = vec![(run.clone(), 1)];
                store.release(held).await.expect("release");
                other.commit(claim(run, 1)).await.expect("claim");
            }
            Some("recorded") => {
                other.commit(step(run, 1, 0)).await.expect("a step");
            }
            Some(_) => {
                let ended = end(run, 1, RunStatus::Cancelled);
                other.commit(ended).await.expect("end");
                assert!(other.delete_run(run).await.expect("delete"));
            }
            None => {}
        }
    }
    let commits = runs.iter().map(|run| store.commit(step(run, 1, 0)));
    let results = join_all(commits).await;
    for (place, (run, result)) in runs.iter().zip(results).enumerate() {
        match (refused(place), result) {
            (None, Ok(ack)) => assert_eq!(ack.seq, 1),
            (
                Some("fenced"),
                Err(StoreError::Fenced {
                    held: 1, current, ..
                }),
            ) => {
                assert_eq!(current, 2);
                assert!(paths(&store, run).await.is_empty());
            }
            (Some("recorded"), Err(StoreError::AlreadyRecorded { path, .. })) => {
                assert_eq!(&*path, "step#0");
            }
            (Some("gone"), Err(StoreError::RunNotFound { .. })) => {}
            (expected, result) => panic!("{run}: {expected:?}, but {result:?}"),
        }
    }
    assert_sound(&*store).await;
}

/// Somebody is in the middle of a transaction with one run: the others do not wait for it.
#[tokio::test]
async fn a_run_that_is_locked_holds_up_no_other() {
    let Some(url) = url() else { return };
    let schema = schema();
    let options = options(&url, &schema).connections(3);
    let store = options.open().await.expect("open");
    let runs = runs(&store).await;
    let mut client = client(&url).await;
    let transaction = client.transaction().await.expect("begin");
    let lock = format!("select 1 from {schema}.agno_run where id = $1 for update");
    let locked = runs[RUNS / 2].to_string();
    transaction.query(&lock, &[&locked]).await.expect("lock");
    let (waits, others): (Vec<_>, Vec<_>) = runs.iter().partition(|run| run.as_str() == locked);
    let late = store.commit(step(waits[0], 1, 0));
    let rest = join_all(others.iter().map(async |run| {
        for number in 0..STEPS {
            store.commit(step(run, 1, number)).await.expect("a step");
        }
    }));
    // It is polled first, and is still waiting when the others are done.
    let mut late = Box::pin(late);
    tokio::select! {
        biased;
        result = &mut late => panic!("it is locked: {result:?}"),
        _ = rest => {}
    }
    transaction.commit().await.expect("commit");
    assert_eq!(late.await.expect("a step").seq, 1);
    assert_sound(&store).await;
}

/// Callers that are dropped at any moment: what they asked for is written once or not at all.
#[tokio::test]
async fn a_commit_that_is_given_up_is_never_written_twice() {
    let Some(url) = url() else { return };
    let store = narrow(&url, &schema()).await;
    let runs = runs(&store).await;
    join_all(runs.iter().enumerate().map(async |(place, run)| {
        let mut patience = Duration::from_micros(50 * (place as u64 + 1));
        for number in 0..STEPS {
            // Again, until it is known to be there.
            loop {
                let commit = store.commit(step(run, 1, number));
                match timeout(patience, commit).await {
                    Ok(Ok(_) | Err(StoreError::AlreadyRecorded { .. })) => break,
                    Ok(Err(error)) => panic!("{run}: {error}"),
                    Err(_) => patience *= 2,
                }
            }
        }
    }))
    .await;
    for run in &runs {
        assert_eq!(paths(&store, run).await, all_paths());
    }
    assert_sound(&*store).await;
}
