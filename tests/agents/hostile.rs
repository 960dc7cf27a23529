//! Crashes, failures and odd replies where they hurt: state, effects, nested work and events.

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

use super::kit;

type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

const ONE: &str = "delegate_task_to_member";
const ALL: &str = "delegate_task_to_members";

#[data]
#[derive(Default, State)]
struct Tally {
    count: u32,
    said: Vec<String>,
}

#[data]
struct Nothing {}

#[data]
struct Word {
    /// A word.
    word: String,
}

/// A model that goes by how many tools have answered in its conversation.
fn by_answers(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Scripted {
    Scripted::answering(move |request: &ModelRequest, _| {
        let answers = request.messages.iter();
        script(
            answers
                .filter(|m| matches!(m, Message::Tool { .. }))
                .count(),
        )
    })
}

fn bump() -> Tool {
    Tool::with_state("bump", "Counts.", |word: Word, _, tally: &mut Tally| {
        Box::pin(async move {
            let seen = tally.count;
            tokio::task::yield_now().await;
            tally.count = seen + 1;
            tally.said.push(word.word);
            Ok::<_, Error>(tally.count)
        })
    })
}

/// One step, in which a closure works with the state.
type Asked = Arc<
    dyn for<'a> Fn(&'a StepContext, &'a mut Tally) -> BoxFuture<'a, Result<String>> + Send + Sync,
>;

#[workflow]
struct Counting {
    ask: Asked,
}

#[workflow(state = Tally)]
impl Counting {
    #[step(retry(max = 1, backoff = "1ms"))]
    async fn work(&self, tally: &mut Tally, context: &StepContext) -> Result<String> {
        (self.ask)(context, tally).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let said = flow.work().await?;
        let mut words = flow.state().said.clone();
        words.sort_unstable();
        Ok(format!("{said} {} {}", flow.state().count, words.join(",")))
    }
}

fn asks(
    ask: impl for<'a> Fn(&'a StepContext, &'a mut Tally) -> BoxFuture<'a, Result<String>>
    + Send
    + Sync
    + 'static,
) -> Counting {
    Counting { ask: Arc::new(ask) }
}

/// Resumes `r` and lets its world end again right after so many commits.
async fn resume_and_crash(storage: &Arc<dyn agno::Storage>, commits: u64, workflow: Counting) {
    let (crash, mut crashed) = tokio::sync::watch::channel(false);
    let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
        crash.send_replace(true);
    });
    let builder = agno::Runtime::builder().storage(Arc::new(dying));
    let runtime = builder.workflow(workflow).build().await.expect("fits");
    // The resume's own commit may be the last one.
    let id = kit::id();
    let run = tokio::select! {
        run = runtime.resume(&id) => run.expect("resumes"),
        _ = crashed.wait_for(|crashed| *crashed) => return,
    };
    tokio::select! {
        _ = run.outcome() => {}
        _ = crashed.wait_for(|crashed| *crashed) => run.cancel(),
    }
}

/// Crashes at every commit, and again at every commit of what is resumed. Answers how many runs
/// there were.
async fn every_crash(workflow: impl Fn() -> Counting, expected: &str) -> u32 {
    let whole = kit::run(&kit::store(), workflow(), ()).await;
    let output = |outcome: &agno::Outcome| {
        let output = outcome.output.as_ref().map(agno::Json::decode::<String>);
        output.map(|output| output.expect("a text"))
    };
    assert_eq!(
        output(&whole).as_deref(),
        Some(expected),
        "{:?}",
        whole.error
    );
    let mut crashes = 0;
    for commits in 1.. {
        let storage = kit::store();
        if !kit::crash_after(&storage, commits, workflow(), ()).await {
            break;
        }
        crashes += 1;
        // Every third resume ends early as well, at another commit each time.
        if commits % 3 == 0 {
            resume_and_crash(&storage, 1 + commits % 4, workflow()).await;
        }
        let outcome = kit::resume(&storage, workflow()).await;
        assert_eq!(
            output(&outcome).as_deref(),
            Some(expected),
            "crash {commits}: {:?}",
            outcome.error
        );
    }
    crashes
}

