//! The only way to the store.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use agno_storage::{
    Ack, CacheFill, Commit, Entry, EntryKind, Request, RunUpdate, StateDelta, StoreError,
};

use tokio::{sync::MutexGuard, time::Instant};

use super::cell::{Creation, Riding, RunCell, locked};
use super::heard::over_at;
use super::stop::Stop;
use crate::error::Error;

/// What one commit says, beside what rides on it.
#[derive(Clone, Default)]
pub(super) struct Writing {
    pub(super) entries: Vec<Entry>,
    pub(super) unless: Vec<Arc<str>>,
    pub(super) supersede: Vec<Arc<str>>,
    pub(super) delta: Option<StateDelta>,
    pub(super) cache: Option<Box<CacheFill>>,
    pub(super) update: Option<Box<RunUpdate>>,
    pub(super) requests: Vec<Request>,
    pub(super) settled: Vec<Arc<str>>,
}

impl RunCell {
    /// Writes one commit, with everything that rides on it. What was refused rides on the next.
    pub(super) async fn commit(&self, writing: Writing) -> Result<Ack, StoreError> {
        let _working = self.working_here();
        if self.created.load(Ordering::Acquire) {
            self.commit_with(writing, None).await
        } else {
            // Boxed, as is all that is rare on a step's way: a fan-out has many of these futures.
            Box::pin(self.commit_first(writing)).await
        }
    }

    /// The run's first commit creates it; others wait until it has.
    async fn commit_first(&self, writing: Writing) -> Result<Ack, StoreError> {
        let creation = self.creation.lock().await;
        let Some(create) = creation.clone() else {
            // Not under the lock: they go to the store together.
            drop(creation);
            return self.commit_with(writing, None).await;
        };
        let ack = match self.commit_with(writing.clone(), Some(create)).await {
            // An earlier first commit was given up by its caller, and the store had it already.
            Err(StoreError::RunExists { .. }) if self.is_mine(&creation).await? => {
                self.commit_with(writing, None).await?
            }
            result => result?,
        };
        self.is_created(creation);
        Ok(ack)
    }

    /// Puts the run into the store and nothing else, if it is not there. What rides is for the first commit that
    /// records something.
    pub(crate) async fn create(&self) -> Result<(), StoreError> {
        let creation = self.creation.lock().await;
        if let Some(create) = creation.clone() {
            let fence = self.fence.load(Ordering::Acquire);
            let mut commit = Commit::new(self.id.clone(), fence);
            commit.create = Some(create);
            match self.store(commit, None).await {
                Err(StoreError::RunExists { .. }) if self.is_mine(&creation).await? => {}
                result => drop(result?),
            }
            self.is_created(creation);
        }
        Ok(())
    }

    fn is_created(&self, mut creation: MutexGuard<'_, Option<Creation>>) {
        *creation = None;
        self.created.store(true, Ordering::Release);
    }

    /// Whether the run in the store is the one that this cell was to create.
    async fn is_mine(&self, creation: &Option<Creation>) -> Result<bool, StoreError> {
        let stored = self.storage.run(&self.id).await?;
        let created = creation.as_ref().map(|creation| creation.0.created_at);
        Ok(stored.is_some_and(|stored| Some(stored.created_at) == created && stored.fence == 1))
    }

