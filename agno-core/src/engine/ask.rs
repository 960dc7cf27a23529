//! Waits for people.

use std::{sync::Arc, time::Duration};

use agno_storage::{
    Answer, Decision, Entry, EntryKind, Event, EventKind, Json, Place, RecordedError, Request,
    RequestKind, StoreError,
};

use super::{
    around::Around,
    cell::{RunCell, locked},
    commit::Writing,
    execute::{Outcome, sleep_until},
    parking::Open,
    replay::answered,
    same_input::same_input,
    stop::Stop,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    op::{AskOp, Reply},
};

/// A question, with the place in the journal where it stands.
pub(crate) struct Question {
    /// Of its entry.
    pub(crate) path: Arc<str>,
    pub(crate) position: u32,
    pub(crate) place: Option<Place>,
    pub(crate) kind: RequestKind,
    pub(crate) message: String,
    pub(crate) schema: Option<Json>,
    /// What it is about.
    pub(crate) value: Option<Json>,
    pub(crate) timeout: Option<Duration>,
    /// The failure that it is about, with the attempts that were made, and what happened in them.
    pub(crate) failure: Option<(RecordedError, u32)>,
    pub(crate) events: Vec<Event>,
    pub(crate) unless: Vec<Arc<str>>,
}

impl Question {
    pub(crate) fn new(path: Arc<str>, kind: RequestKind, message: String) -> Self {
        Self {
            path,
            position: 0,
            place: None,
            kind,
            message,
            schema: None,
            value: None,
            timeout: None,
            failure: None,
            events: Vec::new(),
            unless: Vec::new(),
        }
    }
}

/// Closes a request that is dropped before it was answered.
struct Waits<'a> {
    cell: &'a RunCell,
    path: &'a Arc<str>,
    over: bool,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.cell.give_up_request(self.path);
        }
    }
}

impl RunCell {
    pub(super) async fn run_ask(
        self: Arc<Self>,
        ask: AskOp,
        is_new: bool,
        around: &Around,
    ) -> Outcome {
        let AskOp {
            id,
            kind,
            message,
            schema,
            value,
            timeout,
            otherwise,
        } = ask;
        let question = Question {
            position: id.position,
            place: Some(id.place),
            schema: schema.filter(|_| is_new).map(|schema| schema()),
            value,
            timeout,
            unless: around.unless(),
            ..Question::new(id.path.clone(), kind, message)
        };
        let mut answer = self.ask(question).await;
        if answer.decision == Decision::Expired {
            let Some(value) = otherwise else {
                return Err(expired(&id.path));
            };
            answer.value = Some(value);
        }
        let json = Json::encode(&answer).map_err(|error| {
            let problem = format!("the answer cannot be read again: {error}");
            Error::new(code::INVALID_OUTPUT, problem)
                .permanent()
                .at(&id.path)
        })?;
        Ok(Reply::One { json, value: None })
    }

    /// Asks, unless it is asked already, and waits for the answer, unless there is one. Does not
    /// resolve when the run parks meanwhile: the resumed run waits for the same request.
    pub(crate) async fn ask(&self, question: Question) -> Answer {
        let path = question.path.clone();
        let answer_at = answered(&path);
        if let Some(asked) = self.recorded_request(&path)
            && let (Some(was), Some(is)) = (&asked.value, &question.value)
            && !same_input(was, is, || serde_json::Value::Bool(true))
        {
            let problem = format!(
                "drift: `{path}` was asked about {was}, the code now asks about {is}: the answer \
                 was not given to that",
                was = was.as_str(),
                is = is.as_str()
            );
            self.stop(Stop::Failed(
                Error::new(code::DRIFT, problem).permanent().at(&path),
            ));
            return std::future::pending().await;
        }
        if let Some(answer) = self.recorded_answer(&answer_at) {
            return answer;
        }
        let unless = question.unless.clone();
        let failure = question.failure.as_ref().map(|(error, _)| error.clone());
        let request = match self.recorded_request(&path) {
            Some(request) => {
                if !self.is_in_inbox(&request.id) {
                    self.commit_or_stop(Writing {
                        unless: question.unless,
                        requests: vec![request.clone()],
                        ..Writing::default()
                    })
                    .await;
                    self.put_into_inbox(request.id.clone());
                }
                request
            }
            None => self.open(question).await,
        };
        self.open_request(
            &path,
            Open {
                id: request.id.clone(),
                failure,
            },
        );
        let mut waits = Waits {
            cell: self,
            path: &path,
            over: false,
        };
        let answer = tokio::select! {
            answer = self.answer_to(&path) => answer,
            () = self.deadline(request.deadline) => {
                self.expire(&request, &answer_at, unless).await
            }
        };
        waits.over = true;
        self.close_request(&path);
        // The next attempt of a step may ask the same.
        locked(&self.recorded).keep(answer_entry(&request, &answer_at, &answer));
        answer
    }

