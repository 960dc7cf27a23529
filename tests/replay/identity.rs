//! R4 to R7: identity and drift.

use agno::{RunStatus, prelude::*};

use super::kit::{self, Ran};

#[workflow]
struct Paths;

#[workflow]
impl Paths {
    #[step]
    async fn a(&self, n: u32) -> Result<u32> {
        Ok(n)
    }

    #[step]
    async fn b(&self, n: u32) -> Result<u32> {
        Ok(n)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let (x, y) = flow.parallel((flow.a(1), flow.b(2))).await?;
        let many = flow.map([x, y], |n| flow.a(n)).limit(1).await?;
        let group = flow.group(many[0]).await?;
        let all = flow.map([group, group], |n| flow.group(n)).await?;
        let late = flow.b(3);
        let early = flow.b(4);
        // Identity is taken when a call is built, not when it is awaited.
        let early = early.await?;
        let late = late.await?;
        Ok(all.len() as u32 + early + late)
    }

    #[flow]
    async fn group(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let a = flow.a(n).await?;
        flow.a(a).await
    }
}

#[tokio::test]
async fn replay_r04_identity_is_scope_name_and_ordinal() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Paths, ()).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    let mut paths = kit::paths(&storage).await;
    paths.sort();
    let mut expected = vec![
        "a#0",
        "b#0",
        "map#0[0]/a#0",
        "map#0[1]/a#0",
        "group#0/a#0",
        "group#0/a#1",
        "map#1[0]/group#0/a#0",
        "map#1[0]/group#0/a#1",
        "map#1[1]/group#0/a#0",
        "map#1[1]/group#0/a#1",
        "b#1",
        "b#2",
    ];
    expected.sort_unstable();
    assert_eq!(paths, expected);
    let journal = kit::journal(&storage).await;
    let input = |path: &str| {
        let entry = journal
            .iter()
            .find(|entry| &*entry.path == path)
            .expect("is recorded");
        entry.input.as_ref().expect("an input").as_str().to_owned()
    };
    assert_eq!(input("b#1"), r#"{"n":3}"#);
    assert_eq!(input("b#2"), r#"{"n":4}"#);
}

macro_rules! version {
    ($Version:ident $(, $counter:ident)?) => {
        #[derive(Default)]
        #[workflow(name = "Changing")]
        struct $Version {
            $($counter: Ran,)?
        }
    };
}

version!(First, ran);

#[workflow]
impl First {
    #[step]
    async fn fetch(&self, n: u32) -> Result<u32> {
        self.ran.hit("fetch");
        Ok(n + 1)
    }

    #[step]
    async fn store(&self, n: u32) -> Result<u32> {
        self.ran.hit("store");
        Ok(n * 10)
    }

    #[step]
    async fn close(&self, n: u32) -> Result<u32> {
        self.ran.hit("close");
        Ok(n)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let n = flow.fetch(n).await?;
        let n = flow.store(n).await?;
        flow.close(n).await
    }
}

// `fetch` has become `load`.
version!(Renamed, ran);

#[workflow]
impl Renamed {
    #[step]
    async fn load(&self, n: u32) -> Result<u32> {
        self.ran.hit("load");
        Ok(n + 1)
    }

    #[step]
    async fn store(&self, n: u32) -> Result<u32> {
        Ok(n * 10)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let n = flow.load(n).await?;
        flow.store(n).await
    }
}

#[tokio::test]
async fn replay_r05_a_renamed_step_is_drift_that_names_both() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, First::default(), 1).await);
    let renamed = Renamed::default();
    let ran = renamed.ran.clone();
    let outcome = kit::resume(&storage, renamed).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "drift");
    for part in ["`fetch#0`", "`load#0`", "identity.rs"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert_eq!(
        message.matches("identity.rs").count(),
        2,
        "both places: {message}"
    );
    assert_eq!(ran.count("load"), 0, "nothing ran");
    // The old code heals it.
    let outcome = kit::resume(&storage, First::default()).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "20");
}

// `store` comes before `fetch`, with the same names and ordinals.
version!(Shortened);

