//! Stores that move: to a file, into another back end, and back.

mod common;

use std::{path::Path, sync::Arc};

use agno_storage::{
    CacheEntry, CacheFill, CacheKey, Commit, Entry, EntryKind, Event, EventKind, Json,
    MemoryStorage, RunId, RunInput, RunQuery, RunRecord, RunStatus, Storage,
    transfer::{Counts, ExportOptions, ImportOptions, ImportReport, RunSelection, export, import},
};
use common::{asking_step, create, end, id};

/// A back end, and a way to open it in a directory.
type Open = fn(&Path) -> Arc<dyn Storage>;

fn back_ends() -> Vec<(&'static str, Open)> {
    let mut all: Vec<(&'static str, Open)> = vec![("memory", |_| Arc::new(MemoryStorage::new()))];
    #[cfg(feature = "sled")]
    all.push(("sled", |path| {
        Arc::new(agno_storage::SledStorage::open(path).expect("open"))
    }));
    #[cfg(feature = "redb")]
    all.push(("redb", |path| {
        Arc::new(agno_storage::RedbStorage::open(path).expect("open"))
    }));
    #[cfg(feature = "sqlite")]
    all.push(("sqlite", |path| {
        Arc::new(agno_storage::SqliteStorage::open(path).expect("open"))
    }));
    all
}

/// Runs that are over and that are not, one that was taken over and has superseded an entry, state,
/// cached results, definitions and artifacts; some of it in many chunks.
async fn fill(store: &dyn Storage) {
    for (name, steps) in [("b-over", 30), ("a-waits", 3)] {
        let run = id(name);
        store.commit(create(&run)).await.expect("create");
        for number in 0..steps {
            store.commit(asking_step(&run, number)).await.expect("step");
        }
    }
    store.commit(end(&id("b-over"))).await.expect("end");

    let run = id("c-taken-over");
    let mut head = RunRecord::new(run.clone(), "other".into(), "s 1".into(), 99);
    head.metadata = Some(Json::parse("{\"why\":\n null}").expect("JSON"));
    head.user = Some("ann".into());
    let input = RunInput {
        input: Json::parse("[1, 2.50, \"ü\\n\"]").expect("JSON"),
        state: Some(Json::null()),
    };
    let mut first = Commit::new(run.clone(), 1);
    first.create = Some(Box::new((head, input)));
    let mut entry = Entry::new(EntryKind::Step, "a#0".into(), 0);
    entry.output = Some(Json::null());
    entry.events = vec![Event {
        at: 4,
        kind: EventKind::Said {
            message: "done".to_owned(),
        },
    }];
    first.entries = vec![entry.clone()];
    store.commit(first).await.expect("create");
    let mut claim = Commit::new(run.clone(), 1);
    claim.claim = true;
    claim.supersede = vec!["a#0".into()];
    entry.output = Some(Json::encode(&"x".repeat(300_000)).expect("JSON"));
    claim.entries = vec![entry];
    let result = CacheEntry {
        workflow: "other".into(),
        step: "a".into(),
        run: run.clone(),
        output: Json::encode(&"y".repeat(300_000)).expect("JSON"),
        stored_at: 5,
        expires_at: Some(6),
        tags: vec!["tag".into()],
        parts: Some(Json::parse("{\"step\":\"a\"}").expect("JSON")),
    };
    claim.cache = Some(Box::new(CacheFill {
        key: CacheKey([200; 32]),
        entry: result,
    }));
    store.commit(claim).await.expect("claim");

    for (kind, name) in [("agent", "writer"), ("agent", "a"), ("tool", "search")] {
        for version in 0..3 {
            let body = Json::encode(&(name, version)).expect("JSON");
            let saved = store.save_definition(kind, name, body, None).await;
            assert_eq!(saved.expect("save"), version + 1);
        }
    }
    for size in [0, 70_000, 1_200_000] {
        store.put_artifact(vec![7; size]).await.expect("put");
    }
}

async fn exported(store: &dyn Storage, options: ExportOptions<'_>) -> Vec<u8> {
    let mut file = Vec::new();
    let exported = export(store, &mut file, options).await.expect("export");
    assert_eq!(exported.problems, [""; 0]);
    let lines = file.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(exported.lines, lines as u64);
    file
}

async fn imported(store: &dyn Storage, file: &[u8]) -> ImportReport {
    let report = import(store, file, ImportOptions::default()).await;
    report.expect("import")
}

/// All lines but the first, which says where and when.
fn pieces(file: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(file).expect("UTF-8");
    text.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_back_end_gives_what_every_other_took() {
    let original = MemoryStorage::new();
    fill(&original).await;
    let mut file = exported(&original, ExportOptions::default()).await;
    let expected = pieces(&file);
    // Through all of them, and once more around.
    let order = back_ends().into_iter().cycle().take(2 * back_ends().len());
    for (name, open) in order {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        let report = imported(&*store, &file).await;
        assert!(report.is_whole(), "{name}: {report:?}");
        assert_eq!(report.added.pieces(), 3 + 1 + 1 + 9 + 3, "{name}");
        let again = imported(&*store, &file).await;
        assert!(again.is_whole(), "{name}: {again:?}");
        assert_eq!(
            (again.added, again.present),
            (Counts::default(), report.added)
        );
        let checked = store.verify().await.expect("verify");
        assert_eq!(checked.problems, [""; 0], "{name}");
        file = exported(&*store, ExportOptions::default()).await;
        assert_eq!(pieces(&file), expected, "{name}");

        // The half-finished run goes on with its own numbers.
        let run = id("a-waits");
        let ack = store.commit(asking_step(&run, 3)).await.expect("step");
        assert_eq!((ack.seq, ack.fence), (4, 1), "{name}");
        let mut claim = Commit::new(id("c-taken-over"), 2);
        claim.claim = true;
        claim.entries = vec![Entry::new(EntryKind::Step, "b#0".into(), 1)];
        let ack = store.commit(claim).await.expect("claim");
        assert_eq!((ack.seq, ack.first_event, ack.fence), (3, 2, 3), "{name}");
        let checked = store.verify().await.expect("verify");
        assert_eq!(checked.problems, [""; 0], "{name}");
        store.close().await.expect("close");
    }
}

#[tokio::test]
async fn what_fills_a_store_counts_the_same_everywhere() {
    let original = MemoryStorage::new();
    fill(&original).await;
    let expected = original.stats().await.expect("stats");
    let runs: Vec<_> = expected.runs.clone().into_iter().collect();
    assert_eq!(runs, [(RunStatus::Running, 2), (RunStatus::Completed, 1)]);
    assert_eq!(
        (expected.entries, expected.sessions, expected.requests),
        (35, 2, 1)
    );
    assert_eq!((expected.definitions, expected.artifacts), (9, 3));
    let file = exported(&original, ExportOptions::default()).await;
    for (name, open) in back_ends() {
        let directory = tempfile::tempdir().expect("directory");
        let store = open(directory.path());
        imported(&*store, &file).await;
        let mut stats = store.stats().await.expect("stats");
        if name != "memory" {
            let alive = stats.live_bytes.take().expect("live bytes");
            let disk = stats.disk_bytes.take().expect("bytes on disk");
            assert!(
                alive > 600_000 && disk >= alive / 2,
                "{name}: {alive} of {disk}"
            );
            assert!(stats.format > 0);
            stats.format = 0;
        }
        assert_eq!(stats, expected, "{name}");
        let kinds = store.definition_kinds().await.expect("kinds");
        assert_eq!(kinds, ["agent".into(), "tool".into()], "{name}");
        // Compacted, it is the same.
        let compacted = store.compact().await.expect("compact");
        assert_eq!(compacted.after > 0, name != "memory", "{compacted:?}");
        let again = exported(&*store, ExportOptions::default()).await;
        assert_eq!(pieces(&again), pieces(&file), "{name}");
        store.close().await.expect("close");
        if name != "memory" {
            let store = open(directory.path());
            let again = exported(&*store, ExportOptions::default()).await;
            assert_eq!(pieces(&again), pieces(&file), "{name}");
            let stats = store.stats().await.expect("stats");
            assert!(stats.compacted_at.is_some(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_part_of_a_store() {
    let store = MemoryStorage::new();
    fill(&store).await;
    let runs = async |options: ExportOptions<'_>| {
        let into = MemoryStorage::new();
        let report = imported(&into, &exported(&store, options).await).await;
        assert!(report.is_whole());
        let mut runs = into.runs(RunQuery::default()).await.expect("runs");
        runs.sort_by(|a, b| a.id.cmp(&b.id));
        let ids: Vec<RunId> = runs.into_iter().map(|run| run.id).collect();
        (ids, report.added)
    };
    let (over, _) = runs(ExportOptions {
        runs: RunSelection::Over,
        ..ExportOptions::default()
    })
    .await;
    assert_eq!(over, [id("b-over")]);
    let (unfinished, _) = runs(ExportOptions {
        runs: RunSelection::Unfinished,
        ..ExportOptions::default()
    })
    .await;
    assert_eq!(unfinished, [id("a-waits"), id("c-taken-over")]);
    let (other, counts) = runs(ExportOptions {
        workflows: vec!["other".into()],
        ..ExportOptions::default()
    })
    .await;
    assert_eq!(other, [id("c-taken-over")]);
    assert_eq!(
        (counts.sessions, counts.cached, counts.definitions),
        (0, 1, 9)
    );
    let (_, counts) = runs(ExportOptions {
        without_cache: true,
        ..ExportOptions::default()
    })
    .await;
    assert_eq!((counts.cached, counts.runs), (0, 3));
}

#[tokio::test]
async fn progress_is_told() {
    let (store, into) = (MemoryStorage::new(), MemoryStorage::new());
    fill(&store).await;
    let mut told = Vec::new();
    let options = ExportOptions {
        on_progress: Some(Box::new(|counts| told.push(*counts))),
        ..ExportOptions::default()
    };
    let mut file = Vec::new();
    let done = export(&store, &mut file, options).await.expect("export");
    assert_eq!(told.last(), Some(&done.counts));
    let mut told = Vec::new();
    let options = ImportOptions {
        on_progress: Some(Box::new(|counts| told.push(*counts))),
    };
    import(&into, &file[..], options).await.expect("import");
    assert_eq!(told.last(), Some(&done.counts));
}

#[tokio::test]
async fn a_closed_store_is_no_empty_one() {
    let store = MemoryStorage::new();
    fill(&store).await;
    let file = exported(&store, ExportOptions::default()).await;
    store.close().await.expect("close");
    let error = export(&store, Vec::new(), ExportOptions::default()).await;
    assert_eq!(
        error.expect_err("closed").to_string(),
        "the store is closed"
    );
    let error = import(&store, &file[..], ImportOptions::default()).await;
    assert_eq!(
        error.expect_err("closed").to_string(),
        "the store is closed"
    );
}
