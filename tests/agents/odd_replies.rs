//! Replies, calls and tools that are not as they should be.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    Agent, Team, TeamMode, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::{
    counting::{ALL, Nothing, ONE, Tally, asks, bump, by_answers},
    kit,
};

#[tokio::test]
async fn a_panic_before_a_tool_s_future_is_told_to_the_model() {
    let panicking = Tool::new("boom", "Panics.", |_: Nothing, _: ToolContext| {
        assert!(std::hint::black_box(false), "before the future");
        std::future::ready(Ok::<_, Error>("never"))
    });
    let model = by_answers(|answers| match answers {
        0 => Reply::tool("boom", json!({})),
        _ => Reply::text("it broke"),
    });
    let agent = Agent::builder("A").model(model).tool(panicking).build();
    let reply = agent
        .expect("fits")
        .run("go")
        .reply()
        .await
        .expect("goes on");
    assert_eq!(reply.output, "it broke");
    assert!(reply.tools[0].answer.contains("before the future"));
}

#[tokio::test]
async fn a_broadcast_goes_on_without_a_member_that_fails() {
    let member = |name: &str, text: &str| {
        let model = Scripted::new([Reply::text(text), Reply::text(text)]);
        Agent::builder(name).model(model).build().expect("fits")
    };
    let leader = Scripted::new([
        Reply::tool(ALL, json!({ "task": "judge" })),
        Reply::text("one view"),
    ]);
    let team = Team::builder("Jury")
        .mode(TeamMode::Broadcast)
        .member(member("A", ""))
        .member(member("B", "no"))
        .model(leader.clone())
        .build()
        .expect("fits");
    let reply = team.run("?").reply().await.expect("answers");
    assert_eq!(reply.usage.requests, 5, "what failed was bought as well");
    let told = format!("{:?}", leader.requests()[1].messages.last());
    assert!(
        told.contains("the answer is empty") && told.contains(">\\nno\\n"),
        "{told}"
    );
}

#[data]
struct Verdict {
    /// Points.
    score: u32,
}

#[tokio::test]
async fn a_route_to_a_member_that_answers_another_type_is_answered_by_the_leader() {
    let member = Agent::builder("Ann")
        .model(Scripted::new(["in words"]))
        .build()
        .expect("fits");
    let team = Team::builder("Desk")
        .mode(TeamMode::Route)
        .member(member)
        .leader(|leader| leader.output::<Verdict>())
        .model(Scripted::new([
            Reply::tool(ONE, json!({ "member_id": "ann", "task": "judge" })),
            Reply::text(r#"{"score": 3}"#),
        ]))
        .build()
        .expect("fits");
    assert_eq!(team.run("?").await.expect("answers").score, 3);
}

#[tokio::test]
async fn a_citation_is_not_taken_for_an_answer() {
    for text in ["See [7] for the score.", "[7]", "```json\n[7]\n```"] {
        let agent = Agent::builder("A")
            .repairs(0)
            .model(Scripted::new([text]))
            .output::<Verdict>()
            .build()
            .expect("fits");
        let answer = agent.run("?").await;
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
}

#[data]
#[derive(Default)]
#[serde(default)]
struct Loose {
    /// Points.
    points: u32,
    /// Inside.
    inside: Vec<Verdict>,
}

#[tokio::test]
async fn only_what_is_of_the_type_is_taken_for_an_answer() {
    async fn read<T: agno::Value>(text: &str) -> Result<T> {
        let model = Scripted::new([text]);
        let agent = Agent::builder("A").repairs(0).model(model);
        let agent = agent.output::<T>().strict(false).build().expect("fits");
        agent.run("?").await
    }
    let wrong = [
        r#"{"error": "rate limited"}"#,
        "I could not, because `fn main() {}` says nothing.",
        r#"{"points": 1, "inside": [[7]]}"#,
        r#"{"points": 1, "inside": {"score": 7}}"#,
        r#"one {"points": 1} or another {"points": 2}"#,
        r#"{"points": "1"}"#,
        r#"{"points": 1,}"#,
    ];
    for text in wrong {
        let answer = read::<Loose>(text).await;
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
    for text in ["It is so [1, 2].", "See [7]."] {
        let answer = read::<Vec<u32>>(text).await;
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
    for text in [
        "[1, 2]",
        "```json\n[1, 2]\n```",
        r#"It is {"value": [1, 2]}."#,
    ] {
        assert_eq!(read::<Vec<u32>>(text).await.expect(text), [1, 2]);
    }
    let right = r#"Here: {"points": 2, "inside": [{"score": 1}]} as wanted [3]."#;
    let answer = read::<Loose>(right).await.expect("one object");
    assert_eq!((answer.points, answer.inside[0].score), (2, 1));
    assert_eq!(read::<Loose>("{}").await.expect("all left out").points, 0);
}

#[tokio::test]
async fn odd_calls_are_told_to_the_model_and_bounded_in_events() {
    let model = by_answers(|answers| match answers {
        0 => Reply::tools([
            ("bump", json!("[\"positional\"]")),
            ("bump", json!("no json")),
            ("bump", json!("null")),
            (
                "bump",
                json!(format!(
                    "{{\"word\": 1, \"pad\": \"{}\"}}",
                    "x".repeat(5 << 20)
                )),
            ),
            ("\u{1b}]0;title\u{7}bump\0", json!({})),
            (&*"long ".repeat(100_000), json!({})),
        ]),
        _ => Reply::text("done"),
    });
    let agent = Agent::builder("A").tool(bump()).model(model).build();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let telling = told.clone();
    let mut tally = Tally::default();
    let agent = agent.expect("fits");
    let run = agent.run("go").state(&mut tally).listen(move |_, event| {
        telling.lock().expect("no panic").push(format!("{event:?}"));
    });
    let reply = run.reply().await.expect("answers");
    assert_eq!(reply.tools.len(), 6);
    assert!(reply.tools.iter().all(|tool| tool.is_error));
    assert!(
        told.lock()
            .expect("no panic")
            .iter()
            .all(|event| event.len() < 2_000)
    );
    assert_eq!(tally.count, 0);
}

#[tokio::test]
async fn a_reply_too_large_to_keep_is_an_error_and_the_run_goes_on_after_it() {
    let huge = Arc::new(AtomicU32::new(0));
    let workflow = || {
        let huge = huge.clone();
        let model = Scripted::answering(move |_: &ModelRequest, _| {
            match huge.fetch_add(1, Ordering::SeqCst) {
                0 => Reply::text("ü".repeat(9 << 20)),
                _ => Reply::text("short"),
            }
        });
        let agent = Agent::builder("A").model(model).build().expect("fits");
        asks(move |context, _| {
            let agent = agent.clone();
            Box::pin(async move { agent.run("go").context(context).await })
        })
    };
    let storage = kit::store();
    let outcome = kit::run(&storage, workflow(), ()).await;
    assert_eq!(kit::failure(&outcome).0, "too_large");
    let outcome = kit::resume(&storage, workflow()).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "short 0 ");
}
