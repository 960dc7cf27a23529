//! The trait that every back end implements.

use std::{
    fmt::Debug,
    future::{pending, ready},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    Ack, BoxFuture, CacheEntry, CacheKey, Commit, Compacted, Definition, DueRuns, Entry, Holder,
    Imported, Json, Portable, Request, RequestQuery, RunId, RunInput, RunRecord, RunStatus,
    SessionFields, SessionKey, StoreError, StoreResult, StoreStats, VerifyReport, lease,
};

/// A place where runs are kept. Object safe, so a program chooses one when it starts.
///
/// Promises of every implementation, checked by the `conformance` suite:
///
/// * [`commit`](Self::commit) is atomic, and *durable when it returns*: what a step produced is
///   on disk before anybody sees it. (Memory keeps it as long as the process.)
/// * Commits of one run get rising sequence numbers without gaps.
/// * A commit with an old fence writes nothing.
/// * Dropping the future of a commit never leaves half of it.
pub trait Storage: Send + Sync + Debug + 'static {
    /// Writes one commit. See [`Commit`] for what is checked.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>>;

    /// The head of a run.
    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>>;

    /// What the run was started with.
    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>>;

    /// The output of a completed run.
    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>>;

    /// Heads of runs, newest first. One that does not read is left out, as in every list, so that the others do not wait
    /// for it; [`verify`](Self::verify) names it. See [`RunQuery::whole`].
    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>>;

    /// The journal of a run from a sequence number on, in order of commit. Superseded entries
    /// are part of it, marked.
    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>>;

    /// The open requests to people, in order of the time they were asked, oldest first. One that
    /// does not read any more is left out, and told by [`verify`](Self::verify) and by a list of
    /// its run.
    ///
    /// A store that keeps none answers [`StoreError::Unsupported`], as the default does; such a
    /// store has to refuse a commit that opens one, with the same error, rather than lose it.
    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>> {
        let _ = query;
        unsupported("requests", self.location())
    }

    /// Removes a run with all that is recorded of it, whole or not at all, and durably; answers
    /// whether it was there. The session's state, the step cache, artifacts, and the runs that it
    /// has called stay.
    ///
    /// The run has to be over, or pending, since nobody has begun it; any other is refused
    /// ([`StoreError::RunNotOver`]).
    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>> {
        let _ = id;
        unsupported("deletions", self.location())
    }

    /// How long a run stays its owner's without a word of it: the lease that a commit which creates
    /// or claims a run takes, and every later commit of its owner renews. Within it nobody else can
    /// claim the run ([`StoreError::Leased`]), unless another run has called it: then it belongs to
    /// whoever has that one.
    ///
    /// `None`, the default: the store belongs to one process, and what is `running` in it and not
    /// under way there was interrupted.
    fn lease(&self) -> Option<Duration> {
        None
    }

    /// Renews the leases of runs, each with the fence it is held with. Answers those that are held no
    /// longer: somebody else has taken them.
    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>> {
        let _ = held;
        Box::pin(ready(Ok(Vec::new())))
    }

    /// Gives back the leases of runs that are not over, so that others need not wait for their end.
    /// What is held no longer is passed over.
    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>> {
        let _ = held;
        Box::pin(ready(Ok(())))
    }

    /// Who has these runs now, as far as somebody has them: of a called run, whoever has the outermost one. For
    /// people to read; what decides is the claim. The default, for a store of one process, answers none.
    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>> {
        let _ = runs;
        Box::pin(ready(Ok(Vec::new())))
    }

    /// Outermost runs that are to be taken up at `now` (microseconds since 1970), oldest first, at
    /// most `limit`: those that nobody has begun; those that are running and that nobody holds;
    /// those that are paused, or have called a run that is, whose time has come.
    ///
    /// Of a store without leases: every one that is running. The default reads all heads of such runs.
    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>> {
        Box::pin(lease::due(self, now, limit))
    }

    /// Resolves when another process may have changed what is due, or recorded an answer. A hint: one
    /// may be missed, so look from time to time as well. The default never resolves.
    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(pending())
    }

    /// Takes the computation of a cached result on for as long as `lease`, under a name of one's own.
    /// False: another process computes it, and its lease has not ended. Look for the result again,
    /// and ask again.
    ///
    /// The default, for a store of one process, always answers true.
    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>> {
        let _ = (key, holder, lease);
        Box::pin(ready(Ok(true)))
    }

    /// Gives the computation of a cached result back, done or not.
    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>> {
        let _ = (key, holder);
        Box::pin(ready(Ok(())))
    }

    /// The sessions that have runs or state, in order of workflow and name.
    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>> {
        unsupported("lists of sessions", self.location())
    }

    /// Keeps bytes under a hash of them (BLAKE3, 64 hexadecimal digits), durably, and answers it.
    /// The same bytes are kept once. More than [`MAX_ARTIFACT_BYTES`](crate::MAX_ARTIFACT_BYTES)
    /// are refused ([`StoreError::TooLarge`]).
    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>> {
        let _ = bytes;
        unsupported("artifacts", self.location())
    }

    /// The bytes that are kept under a hash. What does not hash to it any more is corrupt; a name
    /// that is no hash is refused ([`StoreError::InvalidName`]).
    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>> {
        let _ = hash;
        unsupported("artifacts", self.location())
    }

    /// How many bytes are kept under a hash, without reading them. A name that is no hash is refused
    /// ([`StoreError::InvalidName`]).
    ///
    /// The default reads the artifact.
    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>> {
        Box::pin(async move {
            let bytes = self.artifact(hash).await?;
            Ok(bytes.map(|bytes| bytes.len() as u64))
        })
    }

    /// The artifacts whose hashes begin so, in order of the hashes. An empty prefix lists all; one
    /// that is no beginning of a hash lists none.
    fn artifacts<'a>(
        &'a self,
        prefix: &'a str,
    ) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>> {
        let _ = prefix;
        unsupported("lists of artifacts", self.location())
    }

    /// The fields of a session's state; empty if there is none.
    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>>;

    /// A cached result that has not expired at `now` (microseconds since 1970). A corrupt one is
    /// a miss.
    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>>;

    /// What the step cache holds, without the results.
    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>>;

    /// Removes cached results; answers how many.
    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>>;

    /// Saves a definition, durably: answers its version. A body equal to the newest version's is
    /// that version. `expected` is the version that the caller takes for the newest, 0 for none;
    /// if it is another, nothing is saved ([`StoreError::DefinitionConflict`]). A store that
    /// keeps no definitions answers [`StoreError::Unsupported`], as the default does.
    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>> {
        let _ = (kind, name, body, expected);
        unsupported("definitions", self.location())
    }

    /// A version of a definition, or the newest.
    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>> {
        let _ = (kind, name, version);
        unsupported("definitions", self.location())
    }

    /// The newest version of each definition of a kind, by name. One that does not read any more
    /// is left out, and told by [`verify`](Self::verify) and by [`definition`](Self::definition).
    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>> {
        let _ = kind;
        unsupported("definitions", self.location())
    }

    /// Removes cached results, those that were stored first, until all together take no more than so
    /// many bytes. Answers how many.
    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>> {
        let _ = bytes;
        unsupported("bounds of the step cache", self.location())
    }

    /// The kinds that there are definitions of, in order.
    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>> {
        unsupported("definitions", self.location())
    }

    /// Writes a piece of another store as it is, whole or not at all, and durably. What is there
    /// already, and equal, is left alone; what is there and differs is refused
    /// ([`StoreError::RunExists`] for a run, [`StoreError::Occupied`] for anything else), and stays.
    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>> {
        let _ = piece;
        unsupported("imports", self.location())
    }

    /// What the store holds, and how much room it takes. Reads much: not for a program's every second.
    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>> {
        unsupported("statistics", self.location())
    }

    /// Gives room back that removed and replaced records took. Commits wait meanwhile.
    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>> {
        unsupported("room that could be given back", self.location())
    }

    /// Reads everything and reports what does not hold.
    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>>;

    /// Where it is, for people: `memory`, or `./.agno (sled)`.
    fn location(&self) -> String;

    /// Ends writing, and lets go of files and locks. Later calls answer `Closed`. Dropping the
    /// last handle does the same.
    fn close(&self) -> BoxFuture<'_, StoreResult<()>>;
}

