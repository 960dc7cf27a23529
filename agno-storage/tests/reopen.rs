//! What a store is after it was closed, dropped, opened twice or opened somewhere else.

mod common;

use std::fs;

use agno_storage::{Commit, RunQuery, RunStatus, RunUpdate, StoreError};
use common::{BACK_ENDS, create, id, output, session, step};

#[tokio::test]
async fn everything_is_there_again() {
    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("new/.agno");
        let run = id("run-1");
        for round in 0..5 {
            let store = back_end.open(&path);
            if round == 0 {
                store.commit(create(&run)).await.expect("create");
            }
            for number in round * 20..(round + 1) * 20 {
                let ack = store.commit(step(&run, number)).await.expect("step");
                assert_eq!(ack.seq, number as u64 + 1);
            }
            // Closed well and only dropped, in turn.
            if round % 2 == 0 {
                store.close().await.expect("close");
            }
        }
        let store = back_end.open(&path);
        let journal = store.journal(&run, 0).await.expect("journal");
        assert_eq!(journal.len(), 100);
        for (entry, number) in journal.iter().zip(0..) {
            assert_eq!(&*entry.path, format!("step#{number}"));
            assert_eq!(entry.output, Some(output(&run, number)));
        }
        let state = store.session(&session()).await.expect("session");
        assert_eq!(state["total"].value.as_str(), "100");
        let report = store.verify().await.expect("verify");
        assert_eq!((report.runs, report.entries, report.fields), (1, 100, 1));
        assert_eq!(report.problems, [""; 0]);
        common::assert_no_blobs(&path);
    }
}

#[tokio::test]
async fn a_run_that_paused_goes_on_where_it_was() {
    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let run = id("run-1");
        let store = back_end.open(directory.path());
        store.commit(create(&run)).await.expect("create");
        let mut pause = step(&run, 0);
        pause.update = Some(Box::new(RunUpdate {
            active_micros: 5,
            ..RunUpdate::new(RunStatus::Paused, 9)
        }));
        store.commit(pause).await.expect("pause");
        // Read again from the store, in this process and in the next.
        let again = store.commit(step(&run, 0)).await;
        assert!(
            matches!(again, Err(StoreError::AlreadyRecorded { .. })),
            "{again:?}"
        );
        drop(store);
        let store = back_end.open(directory.path());
        let mut claim = Commit::new(run.clone(), 1);
        claim.claim = true;
        claim.supersede = vec!["step#0".into()];
        let ack = store.commit(claim).await.expect("claim");
        assert_eq!((ack.seq, ack.fence), (2, 2));
        let mut retry = step(&run, 0);
        retry.fence = 2;
        assert_eq!(store.commit(retry).await.expect("retry").seq, 2);
    }
}

#[tokio::test]
async fn one_directory_is_one_store_in_a_process() {
    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let first = back_end.open(directory.path());
        let name = directory.path().file_name().expect("a name");
        let second = back_end.open(&directory.path().join("..").join(name));
        first.commit(create(&id("run-1"))).await.expect("create");
        assert_eq!(
            second.runs(RunQuery::default()).await.expect("runs").len(),
            1
        );
        drop(first);
        second
            .commit(step(&id("run-1"), 0))
            .await
            .expect("the other handle keeps it open");
        second.close().await.expect("close");
        let third = back_end.open(directory.path());
        third.commit(step(&id("run-1"), 1)).await.expect("step");
        let late = second.commit(step(&id("run-1"), 2)).await;
        assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    }
}

