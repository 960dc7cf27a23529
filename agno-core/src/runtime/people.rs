//! What runs ask of people, and the answers.

use agno_storage::{
    Answer, Commit, Decision, EntryKind, Json, Request, RequestKind, RequestQuery, RunId,
    RunRecord, RunStatus, RunUpdate, StoreError,
};
use std::sync::Arc;

use super::{RunHandle, Runtime, cancel::cancelled_at, resume::TRIES};
use crate::{
    artifact::refuse_missing,
    clock::now_micros,
    engine::{Answered, answer_entry, answered, parked_at},
    error::{Error, code},
    schema::{InputSchema, has_artifacts, printable},
};

impl Runtime {
    /// What people are asked, over all runs: the inbox, oldest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or keeps no requests.
    pub async fn requests(&self, query: RequestQuery) -> Result<Vec<Request>, Error> {
        Ok(self.storage().requests(query).await?)
    }

    /// The open request of this id, or whose id alone begins so: with its run, `:`, and at least
    /// four digits of what follows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none or several begin so,
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) when it is answered already.
    pub async fn request(&self, id: &str) -> Result<Request, Error> {
        let query = RequestQuery {
            prefix: Some(id.to_owned()),
            ..RequestQuery::default()
        };
        let mut found = self.requests(query).await?;
        if let Some(at) = found.iter().position(|request| &*request.id == id) {
            return Ok(found.swap_remove(at));
        }
        match found.len() {
            1 if !is_enough(id) => {
                let problem = format!(
                    "`{}` is not enough of a request's id: a run's id, `:`, and the beginning of \
                     what follows",
                    printable(id, 80)
                );
                Err(Error::new(code::NOT_FOUND, problem).permanent())
            }
            1 => Ok(found.swap_remove(0)),
            0 => Err(self.no_request(id).await),
            several => {
                let problem = format!("{several} requests begin with `{}`", printable(id, 80));
                Err(Error::new(code::NOT_FOUND, problem).permanent())
            }
        }
    }

    /// Answers a request. The answer is checked, recorded, and handed to the run, which goes on:
    /// where it waits, if it is under way here, else from its journal. Answers the outermost run.
    ///
    /// # Errors
    ///
    /// * [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): no such request.
    /// * [`ErrorKind::Conflict`](crate::ErrorKind::Conflict): somebody has answered it already, its
    ///   time is over, or its run is. Nothing is changed.
    /// * [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput): the decision is none that
    ///   this kind of request takes, or the value does not fit its schema. Nothing is changed.
    pub async fn answer(&self, id: &str, answer: Answer) -> Result<RunHandle, Error> {
        let request = self.request(id).await?;
        let answer = self.check(&request, answer).await?;
        let answered = self.record_answer(&request, &answer).await?;
        self.hand_on(&answered).await
    }

    /// Records an answer as [`answer`](Self::answer) does, and leaves its run to a
    /// [`worker`](Self::worker), or to whoever takes it up. Answers the head of the run that asks.
    ///
    /// # Errors
    ///
    /// Those of [`answer`](Self::answer).
    pub async fn answer_detached(&self, id: &str, answer: Answer) -> Result<RunRecord, Error> {
        let request = self.request(id).await?;
        let answer = self.check(&request, answer).await?;
        let answered = self.record_answer(&request, &answer).await?;
        let run = answered.run.id.clone();
        if let Some(active) = self.active(&run) {
            if active.cell.deliver(&answered) {
                return Ok(answered.run);
            }
            // It is being written down as paused.
            self.handle_of::<Json>(&active).outcome().await;
        }
        self.wake_for(&answered).await?;
        // A worker of this runtime may be looking elsewhere.
        self.0.shared.pending.notify_one();
        Ok(answered.run)
    }

    /// A run that was parked since its answer was recorded is due.
    async fn wake_for(&self, answered: &Answered) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some(record) = self.storage().run(&answered.run.id).await? else {
                return Ok(());
            };
            let is_due = record.wake_at.is_some_and(|at| at <= answered.answer.at);
            if record.status != RunStatus::Paused || is_due {
                return Ok(());
            }
            let mut commit = Commit::new(record.id.clone(), record.fence);
            commit.update = Some(Box::new(due(&record, answered.answer.at)));
            commit.unless = vec![cancelled_at(&record)];
            match self.storage().commit(commit).await {
                Err(StoreError::Fenced { .. } | StoreError::Decided { .. }) => {}
                result => return result.map(drop).map_err(Error::from),
            }
        }
        Ok(())
    }

    async fn check(&self, request: &Request, answer: Answer) -> Result<Answer, Error> {
        let answer = check(request, answer)?;
        if let (Some(value), Some(schema)) = (&answer.value, &request.schema)
            && has_artifacts(&schema.to_value())
        {
            refuse_missing(&**self.storage(), "the answer", value).await?;
        }
        Ok(answer)
    }

    /// Why there is no open request of this id.
    async fn no_request(&self, id: &str) -> Error {
        let unknown = || {
            let problem = format!("no open request `{}`", printable(id, 80));
            Error::new(code::NOT_FOUND, problem).permanent()
        };
        let run = id.split_once(':').and_then(|(run, _)| RunId::new(run).ok());
        let Some(run) = run else {
            return unknown();
        };
        let journal = match self.storage().journal(&run, 0).await {
            Ok(journal) => journal,
            Err(StoreError::RunNotFound { .. }) => return unknown(),
            Err(error) => return error.into(),
        };
        let asked = journal.iter().find_map(|entry| {
            let asked = (entry.kind == EntryKind::Request).then_some(entry.output.as_ref())??;
            let asked: Request = asked.decode().ok()?;
            (&*asked.id == id).then_some(asked)
        });
        let Some(asked) = asked else {
            return unknown();
        };
        let at = answered(&asked.path);
        let answer = journal.iter().find(|entry| entry.path == at);
        let answer = answer.and_then(|entry| entry.output.as_ref()?.decode::<Answer>().ok());
        taken(&asked, answer.as_ref())
    }

    /// Records an answer. The first that is recorded counts.
    pub(super) async fn record_answer(
        &self,
        request: &Request,
        answer: &Answer,
    ) -> Result<Answered, Error> {
        let path = answered(&request.path);
        for _ in 0..TRIES {
            let Some(record) = self.storage().run(&request.run).await? else {
                let run = request.run.clone();
                return Err(StoreError::RunNotFound { run }.into());
            };
            if record.status.is_over() {
                let problem = format!(
                    "run `{}` is {}: it asks nothing more",
                    record.id, record.status
                );
                return Err(Error::new(code::CONFLICT, problem).permanent());
            }
            let mut commit = Commit::new(request.run.clone(), record.fence);
            commit.entries = vec![answer_entry(request, &path, answer)];
            commit.settled = vec![request.id.clone()];
            if record.status == RunStatus::Paused {
                commit.update = Some(Box::new(due(&record, answer.at)));
                commit.unless = vec![cancelled_at(&record)];
            } else {
                commit.unless = vec![parked_at(record.resumes)];
            }
            match self.storage().commit(commit).await {
                Ok(ack) => {
                    return Ok(Answered {
                        run: record,
                        request: request.clone(),
                        answer: answer.clone(),
                        event: ack.first_event,
                    });
                }
                Err(StoreError::AlreadyRecorded { .. }) => {
                    return Err(self.no_request(&request.id).await);
                }
                // Taken up, parked or cancelled in this moment.
                Err(StoreError::Fenced { .. } | StoreError::Decided { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let problem = format!("run `{}` changes its owner all the time", request.run);
        Err(Error::new(code::CONFLICT, problem))
    }

    /// Brings a recorded answer to the run that waits for it, and has it taken up if it is parked:
    /// the run, or the innermost of its callers that is under way.
    pub(super) async fn hand_on(&self, answered: &Answered) -> Result<RunHandle, Error> {
        let asks = &answered.run;
        let root = asks.root().clone();
        loop {
            let mut of = asks.clone();
            let mut below: Option<Arc<str>> = None;
            loop {
                if let Some(active) = self.active(&of.id) {
                    let taken = match &below {
                        None => active.cell.deliver(answered),
                        Some(call) => active.cell.deliver_below(call),
                    };
                    if taken {
                        return self.attach(&root).await;
                    }
                    // It is being written down as paused.
                    self.handle_of::<Json>(&active).outcome().await;
                }
                let Some(parent) = of.parent else {
                    break;
                };
                below = Some(parent.path.clone());
                let Some(record) = self.storage().run(&parent.run).await? else {
                    break;
                };
                of = record;
            }
            let _turn = self.0.shared.beginning.lock().await;
            // Taken up meanwhile, maybe with a journal that was read ahead of the answer.
            if self.active(&root).is_none() && self.active(&asks.id).is_none() {
                let resumed = self
                    .resume_in_turn(&root, super::resume::Again::Nothing)
                    .await;
                return match resumed {
                    // Another process runs it, and hears of the answer.
                    Err(error) if is_faster_elsewhere(&error) => self.attach(&root).await,
                    resumed => resumed,
                };
            }
        }
    }
}

/// Whether a run was not taken up because another process has it.
pub(super) fn is_faster_elsewhere(error: &Error) -> bool {
    matches!(
        error.store_error(),
        Some(StoreError::Leased { .. } | StoreError::Fenced { .. })
    )
}

/// Whether the beginning of an id says which question is meant, and not just whose: an answer
/// must not go to whatever happens to be open.
fn is_enough(id: &str) -> bool {
    id.split_once(':').is_some_and(|(_, hash)| hash.len() >= 4)
}

/// Checks an answer against what is asked.
fn check(request: &Request, mut answer: Answer) -> Result<Answer, Error> {
    answer.at = now_micros();
    if request
        .deadline
        .is_some_and(|deadline| deadline <= answer.at)
    {
        let problem = format!("the time to answer request `{}` is over", request.id);
        return Err(Error::new(code::CONFLICT, problem).permanent());
    }
    let decisions = request.kind.decisions();
    if !decisions.contains(&answer.decision) {
        let wanted: Vec<_> = decisions.iter().map(|one| format!("`{one}`")).collect();
        let problem = format!(
            "`{}` is no answer to request `{}`, which asks for {}: {}",
            answer.decision,
            request.id,
            article(request.kind),
            wanted.join(", ")
        );
        return Err(Error::new(code::INVALID_INPUT, problem).permanent());
    }
    if answer.decision == Decision::Redo && answer.feedback.as_deref().is_none_or(str::is_empty) {
        let problem = "to have it done again, say what is to be different";
        return Err(Error::new(code::INVALID_INPUT, problem).permanent());
    }
    answer.feedback = answer.feedback.map(crate::error::bounded);
    match (answer.decision, answer.value.take()) {
        (Decision::Value, value) => {
            answer.value = Some(check_value(request, value)?);
        }
        (_, None) => {}
        (decision, Some(_)) => {
            let problem = format!("the decision `{decision}` takes no value");
            return Err(Error::new(code::INVALID_INPUT, problem).permanent());
        }
    }
    Ok(answer)
}

fn check_value(request: &Request, value: Option<Json>) -> Result<Json, Error> {
    let Some(value) = value else {
        let problem = format!("request `{}` wants a value", request.id);
        return Err(Error::new(code::INVALID_INPUT, problem).permanent());
    };
    let schema = request.schema.as_ref().map(Json::to_value);
    let Some(schema) = schema.and_then(|schema| schemars::Schema::try_from(schema).ok()) else {
        return Ok(value);
    };
    let checked = InputSchema::new(&schema)
        .check(value.as_str())
        .map_err(Error::input)?;
    Json::encode(&checked)
        .map_err(|error| Error::new(code::INVALID_INPUT, error.to_string()).permanent())
}

/// A paused run that is to be taken up: should this process end before that, a worker does it.
fn due(record: &RunRecord, at: u64) -> RunUpdate {
    RunUpdate {
        error: record.error.clone(),
        wake_at: Some(at),
        ..RunUpdate::new(RunStatus::Paused, at)
    }
}

fn article(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Confirm | RequestKind::Tool => "a yes or no",
        RequestKind::Input => "a value",
        RequestKind::Choice => "a choice",
        RequestKind::Choices => "choices",
        RequestKind::Review => "a review",
        RequestKind::Failure => "help with a failure",
        _ => "something else",
    }
}

/// Somebody was faster.
fn taken(request: &Request, answer: Option<&Answer>) -> Error {
    let problem = match answer {
        Some(answer) if answer.decision == Decision::Expired => {
            format!("the time to answer request `{}` is over", request.id)
        }
        Some(answer) => {
            let by = answer.by.as_ref();
            let by = by.map_or_else(String::new, |by| format!(" by {}", printable(by, 80)));
            format!(
                "request `{}` is answered already{by}: `{}`",
                request.id, answer.decision
            )
        }
        None => format!("request `{}` is not waited for any more", request.id),
    };
    Error::new(code::CONFLICT, problem).permanent()
}
