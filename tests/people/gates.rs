//! A gate holds wherever it stands, whenever the process ends.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use agno::{
    Answer, Decision, RequestQuery, RunStatus, Runtime, Storage, prelude::*, storage::MemoryStorage,
};

use crate::kit::{Ran, id};

/// What people have said yes to, and what was done without it.
#[derive(Clone, Debug, Default)]
struct Watch {
    approved: Arc<Mutex<BTreeSet<String>>>,
    ran: Ran,
}

impl Watch {
    fn behind(&self, gate: &str) {
        let approved = self.approved.lock().expect("no panic");
        assert!(approved.contains(gate), "`{gate}` ran without a yes");
        drop(approved);
        self.ran.hit(gate);
    }
}

#[workflow]
struct Everywhere {
    watch: Watch,
}

#[workflow]
impl Everywhere {
    #[step(confirm = "Go on?")]
    async fn guarded(&self, place: String) -> Result<String> {
        self.watch.behind(&place);
        Ok(place)
    }

    #[step]
    async fn free(&self, place: String) -> Result<String> {
        Ok(place)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, start: String) -> Result<Vec<String>> {
        let mut done = vec![flow.free(start).await?];
        let (left, right) = flow
            .parallel((flow.guarded("parallel".into()), flow.free("beside".into())))
            .await?;
        done.extend([left, right]);
        let mapped = flow.map(["map-0", "map-1"], |item| flow.guarded(item.into()));
        done.extend(mapped.limit(2).await?);
        match flow
            .race((flow.guarded("race".into()), flow.confirm("never answered")))
            .await?
        {
            Winner::First(won) => done.push(won),
            Winner::Second(_) => bail!("nobody said so"),
        }
        done.push(flow.group("sub".into()).await?);
        done.push(flow.call::<Nested>("nested".into()).await?);
        for round in 0..2 {
            done.push(flow.guarded(format!("loop-{round}")).await?);
        }
        Ok(done)
    }

    #[flow]
    async fn group(flow: &Flow<Self>, place: String) -> Result<String> {
        flow.free("in the group".into()).await?;
        flow.guarded(place).await
    }
}

#[workflow]
struct Nested {
    watch: Watch,
}

#[workflow]
impl Nested {
    #[step(confirm = "Go on?")]
    async fn guarded(&self, place: String) -> Result<String> {
        self.watch.behind(&place);
        Ok(place)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, place: String) -> Result<String> {
        let both = flow.parallel((flow.guarded(place), flow.confirm("And this?")));
        Ok(both.await?.0)
    }
}

const GATES: [&str; 8] = [
    "parallel", "map-0", "map-1", "race", "sub", "nested", "loop-0", "loop-1",
];

async fn runtime(storage: Arc<dyn Storage>, watch: &Watch) -> Runtime {
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Everywhere {
            watch: watch.clone(),
        })
        .workflow(Nested {
            watch: watch.clone(),
        });
    builder.build().await.expect("fits together")
}

/// Runs, and says yes to everything, one by one, until the run is over or the process "ends".
async fn to_the_end(runtime: &Runtime, watch: &Watch) -> Option<agno::Outcome> {
    let mut run = match runtime.inspect(&id()).await {
        Ok(_) => runtime.resume(&id()).await.expect("resumes"),
        Err(_) => {
            let start = runtime.start::<Everywhere>("start".to_owned());
            start.run_id("r").await.expect("starts").into_json()
        }
    };
    loop {
        let outcome = run.outcome().await;
        if outcome.status != RunStatus::Paused {
            return Some(outcome);
        }
        let requests = runtime.requests(RequestQuery::default()).await;
        let requests = requests.expect("an inbox");
        let wanted = requests
            .iter()
            .find(|request| request.message != "never answered");
        let wanted = wanted.expect("something is asked");
        if let Some(input) = &wanted.value {
            let place = input.to_value()["place"].as_str().map(str::to_owned);
            let place = place.expect("the step's input");
            assert_eq!(
                watch.ran.count(&place),
                0,
                "`{place}` ran before the answer"
            );
            watch.approved.lock().expect("no panic").insert(place);
        }
        let answered = runtime
            .answer(&wanted.id, Answer::new(Decision::Approve).by("tester"))
            .await;
        match answered {
            Ok(handle) => run = handle,
            // The run had ended as the request was found, or somebody was faster: look again.
            Err(error) => panic!("{} is not answered: {error}", wanted.path),
        }
    }
}

fn check(outcome: &agno::Outcome, watch: &Watch) {
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    for gate in GATES {
        assert!(watch.ran.count(gate) >= 1, "`{gate}` did not run");
    }
    let output: Vec<String> = outcome
        .output
        .as_ref()
        .expect("an output")
        .decode()
        .expect("texts");
    assert_eq!(
        output,
        [
            "start", "parallel", "beside", "map-0", "map-1", "race", "sub", "nested", "loop-0",
            "loop-1"
        ]
    );
}

#[tokio::test]
async fn nothing_behind_a_gate_runs_before_the_answer() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let watch = Watch::default();
    let runtime = runtime(storage.clone(), &watch).await;
    let outcome = to_the_end(&runtime, &watch).await.expect("over");
    check(&outcome, &watch);
    for gate in GATES {
        assert_eq!(watch.ran.count(gate), 1, "`{gate}`");
    }
    let left = runtime.requests(RequestQuery::default()).await;
    assert_eq!(left.expect("an inbox"), []);
}

#[tokio::test]
async fn nor_with_a_kill_between_any_two_commits() {
    let mut crashes = 0;
    for commits in 1.. {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let watch = Watch::default();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let first = runtime(Arc::new(dying), &watch).await;
        let dead = tokio::select! {
            outcome = to_the_end(&first, &watch) => {
                check(&outcome.expect("over"), &watch);
                false
            }
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            break;
        }
        crashes += 1;
        let second = runtime(storage.clone(), &watch).await;
        let outcome = to_the_end(&second, &watch).await.expect("over");
        check(&outcome, &watch);
        // Those whose result was on disk did not run again; at most one was under way.
        let twice: Vec<_> = GATES
            .iter()
            .filter(|gate| watch.ran.count(gate) > 1)
            .collect();
        assert!(twice.len() <= 1, "after {commits} commits: {twice:?}");
        let left = second.requests(RequestQuery::default()).await;
        assert_eq!(left.expect("an inbox"), [], "after {commits} commits");
    }
    assert!(crashes > 40, "only {crashes} commits");
}
