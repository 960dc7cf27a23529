//! Pieces of other stores, bounds of the step cache, and what a store says about itself.

use super::{append, create, entry, head, id, json, said, session};
use crate::{
    CacheEntry, CacheFill, CacheKey, CacheQuery, Commit, Definition, FieldValue, Imported, Json,
    Portable, PortableRun, RequestQuery, RunInput, RunStatus, Storage, StoreError,
};

/// A run of another store, taken over twice, with numbers of its own, and events.
fn run(name: &str) -> PortableRun {
    let mut head = head(&id(name));
    (head.fence, head.resumes, head.status) = (5, 4, RunStatus::Paused);
    head.metadata = Some(Json::null());
    let entries = (0..200).map(|number| {
        let mut entry = entry(&format!("step#{number}"), "null");
        entry.seq = number + 1;
        entry.first_event = number * 2;
        entry.events = vec![said(number), said(number + 1)];
        entry
    });
    PortableRun {
        head,
        input: RunInput {
            input: json(r#"{"topic":"rust"}"#),
            state: Some(Json::null()),
        },
        output: Some(Json::null()),
        entries: entries.collect(),
        requests: Vec::new(),
    }
}

fn cached(number: u8, bytes: usize) -> CacheEntry {
    CacheEntry {
        workflow: "article".into(),
        step: "write".into(),
        run: id("run-1"),
        output: Json::encode(&"x".repeat(bytes - 2)).expect("JSON"),
        stored_at: number.into(),
        expires_at: None,
        tags: Vec::new(),
        parts: None,
    }
}

/// A run is imported with its numbers, once, and goes on; a different one of its id stays.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn imported_runs(store: &dyn Storage) {
    let piece = || Portable::Run(Box::new(run("run-1")));
    let import = async |piece| store.import(piece).await;
    assert_eq!(import(piece()).await.expect("import"), Imported::Added);
    assert_eq!(
        import(piece()).await.expect("import again"),
        Imported::Present
    );
    let run_1 = id("run-1");
    let found = store.run(&run_1).await.expect("run").expect("a head");
    assert_eq!(
        (found.fence, found.resumes, found.status),
        (5, 4, RunStatus::Paused)
    );
    assert_eq!(found.metadata, Some(Json::null()));
    let journal = store.journal(&run_1, 0).await.expect("journal");
    assert_eq!(journal.len(), 200);
    assert_eq!((journal[199].seq, journal[199].first_event), (200, 398));
    assert_eq!(journal[7].output, Some(Json::null()));
    assert_eq!(
        store.output(&run_1).await.expect("output"),
        Some(Json::null())
    );
    let input = store.input(&run_1).await.expect("input").expect("an input");
    assert_eq!(input.state, Some(Json::null()));

    let old = store.commit(append(&run_1, [entry("more#0", "1")])).await;
    assert!(matches!(old, Err(StoreError::Fenced { current: 5, .. })));
    let mut claim = Commit::new(run_1.clone(), 5);
    claim.claim = true;
    claim.entries = vec![entry("more#0", "1")];
    let ack = store.commit(claim).await.expect("claim");
    assert_eq!((ack.seq, ack.first_event, ack.fence), (201, 400, 6));
    let refused = import(piece()).await;
    assert!(
        matches!(refused, Err(StoreError::RunExists { .. })),
        "{refused:?}"
    );
    assert_eq!(store.journal(&run_1, 0).await.expect("journal").len(), 201);

    // What is not whole in itself.
    let broken: [fn(&mut PortableRun); 3] = [
        |run| drop(run.entries.remove(3)),
        |run| run.entries[3].first_event += 1,
        |run| run.entries[3].path = run.entries[2].path.clone(),
    ];
    for break_it in broken {
        let mut piece = run("run-2");
        break_it(&mut piece);
        let refused = import(Portable::Run(Box::new(piece))).await;
        assert!(
            matches!(refused, Err(StoreError::Corrupt { .. })),
            "{refused:?}"
        );
    }
    assert!(store.run(&id("run-2")).await.expect("run").is_none());
    let open = store.requests(RequestQuery::default()).await;
    assert_eq!(open.expect("requests"), []);
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
}

