//! The step cache, lists of runs, and the limits of what a store takes.

use std::time::Duration;

use super::{append, change, create, delta, entry, head, id, json, paths, session, started};
use crate::{
    CacheEntry, CacheFill, CacheKey, CacheQuery, Commit, Json, Limits, MAX_NAME_BYTES,
    MAX_VALUE_BYTES, Operation, Parent, RequestQuery, RunId, RunInput, RunQuery, RunStatus,
    RunUpdate, Storage, StoreError, StoreResult,
};

pub(super) fn key(n: u8) -> CacheKey {
    CacheKey([n; 32])
}

pub(super) fn fill(n: u8, step: &str, expires_at: Option<u64>) -> CacheFill {
    CacheFill {
        key: key(n),
        entry: CacheEntry {
            workflow: if n < 10 { "article" } else { "digest" }.into(),
            step: step.into(),
            run: id("run-1"),
            output: json(&format!("[{n}]")),
            stored_at: u64::from(n),
            expires_at,
            tags: Vec::new(),
            parts: None,
        },
    }
}

/// Who computes a cached result may say so again, and leaves it to the next when it is done.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn flights(store: &dyn Storage) {
    let begin = async |holder| {
        let begun = store.begin_flight(key(1), holder, Duration::from_secs(600));
        begun.await.expect("begin")
    };
    assert!(begin("one").await);
    assert!(begin("one").await, "it has it already");
    store.end_flight(key(1), "one").await.expect("end");
    store.end_flight(key(1), "one").await.expect("end again");
    assert!(begin("other").await, "nobody has it");
}

/// A cached result is there until it expires, is replaced, listed and cleared.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn cache(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let put = async |fill: CacheFill| {
        let mut commit = Commit::new(run.clone(), 1);
        commit.cache = Some(Box::new(fill));
        store.commit(commit).await.expect("fill the cache");
    };
    put(fill(1, "search", None)).await;
    put(fill(2, "search", Some(100))).await;
    put(fill(3, "draft", Some(200))).await;
    put(fill(11, "search", Some(300))).await;
    assert!(store.cached(key(9), 0).await.expect("cached").is_none());
    assert!(
        store
            .cached(key(1), u64::MAX)
            .await
            .expect("cached")
            .is_some()
    );
    let hit = store
        .cached(key(2), 99)
        .await
        .expect("cached")
        .expect("a hit");
    assert_eq!(
        (hit.output.as_str(), hit.expires_at, &*hit.step),
        ("[2]", Some(100), "search")
    );
    assert!(store.cached(key(2), 100).await.expect("cached").is_none());

    let list = async |query: CacheQuery| {
        let list = store.cache_list(query).await.expect("list");
        let mut keys: Vec<_> = list.into_iter().map(|listing| listing.key).collect();
        keys.sort();
        keys
    };
    let hex = |keys: &[u8]| keys.iter().map(|n| key(*n).to_hex()).collect::<Vec<_>>();
    let search = CacheQuery {
        workflow: Some("article".into()),
        step: Some("search".into()),
        ..CacheQuery::default()
    };
    let expired = CacheQuery {
        expired_at: Some(200),
        ..CacheQuery::default()
    };
    assert_eq!(list(CacheQuery::default()).await, hex(&[1, 2, 3, 11]));
    assert_eq!(list(search.clone()).await, hex(&[1, 2]));
    assert_eq!(list(expired.clone()).await, hex(&[2, 3]));

    let big = format!("\"{}\"", "b".repeat(50_000));
    let mut replacement = fill(3, "draft", None);
    replacement.entry.output = json(&big);
    put(replacement).await;
    let listed = store.cache_list(CacheQuery::default()).await.expect("list");
    let draft = listed
        .iter()
        .find(|l| &*l.step == "draft")
        .expect("the draft");
    assert_eq!((draft.bytes, draft.expires_at), (big.len(), None));
    put(fill(3, "draft", Some(200))).await;
    let hit = store
        .cached(key(3), 0)
        .await
        .expect("cached")
        .expect("a hit");
    assert_eq!(hit.output.as_str(), "[3]");

    assert_eq!(store.cache_clear(expired).await.expect("clear"), 2);
    assert_eq!(list(CacheQuery::default()).await, hex(&[1, 11]));
    assert_eq!(store.cache_clear(search).await.expect("clear"), 1);
    assert_eq!(
        store
            .cache_clear(CacheQuery::default())
            .await
            .expect("clear"),
        1
    );
    assert_eq!(
        store
            .cache_clear(CacheQuery::default())
            .await
            .expect("clear"),
        0
    );
    let report = store.verify().await.expect("verify");
    assert_eq!((report.problems.len(), report.cached), (0, 0));
}

