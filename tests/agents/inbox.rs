//! Tools that people have to allow: the question is in the inbox, and the run waits.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    Agent, Answer, CrashAfter, Json, Message, Outcome, RequestKind, RequestQuery, RunStatus,
    Runtime, Storage, Team, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::kit;

#[data]
struct Nothing {}

/// What the world outside saw.
#[derive(Clone, Default)]
struct World {
    bought: Arc<AtomicU32>,
    paid: Arc<AtomicU32>,
    looked: Arc<AtomicU32>,
}

impl World {
    fn tools(&self) -> [Tool; 2] {
        let count = |counter: &Arc<AtomicU32>| {
            let counter = counter.clone();
            move |_: Nothing, _: ToolContext| {
                counter.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, Error>("done") }
            }
        };
        let pay = Tool::new("pay", "Pays the bill.", count(&self.paid));
        let look = Tool::new("look", "Looks at the bill.", count(&self.looked));
        [pay.confirm("Pay the bill?").not_idempotent(), look]
    }

    fn model(&self) -> Scripted {
        let bought = self.bought.clone();
        Scripted::answering(move |request: &ModelRequest, _| {
            bought.fetch_add(1, Ordering::SeqCst);
            let answers = request.messages.iter().filter_map(|message| match message {
                Message::Tool { .. } => Some(format!("{message:?}")),
                _ => None,
            });
            let answers: Vec<_> = answers.collect();
            match answers.len() {
                0 => Reply::tools([("pay", json!({})), ("look", json!({}))]),
                _ if answers.concat().contains("too much") => Reply::text("not paid"),
                _ => Reply::text("paid"),
            }
        })
    }
}

#[workflow]
struct Paying {
    clerk: Agent,
}

#[workflow]
impl Paying {
    #[step]
    async fn settle(&self, bill: String) -> Result<String> {
        self.clerk.run(bill).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, bill: String) -> Result<String> {
        flow.settle(bill).await
    }
}

impl Paying {
    fn new(world: &World) -> Self {
        let clerk = Agent::builder("Clerk")
            .model(world.model())
            .tools(world.tools());
        Self {
            clerk: clerk.build().expect("fits together"),
        }
    }
}

async fn answered(runtime: &Runtime, mut outcome: Outcome, answer: &Answer) -> Outcome {
    while outcome.status == RunStatus::Paused {
        let open = runtime
            .requests(RequestQuery::default())
            .await
            .expect("an inbox");
        let asked = &open[0];
        assert_eq!(
            (asked.kind, &*asked.message),
            (RequestKind::Tool, "Pay the bill?")
        );
        let about = asked
            .value
            .as_ref()
            .map(Json::to_value)
            .expect("what it is about");
        assert_eq!(
            (&about["agent"], &about["tool"]),
            (&json!("Clerk"), &json!("pay"))
        );
        let run = runtime
            .answer(&asked.id, answer.clone())
            .await
            .expect("answered");
        outcome = run.outcome().await;
    }
    outcome
}

async fn begin(runtime: &Runtime) -> Outcome {
    match runtime.inspect(&kit::id()).await {
        Ok(_) => {
            runtime
                .resume(&kit::id())
                .await
                .expect("resumes")
                .outcome()
                .await
        }
        Err(_) => {
            let start = runtime.start::<Paying>("the bill".to_owned()).run_id("r");
            start.await.expect("starts").outcome().await
        }
    }
}

fn text(outcome: &Outcome) -> String {
    let output = outcome
        .output
        .as_ref()
        .unwrap_or_else(|| panic!("{:?}", outcome.error));
    output.decode().expect("a text")
}