#[workflow]
impl Shortened {
    #[step]
    async fn fetch(&self, n: u32) -> Result<u32> {
        Ok(n + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.fetch(n).await
    }
}

#[tokio::test]
async fn replay_r05_a_recorded_step_that_nobody_asks_for_is_drift() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, First::default(), 1).await);
    let outcome = kit::resume(&storage, Shortened::default()).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "drift");
    assert!(message.contains("`store#0`"), "{message}");
}

// Another input for the same step.
version!(OtherInput);

#[workflow]
impl OtherInput {
    #[step]
    async fn fetch(&self, n: u32) -> Result<u32> {
        Ok(n + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.fetch(n + 7).await
    }
}

#[tokio::test]
async fn replay_r05_another_input_is_drift_that_shows_both() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 1, First::default(), 1).await);
    let outcome = kit::resume(&storage, OtherInput::default()).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "drift");
    assert!(
        message.contains(r#"{"n":1}"#) && message.contains(r#"{"n":8}"#),
        "{message}"
    );
}

// A new step ahead of recorded ones.
version!(Inserted, ran);

#[workflow]
impl Inserted {
    #[step]
    async fn check(&self, n: u32) -> Result<u32> {
        self.ran.hit("check");
        Ok(n)
    }

    #[step]
    async fn fetch(&self, n: u32) -> Result<u32> {
        Ok(n + 1)
    }

    #[step]
    async fn store(&self, n: u32) -> Result<u32> {
        Ok(n * 10)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let n = flow.polish(n).await?;
        let n = flow.fetch(n).await?;
        flow.store(n).await
    }

    #[flow]
    async fn polish(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.check(n).await
    }
}

#[tokio::test]
async fn replay_r05_a_new_step_inside_a_new_group_does_not_overtake() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, First::default(), 1).await);
    let inserted = Inserted::default();
    let ran = inserted.ran.clone();
    let outcome = kit::resume(&storage, inserted).await;
    assert_eq!(kit::failure(&outcome).0, "drift");
    assert_eq!(ran.count("check"), 0);
}

// A step after the recorded ones, and one that nobody calls; the order in the file is another.
version!(Grown, ran);

#[workflow]
impl Grown {
    #[allow(dead_code)]
    #[step]
    async fn unrelated(&self, n: u32) -> Result<u32> {
        Ok(n)
    }

    #[step]
    async fn close(&self, n: u32) -> Result<u32> {
        Ok(n)
    }

    #[step]
    async fn announce(&self, n: u32) -> Result<u32> {
        self.ran.hit("announce");
        Ok(n + 1)
    }

    #[step]
    async fn store(&self, n: u32) -> Result<u32> {
        Ok(n * 10)
    }

    #[step]
    async fn fetch(&self, n: u32) -> Result<u32> {
        Ok(n + 1)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        let n = flow
            .fetch(
                // Formatting and comments mean nothing.
                n,
            )
            .await?;
        let n = flow.store(n).await?;
        let n = flow.announce(n).await?;
        flow.close(n).await
    }
}

#[tokio::test]
async fn replay_r06_only_recorded_operations_count() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, First::default(), 1).await);
    let grown = Grown::default();
    let ran = grown.ran.clone();
    let outcome = kit::resume(&storage, grown).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(outcome.output.expect("completes").as_str(), "21");
    assert_eq!((outcome.steps_replayed, ran.count("announce")), (2, 1));
}

#[data]
#[derive(Default, State)]
struct Tally {
    #[merge(sum)]
    total: u64,
}

macro_rules! rerunning {
    ($Version:ident, $first:ident, $counts:literal) => {
        #[derive(Default)]
        #[workflow(name = "Rerunning", on_drift = "rerun")]
        struct $Version {
            ran: Ran,
        }

        #[workflow(state = Tally)]
        impl $Version {
            #[step]
            async fn $first(&self, n: u32) -> Result<u32> {
                self.ran.hit("first");
                Ok(n + 1)
            }

            #[step]
            async fn count(&self, tally: &mut Tally, n: u32) -> Result<u32> {
                self.ran.hit("count");
                if $counts {
                    tally.total += u64::from(n);
                }
                Ok(n)
            }

            #[step]
            async fn close(&self, n: u32) -> Result<u32> {
                Ok(n)
            }

            #[flow]
            async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
                let n = flow.$first(n).await?;
                let n = flow.count(n).await?;
                flow.close(n).await
            }
        }
    };
}

