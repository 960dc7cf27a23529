//! What redb does below a store: syncs, files cut short, a full disk, compaction.

use std::{
    io::{Error, ErrorKind},
    sync::{Mutex, atomic::AtomicU64},
};

use ::redb::{StorageBackend, backends::FileBackend};

use super::*;

/// A file that answers a write with an error, from the moment a test says which.
#[derive(Debug)]
struct Failing {
    file: FileBackend,
    error: Arc<Mutex<Option<ErrorKind>>>,
    syncs: Arc<AtomicU64>,
}

impl Failing {
    fn check(&self) -> Result<(), Error> {
        let error = self.error.lock().expect("lock");
        error.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl StorageBackend for Failing {
    fn len(&self) -> Result<u64, Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.check()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.check()?;
        self.syncs.fetch_add(1, Ordering::SeqCst);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.check()?;
        self.file.write(offset, data)
    }
}

fn put(key: &str, value: &[u8]) -> Batch {
    Batch {
        writes: vec![(key.as_bytes().to_vec(), Some(value.to_vec()))],
    }
}

type Switches = (Arc<Mutex<Option<ErrorKind>>>, Arc<AtomicU64>);

fn open(path: &Path) -> (Redb, Switches) {
    let (error, syncs): Switches = Default::default();
    let (on, counted) = (error.clone(), syncs.clone());
    let store = Redb::of(path.to_owned(), 1 << 20, move |builder, path| {
        let file = FileBackend::new(create_private(path)?)?;
        builder.create_with_backend(Failing {
            file,
            error: on,
            syncs: counted,
        })
    });
    (store.expect("open"), (error, syncs))
}

#[test]
fn a_full_disk_is_told_and_leaves_a_store_that_opens() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("agno.redb");
    for (kind, full) in [
        (ErrorKind::StorageFull, true),
        (ErrorKind::QuotaExceeded, true),
        (ErrorKind::Other, false),
    ] {
        let (store, (error, _)) = open(&path);
        store.apply(put("a", b"1")).expect("room");
        *error.lock().expect("lock") = Some(kind);
        let result = store.apply(put("a", &[2; 100_000]));
        match result {
            Err(StoreError::Full { path: told, .. }) => assert!(full && told == path),
            Err(StoreError::Io { .. }) => assert!(!full),
            other => panic!("{kind:?}: {other:?}"),
        }
        drop(store);
        let (store, _) = open(&path);
        let value = store.get(b"a").expect("get").expect("a value");
        assert_eq!(value.as_ref(), b"1");
    }
}

#[test]
fn a_batch_is_synced_once() {
    let directory = tempfile::tempdir().expect("directory");
    let (store, (_, syncs)) = open(&directory.path().join("agno.redb"));
    let before = syncs.load(Ordering::SeqCst);
    for number in 0..10_u8 {
        store.apply(put("a", &[number; 1000])).expect("apply");
        store.sync().expect("sync");
    }
    assert_eq!(syncs.load(Ordering::SeqCst) - before, 10);
}

#[test]
fn a_file_that_was_not_finished_is_begun_again_unless_it_was_a_store() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("agno.redb");
    // Without a lock, which `prepare` would ask for.
    let place = || Directory {
        path: directory.path().to_owned(),
    };
    fs::write(&path, [0; 10_000]).expect("write");
    Redb::open(&place(), &RedbOptions::new()).expect("begun again");
    fs::write(&path, [0; 10_000]).expect("write");
    fs::write(directory.path().join(marker::FILE), "ours").expect("write");
    let error = Redb::open(&place(), &RedbOptions::new()).expect_err("it was a store");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(fs::read(&path).expect("read"), [0; 10_000]);
}

#[test]
fn compacting_gives_room_back_while_a_snapshot_is_read() {
    let directory = tempfile::tempdir().expect("directory");
    let place = Directory::prepare(directory.path(), Redb::FILES).expect("directory");
    let store = Redb::open(&place, &RedbOptions::new()).expect("open");
    for number in 0..100 {
        let batch = put(&format!("{number:03}"), &[7; 100_000]);
        store.apply(batch).expect("apply");
    }
    let snapshot = store.snapshot().expect("snapshot").expect("one");
    let writes = (1..100)
        .map(|number| (format!("{number:03}").into_bytes(), None))
        .collect();
    let batch = Batch { writes };
    store.apply(batch).expect("remove");
    let before = store.disk_bytes().expect("size");
    store.compact().expect("compact");
    let after = store.disk_bytes().expect("size");
    assert!(after * 3 < before, "{before} {after}");
    store.apply(put("new", b"1")).expect("apply");
    let count = |store: &Redb| {
        let mut count = 0;
        store.scan(b"", &mut |_, _| count += 1).expect("scan");
        count
    };
    assert_eq!((count(&snapshot), count(&store)), (100, 2));
    drop((snapshot, store));
    let store = Redb::open(&place, &RedbOptions::new()).expect("open");
    assert_eq!(count(&store), 2);
}
