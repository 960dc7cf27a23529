//! A store that tells what it has acknowledged, a line for each, right after the store below said so.
//!
//! A line with a question mark comes before something that removes: until the line without it, both
//! are right.

use std::{io::Write, sync::Arc, time::Duration};

use agno_storage::{
    Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
    Compacted, Definition, DueRuns, Entry, Holder, Imported, Json, Operation, Portable, Request,
    RequestQuery, RunId, RunInput, RunQuery, RunRecord, SessionFields, SessionKey, SessionListing,
    Storage, StoreResult, StoreStats, VerifyReport,
};

/// Writes a line to standard output at once.
///
/// # Panics
///
/// If nobody reads it.
pub fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("the test listens");
}

/// Sixteen hexadecimal digits of a text.
pub fn short_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// What counts of an entry: what replay goes by.
pub fn hash_of(entry: &Entry) -> String {
    let error = entry.error.as_ref().map(serde_json::to_string);
    let error = error.transpose().expect("an error is JSON");
    short_hash(&format!(
        "{:?} {:?} {:?} {:?}",
        entry.kind,
        entry.input.as_ref().map(Json::as_str),
        entry.output.as_ref().map(Json::as_str),
        error
    ))
}

/// The store.
#[derive(Debug)]
pub struct Told {
    inner: Arc<dyn Storage>,
}

impl Told {
    /// Tells of this one.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner }
    }
}

/// What a commit comes to, ready to be told.
#[derive(Default)]
struct Lines {
    before: Vec<String>,
    after: Vec<String>,
}

impl Lines {
    fn of(commit: &Commit) -> Self {
        let mut lines = Self::default();
        let run = &commit.run;
        for id in &commit.settled {
            lines.before.push(format!("settled? {id}"));
        }
        for path in &commit.supersede {
            lines.before.push(format!("superseded? {run} {path}"));
        }
        if commit.create.is_some() {
            lines.after.push(format!("made {run}"));
        }
        for entry in &commit.entries {
            let hash = hash_of(entry);
            let at = entry.finished_at;
            lines
                .after
                .push(format!("ack {run} {} {hash} {at}", entry.path));
        }
        for request in &commit.requests {
            lines.after.push(format!("asked {} {run}", request.id));
        }
        if let Some(update) = commit.update.as_deref() {
            if update.status.is_over() {
                lines.before.push(format!("over? {run}"));
            }
            if let Some(output) = &update.output {
                let hash = short_hash(output.as_str());
                lines.after.push(format!("output {run} {hash}"));
            }
        }
        if let Some((session, delta)) = &commit.state
            && let Some(total) = delta.changes.iter().find(|it| &*it.field == "total")
            // A step adds; a fork sets what its session begins with.
            && let Operation::Sum { by } | Operation::Set { value: by, .. } = &total.operation
        {
            let name = format!("{} {} {by}", session.workflow, session.session);
            lines.before.push(format!("counted? {name}"));
            lines.after.push(format!("counted {name}"));
        }
        if let Some(fill) = commit.cache.as_deref() {
            let (key, hash) = (fill.key.to_hex(), short_hash(fill.entry.output.as_str()));
            lines.before.push(format!("cached? {key}"));
            lines.after.push(format!("cached {key} {hash}"));
        }
        lines
    }
}

impl Storage for Told {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        Box::pin(async move {
            let lines = Lines::of(&commit);
            lines.before.iter().for_each(|line| tell(line));
            let ack = self.inner.commit(commit).await?;
            lines.after.iter().for_each(|line| tell(line));
            Ok(ack)
        })
    }

    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(async move {
            tell(&format!("gone? {id}"));
            let found = self.inner.delete_run(id).await?;
            tell(&format!("gone {id}"));
            Ok(found)
        })
    }

    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        Box::pin(async move {
            let hash = self.inner.put_artifact(bytes).await?;
            tell(&format!("artifact {hash}"));
            Ok(hash)
        })
    }

    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async move {
            tell("cleared?");
            let count = self.inner.cache_clear(query).await?;
            tell("cleared");
            Ok(count)
        })
    }

    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        Box::pin(async move {
            tell("cleared?");
            let count = self.inner.cache_shrink(bytes).await?;
            tell("cleared");
            Ok(count)
        })
    }

    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        Box::pin(async move {
            let hash = short_hash(body.as_str());
            let saved = self.inner.save_definition(kind, name, body, expected);
            let version = saved.await?;
            tell(&format!("definition {kind} {name} {version} {hash}"));
            Ok(version)
        })
    }

    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        Box::pin(async move {
            let lines: Vec<String> = match &piece {
                Portable::Run(run) => {
                    let id = &run.head.id;
                    let line =
                        |entry: &Entry| format!("ack {id} {} {}", entry.path, hash_of(entry));
                    let entries = run.entries.iter().map(line);
                    entries.chain([format!("made {id}")]).collect()
                }
                _ => Vec::new(),
            };
            let imported = self.inner.import(piece).await?;
            lines.iter().for_each(|line| tell(line));
            Ok(imported)
        })
    }

    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        self.inner.run(id)
    }

    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        self.inner.input(id)
    }

    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        self.inner.output(id)
    }

    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        self.inner.runs(query)
    }

    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        self.inner.journal(id, from_seq)
    }

    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        self.inner.requests(query)
    }

    fn lease(&self) -> Option<Duration> {
        self.inner.lease()
    }

    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        self.inner.renew(held)
    }

    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        self.inner.release(held)
    }

    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        self.inner.holders(runs)
    }

    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        self.inner.due(now, limit)
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        self.inner.changed()
    }

    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>> {
        self.inner.begin_flight(key, holder, lease)
    }

    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>> {
        self.inner.end_flight(key, holder)
    }

    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        self.inner.sessions()
    }

    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        self.inner.artifact(hash)
    }

    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        self.inner.artifact_size(hash)
    }

    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        self.inner.artifacts(prefix)
    }

    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        self.inner.session(key)
    }

    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        self.inner.cached(key, now)
    }

    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        self.inner.cache_list(query)
    }

    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        self.inner.definition(kind, name, version)
    }

    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        self.inner.definitions(kind)
    }

    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        self.inner.definition_kinds()
    }

    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        self.inner.stats()
    }

    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        self.inner.compact()
    }

    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        self.inner.verify()
    }

    fn location(&self) -> String {
        self.inner.location()
    }

    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        self.inner.close()
    }
}
