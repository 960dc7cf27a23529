//! Stores in a directory. All that does not depend on the back end, above a small ordered map.

mod artifacts;
mod body;
mod cache;
mod compaction;
mod definitions;
mod deletion;
mod directory;
mod format;
#[cfg(feature = "sled")]
mod generation;
mod import;
mod journal;
mod key_value;
mod keys;
mod ledger;
mod lock;
#[cfg(test)]
mod map;
mod marker;
mod prepared;
mod record;
#[cfg(feature = "redb")]
mod redb;
mod registry;
mod requests;
mod sessions;
mod shared;
#[cfg(feature = "sled")]
mod sled;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stats;
#[cfg(test)]
mod tests;
mod unfinished;
mod verify;
mod writer;

use std::{fmt, path::Path, sync::Arc, thread};

use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use self::{
    artifacts::Artifacts,
    body::decode,
    definitions::NewDefinition,
    directory::Directory,
    format::{Change, LastBatch},
    key_value::{Batch, KeyValue},
    lock::Lock,
    marker::Marker,
    prepared::Prepared,
    shared::{Shared, Unsettled, caught},
    writer::Message,
};
use crate::{
    Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
    Compacted, Definition, Entry, Imported, Json, Portable, Request, RequestQuery, RunId, RunInput,
    RunQuery, RunRecord, SessionFields, SessionKey, SessionListing, Storage, StoreError,
    StoreResult, StoreStats, VerifyReport, artifact,
};
#[cfg(feature = "redb")]
pub use redb::{RedbOptions, RedbStorage};
#[cfg(feature = "sled")]
pub use sled::{SledOptions, SledStorage};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStorage};

/// A store in a directory, kept by the back end `K`. Clones share it.
pub struct Embedded<K> {
    handle: Arc<Handle<K>>,
}

/// The last handle to go ends writing.
struct Handle<K> {
    shared: Arc<Shared<K>>,
    artifacts: Arc<Artifacts>,
    location: String,
    /// Taken when dropped.
    writer: Option<(mpsc::Sender<Message>, thread::JoinHandle<()>)>,
}

impl<K> Drop for Handle<K> {
    fn drop(&mut self) {
        if let Some((queue, thread)) = self.writer.take() {
            drop(queue);
            // Wait, so that a program that ends now ends with a store that was closed well. A
            // panic of the thread was answered to those it concerned.
            let _ = thread.join();
        }
    }
}

impl<K> Clone for Embedded<K> {
    fn clone(&self) -> Self {
        let handle = self.handle.clone();
        Self { handle }
    }
}

impl<K> fmt::Debug for Embedded<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedded({})", self.handle.location)
    }
}

impl<K: KeyValue> Embedded<K> {
    /// Opens the store in a directory, or shares it if this process has it open.
    fn open_with(
        path: &Path,
        files: &[&str],
        open: impl FnOnce(&Directory) -> StoreResult<K>,
    ) -> StoreResult<Self> {
        let directory = Directory::prepare(path, files)?;
        let handle = registry::share(
            directory.path.clone(),
            |handle: &Handle<K>| !handle.shared.is_closed(),
            || {
                let lock = Lock::acquire(&directory.path)?;
                let store = Arc::new(open(&directory)?);
                let (last, marker) = caught(|| prepare_store(&directory, &*store))?;
                let artifacts = Arc::new(Artifacts::open(&directory.path)?);
                let shared = Arc::new(Shared::new(store.clone(), last, marker));
                let location = format!("{} ({})", path.display(), K::NAME);
                let writer = Some(writer::spawn(store, shared.clone(), lock)?);
                Ok(Arc::new(Handle {
                    shared,
                    artifacts,
                    location,
                    writer,
                }))
            },
        )?;
        Ok(Self { handle })
    }

