//! Definitions in a store on disk: there again, and missed when they are gone.
#![cfg(feature = "sled")]

use agno_storage::{
    Ack, BoxFuture, CacheEntry, CacheKey, CacheListing, CacheQuery, Commit, Entry, Json,
    MemoryStorage, RequestQuery, RunId, RunInput, RunQuery, RunRecord, SessionFields, SessionKey,
    SledStorage, Storage, StoreError, StoreResult, VerifyReport,
};

#[tokio::test]
async fn definitions_are_there_again() {
    let directory = tempfile::tempdir().expect("directory");
    for version in 1..=5_u32 {
        let store = SledStorage::open(directory.path()).expect("open");
        let body = Json::encode(&format!("{version}{}", "x".repeat(9_000))).expect("JSON");
        let saved = store.save_definition("agent", "a", body, Some(version - 1));
        assert_eq!(saved.await.expect("save"), version);
        // Closed well and only dropped, in turn.
        if version % 2 == 0 {
            store.close().await.expect("close");
        }
    }
    let store = SledStorage::open(directory.path()).expect("open");
    for version in 1..=5 {
        let found = store.definition("agent", "a", Some(version)).await;
        let found = found.expect("read").expect("there");
        assert!(found.body.as_str().starts_with(&format!("\"{version}x")));
    }
    let report = store.verify().await.expect("verify");
    assert_eq!((report.definitions, report.problems.len()), (5, 0));
}

#[tokio::test]
async fn a_saver_that_goes_away_leaves_a_whole_version() {
    let directory = tempfile::tempdir().expect("directory");
    let store = SledStorage::open(directory.path()).expect("open");
    for number in 0..20_u32 {
        let body = Json::encode(&number).expect("JSON");
        let mut saving = store.save_definition("agent", "a", body, None);
        // Polled once: it may be queued, and may not.
        let _ = futures_util::poll!(saving.as_mut());
        drop(saving);
    }
    let last = store.save_definition("agent", "a", Json::null(), None);
    let last = last.await.expect("save");
    for version in 1..=last {
        let found = store.definition("agent", "a", Some(version)).await;
        assert_eq!(found.expect("read").expect("there").version, version);
    }
    assert_eq!(store.verify().await.expect("verify").problems, [""; 0]);
}

/// A back end from before there were definitions.
#[derive(Debug)]
struct Plain(MemoryStorage);

impl Storage for Plain {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, StoreResult<Ack>> {
        self.0.commit(commit)
    }
    fn run<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunRecord>>> {
        self.0.run(id)
    }
    fn input<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<RunInput>>> {
        self.0.input(id)
    }
    fn output<'a>(&'a self, id: &'a RunId) -> BoxFuture<'a, StoreResult<Option<Json>>> {
        self.0.output(id)
    }
    fn runs(&self, query: RunQuery) -> BoxFuture<'_, StoreResult<Vec<RunRecord>>> {
        self.0.runs(query)
    }
    fn journal<'a>(
        &'a self,
        id: &'a RunId,
        from_seq: u64,
    ) -> BoxFuture<'a, StoreResult<Vec<Entry>>> {
        self.0.journal(id, from_seq)
    }
    fn session<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, StoreResult<SessionFields>> {
        self.0.session(key)
    }
    fn cached(&self, key: CacheKey, now: u64) -> BoxFuture<'_, StoreResult<Option<CacheEntry>>> {
        self.0.cached(key, now)
    }
    fn cache_list(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<Vec<CacheListing>>> {
        self.0.cache_list(query)
    }
    fn cache_clear(&self, query: CacheQuery) -> BoxFuture<'_, StoreResult<u64>> {
        self.0.cache_clear(query)
    }
    fn verify(&self) -> BoxFuture<'_, StoreResult<VerifyReport>> {
        self.0.verify()
    }
    fn location(&self) -> String {
        "plain".to_owned()
    }
    fn close(&self) -> BoxFuture<'_, StoreResult<()>> {
        self.0.close()
    }
}

#[tokio::test]
async fn a_store_that_keeps_less_says_so() {
    let store = Plain(MemoryStorage::new());
    let unsupported = |error: StoreError| {
        assert_eq!(error.to_string(), "the store plain keeps no definitions");
    };
    let saved = store.save_definition("agent", "a", Json::null(), None);
    unsupported(saved.await.expect_err("save"));
    unsupported(
        store
            .definition("agent", "a", None)
            .await
            .expect_err("read"),
    );
    unsupported(store.definitions("agent").await.expect_err("list"));
    let unsupported = |error: Option<StoreError>, what: &str| {
        let told = error.map(|error| error.to_string());
        assert_eq!(told, Some(format!("the store plain keeps no {what}")));
    };
    let run = RunId::new("run-1").expect("id");
    unsupported(
        store.requests(RequestQuery::default()).await.err(),
        "requests",
    );
    unsupported(store.delete_run(&run).await.err(), "deletions");
    unsupported(store.sessions().await.err(), "lists of sessions");
    unsupported(store.put_artifact(vec![1]).await.err(), "artifacts");
    unsupported(store.artifact("x").await.err(), "artifacts");
}
