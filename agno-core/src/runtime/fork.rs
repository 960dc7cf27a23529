//! Forking a run: a new one that takes over what the old one recorded up to a point.

mod branches;
mod prefix;

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use agno_storage::{
    Commit, Entry, EntryKind, Event, EventKind, FieldChange, Forked, Json, Operation, RunId,
    RunInput, RunRecord, RunStatus, SessionFields, SessionKey, StateDelta, StoreError,
};

use self::prefix::{Cut, Given, Prefix};
use super::{RunHandle, Runtime, path, run_id};
use crate::{
    artifact::refuse_missing,
    clock::now_micros,
    error::{Error, code},
    registry::Registered,
    state::restore,
};

/// A fork is created in one commit. More than this does not go into one.
const MOST_ENTRIES: usize = 20_000;
/// The same in bytes of inputs and outputs.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// A run about to be forked off another. Awaited, it is created, taken up, and answers its handle.
///
/// ```ignore
/// // Writes the article anew, from other sources. The search does not run again.
/// let run = runtime.fork(&id).set("search", sources).await?;
/// ```
///
/// What the new run takes over is what a crash ahead of the first operation that runs again would
/// have left: results, timers, answers of people and branches that are done, without what had only
/// begun. Its steps see the session's state as it was then. What they change is merged into the
/// session as it is now, by the fields' rules, and fails as a conflict where there is none;
/// [`session`](Self::session) gives the fork a session of its own.
#[must_use = "a run is forked when this is awaited: write `.await?`"]
pub struct Fork {
    runtime: Runtime,
    of: RunId,
    from: Option<String>,
    set: Vec<(String, Json)>,
    input: Option<Json>,
    session: Option<String>,
    id: Option<String>,
}

impl std::fmt::Debug for Fork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fork")
            .field("of", &self.of)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// Forks a run: a new run of the same workflow that takes over what this one recorded. Say
    /// from where with [`Fork::from`], [`Fork::set`] or [`Fork::input`].
    pub fn fork(&self, run: &RunId) -> Fork {
        Fork {
            runtime: self.clone(),
            of: run.clone(),
            from: None,
            set: Vec::new(),
            input: None,
            session: None,
            id: None,
        }
    }
}

impl Fork {
    /// Runs this operation again, and all that was recorded after it. By path (`write#0`,
    /// `map#0[3]/read#0`), or by name if only one of that name is recorded.
    pub fn from(mut self, operation: impl Into<String>) -> Self {
        self.from = Some(operation.into());
        self
    }

    /// Takes another output for a recorded step, which does not run. It is checked against the
    /// step's output type. What came after it runs again, save other branches of the `parallel`,
    /// `race` or `map` it stands in: those have not seen it. Several steps may be set if none came
    /// after another; with [`from`](Self::from), all of them must lie before it.
    ///
    /// What the step changed in the session's state stays as it is.
    pub fn set(mut self, step: impl Into<String>, output: Json) -> Self {
        self.set.push((step.into(), output));
        self
    }

    /// Another input: with [`from`](Self::from) for that step, in place of what the flow gives
    /// it, as an object keyed by parameter name or as the bare value of a step that takes one.
    /// Without, for the run: then nothing is taken over.
    pub fn input(mut self, input: Json) -> Self {
        self.input = Some(input);
        self
    }

