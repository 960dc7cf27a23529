//! Removing runs, and the list of sessions that is left.

use super::{
    append, change, create, delta, entry, head, id, json, paths,
    requests::{ask, open, request},
    session, started,
};
use crate::{
    Commit, Json, MAX_NAME_BYTES, Operation, RequestQuery, RunId, RunInput, RunQuery, RunStatus,
    RunUpdate, SessionKey, SessionListing, Storage, StoreError,
};

async fn end(store: &dyn Storage, run: &RunId, status: RunStatus) {
    let mut end = Commit::new(run.clone(), 1);
    let mut update = RunUpdate::new(status, 9);
    update.output = Some(json("\"done\""));
    end.update = Some(Box::new(update));
    store.commit(end).await.expect("end a run");
}

/// A run that is over goes with all that is recorded of it, and with nothing else; one that is
/// under way stays.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn deletions(store: &dyn Storage) {
    let neighbours = ["run-1", "run-10", "run"].map(id);
    let count = |run: &RunId| change("total", run.as_str(), Operation::Sum { by: json("1") });
    for run in &neighbours {
        store.commit(create(run)).await.expect("create");
        let mut step = append(run, [entry("a#0", "1"), entry("b#0", "2")]);
        step.entries[0].output = Some(json(&format!("\"{}\"", "x".repeat(50_000))));
        let mut asked = request(run, run.as_str(), 1);
        asked.path = "b#0".into();
        step.requests = vec![asked];
        step.state = Some((session("default"), delta([count(run)])));
        store.commit(step).await.expect("a step");
    }
    let run = &neighbours[0];
    let refused = async |status: RunStatus| match store.delete_run(run).await {
        Err(StoreError::RunNotOver { status: told, .. }) => assert_eq!(told, status),
        other => panic!("removed while {status}: {other:?}"),
    };
    refused(RunStatus::Running).await;
    let mut pause = Commit::new(run.clone(), 1);
    pause.update = Some(Box::new(RunUpdate::new(RunStatus::Paused, 2)));
    store.commit(pause).await.expect("pause");
    refused(RunStatus::Paused).await;
    assert_eq!(paths(store, run).await, ["a#0", "b#0"]);

    end(store, run, RunStatus::Failed).await;
    assert!(store.delete_run(run).await.expect("delete"));
    assert!(!store.delete_run(run).await.expect("delete again"));
    assert!(store.run(run).await.expect("run").is_none());
    assert!(store.input(run).await.expect("input").is_none());
    assert_eq!(store.output(run).await.expect("output"), None);
    assert_eq!(paths(store, run).await, [""; 0]);
    assert_eq!(
        open(store, RequestQuery::default()).await,
        ["run", "run-10"]
    );
    for other in &neighbours[1..] {
        assert_eq!(paths(store, other).await, ["a#0", "b#0"]);
    }
    let listed = store.runs(RunQuery::default()).await.expect("runs");
    assert_eq!(listed.len(), 2);
    let state = store.session(&session("default")).await.expect("session");
    assert_eq!(state["total"].value.as_str(), "3");
    let late = store.commit(append(run, [entry("c#0", "1")])).await;
    assert!(matches!(late, Err(StoreError::RunNotFound { .. })));
    let report = store.verify().await.expect("verify");
    assert_eq!((report.runs, report.entries, report.requests), (2, 4, 2));
    assert_eq!(report.problems, [""; 0]);

    // The id is free again, and nothing of the old run comes back with it.
    let mut anew = create(run);
    anew.entries = vec![entry("a#0", "3")];
    assert_eq!(store.commit(anew).await.expect("create again").seq, 1);
    assert_eq!(store.output(run).await.expect("output"), None);
    end(store, run, RunStatus::Completed).await;
    assert!(store.delete_run(run).await.expect("delete"));

    // Nobody has begun a pending run.
    let mut pending = create(run);
    if let Some(create) = &mut pending.create {
        create.0.status = RunStatus::Pending;
    }
    store.commit(pending).await.expect("put down");
    assert!(store.delete_run(run).await.expect("delete"));
    assert!(!store.delete_run(&id("unknown")).await.expect("delete"));
    let report = store.verify().await.expect("verify");
    assert_eq!((report.entries, report.problems.len()), (4, 0));
}

