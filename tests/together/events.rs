//! No event is stored twice, and none is missing, wherever the process ends.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use agno::{Event, EventKind, Storage, prelude::*};

use crate::kit::{self, crash_after, resume, run, store};

#[workflow]
struct Eventful;

#[workflow]
impl Eventful {
    #[step]
    async fn odd(&self, number: u32) -> Result<bool> {
        Ok(number % 2 == 1)
    }

    #[step]
    async fn note(&self, context: &StepContext) -> Result<()> {
        context.progress("half");
        Ok(())
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let mut odd = 0;
        for number in 0..3 {
            if flow.odd(number).await? {
                flow.note().await?;
                odd += 1;
            } else {
                flow.group(number).await?;
            }
        }
        flow.say("counted");
        flow.parallel((flow.note(), flow.odd(1))).await?;
        flow.race((flow.odd(7), flow.sleep(Duration::from_secs(60))))
            .await?;
        Ok(odd)
    }

    #[flow]
    async fn group(flow: &Flow<Self>, number: u32) -> Result<()> {
        flow.map(0..number, |_| flow.note()).await?;
        match number {
            0 => flow.note().await,
            _ => Ok(()),
        }
    }
}

/// What is told, and how often. Not when a step began: a step that was under way begins again.
async fn told(storage: &Arc<dyn Storage>) -> BTreeMap<String, usize> {
    let journal = kit::journal(storage).await;
    let mut numbers = Vec::new();
    let mut told = BTreeMap::new();
    for entry in &journal {
        for (number, event) in (entry.first_event..).zip(&entry.events) {
            numbers.push(number);
            let Event { kind, .. } = event;
            let name = match kind {
                EventKind::StepStarted { .. } | EventKind::RunResumed { .. } => continue,
                EventKind::StepCompleted { path, .. } => format!("completed {path}"),
                other => format!("{other:?}"),
            };
            *told.entry(name).or_default() += 1;
        }
    }
    numbers.sort_unstable();
    let all: Vec<u64> = (0..numbers.len() as u64).collect();
    assert_eq!(numbers, all, "numbers without gaps");
    told
}

#[tokio::test]
async fn stored_events_are_the_same_after_a_crash_at_any_commit() {
    let whole = store();
    run(&whole, Eventful, ()).await;
    let expected = told(&whole).await;
    let names: Vec<_> = expected.keys().cloned().collect();
    for part in [
        "LoopRound",
        "BranchTaken",
        "SubflowStarted",
        "SubflowEnded",
        "ContainerStarted",
        "ContainerEnded",
        "Said",
        "StepProgress",
        "RunStarted",
        "RunEnded",
    ] {
        assert!(
            names.iter().any(|name| name.starts_with(part)),
            "no {part} in {names:#?}"
        );
    }
    for commits in 1.. {
        let storage = store();
        if !crash_after(&storage, commits, Eventful, ()).await {
            assert!(commits > 10, "only {commits} commits");
            break;
        }
        resume(&storage, Eventful).await;
        assert_eq!(told(&storage).await, expected, "after {commits} commits");
    }
}