rerunning!(Quiet, fetch, false);
rerunning!(QuietRenamed, load, false);
rerunning!(Stateful, fetch, true);
rerunning!(StatefulRenamed, load, true);

#[tokio::test]
async fn replay_r07_rerun_discards_what_changed_no_state() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, Quiet::default(), 1).await);
    let renamed = QuietRenamed::default();
    let ran = renamed.ran.clone();
    let outcome = kit::resume(&storage, renamed).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!((ran.count("first"), ran.count("count")), (1, 1));
}

#[tokio::test]
async fn replay_r07_rerun_refuses_once_a_discarded_step_has_changed_state() {
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 2, Stateful::default(), 1).await);
    let renamed = StatefulRenamed::default();
    let ran = renamed.ran.clone();
    let outcome = kit::resume(&storage, renamed).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "drift");
    assert!(message.contains("`count#0`"), "{message}");
    assert_eq!(ran.count("first"), 0);
}

macro_rules! rerunning_once {
    ($Version:ident, $first:ident) => {
        #[derive(Default)]
        #[workflow(name = "RerunningOnce", on_drift = "rerun")]
        struct $Version {
            ran: Ran,
        }

        #[workflow]
        impl $Version {
            #[step]
            async fn $first(&self, n: u32) -> u32 {
                n + 1
            }

            #[step(at_most_once)]
            async fn pay(&self, n: u32) -> u32 {
                self.ran.hit("pay");
                n
            }

            #[flow]
            async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
                let n = flow.$first(n).await?;
                let n = flow.pay(n).await?;
                flow.$first(n).await
            }
        }
    };
}

rerunning_once!(Once, fetch);
rerunning_once!(OnceRenamed, load);

#[tokio::test]
async fn replay_r07_rerun_refuses_what_must_not_happen_twice() {
    let storage = kit::store();
    let ran = Ran::default();
    let workflow = Once { ran: ran.clone() };
    // Three commits: the first step, the beginning of the second, its end.
    assert!(kit::crash_after(&storage, 3, workflow, 1).await);
    let outcome = kit::resume(&storage, OnceRenamed { ran: ran.clone() }).await;
    let (code, message) = kit::failure(&outcome);
    assert_eq!(code, "drift");
    assert!(
        message.contains("`pay#0`") && message.contains("twice"),
        "{message}"
    );
    assert_eq!(ran.count("pay"), 1);
}

macro_rules! rerunning_map {
    ($Version:ident, $items:expr) => {
        #[derive(Default)]
        #[workflow(name = "RerunningMap", on_drift = "rerun")]
        struct $Version {
            ran: Ran,
        }

        #[workflow]
        impl $Version {
            #[step]
            async fn item(&self, n: u32) -> u32 {
                self.ran.hit("item");
                n
            }

            #[step]
            async fn last(&self, n: u32) -> u32 {
                n
            }

            #[flow]
            async fn run(flow: &Flow<Self>) -> Result<u32> {
                let items = flow.map($items, |n| flow.item(n)).limit(1).await?;
                flow.last(items.iter().sum()).await
            }
        }
    };
}

rerunning_map!(TwoItems, [1, 2]);
rerunning_map!(ThreeItems, [1, 2, 3]);

#[tokio::test]
async fn replay_r07_rerun_of_a_map_that_has_grown() {
    for commits in 1..=3 {
        let storage = kit::store();
        assert!(kit::crash_after(&storage, commits, TwoItems::default(), ()).await);
        let grown = ThreeItems::default();
        let ran = grown.ran.clone();
        let outcome = kit::resume(&storage, grown).await;
        assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
        assert_eq!(outcome.output.expect("completes").as_str(), "6");
        assert_eq!(ran.count("item"), 3, "all of the map is discarded");
    }
}