#[tokio::test]
async fn what_a_failed_tool_changed_is_taken_back() {
    let workflow = || {
        let failing = Tool::with_state("fail", "Fails.", |_: Nothing, _, tally: &mut Tally| {
            Box::pin(async move {
                tally.count += 10;
                tally.said.push("half done".to_owned());
                Err::<String, _>(Error::new("busy", "try later"))
            })
        });
        let agent = Agent::builder("Counter")
            .tools([failing, bump()])
            .model(by_answers(|answers| match answers {
                0 => Reply::tool("fail", json!({})),
                1 => Reply::tool("bump", json!({ "word": "one" })),
                _ => Reply::text("done"),
            }))
            .build()
            .expect("fits");
        asks(move |context, tally| {
            let agent = agent.clone();
            Box::pin(async move { agent.run("go").context(context).state(tally).await })
        })
    };
    assert!(every_crash(workflow, "done 1 one").await >= 5);
}

#[tokio::test]
async fn a_member_that_fails_keeps_what_its_tools_changed() {
    let workflow = || {
        let member = Agent::builder("Ann")
            .tool(bump())
            .model(by_answers(|answers| match answers {
                0 => Reply::tool("bump", json!({ "word": "ann" })),
                _ => Reply::text(" "),
            }))
            .build()
            .expect("fits");
        let team = Team::builder("Desk")
            .member(member)
            .model(by_answers(|answers| match answers {
                0 => Reply::tool(ONE, json!({ "member_id": "ann", "task": "count" })),
                _ => Reply::text("without Ann"),
            }))
            .build()
            .expect("fits");
        asks(move |context, tally| {
            let team = team.clone();
            Box::pin(async move { team.run("go").context(context).state(tally).await })
        })
    };
    assert!(every_crash(workflow, "without Ann 1 ann").await >= 6);
}

/// Counts twice, a word at a time.
fn counter(name: &'static str, pause: u64) -> Agent {
    let model = by_answers(move |answers| {
        let reply = match answers {
            0 | 1 => Reply::tool("bump", json!({ "word": format!("{name}{answers}") })),
            _ => Reply::text("counted"),
        };
        reply.after(Duration::from_millis(pause))
    });
    Agent::builder(name)
        .tool(bump())
        .model(model)
        .build()
        .expect("fits")
}

#[tokio::test]
async fn members_at_once_lose_no_change_in_a_crash() {
    for (a, b) in [(0, 0), (3, 1), (1, 3), (2, 2)] {
        let workflow = move || {
            let inner = Team::builder("Inner")
                .mode(TeamMode::Broadcast)
                .member(counter("a", a))
                .member(counter("b", b))
                .model(by_answers(|answers| match answers {
                    0 => Reply::tool(ALL, json!({ "task": "count" })),
                    _ => Reply::text("inner"),
                }))
                .build()
                .expect("fits");
            let outer = Team::builder("Outer")
                .mode(TeamMode::Broadcast)
                .leader(|leader| leader.tool(bump()))
                .member(inner)
                .member(counter("c", 2))
                .model(by_answers(|answers| match answers {
                    0 => Reply::tools([
                        ("bump", json!({ "word": "l0" })),
                        (ALL, json!({ "task": "count" })),
                        ("bump", json!({ "word": "l1" })),
                    ]),
                    _ => Reply::text("outer"),
                }))
                .build()
                .expect("fits");
            asks(move |context, tally| {
                let team = outer.clone();
                Box::pin(async move { team.run("go").context(context).state(tally).await })
            })
        };
        let crashes = every_crash(workflow, "outer 8 a0,a1,b0,b1,c0,c1,l0,l1").await;
        assert!(crashes >= 20, "{crashes}");
    }
}

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

