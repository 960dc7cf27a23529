//! Artifacts as files: private, whole or not there, and missed when they are damaged.
#![cfg(feature = "sled")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use agno_storage::{SledStorage, Storage, StoreError};

const BYTES: &[u8] = b"a picture";

fn file_of(store: &Path, hash: &str) -> PathBuf {
    store.join("artifacts").join(&hash[..2]).join(&hash[2..])
}

async fn put(store: &SledStorage) -> String {
    let hash = store.put_artifact(BYTES.to_vec()).await.expect("put");
    hash.as_ref().to_owned()
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_them() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().expect("directory");
    let store = SledStorage::open(directory.path()).expect("open");
    let file = file_of(directory.path(), &put(&store).await);
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("metadata");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(&file), 0o600);
    let folder = file.parent().expect("a folder");
    assert_eq!(mode(folder), 0o700);
    assert_eq!(mode(folder.parent().expect("a folder")), 0o700);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_there_is_not_written_again_and_what_is_damaged_is() {
    use std::os::unix::fs::MetadataExt;

    let directory = tempfile::tempdir().expect("directory");
    let store = SledStorage::open(directory.path()).expect("open");
    let hash = put(&store).await;
    let file = file_of(directory.path(), &hash);
    let inode = || fs::metadata(&file).expect("metadata").ino();
    // Held open, so that its number is not given to another file.
    let _held = fs::File::open(&file).expect("open");
    let first = inode();
    assert_eq!(put(&store).await, hash);
    assert_eq!(inode(), first);

    for damaged in [&b"another picture"[..], b"", &BYTES[1..]] {
        fs::write(&file, damaged).expect("damage");
        match store.artifact(&hash).await {
            Err(StoreError::Corrupt { key, .. }) => assert_eq!(key, format!("artifact {hash}")),
            other => panic!("a damaged artifact: {other:?}"),
        }
        let report = store.verify().await.expect("verify");
        assert_eq!((report.artifacts, report.problems.len()), (0, 1));
        assert_eq!(put(&store).await, hash);
        let found = store.artifact(&hash).await.expect("read");
        assert_eq!(found.as_deref(), Some(BYTES));
        let report = store.verify().await.expect("verify");
        assert_eq!((report.artifacts, report.problems.len()), (1, 0));
    }
}

#[tokio::test]
async fn they_are_there_again_and_what_was_not_finished_is_not() {
    let directory = tempfile::tempdir().expect("directory");
    let store = SledStorage::open(directory.path()).expect("open");
    let hash = put(&store).await;
    let artifacts = directory.path().join("artifacts");
    let names = || artifacts.read_dir().expect("list").count();
    assert_eq!(names(), 1);
    store.close().await.expect("close");
    // As a process leaves it that was killed while it wrote.
    fs::write(artifacts.join(".new-1-0"), &BYTES[..3]).expect("write");
    // The way on after a lost log, which the store's own message names.
    fs::remove_file(directory.path().join("AGNO")).expect("remove");

    let store = SledStorage::open(directory.path()).expect("open again");
    assert_eq!(names(), 1);
    let found = store.artifact(&hash).await.expect("read");
    assert_eq!(found.as_deref(), Some(BYTES));
    let report = store.verify().await.expect("verify");
    assert_eq!((report.artifacts, report.problems.len()), (1, 0));
}

#[tokio::test]
async fn what_is_no_artifact_is_told() {
    let directory = tempfile::tempdir().expect("directory");
    let store = SledStorage::open(directory.path()).expect("open");
    let file = file_of(directory.path(), &put(&store).await);
    let folder = file.parent().expect("a folder");
    fs::write(folder.join("thesis\u{1b}.tex"), "years of work").expect("write");
    fs::write(directory.path().join("artifacts/README"), "?").expect("write");
    let report = store.verify().await.expect("verify");
    assert_eq!((report.artifacts, report.problems.len()), (1, 2));
    for problem in report.problems {
        assert!(problem.ends_with("is no artifact"), "{problem}");
        assert!(!problem.contains('\u{1b}'), "{problem}");
    }
}

#[tokio::test]
async fn one_who_goes_away_leaves_it_whole_or_not_at_all() {
    let directory = tempfile::tempdir().expect("directory");
    let store = SledStorage::open(directory.path()).expect("open");
    for number in 0..20_u8 {
        let mut putting = store.put_artifact(vec![number; 300_000]);
        // Polled once: it has begun, and nobody waits for it.
        let _ = futures_util::poll!(putting.as_mut());
        drop(putting);
        let hash = blake3::hash(&vec![number; 300_000]).to_hex();
        let found = store.artifact(&hash).await.expect("whole or not there");
        assert!(found.is_none_or(|found| found == vec![number; 300_000]));
    }
    assert_eq!(store.verify().await.expect("verify").problems, [""; 0]);
}