/// The answer of a store that does not keep such things.
fn unsupported<'a, T: Send + 'a>(
    what: &'static str,
    store: String,
) -> BoxFuture<'a, StoreResult<T>> {
    Box::pin(ready(Err(StoreError::Unsupported { what, store })))
}

/// Which runs to list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RunQuery {
    /// Only of this workflow.
    pub workflow: Option<Arc<str>>,
    /// Only of this session.
    pub session: Option<Arc<str>>,
    /// Only in this status.
    pub status: Option<RunStatus>,
    /// Only ids that begin so.
    pub prefix: Option<String>,
    /// Only those that this run has called.
    pub parent: Option<RunId>,
    /// Only those that are part of no other.
    pub outermost: bool,
    /// At most so many.
    pub limit: Option<usize>,
    /// An error if the head of any run does not read: for who must know of all of them.
    #[serde(default)]
    pub whole: bool,
}

impl RunQuery {
    /// Whether a run fits (all but the limit).
    pub fn accepts(&self, run: &RunRecord) -> bool {
        self.workflow.as_ref().is_none_or(|w| *w == run.workflow)
            && self.session.as_ref().is_none_or(|s| *s == run.session)
            && self.status.is_none_or(|s| s == run.status)
            && self
                .prefix
                .as_ref()
                .is_none_or(|p| run.id.as_str().starts_with(p.as_str()))
            && self
                .parent
                .as_ref()
                .is_none_or(|p| run.parent.as_ref().is_some_and(|of| of.run == *p))
            && !(self.outermost && run.parent.is_some())
    }
}

