//! What happens in a run, as a stream: what is stored first, then live.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use agno_storage::{Entry, Event, NumberedEvent, RunId, RunStatus, Storage};
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        watch,
    },
    time::{Instant, sleep},
};

use super::{Outcome, Runtime};
use crate::error::Error;

/// The pauses between two looks at a run that another process has: short while something happens.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// So long nobody has a run before it counts as stopped: workers look for such runs every second, if their
/// lease is no shorter.
const LEFT_ALONE: Duration = Duration::from_secs(3);

/// The events of a run, in order. Each comes once. Those with a number are stored, and a reader
/// that was away goes on after the last number it saw; those without one are told live, ahead of
/// the commit that stores them. Of a run that another process has, in a store that several share,
/// those that are stored are read as they come.
pub struct EventStream {
    storage: Arc<dyn Storage>,
    run: RunId,
    /// Events with lower numbers were read from the store, or seen before.
    read: u64,
    /// So far the journal was read.
    seq: u64,
    /// Told live since. Steps that end at the same time are told in any order.
    told: BTreeSet<u64>,
    /// Told live without a number, by a hash, as often as the store has not shown them yet.
    ahead: HashMap<u64, u32>,
    /// Read from the store, by the same hash: they may have been told live as well, a moment before.
    shown: HashMap<u64, u32>,
    /// So many events that were told before the store was read are not received yet.
    told_before: usize,
    stored: VecDeque<NumberedEvent>,
    goes_on: GoesOn,
    reread: bool,
}

/// Where more comes from.
enum GoesOn {
    Here(Live),
    Elsewhere(Elsewhere),
    /// Nowhere: what is stored is all.
    No,
}

/// The live side of a run under way here.
pub(super) struct Live {
    pub(super) events: Receiver<NumberedEvent>,
    pub(super) outcome: watch::Receiver<Option<Arc<Outcome>>>,
}

/// The side of a run that another process has, or will have.
struct Elsewhere {
    pause: Duration,
    /// Since when nobody has it.
    alone: Option<Instant>,
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream")
            .field("run", &self.run)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// What happens in a run of this store, from an offset on (the number of the last event seen, plus
    /// one), whoever runs it: to its end, or until it stops. One that nobody has counts as stopped after
    /// a few seconds in a store that several share, since another worker may take it up, and at once
    /// in any other. Of a run that there is not, there are no events.
    pub fn follow(&self, run: &RunId, offset: u64) -> EventStream {
        match self.active(run) {
            Some(active) => self
                .handle_of::<agno_storage::Json>(&active)
                .events_from(offset),
            None => EventStream::new(self.storage().clone(), run.clone(), offset, None),
        }
    }
}

impl EventStream {
    /// Of a run that is under way here, or, without its live side, of any other.
    pub(super) fn new(
        storage: Arc<dyn Storage>,
        run: RunId,
        offset: u64,
        live: Option<Live>,
    ) -> Self {
        let elsewhere = || match storage.lease() {
            Some(_) => GoesOn::Elsewhere(Elsewhere {
                pause: SHORTEST_PAUSE,
                alone: None,
            }),
            None => GoesOn::No,
        };
        Self {
            goes_on: live.map_or_else(elsewhere, GoesOn::Here),
            storage,
            run,
            read: offset,
            seq: 0,
            told: BTreeSet::new(),
            ahead: HashMap::new(),
            shown: HashMap::new(),
            told_before: 0,
            stored: VecDeque::new(),
            reread: true,
        }
    }

