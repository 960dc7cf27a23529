//! A store that another process has, as a `Storage` that reads.

use std::{
    future::ready,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use agno_core::{
    Entry, Error, Json, RunId, RunQuery, RunRecord,
    storage::{
        Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
        Compacted, Definition, Imported, Portable, Request, RequestQuery, RunInput, SessionFields,
        SessionKey, SessionListing, Storage, StoreConfig, StoreError, StoreResult, StoreStats,
        VerifyReport,
    },
};
use serde::de::DeserializeOwned;

use super::{
    client::{Owner, Unanswered, decode},
    message::{Ask, Control, Read},
    read::joined,
};

/// How long a store may be between two owners, or with one that answers nobody.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads by asking the owner, and from the store itself once there is none any more. Writes are
/// refused with an error that names the owner.
#[derive(Debug)]
pub(crate) struct OwnerStorage {
    owner: Owner,
    config: StoreConfig,
    /// Opened when the owner had gone.
    own: OnceLock<Arc<dyn Storage>>,
}

impl OwnerStorage {
    /// Finds out who answers for a store that `owner` had locked: that process, or this one.
    ///
    /// # Errors
    ///
    /// That it is locked still and nobody answers.
    pub(crate) async fn reach(config: StoreConfig, owner: Owner) -> Result<Self, Unanswered> {
        let found = Self {
            owner,
            config,
            own: OnceLock::new(),
        };
        let begun = Instant::now();
        loop {
            match found.owner.greet().await {
                Ok(()) => return Ok(found),
                Err(Unanswered::Gone(error)) => {
                    if found.take_over(begun).await.is_err() {
                        return Err(Unanswered::Gone(error));
                    }
                    if found.own.get().is_some() {
                        return Ok(found);
                    }
                }
                Err(problem) => return Err(problem),
            }
        }
    }

    /// The other process, unless it has gone.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        match self.own.get() {
            Some(_) => None,
            None => Some(&self.owner),
        }
    }

    /// Opens the store, if it is free. It may have another owner already, who is asked then: that
    /// is an error once there was time enough since `begun`.
    pub(super) async fn take_over(&self, begun: Instant) -> StoreResult<()> {
        match self.config.open().await {
            Ok(storage) => {
                // Two at once have opened one and the same.
                self.own.get_or_init(|| storage);
                Ok(())
            }
            Err(StoreError::Locked { .. }) if begun.elapsed() < PATIENCE => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has the owner do something, whoever that is by then. `None` when this process has the store:
    /// it does it itself.
    ///
    /// # Errors
    ///
    /// What the owner says to it, or that it does not answer.
    pub(crate) async fn control<T: DeserializeOwned>(
        &self,
        control: Control,
    ) -> Result<Option<Vec<T>>, Error> {
        let begun = Instant::now();
        let ask = Ask::Control(control);
        loop {
            let Some(owner) = self.owner() else {
                return Ok(None);
            };
            match owner.all(&ask).await {
                Ok(items) => return Ok(Some(items)),
                Err(Unanswered::Gone(_)) => self.take_over(begun).await?,
                Err(problem) => return Err(self.error(problem)),
            }
        }
    }

    pub(super) fn error(&self, problem: Unanswered) -> Error {
        self.owner.error(problem)
    }

    async fn all<T: DeserializeOwned>(&self, read: Read) -> StoreResult<Vec<T>> {
        let begun = Instant::now();
        let wrong = |error| self.owner.store_error(Unanswered::Mute(error));
        let asked = Ask::Read(read.clone());
        loop {
            if let Some(own) = self.own.get() {
                let items = read.of(&**own).await?;
                let items = items.map(|item| decode(&item?));
                return items.collect::<Result<_, _>>().map_err(wrong);
            }
            match self.owner.all(&asked).await {
                Ok(items) => return Ok(items),
                Err(Unanswered::Gone(_)) => self.take_over(begun).await?,
                Err(problem) => return Err(self.owner.store_error(problem)),
            }
        }
    }

    async fn option<T: DeserializeOwned>(&self, read: Read) -> StoreResult<Option<T>> {
        Ok(self.all(read).await?.pop())
    }

    /// Writes, if this process has the store by now.
    fn write<'a, T: Send + 'a>(
        &'a self,
        write: impl FnOnce(&'a dyn Storage) -> BoxFuture<'a, StoreResult<T>>,
    ) -> BoxFuture<'a, StoreResult<T>> {
        match self.own.get() {
            Some(own) => write(&**own),
            None => Box::pin(ready(Err(self.owner.locked()))),
        }
    }
}

impl Storage for OwnerStorage {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        self.write(|own| own.commit(commit))
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        Box::pin(self.option(Read::Run(id.clone())))
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        Box::pin(self.option(Read::Input(id.clone())))
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        Box::pin(self.option(Read::Output(id.clone())))
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        Box::pin(self.all(Read::Runs(query)))
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        let run = id.clone();
        Box::pin(self.all(Read::Journal { run, from_seq }))
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        Box::pin(self.all(Read::Requests(query)))
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        self.write(|own| own.delete_run(id))
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        Box::pin(self.all(Read::Sessions))
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        self.write(|own| own.put_artifact(bytes))
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        Box::pin(self.all(Read::Artifacts(prefix.into())))
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        Box::pin(async move { joined(self.all(Read::Artifact(hash.into())).await?) })
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        let fields = self.option(Read::Session(key.clone()));
        Box::pin(async move { Ok(fields.await?.unwrap_or_default()) })
    }

    /// Asked for by runs only, and none runs here.
    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        self.write(|own| own.cached(key, now))
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        Box::pin(self.all(Read::CacheList(query)))
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        self.write(|own| own.cache_clear(query))
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        self.write(|own| own.save_definition(kind, name, body, expected))
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        let (kind, name) = (kind.into(), name.into());
        Box::pin(self.option(Read::Definition {
            kind,
            name,
            version,
        }))
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        Box::pin(self.all(Read::Definitions(kind.into())))
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        self.write(|own| own.cache_shrink(bytes))
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        self.write(|own| own.definition_kinds())
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        self.write(|own| own.import(piece))
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        let stats = self.option(Read::Stats);
        Box::pin(async move { stats.await.map(Option::unwrap_or_default) })
    }

    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        self.write(|own| own.compact())
    }

    /// Reads everything there is: not beside a run.
    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        self.write(|own| own.verify())
    }

    /// As the store tells it itself.
    fn location(&self) -> String {
        self.config.location()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        match self.own.get() {
            Some(own) => own.close(),
            None => Box::pin(ready(Ok(()))),
        }
    }
}
