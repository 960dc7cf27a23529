//! What a run may use, and what it has used: steps, time, tokens and cost.
//!
//! A run and the runs that it has called share one. What was used before the process started is
//! read from their journals, so that a restart forgives nothing.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agno_storage::{
    AgentEvent, Entry, EntryKind, EventKind, Limits, RecordedError, RunRecord, Source,
};
use tokio::{task::AbortHandle, time::Instant};

use super::cell::{RunCell, locked};
use super::stop::Stop;
use crate::{
    error::{Error, code},
    runtime::path::base_of,
};

/// What a run and those that it has called have used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Used {
    pub(crate) steps: u64,
    pub(crate) active_micros: u64,
    pub(crate) tokens: u64,
    pub(crate) cost: f64,
}

impl Used {
    /// What a run has used by itself, as far as it is recorded.
    pub(crate) fn of(record: &RunRecord, journal: &[Entry]) -> Self {
        let mut used = Self {
            steps: steps_run(record, journal),
            active_micros: record
                .active_micros
                .saturating_add(lost_micros(record, journal)),
            ..Self::default()
        };
        for event in journal.iter().flat_map(|entry| &entry.events) {
            if let EventKind::Agent { what, .. } = &event.kind {
                used.turn(what);
            }
        }
        used
    }

    /// Counts a turn of a model.
    fn turn(&mut self, what: &AgentEvent) {
        if let AgentEvent::Turn {
            input_tokens,
            output_tokens,
            cost,
            ..
        } = what
        {
            let tokens = input_tokens.saturating_add(*output_tokens);
            self.tokens = self.tokens.saturating_add(tokens);
            self.cost += cost.unwrap_or(0.0);
        }
    }

    /// Adds what a called run has used. Its time is its caller's already.
    pub(crate) fn add_called(&mut self, called: &Self) {
        self.steps += called.steps;
        self.tokens = self.tokens.saturating_add(called.tokens);
        self.cost += called.cost;
    }
}

/// Steps whose body ran in this run; a fork has taken some over, which ran in another.
fn steps_run(record: &RunRecord, journal: &[Entry]) -> u64 {
    let mut helped = HashSet::new();
    let mut steps = 0;
    for entry in journal {
        let own = entry.attempts > 0 && entry.started_at >= record.created_at;
        let is_step = entry.kind == EntryKind::Step && !entry.path.contains('!');
        // Its output was kept, and only merged again.
        let merged_again = entry.superseded
            && entry.output.is_some()
            && entry
                .error
                .as_ref()
                .is_some_and(|error| &*error.code == code::STATE_CONFLICT);
        match entry.kind {
            // A failure that was brought before a person.
            EntryKind::Request if own && entry.error.is_some() => {
                helped.insert(base_of(&entry.path));
            }
            _ if is_step && own && entry.source != Source::Cache && !merged_again => {
                helped.remove(&*entry.path);
                steps += 1;
            }
            _ => {}
        }
    }
    steps + helped.len() as u64
}

/// Time under way of processes that ended without a word, up to what they recorded last.
fn lost_micros(record: &RunRecord, journal: &[Entry]) -> u64 {
    let mut lost = 0_u64;
    let (mut since, mut latest) = (record.created_at, record.created_at);
    let mut ended = false;
    for entry in journal {
        for event in &entry.events {
            match event.kind {
                EventKind::RunEnded { .. } => ended = true,
                EventKind::RunResumed { .. } => {
                    if !ended {
                        lost = lost.saturating_add(latest.saturating_sub(since));
                    }
                    (since, latest, ended) = (event.at, event.at, false);
                }
                _ => {}
            }
        }
        if !ended {
            latest = latest.max(entry.finished_at);
        }
    }
    if !ended && record.status == agno_storage::RunStatus::Running {
        lost = lost.saturating_add(latest.saturating_sub(since));
    }
    lost
}

/// What an outermost run and those that it has called may use together, and have.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    limits: Mutex<Limits>,
    /// Whether anything is limited: most runs are not, and every commit asks.
    limited: AtomicBool,
    used: Mutex<Used>,
    /// The outermost run.
    root: OnceLock<Weak<RunCell>>,
    begun: OnceLock<Instant>,
    /// Ends the run when its time is used up.
    timer: Mutex<Option<AbortHandle>>,
}

