//! Several processes and one database: each store here is one of them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use agno_storage::{
    CacheEntry, CacheFill, CacheKey, Commit, FieldChange, Operation, PostgresStorage, RunStatus,
    SessionKey, StateDelta, Storage, StoreError,
};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::kit::{
    assert_sound, claim, client, create, empty, id, json, options, schema, started, step, url,
};

/// Long enough for anything but a hint that does not come.
const PATIENCE: Duration = Duration::from_secs(30);

async fn two(url: &str) -> (Arc<PostgresStorage>, Arc<PostgresStorage>) {
    let (one, schema) = empty(url).await;
    let other = options(url, &schema).open().await.expect("open");
    (one, Arc::new(other))
}

/// A commit of everything that a commit can write.
fn everything(commit: &mut Commit) {
    let key = SessionKey {
        workflow: "article".into(),
        session: "default".into(),
    };
    let change = FieldChange {
        field: "total".into(),
        by: "zombie".into(),
        initial: None,
        operation: Operation::Sum { by: json("1") },
    };
    commit.state = Some((
        key,
        StateDelta {
            changes: vec![change],
        },
    ));
    commit.cache = Some(Box::new(CacheFill {
        key: CacheKey([7; 32]),
        entry: CacheEntry {
            workflow: "article".into(),
            step: "step".into(),
            run: id("run"),
            output: json("1"),
            stored_at: 1,
            expires_at: None,
            tags: Vec::new(),
            parts: None,
        },
    }));
    let update = agno_storage::RunUpdate::new(RunStatus::Completed, 5);
    commit.update = Some(Box::new(update));
}

#[tokio::test]
async fn an_owner_of_old_writes_nothing() {
    let Some(url) = url() else { return };
    let (one, other) = two(&url).await;
    let run = started(&*one, "run").await;
    one.release(vec![(run.clone(), 1)]).await.expect("release");
    assert_eq!(other.commit(claim(&run, 1)).await.expect("claim").fence, 2);
    let mut zombie = step(&run, 1, 0);
    everything(&mut zombie);
    match one.commit(zombie).await {
        Err(StoreError::Fenced { held, current, .. }) => assert_eq!((held, current), (1, 2)),
        result => panic!("a zombie: {result:?}"),
    }
    assert!(one.journal(&run, 0).await.expect("journal").is_empty());
    let head = one.run(&run).await.expect("read").expect("a run");
    assert_eq!(head.status, RunStatus::Running);
    let stats = one.stats().await.expect("stats");
    assert_eq!((stats.fields, stats.cached), (0, 0));

    let mut owner = step(&run, 2, 0);
    everything(&mut owner);
    assert_eq!(other.commit(owner).await.expect("the owner").seq, 1);
    let stats = one.stats().await.expect("stats");
    assert_eq!((stats.fields, stats.cached, stats.entries), (1, 1, 1));
}

#[tokio::test]
async fn who_holds_a_run_is_told() {
    let Some(url) = url() else { return };
    let (one, other) = two(&url).await;
    let run = started(&*one, "run").await;
    match other.commit(claim(&run, 1)).await {
        Err(StoreError::Leased { holder, left, .. }) => {
            let pid = format!(", pid {} on ", std::process::id());
            assert!(
                holder.starts_with("postgres-") && holder.contains(&pid),
                "{holder}"
            );
            assert!(
                left <= Duration::from_secs(20) && left > Duration::ZERO,
                "{left:?}"
            );
        }
        result => panic!("it is held: {result:?}"),
    }
}

