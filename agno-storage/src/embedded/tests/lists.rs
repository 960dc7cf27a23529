//! Lists of a store in which a head is damaged: nothing else waits for it.

use super::{create, open};
use crate::{
    MemoryStorage, RunId, RunQuery, Storage, StoreError,
    embedded::{Embedded, keys, map::Map},
    transfer::{ExportOptions, ImportOptions, export, import},
};

fn named(run: &str) -> RunId {
    RunId::new(run).expect("an id")
}

/// Three runs that are under way, the second of them damaged.
async fn damaged(map: &Map, directory: &std::path::Path) -> Embedded<Map> {
    let store = open(directory, map).expect("open");
    for run in ["run-1", "run-2", "run-3"] {
        let mut commit = create();
        commit.run = named(run);
        store.commit(commit).await.expect("create");
    }
    let head = [&keys::run(keys::HEAD, &named("run-2"))[..], &[0, 0]].concat();
    let mut pairs = map.pairs();
    *pairs
        .get_mut(&head)
        .and_then(|record| record.last_mut())
        .expect("a byte") ^= 1;
    drop(pairs);
    store
}

fn ids(runs: &[crate::RunRecord]) -> Vec<&str> {
    runs.iter().map(|run| run.id.as_str()).collect()
}

#[tokio::test]
async fn a_damaged_head_is_left_out_and_named_to_who_must_know() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = damaged(&map, directory.path()).await;
    let all = store.runs(RunQuery::default()).await.expect("runs");
    assert_eq!(ids(&all), ["run-3", "run-1"]);
    let whole = RunQuery {
        whole: true,
        ..RunQuery::default()
    };
    match store.runs(whole).await {
        Err(StoreError::Corrupt { key, .. }) => assert!(key.contains("run-2"), "{key}"),
        other => panic!("{other:?}"),
    }
    let sessions = store.sessions().await.expect("sessions");
    assert_eq!((sessions.len(), sessions[0].runs), (1, 2));
    // A worker takes the others up.
    let due = store.due(0, 10).await.expect("due").runs;
    assert_eq!(ids(&due), ["run-1", "run-3"]);
}

#[tokio::test]
async fn an_export_saves_the_rest() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = damaged(&map, directory.path()).await;
    let (mut file, into) = (Vec::new(), MemoryStorage::new());
    let exported = export(&store, &mut file, ExportOptions::default()).await;
    let exported = exported.expect("export");
    let [problem] = &exported.problems[..] else {
        panic!("{:?}", exported.problems);
    };
    assert!(
        problem.contains("run-2") && problem.contains("`store verify`"),
        "{problem}"
    );
    let report = import(&into, &file[..], ImportOptions::default()).await;
    assert!(report.expect("import").is_whole());
    let all = into.runs(RunQuery::default()).await.expect("runs");
    assert_eq!(ids(&all), ["run-3", "run-1"]);
}