/// Of a deletion and commits at once each comes before or after the other.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn concurrent_deletions(store: &dyn Storage) {
    for round in 0..10 {
        let run = started(store, &format!("run-{round}")).await;
        let entries = (0..50).map(|n| entry(&format!("a#{n}"), "1")).collect();
        let mut first = append(&run, []);
        first.entries = entries;
        store.commit(first).await.expect("steps");
        end(store, &run, RunStatus::Failed).await;
        let mut claim = append(&run, [entry("b#0", "1")]);
        claim.claim = true;
        let (claimed, deleted, again) = futures_util::future::join3(
            store.commit(claim),
            store.delete_run(&run),
            store.delete_run(&run),
        )
        .await;
        match claimed {
            Ok(_) => {
                for result in [deleted, again] {
                    assert!(matches!(result, Err(StoreError::RunNotOver { .. })));
                }
                assert_eq!(paths(store, &run).await.len(), 51);
            }
            Err(StoreError::RunNotFound { .. }) => {
                let deleted = [deleted.expect("delete"), again.expect("delete")];
                assert_eq!(deleted.into_iter().filter(|found| *found).count(), 1);
                assert_eq!(paths(store, &run).await, [""; 0]);
            }
            Err(other) => panic!("a claim of a removed run: {other}"),
        }
    }
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
}

/// Sessions are those that have runs or state.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn sessions(store: &dyn Storage) {
    assert_eq!(store.sessions().await.expect("sessions"), []);
    let long = "s".repeat(MAX_NAME_BYTES - 20);
    let made = [
        ("r-1", "article", "b", 10),
        ("r-2", "article", "b", 30),
        ("r-3", "article", "b", 20),
        ("r-4", "article", "a", 40),
        ("r-5", "digest", &long, 50),
    ];
    for (name, workflow, session, created_at) in made {
        let run = id(name);
        let mut record = head(&run);
        record.workflow = workflow.into();
        record.session = session.into();
        record.created_at = created_at;
        let input = RunInput {
            input: Json::null(),
            state: None,
        };
        let mut commit = create(&run);
        commit.create = Some(Box::new((record, input)));
        let key = SessionKey {
            workflow: workflow.into(),
            session: session.into(),
        };
        let set = |field: &str| change(field, name, Operation::Max { value: json("1") });
        if created_at >= 30 {
            commit.state = Some((key, delta([set("x"), set("y")])));
        }
        store.commit(commit).await.expect("create");
    }
    let only_state = SessionKey {
        workflow: "zebra".into(),
        session: "ü".into(),
    };
    let mut state = append(&id("r-1"), []);
    let set = change("x", "r-1", Operation::Max { value: json("1") });
    state.state = Some((only_state, delta([set])));
    store.commit(state).await.expect("state");

    let listing = |workflow: &str, session: &str, runs, last_run_at, fields| SessionListing {
        workflow: workflow.into(),
        session: session.into(),
        runs,
        last_run_at,
        fields,
    };
    let mut expected = [
        listing("article", "a", 1, 40, 2),
        listing("article", "b", 3, 30, 2),
        listing("digest", &long, 1, 50, 2),
        listing("zebra", "ü", 0, 0, 1),
    ];
    assert_eq!(store.sessions().await.expect("sessions"), expected);

    // State stays when its runs go, and so does the session, whatever the length of its name.
    for run in ["r-2", "r-5"].map(id) {
        end(store, &run, RunStatus::Cancelled).await;
        assert!(store.delete_run(&run).await.expect("delete"));
    }
    (expected[1].runs, expected[1].last_run_at) = (2, 20);
    (expected[2].runs, expected[2].last_run_at) = (0, 0);
    assert_eq!(store.sessions().await.expect("sessions"), expected);
}

/// Requests open and runs go at any moment, and the two never disagree.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn deletions_of_many(store: &dyn Storage) {
    let run = started(store, "large").await;
    for from in (0..3_000).step_by(500) {
        let mut steps = append(&run, []);
        steps.entries = (from..from + 500)
            .map(|n| entry(&format!("map#0[{n}]/a#0"), "1"))
            .collect();
        steps.requests = (from..from + 500)
            .map(|n| request(&run, &format!("q-{n}"), n))
            .collect();
        store.commit(steps).await.expect("steps");
    }
    let small = started(store, "small").await;
    let mut asked = ask(&small, [request(&small, "stays", 1)]);
    asked.entries = vec![entry("confirm#1", "null")];
    store.commit(asked).await.expect("ask");
    assert_eq!(open(store, RequestQuery::default()).await.len(), 3_001);
    end(store, &run, RunStatus::Completed).await;
    assert!(store.delete_run(&run).await.expect("delete"));
    assert_eq!(open(store, RequestQuery::default()).await, ["stays"]);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.runs, report.entries, report.requests), (1, 1, 1));
    assert_eq!(report.problems, [""; 0]);
}