/// A clerk that sends a mail, again if it is told that it failed.
fn clerk(mail: Tool, arguments: impl Fn(u32) -> &'static str + Send + Sync + 'static) -> Agent {
    let asked = AtomicU32::new(0);
    let model = Scripted::answering(move |request: &ModelRequest, _| {
        let sent = request.messages.iter().rev().find_map(|m| match m {
            Message::Tool { text, is_error, .. } => Some((text.clone(), *is_error)),
            _ => None,
        });
        match sent {
            Some((text, false)) => Reply::text(text),
            Some((text, true)) if text.contains("give up") => Reply::text("failed"),
            _ => {
                let arguments = arguments(asked.fetch_add(1, Ordering::SeqCst));
                Reply::tool("send_mail", json!(arguments))
            }
        }
    });
    Agent::builder("Clerk")
        .model(model)
        .tool(mail.not_idempotent())
        .build()
        .expect("fits")
}

fn mail(
    sent: &Arc<AtomicU32>,
    answer: impl Fn(u32) -> Result<(), Error> + Clone + Send + Sync + 'static,
) -> Tool {
    let sent = sent.clone();
    Tool::new(
        "send_mail",
        "Sends a mail.",
        move |_: Word, _: ToolContext| {
            let (sent, answer) = (sent.clone(), answer.clone());
            async move {
                let calls = sent.load(Ordering::SeqCst);
                answer(calls)?;
                sent.fetch_add(1, Ordering::SeqCst);
                Ok::<_, Error>("sent")
            }
        },
    )
}

/// Asks the clerk, and then fails while `fails` says so.
fn sending(clerk: &Agent, fails: impl Fn() -> bool + Send + Sync + 'static) -> Counting {
    let (clerk, fails) = (clerk.clone(), Arc::new(fails));
    asks(move |context, _| {
        let (clerk, fails) = (clerk.clone(), fails.clone());
        Box::pin(async move {
            let said = clerk.run("Send it.").context(context).await?;
            ensure!(!fails(), "the step fails after the mail is out");
            Ok(said)
        })
    })
}

