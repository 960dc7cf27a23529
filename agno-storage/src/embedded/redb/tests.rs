//! What redb does below a store: syncs, files cut short, a full disk, compaction.

use std::{
    collections::BTreeMap,
    io::{Error, ErrorKind},
    sync::{Mutex, atomic::AtomicU64},
};

use ::redb::{
    StorageBackend,
    backends::{FileBackend, InMemoryBackend},
};
use proptest::prelude::*;

use super::{trees::SMALL_ENOUGH, *};

/// A file that answers a write with an error, from the moment a test says which, and counts.
#[derive(Debug)]
struct Failing {
    file: FileBackend,
    switches: Switches,
}

#[derive(Clone, Debug, Default)]
struct Switches {
    error: Arc<Mutex<Option<ErrorKind>>>,
    syncs: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
}

impl Failing {
    fn check(&self) -> Result<(), Error> {
        let error = self.switches.error.lock().expect("lock");
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
        self.switches.syncs.fetch_add(1, Ordering::SeqCst);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.check()?;
        let bytes = data.len() as u64;
        self.switches.written.fetch_add(bytes, Ordering::SeqCst);
        self.file.write(offset, data)
    }
}

fn put(key: &str, value: &[u8]) -> Batch {
    Batch {
        writes: vec![(key.as_bytes().to_vec(), Some(value.to_vec()))],
    }
}

