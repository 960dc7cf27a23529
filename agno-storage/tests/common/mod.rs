//! Commits for the tests of the sled store.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::path::Path;

use agno_storage::{
    Commit, Entry, EntryKind, FieldChange, Json, Operation, Request, RequestKind, RunId, RunInput,
    RunRecord, RunStatus, RunUpdate, SessionKey, StateDelta,
};

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
    let blobs = store.join("blobs").read_dir().expect("blobs");
    assert_eq!(blobs.count(), 0);
}
