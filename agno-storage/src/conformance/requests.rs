//! Requests to people: opened and closed with the commits that say so.

use super::{append, create, entry, head, id, json, paths, started};
use crate::{
    Commit, Json, MAX_NAME_BYTES, MAX_VALUE_BYTES, Place, Request, RequestKind, RequestQuery,
    RunId, RunStatus, RunUpdate, Storage, StoreError,
};

pub(super) fn request(run: &RunId, name: &str, asked_at: u64) -> Request {
    Request {
        id: name.into(),
        run: run.clone(),
        root: run.clone(),
        workflow: "article".into(),
        session: "default".into(),
        user: None,
        path: format!("confirm#{asked_at}").into(),
        kind: RequestKind::Confirm,
        message: "Publish?".to_owned(),
        schema: None,
        value: None,
        deadline: None,
        asked_at,
        place: None,
    }
}

/// A commit that opens requests.
pub(super) fn ask(run: &RunId, requests: impl IntoIterator<Item = Request>) -> Commit {
    let mut commit = Commit::new(run.clone(), 1);
    commit.requests = requests.into_iter().collect();
    commit
}

fn settle(run: &RunId, names: &[&str]) -> Commit {
    let mut commit = Commit::new(run.clone(), 1);
    commit.settled = names.iter().map(|name| (*name).into()).collect();
    commit
}

pub(super) async fn open(store: &dyn Storage, query: RequestQuery) -> Vec<String> {
    let requests = store.requests(query).await.expect("requests");
    requests.iter().map(|r| r.id.to_string()).collect()
}

fn of(run: &RunId) -> RequestQuery {
    RequestQuery {
        run: Some(run.clone()),
        ..RequestQuery::default()
    }
}

/// A request is open from the commit that opens it to the one that settles it, and comes back
/// whole.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn requests(store: &dyn Storage) {
    let all = RequestQuery::default;
    assert_eq!(open(store, all()).await, [""; 0]);
    let run = id("run-1");
    let mut first = create(&run);
    let mut whole = request(&run, "whole", 50);
    whole.user = Some("ann".into());
    whole.kind = RequestKind::Review;
    whole.schema = Some(json(r#"{"type":"string"}"#));
    whole.value = Some(Json::null());
    whole.deadline = Some(u64::MAX);
    whole.place = Some(Place {
        file: "src/main.rs".into(),
        line: 3,
        column: 9,
    });
    first.entries = vec![entry("confirm#50", "null")];
    first.requests = vec![whole.clone()];
    store.commit(first).await.expect("create and ask");
    let found = store.requests(all()).await.expect("requests");
    assert_eq!(found, [whole.clone()]);

    // Asked again is asked once; the later one counts.
    whole.message = "m".repeat(20_000);
    let again = store.commit(ask(&run, [whole.clone()])).await;
    again.expect("ask again");
    whole.message = "Really?".to_owned();
    let twice = ask(&run, [request(&run, "whole", 1), whole.clone()]);
    store.commit(twice).await.expect("ask again");
    assert_eq!(store.requests(all()).await.expect("requests"), [whole]);

    // Settled and asked in one commit: it is open.
    let mut both = settle(&run, &["whole", "nobody asked"]);
    both.requests = vec![request(&run, "whole", 40), request(&run, "b", 30)];
    store.commit(both).await.expect("settle and ask");
    assert_eq!(open(store, all()).await, ["b", "whole"]);
    // Another run's id is another request.
    let other = started(store, "run-2").await;
    let same = ask(&other, [request(&other, "b", 10)]);
    store.commit(same).await.expect("the same id");
    let closed = settle(&run, &["b", "b", "nobody asked"]);
    store.commit(closed).await.expect("settle");
    assert_eq!(open(store, all()).await, ["b", "whole"]);
    assert_eq!(open(store, of(&run)).await, ["whole"]);
    // The entries that they are asked by.
    for (run, path) in [(&run, "confirm#40"), (&other, "confirm#10")] {
        let asked = store.commit(append(run, [entry(path, "null")])).await;
        asked.expect("append");
    }
    let report = store.verify().await.expect("verify");
    assert_eq!((report.requests, report.problems.len()), (2, 0));
}

/// A commit that is refused opens and closes nothing, and one that asks for another run, or more
/// than the store takes, is refused.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn refused_requests(store: &dyn Storage) {
    let (run, other) = (started(store, "a").await, started(store, "b").await);
    let mut first = ask(&run, [request(&run, "open", 1)]);
    first.entries = vec![entry("x#0", "1")];
    store.commit(first).await.expect("ask");

    let attempt = |change: &dyn Fn(&mut Commit)| {
        let mut commit = settle(&run, &["open"]);
        commit.requests = vec![request(&run, "new", 2)];
        change(&mut commit);
        store.commit(commit)
    };
    let fenced = attempt(&|commit| commit.fence = 7).await;
    assert!(matches!(fenced, Err(StoreError::Fenced { .. })));
    let recorded = attempt(&|commit| commit.entries = vec![entry("x#0", "2")]).await;
    assert!(matches!(recorded, Err(StoreError::AlreadyRecorded { .. })));
    let decided = attempt(&|commit| commit.unless = vec!["x#0".into()]).await;
    assert!(matches!(decided, Err(StoreError::Decided { .. })));
    let foreign = attempt(&|commit| commit.requests[0].run = other.clone()).await;
    match foreign {
        Err(StoreError::ForeignRequest { owner, run: of, .. }) => {
            assert_eq!((&owner, &of), (&other, &run));
        }
        result => panic!("a request of another run: {result:?}"),
    }
    let too_large: [&dyn Fn(&mut Commit); 3] = [
        &|commit| commit.requests[0].message = "m".repeat(MAX_VALUE_BYTES + 1),
        &|commit| {
            let half = json(&format!("\"{}\"", "v".repeat(MAX_VALUE_BYTES / 2)));
            commit.requests[0].schema = Some(half.clone());
            commit.requests[0].value = Some(half);
        },
        &|commit| commit.requests[0].id = "i".repeat(MAX_NAME_BYTES + 1).into(),
    ];
    for change in too_large {
        let result = attempt(change).await;
        assert!(matches!(result, Err(StoreError::TooLarge { .. })));
    }
    let unknown = id("unknown");
    let unknown = store.commit(ask(&unknown, [request(&unknown, "u", 1)]));
    assert!(matches!(unknown.await, Err(StoreError::RunNotFound { .. })));
    assert_eq!(open(store, RequestQuery::default()).await, ["open"]);
    assert_eq!(paths(store, &run).await, ["x#0"]);
}

