//! What one commit promises to one run.

use futures_util::future::join_all;

use super::{append, create, entry, head, id, json, paths, said, started};
use crate::{
    CacheMode, Commit, Limits, RecordedError, RunInput, RunStatus, RunUpdate, Storage, StoreError,
    conformance::delta,
};

fn update(status: RunStatus) -> RunUpdate {
    RunUpdate::new(status, 2_000)
}

fn failure() -> RecordedError {
    RecordedError {
        code: "step_failed".into(),
        message: "no luck".to_owned(),
        chain: vec!["the cause".to_owned()],
        retryable: true,
        path: Some("a#0".into()),
        details: Some(json(r#"{"status":503}"#)),
    }
}

/// A run is created once, with its head and its input.
///
/// # Panics
///
/// Where the store does not.
pub async fn creation(store: &dyn Storage) {
    let run = id("run-1");
    let missing = store.commit(append(&run, [entry("a#0", "1")])).await;
    assert!(
        matches!(missing, Err(StoreError::RunNotFound { .. })),
        "{missing:?}"
    );
    assert!(store.run(&run).await.expect("run").is_none());
    assert!(store.input(&run).await.expect("input").is_none());
    assert!(store.output(&run).await.expect("output").is_none());
    assert!(store.journal(&run, 0).await.expect("journal").is_empty());

    let mut first = create(&run);
    let input = RunInput {
        input: json(r#"{"topic":"sled"}"#),
        state: Some(json(r#"{"drafts":2}"#)),
    };
    let mut user = head(&run);
    user.user = Some("ann".into());
    first.create = Some(Box::new((user, input)));
    first.entries = vec![entry("created", "null")];
    let ack = store.commit(first).await.expect("create");
    assert_eq!((ack.seq, ack.first_event, ack.fence), (1, 0, 1));

    let again = store.commit(create(&run)).await;
    assert!(
        matches!(again, Err(StoreError::RunExists { .. })),
        "{again:?}"
    );
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(
        (stored.id, stored.fence, stored.resumes),
        (run.clone(), 1, 0)
    );
    assert_eq!(stored.user.as_deref(), Some("ann"));
    let input = store.input(&run).await.expect("input").expect("an input");
    assert_eq!(input.input.as_str(), r#"{"topic":"sled"}"#);
    assert_eq!(input.state.expect("state").as_str(), r#"{"drafts":2}"#);
    let journal = store.journal(&run, 0).await.expect("journal");
    assert_eq!(&*journal[0].path, "created");
    // An output of `null` is an output.
    assert_eq!(journal[0].output, Some(json("null")));
    assert_eq!(journal[0].input, None);

    // Of many at once, one creates it.
    let other = id("run-2");
    let results = join_all((0..8).map(|_| store.commit(create(&other)))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

/// A commit with another fence than the run's writes nothing.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn fences(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    for fence in [0, 2, u64::MAX] {
        let mut commit = append(&run, [entry("a#0", "1")]);
        commit.fence = fence;
        commit.update = Some(Box::new(update(RunStatus::Completed)));
        match store.commit(commit).await {
            Err(StoreError::Fenced { held, current, .. }) => {
                assert_eq!((held, current), (fence, 1))
            }
            other => panic!("a commit with fence {fence}: {other:?}"),
        }
    }
    assert!(paths(store, &run).await.is_empty());
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(stored.status, RunStatus::Running);
}

/// A claim raises the fence; the owner before it writes nothing more.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn claims(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let mut fail = append(&run, [entry("a#0", "1")]);
    fail.update = Some(Box::new(RunUpdate {
        error: Some(failure()),
        active_micros: 40,
        ..update(RunStatus::Failed)
    }));
    store.commit(fail).await.expect("fail");
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(stored.error, Some(failure()));

    // Of two that claim at once, one gets it.
    let claim = || {
        let mut claim = Commit::new(run.clone(), 1);
        claim.claim = true;
        store.commit(claim)
    };
    let mut results = join_all([claim(), claim()]).await;
    results.sort_by_key(Result::is_err);
    assert_eq!(results[0].as_ref().expect("one claim").fence, 2);
    assert!(matches!(
        results[1],
        Err(StoreError::Fenced {
            held: 1,
            current: 2,
            ..
        })
    ));
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(
        (stored.status, stored.fence, stored.resumes),
        (RunStatus::Running, 2, 1)
    );
    assert_eq!((stored.error, stored.active_micros), (None, 40));

    let late = store.commit(append(&run, [entry("b#0", "1")])).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    let mut next = append(&run, [entry("b#0", "1")]);
    next.fence = 2;
    let ack = store.commit(next).await.expect("the new owner");
    assert_eq!((ack.seq, ack.fence), (2, 2));
}

/// A path is recorded once.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn absent_paths(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let other = started(store, "run-2").await;
    store
        .commit(append(&run, [entry("a#0", "1")]))
        .await
        .expect("a");
    let again = store
        .commit(append(&run, [entry("b#0", "2"), entry("a#0", "2")]))
        .await;
    match again {
        Err(StoreError::AlreadyRecorded { path, .. }) => assert_eq!(&*path, "a#0"),
        other => panic!("a path recorded twice: {other:?}"),
    }
    let twice = store
        .commit(append(&run, [entry("c#0", "1"), entry("c#0", "2")]))
        .await;
    assert!(
        matches!(twice, Err(StoreError::AlreadyRecorded { .. })),
        "{twice:?}"
    );
    assert_eq!(paths(store, &run).await, ["a#0"]);
    store
        .commit(append(&other, [entry("a#0", "1")]))
        .await
        .expect("another run's path");

    // Of many at once, one records it.
    let commits = (0..16).map(|i| store.commit(append(&run, [entry("d#0", &i.to_string())])));
    let results = join_all(commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(paths(store, &run).await, ["a#0", "d#0"]);
}

/// Once one of the paths in `unless` is recorded, the commit is refused whole.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn decided_containers(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let child = |path: &str| {
        let mut commit = append(&run, [entry(path, "1")]);
        commit.unless = vec!["race#0".into(), "outer#0".into()];
        commit.state = Some((
            super::session("default"),
            delta([super::change(
                "drafts",
                path,
                crate::Operation::Sum { by: json("1") },
            )]),
        ));
        commit
    };
    store.commit(child("race#0/a#0")).await.expect("undecided");
    store
        .commit(append(&run, [entry("race#0", "0")]))
        .await
        .expect("decide");
    let late = store.commit(child("race#0/b#0")).await;
    match late {
        Err(StoreError::Decided { path, .. }) => assert_eq!(&*path, "race#0"),
        other => panic!("a late sibling: {other:?}"),
    }
    // The path is looked at before the container.
    let recorded = store.commit(child("race#0/a#0")).await;
    assert!(
        matches!(recorded, Err(StoreError::AlreadyRecorded { .. })),
        "{recorded:?}"
    );
    // Two that would decide it are at it at once: the second finds it decided.
    let mut second = child("race#0/c#0");
    second.entries.push(entry("race#0", "2"));
    let second = store.commit(second).await;
    assert!(
        matches!(second, Err(StoreError::Decided { .. })),
        "{second:?}"
    );
    assert_eq!(paths(store, &run).await, ["race#0/a#0", "race#0"]);
    let state = store
        .session(&super::session("default"))
        .await
        .expect("session");
    assert_eq!(state["drafts"].value.as_str(), "1");
}

/// A superseded entry keeps its place under another path, and its path is free again.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn superseding(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let mut failed = entry("a#0", "1");
    failed.events = vec![said(1), said(2)];
    failed.error = Some(failure());
    store
        .commit(append(&run, [failed, entry("b#0", "2")]))
        .await
        .expect("two");

    let mut claim = Commit::new(run.clone(), 1);
    claim.claim = true;
    claim.supersede = vec!["a#0".into(), "never#0".into(), "a#0".into()];
    // Superseded and recorded again at once: what is superseded is out of the way first.
    claim.entries = vec![entry("a#0", "3")];
    claim.unless = vec!["a#0".into()];
    let ack = store.commit(claim).await.expect("claim");
    assert_eq!((ack.seq, ack.first_event, ack.fence), (3, 2, 2));

    let journal = store.journal(&run, 0).await.expect("journal");
    let told: Vec<_> = journal
        .iter()
        .map(|e| (&*e.path, e.seq, e.superseded))
        .collect();
    assert_eq!(
        told,
        [("a#0~1", 1, true), ("b#0", 2, false), ("a#0", 3, false)]
    );
    assert_eq!(journal[0].events, [said(1), said(2)]);
    assert_eq!(journal[0].error, Some(failure()));
    assert_eq!(journal[2].output, Some(json("3")));

    let mut again = Commit::new(run.clone(), 2);
    again.supersede = vec!["a#0".into()];
    store.commit(again).await.expect("supersede again");
    assert_eq!(paths(store, &run).await, ["a#0~1", "b#0", "a#0~3"]);
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
}

/// Entries are numbered from 1, events from 0, both without gaps, also when many commit at once.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn numbering(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let commits = (0..40_u64).map(|i| {
        let mut first = entry(&format!("a#{i}"), "1");
        first.events = (0..i % 4).map(said).collect();
        let mut second = entry(&format!("b#{i}"), "2");
        second.events = vec![said(i)];
        store.commit(append(&run, [first, second]))
    });
    let mut acks: Vec<_> = join_all(commits)
        .await
        .into_iter()
        .map(|ack| ack.expect("ack"))
        .collect();
    acks.sort_by_key(|ack| ack.seq);
    let journal = store.journal(&run, 0).await.expect("journal");
    assert_eq!(journal.len(), 80);
    let mut events = 0;
    for (entry, seq) in journal.iter().zip(1..) {
        assert_eq!(
            (entry.seq, entry.first_event),
            (seq, events),
            "{}",
            entry.path
        );
        events += entry.events.len() as u64;
    }
    for (ack, pair) in acks.iter().zip(journal.chunks(2)) {
        assert_eq!(
            (ack.seq, ack.first_event),
            (pair[0].seq, pair[0].first_event)
        );
    }
    // A refused commit uses up no number; one without entries tells the next.
    let refused = store.commit(append(&run, [entry("a#0", "1")])).await;
    refused.expect_err("recorded");
    let next = store.commit(append(&run, [])).await.expect("nothing");
    assert_eq!((next.seq, next.first_event), (81, events));

    let tail = store.journal(&run, 79).await.expect("tail");
    assert_eq!(
        tail.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        [79, 80]
    );
    assert!(store.journal(&run, 81).await.expect("tail").is_empty());
}

