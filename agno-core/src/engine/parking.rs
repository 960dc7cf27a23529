//! Knows whether a run does anything but wait for people. Then it is written down as paused and
//! dropped from memory: its answer, or its time, takes it up again.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use agno_storage::{
    Answer, Entry, EntryKind, Event, EventKind, RecordedError, Request, RunRecord, RunStatus,
    RunUpdate, StoreError,
};
use tokio::sync::Notify;

use super::{
    ask::answered_event, cell::RunCell, commit::Writing, drive::Ending, heard::parked_at,
    replay::answered,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    sync::locked,
};

/// A run that goes on by itself so soon is not worth being dropped and read again.
const WORTH_WAITING: Duration = Duration::from_secs(5);

/// What a run waits for.
#[derive(Default)]
pub(super) struct Waiting {
    /// Operations that go on by themselves.
    working: AtomicUsize,
    /// Operations that wait for a person.
    asking: AtomicUsize,
    timers: Mutex<BTreeMap<u64, usize>>,
    answers: Mutex<Answers>,
    pub(super) answered: Notify,
    /// Requests that are open, by path.
    open: Mutex<HashMap<Arc<str>, Open>>,
    /// Requests that nothing waits for any more; closed with the next commit.
    given_up: Mutex<Vec<Arc<str>>>,
    /// Of the requests that are recorded, those that people see, by id. The others were closed when
    /// the run ended, or when what waited for them was given up.
    inbox: Mutex<HashSet<Arc<str>>>,
}

impl Waiting {
    pub(super) fn new(inbox: HashSet<Arc<str>>) -> Self {
        Self {
            inbox: Mutex::new(inbox),
            ..Self::default()
        }
    }
}

/// An answer that is recorded.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The run that asks, as it was.
    pub(crate) run: RunRecord,
    pub(crate) request: Request,
    pub(crate) answer: Answer,
    /// Number of its event.
    pub(crate) event: u64,
}

/// An open request.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) id: Arc<str>,
    /// The failure that it is about.
    pub(super) failure: Option<RecordedError>,
}

#[derive(Default)]
struct Answers {
    given: HashMap<Arc<str>, Answer>,
    /// Calls whose runs were answered while they were parked.
    called: HashSet<Arc<str>>,
    /// Calls that wait for that.
    waiting: HashSet<Arc<str>>,
    /// The run is being written down as paused: it takes nothing more.
    parked: bool,
}

/// Something that goes on by itself, until it is dropped.
pub(super) struct WorkingHere<'a>(&'a RunCell);

impl Drop for WorkingHere<'_> {
    fn drop(&mut self) {
        self.0.end_working();
    }
}

/// A wait for a person, until it is dropped.
pub(super) struct Asking<'a>(&'a RunCell);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.waiting.asking.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A timer, until it is dropped.
pub(super) struct Timer<'a> {
    cell: &'a RunCell,
    until: u64,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        let mut timers = locked(&self.cell.waiting.timers);
        if let Some(count) = timers.get_mut(&self.until) {
            *count -= 1;
            if *count == 0 {
                timers.remove(&self.until);
            }
        }
    }
}