/// Runs are listed newest first, by workflow, session, status and beginning of their id.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn runs(store: &dyn Storage) {
    let made = [
        ("a-1", "article", "s", 10),
        ("a-2", "article", "t", 30),
        ("b-1", "digest", "s", 20),
    ];
    for (name, workflow, session, created_at) in made {
        let run = id(name);
        let mut record = head(&run);
        record.workflow = workflow.into();
        record.session = session.into();
        record.created_at = created_at;
        let mut commit = create(&run);
        let input = RunInput {
            input: Json::null(),
            state: None,
        };
        commit.create = Some(Box::new((record, input)));
        store.commit(commit).await.expect("create");
    }
    let mut end = Commit::new(id("b-1"), 1);
    end.update = Some(Box::new(RunUpdate::new(RunStatus::Cancelled, 40)));
    store.commit(end).await.expect("cancel");

    let list = async |query: RunQuery| {
        let runs = store.runs(query).await.expect("runs");
        runs.into_iter()
            .map(|run| run.id.to_string())
            .collect::<Vec<_>>()
    };
    let all = RunQuery::default;
    assert_eq!(list(all()).await, ["a-2", "b-1", "a-1"]);
    assert_eq!(
        list(RunQuery {
            limit: Some(2),
            ..all()
        })
        .await,
        ["a-2", "b-1"]
    );
    assert_eq!(
        list(RunQuery {
            workflow: Some("article".into()),
            ..all()
        })
        .await,
        ["a-2", "a-1"]
    );
    assert_eq!(
        list(RunQuery {
            session: Some("s".into()),
            ..all()
        })
        .await,
        ["b-1", "a-1"]
    );
    assert_eq!(
        list(RunQuery {
            status: Some(RunStatus::Cancelled),
            ..all()
        })
        .await,
        ["b-1"]
    );
    assert_eq!(
        list(RunQuery {
            prefix: Some("a-".into()),
            ..all()
        })
        .await,
        ["a-2", "a-1"]
    );
    assert_eq!(
        list(RunQuery {
            prefix: Some("a-12".into()),
            ..all()
        })
        .await,
        [""; 0]
    );
}

/// A run that is part of another says so, and is found by it.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn nested_runs(store: &dyn Storage) {
    let outer = started(store, "outer").await;
    let of = |run: &RunId, depth| Parent {
        run: run.clone(),
        root: outer.clone(),
        path: "call#0".into(),
        depth,
    };
    let middle = of(&outer, 1);
    let inner = of(&id("middle"), 2);
    for (name, parent) in [("middle", middle), ("inner", inner.clone())] {
        let run = id(name);
        let mut commit = create(&run);
        if let Some(create) = &mut commit.create {
            create.0.parent = Some(Box::new(parent));
            create.0.limits = Some(Box::new(Limits {
                cost: Some(0.1),
                ..Limits::default()
            }));
        }
        store.commit(commit).await.expect("create");
    }
    let stored = store.run(&id("inner")).await.expect("run").expect("a run");
    assert_eq!(stored.parent.as_deref(), Some(&inner));
    assert_eq!(stored.limits.and_then(|limits| limits.cost), Some(0.1));
    assert_eq!(stored.forked, None);

    let list = async |query: RunQuery| {
        let runs = store.runs(query).await.expect("runs");
        let mut names: Vec<_> = runs.into_iter().map(|run| run.id.to_string()).collect();
        names.sort();
        names
    };
    let all = RunQuery::default;
    assert_eq!(list(all()).await, ["inner", "middle", "outer"]);
    let mut outermost = all();
    outermost.outermost = true;
    assert_eq!(list(outermost).await, ["outer"]);
    for (parent, called) in [("outer", "middle"), ("middle", "inner")] {
        let mut of = all();
        of.parent = Some(id(parent));
        assert_eq!(list(of).await, [called]);
    }
}