#[test]
fn it_reads_without_a_runtime() {
    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let store = back_end.open(directory.path());
        let (sender, receiver) = std::sync::mpsc::channel();
        let task = async move {
            store.commit(create(&id("run-1"))).await.expect("create");
            store.journal(&id("run-1"), 0).await.expect("journal");
            sender
                .send(store.runs(RunQuery::default()).await.expect("runs").len())
                .expect("send");
        };
        // Not tokio's.
        let mut task = Box::pin(task);
        let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
        let mut context = std::task::Context::from_waker(&waker);
        while task.as_mut().poll(&mut context).is_pending() {
            std::thread::park();
        }
        assert_eq!(receiver.recv().expect("an answer"), 1);
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn a_directory_with_something_else_is_refused_and_left_alone() {
    // Some have names of ours, or begin like them.
    let names = [
        "thesis.tex",
        "config.toml",
        "db.json",
        "db",
        "conf",
        "snap.jpg",
        "GENERATION.new",
        "generation-7",
        "agno.sqlite-wal",
        "LOCK",
    ];
    for back_end in BACK_ENDS {
        for name in names {
            let directory = tempfile::tempdir().expect("directory");
            let file = directory.path().join(name);
            fs::write(&file, "years of work").expect("write");
            let error = (back_end.open)(directory.path()).expect_err("not a store");
            let told = error.to_string();
            assert!(
                told.contains("not a store of agno") && told.contains(name),
                "{}: {told}",
                back_end.name
            );
            assert_eq!(directory.path().read_dir().expect("list").count(), 1);
            assert_eq!(fs::read(&file).expect("read"), b"years of work");

            let error = (back_end.open)(&file).expect_err("not a directory");
            assert!(matches!(error, StoreError::Io { .. }), "{error}");
        }
    }
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn a_file_that_sled_would_take_for_its_own_is_named() {
    use agno_storage::{SledStorage, Storage};

    let directory = tempfile::tempdir().expect("directory");
    let open = || SledStorage::open(directory.path());
    let store = open().expect("open");
    store.close().await.expect("close");
    drop(store);
    let file = directory.path().join("snap.jpg");
    fs::write(&file, "a picture").expect("write");
    let told = open().expect_err("it is in the way").to_string();
    assert!(
        told.contains("`snap.jpg` is no file of the store"),
        "{told}"
    );
    assert_eq!(fs::read(&file).expect("read"), b"a picture");
    fs::remove_file(&file).expect("remove");
    open().expect("it is whole");
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn a_store_whose_generation_is_unknown_keeps_its_records() {
    use agno_storage::Storage;

    let directory = tempfile::tempdir().expect("directory");
    let open = || agno_storage::SledStorage::open(directory.path());
    let store = open().expect("open");
    store.commit(create(&id("run"))).await.expect("create");
    store.compact().await.expect("compact");
    store.close().await.expect("close");
    drop(store);
    let file = directory.path().join("GENERATION");
    let kept = fs::read(&file).expect("after a compaction");
    fs::remove_file(&file).expect("is there");
    let error = open().expect_err("nobody knows which");
    assert!(
        error.to_string().contains("generation is missing"),
        "{error}"
    );
    fs::write(&file, kept).expect("restore");
    let run = open().expect("open").run(&id("run")).await.expect("read");
    assert!(run.is_some());
}

#[cfg(feature = "sled")]
#[test]
fn another_programs_sled_database_is_refused_and_left_alone() {
    for back_end in BACK_ENDS {
        let other = tempfile::tempdir().expect("directory");
        let db = sled::open(other.path()).expect("another program's");
        db.insert(b"theirs", b"value").expect("insert");
        drop(db);
        let error = (back_end.open)(other.path()).expect_err("another program's");
        let told = error.to_string();
        assert!(told.contains("is not a store of agno"), "{told}");
        let db = sled::open(other.path()).expect("theirs again");
        assert_eq!(
            db.get(b"theirs").expect("get").as_deref(),
            Some(&b"value"[..])
        );
    }
}

#[tokio::test]
async fn the_store_of_another_back_end_is_named_and_left_alone() {
    for owner in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let store = owner.open(directory.path());
        store.commit(create(&id("run-1"))).await.expect("create");
        let others: Vec<_> = BACK_ENDS
            .iter()
            .filter(|back_end| back_end.name != owner.name)
            .collect();
        let assert_refused = || {
            for back_end in &others {
                let error = (back_end.open)(directory.path()).expect_err("another back end's");
                let (name, told) = (owner.name, error.to_string());
                let path = directory.path().canonicalize().expect("path");
                let way = format!(
                    "it holds a {name} store; open it with {name}:{}",
                    path.display()
                );
                assert!(told.contains(&way), "{told}");
            }
        };
        // Open in this process, and closed.
        assert_refused();
        store.close().await.expect("close");
        assert_refused();
        let store = owner.open(directory.path());
        store.commit(step(&id("run-1"), 0)).await.expect("step");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;

    for back_end in BACK_ENDS {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("store");
        let store = back_end.open(&path);
        // Files that are made only by the first commit count too.
        store.commit(create(&id("run-1"))).await.expect("create");
        store.run(&id("run-1")).await.expect("run");
        let mode = |path: &std::path::Path| {
            let metadata = fs::metadata(path).expect("metadata");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode(&path), 0o700);
        let mut names = Vec::new();
        for file in path.read_dir().expect("list") {
            let file = file.expect("a file");
            let name = file.file_name().into_string().expect("a name");
            let expected = match file.path().is_dir() {
                true => 0o700,
                false => 0o600,
            };
            assert_eq!(mode(&file.path()), expected, "{name}");
            names.push(name);
        }
        for name in ["AGNO", "LOCK"].iter().chain(back_end.files) {
            assert!(
                names.iter().any(|found| found == name),
                "{name} in {names:?}"
            );
        }
        let location = format!("{} ({})", path.display(), back_end.name);
        assert_eq!(store.location(), location);
    }
}
