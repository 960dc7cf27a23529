//! Several outcomes that would decide the same container, on their way to the store at once.

use std::sync::Arc;

use agno::{RunStatus, Storage, prelude::*, storage::SledStorage};
use tokio::sync::Barrier;

use crate::kit::{crash_after, resume, runtime, store};

/// Steps that fail together.
#[workflow]
#[derive(Clone)]
struct Together {
    both: Arc<Barrier>,
}

impl Together {
    fn new() -> Self {
        let both = Arc::new(Barrier::new(2));
        Self { both }
    }
}

#[workflow]
impl Together {
    #[step]
    async fn fails(&self, name: String) -> Result<String> {
        self.both.wait().await;
        bail!("no {name}")
    }

    #[flow]
    async fn run(flow: &Flow<Self>, how: String) -> Result<String> {
        let (one, two) = ("one".to_owned(), "two".to_owned());
        let failed = match how.as_str() {
            "parallel" => {
                let both = flow.parallel((flow.fails(one), flow.fails(two))).await;
                both.map(drop)
            }
            "map" => {
                let each = flow.map(["one", "two"], |name| flow.fails(name.to_owned()));
                each.await.map(drop)
            }
            _ => {
                let first = flow.race((flow.fails(one), flow.fails(two))).await;
                first.map(drop)
            }
        };
        let error = failed.expect_err("both fail");
        Ok(error.path().unwrap_or_default().to_owned())
    }
}

/// A store whose acknowledgements take a while: both are under way by then.
#[tokio::test]
async fn the_second_failure_finds_it_decided() {
    for how in ["parallel", "map", "race"] {
        for round in 0..5 {
            let directory = tempfile::tempdir().expect("a directory");
            let store = SledStorage::open(directory.path()).expect("opens");
            let storage: Arc<dyn Storage> = Arc::new(store);
            let runtime = runtime(&storage, Together::new()).await;
            let start = runtime.start::<Together>(how.to_owned());
            let outcome = start.await.expect("starts").outcome().await;
            let error = outcome.error;
            assert_eq!(
                outcome.status,
                RunStatus::Completed,
                "{how}, {round}: {error:?}"
            );
            let output = outcome.output.expect("completes");
            let path: String = output.decode().expect("a text");
            assert!(path.contains("fails#"), "{how}: {path}");
        }
    }
}

#[tokio::test]
async fn whichever_it_was_stays_after_a_crash() {
    for how in ["parallel", "map", "race"] {
        for commits in 1.. {
            let storage = store();
            let together = Together::new();
            if !crash_after(&storage, commits, together.clone(), how.to_owned()).await {
                break;
            }
            // What failed alone before the crash is not waited for after it.
            let outcome = tokio::select! {
                outcome = resume(&storage, together.clone()) => outcome,
                () = async { loop { together.both.wait().await; } } => unreachable!("it loops"),
            };
            let error = outcome.error;
            assert_eq!(
                outcome.status,
                RunStatus::Completed,
                "{how}, after {commits}: {error:?}"
            );
        }
    }
}
