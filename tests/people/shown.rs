//! An answer is for what was shown, and for nothing else.

use std::sync::{Arc, Mutex};

use agno::{CrashAfter, RunStatus, Runtime, Storage, Workflow, prelude::*, storage::SledStorage};

use crate::{
    desk::{asked, open, resumed, stopped, yes},
    kit::{id, runtime, store},
};

type Paid = Arc<Mutex<Vec<u64>>>;

/// Its code changes between the question and the answer.
#[workflow]
struct Pay {
    factor: u64,
    paid: Paid,
}

#[workflow]
impl Pay {
    #[step(confirm = "Pay?")]
    async fn pay(&self, sum: u64) -> Result<u64> {
        self.paid.lock().expect("no panic").push(sum);
        Ok(sum)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let factor = flow.workflow().factor;
        flow.pay(10 * factor).await
    }
}

#[workflow(on_drift = "rerun")]
struct Rerun {
    version: u32,
    paid: Paid,
}

#[workflow]
impl Rerun {
    #[step]
    async fn low(&self) -> Result<u64> {
        Ok(10)
    }

    #[step]
    async fn high(&self) -> Result<u64> {
        Ok(1000)
    }

    #[step(confirm = "Pay?")]
    async fn pay(&self, sum: u64) -> Result<u64> {
        self.paid.lock().expect("no panic").push(sum);
        Ok(sum)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let sum = match flow.workflow().version {
            1 => flow.low().await?,
            _ => flow.high().await?,
        };
        flow.pay(sum).await
    }
}

/// Asks in the old process, where it is answered with a yes that only the next one sees.
async fn approved<W: Workflow<Input = ()>>(storage: &Arc<dyn Storage>, old: W) {
    let old = runtime(storage, old).await;
    assert_eq!(stopped::<W>(&old).await, RunStatus::Paused);
    let pay = asked(&old, "Pay?").await;
    let answered = old.answer_detached(&pay.id, yes()).await;
    answered.expect("answered");
}

#[tokio::test]
async fn a_yes_is_for_the_input_that_was_shown() {
    let storage = store();
    let paid = Paid::default();
    let pay = |factor| Pay {
        factor,
        paid: paid.clone(),
    };
    approved(&storage, pay(1)).await;
    resumed(&runtime(&storage, pay(100)).await).await;
    let paid = paid.lock().expect("no panic").clone();
    assert!(
        paid.iter().all(|sum| *sum == 10),
        "approved 10, paid {paid:?}"
    );
}

#[tokio::test]
async fn a_yes_is_not_for_what_runs_anew() {
    let storage = store();
    let paid = Paid::default();
    let pay = |version| Rerun {
        version,
        paid: paid.clone(),
    };
    approved(&storage, pay(1)).await;
    let outcome = resumed(&runtime(&storage, pay(2)).await).await;
    assert_eq!(*paid.lock().expect("no panic"), Vec::<u64>::new());
    let error = outcome.error.expect("says why");
    assert_eq!((outcome.status, &*error.code), (RunStatus::Failed, "drift"));
}

#[workflow(on_drift = "rerun")]
struct Says {
    version: u32,
}

#[workflow]
impl Says {
    #[step]
    async fn low(&self) -> Result<u64> {
        Ok(10)
    }

    #[step]
    async fn high(&self) -> Result<u64> {
        Ok(1000)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        let sum = match flow.workflow().version {
            1 => flow.low().await?,
            _ => flow.high().await?,
        };
        flow.confirm(format!("Pay {sum}?")).await
    }
}

#[tokio::test]
async fn another_question_has_another_id() {
    let storage = store();
    let old = runtime(&storage, Says { version: 1 }).await;
    assert_eq!(stopped::<Says>(&old).await, RunStatus::Paused);
    let first = asked(&old, "Pay 10?").await;
    drop(old);
    let new = runtime(&storage, Says { version: 2 }).await;
    assert_eq!(resumed(&new).await.status, RunStatus::Paused);
    let second = asked(&new, "Pay 1000?").await;
    assert_ne!(first.id, second.id);
}

#[workflow]
struct Many {
    items: u64,
}

#[workflow]
impl Many {
    #[step(confirm = "Go?")]
    async fn guarded(&self, number: u64) -> Result<u64> {
        Ok(number)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let items = flow.workflow().items;
        let done = flow.map(0..items, |number| flow.guarded(number)).await?;
        Ok(done.iter().sum())
    }
}

/// More than enough for six digits of a hash to meet: with so many, two of them are the same.
#[tokio::test]
async fn of_many_requests_of_one_run_each_has_its_own_id() {
    let items = 1 + last_to_collide();
    let runtime = runtime(&store(), Many { items }).await;
    assert_eq!(stopped::<Many>(&runtime).await, RunStatus::Paused);
    let ids: std::collections::BTreeSet<_> = open(&runtime)
        .await
        .into_iter()
        .map(|request| request.id)
        .collect();
    assert_eq!(ids.len() as u64, items);
}

/// The first item whose gate has the first six hexadecimal digits of another's.
fn last_to_collide() -> u64 {
    let mut seen = std::collections::HashSet::new();
    let collides = |item: &u64| {
        let path = format!("map#0[{item}]/guarded#0!confirm");
        !seen.insert(blake3::hash(path.as_bytes()).to_hex()[..6].to_owned())
    };
    (0..).find(collides).expect("they are finite")
}

#[workflow]
struct Loser;

#[workflow]
impl Loser {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<bool> {
        flow.race((flow.confirm("A"), flow.confirm("B"))).await?;
        flow.confirm("C").await
    }
}

#[tokio::test]
async fn the_question_of_a_loser_is_closed_after_a_crash_too() {
    let mut crashes = 0;
    for commits in 1.. {
        let storage = store();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying: Arc<dyn Storage> =
            Arc::new(CrashAfter::new(storage.clone(), commits, move || {
                crash.send_replace(true);
            }));
        let first = runtime(&dying, Loser).await;
        let answered = async {
            stopped::<Loser>(&first).await;
            let won = asked(&first, "A").await;
            let run = first.answer(&won.id, yes()).await.expect("answered");
            run.outcome().await
        };
        let dead = tokio::select! {
            _ = answered => false,
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            break;
        }
        crashes += 1;
        let second = runtime(&storage, Loser).await;
        resumed(&second).await;
        let open = open(&second).await;
        let after = open.iter().any(|request| &*request.message == "C");
        assert!(!after || open.len() == 1, "after {commits}: {open:?}");
    }
    assert!(crashes > 3, "only {crashes} commits");
}

#[tokio::test]
async fn the_store_of_a_parked_run_opens_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let opened = || SledStorage::open(directory.path()).expect("opens");
    let parked: Runtime = {
        let storage: Arc<dyn Storage> = Arc::new(opened());
        runtime(&storage, Loser).await
    };
    assert_eq!(stopped::<Loser>(&parked).await, RunStatus::Paused);
    assert!(!parked.is_active(&id()));
    drop(parked);
    let storage: Arc<dyn Storage> = Arc::new(opened());
    let again = runtime(&storage, Loser).await;
    assert_eq!(open(&again).await.len(), 2);
}
