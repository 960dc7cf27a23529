//! An approval inside a container is ignored, one in a nested workflow is lost, none of them
//! expires, and a continued run has forgotten what it was started with.

use std::time::Duration;

use agno::{Answer, Decision, Request, RequestQuery, RunStatus, prelude::*};
use serde_json::json;

use crate::kit::{self, Ran};

async fn asked(runtime: &Runtime) -> Request {
    let open = runtime.requests(RequestQuery::default()).await;
    open.expect("an inbox").remove(0)
}

#[workflow]
#[derive(Clone, Default)]
struct Gated {
    ran: Ran,
}

#[workflow]
impl Gated {
    #[step(confirm = "Delete it?")]
    async fn delete(&self) -> Result<String> {
        self.ran.hit("delete");
        Ok("deleted".into())
    }

    #[step]
    async fn look(&self) -> Result<String> {
        Ok("seen".into())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, place: String) -> Result<String> {
        match place.as_str() {
            "parallel" => Ok(flow.parallel((flow.look(), flow.delete())).await?.1),
            "map" => Ok(flow.map([()], |()| flow.delete()).await?.concat()),
            "steps" => flow.group().await,
            "condition" => {
                if flow.look().await? == "seen" {
                    return flow.delete().await;
                }
                bail!("nothing was seen")
            }
            "loop" => {
                let mut all = String::new();
                for _ in 0..1 {
                    all += &flow.delete().await?;
                }
                Ok(all)
            }
            "race" => match flow.race((flow.delete(), flow.confirm("Or not?"))).await? {
                Winner::First(text) => Ok(text),
                Winner::Second(_) => bail!("nobody said so"),
            },
            "router" => flow.delete().await,
            _ => bail!("no such place"),
        }
    }

    #[flow]
    async fn group(flow: &Flow<Self>) -> Result<String> {
        flow.look().await?;
        flow.delete().await
    }
}

#[tokio::test]
async fn an_approval_holds_inside_every_construct() {
    for place in [
        "parallel",
        "map",
        "steps",
        "condition",
        "loop",
        "race",
        "router",
    ] {
        for (decision, times) in [(Decision::Approve, 1), (Decision::Reject, 0)] {
            let gated = Gated::default();
            let runtime = kit::runtime(&kit::store(), gated.clone()).await;
            let run = runtime.start::<Gated>(place.to_owned()).await;
            let outcome = run.expect("starts").outcome().await;
            assert_eq!(outcome.status, RunStatus::Paused, "{place}");
            assert_eq!(gated.ran.count("delete"), 0, "{place}: before the answer");
            let open = runtime.requests(RequestQuery::default()).await;
            let open = open.expect("an inbox").into_iter();
            let gate = open
                .into_iter()
                .find(|request| request.message == "Delete it?");
            let gate = gate.unwrap_or_else(|| panic!("{place}: nobody is asked"));
            let run = runtime.answer(&gate.id, Answer::new(decision)).await;
            let outcome = run.expect("answered").outcome().await;
            let expected = if times == 1 {
                RunStatus::Completed
            } else {
                RunStatus::Failed
            };
            assert_eq!(outcome.status, expected, "{place}: {:?}", outcome.error);
            assert_eq!(gated.ran.count("delete"), times, "{place}: {decision}");
        }
    }
}

#[workflow]
struct Outer;

#[workflow]
impl Outer {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.call::<Gated>("steps".to_owned()).await
    }
}