impl Budget {
    pub(crate) fn new(limits: Option<&Limits>, used: Used) -> Arc<Self> {
        let budget = Self::default();
        budget.set(limits.copied().unwrap_or_default());
        *locked(&budget.used) = used;
        Arc::new(budget)
    }

    fn set(&self, limits: Limits) {
        self.limited
            .store(limits != Limits::default(), Ordering::Release);
        *locked(&self.limits) = limits;
    }

    /// The first run that takes it is the outermost.
    pub(super) fn belongs_to(&self, cell: &Weak<RunCell>) {
        self.root.get_or_init(|| cell.clone());
    }

    fn is_of(&self, cell: &RunCell) -> bool {
        let root = self.root.get();
        root.is_some_and(|root| std::ptr::eq(root.as_ptr(), cell))
    }

    /// Whether what agents tell is to be kept, to be counted after a restart.
    pub(crate) fn counts_turns(&self) -> bool {
        let limits = locked(&self.limits);
        limits.tokens.is_some() || limits.cost.is_some()
    }

    pub(crate) fn count_turn(&self, what: &AgentEvent) {
        if matches!(what, AgentEvent::Turn { .. }) {
            locked(&self.used).turn(what);
        }
    }

    fn used(&self) -> Used {
        let mut used = *locked(&self.used);
        let here = self.begun.get().map_or(Duration::ZERO, Instant::elapsed);
        let here = u64::try_from(here.as_micros()).unwrap_or(u64::MAX);
        used.active_micros = used.active_micros.saturating_add(here);
        used
    }

    /// Which limit is exceeded, if one is.
    fn exceeded(&self) -> Option<Error> {
        if !self.limited.load(Ordering::Acquire) {
            return None;
        }
        let limits = *locked(&self.limits);
        let used = self.used();
        if let Some(allowed) = limits.active_micros
            && used.active_micros >= allowed
        {
            let time = |micros| format!("{:?}", Duration::from_micros(micros));
            return Some(over(
                "active time",
                &time(used.active_micros),
                &time(allowed),
            ));
        }
        if let Some(allowed) = limits.tokens
            && used.tokens > allowed
        {
            return Some(over(
                "tokens",
                &used.tokens.to_string(),
                &allowed.to_string(),
            ));
        }
        if let Some(allowed) = limits.cost
            && used.cost > allowed
        {
            return Some(over("cost", &used.cost.to_string(), &allowed.to_string()));
        }
        None
    }

    /// Counts a step that is about to begin, or says that it must not.
    fn begin_step(&self) -> Result<(), Error> {
        if let Some(error) = self.exceeded() {
            return Err(error);
        }
        let allowed = locked(&self.limits).steps;
        let mut used = locked(&self.used);
        if let Some(allowed) = allowed
            && used.steps >= allowed
        {
            return Err(over("steps", &used.steps.to_string(), &allowed.to_string()));
        }
        used.steps += 1;
        Ok(())
    }

    /// Ends the run when its time is used up.
    fn set_timer(self: &Arc<Self>) {
        let left = locked(&self.limits).active_micros;
        let left = left.map(|allowed| allowed.saturating_sub(self.used().active_micros));
        let timer = left.map(|left| {
            let budget = Arc::downgrade(self);
            let ends = async move {
                tokio::time::sleep(Duration::from_micros(left)).await;
                let root = budget.upgrade().and_then(|budget| budget.root());
                if let Some(root) = root
                    && let Some(error) = root.budget.exceeded()
                {
                    root.give_up_all(&error.to_recorded());
                }
            };
            tokio::spawn(ends).abort_handle()
        });
        let before = std::mem::replace(&mut *locked(&self.timer), timer);
        if let Some(before) = before {
            before.abort();
        }
    }

    fn root(&self) -> Option<Arc<RunCell>> {
        self.root.get()?.upgrade()
    }

    fn stop_timer(&self) {
        if let Some(timer) = locked(&self.timer).take() {
            timer.abort();
        }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.stop_timer();
    }
}

/// The error of a run that has used what it may.
fn over(what: &str, used: &str, allowed: &str) -> Error {
    let details = serde_json::json!({"limit": what, "used": used, "allowed": allowed});
    let problem = format!(
        "the run has used up its {what}: {used} of {allowed}. What it has finished is kept: raise \
         the limit with `set_limits` and resume it"
    );
    Error::new(code::LIMIT, problem)
        .permanent()
        .with_details(&details)
}

