//! Taking a run up again.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use agno_storage::{
    Answer, Commit, Decision, Entry, EntryKind, Event, EventKind, RecordedError, RequestKind,
    RequestQuery, RunId, RunRecord, RunStatus, RunUpdate, Source, StoreError,
};

use tokio::time::Instant;

use super::{RunHandle, Runtime};
use crate::{
    clock::now_micros,
    engine::{Budget, NewCell, Recorded, RunCell, is_to_be_cancelled, over_at},
    error::{Error, code},
    state::restore,
};

/// What is tried again when a run is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// What it has failed at.
    Failure,
    /// Nothing: it goes on where it stands, and a run that is over is not taken up.
    Nothing,
}

/// So many resumes in a row that recorded nothing, and the run is given up: what it does next
/// ends its process every time.
const MOST_FRUITLESS_RESUMES: usize = 20;

/// Another process may be faster at most so often.
pub(super) const TRIES: usize = 8;

impl Runtime {
    /// Takes a run up again: after a crash from its last recorded step, after a failure or a
    /// cancellation from where it ended, one that waits for help with a failure by trying that
    /// step again. A run that waits for people otherwise goes on waiting. A run that has completed
    /// answers its output; one that runs here is joined. Of a run that another has called, the
    /// outermost is taken up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Leased`](crate::ErrorKind::Leased) when another process runs it, in a store that
    /// several share;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run or its
    /// workflow is not part of this program, or the store's own error.
    pub async fn resume(&self, id: &RunId) -> Result<RunHandle, Error> {
        let record = self.storage().run(id).await?;
        let Some(record) = record else {
            return Err(StoreError::RunNotFound { run: id.clone() }.into());
        };
        if let Some(next) = &record.continued_as {
            return Box::pin(self.resume(next)).await;
        }
        let root = record.root();
        // One at a time: the second finds the run active and joins it.
        let _turn = self.0.shared.beginning.lock().await;
        // Nobody takes it up meanwhile, with a journal that is without these answers.
        if self.active(root).is_none() && record.status == RunStatus::Paused {
            self.retry_failures(root).await?;
        }
        self.resume_in_turn(root, Again::Failure).await
    }

    /// Takes a run up where it stands, when its answer or time has come: other than a
    /// [`resume`](Self::resume), this tries nothing again. One that runs here is joined, and of one
    /// that is over the outcome is answered.
    ///
    /// # Errors
    ///
    /// Those of [`resume`](Self::resume).
    pub async fn take_up(&self, id: &RunId) -> Result<RunHandle, Error> {
        let _turn = self.0.shared.beginning.lock().await;
        self.resume_in_turn(id, Again::Nothing).await
    }

    /// Answers the run's requests for help with a failure: try again.
    async fn retry_failures(&self, root: &RunId) -> Result<(), Error> {
        let query = RequestQuery {
            root: Some(root.clone()),
            ..RequestQuery::default()
        };
        for request in self.requests(query).await? {
            if request.kind == RequestKind::Failure {
                let answer = Answer {
                    at: now_micros(),
                    ..Answer::new(Decision::Retry)
                };
                self.record_answer(&request, &answer).await?;
            }
        }
        Ok(())
    }

    /// Interrupts all that is under way here, and waits until it is written down.
    pub(super) async fn interrupt_all(&self) {
        self.0.shared.cache.give_up();
        let active: Vec<_> = {
            let active = crate::sync::locked(&self.0.shared.active);
            active.values().cloned().collect()
        };
        for active in &active {
            active.cell.interrupt();
        }
        for active in &active {
            self.handle_of::<agno_storage::Json>(active).outcome().await;
        }
        self.cache_idle().await;
    }

    pub(super) async fn resume_in_turn(
        &self,
        id: &RunId,
        again: Again,
    ) -> Result<RunHandle, Error> {
        let mut tries = 1;
        loop {
            match self.resume_with(id, again, None).await {
                Err(error) if tries < TRIES && self.has_changed(&error) => tries += 1,
                resumed => return resumed,
            }
        }
    }

    /// Whether another process was faster: as the run is now, it may be its, or over.
    pub(super) fn has_changed(&self, error: &Error) -> bool {
        self.storage().lease().is_some()
            && matches!(
                error.store_error(),
                Some(StoreError::Fenced { .. } | StoreError::Decided { .. })
            )
    }

