//! Commits straight into a store: for the tests that count single calls of the system.

use std::path::Path;

use agno_storage::{
    CacheFill, CacheKey, CacheQuery, Commit, Entry, EntryKind, FieldChange, Json, Operation,
    Request, RunId, RunInput, RunRecord, RunStatus, RunUpdate, SessionKey, StateDelta, Storage,
    StoreError, StoreResult,
};
use serde_json::json;

use crate::{
    backend::Backend,
    errand::text,
    told::{Told, tell},
};

/// How long the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// 200 B to 4 KB, now and then 20 KB.
    Small,
    /// One in twenty is 200 KB.
    Large,
}

impl Sizes {
    /// Its name, also on the command line of the child.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }

    fn bytes(self, number: u64) -> usize {
        match (self, number % 20) {
            (Self::Large, 19) => 200_000,
            (Self::Small, 19) => 20_000,
            (_, n) => 200 + usize::try_from(n).unwrap_or(0) * 200,
        }
    }
}

fn session() -> SessionKey {
    SessionKey {
        workflow: "direct".into(),
        session: "direct".into(),
    }
}

fn create(run: &RunId) -> Commit {
    let head = RunRecord::new(run.clone(), "direct".into(), "direct".into(), 1);
    let input = RunInput {
        input: json_of(&run.as_str()),
        state: None,
    };
    let mut commit = Commit::new(run.clone(), 1);
    commit.create = Some(Box::new((head, input)));
    commit
}

fn entry(run: &RunId, number: u64, bytes: usize) -> Entry {
    let path = format!("step#{number}");
    let mut entry = Entry::new(EntryKind::Step, path.into(), 0);
    let seed = blake3::hash(format!("{run} {number}").as_bytes());
    let seed = u64::from_le_bytes(seed.as_bytes()[..8].try_into().expect("eight bytes"));
    entry.output = Some(json_of(&text(seed, bytes)));
    entry
}

fn json_of(value: &impl serde::Serialize) -> Json {
    Json::encode(value).expect("is JSON")
}

fn from_json<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).expect("fits")
}

/// What step `number` asks of a person.
fn request(run: &RunId, number: u64) -> Request {
    from_json(json!({
        "id": format!("{run}.{number}"), "run": run, "root": run, "workflow": "direct",
        "session": "direct", "path": format!("step#{number}"), "kind": "confirm",
        "message": "Go on?", "asked_at": number,
    }))
}

/// A step of a run: an entry, a change of state, a request opened and the one before closed, and now
/// and then a cached result.
fn step(run: &RunId, number: u64, sizes: Sizes) -> Commit {
    let mut commit = Commit::new(run.clone(), 1);
    commit.entries = vec![entry(run, number, sizes.bytes(number))];
    let change = FieldChange {
        field: "total".into(),
        by: run.as_str().into(),
        initial: None,
        operation: Operation::Sum { by: json_of(&1) },
    };
    let changes = vec![change];
    commit.state = Some((session(), StateDelta { changes }));
    commit.requests = vec![request(run, number)];
    if let Some(before) = number.checked_sub(1) {
        commit.settled = vec![request(run, before).id];
    }
    if number.is_multiple_of(7) {
        let key = CacheKey(*blake3::hash(format!("{run} {number}").as_bytes()).as_bytes());
        let entry = from_json(json!({
            "workflow": "direct", "step": "step", "run": run, "stored_at": 1,
            "output": text(number + 1, 500),
        }));
        commit.cache = Some(Box::new(CacheFill { key, entry }));
    }
    commit
}

fn end(run: &RunId) -> Commit {
    let mut commit = Commit::new(run.clone(), 1);
    commit.update = Some(Box::new(RunUpdate {
        output: Some(json_of(&text(7, 300))),
        ..RunUpdate::new(RunStatus::Completed, 2)
    }));
    commit
}

/// A run that is made with so many entries at once, like a fork of a long one, ends, and may go.
///
/// # Errors
///
/// Those of the store.
pub async fn large(storage: &dyn Storage, run: &RunId, entries: u64) -> StoreResult<()> {
    let mut commit = create(run);
    for number in 0..entries {
        commit.entries.push(entry(run, number, 200));
    }
    storage.commit(commit).await?;
    storage.commit(end(run)).await?;
    Ok(())
}

/// Ends a run that a killed child has left between its two commits.
///
/// # Errors
///
/// Those of the store.
pub async fn finish(storage: &dyn Storage, run: &RunId) -> StoreResult<()> {
    storage.commit(end(run)).await?;
    Ok(())
}

/// Turns that go on at one run, and which of them keeps an artifact.
const STEPS: u64 = 30;
const ARTIFACT: u64 = 10;

fn is_artifact(number: u64) -> bool {
    number % STEPS == ARTIFACT
}

/// One of the things that a store is asked to write, in turn: mostly steps, and all that removes.
///
/// # Errors
///
/// Those of the store.
pub async fn turn(
    storage: &dyn Storage,
    prefix: &str,
    number: u64,
    sizes: Sizes,
) -> StoreResult<()> {
    let run = RunId::new(format!("{prefix}-{}", number / STEPS))?;
    match number % STEPS {
        0 => drop(storage.commit(create(&run)).await?),
        ARTIFACT => {
            let bytes = text(number, sizes.bytes(19)).into_bytes();
            storage.put_artifact(bytes).await?;
        }
        20 => {
            let body = json_of(&text(number, 1000));
            storage.save_definition("plan", prefix, body, None).await?;
        }
        28 => drop(storage.commit(end(&run)).await?),
        29 => {
            let copy = RunId::new(format!("{prefix}-{}-copy", number / STEPS))?;
            large(storage, &copy, 60).await?;
            let round = number / STEPS;
            if round % 2 == 1 {
                storage.delete_run(&copy).await?;
            }
            if round % 3 == 2 {
                storage.cache_clear(CacheQuery::default()).await?;
            }
        }
        at => drop(storage.commit(step(&run, at - 1, sizes)).await?),
    }
    Ok(())
}

/// The child that commits one thing after the other, at most `count`, and closes the store. After a
/// failure it says which, and tries a few more: none of them may be acknowledged.
///
/// # Errors
///
/// Those of opening the store.
pub async fn commit_all(
    backend: Backend,
    store: &Path,
    prefix: &str,
    count: u64,
    sizes: Sizes,
) -> StoreResult<()> {
    let storage = match backend.open(store) {
        Ok(storage) => Told::new(storage),
        Err(error) => {
            tell_failure("refused", &error);
            return Ok(());
        }
    };
    tell("open");
    for number in 0..count {
        if let Err(error) = turn(&storage, prefix, number, sizes).await {
            if is_artifact(number) {
                // A file of its own: it is not kept, and nothing else is the worse for it.
                tell_failure("not-kept", &error);
                continue;
            }
            tell_failure("failed", &error);
            for more in 0..5 {
                let run = RunId::new(format!("{prefix}-late-{more}"))?;
                match storage.commit(create(&run)).await {
                    Ok(_) => tell(&format!("late {run}")),
                    Err(error) => tell_failure("then", &error),
                }
            }
            break;
        }
    }
    if let Err(error) = storage.close().await {
        tell_failure("close", &error);
    }
    Ok(())
}

/// `failed Full: no room left ..`
fn tell_failure(when: &str, error: &StoreError) {
    let kind = format!("{error:?}");
    let kind = kind.split([' ', '(', '{']).next().unwrap_or_default();
    let text = error.to_string().replace('\n', " ");
    tell(&format!("{when} {kind}: {text}"));
}