fn open(path: &Path) -> (Redb, Switches) {
    let switches = Switches::default();
    let with = switches.clone();
    let store = Redb::of(path.to_owned(), 1 << 20, move |builder, path| {
        let file = FileBackend::new(create_private(path)?)?;
        let switches = with;
        builder.create_with_backend(Failing { file, switches })
    });
    (store.expect("open"), switches)
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
        let (store, switches) = open(&path);
        store.apply(put("a", b"1")).expect("room");
        *switches.error.lock().expect("lock") = Some(kind);
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
    let (store, switches) = open(&directory.path().join("agno.redb"));
    let before = switches.syncs.load(Ordering::SeqCst);
    for number in 0..10_u8 {
        store.apply(put("a", &[number; 1000])).expect("apply");
        store.sync().expect("sync");
    }
    assert_eq!(switches.syncs.load(Ordering::SeqCst) - before, 10);
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

/// A store without a file, so that nothing is synced.
fn in_memory() -> Redb {
    let store = Redb::of("nowhere".into(), 1 << 20, |builder, _| {
        builder.create_with_backend(InMemoryBackend::new())
    });
    store.expect("open")
}

fn pairs(store: &Redb, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    let visit = &mut |key: &[u8], value: &[u8]| pairs.push((key.to_vec(), value.to_vec()));
    store.scan(prefix, visit).expect("scan");
    pairs
}

/// How many records are in the large tree and in the small one.
fn in_each(store: &Redb) -> (u64, u64) {
    store.trees().expect("trees").len().expect("lengths")
}

/// Batches over few enough keys that most were written before, some of them long enough to go past the small tree.
fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let value = prop_oneof![
        3 => (0..40_usize).prop_map(Some),
        1 => (4_090..4_100_usize).prop_map(Some),
        2 => Just(None),
    ];
    let write = (0..600_u16, any::<u8>(), value).prop_map(|(key, byte, length)| {
        let key = format!("{key:03}").into_bytes();
        (key, length.map(|length| vec![byte; length]))
    });
    let small = prop::collection::vec(write.clone(), 0..80);
    let large = prop::collection::vec(write, SMALL_ENOUGH..SMALL_ENOUGH + 50);
    let batch = prop_oneof![9 => small, 1 => large];
    prop::collection::vec(batch.prop_map(|writes| Batch { writes }), 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn two_trees_are_one_map(batches in batches()) {
        let (store, mut map) = (in_memory(), BTreeMap::new());
        for batch in batches {
            for (key, value) in &batch.writes {
                match value {
                    Some(value) => map.insert(key.clone(), value.clone()),
                    None => map.remove(key),
                };
            }
            store.apply(batch).expect("apply");
            let (large, small) = in_each(&store);
            prop_assert!(small < SMALL_ENOUGH as u64);
            // No key is in both.
            prop_assert_eq!(large + small, map.len() as u64);
            prop_assert!(store.trees().expect("trees").go_together().expect("reads"));
        }
        for prefix in ["", "1", "25", "599", "6"] {
            let within = |(key, _): &(&Vec<u8>, _)| key.starts_with(prefix.as_bytes());
            let of_map: Vec<_> = map.iter().filter(within).collect();
            let of_store = pairs(&store, prefix.as_bytes());
            prop_assert!(of_store.iter().map(|(key, value)| (key, value)).eq(of_map));
        }
        for key in 0..600 {
            let key = format!("{key:03}").into_bytes();
            let value = store.get(&key).expect("get");
            prop_assert_eq!(value.as_ref().map(AsRef::as_ref), map.get(&key).map(Vec::as_slice));
        }
    }
}

#[test]
fn the_first_batch_goes_into_the_tree_that_older_versions_read() {
    let store = in_memory();
    store.apply(put("format", b"5")).expect("apply");
    assert_eq!(in_each(&store), (1, 0));
    store.apply(put("a", b"1")).expect("apply");
    assert_eq!(in_each(&store), (1, 1));
}

#[test]
fn a_tree_that_is_gone_or_of_another_time_is_refused() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("agno.redb");
    let many = |from: usize| Batch {
        writes: (from..from + SMALL_ENOUGH)
            .map(|number| (format!("{number:05}").into_bytes(), Some(vec![1; 20])))
            .collect(),
    };
    // A large batch goes past the small tree, which has a record.
    let (store, _) = open(&path);
    store.apply(put("first", b"1")).expect("apply");
    store.apply(put("a", b"1")).expect("apply");
    store.apply(many(0)).expect("apply");
    drop(store);
    let reopened = || {
        let store = Redb::of(path.clone(), 1 << 20, |builder, path| builder.create(path));
        store.map(|store| in_each(&store))
    };
    let whole = (1 + SMALL_ENOUGH as u64, 1);
    assert_eq!(reopened().expect("open"), whole);

    let in_a_damaged_one = |damage: &dyn Fn(&WriteTransaction)| {
        let intact = fs::read(&path).expect("read");
        let db = Database::open(&path).expect("open");
        let transaction = db.begin_write().expect("begin");
        damage(&transaction);
        transaction.commit().expect("commit");
        drop(db);
        let error = reopened().expect_err("it is damaged");
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        fs::write(&path, intact).expect("write");
    };
    in_a_damaged_one(&|transaction| {
        transaction.delete_table(trees::SMALL).expect("delete");
    });
    in_a_damaged_one(&|transaction| {
        transaction.delete_table(trees::SMALL).expect("delete");
        transaction.open_table(trees::SMALL).expect("an empty one");
    });
    in_a_damaged_one(&|transaction| {
        transaction.delete_table(trees::LARGE).expect("delete");
        transaction.open_table(trees::LARGE).expect("an empty one");
    });
    assert_eq!(reopened().expect("open"), whole);
}

#[test]
fn what_a_commit_writes_does_not_grow_with_the_store() {
    let written_beside = |records: u32| {
        let directory = tempfile::tempdir().expect("directory");
        let (store, switches) = open(&directory.path().join("agno.redb"));
        let key = |number: u32| format!("{number:050}");
        let value = [7; 200];
        let writes = (0..records).map(|number| (key(number).into_bytes(), Some(value.to_vec())));
        let writes = writes.collect();
        store.apply(Batch { writes }).expect("many at once");
        let before = switches.written.load(Ordering::SeqCst);
        // Often enough that the small tree is emptied twice.
        for number in records..records + 2 * SMALL_ENOUGH as u32 {
            store.apply(put(&key(number), &value)).expect("apply");
        }
        switches.written.load(Ordering::SeqCst) - before
    };
    let (of_few, of_many) = (written_beside(1), written_beside(30_000));
    assert!(of_many * 10 < of_few * 11, "{of_few} and {of_many} bytes");
}