    async fn commit_with(
        &self,
        writing: Writing,
        create: Option<Creation>,
    ) -> Result<Ack, StoreError> {
        let mut riding = std::mem::take(&mut *locked(&self.riding));
        riding.settled.extend(self.take_given_up());
        let riders = riding.entries.len() as u64;
        // Only a commit that may be refused for its own sake has to give its riders back.
        let may_refuse = writing.delta.is_some() || !writing.unless.is_empty() || create.is_some();
        let rides = riders > 0 || !riding.settled.is_empty();
        let kept = (may_refuse || rides).then(|| riding.clone());

        let mut commit = Commit::new(self.id.clone(), self.fence.load(Ordering::Acquire));
        commit.create = create;
        commit.entries = writing.entries;
        commit.entries.splice(0..0, riding.entries);
        if !riding.events.is_empty() {
            if commit.entries.is_empty() {
                commit.entries.push(self.marker("begun"));
            }
            commit.entries[0].events.splice(0..0, riding.events);
        }
        commit.unless = writing.unless;
        commit.supersede = writing.supersede;
        commit.state = writing.delta.map(|delta| (self.session.clone(), delta));
        commit.cache = writing.cache;
        let ends = writing.update.is_some();
        let is_end = |update: &RunUpdate| update.status.is_over();
        if self.lease.is_some() && writing.update.as_deref().is_some_and(is_end) {
            let over = Entry::new(EntryKind::Marker, over_at(self.resumes), 0);
            commit.entries.push(over);
        }
        commit.update = writing.update;
        commit.requests = writing.requests;
        commit.settled = writing.settled;
        commit.settled.append(&mut riding.settled);
        let telling = self.sift(&mut commit.entries);

        let rider = (riders > 0).then(|| self.me.upgrade()).flatten();
        let result = match (rider, kept) {
            // A caller may be dropped while it waits: a sibling failed, a sub-flow ran out of
            // time. What rides belongs to the run and not to that call, so it is seen through.
            (Some(cell), Some(kept)) => {
                let mut work = Box::pin(async move { cell.store(commit, Some(kept)).await });
                // Polled once here, so that it has its place in the store's queue ahead of every
                // commit that builds on what rides on it.
                match futures_util::poll!(&mut work) {
                    Poll::Ready(done) => done,
                    Poll::Pending => tokio::spawn(work).await.unwrap_or(Err(StoreError::Closed)),
                }
            }
            (_, kept) => self.store(commit, kept).await,
        };
        let ack = result?;
        self.announced.store(true, Ordering::Release);
        if !ends {
            self.check_budget();
        }
        for (offset, event) in telling {
            self.tell_numbered(offset.map(|offset| ack.first_event + offset), &event);
        }
        Ok(Ack {
            seq: ack.seq + riders,
            ..ack
        })
    }

    async fn store(&self, commit: Commit, kept: Option<Riding>) -> Result<Ack, StoreError> {
        let (sent, entries) = (Instant::now(), commit.entries.len());
        let result = self.storage.commit(commit).await;
        if self.lease.is_some()
            && let Ok(ack) = &result
        {
            self.renewed(sent);
            self.has_recorded(*ack, entries);
        }
        if let (Err(_), Some(kept)) = (&result, kept) {
            let mut riding = locked(&self.riding);
            riding.entries.splice(0..0, kept.entries);
            riding.events.splice(0..0, kept.events);
            riding.settled.extend(kept.settled);
        }
        result
    }

    /// A point in the run's life, with a path of its own for every resume.
    pub(super) fn marker(&self, what: &str) -> Entry {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = format!("@{what}~{}.{count}", self.resumes);
        Entry::new(EntryKind::Marker, Arc::from(path), 0)
    }

    /// Commits, or stops the run and does not resolve.
    pub(super) async fn commit_or_stop(&self, writing: Writing) -> Ack {
        match self.commit(writing).await {
            Ok(ack) => ack,
            Err(error) => self.refused(error).await,
        }
    }

    /// The store refused. A result that came too late is nobody's any more; anything else ends
    /// the run here.
    pub(super) async fn refused<T>(&self, error: StoreError) -> T {
        match error {
            StoreError::Decided { .. } => {}
            // Of the run's own making, and the store goes on: the run says so.
            StoreError::TooLarge { .. } => self.stop(Stop::Failed(Error::from(error))),
            error => self.stop(Stop::Lost(Error::from(error))),
        }
        std::future::pending().await
    }

    pub(super) async fn commit_entry(&self, entry: Entry) -> Ack {
        let entries = vec![entry];
        self.commit_or_stop(Writing {
            entries,
            ..Writing::default()
        })
        .await
    }

    pub(super) async fn commit_supersede(&self, supersede: Vec<Arc<str>>) {
        self.commit_or_stop(Writing {
            supersede,
            ..Writing::default()
        })
        .await;
    }

    /// Puts the run into the store with the state that its session begins with.
    pub(crate) async fn create_with(&self, state: StateDelta) -> Result<(), StoreError> {
        let delta = Some(state);
        let writing = Writing {
            delta,
            ..Writing::default()
        };
        self.commit(writing).await.map(drop)
    }

    /// Records that the run has begun, when its first step takes its time.
    pub(super) async fn commit_begun(&self) {
        if !self.announced.load(Ordering::Acquire) {
            self.commit_or_stop(Writing::default()).await;
        }
    }
}
