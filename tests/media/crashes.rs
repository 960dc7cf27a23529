//! An artifact is on disk before anything refers to it.

use std::{path::Path, sync::Arc};

use agno::{Content, EntryKind, Image, RunStatus, Runtime, Storage, storage::SledStorage};
use tokio::sync::Notify;

use super::{
    kit,
    workflow::{Album, Job, png},
};

fn open(path: &Path) -> Arc<dyn Storage> {
    Arc::new(SledStorage::open(path).expect("opens"))
}

async fn photo(runtime: &Runtime) -> Image {
    let artifact = runtime.put_artifact(Content::new(png(9))).await;
    artifact.expect("is kept").try_into().expect("is an image")
}

#[tokio::test]
async fn a_crash_between_storing_and_recording_leaves_an_artifact_and_nothing_else() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("store");
    let hangs = Arc::new(Notify::new());
    let storage = open(&path);
    let album = Album {
        hangs: Some(hangs.clone()),
    };
    let runtime = kit::runtime(&storage, album).await;
    let job = Job::new("", vec![photo(&runtime).await]);
    let run = runtime
        .start::<Album>(job)
        .run_id("r")
        .await
        .expect("starts");
    hangs.notified().await;
    // The process goes away while the step has stored its copy and not returned it.
    storage.close().await.expect("closes");
    run.interrupt();
    run.outcome().await;
    drop((run, runtime, storage));

    let storage = open(&path);
    let left = storage.artifacts("").await.expect("lists");
    assert_eq!(left.len(), 2, "the photo, and its copy");
    if storage.run(&kit::id()).await.expect("reads").is_some() {
        let journal = kit::journal(&storage).await;
        let ended = |entry: &agno::Entry| entry.kind == EntryKind::Step && entry.output.is_some();
        assert!(!journal.iter().any(ended), "{journal:?}");
    }
    let report = storage.verify().await.expect("reads");
    assert_eq!(report.problems, Vec::<String>::new());

    // Run again, it stores the same bytes: they are there already.
    let runtime = kit::runtime(&storage, Album::default()).await;
    let job = Job::new("", vec![photo(&runtime).await]);
    let again = runtime
        .start::<Album>(job)
        .run_id("r")
        .await
        .expect("goes on");
    let outcome = again.outcome().await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(storage.artifacts("").await.expect("lists"), left);
}

#[tokio::test]
async fn after_a_crash_at_any_commit_each_recorded_reference_stands_for_something() {
    for commits in 1.. {
        let storage = kit::store();
        let runtime = kit::runtime(&storage, Album::default()).await;
        let job = Job::new("", vec![photo(&runtime).await]);
        let crashed = kit::crash_after(&storage, commits, Album::default(), job).await;
        for entry in kit::journal(&storage).await {
            let Some(output) = entry.output.filter(|_| entry.kind == EntryKind::Step) else {
                continue;
            };
            for image in output.decode::<Vec<Image>>().expect("are images") {
                runtime.artifact(&image).await.expect("is there");
            }
        }
        if !crashed {
            assert!(commits > 1, "nothing was recorded");
            return;
        }
        let outcome = kit::resume(&storage, Album::default()).await;
        assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
        assert_eq!(storage.artifacts("").await.expect("lists").len(), 2);
    }
}
