//! A store around another: what it does not say itself, the one below does.

use std::{fmt::Debug, sync::Arc, time::Duration};

use crate::{
    Ack, ArtifactListing, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit,
    Compacted, Definition, DueRuns, Entry, Holder, Imported, Json, Portable, Request, RequestQuery,
    RunId, RunInput, RunQuery, RunRecord, SessionFields, SessionKey, SessionListing, Storage,
    StoreResult, StoreStats, VerifyReport,
};

/// Every method of [`Storage`], so that none is left to a default of the trait.
macro_rules! layer {
    ($(
        fn $name:ident $(<$life:lifetime>)? (& $($of:lifetime)? $this:ident $(, $arg:ident: $type:ty)* $(,)?) -> $answer:ty;
    )*) => {
        /// A store around another: to count, to slow down, to make fail, to tell. What it does not
        /// say itself, the one [`below`](Self::below) does; all that is a `Layer` is a [`Storage`].
        ///
        /// ```
        /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
        ///
        /// use agno_storage::{Ack, BoxFuture, Commit, Layer, MemoryStorage, Storage, StoreResult};
        ///
        /// #[derive(Debug)]
        /// struct Counted {
        ///     below: Arc<dyn Storage>,
        ///     commits: AtomicU64,
        /// }
        ///
        /// impl Layer for Counted {
        ///     fn below(&self) -> &dyn Storage {
        ///         &*self.below
        ///     }
        ///
        ///     fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        ///         self.commits.fetch_add(1, Ordering::Relaxed);
        ///         self.below.commit(commit)
        ///     }
        /// }
        ///
        /// let storage: Arc<dyn Storage> = Arc::new(Counted {
        ///     below: Arc::new(MemoryStorage::new()),
        ///     commits: AtomicU64::new(0),
        /// });
        /// assert_eq!(storage.location(), "memory");
        /// ```
        pub trait Layer: Send + Sync + Debug + 'static {
            /// The store that this one is around.
            fn below(&self) -> &dyn Storage;

            $(
                #[doc = concat!("As [`Storage::", stringify!($name), "`].")]
                fn $name $(<$life>)? (& $($of)? $this $(, $arg: $type)*) -> $answer {
                    $this.below().$name($($arg),*)
                }
            )*
        }

        impl<L: Layer> Storage for L {
            $(
                fn $name $(<$life>)? (& $($of)? $this $(, $arg: $type)*) -> $answer {
                    Layer::$name($this $(, $arg)*)
                }
            )*
        }
    };
}

layer! {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>>;
    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>>;
    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>>;
    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>>;
    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>>;
    fn journal<'a>(&'a self, id: &'a RunId, from_seq: u64) -> BoxFuture<'a, StoreResult<Vec<Entry>>>;
    fn requests(&self, query: RequestQuery) -> BoxFuture<'_, StoreResult<Vec<Request>>>;
    fn delete_run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<bool>>;
    fn lease(&self) -> Option<Duration>;
    fn renew(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<Vec<RunId>>>;
    fn release(&self, held: Vec<(RunId, u64)>) -> BoxFuture<'_, StoreResult<()>>;
    fn holders(&self, runs: Vec<RunId>) -> BoxFuture<'_, StoreResult<Vec<Holder>>>;
    fn due(&self, now: u64, limit: usize) -> BoxFuture<'_, StoreResult<DueRuns>>;
    fn changed(&self) -> BoxFuture<'_, ()>;
    fn begin_flight<'a>(
        &'a self,
        key: CacheKey,
        holder: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, StoreResult<bool>>;
    fn end_flight<'a>(&'a self, key: CacheKey, holder: &'a str) -> BoxFuture<'a, StoreResult<()>>;
    fn sessions(&self) -> BoxFuture<'_, StoreResult<Vec<SessionListing>>>;
    fn put_artifact(&self, bytes: Vec<u8>) -> BoxFuture<'_, StoreResult<Arc<str>>>;
    fn artifact<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<Vec<u8>>>>;
    fn artifact_size<'a>(&'a self, hash: &'a str) -> BoxFuture<'a, StoreResult<Option<u64>>>;
    fn artifacts<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, StoreResult<Vec<ArtifactListing>>>;
    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>>;
    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>>;
    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>>;
    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>>;
    fn cache_shrink(&self, bytes: u64) -> BoxFuture<'_, StoreResult<u64>>;
    fn save_definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        body: Json,
        expected: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<u32>>;
    fn definition<'a>(
        &'a self,
        kind: &'a str,
        name: &'a str,
        version: Option<u32>,
    ) -> BoxFuture<'a, StoreResult<Option<Definition>>>;
    fn definitions<'a>(&'a self, kind: &'a str) -> BoxFuture<'a, StoreResult<Vec<Definition>>>;
    fn definition_kinds(&self) -> BoxFuture<'_, StoreResult<Vec<Arc<str>>>>;
    fn import(&self, piece: Portable) -> BoxFuture<'_, StoreResult<Imported>>;
    fn stats(&self) -> BoxFuture<'_, StoreResult<StoreStats>>;
    fn compact(&self) -> BoxFuture<'_, StoreResult<Compacted>>;
    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>>;
    fn location(&self) -> String;
    fn close(&self) -> BoxFuture<'_, StoreResult<()>>;
}