    /// Hands a message to the writer and waits for the answer. The writer owns the message, so
    /// that a caller who goes away leaves nothing half done.
    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<StoreResult<T>>) -> Message,
    ) -> StoreResult<T> {
        let shared = &self.handle.shared;
        let ended = || shared.check().err().unwrap_or(StoreError::Closed);
        let (queue, _) = self.handle.writer.as_ref().ok_or_else(ended)?;
        let (reply, answer) = oneshot::channel();
        if queue.send(message(reply)).await.is_err() {
            return Err(ended());
        }
        answer.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Reads a few records, on the caller's thread: it takes microseconds.
    async fn point<T>(&self, read: impl FnOnce(&K) -> StoreResult<T>) -> StoreResult<T> {
        let shared = &self.handle.shared;
        shared.settle(shared.read(read)?).await
    }

    /// Reads many records, beside the runtime if there is one.
    async fn scan<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Shared<K>) -> StoreResult<Unsettled<T>> + Send + 'static,
    ) -> StoreResult<T> {
        let shared = self.handle.shared.clone();
        let read = beside_runtime(move || read(&shared)).await?;
        self.handle.shared.settle(read).await
    }

    /// Works on artifacts, beside the runtime if there is one, and without the store: nobody
    /// waits for a large file. What was begun is done, whoever goes away.
    async fn on_artifacts<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Artifacts) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.handle.shared.check_open()?;
        let artifacts = self.handle.artifacts.clone();
        beside_runtime(move || work(&artifacts)).await
    }
}

/// Does what blocks, on a thread that may block.
async fn beside_runtime<T: Send + 'static>(
    work: impl FnOnce() -> StoreResult<T> + Send + 'static,
) -> StoreResult<T> {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return work();
    };
    let done = runtime.spawn_blocking(work).await;
    done.map_err(|error| StoreError::Io {
        context: "cannot use the store while the runtime ends".to_owned(),
        message: error.to_string(),
    })?
}

/// Checks that the directory holds a store of ours, whole, or makes one of it. Answers its
/// last batch, and its marker.
fn prepare_store<K: KeyValue>(
    directory: &Directory,
    store: &K,
) -> StoreResult<(LastBatch, Marker)> {
    let marker = Marker::open(&directory.path)?;
    let lost = |reason: String| {
        let (path, marker) = (directory.path.display(), marker::FILE);
        Err(StoreError::Corrupt {
            key: format!("store {path}"),
            reason: format!(
                "{reason}; restore a backup, or remove its file {marker} to go on without them"
            ),
        })
    };
    let Some(format) = format::check(store)? else {
        if marker.is_some() {
            return lost("it has lost its records".to_owned());
        }
        let mut records = 0;
        store.scan(&[], &mut |_, _| records += 1)?;
        if records > 0 {
            return Err(StoreError::Io {
                context: format!("{} is not a store of agno", directory.path.display()),
                message: format!("another program's {} database is in it", K::NAME),
            });
        }
        let mut batch = format::create()?;
        let first = LastBatch::default().next(&mut batch, Change::default());
        store.apply(batch)?;
        store.sync()?;
        directory.make_files_private()?;
        return Ok((first, Marker::create(directory, first.number)?));
    };
    let mut last = LastBatch::read_of(store, &format)?;
    directory.make_files_private()?;
    let marker = match marker {
        // Its making was cut short, or somebody removed it.
        None => Marker::create(directory, last.number)?,
        Some((_, Some(acknowledged))) if last.number < acknowledged => {
            return lost(format!(
                "it has lost its last {} batches of commits",
                acknowledged - last.number
            ));
        }
        Some((marker, _)) => marker,
    };
    let mut write = |mut batch: Batch| -> StoreResult<()> {
        last = last.next(&mut batch, Change::default());
        store.apply(batch)?;
        store.sync()?;
        marker.record(last.number);
        Ok(())
    };
    if let Some(batch) = format.upgrade()? {
        write(batch)?;
    }
    unfinished::leftovers(store)?
        .into_iter()
        .try_for_each(&mut write)?;
    for run in deletion::unfinished(store)? {
        let (rest, _) = deletion::rest(store, &run)?;
        rest.into_iter().try_for_each(&mut write)?;
    }
    Ok((last, marker))
}

/// Reads the record under `key` and decodes it.
fn read_json<K: KeyValue, T: DeserializeOwned>(store: &K, key: &[u8]) -> StoreResult<Option<T>> {
    let record = record::get(store, key)?;
    record.map(|record| decode(key, &record.body)).transpose()
}

