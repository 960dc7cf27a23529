//! Following a run, wherever it goes on.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Instant,
};

use agno_core::{Error, EventStream, NumberedEvent, RunId, Runtime};

use super::{
    client::{Replies, Unanswered, decode},
    message::Ask,
    storage::OwnerStorage,
};

/// The events of a run, to its end: from the process that has the store, if there is one, or from
/// the store.
#[derive(Debug)]
pub(crate) struct Following {
    runtime: Runtime,
    owner: Option<Arc<OwnerStorage>>,
    run: RunId,
    live: bool,
    replies: Option<Replies>,
    stored: Option<EventStream>,
    ready: VecDeque<NumberedEvent>,
    seen: Seen,
    ended: bool,
    /// Since when nobody answers.
    alone: Option<Instant>,
}

/// Which numbered events have come.
#[derive(Debug, Default)]
struct Seen {
    /// All below.
    next: u64,
    /// And these: steps that end at the same time are told in any order.
    beyond: BTreeSet<u64>,
}

impl Seen {
    /// Takes a number; says whether it is new.
    fn take(&mut self, number: u64) -> bool {
        if number < self.next || !self.beyond.insert(number) {
            return false;
        }
        while self.beyond.remove(&self.next) {
            self.next += 1;
        }
        true
    }
}

impl Following {
    /// Follows from an event's number on. `live`: with those that are told ahead of the commit that
    /// stores them.
    pub(crate) fn new(
        runtime: Runtime,
        owner: Option<Arc<OwnerStorage>>,
        run: RunId,
        from: u64,
        live: bool,
    ) -> Self {
        Self {
            runtime,
            owner,
            run,
            live,
            replies: None,
            stored: None,
            ready: VecDeque::new(),
            seen: Seen {
                next: from,
                beyond: BTreeSet::new(),
            },
            ended: false,
            alone: None,
        }
    }

    /// The next event, or `None` when the run has ended or stopped. Each numbered one comes once,
    /// whoever has the store meanwhile. Dropped before it is done, it may lose some.
    pub(crate) async fn next(&mut self) -> Result<Option<NumberedEvent>, Error> {
        loop {
            while let Some(event) = self.ready.pop_front() {
                if event.number.is_none_or(|number| self.seen.take(number)) {
                    return Ok(Some(event));
                }
            }
            if self.ended {
                return Ok(None);
            }
            let Some(storage) = self.owner.clone() else {
                self.read_stored().await?;
                continue;
            };
            match self.receive(&storage).await {
                Ok(()) => self.alone = None,
                Err(Unanswered::Gone(_)) => {
                    self.replies = None;
                    let since = *self.alone.get_or_insert_with(Instant::now);
                    storage.take_over(since).await?;
                }
                Err(problem) => return Err(storage.error(problem)),
            }
        }
    }

    async fn receive(&mut self, storage: &OwnerStorage) -> Result<(), Unanswered> {
        let Some(owner) = storage.owner() else {
            self.owner = None;
            return Ok(());
        };
        let replies = match &mut self.replies {
            Some(replies) => replies,
            None => {
                let ask = Ask::Follow {
                    run: self.run.clone(),
                    from: self.seen.next,
                    live: self.live,
                };
                self.replies.insert(owner.ask(&ask).await?)
            }
        };
        match replies.next().await? {
            Some(items) => {
                for item in items {
                    self.ready.push_back(decode(&item)?);
                }
            }
            None => self.ended = true,
        }
        Ok(())
    }

    /// No other process has the store for itself.
    async fn read_stored(&mut self) -> Result<(), Error> {
        let stored = self
            .stored
            .get_or_insert_with(|| self.runtime.follow(&self.run, self.seen.next));
        match stored.next().await? {
            Some(event) => self.ready.push_back(event),
            None => self.ended = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_new_once_in_any_order() {
        let mut seen = Seen {
            next: 3,
            beyond: BTreeSet::new(),
        };
        assert!(!seen.take(2));
        assert!(seen.take(5) && !seen.take(5));
        assert!(seen.take(3) && seen.next == 4);
        assert!(seen.take(4) && seen.next == 6 && seen.beyond.is_empty());
        assert!(!seen.take(5) && seen.take(6));
    }
}