/// State, cached results, versions of definitions and artifacts are imported once; what is there
/// and differs stays.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn imported_pieces(store: &dyn Storage) {
    let field = |text| FieldValue {
        value: json(text),
        by: "run-1/a#0".into(),
    };
    let state = |text| Portable::Session(session("s"), [("total".into(), field(text))].into());
    let result = |bytes| Portable::Cached(CacheKey([1; 32]), Box::new(cached(1, bytes)));
    let version = |version, text| {
        Portable::Definition(Definition {
            kind: "agent".into(),
            name: "writer".into(),
            version,
            saved_at: 9,
            body: json(text),
        })
    };
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().as_str().into();
    let artifact = Portable::Artifact(hash(b"media"), b"media".to_vec());
    let pieces = [
        (state("1"), Some(state("2"))),
        (result(100), Some(result(101))),
        (version(1, "1"), Some(version(1, "2"))),
        (version(2, "2"), Some(version(2, "1"))),
        (artifact, None),
    ];
    for (piece, other) in pieces {
        let added = store.import(piece.clone()).await.expect("import");
        assert_eq!(added, Imported::Added, "{piece:?}");
        let again = store.import(piece.clone()).await.expect("import again");
        assert_eq!(again, Imported::Present, "{piece:?}");
        if let Some(other) = other {
            let refused = store.import(other).await;
            assert!(
                matches!(refused, Err(StoreError::Occupied { .. })),
                "{refused:?}"
            );
        }
    }
    let state = store.session(&session("s")).await.expect("session");
    assert_eq!(state["total"], field("1"));
    let newest = store.definition("agent", "writer", None).await;
    let newest = newest.expect("definition").expect("a version");
    assert_eq!((newest.version, newest.saved_at), (2, 9));
    let gap = store.import(version(4, "4")).await;
    assert!(
        matches!(
            gap,
            Err(StoreError::DefinitionConflict {
                expected: 3,
                newest: 2,
                ..
            })
        ),
        "{gap:?}"
    );
    let saved = store
        .save_definition("agent", "writer", json("3"), Some(2))
        .await;
    assert_eq!(saved.expect("save"), 3);
    let found = store.artifact(&blake3::hash(b"media").to_hex()).await;
    assert_eq!(found.expect("artifact").as_deref(), Some(&b"media"[..]));
    let wrong = Portable::Artifact(hash(b"other"), b"media".to_vec());
    store.import(wrong).await.expect_err("another's hash");
}

/// A bound of the step cache removes what was stored first.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn cache_bounds(store: &dyn Storage) {
    let run = id("run-1");
    store.commit(create(&run)).await.expect("create");
    // The keys' order is not that of the time.
    for number in [3, 1, 4, 2, 5] {
        let mut commit = Commit::new(run.clone(), 1);
        let (key, entry) = (CacheKey([9 - number; 32]), cached(number, 1000));
        commit.cache = Some(Box::new(CacheFill { key, entry }));
        store.commit(commit).await.expect("fill");
    }
    for (bytes, removed, left) in [
        (5000, 0, vec![1, 2, 3, 4, 5]),
        (4999, 1, vec![2, 3, 4, 5]),
        (2500, 2, vec![4, 5]),
        (1000, 1, vec![5]),
        (0, 1, vec![]),
        (0, 0, vec![]),
    ] {
        assert_eq!(store.cache_shrink(bytes).await.expect("shrink"), removed);
        let list = store.cache_list(CacheQuery::default()).await.expect("list");
        let mut times: Vec<_> = list.iter().map(|cached| cached.stored_at).collect();
        times.sort_unstable();
        assert_eq!(times, left);
    }
}

/// What a store says it holds is what it holds, and compacting it changes nothing of that.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn statistics(store: &dyn Storage) {
    let empty = store.stats().await.expect("stats");
    assert_eq!((empty.runs.len(), empty.entries, empty.sessions), (0, 0, 0));
    assert_eq!(store.definition_kinds().await.expect("kinds"), []);
    store
        .import(Portable::Run(Box::new(run("run-1"))))
        .await
        .expect("import");
    store.commit(create(&id("run-2"))).await.expect("create");
    for (kind, name) in [("tool", "a"), ("agent", "b"), ("agent", "a")] {
        let saved = store.save_definition(kind, name, json("1"), None).await;
        saved.expect("save");
    }
    let mut commit = Commit::new(id("run-2"), 1);
    commit.cache = Some(Box::new(CacheFill {
        key: CacheKey([1; 32]),
        entry: cached(1, 1000),
    }));
    store.commit(commit).await.expect("fill");
    store.put_artifact(vec![1; 77]).await.expect("put");

    for compacted in [false, true] {
        let stats = store.stats().await.expect("stats");
        let runs: Vec<_> = stats.runs.clone().into_iter().collect();
        assert_eq!(runs, [(RunStatus::Running, 1), (RunStatus::Paused, 1)]);
        assert_eq!((stats.entries, stats.sessions, stats.fields), (200, 1, 0));
        assert_eq!((stats.cached, stats.cached_bytes), (1, 1000));
        assert_eq!((stats.definitions, stats.requests), (3, 0));
        assert_eq!((stats.artifacts, stats.artifact_bytes), (1, 77));
        if !compacted {
            store.compact().await.expect("compact");
        }
    }
    let kinds = store.definition_kinds().await.expect("kinds");
    assert_eq!(kinds, ["agent".into(), "tool".into()]);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.runs, report.problems.len()), (2, 0));
    let ack = store
        .commit(append(&id("run-2"), [entry("a#0", "1")]))
        .await;
    assert_eq!(ack.expect("append").seq, 1);
}
