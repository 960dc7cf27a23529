//! What is kept of an agent that ends in the middle: memos, events, answers of a person.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use agno::{
    Agent, AgentEvent, EventKind, Message, Team, TeamMode, Tool, ToolContext,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::{
    counting::{ALL, Word, asks, bump, by_answers, counter, every_crash},
    kit,
};

#[tokio::test]
async fn an_agent_and_a_memo_inside_a_tool_find_their_own_memos() {
    let bought = Arc::new(Mutex::new(Vec::new()));
    let counting = bought.clone();
    let workflow = move || {
        let bought = counting.clone();
        let inner = Agent::builder("Inner")
            .model(Scripted::answering(move |request: &ModelRequest, _| {
                let asked = match request.messages.last() {
                    Some(Message::User { text, .. }) => text.clone(),
                    other => format!("{other:?}"),
                };
                bought.lock().expect("no panic").push(asked.clone());
                Reply::text(format!("<{asked}>"))
            }))
            .build()
            .expect("fits");
        let explain = Tool::new(
            "explain",
            "Explains.",
            move |word: Word, context: ToolContext| {
                let inner = inner.clone();
                async move {
                    let step = context.step().expect("in a step");
                    let word = word.word;
                    let kept = step
                        .memo("kept", async { Ok::<_, Error>(word.clone()) })
                        .await?;
                    let said = inner.run(word).context(step).await?;
                    Ok::<_, Error>(format!("{kept}={said}"))
                }
            },
        );
        let agent = Agent::builder("Outer")
            .tool(explain)
            .model(Scripted::answering(|request: &ModelRequest, _| {
                let answers: Vec<&str> = request
                    .messages
                    .iter()
                    .filter_map(|m| match m {
                        Message::Tool { text, .. } => Some(text.as_str()),
                        _ => None,
                    })
                    .collect();
                match answers.len() {
                    0 => Reply::tools([
                        ("explain", json!({ "word": "a" })),
                        ("explain", json!({ "word": "b" })),
                    ]),
                    2 => Reply::tool("explain", json!({ "word": "c" })),
                    _ => Reply::text(answers.join(" ")),
                }
            }))
            .build()
            .expect("fits");
        asks(move |context, _| {
            let agent = agent.clone();
            Box::pin(async move { agent.run("go").context(context).await })
        })
    };
    let crashes = every_crash(workflow, "a=<a> b=<b> c=<c> 0 ").await;
    assert!(crashes >= 12, "{crashes}");
}

#[tokio::test]
async fn events_are_stored_once_whatever_the_crash() {
    let workflow = || {
        let first = Agent::builder("First")
            .model(Scripted::answering(
                |request: &ModelRequest, _| match request.messages.len() {
                    1 => Reply::text(""),
                    _ => Reply::text("mended"),
                },
            ))
            .build()
            .expect("fits");
        let member = Agent::builder("Ann")
            .model(Scripted::answering(|_: &ModelRequest, _| {
                Reply::text("ann")
            }))
            .build()
            .expect("fits");
        let team = Team::builder("Desk")
            .mode(TeamMode::Broadcast)
            .member(member)
            .member(counter("b", 2))
            .model(by_answers(|answers| match answers {
                0 => Reply::tool(ALL, json!({ "task": "go" })),
                _ => Reply::text("all"),
            }))
            .build()
            .expect("fits");
        asks(move |context, tally| {
            let (first, team) = (first.clone(), team.clone());
            Box::pin(async move {
                first.run("go").context(context).await?;
                team.run("go").context(context).state(tally).await
            })
        })
    };
    for commits in 1.. {
        let storage = kit::store();
        if !kit::crash_after(&storage, commits, workflow(), ()).await {
            assert!(commits > 8);
            break;
        }
        let outcome = kit::resume(&storage, workflow()).await;
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        let journal = kit::journal(&storage).await;
        let told: Vec<(String, &AgentEvent)> = journal
            .iter()
            .flat_map(|entry| &entry.events)
            .filter_map(|event| match &event.kind {
                EventKind::Agent { agent, what, .. } => Some((agent.to_string(), what)),
                _ => None,
            })
            .collect();
        let who = |wanted: fn(&AgentEvent) -> bool| {
            let mut who: Vec<&str> = told
                .iter()
                .filter(|(_, what)| wanted(what))
                .map(|(agent, _)| agent.as_str())
                .collect();
            who.sort_unstable();
            who.join(" ")
        };
        let completed = who(|e| matches!(e, AgentEvent::Completed { .. }));
        assert_eq!(completed, "Ann Desk First b", "crash {commits}");
        let repaired = who(|e| matches!(e, AgentEvent::Repair { .. }));
        assert_eq!(repaired, "First", "crash {commits}");
        let turns = who(|e| matches!(e, AgentEvent::Turn { .. }));
        assert_eq!(turns, "Ann Desk Desk First First b b b", "crash {commits}");
    }
}

#[tokio::test]
async fn a_step_s_end_of_time_in_the_middle_of_an_agent_is_tried_again() {
    // The first attempt hangs in its second turn; nothing of it is taken for the second's.
    let asked = Arc::new(AtomicU32::new(0));
    let counting = asked.clone();
    let model = Scripted::answering(move |request: &ModelRequest, _| {
        let first = counting.fetch_add(1, Ordering::SeqCst) == 1;
        match request.messages.len() {
            1 => Reply::tool("bump", json!({ "word": "x" })),
            _ if first => Reply::text("never").after(Duration::from_secs(3600)),
            _ => Reply::text("done"),
        }
    });
    let agent = Agent::builder("A")
        .tool(bump())
        .model(model)
        .build()
        .expect("fits");
    let workflow = asks(move |context, tally| {
        let agent = agent.clone();
        Box::pin(async move {
            let asking = agent.run("go").context(context).state(tally);
            let limit = Duration::from_millis(50);
            tokio::time::timeout(limit, asking.into_future())
                .await
                .map_err(|_| Error::new("slow", "slow"))?
        })
    });
    let outcome = kit::run(&kit::store(), workflow, ()).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "done 1 x");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_person_is_asked_once_for_each_call() {
    for rejected in [false, true] {
        let mut most = 0;
        for commits in 1.. {
            let asked = Arc::new(AtomicU32::new(0));
            let workflow = || {
                let asked = asked.clone();
                let agent = Agent::builder("A")
                    .tool(bump().confirm("Really?"))
                    .confirm(move |_: &agno::agent::ConfirmRequest| {
                        match asked.fetch_add(1, Ordering::SeqCst) {
                            0 if rejected => agno::agent::Decision::Reject {
                                reason: "no".to_owned(),
                            },
                            _ => agno::agent::Decision::Approve,
                        }
                    })
                    .model(by_answers(|answers| match answers {
                        0 | 1 => Reply::tool("bump", json!({ "word": "x" })),
                        _ => Reply::text("done"),
                    }))
                    .build()
                    .expect("fits");
                asks(move |context, tally| {
                    let agent = agent.clone();
                    Box::pin(async move { agent.run("go").context(context).state(tally).await })
                })
            };
            let storage = kit::store();
            if !kit::crash_after(&storage, commits, workflow(), ()).await {
                break;
            }
            let outcome = kit::resume(&storage, workflow()).await;
            let output: String = outcome.output.expect("completes").decode().expect("a text");
            let expected = if rejected { "done 1 x" } else { "done 2 x,x" };
            assert_eq!(output, expected, "crash {commits}");
            assert_eq!(asked.load(Ordering::SeqCst), 2, "crash {commits}");
            most = commits;
        }
        assert!(most >= 8, "{most}");
    }
}