#[tokio::test]
async fn a_pause_in_a_nested_workflow_pauses_the_outer_run() {
    let gated = Gated::default();
    let builder = Runtime::builder().workflow(Outer).workflow(gated.clone());
    let runtime = builder.build().await.expect("builds");
    let run = runtime.start::<Outer>(()).await.expect("starts");
    let outcome = run.outcome().await;
    assert_eq!((outcome.status, outcome.output), (RunStatus::Paused, None));
    let asked = asked(&runtime).await;
    assert_ne!(asked.run, *run.id(), "the inner run asks");
    let answer = Answer::new(Decision::Approve);
    let answered = runtime.answer(&asked.id, answer).await.expect("answered");
    assert_eq!(answered.id(), run.id(), "and the outer one goes on");
    let output = answered.await.expect("completes");
    assert_eq!(output.as_str(), r#""deleted""#);
    assert_eq!(gated.ran.count("delete"), 1);
}

#[data]
#[derive(Default, State)]
struct Notes {
    #[merge(append)]
    notes: Vec<String>,
}

#[workflow]
struct Remembers;

#[workflow(state = Notes)]
impl Remembers {
    #[step]
    async fn note(&self, notes: &mut Notes, text: String, context: &StepContext) -> Result<String> {
        notes.notes.push(text);
        let user = context.user_id().unwrap_or("nobody");
        Ok(format!("{user} in {}", context.session_id()))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String, limit: u32) -> Result<Vec<String>> {
        let before = flow.note(format!("before {topic}")).await?;
        flow.confirm("Go on?").await?;
        let after = flow.note(format!("after {topic} {limit}")).await?;
        let mut all = flow.state().notes;
        all.extend([before, after, flow.user_id().unwrap_or("nobody").to_owned()]);
        Ok(all)
    }
}

#[tokio::test]
async fn a_resumed_run_keeps_all_that_it_was_started_with() {
    let storage = kit::store();
    let first = kit::runtime(&storage, Remembers).await;
    let notes = vec!["given".to_owned()];
    let start = first.start::<Remembers>(("bread".to_owned(), 7));
    let start = start.run_id("r").session("s").user("anna");
    let start = start.state(Notes { notes }).metadata(json!({"ticket": 12}));
    start.await.expect("starts").outcome().await;
    let before = first.inspect(&kit::id()).await.expect("a run").record;
    let metadata = before.metadata.as_ref().expect("is kept").to_value();
    assert_eq!(metadata, json!({"ticket": 12}));
    drop(first);

    let second = kit::runtime(&storage, Remembers).await;
    let asked = asked(&second).await;
    let run = second
        .answer(&asked.id, Answer::new(Decision::Approve))
        .await;
    let output = run.expect("answered").await.expect("completes");
    let output: Vec<String> = output.decode().expect("texts");
    assert_eq!(
        output,
        [
            "given",
            "before bread",
            "after bread 7",
            "anna in s",
            "anna in s",
            "anna"
        ]
    );
    let after = second.inspect(&kit::id()).await.expect("a run").record;
    assert_eq!(
        (before.session, before.user, before.metadata, before.limits),
        (after.session, after.user, after.metadata, after.limits)
    );
    // What was written after the resume is the session's.
    let next = second.start::<Remembers>(("rye".to_owned(), 1));
    let next = next.run_id("next").session("s").await.expect("starts");
    next.outcome().await;
    let state = second.inspect(next.id()).await.expect("a run").state;
    let state = format!("{state:?}");
    for note in ["before bread", "after bread 7", "before rye"] {
        assert!(state.contains(note), "{note} is not in {state}");
    }
}

const SHORT: Duration = Duration::from_millis(20);

#[workflow]
struct Expires;

#[workflow]
impl Expires {
    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let error = flow.confirm("Sure?").timeout(SHORT).settle().await?;
        let error = error.expect_err("nobody answers");
        let assumed = flow.confirm("Then?").or_after(SHORT, true).await?;
        Ok(format!("{} {assumed}", error.code()))
    }
}

#[tokio::test]
async fn an_approval_expires_by_itself() {
    let storage = kit::store();
    let outcome = kit::run(&storage, Expires, ()).await;
    assert_eq!(
        outcome.output.expect("completes").as_str(),
        r#""expired true""#
    );

    // Also when the process that asked is gone: the worker of the next one finds it.
    let storage = kit::store();
    assert!(kit::crash_after(&storage, 1, Expires, ()).await);
    let runtime = kit::runtime(&storage, Expires).await;
    let over = async {
        loop {
            let run = runtime.inspect(&kit::id()).await.expect("is recorded");
            if run.record.status.is_over() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    runtime.worker().run(over).await.expect("works");
    let output = storage.output(&kit::id()).await.expect("reads");
    assert_eq!(output.expect("completed").as_str(), r#""expired true""#);
}
