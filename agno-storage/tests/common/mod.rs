//! The back ends that keep a store in a directory, and commits for their tests.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::{path::Path, sync::Arc};

use agno_storage::{
    Commit, Entry, EntryKind, FieldChange, Json, Operation, Request, RequestKind, RunId, RunInput,
    RunRecord, RunStatus, RunUpdate, SessionKey, StateDelta, Storage, StoreResult,
};

/// A back end that keeps a store in a directory.
pub(crate) struct BackEnd {
    pub(crate) name: &'static str,
    pub(crate) open: fn(&Path) -> StoreResult<Arc<dyn Storage>>,
    /// Files that each of its stores has, beside those that all have.
    pub(crate) files: &'static [&'static str],
}

/// Those that are compiled in.
pub(crate) const BACK_ENDS: &[BackEnd] = &[
    #[cfg(feature = "sled")]
    BackEnd {
        name: "sled",
        open: |path| Ok(Arc::new(agno_storage::SledStorage::open(path)?)),
        files: &["conf", "db"],
    },
    #[cfg(feature = "redb")]
    BackEnd {
        name: "redb",
        open: |path| Ok(Arc::new(agno_storage::RedbStorage::open(path)?)),
        files: &["agno.redb"],
    },
    #[cfg(feature = "sqlite")]
    BackEnd {
        name: "sqlite",
        open: |path| Ok(Arc::new(agno_storage::SqliteStorage::open(path)?)),
        files: &["agno.sqlite"],
    },
];

impl BackEnd {
    /// Opens the store, which works.
    pub(crate) fn open(&self, path: &Path) -> Arc<dyn Storage> {
        (self.open)(path).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

pub(crate) fn id(text: &str) -> RunId {
    RunId::new(text).expect("a legal id")
}

pub(crate) fn session() -> SessionKey {
    SessionKey {
        workflow: "article".into(),
        session: "default".into(),
    }
}

pub(crate) fn create(id: &RunId) -> Commit {
    let head = RunRecord::new(id.clone(), "article".into(), "default".into(), 0);
    let input = RunInput {
        input: output(id, 0),
        state: None,
    };
    let mut commit = Commit::new(id.clone(), 1);
    commit.create = Some(Box::new((head, input)));
    commit
}

/// A step that also adds one to the session's `total`.
pub(crate) fn step(id: &RunId, number: usize) -> Commit {
    let mut entry = Entry::new(EntryKind::Step, format!("step#{number}").into(), 0);
    entry.output = Some(output(id, number));
    let sum = FieldChange {
        field: "total".into(),
        by: id.as_str().into(),
        initial: None,
        operation: Operation::Sum {
            by: Json::encode(&1).expect("JSON"),
        },
    };
    let mut commit = Commit::new(id.clone(), 1);
    commit.entries = vec![entry];
    commit.state = Some((session(), StateDelta { changes: vec![sum] }));
    commit
}

/// A step that also closes the request of the step before it and opens one.
pub(crate) fn asking_step(id: &RunId, number: usize) -> Commit {
    let mut commit = step(id, number);
    commit.settled = (number > 0)
        .then(|| request(id, number - 1).id)
        .into_iter()
        .collect();
    commit.requests = vec![request(id, number)];
    commit
}

/// What the step of this number asks: now and then in several chunks.
pub(crate) fn request(id: &RunId, number: usize) -> Request {
    Request {
        id: format!("{id}.{number}").into(),
        run: id.clone(),
        root: id.clone(),
        workflow: "article".into(),
        session: "default".into(),
        user: None,
        path: format!("step#{number}").into(),
        kind: RequestKind::Confirm,
        message: "Go on?".to_owned(),
        schema: None,
        value: Some(output(id, number)),
        deadline: None,
        asked_at: number as u64,
        place: None,
    }
}

/// The end of a run.
pub(crate) fn end(id: &RunId) -> Commit {
    let mut commit = Commit::new(id.clone(), 1);
    commit.update = Some(Box::new(RunUpdate {
        output: Some(output(id, 0)),
        ..RunUpdate::new(RunStatus::Completed, 1)
    }));
    commit
}

/// What a step has to have written: mostly small, now and then of several chunks.
pub(crate) fn output(id: &RunId, number: usize) -> Json {
    let size = match number % 20 {
        19 => 20_000,
        n => 200 + n * 50,
    };
    let word = format!("{id}/{number}.");
    Json::encode(&word.repeat(size / word.len())).expect("JSON")
}

/// sled never syncs what it puts there.
pub(crate) fn assert_no_blobs(store: &Path) {
    if let Ok(blobs) = store.join("blobs").read_dir() {
        assert_eq!(blobs.count(), 0);
    }
}
