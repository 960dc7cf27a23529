//! Connections that break and servers that die: nothing acknowledged is lost, nothing is written twice.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use agno_storage::{
    Commit, FieldChange, Operation, PostgresOptions, PostgresStorage, RunId, RunStatus, SessionKey,
    StateDelta, Storage,
};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{
    kit::{assert_sound, client, create, empty, id, json, schema, started, step, url},
    server::Server,
};

const WRITERS: usize = 8;

fn session() -> SessionKey {
    SessionKey {
        workflow: "article".into(),
        session: "default".into(),
    }
}

/// A step; every other one adds one to the session's total.
fn counted(run: &RunId, number: usize) -> Commit {
    let mut commit = step(run, 1, number);
    if number % 2 == 1 {
        let sum = FieldChange {
            field: "total".into(),
            by: run.as_str().into(),
            initial: None,
            operation: Operation::Sum { by: json("1") },
        };
        commit.state = Some((session(), StateDelta { changes: vec![sum] }));
    }
    commit
}

/// The steps that a run's journal has, each of them once.
async fn recorded(store: &dyn Storage, run: &RunId) -> usize {
    let journal = store.journal(run, 0).await.expect("journal");
    let paths: HashSet<_> = journal.iter().map(|entry| entry.path.clone()).collect();
    assert_eq!(paths.len(), journal.len(), "no path is twice in {run}");
    for (entry, seq) in journal.iter().zip(1..) {
        assert_eq!(entry.seq, seq, "numbers of {run}");
    }
    journal.len()
}

async fn total(store: &dyn Storage) -> usize {
    let state = store.session(&session()).await.expect("session");
    let total = state.get("total").map(|total| total.value.decode());
    total.map_or(0, |total| total.expect("a number"))
}

/// Writes steps until `stop`; answers how many were acknowledged. Each commit has to succeed in the end.
async fn write(
    store: Arc<PostgresStorage>,
    run: RunId,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
) -> usize {
    let created = store.commit(create(&run, RunStatus::Running)).await;
    created.expect("create a run");
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let ack = store.commit(counted(&run, number)).await;
        let ack = ack.unwrap_or_else(|error| panic!("step {number} of {run}: {error}"));
        number += 1;
        assert_eq!(ack.seq, number as u64, "{run}");
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    number
}

/// Starts writers, does `disturb` each time so many more commits are acknowledged, and checks what is left.
async fn under_way(store: Arc<PostgresStorage>, rounds: usize, mut disturb: impl AsyncFnMut()) {
    let (stop, acknowledged) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let writers = (0..WRITERS).map(|writer| {
        let run = id(&format!("run-{writer}"));
        tokio::spawn(write(
            store.clone(),
            run,
            stop.clone(),
            acknowledged.clone(),
        ))
    });
    let writers: Vec<_> = writers.collect();
    for _ in 0..rounds {
        let before = acknowledged.load(Ordering::Relaxed);
        while acknowledged.load(Ordering::Relaxed) < before + 40 {
            assert!(
                !writers.iter().any(|writer| writer.is_finished()),
                "a writer failed"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        disturb().await;
    }
    let before = acknowledged.load(Ordering::Relaxed);
    while acknowledged.load(Ordering::Relaxed) < before + 40 {
        assert!(
            !writers.iter().any(|writer| writer.is_finished()),
            "a writer failed"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut sum = 0;
    for (writer, steps) in join_all(writers).await.into_iter().enumerate() {
        let steps = steps.expect("a writer");
        assert_eq!(
            recorded(&*store, &id(&format!("run-{writer}"))).await,
            steps
        );
        sum += steps / 2;
    }
    assert_eq!(
        total(&*store).await,
        sum,
        "no change of the state is lost or done twice"
    );
    assert_sound(&*store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_of_the_server_under_writers_loses_nothing() {
    let Some(server) = Server::durable() else {
        return;
    };
    let server = Arc::new(server);
    let options = PostgresOptions::new(server.url()).connections(WRITERS);
    let store = options.open().await.expect("open");
    under_way(Arc::new(store), 4, async || {
        let server = server.clone();
        let restarted = tokio::task::spawn_blocking(move || server.kill_and_restart());
        restarted.await.expect("restarted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_connections_lose_nothing() {
    let Some(url) = url() else { return };
    let client = client(&url).await;
    let named = format!("{url}?application_name=terminated");
    let options = PostgresOptions::new(named)
        .schema(schema())
        .connections(WRITERS);
    let store = options.open().await.expect("open");
    let terminate = "select pg_terminate_backend(pid) from pg_stat_activity \
                     where application_name = 'terminated'";
    under_way(Arc::new(store), 30, async || {
        client.batch_execute(terminate).await.expect("terminate");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_commit_is_done_or_not_and_breaks_no_connection() {
    let Some(url) = url() else { return };
    let options = PostgresOptions::new(&url).schema(schema()).connections(2);
    let store = options.open().await.expect("open");
    let run = started(&store, "run").await;
    for number in 0..400 {
        // From before it is sent to after its answer.
        let patience = Duration::from_micros(number as u64 * 10);
        let dropped = timeout(patience, store.commit(counted(&run, number))).await;
        if let Ok(acknowledged) = dropped {
            acknowledged.expect("the connection is whole");
        }
    }
    // Statements under way end before a commit that comes after them.
    store
        .commit(step(&run, 1, 1000))
        .await
        .expect("the store is whole");
    let journal = store.journal(&run, 0).await.expect("journal");
    let odd = |path: &str| {
        let number = path.trim_start_matches("step#").parse::<usize>();
        number.is_ok_and(|number| number % 2 == 1)
    };
    let counted = journal.iter().filter(|entry| odd(&entry.path)).count();
    assert!(counted > 0, "some were done");
    assert_eq!(total(&store).await, counted);
    recorded(&store, &run).await;
    assert_sound(&store).await;
}

#[tokio::test]
async fn more_callers_than_connections_wait_for_their_turn() {
    let Some(url) = url() else { return };
    let (store, _) = empty(&url).await;
    let runs = join_all((0..200).map(|number| {
        let store = store.clone();
        async move {
            let run = started(&*store, &format!("run-{number}")).await;
            store.commit(step(&run, 1, 0)).await.expect("a step");
        }
    }));
    runs.await;
    assert_eq!(store.stats().await.expect("stats").entries, 200);
}