#[tokio::test]
async fn the_run_waits_for_the_answer_and_the_model_is_told() {
    for (answer, says, paid) in [
        (Answer::new(agno::Decision::Approve), "paid", 1),
        (
            Answer::new(agno::Decision::Reject).feedback("too much"),
            "not paid",
            0,
        ),
    ] {
        let storage = kit::store();
        let world = World::default();
        let runtime = kit::runtime(&storage, Paying::new(&world)).await;
        let outcome = begin(&runtime).await;
        assert_eq!(outcome.status, RunStatus::Paused);
        // What needs no yes went on meanwhile.
        assert_eq!(world.paid.load(Ordering::SeqCst), 0);
        assert_eq!(world.looked.load(Ordering::SeqCst), 1);
        let outcome = answered(&runtime, outcome, &answer).await;
        assert_eq!(text(&outcome), says);
        assert_eq!(world.paid.load(Ordering::SeqCst), paid);
        assert_eq!(world.looked.load(Ordering::SeqCst), 1);
        assert_eq!(
            world.bought.load(Ordering::SeqCst),
            2,
            "no turn is bought twice"
        );
    }
}

#[tokio::test]
async fn a_crash_after_any_commit_pays_once_and_only_after_the_yes() {
    let yes = Answer::new(agno::Decision::Approve);
    for commits in 1.. {
        let storage = kit::store();
        let world = World::default();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying: Arc<dyn Storage> =
            Arc::new(CrashAfter::new(storage.clone(), commits, move || {
                crash.send_replace(true);
            }));
        let first = kit::runtime(&dying, Paying::new(&world)).await;
        let whole = async { answered(&first, begin(&first).await, &yes).await };
        let dead = tokio::select! {
            outcome = whole => {
                assert_eq!(text(&outcome), "paid");
                false
            }
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        if !dead {
            assert!(commits > 6, "only {commits} commits");
            break;
        }
        let second = kit::runtime(&storage, Paying::new(&world)).await;
        let outcome = answered(&second, begin(&second).await, &yes).await;
        let paid = world.paid.load(Ordering::SeqCst);
        match outcome.error {
            // It had begun, and whether it took effect is not known: no second time.
            Some(error) => {
                assert_eq!(&*error.code, "may_have_run", "{commits}");
                assert!(paid <= 1, "{commits}");
            }
            None => assert_eq!((text(&outcome).as_str(), paid), ("paid", 1), "{commits}"),
        }
    }
}

#[workflow]
struct Desk {
    desk: Team,
}

#[workflow]
impl Desk {
    #[step]
    async fn work(&self, bill: String) -> Result<String> {
        self.desk.run(bill).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, bill: String) -> Result<String> {
        flow.work(bill).await
    }
}

#[tokio::test]
async fn a_member_of_a_team_that_waits_leaves_the_others_to_their_work() {
    let storage = kit::store();
    let world = World::default();
    let clerk = Agent::builder("Clerk")
        .model(world.model())
        .tools(world.tools());
    let writes = Arc::new(AtomicU32::new(0));
    let counted = writes.clone();
    let writer = Agent::builder("Writer").model(Scripted::answering(move |_: &ModelRequest, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        Reply::text("written")
    }));
    let leader = Scripted::answering(|request: &ModelRequest, _| {
        let answered = request
            .messages
            .iter()
            .any(|m| matches!(m, Message::Tool { .. }));
        if answered {
            Reply::text("both are done")
        } else {
            Reply::tool("delegate_task_to_members", json!({ "task": "the bill" }))
        }
    });
    let team = Team::builder("Desk")
        .mode(agno::TeamMode::Broadcast)
        .model(leader)
        .member(clerk.build().expect("fits"))
        .member(writer.build().expect("fits"))
        .build()
        .expect("fits");
    let runtime = kit::runtime(&storage, Desk { desk: team }).await;
    let run = runtime
        .start::<Desk>("the bill".to_owned())
        .run_id("r")
        .await
        .expect("starts");
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Paused, "{:?}", outcome.error);
    assert_eq!(writes.load(Ordering::SeqCst), 1);
    let yes = Answer::new(agno::Decision::Approve);
    let outcome = answered(&runtime, outcome, &yes).await;
    assert_eq!(outcome.status, RunStatus::Completed, "{:?}", outcome.error);
    assert_eq!(
        writes.load(Ordering::SeqCst),
        1,
        "recorded, not asked again"
    );
    assert_eq!(world.paid.load(Ordering::SeqCst), 1);
}