#[tokio::test]
async fn an_effect_that_worked_at_the_second_call_is_not_done_again_in_the_next_attempt() {
    let sent = Arc::new(AtomicU32::new(0));
    let refused = Arc::new(AtomicU32::new(0));
    let refusing = move |_| match refused.fetch_add(1, Ordering::SeqCst) {
        0 => Err(Error::new("smtp", "the server is busy")),
        _ => Ok(()),
    };
    let clerk = clerk(mail(&sent, refusing), |_| r#"{"word":"x"}"#);
    let fails = AtomicU32::new(0);
    let workflow = sending(&clerk, move || fails.fetch_add(1, Ordering::SeqCst) == 0);
    let outcome = kit::run(&kit::store(), workflow, ()).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn arguments_written_in_another_way_are_the_same_effect() {
    let sent = Arc::new(AtomicU32::new(0));
    let clerk = clerk(mail(&sent, |_| Ok(())), |asked| match asked {
        0 => r#"{"word": "x"}"#,
        _ => "{ \"word\" :\n\"\\u0078\" }",
    });
    let fails = AtomicU32::new(0);
    let workflow = sending(&clerk, move || fails.fetch_add(1, Ordering::SeqCst) == 0);
    let outcome = kit::run(&kit::store(), workflow, ()).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_resumed_failure_calls_an_effect_that_failed_by_itself_again() {
    let sent = Arc::new(AtomicU32::new(0));
    let up = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let server = up.clone();
    let answering = move |_| match server.load(Ordering::SeqCst) {
        false => Err(Error::new("smtp", "down: give up")),
        true => Ok(()),
    };
    let clerk = clerk(mail(&sent, answering), |_| r#"{"word":"x"}"#);
    let down = up.clone();
    let fails = Arc::new(move || !down.load(Ordering::SeqCst));
    let workflow = || {
        let fails = fails.clone();
        sending(&clerk, move || fails())
    };
    let storage = kit::store();
    let outcome = kit::run(&storage, workflow(), ()).await;
    assert!(outcome.error.is_some());
    up.store(true, Ordering::SeqCst);
    let outcome = kit::resume(&storage, workflow()).await;
    let output: String = outcome.output.expect("completes").decode().expect("a text");
    assert_eq!(output, "sent 0 ");
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_effect_out_of_time_is_not_told_to_a_model_that_works_alone() {
    let hanging = Tool::new(
        "send_mail",
        "Sends a mail.",
        |_: Word, _: ToolContext| async {
            std::future::pending::<()>().await;
            Ok::<_, Error>("never")
        },
    );
    let clerk = clerk(
        hanging.timeout(Duration::from_millis(5)),
        |_| r#"{"word":"x"}"#,
    );
    let error = clerk.run("Send it.").await.expect_err("it is not known");
    assert_eq!(error.code(), "may_have_run");
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

#[data]
#[derive(Default, State)]
struct Other {
    other: u32,
}

#[test]
fn members_that_change_different_states_are_refused() {
    let other = Tool::with_state("other", "Other.", |_: Nothing, _, other: &mut Other| {
        Box::pin(async move {
            other.other += 1;
            Ok::<_, Error>("done")
        })
    });
    let idle = || Scripted::new(["unused"]);
    let second = Agent::builder("Second").model(idle()).tool(other).build();
    let team = Team::builder("Desk")
        .member(counter("first", 0))
        .member(second.expect("fits"))
        .model(idle())
        .build();
    let error = team.expect_err("a session has one state");
    assert!(error.message().contains("different states"), "{error}");
}

#[test]
fn a_tool_that_changes_the_state_keeps_no_answers() {
    let model = Scripted::new(["unused"]);
    let kept = bump().cache(Duration::from_secs(60));
    let error = Agent::builder("A").model(model).tool(kept).build();
    let error = error.expect_err("an answer used again changes nothing");
    assert!(error.message().contains("bump"), "{error}");
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

#[workflow]
struct Outliving {
    sent: Arc<AtomicU32>,
}

#[workflow]
impl Outliving {
    #[step(timeout = "30ms")]
    async fn work(&self, context: &StepContext) -> Result<String> {
        let sent = self.sent.clone();
        let mail = Tool::new(
            "send_mail",
            "Sends a mail.",
            move |_: Word, _: ToolContext| {
                let sent = sent.clone();
                async move {
                    sent.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, Error>("sent")
                }
            },
        );
        let model = by_answers(|answers| match answers {
            0 => Reply::tool("send_mail", json!({ "word": "x" })).after(Duration::from_millis(60)),
            _ => Reply::text("sent"),
        });
        let agent = Agent::builder("A").tool(mail.not_idempotent()).model(model);
        let (agent, context) = (agent.build()?, context.clone());
        let task = tokio::spawn(async move { agent.run("go").context(&context).await });
        task.await
            .map_err(|error| Error::new("task", error.to_string()))?
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let done = flow.work().await;
        // Long enough for what was left behind to go on.
        flow.sleep(Duration::from_millis(100)).await?;
        done
    }
}

#[tokio::test]
async fn a_task_that_outlives_its_attempt_begins_no_effect() {
    let sent = Arc::new(AtomicU32::new(0));
    let storage = kit::store();
    let workflow = Outliving { sent: sent.clone() };
    let outcome = kit::run(&storage, workflow, ()).await;
    assert_eq!(kit::failure(&outcome).0, "timeout");
    assert_eq!(sent.load(Ordering::SeqCst), 0);
    let memos = kit::journal(&storage).await;
    assert!(
        memos
            .iter()
            .all(|entry| entry.kind != agno::EntryKind::Memo)
    );
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
