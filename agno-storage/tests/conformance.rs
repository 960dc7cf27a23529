//! Every back end passes the suite.

use std::sync::Arc;

use agno_storage::{MemoryStorage, Storage, conformance};

#[tokio::test]
async fn memory() {
    conformance::run_all(async || Arc::new(MemoryStorage::new()) as Arc<dyn Storage>).await;
}

#[cfg(feature = "sled")]
mod sled {
    use std::{cell::RefCell, path::Path};

    use agno_storage::SledStorage;

    use super::*;

    async fn run_all() {
        let directories = RefCell::new(Vec::new());
        conformance::run_all(async || {
            let directory = tempfile::tempdir().expect("a directory");
            let store = SledStorage::open(directory.path()).expect("open");
            directories.borrow_mut().push(directory);
            Arc::new(store) as Arc<dyn Storage>
        })
        .await;
        for directory in directories.take() {
            assert_no_blobs(directory.path());
        }
    }

    /// sled never syncs what it puts there.
    fn assert_no_blobs(store: &Path) {
        let blobs = store.join("blobs").read_dir().expect("blobs");
        assert_eq!(blobs.count(), 0);
    }

    #[tokio::test]
    async fn on_one_thread() {
        run_all().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_two_threads() {
        run_all().await;
    }
}
