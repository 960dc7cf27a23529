//! Files that are read, listed and searched.

use super::folder;
use crate::tools::files::{EntryKind, FileError, Files, Root, search};

#[tokio::test]
async fn files_are_listed_and_searched() {
    let (_folder, files) = folder();
    let listing = files.list("").await.expect("entries");
    let names: Vec<(&str, EntryKind, Option<u64>)> = listing
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.kind, entry.size))
        .collect();
    assert_eq!(
        names,
        [
            ("bytes", EntryKind::File, Some(2)),
            ("long", EntryKind::File, Some(2_000)),
            ("notes", EntryKind::Folder, None),
        ]
    );
    let found = files.search(" FERR", "./notes/").await.expect("found");
    let found: Vec<(&str, usize, &str)> = found
        .iter()
        .map(|found| (found.path.as_str(), found.line, found.text.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("./notes/a.txt", 1, "One ferry."),
            ("./notes/a.txt", 2, "Two Ferries."),
            ("./notes/deep/b.md", 2, "ferries."),
        ]
    );
    assert_eq!(files.search("  ", "").await.expect("nothing"), []);
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let (_folder, files) = folder();
    let read = files.read("bytes").await;
    assert!(
        matches!(read, Err(FileError::NotText { at: 1, .. })),
        "{read:?}"
    );
    let read = files.read("long").await;
    assert!(
        matches!(read, Err(FileError::TooLarge { limit: 1_000, .. })),
        "{read:?}"
    );
    let read = files.read("notes").await;
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a folder",
                ..
            })
        ),
        "{read:?}"
    );
    let read = files.read("").await;
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a folder",
                ..
            })
        ),
        "{read:?}"
    );
    let read = files.read("notes/a.txt/b").await;
    assert!(matches!(read, Err(FileError::Kind { .. })), "{read:?}");
    let listed = files.list("notes/a.txt").await;
    assert!(matches!(listed, Err(FileError::Kind { .. })), "{listed:?}");
    assert!(matches!(
        Files::under("/no such folder"),
        Err(FileError::NotFound { .. })
    ));
}

#[cfg(unix)]
#[tokio::test]
async fn special_files_are_refused_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let (folder, files) = folder();
    let pipe = folder.path().join("inside/pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("pipe");
    let limit = std::time::Duration::from_secs(5);
    let read = tokio::time::timeout(limit, files.read("pipe"))
        .await
        .expect("at once");
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a pipe",
                ..
            })
        ),
        "{read:?}"
    );
    let written = files.write("pipe", "x").await;
    assert!(
        matches!(
            written,
            Err(FileError::Kind {
                found: "a pipe",
                ..
            })
        ),
        "{written:?}"
    );
    let searched = tokio::time::timeout(limit, files.search("ferr", "")).await;
    assert_eq!(searched.expect("at once").expect("found").len(), 3);
    let listing = files.list("").await.expect("entries");
    let entry = listing.entries.iter().find(|entry| entry.name == "pipe");
    assert_eq!(entry.map(|entry| entry.kind), Some(EntryKind::Other));

    let devices = Files::under("/dev").expect("files");
    let read = devices.read("zero").await;
    assert!(
        matches!(
            read,
            Err(FileError::Kind {
                found: "a device",
                ..
            })
        ),
        "{read:?}"
    );
}

#[test]
fn a_search_that_nobody_waits_for_stops() {
    use std::sync::atomic::AtomicBool;

    let (folder, _) = folder();
    let root = Root::at(folder.path()).expect("root");
    for (stopped, expected) in [(false, 5), (true, 0)] {
        let found = search::search(&root, "ferr", "", 1_000, &AtomicBool::new(stopped));
        assert_eq!(found.expect("found").len(), expected);
    }
}