    /// The session of the new run. It must have no state yet, and begins with the state as it was
    /// at the fork. Default: the session of the run that is forked.
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// The id of the new run. Default: a new one.
    pub fn run_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Creates the new run and leaves it pending, for [`Runtime::resume`] or a worker to take up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a run, workflow or step that is not
    /// there, with the nearest name; [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput)
    /// for a value that does not fit its type, for a step that is set and would run again, and for
    /// a journal that is too large for one commit;
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when the id is taken or the session has
    /// a state of its own; or the store's own error.
    pub async fn create_only(self) -> Result<RunId, Error> {
        let storage = self.runtime.storage().clone();
        let Some(record) = storage.run(&self.of).await? else {
            let run = self.of.clone();
            return Err(StoreError::RunNotFound { run }.into());
        };
        let registered = self.runtime.find(&record.workflow)?.clone();
        let Some(old) = storage.input(&self.of).await? else {
            return Err(missing_input(&self.of));
        };
        let id = match &self.id {
            Some(id) => RunId::new(id)?,
            None => run_id::new(),
        };
        let journal = storage.journal(&self.of, 0).await?;
        let taken = self.taken_over(&registered, &journal)?;
        for given in self.set.iter().map(|(_, output)| output).chain(&self.input) {
            refuse_missing(&*storage, "what is given", given).await?;
        }

        let now = now_micros();
        let session = self.session.as_deref().map(session_name).transpose()?;
        let session = session.filter(|session| *session != record.session);
        let seed = self.seed(&record);
        let head = RunRecord {
            version: registered.version,
            user: record.user.clone(),
            status: RunStatus::Pending,
            forked: Some(Box::new(Forked {
                run: self.of.clone(),
                at: taken.at.clone(),
                seed: Some(seed),
            })),
            limits: record.limits.clone(),
            cache: record.cache,
            metadata: record.metadata.clone(),
            ..RunRecord::new(
                id.clone(),
                record.workflow.clone(),
                session.clone().unwrap_or_else(|| record.session.clone()),
                now,
            )
        };
        let mut commit = Commit::new(id.clone(), head.fence);
        if let Some(session) = session {
            let key = SessionKey {
                workflow: record.workflow.clone(),
                session,
            };
            commit.state = Some((key, state_at(&id, &old, &taken.entries)?));
        }
        let input = RunInput {
            input: taken.input.unwrap_or(old.input),
            state: old.state,
        };
        commit.create = Some(Box::new((head, input)));
        commit.entries.push(marker(&self.of, &taken.at, now));
        commit.entries.extend(taken.entries);
        check_size(&self.of, &commit.entries)?;
        match storage.commit(commit).await {
            Ok(_) => Ok(id),
            Err(StoreError::Conflict(conflict)) => {
                let problem = format!(
                    "the session of the fork has a state of its own ({conflict}): choose a session \
                     that has none"
                );
                Err(Error::new(code::CONFLICT, problem).permanent())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn taken_over(&self, registered: &Registered, journal: &[Entry]) -> Result<Taken, Error> {
        let find = |named: &str| path::find(journal, named, &self.of);
        let from = self.from.as_deref().map(find).transpose()?;
        let mut cut = Cut {
            from,
            given: Vec::new(),
            other_input: from.is_some() && self.input.is_some(),
        };
        for (named, output) in &self.set {
            let step = find(named)?;
            if step.kind != EntryKind::Step {
                return Err(no_step(&step.path, "has no output to set"));
            }
            let entry = path::step_of(registered, &step.path)?;
            let output = entry.check_output(output)?;
            if cut.given.iter().any(|given| given.step.path == step.path) {
                let problem = format!("`{}` is set twice", step.path);
                return Err(Error::new(code::INVALID_INPUT, problem).permanent());
            }
            cut.given.push(Given { step, output });
        }
        let mut other = None;
        match (from, &self.input) {
            (None, None) if self.set.is_empty() => {
                let problem = "say where the fork begins: from a step, with the output of one set, \
                               or with another input for the run";
                return Err(Error::new(code::INVALID_INPUT, problem).permanent());
            }
            (None, Some(_)) if !self.set.is_empty() => {
                let problem = "with another input for the run nothing is taken over, so no step \
                               can be set: say from which step the input is meant";
                return Err(Error::new(code::INVALID_INPUT, problem).permanent());
            }
            (None, Some(input)) => return begin_anew(registered, journal, input),
            (Some(from), Some(input)) => {
                if from.kind != EntryKind::Step {
                    return Err(no_step(&from.path, "takes no input"));
                }
                let step = path::step_of(registered, &from.path)?;
                let mut entry = Entry::new(
                    EntryKind::Override,
                    Arc::from(format!("{}!input", from.path)),
                    0,
                );
                entry.output = Some(step.check_given_input(input)?);
                entry.finished_at = now_micros();
                other = Some(entry);
            }
            (_, None) => {}
        }
        let Prefix { mut entries, at } = cut.prefix(journal)?;
        entries.extend(other);
        Ok(Taken {
            entries,
            at,
            input: None,
        })
    }

    /// A fork of a fork goes on with the random numbers of the first.
    fn seed(&self, record: &RunRecord) -> Arc<str> {
        let known = record
            .forked
            .as_ref()
            .and_then(|forked| forked.seed.clone());
        known.unwrap_or_else(|| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(self.of.as_str().as_bytes());
            hasher.update(&record.created_at.to_le_bytes());
            Arc::from(hasher.finalize().to_hex().as_str())
        })
    }
}

impl IntoFuture for Fork {
    type Output = Result<RunHandle, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let runtime = self.runtime.clone();
            let id = self.create_only().await?;
            runtime.resume(&id).await
        })
    }
}