impl RunCell {
    /// Says that something goes on by itself.
    pub(super) fn working_here(&self) -> WorkingHere<'_> {
        self.begin_working();
        WorkingHere(self)
    }

    pub(crate) fn begin_working(&self) {
        self.waiting.working.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end_working(&self) {
        self.waiting.working.fetch_sub(1, Ordering::SeqCst);
        // The work may have ended elsewhere, and the run may be idle now.
        if self.waiting.asking.load(Ordering::SeqCst) > 0 {
            self.waker.wake();
        }
    }

    pub(super) fn asking(&self) -> Asking<'_> {
        self.waiting.asking.fetch_add(1, Ordering::SeqCst);
        Asking(self)
    }

    pub(super) fn timer(&self, until: u64) -> Timer<'_> {
        *locked(&self.waiting.timers).entry(until).or_default() += 1;
        Timer { cell: self, until }
    }

    /// Whether it waits for people.
    pub(crate) fn is_asking(&self) -> bool {
        self.waiting.asking.load(Ordering::SeqCst) > 0
    }

    fn wake_at(&self) -> Option<u64> {
        locked(&self.waiting.timers).keys().next().copied()
    }

    /// Whether nothing of the run goes on until a person has answered.
    pub(super) fn is_idle(&self) -> bool {
        let waiting = &self.waiting;
        let soon = now_micros()
            .saturating_add(u64::try_from(WORTH_WAITING.as_micros()).unwrap_or(u64::MAX));
        waiting.asking.load(Ordering::SeqCst) > 0
            && waiting.working.load(Ordering::SeqCst) == 0
            && self.wake_at().is_none_or(|at| at > soon)
    }

    // ---- requests ----

    pub(super) fn open_request(&self, path: &Arc<str>, open: Open) {
        locked(&self.waiting.open).insert(path.clone(), open);
    }

    pub(super) fn close_request(&self, path: &str) {
        locked(&self.waiting.open).remove(path);
    }

    /// Nothing waits for it any more. Unless the run is stopping, in which case it is asked again.
    pub(super) fn give_up_request(&self, path: &str) {
        if let Some(open) = locked(&self.waiting.open).remove(path)
            && !self.is_stopped()
            && !self.is_interrupted()
            && !locked(&self.waiting.answers).parked
        {
            self.give_up_requests(vec![open.id]);
        }
    }

    pub(super) fn give_up_requests(&self, ids: Vec<Arc<str>>) {
        locked(&self.waiting.inbox).retain(|id| !ids.contains(id));
        locked(&self.waiting.given_up).extend(ids);
    }

    pub(super) fn is_in_inbox(&self, id: &Arc<str>) -> bool {
        locked(&self.waiting.inbox).contains(id)
    }

    pub(super) fn put_into_inbox(&self, id: Arc<str>) {
        locked(&self.waiting.inbox).insert(id);
    }

    pub(super) fn take_given_up(&self) -> Vec<Arc<str>> {
        std::mem::take(&mut *locked(&self.waiting.given_up))
    }

    // ---- answers ----

    /// Hands in a recorded answer. `false` when the run has been parked: it is to be taken up.
    pub(crate) fn deliver(&self, answered: &Answered) -> bool {
        let path = answered.request.path.clone();
        let delivered = self.hand_in_answer(path, answered.answer.clone());
        if delivered {
            let event = answered_event(&answered.request, &answered.answer);
            self.tell_numbered(Some(answered.event), &event);
        }
        delivered
    }

    /// `false` when the run has been parked.
    pub(super) fn hand_in_answer(&self, path: Arc<str>, answer: Answer) -> bool {
        self.hand_in(|answers| {
            answers.given.insert(path, answer);
        })
    }

    /// Says that a run it has called was answered. `false` when this run has been parked.
    pub(crate) fn deliver_below(&self, call: &Arc<str>) -> bool {
        self.hand_in(|answers| {
            answers.called.insert(call.clone());
        })
    }

    fn hand_in(&self, put: impl FnOnce(&mut Answers)) -> bool {
        let mut answers = locked(&self.waiting.answers);
        if answers.parked {
            return false;
        }
        put(&mut answers);
        drop(answers);
        self.waiting.answered.notify_waiters();
        true
    }

    pub(crate) fn is_parked(&self) -> bool {
        locked(&self.waiting.answers).parked
    }

    pub(super) fn take_answer(&self, path: &str) -> Option<Answer> {
        locked(&self.waiting.answers).given.remove(path)
    }

    pub(super) fn take_answer_below(&self, call: &str) -> bool {
        locked(&self.waiting.answers).called.remove(call)
    }

    /// A call waits until its run is answered.
    pub(super) fn wait_below(&self, call: &Arc<str>, waits: bool) {
        let mut answers = locked(&self.waiting.answers);
        if waits {
            answers.waiting.insert(call.clone());
        } else {
            answers.waiting.remove(call);
        }
    }

    /// The calls whose runs are parked, by path.
    pub(super) fn waits_below(&self) -> HashSet<Arc<str>> {
        locked(&self.waiting.answers).waiting.clone()
    }

    /// Writes the run down as paused. `None` when an answer has come meanwhile: it goes on.
    pub(super) async fn park(&self) -> Option<Ending> {
        {
            let open = locked(&self.waiting.open);
            let mut answers = locked(&self.waiting.answers);
            let has_come = answers.given.keys().any(|path| open.contains_key(path));
            let has_come = has_come || !answers.called.is_disjoint(&answers.waiting);
            if has_come || self.is_stopped() {
                return None;
            }
            answers.parked = true;
        }
        let at = now_micros();
        let wake_at = self.wake_at();
        let (paths, open): (Vec<_>, Vec<_>) =
            locked(&self.waiting.open).clone().into_iter().unzip();
        let failure = open.iter().find_map(|open| open.failure.clone());
        let error = failure.map_or_else(|| waits_for(&open), Error::from_recorded);
        // It parks once at most each time it is taken up.
        let mut entry = Entry::new(EntryKind::Marker, parked_at(self.resumes), 0);
        entry.finished_at = at;
        entry.events.push(Event {
            at,
            kind: EventKind::RunEnded {
                status: RunStatus::Paused,
                error: None,
            },
        });
        let update = RunUpdate {
            error: Some(error.to_recorded()),
            wake_at,
            active_micros: self.active_micros(),
            ..RunUpdate::new(RunStatus::Paused, at)
        };
        let written = self
            .commit(Writing {
                entries: vec![entry],
                update: Some(Box::new(update)),
                unless: paths.iter().map(|path| answered(path)).collect(),
                ..Writing::default()
            })
            .await;
        match written {
            // Cancelled in this moment: it goes on to its end. The time so far is written down.
            Ok(_) if self.is_stopped() => {
                *locked(&self.begun) = Some(Instant::now());
            }
            Ok(_) => return Some(Ending::paused(error, wake_at)),
            // Answered in this moment, by somebody who may not come to hand it in.
            Err(StoreError::Decided { .. }) => {
                if let Err(error) = self.take_recorded_answers(&paths).await {
                    return Some(lost(error));
                }
            }
            Err(error) => return Some(lost(error)),
        }
        locked(&self.waiting.answers).parked = false;
        None
    }

    async fn take_recorded_answers(&self, open: &[Arc<str>]) -> Result<(), StoreError> {
        let journal = self.storage.journal(&self.id, 0).await?;
        let mut answers = locked(&self.waiting.answers);
        for path in open {
            let at = answered(path);
            let entry = journal.iter().find(|entry| entry.path == at);
            let answer = entry.and_then(|entry| entry.output.as_ref()?.decode().ok());
            answers
                .given
                .extend(answer.map(|answer| (path.clone(), answer)));
        }
        drop(answers);
        self.waiting.answered.notify_waiters();
        Ok(())
    }
}

fn lost(error: StoreError) -> Ending {
    Ending::released(Error::from(error))
}

fn waits_for(open: &[Open]) -> Error {
    let what = match open {
        [] => "the run waits for a run that it has called".to_owned(),
        [one] => format!("the run waits for an answer to request `{}`", one.id),
        many => format!("the run waits for answers to {} requests", many.len()),
    };
    Error::new(code::PAUSED, what).permanent()
}
