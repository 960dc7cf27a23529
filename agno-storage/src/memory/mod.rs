//! The store that lives in the process: for tests, and for runs that need not outlive it.

mod lease;
mod pieces;
mod run;

use std::{
    collections::{BTreeMap, HashMap, hash_map},
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use self::{lease::Process, run::Run};
use crate::{
    Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
    Compacted, Definition, DueRuns, Entry, Holder, Imported, Json, Portable, Request, RequestQuery,
    RunId, RunInput, RunQuery, RunRecord, SessionFields, SessionKey, SessionListing, StateDelta,
    Storage, StoreError, StoreResult, StoreStats, VerifyReport, artifact, definition,
    sessions::Sessions,
};

/// Keeps everything in the process. Clones share one store.
///
/// A commit takes effect when [`commit`](Storage::commit) is called, not when its future is
/// polled: there is nothing to wait for.
#[derive(Clone, Default)]
pub struct MemoryStorage {
    store: Arc<Mutex<Store>>,
    /// Of a store that several share: who this is.
    process: Option<Process>,
}

impl MemoryStorage {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        // A commit changes nothing until all its checks are done, so a panic (out of memory, at
        // worst) does not leave half of one behind.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `read` on the open store.
    fn read<T>(&self, read: impl FnOnce(&Store) -> T) -> StoreResult<T> {
        self.write(|store| Ok(read(store)))
    }

    /// Runs `write` on the open store.
    fn write<T>(&self, write: impl FnOnce(&mut Store) -> StoreResult<T>) -> StoreResult<T> {
        let mut store = self.lock();
        if store.closed {
            return Err(StoreError::Closed);
        }
        write(&mut store)
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.lock();
        f.debug_struct("MemoryStorage")
            .field("runs", &store.runs.len())
            .field("sessions", &store.sessions.len())
            .field("cached", &store.cache.len())
            .field("definitions", &store.definitions.len())
            .field("artifacts", &store.artifacts.len())
            .finish()
    }
}

#[derive(Default)]
struct Store {
    closed: bool,
    runs: HashMap<RunId, Run>,
    sessions: HashMap<SessionKey, SessionFields>,
    cache: BTreeMap<CacheKey, CacheEntry>,
    /// By kind and name: the versions, from 1.
    definitions: BTreeMap<(Arc<str>, Arc<str>), Vec<Definition>>,
    artifacts: HashMap<blake3::Hash, Vec<u8>>,
}

impl Store {
    /// Takes what it stores out of the commit: commits are large, and moving one costs as much
    /// as storing it.
    fn commit(&mut self, commit: &mut Commit) -> StoreResult<Ack> {
        commit.check_alone()?;
        let ack = match commit.create.take() {
            Some(create) => {
                let hash_map::Entry::Vacant(slot) = self.runs.entry(commit.run.clone()) else {
                    let run = commit.run.clone();
                    return Err(StoreError::RunExists { run });
                };
                let (mut head, input) = *create;
                head.id = commit.run.clone();
                let mut run = Run::new(head, input);
                run.check(commit)?;
                merge_state(&mut self.sessions, commit.state.take())?;
                let ack = run.apply(commit);
                slot.insert(run);
                ack
            }
            None => {
                let Some(run) = self.runs.get_mut(&commit.run) else {
                    let run = commit.run.clone();
                    return Err(StoreError::RunNotFound { run });
                };
                run.check(commit)?;
                merge_state(&mut self.sessions, commit.state.take())?;
                run.apply(commit)
            }
        };
        if let Some(fill) = commit.cache.take() {
            self.cache.insert(fill.key, fill.entry);
        }
        Ok(ack)
    }
}

impl Store {
    fn save_definition(
        &mut self,
        kind: &str,
        name: &str,
        body: Json,
        expected: Option<u32>,
    ) -> StoreResult<u32> {
        definition::check(kind, name, &body)?;
        let key = (Arc::from(kind), Arc::from(name));
        let versions = self.definitions.get(&key);
        let newest = versions.and_then(|versions| versions.last());
        if let Some(version) = definition::decide(newest, kind, name, &body, expected)? {
            return Ok(version);
        }
        let newest = newest.map_or(0, |newest| newest.version);
        let saved = Definition::after(newest, kind, name, body);
        let version = saved.version;
        self.definitions.entry(key).or_default().push(saved);
        Ok(version)
    }

    fn definition(&self, kind: &str, name: &str, version: Option<u32>) -> Option<Definition> {
        let key = (Arc::from(kind), Arc::from(name));
        let versions = self.definitions.get(&key)?;
        let found = match version {
            None => versions.last(),
            Some(version) => versions.iter().find(|saved| saved.version == version),
        };
        found.cloned()
    }
}

/// The last check and the first change in one: what it merges is not looked up twice.
fn merge_state(
    sessions: &mut HashMap<SessionKey, SessionFields>,
    state: Option<(SessionKey, StateDelta)>,
) -> StoreResult<()> {
    let Some((key, delta)) = state.filter(|(_, delta)| !delta.is_empty()) else {
        return Ok(());
    };
    match sessions.entry(key) {
        hash_map::Entry::Occupied(mut fields) => {
            let changed = delta.merged_within_limits(fields.get())?;
            fields.get_mut().extend(changed);
        }
        hash_map::Entry::Vacant(slot) => {
            slot.insert(delta.merged_within_limits(&SessionFields::new())?);
        }
    }
    Ok(())
}

impl Storage for MemoryStorage {
    fn commit(&self, mut commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        let result = self.commit_here(&mut commit);
        Box::pin(ready(result))
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        let head = self.read(|store| store.runs.get(id).map(|run| run.head.clone()));
        Box::pin(ready(head))
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        let input = self.read(|store| store.runs.get(id).map(|run| run.input.clone()));
        Box::pin(ready(input))
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        let output = self.read(|store| store.runs.get(id).and_then(|run| run.output.clone()));
        Box::pin(ready(output))
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        let runs = self.read(|store| {
            let heads = store.runs.values().map(|run| &run.head);
            query.select(heads.filter(|head| query.accepts(head)).cloned().collect())
        });
        Box::pin(ready(runs))
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        let entries = self.read(|store| {
            let entries = store.runs.get(id).map_or(&[][..], |run| &run.entries);
            let skip = usize::try_from(from_seq.saturating_sub(1)).unwrap_or(usize::MAX);
            entries.get(skip..).unwrap_or_default().to_vec()
        });
        Box::pin(ready(entries))
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        let requests = self.read(|store| {
            let fits = |request: &&Request| query.accepts(request);
            let of =
                |run: &Run| -> Vec<_> { run.requests.values().filter(fits).cloned().collect() };
            query.select(match &query.run {
                Some(run) => store.runs.get(run).map_or_else(Vec::new, of),
                None => store.runs.values().flat_map(of).collect(),
            })
        });
        Box::pin(ready(requests))
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        let deleted = self.write(|store| {
            if let Some(run) = store.runs.get(id) {
                run.head.check_removable()?;
            }
            Ok(store.runs.remove(id).is_some())
        });
        Box::pin(ready(deleted))
    }

    fn lease(&self) -> Option<Duration> {
        self.lease_length()
    }

    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        Box::pin(ready(self.renew_here(&held)))
    }

    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        Box::pin(ready(self.release_here(&held)))
    }

    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        Box::pin(ready(self.read(|store| store.holders(&runs))))
    }

    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        self.due_here(now, limit)
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        self.changed_here()
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        let list = self.read(|store| {
            let mut sessions = Sessions::default();
            for run in store.runs.values() {
                sessions.add_run(&run.head);
            }
            for (key, fields) in &store.sessions {
                sessions.add_fields(key, fields.len() as u64);
            }
            sessions.into_list()
        });
        Box::pin(ready(list))
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        // Hashed before the lock is taken.
        let name = artifact::name(&bytes);
        let kept = self.write(|store| {
            let hash = name?;
            store.artifacts.entry(hash).or_insert(bytes);
            Ok(hash.to_hex().as_str().into())
        });
        Box::pin(ready(kept))
    }

    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        let found = self.write(|store| {
            let bytes = store.artifacts.get(&artifact::parse(hash)?);
            Ok(bytes.map(|bytes| bytes.len() as u64))
        });
        Box::pin(ready(found))
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        let prefix = prefix.to_ascii_lowercase();
        let found = self.write(|store| {
            let all = store.artifacts.iter().map(|(hash, bytes)| ArtifactListing {
                hash: Arc::from(hash.to_hex().as_str()),
                bytes: bytes.len() as u64,
            });
            let mut listed: Vec<_> = all.filter(|one| one.hash.starts_with(&prefix)).collect();
            listed.sort_unstable_by(|a, b| a.hash.cmp(&b.hash));
            Ok(listed)
        });
        Box::pin(ready(found))
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        let found = self.write(|store| Ok(store.artifacts.get(&artifact::parse(hash)?).cloned()));
        Box::pin(ready(found))
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        let fields = self.read(|store| store.sessions.get(key).cloned().unwrap_or_default());
        Box::pin(ready(fields))
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        let entry = self.read(|store| {
            let entry = store.cache.get(&key);
            entry.filter(|entry| !entry.expired_at(now)).cloned()
        });
        Box::pin(ready(entry))
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        let list = self.read(|store| {
            let entries = store.cache.iter();
            entries
                .filter(|(key, entry)| query.accepts(**key, entry))
                .map(|(key, entry)| CacheListing::new(*key, entry))
                .collect()
        });
        Box::pin(ready(list))
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        let removed = self.write(|store| {
            let before = store.cache.len();
            store.cache.retain(|key, entry| !query.accepts(*key, entry));
            Ok((before - store.cache.len()) as u64)
        });
        Box::pin(ready(removed))
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        let saved = self.write(|store| store.save_definition(kind, name, body, expected));
        Box::pin(ready(saved))
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        let found = self.read(|store| store.definition(kind, name, version));
        Box::pin(ready(found))
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        let newest = self.read(|store| {
            let newest = store.definitions.values().filter_map(|saved| saved.last());
            newest
                .filter(|saved| &*saved.kind == kind)
                .cloned()
                .collect()
        });
        Box::pin(ready(newest))
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(ready(self.write(|store| Ok(store.shrink_cache(bytes)))))
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        let kinds = self.read(|store| {
            let mut kinds: Vec<_> = store.definitions.keys().map(|key| key.0.clone()).collect();
            kinds.dedup();
            kinds
        });
        Box::pin(ready(kinds))
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        // Checked before the lock is taken.
        let checked = piece.check();
        let imported = checked.and_then(|()| self.write(|store| store.import(piece)));
        Box::pin(ready(imported))
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        Box::pin(ready(self.read(Store::stats)))
    }

    /// Nothing takes room here that is not alive.
    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        let (before, after) = (0, 0);
        Box::pin(ready(self.read(|_| Compacted { before, after })))
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        let report = self.read(|store| VerifyReport {
            runs: store.runs.len() as u64,
            entries: store
                .runs
                .values()
                .map(|run| run.entries.len() as u64)
                .sum(),
            fields: store
                .sessions
                .values()
                .map(|fields| fields.len() as u64)
                .sum(),
            cached: store.cache.len() as u64,
            definitions: store
                .definitions
                .values()
                .map(|saved| saved.len() as u64)
                .sum(),
            requests: store
                .runs
                .values()
                .map(|run| run.requests.len() as u64)
                .sum(),
            artifacts: store.artifacts.len() as u64,
            problems: Vec::new(),
        });
        Box::pin(ready(report))
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        let mut store = self.lock();
        *store = Store {
            closed: true,
            ..Store::default()
        };
        Box::pin(ready(Ok(())))
    }
}