/// An update changes the head, and the output is beside it.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn updates(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let mut pause = Commit::new(run.clone(), 1);
    pause.update = Some(Box::new(RunUpdate {
        active_micros: 70,
        ..update(RunStatus::Paused)
    }));
    store.commit(pause).await.expect("pause");
    assert!(store.output(&run).await.expect("output").is_none());

    // What it may use changes by itself.
    let mut limit = Commit::new(run.clone(), 1);
    limit.limits = Some(Box::new(Limits {
        steps: Some(3),
        cost: Some(0.1),
        ..Limits::default()
    }));
    store.commit(limit.clone()).await.expect("limits");
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(
        (stored.status, stored.limits),
        (RunStatus::Paused, limit.limits)
    );

    // Still the first owner: a pause does not change the fence.
    let mut end = append(&run, [entry("a#0", "1")]);
    end.update = Some(Box::new(RunUpdate {
        output: Some(json(r#"{"z":1,"a":[0.1]}"#)),
        active_micros: 30,
        at: 3_000,
        ..update(RunStatus::Completed)
    }));
    assert_eq!(store.commit(end).await.expect("end").seq, 1);
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(
        (stored.status, stored.active_micros),
        (RunStatus::Completed, 100)
    );
    assert_eq!(stored.limits.and_then(|limits| limits.steps), Some(3));
    assert_eq!((stored.created_at, stored.updated_at), (1_000, 3_000));
    let output = store
        .output(&run)
        .await
        .expect("output")
        .expect("an output");
    assert_eq!(output.as_str(), r#"{"z":1,"a":[0.1]}"#);

    // How it uses the step cache was said once, and holds for whoever takes it up.
    for (number, mode) in CacheMode::ALL.into_iter().enumerate() {
        let run = id(&format!("cache-{number}"));
        let mut first = create(&run);
        let (head, _) = first.create.as_deref_mut().expect("it creates");
        head.cache = Some(mode);
        store.commit(first).await.expect("create");
        let mut pause = append(&run, [entry("a#0", "1")]);
        pause.update = Some(Box::new(update(RunStatus::Paused)));
        store.commit(pause).await.expect("pause");
        let mut claim = Commit::new(run.clone(), 1);
        claim.claim = true;
        store.commit(claim).await.expect("claim");
        let stored = store.run(&run).await.expect("run").expect("a run");
        assert_eq!(stored.cache, Some(mode));
    }
}

/// A commit that is refused for one of its parts changes nothing.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn atomic_commits(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let session = super::session("default");
    store
        .commit(append(&run, [entry("a#0", "1")]))
        .await
        .expect("a");
    let everything = |expected: Option<&str>| {
        let mut commit = append(&run, [entry("b#0", "2")]);
        commit.claim = true;
        commit.supersede = vec!["a#0".into()];
        commit.state = Some((
            session.clone(),
            delta([
                super::change("sum", "b", crate::Operation::Sum { by: json("1") }),
                super::change(
                    "title",
                    "b",
                    crate::Operation::Set {
                        expected: expected.map(Into::into),
                        value: json("\"t\""),
                    },
                ),
            ]),
        ));
        commit.cache = Some(Box::new(super::lists::fill(7, "draft", None)));
        commit.update = Some(Box::new(RunUpdate {
            output: Some(json("1")),
            ..update(RunStatus::Completed)
        }));
        commit
    };
    let refused = store.commit(everything(Some("what nobody wrote"))).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict(_))),
        "{refused:?}"
    );
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(
        (stored.status, stored.fence, stored.updated_at),
        (RunStatus::Running, 1, 1_000)
    );
    assert_eq!(paths(store, &run).await, ["a#0"]);
    assert!(store.session(&session).await.expect("session").is_empty());
    assert!(store.output(&run).await.expect("output").is_none());
    assert!(
        store
            .cached(super::lists::key(7), 0)
            .await
            .expect("cached")
            .is_none()
    );

    let ack = store.commit(everything(None)).await.expect("accepted");
    assert_eq!((ack.seq, ack.fence), (2, 2));
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!(
        (stored.status, stored.fence, stored.updated_at),
        (RunStatus::Completed, 2, 2_000)
    );
    assert_eq!(paths(store, &run).await, ["a#0~1", "b#0"]);
    assert_eq!(store.session(&session).await.expect("session").len(), 2);
    assert!(store.output(&run).await.expect("output").is_some());
    assert!(
        store
            .cached(super::lists::key(7), 0)
            .await
            .expect("cached")
            .is_some()
    );
}