/// A decision that another process makes while a commit waits for it is seen by that commit.
#[tokio::test]
async fn a_commit_that_waited_sees_what_was_decided_meanwhile() {
    let Some(url) = url() else { return };
    let (one, schema) = empty(&url).await;
    let mut client = client(&url).await;
    for round in 0..5 {
        let run = started(&*one, &format!("run-{round}")).await;
        // Another process is in the middle of a commit: it has the head, and has decided the race.
        let transaction = client.transaction().await.expect("begin");
        let decide = format!(
            "update {schema}.agno_run set version = version + 1, last_seq = 1 where id = '{run}'; \
             insert into {schema}.agno_entry values ('{run}', 1, 'race#0', false, 0, 0, '', 0)"
        );
        transaction.batch_execute(&decide).await.expect("decide");
        let mut late = step(&run, 1, 0);
        late.unless = vec!["race#0".into()];
        let store = one.clone();
        let late = tokio::spawn(async move { store.commit(late).await });
        let waits =
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like $1";
        let query = format!("%{schema}%");
        while transaction
            .query(waits, &[&query])
            .await
            .expect("look")
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        transaction.commit().await.expect("commit");
        match late.await.expect("no panic") {
            Err(StoreError::Decided { path, .. }) => assert_eq!(&*path, "race#0"),
            result => panic!("a late sibling: {result:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_workers_claim_four_thousand_runs_and_none_twice() {
    let Some(url) = url() else { return };
    const RUNS: usize = 4_000;
    let (one, schema) = empty(&url).await;
    let runs: Vec<_> = (0..RUNS).collect();
    for some in runs.chunks(200) {
        let created = some
            .iter()
            .map(|n| create(&id(&format!("run-{n}")), RunStatus::Pending));
        for ack in join_all(created.map(|commit| one.commit(commit))).await {
            ack.expect("put down");
        }
    }
    let workers = (0..8).map(|_| {
        let open = options(&url, &schema).connections(2).open();
        tokio::spawn(async move {
            let store = open.await.expect("open");
            let (mut mine, mut missed) = (Vec::new(), 0);
            loop {
                let due = store.due(1, 40).await.expect("what is due").runs;
                if due.is_empty() {
                    return (mine, missed);
                }
                for run in due {
                    match store.commit(claim(&run.id, run.fence)).await {
                        Ok(_) => mine.push(run.id),
                        Err(StoreError::Fenced { .. } | StoreError::Leased { .. }) => missed += 1,
                        Err(other) => panic!("a claim: {other}"),
                    }
                }
            }
        })
    });
    let mut claimed = HashMap::new();
    let mut missed = 0;
    for worker in join_all(workers.collect::<Vec<_>>()).await {
        let (mine, others) = worker.expect("a worker");
        missed += others;
        for run in mine {
            *claimed.entry(run).or_insert(0) += 1;
        }
    }
    println!("{missed} of {} claims came second", RUNS + missed);
    assert_eq!(claimed.len(), RUNS);
    assert!(
        missed < RUNS,
        "workers that ask at once go different ways: {missed}"
    );
    assert!(claimed.values().all(|times| *times == 1));
    let heads = one.runs(Default::default()).await.expect("runs");
    assert!(
        heads
            .iter()
            .all(|head| (head.fence, head.resumes) == (2, 1))
    );
}

#[tokio::test]
async fn one_at_a_time_computes_a_result() {
    let Some(url) = url() else { return };
    let (one, other) = two(&url).await;
    let key = CacheKey([1; 32]);
    let long = Duration::from_secs(60);
    assert!(one.begin_flight(key, "a", long).await.expect("begin"));
    assert!(one.begin_flight(key, "a", long).await.expect("again"));
    assert!(!other.begin_flight(key, "b", long).await.expect("begin"));
    assert!(
        other
            .begin_flight(CacheKey([2; 32]), "b", long)
            .await
            .expect("another key")
    );
    other.end_flight(key, "b").await.expect("not its own");
    assert!(!other.begin_flight(key, "b", long).await.expect("begin"));
    one.end_flight(key, "a").await.expect("end");
    let short = Duration::from_millis(50);
    assert!(other.begin_flight(key, "b", short).await.expect("begin"));
    // Who does not come back loses it.
    let taken = timeout(PATIENCE, async {
        while !one.begin_flight(key, "a", long).await.expect("begin") {
            tokio::time::sleep(short).await;
        }
    });
    taken.await.expect("its lease ends");
    let all = (0..16).map(|n| {
        let store = if n % 2 == 0 { &one } else { &other };
        async move {
            store
                .begin_flight(CacheKey([3; 32]), &format!("c-{n}"), long)
                .await
        }
    });
    let won = join_all(all)
        .await
        .into_iter()
        .filter(|won| matches!(won, Ok(true)));
    assert_eq!(won.count(), 1);
}

#[tokio::test]
async fn others_hear_of_what_is_new_also_after_their_connection_broke() {
    let Some(url) = url() else { return };
    let schema = schema();
    let one = options(&url, &schema).open().await.expect("open");
    let named = format!("{url}?application_name=listens");
    let other = options(&named, &schema).open().await.expect("open");
    // The first is that it listens now.
    timeout(PATIENCE, other.changed()).await.expect("listens");
    for number in 0..3 {
        let heard = other.changed();
        let run = id(&format!("run-{number}"));
        one.commit(create(&run, RunStatus::Pending))
            .await
            .expect("put down");
        timeout(PATIENCE, heard).await.expect("hears of it");
    }
    let broken = other.changed();
    let terminate = "select pg_terminate_backend(pid) from pg_stat_activity \
                     where application_name = 'listens'";
    client(&url)
        .await
        .batch_execute(terminate)
        .await
        .expect("terminate");
    timeout(PATIENCE, broken).await.expect("listens again");
    let heard = other.changed();
    let run = started(&one, "run").await;
    one.release(vec![(run, 1)]).await.expect("release");
    timeout(PATIENCE, heard).await.expect("hears of it");
    assert_sound(&one).await;
}