/// What the new run begins with.
struct Taken {
    entries: Vec<Entry>,
    at: Arc<str>,
    /// Another input for the run.
    input: Option<Json>,
}

/// The run gets another input: nothing is taken over.
fn begin_anew(registered: &Registered, journal: &[Entry], input: &Json) -> Result<Taken, Error> {
    let schema = registered.input_schema();
    let value = schema.check(input.as_str()).map_err(Error::input)?;
    let input = Json::encode(&value).map_err(|error| path::unreadable(&error))?;
    let values = registered.entry_values(&input);
    let read = values.and_then(|values| (registered.entry().check)(&values));
    read.map_err(|error| path::unreadable(&error))?;
    let first = journal.iter().find(|entry| path::is_operation(entry));
    Ok(Taken {
        entries: Vec::new(),
        at: first.map_or_else(|| Arc::from(""), |entry| entry.path.clone()),
        input: Some(input),
    })
}

fn marker(of: &RunId, at: &Arc<str>, now: u64) -> Entry {
    let mut entry = Entry::new(EntryKind::Marker, Arc::from("@forked"), 0);
    entry.finished_at = now;
    entry.events.push(Event {
        at: now,
        kind: EventKind::RunForked {
            from: of.clone(),
            path: at.clone(),
        },
    });
    entry
}

/// The state at the fork, as the beginning of a session that has none.
fn state_at(id: &RunId, old: &RunInput, entries: &[Entry]) -> Result<StateDelta, Error> {
    let mut fields: SessionFields = restore(old.state.as_ref()).map_err(|error| {
        let problem = format!("the state that the run began with cannot be read: {error}");
        Error::new(code::INVALID_STATE, problem).permanent()
    })?;
    for delta in entries.iter().filter_map(|entry| entry.delta.as_ref()) {
        // As the run's own view does: what the session took is what merges.
        if let Ok(changed) = delta.merged(&fields) {
            fields.extend(changed);
        }
    }
    let by: Arc<str> = Arc::from(format!("{id}/@forked"));
    let changes = fields.into_iter().map(|(field, value)| FieldChange {
        field,
        by: by.clone(),
        initial: None,
        // Only where there is nothing: the store refuses it otherwise.
        operation: Operation::Set {
            expected: None,
            value: value.value,
        },
    });
    Ok(StateDelta {
        changes: changes.collect(),
    })
}

fn check_size(of: &RunId, entries: &[Entry]) -> Result<(), Error> {
    let size = |json: &Option<Json>| json.as_ref().map_or(0, Json::len);
    let bytes: usize = entries
        .iter()
        .map(|entry| size(&entry.input) + size(&entry.output))
        .sum();
    if entries.len() <= MOST_ENTRIES && bytes <= MOST_BYTES {
        return Ok(());
    }
    let problem = format!(
        "a fork of run `{of}` would take over {} entries with {bytes} bytes, and a fork is created \
         in one commit of at most {MOST_ENTRIES} entries and {MOST_BYTES} bytes: fork from an \
         earlier step",
        entries.len()
    );
    Err(Error::new(code::INVALID_INPUT, problem).permanent())
}

fn no_step(path: &str, what: &str) -> Error {
    let problem = format!("`{path}` is no step, and {what}");
    Error::new(code::INVALID_INPUT, problem).permanent()
}

fn session_name(name: &str) -> Result<Arc<str>, Error> {
    if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        let problem = format!(
            "`{}` is not the name of a session: 1 to 200 bytes without control characters",
            crate::schema::printable(name, 40)
        );
        return Err(Error::new(code::INVALID_INPUT, problem).permanent());
    }
    Ok(Arc::from(name))
}

pub(super) fn missing_input(run: &RunId) -> Error {
    let key = format!("input of run {run}");
    let reason = "it is missing".to_owned();
    StoreError::Corrupt { key, reason }.into()
}
