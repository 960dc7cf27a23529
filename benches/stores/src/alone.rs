//! What a run writes, without a store above the engine.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    engines::{Engine, Records},
    postgres::Postgres,
};

/// Where the id of a run ends in a key: a letter, then `alone` and 21 digits.
const ID_END: usize = 1 + 26;

/// An engine by itself.
#[derive(Clone)]
pub(crate) enum Alone {
    Engine(Engine),
    Postgres(Arc<Postgres>),
}

impl Alone {
    /// The commits of one run, each durable before the next.
    pub(crate) async fn run(&self, commits: &[Records]) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // Every run has an id of its own, and its keys stand together as those of a store do.
        let run = COUNT.fetch_add(1, Ordering::Relaxed);
        for records in commits {
            let mut records = records.clone();
            for (key, _) in &mut records {
                key[ID_END - 8..ID_END].copy_from_slice(&run.to_be_bytes());
            }
            match self {
                Self::Engine(engine) => engine.write(records).await,
                Self::Postgres(database) => database.write(run, records).await,
            }
        }
    }

    /// The same so often, 64 at a time.
    pub(crate) async fn at_once(&self, commits: &[Records], runs: usize) {
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let (alone, commits) = (self.clone(), commits.to_vec());
                let own = runs / 64 + usize::from(task < runs % 64);
                tokio::spawn(async move {
                    for _ in 0..own {
                        alone.run(&commits).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    }
}
