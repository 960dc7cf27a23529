//! Operations at the same time: all of them, or the first.

use std::sync::Arc;

use agno_storage::{Entry, EntryKind, Event, EventError, EventKind, Json, StoreError};
use futures_util::{StreamExt, stream, stream::FuturesUnordered};
use serde::{Deserialize, Serialize};

use super::{
    around::Around,
    cell::{RunCell, locked},
    commit::Writing,
    execute::Outcome,
    plan::Planned,
    replay::decided,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    op::{Identity, Reply},
};

impl RunCell {
    /// Runs all, at most `limit` at once. The first failure decides: its commit says so, the
    /// others are dropped, and a late result of theirs is refused by the store.
    pub(super) async fn run_all(
        self: Arc<Self>,
        id: Identity,
        children: Vec<Planned>,
        limit: Option<usize>,
        around: &Around,
    ) -> Outcome {
        let inside = around.inside(decided(&id.path));
        let count = children.len();
        let tops = self.tops(&id, &children);
        let running = children.into_iter().enumerate().map(|(index, child)| {
            let cell = self.clone();
            let inside = inside.clone();
            async move { (index, cell.run(child, inside).await) }
        });
        let mut running = stream::iter(running).buffer_unordered(limit.unwrap_or(count).max(1));
        let mut replies: Vec<Option<Reply>> = Vec::new();
        replies.resize_with(count, || None);
        while let Some((index, outcome)) = running.next().await {
            match outcome {
                Ok(reply) => replies[index] = Some(reply),
                Err(error) => {
                    Self::give_up(running);
                    self.settle_below(&tops);
                    let error = self.decide_failure(&inside, error).await;
                    self.container_ended(&id.path, None, Some(&error));
                    return Err(error);
                }
            }
        }
        self.container_ended(&id.path, None, None);
        Ok(Reply::Many(replies.into_iter().flatten().collect()))
    }

    /// Runs all at once. The first that is over decides, in its own commit if it has one; the
    /// others are dropped, and a late result of theirs is refused by the store.
    pub(super) async fn run_first(
        self: Arc<Self>,
        id: Identity,
        children: Vec<Planned>,
        ok_only: bool,
        around: &Around,
    ) -> Outcome {
        let decision = decided(&id.path);
        let tops = self.tops(&id, &children);
        let running = children.into_iter().enumerate().map(|(index, child)| {
            let cell = self.clone();
            let inside = around.branch(decision.clone(), index, ok_only);
            async move {
                let outcome = cell.clone().run(child, inside.clone()).await;
                if outcome.is_ok() || !ok_only {
                    // Part of the branch, so that the others go on meanwhile: one of them may have
                    // decided already, and then this branch does not end.
                    cell.decide(&inside, outcome.as_ref().err()).await;
                }
                (index, outcome)
            }
        });
        let mut running: FuturesUnordered<_> = running.collect();
        let mut failures: Vec<(usize, Error)> = Vec::new();
        while let Some((index, outcome)) = running.next().await {
            let winner = match outcome {
                Ok(reply) => Ok(reply),
                Err(error) if ok_only => {
                    failures.push((index, error));
                    continue;
                }
                Err(error) => Err(error),
            };
            Self::give_up(running);
            self.settle_below(&tops);
            self.container_ended(&id.path, Some(index), winner.as_ref().err());
            return winner.map(|reply| Reply::Won(index, Box::new(reply)));
        }
        // All have failed. Which did so last may differ after a crash, which is first does not.
        failures.sort_by_key(|(index, _)| *index);
        let Some((_, error)) = failures.into_iter().next() else {
            let problem = "a race of no calls has no winner: it would wait for ever";
            return Err(Error::new(code::MISUSE, problem).permanent());
        };
        let error = self.decide_failure(&around.inside(decision), error).await;
        self.container_ended(&id.path, None, Some(&error));
        Err(error)
    }

    /// The paths of what may be left to run of a container, and its own.
    fn tops(&self, id: &Identity, children: &[Planned]) -> Vec<Arc<str>> {
        if !self.replaying() {
            return Vec::new();
        }
        let paths = children.iter().filter_map(Planned::path);
        paths.chain([id.path.clone()]).collect()
    }

    /// Records that an outcome decided the containers around it, unless the operation's own
    /// commit has. Does not resolve when another outcome has decided them before.
    async fn decide(&self, around: &Around, error: Option<&Error>) {
        if let Err(refusal) = self.commit_decision(around, error).await {
            self.refused(refusal).await
        }
    }

    /// The same for a failure whose siblings were given up. One of them may have decided the
    /// container with a failure of its own, and then that one counts.
    async fn decide_failure(&self, around: &Around, error: Error) -> Error {
        match self.commit_decision(around, Some(&error)).await {
            Ok(()) => error,
            Err(StoreError::Decided { path, .. }) if around.innermost() == Some(&path) => {
                match self.storage.journal(&self.id, 0).await {
                    Ok(journal) => {
                        let mut decisions = journal.into_iter().filter(|e| e.path == path);
                        let decided = decisions.find_map(|entry| entry.error);
                        decided.map_or(error, Error::from_recorded)
                    }
                    Err(refusal) => self.refused(refusal).await,
                }
            }
            Err(refusal) => self.refused(refusal).await,
        }
    }

    async fn commit_decision(
        &self,
        around: &Around,
        error: Option<&Error>,
    ) -> Result<(), StoreError> {
        let entries = self.decisions_for(around, error);
        if entries.is_empty() {
            return Ok(());
        }
        self.commit(Writing {
            entries,
            unless: around.unless(),
            ..Writing::default()
        })
        .await?;
        self.remember_decisions(around, error);
        Ok(())
    }

    /// Entries that say how the containers directly around an outcome were decided.
    pub(super) fn decisions_for(&self, around: &Around, error: Option<&Error>) -> Vec<Entry> {
        let recorded = locked(&self.decisions);
        let open = around
            .decides(error.is_none())
            .filter(|decides| !recorded.contains(decides.at));
        open.map(|decides| {
            let mut entry = Entry::new(EntryKind::Container, decides.at.clone(), 0);
            entry.output = decides
                .winner
                .and_then(|winner| Json::encode(&Winner { winner }).ok());
            entry.error = error.map(Error::to_recorded);
            entry.finished_at = now_micros();
            entry
        })
        .collect()
    }

    pub(super) fn remember_decisions(&self, around: &Around, error: Option<&Error>) {
        let decided = around.decides(error.is_none());
        locked(&self.decisions).extend(decided.map(|decides| decides.at.clone()));
    }

    /// Tells that a container is over, with the next commit, once.
    pub(super) fn container_ended(
        &self,
        path: &Arc<str>,
        winner: Option<usize>,
        error: Option<&Error>,
    ) {
        self.ride_event(
            &format!("{path}!ended"),
            EventKind::ContainerEnded {
                path: path.clone(),
                winner: winner.map(|winner| winner as u64),
                error: error.map(|error| EventError::from(&error.to_recorded())),
            },
        );
    }

    /// Tells something with the next commit, once: `path` says that it is told.
    pub(super) fn ride_event(&self, path: &str, kind: EventKind) {
        if locked(&self.recorded).get(path).is_some() {
            return;
        }
        let event = Event {
            at: now_micros(),
            kind,
        };
        let mut entry = Entry::new(EntryKind::Marker, Arc::from(path), 0);
        entry.finished_at = event.at;
        entry.events.push(event);
        self.ride(entry);
    }
}

/// What the decision of a race says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Winner {
    pub(super) winner: usize,
}
