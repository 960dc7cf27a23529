//! Leases: a run stays its owner's until it gives it back, or is not heard of for a while. Each
//! property is given one store as two processes see it.

use std::time::Duration;

use super::{append, create, entry, head, id, started};
use crate::{
    Commit, EntryKind, Parent, RunId, RunStatus, RunUpdate, Storage, StoreError, StoreResult,
};

/// So many leases, and what is waited for should have come.
const PATIENCE: u32 = 20;

fn length(store: &dyn Storage) -> Duration {
    store.lease().expect("a store with leases")
}

fn claim(run: &RunId, fence: u64) -> Commit {
    let mut commit = Commit::new(run.clone(), fence);
    commit.claim = true;
    commit
}

fn update(run: &RunId, fence: u64, update: RunUpdate) -> Commit {
    let mut commit = Commit::new(run.clone(), fence);
    commit.update = Some(Box::new(update));
    commit
}

fn paused(wake_at: Option<u64>) -> RunUpdate {
    RunUpdate {
        wake_at,
        ..RunUpdate::new(RunStatus::Paused, 2_000)
    }
}

/// What is left of a lease that refuses a claim.
fn left<T: std::fmt::Debug>(refused: StoreResult<T>) -> Duration {
    match refused.expect_err("is leased") {
        StoreError::Leased { holder, left, .. } => {
            assert!(!holder.is_empty(), "somebody holds it");
            left
        }
        other => panic!("not leased: {other}"),
    }
}

fn assert_fenced<T: std::fmt::Debug>(refused: StoreResult<T>) {
    let error = refused.expect_err("is fenced");
    assert!(matches!(error, StoreError::Fenced { .. }), "{error}");
}

async fn holders(store: &dyn Storage, run: &RunId) -> Vec<String> {
    let held = store.holders(vec![run.clone()]).await;
    let names = held.expect("who has it").into_iter();
    names.map(|held| held.name).collect()
}

async fn due(store: &dyn Storage, now: u64, limit: usize) -> (Vec<String>, Option<u64>) {
    let due = store.due(now, limit).await.expect("what is due");
    let runs = due.runs.iter().map(|run| run.id.to_string()).collect();
    (runs, due.next)
}

/// A run that was created, or claimed, is its owner's: nobody else can claim it, and it is due for
/// nobody.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn leases(one: &dyn Storage, other: &dyn Storage) {
    let run = started(one, "run-1").await;
    assert!(left(other.commit(claim(&run, 1)).await) <= length(other));
    assert_eq!(due(other, 5_000, 10).await.0, [""; 0]);
    for store in [one, other] {
        let held = store.holders(vec![id("missing"), run.clone()]).await;
        let held = held.expect("who has it");
        assert_eq!(held.len(), 1, "{held:?}");
        assert_eq!(held[0].run, run);
        assert!(!held[0].name.is_empty() && held[0].left <= length(one));
    }
    // A refused claim changes nothing.
    one.commit(append(&run, [entry("a", "1")]))
        .await
        .expect("the owner writes");
    let record = other.run(&run).await.expect("a head").expect("a run");
    assert_eq!((record.fence, record.resumes), (1, 0));
    one.release(vec![(run.clone(), 1)]).await.expect("released");
    assert_eq!(holders(other, &run).await, [""; 0]);
    let ack = other.commit(claim(&run, 1)).await.expect("is free");
    assert_eq!(ack.fence, 2);
    assert!(left(one.commit(claim(&run, 2)).await) <= length(one));
    assert_fenced(one.commit(append(&run, [entry("b", "1")])).await);
}

/// Renewing answers what is held no longer, and moves the end of the rest away.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn renewals(one: &dyn Storage, other: &dyn Storage) {
    let kept = started(one, "kept").await;
    let lost = started(one, "lost").await;
    one.release(vec![(lost.clone(), 1)])
        .await
        .expect("released");
    other.commit(claim(&lost, 1)).await.expect("is free");
    tokio::time::sleep(length(one) / 4).await;
    let before = left(other.commit(claim(&kept, 1)).await);
    let missing = id("missing");
    let held = vec![(kept.clone(), 1), (lost.clone(), 1), (missing.clone(), 1)];
    let mut gone = one.renew(held).await.expect("renews");
    gone.sort();
    assert_eq!(gone, [lost, missing]);
    assert!(left(other.commit(claim(&kept, 1)).await) > before);
    // So does every commit of the owner.
    tokio::time::sleep(length(one) / 4).await;
    let before = left(other.commit(claim(&kept, 1)).await);
    one.commit(append(&kept, [entry("a", "1")]))
        .await
        .expect("the owner writes");
    assert!(left(other.commit(claim(&kept, 1)).await) > before);
    let nothing = one.renew(Vec::new()).await.expect("renews nothing");
    assert_eq!(nothing, []);
}

