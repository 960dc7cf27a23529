//! Every back end passes the suite.

mod common;

use std::{cell::RefCell, sync::Arc, time::Duration};

use agno_storage::{MemoryStorage, Storage, conformance};
use common::{BACK_ENDS, assert_no_blobs};

#[tokio::test]
async fn memory() {
    conformance::run_all(async || Arc::new(MemoryStorage::new()) as Arc<dyn Storage>).await;
}

async fn directories() {
    for back_end in BACK_ENDS {
        println!("{}", back_end.name);
        let directories = RefCell::new(Vec::new());
        conformance::run_all(async || {
            let directory = tempfile::tempdir().expect("a directory");
            let store = back_end.open(directory.path());
            directories.borrow_mut().push(directory);
            store
        })
        .await;
        for directory in directories.take() {
            assert_no_blobs(directory.path());
        }
    }
}

#[tokio::test]
async fn directories_on_one_thread() {
    directories().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directories_on_two_threads() {
    directories().await;
}

#[tokio::test(start_paused = true)]
async fn memory_with_leases() {
    let lease = Duration::from_secs(10);
    conformance::run_all(async || Arc::new(MemoryStorage::with_lease(lease)) as Arc<dyn Storage>)
        .await;
    conformance::run_leases(async || {
        let store = MemoryStorage::with_lease(lease);
        let other = store.beside();
        (
            Arc::new(store) as Arc<dyn Storage>,
            Arc::new(other) as Arc<dyn Storage>,
        )
    })
    .await;
}
