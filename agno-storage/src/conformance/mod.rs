//! The suite that every back end must pass.
//!
//! [`run_all`] checks every property on a fresh store each; the properties are public, so that a
//! back end under construction can be held to one at a time. Each panics where the store does
//! not keep its promise.
//!
//! ```
//! # use std::sync::Arc;
//! # use agno_storage::{MemoryStorage, Storage, conformance};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! conformance::run_all(async || Arc::new(MemoryStorage::new()) as Arc<dyn Storage>).await;
//! # }
//! ```

mod artifacts;
mod commits;
mod definitions;
mod deletion;
mod leases;
mod lists;
mod requests;
mod state;
mod transfer;

use std::sync::Arc;

pub use artifacts::{artifact_limits, artifacts, concurrent_artifacts};
pub use commits::{
    absent_paths, atomic_commits, claims, creation, decided_containers, fences, numbering,
    superseding, updates,
};
pub use definitions::{concurrent_definitions, definition_limits, definitions};
pub use deletion::{concurrent_deletions, deletions, deletions_of_many, sessions};
pub use leases::{
    answers_beside, called_leases, due_runs, ended_leases, lease_races, leases, released_leases,
    renewals,
};
pub use lists::{cache, closing, flights, names, nested_runs, runs, sizes};
pub use requests::{
    lists_of_requests, pending_runs, refused_requests, requests, requests_of_ended_runs,
};
pub use state::{concurrent_sums, conflicts, merges, sessions_apart};
pub use transfer::{cache_bounds, imported_pieces, imported_runs, statistics};

use crate::{
    Commit, Entry, EntryKind, Event, EventKind, FieldChange, Json, Operation, RunId, RunInput,
    RunRecord, SessionKey, StateDelta, Storage,
};

/// Checks every property, each on a store that `make` makes: an empty one every time.
///
/// # Panics
///
/// Where the store does not keep a promise of [`Storage`].
pub async fn run_all(make: impl AsyncFn() -> Arc<dyn Storage>) {
    creation(&*make().await).await;
    fences(&*make().await).await;
    claims(&*make().await).await;
    absent_paths(&*make().await).await;
    decided_containers(&*make().await).await;
    superseding(&*make().await).await;
    numbering(&*make().await).await;
    updates(&*make().await).await;
    atomic_commits(&*make().await).await;
    merges(&*make().await).await;
    conflicts(&*make().await).await;
    sessions_apart(&*make().await).await;
    concurrent_sums(&*make().await).await;
    cache(&*make().await).await;
    flights(&*make().await).await;
    runs(&*make().await).await;
    nested_runs(&*make().await).await;
    pending_runs(&*make().await).await;
    requests(&*make().await).await;
    refused_requests(&*make().await).await;
    requests_of_ended_runs(&*make().await).await;
    lists_of_requests(&*make().await).await;
    deletions(&*make().await).await;
    concurrent_deletions(&*make().await).await;
    deletions_of_many(&*make().await).await;
    sessions(&*make().await).await;
    artifacts(&*make().await).await;
    artifact_limits(&*make().await).await;
    concurrent_artifacts(&*make().await).await;
    definitions(&*make().await).await;
    definition_limits(&*make().await).await;
    concurrent_definitions(&*make().await).await;
    imported_runs(&*make().await).await;
    imported_pieces(&*make().await).await;
    cache_bounds(&*make().await).await;
    statistics(&*make().await).await;
    sizes(&*make().await).await;
    names(&*make().await).await;
    closing(&*make().await).await;
}

/// Checks what holds of leases, for a store whose [`Storage::lease`] is some. `make` makes an empty
/// store and opens it twice, as two processes would. Waits for a few leases to end: give it one of a
/// second or two.
///
/// # Panics
///
/// Where the store does not keep a promise of [`Storage`].
pub async fn run_leases(make: impl AsyncFn() -> (Arc<dyn Storage>, Arc<dyn Storage>)) {
    async fn check(
        make: &impl AsyncFn() -> (Arc<dyn Storage>, Arc<dyn Storage>),
        property: impl AsyncFnOnce(&dyn Storage, &dyn Storage),
    ) {
        let (one, other) = make().await;
        property(&*one, &*other).await;
    }
    check(&make, leases).await;
    check(&make, renewals).await;
    check(&make, released_leases).await;
    check(&make, ended_leases).await;
    check(&make, called_leases).await;
    check(&make, answers_beside).await;
    check(&make, due_runs).await;
    check(&make, lease_races).await;
}

fn id(text: &str) -> RunId {
    RunId::new(text).expect("a legal id")
}

fn json(text: &str) -> Json {
    Json::parse(text).expect("legal JSON")
}

fn head(id: &RunId) -> RunRecord {
    RunRecord::new(id.clone(), "article".into(), "default".into(), 1_000)
}

fn entry(path: &str, output: &str) -> Entry {
    let mut entry = Entry::new(EntryKind::Step, path.into(), 0);
    entry.output = Some(json(output));
    entry
}

fn said(at: u64) -> Event {
    let message = format!("at {at}");
    Event {
        at,
        kind: EventKind::Said { message },
    }
}

fn session(name: &str) -> SessionKey {
    SessionKey {
        workflow: "article".into(),
        session: name.into(),
    }
}

fn change(field: &str, by: &str, operation: Operation) -> FieldChange {
    FieldChange {
        field: field.into(),
        by: by.into(),
        initial: None,
        operation,
    }
}

fn delta(changes: impl IntoIterator<Item = FieldChange>) -> StateDelta {
    StateDelta {
        changes: changes.into_iter().collect(),
    }
}

fn create(id: &RunId) -> Commit {
    let mut commit = Commit::new(id.clone(), 1);
    let input = RunInput {
        input: json(r#"{"topic":"rust"}"#),
        state: None,
    };
    commit.create = Some(Box::new((head(id), input)));
    commit
}

/// A commit of entries by the first owner.
fn append<const N: usize>(id: &RunId, entries: [Entry; N]) -> Commit {
    let mut commit = Commit::new(id.clone(), 1);
    commit.entries = entries.into();
    commit
}

/// A run that exists.
async fn started(store: &dyn Storage, name: &str) -> RunId {
    let id = id(name);
    store.commit(create(&id)).await.expect("create a run");
    id
}

/// The paths of a journal, in its order.
async fn paths(store: &dyn Storage, id: &RunId) -> Vec<String> {
    let journal = store.journal(id, 0).await.expect("read a journal");
    journal.iter().map(|entry| entry.path.to_string()).collect()
}
