//! What happens in a run, as a stream: what is stored first, then live.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use agno_storage::{Entry, NumberedEvent, RunId, Storage};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};

use super::Outcome;
use crate::error::Error;

/// The events of a run, in order. Each comes once. Those with a number are stored, and a reader
/// that was away goes on after the last number it saw; those without one are told live, ahead of
/// the commit that stores them.
pub struct EventStream {
    storage: Arc<dyn Storage>,
    run: RunId,
    next: u64,
    /// All below was read from the store, or seen before.
    read: u64,
    /// Told live since. Steps that end at the same time are told in any order.
    told: BTreeSet<u64>,
    stored: VecDeque<NumberedEvent>,
    live: Option<Live>,
    reread: bool,
}

/// The live side of a run under way here.
pub(super) struct Live {
    pub(super) events: Receiver<NumberedEvent>,
    pub(super) outcome: watch::Receiver<Option<Arc<Outcome>>>,
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream")
            .field("run", &self.run)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl EventStream {
    pub(super) fn new(
        storage: Arc<dyn Storage>,
        run: RunId,
        next: u64,
        live: Option<Live>,
    ) -> Self {
        Self {
            storage,
            run,
            next,
            read: next,
            told: BTreeSet::new(),
            stored: VecDeque::new(),
            live,
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
                self.read_stored().await?;
                // After the read, so that a caller who gives up in between loses nothing.
                self.reread = false;
                continue;
            }
            let Some(live) = &mut self.live else {
                return Ok(None);
            };
            let received = tokio::select! {
                // What was told before the end comes before the end.
                biased;
                received = live.events.recv() => received,
                _ = live.outcome.wait_for(Option::is_some) => Err(RecvError::Closed),
            };
            match received {
                Ok(event) => match event.number {
                    None => return Ok(Some(event)),
                    Some(number) if number >= self.read && self.told.insert(number) => {
                        self.next = self.next.max(number + 1);
                        return Ok(Some(event));
                    }
                    Some(_) => {}
                },
                // Too slow for the live stream: nothing is lost, it is all stored.
                Err(RecvError::Lagged(_)) => self.reread = true,
                Err(RecvError::Closed) => {
                    self.live = None;
                    self.reread = true;
                }
            }
        }
    }

    async fn read_stored(&mut self) -> Result<(), Error> {
        let journal = self.storage.journal(&self.run, 0).await?;
        for event in stored_events(&journal) {
            if event.number.is_some_and(|number| number >= self.next) {
                self.next = event.number.unwrap_or(self.next) + 1;
                self.stored.push_back(event);
            }
        }
        self.read = self.next;
        self.told.clear();
        Ok(())
    }
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
