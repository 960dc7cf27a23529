//! Settling what may have run: a person looked, and says what came of it.

mod uncertain;

use std::sync::Arc;

use agno_storage::{
    Commit, Entry, EntryKind, Event, EventError, EventKind, Json, RunId, RunRecord, RunStatus,
    RunUpdate, Source, StoreError,
};

use self::uncertain::{Effect, Uncertain, choose};
use super::{Runtime, path};
use crate::{
    artifact::refuse_missing,
    clock::now_micros,
    error::{Error, code},
    registry::Registered,
};

/// What came of something that may have run.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// It took effect, and this is its output: of a step, checked against its type; of an agent's
    /// tool, what the model reads, a text as it is and anything else as JSON.
    Output(Json),
    /// It failed and is not done again: the flow sees an error, the model that the tool failed.
    Failed,
    /// It did not take effect, and is done again.
    Retry,
}

impl Resolution {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Output(_) => "output",
            Self::Failed => "failed",
            Self::Retry => "retry",
        }
    }
}

const FOUND_FAILED: &str = "a person looked, and it has failed";

impl Runtime {
    /// Settles what may have run, so that the run can be taken up again: a step that must not run
    /// twice, or such a tool of an agent. `step` is its path, its name if that says enough, or
    /// `STEP/TOOL`. The run waits for [`resume`](Self::resume) then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when it is known what came of it, when
    /// several are meant, when the flow has gone on without it, and for a run that is completed or
    /// under way here; [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an output
    /// that does not fit; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown run;
    /// or the store's own error.
    pub async fn resolve(
        &self,
        run: &RunId,
        step: &str,
        resolution: Resolution,
    ) -> Result<(), Error> {
        // Nobody takes the run up meanwhile.
        let _turn = self.0.shared.beginning.lock().await;
        if self.is_active(run) {
            return Err(conflict(format!(
                "run `{run}` is under way: wait for its end"
            )));
        }
        let storage = self.storage();
        let Some(record) = storage.run(run).await? else {
            return Err(StoreError::RunNotFound { run: run.clone() }.into());
        };
        if matches!(record.status, RunStatus::Completed | RunStatus::Cancelled) {
            let problem = format!(
                "run `{run}` is {}, and is not taken up again",
                record.status
            );
            return Err(conflict(problem));
        }
        let registered = self.find(&record.workflow)?;
        if let Resolution::Output(output) = &resolution {
            refuse_missing(&**storage, "the output", output).await?;
        }
        let journal = storage.journal(run, 0).await?;
        let settled = match choose(&journal, step, run)? {
            Uncertain::Step {
                path,
                failed,
                begun,
            } => settle_step(registered, &journal, path, failed, begun, &resolution)?,
            Uncertain::Tool(effect) => settle_tool(&journal, &effect, &resolution)?,
        };
        storage
            .commit(settled.commit(&record, &journal, &resolution))
            .await?;
        Ok(())
    }
}

/// What a resolution changes in the journal.
struct Settled {
    step: Arc<str>,
    supersede: Vec<Arc<str>>,
    entries: Vec<Entry>,
}

impl Settled {
    fn commit(self, record: &RunRecord, journal: &[Entry], resolution: &Resolution) -> Commit {
        let now = now_micros();
        let mut commit = Commit::new(record.id.clone(), record.fence);
        commit.supersede = self.supersede;
        commit.entries = self.entries;
        let path = format!("@resolved~{}", journal.len());
        let mut marker = Entry::new(EntryKind::Marker, Arc::from(path), 0);
        marker.finished_at = now;
        marker.events.push(Event {
            at: now,
            kind: EventKind::Custom {
                path: self.step,
                name: Arc::from("resolved"),
                data: serde_json::json!({ "with": resolution.as_str() }),
            },
        });
        commit.entries.push(marker);
        if record.status == RunStatus::Running {
            // Its process is gone, or is told by this that it has lost the run.
            commit.claim = true;
        } else {
            // Without the error: a resume goes on, and has no failure to try again.
            commit.update = Some(Box::new(RunUpdate {
                wake_at: record.wake_at,
                ..RunUpdate::new(RunStatus::Paused, now)
            }));
        }
        commit
    }
}

