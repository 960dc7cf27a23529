//! Requests that are damaged, and lists that have to get by without journals.

use super::{append, create, id, open};
use crate::{
    Commit, Request, RequestQuery, RunStatus, RunUpdate, Storage, StoreError,
    embedded::{Embedded, keys, map::Map},
};

fn chunk(key: &[u8]) -> Vec<u8> {
    [key, &[0, 0]].concat()
}

fn damage(map: &Map, key: &[u8]) {
    let mut pairs = map.pairs();
    let value = pairs.get_mut(&chunk(key)).expect("a record");
    *value.last_mut().expect("a byte") ^= 1;
}

/// A run that asks two things.
async fn asking(map: &Map, directory: &std::path::Path) -> Embedded<Map> {
    let store = open(directory, map).expect("open");
    let mut first = create();
    first.entries = append("a#0").entries;
    first.requests = vec![request("one", 1), request("two", 2)];
    store.commit(first).await.expect("ask");
    store
}

async fn listed(store: &Embedded<Map>) -> Vec<String> {
    let all = store.requests(RequestQuery::default()).await;
    let all = all.expect("requests");
    all.iter().map(|request| request.id.to_string()).collect()
}

#[tokio::test]
async fn a_list_reads_no_journal_and_no_head() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = asking(&map, directory.path()).await;
    damage(&map, &keys::entry(&id(), "a#0"));
    damage(&map, &keys::run(keys::HEAD, &id()));
    store
        .journal(&id(), 0)
        .await
        .expect_err("a damaged journal");
    store.run(&id()).await.expect_err("a damaged head");
    assert_eq!(listed(&store).await, ["one", "two"]);
}

#[tokio::test]
async fn a_damaged_request_is_told_and_can_be_asked_again_or_closed() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = asking(&map, directory.path()).await;
    let key = keys::request(&id(), "one");
    let of_the_run = || RequestQuery {
        run: Some(id()),
        ..RequestQuery::default()
    };
    let closings: [fn(&mut Commit); 3] = [
        |commit| commit.requests = vec![request("one", 1)],
        |commit| commit.settled = vec!["one".into()],
        |commit| commit.update = Some(Box::new(RunUpdate::new(RunStatus::Failed, 1))),
    ];
    let rests: [&[&str]; 3] = [&["one", "two"], &["two"], &[]];
    drop(store);
    let intact = map.pairs().clone();
    for (close, rest) in closings.into_iter().zip(rests) {
        std::fs::remove_file(directory.path().join("AGNO")).expect("remove");
        *map.pairs() = intact.clone();
        damage(&map, &key);
        let store = open(directory.path(), &map).expect("open");
        assert_eq!(listed(&store).await, ["two"]);
        match store.requests(of_the_run()).await {
            Err(StoreError::Corrupt { key, .. }) => assert_eq!(key, "request run-1 one"),
            other => panic!("a damaged request: {other:?}"),
        }
        let report = store.verify().await.expect("verify");
        assert_eq!((report.requests, report.problems.len()), (1, 1));
        let mut commit = Commit::new(id(), 1);
        close(&mut commit);
        store.commit(commit).await.expect("close or ask again");
        assert_eq!(listed(&store).await, rest);
        let report = store.verify().await.expect("verify");
        assert_eq!(report.problems, [""; 0]);
    }
}

#[tokio::test]
async fn verify_tells_what_is_open_and_should_not_be() {
    let (directory, map) = (tempfile::tempdir().expect("directory"), Map::default());
    let store = asking(&map, directory.path()).await;
    let kept = map.pairs()[&chunk(&keys::request(&id(), "one"))].clone();
    // In the place of another.
    let elsewhere = chunk(&keys::request(&id(), "three"));
    map.pairs().insert(elsewhere.clone(), kept.clone());
    let report = store.verify().await.expect("verify");
    assert_eq!((report.requests, report.problems.len()), (2, 1));
    map.pairs().remove(&elsewhere);

    let mut end = Commit::new(id(), 1);
    end.update = Some(Box::new(RunUpdate::new(RunStatus::Cancelled, 1)));
    store.commit(end).await.expect("end");
    map.pairs()
        .insert(chunk(&keys::request(&id(), "one")), kept);
    let report = store.verify().await.expect("verify");
    assert_eq!(
        report.problems,
        ["record `request run-1 one` is corrupt: run `run-1` is over"]
    );
    assert!(store.delete_run(&id()).await.expect("delete"));
    assert_eq!(listed(&store).await, [""; 0]);
}

fn request(name: &str, asked_at: u64) -> Request {
    Request {
        id: name.into(),
        run: id(),
        root: id(),
        workflow: "w".into(),
        session: "s".into(),
        user: None,
        path: "a#0".into(),
        kind: crate::RequestKind::Confirm,
        message: "Go on?".to_owned(),
        schema: None,
        value: None,
        deadline: None,
        asked_at,
        place: None,
    }
}
