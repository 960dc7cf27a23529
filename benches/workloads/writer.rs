//! The store alone: the commits of a real run, made again without flow, engine or steps.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use agno::{
    Entry, EntryKind, Json, RunDetails, RunId, RunQuery, RunRecord, RunStatus, Runtime, Storage,
    storage::{Commit, RunInput, RunUpdate, SessionKey},
};

/// The commits of a run.
#[derive(Clone)]
pub struct Commits(Arc<Recorded>);

struct Recorded {
    head: RunRecord,
    input: RunInput,
    /// The entries of each commit but the first, which creates the run.
    entries: Vec<Vec<Entry>>,
    /// Containers that a late commit must not follow.
    unless: Vec<Arc<str>>,
    output: Option<Json>,
    active_micros: u64,
}

impl Commits {
    /// Those of the newest run.
    pub async fn of_newest(runtime: &Runtime) -> Self {
        let query = RunQuery {
            limit: Some(1),
            ..RunQuery::default()
        };
        let newest = runtime.runs(query).await.expect("the runs read");
        let details = runtime.inspect(&newest[0].id).await.expect("the run reads");
        Self::of(details)
    }

    fn of(details: RunDetails) -> Self {
        let head = RunRecord {
            status: RunStatus::Running,
            fence: 1,
            active_micros: 0,
            ..details.record
        };
        let mut entries = Vec::new();
        let mut riding = Vec::new();
        let mut unless = Vec::new();
        for entry in details.journal {
            let rides = entry.kind == EntryKind::Container;
            if rides {
                unless.push(Arc::from(format!("{}!decided", entry.path)));
            }
            riding.push(entry);
            if !rides {
                entries.push(std::mem::take(&mut riding));
            }
        }
        Self(Arc::new(Recorded {
            active_micros: details.record.active_micros,
            head,
            input: details.input,
            entries,
            unless,
            output: details.output,
        }))
    }

    fn all(&self) -> impl Iterator<Item = Commit> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let recorded = self.0.clone();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let id = RunId::new(format!("alone{count:021}")).expect("a legal id");
        let last = recorded.entries.len();
        (0..=last).map(move |index| {
            let mut commit = Commit::new(id.clone(), 1);
            if index == 0 {
                let create = (recorded.head.clone(), recorded.input.clone());
                commit.create = Some(Box::new(create));
                return commit;
            }
            commit.entries.clone_from(&recorded.entries[index - 1]);
            commit.unless.clone_from(&recorded.unless);
            commit.state = commit.entries.iter().find_map(|entry| {
                let key = SessionKey {
                    workflow: recorded.head.workflow.clone(),
                    session: recorded.head.session.clone(),
                };
                Some((key, entry.delta.clone()?))
            });
            if index == last {
                commit.update = Some(Box::new(RunUpdate {
                    output: recorded.output.clone(),
                    active_micros: recorded.active_micros,
                    ..RunUpdate::new(RunStatus::Completed, recorded.head.updated_at)
                }));
            }
            commit
        })
    }

    /// What each of them writes, as keys and values of a store's own size: the first the head and the input, the others
    /// their entries, the last the head and the output too.
    pub fn records(&self) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
        let commits = self.all().map(|commit| {
            // What ends the run's id, and the number of the chunk.
            let key =
                |kind: &str, rest: &str| format!("{kind}{}\0{rest}\0\0", commit.run).into_bytes();
            let path = |path: &str| format!("{}{path}", char::from(path.len() as u8));
            let head = serde_json::to_vec(&self.0.head).expect("json");
            let mut records = Vec::new();
            for entry in &commit.entries {
                let value = framed(20, &stored(entry));
                records.push((key("e", &path(&entry.path)), value));
            }
            if let Some(create) = &commit.create {
                records.push((key("h", ""), framed(8, &head)));
                let input = serde_json::to_vec(&create.1).expect("json");
                records.push((key("i", ""), framed(0, &input)));
            }
            if let Some(output) = commit.update.and_then(|update| update.output) {
                records.push((key("h", ""), framed(8, &head)));
                records.push((key("o", ""), framed(0, output.as_str().as_bytes())));
            }
            records
        });
        commits.collect()
    }

    /// Makes them, each durable before the next.
    pub async fn one_by_one(&self, storage: &Arc<dyn Storage>) {
        for commit in self.all() {
            storage.commit(commit).await.expect("commits");
        }
    }

    /// Makes them as a fan-out does: the first, the last, and all in between at once.
    pub async fn fanned_out(&self, storage: &Arc<dyn Storage>) {
        let mut commits: Vec<_> = self.all().collect();
        let last = commits.pop();
        let mut commits = commits.into_iter();
        if let Some(first) = commits.next() {
            storage.commit(first).await.expect("commits");
        }
        let between = commits.map(|commit| storage.commit(commit));
        for done in futures_util::future::join_all(between).await {
            done.expect("commits");
        }
        if let Some(last) = last {
            storage.commit(last).await.expect("commits");
        }
    }

    /// Makes them so often, 64 runs at a time.
    pub async fn at_once(&self, storage: &Arc<dyn Storage>, runs: usize) {
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let (commits, storage) = (self.clone(), storage.clone());
                let own = runs / 64 + usize::from(task < runs % 64);
                tokio::spawn(async move {
                    for _ in 0..own {
                        commits.one_by_one(&storage).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    }
}

/// The JSON of an entry as a store has it: without its numbers and without what is usual.
fn stored(entry: &Entry) -> Vec<u8> {
    let json = serde_json::to_value(entry).expect("json");
    let serde_json::Value::Object(mut fields) = json else {
        return Vec::new();
    };
    fields.retain(|name, value| {
        !matches!((&**name, &*value), ("seq" | "first_event", _)) && value != "ran"
    });
    serde_json::to_vec(&fields).expect("json")
}

/// A body behind a frame with a checksum, and the numbers that a store puts before it.
fn framed(numbers: usize, body: &[u8]) -> Vec<u8> {
    let mut value = vec![1; 6 + numbers];
    value.extend_from_slice(body);
    value
}