impl RunCell {
    /// The run begins to work here. Answers why it must not.
    pub(super) fn begin_budget(&self) -> Option<Error> {
        if !self.budget.is_of(self) {
            return None;
        }
        self.budget.begun.get_or_init(Instant::now);
        let exceeded = self.budget.exceeded();
        if exceeded.is_none() && locked(&self.budget.limits).active_micros.is_some() {
            self.budget.set_timer();
        }
        exceeded
    }

    /// The run works here no longer.
    pub(super) fn end_budget(&self) {
        if self.budget.is_of(self) {
            self.budget.stop_timer();
        }
    }

    /// Other limits, from now on.
    pub(crate) fn set_limits(&self, limits: &Limits) {
        self.budget.set(*limits);
        self.budget.set_timer();
    }

    /// Counts a step that is about to begin. Does not resolve when the run has used what it may.
    pub(super) async fn begin_step(&self) {
        if let Err(error) = self.budget.begin_step() {
            self.over_budget(&error);
            std::future::pending().await
        }
    }

    /// Ends the run if it has used more than it may. Asked when something was recorded, so that
    /// what was paid for is not lost.
    pub(super) fn check_budget(&self) {
        if let Some(error) = self.budget.exceeded() {
            self.over_budget(&error);
        }
    }

    fn over_budget(&self, error: &Error) {
        let error = error.to_recorded();
        // From outside to inside: nobody takes it for a failure of the run it has called.
        if let Some(root) = self.budget.root() {
            root.give_up_all(&error);
        }
        self.stop(Stop::Failed(Error::from_recorded(error)));
    }

    /// Stops this run and those that it has called.
    pub(crate) fn give_up_all(&self, error: &RecordedError) {
        self.stop(Stop::Failed(Error::from_recorded(error.clone())));
        for called in &*locked(&self.called) {
            called.give_up_all(error);
        }
        // Blocking steps look at it.
        self.cancellation.cancel();
    }
}

#[cfg(test)]
mod tests {
    use agno_storage::{Event, RunId, RunStatus};

    use super::*;

    fn record(status: RunStatus) -> RunRecord {
        let id = RunId::new("r").expect("a legal id");
        RunRecord {
            status,
            active_micros: 70,
            ..RunRecord::new(id, "w".into(), "s".into(), 1_000)
        }
    }

    fn step(path: &str, started_at: u64, finished_at: u64) -> Entry {
        Entry {
            attempts: 1,
            started_at,
            finished_at,
            ..Entry::new(EntryKind::Step, path.into(), 0)
        }
    }

    fn mark(at: u64, kind: EventKind) -> Entry {
        let mut entry = Entry::new(EntryKind::Marker, format!("@{at}").into(), 0);
        entry.finished_at = at;
        entry.events.push(Event { at, kind });
        entry
    }

    #[test]
    fn a_process_that_ended_without_a_word_has_used_its_time() {
        let ended = |status| EventKind::RunEnded {
            status,
            error: None,
        };
        let journal = [
            step("a#0", 1_000, 1_400),
            mark(5_000, EventKind::RunResumed { resumes: 1 }),
            step("b#0", 5_000, 5_030),
            mark(5_070, ended(RunStatus::Paused)),
            mark(9_000, EventKind::RunResumed { resumes: 2 }),
            step("c#0", 9_000, 9_005),
        ];
        // The second process has written down its own time: 70.
        let running = Used::of(&record(RunStatus::Running), &journal);
        assert_eq!((running.active_micros, running.steps), (70 + 400 + 5, 3));
    }

    #[test]
    fn what_a_fork_took_over_ran_elsewhere() {
        let journal = [step("a#0", 10, 20), step("b#0", 1_001, 1_002)];
        assert_eq!(Used::of(&record(RunStatus::Running), &journal).steps, 1);
    }

    #[test]
    fn a_step_that_does_not_fit_is_not_counted() {
        let limits = Limits {
            steps: Some(1),
            ..Limits::default()
        };
        let budget = Budget::new(Some(&limits), Used::default());
        assert!(budget.begin_step().is_ok());
        let refused = budget.begin_step().expect_err("there is one");
        assert_eq!(refused.code(), code::LIMIT);
        assert!(refused.to_string().contains("steps: 1 of 1"), "{refused}");
        assert_eq!(budget.used().steps, 1);
    }
}
