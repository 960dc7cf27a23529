//! One server for all tests, a schema for each, and the commits they make.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agno_storage::{
    Commit, Entry, EntryKind, Json, PostgresOptions, PostgresStorage, RunId, RunInput, RunRecord,
    RunStatus, RunUpdate, Storage,
};
use tokio_postgres::{Client, NoTls};

use super::server::Server;

/// The URL of this process's server, which ends with it.
pub(crate) fn url() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::start).as_ref().map(Server::url)
}

/// A schema that no test has used.
pub(crate) fn schema() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn options(url: &str, schema: &str) -> PostgresOptions {
    PostgresOptions::new(url)
        .schema(schema)
        .lease(Duration::from_secs(20))
}

/// An empty store, and its schema.
pub(crate) async fn empty(url: &str) -> (Arc<PostgresStorage>, String) {
    let schema = schema();
    let store = options(url, &schema).open().await.expect("open");
    (Arc::new(store), schema)
}

/// A connection beside the store.
pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connect");
    tokio::spawn(connection);
    client
}

pub(crate) fn id(text: &str) -> RunId {
    RunId::new(text).expect("a legal id")
}

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text).expect("legal JSON")
}

pub(crate) fn create(run: &RunId, status: RunStatus) -> Commit {
    let mut head = RunRecord::new(run.clone(), "article".into(), "default".into(), 1);
    head.status = status;
    let input = RunInput {
        input: json("{}"),
        state: None,
    };
    let mut commit = Commit::new(run.clone(), 1);
    commit.create = Some(Box::new((head, input)));
    commit
}

pub(crate) async fn started(store: &dyn Storage, name: &str) -> RunId {
    let run = id(name);
    let created = store.commit(create(&run, RunStatus::Running)).await;
    created.expect("create a run");
    run
}

pub(crate) fn step(run: &RunId, fence: u64, number: usize) -> Commit {
    let mut entry = Entry::new(EntryKind::Step, format!("step#{number}").into(), 0);
    entry.output = Some(json(&format!("\"{}\"", "x".repeat(200))));
    let mut commit = Commit::new(run.clone(), fence);
    commit.entries = vec![entry];
    commit
}

pub(crate) fn claim(run: &RunId, fence: u64) -> Commit {
    let mut commit = Commit::new(run.clone(), fence);
    commit.claim = true;
    commit
}

pub(crate) fn end(run: &RunId, fence: u64, status: RunStatus) -> Commit {
    let mut commit = Commit::new(run.clone(), fence);
    commit.update = Some(Box::new(RunUpdate::new(status, 9)));
    commit
}

pub(crate) async fn assert_sound(store: &dyn Storage) {
    let report = store.verify().await.expect("verify");
    assert_eq!(report.problems, [""; 0]);
}