/// A run that ends asks nobody any more; one that pauses or is claimed still does.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn requests_of_ended_runs(store: &dyn Storage) {
    let other = started(store, "other").await;
    let mut stays = ask(&other, [request(&other, "stays", 1)]);
    stays.entries = vec![entry("confirm#1", "null")];
    store.commit(stays).await.expect("ask");
    let ends = [
        RunStatus::Completed,
        RunStatus::Failed,
        RunStatus::Cancelled,
    ];
    for (status, name) in ends.into_iter().zip(["a", "b", "c"]) {
        let run = started(store, name).await;
        let mut pause = ask(&run, [request(&run, "one", 1), request(&run, "two", 2)]);
        let mut update = RunUpdate::new(RunStatus::Paused, 5);
        update.wake_at = Some(77);
        pause.update = Some(Box::new(update));
        store.commit(pause).await.expect("pause");
        let stored = store.run(&run).await.expect("run").expect("a run");
        assert_eq!(stored.wake_at, Some(77));
        assert_eq!(open(store, of(&run)).await, ["one", "two"]);

        let mut claim = Commit::new(run.clone(), 1);
        claim.claim = true;
        store.commit(claim).await.expect("claim");
        let stored = store.run(&run).await.expect("run").expect("a run");
        assert_eq!((stored.status, stored.wake_at), (RunStatus::Running, None));
        assert_eq!(open(store, of(&run)).await, ["one", "two"]);

        let mut end = ask(&run, [request(&run, "three", 3)]);
        end.fence = 2;
        end.update = Some(Box::new(RunUpdate::new(status, 6)));
        store.commit(end).await.expect("end");
        assert_eq!(open(store, of(&run)).await, [""; 0], "{status}");
        let mut late = ask(&run, [request(&run, "four", 4)]);
        late.fence = 2;
        store.commit(late).await.expect("after the end");
        assert_eq!(open(store, of(&run)).await, [""; 0], "{status}");

        // Claimed again, it may ask again.
        let mut again = ask(&run, [request(&run, "one", 9)]);
        (again.fence, again.claim) = (2, true);
        again.entries = vec![entry("confirm#9", "null")];
        store.commit(again).await.expect("claim and ask");
        assert_eq!(open(store, of(&run)).await, ["one"]);
    }
    assert_eq!(open(store, of(&other)).await, ["stays"]);
    let report = store.verify().await.expect("verify");
    assert_eq!((report.requests, report.problems.len()), (4, 0));
}