fn settle_step(
    registered: &Registered,
    journal: &[Entry],
    path: &str,
    failed: Option<&Entry>,
    begun: Option<&Entry>,
    resolution: &Resolution,
) -> Result<Settled, Error> {
    let mut supersede = undone(journal, path)?;
    let now = now_micros();
    if let Resolution::Retry = resolution {
        let notes = journal.iter().filter(|entry| !entry.superseded);
        let notes = notes.filter(|entry| {
            entry.kind == EntryKind::Started && path::base_of(&entry.path) == path
                || is_memo_of_attempt(entry, path)
        });
        supersede.extend(notes.map(|entry| entry.path.clone()));
        return Ok(Settled {
            step: Arc::from(path),
            supersede,
            entries: Vec::new(),
        });
    }
    // The failure says where the step stands in its scope; so does its beginning, unless an older
    // version wrote it.
    let known = failed.or_else(|| begun.filter(|begun| begun.input.is_some()));
    let Some(known) = known else {
        let problem = format!(
            "the process ended while `{path}` ran, and has not said with what: resume the run, \
             which fails then, and resolve it after that"
        );
        return Err(conflict(problem));
    };
    let mut entry = Entry::new(EntryKind::Step, Arc::from(path), known.position);
    entry.place = known.place.clone();
    entry.input = known.input.clone();
    entry.attempts = known.attempts.max(1);
    entry.started_at = known.started_at;
    entry.finished_at = now;
    entry.source = Source::Given;
    let kind = match resolution {
        Resolution::Output(output) => {
            entry.output = Some(path::step_of(registered, path)?.check_output(output)?);
            EventKind::StepCompleted {
                path: entry.path.clone(),
                attempts: entry.attempts,
                micros: now.saturating_sub(entry.started_at),
                cache_miss: None,
            }
        }
        _ => {
            let error = Error::new(code::STEP, FOUND_FAILED).permanent();
            let recorded = error.at(&entry.path).to_recorded();
            let brief = EventError::from(&recorded);
            entry.error = Some(recorded);
            EventKind::StepFailed {
                path: entry.path.clone(),
                attempts: entry.attempts,
                error: brief,
            }
        }
    };
    entry.events.push(Event { at: now, kind });
    Ok(Settled {
        step: entry.path.clone(),
        supersede,
        entries: vec![entry],
    })
}

fn settle_tool(
    journal: &[Entry],
    effect: &Effect<'_>,
    resolution: &Resolution,
) -> Result<Settled, Error> {
    // What the attempt has recorded stays: the model is not asked again, and makes this very call.
    let mut supersede = undone(journal, effect.step)?;
    let mut entries = Vec::new();
    let mut memo = |path: String, outcome: &serde_json::Value| {
        let mut entry = Entry::new(EntryKind::Memo, Arc::from(path), 0);
        entry.output = Json::encode(outcome).ok();
        entry.finished_at = now_micros();
        entries.push(entry);
    };
    match resolution {
        Resolution::Output(output) => {
            let answer = serde_json::json!({ "text": text_of(output) });
            let outcome = serde_json::json!({ "result": { "Ok": answer }, "micros": 0 });
            memo(effect.path.to_owned(), &outcome);
        }
        Resolution::Failed => {
            let Some(call) = effect.call(journal) else {
                let problem = format!(
                    "it is not recorded which call of `{}` this was, so the model cannot be told \
                     that it failed: resolve it with an output, or retry it",
                    effect.tool
                );
                return Err(conflict(problem));
            };
            let error = serde_json::json!({ "code": "tool_failed", "message": FOUND_FAILED });
            let outcome = serde_json::json!({ "result": { "Err": error }, "micros": 0 });
            memo(effect.path.to_owned(), &outcome);
            memo(call, &outcome);
        }
        Resolution::Retry => supersede.push(Arc::from(format!("{}!begun", effect.path))),
    }
    Ok(Settled {
        step: Arc::from(effect.step),
        supersede,
        entries,
    })
}

/// What a model reads of a tool's answer.
fn text_of(output: &Json) -> String {
    match output.to_value() {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => "done".to_owned(),
        _ => output.as_str().to_owned(),
    }
}

/// What the failure of a step has left behind: its entry, the decisions it made, and what the flow
/// remarked after it.
fn undone(journal: &[Entry], step: &str) -> Result<Vec<Arc<str>>, Error> {
    let active = || journal.iter().filter(|entry| !entry.superseded);
    let of_it = |entry: &&Entry| {
        *entry.path == *step
            || (entry.path.ends_with("!decided")
                && entry
                    .error
                    .as_ref()
                    .is_some_and(|error| error.path.as_deref() == Some(step)))
    };
    let mut undone: Vec<_> = active().filter(of_it).map(|e| e.path.clone()).collect();
    let Some(last) = active().filter(of_it).map(|entry| entry.seq).max() else {
        return Ok(undone);
    };
    for entry in active().filter(|entry| entry.seq > last && path::is_operation(entry)) {
        let scope = entry.path.rfind('/').map_or("", |at| &entry.path[..=at]);
        if !step.starts_with(scope) {
            continue;
        }
        if !matches!(entry.kind, EntryKind::Marker | EntryKind::Value) {
            let problem = format!(
                "the flow has gone on to `{}` after it took `{step}` for failed: that cannot be \
                 changed any more. Fork the run, with the step's output set",
                entry.path
            );
            return Err(conflict(problem));
        }
        undone.push(entry.path.clone());
    }
    Ok(undone)
}

fn is_memo_of_attempt(entry: &Entry, step: &str) -> bool {
    let memo = entry.path.strip_prefix(step);
    let memo = memo.and_then(|rest| rest.strip_prefix('!'));
    entry.kind == EntryKind::Memo
        && memo.is_some_and(|memo| memo.starts_with(|first: char| first.is_ascii_digit()))
}

fn conflict(problem: String) -> Error {
    Error::new(code::CONFLICT, problem).permanent()
}