/// Large values come back whole; what is beyond the limit is refused before anything is written.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn sizes(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let text = |size: usize| json(&format!("\"{}\"", "x".repeat(size - 2)));
    for (i, size) in [4_000, 4_096, 5_000, 128 * 1024, 1024 * 1024]
        .into_iter()
        .enumerate()
    {
        let mut large = entry(&format!("a#{i}"), "1");
        large.output = Some(text(size));
        store
            .commit(append(&run, [large]))
            .await
            .expect("a large output");
    }
    let journal = store.journal(&run, 0).await.expect("journal");
    let told = journal
        .iter()
        .map(|e| e.output.as_ref().map_or(0, Json::len));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [4_000, 4_096, 5_000, 128 * 1024, 1024 * 1024]
    );
    // A large entry that is superseded is still whole, and leaves nothing where it was.
    let mut supersede = append(&run, [entry("a#4", "1")]);
    supersede.supersede = vec!["a#4".into()];
    store.commit(supersede).await.expect("supersede");
    let journal = store.journal(&run, 5).await.expect("journal");
    assert_eq!(journal[0].output.as_ref().map_or(0, Json::len), 1024 * 1024);
    assert_eq!(journal[1].output, Some(json("1")));

    let before = paths(store, &run).await;
    let too_large = |result: StoreResult<crate::Ack>| match result {
        Err(StoreError::TooLarge { size, limit, .. }) => assert!(size > limit),
        other => panic!("beyond the limit: {other:?}"),
    };
    let huge = text(MAX_VALUE_BYTES + 1);
    let mut output = entry("b#0", "1");
    output.output = Some(huge.clone());
    too_large(store.commit(append(&run, [output])).await);
    let mut cached = append(&run, [entry("b#0", "1")]);
    cached.cache = Some(Box::new(fill(1, "search", None)));
    if let Some(fill) = &mut cached.cache {
        fill.entry.output = huge.clone();
    }
    too_large(store.commit(cached).await);
    let mut state = append(&run, [entry("b#0", "1")]);
    let replace = Operation::Replace {
        value: huge.clone(),
    };
    state.state = Some((session("default"), delta([change("f", "x", replace)])));
    too_large(store.commit(state).await);
    let mut end = append(&run, [entry("b#0", "1")]);
    end.update = Some(Box::new(RunUpdate {
        output: Some(huge),
        ..RunUpdate::new(RunStatus::Completed, 0)
    }));
    too_large(store.commit(end).await);
    let path = "p".repeat(MAX_NAME_BYTES + 1);
    too_large(store.commit(append(&run, [entry(&path, "1")])).await);
    assert_eq!(paths(store, &run).await, before);
    assert!(
        store
            .session(&session("default"))
            .await
            .expect("session")
            .is_empty()
    );
}

/// Paths of any length up to the limit and of any characters stay apart.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn names(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    let longer = started(store, "run-10").await;
    let long = "map#0[1]/".repeat(MAX_NAME_BYTES / 9);
    let all = [
        "a",
        "a#0",
        "a#0/b",
        "a~1",
        "",
        "ü\u{0}/~#",
        &long,
        &long[..long.len() - 1],
    ];
    for path in all {
        for run in [&run, &longer] {
            let mut commit = append(run, [entry(path, "1")]);
            commit.fence = 1;
            store.commit(commit).await.expect(path);
        }
    }
    assert_eq!(paths(store, &run).await, all);
    for path in all {
        let again = store.commit(append(&run, [entry(path, "1")])).await;
        assert!(
            matches!(again, Err(StoreError::AlreadyRecorded { .. })),
            "{path}: {again:?}"
        );
    }
    assert_eq!(paths(store, &longer).await, all);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.runs, report.entries), (2, 2 * all.len() as u64));
    assert_eq!(report.problems, [""; 0]);
}

/// A closed store takes nothing and tells nothing.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn closing(store: &dyn Storage) {
    let run = started(store, "run-1").await;
    store.close().await.expect("close");
    let commit = store.commit(append(&run, [entry("a#0", "1")])).await;
    assert!(matches!(commit, Err(StoreError::Closed)), "{commit:?}");
    assert!(matches!(store.run(&run).await, Err(StoreError::Closed)));
    assert!(matches!(
        store.journal(&run, 0).await,
        Err(StoreError::Closed)
    ));
    assert!(matches!(
        store.cache_clear(CacheQuery::default()).await,
        Err(StoreError::Closed)
    ));
    let saved = store.save_definition("agent", "a", json("1"), None).await;
    assert!(matches!(saved, Err(StoreError::Closed)), "{saved:?}");
    assert!(matches!(
        store.definition("agent", "a", None).await,
        Err(StoreError::Closed)
    ));
    let closed = |error: Option<StoreError>| assert!(matches!(error, Some(StoreError::Closed)));
    closed(store.requests(RequestQuery::default()).await.err());
    closed(store.delete_run(&run).await.err());
    closed(store.sessions().await.err());
    closed(store.put_artifact(vec![1]).await.err());
    closed(store.artifact(&"0".repeat(64)).await.err());
    closed(store.artifact_size(&"0".repeat(64)).await.err());
    closed(store.artifacts("").await.err());
    assert!(matches!(store.verify().await, Err(StoreError::Closed)));
    store.close().await.expect("close twice");
}