/// A run that nobody has begun waits until it is claimed.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn pending_runs(store: &dyn Storage) {
    let run = id("run-1");
    let mut pending = create(&run);
    if let Some(create) = &mut pending.create {
        create.0 = head(&run);
        create.0.status = RunStatus::Pending;
        create.0.metadata = Some(json(r#"{"ticket":7}"#));
    }
    store.commit(pending).await.expect("put down");
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!((stored.status, stored.fence), (RunStatus::Pending, 1));
    assert_eq!(stored.metadata, Some(json(r#"{"ticket":7}"#)));
    let mut claim = append(&run, [entry("a#0", "1")]);
    claim.claim = true;
    assert_eq!(store.commit(claim).await.expect("claim").fence, 2);
    let stored = store.run(&run).await.expect("run").expect("a run");
    assert_eq!((stored.status, stored.fence), (RunStatus::Running, 2));
}

/// The list of open requests: oldest first, by run, outermost run, workflow, session and
/// beginning of the id; of many thousands too.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn lists_of_requests(store: &dyn Storage) {
    let long = "i".repeat(MAX_NAME_BYTES);
    let runs = ["r-1", "r-10", "s"].map(id);
    for run in &runs {
        store.commit(create(run)).await.expect("create");
    }
    let mut inner = request(&runs[1], "x-2", 20);
    inner.root = runs[0].clone();
    inner.workflow = "digest".into();
    let mut elsewhere = request(&runs[2], &long, 5);
    elsewhere.session = "tuesday".into();
    let first = [request(&runs[0], "x-1", 30), request(&runs[0], "y", 20)];
    store.commit(ask(&runs[0], first)).await.expect("ask");
    store.commit(ask(&runs[1], [inner])).await.expect("ask");
    store.commit(ask(&runs[2], [elsewhere])).await.expect("ask");

    let all = RequestQuery::default;
    let list = async |query| open(store, query).await;
    assert_eq!(list(all()).await, [&*long, "x-2", "y", "x-1"]);
    for limit in 0..=5 {
        let mut query = all();
        query.limit = Some(limit);
        let expected = [&*long, "x-2", "y", "x-1"];
        assert_eq!(list(query).await, expected[..limit.min(4)]);
    }
    assert_eq!(list(of(&runs[0])).await, ["y", "x-1"]);
    let mut query = all();
    query.root = Some(runs[0].clone());
    assert_eq!(list(query).await, ["x-2", "y", "x-1"]);
    let mut query = all();
    query.workflow = Some("digest".into());
    assert_eq!(list(query).await, ["x-2"]);
    let mut query = all();
    query.session = Some("tuesday".into());
    assert_eq!(list(query).await, [&*long]);
    let mut query = all();
    query.prefix = Some("x-".to_owned());
    query.limit = Some(1);
    assert_eq!(list(query).await, ["x-2"]);

    let many = 10_000;
    for from in (0..many).step_by(1_000) {
        let some = (from..from + 1_000).map(|n| request(&runs[2], &format!("n-{n}"), 1_000 + n));
        store.commit(ask(&runs[2], some)).await.expect("ask");
    }
    let listed = store.requests(all()).await.expect("requests");
    assert_eq!(listed.len() as u64, many + 4);
    assert!(listed.is_sorted_by_key(|r| r.asked_at));
    let mut query = all();
    query.prefix = Some("n-".to_owned());
    query.limit = Some(2);
    assert_eq!(list(query).await, ["n-0", "n-1"]);
    let mut end = Commit::new(runs[2].clone(), 1);
    end.update = Some(Box::new(RunUpdate::new(RunStatus::Cancelled, 9)));
    store.commit(end).await.expect("end");
    assert_eq!(list(all()).await, ["x-2", "y", "x-1"]);
}
