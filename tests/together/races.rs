//! The first that is over wins, and stays the winner.

use std::{sync::Arc, time::Duration};

use agno::{RunStatus, Storage, prelude::*};
use tokio::sync::Notify;

use crate::kit::{self, Ran, crash_after, resume, run, store};

/// Two steps that end when they are told to.
#[workflow]
#[derive(Clone)]
struct Race {
    ran: Ran,
    first: Arc<Notify>,
    second: Arc<Notify>,
}

impl Race {
    fn new() -> Self {
        Self {
            ran: Ran::default(),
            first: Arc::default(),
            second: Arc::default(),
        }
    }
}

#[workflow]
impl Race {
    #[step]
    async fn one(&self) -> Result<String> {
        self.first.notified().await;
        self.ran.hit("one");
        Ok("one".into())
    }

    #[step]
    async fn two(&self) -> Result<String> {
        self.second.notified().await;
        self.ran.hit("two");
        Ok("two".into())
    }

    #[step]
    async fn after(&self, winner: String) -> Result<String> {
        self.ran.hit("after");
        Ok(format!("{winner} won"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let winner = match flow.race((flow.one(), flow.two())).await? {
            Winner::First(text) | Winner::Second(text) => text,
        };
        flow.after(winner).await
    }
}

#[tokio::test]
async fn a_crash_after_either_branchs_commit_keeps_its_winner() {
    for (wins, told) in [("one won", true), ("two won", false)] {
        for commits in 1..=2 {
            let storage = store();
            let race = Race::new();
            let winner = if told { &race.first } else { &race.second };
            winner.notify_one();
            assert!(crash_after(&storage, commits, race.clone(), ()).await);
            // Now the other one could be faster.
            race.first.notify_one();
            race.second.notify_one();
            let outcome = resume(&storage, race.clone()).await;
            let output: String = outcome.output.expect("completes").decode().expect("a text");
            assert_eq!(output, wins, "after {commits} commits");
            assert_eq!(race.ran.count("one") + race.ran.count("two"), 1);
        }
    }
}

#[tokio::test]
async fn the_decision_is_part_of_the_winners_commit() {
    let storage = store();
    let race = Race::new();
    race.second.notify_one();
    let outcome = run(&storage, race, ()).await;
    assert_eq!(outcome.status, RunStatus::Completed);
    let journal = kit::journal(&storage).await;
    let at = |path: &str| journal.iter().position(|entry| &*entry.path == path);
    let (winner, decided) = (
        at("two#0").expect("recorded"),
        at("race#0!decided").expect("decided"),
    );
    assert_eq!(decided, winner + 1);
    assert_eq!(at("one#0"), None, "a branch that lost records nothing");
}

#[workflow]
struct Mixed;

#[workflow]
impl Mixed {
    #[step]
    async fn fails(&self) -> Result<u32> {
        bail!("broken")
    }

    #[step]
    async fn slow(&self) -> Result<u32> {
        tokio::time::sleep(Duration::from_millis(30)).await;
        Ok(7)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<Vec<String>> {
        let mut said = Vec::new();
        let first = flow.race((flow.fails(), flow.slow())).settle().await?;
        said.push(first.expect_err("a failure wins").to_string());
        let ok = flow.race((flow.fails(), flow.slow())).first_ok().await?;
        said.push(format!("{ok:?}"));
        let none = flow
            .race(vec![flow.fails(), flow.fails()])
            .first_ok()
            .settle()
            .await?;
        said.push(
            none.expect_err("all fail")
                .path()
                .unwrap_or_default()
                .to_owned(),
        );
        let group = flow
            .race((flow.sleep(Duration::from_secs(60)), flow.group()))
            .await?;
        said.push(format!("{group:?}"));
        let both = flow
            .parallel((flow.race(vec![flow.slow(), flow.slow()]), flow.slow()))
            .await?;
        said.push(format!("{}", both.0.1 + both.1));
        Ok(said)
    }

    #[flow]
    async fn group(flow: &Flow<Self>) -> Result<u32> {
        Ok(flow.slow().await? + flow.slow().await?)
    }
}

const EXPECTED: [&str; 5] = ["broken", "Second(7)", "fails#2", "Second(14)", "14"];

#[tokio::test]
async fn failures_win_unless_told_otherwise() {
    let outcome = run(&store(), Mixed, ()).await;
    let output: Vec<String> = outcome.output.expect("completes").decode().expect("texts");
    assert!(output[0].contains("broken"), "{output:?}");
    assert_eq!(output[1..], EXPECTED[1..]);
}

#[tokio::test]
async fn and_a_crash_after_any_commit_changes_nothing() {
    for commits in 1.. {
        let storage: Arc<dyn Storage> = store();
        if !crash_after(&storage, commits, Mixed, ()).await {
            assert!(commits > 8, "only {commits} commits");
            break;
        }
        let outcome = resume(&storage, Mixed).await;
        let error = outcome.error;
        let output = outcome
            .output
            .unwrap_or_else(|| panic!("after {commits}: {error:?}"));
        let output: Vec<String> = output.decode().expect("texts");
        assert_eq!(output[1..], EXPECTED[1..], "after {commits} commits");
    }
}