    /// The next event, or `None` when the run has ended or stopped.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<NumberedEvent>, Error> {
        loop {
            if let Some(event) = self.stored.pop_front() {
                return Ok(Some(event));
            }
            if self.reread {
                // Before the journal is read: what it does not hold then was never stored.
                let has_stopped = self.has_stopped_elsewhere().await?;
                self.read_stored().await?;
                // After the read, so that a caller who gives up in between loses nothing.
                self.reread = false;
                if has_stopped {
                    self.goes_on = GoesOn::No;
                }
                continue;
            }
            let live = match &mut self.goes_on {
                GoesOn::No => return Ok(None),
                GoesOn::Elsewhere(elsewhere) => {
                    let pause = elsewhere.pause;
                    let hint = async {
                        sleep(SHORTEST_PAUSE).await;
                        self.storage.changed().await;
                    };
                    tokio::select! {
                        () = hint => {}
                        () = sleep(pause) => {}
                    }
                    elsewhere.pause = (pause * 2).min(LONGEST_PAUSE);
                    self.reread = true;
                    continue;
                }
                GoesOn::Here(live) => live,
            };
            let received = tokio::select! {
                // What was told before the end comes before the end.
                biased;
                received = live.events.recv() => received,
                _ = live.outcome.wait_for(Option::is_some) => Err(RecvError::Closed),
            };
            match received {
                Ok(event) => {
                    let was_shown = self.was_shown(&event.event);
                    match event.number {
                        None if was_shown => {}
                        None => {
                            *self.ahead.entry(hash_of(&event.event)).or_default() += 1;
                            return Ok(Some(event));
                        }
                        Some(number) if number >= self.read && self.told.insert(number) => {
                            return Ok(Some(event));
                        }
                        Some(_) => {}
                    }
                }
                // Too slow for the live stream: nothing is lost, it is all stored.
                Err(RecvError::Lagged(_)) => self.reread = true,
                Err(RecvError::Closed) => {
                    self.goes_on = GoesOn::No;
                    self.reread = true;
                }
            }
        }
    }

    /// Whether a run of another process is over or paused, or nobody has had it for a while.
    async fn has_stopped_elsewhere(&mut self) -> Result<bool, Error> {
        let GoesOn::Elsewhere(elsewhere) = &mut self.goes_on else {
            return Ok(false);
        };
        let Some(record) = self.storage.run(&self.run).await? else {
            return Ok(true);
        };
        let is_held = match record.status {
            RunStatus::Pending => false,
            RunStatus::Running => !self.storage.holders(vec![record.id]).await?.is_empty(),
            _ => return Ok(true),
        };
        if is_held {
            elsewhere.alone = None;
            return Ok(false);
        }
        let since = *elsewhere.alone.get_or_insert_with(Instant::now);
        Ok(since.elapsed() >= LEFT_ALONE)
    }

    async fn read_stored(&mut self) -> Result<(), Error> {
        let journal = self.storage.journal(&self.run, self.seq).await?;
        if let (GoesOn::Elsewhere(elsewhere), false) = (&mut self.goes_on, journal.is_empty()) {
            elsewhere.pause = SHORTEST_PAUSE;
        }
        let last = journal.iter().map(|entry| entry.seq + 1).max();
        for event in stored_events(&journal) {
            let Some(number) = event.number else {
                continue;
            };
            if number >= self.read {
                self.read = number + 1;
                let hash = hash_of(&event.event);
                let ahead = self.ahead.get_mut(&hash);
                match ahead.filter(|times| **times > 0) {
                    Some(times) => *times -= 1,
                    None if self.told.contains(&number) => {}
                    None => {
                        *self.shown.entry(hash).or_default() += 1;
                        self.stored.push_back(event);
                    }
                }
            }
        }
        self.seq = last.unwrap_or(self.seq);
        self.told.clear();
        self.ahead.retain(|_, times| *times > 0);
        // What is told from here on is told ahead of its commit, which was not read.
        self.told_before = match &self.goes_on {
            GoesOn::Here(live) => live.events.len(),
            _ => 0,
        };
        if self.told_before == 0 {
            self.shown.clear();
        }
        Ok(())
    }

    /// Whether what was just told was read from the store before.
    fn was_shown(&mut self, event: &Event) -> bool {
        let times = self.shown.get_mut(&hash_of(event));
        let was_shown = match times {
            Some(times) if *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        };
        self.told_before = self.told_before.saturating_sub(1);
        if self.told_before == 0 {
            self.shown.clear();
        }
        was_shown
    }
}

fn hash_of(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    // What does not encode was not stored either.
    serde_json::to_vec(event).ok().hash(&mut hasher);
    hasher.finish()
}

/// The events that a journal holds, in order, numbered.
pub(crate) fn stored_events(journal: &[Entry]) -> Vec<NumberedEvent> {
    let mut events: Vec<_> = journal
        .iter()
        .flat_map(|entry| {
            (entry.first_event..)
                .zip(&entry.events)
                .map(|(number, event)| NumberedEvent {
                    number: Some(number),
                    event: event.clone(),
                })
        })
        .collect();
    events.sort_by_key(|event| event.number);
    events
}

impl super::RunDetails {
    /// What happened in the run, in order.
    pub fn events(&self) -> Vec<NumberedEvent> {
        stored_events(&self.journal)
    }
}