/// What is given back, waits, or is over has no lease; and what is not held any more cannot be given
/// back.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn released_leases(one: &dyn Storage, other: &dyn Storage) {
    let run = started(one, "run-1").await;
    one.release(vec![(run.clone(), 7), (id("missing"), 1)])
        .await
        .expect("passed over");
    left(other.commit(claim(&run, 1)).await);
    one.release(vec![(run.clone(), 1)]).await.expect("released");
    // A renewal that comes too late does not take it again.
    let gone = one.renew(vec![(run.clone(), 1)]).await.expect("renews");
    assert_eq!(gone, [], "nobody has taken it");
    assert_eq!(due(other, 5_000, 10).await.0, ["run-1"]);
    other.commit(claim(&run, 1)).await.expect("is free");
    one.release(vec![(run.clone(), 1)])
        .await
        .expect("passed over");
    left(one.commit(claim(&run, 2)).await);

    other
        .commit(update(&run, 2, paused(None)))
        .await
        .expect("paused");
    one.commit(claim(&run, 2)).await.expect("nobody holds it");
    left(other.commit(claim(&run, 3)).await);
    let end = RunUpdate::new(RunStatus::Failed, 3_000);
    one.commit(update(&run, 3, end)).await.expect("ended");
    other.commit(claim(&run, 3)).await.expect("nobody holds it");
}

/// The run of an owner that is not heard of is free once its lease has ended, and not before.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn ended_leases(one: &dyn Storage, other: &dyn Storage) {
    let lease = length(one);
    let begun = tokio::time::Instant::now();
    let run = started(one, "run-1").await;
    let taken = tokio::time::timeout(lease * PATIENCE, async {
        loop {
            match other.commit(claim(&run, 1)).await {
                Ok(ack) => return ack,
                refused => drop(left(refused)),
            }
            tokio::time::sleep(lease / 20).await;
        }
    });
    let ack = taken.await.expect("its lease ends");
    // One clock counts it and another one measures here.
    let early = lease / 50;
    assert!(begun.elapsed() + early >= lease, "not before its time");
    assert_eq!(ack.fence, 2);
    assert_fenced(one.commit(append(&run, [entry("late", "1")])).await);
    assert_fenced(one.commit(claim(&run, 1)).await);
    let gone = one.renew(vec![(run.clone(), 1)]).await.expect("renews");
    assert_eq!(gone, [run]);
}

/// A called run belongs to whoever has its caller, whatever lease it has.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn called_leases(one: &dyn Storage, other: &dyn Storage) {
    let root = started(one, "root").await;
    let called = nested(one, &root, "root.called").await;
    assert_eq!(holders(other, &called).await, holders(other, &root).await);
    assert_eq!(holders(other, &called).await.len(), 1);
    one.release(vec![(root.clone(), 1)])
        .await
        .expect("released");
    assert_eq!(holders(other, &called).await, [""; 0]);
    assert_eq!(due(other, 5_000, 10).await.0, ["root"]);
    other.commit(claim(&root, 1)).await.expect("is free");
    let ack = other.commit(claim(&called, 1)).await.expect("goes along");
    assert_eq!(ack.fence, 2);
    assert_fenced(one.commit(append(&called, [entry("late", "1")])).await);
    // It is part of what is renewed, and never due by itself.
    let held = vec![(root, 2), (called.clone(), 2)];
    assert_eq!(other.renew(held).await.expect("renews"), []);
    other
        .release(vec![(called, 2)])
        .await
        .expect("is given back");
    assert_eq!(due(one, 5_000, 10).await.0, [""; 0]);
}

async fn nested(store: &dyn Storage, root: &RunId, name: &str) -> RunId {
    let called = id(name);
    let mut commit = create(&called);
    let (head, _) = commit.create.as_deref_mut().expect("it creates");
    head.parent = Some(Box::new(Parent {
        run: root.clone(),
        root: root.clone(),
        path: "called#0".into(),
        depth: 1,
    }));
    store.commit(commit).await.expect("create a called run");
    called
}