impl<K: KeyValue> Storage for Embedded<K> {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            let prepared = Prepared::new(commit)?;
            let written = self.ask(|reply| Message::Commit(prepared, reply)).await?;
            Ok(written.ack)
        })
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        Box::pin(self.point(|store| {
            let stored = journal::read_head(store, id)?;
            Ok(stored.map(|stored| stored.head))
        }))
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        Box::pin(self.point(|store| read_json(store, &keys::run(keys::INPUT, id))))
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        Box::pin(self.point(|store| read_json(store, &keys::run(keys::OUTPUT, id))))
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        Box::pin(self.scan(move |shared| {
            shared.read(|store| {
                let prefix = query.prefix.as_deref().unwrap_or("");
                let mut runs = Vec::new();
                let mut failed = None;
                let prefix = keys::runs_beginning(keys::HEAD, prefix);
                record::scan(store, &prefix, |key, record| {
                    match record.and_then(|record| body::decode_head(key, &record.body)) {
                        Ok((head, _)) if query.accepts(&head) => runs.push(head),
                        Ok(_) => {}
                        Err(error) => failed = failed.take().or(Some(error)),
                    }
                })?;
                match failed {
                    Some(error) if query.whole => return Err(error),
                    Some(error) => shared.left_out(&error),
                    None => {}
                }
                Ok(query.select(runs))
            })
        }))
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        let id = id.clone();
        Box::pin(self.scan(move |shared| {
            shared.read(|store| {
                let head = journal::read_head(store, &id)?;
                let at_least = head.map_or(0, |head| head.entries);
                let mut entries = journal::read(store, &id, at_least, |key, body| {
                    let entry = body::decode_entry(key, body)?;
                    Ok((entry.seq, entry))
                })?;
                entries.retain(|entry| entry.seq >= from_seq);
                Ok(entries)
            })
        }))
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        Box::pin(self.scan(move |shared| shared.read(|store| requests::list(store, &query))))
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(self.ask(|reply| Message::DeleteRun(id.clone(), reply)))
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        Box::pin(self.scan(|shared| shared.read(sessions::list)))
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        Box::pin(self.on_artifacts(move |artifacts| {
            let hash = artifacts.put(&bytes)?;
            Ok(hash.to_hex().as_str().into())
        }))
    }

    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        Box::pin(async move {
            let hash = artifact::parse(hash)?;
            self.on_artifacts(move |artifacts| artifacts.size(hash))
                .await
        })
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        let prefix = prefix.to_owned();
        Box::pin(self.on_artifacts(move |artifacts| artifacts.list(&prefix)))
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        Box::pin(async move {
            let hash = artifact::parse(hash)?;
            self.on_artifacts(move |artifacts| artifacts.get(hash))
                .await
        })
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        Box::pin(self.point(|store| import::session(store, key)))
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        Box::pin(self.point(move |store| {
            match read_json::<K, CacheEntry>(store, &keys::cached(key)) {
                Ok(entry) => Ok(entry.filter(|entry| !entry.expired_at(now))),
                Err(StoreError::Corrupt { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }))
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        Box::pin(self.scan(move |shared| shared.read(|store| cache::list(store, &query))))
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.ask(|reply| Message::ClearCache(query, reply)))
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        Box::pin(async move {
            let new = NewDefinition::new(kind, name, body, expected)?;
            self.ask(|reply| Message::SaveDefinition(new, reply)).await
        })
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        Box::pin(self.point(move |store| definitions::read(store, kind, name, version)))
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        let kind: Arc<str> = kind.into();
        Box::pin(self.scan(move |shared| shared.read(|store| definitions::list(store, &kind))))
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(self.ask(move |reply| Message::ShrinkCache(bytes, reply)))
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        Box::pin(self.scan(|shared| shared.read(definitions::kinds)))
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        Box::pin(async move {
            let piece = beside_runtime(move || import::Prepared::new(piece)).await?;
            match piece {
                import::Prepared::Record(piece) => {
                    self.ask(|reply| Message::Import(piece, reply)).await
                }
                import::Prepared::Artifact(hash, bytes) => {
                    self.on_artifacts(move |artifacts| artifacts.import(hash, &bytes))
                        .await
                }
            }
        })
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        let artifacts = self.handle.artifacts.clone();
        Box::pin(self.scan(move |shared| stats::stats(shared, &artifacts)))
    }

    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        Box::pin(self.ask(Message::Compact))
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        let artifacts = self.handle.artifacts.clone();
        Box::pin(self.scan(move |shared| verify::verify(shared, &artifacts)))
    }

    fn location(&self) -> String {
        self.handle.location.clone()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(async {
            match self.ask(Message::Close).await {
                Err(StoreError::Closed) => Ok(()),
                result => result,
            }
        })
    }
}