/// A session, without its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionListing {
    /// Name of the workflow.
    pub workflow: Arc<str>,
    /// Name of the session.
    pub session: Arc<str>,
    /// How many runs it has.
    pub runs: u64,
    /// When the newest of them began, in microseconds since 1970; 0 without one.
    pub last_run_at: u64,
    /// How many fields its state has.
    pub fields: u64,
}

/// An artifact, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactListing {
    /// The hash of its bytes: 64 hexadecimal digits.
    pub hash: Arc<str>,
    /// How many they are.
    pub bytes: u64,
}

/// Which cached results.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CacheQuery {
    /// Only of this workflow.
    pub workflow: Option<Arc<str>>,
    /// Only of this step.
    pub step: Option<Arc<str>>,
    /// Only those with this tag.
    #[serde(default)]
    pub tag: Option<Arc<str>>,
    /// Only those whose key begins so, in hexadecimal digits.
    #[serde(default)]
    pub key: Option<String>,
    /// Only those that had expired at this time, in microseconds since 1970.
    pub expired_at: Option<u64>,
}

/// A cached result without its body.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CacheListing {
    /// Its key, as hexadecimal digits.
    pub key: String,
    /// Name of the workflow that stored it.
    pub workflow: Arc<str>,
    /// Name of the step.
    pub step: Arc<str>,
    /// The run that stored it.
    pub run: RunId,
    /// Size of the result, in bytes.
    pub bytes: usize,
    /// When it was stored, in microseconds since 1970.
    pub stored_at: u64,
    /// When it ends, in microseconds since 1970.
    pub expires_at: Option<u64>,
    /// Words that it can be found and removed by.
    #[serde(default)]
    pub tags: Vec<Arc<str>>,
    /// What its key was made from, as JSON, if that was kept.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub parts: Option<Json>,
}
