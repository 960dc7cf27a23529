//! What a run knows of the runs before it.

use agno::{
    Agent, CrashAfter, Message, PastRun, RunStatus, Runtime,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};

use super::kit;

#[workflow]
struct Talk;

#[workflow]
impl Talk {
    #[step]
    async fn answer(&self, question: String, before: Vec<String>) -> Result<String> {
        ensure!(question != "bad", "no answer");
        Ok(format!("{question} after {}", before.join(", ")))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, question: String) -> Result<String> {
        let (past, none) = flow.parallel((flow.history(2), flow.history(0))).await?;
        ensure!(none.is_empty(), "none were asked for");
        let mut before = Vec::new();
        for run in &past {
            ensure!(run.output_as::<u32>().is_err(), "a text is no number");
            ensure!(
                run.output_as::<String>()?
                    .starts_with(&run.input_as::<String>()?),
                "fits"
            );
            before.push(run.input_as::<String>()?);
        }
        flow.answer(question, before).await
    }
}

async fn ask(runtime: &Runtime, session: &str, question: &str) -> Result<String> {
    let start = runtime.start::<Talk>(question.to_owned());
    start.session(session).await?.await
}

#[tokio::test]
async fn the_last_completed_runs_of_the_session_oldest_first() {
    let runtime = kit::runtime(&kit::store(), Talk).await;
    assert_eq!(
        ask(&runtime, "s", "1").await.expect("completes"),
        "1 after "
    );
    assert_eq!(
        ask(&runtime, "s", "2").await.expect("completes"),
        "2 after 1"
    );
    ask(&runtime, "other", "x").await.expect("completes");
    ask(&runtime, "s", "bad").await.expect_err("fails");
    assert_eq!(
        ask(&runtime, "s", "3").await.expect("completes"),
        "3 after 1, 2"
    );
    assert_eq!(
        ask(&runtime, "s", "4").await.expect("completes"),
        "4 after 2, 3"
    );
}

#[tokio::test]
async fn a_resumed_run_sees_the_same_although_others_have_ended() {
    for commits in 1.. {
        let storage = kit::store();
        ask(&kit::runtime(&storage, Talk).await, "default", "1")
            .await
            .expect("completes");
        let dead = kit::crash_after(&storage, commits, Talk, "2".to_owned()).await;
        if !dead {
            assert_eq!(commits, 5, "two histories, the step, the end");
            break;
        }
        let recorded = kit::journal(&storage).await;
        let recorded = recorded.iter().any(|e| &*e.path == "history#0");
        let runtime = kit::runtime(&storage, Talk).await;
        ask(&runtime, "default", "3").await.expect("completes");
        let outcome = runtime.resume(&kit::id()).await.expect("resumes");
        let outcome = outcome.outcome().await;
        let output: String = match outcome.output {
            Some(output) => output.decode().expect("a text"),
            None => panic!("{:?}", outcome.error),
        };
        match recorded {
            true => assert_eq!(output, "2 after 1", "after {commits} commits"),
            false => assert_eq!(output, "2 after 1, 3", "it had not looked yet"),
        }
    }
}

#[workflow]
struct Chat {
    #[step(history = 2)]
    agent: Agent,
}

fn said(request: &ModelRequest) -> Vec<String> {
    let texts = request.messages.iter().filter_map(|message| match message {
        Message::User { text, .. } => Some(format!("user: {text}")),
        Message::Assistant(answer) => Some(format!("agent: {}", answer.text)),
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn an_agent_that_is_a_step_is_told_of_its_earlier_exchanges() {
    let model = Scripted::answering(|request: &ModelRequest, _| {
        Reply::text(format!("answer {}", said(request).len()))
    });
    // The step's option comes before the agent's own.
    let agent = Agent::builder("A").model(model.clone()).history(1).build();
    let chat = Chat {
        agent: agent.expect("fits"),
    };
    let runtime = kit::runtime(&kit::store(), chat).await;
    for question in ["1?", "2?", "3?", "4?"] {
        let run = runtime.start::<Chat>(question.to_owned()).await;
        run.expect("starts").await.expect("completes");
    }
    let requests = model.requests();
    assert_eq!(said(&requests[0]), ["user: 1?"]);
    assert_eq!(
        said(&requests[3]),
        [
            "user: 2?",
            "agent: answer 3",
            "user: 3?",
            "agent: answer 5",
            "user: 4?"
        ]
    );
}

#[workflow]
struct Method;

#[workflow]
impl Method {
    #[step(history = 2)]
    async fn answer(&self, question: String, context: &StepContext) -> Result<Vec<String>> {
        let runs = context.history_runs();
        let earlier = context.memo("earlier", async {
            let exchanges = context.history(runs).await?;
            let asked = exchanges
                .iter()
                .map(|e| e.input.to_value()["question"].to_string());
            Ok::<_, Error>(asked.collect::<Vec<_>>())
        });
        let mut earlier = earlier.await?;
        earlier.push(question);
        Ok(earlier)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, question: String) -> Result<Vec<String>> {
        flow.answer(question).await
    }
}

#[tokio::test]
async fn a_method_is_told_how_many_runs_and_asks_for_them() {
    let runtime = kit::runtime(&kit::store(), Method).await;
    let mut last = Vec::new();
    for question in ["1", "2", "3", "4"] {
        let run = runtime.start::<Method>(question.to_owned()).await;
        last = run.expect("starts").await.expect("completes");
    }
    assert_eq!(last, ["\"2\"", "\"3\"", "4"]);
}

#[test]
fn a_past_run_can_be_shown() {
    let past = serde_json::json!({"run": "r", "started_at": 1, "input": 2, "output": [3]});
    let past: PastRun = serde_json::from_value(past).expect("fits");
    assert_eq!(past.input_as::<u8>().expect("a number"), 2);
    assert_eq!(past.output_as::<Vec<u8>>().expect("a list"), [3]);
    let error = past.input_as::<String>().expect_err("no text");
    assert!(error.message().contains("run `r`"), "{error}");
    let _ = (RunStatus::Completed, std::any::type_name::<CrashAfter>());
}