/// Another process can record an answer for a run under way. That is no sign of life of its owner.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn answers_beside(one: &dyn Storage, other: &dyn Storage) {
    let run = started(one, "run-1").await;
    tokio::time::sleep(length(one) / 4).await;
    let before = left(other.commit(claim(&run, 1)).await);
    let mut answer = entry("confirm#0!answer", "{}");
    answer.kind = EntryKind::Answer;
    other
        .commit(append(&run, [answer]))
        .await
        .expect("is recorded");
    assert!(left(other.commit(claim(&run, 1)).await) <= before);
    // Nor does it take a run that nobody holds.
    one.release(vec![(run.clone(), 1)]).await.expect("released");
    let mut answer = entry("confirm#1!answer", "{}");
    answer.kind = EntryKind::Answer;
    other
        .commit(append(&run, [answer]))
        .await
        .expect("is recorded");
    one.commit(claim(&run, 1)).await.expect("nobody holds it");
}

/// What is due: the outermost of what was not begun, what nobody holds, and what has waited for its
/// time. The oldest first.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn due_runs(one: &dyn Storage, other: &dyn Storage) {
    let make = async |name: &str, created_at: u64, status: RunStatus| {
        let run = id(name);
        let mut commit = create(&run);
        let (head, _) = commit.create.as_deref_mut().expect("it creates");
        head.created_at = created_at;
        head.status = status;
        one.commit(commit).await.expect("create a run");
        run
    };
    make("pending", 5, RunStatus::Pending).await;
    let held = make("held", 1, RunStatus::Running).await;
    let free = make("free", 4, RunStatus::Running).await;
    one.release(vec![(free, 1)]).await.expect("released");
    for (name, created_at, wake_at) in [
        ("asks", 2, None),
        ("sleeps", 3, Some(900)),
        ("dozes", 6, Some(9_000)),
    ] {
        let run = make(name, created_at, RunStatus::Running).await;
        let pause = update(&run, 1, paused(wake_at));
        one.commit(pause).await.expect("paused");
    }
    // A called run whose time has come brings its root; one of a root that somebody holds does not.
    let root = make("root", 7, RunStatus::Running).await;
    let called = nested(one, &root, "root.called").await;
    let also = nested(one, &held, "held.called").await;
    for called in [called, also] {
        let pause = update(&called, 1, paused(Some(950)));
        one.commit(pause).await.expect("paused");
    }
    one.commit(update(&root, 1, paused(None)))
        .await
        .expect("paused");
    let over = make("over", 8, RunStatus::Running).await;
    one.commit(update(&over, 1, RunUpdate::new(RunStatus::Failed, 9)))
        .await
        .expect("ended");

    for store in [one, other] {
        let all = due(store, 1_000, 10).await;
        assert_eq!(
            all,
            (own(["sleeps", "free", "pending", "root"]), Some(9_000))
        );
        let (first, _) = due(store, 1_000, 2).await;
        assert_eq!(first, own(["sleeps", "free"]));
        let (early, next) = due(store, 920, 10).await;
        assert_eq!(early, own(["sleeps", "free", "pending"]));
        assert_eq!(next, Some(950));
    }
    let heads = other.due(1_000, 10).await.expect("what is due").runs;
    assert_eq!(heads[0].workflow, head(&id("sleeps")).workflow);
    assert_eq!(heads[0].wake_at, Some(900));
}

fn own<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

/// Of many who take one run at the same time, one has it.
///
/// # Panics
///
/// Where the store does not keep it.
pub async fn lease_races(one: &dyn Storage, other: &dyn Storage) {
    let run = started(one, "run-1").await;
    one.release(vec![(run.clone(), 1)]).await.expect("released");
    let claims = (0..16).map(|turn| {
        let store = if turn % 2 == 0 { one } else { other };
        store.commit(claim(&run, 1))
    });
    let claimed = futures_util::future::join_all(claims).await;
    let won = claimed.iter().filter(|claim| claim.is_ok()).count();
    assert_eq!(won, 1, "{claimed:?}");
    for refused in claimed.into_iter().filter_map(Result::err) {
        let faster = matches!(
            refused,
            StoreError::Fenced { .. } | StoreError::Leased { .. }
        );
        assert!(faster, "{refused}");
    }
    let record = one.run(&run).await.expect("a head").expect("a run");
    assert_eq!((record.fence, record.resumes), (2, 1));
}