    fn recorded_answer(&self, path: &str) -> Option<Answer> {
        self.recall(path)?.decode().ok()
    }

    fn recorded_request(&self, path: &str) -> Option<Request> {
        let recorded = locked(&self.recorded);
        let entry = recorded.get(path)?;
        let request: Request = entry.output.as_ref()?.decode().ok()?;
        Some(Request {
            value: entry.input.clone(),
            ..request
        })
    }

    /// Puts a request into the inbox.
    async fn open(&self, question: Question) -> Request {
        let at = now_micros();
        let micros = |timeout: Duration| u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX);
        let request = Request {
            id: request_id(&self.id, &question),
            run: self.id.clone(),
            root: self.root.clone(),
            workflow: self.registered.name.clone(),
            session: self.info.session.clone(),
            user: self.info.user.clone(),
            path: question.path.clone(),
            kind: question.kind,
            message: crate::error::bounded(question.message),
            schema: question.schema,
            value: question.value.clone(),
            deadline: question
                .timeout
                .map(|limit| at.saturating_add(micros(limit))),
            asked_at: at,
            place: question.place.clone(),
        };
        let mut entry = Entry::new(EntryKind::Request, question.path, question.position);
        entry.place = question.place;
        entry.input = question.value;
        // What it is about is kept once, as the entry's input.
        entry.output = Json::encode(&Request {
            value: None,
            ..request.clone()
        })
        .ok();
        entry.started_at = at;
        entry.finished_at = at;
        if let Some((error, attempts)) = &question.failure {
            entry.error = Some(error.clone());
            entry.attempts = *attempts;
        }
        entry.events = question.events;
        entry.events.push(Event {
            at,
            kind: EventKind::RequestOpened {
                path: request.path.clone(),
                request: request.id.clone(),
                wants: request.kind,
                message: request.message.clone(),
                deadline: request.deadline,
            },
        });
        self.commit_or_stop(Writing {
            entries: vec![entry],
            unless: question.unless,
            requests: vec![request.clone()],
            ..Writing::default()
        })
        .await;
        request
    }

    async fn answer_to(&self, path: &str) -> Answer {
        let _asking = self.asking();
        loop {
            let mut answered = std::pin::pin!(self.waiting.answered.notified());
            answered.as_mut().enable();
            if let Some(answer) = self.take_answer(path) {
                return answer;
            }
            answered.await;
        }
    }

    async fn deadline(&self, deadline: Option<u64>) {
        let Some(deadline) = deadline else {
            return std::future::pending().await;
        };
        let _timer = self.timer(deadline);
        sleep_until(deadline).await;
    }

    /// Records that the time is over. An answer that was recorded before counts.
    async fn expire(
        &self,
        request: &Request,
        answer_at: &Arc<str>,
        unless: Vec<Arc<str>>,
    ) -> Answer {
        let answer = Answer {
            at: now_micros(),
            ..Answer::new(Decision::Expired)
        };
        let writing = Writing {
            entries: vec![answer_entry(request, answer_at, &answer)],
            unless,
            settled: vec![request.id.clone()],
            ..Writing::default()
        };
        match self.commit(writing).await {
            Ok(_) => answer,
            Err(StoreError::AlreadyRecorded { .. }) => self.answer_to(&request.path).await,
            Err(error) => self.refused(error).await,
        }
    }
}

/// The entry of an answer, with its event.
pub(crate) fn answer_entry(request: &Request, path: &Arc<str>, answer: &Answer) -> Entry {
    let mut entry = Entry::new(EntryKind::Answer, path.clone(), 0);
    entry.output = Json::encode(answer).ok();
    entry.started_at = request.asked_at;
    entry.finished_at = answer.at;
    entry.events.push(answered_event(request, answer));
    entry
}

pub(super) fn answered_event(request: &Request, answer: &Answer) -> Event {
    Event {
        at: answer.at,
        kind: EventKind::RequestAnswered {
            path: request.path.clone(),
            request: request.id.clone(),
            decision: answer.decision,
            by: answer.by.clone(),
        },
    }
}

/// The run, and what tells its requests apart: who has the id can find what became of it.
fn request_id(run: &agno_storage::RunId, question: &Question) -> Arc<str> {
    let mut hasher = blake3::Hasher::new();
    let value = question.value.as_ref().map_or("", Json::as_str);
    for part in [&*question.path, &question.message, value] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    Arc::from(format!("{run}:{}", &hasher.finalize().to_hex()[..12]))
}

pub(super) fn expired(path: &Arc<str>) -> Error {
    Error::new(code::EXPIRED, "nobody answered in time")
        .permanent()
        .at(path)
}