    /// Once, and for a run that shares the budget of its caller.
    pub(super) async fn resume_with(
        &self,
        id: &RunId,
        again: Again,
        budget: Option<Arc<Budget>>,
    ) -> Result<RunHandle, Error> {
        if let Some(active) = self.active(id) {
            return Ok(self.handle_of(&active));
        }
        let storage = self.storage();
        let Some(record) = storage.run(id).await? else {
            return Err(StoreError::RunNotFound { run: id.clone() }.into());
        };
        let registered = self.find(&record.workflow)?.clone();
        let ends_here = match again {
            Again::Failure => record.status == RunStatus::Completed,
            Again::Nothing => record.status.is_over(),
        };
        if ends_here {
            return self.attach(id).await;
        }
        let Some(input) = storage.input(id).await? else {
            let key = format!("input of run {id}");
            return Err(StoreError::Corrupt {
                key,
                reason: "it is missing".to_owned(),
            }
            .into());
        };
        // A run that was under way is read once it is claimed, below, and nothing of it is tried
        // again: here it is read only if it may have to be given up.
        let may_give_up = record.resumes as usize >= MOST_FRUITLESS_RESUMES;
        // Each time before the journal, which has the answer to what was closed in between.
        let inbox = match record.status {
            RunStatus::Paused => self.inbox(id).await?,
            _ => HashSet::new(),
        };
        let journal = if record.status != RunStatus::Running || may_give_up {
            storage.journal(id, 0).await?
        } else {
            Vec::new()
        };
        if fruitless_resumes(&journal) >= MOST_FRUITLESS_RESUMES {
            return Err(self.end_crash_loop(&record).await);
        }
        let again = to_try_again(&record, &journal);
        let fields = restore(input.state.as_ref()).map_err(|error| {
            let problem = format!("the state that run `{id}` began with cannot be read: {error}");
            Error::new(code::INVALID_STATE, problem).permanent()
        })?;
        if let Some(state) = &registered.state {
            (state.check)(&fields)
                .map_err(|problem| Error::new(code::INVALID_STATE, problem).permanent())?;
        }
        let values = registered
            .entry_values(&input.input)
            .map_err(|error| Error::new(code::INVALID_INPUT, error.to_string()).permanent())?;

        crate::secret::check_run(&**storage, id, &input.input).await?;
        let mut claim = Commit::new(id.clone(), record.fence);
        claim.claim = true;
        if storage.lease().is_some() && !record.status.is_over() {
            claim.unless = vec![over_at(record.resumes)];
        }
        claim.supersede.clone_from(&again);
        claim.entries.push(resumed(&record));
        let since = Instant::now();
        let ack = storage.commit(claim).await?;
        // A run that was under way may have recorded more since the journal was read; now that
        // it is claimed, its old owner records nothing more.
        let (inbox, journal) = match record.status {
            RunStatus::Running => (self.inbox(id).await?, storage.journal(id, 0).await?),
            _ => (inbox, journal),
        };
        let budget = match budget {
            Some(budget) => budget,
            None => self.budget_of(&record, &journal).await?,
        };
        // Unless it is resumed after that, as after any cancellation.
        let is_to_be_cancelled = !record.status.is_over() && is_to_be_cancelled(&journal);
        let read = journal.iter().map(|entry| entry.seq).max().unwrap_or(0);
        let (journal, kept) = without(journal, &again);
        let head = RunRecord {
            fence: ack.fence,
            resumes: record.resumes + 1,
            ..record
        };
        let cell = RunCell::new(NewCell {
            head,
            input: None,
            registered,
            runtime: self.clone(),
            budget,
            recorded: Recorded::new(journal),
            inbox,
            kept,
            fields,
            watched: true,
            since,
            read,
        });
        if is_to_be_cancelled {
            cell.cancel();
        }
        let active = self.spawn(cell, values, input.input);
        Ok(self.handle_of(&active))
    }

    /// The ids of its open requests.
    async fn inbox(&self, run: &RunId) -> Result<HashSet<Arc<str>>, Error> {
        let query = RequestQuery {
            run: Some(run.clone()),
            ..RequestQuery::default()
        };
        match self.storage().requests(query).await {
            Ok(open) => Ok(open.into_iter().map(|request| request.id).collect()),
            // What it still waits for is asked again, which mends it.
            Err(StoreError::Corrupt { .. }) => Ok(HashSet::new()),
            Err(error) => Err(error.into()),
        }
    }

    async fn end_crash_loop(&self, record: &RunRecord) -> Error {
        let problem = format!(
            "run `{}` was resumed {MOST_FRUITLESS_RESUMES} times without recording another step: \
             its next step ends the process each time. Repair it, then resume once more",
            record.id
        );
        let error = Error::new(code::CRASH_LOOP, problem).permanent();
        let mut commit = Commit::new(record.id.clone(), record.fence);
        // Of a store that several share: not while another process tries it once more.
        commit.claim = self.storage().lease().is_some();
        let at = now_micros();
        let path = format!("@given-up~{}", record.resumes);
        commit
            .entries
            .push(Entry::new(EntryKind::Marker, Arc::from(path), 0));
        commit.update = Some(Box::new(RunUpdate {
            error: Some(error.to_recorded()),
            ..RunUpdate::new(RunStatus::Failed, at)
        }));
        match self.storage().commit(commit).await {
            Ok(_) => error,
            Err(error) => error.into(),
        }
    }
}

fn resumed(record: &RunRecord) -> Entry {
    let resumes = record.resumes + 1;
    let at = now_micros();
    let path = format!("@resumed~{resumes}");
    let mut entry = Entry::new(EntryKind::Marker, Arc::from(path), 0);
    entry.finished_at = at;
    entry.events.push(Event {
        at,
        kind: EventKind::RunResumed { resumes },
    });
    entry
}

/// How many resumes at the end of the journal recorded nothing.
fn fruitless_resumes(journal: &[Entry]) -> usize {
    journal
        .iter()
        .rev()
        .take_while(|entry| entry.path.starts_with("@resumed"))
        .count()
}

/// What a resume of a failed or paused run tries again: the failure that ended it, the decisions
/// it made, and the record that it had begun. A step that may have run is not tried again.
fn to_try_again(record: &RunRecord, journal: &[Entry]) -> Vec<Arc<str>> {
    let (RunStatus::Failed, Some(error)) = (record.status, &record.error) else {
        return Vec::new();
    };
    if &*error.code == code::LIMIT {
        // Nothing has failed: it goes on where it stands.
        return Vec::new();
    }
    let active = || journal.iter().filter(|entry| !entry.superseded);
    let failed = |entry: &&Entry| entry.error.is_some() && entry.source != Source::Skipped;
    let path = error.path.clone().or_else(|| {
        // The flow has put the step's error into one of its own: find it by what it says.
        let mut named = active().filter(failed).filter(|entry| says(error, entry));
        named.next_back().map(|entry| entry.path.clone())
    });
    let Some(path) = path else {
        return Vec::new();
    };
    let of_it = |entry: &&Entry| {
        entry.error.as_ref().is_some_and(|error| {
            error.path.as_ref() == Some(&path) && &*error.code != code::MAY_HAVE_RUN
        }) && entry.source != Source::Skipped
    };
    let Some(later) = only_remarks_after(&path, active()) else {
        return Vec::new();
    };
    let mut again: Vec<_> = active()
        .filter(of_it)
        .map(|entry| entry.path.clone())
        .collect();
    if !again.is_empty() {
        again.push(Arc::from(format!("{path}!begun")));
        let is_asked = |entry: &&Entry| is_asked_again(error, entry, &path);
        again.extend(active().filter(is_asked).map(|e| e.path.clone()));
        again.extend(
            active()
                .filter(|e| is_memo_of(e, &path))
                .map(|e| e.path.clone()),
        );
        again.extend(later);
    }
    again
}

/// What people have said to the failed step that made it fail: a no, nothing in time, or that it
/// is to fail. It is asked again.
fn is_asked_again(error: &RecordedError, entry: &Entry, step: &str) -> bool {
    let beside = entry.path.strip_prefix(step);
    beside.is_some_and(|beside| match &*error.code {
        code::REJECTED | code::EXPIRED => beside.starts_with("!confirm"),
        _ => beside.starts_with("!pause.") || beside.starts_with("!begun."),
    })
}

/// A memo of an attempt at a step. What came of effects is none: it counts in every attempt.
fn is_memo_of(entry: &Entry, step: &str) -> bool {
    let memo = entry
        .path
        .strip_prefix(step)
        .and_then(|rest| rest.strip_prefix('!'));
    entry.kind == EntryKind::Memo
        && memo.is_some_and(|memo| memo.starts_with(|c: char| c.is_ascii_digit()))
}

/// What the flow recorded after a failure, if it did no more than remark on it. A flow that went
/// on has handled the failure: trying that again would change what it has done since.
fn only_remarks_after<'a>(
    path: &str,
    active: impl Iterator<Item = &'a Entry> + Clone,
) -> Option<Vec<Arc<str>>> {
    let of_it = |entry: &&Entry| {
        &*entry.path == path
            || entry
                .error
                .as_ref()
                .is_some_and(|error| error.path.as_deref() == Some(path))
    };
    let decided = active.clone().filter(of_it).map(|entry| entry.seq).max()?;
    let mut remarks = Vec::new();
    for entry in active.filter(|entry| entry.seq > decided) {
        let scope = entry.path.rfind('/').map_or("", |at| &entry.path[..=at]);
        if entry.path.starts_with('@') || entry.path.contains('!') || !path.starts_with(scope) {
            continue;
        }
        match entry.kind {
            EntryKind::Marker | EntryKind::Value => remarks.push(entry.path.clone()),
            _ => return None,
        }
    }
    Some(remarks)
}

/// Whether an error's text, or that of its sources, holds what a failed entry says.
fn says(error: &RecordedError, entry: &Entry) -> bool {
    let Some(failure) = &entry.error else {
        return false;
    };
    let texts = std::iter::once(&error.message).chain(&error.chain);
    let mut texts = texts.filter(|text| !text.is_empty());
    texts.any(|text| text.contains(&failure.message) || text.contains(&format!("`{}`", entry.path)))
}

/// The journal without what is tried again, and of that the outputs that are kept.
fn without(journal: Vec<Entry>, again: &[Arc<str>]) -> (Vec<Entry>, HashMap<Arc<str>, Entry>) {
    let (again, rest): (Vec<_>, Vec<_>) = journal
        .into_iter()
        .partition(|entry| !entry.superseded && again.contains(&entry.path));
    let kept = again.into_iter().filter(|entry| {
        let conflict = entry
            .error
            .as_ref()
            .is_some_and(|e| &*e.code == code::STATE_CONFLICT);
        conflict && entry.output.is_some()
    });
    (
        rest,
        kept.map(|entry| (entry.path.clone(), entry)).collect(),
    )
}
